package region

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// world runs callers and probes against regions with faults, and one judge that
// is told of all of it. Its callers do as the planner of a turn does: they go
// where the judge says, elsewhere at once after an error, and elsewhere as well
// when the answer is late.
type world struct {
	judge *Judge
	// ask says what an attempt or a probe meets that is sent to a region at a time.
	ask   func(region string, at time.Duration, kind query) answer
	every time.Duration // between two turns; 0: nobody calls

	now     time.Duration
	queue   schedule
	order   int
	rng     *rand.Rand
	turns   uint64
	lost    int // turns that got no answer
	actions []stamped
}

// query is what is sent to a region.
type query int

const (
	turn query = iota
	cheap
	deep
)

// answer is what comes of it; gone is a black hole.
type answer struct {
	class Class
	took  time.Duration
	gone  bool
}

// stamped is an action and when it was.
type stamped struct {
	at time.Duration
	Action
}

type due struct {
	at    time.Duration
	order int
	do    func()
}

type schedule []due

func (s schedule) Len() int { return len(s) }
func (s schedule) Less(i, k int) bool {
	return s[i].at < s[k].at || s[i].at == s[k].at && s[i].order < s[k].order
}
func (s schedule) Swap(i, k int) { s[i], s[k] = s[k], s[i] }
func (s *schedule) Push(x any)   { *s = append(*s, x.(due)) }
func (s *schedule) Pop() any {
	last := (*s)[len(*s)-1]
	*s = (*s)[:len(*s)-1]
	return last
}

// newWorld makes one with a judge of these settings, and turns so often.
func newWorld(s Settings, every time.Duration, ask func(string, time.Duration, query) answer) *world {
	w := &world{judge: NewJudge(s), ask: ask, every: every, rng: rand.New(rand.NewPCG(s.Seed, 7))}
	if every > 0 {
		w.at(every, w.call)
	}
	return w
}

// at has something done at a time.
func (w *world) at(at time.Duration, do func()) {
	w.order++
	heap.Push(&w.queue, due{at: at, order: w.order, do: do})
}

// run goes on until a time.
func (w *world) run(until time.Duration) {
	for {
		next := w.judge.Next()
		if len(w.queue) > 0 && w.queue[0].at <= next {
			next = w.queue[0].at
		}
		if next > until {
			return
		}
		w.now = next
		if len(w.queue) > 0 && w.queue[0].at == next {
			heap.Pop(&w.queue).(due).do()
			continue
		}
		w.tell(Event{Kind: Tick})
	}
}

// tell steps the judge and does what it wants.
func (w *world) tell(e Event) {
	for _, a := range w.judge.Step(w.now, e) {
		if a.Kind != Probe {
			w.actions = append(w.actions, stamped{at: w.now, Action: a})
			continue
		}
		w.actions = append(w.actions, stamped{at: w.now, Action: a})
		kind := cheap
		if a.Deep {
			kind = deep
		}
		got := w.ask(a.Region, w.now, kind)
		if got.gone || got.took > time.Second {
			got = answer{class: Soft, took: time.Second}
		}
		began := w.now
		w.at(w.now+got.took, func() {
			w.tell(Event{Kind: Probed, Region: a.Region, Class: got.class, Deep: a.Deep, Began: began, Took: got.took})
		})
	}
}

// call has one caller speak.
func (w *world) call() {
	w.turns++
	w.at(w.now+w.every/2+time.Duration(w.rng.Int64N(int64(w.every))), w.call)
	n := w.turns
	w.attempt(n, w.pick(fmt.Sprint("call ", n%50), ""), 1)
}

// pick chooses where a turn goes: not where it just failed, and not to a suspect
// if it can be helped.
func (w *world) pick(call, not string) string {
	home := w.judge.Place(w.now, call)
	view := w.judge.View(w.now)
	if view.Pinned != "" {
		return view.Pinned
	}
	best, cost := home, 99
	for i, c := range view.Regions {
		price := i
		switch {
		case c.Name == home:
			price = -1
		case c.Ejected:
			continue
		}
		if c.Name == not {
			price += 50
		}
		if c.State == Suspect {
			price += 20
		}
		if price < cost {
			best, cost = c.Name, price
		}
	}
	return best
}

// attempt sends a turn to a region; it is the so manieth attempt.
func (w *world) attempt(n uint64, region string, number int) {
	began, got := w.now, w.ask(region, w.now, turn)
	const hedge, limit = 900 * time.Millisecond, 3 * time.Second
	if got.gone {
		got = answer{class: Soft, took: limit}
	}
	end := func(region string, began time.Duration, got answer) {
		w.tell(Event{Kind: Outcome, Region: region, Class: got.class, Began: began, Took: got.took, Turn: n})
		if got.class == None {
			return
		}
		if number == 4 {
			w.lost++
			return
		}
		w.at(w.now+50*time.Millisecond, func() { w.attempt(n, w.pick("", region), number+1) })
	}
	if got.took <= hedge {
		w.at(w.now+got.took, func() { end(region, began, got) })
		return
	}
	w.at(w.now+hedge, func() {
		second := w.pick("", region)
		began2, got2 := w.now, w.ask(second, w.now, turn)
		if got2.gone {
			got2 = answer{class: Soft, took: limit}
		}
		if second == region || got2.class != None || got2.took+hedge > got.took {
			w.at(began+got.took, func() { end(region, began, got) })
			return
		}
		w.at(w.now+got2.took, func() {
			w.tell(Event{Kind: LostRace, Region: region, Began: began, Turn: n})
			end(second, began2, got2)
		})
	})
}

// good is how a region answers that is well: in 0.45 s, more or less, and in
// 1.3 s one time of a hundred.
func (w *world) good() answer {
	took := 450 * time.Millisecond
	took = time.Duration(float64(took) * (0.7 + 0.6*w.rng.Float64()))
	if w.rng.IntN(100) == 0 {
		took *= 3
	}
	return answer{took: took}
}

// moves returns the moves of the active region, as "60.4 us-east-1 > us-west-2".
func (w *world) moves() []string {
	var moves []string
	for _, a := range w.actions {
		if a.Kind == Moved {
			moves = append(moves, fmt.Sprintf("%.1f %s > %s", a.at.Seconds(), a.From, a.To))
		}
	}
	return moves
}

// trace returns what the judge did, but for probes.
func (w *world) trace() string {
	var text strings.Builder
	for _, a := range w.actions {
		if a.Kind != Probe {
			fmt.Fprintf(&text, "%.3f %s %s: %s > %s: %s\n", a.at.Seconds(), a.Kind, a.Region, a.From, a.To, a.Why)
		}
	}
	return text.String()
}

// probesOf counts the probes of a region in a span of time.
func (w *world) probesOf(region string, deep bool, from, to time.Duration) (n int) {
	for _, a := range w.actions {
		if a.Kind == Probe && a.Region == region && a.Deep == deep && a.at >= from && a.at < to {
			n++
		}
	}
	return n
}
