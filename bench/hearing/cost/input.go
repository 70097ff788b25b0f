package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"

	"lexline/internal/audio"
)

// input is the audio that programs hear: raw, 8 kHz, 16 bits.
type input struct {
	near, far string // files
	frames    int
}

// writeInput makes so many minutes of audio in a folder: what the program's own
// sounds say, with pauses, over a noise whose level changes; of the far end the
// same without noise and a second later, so that there is always something to do.
func writeInput(dir string, minutes int) (in input, err error) {
	said, err := speech()
	if err != nil {
		return in, err
	}
	in.frames = minutes * 60 * audio.SampleRate / audio.FrameSamples
	near, far := make([]int16, in.frames*audio.FrameSamples), make([]int16, in.frames*audio.FrameSamples)
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range near {
		level := 20 + 180*(1-math.Cos(2*math.Pi*float64(i)/(30*audio.SampleRate))) // quiet to loud and back in 30 s
		near[i] = int16(min(max(float64(said[i%len(said)])+level*rng.NormFloat64(), -32768), 32767))
		far[i] = said[(i+len(said)-audio.SampleRate)%len(said)]
	}
	in.near, in.far = filepath.Join(dir, "near.raw"), filepath.Join(dir, "far.raw")
	return in, errors.Join(writeRaw(in.near, near), writeRaw(in.far, far))
}

// speech is all that the program itself says, with pauses of 1.5 s.
func speech() (said []int16, err error) {
	files, err := filepath.Glob("cmd/lexline/sounds/*.ulaw")
	if err != nil || len(files) == 0 {
		return nil, errors.New("found none of the program's sounds: run this in the top folder of the repository")
	}
	for _, name := range files {
		mulaw, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read speech: %w", err)
		}
		said = append(audio.DecodeMuLaw(said, mulaw), make([]int16, 3*audio.SampleRate/2)...)
	}
	return said, nil
}

func writeRaw(name string, samples []int16) error {
	raw, err := binary.Append(make([]byte, 0, 2*len(samples)), binary.LittleEndian, samples)
	if err == nil {
		err = os.WriteFile(name, raw, 0o600)
	}
	if err != nil {
		return fmt.Errorf("write audio: %w", err)
	}
	return nil
}
