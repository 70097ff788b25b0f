package twilio

import "lexline/internal/audio"

const (
	// reorderWindow is how many messages of 20 ms may overtake a missing one
	// before it is given up.
	reorderWindow = 3
	// maxGap is how many missing messages in a row are replaced by silence. After
	// a longer gap the audio goes on without it.
	maxGap = 50
	// maxLate is after how many late messages in a row the numbering is believed
	// to have started again.
	maxLate = 50
	// keepHeld is the size from which on the memory of a held message is freed.
	keepHeld = 1024
)

// reorder brings a track's media messages into the order of their chunk numbers.
// Time is never shifted: a message that is missing becomes as much silence. It is
// pure; the zero value is ready for use.
type reorder struct {
	next uint64 // the chunk that is due; 0 before the first
	late int    // messages in a row that came too late
	held [reorderWindow]heldChunk
	n    int // of held in use
}

// heldChunk is a message that came before its turn.
type heldChunk struct {
	chunk uint64
	audio []byte
}

// push takes one message's audio and passes on to q what has its turn. A chunk
// number of 0 means that the carrier does not number: then nothing is reordered.
func (r *reorder) push(q *frameQueue, chunk uint64, audio []byte, n *Counters) {
	if chunk == r.next && chunk != 0 && r.n == 0 {
		r.next, r.late = chunk+1, 0
		q.push(audio)
		return
	}
	r.pushUneven(q, chunk, audio, n)
}

func (r *reorder) pushUneven(q *frameQueue, chunk uint64, audio []byte, n *Counters) {
	switch {
	case chunk == 0:
		q.push(audio)
		return
	case r.next == 0 && chunk <= reorderWindow+1:
		r.next = 1
	case r.next == 0:
		r.next = chunk
	case chunk < r.next || r.isHeld(chunk):
		n.Duplicates++
		if r.late++; r.late <= maxLate {
			return
		}
		r.flush(q, n)
		r.next = chunk
	}
	r.late = 0
	for chunk > r.next && (r.n == reorderWindow || chunk-r.next > maxGap) {
		r.giveUp(q, chunk, n)
	}
	if chunk > r.next {
		slot := &r.held[r.n]
		slot.chunk, slot.audio = chunk, append(slot.audio[:0], audio...)
		r.n++
		n.Reordered++
		return
	}
	q.push(audio)
	r.next = chunk + 1
	r.release(q)
}

func (r *reorder) isHeld(chunk uint64) bool {
	for i := range r.n {
		if r.held[i].chunk == chunk {
			return true
		}
	}
	return false
}

// release passes on the held messages whose turn has come.
func (r *reorder) release(q *frameQueue) {
	for i := 0; i < r.n; {
		if r.held[i].chunk != r.next {
			i++
			continue
		}
		q.push(r.held[i].audio)
		r.next++
		r.n--
		r.held[i], r.held[r.n] = r.held[r.n], r.held[i]
		if cap(r.held[r.n].audio) > keepHeld {
			r.held[r.n].audio = nil
		}
		i = 0
	}
}

// giveUp replaces what is missing before the first held message, or before chunk
// if that comes first, by silence.
func (r *reorder) giveUp(q *frameQueue, chunk uint64, n *Counters) {
	for i := range r.n {
		chunk = min(chunk, r.held[i].chunk)
	}
	missing := chunk - r.next
	n.Gaps += int64(min(missing, maxGap))
	q.silence(int(min(missing, maxGap)) * audio.FrameSamples)
	r.next = chunk
	r.release(q)
}

// flush passes on everything that is held, with silence for what is missing.
func (r *reorder) flush(q *frameQueue, n *Counters) {
	for r.n > 0 {
		r.giveUp(q, r.held[0].chunk, n)
	}
}
