package region

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	east = "us-east-1"
	west = "us-west-2"
)

// seconds makes a time of a number of seconds.
func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// script tells a judge of events in east by short words, one a second from
// second 10 on: good, slow, lost, soft, hard, load, ours, bot, abandoned for
// turns, and with "cheap-" or "deep-" before good, soft, hard, load or ours for
// probes. A word in brackets is said of west, and "5m" lets time pass.
func script(t *testing.T, j *Judge, words string) (now time.Duration) {
	t.Helper()
	now = j.now
	if now == 0 {
		now = seconds(10)
	}
	for i, word := range strings.Fields(words) {
		if pause, err := time.ParseDuration(word); err == nil {
			now += pause
			j.Step(now, Event{Kind: Tick})
			continue
		}
		now += time.Second
		e := Event{Kind: Outcome, Region: east, Began: now - 400*time.Millisecond, Took: 400 * time.Millisecond, Turn: uint64(now) + uint64(i)}
		if inner, ok := strings.CutPrefix(word, "("); ok {
			e.Region, word = west, strings.TrimSuffix(inner, ")")
		}
		if rest, ok := strings.CutPrefix(word, "cheap-"); ok {
			e.Kind, word = Probed, rest
		}
		if rest, ok := strings.CutPrefix(word, "deep-"); ok {
			e.Kind, e.Deep, word = Probed, true, rest
		}
		switch word {
		case "good":
		case "slow":
			e.Began, e.Took = now-3*time.Second, 3*time.Second
		case "lost":
			e.Kind = LostRace
		default:
			e.Class = Class(word)
		}
		j.Step(now, e)
	}
	return now
}

// alone makes settings under which no probe counts that a test does not answer.
func alone(b Broken) Settings {
	return Settings{Regions: []string{east, west}, ProbeLost: 1000 * time.Hour, Broken: b}
}

// times repeats words.
func times(n int, words string) string { return strings.Repeat(words+" ", n) }

func TestVerdicts(t *testing.T) {
	for _, c := range []struct {
		name   string
		events string
		want   State
		why    string // is in the reason
	}{
		{"nothing yet", "", Healthy, "nothing"},
		{"one failure", "good soft", Healthy, ""},
		{"two in a row", "good soft soft", Suspect, "2 turns in a row failed (soft), the last after 0.4 s"},
		{"two, and a good one", "soft soft good", Healthy, ""},
		{"four in a row", times(4, "soft"), Suspect, "4 turns"},
		{"five in a row", times(5, "soft"), Down, "5 turns in a row failed (soft), the last after 0.4 s"},
		{"five, but not in a row", times(3, "soft") + "good " + times(2, "soft"), Suspect, ""},
		{"a slow answer does not end a row", times(20, "good") + times(4, "soft") + "slow soft", Down, "5 turns in a row"},
		{"five in a row over minutes", times(5, "soft 50s"), Down, "5 turns in a row"},
		{"five in a row over a day", times(5, "soft 10m"), Healthy, ""},
		{"two in a row, long ago", "soft soft 29s", Suspect, ""},
		{"two in a row, longer ago", "soft soft 31s", Healthy, ""},
		{"two lost races", "lost lost", Suspect, "2 turns in a row were overtaken"},
		{"nine lost races", times(9, "lost"), Suspect, ""},
		{"ten lost races", times(10, "lost"), Down, "10 turns in a row were overtaken by their second attempt"},
		{"lost races and failures", times(3, "soft") + times(4, "lost"), Down, "3 turns in a row failed and 4 were overtaken"},
		{"six of ten", "good good " + times(3, "soft soft good"), Down, "6 of the last 10 turns failed"},
		{"five of ten", "good good good soft soft good soft soft good soft", Suspect, "5.0 of the last 10"},
		{"a quarter of ten", "good good good soft good good soft good good lost good good good", Suspect, "2.5 of the last 10"},
		{"a fifth of ten", "good good good soft good good soft good good good good good good", Healthy, ""},
		{"slow answers count half", times(20, "good") + times(5, "slow good"), Suspect, "2.5 of the last 10"},
		{"refused once", "good hard", Suspect, "a turn failed (hard)"},
		{"refused twice", "hard hard", Down, "2 attempts were refused"},
		{"refused twice, a good answer between", "hard good hard", Suspect, ""},
		{"refused by a turn and by a probe", "hard deep-hard", Down, "2 attempts were refused"},
		{"refused by two probes", "deep-hard cheap-hard", Down, "2 attempts were refused"},
		{"refused by two probes, a good one between", "deep-hard deep-good deep-hard", Suspect, ""},
		{"a probe failed", "deep-soft", Suspect, "a probe failed (soft)"},
		{"a probe failed, the next did not", "deep-soft deep-good", Healthy, ""},
		{"a cheap probe does not make good for a deep one", "deep-soft cheap-good", Suspect, ""},
		{"three probes failed", "deep-soft cheap-soft deep-soft", Down, "3 probes in a row failed (soft)"},
		{"three probes failed, cheap ones good between", "deep-soft cheap-good deep-soft cheap-good deep-soft", Down, "3 probes"},
		{"three probes failed, callers were answered", "deep-soft deep-soft good deep-soft", Suspect, ""},
		{"probes do not prove that speech works", "soft soft deep-good soft deep-good soft cheap-good soft", Down, "5 turns in a row"},
		{"failed probes join callers' failures", "soft soft soft deep-soft deep-soft", Down, "3 turns in a row failed (soft), the last after 0.4 s, and 2 probes as well"},
		{"and not the ones before a good one", "soft soft soft deep-soft deep-good deep-soft", Suspect, ""},
		{"good probes end suspicion", "soft soft " + times(5, "deep-good"), Healthy, "nothing speaks"},
		{"until the next failure", "soft soft " + times(5, "deep-good") + "soft", Suspect, "3 turns in a row"},
		{"throttled", times(20, "load"), Healthy, ""},
		{"our own fault", times(20, "ours"), Healthy, ""},
		{"the bot's parts", times(20, "bot"), Healthy, ""},
		{"nobody waited", times(20, "abandoned"), Healthy, ""},
		{"probes throttled or our own fault", times(10, "deep-load deep-ours"), Healthy, ""},
		{"what blames nobody does not end a row", times(4, "soft load bot ours") + "soft", Down, "5 turns in a row"},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := NewJudge(alone(Broken{}))
			script(t, j, c.events)
			got := j.Verdicts()[0]
			if got.State != c.want || !strings.Contains(got.Why, c.why) {
				t.Errorf("after %q: %s is %s (%s), want %s (%s)", c.events, east, got.State, got.Why, c.want, c.why)
			}
			wantActive := east
			if c.want == Down {
				wantActive = west
			}
			if got := j.Active(); got != wantActive {
				t.Errorf("after %q: active is %s, want %s", c.events, got, wantActive)
			}
			if down, ejected := c.want == Down, j.View(j.now).Regions[0].Ejected; down != ejected {
				t.Errorf("after %q: ejected is %t, want %t", c.events, ejected, down)
			}
		})
	}
}

