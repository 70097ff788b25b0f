package region

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// pinsTold is what a judge was told of pins.
func (g *gateway) pinsTold() string {
	var said []string
	for _, ev := range g.told {
		switch ev.Kind {
		case PinSet:
			said = append(said, fmt.Sprintf("%s for %v by %s", ev.Region, ev.For.Round(time.Second), ev.By))
		case PinEnded:
			said = append(said, "ended by "+ev.By)
		}
	}
	return strings.Join(said, ", ")
}

func (f *fleet) wantPins(want string) {
	f.t.Helper()
	for _, g := range f.gateways {
		if got := g.pinsTold(); got != want {
			f.t.Errorf("at %v the judge of %s was told of pins %q; want %q", f.now, g.s.ID, got, want)
		}
	}
}

func TestPinThroughAGateway(t *testing.T) {
	f := newFleet(t, east, east, west)
	f.run(time.Minute)
	g := f.gateways[2]
	f.step(g, ObserverEvent{Kind: PinAsked, Pin: Pin{Region: west, Until: f.wall(g).Add(10 * time.Minute), By: "ann", Why: "drill"}})
	if got, want := g.pinsTold(), "us-west-2 for 10m0s by ann"; got != want {
		t.Errorf("the asked gateway's judge was told %q at once; want %q", got, want)
	}
	f.run(6 * time.Second)
	f.want("us-east-1 ok", "us-west-2 ok pin us-west-2")
	f.wantPins("us-west-2 for 10m0s by ann")
	f.all(down(west)) // a pin beats all evidence
	f.run(9 * time.Minute)
	f.want("us-east-1 ok", "us-west-2 ok pin us-west-2")
	f.run(2 * time.Minute)
	f.want("us-east-1 ok", "us-west-2 ok pin us-west-2", "us-east-1 ok")
	f.wantPins("us-west-2 for 10m0s by ann")
}

func TestUnpinThroughAnotherGateway(t *testing.T) {
	f := newFleet(t, east, east, west)
	f.run(time.Minute)
	f.step(f.gateways[0], ObserverEvent{Kind: PinAsked, Pin: Pin{Region: west, Until: f.wall(f.gateways[0]).Add(time.Hour), By: "ann"}})
	f.run(20 * time.Second)
	f.step(f.gateways[2], ObserverEvent{Kind: UnpinAsked, Pin: Pin{By: "bob"}})
	f.run(20 * time.Second)
	f.want("us-east-1 ok", "us-west-2 ok pin us-west-2", "us-west-2 ok", "us-east-1 ok")
	if got := f.gateways[2].pinsTold(); got != "us-west-2 for 1h0m0s by ann, ended by bob" {
		t.Errorf("the judge was told of pins %q; want set by ann, ended by bob", got)
	}
	for _, g := range f.gateways {
		if pin, pending := g.Pinned(); !pin.IsZero() || pending {
			t.Errorf("%s still has the pin %+v, pending %v", g.s.ID, pin, pending)
		}
	}
}

func TestPinByCommand(t *testing.T) {
	f := newFleet(t, east, west)
	f.run(time.Minute)
	// A command runs by the real clock; so do these gateways.
	for _, g := range f.gateways {
		g.skew = time.Until(epoch.Add(f.now))
	}
	pin := Pin{Region: west, Until: time.Now().Add(time.Hour), By: "ann"}
	if err := SetPin(t.Context(), &f.table, east, pin); err != nil {
		t.Fatal(err)
	}
	f.look()
	f.run(6 * time.Second)
	for _, g := range f.gateways {
		if got, _ := g.Pinned(); got.Region != west {
			t.Errorf("%s is pinned to %q six seconds after the command; want %s", g.s.ID, got.Region, west)
		}
	}
	if _, err := ClearPin(t.Context(), &f.table, east, "ann", "over"); err != nil {
		t.Fatal(err)
	}
	f.look()
	f.run(20 * time.Second)
	f.want("us-east-1 ok", "us-west-2 ok pin us-west-2", "us-west-2 ok", "us-east-1 ok")
}

