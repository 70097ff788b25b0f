package speech

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestRecognizerAnswers(t *testing.T) {
	f := newFake(t)
	r := f.recognizer(f.config())
	heard, err := r.Recognize(t.Context(), order("answer"), make([]int16, 100))
	if err != nil || heard.Words == "" || heard.Score != 2*(100+2*leadIn8k) {
		t.Errorf("Recognize = %+v, %v; want words, and a score that counts the samples", heard, err)
	}
	_, err = r.Recognize(t.Context(), order("refuse"), nil)
	if want := "recognise speech with grammar refuse: a word is not in the dictionary"; err == nil || err.Error() != want || errors.Is(err, ErrWorkerLost) {
		t.Errorf("a grammar that is refused = %v; want %q", err, want)
	}
	want := Status{Engine: "obedient", Workers: 1, Words: 2, Utterances: 1}
	if got := r.Status(); got != want || got.String() != "obedient, 1 workers, 2 words" {
		t.Errorf("status %+v, %q; want %+v", got, got.String(), want)
	}
}

// TestLostWorker loses workers in every way: each time one answer, and the next
// one comes.
func TestLostWorker(t *testing.T) {
	tests := []struct {
		order string
		want  string // in the error
		log   string
	}{
		{"crash", "unexpected EOF", "SIGSEGV: segmentation violation"},
		{"hang", "no words within 1s", "signal: killed"},
		{"garbage", "kind 'I'", ""},
		{"half", "unexpected EOF", ""},
		{"nonsense", "cannot unmarshal number", ""},
	}
	for _, test := range tests {
		t.Run(test.order, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			var logged bytes.Buffer
			cfg := f.config()
			cfg.Logger = slog.New(slog.NewTextHandler(&logged, nil))
			r := f.recognizer(cfg)
			before := hears(t, r)
			if test.order == "hang" {
				r.cfg.Deadline = time.Second
			}
			_, err := r.Recognize(t.Context(), order(test.order), make([]int16, 100))
			r.cfg.Deadline = cfg.Deadline
			if !errors.Is(err, ErrWorkerLost) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Recognize = %v; want %v and %q", err, ErrWorkerLost, test.want)
			}
			if after := hears(t, r); after == before {
				t.Errorf("the next answer comes from the process %d that was lost", after)
			}
			if got := r.Status(); got.Crashes != 1 || got.Utterances != 2 || !strings.Contains(got.String(), "1 crashes") {
				t.Errorf("status %+v, %q; want 1 crash and 2 utterances", got, got)
			}
			if !strings.Contains(logged.String(), test.log) || len(logged.String()) > 2*complaintsSize {
				t.Errorf("log of %d bytes %q; want %q in a short one", logged.Len(), logged.String(), test.log)
			}
		})
	}
}

// TestWorkerThatEndsBetweenUtterances has heard nothing of the next one, which is
// not lost.
func TestWorkerThatEndsBetweenUtterances(t *testing.T) {
	f := newFake(t)
	r := f.recognizer(f.config())
	hears(t, r)
	w := <-r.idle
	if err := w.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := w.cmd.Process.Wait(); err != nil {
		t.Fatal(err)
	}
	r.idle <- w
	hears(t, r)
	if got := r.Status(); got.Crashes != 1 || got.Utterances != 2 {
		t.Errorf("status %+v; want 1 crash and 2 utterances", got)
	}
}

func TestRecognizerThatCannotStart(t *testing.T) {
	tests := []struct{ name, start, want string }{
		{"no engine", "absent", "start the speech worker: PocketSphinx is not installed"},
		{"another version", "wrong version", "start the speech worker: it speaks version 99 of the protocol, not 1"},
		{"garbage", "garbage", "start the speech worker: message of kind 'I'; want 'h'"},
		{"crash", "crash", ": cannot load it"},
		{"crash without a word", "silent crash", ": exit status 3"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			f.starts(test.start)
			r, err := NewRecognizer(f.config())
			if err == nil {
				_ = r.Close()
			}
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("NewRecognizer = %v; want an error of one line with %q", err, test.want)
			}
		})
	}
}

