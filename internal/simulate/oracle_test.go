package simulate

import (
	"math/rand/v2"
	"testing"
	"time"

	"lexline/internal/region"
)

// still makes a run of one gateway, two regions and one call in which nothing has
// happened yet, at a time.
func still(at time.Duration, faults ...Fault) *run {
	s := Schedule{
		Length: time.Minute, Gateways: 1, Regions: 2, Picky: -1, Faults: faults,
		Calls: []Call{{Orders: 2, Slots: 2, Confirm: true, Poison: -1, At: time.Hour}},
	}
	r := prepare(s, rand.New(rand.NewPCG(1, 1)), Options{})
	r.w.now = at
	return r
}

// said makes a turn of the run's one call.
func said(r *run, began, end time.Duration) *turn {
	c := r.callers[0]
	c.region = r.names[0]
	t := &turn{c: c, g: c.g, began: began, end: end, what: utterance{call: c, number: 1, key: 1, value: 5}}
	c.turn = t
	return t
}

// TestOracleNotices shows the oracle what must not happen, and beside it what may.
func TestOracleNotices(t *testing.T) {
	dead := Fault{Region: 0, Kind: Hang, Share: 1, From: 0, To: time.Hour}
	well := func(names ...string) region.View {
		v := region.View{}
		for _, name := range names {
			v.Regions = append(v.Regions, region.Condition{Name: name, State: region.Healthy})
		}
		return v
	}(regionNames[0], regionNames[1])
	to := func(i, attempt int) region.Order {
		return region.Order{Kind: region.Send, Region: regionNames[i], Attempt: attempt}
	}
	item := func(name string, version int64) region.Item {
		return region.Item{Attributes: map[string]any{"lexRegion": name, "version": version}}
	}
	tests := []struct {
		rule string
		what string
		bad  bool
		do   func() *run
	}{
		{"lost", "a turn is lost while a region is fit", true, func() *run {
			r := still(9*time.Second, dead)
			r.oracle.gaveUp(said(r, time.Second, 3*time.Second))
			return r
		}},
		{"lost", "a turn is lost while none is", false, func() *run {
			r := still(9*time.Second, dead, Fault{Region: 1, Kind: Slow, Share: 3, From: 5 * time.Second, To: time.Minute})
			r.oracle.gaveUp(said(r, time.Second, 3*time.Second))
			return r
		}},
		{"lost", "an utterance is lost that no region can bear", false, func() *run {
			r := still(9 * time.Second)
			u := said(r, time.Second, 3*time.Second)
			u.what.poison = true
			r.oracle.gaveUp(u)
			return r
		}},
		{"late", "a turn is over 6.1 s after its end", true, func() *run {
			r := still(9100 * time.Millisecond)
			r.oracle.overIn(said(r, time.Second, 3*time.Second))
			return r
		}},
		{"late", "a turn is over 6 s after its end", false, func() *run {
			r := still(9 * time.Second)
			r.oracle.overIn(said(r, time.Second, 3*time.Second))
			return r
		}},
		{"place", "a call is placed where nothing has answered for 11 s", true, func() *run {
			r := still(11*time.Second, dead)
			r.callers[0].region = r.names[0]
			r.oracle.placed(r.callers[0])
			return r
		}},
		{"place", "a call is placed where nothing has answered for 9 s", false, func() *run {
			r := still(9*time.Second, dead)
			r.callers[0].region = r.names[0]
			r.oracle.placed(r.callers[0])
			return r
		}},
		{"sticky", "a turn leaves its healthy region", true, func() *run {
			r := still(0)
			r.oracle.sent(said(r, 0, time.Second), well, to(1, 0))
			return r
		}},
		{"sticky", "a second attempt does", false, func() *run {
			r := still(0)
			r.oracle.sent(said(r, 0, time.Second), well, to(1, 1))
			return r
		}},
		{"budget", "more hedges are sent than turns have earned", true, func() *run {
			r := still(0)
			order := to(1, 1)
			order.Hedge = true
			for range 42 {
				r.oracle.sent(said(r, 0, time.Second), well, order)
			}
			return r
		}},
		{"commit", "an order that may have been executed is sent again", true, func() *run {
			r := still(0)
			u := said(r, 0, time.Second)
			u.what.commits, u.marks.unsure = true, true
			r.oracle.sent(u, well, to(1, 1))
			return r
		}},
		{"slots", "an answer forgets a slot", true, func() *run {
			r := still(0)
			r.oracle.answered(said(r, 0, time.Second), 0, dialog{})
			return r
		}},
		{"slots", "an answer has them all", false, func() *run {
			r := still(0)
			r.oracle.answered(said(r, 0, time.Second), 0, dialog{N: 1, Slots: [8]uint8{5}})
			return r
		}},
		{"stale", "an answer to another turn than the present one is taken", true, func() *run {
			r := still(0)
			u := said(r, 0, time.Second)
			r.callers[0].turn = nil
			r.oracle.answered(u, 0, dialog{N: 1, Slots: [8]uint8{5}})
			return r
		}},
		{"version", "the table's version stands still", true, func() *run {
			r := still(0)
			r.oracle.wrote(r.gateways[0], item(regionNames[0], 4), item(regionNames[1], 4))
			return r
		}},
		{"table", "the table names no region", true, func() *run {
			r := still(0)
			r.oracle.wrote(r.gateways[0], item(regionNames[0], 4), item("err", 5))
			return r
		}},
		{"minority", "the table leaves a region that nobody holds down", true, func() *run {
			r := still(time.Minute)
			r.oracle.wrote(r.gateways[0], item(regionNames[0], 4), item(regionNames[1], 5))
			return r
		}},
		{"version", "the table's version grows", false, func() *run {
			r := still(time.Minute)
			r.oracle.seen[0][0].down = true
			r.oracle.wrote(r.gateways[0], item(regionNames[0], 4), item(regionNames[1], 6))
			return r
		}},
		{"alarm", "a region is taken out that had no fault", true, func() *run {
			r := still(time.Minute)
			r.oracle.changed(r.gateways[0], 1, region.Suspect, region.Down, "a feeling")
			return r
		}},
		{"alarm", "one that had", false, func() *run {
			r := still(time.Minute, dead)
			r.oracle.changed(r.gateways[0], 0, region.Suspect, region.Down, "it hangs")
			return r
		}},
		{"hold", "a region is back before its hold", true, func() *run {
			r := still(time.Minute, Fault{Region: 0, Kind: Errors, Share: 1, To: time.Minute})
			r.oracle.changed(r.gateways[0], 0, region.Suspect, region.Down, "errors")
			r.w.now += 59 * time.Second
			r.oracle.changed(r.gateways[0], 0, region.Down, region.Recovering, "five good probes")
			return r
		}},
		{"hold", "a region is back after its hold", false, func() *run {
			r := still(time.Minute, Fault{Region: 0, Kind: Errors, Share: 1, To: time.Minute})
			r.oracle.changed(r.gateways[0], 0, region.Suspect, region.Down, "errors")
			r.w.now += 61 * time.Second
			r.oracle.changed(r.gateways[0], 0, region.Down, region.Recovering, "five good probes")
			return r
		}},
		{"stuck", "a region is left out for ever", true, func() *run {
			r := still(time.Minute, Fault{Region: 0, Kind: Errors, Share: 1, To: time.Minute})
			r.oracle.changed(r.gateways[0], 0, region.Suspect, region.Down, "errors")
			r.w.now += 5 * time.Minute
			r.oracle.stuck()
			return r
		}},
		{"end", "a call ends twice", true, func() *run {
			r := still(0)
			r.callers[0].finish(hungUp)
			r.callers[0].finish(hungUp)
			return r
		}},
		{"end", "a call never ends", true, func() *run {
			r := still(0)
			r.oracle.finish()
			return r
		}},
		{"end", "a call is done before all is ordered", true, func() *run {
			r := still(0)
			r.callers[0].finish(done)
			return r
		}},
		{"orders", "an order is placed twice", true, func() *run {
			r := still(0)
			r.callers[0].end = hungUp
			r.ledger.placed[turnKey{0, 1}] = 2
			r.oracle.finish()
			return r
		}},
		{"orders", "the caller was told of an order that was not placed", true, func() *run {
			r := still(0)
			r.callers[0].end, r.callers[0].is.Order = hungUp, 1
			r.oracle.finish()
			return r
		}},
		{"room", "room is not given back", true, func() *run {
			r := still(0)
			r.callers[0].end = hungUp
			r.gateways[0].limiters[1].Acquire()
			r.oracle.finish()
			return r
		}},
	}
	for _, tt := range tests {
		t.Run(tt.rule+"/"+tt.what, func(t *testing.T) {
			found := tt.do().oracle.violations
			switch {
			case !tt.bad && len(found) > 0:
				t.Errorf("it was held to be a violation: %v", found)
			case tt.bad && (len(found) == 0 || found[0].Rule != tt.rule):
				t.Errorf("found %v; want a violation of %q", found, tt.rule)
			}
		})
	}
}

// TestOracleWatchesTheTable lets a region die and the table say nothing of it.
func TestOracleWatchesTheTable(t *testing.T) {
	r := still(0, Fault{Region: 0, Kind: Gone, Share: 1, From: 10 * time.Second, To: 5 * time.Minute})
	r.s.Length = 2 * time.Minute
	r.w.queue = nil // no gateway does anything
	r.oracle.watchTable()
	if err := r.table.main.Put(t.Context(), region.Item{Key: r.names[0], Attributes: map[string]any{"lexRegion": r.names[0]}}); err != nil {
		t.Fatal(err)
	}
	for r.w.next(r.s.Length) { // all of it
	}
	if found := r.oracle.violations; len(found) != 1 || found[0].Rule != "table" {
		t.Errorf("a minute after the table's region died: found %v; want a violation of table", found)
	}
}
