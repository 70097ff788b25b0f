package record

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"lexline/internal/call"
)

// handedOver is how a call ends that is handed over.
func handedOver(target string) call.Termination {
	return call.Termination{Result: call.Success, Reason: call.Transferred, Next: call.Next{Kind: call.NextTransfer, Target: target}}
}

// outcomes tells what the records of a call have of hand-overs: one part for each.
func outcomes(t *testing.T, store Store, id string) string {
	t.Helper()
	entries, err := store.Get(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	var parts []string
	for _, e := range entries {
		r, err := Parse(e.Record)
		if err != nil {
			t.Fatal(err)
		}
		part := r.State
		if r.Next != nil {
			part += " to " + r.Next.Target
			for _, d := range r.Next.Dialled {
				part += fmt.Sprintf(", %s %s %s %d", d.Target, d.Way, d.Outcome, d.Talked)
			}
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "; ")
}

func TestOutcomesOfHandOvers(t *testing.T) {
	for name, tt := range map[string]struct {
		play func(j *Journal, store *broken)
		want string
	}{
		"answered": {func(j *Journal, _ *broken) {
			begin(j, "CA1").End(handedOver("desk"))
			pass(20 * time.Second)
			j.Dialled("CA1", Dialled{Target: "desk", Way: "number", Outcome: "answered", Talked: 12000})
		}, "ended to desk, desk number answered 12000"},
		"told at once, before the record is written": {func(j *Journal, store *broken) {
			store.set(nil, time.Second)
			l := begin(j, "CA1")
			l.End(handedOver("desk"))
			j.Dialled("CA1", Dialled{Target: "desk", Way: "number", Outcome: "busy"})
		}, "ended to desk, desk number busy 0"},
		"the next target follows": {func(j *Journal, _ *broken) {
			begin(j, "CA1").End(handedOver("desk"))
			pass(time.Second)
			j.Dialled("CA1", Dialled{Target: "desk", Way: "number", Outcome: "no_answer"})
			j.Dialled("CA1", Dialled{Target: "backup", Way: "client", Outcome: "answered"})
		}, "ended to desk, desk number no_answer 0, backup client answered 0"},
		"told twice": {func(j *Journal, _ *broken) {
			begin(j, "CA1").End(handedOver("desk"))
			for range 3 {
				pass(time.Second)
				j.Dialled("CA1", Dialled{Target: "desk", Way: "number", Outcome: "busy"})
			}
		}, "ended to desk, desk number busy 0"},
		"back with the bot, and handed over again": {func(j *Journal, _ *broken) {
			begin(j, "CA1").End(handedOver("desk"))
			pass(time.Second)
			j.Dialled("CA1", Dialled{Target: "desk", Way: "number", Outcome: "busy"})
			pass(time.Second)
			l := begin(j, "CA1")
			pass(time.Second)
			l.End(handedOver("desk"))
			pass(time.Second)
			j.Dialled("CA1", Dialled{Target: "desk", Way: "number", Outcome: "answered"})
		}, "ended to desk, desk number busy 0; ended to desk, desk number answered 0"},
		"back with the bot while the store is down": {func(j *Journal, store *broken) {
			begin(j, "CA1").End(handedOver("desk"))
			pass(time.Second)
			store.set(errors.New("down"), 0)
			j.Dialled("CA1", Dialled{Target: "desk", Way: "number", Outcome: "busy"})
			pass(time.Second)
			l := begin(j, "CA1")
			pass(time.Second)
			l.End(handedOver("backup"))
			j.Dialled("CA1", Dialled{Target: "backup", Way: "client", Outcome: "answered"})
			pass(time.Minute)
			store.set(nil, 0)
		}, "ended to desk, desk number busy 0; ended to backup, backup client answered 0"},
		"a target of another configuration": {func(j *Journal, _ *broken) {
			begin(j, "CA1").End(handedOver("night"))
			pass(time.Second)
			j.Dialled("CA1", Dialled{Target: "night", Outcome: "failed"})
		}, "ended to night, night  failed 0"},
		"of a call that goes on": {func(j *Journal, _ *broken) {
			begin(j, "CA1")
			pass(time.Second)
			j.Dialled("CA1", Dialled{Target: "desk", Way: "number", Outcome: "busy"})
		}, "live"},
		"of a call that was hung up": {func(j *Journal, _ *broken) {
			begin(j, "CA1").End(over)
			pass(time.Second)
			j.Dialled("CA1", Dialled{Target: "desk", Way: "number", Outcome: "busy"})
		}, "ended"},
		"of another call": {func(j *Journal, _ *broken) {
			begin(j, "CA1").End(handedOver("desk"))
			pass(time.Second)
			j.Dialled("CA2", Dialled{Target: "desk", Way: "number", Outcome: "busy"})
		}, "ended to desk"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, Config{}, func(j *Journal, store *broken, log *bytes.Buffer) {
				tt.play(j, store)
				pass(10 * time.Second)
				if got := outcomes(t, store, "CA1"); got != tt.want {
					t.Errorf("records have %q; want %q", got, tt.want)
				}
				if s := j.Status(); !s.OK || s.Waiting != 0 || s.Dropped != 0 {
					t.Errorf("status = %+v; want all well and nothing left:\n%s", s, log)
				}
			})
		})
	}
}

