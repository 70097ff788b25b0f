package twilio

import (
	"math/rand/v2"
	"testing"
	"time"
)

func TestAttemptIsRepeated(t *testing.T) {
	for _, test := range []struct {
		name                  string
		how                   attempt
		update, create, doubt bool // repeated if repeatable, repeated if not, uncertain
	}{
		{"throttled", attempt{status: 429, sent: true}, true, true, false},
		{"no connection", attempt{}, true, true, false},
		{"no connection in time", attempt{late: true}, true, true, false},
		{"connection broke", attempt{sent: true}, true, false, true},
		{"no answer in time", attempt{sent: true, late: true}, true, false, true},
		{"500", attempt{status: 500, sent: true}, true, false, true},
		{"503, perhaps of a proxy whose server did it", attempt{status: 503, sent: true}, true, false, true},
		{"refused", attempt{status: 400, sent: true}, false, false, false},
		{"not found", attempt{status: 404, sent: true}, false, false, false},
		{"redirected", attempt{status: 302, sent: true}, false, false, false},
		{"done, but unreadable", attempt{status: 201, sent: true, unread: true}, false, false, true},
		{"caller has no more patience", attempt{status: 429, sent: true, ended: true}, false, false, false},
	} {
		if got := test.how.canRepeat(true); got != test.update {
			t.Errorf("%s: what may be done twice is repeated: %v, want %v", test.name, got, test.update)
		}
		if got := test.how.canRepeat(false); got != test.create {
			t.Errorf("%s: what must be done once is repeated: %v, want %v", test.name, got, test.create)
		}
		if got := test.how.isUncertain(); got != test.doubt {
			t.Errorf("%s: uncertain %v, want %v", test.name, got, test.doubt)
		}
	}
}

func TestWaitBeforeRepeating(t *testing.T) {
	for _, test := range []struct {
		n           int
		retryAfter  time.Duration
		least, most time.Duration
	}{
		{1, 0, 100 * time.Millisecond, 200 * time.Millisecond},
		{2, 0, 200 * time.Millisecond, 400 * time.Millisecond},
		{3, 0, 400 * time.Millisecond, 800 * time.Millisecond},
		{5, 0, time.Second, 2 * time.Second},
		{9, 0, time.Second, 2 * time.Second},
		{1, time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond},
		{1, 3 * time.Second, 3 * time.Second, 3 * time.Second},
		{1, time.Hour, mostRetryAfter, mostRetryAfter},
	} {
		how := attempt{status: 429, retryAfter: test.retryAfter}
		least, most := how.wait(test.n, 0), how.wait(test.n, 1)
		if least != test.least || most != test.most {
			t.Errorf("wait after attempt %d, Retry-After %v: from %v to %v, want from %v to %v",
				test.n, test.retryAfter, least, most, test.least, test.most)
		}
	}
}

func TestRetryAfterHeader(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"": 0, "0": 0, "7": 7 * time.Second, "-7": 0, "soon": 0, "1.5": 0, "99999999999999999999": 0,
		"Sun, 29 Nov 2026 12:00:30 GMT": 30 * time.Second,
		"Sun, 29 Nov 2026 11:59:30 GMT": 0,
	} {
		if got := retryAfter(header, now); got != want {
			t.Errorf("Retry-After %q: %v, want %v", header, got, want)
		}
	}
}

func TestBudgetOfRepetitions(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	budget := newRetryBudget()
	for i := range budgetSize {
		if !budget.take(now) {
			t.Fatalf("repetition %d of a full budget of %d is refused", i+1, budgetSize)
		}
	}
	for _, step := range []struct {
		name string
		at   time.Duration
		want bool
	}{
		{"used up", 0, false},
		{"half filled", budgetRefill / 2, false},
		{"one is back", budgetRefill, true},
		{"and spent", budgetRefill, false},
		{"the clock was set back", -time.Hour, false},
		{"and runs on", -time.Hour + budgetRefill/2, false},
		{"so that one is back", -time.Hour + budgetRefill, true},
	} {
		if got := budget.take(now.Add(step.at)); got != step.want {
			t.Fatalf("%s: granted %v, want %v", step.name, got, step.want)
		}
	}
}

// TestBudgetBoundsAnOutage has 100 requests a second fail for ten minutes, each of
// them asking for three repetitions.
func TestBudgetBoundsAnOutage(t *testing.T) {
	now, budget, granted := time.Unix(0, 0), newRetryBudget(), 0
	random := rand.New(rand.NewPCG(1, 2))
	for range 60_000 {
		now = now.Add(time.Duration(random.IntN(20_001)) * time.Microsecond)
		for range maxAttempts - 1 {
			if budget.take(now) {
				granted++
			}
		}
	}
	if least, most := 280, budgetSize+300+5; granted < least || granted > most {
		t.Errorf("60,000 failing requests in 10 min were repeated %d times, want about 310: the budget and one every %v", granted, budgetRefill)
	}
}
