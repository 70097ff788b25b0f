package outbound

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"lexline/internal/twilio"
)

// fate is what a number does.
type fate struct {
	refuse     error // of CreateCall
	status     string
	answeredBy string
	after      time.Duration // until the call is over
	takes      time.Duration // of the request to place it
	unseen     int           // looks that fail; -1: all
}

// carrier is a fake API, on the time of its bubble.
type carrier struct {
	mu     sync.Mutex
	fates  map[string]fate
	began  time.Time
	placed map[string]time.Time // by number; of requests that came
	order  []time.Duration
	asked  int // requests to place a call that are under way
	most   int // of them at a time
	looks  map[string][]time.Duration
}

func newCarrier(fates map[string]fate) *carrier {
	return &carrier{fates: fates, began: time.Now(), placed: map[string]time.Time{}, looks: map[string][]time.Duration{}}
}

func (c *carrier) CreateCall(ctx context.Context, call twilio.NewCall) (twilio.CallResource, error) {
	c.mu.Lock()
	if _, again := c.placed[call.To]; again {
		panic("called twice: " + call.To)
	}
	c.placed[call.To] = time.Now()
	c.order = append(c.order, time.Since(c.began))
	f := c.fates[call.To]
	c.asked++
	c.most = max(c.most, c.asked)
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.asked--
	}()
	select {
	case <-time.After(f.takes):
	case <-ctx.Done():
		return twilio.CallResource{}, ctx.Err()
	}
	if f.refuse != nil {
		return twilio.CallResource{}, f.refuse
	}
	return twilio.CallResource{SID: "CA" + call.To[1:], Status: "queued"}, nil
}

func (c *carrier) Call(ctx context.Context, sid string) (twilio.CallResource, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ctx.Err() != nil {
		return twilio.CallResource{}, ctx.Err()
	}
	number := "+" + sid[2:]
	f := c.fates[number]
	c.looks[number] = append(c.looks[number], time.Since(c.began))
	if f.unseen < 0 || len(c.looks[number]) <= f.unseen {
		return twilio.CallResource{}, errors.New("no answer")
	}
	if time.Since(c.placed[number]) < f.after {
		return twilio.CallResource{SID: sid, Status: "ringing"}, nil
	}
	return twilio.CallResource{SID: sid, Status: f.status, AnsweredBy: f.answeredBy, Duration: f.after}, nil
}

func toNumber(to string) (twilio.NewCall, error) { return twilio.NewCall{To: to}, nil }

// numbered makes n numbers.
func numbered(n int) (numbers []string) {
	for i := range n {
		numbers = append(numbers, fmt.Sprintf("+1555%07d", i))
	}
	return numbers
}

var (
	once         = Rate{1, time.Second}
	notAccepted  = &twilio.RESTError{Status: 400, Code: 21211}
	unauthorized = &twilio.RESTError{Status: 401, Code: 20003}
	errBroken    = errors.New("connection refused")
)

