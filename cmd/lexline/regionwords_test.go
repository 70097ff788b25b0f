package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/region"
)

// inWords is what people are told of a status.
func inWords(s statusAnswer) string {
	var w strings.Builder
	statusWords(&w, s)
	return w.String()
}

func TestStatusInWords(t *testing.T) {
	want := `gateway gw-1, lexline v1.2.3, up for 2 h, 11 live calls

OrderFlowers (line flowers)
  New calls go to us-west-2.
  PINNED to us-west-2 by ann@desk until 15:00:00 (60 min left): maintenance.
  us-east-1 (home) is down since 13:58:00 (2 min): 5 turns in a row failed: soft.
    It gets no calls.
    It must be good for 2 min before it gets calls again; it is not good yet.
    It has fallen again 1 time soon after it had come back.
    Turns: 5.5 of the last 10 failed (late ones count half); since the start 1203 answered, 12 attempts failed (10 soft, 2 load).
    Probes: 120 sent, 4 failed, the last 2 in a row; the last error, 4 s ago, was: dial tcp: i/o timeout.
    Last seen: good 2 min ago, a fault (soft) 3 s ago.
    Answers take 0.42 s, one in twenty more than 1.20 s.
    Requests at a time: 3 of 25, at most 9 so far; 4 were not sent for lack of room.
  us-west-2 is healthy since 12:00:00 (2 h): nothing speaks against it.
    Turns: 0 of the last 10 failed; since the start 90 answered, no attempt failed.
    Probes: 60 sent, 0 failed.
    Last seen: good 0 s ago.
    Requests at a time: 20 of 25, at most 22 so far. NEAR THE QUOTA.
  Table: read 2 s ago; it says us-west-2 too.
`
	if diff := cmp.Diff(want, inWords(busyStatus())); diff != "" {
		t.Errorf("words of a busy gateway (-want +got):\n%s", diff)
	}
}

