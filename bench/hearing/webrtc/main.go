// Webrtc runs the voice activity detector of the WebRTC project, in its strictest
// mode, as a yardstick beside our own. It is a module by itself, because the
// binding needs cgo, which nothing that we ship may.
//
// Standard input is raw audio, 8 kHz, 16 bits, little-endian. For each whole frame
// of 20 ms there is one line on standard output: probability (0 or 1: this
// detector knows no other), decision, and whether a turn is open.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	webrtcvad "github.com/maxhawkins/go-webrtcvad"
)

const (
	sampleRate = 8000
	frameBytes = 320
	strictest  = 3 // mode: 0 lets most through, 3 least
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "webrtc:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	detector, err := webrtcvad.New()
	if err != nil {
		return fmt.Errorf("open the detector: %w", err)
	}
	if err := detector.SetMode(strictest); err != nil {
		return fmt.Errorf("set mode %d: %w", strictest, err)
	}
	var (
		reader = bufio.NewReaderSize(in, 200*frameBytes)
		writer = bufio.NewWriter(out)
		frame  [frameBytes]byte
		turns  turns
	)
	for {
		if _, err := io.ReadFull(reader, frame[:]); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		} else if err != nil {
			return fmt.Errorf("read audio: %w", err)
		}
		speech, err := detector.Process(sampleRate, frame[:])
		if err != nil {
			return fmt.Errorf("judge a frame: %w", err)
		}
		_, _ = writer.WriteString(line(speech, turns.frame(speech))) // Flush tells of errors
	}
	if err := writer.Flush(); err != nil {
		return fmt.Errorf("write judgements: %w", err)
	}
	return nil
}

func line(speech, open bool) string {
	switch {
	case speech && open:
		return "1 1 1\n"
	case speech:
		return "1 1 0\n"
	case open:
		return "0 0 1\n"
	}
	return "0 0 0\n"
}

// turns opens a turn after 0.2 s of speech without a break and closes it after
// 0.8 s without any, as the other yardsticks do.
type turns struct {
	open bool
	run  int // frames in a row that speak for a change
}

func (t *turns) frame(speech bool) (open bool) {
	if speech == t.open {
		t.run = 0
		return t.open
	}
	t.run++
	if !t.open && t.run == 10 || t.open && t.run == 40 {
		t.open, t.run = !t.open, 0
	}
	return t.open
}
