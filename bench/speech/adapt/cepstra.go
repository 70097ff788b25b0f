package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// order is how many cepstra the model looks at.
const order = 13

// cepstrum describes one frame of 10 ms.
type cepstrum [order]float64

// frontEnd are the settings of the model en-us (its file feat.params), but that
// silence is kept, so that the frames of two versions of a sentence correspond.
var frontEnd = strings.Fields(`-raw yes -samprate 16000 -lowerf 130 -upperf 6800 -nfilt 25
	-transform dct -lifter 22 -remove_noise yes -remove_silence no`)

// cepstra computes the cepstra of utterances at 16 kHz.
func cepstra(ctx context.Context, utterances [][]int16) (list [][]cepstrum, err error) {
	folder, err := os.MkdirTemp("", "lexline-adapt-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	var names bytes.Buffer
	for i, pcm := range utterances {
		raw, err := binary.Append(nil, binary.LittleEndian, pcm)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&names, "%04d\n", i)
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%04d.raw", i)), raw, 0o600); err != nil {
			return nil, err
		}
	}
	control := filepath.Join(folder, "names")
	if err := os.WriteFile(control, names.Bytes(), 0o600); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sphinx_fe", append([]string{"-c", control, "-di", folder, "-ei", "raw", "-do", folder, "-eo", "mfc"}, frontEnd...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("compute cepstra with sphinx_fe: %w: %s", err, out[max(0, len(out)-500):])
	}
	for i := range utterances {
		file, err := os.ReadFile(filepath.Join(folder, fmt.Sprintf("%04d.mfc", i)))
		if err != nil {
			return nil, err
		}
		frames, err := parseCepstra(file)
		if err != nil {
			return nil, fmt.Errorf("read cepstra of utterance %d: %w", i, err)
		}
		list = append(list, frames)
	}
	return list, nil
}

// parseCepstra reads a feature file of the Sphinx tools: how many numbers follow,
// and the numbers, frame by frame, all of four bytes. The byte order is that of
// the machine that wrote it, and the count tells which.
func parseCepstra(file []byte) ([]cepstrum, error) {
	if len(file) < 4 || len(file)%4 != 0 {
		return nil, fmt.Errorf("%d bytes are no feature file", len(file))
	}
	var bytes binary.ByteOrder = binary.LittleEndian
	count := uint32(len(file)/4 - 1)
	if bytes.Uint32(file) != count {
		bytes = binary.BigEndian
	}
	if got := bytes.Uint32(file); got != count || count%order != 0 {
		return nil, fmt.Errorf("feature file says that it has %d numbers and has %d; want frames of %d", got, count, order)
	}
	frames := make([]cepstrum, count/order)
	for i := range frames {
		for j := range frames[i] {
			at := 4 + 4*(i*order+j)
			number := float64(math.Float32frombits(bytes.Uint32(file[at:])))
			if math.IsNaN(number) || math.IsInf(number, 0) {
				return nil, fmt.Errorf("frame %d has the number %v", i, number)
			}
			frames[i][j] = number
		}
	}
	return frames, nil
}
