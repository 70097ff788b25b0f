package drill

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// servedContact is a contact that was served by a region from a time on, in 3 s.
func servedContact(number int, began float64, region string) Contact {
	return Contact{
		Number: number, Lane: number % 2, ID: fmt.Sprintf("contact-%d", number), Began: at(began), Ended: at(began + 3),
		Order: Order{Flower: "roses", Date: "2026-12-01", Clock: "10:00"},
		End:   ContactServed, Led: region, LedIn: 20 * time.Millisecond, Sayings: 5, Said: 5, Waited: 2 * time.Second, Silence: 500 * time.Millisecond,
		Blocks: []BotBlock{{Region: region, Began: at(began), Ended: at(began + 3)}},
	}
}

// movedContact is one whose first region fails; it takes 4 s longer.
func movedContact(number int, began float64) Contact {
	c := servedContact(number, began, "us-east-1")
	c.Blocks = []BotBlock{
		{Region: "us-east-1", Began: at(began), Ended: at(began + 4), Failed: true},
		{Region: "us-west-2", Began: at(began + 4), Ended: at(began + 7)},
	}
	c.Ended, c.Said, c.Repeats, c.Waited, c.Silence = at(began+7), 7, 2, 6*time.Second, 4*time.Second
	c.Late = 40 * time.Millisecond
	return c
}

// orders are the ledger's lines of contacts that were served.
func orders(contacts ...Contact) (ledger []Placed) {
	for _, c := range contacts {
		if c.End == ContactServed {
			ledger = append(ledger, Placed{Time: c.Ended, Key: c.ID, Session: c.ID, Slots: c.Order.Slots()})
		}
	}
	return ledger
}

// oneFault is a drill in which us-east-1 fails from 20 to 50 and health checks
// begin every 15 s from 3 on; the table moves at 19 and back at 67.
func oneFault() *ConnectHistory {
	h := &ConnectHistory{
		Seed: 7, Began: at(0), Ended: at(90), Planned: 90 * time.Second, Regions: []string{"us-east-1", "us-west-2"},
		Faults: []Fault{{Kind: Hang, Regions: []string{"us-east-1"}, From: at(20), To: at(50)}},
		Table:  []TableWord{{at(0), "us-east-1"}, {at(36), "us-west-2"}, {at(67), "us-east-1"}},
	}
	for began := 3.0; began < 80; began += 15 {
		h.Checks = append(h.Checks, Check{Began: at(began), Took: 3 * time.Second})
	}
	for i := range leastSample {
		h.Contacts = append(h.Contacts, servedContact(i+1, float64(2*i+1), "us-east-1"))
	}
	h.Contacts = append(h.Contacts,
		movedContact(10, 18),               // under way when the fault came
		movedContact(11, 30),               // before the table moved
		servedContact(12, 40, "us-west-2"), // after
		servedContact(13, 55, "us-west-2"), // in the hold
		servedContact(14, 70, "us-east-1"), // back
	)
	h.Ledger = orders(h.Contacts...)
	return h
}

