package speech

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/audio"
)

// needs skips the test where a program is not installed, except in CI.
func needs(t *testing.T, engine string) *Synthesizer {
	t.Helper()
	s := NewSynthesizer(SynthConfig{})
	if s.Engine() != engine {
		if os.Getenv("CI") != "" {
			t.Fatalf("engine is %q; want %s installed", s.Engine(), engine)
		}
		t.Skipf("%s is not installed", engine)
	}
	return s
}

func TestSentences(t *testing.T) {
	tests := []struct {
		text string
		want []string
	}{
		{"Hello.", []string{"Hello."}},
		{"Hello. How are you?", []string{"Hello.", "How are you?"}},
		{"No! Really?  Yes", []string{"No!", "Really?", "Yes"}},
		{"It costs 3.50 today. Fine.", []string{"It costs 3.50 today.", "Fine."}},
		{"Come at 5 p.m. on Friday.", []string{"Come at 5 p.m. on Friday."}},
		{"Come at 5 p.m. The shop closes.", []string{"Come at 5 p.m.", "The shop closes."}},
		{"Ask Mr. Smith. He knows.", []string{"Ask Mr. Smith.", "He knows."}},
		{"Wait...", []string{"Wait..."}},
		{"", nil},
		{" \n ", nil},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, sentences(plainText(test.text))); diff != "" {
			t.Errorf("sentences of %q (-want +got):\n%s", test.text, diff)
		}
	}
}

func TestLongSentencesAreSplitWithoutLoss(t *testing.T) {
	text := strings.TrimSpace(strings.Repeat("roses, lilies and tulips ", 40))
	parts := sentences(text)
	if len(parts) < 3 {
		t.Errorf("%d parts of a text of %d characters; want it split", len(parts), len(text))
	}
	if got := strings.Join(parts, " "); got != text {
		t.Errorf("joined again = %q; want the text", got)
	}
}

func TestPlainText(t *testing.T) {
	for text, want := range map[string]string{
		"plain & simple": "plain & simple",
		`<speak>Say <say-as interpret-as="date">1/2</say-as> &amp; wait<break time="1s"/>.</speak>`: "Say 1/2 & wait .",
		"two\nlines\tof text\x00": "two lines of text",
		"3 < 4":                   "3 < 4",
	} {
		if got := plainText(text); got != want {
			t.Errorf("plainText(%q) = %q; want %q", text, got, want)
		}
	}
}

func TestFliteSpeaks(t *testing.T) {
	s := needs(t, "flite")
	var clips []audio.Clip
	err := s.Sentences(t.Context(), "rms", "One sentence. -o is not a flag; nor is `this`.", func(clip audio.Clip) error {
		clips = append(clips, clip)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(clips) != 2 {
		t.Fatalf("%d clips; want one for each of 2 sentences", len(clips))
	}
	for i, clip := range clips {
		if clip.Rate != 16000 || clip.Duration() < 300*time.Millisecond || audio.Level(clip.Samples) < -40 {
			t.Errorf("clip %d: %d Hz, %v, %.0f dBov; want audible speech at 16 kHz", i, clip.Rate, clip.Duration(), audio.Level(clip.Samples))
		}
	}
	again, err := s.Say(t.Context(), "rms", "One sentence.")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(clips[0], again); diff != "" {
		t.Error("the same words in the same voice sound different")
	}
	other, err := s.Say(t.Context(), "slt", "One sentence.")
	if err != nil || cmp.Equal(other, again) {
		t.Errorf("another voice, %v, sounds the same", err)
	}
	if _, err := s.Say(t.Context(), "no-such-voice", "Hello."); err != nil {
		t.Errorf("an unknown voice = %v; want the engine's own in its place", err)
	}
}

func TestWithoutEngine(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	s := NewSynthesizer(SynthConfig{})
	if _, err := s.Say(t.Context(), "", "Hello."); s.Engine() != "" || !errors.Is(err, ErrNoEngine) {
		t.Errorf("engine %q, Say = %v; want none and %v", s.Engine(), err, ErrNoEngine)
	}
}

// TestEngineFaults puts programs in flite's place.
func TestEngineFaults(t *testing.T) {
	tests := []struct{ name, program, want string }{
		{"fails", "echo no such voice >&2; exit 3", "no such voice"},
		{"hangs", "while :; do :; done", "no speech within"},
		{"no WAV", "echo hello", "WAV"},
		{"never stops writing", "while :; do echo 0123456789012345678901234567890123456789; done", "flite"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "flite"), []byte("#!/bin/sh\n"+test.program+"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
			t.Setenv("PATH", dir)
			s := NewSynthesizer(SynthConfig{Deadline: time.Second})
			_, err := s.Say(t.Context(), "slt", "Hello.")
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), `"Hello."`) {
				t.Errorf("Say = %v; want an error with the sentence and %q", err, test.want)
			}
		})
	}
}

func TestClipIsMadeOnceForAllWhoWant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cache := newClipCache(1 << 20)
		var made atomic.Int32
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				clip, err := cache.get(t.Context(), clipKey{text: "hi"}, func() (audio.Clip, error) {
					made.Add(1)
					time.Sleep(time.Second)
					return audio.Clip{Rate: 8000, Samples: make([]int16, 100)}, nil
				})
				if err != nil || len(clip.Samples) != 100 {
					t.Errorf("get = %d samples, %v", len(clip.Samples), err)
				}
			})
		}
		all.Wait()
		if got := made.Load(); got != 1 {
			t.Errorf("made %d times; want once", got)
		}
	})
}

// TestMakerThatGivesUp leaves the work to one of those who wait.
func TestMakerThatGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cache := newClipCache(1 << 20)
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			_, _ = cache.get(ctx, clipKey{text: "hi"}, func() (audio.Clip, error) {
				<-ctx.Done()
				return audio.Clip{}, context.Cause(ctx)
			})
		}()
		synctest.Wait()
		go func() {
			time.Sleep(time.Second)
			cancel()
		}()
		clip, err := cache.get(t.Context(), clipKey{text: "hi"}, func() (audio.Clip, error) { return audio.Clip{Rate: 8000}, nil })
		if err != nil || clip.Rate != 8000 {
			t.Errorf("get = %+v, %v; want the second maker's clip", clip, err)
		}
	})
}

func TestCacheForgetsTheLeastRecentlyUsed(t *testing.T) {
	cache := newClipCache(1000) // room for two clips of 400 bytes
	made := map[string]int{}
	get := func(text string) {
		_, err := cache.get(t.Context(), clipKey{text: text}, func() (audio.Clip, error) {
			made[text]++
			return audio.Clip{Rate: 8000, Samples: make([]int16, 200)}, nil
		})
		if err != nil {
			t.Errorf("get(%s) = %v", text, err)
		}
	}
	for _, text := range []string{"a", "b", "a", "c", "a", "b"} {
		get(text)
	}
	if diff := cmp.Diff(map[string]int{"a": 1, "b": 2, "c": 1}, made); diff != "" {
		t.Errorf("times made (-want +got):\n%s", diff)
	}
	_, err := cache.get(t.Context(), clipKey{text: "bad"}, func() (audio.Clip, error) { return audio.Clip{}, errors.New("no") })
	if err == nil || cache.clips[clipKey{text: "bad"}] != nil {
		t.Errorf("a clip that could not be made, %v, is kept", err)
	}
}
