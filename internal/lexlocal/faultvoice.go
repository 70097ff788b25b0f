package lexlocal

import (
	"context"
	"io"
	"time"

	"lexline/internal/fault"
)

// dripper writes in small pieces with pauses between them, until its fault is
// cleared.
type dripper struct {
	ctx     context.Context // of the request that it is part of
	w       io.Writer
	bytes   int
	every   time.Duration
	cleared <-chan struct{}
	begun   bool
}

func (d *dripper) Write(p []byte) (int, error) {
	written := 0
	for written < len(p) {
		n := len(p) - written
		select {
		case <-d.cleared:
		default:
			n = min(n, d.bytes)
			if d.begun {
				if err := fault.Pause(d.ctx, d.every, d.cleared); err != nil {
					return written, err
				}
			}
		}
		d.begun = true
		done, err := d.w.Write(p[written : written+n])
		written += done
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// cut returns the part of an answer that a truncating fault lets through.
func (f Fault) cut(body []byte) []byte {
	return body[:int(float64(len(body))*f.Fraction)]
}
