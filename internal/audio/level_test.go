package audio

import (
	"bytes"
	"math"
	"testing"
	"time"
)

// The digital milliwatt of G.711 tables 5 and 6: eight codes of a 1 kHz sine at
// 0 dBm0, which is 3.17 dB (mu-law) and 3.14 dB (A-law) below the largest sine.
func TestLevelOfTheDigitalMilliwatt(t *testing.T) {
	muLaw := bytes.Repeat([]byte{0x1E, 0x0B, 0x0B, 0x1E, 0x9E, 0x8B, 0x8B, 0x9E}, 100)
	aLaw := bytes.Repeat([]byte{0x34, 0x21, 0x21, 0x34, 0xB4, 0xA1, 0xA1, 0xB4}, 100)
	cases := []struct {
		name      string
		got, want float64
	}{
		{"mu-law", LevelMuLaw(muLaw), -3.01 - 3.17},
		{"mu-law, linear", Level(DecodeMuLaw(nil, muLaw)), -3.01 - 3.17},
		{"A-law, linear", Level(DecodeALaw(nil, aLaw)), -3.01 - 3.14},
	}
	for _, c := range cases {
		if math.Abs(c.got-c.want) > 0.1 {
			t.Errorf("%s: got %.2f dBov, want %.2f", c.name, c.got, c.want)
		}
	}
}

func TestLevelAtTheEnds(t *testing.T) {
	square := []int16{math.MinInt16, math.MinInt16}
	cases := []struct {
		name      string
		got, want float64
	}{
		{"loudest square wave", Level(square), 0},
		{"silence", Level(make([]int16, 160)), -100},
		{"no samples", Level(nil), -100},
		{"one step in a long silence", Level(append(make([]int16, 1<<20), 1)), -100},
		{"mu-law silence", LevelMuLaw([]byte{MuLawSilence, MuLawSilence}), -100},
		{"no mu-law", PowerMuLaw(nil), 0},
	}
	for _, c := range cases {
		if c.got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, c.got, c.want)
		}
	}
}

func TestPowerMuLawAgreesWithLevel(t *testing.T) {
	for _, amplitude := range []float64{0.001, 0.03, 1} {
		frame := EncodeMuLaw(nil, Tone(SampleRate, time.Second, amplitude, 440))
		want := Level(DecodeMuLaw(nil, frame))
		if got := 10 * math.Log10(PowerMuLaw(frame)); math.Abs(got-want) > 1e-9 {
			t.Errorf("tone of amplitude %v: got %v dBov, want %v", amplitude, got, want)
		}
	}
}

func BenchmarkPowerMuLawFrame(b *testing.B) {
	frame := EncodeMuLaw(nil, Tone(SampleRate, FrameDuration, 0.5, 440))
	b.ReportAllocs()
	for b.Loop() {
		PowerMuLaw(frame)
	}
}