// TestPinFromTheFuture is written over one that holds: the one that holds goes on,
// for the others as well, and the table gets it back.
func TestPinFromTheFuture(t *testing.T) {
	f := newFleet(t, east, east)
	f.run(time.Minute)
	g := f.gateways[0]
	until := f.wall(g).Add(time.Hour).Truncate(time.Second)
	f.step(g, ObserverEvent{Kind: PinAsked, Pin: Pin{Region: west, Until: until, By: "ann"}})
	f.run(time.Minute)
	f.put(Item{Key: east, Attributes: VerdictItem{
		Region: east, State: TableOK, Version: 1 << 61, At: epoch.AddDate(80, 0, 0),
		Pin: Pin{Region: east, Until: epoch.AddDate(81, 0, 0), By: "nobody"},
	}.attributes()})
	f.run(time.Minute)
	for _, g := range f.gateways {
		if got, _ := g.Pinned(); got.Region != west || got.By != "ann" {
			t.Errorf("%s is pinned to %+v; want ann's pin to %s", g.s.ID, got, west)
		}
	}
	item, err := f.table.Get(t.Context(), east)
	if v := DecodeVerdict(item, nil); err != nil || v.Region != west || v.Pin.By != "ann" || v.Version != 1<<61+1 {
		t.Errorf("the table has %+v, %v; want ann's pin at version 2^61+1", v, err)
	}
}

// TestPinWhileTheTableIsAway counts at once where it is asked for, and reaches
// the others when the table is back.
func TestPinWhileTheTableIsAway(t *testing.T) {
	f := newFleet(t, east, east)
	f.run(time.Minute)
	g := f.gateways[0]
	g.cut = true
	f.run(30 * time.Second)
	f.step(g, ObserverEvent{Kind: PinAsked, Pin: Pin{Region: west, Until: f.wall(g).Add(time.Hour), By: "ann"}})
	f.run(10 * time.Minute)
	if pin, pending := g.Pinned(); pin.Region != west || !pending {
		t.Errorf("without a table Pinned = %+v, %v; want %s, pending", pin, pending, west)
	}
	f.want("us-east-1 ok")
	g.cut = false
	f.run(12 * time.Second)
	f.want("us-east-1 ok", "us-west-2 ok pin us-west-2")
	if _, pending := g.Pinned(); pending {
		t.Error("the pin is still pending though the table has it")
	}
}

// TestPinOverruled: what somebody else ordered while the table was away is newer
// for all the others, so it stays.
func TestPinOverruled(t *testing.T) {
	f := newFleet(t, east, east)
	f.run(time.Minute)
	a, b := f.gateways[0], f.gateways[1]
	a.cut = true
	f.step(a, ObserverEvent{Kind: PinAsked, Pin: Pin{Region: west, Until: f.wall(a).Add(time.Hour), By: "ann"}})
	f.run(5 * time.Minute)
	f.step(b, ObserverEvent{Kind: PinAsked, Pin: Pin{Region: east, Until: f.wall(b).Add(time.Hour), By: "bob"}})
	f.run(time.Minute)
	a.cut = false
	f.run(time.Minute)
	f.want("us-east-1 ok", "us-east-1 ok pin us-east-1")
	if pin, pending := a.Pinned(); pin.By != "bob" || pending {
		t.Errorf("Pinned = %+v, %v; want bob's, not pending", pin, pending)
	}
}

func TestPinsOutOfReach(t *testing.T) {
	tests := []struct {
		name  string
		until time.Duration
		want  string
	}{
		{"long over", -1000 * time.Hour, ""},
		{"by a clock that is two days ahead", 9 * 24 * time.Hour, "us-west-2 for 168h0m0s by ann"},
		{"in two hundred years", 200 * 365 * 24 * time.Hour, ""},
	}
	for _, tt := range tests {
		f := newFleet(t, east)
		f.put(Item{Key: east, Attributes: VerdictItem{
			Region: west, State: TableOK, Version: 4,
			Pin: Pin{Region: west, Until: epoch.Add(tt.until), By: "ann"},
		}.attributes()})
		f.run(time.Minute)
		if got := f.gateways[0].pinsTold(); got != tt.want {
			t.Errorf("%s: the judge was told of pins %q; want %q", tt.name, got, tt.want)
		}
	}
}