// TestPoison has utterances fail wherever they are sent.
func TestPoison(t *testing.T) {
	j := NewJudge(alone(Broken{}))
	fail := func(now float64, region string, class Class, turn uint64) {
		at := seconds(now)
		j.Step(at, Event{Kind: Outcome, Region: region, Class: class, Began: at - time.Second, Turn: turn})
	}
	for turn := range uint64(20) {
		at := 10 + float64(turn)
		fail(at, east, Soft, 1+turn)
		fail(at+0.2, west, Soft, 1+turn)
		fail(at+0.4, east, Soft, 1+turn)
	}
	for _, v := range j.Verdicts() {
		if v.State != Healthy {
			t.Errorf("after 20 utterances that failed in both regions %s is %s (%s), want %s", v.Region, v.State, v.Why, Healthy)
		}
	}
	for turn := range uint64(5) {
		at := 40 + float64(turn)*12
		fail(at, east, Soft, 100+turn)
		fail(at+11, west, Soft, 100+turn) // too late to be the utterance's fault
		j.Step(seconds(at+11.5), Event{Kind: Outcome, Region: west, Began: seconds(at + 11.2), Took: time.Millisecond})
	}
	if got := j.Verdicts()[0].State; got != Down {
		t.Errorf("after 5 failures that followed no utterance %s is %s, want %s", east, got, Down)
	}
	j = NewJudge(alone(Broken{}))
	for attempt := range 8 {
		fail(10+float64(attempt), east, Soft, 1)
	}
	if got := j.Verdicts()[0].State; got != Healthy {
		t.Errorf("after one utterance that failed 8 times in one region %s is %s, want %s: it is the utterance", east, got, Healthy)
	}
	j = NewJudge(alone(Broken{}))
	for turn := range uint64(2) {
		fail(10+float64(turn), west, Soft, 1+turn)
		fail(10.5+float64(turn), east, Hard, 1+turn)
	}
	if got := j.Verdicts()[0].State; got != Down {
		t.Errorf("refused for good twice, by utterances that had failed elsewhere: %s is %s, want %s", east, got, Down)
	}
	j = NewJudge(alone(Broken{}))
	for turn := range uint64(3) {
		fail(10+float64(turn), west, Hard, 1+turn)
		fail(10.5+float64(turn), east, Hard, 1+turn)
	}
	for _, v := range j.Verdicts() {
		if v.State == Down {
			t.Errorf("3 utterances refused for good in both regions: %s is %s, want it not to be", v.Region, v.State)
		}
	}
}

