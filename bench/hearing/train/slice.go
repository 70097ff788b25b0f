package main

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"sync"

	"lexline/internal/audio"
	"lexline/internal/vad"
	"lexline/internal/vad/corpus"
)

// madeUpVoices are talkers that need no engine: vowels of a wandering pitch, with
// pauses between them. They are nobody's language, but they go through everything
// that a voice goes through.
var madeUpVoices = sync.OnceValue(func() *corpus.Voices {
	var said []corpus.Utterance
	for talker := range 8 {
		rng := rand.New(rand.NewPCG(uint64(talker), 0x766f))
		pitch := 90 + 20*float64(talker)
		for text := range 6 {
			t := corpus.Talker{Name: fmt.Sprint("made up ", talker), Engine: "none", Language: "zxx"}
			said = append(said, corpus.NewUtterance(t, fmt.Sprint(text), babbling(rng, pitch)))
		}
	}
	return corpus.NewVoices(said)
})

// babbling is 1.6 to 4 seconds of one made up talker, with silence at both ends.
func babbling(rng *rand.Rand, pitch float64) []int16 {
	const edge = audio.SampleRate / 5
	pcm := make([]int16, edge)
	phase := 0.0
	for range 6 + rng.IntN(8) {
		formant := 300 + 1800*rng.Float64()
		length, pause := 800+rng.IntN(1600), rng.IntN(900)
		for i := range length {
			phase += pitch * (1 + 0.1*math.Sin(float64(i)/700)) / audio.SampleRate
			sum := 0.0
			for harmonic := 1.0; harmonic*pitch < 3400; harmonic++ {
				apart := (harmonic*pitch - formant) / 400
				sum += math.Sin(2*math.Pi*harmonic*phase) / (1 + apart*apart)
			}
			pcm = append(pcm, int16(2000*sum*math.Sin(math.Pi*float64(i)/float64(length))))
		}
		pcm = append(pcm, make([]int16, pause)...)
	}
	pcm = append(pcm, make([]int16, edge)...)
	return pcm[:len(pcm)/corpus.FrameSamples*corpus.FrameSamples]
}

// The slice has the beginnings of so many files, so that most of what can be in a
// file is in one of them.
const (
	sliceFiles   = 24
	sliceSeconds = 5
)

// slice mixes and hears beginnings of the recipe's files, of made up voices.
func (r recipe) slice(ctx context.Context) (heard, error) {
	r.Hours = 1
	specs := r.plan()[:sliceFiles]
	for i := range specs {
		specs[i].Seconds = sliceSeconds
	}
	return hear(ctx, "slice", corpus.NewMixer(madeUpVoices()), specs, newTeller(io.Discard))
}

// sliceDigest trains a network by the recipe on the slice, for a few epochs, and
// returns the digest of its file. It takes seconds and no engine. It changes when
// mixer, noises, front end, trainer or recipe do, and then the weights are no
// longer those that the recipe makes.
func (r recipe) sliceDigest(ctx context.Context, slice heard) (string, error) {
	r.Settings.Epochs = 3
	n, _, err := r.train(ctx, slice, heard{}, newTeller(io.Discard))
	if err != nil {
		return "", err
	}
	return digest(n.Append(nil)), nil
}

// frontEndDigest is that of the features of one made up talker, and of two who talk
// at the same time.
func frontEndDigest() string {
	near, far := babbling(rand.New(rand.NewPCG(1, 1)), 120), babbling(rand.New(rand.NewPCG(2, 2)), 200)
	all := sha256.New()
	for _, side := range [][]int16{nil, far} {
		frames := len(near) / vad.FrameSamples
		if side != nil {
			frames = min(frames, len(side)/vad.FrameSamples)
		}
		item := corpus.Item{Near: near, Far: side, Labels: make([]corpus.Label, frames)}
		for _, x := range listen(item).Features {
			all.Write(binary.LittleEndian.AppendUint32(nil, math.Float32bits(x)))
		}
	}
	return hex.EncodeToString(all.Sum(nil))
}
