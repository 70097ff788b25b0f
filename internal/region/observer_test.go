package region

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// fleet is several gateways' observers at one table, in a time of its own.
type fleet struct {
	t         *testing.T
	now       time.Duration
	table     Memory
	gateways  []*gateway
	due       []delivery
	trace     []string // what the verdict item became, and when
	version   int64    // of it
	conflicts int      // met by writes of it
	backward  bool     // its version went back, or its region was none
}

type gateway struct {
	*Observer
	opinion Opinion
	dead    bool          // the process is gone
	cut     bool          // the table does not answer it
	late    time.Duration // how long its writes are on their way
	skew    time.Duration // of its clock
	wake    time.Duration
	told    []Event
	copies  []Item
}

type delivery struct {
	at time.Duration
	do func()
}

// epoch is the time of day at which fleets start.
var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func newFleet(t *testing.T, regions ...string) *fleet {
	t.Helper()
	f := &fleet{t: t}
	for i, name := range regions {
		f.add(ObserverSettings{ID: fmt.Sprintf("g%d", i), Region: name, Epoch: 1, Seed: 7})
	}
	return f
}

func (f *fleet) add(s ObserverSettings) *gateway {
	f.t.Helper()
	s.Regions = []string{east, west}
	o, err := NewObserver(s)
	if err != nil {
		f.t.Fatal(err)
	}
	g := &gateway{Observer: o, wake: f.now + time.Duration(len(f.gateways))*7*time.Millisecond}
	f.gateways = append(f.gateways, g)
	return g
}

// run lets time pass.
func (f *fleet) run(d time.Duration) {
	f.t.Helper()
	for end := f.now + d; ; {
		var next *gateway
		for _, g := range f.gateways {
			if !g.dead && (next == nil || g.wake < next.wake) {
				next = g
			}
		}
		slices.SortStableFunc(f.due, func(a, b delivery) int { return int(a.at - b.at) })
		switch {
		case len(f.due) > 0 && f.due[0].at <= end && (next == nil || f.due[0].at <= next.wake):
			first := f.due[0]
			f.due = f.due[1:]
			f.now = max(f.now, first.at)
			first.do()
		case next != nil && next.wake <= end:
			f.now = max(f.now, next.wake)
			f.step(next, ObserverEvent{Kind: Reported, Opinion: next.opinion})
		default:
			f.now = end
			return
		}
	}
}

func (f *fleet) wall(g *gateway) time.Time { return epoch.Add(f.now + g.skew) }

func (f *fleet) after(d time.Duration, do func()) {
	f.due = append(f.due, delivery{f.now + d, do})
}

func (f *fleet) step(g *gateway, ev ObserverEvent) {
	ev.Wall = f.wall(g)
	for _, a := range g.Step(f.now, ev) {
		f.do(g, a)
	}
	g.wake = g.Next()
}

const wire = 5 * time.Millisecond // to the table or back

var errCut = errors.New("no answer")

func (f *fleet) do(g *gateway, a ObserverAction) {
	ctx := context.Background()
	back := func(ev ObserverEvent) {
		f.after(wire, func() {
			if !g.dead {
				f.step(g, ev)
			}
		})
	}
	switch a.Kind {
	case TellJudge:
		g.told = append(g.told, a.Event)
	case KeepCopy:
		g.copies = append(g.copies, a.Item)
	case ReadItems:
		f.after(wire, func() {
			ev := ObserverEvent{Kind: ReadDone, Request: a.Request}
			for _, key := range a.Keys {
				item, err := f.table.Get(ctx, key)
				if g.cut {
					err = errCut
				}
				ev.Items = append(ev.Items, Got{Key: key, Item: item, Err: err})
			}
			back(ev)
		})
	case WriteItem:
		f.after(wire+g.late, func() {
			err := errCut
			if !g.cut {
				err = f.table.Update(ctx, a.Key, a.Change)
			}
			if errors.Is(err, ErrConflict) && a.Key == east {
				f.conflicts++
			}
			f.look()
			back(ObserverEvent{Kind: WriteDone, Request: a.Request, Err: err})
		})
	case AppendEntry:
		if !g.cut {
			if err := AppendHistory(ctx, &f.table, g.s.Key, a.Entry); err != nil {
				f.t.Error(err)
			}
		}
	}
}