// TestRecognizerMisses takes away what a Recognizer is made of.
func TestRecognizerMisses(t *testing.T) {
	f := newFake(t)
	empty := t.TempDir()
	half := t.TempDir() // a model without a dictionary
	if err := os.CopyFS(filepath.Join(half, "en-us"), os.DirFS(filepath.Join(f.model, "en-us"))); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		change func(*RecognizerConfig)
		want   []string
	}{
		{"the model", func(c *RecognizerConfig) { c.Model = empty }, []string{"acoustic model", "Debian: pocketsphinx-en-us", empty}},
		{"the dictionary", func(c *RecognizerConfig) { c.Model = half }, []string{"pronouncing dictionary", half}},
		{"the program", func(c *RecognizerConfig) { c.Worker = filepath.Join(empty, "lexline-speech") }, []string{"start the speech worker", filepath.Join(empty, "lexline-speech"), "no such file"}},
		{"a program of that name", func(c *RecognizerConfig) { c.Worker = empty }, []string{"start the speech worker", empty}},
	}
	for _, test := range tests {
		cfg := f.config()
		test.change(&cfg)
		_, err := NewRecognizer(cfg)
		for _, want := range test.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("without %s: NewRecognizer = %v; want %q in it", test.name, err, want)
			}
		}
	}
}

func TestPoolIsBounded(t *testing.T) {
	f := newFake(t)
	cfg := f.config()
	cfg.Workers = 3
	r := f.recognizer(cfg)
	var mu sync.Mutex
	answers := map[int]int{} // by process: each works for one utterance at a time
	var all sync.WaitGroup
	for range 12 {
		all.Go(func() {
			pid := hears(t, r)
			mu.Lock()
			defer mu.Unlock()
			answers[pid]++
		})
	}
	all.Wait()
	if len(answers) != 3 {
		t.Errorf("12 utterances at a time, answers by process %v; want 3 processes", answers)
	}
	if got := r.Status().Utterances; got != 12 {
		t.Errorf("%d utterances counted; want 12", got)
	}
}

// TestUtteranceWaitsForAWorker takes the only worker away.
func TestUtteranceWaitsForAWorker(t *testing.T) {
	f := newFake(t)
	cfg := f.config()
	cfg.Deadline = 50 * time.Millisecond
	r := f.recognizer(cfg)
	w := <-r.idle
	_, err := r.Recognize(t.Context(), order("answer"), nil)
	if err == nil || !strings.Contains(err.Error(), "no words within 50ms") || errors.Is(err, ErrWorkerLost) {
		t.Errorf("without a free worker: Recognize = %v; want the deadline", err)
	}
	r.cfg.Deadline = f.config().Deadline
	hungUp := errors.New("the caller hung up")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(hungUp)
	if _, err := r.Recognize(ctx, order("answer"), nil); !errors.Is(err, hungUp) {
		t.Errorf("with a cancelled context: Recognize = %v; want %v", err, hungUp)
	}
	waiting := make(chan error)
	go func() {
		_, err := r.Recognize(t.Context(), order("answer"), nil)
		waiting <- err
	}()
	r.idle <- w
	if err := <-waiting; err != nil {
		t.Errorf("once the worker is free: Recognize = %v; want an answer", err)
	}
}

// TestCallerWhoIsGone checks that an utterance nobody waits for is neither a
// crash nor a reason to mistrust the worker.
func TestCallerWhoIsGone(t *testing.T) {
	f := newFake(t)
	r := f.recognizer(f.config())
	before := hears(t, r)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for range 20 { // a free worker and the end of ctx are there at the same time
		if _, err := r.Recognize(gone, order("answer"), nil); !errors.Is(err, context.Canceled) {
			t.Fatalf("gone before: Recognize = %v; want %v", err, context.Canceled)
		}
	}
	if after := hears(t, r); after != before {
		t.Errorf("process %d answers; want %d left alone", after, before)
	}
	// gone while it is listened to
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_, _ = os.ReadFile(f.told)
		cancel()
	}()
	if _, err := r.Recognize(ctx, order("tell"), nil); !errors.Is(err, context.Canceled) || errors.Is(err, ErrWorkerLost) {
		t.Errorf("gone in between: Recognize = %v; want only %v", err, context.Canceled)
	}
	// gone while the next worker starts
	f.starts("gated")
	ctx, cancel = context.WithCancel(t.Context())
	go func() {
		if gate, err := os.OpenFile(f.gate, os.O_WRONLY, 0); err == nil { // it waits at the gate now
			cancel()
			_ = gate.Close()
		}
	}()
	if _, err := r.Recognize(ctx, order("answer"), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("gone at the start: Recognize = %v; want %v", err, context.Canceled)
	}
	f.starts("well")
	hears(t, r) // at once
	if got := r.Status().Crashes; got != 0 {
		t.Errorf("%d crashes; want none", got)
	}
}

