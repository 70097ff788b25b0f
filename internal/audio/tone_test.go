package audio

import (
	"math"
	"testing"
	"time"
)

// correlate measures one frequency in pcm under a Hann window: the sine of that
// frequency, as an amplitude (1 is full scale) and a phase.
func correlate(pcm []int16, rate int, hz float64) (amplitude, phase float64) {
	var re, im, weight float64
	for i, s := range pcm {
		w := 0.5 - 0.5*math.Cos(2*math.Pi*(float64(i)+0.5)/float64(len(pcm)))
		sin, cos := math.Sincos(2 * math.Pi * hz * float64(i) / float64(rate))
		re += w * float64(s) * sin
		im += w * float64(s) * cos
		weight += w
	}
	return 2 * math.Hypot(re, im) / weight / math.MaxInt16, math.Atan2(im, re)
}

func strength(pcm []int16, rate int, hz float64) float64 {
	amplitude, _ := correlate(pcm, rate, hz)
	return amplitude
}

// without returns pcm with one frequency taken out.
func without(pcm []int16, rate int, hz float64) []int16 {
	amplitude, phase := correlate(pcm, rate, hz)
	rest := make([]int16, len(pcm))
	for i, s := range pcm {
		sine := amplitude * math.MaxInt16 * math.Sin(2*math.Pi*hz*float64(i)/float64(rate)+phase)
		rest[i] = int16(math.Round(float64(s) - sine))
	}
	return rest
}

func TestDTMFHasItsTwoTones(t *testing.T) {
	rows := []float64{697, 770, 852, 941}
	columns := []float64{1209, 1336, 1477, 1633}
	keys := []string{"123A", "456B", "789C", "*0#D"}
	for i, row := range keys {
		for j := range row {
			pcm := DTMF(SampleRate, row[j], 400*time.Millisecond)
			for _, hz := range append(append([]float64{}, rows...), columns...) {
				want := 0.0
				if hz == rows[i] || hz == columns[j] {
					want = dtmfAmplitude / 2
				}
				if got := strength(pcm, SampleRate, hz); math.Abs(got-want) > 0.01 {
					t.Errorf("key %c at %v Hz: got amplitude %.3f, want %.3f", row[j], hz, got, want)
				}
			}
		}
	}
	if got := DTMF(SampleRate, 'x', time.Second); got != nil {
		t.Errorf("key x: got %d samples, want none", len(got))
	}
}

func TestToneLengthAmplitudeAndRamps(t *testing.T) {
	pcm := Tone(16000, 250*time.Millisecond, 0.5, 1000)
	if len(pcm) != 4000 {
		t.Fatalf("250 ms at 16 kHz: got %d samples, want 4000", len(pcm))
	}
	peak := 0
	for i, s := range pcm {
		peak = max(peak, int(s), -int(s))
		edge := min(i, len(pcm)-1-i)
		if limit := 0.5*math.MaxInt16*float64(edge)/80 + 1; edge < 80 && math.Abs(float64(s)) > limit {
			t.Errorf("sample %d, in the ramp: got %d, want at most %.0f", i, s, limit)
		}
	}
	if want := 0.5 * math.MaxInt16; math.Abs(float64(peak)-want) > 200 {
		t.Errorf("peak: got %d, want about %.0f", peak, want)
	}
}

func TestToneEdges(t *testing.T) {
	cases := []struct {
		name string
		got  []int16
		want int
	}{
		{"no time", Tone(8000, 0, 1, 440), 0},
		{"negative time", Tone(8000, -time.Second, 1, 440), 0},
		{"no frequency is silence", Tone(8000, FrameDuration, 1), FrameSamples},
	}
	for _, c := range cases {
		if len(c.got) != c.want || Level(c.got) != -100 {
			t.Errorf("%s: got %d samples at %v dBov, want %d at -100", c.name, len(c.got), Level(c.got), c.want)
		}
	}
}