// TestForeignItems starts a fleet on items that others wrote, or that are
// damaged. It never stops, and what can be mended is.
func TestForeignItems(t *testing.T) {
	good := func(change map[string]any) map[string]any {
		v := VerdictItem{Region: east, State: TableOK, Version: 7, By: "x", At: epoch}.attributes()
		maps.Copy(v, change)
		return v
	}
	tests := []struct {
		name    string
		item    map[string]any
		invalid bool
		after   string // the verdict a minute later
		version int64
	}{
		{"the article's", map[string]any{"lexRegion": east}, false, "us-east-1 ok", 1},
		{"the article's, of the other region", map[string]any{"lexRegion": west}, false, "us-east-1 ok", 1},
		{"the article's err", map[string]any{"lexRegion": "err"}, false, "us-east-1 ok", 1},
		{"good", good(nil), false, "us-east-1 ok", 7},
		{"empty", map[string]any{}, true, "us-east-1 ok", 1},
		{"unknown region", good(map[string]any{"lexRegion": "mars-north-1"}), true, "us-east-1 ok", 8},
		{"region of a wrong type", good(map[string]any{"lexRegion": int64(1)}), true, "us-east-1 ok", 8},
		{"letters", good(map[string]any{"lexRegion": strings.Repeat("\u0000x", 3000)}), true, "us-east-1 ok", 8},
		{"version of a wrong type", good(map[string]any{"version": "seven"}), true, "us-east-1 ok", 1},
		{"version from the future", good(map[string]any{"version": int64(1) << 50, "lexRegion": west}), false, "us-east-1 ok", 1<<50 + 1},
		{"version below zero", good(map[string]any{"version": int64(-3), "lexRegion": west}), true, "us-east-1 ok", 1},
		{"state unknown", good(map[string]any{"state": "sideways"}), true, "us-east-1 sideways", 7},
		{"pin of a wrong type", good(map[string]any{"pin": "us-west-2"}), true, "us-east-1 ok", 7},
		{"pin without an end", good(map[string]any{"pin": map[string]any{"region": west}}), true, "us-east-1 ok", 7},
		{"pin of no region", good(map[string]any{"pin": map[string]any{"region": "x y", "until": int64(4e9)}}), true, "us-east-1 ok", 7},
		{"time in words", good(map[string]any{"at": "yesterday"}), true, "us-east-1 ok", 7},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFleet(t, east, east)
			f.put(Item{Key: east, Attributes: tt.item})
			f.run(2 * time.Minute)
			item, err := f.table.Get(t.Context(), east)
			if err != nil {
				t.Fatal(err)
			}
			got := fmt.Sprint(item.Attributes["lexRegion"], " ", item.Attributes["state"])
			if got = strings.ReplaceAll(got, "<nil>", ""); got != tt.after {
				t.Errorf("after two minutes the item says %q; want %q", got, tt.after)
			}
			if version, _ := item.Attributes["version"].(int64); version != tt.version {
				t.Errorf("after two minutes the item's version is %v; want %d", item.Attributes["version"], tt.version)
			}
			if invalid := f.gateways[0].Counters().Invalid > 0; invalid != tt.invalid {
				t.Errorf("counted as invalid: %v; want %v", invalid, tt.invalid)
			}
		})
	}
}

// TestVersionWithoutANext leaves alone what nobody could write over.
func TestVersionWithoutANext(t *testing.T) {
	f := newFleet(t, east)
	f.put(Item{Key: east, Attributes: map[string]any{"lexRegion": west, "version": int64(math.MaxInt64)}})
	f.run(time.Hour)
	f.want()
	if c := f.gateways[0].Counters(); c.Invalid == 0 || c.Failures > 0 {
		t.Errorf("counters = %+v; want invalid reads and no failures", c)
	}
}