// An answer that breaks off was none: a region in which all do is taken out,
// though each of them began well.
func TestAnswersThatBreakOff(t *testing.T) {
	j := NewJudge(alone(Broken{}))
	for turn := range uint64(5) {
		at := seconds(10 + float64(turn))
		j.Step(at, Event{Kind: Outcome, Region: east, Began: at - seconds(0.5), Took: seconds(0.4), Turn: 1 + turn})
		j.Step(at+seconds(0.1), Event{Kind: Outcome, Region: east, Class: Soft, Began: at - seconds(0.5), Turn: 1 + turn})
	}
	if got := j.Verdicts()[0].State; got != Down {
		t.Errorf("after 5 answers that broke off %s is %s, want %s", east, got, Down)
	}
}

// Slowness alone takes a region out, where nobody hedges.
func TestSlowAnswersAlone(t *testing.T) {
	j := NewJudge(alone(Broken{}))
	answer := func(at, took float64) {
		j.Step(seconds(at), Event{Kind: Outcome, Region: east, Began: seconds(at - took), Took: seconds(took)})
	}
	for n := range 50 {
		answer(float64(n), 0.4)
	}
	for n := range 8 {
		answer(50+float64(n), 2.6)
	}
	if got := j.Verdicts()[0].State; got == Down {
		t.Errorf("after 8 slow answers of 10 %s is %s, want it not to be", east, got)
	}
	answer(58, 2.6)
	if got := j.Verdicts()[0].State; got != Down {
		t.Errorf("after 9 slow answers of 10 %s is %s, want %s", east, got, Down)
	}
}

// TestLateFailures has attempts from before the region was taken out fail after
// it, and after it came back.
func TestLateFailures(t *testing.T) {
	for _, c := range []struct {
		name     string
		broken   Broken
		hold     time.Duration
		relapses int
		state    State
	}{
		{"they are of no account", Broken{}, time.Minute, 0, Recovering},
		{"rule broken", Broken{LateFailuresRelapse: true}, 10 * time.Minute, 10, Down},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := NewJudge(alone(c.broken))
			now := script(t, j, times(5, "soft"))
			late := func() {
				for i := range uint64(10) {
					now += 10 * time.Millisecond
					j.Step(now, Event{Kind: Outcome, Region: east, Class: Soft, Began: seconds(14), Turn: 900 + i})
				}
			}
			late()
			if got := j.Verdicts()[0]; got.Hold != c.hold || got.Relapses != c.relapses {
				t.Errorf("10 late failures: hold %s after %d relapses, want %s after %d", got.Hold, got.Relapses, c.hold, c.relapses)
			}
			script(t, j, times(6, "deep-good 10s")+"deep-good")
			now = j.now
			late()
			if got := j.Verdicts()[0]; got.State != c.state {
				t.Errorf("after the hold and 10 late failures: %s (%s), want %s", got.State, got.Why, c.state)
			}
		})
	}
}

// TestHold follows a region that is down.
func TestHold(t *testing.T) {
	fall := times(5, "soft")
	row := times(6, "deep-good 10s") + "deep-good "
	for _, c := range []struct {
		name     string
		events   string
		broken   Broken
		want     State
		hold     time.Duration // that it has or, if it is not down, would have
		relapses int
	}{
		{name: "just down", events: fall, want: Down, hold: time.Minute},
		{name: "never tried by callers", events: fall + "10m", want: Down, hold: time.Minute},
		{name: "cheap probes prove nothing", events: fall + times(20, "cheap-good 10s"), want: Down, hold: time.Minute},
		{name: "good answers to callers bring nothing back", events: fall + times(20, "good 10s"), want: Down, hold: time.Minute},
		{name: "too few", events: fall + "deep-good 61s deep-good deep-good deep-good", want: Down, hold: time.Minute},
		{name: "enough but too soon", events: fall + times(20, "deep-good"), want: Down, hold: time.Minute},
		{name: "back", events: fall + row, want: Recovering, hold: time.Minute},
		{name: "back and well", events: fall + row + "41s", want: Healthy, hold: time.Minute},
		{name: "failed before it was ever good", events: fall + "deep-soft deep-soft deep-soft", want: Down, hold: time.Minute},
		{name: "fell during the hold", events: fall + "deep-good deep-soft", want: Down, hold: 2 * time.Minute, relapses: 1},
		{name: "the row begins anew", events: fall + "deep-good deep-soft " + row, want: Down, hold: 2 * time.Minute, relapses: 1},
		{name: "refused for load during the hold", events: fall + "deep-good deep-load " + row, want: Recovering, hold: time.Minute},
		{name: "fell soon after", events: fall + row + fall, want: Down, hold: 2 * time.Minute, relapses: 1},
		{name: "fell long after", events: fall + row + "16m " + fall, want: Down, hold: time.Minute},
		{name: "fell again and again", events: fall + times(9, "deep-good deep-soft"), want: Down, hold: 10 * time.Minute, relapses: 9},
		{name: "rule broken: hold never doubles", events: fall + times(9, "deep-good deep-soft"), broken: Broken{HoldNeverDoubles: true}, want: Down, hold: time.Minute, relapses: 9},
		{name: "rule broken: callers try it", events: fall + "61s", broken: Broken{LiveHalfOpen: true}, want: Recovering, hold: time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := NewJudge(alone(c.broken))
			script(t, j, c.events)
			got := j.Verdicts()[0]
			if hold := j.regions[0].hold; got.State != c.want || hold != c.hold || got.Relapses != c.relapses {
				t.Errorf("after %q: %s, hold %s, %d relapses (%s); want %s, %s, %d", c.events, got.State, hold, got.Relapses, got.Why, c.want, c.hold, c.relapses)
			}
		})
	}
}