// look notes what became of the verdict item.
func (f *fleet) look() {
	item, err := f.table.Get(context.Background(), east)
	if err != nil {
		return
	}
	v := DecodeVerdict(item, []string{east, west})
	if v.Version == f.version {
		return
	}
	f.backward = f.backward || v.Version < f.version || v.Region == ""
	f.version = v.Version
	line := fmt.Sprintf("%.0fs %d %s %s", f.now.Seconds(), v.Version, v.Region, v.State)
	if !v.Pin.IsZero() {
		line += " pin " + v.Pin.Region
	}
	f.trace = append(f.trace, line)
}

// verdicts is the trace without times and versions.
func (f *fleet) verdicts() []string {
	var said []string
	for _, line := range f.trace {
		_, line, _ = strings.Cut(line, " ")
		_, line, _ = strings.Cut(line, " ")
		said = append(said, line)
	}
	return said
}

func (f *fleet) want(verdicts ...string) {
	f.t.Helper()
	if diff := cmp.Diff(verdicts, f.verdicts()); diff != "" || f.backward {
		f.t.Errorf("at %v the verdict item had been (-want +got), backward %v:\n%s%s", f.now, f.backward, diff, strings.Join(f.trace, "\n"))
	}
}

func (f *fleet) put(item Item) {
	f.t.Helper()
	if err := f.table.Put(context.Background(), item); err != nil {
		f.t.Fatal(err)
	}
	f.version = DecodeVerdict(item, nil).Version
}

func down(names ...string) Opinion {
	o := Opinion{Down: map[string]string{}}
	for _, name := range names {
		o.Down[name] = "5 turns in a row failed: soft"
	}
	return o
}

func (f *fleet) all(o Opinion) {
	for _, g := range f.gateways {
		g.opinion = o
	}
}

func TestFleetMovesTogether(t *testing.T) {
	f := newFleet(t, east, east, west)
	f.run(30 * time.Second)
	f.want("us-east-1 ok")
	f.all(down(east))
	f.run(4 * time.Second)
	f.want("us-east-1 ok", "us-west-2 ok")
	f.run(10 * time.Minute)
	f.all(down())
	f.run(4 * time.Second)
	f.want("us-east-1 ok", "us-west-2 ok", "us-east-1 ok")
	f.run(time.Hour)
	f.want("us-east-1 ok", "us-west-2 ok", "us-east-1 ok")
	history, err := ReadHistory(t.Context(), &f.table, east)
	if err != nil || len(history) != 3 || history[1].From != east || history[1].To != west {
		t.Errorf("ReadHistory = %+v, %v; want 3 lines, the second from %s to %s", history, err, east, west)
	}
}

func TestLoneOpinionMovesNothing(t *testing.T) {
	tests := []struct {
		name     string
		gateways int
		liars    int
		moves    bool
	}{
		{"1 of 1", 1, 1, true},
		{"1 of 2", 2, 1, false},
		{"2 of 2", 2, 2, true},
		{"1 of 3", 3, 1, false},
		{"2 of 3", 3, 2, true},
		{"1 of 5 lies", 5, 1, false},
		{"2 of 5", 5, 2, false},
		{"2 of 4", 4, 2, false},
		{"3 of 5", 5, 3, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFleet(t, slices.Repeat([]string{east}, tt.gateways)...)
			f.run(time.Minute)
			for _, g := range f.gateways[:tt.liars] {
				g.opinion = down(east)
			}
			f.run(time.Hour)
			want := []string{"us-east-1 ok"}
			if tt.moves {
				want = append(want, "us-west-2 ok")
			}
			f.want(want...)
			f.all(down())
			f.run(time.Minute)
			if tt.moves {
				want = append(want, "us-east-1 ok")
			}
			f.want(want...)
		})
	}
}

// TestWaveringOpinions has two gateways contradict each other all the time.
func TestWaveringOpinions(t *testing.T) {
	f := newFleet(t, east, east)
	f.run(time.Minute)
	for range 200 {
		f.gateways[0].opinion, f.gateways[1].opinion = down(east), down(west)
		f.run(7 * time.Second)
		f.gateways[0].opinion, f.gateways[1].opinion = down(), down(east)
		f.run(7 * time.Second)
	}
	for _, verdict := range f.verdicts() {
		if !strings.HasPrefix(verdict, east) {
			t.Errorf("two that contradict each other moved the table: %v", f.trace)
			break
		}
	}
}

