package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lexline/internal/audio"
	"lexline/internal/hearing"
	"lexline/internal/vad"
)

// TestScenesAreHeardAsTold hears every scene, as the documents describe it.
func TestScenesAreHeardAsTold(t *testing.T) {
	if _, err := exec.LookPath("flite"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("flite is not here; make setup-demo installs it")
		}
		t.Skip("flite is not here; make setup-demo installs it")
	}
	for _, s := range scenes {
		near, far, err := s.play(t.Context(), say)
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		got := count(near, far, vad.Settings{})
		if s.set != "" {
			got.turnsSet = count(near, far, vad.Settings{EndOfSpeech: other(t, s.set)}).turns
		}
		if err := s.compare(got); err != nil {
			t.Errorf("%s: %v", s.name, err)
		}
	}
}

// other is the time that the one setting of scenes is set to.
func other(t *testing.T, set string) time.Duration {
	t.Helper()
	text, ok := strings.CutPrefix(set, "end_of_speech=")
	d, err := time.ParseDuration(text)
	if err != nil || !ok {
		t.Fatalf("set %q; want end_of_speech=TIME", set)
	}
	return d
}

// count hears a call.
func count(near, far []int16, settings vad.Settings) heard {
	l := hearing.NewListener(vad.NewDetector(), settings, vad.AnyAnswer, nil)
	for at := 0; at+audio.FrameSamples <= len(near); at += audio.FrameSamples {
		if far == nil {
			l.Frame(near[at:at+audio.FrameSamples], nil)
			continue
		}
		l.Frame(near[at:at+audio.FrameSamples], far[at:at+audio.FrameSamples])
	}
	end := l.End()
	h := heard{turns: len(end.Turns), tones: len(end.Tones)}
	for _, turn := range end.Turns {
		if turn.BargeIn {
			h.bargeIns++
		}
	}
	return h
}

// buzz says everything as half a second of a loud buzz.
func buzz(context.Context, string, string) ([]int16, error) {
	sound := make([]int16, samples(sec/2))
	for i := range sound {
		sound[i] = int16(8000 * (i%64 - 32) / 32)
	}
	return sound, nil
}

func TestPlay(t *testing.T) {
	call := scene{
		length: 4 * sec, seed: 3,
		caller: []part{{at: 3 * sec, words: "yes"}},
		bot:    []part{{at: sec, words: "yes or no?"}},
	}
	near, far, err := call.play(t.Context(), buzz)
	if err != nil {
		t.Fatal(err)
	}
	again, _, err := call.play(t.Context(), buzz)
	if err != nil || !slices.Equal(near, again) {
		t.Errorf("a second time, error %v, it sounds otherwise; want the same", err)
	}
	level := func(side []int16, from, to float64) int {
		return int(audio.Level(side[int(from*audio.SampleRate):int(to*audio.SampleRate)]))
	}
	for _, tt := range []struct {
		what       string
		side       []int16
		from, to   float64
		least, max int
	}{
		{"the line before the echo", near, 0, 1.1, -68, -60},
		{"the echo", near, 1.2, 1.6, -36, -28},
		{"the caller", near, 3, 3.5, -23, -17},
		{"the bot", far, 1, 1.5, -21, -15},
		{"the bot after its words", far, 1.6, 4, -100, -90},
	} {
		if got := level(tt.side, tt.from, tt.to); got < tt.least || got > tt.max {
			t.Errorf("%s is at %d dBov; want %d to %d", tt.what, got, tt.least, tt.max)
		}
	}
	call.bot = nil
	if _, far, err := call.play(t.Context(), buzz); far != nil || err != nil {
		t.Errorf("a silent bot plays %d samples, error %v; want none", len(far), err)
	}
	call.caller = []part{{words: "yes"}}
	dumb := errors.New("lost the voice")
	if _, _, err := call.play(t.Context(), func(context.Context, string, string) ([]int16, error) { return nil, dumb }); !errors.Is(err, dumb) {
		t.Errorf("error %v; want %v", err, dumb)
	}
}

func TestRead(t *testing.T) {
	const text = `{"files":[{"file":"a","turns":[{"barge_in":true},{"barge_in":false}],"turns_set":[{}],"tones":[{"kind":"dtmf"}]}]}`
	if got, err := read([]byte(text)); err != nil || got != (heard{turns: 2, bargeIns: 1, tones: 1, turnsSet: 1}) {
		t.Errorf("read = %v, %v; want 2 turns, one of them a barge-in, a tone, and 1 turn", got, err)
	}
	for text, want := range map[string]string{`{`: "unexpected end", `{"files":[]}`: "0 recordings; want 1"} {
		if _, err := read([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("read(%s): error %v; want %q", text, err, want)
		}
	}
}

func TestHearTellsWhatWentWrong(t *testing.T) {
	program := filepath.Join(t.TempDir(), "lexline")
	if err := os.WriteFile(program, []byte("#!/bin/sh\necho no such call >&2\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := hear(t.Context(), program, "a.wav", "a.svg", ""); err == nil || !strings.Contains(err.Error(), "no such call") {
		t.Errorf("error %v; want what the program said", err)
	}
}

func TestWrongUse(t *testing.T) {
	for _, args := range [][]string{{"-none"}, {"clean"}} {
		if err := run(t.Context(), args, io.Discard, io.Discard); !errors.Is(err, errUsage) {
			t.Errorf("run %q: error %v; want %v", args, err, errUsage)
		}
	}
}
