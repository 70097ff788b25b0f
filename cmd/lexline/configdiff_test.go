package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// wholeConfig is a configuration with two lines and a target.
const wholeConfig = goodConfig + `  - {name: second, numbers: ["+15550101"], bot: OrderFlowers, alias: ver_one, transfer: {to: desk}}
targets: [{name: desk, number: "+15550190"}]
call: {max_turn: 10s}
`

// TestTake changes one thing after the other.
func TestTake(t *testing.T) {
	replace := func(old, text string) func(string) string {
		return func(config string) string {
			if !strings.Contains(config, old) {
				t.Errorf("the configuration has no %q", old)
			}
			return strings.Replace(config, old, text, 1)
		}
	}
	tests := []struct {
		name           string
		change         func(string) string
		taken, waiting string
	}{
		{"nothing", func(s string) string { return s }, "", ""},
		{"comment", func(s string) string { return "# a remark\n" + s }, "", ""},
		{"default written out", func(s string) string { return s + "limits: {calls: 2000}\nsounds: []\n" }, "", ""},
		{"call timing", replace("10s", "12s"), "call.max_turn", ""},
		{"several", func(s string) string {
			return replace("10s", "12s")(s) + "log: {level: debug}\nrecords: {mask: [Pin]}\nlimits: {refuse: busy, max_late: off}\ncontrol: {token: 0123456789abcdef}\nstore: {retention: 10d}\n"
		}, "call.max_turn control.token limits.max_late limits.refuse log.level records.mask store.retention", ""},
		{"address", func(s string) string { return s + "listen: 127.0.0.1:9999\n" }, "", "listen"},
		{"restart and not", func(s string) string { return s + "failover: {hold: 2m, turn_time: 7s}\nstore: {file: calls.db}\n" }, "failover.turn_time", "failover.hold store.file"},
		{"greeting", replace("name: second,", "name: second, greeting: Hello.,"), "lines[1].greeting", ""},
		{"number", replace("+15550100", "+15550109"), "lines[0].numbers", ""},
		{"target and line", func(s string) string {
			return strings.Replace(strings.Replace(s, "name: desk", "name: help", 1), "to: desk", "to: help", 1)
		}, "lines[1].transfer.to targets", ""},
		{"key of a transfer", replace("to: desk", `to: desk, key: "9"`), "lines[1].transfer.key", ""},
		{"bot", replace("bot: OrderFlowers", "bot: OrderTulips"), "", "lines[0].bot"},
		{"a line is taken whole", replace("bot: OrderFlowers", "greeting: Hello., bot: OrderTulips"), "", "lines[0].bot lines[0].greeting"},
		{"lines are taken whole", func(s string) string {
			return replace("name: second,", "name: second, greeting: Hello.,")(replace("bot: OrderFlowers", "bot: OrderTulips")(s))
		}, "", "lines[0].bot lines[1].greeting"},
		{"bot in one region", replace("alias: ver_one", "alias: ver_one, regions: [{name: us-east-1, bot: OrderTulips}]"), "", "lines[0].regions"},
		{"regions", replace("[{name: us-east-1}]", "[{name: us-east-1}, {name: us-west-2}]"), "", "lines[0].regions lines[1].regions regions"},
		{"another line", replace("targets:", "  - {name: third, bot: OrderFlowers, alias: ver_one}\ntargets:"), "", "lines"},
		{"renamed line", replace("name: second", "name: other"), "", "lines"},
		{"secret", replace("secret", "other"), "", "twilio.auth_token"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			old, err := load(t, wholeConfig, nil)
			if err != nil {
				t.Fatal(err)
			}
			before, err := load(t, wholeConfig, nil)
			if err != nil {
				t.Fatal(err)
			}
			next, err := load(t, test.change(wholeConfig), nil)
			if err != nil {
				t.Fatal(err)
			}
			merged, change := old.take(next)
			if keyList(change.taken) != test.taken || keyList(change.waiting) != test.waiting {
				t.Errorf("taken %q, waiting %q; want %q and %q", change.taken, change.waiting, test.taken, test.waiting)
			}
			if diff := cmp.Diff(before, old); diff != "" {
				t.Errorf("the configuration in force was changed:\n%s", diff)
			}
			// What was taken is in force, what waits is not: then nothing is left to be taken.
			if _, again := merged.take(next); len(again.taken) > 0 || keyList(again.waiting) != test.waiting {
				t.Errorf("once more: taken %q, waiting %q; want nothing, and %q", again.taken, again.waiting, test.waiting)
			}
			if back, _ := merged.take(before); test.taken != "" {
				if diff := cmp.Diff(before, back); diff != "" {
					t.Errorf("and back (-want +got):\n%s", diff)
				}
			}
		})
	}
}

// TestMergedIsMade has what is in force after a change.
func TestMergedIsMade(t *testing.T) {
	old, err := load(t, wholeConfig, nil)
	if err != nil {
		t.Fatal(err)
	}
	next, err := load(t, strings.Replace(wholeConfig, "10s", "12s", 1)+"listen: 127.0.0.1:9\nlimits: {calls: 7}\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	want := old
	want.Call.MaxTurn, want.Limits.Calls = 12*time.Second, 7
	got, _ := old.take(next)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("in force (-want +got):\n%s", diff)
	}
}
