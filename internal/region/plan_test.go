package region

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// bothWell is two regions of which nothing is known but good.
func bothWell() View {
	return View{Regions: []Condition{{Name: east, State: Healthy}, {Name: west, State: Healthy}}}
}

// with returns a view in which one region's condition is changed.
func with(v View, name string, change func(*Condition)) View {
	v.Regions = slices.Clone(v.Regions)
	for i := range v.Regions {
		if v.Regions[i].Name == name {
			change(&v.Regions[i])
		}
	}
	return v
}

func ejected(c *Condition)   { c.State, c.Ejected = Down, true }
func suspected(c *Condition) { c.State = Suspect }
func throttled(c *Condition) { c.Throttled = true }
func full(c *Condition)      { c.Full = true }

func pinnedTo(v View, name string) View {
	v.Pinned = name
	return v
}

// words writes orders as the tests below name them.
func words(orders []Order) string {
	var all []string
	for _, o := range orders {
		switch o.Kind {
		case Send:
			word := fmt.Sprintf("send %d %s", o.Attempt, o.Region)
			if o.Hedge {
				word += " hedge"
			}
			if o.Retreat > 0 {
				word += fmt.Sprintf(" retreat %d", o.Retreat)
			}
			all = append(all, word)
		case Drop:
			word := fmt.Sprintf("drop %d", o.Attempt)
			if o.Class != None {
				word += " " + string(o.Class)
			}
			if o.Raced {
				word += " raced"
			}
			all = append(all, word)
		case Inquire:
			all = append(all, fmt.Sprintf("inquire %d %s", o.Attempt, o.Region))
		case GiveUp:
			all = append(all, "give up "+string(o.Class))
		}
	}
	return strings.Join(all, ", ")
}

// told is one step of a plan: what it is told and when, in seconds, and what it
// wants done. A zero see means that all is well.
type told struct {
	at     float64
	report Report
	see    View
	want   string
}

func failed(attempt int, class Class) Report {
	return Report{Kind: Failed, Attempt: attempt, Class: class}
}

func unsent(attempt int, class Class) Report {
	return Report{Kind: Failed, Attempt: attempt, Class: class, Unsent: true}
}

