package region

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// play makes events of bytes, three of them for each: what, where and how much
// later. It returns what the judge did, and tells of every rule that did not hold.
func play(t *testing.T, data []byte) []stamped {
	names := []string{east, west, "eu-central-1"}
	if len(data) == 0 {
		return nil
	}
	count := 1 + int(data[0])%3
	j := NewJudge(Settings{Regions: names[:count], Seed: uint64(data[0])})
	var done []stamped
	var now, sent time.Duration
	classes := []Class{None, None, None, Hard, Soft, Soft, Load, Ours, Bot, Abandoned, "unheard of"}
	for data = data[1:]; len(data) >= 3; data = data[3:] {
		what, where, later := int(data[0]), int(data[1]), int(data[2])
		now += time.Duration(later) * time.Duration(later) * time.Millisecond // up to 65 s
		e := Event{Kind: EventKind(what % 9), Region: names[where%3], Class: classes[what/9%len(classes)]}
		e.Deep = where&64 != 0
		e.Began = now - time.Duration(where)*50*time.Millisecond
		if where&128 != 0 {
			e.Began = sent
		}
		e.Took = now - e.Began
		e.Turn = uint64(later % 4)
		e.For = time.Duration(where) * time.Second
		e.Up, e.DownVotes = where%5, what%4
		for _, a := range j.Step(now, e) {
			done = append(done, stamped{at: now, Action: a})
			if a.Kind == Probe {
				sent = now
			}
		}
		checkJudge(t, j, now)
	}
	return done
}

// checkJudge tells of every rule that does not hold at a moment.
func checkJudge(t *testing.T, j *Judge, now time.Duration) {
	t.Helper()
	view := j.View(now)
	in, down := 0, 0
	for _, c := range view.Regions {
		if !c.Ejected {
			in++
		}
		if c.State == Down {
			down++
		}
	}
	if in == 0 {
		t.Fatalf("at %s every region is ejected: %+v", now, view)
	}
	if view.Panic != (down == len(view.Regions)) {
		t.Fatalf("at %s panic is %t with %d of %d regions down", now, view.Panic, down, len(view.Regions))
	}
	for what, name := range map[string]string{"active": j.Active(), "a new call's": j.Place(now, "CA1")} {
		c, known := view.Of(name)
		switch {
		case !known:
			t.Fatalf("at %s the %s region is %q: there is none", now, what, name)
		case view.Pinned != "" && name != view.Pinned:
			t.Fatalf("at %s %s is pinned, and the %s region is %s", now, view.Pinned, what, name)
		case view.Pinned == "" && c.Ejected:
			t.Fatalf("at %s the %s region %s is ejected", now, what, name)
		}
	}
	if next := j.Next(); next <= now {
		t.Fatalf("at %s the next tick is wanted at %s, want later", now, next)
	}
	for _, v := range j.Verdicts() {
		if v.Why == "" || v.Since > now || v.State == Down && (v.Hold < time.Minute || v.Hold > 10*time.Minute) {
			t.Fatalf("at %s the verdict is %+v; want a reason, a time past, and a hold of 1 to 10 min if down", now, v)
		}
	}
}

// FuzzJudge feeds any events in any order.
func FuzzJudge(f *testing.F) {
	f.Add([]byte{1})
	f.Add([]byte{1, 37, 0, 30, 37, 0, 30, 37, 0, 30, 37, 0, 30, 37, 0, 30, 37, 1, 30, 37, 1, 30, 37, 1, 30, 37, 1, 30, 37, 1, 30, 1, 0, 9})
	f.Add([]byte{0, 38, 64, 60, 38, 64, 60, 38, 64, 60, 2, 64, 255, 2, 64, 255})
	f.Add([]byte{2, 4, 1, 10, 5, 0, 10, 6, 9, 9, 7, 1, 9, 3, 1, 9, 3, 1, 9})
	f.Fuzz(func(t *testing.T, data []byte) {
		first := play(t, data)
		if second := play(t, data); !slices.Equal(first, second) {
			t.Fatalf("the same events gave different actions (-first +second):\n%s", cmp.Diff(first, second, cmp.AllowUnexported(stamped{})))
		}
	})
}

// TestDeterminism runs a busy world twice.
func TestDeterminism(t *testing.T) {
	run := func(seed uint64) []stamped {
		var w *world
		w = newWorld(Settings{Regions: []string{east, west}, Seed: seed}, 170*time.Millisecond, func(region string, at time.Duration, kind query) answer {
			if int(at/(20*time.Second))%3 == 1 == (region == east) {
				return faults[int(at/time.Minute)%len(faults)].meet(w, kind)
			}
			return w.good()
		})
		w.run(10 * time.Minute)
		return w.actions
	}
	first := run(1)
	if second := run(1); !slices.Equal(first, second) {
		t.Errorf("the same events gave different actions (-first +second):\n%s", cmp.Diff(first, second, cmp.AllowUnexported(stamped{})))
	}
	if slices.Equal(first, run(2)) {
		t.Error("two seeds gave the same actions")
	}
}