func TestAllDown(t *testing.T) {
	f := newFleet(t, east, east, east)
	f.run(time.Minute)
	for _, g := range f.gateways[1:] {
		g.opinion = down(east, west)
		g.opinion.Panic = true
	}
	f.run(time.Minute)
	f.want("us-east-1 ok", "us-east-1 degraded")
	f.all(down())
	f.run(time.Minute)
	f.want("us-east-1 ok", "us-east-1 degraded", "us-east-1 ok")
}

func TestDoubtfulWriteNothing(t *testing.T) {
	for _, o := range []Opinion{{Panic: true}, {Doubt: true}} {
		f := newFleet(t, east, east)
		o.Down = down(east, west).Down
		f.all(o)
		f.run(time.Hour)
		f.want()
		if o.Down = down(east).Down; o.Doubt {
			f.all(o)
			f.run(time.Hour)
			f.want()
		}
	}
}

// TestDelayedWriter has one observer's writes come a minute late, as in
// https://aws.amazon.com/message/101925: its old verdict must not win.
func TestDelayedWriter(t *testing.T) {
	run := func(broken Broken) *fleet {
		f := &fleet{t: t}
		for i := range 3 {
			f.add(ObserverSettings{ID: fmt.Sprintf("g%d", i), Region: east, Seed: 7, Broken: broken})
		}
		f.run(time.Minute)
		f.gateways[0].late = 70 * time.Second
		for range 20 {
			f.all(down(east))
			f.run(61 * time.Second)
			f.all(down())
			f.run(61 * time.Second)
		}
		return f
	}
	f := run(Broken{})
	if f.backward || len(f.trace) != 41 {
		t.Errorf("backward %v, %d verdicts; want none backward and 41:\n%s", f.backward, len(f.trace), strings.Join(f.trace, "\n"))
	}
	if f.conflicts == 0 {
		t.Error("the late writer met no conflict; the test shows nothing")
	}
	if f := run(Broken{StaleWriteWins: true}); !f.backward {
		t.Errorf("with stale writes winning no version went back; the test shows nothing:\n%s", strings.Join(f.trace, "\n"))
	}
}

func TestHomeVanishes(t *testing.T) {
	f := newFleet(t, east, east, west, west)
	f.run(time.Minute)
	for _, g := range f.gateways[:2] {
		g.dead = true
	}
	f.gateways[2].opinion, f.gateways[3].opinion = down(east), down(east)
	f.run(10 * time.Second)
	f.want("us-east-1 ok")
	f.run(30 * time.Second)
	f.want("us-east-1 ok", "us-west-2 ok")
	for _, g := range f.gateways[:2] {
		g.dead = false
	}
	f.all(down())
	f.run(time.Minute)
	f.want("us-east-1 ok", "us-west-2 ok", "us-east-1 ok")
	if last := f.gateways[2].Verdict(); last.By != "g0" && last.By != "g1" {
		t.Errorf("fail-back was written by %s; want one of the home region's", last.By)
	}
}

// TestOnlyTheHomeRegionWrites keeps the others out while the home region's
// observers live, even if these disagree.
func TestOnlyTheHomeRegionWrites(t *testing.T) {
	f := newFleet(t, east, west, west)
	f.gateways[0].opinion = Opinion{Doubt: true, Down: down(east).Down}
	f.run(30 * time.Minute)
	f.want()
}

// TestClocksDoNotMatter runs the same faults with clocks that are wrong and jump.
func TestClocksDoNotMatter(t *testing.T) {
	run := func(skew time.Duration) []string {
		f := newFleet(t, east, east, west)
		for i, g := range f.gateways {
			g.skew = time.Duration(i-1) * skew
		}
		f.run(time.Minute)
		f.all(down(east))
		f.run(time.Minute)
		for i, g := range f.gateways {
			g.skew = time.Duration(1-i) * skew
		}
		f.step(f.gateways[0], ObserverEvent{Kind: PinAsked, Pin: Pin{Region: east, Until: f.wall(f.gateways[0]).Add(2 * time.Minute), By: "op"}})
		f.run(10 * time.Minute)
		f.all(down())
		f.run(time.Minute)
		return f.trace
	}
	right := run(0)
	if len(right) < 5 {
		t.Fatalf("too little happens: %v", right)
	}
	for _, skew := range []time.Duration{time.Hour, -time.Hour, 10000 * time.Hour} {
		if diff := cmp.Diff(right, run(skew)); diff != "" {
			t.Errorf("with clocks wrong by %v (-right +wrong):\n%s", skew, diff)
		}
	}
}