func TestTurn(t *testing.T) {
	var (
		begins      = Report{Kind: Passed}
		passes      = Report{Kind: Passed}
		ends        = Report{Kind: Ended}
		eastOut     = with(bothWell(), east, ejected)
		westOut     = with(bothWell(), west, ejected)
		eastSuspect = with(bothWell(), east, suspected)
		bothFull    = with(with(bothWell(), east, full), west, full)
		slowEast    = func(p95 float64) View {
			return with(bothWell(), east, func(c *Condition) { c.Slow = seconds(p95) })
		}
	)
	tests := []struct {
		name  string
		facts Facts
		steps []told
		over  bool
	}{
		{"the call's own region answers", Facts{Region: west}, []told{
			{0, begins, View{}, "send 0 us-west-2"},
			{2, ends, View{}, ""},
			{2.5, Report{Kind: Answered}, View{}, ""},
		}, true},
		{"a suspect region is left for a healthy one", Facts{Region: east}, []told{
			{0, begins, eastSuspect, "send 0 us-west-2"},
		}, false},
		{"an error at once is followed by the other region at once", Facts{Region: east}, []told{
			{0, begins, View{}, "send 0 us-east-1"},
			{0.04, failed(0, Soft), View{}, "send 1 us-west-2"},
		}, false},
		{"a region is asked again after longer and longer pauses", Facts{Region: east}, []told{
			{0, begins, westOut, "send 0 us-east-1"},
			{0.1, ends, westOut, ""},
			{1, failed(0, Soft), westOut, ""},
			{1.04, passes, westOut, ""},
			{1.05, passes, westOut, "send 1 us-east-1"},
			{2, failed(1, Soft), westOut, ""},
			{2.49, passes, westOut, ""},
			{2.5, passes, westOut, "send 2 us-east-1"},
			{3, failed(2, Soft), westOut, ""},
			{4.49, passes, westOut, ""},
			{4.5, passes, westOut, "send 3 us-east-1"},
			{4.6, failed(3, Soft), westOut, "give up soft"},
		}, true},
		{"the last attempt waits until the caller has finished", Facts{Region: east}, []told{
			{0, begins, View{}, "send 0 us-east-1"},
			{0.1, failed(0, Soft), View{}, "send 1 us-west-2"},
			{0.2, failed(1, Soft), View{}, ""},
			{0.6, passes, View{}, "send 2 us-east-1"},
			{0.7, failed(2, Soft), View{}, ""},
			{9, passes, View{}, ""},
			{10, ends, View{}, "send 3 us-west-2"},
		}, false},
		{"a region that keeps silent is hedged 0.9 s after the end", Facts{Region: east}, []told{
			{0, begins, View{}, "send 0 us-east-1"},
			{4, passes, View{}, ""},
			{5, ends, View{}, ""},
			{5.89, passes, View{}, ""},
			{5.9, passes, View{}, "send 1 us-west-2 hedge"},
			{6.3, Report{Kind: Answered, Attempt: 1}, View{}, "drop 0 raced"},
		}, true},
		{"the first may still win", Facts{Region: east}, []told{
			{0, begins, View{}, "send 0 us-east-1"},
			{1, ends, View{}, ""},
			{1.9, passes, View{}, "send 1 us-west-2 hedge"},
			{2, Report{Kind: Answered, Attempt: 0}, View{}, "drop 1"},
		}, true},
		{"the hedge goes by the region's own times, not before 0.5 s", Facts{Region: east}, []told{
			{0, begins, slowEast(0.2), "send 0 us-east-1"},
			{1, ends, slowEast(0.2), ""},
			{1.49, passes, slowEast(0.2), ""},
			{1.5, passes, slowEast(0.2), "send 1 us-west-2 hedge"},
		}, false},
		{"and not after 1.2 s", Facts{Region: east}, []told{
			{0, begins, slowEast(3), "send 0 us-east-1"},
			{1, ends, slowEast(3), ""},
			{2.19, passes, slowEast(3), ""},
			{2.2, passes, slowEast(3), "send 1 us-west-2 hedge"},
		}, false},
		{"nothing is hedged while a region throttles", Facts{Region: east}, []told{
			{0, begins, View{}, "send 0 us-east-1"},
			{1, ends, View{}, ""},
			{3, passes, with(bothWell(), west, throttled), ""},
		}, false},
		{"an attempt ends 3 s after the utterance, the turn after 6 s", Facts{Region: east}, []told{
			{0, begins, westOut, "send 0 us-east-1"},
			{1, ends, westOut, ""},
			{3.99, passes, westOut, ""},
			{4, passes, westOut, "drop 0 soft"},
			{4.05, passes, westOut, "send 1 us-east-1"},
			{6.99, passes, westOut, ""},
			{7, passes, westOut, "drop 1 soft, give up soft"},
		}, true},
		{"an attempt that was sent just before the end says nothing of its region", Facts{Region: east}, []told{
			{0, begins, with(bothWell(), east, full), "send 0 us-west-2"},
			{1, ends, View{}, ""},
			{6.5, failed(0, Soft), View{}, "send 1 us-east-1"},
			{7, passes, View{}, "drop 1, give up soft"},
		}, true},
		{"a region that is taken out meanwhile is not waited for", Facts{Region: east}, []told{
			{0, begins, View{}, "send 0 us-east-1"},
			{0.5, passes, eastOut, "send 1 us-west-2"},
			{0.6, passes, eastOut, ""},
		}, false},
		{"but for a pinned one", Facts{Region: east}, []told{
			{0, begins, pinnedTo(bothWell(), east), "send 0 us-east-1"},
			{0.5, passes, pinnedTo(eastOut, east), ""},
		}, false},
		{"a turn that commits is replayed after 1.5 s if it is done once", Facts{Region: east, Commits: true, Once: true}, []told{
			{0, begins, View{}, "send 0 us-east-1"},
			{1, ends, View{}, ""},
			{2.49, passes, View{}, ""},
			{2.5, passes, View{}, "send 1 us-west-2"},
		}, false},
		{"a turn that may have been executed is inquired about", Facts{Region: east, Commits: true}, []told{
			{0, begins, View{}, "send 0 us-east-1"},
			{1, ends, View{}, ""},
			{3, passes, View{}, ""},
			{3.5, failed(0, Soft), View{}, "inquire 1 us-east-1"},
			{3.6, Report{Kind: Answered, Attempt: 1}, View{}, ""},
		}, true},
		{"once", Facts{Region: east, Commits: true}, []told{
			{0, begins, View{}, "send 0 us-east-1"},
			{1, ends, View{}, ""},
			{4, passes, View{}, "drop 0 soft, inquire 1 us-east-1"},
			{4.1, Report{Kind: Inquired, Attempt: 1}, View{}, "give up soft"},
		}, true},
		{"an inquiry that fails ends the turn", Facts{Region: east, Commits: true}, []told{
			{0, begins, View{}, "send 0 us-east-1"},
			{1, ends, View{}, ""},
			{2, failed(0, Soft), View{}, "inquire 1 us-east-1"},
			{2.1, failed(1, Hard), View{}, "give up hard"},
		}, true},
		{"so does one that is not answered", Facts{Region: east, Commits: true}, []told{
			{0, begins, View{}, "send 0 us-east-1"},
			{1, ends, View{}, ""},
			{2, failed(0, Soft), View{}, "inquire 1 us-east-1"},
			{5, passes, View{}, "drop 1 soft, give up soft"},
		}, true},
		{"a turn that surely was not executed is sent elsewhere", Facts{Region: east, Commits: true}, []told{
			{0, begins, View{}, "send 0 us-east-1"},
			{1, ends, View{}, ""},
			{1.5, unsent(0, Soft), View{}, "send 1 us-west-2"},
		}, false},
		{"throttling moves the turn", Facts{Region: east}, []told{
			{0, begins, View{}, "send 0 us-east-1"},
			{0.02, unsent(0, Load), with(bothWell(), east, throttled), "send 1 us-west-2"},
		}, false},
		{"a region without the alias is asked once", Facts{Region: east}, []told{
			{0, begins, westOut, "send 0 us-east-1"},
			{0.03, failed(0, Hard), westOut, "give up hard"},
		}, true},
		{"a bot that fails in two regions is broken", Facts{Region: east}, []told{
			{0, begins, View{}, "send 0 us-east-1"},
			{0.5, failed(0, Bot), View{}, "send 1 us-west-2"},
			{1, failed(1, Bot), View{}, "give up bot"},
		}, true},
		{"our own fault is no better elsewhere", Facts{Region: east}, []told{
			{0, begins, View{}, "send 0 us-east-1"},
			{0.5, failed(0, Ours), View{}, "give up ours"},
		}, true},
		{"a refused state is carried again with less of it", Facts{Region: east}, []told{
			{0, begins, View{}, "send 0 us-east-1"},
			{1, Report{Kind: Refused, Attempt: 0}, View{}, "send 1 us-east-1 retreat 1"},
			{2, Report{Kind: Refused, Attempt: 1}, View{}, "send 2 us-east-1 retreat 2"},
			{3, Report{Kind: Refused, Attempt: 2}, View{}, "send 3 us-east-1 retreat 3"},
			{4, Report{Kind: Refused, Attempt: 3}, View{}, "give up ours"},
		}, true},
		{"a conflict is tried again after 100 ms, then elsewhere", Facts{Region: east}, []told{
			{0, begins, View{}, "send 0 us-east-1"},
			{1, Report{Kind: Conflict, Attempt: 0}, View{}, ""},
			{1.09, passes, View{}, ""},
			{1.1, passes, View{}, "send 1 us-east-1"},
			{1.2, Report{Kind: Conflict, Attempt: 1}, View{}, ""},
			{1.3, passes, View{}, "send 2 us-west-2"},
		}, false},
		{"a session that is held is waited for where there is no elsewhere", Facts{Region: east}, []told{
			{0, begins, westOut, "send 0 us-east-1"},
			{0.5, Report{Kind: Conflict, Attempt: 0}, westOut, ""},
			{0.6, passes, westOut, "send 1 us-east-1"},
			{0.7, Report{Kind: Conflict, Attempt: 1}, westOut, ""},
			{1.5, passes, westOut, ""},
			{2, ends, westOut, "send 2 us-east-1"},
			{2.1, Report{Kind: Conflict, Attempt: 2}, westOut, ""},
			{2.59, passes, westOut, ""},
			{2.6, passes, westOut, "send 3 us-east-1"},
		}, false},
		{"a turn waits for room", Facts{Region: east}, []told{
			{0, begins, bothFull, ""},
			{1, ends, bothFull, ""},
			{1.5, passes, View{}, "send 0 us-east-1"},
		}, false},
		{"but not for ever", Facts{Region: east}, []told{
			{0, begins, bothFull, ""},
			{1, ends, bothFull, ""},
			{7, passes, bothFull, "give up soft"},
		}, true},
		{"what comes late or twice changes nothing", Facts{Region: east}, []told{
			{0, begins, View{}, "send 0 us-east-1"},
			{0.1, failed(0, Soft), View{}, "send 1 us-west-2"},
			{0.2, Report{Kind: Answered, Attempt: 0}, View{}, ""},
			{0.3, failed(0, Hard), View{}, ""},
			{0.4, Report{Kind: Answered, Attempt: 7}, View{}, ""},
			{0.5, Report{Kind: Conflict, Attempt: -1}, View{}, ""},
			{1, ends, View{}, ""},
			{1.5, ends, View{}, ""},
			{1.89, passes, View{}, ""},
			{1.9, passes, View{}, "send 2 us-east-1 hedge"},
			{2, Report{Kind: Answered, Attempt: 2}, View{}, "drop 1 raced"},
			{2.1, Report{Kind: Answered, Attempt: 1}, View{}, ""},
		}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			turn := NewTurn(0, Limits{}, tt.facts, NewBudget())
			for _, s := range tt.steps {
				see := s.see
				if see.Regions == nil {
					see = bothWell()
				}
				if got := words(turn.Step(seconds(s.at), see, s.report)); got != s.want {
					t.Fatalf("at %.2f s, told %+v: it wants %q; want %q", s.at, s.report, got, s.want)
				}
			}
			if turn.Over() != tt.over {
				t.Errorf("the turn is over: %v; want %v", turn.Over(), tt.over)
			}
		})
	}
}

