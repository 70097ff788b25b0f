package score

// Times of the judgement, in frames of 20 ms.
const (
	preRoll      = 15  // 300 ms kept from before a turn opened: what it holds is not lost
	clipGrace    = 2   // 40 ms that may be missing at the start before it counts as clipped
	cutGrace     = 3   // 60 ms that may be missing at the end before it counts as cut
	endpointTime = 100 // 2 s after which nobody waits for an end any more
)

// turn is what became of one utterance. Delays are in frames.
type turn struct {
	missed  bool // no open turn overlaps it
	bargeIn bool // the bot was audible when it began
	clipped bool // the turn opened so late that even the pre-roll lacks more than 40 ms of the start
	cut     bool // a turn closed more than 60 ms before the last active frame

	// onset runs from the first active frame to the first open one of the turn
	// that covers it. A turn that was open for longer than the pre-roll before
	// (for noise, say) was not opened by this utterance and has none.
	onset    int
	hasOnset bool

	// end runs from the last active frame to the first closed one. A turn that was
	// cut has none, nor one that never ended or that the file ends in.
	end        int
	hasEnd     bool
	noEndpoint bool // still open 2 s after the last active frame, or when the next utterance begins
}

// judgeTurns finds what became of each utterance, and turns without one.
func (r *Result) judgeTurns(open []Span) {
	r.starts = len(open)
	for _, span := range open {
		r.openFrames += span.End - span.First
		if !r.explained(span) {
			r.falseStarts++
		}
	}
	r.gapFrames = r.frames
	for i, utterance := range r.Turns {
		r.gapFrames -= utterance.End - utterance.First
		next := r.frames
		if i+1 < len(r.Turns) {
			next = r.Turns[i+1].First
		}
		t := judgeTurn(utterance, open, next, r.frames)
		t.bargeIn = utterance.First < len(r.Audible) && r.Audible[utterance.First]
		r.turns = append(r.turns, t)
	}
}

// explained reports whether an utterance is the reason of an open turn: it opened
// during the utterance, in the pre-roll before one that it covers, or so soon
// after one that the utterance is still what it heard.
func (r *Result) explained(open Span) bool {
	for _, utterance := range r.Turns {
		before := utterance.First-preRoll <= open.First && open.First < utterance.First
		if before && overlap(open, utterance) || utterance.First <= open.First && open.First < utterance.End+preRoll {
			return true
		}
	}
	return false
}

// judgeTurn judges one utterance by all open turns; next is the first frame of
// the utterance after it, or the length of the file.
func judgeTurn(utterance Span, open []Span, next, frames int) (t turn) {
	var covering []Span
	last := utterance.End - 1
	for _, span := range open {
		if !overlap(span, utterance) {
			continue
		}
		covering = append(covering, span)
		t.cut = t.cut || last-span.End > cutGrace
	}
	if len(covering) == 0 {
		return turn{missed: true}
	}
	opened := covering[0].First
	t.onset, t.hasOnset = opened-utterance.First, opened >= utterance.First-preRoll
	t.clipped = opened-preRoll > utterance.First+clipGrace

	closed := covering[len(covering)-1].End
	t.noEndpoint = closed > last+endpointTime || closed > next
	t.end, t.hasEnd = closed-last, !t.cut && !t.noEndpoint && closed < frames
	return t
}