func TestOlderItemIsNotBelieved(t *testing.T) {
	f := newFleet(t, east, east)
	f.run(time.Minute)
	f.all(down(east))
	f.run(time.Minute)
	f.all(down())
	f.run(time.Minute)
	if f.version != 3 {
		t.Fatalf("the item has version %d; want 3", f.version)
	}
	f.put(Item{Key: east, Attributes: VerdictItem{Region: west, State: TableOK, Version: 2}.attributes()})
	f.run(10 * time.Second)
	for _, g := range f.gateways {
		if v := g.Verdict(); v.Region != east || v.Version != 3 {
			t.Errorf("an item of version 2 made %s believe %+v; want version 3", g.s.ID, v)
		}
		if g.Counters().Stale == 0 {
			t.Errorf("%s did not count the old item", g.s.ID)
		}
	}
	f.run(time.Minute)
	if v := f.gateways[0].Verdict(); v.Region != east || v.Version != 4 {
		t.Errorf("a minute later %+v; want it mended with version 4", v)
	}
}

// TestBackupIsPutRight has the table put back from a time before the last move,
// while opinions are even: what was known goes on.
func TestBackupIsPutRight(t *testing.T) {
	f := newFleet(t, east, east)
	f.run(time.Minute)
	backup, err := f.table.Get(t.Context(), east)
	if err != nil {
		t.Fatal(err)
	}
	f.all(down(east))
	f.run(time.Minute)
	f.gateways[0].opinion = down()
	f.put(backup)
	f.run(time.Minute)
	f.want("us-east-1 ok", "us-west-2 ok", "us-west-2 ok")
	if v := f.gateways[1].Verdict(); v.Version != 3 || v.Region != west {
		t.Errorf("a minute after an old backup Verdict = %+v; want version 3, %s", v, west)
	}
}

func TestDamagedEvidence(t *testing.T) {
	valid := Evidence{Epoch: 1, Seq: 3, Regions: []string{east}, Since: epoch}.attributes()
	for name, observers := range map[string]any{
		"no map":           "none",
		"entries no maps":  map[string]any{"g1": "up", "x y": valid, "g7": valid},
		"seq no number":    map[string]any{"g0": map[string]any{"seq": "9", "regions": map[string]any{}}, "g1": map[string]any{"seq": true}},
		"seq at its end":   map[string]any{"g1": map[string]any{"seq": int64(math.MaxInt64), "regions": map[string]any{}}},
		"regions no words": map[string]any{"g1": map[string]any{"seq": int64(1), "regions": map[string]any{east: int64(1), "Moon": "up"}}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFleet(t, east, east)
			f.put(Item{Key: EvidenceKey(east, east), Attributes: map[string]any{"observers": observers}})
			f.run(time.Minute)
			f.all(down(east))
			f.run(2 * time.Minute)
			f.want("us-east-1 ok", "us-west-2 ok")
			if f.gateways[0].Counters().Invalid == 0 {
				t.Error("the damage was not counted")
			}
		})
	}
}

func TestPeersAreToldOfAndForgotten(t *testing.T) {
	f := newFleet(t, east, west, west)
	f.run(time.Minute)
	f.gateways[1].opinion = down(east)
	f.run(10 * time.Second)
	votes := func() string {
		last := map[string]string{}
		for _, ev := range f.gateways[0].told {
			if ev.Kind == Peers {
				last[ev.Region] = fmt.Sprintf("%d up %d down", ev.Up, ev.DownVotes)
			}
		}
		return last[east] + ", " + last[west]
	}
	if got, want := votes(), "1 up 1 down, 2 up 0 down"; got != want {
		t.Errorf("the judge was last told %q; want %q", got, want)
	}
	f.gateways[1].dead = true
	f.run(20 * time.Second)
	if got, want := votes(), "1 up 0 down, 1 up 0 down"; got != want {
		t.Errorf("20 s after one died the judge was last told %q; want %q", got, want)
	}
	f.gateways[0].cut = true
	f.run(30 * time.Second)
	if got, want := votes(), "0 up 0 down, 0 up 0 down"; got != want {
		t.Errorf("without a table the judge was last told %q; want %q", got, want)
	}
}