// TestEveryNumberGetsItsResult calls numbers of every kind.
func TestEveryNumberGetsItsResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fates := map[string]fate{
			"+15550000000": {status: "completed", answeredBy: "human", after: 42 * time.Second},
			"+15550000001": {status: "completed", after: 3 * time.Second},
			"+15550000002": {status: "completed", answeredBy: "machine_end_beep", after: 3 * time.Second},
			"+15550000003": {status: "completed", answeredBy: "fax", after: 3 * time.Second},
			"+15550000004": {status: "busy"},
			"+15550000005": {status: "no-answer"},
			"+15550000006": {status: "failed"},
			"+15550000007": {status: "canceled"},
			"+15550000008": {refuse: notAccepted},
			"+15550000009": {status: "completed", unseen: maxBlindLooks - 1},
			"+15550000010": {status: "completed", unseen: -1},
		}
		numbers := numbered(len(fates))
		got, err := campaignOf(t, t.Context(), t.Context(), newCarrier(fates), append(numbers, numbers[0]), once)
		want := map[string]Outcome{
			"+15550000000": Answered, "+15550000001": Answered, "+15550000002": Machine, "+15550000003": Machine, "+15550000004": Busy, "+15550000005": NoAnswer,
			"+15550000006": Failed, "+15550000007": Canceled, "+15550000008": Refused, "+15550000009": Answered, "+15550000010": Unknown,
		}
		if diff := cmp.Diff(want, outcomes(got)); diff != "" || err != nil {
			t.Errorf("error %v, outcomes (-want +got):\n%s", err, diff)
		}
		var sum Summary
		for _, r := range got {
			sum.Add(r)
		}
		wantSum := Summary{Numbers: 11, Placed: 10, Of: map[Outcome]int{Answered: 3, Machine: 2, Busy: 1, NoAnswer: 1, Failed: 1, Canceled: 1, Refused: 1, Unknown: 1}}
		if diff := cmp.Diff(wantSum, sum); diff != "" {
			t.Errorf("summary (-want +got):\n%s", diff)
		}
		human := Result{Number: numbers[0], Outcome: Answered, SID: "CA15550000000", AnsweredBy: "human", Talked: 42 * time.Second}
		if diff := cmp.Diff(human, got[slices.IndexFunc(got, func(r Result) bool { return r.Number == numbers[0] })], cmpopts.EquateErrors()); diff != "" {
			t.Errorf("the first number's result (-want +got):\n%s", diff)
		}
	})
}

// campaignOf runs one, in which every number gets one result.
func campaignOf(t *testing.T, ctx, watch context.Context, api API, numbers []string, rate Rate) (results []Result, err error) {
	t.Helper()
	err = Run(ctx, watch, Config{API: api, Numbers: numbers, Call: toNumber, Rate: rate, Report: func(r Result) { results = append(results, r) }})
	if len(outcomes(results)) != len(results) || len(results) != len(Unique(numbers)) {
		t.Fatalf("%d numbers got %d results, %d different ones", len(Unique(numbers)), len(results), len(outcomes(results)))
	}
	return results, err
}

func outcomes(results []Result) map[string]Outcome {
	of := map[string]Outcome{}
	for _, r := range results {
		of[r.Number] = r.Outcome
	}
	return of
}

// TestRateIsKept places calls at rates, however long each request takes.
func TestRateIsKept(t *testing.T) {
	for _, test := range []struct {
		rate  Rate
		takes time.Duration
		every time.Duration
	}{
		{once, 0, time.Second},
		{once, 4 * time.Second, time.Second},
		{Rate{30, time.Minute}, time.Millisecond, 2 * time.Second},
		{Rate{20, time.Second}, 400 * time.Millisecond, 50 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			fates := map[string]fate{}
			for _, number := range numbered(40) {
				fates[number] = fate{status: "busy", takes: test.takes}
			}
			c := newCarrier(fates)
			if _, err := campaignOf(t, t.Context(), t.Context(), c, numbered(40), test.rate); err != nil {
				t.Fatal(err)
			}
			for i, at := range c.order {
				if want := time.Duration(i) * test.every; at != want {
					t.Fatalf("at %v, each request taking %v, call %d was placed after %v, want %v", test.rate, test.takes, i+1, at, want)
				}
			}
		})
	}
}

// TestSlowCarrierIsNotSwamped wants 20 calls a second of a carrier that needs 3 s to
// take one.
func TestSlowCarrierIsNotSwamped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fates := map[string]fate{}
		for _, number := range numbered(60) {
			fates[number] = fate{status: "busy", takes: 3 * time.Second}
		}
		c := newCarrier(fates)
		if _, err := campaignOf(t, t.Context(), t.Context(), c, numbered(60), Rate{20, time.Second}); err != nil || c.most != placesAtOnce {
			t.Errorf("error %v, up to %d requests at a time, want %d", err, c.most, placesAtOnce)
		}
	})
}

