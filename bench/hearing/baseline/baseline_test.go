package baseline

import (
	"strings"
	"testing"
)

// frame is 160 samples that change between two values.
func frame(a, b int16) []int16 {
	samples := make([]int16, 160)
	for i := range samples {
		samples[i] = a
		if i%2 == 1 {
			samples[i] = b
		}
	}
	return samples
}

func TestJudgements(t *testing.T) {
	tests := []struct {
		name           string
		frame          []int16
		amplitude, rms float32 // probabilities
		peaks, loud    bool
	}{
		{"silence", frame(0, 0), 0, 0, false, false},
		{"on the threshold", frame(500, -500), .5, .5, false, false},
		{"over it", frame(501, -501), .5005, .5005, true, true},
		{"negative peaks", frame(0, -600), .5455, .4590, true, false},
		{"the lowest sample", frame(-32768, 0), .9850, .9789, true, true},
		{"nothing", nil, 0, 0, false, false},
	}
	for _, test := range tests {
		if p, speech := Amplitude(test.frame); abs(p-test.amplitude) > 1e-4 || speech != test.peaks {
			t.Errorf("%s: Amplitude = %.4f, %v; want %.4f, %v", test.name, p, speech, test.amplitude, test.peaks)
		}
		if p, speech := RMS(test.frame); abs(p-test.rms) > 1e-4 || speech != test.loud {
			t.Errorf("%s: RMS = %.4f, %v; want %.4f, %v", test.name, p, speech, test.rms, test.loud)
		}
	}
}

func abs(x float32) float32 { return max(x, -x) }

func TestTurns(t *testing.T) {
	tests := []struct{ name, speech, open string }{
		{"opens with the third frame and closes with the fourth without", ".###.......", "...####...."},
		{"a break starts the count again", ".##.##.###.", ".........##"},
		{"speech starts the count again", "###...#...#......", "..############..."},
	}
	for _, test := range tests {
		turns := Turns{Start: 3, Stop: 4}
		var got strings.Builder
		for _, letter := range test.speech {
			if turns.Frame(letter == '#') {
				got.WriteByte('#')
			} else {
				got.WriteByte('.')
			}
		}
		if got.String() != test.open {
			t.Errorf("%s: turn of %s\n got %s\nwant %s", test.name, test.speech, got.String(), test.open)
		}
	}
}