// TestWorkerThatStallsWhileItIsWrittenTo gives it more than a pipe holds.
func TestWorkerThatStallsWhileItIsWrittenTo(t *testing.T) {
	f := newFake(t)
	cfg := f.config()
	r := f.recognizer(cfg)
	pid := hears(t, r)
	r.cfg.Deadline = time.Second
	if err := stop(pid); err != nil {
		t.Fatal(err)
	}
	_, err := r.Recognize(t.Context(), order("answer"), make([]int16, 1<<20))
	if !errors.Is(err, ErrWorkerLost) || !strings.Contains(err.Error(), "no words within 1s") {
		t.Errorf("Recognize = %v; want %v at its deadline", err, ErrWorkerLost)
	}
	r.cfg.Deadline = cfg.Deadline
	hears(t, r)
	_, err = r.Recognize(t.Context(), order("answer"), make([]int16, maxMessage/2))
	if err == nil || errors.Is(err, ErrWorkerLost) || r.Status().Crashes != 1 {
		t.Errorf("more than a message holds: Recognize = %v, %+v; want an error and the worker left alone", err, r.Status())
	}
}

// TestSlowStartHoldsUpNobodyElse starts one of two workers slowly.
func TestSlowStartHoldsUpNobodyElse(t *testing.T) {
	f := newFake(t)
	cfg := f.config()
	cfg.Workers = 2
	r := f.recognizer(cfg)
	first := hears(t, r)
	f.starts("gated") // the second one
	slow := make(chan error)
	go func() {
		_, err := r.Recognize(t.Context(), order("answer"), nil)
		slow <- err
	}()
	gate, err := os.OpenFile(f.gate, os.O_WRONLY, 0) // waits until it waits
	if err != nil {
		t.Fatal(err)
	}
	if got := hears(t, r); got != first {
		t.Errorf("process %d answers; want %d, which runs", got, first)
	}
	if err := gate.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-slow; err != nil {
		t.Errorf("the one that starts slowly = %v; want an answer", err)
	}
}

// TestHungStartEndsAtTheDeadline starts a worker that never says hello.
func TestHungStartEndsAtTheDeadline(t *testing.T) {
	f := newFake(t)
	r := f.recognizer(f.config())
	if _, err := r.Recognize(t.Context(), order("crash"), nil); !errors.Is(err, ErrWorkerLost) {
		t.Fatalf("Recognize = %v; want %v", err, ErrWorkerLost)
	}
	f.starts("hang")
	r.cfg.Deadline = 300 * time.Millisecond
	_, err := r.Recognize(t.Context(), order("answer"), nil)
	if want := "start the speech worker: no words within 300ms"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("Recognize = %v; want %q", err, want)
	}
}

// TestWorkerThatDoesNotStartIsLeftAlone watches the pauses between its starts.
func TestWorkerThatDoesNotStartIsLeftAlone(t *testing.T) {
	f := newFake(t)
	r := f.recognizer(f.config())
	if _, err := r.Recognize(t.Context(), order("crash"), nil); !errors.Is(err, ErrWorkerLost) {
		t.Fatalf("Recognize = %v; want %v", err, ErrWorkerLost)
	}
	f.starts("crash")
	for _, want := range []time.Duration{restartPause, 2 * restartPause, 4 * restartPause} {
		if _, err := r.Recognize(t.Context(), order("answer"), nil); err == nil || !strings.Contains(err.Error(), "cannot load it") {
			t.Errorf("Recognize = %v; want why it does not start", err)
		}
		w := <-r.idle
		if until := time.Until(w.retry); w.pause != want || until > want {
			t.Errorf("paused for %v, %v to go; want %v", w.pause, until, want)
		}
		w.retry = time.Now().Add(time.Minute)
		r.idle <- w
		if _, err := r.Recognize(t.Context(), order("answer"), nil); err == nil || !strings.Contains(err.Error(), "next try in 1m0s") {
			t.Errorf("in the pause: Recognize = %v; want the time of the next try", err)
		}
		w = <-r.idle
		w.retry = time.Time{} // the pause is over
		r.idle <- w
	}
	w := <-r.idle
	w.pause = restartCap
	r.idle <- w
	if _, err := r.Recognize(t.Context(), order("answer"), nil); err == nil || w.pause != restartCap {
		t.Errorf("after the longest pause, %v, the next one is %v; want %v", err, w.pause, restartCap)
	}
	f.starts("well")
	w.retry = time.Time{}
	hears(t, r)
	if w.pause != 0 {
		t.Errorf("after a good start the next pause is based on %v; want a new count", w.pause)
	}
}