// TestLooksAreFew has 200 calls go on for a while: they are looked at in turns, and not
// more often than an account can bear.
func TestLooksAreFew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fates := map[string]fate{}
		for _, number := range numbered(200) {
			fates[number] = fate{status: "completed", after: 5 * time.Minute}
		}
		c := newCarrier(fates)
		if _, err := campaignOf(t, t.Context(), t.Context(), c, numbered(200), Rate{50, time.Second}); err != nil {
			t.Fatal(err)
		}
		total, least, most := 0, 1000, 0
		for _, looks := range c.looks {
			total, least, most = total+len(looks), min(least, len(looks)), max(most, len(looks))
		}
		spent := time.Since(c.began)
		if total > int(spent.Seconds())*looksASecond+looksASecond || most-least > 2 || spent > 7*time.Minute {
			t.Errorf("%d looks in %v, from %d to %d at a call; want at most %d a second, evenly, and an end soon after 5m", total, spent, least, most, looksASecond)
		}
	})
}

// TestPlacingStops meets failures that every number would meet.
func TestPlacingStops(t *testing.T) {
	for _, test := range []struct {
		name   string
		refuse error
		tried  int // of ten numbers; that many fail
	}{
		{"wrong credentials", fmt.Errorf("place call: %w", unauthorized), 1},
		{"the caller's number is not ours", &twilio.RESTError{Status: 400, Code: 21210}, 1},
		{"no connection", errBroken, maxMisses},
		{"Twilio fails", &twilio.RESTError{Status: 503}, maxMisses},
		{"Twilio is overloaded", &twilio.RESTError{Status: 429, Code: 20429}, maxMisses},
		{"no such account, or not in this region", &twilio.RESTError{Status: 404, Code: 20404}, maxMisses},
		{"a proxy's page", &twilio.RESTError{Status: 403}, maxMisses},
		{"a server that sends elsewhere", &twilio.RESTError{Status: 302}, maxMisses},
		{"wrong numbers", notAccepted, 10},
	} {
		synctest.Test(t, func(t *testing.T) {
			fates := map[string]fate{"+15550000000": {status: "completed", after: time.Minute}}
			for _, number := range numbered(11)[1:] {
				fates[number] = fate{refuse: test.refuse}
			}
			c := newCarrier(fates)
			got, err := campaignOf(t, t.Context(), t.Context(), c, numbered(11), once)
			if stopped := test.tried < 10; (err != nil) != stopped || len(c.order) != 1+test.tried {
				t.Errorf("%s: error %v after %d failures, want one: %v, after %d", test.name, err, len(c.order)-1, stopped, test.tried)
			}
			of := outcomes(got)
			if of["+15550000000"] != Answered || of["+15550000001"] != Refused || test.tried < 10 && of["+15550000010"] != NotTried {
				t.Errorf("%s: outcomes %v; want the first answered and watched to its end, others refused or not tried", test.name, of)
			}
		})
	}
}

// TestFailuresNowAndThenStopNothing has every fifth call fail.
func TestFailuresNowAndThenStopNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fates := map[string]fate{}
		for i, number := range numbered(50) {
			fates[number] = fate{status: "busy"}
			if i%5 > 0 {
				fates[number] = fate{refuse: errBroken}
			}
		}
		if _, err := campaignOf(t, t.Context(), t.Context(), newCarrier(fates), numbered(50), once); err != nil {
			t.Errorf("placing was stopped: %v", err)
		}
	})
}

// TestStopping ends a campaign of ten calls, of 30 s each, after 3.5 s, and watches on,
// or not.
func TestStopping(t *testing.T) {
	for _, test := range []struct {
		name  string
		hurry time.Duration // 0: none
		want  Outcome       // of the calls that were placed
		took  time.Duration
	}{
		{"once", 0, Answered, 35 * time.Second},
		{"twice", 5 * time.Second, Unknown, 5 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			fates := map[string]fate{}
			for _, number := range numbered(10) {
				fates[number] = fate{status: "completed", after: 30 * time.Second}
			}
			c := newCarrier(fates)
			why := errors.New("Ctrl-C")
			ctx, stop := context.WithCancelCause(t.Context())
			watch, hurry := context.WithCancel(t.Context())
			defer hurry()
			time.AfterFunc(3500*time.Millisecond, func() { stop(why) })
			if test.hurry > 0 {
				time.AfterFunc(test.hurry, hurry)
			}
			got, err := campaignOf(t, ctx, watch, c, numbered(10), once)
			var sum Summary
			for _, r := range got {
				sum.Add(r)
			}
			if !errors.Is(err, why) || sum.Placed != 4 || sum.Of[test.want] != 4 || sum.Of[NotTried] != 6 {
				t.Errorf("%s: error %v, summary %+v; want Ctrl-C, 4 placed and %s, 6 not tried", test.name, err, sum, test.want)
			}
			if took := time.Since(c.began); took > test.took {
				t.Errorf("%s: took %v, want %v at most", test.name, took, test.took)
			}
		})
	}
}