func TestTheDeadArePruned(t *testing.T) {
	f := newFleet(t, east, east)
	f.run(time.Minute)
	f.gateways[1].dead = true
	f.run(5 * time.Minute)
	if entries, err := ReadEvidence(t.Context(), &f.table, east, east); err != nil || len(entries) != 2 {
		t.Errorf("five minutes after its death ReadEvidence = %v, %v; want both entries", entries, err)
	}
	f.run(10 * time.Minute)
	if entries, err := ReadEvidence(t.Context(), &f.table, east, east); err != nil || len(entries) != 1 {
		t.Errorf("a quarter of an hour after its death ReadEvidence = %v, %v; want one entry", entries, err)
	}
	if got := f.gateways[0].Counters().Pruned; got != 1 {
		t.Errorf("pruned %d; want 1", got)
	}
}

// TestRestart starts a gateway again under its id: the others hear it at once.
func TestRestart(t *testing.T) {
	f := newFleet(t, east, east)
	f.run(time.Minute)
	f.gateways[1].dead = true
	f.run(5 * time.Second)
	again := f.add(ObserverSettings{ID: "g1", Region: east, Epoch: 2, Seed: 8})
	f.run(time.Minute)
	for _, g := range []*gateway{f.gateways[0], again} {
		if c := g.Counters(); c.Conflicts+c.Failures > 0 {
			t.Errorf("%s: counters = %+v; want no conflicts and no failures", g.s.ID, c)
		}
	}
	entries, err := ReadEvidence(t.Context(), &f.table, east, east)
	if err != nil || entries["g1"].Epoch != 2 || entries["g1"].Seq < 15 {
		t.Errorf("ReadEvidence = %+v, %v; want g1 with epoch 2 and its count gone on with", entries, err)
	}
}

// TestTwoWithOneID is a mistake in the configuration. It costs conflicts only.
func TestTwoWithOneID(t *testing.T) {
	f := newFleet(t, east, east)
	f.add(ObserverSettings{ID: "g1", Region: east, Epoch: 3, Seed: 9})
	f.run(10 * time.Minute)
	f.want("us-east-1 ok")
	if c := f.gateways[1].Counters().Conflicts + f.gateways[2].Counters().Conflicts; c == 0 {
		t.Error("two gateways with one id met no conflict; want them to be told")
	}
}

func TestAdviceAtAStart(t *testing.T) {
	copied := Item{Key: east, Attributes: VerdictItem{Region: west, State: TableOK, Version: 9, Why: "w"}.attributes()}
	advice := func(g *gateway) []string {
		var said []string
		for _, ev := range g.told {
			if ev.Kind == Advice {
				said = append(said, ev.Region)
			}
		}
		return said
	}
	f := newFleet(t, east)
	g := f.gateways[0]
	g.cut = true
	f.step(g, ObserverEvent{Kind: Recalled, Items: []Got{{Key: east, Item: copied}}})
	f.run(time.Minute)
	if diff := cmp.Diff([]string{west}, advice(g)); diff != "" {
		t.Errorf("advice from the copy (-want +got):\n%s", diff)
	}
	f.put(Item{Key: east, Attributes: map[string]any{"lexRegion": east}})
	g.cut = false
	f.run(10 * time.Second)
	if diff := cmp.Diff([]string{west, east}, advice(g)); diff != "" {
		t.Errorf("advice from the copy, then from the table (-want +got):\n%s", diff)
	}
	f.step(g, ObserverEvent{Kind: Recalled, Items: []Got{{Key: east, Item: copied}}})
	if v := g.Verdict(); v.Region != east {
		t.Errorf("a copy that came after the table was believed: %+v", v)
	}
}

