package main

import (
	"testing"
	"time"

	"lexline/internal/call"
	"lexline/internal/histogram"
	"lexline/internal/secret"
)

// aTurn is a turn of 2 s whose answer came, and was heard, as usual.
func aTurn(change func(*call.TurnReport)) call.TurnReport {
	const ms = time.Millisecond
	r := call.TurnReport{
		Number: 1, Kind: call.TurnSpoken, Began: time.Second, Asked: 1100 * ms,
		Ended: 3 * time.Second, Noticed: 3640 * ms, Answered: 4 * time.Second, FirstSent: 4040 * ms, FirstHeard: 4200 * ms,
		Region: "us-east-1", Words: secret.New("roses"),
	}
	if change != nil {
		change(&r)
	}
	return r
}

func TestTurnCounts(t *testing.T) {
	type outcome struct {
		answered, failed, unheeded, falseStarts int64
		noticed, answer, sound, wait            uint64
	}
	for name, tt := range map[string]struct {
		turn call.TurnReport
		want outcome
	}{
		"answered": {aTurn(nil), outcome{answered: 1, noticed: 1, answer: 1, sound: 1, wait: 1}},
		"a cough": {
			aTurn(func(r *call.TurnReport) { r.Words = secret.New("") }),
			outcome{answered: 1, falseStarts: 1, noticed: 1, answer: 1, sound: 1, wait: 1},
		},
		"hung up while talking": {
			aTurn(func(r *call.TurnReport) { r.Noticed, r.Answered, r.FirstSent = 0, 0, 0 }),
			outcome{unheeded: 1},
		},
		"hung up while the bot thinks": {
			aTurn(func(r *call.TurnReport) { r.Answered, r.FirstSent = 0, 0 }),
			outcome{unheeded: 1, noticed: 1},
		},
		"keyed before the answer sounded": {
			aTurn(func(r *call.TurnReport) { r.FirstSent, r.Interrupted = 0, true }),
			outcome{answered: 1, noticed: 1, answer: 1},
		},
		"failed, and heard our apology": {
			aTurn(func(r *call.TurnReport) { r.Answered, r.Failure = 0, call.FailureLate }),
			outcome{failed: 1, noticed: 1},
		},
		"answered, and failed before it sounded": {
			aTurn(func(r *call.TurnReport) { r.Failure = call.FailureLate }),
			outcome{failed: 1, noticed: 1, answer: 1},
		},
		"answered, and cut short": {
			aTurn(func(r *call.TurnReport) { r.Failure = call.FailureCut }),
			outcome{failed: 1, noticed: 1, answer: 1, sound: 1, wait: 1},
		},
		"answered from a region that is not the line's": {
			aTurn(func(r *call.TurnReport) { r.Region = "eu-west-1" }),
			outcome{answered: 1, noticed: 1, sound: 1, wait: 1},
		},
		"nobody said anything": {call.TurnReport{Kind: call.TurnNone}, outcome{}},
	} {
		t.Run(name, func(t *testing.T) {
			c := newTurnCounts([]lineConfig{
				{Name: "flowers", Regions: []placeConfig{{Name: "us-east-1"}, {Name: "us-west-2"}}},
				{Name: "hotel", Regions: []placeConfig{{Name: "us-east-1"}}},
			})
			c.add(call.Info{Line: "flowers"}, tt.turn)
			for _, k := range c.list() {
				want := tt.want
				if k.Line != "flowers" || k.Kind != call.TurnSpoken {
					want = outcome{}
				}
				got := outcome{
					k.Answered, k.Failed, k.Unheeded, k.FalseStarts,
					k.Noticed.Count, k.Answer["us-east-1"].Count + k.Answer["us-west-2"].Count, k.FirstSound.Count, k.Wait.Count,
				}
				if got != want {
					t.Errorf("%s, %s: counted %+v; want %+v", k.Line, k.Kind, got, want)
				}
			}
		})
	}
}

// TestStagesMakeUpTheWait asks of a turn that its three stages are its wait, each
// in the bucket that its length belongs to.
func TestStagesMakeUpTheWait(t *testing.T) {
	c := newTurnCounts([]lineConfig{{Name: "flowers", Regions: []placeConfig{{Name: "us-east-1"}}}})
	c.add(call.Info{Line: "flowers"}, aTurn(nil))
	k := c.list()[0]
	for name, tt := range map[string]struct {
		h    histogram.Snapshot
		want time.Duration
		in   float64 // the bucket's bound
	}{
		"noticed":     {k.Noticed, 640 * time.Millisecond, 0.7},
		"answer":      {k.Answer["us-east-1"], 360 * time.Millisecond, 0.5},
		"first sound": {k.FirstSound, 40 * time.Millisecond, 0.1},
		"wait":        {k.Wait, 1040 * time.Millisecond, 1.5},
	} {
		first := 0
		for tt.h.Buckets[first].Count == 0 {
			first++
		}
		if got := tt.h.Buckets[first].Bound; got != tt.in || tt.h.Sum != tt.want.Seconds() {
			t.Errorf("%s: in the bucket up to %v s with a sum of %v s; want up to %v s, %v", name, got, tt.h.Sum, tt.in, tt.want)
		}
	}
}
