package call

import "time"

const (
	// A filler up to this long may be the first of a wait; longer ones are for
	// callers who have been told to wait already.
	shortFiller = 1200 * bytesPerMillisecond
	// When the answer is there, so much of a filler is let out before it. More is
	// cut off: nobody waits for words about waiting.
	fillerRest = time.Second
)

// filler follows the words that are said while the bot owes an answer.
type filler struct {
	playing int           // being sent, counted from 1; 0 for none
	sent    int           // bytes of it
	latest  int           // the last one that began, in this turn or before
	kinds   [2]int        // the last one of each kind, short or long
	begun   time.Duration // when the latest began
	count   int           // in this turn
}

// fill plays words of waiting while the caller hears nothing that the bot owes
// them, and reports whether the answer may be played: it never talks into a filler.
func (c *conversation) fill(in input) bool {
	if c.filler.playing == 0 && c.waits(in) && c.fillerDue() {
		c.beginFiller()
	}
	if c.filler.playing == 0 {
		return true
	}
	length := c.rules.fillers[c.filler.playing-1]
	if left := duration(length-c.filler.sent) + c.out.end() - c.now; in.available > 0 && left > fillerRest {
		c.hush()
		return true
	}
	for c.filler.sent < length {
		n := length
		if !c.rules.words {
			n = c.out.next(c.now, length-c.filler.sent, true)
		}
		if n == 0 {
			return false
		}
		c.send(action{filler: c.filler.playing, from: c.filler.sent, bytes: n})
		c.filler.sent += n
	}
	c.filler.playing, c.out.apart = 0, true
	return true
}

// waits reports whether the caller hears nothing because of the bot: they are done
// and it has not answered, or its voice has stopped in an answer.
func (c *conversation) waits(in input) bool {
	if c.phase == owed {
		return !c.engaged
	}
	return c.playing() && in.available == 0 && !in.ended
}

// fillerDue reports whether it has been quiet for long enough.
func (c *conversation) fillerDue() bool {
	due := max(c.quiet, c.out.end()) + c.rules.fillerAfter
	if c.filler.count > 0 {
		due = max(due, c.filler.begun+c.rules.fillerEvery)
	}
	return len(c.rules.fillers) > 0 && c.now >= due
}

func (c *conversation) beginFiller() {
	if c.said > 0 {
		c.counts.gaps++ // a hole in the middle of an answer
	}
	c.forget()
	c.filler.choose(c.rules.fillers)
	c.filler.sent, c.filler.begun = 0, c.now
	c.filler.count++
	c.counts.fillers++
	c.report.Fillers++
}

// choose begins the next filler of these lengths, never the same twice in a row:
// the first of a turn is a short one, the others are longer, as far as there are
// such, and each kind takes turns.
func (f *filler) choose(lengths []int) {
	kind := min(f.count, 1)
	next, fits := 1, false
	for i := range lengths {
		n := (f.kinds[kind]+i)%len(lengths) + 1
		fitsToo := (lengths[n-1] > shortFiller) == (kind == 1)
		if n != f.latest && (next == f.latest || fitsToo && !fits) {
			next, fits = n, fitsToo
		}
	}
	f.playing, f.latest, f.kinds[kind] = next, next, next
}

// hush stops the filler that is being heard, if one is.
func (c *conversation) hush() {
	if c.filler.playing != 0 || len(c.out.pending) > 0 {
		c.do(action{kind: doClear})
	}
	c.forget()
}