func TestJudgeContacts(t *testing.T) {
	got := JudgeContacts(oneFault())
	want := &ConnectReport{
		Seed: 7, Seconds: 90, Planned: 90, Lanes: 2, Contacts: 10, Branched: 2, Utterances: 8*5 + 2*7, Repeats: 4, Placed: 10,
		LateMS: 40, Silence: 4, Asked: Quantiles{10, .02, .02, .02}, Checks: 6, Moves: 2, Violations: []string{},
		Faults: []ConnectFault{{
			Kind: Hang, Regions: []string{"us-east-1"}, At: 20, For: 30,
			Checked: 33 + 3 - 20, Moved: 16, LastLed: 10, BackMoved: 17, BackLed: 20,
			Before: Phase{Contacts: 2, Branched: 2, Repeats: 4, Extra: Quantiles{2, 4, 4, 4}, Silence: 4},
			Until:  Phase{Contacts: 1, Extra: Quantiles{N: 1}, Silence: .5},
			After:  Phase{Contacts: 2, Extra: Quantiles{N: 2}, Silence: .5},
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("JudgeContacts (-want +got):\n%s", diff)
	}
	if !got.OK() {
		t.Error("a drill in which nothing was lost is not OK")
	}
}

// TestJudgeContactsViolations breaks one promise at a time.
func TestJudgeContactsViolations(t *testing.T) {
	tests := map[string]struct {
		spoil func(*ConnectHistory)
		count func(*ConnectReport) int
		says  string
	}{
		"apologised": {
			func(h *ConnectHistory) { h.Contacts[6].End = ContactApologised; h.Ledger = orders(h.Contacts...) },
			func(r *ConnectReport) int { return r.Lost }, "contact 11 was lost",
		},
		"cut": {
			func(h *ConnectHistory) { h.Contacts[6].End = ContactCut; h.Ledger = orders(h.Contacts...) },
			func(r *ConnectReport) int { return r.Lost }, "contact 11 was lost",
		},
		"given up": {
			func(h *ConnectHistory) { h.Contacts[6].End = ContactGaveUp; h.Ledger = orders(h.Contacts...) },
			func(r *ConnectReport) int { return r.GaveUp }, "contact 11: the customer gave up",
		},
		"told err": {
			func(h *ConnectHistory) { h.Contacts[7].Led = "err" },
			func(r *ConnectReport) int { return r.Misled }, `was told "err"`,
		},
		"order missing": {
			func(h *ConnectHistory) { h.Ledger = h.Ledger[1:] },
			func(r *ConnectReport) int { return r.Missing }, "and it is not",
		},
		"order twice": {
			func(h *ConnectHistory) { h.Ledger = append(h.Ledger, h.Ledger[3]) },
			func(r *ConnectReport) int { return r.Twice }, "2 orders were placed",
		},
		"order wrong": {
			func(h *ConnectHistory) { h.Ledger[3].Slots = map[string]string{"FlowerType": "tulips"} },
			func(r *ConnectReport) int { return r.Wrong }, "was placed",
		},
		"stranger": {
			func(h *ConnectHistory) { h.Ledger = append(h.Ledger, Placed{Session: "nobody"}) },
			func(r *ConnectReport) int { return r.Wrong }, `"nobody", which is no contact`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h := oneFault()
			tt.spoil(h)
			r := JudgeContacts(h)
			if n := tt.count(r); n != 1 || len(r.Violations) != 1 || !strings.Contains(r.Violations[0], tt.says) || r.OK() {
				t.Errorf("counted %d, OK %v, violations %q; want 1, false and one that says %q", n, r.OK(), r.Violations, tt.says)
			}
			var text bytes.Buffer
			if err := WriteContactVerdict(&text, r); err != nil || !strings.HasPrefix(text.String(), "BROKEN: 1 ") {
				t.Errorf("the verdict is %q, %v; want BROKEN: 1 ...", text.String(), err)
			}
		})
	}
}

func TestJudgeContactsSpared(t *testing.T) {
	h := oneFault()
	h.Faults[0].Regions = h.Regions
	h.Contacts[6].End = ContactApologised
	h.Ledger = orders(h.Contacts...)
	r := JudgeContacts(h)
	if r.Lost != 0 || r.Spared != 1 || !r.OK() {
		t.Errorf("with both regions broken: lost %d, spared %d, violations %q; want 0, 1 and none", r.Lost, r.Spared, r.Violations)
	}
	if f := r.Faults[0]; f.Moved != never || f.Before.Contacts == 0 {
		t.Errorf("with both regions broken the table moved after %v s, %d contacts before; want never, and some", f.Moved, f.Before.Contacts)
	}
}

func TestJudgeContactsStopped(t *testing.T) {
	h := oneFault()
	last := &h.Contacts[len(h.Contacts)-1]
	last.End, last.Led = ContactStopped, ""
	h.Ledger = orders(h.Contacts...)
	h.Interrupted = true
	r := JudgeContacts(h)
	if r.Stopped != 1 || r.Lost != 0 || !r.OK() {
		t.Errorf("stopped %d, lost %d, violations %q; want 1, 0 and none", r.Stopped, r.Lost, r.Violations)
	}
	if said := r.promises(); !strings.HasPrefix(said, "INTERRUPTED") {
		t.Errorf("the verdict of an interrupted drill is %q", said)
	}
}

// TestJudgeContactsTableNever has a table that never moves, as under the article's
// health check when a region hangs.
func TestJudgeContactsTableNever(t *testing.T) {
	h := oneFault()
	h.Table = h.Table[:1]
	f := JudgeContacts(h).Faults[0]
	if f.Moved != never || f.BackMoved != 0 || f.Until.Contacts != 0 || f.Before.Contacts != 3 {
		t.Errorf("moved %v, back %v, %d and %d contacts before and after; want -1, 0, 3 and 0", f.Moved, f.BackMoved, f.Before.Contacts, f.Until.Contacts)
	}
}

func TestWriteContactTable(t *testing.T) {
	r := JudgeContacts(oneFault())
	r.Policy, r.Every = "lexline", 15
	other := *r
	other.Policy, other.Faults = "article", nil
	var text bytes.Buffer
	if err := WriteContactTable(&text, r, &other); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"policy                            lexline                article",
		"  moved by an error branch        2                      2",
		"hang in us-east-1                 at 20 s for 30 s       -",
		"    extra wait: p50 p99 max, s    4.00 / 4.00 / 4.00     -",
		"  table back, after its end       17.0 s                 -",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the table has no line %q:\n%s", want, text.String())
		}
	}
}

// TestContactTableTellsInOrder has what follows a fault in the order in which it came.
func TestContactTableTellsInOrder(t *testing.T) {
	for _, tt := range []struct {
		fault ConnectFault
		want  string
	}{
		{ConnectFault{Checked: 9.5, Moved: 8.1, LastLed: 7}, "last contact led, table moved, next health check"},
		{ConnectFault{Checked: 2, Moved: never, LastLed: 30}, "next health check, last contact led, table moved"},
	} {
		var text strings.Builder
		if err := WriteContactTable(&text, &ConnectReport{Faults: []ConnectFault{tt.fault}}); err != nil {
			t.Fatal(err)
		}
		var order []string
		for line := range strings.Lines(text.String()) {
			for _, name := range []string{"table moved", "next health check", "last contact led"} {
				if strings.HasPrefix(line, "    "+name) {
					order = append(order, name)
				}
			}
		}
		if got := strings.Join(order, ", "); got != tt.want {
			t.Errorf("after %+v the table tells %q; want %q", tt.fault, got, tt.want)
		}
	}
}
