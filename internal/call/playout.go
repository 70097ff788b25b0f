package call

import "time"

// The pace of an answer: the caller is always played from a short queue at the
// carrier. It is long enough to ride over a late frame of ours, and short enough
// that what was not yet heard is known well when the caller interrupts.
const (
	bytesPerMillisecond = 8
	chunkBytes          = 9 * FrameBytes             // 180 ms, with a mark behind each
	lowWater            = 220 * time.Millisecond     // below it the next chunk goes out: 200 to 400 ms ahead, frames being 20 ms apart
	maxUnheard          = 5000 * bytesPerMillisecond // ahead of the returned marks: a carrier that does not play gets no more
	markCap             = 3 * time.Second            // after the last audio must have been heard, its mark is no longer waited for
)

// duration is the playing time of n bytes of mu-law.
func duration(n int) time.Duration {
	return time.Duration(n) * time.Millisecond / bytesPerMillisecond
}

// playout is the clock of what the caller is played, an answer or a filler and
// the answer behind it: what was sent, what must be playing now
// and what the marks prove to have been heard. It is pure; now is the time since
// the call began and never goes back.
type playout struct {
	start   time.Duration // when byte 0 would have been heard, had there been no gap since
	sent    int           // bytes given to the leg
	heard   int           // bytes whose mark came back
	pending []pendingMark // oldest first
	gaps    int           // times the queue at the carrier ran dry in the middle
	first   int           // bytes that were sent before what the latest ones belong to
	apart   bool          // what is sent next does not belong to what was sent before
}

type pendingMark struct {
	id   uint32
	upTo int // bytes heard when it comes back
}

// playing estimates how many bytes have been played by now.
func (p *playout) playing(now time.Duration) int {
	return max(p.heard, min(p.sent, int((now-p.start)/time.Millisecond)*bytesPerMillisecond))
}

// end estimates when all that was sent has been played; 0 if nothing was sent.
func (p *playout) end() time.Duration {
	if p.sent == 0 {
		return 0
	}
	return p.start + duration(p.sent)
}

// next returns how many more bytes should be sent now, 0 for none. available
// counts the bytes that exist beyond those sent; ended says that no more come.
// The caller sends them, then a mark, and calls wentOut.
func (p *playout) next(now time.Duration, available int, ended bool) int {
	ahead := duration(p.sent - p.playing(now))
	switch {
	case available == 0 || ahead >= lowWater || p.sent-p.heard >= maxUnheard:
		return 0
	case available >= chunkBytes:
		return chunkBytes
	case ended || ahead < lowWater/4:
		return available // the end, or better a short piece than a gap
	}
	return 0
}

// wentOut records that n bytes were sent with mark id behind them.
func (p *playout) wentOut(now time.Duration, n int, id uint32) {
	if p.sent == p.playing(now) {
		if p.sent > 0 && !p.apart {
			p.gaps++
		}
		p.start = now - duration(p.sent)
	}
	if p.apart {
		p.first, p.apart = p.sent, false
	}
	p.sent += n
	p.pending = append(p.pending, pendingMark{id, p.sent})
}

// returned takes a mark that came back. It reports whether the mark was one of
// this answer's, and how long after the sound before it must have been played, had
// that begun when it was sent: the way there and back, and what waits at the
// carrier. Marks may be missing, then a later one counts for them too.
func (p *playout) returned(now time.Duration, id uint32) (late time.Duration, ours bool) {
	for i, m := range p.pending {
		if m.id == id {
			p.heard = m.upTo
			p.pending = append(p.pending[:0], p.pending[i+1:]...)
			return max(0, now-p.start-duration(m.upTo)), true
		}
	}
	return 0, false
}

// over reports whether everything sent was heard, or must have been long ago.
func (p *playout) over(now time.Duration) (over, late bool) {
	if len(p.pending) == 0 {
		return true, false
	}
	late = now >= p.start+duration(p.sent)+markCap
	return late, late
}
