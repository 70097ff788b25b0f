package audio

import (
	"errors"
	"fmt"
	"io"
)

// wavBlock is how many samples of each channel a WAVReader takes at a time.
const wavBlock = 4096

// WAVReader reads a WAV file of any length piece by piece, its channels apart.
// It takes the formats that [ReadWAV] takes. It is used by one goroutine.
type WAVReader struct {
	r    io.Reader
	head wavHead
	left int64 // bytes of audio that are still to come, if the header is right
	buf  []byte
	done bool
}

// NewWAVReader reads r up to its audio.
func NewWAVReader(r io.Reader) (*WAVReader, error) {
	head, err := readWAVHead(r)
	if err != nil {
		return nil, fmt.Errorf("read WAV: %w", err)
	}
	return &WAVReader{r: r, head: head, left: head.size, buf: make([]byte, wavBlock*head.format.block())}, nil
}

// Rate returns the samples a second.
func (w *WAVReader) Rate() int { return w.head.format.rate }

// Channels returns the number of channels.
func (w *WAVReader) Channels() int { return w.head.format.channels }

// Samples returns how many samples each channel has by the header; -1: it does not say.
func (w *WAVReader) Samples() int64 {
	if w.head.unknown {
		return -1
	}
	return w.head.size / int64(w.head.format.block())
}

// Missing returns how many samples of each channel the header promised and the
// file does not have. It is 0 before the end of the file.
func (w *WAVReader) Missing() int64 {
	if !w.done || w.head.unknown {
		return 0
	}
	return w.left / int64(w.head.format.block())
}

// Next appends the next samples to dst, those of the channels in turns, and
// returns the extended slice. At the end of the audio the error is io.EOF, and
// nothing is appended.
func (w *WAVReader) Next(dst []int16) ([]int16, error) {
	if w.done {
		return dst, io.EOF
	}
	n, err := io.ReadFull(w.r, w.buf[:min(int64(len(w.buf)), w.left)])
	w.left -= int64(n)
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), w.left == 0:
		w.done = true
	case err != nil:
		return dst, fmt.Errorf("read WAV: audio: %w", err)
	}
	block := w.head.format.block()
	if n < block {
		w.done = true
		return dst, io.EOF
	}
	return w.head.format.decode(dst, w.buf[:n-n%block]), nil
}
