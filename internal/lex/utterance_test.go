package lex

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"lexline/internal/audio"
	"lexline/internal/call"
)

func allCodes() []byte {
	codes := make([]byte, 256)
	for i := range codes {
		codes[i] = byte(i)
	}
	return codes
}

func TestUtteranceExpandsEveryCode(t *testing.T) {
	codes := bytes.Repeat(allCodes(), 40)
	want := littleEndian(audio.DecodeMuLaw(nil, codes))
	for _, size := range []int{1, 2, 3, 7, 1600, 1601, 32 << 10} {
		t.Run(fmt.Sprintf("reads of %d bytes", size), func(t *testing.T) {
			var sent atomic.Int64
			u := newUtterance(t.Context(), call.NewFinishedSpeech(codes), &sent)
			defer u.Close()
			var got []byte
			for buf := make([]byte, size); ; {
				n, err := u.Read(buf)
				got = append(got, buf[:n]...)
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil || n == 0 {
					t.Fatalf("Read = %d, %v; want bytes", n, err)
				}
			}
			if !bytes.Equal(got, want) || sent.Load() != int64(len(want)) {
				t.Errorf("read %d bytes, counted %d, as expected: %v; want %d", len(got), sent.Load(), bytes.Equal(got, want), len(want))
			}
		})
	}
}

func TestUtteranceWaitsForATenthOfASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		speech := call.NewSpeech(1 << 20)
		go talk(speech, 250*time.Millisecond)
		u := newUtterance(t.Context(), speech, new(atomic.Int64))
		defer u.Close()
		begun := time.Now()
		type read struct {
			bytes int
			at    time.Duration
		}
		var got []read
		for buf := make([]byte, 32<<10); ; {
			n, err := u.Read(buf)
			if errors.Is(err, io.EOF) {
				break
			}
			got = append(got, read{n, time.Since(begun)})
		}
		want := []read{{1600, 100 * time.Millisecond}, {1600, 200 * time.Millisecond}, {640, 240 * time.Millisecond}}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("reads of 240 ms of speech = %v, want %v", got, want)
		}
	})
}

func TestUtteranceEnds(t *testing.T) {
	fault, gone := errors.New("the leg was lost"), errors.New("gone")
	tests := []struct {
		name string
		end  func(u *utterance, speech *call.Speech, cancel context.CancelCauseFunc)
		want error
	}{
		{"with the speech", func(_ *utterance, s *call.Speech, _ context.CancelCauseFunc) { s.End(nil) }, io.EOF},
		{"with a fault", func(_ *utterance, s *call.Speech, _ context.CancelCauseFunc) { s.End(fault) }, fault},
		{"with the request", func(_ *utterance, _ *call.Speech, c context.CancelCauseFunc) { c(gone) }, gone},
		{"with the answer", func(u *utterance, _ *call.Speech, _ context.CancelCauseFunc) { u.finish() }, io.EOF},
		{"with the answer, then closed", func(u *utterance, _ *call.Speech, _ context.CancelCauseFunc) { u.finish(); u.Close() }, io.EOF},
		{"closed", func(u *utterance, _ *call.Speech, _ context.CancelCauseFunc) { u.Close() }, io.ErrClosedPipe},
	}
	for _, tt := range tests {
		bubble(t, tt.name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			speech := call.NewSpeech(1 << 20)
			u := newUtterance(ctx, speech, new(atomic.Int64))
			defer u.Close()
			got := make(chan error)
			go func() {
				_, err := u.Read(make([]byte, 1600))
				got <- err
			}()
			time.AfterFunc(time.Second, func() { tt.end(u, speech, cancel) })
			if err := <-got; !errors.Is(err, tt.want) {
				t.Errorf("a Read that waits = %v, want %v", err, tt.want)
			}
			if _, err := u.Read(make([]byte, 1600)); !errors.Is(err, tt.want) {
				t.Errorf("the next Read = %v, want %v", err, tt.want)
			}
		})
	}
}

// BenchmarkUtterance reads 10 s of speech in the pieces that net/http asks for.
func BenchmarkUtterance(b *testing.B) {
	speech := call.NewFinishedSpeech(make([]byte, 10*audio.SampleRate))
	buf := make([]byte, 1600)
	b.ReportAllocs()
	var frames int
	u := newUtterance(b.Context(), speech, new(atomic.Int64))
	for b.Loop() {
		if _, err := u.Read(buf); errors.Is(err, io.EOF) {
			u.Close()
			u = newUtterance(b.Context(), speech, new(atomic.Int64))
		}
		frames += 5
	}
	u.Close()
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(frames), "ns/frame")
}

func TestUtteranceReadsWithoutAllocating(t *testing.T) {
	u := newUtterance(t.Context(), call.NewFinishedSpeech(make([]byte, 1<<20)), new(atomic.Int64))
	defer u.Close()
	buf := make([]byte, 1600)
	if allocs := testing.AllocsPerRun(100, func() { u.Read(buf) }); allocs != 0 {
		t.Errorf("Read allocates %v times, want 0", allocs)
	}
}
