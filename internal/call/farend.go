package call

// farEndBytes bounds a farEnd: 500 ms. Never are more than 400 ms of sound ahead of
// the caller's ear (playout.go); the rest is for frames of the caller's that are late.
const farEndBytes = 25 * FrameBytes

// farEnd is what the caller is being played, on the clock of their own frames: with
// each frame that comes from them goes the frame that the carrier plays meanwhile.
// How much later the echo of it comes back is for the detector to find out.
//
// It is bounded. When it is full the oldest sound is dropped: so much is only there
// when the caller's frames have not come for a while, and the carrier has played it
// meanwhile. Behind a gap the far end is thus early rather than late, as an echo is
// looked for after its sound and never before it.
type farEnd struct {
	first, length int // of what is queued in the ring
	drops         int // times that sound was dropped
	frame         [FrameBytes]byte
	ring          [farEndBytes]byte
}

// play takes sound that was sent to the carrier.
func (f *farEnd) play(mulaw []byte) {
	if over := f.length + len(mulaw) - farEndBytes; over > 0 {
		f.drops++
		mulaw = mulaw[max(0, len(mulaw)-farEndBytes):]
		f.skip(min(over, f.length))
	}
	end := (f.first + f.length) % farEndBytes
	n := copy(f.ring[end:], mulaw)
	copy(f.ring[:], mulaw[n:])
	f.length += len(mulaw)
}

// next returns the next frame, with silence behind the last sound; nil when nothing
// is being played. It is valid until the next call.
func (f *farEnd) next() []byte {
	if f.length == 0 {
		return nil
	}
	taken := min(f.length, FrameBytes)
	n := copy(f.frame[:taken], f.ring[f.first:])
	copy(f.frame[n:taken], f.ring[:])
	for i := taken; i < FrameBytes; i++ {
		f.frame[i] = silence
	}
	f.skip(taken)
	return f.frame[:]
}

// skip leaves the oldest n bytes, of those there are.
func (f *farEnd) skip(n int) {
	f.first = (f.first + n) % farEndBytes
	f.length -= n
}

// clear drops what the carrier was told to throw away. The echo of what it had
// played by then still comes back: the detector remembers that by itself.
func (f *farEnd) clear() { f.skip(f.length) }
