package main

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"sync"

	"lexline/internal/vad"
	"lexline/internal/vad/corpus"
	"lexline/internal/vad/train"
)

// heard is what the front end makes of files.
type heard struct {
	Sequences []train.Sequence
	Digests   []string // of each file: recipe, samples and labels
}

// frames counts those of all files.
func (h heard) frames() (sum int) {
	for _, s := range h.Sequences {
		sum += len(s.Labels)
	}
	return sum
}

// digest is that of the first n files, or of all there are: each one's is chained
// to those before.
func (h heard) digest(n int) string {
	var chain [sha256.Size]byte
	for _, file := range h.Digests[:min(n, len(h.Digests))] {
		chain = sha256.Sum256(append(chain[:], file...))
	}
	return hex.EncodeToString(chain[:])
}

// workers mix and listen at a time. What they make does not depend on how many.
const workers = 2

// hear mixes files and keeps their features and labels, not their samples.
func hear(ctx context.Context, what string, mixer *corpus.Mixer, specs []corpus.Spec, tell teller) (heard, error) {
	h := heard{Sequences: make([]train.Sequence, len(specs)), Digests: make([]string, len(specs))}
	todo := make(chan int)
	var running sync.WaitGroup
	for range workers {
		running.Go(func() {
			for i := range todo {
				item := mixer.Make(specs[i])
				h.Sequences[i], h.Digests[i] = listen(item), digestOf(item)
			}
		})
	}
	left := newClock(len(specs))
	defer running.Wait()
	defer close(todo)
	for i := range specs {
		tell.sometimes("%s: file %d of %d; %s left", what, i+1, len(specs), left.after(i))
		select {
		case todo <- i:
		case <-ctx.Done():
			return heard{}, fmt.Errorf("mixing %s: %w", what, ctx.Err())
		}
	}
	return h, nil
}

// listen takes a file through a front end of its own.
func listen(item corpus.Item) train.Sequence {
	front := vad.NewFrontEnd()
	s := train.Sequence{
		Features: make([]float32, len(item.Labels)*vad.Features),
		Labels:   make([]int8, len(item.Labels)),
	}
	for frame, label := range item.Labels {
		var far *[vad.FrameSamples]int16
		if item.Far != nil {
			far = frameOf(item.Far, frame)
		}
		front.Frame(frameOf(item.Near, frame), far, (*[vad.Features]float32)(s.Features[frame*vad.Features:]))
		s.Labels[frame] = int8(label)
	}
	return s
}

func frameOf(pcm []int16, frame int) *[vad.FrameSamples]int16 {
	return (*[vad.FrameSamples]int16)(pcm[frame*vad.FrameSamples:])
}

// digestOf is the SHA-256 of a file: its recipe as Go prints it, its labels and its samples.
func digestOf(item corpus.Item) string {
	file := fmt.Appendf(nil, "%+v\n%v %d %d\n", item.Spec, item.Turns, len(item.Near), len(item.Far))
	for _, label := range item.Labels {
		file = append(file, byte(label))
	}
	for _, side := range [][]int16{item.Near, item.Far} {
		for _, sample := range side {
			file = binary.LittleEndian.AppendUint16(file, uint16(sample))
		}
	}
	sum := sha256.Sum256(file)
	return hex.EncodeToString(sum[:])
}
