package twiliosim

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"lexline/internal/audio"
)

// TestHearing gives frames as letters (S and T are sound of two sources, a dot is
// silence, x ends what is under way) and wants stretches as source@first-last.
func TestHearing(t *testing.T) {
	gap := strings.Repeat(".", stretchGap)
	for _, test := range []struct{ name, given, want string }{
		{"silence", "....", ""},
		{"one stretch, told when the gap is over", "..SSS" + gap, "S@2-4"},
		{"a pause within speech", "SS" + gap[1:] + "SS" + gap[1:], ""},
		{"a longer pause parts two stretches", "SS" + gap + "SS" + gap, "S@0-1 S@17-18"},
		{"another source begins a new stretch", "SSTT" + gap, "S@0-1 T@2-3"},
		{"silence of another source does not", "SS.SS" + gap, "S@0-4"},
		{"cut off", "SSx" + gap, "S@0-1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var h hearing
			var got []string
			note := func(s *stretch) {
				if s != nil {
					got = append(got, fmt.Sprintf("%s@%d-%d", s.source, s.first, s.last))
					if length := s.over.Sub(s.began); length != time.Duration(s.last+1-s.first)*audio.FrameDuration {
						t.Errorf("the stretch from %d to %d lasted %v", s.first, s.last, length)
					}
				}
			}
			n, start := 0, time.Unix(0, 0)
			for _, what := range test.given {
				if what == 'x' {
					note(h.end())
					continue
				}
				frame := make([]byte, audio.FrameSamples)
				silence(frame)
				if what != '.' {
					frame = tone(1, 400)
				}
				_, ended := h.frame(n, start.Add(time.Duration(n)*audio.FrameDuration), string(what), frame)
				note(ended)
				n++
			}
			if got := strings.Join(got, " "); got != test.want {
				t.Errorf("given %q the stretches are %q, want %q", test.given, got, test.want)
			}
		})
	}
}

func TestHearingThreshold(t *testing.T) {
	for _, test := range []struct {
		dBov float64
		want bool
	}{{-30, true}, {-48, true}, {-52, false}} {
		amplitude := int16(32768 * pow10(test.dBov/20))
		frame := make([]int16, audio.FrameSamples)
		for i := range frame {
			frame[i] = amplitude
			if i%2 == 1 {
				frame[i] = -amplitude
			}
		}
		var h hearing
		began, _ := h.frame(0, time.Unix(0, 0), "stream", audio.EncodeMuLaw(nil, frame))
		if began != test.want {
			t.Errorf("a frame of %.0f dBov begins a stretch: %v, want %v", test.dBov, began, test.want)
		}
	}
}
