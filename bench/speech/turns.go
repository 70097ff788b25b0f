package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"text/tabwriter"
	"time"

	"lexline/internal/audio"
	"lexline/internal/hearing"
	"lexline/internal/nlu"
	"lexline/internal/vad"
	"lexline/internal/vad/corpus"
)

// line is what can be heard on a caller's line besides them: noise, its power falling
// with the frequency as that of rooms does.
type line struct {
	name string
	snr  float64 // dB of the speech over the noise; 0: the noise is that of a good line
}

var lines = []line{{name: "quiet"}, {name: "20 dB", snr: 20}}

const (
	goodLine = -68             // dBov, of the noise of a good line
	before   = time.Second     // of the line before a phrase: a detector must have heard what silence is there
	behind   = 2 * time.Second // more than ends any turn
)

// turnTally counts phrases, and how many of them were understood.
type turnTally struct{ all, whole, turn int }

// turn measures what is understood of a phrase when a gateway sends its turn, against
// the whole of it with as much of the line around it as a turn has.
func (b *bench) turn(voice string, p phrase, clip audio.Clip) error {
	for _, l := range lines {
		key := [2]string{voice, l.name}
		score := b.turns[key]
		if score == nil {
			score = new(turnTally)
			b.turns[key] = score
		}
		pcm := l.carry(clip.At(audio.SampleRate).Samples)
		_, whole, err := b.understand(p, pcm[samples(before-vad.PreRoll):len(pcm)-samples(behind-vad.DefaultSettings.EndOfSpeech)])
		if err != nil {
			return err
		}
		words, cut, err := b.understandTurn(p, pcm)
		if err != nil {
			return err
		}
		score.all++
		if whole {
			score.whole++
		}
		if cut {
			score.turn++
		}
		if whole && !cut {
			b.misses = append(b.misses, fmt.Sprintf("%-6s %-8s %-24q understood whole, and not as a turn (%s): %s", voice, p.kind, p.words, l.name, words))
		}
	}
	return nil
}

// understandTurn has the recogniser hear the turn that is heard in pcm. A phrase that
// makes none or several is not understood.
func (b *bench) understandTurn(p phrase, pcm []int16) (words string, ok bool, err error) {
	answer := vad.AnyAnswer
	if p.state.Elicit == nlu.ConfirmIntent {
		answer = vad.ShortAnswer
	}
	turns := turnsOf(pcm, vad.NewDetector(), answer)
	if len(turns) != 1 {
		return fmt.Sprintf("%d turns", len(turns)), false, nil
	}
	words, ok, err = b.understand(p, turns[0])
	return fmt.Sprintf("%q", words), ok, err
}

// turnsOf returns the turns in what came from a caller as a call sends them to the bot:
// from the pre-roll before the first frame of speech to the frame that ended the turn.
func turnsOf(pcm []int16, detector vad.FrameJudge, answer vad.Answer) (turns [][]int16) {
	listener := hearing.NewListener(detector, vad.DefaultSettings, answer, nil)
	for rest := pcm; len(rest) >= vad.FrameSamples; rest = rest[vad.FrameSamples:] {
		listener.Frame(rest[:vad.FrameSamples], nil)
	}
	for _, turn := range listener.End().Turns {
		turns = append(turns, pcm[samples(turn.Start):samples(turn.End)])
	}
	return turns
}

// carry returns speech as it arrives over the line, with the line alone before and
// behind it.
func (l line) carry(speech []int16) []int16 {
	level := float64(goodLine)
	if l.snr > 0 {
		level = corpus.ActiveLevel(speech) - l.snr
	}
	pcm := make([]int16, samples(before)+len(speech)+samples(behind))
	copy(pcm[samples(before):], speech)
	const colour = 0.9 // of the noise: a pole at 135 Hz
	scale := math.Pow(10, level/20) * (1 << 15) * math.Sqrt(1-colour*colour)
	random := rand.New(rand.NewPCG(5, 8)) // the same for each phrase and run
	noise := 0.0
	for i, sample := range pcm {
		noise = colour*noise + random.NormFloat64()
		pcm[i] = int16(min(max(float64(sample)+scale*noise, -32768), 32767))
	}
	return audio.DecodeMuLaw(nil, audio.EncodeMuLaw(nil, pcm))
}

func samples(d time.Duration) int { return int(d * audio.SampleRate / time.Second) }

// reportTurns prints what is understood of turns and of the whole, voice by voice and
// line by line, and all synthetic voices together.
func (b *bench) reportTurns() {
	table := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(table, "voice\tline\twhole\tas turns\t\n")
	row := func(voice, line string, t turnTally) {
		fmt.Fprintf(table, "%s\t%s\t%d/%d\t%d/%d\t\n", voice, line, t.whole, t.all, t.turn, t.all)
	}
	for _, l := range lines {
		var synthetic turnTally
		for _, voice := range allVoices {
			t := b.turns[[2]string{voice, l.name}]
			if t == nil {
				continue
			}
			row(voice, l.name, *t)
			if voice != human {
				synthetic.all, synthetic.whole, synthetic.turn = synthetic.all+t.all, synthetic.whole+t.whole, synthetic.turn+t.turn
			}
		}
		row("synthetic", l.name, synthetic)
	}
	_ = table.Flush() // the terminal's own errors have nowhere to go
}