// TestLostAnswers has nothing ever answered: requests do not pile up.
func TestLostAnswers(t *testing.T) {
	o, err := NewObserver(ObserverSettings{ID: "a", Regions: []string{east, west}})
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for now := time.Duration(0); now < time.Hour; now = o.Next() {
		asked += len(o.Step(now, ObserverEvent{Kind: Reported}))
		o.Step(now, ObserverEvent{Kind: ReadDone, Request: 99999, Items: []Got{{Key: east}}})
	}
	if failures := o.Counters().Failures; asked > 360 || failures+1 < uint64(asked) || o.Counters().Reads != 0 {
		t.Errorf("in an hour without answers %d actions, counters %+v; want at most 360, all failed", asked, o.Counters())
	}
}

func TestObserverSettings(t *testing.T) {
	regions := []string{east, west}
	tests := []struct {
		name string
		s    ObserverSettings
		want string // in the error; empty: none
	}{
		{"good", ObserverSettings{ID: "gw-1.example_2", Regions: regions}, ""},
		{"no id", ObserverSettings{Regions: regions}, "observer id"},
		{"a space in the id", ObserverSettings{ID: "a b", Regions: regions}, "observer id"},
		{"a long id", ObserverSettings{ID: strings.Repeat("a", 65), Regions: regions}, "observer id"},
		{"no region", ObserverSettings{ID: "a"}, "at least one region"},
		{"no name of a region", ObserverSettings{ID: "a", Regions: []string{"US East"}}, `"US East"`},
		{"err is no region", ObserverSettings{ID: "a", Regions: []string{"err"}}, `"err"`},
		{"twice", ObserverSettings{ID: "a", Regions: []string{east, east}}, "twice"},
		{"too often", ObserverSettings{ID: "a", Regions: regions, Interval: 1}, "interval"},
	}
	for _, tt := range tests {
		_, err := NewObserver(tt.s)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: NewObserver(%+v) = %v; want an error with %q", tt.name, tt.s, err, tt.want)
		}
	}
}

func TestCommandsWithoutATable(t *testing.T) {
	table := new(Memory)
	ctx := t.Context()
	if _, err := ReadVerdict(ctx, table, east); !errors.Is(err, ErrNotFound) {
		t.Errorf("ReadVerdict of an empty table = %v; want ErrNotFound", err)
	}
	if _, err := ClearPin(ctx, table, east, "ann", ""); err != nil {
		t.Errorf("ClearPin of an empty table = %v; want no error", err)
	}
	until := time.Now().Add(time.Hour)
	for name, p := range map[string]Pin{
		"no region": {Until: until}, "no name": {Region: "Moon", Until: until},
		"over": {Region: west, Until: time.Now()}, "too long": {Region: west, Until: until.Add(LongestPin)},
	} {
		if err := SetPin(ctx, table, east, p); err == nil {
			t.Errorf("SetPin, %s: no error; want one", name)
		}
	}
	if _, err := table.Get(ctx, east); !errors.Is(err, ErrNotFound) {
		t.Errorf("refused pins left an item: %v", err)
	}
}

func TestHistoryIsBounded(t *testing.T) {
	table := new(Memory)
	for i := range maxHistory + 20 {
		entry := HistoryEntry{At: epoch.Add(time.Duration(i) * time.Second), By: "g0", What: "move", From: east, To: west, Why: strings.Repeat("ü", i*9)}
		if err := AppendHistory(t.Context(), table, east, entry); err != nil {
			t.Fatal(err)
		}
	}
	got, err := ReadHistory(t.Context(), table, east)
	if err != nil || len(got) != maxHistory || !got[0].At.Equal(epoch.Add(20*time.Second)) || got[99].Why != strings.Repeat("ü", maxText/2) {
		t.Errorf("ReadHistory = %d lines from %v, %v; want the newest %d", len(got), got[0].At, err, maxHistory)
	}
}
