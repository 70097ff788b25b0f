package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"lexline/internal/audio"
	"lexline/internal/hearing"
	"lexline/internal/vad"
)

const (
	frameBytes = 2 * audio.FrameSamples // of raw audio, 16 bits a sample
	frameBatch = 256                    // frames read at a time, if they are there
	lineBytes  = len("0.0000 0 0\n")
)

// hearFrames hears raw audio on the standard input. A read from a pipe cannot be
// woken: when the command is ended, the goroutine ends with the process.
func hearFrames(ctx context.Context, env *environment, o *hearOptions) error {
	f := &frameHearer{ear: vad.NewEar(newJudge(), o.is.Settings)}
	f.ear.Expect(o.is.answer)
	if o.far != "" {
		far, err := openRegular(o.far)
		if err != nil {
			return noRecording(o.far, "hear: far end: ", err)
		}
		defer far.Close()
		if f.bot, err = hearing.NewBot(far); err != nil {
			return badRecording(o.far, err)
		}
	}
	done := make(chan error, 1)
	go func() { done <- f.run(env.stdin, env.stdout) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// frameHearer prints a line for each frame that it hears.
type frameHearer struct {
	ear       *vad.Ear
	bot       *hearing.Bot // nil: there is none
	near, far [audio.FrameSamples]int16
	lines     []byte
}

// run hears r to its end. All that can be said of what has come is written before
// more is waited for. Part of a frame at the end is left out.
func (f *frameHearer) run(r io.Reader, w io.Writer) error {
	input := make([]byte, frameBatch*frameBytes)
	f.lines = make([]byte, 0, frameBatch*lineBytes)
	kept := 0 // bytes of a frame that is not whole yet
	for {
		n, err := r.Read(input[kept:])
		n += kept
		whole := n - n%frameBytes
		if err := f.frames(input[:whole]); err != nil {
			return err
		}
		if len(f.lines) > 0 {
			if _, err := w.Write(f.lines); err != nil {
				return fmt.Errorf("print frames: %w", err)
			}
			f.lines = f.lines[:0]
		}
		kept = copy(input, input[whole:n])
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read the audio: %w", err)
		}
	}
}

// frames hears whole frames.
func (f *frameHearer) frames(input []byte) error {
	far := f.far[:0]
	if f.bot != nil {
		far = f.far[:]
	}
	for ; len(input) >= frameBytes; input = input[frameBytes:] {
		frame := input[:frameBytes]
		for i := range f.near {
			f.near[i] = int16(frame[2*i]) | int16(frame[2*i+1])<<8
		}
		if f.bot != nil {
			if err := f.bot.Frame(far); err != nil {
				return err
			}
		}
		heard := f.ear.Samples(f.near[:], far)
		f.lines = appendFrame(f.lines, &heard.Decision, f.ear.Open())
	}
	return nil
}

// appendFrame appends a frame's line: probability, decision, turn.
func appendFrame(lines []byte, d *vad.Decision, open bool) []byte {
	p := int(min(max(d.Probability, 0), 1)*10_000 + 0.5)
	return append(lines, '0'+byte(p/10_000), '.', '0'+byte(p/1000%10), '0'+byte(p/100%10), '0'+byte(p/10%10), '0'+byte(p%10),
		' ', digit(d.Speech), ' ', digit(open), '\n')
}

func digit(yes bool) byte {
	if yes {
		return '1'
	}
	return '0'
}
