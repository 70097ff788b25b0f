package call

import (
	"bytes"
	"testing"
)

// ramp is n bytes that tell their place.
func ramp(from, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte((from + i) % 251)
	}
	return b
}

func TestFarEndGivesBackWhatWasPlayedFrameByFrame(t *testing.T) {
	var f farEnd
	var got []byte
	sent := 0
	for _, n := range []int{1440, 0, 1440, 80, 3, 77, 1440, 500} { // around the ring several times
		f.play(ramp(sent, n))
		sent += n
		for range n/FrameBytes - 1 {
			got = append(got, f.next()...)
		}
	}
	for frame := f.next(); frame != nil; frame = f.next() {
		got = append(got, frame...)
	}
	want := ramp(0, sent)
	if len(got) < len(want) || len(got)%FrameBytes != 0 || !bytes.Equal(got[:len(want)], want) {
		t.Errorf("got %d bytes back of %d, in frames of %d; want each of them, in order", len(got), len(want), FrameBytes)
	}
	if rest := bytes.Trim(got[len(want):], string([]byte{silence})); len(rest) > 0 {
		t.Errorf("behind the last sound comes %x; want silence", rest)
	}
	if f.drops != 0 {
		t.Errorf("%d drops; want none", f.drops)
	}
}

func TestFullFarEndDropsTheOldest(t *testing.T) {
	tests := []struct {
		name   string
		pieces []int
		drops  int
	}{
		{"one byte too many", []int{farEndBytes, 1}, 1},
		{"again and again", []int{1440, 1440, 1440, 1440}, 2},
		{"a piece as long as all", []int{100, farEndBytes}, 1},
		{"a piece that is longer", []int{100, farEndBytes + 333}, 1},
		{"full", []int{farEndBytes}, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var f farEnd
			sent := 0
			for _, n := range test.pieces {
				f.play(ramp(sent, n))
				sent += n
			}
			var got []byte
			for frame := f.next(); frame != nil; frame = f.next() {
				got = append(got, frame...)
			}
			if want := ramp(sent-farEndBytes, farEndBytes); !bytes.Equal(got, want) {
				t.Errorf("of pieces of %v bytes the far end has not the last %d", test.pieces, farEndBytes)
			}
			if f.drops != test.drops {
				t.Errorf("%d drops; want %d", f.drops, test.drops)
			}
		})
	}
}

func TestClearedFarEndIsSilent(t *testing.T) {
	var f farEnd
	f.play(ramp(0, 1000))
	f.next()
	f.clear()
	if frame := f.next(); frame != nil {
		t.Errorf("a frame of %d bytes after the clear; want none", len(frame))
	}
	f.play(ramp(7, FrameBytes))
	if frame := f.next(); !bytes.Equal(frame, ramp(7, FrameBytes)) {
		t.Error("what was played after the clear did not come back")
	}
}

func TestFarEndDoesNotAllocate(t *testing.T) {
	var f farEnd
	piece := ramp(0, chunkBytes)
	allocs := testing.AllocsPerRun(100, func() {
		f.play(piece)
		for range chunkBytes / FrameBytes {
			f.next()
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations for a piece and its frames; want none", allocs)
	}
}