func TestThrottled(t *testing.T) {
	j := NewJudge(alone(Broken{}))
	now := script(t, j, "load")
	for _, c := range []struct {
		after time.Duration
		want  bool
	}{{0, true}, {9 * time.Second, true}, {11 * time.Second, false}} {
		j.Step(now+c.after, Event{Kind: Tick})
		if got := j.View(now + c.after).Regions[0].Throttled; got != c.want {
			t.Errorf("%s after a refusal for load: throttled is %t, want %t", c.after, got, c.want)
		}
	}
	j = NewJudge(alone(Broken{ThrottleEjects: true}))
	script(t, j, times(5, "load"))
	if got := j.Verdicts()[0].State; got != Down {
		t.Errorf("rule broken, 5 refusals for load: %s, want %s", got, Down)
	}
}

func TestSlow(t *testing.T) {
	j := NewJudge(alone(Broken{}))
	script(t, j, times(19, "good"))
	if got := j.View(j.now).Regions[0].Slow; got != 0 {
		t.Errorf("after 19 answers the slow ones take %s, want 0: too few to know", got)
	}
	script(t, j, times(19, "good")+times(2, "slow"))
	if got := j.View(j.now).Regions[0].Slow; got != 400*time.Millisecond {
		t.Errorf("38 answers of 0.4 s and 2 of 3 s: 95 of 100 are within %s, want 0.4 s", got)
	}
	script(t, j, times(2, "slow"))
	if got := j.View(j.now).Regions[0].Slow; got != 3*time.Second {
		t.Errorf("38 answers of 0.4 s and 4 of 3 s: 95 of 100 are within %s, want 3 s", got)
	}
}

// TestLatenciesForget compares the percentiles with those of a sorted copy.
func TestLatenciesForget(t *testing.T) {
	var l latencies
	for i := range 1000 {
		l.add(time.Duration(i*7919%1009) * time.Millisecond)
	}
	if n := len(l.bySize); n != latencyWindow {
		t.Fatalf("after 1000 answers %d are kept, want %d", n, latencyWindow)
	}
	var want []time.Duration
	for i := 1000 - latencyWindow; i < 1000; i++ {
		want = append(want, time.Duration(i*7919%1009)*time.Millisecond)
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, l.bySize); diff != "" {
		t.Errorf("the latest %d answers by size (-want +got):\n%s", latencyWindow, diff)
	}
}

// TestActions shows what is said when the home region is taken out and comes back.
func TestActions(t *testing.T) {
	j := NewJudge(alone(Broken{}))
	var got []string
	for range 5 {
		now := j.now + 10*time.Second
		for _, a := range j.Step(now, Event{Kind: Outcome, Region: east, Class: Soft, Began: now - 3*time.Second}) {
			if a.Kind != Probe {
				got = append(got, fmt.Sprintf("%s %s: %s > %s: %s", a.Kind, a.Region, a.From, a.To, a.Why))
			}
		}
	}
	want := []string{
		"region changed us-east-1: healthy > suspect: 2 turns in a row failed (soft), the last after 3.0 s",
		"region changed us-east-1: suspect > down: 5 turns in a row failed (soft), the last after 3.0 s",
		"active region moved us-west-2: us-east-1 > us-west-2: 5 turns in a row failed (soft), the last after 3.0 s",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("5 failures (-want +got):\n%s", diff)
	}
}
