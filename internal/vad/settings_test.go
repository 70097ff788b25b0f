package vad

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestSettingsValidate(t *testing.T) {
	tests := []struct {
		name string
		s    Settings
		want string // the faults' beginnings, by line; empty: valid
	}{
		{"nothing set", Settings{}, ""},
		{"the defaults", DefaultSettings, ""},
		{"never", Settings{BargeIn: Never}, ""},
		{"the least", Settings{EndOfSpeech: 200 * time.Millisecond, MaxTurn: time.Second, Threshold: 0.05, BargeIn: 120 * time.Millisecond}, ""},
		{"the most", Settings{EndOfSpeech: 5 * time.Second, MaxTurn: 14 * time.Second, Threshold: 0.95, BargeIn: 320 * time.Millisecond}, ""},
		{"short silence", Settings{EndOfSpeech: 199 * time.Millisecond}, "end_of_speech: 199ms is not between 200ms and 5s"},
		{"negative silence", Settings{EndOfSpeech: -time.Second}, "end_of_speech: -1s"},
		{"long turn", Settings{MaxTurn: 15 * time.Second}, "max_turn: 15s is not between 1s and 14s"},
		{"certain", Settings{Threshold: 1}, "speech_threshold: 1 is not between 0.05 and 0.95"},
		{"not a number", Settings{Threshold: float32(math.NaN())}, "speech_threshold: NaN"},
		{"a cough interrupts", Settings{BargeIn: 40 * time.Millisecond}, "barge_in: 40ms is not between 120ms and 320ms"},
		{"more negative than never", Settings{BargeIn: -time.Second}, "barge_in: -1s"},
		{"all wrong", Settings{EndOfSpeech: 1, MaxTurn: 1, Threshold: 2, BargeIn: 1}, "end_of_speech: \nmax_turn: \nspeech_threshold: \nbarge_in: "},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := test.s.Validate()
			if test.want == "" {
				if err != nil {
					t.Errorf("Validate = %v; want nil", err)
				}
				return
			}
			if err == nil {
				t.Fatalf("Validate = nil; want %q", test.want)
			}
			got, want := strings.Split(err.Error(), "\n"), strings.Split(test.want, "\n")
			if len(got) != len(want) {
				t.Fatalf("Validate = %q; want %d faults", err, len(want))
			}
			for i := range want {
				if !strings.HasPrefix(got[i], want[i]) {
					t.Errorf("Validate = %q; want a fault that begins with %q", got[i], want[i])
				}
			}
		})
	}
}

func TestStopByAnswer(t *testing.T) {
	tests := []struct {
		end    time.Duration
		answer Answer
		want   time.Duration
	}{
		{0, AnyAnswer, 640 * time.Millisecond},
		{0, ShortAnswer, 440 * time.Millisecond},
		{0, FreeAnswer, 880 * time.Millisecond},
		{800 * time.Millisecond, ShortAnswer, 560 * time.Millisecond},
		{800 * time.Millisecond, Answer(99), 800 * time.Millisecond},
		{700 * time.Millisecond, FreeAnswer, 980 * time.Millisecond}, // whole frames, that no rounding takes one off
		{1400 * time.Millisecond, ShortAnswer, 980 * time.Millisecond},
	}
	for _, test := range tests {
		if got := (Settings{EndOfSpeech: test.end}).Stop(test.answer); got != test.want {
			t.Errorf("end of speech %v, %v answer: stop = %v; want %v", test.end, test.answer, got, test.want)
		}
	}
}