func TestWordsOfEachPlight(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(b *botStatus, east *region.RegionStatus)
		says   []string
		hushes []string
	}{
		{"not pinned", func(b *botStatus, _ *region.RegionStatus) { b.Pin = nil }, nil, []string{"PINNED"}},
		{
			"panic",
			func(b *botStatus, _ *region.RegionStatus) { b.Panic = true },
			[]string{"PANIC: every region looks dead", "It gets turns all the same"},
			[]string{"It gets no calls"},
		},
		{
			"pinned to a region that is down",
			func(b *botStatus, east *region.RegionStatus) { b.Pin.Region = east.Region },
			[]string{"It gets calls all the same, as it is pinned."},
			[]string{"It gets no calls"},
		},
		{"doubt", func(b *botStatus, _ *region.RegionStatus) { b.Doubt = true }, []string{"DOUBT: this may be the gateway's own network"}, nil},
		{"doubtful verdict", func(_ *botStatus, east *region.RegionStatus) { east.Doubtful = true }, []string{"Other gateways are not told so"}, nil},
		{
			"on its way back",
			func(_ *botStatus, east *region.RegionStatus) { east.GoodRow, east.HoldLeftSeconds = 3, 43 },
			[]string{"It must be good for 2 min before it gets calls again: 43 s left, 3 good probes in a row so far."},
			[]string{"not good yet"},
		},
		{
			"recovering",
			func(b *botStatus, east *region.RegionStatus) {
				b.Pin, b.Active, b.NewCalls = nil, east.Region, east.Region
				east.State, east.NewCalls, east.RampLeftSeconds, b.Regions[1].NewCalls = region.Recovering, 50, 12, 50
			},
			[]string{
				"New calls go to us-east-1 (50 of 100) and us-west-2 (50 of 100) while us-east-1 is recovering.",
				"It is back: it gets 50 of 100 new calls, and all of them in 12 s if nothing happens.",
			},
			[]string{"It must be good"},
		},
		{
			"recovering, and nothing better is left",
			func(b *botStatus, east *region.RegionStatus) {
				b.Pin, b.Active, b.NewCalls = nil, east.Region, east.Region
				east.State, east.NewCalls, east.RampLeftSeconds = region.Recovering, 100, 12
				b.Regions[1].State, b.Regions[1].NewCalls = region.Down, 0
			},
			[]string{"New calls go to us-east-1.", "It is back: it gets all new calls, as nothing better is left."},
			[]string{"of 100"},
		},
		{
			"recovering, and pinned",
			func(b *botStatus, east *region.RegionStatus) {
				b.Pin.Region, b.Active, b.NewCalls = east.Region, east.Region, east.Region
				east.State, east.NewCalls, b.Regions[1].NewCalls = region.Recovering, 100, 0
			},
			[]string{"New calls go to us-east-1.", "It is back: it gets all new calls, as it is pinned."},
			[]string{"nothing better"},
		},
		{
			"recovering, and another one pinned",
			func(_ *botStatus, east *region.RegionStatus) { east.State = region.Recovering },
			[]string{"New calls go to us-west-2.", "It is back: it gets no new calls, as us-west-2 is pinned."},
			[]string{"of 100"},
		},
		{
			"recovering behind one that is well",
			func(b *botStatus, east *region.RegionStatus) { b.Pin, east.State = nil, region.Recovering },
			[]string{"New calls go to us-west-2.", "It is back: it stands by for us-west-2 again."},
			[]string{"of 100"},
		},
		{
			"suspect",
			func(b *botStatus, east *region.RegionStatus) {
				b.Pin, b.Active, east.State = nil, east.Region, region.Suspect
			},
			[]string{"New calls go to us-west-2 while us-east-1 is suspect.", "It is not taken out; turns go elsewhere where they can.\n"},
			nil,
		},
		{
			"suspect, and pinned",
			func(b *botStatus, east *region.RegionStatus) {
				b.Pin.Region, b.Active, east.State, east.NewCalls = east.Region, east.Region, region.Suspect, 100
				b.Regions[1].NewCalls = 0
			},
			[]string{"New calls go to us-east-1.", "It gets calls all the same, as it is pinned."},
			[]string{"nothing better", "go elsewhere"},
		},
		{
			"suspect, and nothing better is left",
			func(b *botStatus, east *region.RegionStatus) {
				b.Pin, b.Active, east.State, east.NewCalls = nil, east.Region, region.Suspect, 100
				b.Regions[1].State, b.Regions[1].NewCalls = region.Down, 0
			},
			[]string{"New calls go to us-east-1.", "It is not taken out; turns go elsewhere where they can. New calls go there, as nothing better is left."},
			nil,
		},
		{
			"a gateway that does not say where new calls go",
			func(b *botStatus, _ *region.RegionStatus) { b.NewCalls, b.Regions[1].NewCalls = "", 0 },
			[]string{"New calls go to us-west-2.\n"},
			nil,
		},
		{"a question", func(b *botStatus, _ *region.RegionStatus) { b.Pin.Why = "both?" }, []string{"left): both?\n"}, []string{"?."}},
		{
			"healthy again",
			func(_ *botStatus, east *region.RegionStatus) {
				east.State, east.LastProbeError, east.ProbeErrorAt = region.Healthy, "", time.Time{}
			},
			[]string{"is healthy"},
			[]string{"the last error was", "fallen again", "It must be"},
		},
		{"throttled", func(_ *botStatus, east *region.RegionStatus) { east.Throttled = true }, []string{"refused turns for load lately"}, nil},
		{"no turns", func(_ *botStatus, east *region.RegionStatus) { east.Turns = 0 }, []string{"Turns: none lately"}, nil},
		{"no quota", func(b *botStatus, _ *region.RegionStatus) { b.Rooms["us-east-1"] = region.Room{Held: 2, Most: 4} }, []string{"Requests at a time: 2, at most 4 so far; no quota is set."}, nil},
		{"no table", func(b *botStatus, _ *region.RegionStatus) { b.TableFile = "" }, []string{"Table: none but in memory"}, []string{"it says"}},
		{"table not read", func(b *botStatus, _ *region.RegionStatus) { *b.Table = region.TableStatus{ReadAge: -1} }, []string{"Table: not read yet.\n"}, nil},
		{
			"table lost",
			func(b *botStatus, _ *region.RegionStatus) {
				b.Table.Reachable, b.Table.ReadAge, b.Table.LastError, b.Table.PinPending = false, 200, "disk I/O error", true
			},
			[]string{"TABLE NOT REACHED, last read 3 min ago", "disk I/O error", "Calls do not need it", "An order has not reached it yet"},
			nil,
		},
		{"table differs", func(b *botStatus, _ *region.RegionStatus) { b.Table.Region = "us-east-1" }, []string{"it says us-east-1, but this gateway goes by its own evidence"}, nil},
		{"copy lost", func(b *botStatus, _ *region.RegionStatus) { b.Table.CopyFault = "no space left on device" }, []string{"Its copy: no space left on device."}, nil},
		{
			"terminal codes",
			func(b *botStatus, east *region.RegionStatus) {
				east.LastProbeError, b.Pin.Why = "\x1b[2Jgone\r\n", "\x07bell"
			},
			[]string{"?[2Jgone", "?bell"},
			[]string{"\x1b", "\x07", "\r"},
		},
	} {
		s := busyStatus()
		c.change(&s.Bots[0], &s.Bots[0].Regions[0])
		text := inWords(s)
		for _, want := range c.says {
			if !strings.Contains(text, want) {
				t.Errorf("%s: the words lack %q:\n%s", c.name, want, text)
			}
		}
		for _, unwanted := range c.hushes {
			if strings.Contains(text, unwanted) {
				t.Errorf("%s: the words have %q:\n%s", c.name, unwanted, text)
			}
		}
	}
}

func TestSpan(t *testing.T) {
	for _, c := range []struct {
		d    time.Duration
		want string
	}{
		{-time.Second, "0 s"},
		{400 * time.Millisecond, "0 s"},
		{119 * time.Second, "119 s"},
		{2 * time.Minute, "2 min"},
		{119 * time.Minute, "119 min"},
		{2*time.Hour + 20*time.Minute, "2 h 20 min"},
		{47*time.Hour + 59*time.Minute, "47 h 59 min"},
		{50 * time.Hour, "2 days"},
	} {
		if got := span(c.d); got != c.want {
			t.Errorf("span(%v) = %q; want %q", c.d, got, c.want)
		}
	}
}

