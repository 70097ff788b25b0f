package simulate

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sample is how many schedules a test run plays; `make simulate` plays a million.
const sample = 2000

func TestSchedules(t *testing.T) {
	const parts = 4
	for part := range uint64(parts) {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			for seed := part + 1; seed <= sample; seed += parts {
				result := Run(seed, Options{})
				if len(result.Violations) > 0 {
					t.Fatalf("seed %d (%s): %v; see it all with make simulate ARGS=\"-replay %d\"",
						seed, result.Shape, result.Violations[0], seed)
				}
			}
		})
	}
}

// TestBrokenRules is what makes the test above worth something.
func TestBrokenRules(t *testing.T) {
	wants := map[string]string{ // by which of the oracle's rules
		"hold-never-doubles":    "hold",
		"last-attempt-ejected":  "ejected",
		"late-failures-relapse": "relapse",
		"stale-write-wins":      "version",
		"hedge-committing":      "commit",
		"probe-by-text":         "alarm",
		"no-panic":              "floor",
		"throttle-ejects":       "alarm",
		"replay-without-state":  "slots",
		"accept-lower-turn":     "stale",
		"live-half-open":        "hold",
		"pin-ignored":           "pin",
		"new-key-on-repeat":     "orders",
	}
	if got := len(Rules()); got != len(wants) {
		t.Fatalf("there are %d rules to break; want %d", got, len(wants))
	}
	for _, rule := range Rules() {
		t.Run(rule.Name, func(t *testing.T) {
			t.Parallel()
			const enough = 30
			for seed := range uint64(enough) {
				for _, v := range rule.Run(seed+1, true, Options{}).Violations {
					if v.Rule == wants[rule.Name] {
						return
					}
				}
			}
			t.Errorf("%s: %d schedules made for it without a violation of %q", rule.Says, enough, wants[rule.Name])
		})
	}
}

// TestDirectedSchedules plays the schedules of the test above with nothing broken.
func TestDirectedSchedules(t *testing.T) {
	for _, rule := range Rules() {
		rule.broken, rule.newKey = Options{}.broken, false
		for seed := range uint64(4) {
			if result := rule.Run(seed+1, true, Options{}); len(result.Violations) > 0 {
				t.Errorf("%s, seed %d, with nothing broken: %v", rule.Name, seed+1, result.Violations[0])
			}
		}
	}
}

func TestReplayIsTheSameToTheBit(t *testing.T) {
	var hashes []uint64
	for _, seed := range []uint64{1, 7, 42, 1 << 40} {
		var first, second bytes.Buffer
		a, b := Run(seed, Options{Trace: &first}), Run(seed, Options{Trace: &second})
		if diff := cmp.Diff(first.String(), second.String()); diff != "" {
			t.Errorf("seed %d: two traces differ (-first +second):\n%.2000s", seed, diff)
		}
		silent := Run(seed, Options{})
		if a.Hash != b.Hash || a.Hash != silent.Hash {
			t.Errorf("seed %d: hashes %x, %x, and %x without a trace; want one", seed, a.Hash, b.Hash, silent.Hash)
		}
		if diff := cmp.Diff(a.Stats, silent.Stats); diff != "" {
			t.Errorf("seed %d: a trace changes what happens (-with +without):\n%s", seed, diff)
		}
		if slices.Contains(hashes, a.Hash) {
			t.Errorf("seed %d: hash %x is another seed's too", seed, a.Hash)
		}
		hashes = append(hashes, a.Hash)
	}
}

func TestTraceTellsTheStory(t *testing.T) {
	i := slices.IndexFunc(rules, func(r Rule) bool { return r.Name == "hold-never-doubles" })
	var trace bytes.Buffer
	result := rules[i].Run(1, true, Options{Trace: &trace})
	if len(result.Violations) == 0 {
		t.Fatal("there is no violation to tell of")
	}
	for _, want := range []string{
		"seed 1, shape hold-never-doubles: 5m30s, 1 gateways", "fault: us-east-1",
		"call 0 comes to a-gateway and is placed in us-east-1", "attempt 0 to us-east-1",
		"region changed us-east-1 suspect -> down", "active region moved", "VIOLATION hold",
	} {
		if !strings.Contains(trace.String(), want) {
			t.Errorf("the trace does not say %q", want)
		}
	}
}

func TestLongs(t *testing.T) {
	for _, l := range Longs() {
		t.Run(l.Name, func(t *testing.T) {
			t.Parallel()
			part := 1.0
			if l.length.Hours() > 1 {
				part = 0.02 // make simulate ARGS=-long plays all of it
			}
			took := l.Run(1, part)
			if took.Fault != "" {
				t.Error(took.Fault)
			}
			if l.every > 0 && took.Stats.Turns < 500 {
				t.Errorf("it had %d turns; want at least 500", took.Stats.Turns)
			}
		})
	}
}