func TestNoHedgeWithoutBudget(t *testing.T) {
	for name, budget := range map[string]*Budget{"none": nil, "an empty one": {}} {
		turn := NewTurn(0, Limits{}, Facts{Region: east}, budget)
		turn.Step(0, bothWell(), Report{})
		turn.Step(0, bothWell(), Report{Kind: Ended})
		if got := words(turn.Step(seconds(2), bothWell(), Report{})); got != "" {
			t.Errorf("budget %s: it wants %q; want nothing", name, got)
		}
	}
}

// TestTurnDrawn steps plans only when they ask for it or something happens, under
// everything that can happen, and holds them to their bounds.
func TestTurnDrawn(t *testing.T) {
	for seed := range uint64(3000) {
		random := rand.New(rand.NewPCG(seed, 1))
		d := &drawnTurn{random: random, view: bothWell()}
		d.facts = Facts{Region: d.anyRegion(), Commits: random.IntN(3) == 0, Once: random.IntN(2) == 0}
		d.turn = NewTurn(0, Limits{}, d.facts, NewBudget())
		d.play()
		if d.fault != "" {
			t.Fatalf("seed %d, %+v: %s", seed, d.facts, d.fault)
		}
	}
}

// drawnTurn is a plan with a world around it that is drawn.
type drawnTurn struct {
	random *rand.Rand
	view   View
	facts  Facts
	turn   *Turn
	now    time.Duration
	end    time.Duration
	fault  string

	sent       []string
	alive      []int
	counted    int // attempts without refusals and conflicts
	inquiries  int
	unexecuted bool // no attempt may have been executed
}