// TestAnotherGatewayKnowsTheOutcome has a call end at one gateway, and Twilio ask
// another one.
func TestAnotherGatewayKnowsTheOutcome(t *testing.T) {
	bubble(t, Config{Gateway: "gw1"}, func(j *Journal, store *broken, _ *bytes.Buffer) {
		l := j.Begin(Keeping{Retention: time.Hour, Transcripts: true}, call.Info{ID: "CA1"})
		turn(l, 1)
		end := handedOver("desk")
		end.Next.Context = "wants roses"
		l.End(end)
		pass(time.Second)
		other := New(Config{Store: store, Gateway: "gw2", Logger: slog.New(slog.DiscardHandler)})
		other.Dialled("CA1", Dialled{Target: "desk", Outcome: "answered"})
		if err := other.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got, want := outcomes(t, store, "CA1"), "ended to desk, desk  answered 0"; got != want {
			t.Errorf("the record has %q; want %q", got, want)
		}
		entries, err := store.Get(context.Background(), "CA1")
		if err != nil || len(entries) != 1 {
			t.Fatalf("%d entries, %v; want one", len(entries), err)
		}
		r, err := Parse(entries[0].Record)
		if err != nil || r.Gateway != "gw1" || len(r.Turns) != 1 || r.Next.Context != "wants roses" || r.Reason != "transferred" || !r.Updated.After(r.Ended) {
			t.Errorf("record = %+v, %v; want all that the first gateway put there", r, err)
		}
		if left := time.Until(entries[0].Until); entries[0].Reason != "transferred" || left < 50*time.Minute {
			t.Errorf("entry = %+v; want it as it was, kept for the first gateway's hour", entries[0])
		}
	})
}

// TestNewerRecordIsLeftAlone: what a newer gateway has put into a record would be lost.
func TestNewerRecordIsLeftAlone(t *testing.T) {
	bubble(t, Config{}, func(j *Journal, store *broken, _ *bytes.Buffer) {
		for _, change := range [][2]string{{`{`, `{"mood":"good",`}, {`"schema":1`, `"schema":2`}, {`"kind"`, `"more":1,"kind"`}} {
			begin(j, "CA1").End(handedOver("desk"))
			pass(time.Second)
			entries, err := store.Get(context.Background(), "CA1")
			if err != nil {
				t.Fatal(err)
			}
			e := entries[len(entries)-1]
			e.Record = bytes.Replace(e.Record, []byte(change[0]), []byte(change[1]), 1)
			if err := store.Put(context.Background(), e); err != nil {
				t.Fatal(err)
			}
			j.Dialled("CA1", Dialled{Target: "desk", Outcome: "busy"})
			pass(time.Second)
			entries, err = store.Get(context.Background(), "CA1")
			if err != nil || !bytes.Equal(entries[len(entries)-1].Record, e.Record) {
				t.Errorf("record = %s, %v; want %s", entries[len(entries)-1].Record, err, e.Record)
			}
		}
		if s := j.Status(); !s.OK || s.Dropped != 0 || s.Waiting != 0 {
			t.Errorf("status = %+v; want all well", s)
		}
	})
}

// TestOutcomesAreBounded tells more of them than may wait, and has a journal closed
// that has some left.
func TestOutcomesAreBounded(t *testing.T) {
	bubble(t, Config{Waiting: 3}, func(j *Journal, store *broken, _ *bytes.Buffer) {
		begin(j, "CA1").End(handedOver("desk"))
		pass(time.Second)
		store.set(errors.New("down"), 0)
		for i := range 6 {
			j.Dialled("CA1", Dialled{Target: fmt.Sprint("t", i), Outcome: "busy"})
		}
		pass(time.Minute)
		if s := j.Status(); s.OK || s.Error != "down" || s.Waiting < 3 || s.Waiting+int(s.Dropped) != 6 {
			t.Errorf("status = %+v; want an error, and each of 6 waiting or dropped, 3 waiting at least", s)
		}
		store.set(nil, 100*time.Millisecond)
		if err := j.Close(context.Background()); err != nil {
			t.Errorf("Close = %v; want all written", err)
		}
		if got := outcomes(t, store, "CA1"); !strings.Contains(got, "t0  busy 0, t1  busy 0, t2  busy 0") {
			t.Errorf("the record has %q; want those that waited", got)
		}
	})
}

func TestOutcomesThatAreLeftAreTold(t *testing.T) {
	bubble(t, Config{}, func(j *Journal, store *broken, _ *bytes.Buffer) {
		begin(j, "CA1").End(handedOver("desk"))
		pass(time.Second)
		store.set(nil, time.Hour)
		j.Dialled("CA1", Dialled{Target: "desk", Outcome: "busy"})
		j.Dialled("CA1", Dialled{Target: "backup", Outcome: "busy"})
		pass(time.Second)
		if s := j.Status(); s.Waiting != 2 {
			t.Errorf("status = %+v; want one on its way, and one behind it", s)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		if err := j.Close(ctx); err == nil || !strings.Contains(err.Error(), "2 were left") {
			t.Errorf("Close = %v; want the 2 that are left", err)
		}
	})
}
