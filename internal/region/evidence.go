package region

import (
	"fmt"
	"time"
)

// weight says how much one outcome speaks against its region, in half failures.
type weight uint8

// What outcomes weigh.
const (
	weighsNothing weight = 0 // a good answer in good time
	weighsHalf    weight = 1 // a good answer much slower than usual, or an attempt that its hedge overtook
	weighsFull    weight = 2 // a failure that blames the region
)

// finding is what one attempt of a caller's turn told about its region.
type finding struct {
	at     time.Duration
	took   time.Duration // how long it had been under way
	turn   uint64
	class  Class // of a failure; None for a good answer or a lost race
	weight weight
	lost   bool // a lost race, so no answer at all
}

// good says whether an answer came, be it a slow one.
func (f finding) good() bool { return !f.lost && f.class == None }

// findingsKept is how many outcomes of a region are looked back on.
const findingsKept = 10

// findings are the latest outcomes of a region, oldest first.
type findings struct {
	list [findingsKept]finding
	n    int
	bad  int // how many of them weigh anything
}

// add takes in one more, and forgets the oldest beyond findingsKept.
func (f *findings) add(x finding) {
	if f.n == findingsKept {
		f.remove(0)
	}
	f.list[f.n] = x
	f.n++
	if x.weight > 0 {
		f.bad++
	}
}

// remove takes out the finding at place i.
func (f *findings) remove(i int) {
	if f.list[i].weight > 0 {
		f.bad--
	}
	copy(f.list[i:], f.list[i+1:f.n])
	f.n--
}

// void takes out the failures of one turn.
func (f *findings) void(turn uint64) {
	for i := f.n - 1; i >= 0; i-- {
		if f.list[i].turn == turn && f.list[i].class != None {
			f.remove(i)
		}
	}
}

// retract takes out the good finding of one turn: its answer broke off after all.
func (f *findings) retract(turn uint64) {
	for i := f.n - 1; i >= 0; i-- {
		if f.list[i].turn == turn && f.list[i].good() {
			f.remove(i)
		}
	}
}

// slow returns how many of the outcomes not older than oldest were good, and much
// slower than usual.
func (f *findings) slow(oldest time.Duration) (n int) {
	for i := f.n - 1; i >= 0 && f.list[i].at >= oldest; i-- {
		if f.list[i].good() && f.list[i].weight > 0 {
			n++
		}
	}
	return n
}

// clear forgets everything.
func (f *findings) clear() { f.n, f.bad = 0, 0 }

// streak is what went wrong without a good answer in good time since.
type streak struct {
	weight   weight
	failures int
	lost     int
	hard     int
	last     finding // the newest of them
}

// run returns the streak that the newest outcomes make, as far as they are not
// older than oldest. Slow answers neither lengthen nor end it.
func (f *findings) run(oldest time.Duration) streak {
	var s streak
	for i := f.n - 1; i >= 0; i-- {
		x := f.list[i]
		if x.at < oldest || x.good() && x.weight == weighsNothing {
			break
		}
		if x.good() {
			continue
		}
		if s.failures+s.lost == 0 {
			s.last = x
		}
		s.weight += x.weight
		switch {
		case x.lost:
			s.lost++
		default:
			s.failures++
		}
		if x.class == Hard {
			s.hard++
		}
	}
	return s
}

// enough says whether the streak and so many failed probes make so many failures.
func (s streak) enough(probes, limit int) bool {
	return int(s.weight)+int(weighsFull)*probes >= int(weighsFull)*limit
}

// String says it in plain words.
func (s streak) String() string {
	what := fmt.Sprintf("%d turns in a row failed", s.failures)
	switch {
	case s.failures == 1 && s.lost == 0:
		what = "a turn failed"
	case s.failures == 0:
		what = fmt.Sprintf("%d turns in a row were overtaken by their second attempt", s.lost)
	case s.lost > 0:
		what = fmt.Sprintf("%d turns in a row failed and %d were overtaken by their second attempt", s.failures, s.lost)
	}
	if s.last.class != None {
		what += fmt.Sprintf(" (%s)", s.last.class)
	}
	return fmt.Sprintf("%s, the last after %s", what, tenths(s.last.took))
}

// rate returns the weight of the outcomes not older than oldest, and their number.
func (f *findings) rate(oldest time.Duration) (sum weight, n int) {
	for i := f.n - 1; i >= 0 && f.list[i].at >= oldest; i-- {
		sum += f.list[i].weight
		n++
	}
	return sum, n
}

// tenths writes a time as people say it.
func tenths(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

// failedTurnsKept bounds the memory for failed turns: more than fail within
// poisonWithin when one region is in trouble.
const failedTurnsKept = 128

// failedTurns remembers which turns failed lately and where: a failure that
// follows an utterance from region to region speaks against the utterance.
type failedTurns struct {
	list [failedTurnsKept]failedTurn
	next int
}

type failedTurn struct {
	turn   uint64
	region int
	class  Class
	at     time.Duration
}

// add remembers one, in place of the oldest.
func (f *failedTurns) add(x failedTurn) {
	f.list[f.next] = x
	f.next = (f.next + 1) % failedTurnsKept
}

// where says whether the turn failed in this region, and in another, in the same
// way, not before oldest.
func (f *failedTurns) where(turn uint64, region int, class Class, oldest time.Duration) (here, elsewhere bool) {
	for _, x := range f.list {
		if x.turn == turn && x.class == class && x.at >= oldest {
			here = here || x.region == region
			elsewhere = elsewhere || x.region != region
		}
	}
	return here, elsewhere
}
