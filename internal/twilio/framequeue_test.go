package twilio

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"lexline/internal/audio"
	"lexline/internal/call"
)

// TestFrameQueue pushes pieces of any length and takes frames at any time: what
// comes out is what went in, in frames.
func TestFrameQueue(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	var q frameQueue
	var in, out []byte
	for range 2000 {
		switch r.IntN(5) {
		case 0:
			n := r.IntN(400)
			q.silence(n)
			in = append(in, bytes.Repeat([]byte{audio.MuLawSilence}, n)...)
		case 1, 2:
			piece := make([]byte, r.IntN(500))
			for i := range piece {
				piece[i] = byte(r.Uint32())
			}
			q.push(piece)
			in = append(in, piece...)
		default:
			if frame := q.pop(); frame != nil {
				if len(frame) != call.FrameBytes {
					t.Fatalf("frame of %d bytes, want %d", len(frame), call.FrameBytes)
				}
				out = append(out, frame...)
			}
		}
	}
	for frame := q.pop(); frame != nil; frame = q.pop() {
		out = append(out, frame...)
	}
	if left := len(in) - len(out); left < 0 || left >= call.FrameBytes || !bytes.Equal(out, in[:len(out)]) {
		t.Errorf("%d bytes went in, %d came out, or others", len(in), len(out))
	}
}

func TestFrameQueueKeepsNewest(t *testing.T) {
	var q frameQueue
	for i := range 60 {
		q.push(bytes.Repeat([]byte{byte(i)}, call.FrameBytes))
	}
	if dropped := q.keepNewest(50 * call.FrameBytes); dropped != 10*call.FrameBytes {
		t.Errorf("dropped %d bytes, want %d", dropped, 10*call.FrameBytes)
	}
	if dropped := q.keepNewest(50 * call.FrameBytes); dropped != 0 {
		t.Errorf("dropped %d more bytes, want none", dropped)
	}
	if frame := q.pop(); frame == nil || frame[0] != 10 {
		t.Errorf("oldest frame left = %v, want the 11th", frame)
	}
}

func TestFrameQueueGivesMemoryBack(t *testing.T) {
	var q frameQueue
	q.push(make([]byte, 48_000))
	for q.pop() != nil {
	}
	q.push(make([]byte, call.FrameBytes))
	if cap(q.buf) > keepQueue {
		t.Errorf("an empty queue keeps %d bytes after a long message, want at most %d", cap(q.buf), keepQueue)
	}
}