// silence is a transport to a Twilio that takes requests and never answers.
type silence struct{}

func (silence) RoundTrip(r *http.Request) (*http.Response, error) {
	httptrace.ContextClientTrace(r.Context()).GotConn(httptrace.GotConnInfo{})
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// TestDoubtIsTold has Twilio's real client wait for an answer to a call, till its time
// is over or somebody stops the campaign: nobody knows then whether there is a call.
func TestDoubtIsTold(t *testing.T) {
	for _, patience := range []time.Duration{time.Second, time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			api, err := twilio.NewREST(twilio.RESTConfig{AccountSID: "AC1", AuthToken: "x", Transport: silence{}})
			if err != nil {
				t.Fatal(err)
			}
			watch, hurry := context.WithCancel(t.Context())
			defer time.AfterFunc(patience, hurry).Stop()
			var got []Result
			_ = Run(t.Context(), watch, Config{
				API: api, Numbers: numbered(1), Rate: once, Report: func(r Result) { got = append(got, r) },
				Call: func(to string) (twilio.NewCall, error) { return twilio.NewCall{To: to, From: "f", URL: "u"}, nil },
			})
			if len(got) != 1 || got[0].Outcome != Uncertain || got[0].Placed() {
				t.Errorf("with %v of patience: results %+v, want one that is uncertain", patience, got)
			}
		})
	}
}

// TestAnyCampaignEnds draws campaigns at random: every number gets one result, and no
// number is called twice, which the carrier would panic at.
func TestAnyCampaignEnds(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for range 300 {
		synctest.Test(t, func(t *testing.T) {
			numbers, fates := numbered(1+random.IntN(40)), map[string]fate{}
			for _, number := range numbers {
				f := fate{
					status: []string{"completed", "busy", "no-answer", "failed", "canceled"}[random.IntN(5)],
					after:  time.Duration(random.IntN(60)) * time.Second, takes: time.Duration(random.IntN(3000)) * time.Millisecond, unseen: random.IntN(12) - 1,
				}
				if random.IntN(4) == 0 {
					f.refuse = []error{notAccepted, errBroken, errBroken, unauthorized}[random.IntN(4)]
				}
				fates[number] = f
			}
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			watch, hurry := context.WithCancel(t.Context())
			defer hurry()
			if random.IntN(3) == 0 {
				time.AfterFunc(time.Duration(random.IntN(20_000))*time.Millisecond, stop)
			}
			if random.IntN(6) == 0 {
				time.AfterFunc(time.Duration(random.IntN(40_000))*time.Millisecond, hurry)
			}
			_, _ = campaignOf(t, ctx, watch, newCarrier(fates), numbers, Rate{1 + 9*random.Float64(), time.Second})
		})
	}
}

func TestProgressIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fates := map[string]fate{}
		for _, number := range numbered(10) {
			fates[number] = fate{status: "completed", after: 12 * time.Second}
		}
		var seen []Progress
		err := Run(t.Context(), t.Context(), Config{
			API: newCarrier(fates), Numbers: numbered(10), Call: toNumber, Rate: Rate{2, time.Second},
			Progress: func(p Progress) { seen = append(seen, p) },
		})
		if err != nil || len(seen) < 2 || seen[0].Numbers != 10 || seen[0].Waiting+seen[0].Live != 10 || seen[1] != (Progress{10, 0, 10, 0}) {
			t.Errorf("error %v, progress %+v; want all calls live after 10 s", err, seen)
		}
	})
}

func TestNobodyToCall(t *testing.T) {
	if err := Run(t.Context(), t.Context(), Config{}); !errors.Is(err, errNoNumbers) {
		t.Errorf("error %v, want %v", err, errNoNumbers)
	}
}
