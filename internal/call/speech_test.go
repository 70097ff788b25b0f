package call

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"
)

func TestSpeechIsReadWhileItGrows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewSpeech(1000)
		early := s.Reader(t.Context())
		defer early.Close()
		got := make(chan []byte)
		go func() {
			data, err := io.ReadAll(early)
			if err != nil {
				t.Errorf("read: %v", err)
			}
			got <- data
		}()
		for _, piece := range []string{"one ", "two ", "three"} {
			time.Sleep(20 * time.Millisecond)
			if err := s.Append([]byte(piece)); err != nil {
				t.Errorf("Append = %v", err)
			}
		}
		s.End(nil)
		if data := <-got; string(data) != "one two three" {
			t.Errorf("read %q; want %q", data, "one two three")
		}
		again, err := io.ReadAll(s.Reader(t.Context()))
		if err != nil || string(again) != "one two three" {
			t.Errorf("second reader = %q, %v; want it all from the first byte", again, err)
		}
	})
}

func TestSpeechReaderStops(t *testing.T) {
	cut, hungUp := errors.New("cut"), errors.New("caller hung up")
	tests := []struct {
		name string
		stop func(s *Speech, r io.Closer, cancel context.CancelCauseFunc)
		want error
	}{
		{"cut off", func(s *Speech, _ io.Closer, _ context.CancelCauseFunc) { s.End(cut) }, cut},
		{"only the first end counts", func(s *Speech, _ io.Closer, _ context.CancelCauseFunc) { s.End(cut); s.End(nil) }, cut},
		{"context", func(_ *Speech, _ io.Closer, cancel context.CancelCauseFunc) { cancel(hungUp) }, hungUp},
		{"closed", func(_ *Speech, r io.Closer, _ context.CancelCauseFunc) { r.Close() }, io.ErrClosedPipe},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				s := NewSpeech(100)
				r := s.Reader(ctx)
				defer r.Close()
				result := make(chan error)
				go func() {
					_, err := r.Read(make([]byte, 10))
					result <- err
				}()
				synctest.Wait()
				test.stop(s, r, cancel)
				if err := <-result; !errors.Is(err, test.want) {
					t.Errorf("Read = %v; want %v", err, test.want)
				}
			})
		})
	}
}

func TestSpeechKeepsToItsLimit(t *testing.T) {
	s := NewSpeech(5)
	if err := s.Append([]byte("abc")); err != nil {
		t.Errorf("Append within the limit = %v", err)
	}
	if err := s.Append([]byte("def")); !errors.Is(err, ErrSpeechFull) {
		t.Errorf("Append beyond the limit = %v; want %v", err, ErrSpeechFull)
	}
	if audio, ended := s.From(1); !bytes.Equal(audio, []byte("bcde")) || ended {
		t.Errorf("From(1) = %q, %t; want what fitted, still open", audio, ended)
	}
	if audio, _ := s.From(9); len(audio) != 0 {
		t.Errorf("From beyond the end = %q; want nothing", audio)
	}
}