func TestClockTime(t *testing.T) {
	now := time.Date(2026, 3, 2, 0, 10, 0, 0, time.UTC)
	if got := clockTime(now.Add(-5*time.Minute), now); got != "00:05:00" {
		t.Errorf("today's time = %q", got)
	}
	if got := clockTime(now.Add(-15*time.Minute), now); got != "2026-03-01 23:55:00" {
		t.Errorf("yesterday's time = %q; want it with its date", got)
	}
}

func TestHistoryInWords(t *testing.T) {
	at := time.Date(2026, 3, 1, 14, 3, 12, 0, time.UTC)
	for _, c := range []struct {
		entry historyEntry
		want  string
	}{
		{
			historyEntry{Bot: "OrderFlowers", Source: "gateway", What: "region changed", Region: "us-east-1", From: "healthy", To: "down", Why: "5 turns in a row failed: soft"},
			"14:03:12  gateway  OrderFlowers: region changed us-east-1 from healthy to down: 5 turns in a row failed: soft",
		},
		{
			historyEntry{Bot: "OrderFlowers", Source: "gateway", What: "active region moved", Region: "us-west-2", From: "us-east-1", To: "us-west-2"},
			"14:03:12  gateway  OrderFlowers: active region moved from us-east-1 to us-west-2",
		},
		{
			historyEntry{Bot: "OrderFlowers", Source: "gateway", What: "pin", Region: "us-east-1", From: "us-east-1", Why: "taken away by bob: done"},
			"14:03:12  gateway  OrderFlowers: pin to us-east-1 ended: taken away by bob: done",
		},
		{
			historyEntry{Source: "table", What: "pin", By: "ann@desk", From: "us-east-1", To: "us-west-2", Why: "maintenance"},
			"14:03:12  table    pin from us-east-1 to us-west-2, by ann@desk: maintenance",
		},
		{
			historyEntry{Source: "table", What: "move", By: "gw-1", From: "us-east-1", To: "us-west-2", Why: "down", Evidence: "us-east-1 down 2 of 3"},
			"14:03:12  table    move from us-east-1 to us-west-2, by gw-1: down [us-east-1 down 2 of 3]",
		},
		{
			historyEntry{Source: "table", What: "unpin", By: "ann", From: "us-west-2", To: "us-west-2"},
			"14:03:12  table    pin to us-west-2 taken away by ann",
		},
		{
			historyEntry{Source: "table", What: "unpin", By: "ann", Why: "it is over", From: "us-west-2", To: "us-east-1"},
			"14:03:12  table    pin to us-west-2 taken away by ann: it is over; calls go to us-east-1",
		},
		{
			historyEntry{Source: "table", What: "move", By: "gw-1", To: "us-east-1", Why: "us-east-1 up 1, down 0"},
			"14:03:12  table    first verdict: us-east-1, by gw-1: us-east-1 up 1, down 0",
		},
		{
			historyEntry{Source: "table", What: "state", By: "gw-1", From: "us-east-1", To: "us-east-1", Why: "degraded: both down"},
			"14:03:12  table    still us-east-1, by gw-1: degraded: both down",
		},
		{
			historyEntry{Source: "gateway", What: "doubt", Region: "us-east-1", To: "begin", Why: "most other gateways hold it up"},
			"14:03:12  gateway  this gateway may be wrong about us-east-1: most other gateways hold it up",
		},
		{
			historyEntry{Source: "gateway", What: "doubt", To: "begin", Why: "every region fell within 5.0 s"},
			"14:03:12  gateway  this gateway may be wrong: every region fell within 5.0 s",
		},
		{
			historyEntry{Source: "gateway", What: "doubt", Region: "us-east-1", To: "end"},
			"14:03:12  gateway  this gateway is in doubt no more about us-east-1",
		},
		{
			historyEntry{Source: "gateway", What: "panic", To: "begin", Why: "none is taken out"},
			"14:03:12  gateway  every region looks dead: none is taken out",
		},
		{
			historyEntry{Source: "gateway", What: "panic", Region: "us-east-1", To: "end", Why: "it answered a probe"},
			"14:03:12  gateway  us-east-1 is back, so not every region looks dead any more: it answered a probe",
		},
		{
			historyEntry{Source: "gateway", What: "region changed", Region: "us-east-1", From: "suspect", To: "down", Why: "3 probes in a row failed (soft)", Error: "no answer in time"},
			"14:03:12  gateway  region changed us-east-1 from suspect to down: 3 probes in a row failed (soft); the probe's error: no answer in time",
		},
	} {
		c.entry.At = at
		if got := c.entry.words(at); got != c.want {
			t.Errorf("words of %+v =\n%q; want\n%q", c.entry, got, c.want)
		}
	}
}