func (d *drawnTurn) anyRegion() string { return d.view.Regions[d.random.IntN(2)].Name }

func (d *drawnTurn) play() {
	d.end, d.unexecuted = time.Duration(d.random.Int64N(int64(5*time.Second))), true
	ended := false
	d.step(Report{Kind: Passed})
	for range 10_000 {
		if d.turn.Over() || d.fault != "" {
			return
		}
		next, asked := d.turn.Next(d.view)
		if asked && next <= d.now {
			d.fault = fmt.Sprintf("at %v it asks to be stepped at %v", d.now, next)
			return
		}
		happens := d.now + time.Duration(d.random.Int64N(int64(3*time.Second)))
		if !ended {
			happens = min(happens, d.end)
		}
		switch {
		case asked && next < happens:
			d.now = next
			d.step(Report{Kind: Passed})
		case !ended && happens == d.end:
			d.now, ended = d.end, true
			d.step(Report{Kind: Ended})
		default:
			d.now = max(happens, d.now+1)
			d.happen()
		}
		if ended && d.now > d.end+6*time.Second {
			d.fault = fmt.Sprintf("it is not over %v after the end", d.now-d.end)
		}
	}
	d.fault = "it never ends"
}

// happen lets one of all things happen.
func (d *drawnTurn) happen() {
	if d.random.IntN(3) == 0 || len(d.alive) == 0 {
		d.view = with(d.view, d.anyRegion(), func(c *Condition) {
			*c = Condition{Name: c.Name, State: Healthy, Slow: time.Duration(d.random.Int64N(int64(2 * time.Second)))}
			[]func(*Condition){ejected, suspected, throttled, full, func(*Condition) {}}[d.random.IntN(5)](c)
		})
		d.step(Report{Kind: Passed})
		return
	}
	attempt := d.alive[d.random.IntN(len(d.alive))]
	d.alive = slices.DeleteFunc(d.alive, func(a int) bool { return a == attempt })
	inquiry := d.sent[attempt] == ""
	switch kind := d.random.IntN(8); {
	case kind == 0:
		d.step(Report{Kind: Answered, Attempt: attempt})
	case inquiry:
		d.step(Report{Kind: Inquired, Attempt: attempt})
	case kind == 1:
		d.counted--
		d.step(Report{Kind: Refused, Attempt: attempt})
	case kind == 2:
		d.counted--
		d.step(Report{Kind: Conflict, Attempt: attempt})
	default:
		r := failed(attempt, Classes[d.random.IntN(len(Classes))])
		r.Unsent = d.random.IntN(2) == 0
		d.unexecuted = d.unexecuted && r.Unsent
		d.step(r)
	}
}

