package twiliosim

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/audio"
)

// TestPlayout writes down what happens in one line: pN plays N frames, mX asks
// for the mark X, c clears, and each dot is a frame of 20 ms. The result shows
// the marks, in brackets those that a clear flushed, between the frames: # heard
// with sound, - heard silent.
func TestPlayout(t *testing.T) {
	for _, test := range []struct{ name, given, want string }{
		{"silence while nothing was sent", "...", "---"},
		{"a mark behind nothing returns at once", "mA.", "A-"},
		{"a mark returns when the last frame before it is over", "p2mA...", "##A-"},
		{"marks between pieces return in between", "p1mAp1mB...", "#A#B-"},
		{"a mark asked for while its audio is heard returns behind it", "p1.mA.", "#A-"},
		{"a mark asked for later returns at once", "p1..mA.", "#-A-"},
		{"audio sent in a gap is heard at once", "p1...p1..", "#--#-"},
		{"two marks at one place keep their order", "p1mAmB..", "#AB-"},
		{"clear returns outstanding marks at once", "p3mAp1mB.c..", "#[AB]--"},
		{"clear of nothing", "c.", "-"},
		{"a mark whose audio was heard is not flushed", "p1mAp3..c.", "#A#-"},
		{"the frame under way is heard to its end, and counts", "p2.cmA..", "#A--"},
		{"audio behind a clear is heard", "p2mA.cp1mB..", "#[A]#B-"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := playLine(test.given); got != test.want {
				t.Errorf("given %q the caller hears %q, want %q", test.given, got, test.want)
			}
		})
	}
}

func playLine(given string) string {
	var p playout
	var heard strings.Builder
	sound, frame := tone(1, 400), make([]byte, audio.FrameSamples)
	for i := 0; i < len(given); i++ {
		switch given[i] {
		case 'p':
			i++
			for range given[i] - '0' {
				p.play(sound)
			}
		case 'm':
			i++
			p.mark(given[i : i+1])
			heard.WriteString(strings.Join(p.due(), ""))
		case 'c':
			if _, marks := p.clear(); marks != nil {
				fmt.Fprintf(&heard, "[%s]", strings.Join(marks, ""))
			}
		case '.':
			p.frame(frame)
			heard.WriteString(strings.Join(p.due(), ""))
			if bytes.Equal(frame, sound) {
				heard.WriteByte('#')
			} else {
				heard.WriteByte('-')
			}
		}
	}
	return heard.String()
}

func TestPlayoutOfOddPieces(t *testing.T) {
	var p playout
	sent := tone(10, 400)[:1500]
	for rest, n := sent, 1; len(rest) > 0; n += 7 {
		n = min(n, len(rest))
		p.play(rest[:n])
		rest = rest[n:]
	}
	p.mark("end")
	var heard []byte
	frame := make([]byte, audio.FrameSamples)
	for len(p.due()) == 0 {
		p.frame(frame)
		heard = append(heard, frame...)
	}
	want := append(bytes.Clone(sent), bytes.Repeat([]byte{audio.MuLawSilence}, 11*audio.FrameSamples-len(sent))...)
	if diff := cmp.Diff(want, heard); diff != "" {
		t.Errorf("1500 bytes in pieces of all sizes are not heard as sent (-want +got):\n%s", diff)
	}
}

func TestPlayoutIsBounded(t *testing.T) {
	var p playout
	if dropped := p.play(make([]byte, maxBuffered+3)); dropped != 3 || len(p.waiting) != maxBuffered {
		t.Errorf("3 bytes too many: %d dropped and %d kept, want 3 and %d", dropped, len(p.waiting), maxBuffered)
	}
	for range maxMarks {
		p.mark("m")
	}
	if p.mark("one too many") || len(p.marks) != maxMarks {
		t.Errorf("%d marks are outstanding, want the last one refused at %d", len(p.marks), maxMarks)
	}
}
