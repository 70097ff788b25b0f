package region

import (
	"testing"
	"time"
)

// TestWatch shows one evidence item to a watch, read by read, and asks whom it
// holds alive.
func TestWatch(t *testing.T) {
	type read struct {
		at    time.Duration // in seconds
		epoch int64
		seq   int64 // 0: no entry
	}
	const interval = 5 * time.Second
	tests := []struct {
		name     string
		reads    []read
		fresh    bool // at the last read
		complete bool
	}{
		{"the first read tells nothing", []read{{0, 1, 5}}, false, false},
		{"it moves", []read{{0, 1, 5}, {5, 1, 6}}, true, false},
		{"it stands still", []read{{0, 1, 5}, {5, 1, 5}, {10, 1, 5}}, false, false},
		{"it stands still for long", []read{{0, 1, 5}, {5, 1, 5}, {10, 1, 5}, {15, 1, 5}}, false, true},
		{"it moved lately", []read{{0, 1, 5}, {5, 1, 6}, {10, 1, 6}, {20, 1, 6}}, true, true},
		{"it moved long ago", []read{{0, 1, 5}, {5, 1, 6}, {10, 1, 6}, {21, 1, 6}}, false, true},
		{"it is new", []read{{0, 1, 0}, {5, 1, 1}}, true, false},
		{"it went", []read{{0, 1, 5}, {5, 1, 6}, {10, 1, 0}}, false, false},
		{"an older copy", []read{{0, 1, 5}, {5, 1, 4}}, false, false},
		{"an older copy between", []read{{0, 1, 5}, {14, 1, 4}, {28, 1, 5}}, false, true},
		{"another run that counts from the start", []read{{0, 1, 5}, {5, 2, 1}}, true, false},
		{"it moved while nobody watched", []read{{0, 1, 5}, {5, 1, 6}, {60, 1, 17}}, false, false},
		{"and goes on", []read{{0, 1, 5}, {60, 1, 17}, {65, 1, 18}}, true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var w watch
			var now time.Duration
			for _, r := range tt.reads {
				now = r.at * time.Second //nolint:durationcheck // at counts seconds
				entries := map[string]Evidence{}
				if r.seq > 0 {
					entries["a"] = Evidence{Epoch: r.epoch, Seq: r.seq}
				}
				w.sees(now, interval, entries)
			}
			if got := w.entries["a"].fresh(now, interval); got != tt.fresh {
				t.Errorf("after reads (at, epoch, seq) %v it is fresh: %v; want %v", tt.reads, got, tt.fresh)
			}
			if got := w.complete(now, interval); got != tt.complete {
				t.Errorf("after reads (at, epoch, seq) %v the watch is complete: %v; want %v", tt.reads, got, tt.complete)
			}
		})
	}
}

// TestTieDoesNotFailBack: half of the gateways hold home up again, half do not.
func TestTieDoesNotFailBack(t *testing.T) {
	f := newFleet(t, east, east)
	f.run(time.Minute)
	f.all(down(east))
	f.run(time.Minute)
	f.gateways[0].opinion = down()
	f.run(time.Hour)
	f.want("us-east-1 ok", "us-west-2 ok")
}

// TestCheckDoesNotVoteAmongGateways has a health check that found all well just
// before a fault: a gateway that sees the fault moves the verdict as soon as alone.
func TestCheckDoesNotVoteAmongGateways(t *testing.T) {
	moved := func(checks bool) time.Duration {
		f := newFleet(t, east)
		f.run(time.Minute)
		if checks {
			saw := Evidence{Epoch: 1, Seq: 1, Regions: []string{east, west}, Once: true}
			c := Change{Entry: Entry{Map: attrObservers, Name: "check", Value: saw.attributes()}}
			if err := f.table.Update(t.Context(), EvidenceKey(east, east), c); err != nil {
				t.Fatal(err)
			}
		}
		f.run(2 * time.Second)
		f.all(down(east))
		for at := f.now; ; f.run(100 * time.Millisecond) {
			if got := f.verdicts(); got[len(got)-1] == "us-west-2 ok" {
				return f.now - at
			}
			if f.now-at > time.Minute {
				t.Fatalf("with a check %v the verdict does not move: %v", checks, f.verdicts())
			}
		}
	}
	if with, without := moved(true), moved(false); with > without+500*time.Millisecond {
		t.Errorf("beside a check that has just found all well the verdict moves after %v, else after %v; want no difference", with, without)
	}
}

