package twilio

import (
	"fmt"
	"testing"
	"time"
)

// TestAdmission tells stories of a door with room for two calls, step by step: c a
// new call, s a stream, x a caller who hangs up, e the end of a stream, r a call
// that comes back, "!" in front of what must be refused, +N seconds that pass.
func TestAdmission(t *testing.T) {
	for name, story := range map[string][]string{
		"room for two":                         {"cA", "sA", "cB", "sB", "!cC", "e", "cC"},
		"a caller being greeted counts":        {"cA", "cB", "!cC"},
		"but not twice":                        {"cA", "sA", "cB", "cB", "sB", "!cC"},
		"nor again when Twilio asks again":     {"cA", "cB", "cA", "cB", "!cC"},
		"until they hang up":                   {"cA", "cB", "xB", "cC", "!cD"},
		"or no stream has come for long":       {"cA", "cB", "!cC", "+31", "!cC", "+2", "cC"},
		"a late stream is let in all the same": {"cA", "+40", "cB", "cC", "sA", "!cD"},
		"calls that come back have a right to": {"cA", "sA", "cB", "sB", "rC", "sC", "!cD", "rD", "sD"},
		"but not to everything":                {"sA", "sB", "sC", "sD", "rE", "!sE", "e", "sE"},
		"streams of another instance's calls":  {"sA", "sB", "!cC", "sC"},
		"nobody new while shutting down":       {"cA", "cB", "sB", "shut", "!cC", "sA", "!sD"},
		"but the same ones may come back":      {"cA", "sA", "rA", "shut", "e", "sA"},
		"not even they in the end":             {"cA", "shut", "close", "!sA"},
	} {
		t.Run(name, func(t *testing.T) {
			a, now := newAdmission(2), testTime
			for i, step := range story {
				want := step[0] != '!'
				if !want {
					step = step[1:]
				}
				if got := takeStep(&a, step, &now); got != want {
					t.Fatalf("step %d of %q: %s = %t, want %t; admission %+v", i+1, story, step, got, want, a)
				}
			}
		})
	}
}

// takeStep takes one step of a story and tells whether it was allowed.
func takeStep(a *admission, step string, now *time.Time) bool {
	const greeting = 2 * time.Second
	switch sid := step[1:]; {
	case step == "shut":
		a.closing = true
	case step == "close":
		a.closed = true
	case step[0] == 'c':
		return a.call(sid, greeting, *now)
	case step[0] == 's':
		return a.stream(sid)
	case step[0] == 'r':
		a.expect(sid, greeting, *now)
	case step[0] == 'x':
		a.forget(sid)
	case step[0] == 'e':
		a.leave()
	default:
		var seconds int
		if _, err := fmt.Sscanf(step, "+%d", &seconds); err != nil {
			panic(err)
		}
		*now = now.Add(time.Duration(seconds) * time.Second)
	}
	return true
}

func TestAdmissionIsLeft(t *testing.T) {
	a := newAdmission(10)
	left := func(want int, after time.Duration, what string) {
		t.Helper()
		if got := a.left(testTime.Add(after)); got != want {
			t.Errorf("%s: %d calls are left after %v, want %d", what, got, after, want)
		}
	}
	left(0, 0, "an empty door")
	a.call("A", 2*time.Second, testTime)
	left(1, 6*time.Second, "a greeting of 2 s")
	left(0, 8*time.Second, "a greeting of 2 s")
	a.call("B", 5*time.Minute, testTime)
	left(2, 6*time.Second, "a long greeting, too")
	left(0, longestGreeting, "a long greeting, too")
	a.stream("A")
	left(2, 6*time.Second, "an open stream and a greeting")
	left(1, time.Hour, "an open stream")
	if got := a.waiting(testTime.Add(time.Hour)); got != 0 {
		t.Errorf("%d are being greeted after an hour, want none", got)
	}
}

// TestAdmissionIsBounded has callers who hang up during the greeting, and calls
// that come back, by the thousand.
func TestAdmissionIsBounded(t *testing.T) {
	a := newAdmission(100)
	for i := range 10_000 {
		a.call(fmt.Sprint("C", i), time.Second, testTime)
		a.expect(fmt.Sprint("R", i), time.Second, testTime)
	}
	if got := len(a.greeted); got > comeBack*a.limit {
		t.Errorf("%d greetings are remembered, want at most %d", got, comeBack*a.limit)
	}
}