func (d *drawnTurn) step(r Report) {
	for _, o := range d.turn.Step(d.now, d.view, r) {
		c, _ := d.view.Of(o.Region)
		switch {
		case o.Kind == Drop:
			d.unexecuted = d.unexecuted && o.Class == None
			d.alive = slices.DeleteFunc(d.alive, func(a int) bool { return a == o.Attempt })
			continue
		case o.Kind == GiveUp:
			continue
		case o.Attempt != len(d.sent):
			d.fault = fmt.Sprintf("attempt %d follows %d", o.Attempt, len(d.sent)-1)
		case o.Kind == Inquire:
			d.inquiries++
			d.sent = append(d.sent, "")
			d.alive = append(d.alive, o.Attempt)
			continue
		case c.Ejected || c.Full:
			d.fault = fmt.Sprintf("at %v an attempt goes to %+v", d.now, c)
		case o.Hedge && d.facts.Commits:
			d.fault = "a turn that commits is hedged"
		case d.facts.Commits && !d.facts.Once && (len(d.alive) > 0 || !d.unexecuted):
			d.fault = "a turn that may have been executed is sent again"
		}
		d.counted++
		d.sent = append(d.sent, o.Region)
		d.alive = append(d.alive, o.Attempt)
		if d.counted > 4 || len(d.alive) > 2 || d.inquiries > 1 {
			d.fault = fmt.Sprintf("%d attempts, %d of them alive, %d inquiries", d.counted, len(d.alive), d.inquiries)
		}
	}
	if d.turn.Over() && len(d.alive) > 0 {
		d.fault = fmt.Sprintf("the turn is over, and attempts %v are alive", d.alive)
	}
	if !d.turn.Over() {
		return
	}
	if orders := d.turn.Step(d.now, d.view, Report{Kind: Passed}); len(orders) > 0 {
		d.fault = fmt.Sprintf("the turn is over, and it wants %q", words(orders))
	}
}
