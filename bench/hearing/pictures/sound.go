package main

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os/exec"
	"time"

	"lexline/internal/audio"
	"lexline/internal/vad/corpus"
)

// The voices of flite that talk. No weight was trained on the caller's.
const (
	callerVoice = "slt"
	botVoice    = "rms"
)

// Levels in dBov. What comes back of the bot is echoLoss below it, and later by echoDelay.
const (
	callerLevel = -20
	botLevel    = -18
	toneLevel   = -20
	floorLevel  = -66
	echoLoss    = 14
	echoDelay   = 140 * time.Millisecond
)

// voice says words, at 8 kHz.
type voice func(ctx context.Context, name, words string) ([]int16, error)

// say has flite say words.
func say(ctx context.Context, name, words string) ([]int16, error) {
	flite := exec.CommandContext(ctx, "flite", "-voice", name, "-t", words, "-o", "/dev/stdout")
	var complaint bytes.Buffer
	flite.Stderr = &complaint
	wav, err := flite.Output()
	if err != nil {
		return nil, fmt.Errorf("flite: %w: %s", err, bytes.TrimSpace(complaint.Bytes()))
	}
	clip, err := audio.ReadWAV(bytes.NewReader(wav))
	if err != nil {
		return nil, fmt.Errorf("flite saying %q: %w", words, err)
	}
	return clip.At(audio.SampleRate).Samples, nil
}

// play returns what comes from the caller in a scene, the bot's echo included, and
// what the bot plays meanwhile, nil where it is silent. Both have been mu-law.
func (s scene) play(ctx context.Context, say voice) (near, far []int16, err error) {
	near = s.line()
	mine, err := s.mix(ctx, say, callerVoice, callerLevel, s.caller)
	if err != nil {
		return nil, nil, err
	}
	add(near, mine, 0, 1)
	if s.bot != nil {
		bot, err := s.mix(ctx, say, botVoice, botLevel, s.bot)
		if err != nil {
			return nil, nil, err
		}
		far = coded(bot)
		echo(near, far)
	}
	return coded(near), far, nil
}

// line returns the noise that lies under a scene.
func (s scene) line() []int16 {
	return corpus.NewMixer(corpus.NewVoices(nil)).Make(corpus.Spec{
		Seed: s.seed, Split: corpus.Development, Condition: corpus.NoiseOnly, Seconds: int(s.length.Seconds()),
		Noise: s.noise, Level: callerLevel - s.ratio, Floor: floorLevel,
	}).Near
}

// mix returns one side of a call.
func (s scene) mix(ctx context.Context, say voice, name string, level float64, parts []part) ([]int16, error) {
	side := make([]int16, samples(s.length))
	for _, p := range parts {
		sound, err := p.sound(ctx, say, name, level)
		if err != nil {
			return nil, err
		}
		add(side, sound, samples(p.at), 1)
	}
	return side, nil
}

// sound returns what is heard of a part.
func (p part) sound(ctx context.Context, say voice, name string, level float64) ([]int16, error) {
	amplitude := math.Pow(10, toneLevel/20.0)
	switch {
	case p.keys != "":
		var keys []int16
		for _, key := range []byte(p.keys) {
			keys = append(keys, audio.DTMF(audio.SampleRate, key, 120*time.Millisecond)...)
			keys = append(keys, make([]int16, samples(180*time.Millisecond))...)
		}
		return keys, nil
	case p.rings > 0:
		return audio.Tone(audio.SampleRate, p.rings, 2*amplitude, 440, 480), nil // North America's
	}
	words, err := say(ctx, name, p.words)
	if err != nil {
		return nil, err
	}
	said := make([]int16, len(words))
	add(said, words, 0, math.Pow(10, (level-corpus.ActiveLevel(words))/20))
	return said, nil
}

// echo adds to the caller's side what comes back of the bot, by a few ways of
// different length.
func echo(near, far []int16) {
	by := math.Pow(10, -echoLoss/20.0)
	for _, way := range []struct {
		later time.Duration
		by    float64
	}{{0, 0.8}, {3 * time.Millisecond, -0.45}, {8 * time.Millisecond, 0.3}, {21 * time.Millisecond, -0.2}} {
		add(near, far, samples(echoDelay+way.later), by*way.by)
	}
}

// add adds sound to a side from a sample on, as far as the side goes.
func add(side, sound []int16, from int, by float64) {
	for i, v := range sound {
		if at := from + i; at < len(side) {
			sum := float64(side[at]) + by*float64(v)
			side[at] = int16(min(max(math.Round(sum), math.MinInt16), math.MaxInt16))
		}
	}
}

func samples(d time.Duration) int { return int(d.Seconds() * audio.SampleRate) }

// coded passes sound through mu-law and back, as a telephone line does.
func coded(pcm []int16) []int16 {
	return audio.DecodeMuLaw(nil, audio.EncodeMuLaw(nil, pcm))
}
