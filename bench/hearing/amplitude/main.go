// Amplitude is the least that a program can do to hear speech: a frame whose peak
// is over 500 of 32768 is speech, 0.2 s of it open a turn, 0.8 s without it close
// the turn. What a better detector costs is told as a ratio to this one.
//
// Standard input is raw audio, 8 kHz, 16 bits, little-endian. For each whole frame
// of 20 ms there is one line on standard output: probability, decision (0 or 1),
// and whether a turn is open (0 or 1).
package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"lexline/bench/hearing/baseline"
)

const frameSamples = 160

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "amplitude:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	var (
		reader  = bufio.NewReaderSize(in, 1<<16)
		writer  = bufio.NewWriterSize(out, 1<<16)
		bytes   [2 * frameSamples]byte
		samples [frameSamples]int16
		turns   = baseline.Turns{Start: baseline.Start, Stop: baseline.Stop}
		line    []byte
	)
	for {
		if _, err := io.ReadFull(reader, bytes[:]); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		} else if err != nil {
			return fmt.Errorf("read audio: %w", err)
		}
		for i := range samples {
			samples[i] = int16(binary.LittleEndian.Uint16(bytes[2*i:]))
		}
		probability, speech := baseline.Amplitude(samples[:])
		line = appendLine(line[:0], probability, speech, turns.Frame(speech))
		_, _ = writer.Write(line) // Flush tells of errors
	}
	if err := writer.Flush(); err != nil {
		return fmt.Errorf("write judgements: %w", err)
	}
	return nil
}

// appendLine writes a probability in thousandths, without the detour over the
// shortest decimal that formatting of floats takes.
func appendLine(line []byte, probability float32, speech, open bool) []byte {
	thousandths := int64(probability*1000 + .5)
	line = append(line, '0'+byte(thousandths/1000), '.')
	for rest, unit := thousandths%1000, int64(100); unit > 0; unit /= 10 {
		line = append(line, '0'+byte(rest/unit%10))
	}
	return append(line, ' ', bit(speech), ' ', bit(open), '\n')
}

func bit(set bool) byte {
	if set {
		return '1'
	}
	return '0'
}