// TestNewcomer has one more gateway start that is wrong: it waits to know the
// others before it writes, and is outvoted.
func TestNewcomer(t *testing.T) {
	f := newFleet(t, east, east)
	f.run(time.Minute)
	f.add(ObserverSettings{ID: "new", Region: east, Epoch: 9, Seed: 3}).opinion = down(east)
	f.run(time.Hour)
	f.want("us-east-1 ok")
}

// TestBackFromAGap has a gateway that is wrong reach the table again after a
// while: the same.
func TestBackFromAGap(t *testing.T) {
	f := newFleet(t, east, east, east)
	f.run(time.Minute)
	wrong := f.gateways[0]
	for range 50 {
		wrong.cut, wrong.opinion = true, down(east)
		f.run(97 * time.Second)
		wrong.cut = false
		f.run(63 * time.Second)
	}
	f.want("us-east-1 ok")
}

// TestAgainstAForeignWriter has something write a region of its own again and
// again: it is put right, but not in a race.
func TestAgainstAForeignWriter(t *testing.T) {
	f := newFleet(t, east, east)
	f.run(time.Minute)
	writes := f.gateways[0].Counters().Writes + f.gateways[1].Counters().Writes
	foreign := VerdictItem{Region: "mars-north-1", State: TableOK}
	mended := 0
	for second := range 600 {
		item, err := f.table.Get(t.Context(), east)
		if err != nil {
			t.Fatal(err)
		}
		if v := DecodeVerdict(item, nil); v.Region == east {
			foreign.Version = v.Version + 1
			f.put(Item{Key: east, Attributes: foreign.attributes()})
			if second > 0 {
				mended++
			}
		}
		f.run(time.Second)
	}
	if mended < 5 || mended > 25 {
		t.Errorf("in ten minutes the item was put right %d times; want once a minute by each at most", mended)
	}
	if all := f.gateways[0].Counters().Writes + f.gateways[1].Counters().Writes - writes; all < 200 {
		t.Errorf("meanwhile the gateways wrote %d times; want their signs of life to go on", all)
	}
}

func TestCopyIsRenewed(t *testing.T) {
	f := newFleet(t, east)
	f.run(time.Hour + time.Minute)
	if n := len(f.gateways[0].copies); n < 6 || n > 8 {
		t.Errorf("in an hour without a change %d copies were kept; want one every ten minutes", n)
	}
}

// TestSameEventsSameActions runs the same fleet twice.
func TestSameEventsSameActions(t *testing.T) {
	run := func() (trace []string, counters []ObserverCounters) {
		f := newFleet(t, east, east, west)
		f.run(time.Minute)
		f.all(down(east))
		f.gateways[1].late = 3 * time.Second
		f.run(10 * time.Minute)
		for _, g := range f.gateways {
			counters = append(counters, g.Counters())
		}
		return f.trace, counters
	}
	trace1, counters1 := run()
	for range 20 {
		trace2, counters2 := run()
		for i := range counters1 {
			if counters1[i] != counters2[i] {
				t.Fatalf("gateway %d: counters %+v, then %+v; want the same", i, counters1[i], counters2[i])
			}
		}
		for i := range trace1 {
			if trace1[i] != trace2[i] {
				t.Fatalf("verdict %d: %s, then %s; want the same", i, trace1[i], trace2[i])
			}
		}
	}
}
