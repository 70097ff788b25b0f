package main

import (
	"math"
	"slices"
	"testing"
	"time"

	"lexline/internal/audio"
	"lexline/internal/vad"
	"lexline/internal/vad/corpus"
)

// scripted is a detector that finds speech in given frames.
type scripted struct{ frame, from, to int }

func (s *scripted) Frame(_, _ []byte) vad.Decision {
	speech := s.frame >= s.from && s.frame < s.to
	s.frame++
	if speech {
		return vad.Decision{Probability: 1, Speech: true, Level: -20, Floor: -60, Echo: -100}
	}
	return vad.Decision{Level: -60, Floor: -60, Echo: -100}
}

func TestTurnsAreCutAsCallsSendThem(t *testing.T) {
	pcm := make([]int16, 200*vad.FrameSamples)
	for i := range pcm {
		pcm[i] = int16(i / vad.FrameSamples) // the number of the frame
	}
	tests := []struct {
		name       string
		from, to   int // frames of speech
		answer     vad.Answer
		begin, end int // frames of the turn
	}{
		{"any answer", 60, 90, vad.AnyAnswer, 45, 122},
		{"a short answer", 60, 90, vad.ShortAnswer, 45, 112},
		{"still talking at the end", 160, 200, vad.AnyAnswer, 145, 200},
	}
	for _, test := range tests {
		turns := turnsOf(pcm, &scripted{from: test.from, to: test.to}, test.answer)
		if want := pcm[test.begin*vad.FrameSamples : test.end*vad.FrameSamples]; len(turns) != 1 || !slices.Equal(turns[0], want) {
			t.Errorf("%s: %d turns, of them %v; want one of frames %d to %d", test.name, len(turns), bounds(turns), test.begin, test.end)
		}
	}
	if turns := turnsOf(pcm, &scripted{}, vad.AnyAnswer); len(turns) != 0 {
		t.Errorf("without speech: turns of frames %v; want none", bounds(turns))
	}
}

// bounds are the first and last frame of each turn.
func bounds(turns [][]int16) (frames [][2]int16) {
	for _, turn := range turns {
		frames = append(frames, [2]int16{turn[0], turn[len(turn)-1]})
	}
	return frames
}

func TestLinesHaveTheNoiseThatTheySay(t *testing.T) {
	speech := audio.Tone(audio.SampleRate, 2*time.Second, 0.1, 700)
	level := corpus.ActiveLevel(speech)
	for _, l := range lines {
		want := level - l.snr
		if l.snr == 0 {
			want = goodLine
		}
		pcm := l.carry(speech)
		if len(pcm) != len(speech)+samples(before+behind) {
			t.Errorf("%s: %d samples; want those of the speech, with the line before and behind it", l.name, len(pcm))
		}
		for side, noise := range map[string][]int16{"before": pcm[:samples(before)], "behind": pcm[len(pcm)-samples(behind):]} {
			if got := audio.Level(noise); math.Abs(got-want) > 1 {
				t.Errorf("%s: noise at %.1f dBov %s the speech; want %.1f", l.name, got, side, want)
			}
		}
		if got := audio.Level(pcm[samples(before):][:len(speech)]); math.Abs(got-level) > 0.5 {
			t.Errorf("%s: speech at %.1f dBov; want it left at %.1f", l.name, got, level)
		}
	}
}
