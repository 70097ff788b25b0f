package twilio

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/audio"
	"lexline/internal/call"
)

// numbered is a frame that shows its number; silence shows as 255.
func numbered(chunk uint64) []byte { return bytes.Repeat([]byte{byte(chunk)}, call.FrameBytes) }

// heardAs pushes chunks in an order and returns the numbers of the frames that
// come out, "-" for silence.
func heardAs(chunks []uint64, flush bool) (string, Counters) {
	var r reorder
	var q frameQueue
	var n Counters
	for _, chunk := range chunks {
		r.push(&q, chunk, numbered(chunk), &n)
	}
	if flush {
		r.flush(&q, &n)
	}
	var heard []string
	for frame := q.pop(); frame != nil; frame = q.pop() {
		if frame[0] == audio.MuLawSilence {
			heard = append(heard, "-")
		} else {
			heard = append(heard, fmt.Sprint(frame[0]))
		}
	}
	return strings.Join(heard, " "), n
}

func TestReorder(t *testing.T) {
	for _, test := range []struct {
		name   string
		chunks []uint64
		want   string
		counts Counters
	}{
		{"in order", []uint64{1, 2, 3}, "1 2 3", Counters{}},
		{"starting later", []uint64{100, 101}, "100 101", Counters{}},
		{"first one missing", []uint64{2, 3, 4, 5}, "- 2 3 4 5", Counters{Reordered: 3, Gaps: 1}},
		{"duplicate", []uint64{1, 2, 2, 3}, "1 2 3", Counters{Duplicates: 1}},
		{"duplicate of a held one", []uint64{1, 3, 3, 2}, "1 2 3", Counters{Duplicates: 1, Reordered: 1}},
		{"swapped", []uint64{1, 3, 2, 4}, "1 2 3 4", Counters{Reordered: 1}},
		{"three late", []uint64{1, 3, 4, 5, 2, 6}, "1 2 3 4 5 6", Counters{Reordered: 3}},
		{"backwards", []uint64{1, 5, 4, 3, 2, 6}, "1 2 3 4 5 6", Counters{Reordered: 3}},
		{"too late", []uint64{1, 3, 4, 5, 6, 2, 7}, "1 - 3 4 5 6 7", Counters{Reordered: 3, Gaps: 1, Duplicates: 1}},
		{"two missing apart", []uint64{1, 3, 5, 6, 7, 8}, "1 - 3 - 5 6 7 8", Counters{Reordered: 4, Gaps: 2}},
		{"gap of four", []uint64{1, 6, 7, 8, 9}, "1 - - - - 6 7 8 9", Counters{Reordered: 3, Gaps: 4}},
		{"not numbered", []uint64{0, 0}, "0 0", Counters{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, counts := heardAs(test.chunks, false)
			if got != test.want {
				t.Errorf("%v is heard as %q, want %q", test.chunks, got, test.want)
			}
			if diff := cmp.Diff(test.counts, counts); diff != "" {
				t.Errorf("counters (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReorderFlush(t *testing.T) {
	got, n := heardAs([]uint64{1, 3, 5}, true)
	if got != "1 - 3 - 5" || n.Gaps != 2 {
		t.Errorf("after a flush heard %q with %d gaps, want %q with 2", got, n.Gaps, "1 - 3 - 5")
	}
}

func TestLongGapIsBounded(t *testing.T) {
	for _, chunk := range []uint64{1000, 1 << 62} {
		var r reorder
		var q frameQueue
		var n Counters
		r.push(&q, 1, numbered(1), &n)
		r.push(&q, chunk, numbered(7), &n)
		if got, want := len(q.buf)/call.FrameBytes, maxGap+2; got != want || n.Gaps != maxGap {
			t.Errorf("chunk %d after 1: %d frames with %d of silence, want %d with %d", chunk, got, n.Gaps, want, maxGap)
		}
		r.push(&q, chunk+1, numbered(8), &n)
		if got := len(q.buf) / call.FrameBytes; got != maxGap+3 {
			t.Errorf("the chunk after the gap was not passed on: %d frames", got)
		}
	}
}

func TestNumberingThatStartsAgain(t *testing.T) {
	var r reorder
	var q frameQueue
	var n Counters
	r.push(&q, 5000, numbered(0), &n)
	for chunk := range uint64(100) {
		r.push(&q, chunk+1, numbered(chunk+1), &n)
	}
	// maxLate messages are dropped before the new numbering is believed.
	if got, want := len(q.buf)/call.FrameBytes, 1+100-maxLate; got != want || n.Duplicates != maxLate+1 {
		t.Errorf("%d frames heard, %d dropped, want %d and %d", got, n.Duplicates, want, maxLate+1)
	}
}

// TestReorderUndoesAnyJitter delays each chunk by up to reorderWindow places.
func TestReorderUndoesAnyJitter(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 0))
		var chunks []uint64
		var want []string
		for chunk := uint64(1); chunk <= 200; chunk++ {
			chunks = append(chunks, chunk)
			want = append(want, fmt.Sprint(chunk))
		}
		for i := 0; i+reorderWindow < len(chunks); i += 1 + reorderWindow {
			group := chunks[i : i+1+reorderWindow]
			r.Shuffle(len(group), func(a, b int) { group[a], group[b] = group[b], group[a] })
			if r.IntN(2) == 0 {
				chunks = append(chunks[:i], append([]uint64{group[0]}, chunks[i:]...)...)
				i++
			}
		}
		got, n := heardAs(chunks, false)
		if got != strings.Join(want, " ") || n.Gaps != 0 {
			t.Fatalf("seed %d: %v is heard as %q with %d gaps", seed, chunks, got, n.Gaps)
		}
	}
}

// TestTimeIsNeverShifted loses chunks at random: as much comes out as time has
// passed.
func TestTimeIsNeverShifted(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	chunks := []uint64{1}
	for chunk := uint64(2); chunk < 200; chunk++ {
		if r.IntN(4) > 0 {
			chunks = append(chunks, chunk)
		}
	}
	chunks = append(chunks, 200)
	got, n := heardAs(chunks, true)
	if frames := len(strings.Fields(got)); frames != 200 || int(n.Gaps) != 200-len(chunks) {
		t.Errorf("%d frames with %d gaps for 200 chunks of which %d came", frames, n.Gaps, len(chunks))
	}
}
