package simulate

import (
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"lexline/internal/region"
)

// Options say how to play a schedule.
type Options struct {
	Trace io.Writer // is told the whole story; nil: no trace

	shape  *Rule // the schedule is to be one in which this rule matters
	broken region.Broken
	newKey bool
}

// Stats count what happened in a run.
type Stats struct {
	Calls, Turns, Answered, Lost  int
	Transferred                   int // calls that were passed on to a person
	Attempts, Hedges, Inquiries   int
	Probes, Moves, Writes, Events int
	Simulated                     time.Duration
	Longest                       time.Duration // from the end of an utterance to its answer
	Placed                        time.Duration // from the death of a region to the last new call placed there
	Unlucky                       int           // turns lost while the only region that was well was in its hold
}

// Add adds another run's counts.
func (s *Stats) Add(other Stats) {
	s.Calls += other.Calls
	s.Transferred += other.Transferred
	s.Turns += other.Turns
	s.Answered += other.Answered
	s.Lost += other.Lost
	s.Attempts += other.Attempts
	s.Hedges += other.Hedges
	s.Inquiries += other.Inquiries
	s.Probes += other.Probes
	s.Moves += other.Moves
	s.Writes += other.Writes
	s.Events += other.Events
	s.Simulated += other.Simulated
	s.Longest = max(s.Longest, other.Longest)
	s.Placed = max(s.Placed, other.Placed)
	s.Unlucky += other.Unlucky
}

func (s *Stats) answered(t *turn, now time.Duration) {
	s.Answered++
	s.Longest = max(s.Longest, now-t.end)
}

// Result is what came of a run.
type Result struct {
	Seed       uint64
	Shape      string // what the schedule was drawn as
	Violations []Violation
	Stats      Stats
	Hash       uint64 // of the times of everything that happened
}

// run is one schedule being played.
type run struct {
	w        *world
	s        Schedule
	broken   region.Broken
	newKey   bool
	names    []string
	bots     []*bot
	ledger   *ledger
	table    *table
	oracle   *oracle
	gateways []*gateway
	callers  []*caller
	calls    int // not ended
	moves    int // within the schedule's length
	deep     int // probes that asked the bot
	stats    Stats
}

// The names of the regions, home first.
var regionNames = []string{"us-east-1", "us-west-2", "eu-west-1"}

// Run draws the schedule of a seed and plays it.
func Run(seed uint64, o Options) Result {
	random := rand.New(rand.NewPCG(seed, 0x6c65786c696e65))
	r := prepare(draw(seed, random, o.shape), random, o)
	r.finish()
	return r.result()
}

// prepare makes everything that a schedule needs, to be played with what is left
// of its seed's random numbers.
func prepare(s Schedule, random *rand.Rand, o Options) *run {
	r := &run{w: &world{random: random, trace: o.Trace, hash: s.Seed}, s: s, broken: o.broken, newKey: o.newKey, names: regionNames[:s.Regions]}
	r.ledger = &ledger{hook: s.Hook, done: map[turnKey]dialog{}, placed: map[turnKey]int{}}
	for i, name := range r.names {
		b := &bot{w: r.w, r: r, index: i, name: name, s: &r.s, sessions: map[int]*session{}, ledger: r.ledger}
		for _, f := range s.Faults {
			if f.Region == i {
				b.faults = append(b.faults, f)
			}
		}
		r.bots = append(r.bots, b)
	}
	r.oracle = newOracle(r)
	r.table = newTable(r)
	if r.w.tracing() {
		r.describe()
	}
	for i := range s.Gateways {
		r.gateways = append(r.gateways, newGateway(r, i))
	}
	for i := range s.Calls {
		r.callers = append(r.callers, newCaller(r, i))
	}
	r.calls = len(r.callers)
	for _, p := range s.Pins {
		r.pin(p)
	}
	for _, restart := range s.Restarts {
		g := r.gateways[restart.Gateway]
		r.w.at(restart.At, func() {
			if r.w.tracing() {
				r.w.say("%s starts anew", g.id)
			}
			g.start()
			r.oracle.restarted(g)
		})
	}
	r.oracle.watchTable()
	return r
}

func (r *run) result() Result {
	return Result{Seed: r.s.Seed, Shape: r.s.Shape, Violations: r.oracle.violations, Stats: r.stats, Hash: r.w.hash}
}

// finish plays until the schedule's length is over, all calls have ended, and
// what they left under way in the regions is done.
func (r *run) finish() {
	const patience = 20 * time.Minute // for the calls under way at the end
	for r.w.next(r.s.Length) {
		r.stats.Events++
	}
	r.moves = r.stats.Moves
	r.oracle.stuck()
	for r.calls > 0 && r.w.next(r.s.Length+patience) {
		r.stats.Events++
	}
	for end := r.w.now + 25*time.Second; r.w.next(end); {
		r.stats.Events++
	}
	r.stats.Calls, r.stats.Simulated = len(r.callers), r.w.now
	r.oracle.finish()
}

// pin lets an operator pin a region at the first gateway.
func (r *run) pin(p PinFor) {
	g, name := r.gateways[0], r.names[p.Region]
	r.w.at(p.At, func() {
		until := g.wall().Add(p.For).Truncate(time.Second) // as orders of operators have it
		r.oracle.pin.gateway, r.oracle.pin.region, r.oracle.pin.until = 0, name, r.w.now+until.Sub(g.wall())
		if r.w.tracing() {
			r.w.say("an operator pins %s for %v", name, p.For)
		}
		g.report(region.ObserverEvent{Kind: region.PinAsked, Pin: region.Pin{Region: name, Until: until, By: "operator", Why: "drill"}})
	})
	if p.Ended > p.At {
		r.w.at(p.Ended, func() {
			r.oracle.pin.region = ""
			g.report(region.ObserverEvent{Kind: region.UnpinAsked, Pin: region.Pin{By: "operator", Why: "drill is over"}})
		})
	}
}

// index returns the place of a region that there is.
func (r *run) index(name string) int {
	i := r.indexOf(name)
	if i < 0 {
		panic("simulate: there is no region " + name)
	}
	return i
}

func (r *run) indexOf(name string) int {
	for i := range r.names {
		if r.names[i] == name {
			return i
		}
	}
	return -1
}

// describe begins a trace.
func (r *run) describe() {
	s, out := r.s, r.w.trace
	fmt.Fprintf(out, "seed %d, shape %s: %v, %d gateways, %d regions, %d calls, hook %v, quota %d, picky %d\n",
		s.Seed, s.Shape, s.Length.Round(time.Millisecond), s.Gateways, s.Regions, len(s.Calls), s.Hook, s.Quota, s.Picky)
	for _, f := range s.Faults {
		fmt.Fprintf(out, "  fault: %s %s from %.3f to %.3f s, share %.2f, quota %d, only gateway %d\n",
			r.names[f.Region], f.Kind, f.From.Seconds(), f.To.Seconds(), f.Share, f.Quota, f.Only)
	}
	for _, o := range s.Outages {
		fmt.Fprintf(out, "  table %s from %.3f to %.3f s\n", outageNames[o.Kind], o.From.Seconds(), o.To.Seconds())
	}
	for i, c := range s.Calls {
		fmt.Fprintf(out, "  call %d at %.3f s to gateway %d: %d orders of %d slots, confirm %v, poison %d, leaves %v\n",
			i, c.At.Seconds(), c.Gateway, c.Orders, c.Slots, c.Confirm, c.Poison, c.Leaves)
	}
}
