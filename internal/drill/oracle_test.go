package drill

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// dawn is when the runs of these tests begin.
var dawn = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

func at(seconds float64) time.Time {
	return dawn.Add(time.Duration(seconds * float64(time.Second)))
}

// goodRun is a run of ten callers in which a region fails at 60 s, for 30 s, and
// nothing goes wrong: half a second after the fault everybody is answered by the
// other one, 0.7 s later than else.
func goodRun() *History {
	h := &History{
		Seed: 1, Began: dawn, Ended: at(200), Regions: []string{"us-east-1", "us-west-2"},
		Faults:   []Fault{{Kind: Stop, Regions: []string{"us-east-1"}, From: at(60), To: at(90)}},
		Verdicts: []Verdict{{at(62), "us-east-1", "down"}, {at(105), "us-east-1", "recovering"}, {at(120), "us-east-1", "healthy"}},
		HasClips: true, HasLedger: true,
	}
	for lane := range 10 {
		for k := range 4 {
			addCall(h, lane, k*10+lane+1, float64(lane*3+k*40))
		}
	}
	return h
}

// addCall adds a call that begins at a second of the run: 4 turns, 8 s apart.
func addCall(h *History, lane, number int, begins float64) {
	who := draw(h.Seed, number, dawn)
	sid := fmt.Sprintf("CA%d", number)
	c := Call{Number: number, Lane: lane, SID: sid, Order: who.Order, Began: at(begins), End: EndDone}
	filled := map[string]string{}
	for i, s := range who.Sayings {
		said := begins + 5 + 7*float64(i)
		region, delay := "us-east-1", 1.2
		if said >= 60 && said < 120 {
			region = "us-west-2"
			if said < 62 {
				delay = 1.9
			}
		}
		slot := map[Question]string{AskIntent: "FlowerType", AskFlower: "FlowerType", AskDay: "PickupDate", AskTime: "PickupTime"}[s.Kind]
		if slot != "" && (s.Kind != AskIntent || strings.HasSuffix(s.Text, who.Order.Flower)) {
			filled[slot] = who.Order.Slots()[slot]
		}
		c.Turns = append(c.Turns, Turn{
			Number: i + 1, Kind: s.Kind, Clip: s.Clip, Began: at(said - 1), Said: at(said), Answer: at(said + delay),
			Answers: 1, Heard: 400 * time.Millisecond, Silence: time.Duration(delay * float64(time.Second)),
		})
		h.Requests = append(h.Requests, Request{
			Time: at(said - 0.7), Region: region, Op: recognizeUtterance, Session: sid, Turn: i + 1, Clips: map[string]float64{s.Clip: 1},
			AudioMS: 1700, AnswerMS: 400, Status: 200, Intent: "OrderFlowers", State: "InProgress", Slots: maps.Clone(filled),
		})
		h.Attempts = append(h.Attempts, Attempt{at(said + 1.2), sid, i + 1, region, Answered})
		c.Ended = at(said + 3)
	}
	h.Calls = append(h.Calls, c)
	h.Ledger = append(h.Ledger, Placed{c.Ended.Add(-2 * time.Second), "key/" + sid, sid, who.Order.Slots()})
}

func TestJudgeOfAGoodRun(t *testing.T) {
	r := Judge(goodRun(), nil)
	if !r.OK() || len(r.Late) > 0 {
		t.Errorf("a run without a fault of ours: violations %q, late %q; want none", r.Violations, r.Late)
	}
	if r.Calls != 40 || r.Lanes != 10 || r.Confirmed != 40 || r.Placed != 40 || r.RegionChanges != 2 {
		t.Errorf("calls %d of %d callers, %d confirmed, %d placed, %d changes; want 40 of 10, 40, 40, 2", r.Calls, r.Lanes, r.Confirmed, r.Placed, r.RegionChanges)
	}
	f := r.Faults[0]
	if f.Detected != 2 || f.Back != 15 || f.At != 60 || f.For != 30 {
		t.Errorf("detected %v, back %v, at %v for %v; want 2, 15, 60, 30", f.Detected, f.Back, f.At, f.For)
	}
	if got := f.Around.Max; got < 0.69 || got > 0.71 {
		t.Errorf("the longest extra delay around the fault is %v; want 0.7: the answers at 60 and 61 s came 1.9 s after the words, not 1.2", got)
	}
	if r.Moves == 0 {
		t.Error("no call moved; want those that were under way at the fault")
	}
}

// TestJudgeCatches plants one broken promise in a good run, and looks for it.
func TestJudgeCatches(t *testing.T) {
	tests := []struct {
		name  string
		plant func(*History)
		want  string // part of a violation
		count func(*Report) int
	}{
		{"a dropped call", func(h *History) { h.Calls[7].End, h.Calls[7].Text = EndDropped, "the other side hung up" }, "call 32 was dropped", func(r *Report) int { return r.Dropped }},
		{"a caller who gave up", func(h *History) { h.Calls[0].End = EndGaveUp }, "the caller gave up", func(r *Report) int { return r.GaveUp }},
		{"a breach of the carrier's protocol", func(h *History) { h.Calls[0].End = EndFaulty }, "protocol", func(r *Report) int { return r.Breaches }},
		{"no answer", func(h *History) { h.Calls[3].Turns[1].Answer = time.Time{} }, "got no answer", func(r *Report) int { return r.Lost }},
		{"an apology for an answer", func(h *History) {
			turn := &h.Calls[3].Turns[1]
			turn.Answer, turn.Answers, turn.Apologies = time.Time{}, 0, 1
		}, "got no answer", func(r *Report) int { return r.Lost }},
		{"a part that did not arrive", func(h *History) { only(h.Requests[6].Clips, 0.9) }, "only 90 % of it had arrived", func(r *Report) int { return r.Lost }},
		{"a part that did not arrive, by its length", func(h *History) { h.HasClips, h.Requests[6].AudioMS = false, 500 }, "only 50 % of it had arrived", func(r *Report) int { return r.Lost }},
		{"two answers heard", func(h *History) { h.Calls[2].Turns[2].Answers, h.Calls[2].Turns[2].Heard = 2, 800*time.Millisecond }, "was answered 2 times", func(r *Report) int { return r.AnsweredTwice }},
		{"two answers taken", func(h *History) {
			second := h.Attempts[4]
			second.Region = "us-west-2"
			h.Attempts = append(h.Attempts, second)
		}, "was answered by us-east-1, and then by us-west-2", func(r *Report) int { return r.AnsweredTwice }},
		{"half an answer", func(h *History) { h.Calls[2].Turns[2].Heard = 200 * time.Millisecond }, "was cut off after 200 ms", func(r *Report) int { return r.CutOff }},
		{"an order that is missing", func(h *History) { h.Ledger = h.Ledger[1:] }, "is placed, and it is not", func(r *Report) int { return r.Missing }},
		{"an order placed twice", func(h *History) { h.Ledger = append(h.Ledger, h.Ledger[5]) }, "was placed 2 times", func(r *Report) int { return r.Twice }},
		{"an order with another value", func(h *History) {
			h.Ledger[4].Slots = maps.Clone(h.Ledger[4].Slots)
			h.Ledger[4].Slots["PickupTime"] = "04:00"
		}, "04:00", func(r *Report) int { return r.Wrong }},
		{"an order with a value less", func(h *History) {
			h.Ledger[4].Slots = map[string]string{"FlowerType": h.Ledger[4].Slots["FlowerType"]}
		}, "was placed", func(r *Report) int { return r.Wrong }},
		{"an order of nobody", func(h *History) { h.Ledger = append(h.Ledger, Placed{Session: "CAnobody"}) }, "who did not call", func(r *Report) int { return r.Wrong }},
		{"a slot that disappears", func(h *History) { delete(h.Requests[2].Slots, "FlowerType") }, "became \"\"", func(r *Report) int { return r.SlotsLost }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := goodRun()
			slices.SortStableFunc(h.Requests, func(a, b Request) int { return strings.Compare(a.Session, b.Session) })
			tt.plant(h)
			r := Judge(h, nil)
			if r.OK() || !strings.Contains(strings.Join(r.Violations, "\n"), tt.want) {
				t.Errorf("violations are %q; want one with %q", r.Violations, tt.want)
			}
			if tt.count(r) != 1 {
				t.Errorf("it was counted %d times; want once, violations %q", tt.count(r), r.Violations)
			}
		})
	}
}

func only(parts map[string]float64, part float64) {
	for clip := range parts {
		parts[clip] = part
	}
}

func TestJudgeForgives(t *testing.T) {
	tests := []struct {
		name  string
		grant func(*History)
	}{
		{"a failed attempt with half of the words, beside a good one", func(h *History) {
			half := h.Requests[0]
			half.Region, half.Status, half.Clips, half.Slots = "us-west-2", 500, maps.Clone(half.Clips), nil
			only(half.Clips, 0.5)
			h.Requests = append(h.Requests, half)
		}},
		{"an attempt with half of the words whose answer nobody heard", func(h *History) {
			half := h.Requests[0]
			half.Region, half.Clips = "us-west-2", maps.Clone(half.Clips)
			only(half.Clips, 0.5)
			h.Requests = append(h.Requests, half)
		}},
		{"a hole in an answer", func(h *History) { h.Calls[2].Turns[2].Answers = 2 }},
		{"the last words of a call that the drill ended", func(h *History) {
			c := &h.Calls[39]
			last := &c.Turns[len(c.Turns)-1]
			c.End, last.Answer, last.Answers = EndStopped, time.Time{}, 0
			h.Ledger = h.Ledger[:39]
		}},
		{"an answer that was being heard when the drill ended the call", func(h *History) {
			c := &h.Calls[39]
			c.End, c.Turns[len(c.Turns)-1].Heard = EndStopped, 120*time.Millisecond
		}},
		{"no ledger", func(h *History) { h.Ledger, h.HasLedger = nil, false }},
		{"a call that was dropped while both regions were dead", func(h *History) {
			h.Faults[0].Kind, h.Faults[0].Regions = Both, h.Regions
			h.Calls[10].End = EndDropped // from 40 s on
			h.Calls[10].Turns[3].Answer = time.Time{}
			h.Ledger = slices.DeleteFunc(h.Ledger, func(p Placed) bool { return p.Session == h.Calls[10].SID })
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := goodRun()
			slices.SortFunc(h.Calls, func(a, b Call) int { return a.Number - b.Number })
			tt.grant(h)
			if r := Judge(h, nil); !r.OK() {
				t.Errorf("violations are %q; want none", r.Violations)
			}
		})
	}
}

// TestLate makes one thing late in a good run, and looks for the bound.
func TestLate(t *testing.T) {
	// turn is the first turn that ends between two times and commits, or does not.
	turn := func(h *History, from, to float64, commits bool) *Turn {
		for i := range h.Calls {
			for j := range h.Calls[i].Turns {
				found := &h.Calls[i].Turns[j]
				if !found.Said.Before(at(from)) && found.Said.Before(at(to)) && (found.Kind == AskConfirm) == commits {
					return found
				}
			}
		}
		return nil
	}
	late := func(t *Turn, seconds float64) { t.Answer = t.Said.Add(time.Duration(seconds * float64(time.Second))) }
	tests := []struct {
		name  string
		plant func(*History)
		want  string
	}{
		{"an answer 5 s late", func(h *History) { late(turn(h, 60, 70, false), 6.2) }, "the longest extra delay around"},
		{"an order 6 s late", func(h *History) { late(turn(h, 60, 70, true), 7.2) }, "of a committing turn"},
		{"two later answers 1 s late", func(h *History) {
			late(turn(h, 75, 90, false), 2.2)
			late(turn(h, 95, 120, false), 2.2)
		}, "p99 of the extra delay later on"},
		{"five seconds of silence", func(h *History) { turn(h, 60, 70, false).Silence = 5 * time.Second }, "longest silence"},
		{"a new call sent to the dead region after 12 s", func(h *History) {
			addCall(h, 3, 99, 72)
			h.Attempts = append(h.Attempts, Attempt{at(78), "CA99", 1, "us-east-1", Failed})
		}, "last new call"},
		{"a new call overtaken in the dead region after 12 s", func(h *History) {
			addCall(h, 3, 99, 72)
			h.Attempts = append(h.Attempts, Attempt{at(78), "CA99", 1, "us-west-2", Again})
		}, "last new call"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := goodRun()
			tt.plant(h)
			r := Judge(h, nil)
			if !strings.Contains(strings.Join(r.Late, "\n"), tt.want) {
				t.Errorf("late is %q; want one with %q", r.Late, tt.want)
			}
		})
	}
}

// TestNotDecided has a bound missed by less than the phones were late, and by more.
func TestNotDecided(t *testing.T) {
	for _, tt := range []struct {
		phones      int64
		late, notes int
	}{{0, 1, 0}, {99, 1, 0}, {101, 0, 1}} {
		h := goodRun()
		h.Calls[0].LateMS = tt.phones
		turn := &h.Calls[len(h.Calls)-1].Turns[0]
		for i := range h.Calls { // the first that ends around the fault
			for j := range h.Calls[i].Turns {
				if found := &h.Calls[i].Turns[j]; !found.Said.Before(at(60)) && found.Said.Before(turn.Said) {
					turn = found
				}
			}
		}
		turn.Silence = boundSilence + 100*time.Millisecond
		r := Judge(h, nil)
		notes := 0
		for _, note := range r.Notes {
			if strings.HasPrefix(note, "not decided") && strings.Contains(note, "longest silence is 4.10 s, not at most 4.00 s") {
				notes++
			}
		}
		if len(r.Late) != tt.late || notes != tt.notes {
			t.Errorf("0.1 s too much silence, phones late by %d ms: late %q, notes %q; want %d and %d about it", tt.phones, r.Late, r.Notes, tt.late, tt.notes)
		}
	}
}

// TestFailedAttempts counts what a fault struck from both sides: the region's own
// log, where it can tell, and the gateway's.
func TestFailedAttempts(t *testing.T) {
	plant := func(kind Kind) *Report {
		h := goodRun()
		h.Faults[0].Kind = kind
		h.Attempts = append(h.Attempts,
			Attempt{at(59), "CA1", 1, "us-east-1", Failed}, // before the fault
			Attempt{at(61), "CA2", 1, "us-west-2", Again},  // overtaken in us-east-1 ...
			Attempt{at(63), "CA2", 1, "us-east-1", Failed}, // ... where it failed later: the same attempt
			Attempt{at(64), "CA3", 2, "us-east-1", Failed},
			Attempt{at(64), "CA4", 2, "us-west-2", Failed}, // elsewhere
			Attempt{at(91), "CA5", 2, "us-east-1", Failed}, // after the fault
		)
		h.Requests = append(h.Requests, Request{Time: at(61), Region: "us-east-1", Session: "CA2", Op: recognizeUtterance, Status: 500})
		return Judge(h, nil)
	}
	for _, tt := range []struct {
		kind   Kind
		failed string
	}{{ServerErrors, "1"}, {Reset, "1"}, {Stop, "-"}, {Blackhole, "-"}, {Refuse, "-"}} {
		f := plant(tt.kind).Faults[0]
		if counted(f.Failed) != tt.failed || counted(f.Attempts) != "2" {
			t.Errorf("%s: %s requests struck, %s attempts failed; want %s and 2", tt.kind, counted(f.Failed), counted(f.Attempts), tt.failed)
		}
	}
	h := goodRun()
	h.Attempts, h.Requests = nil, nil
	if f := Judge(h, nil).Faults[0]; f.Failed != nil || f.Attempts != nil {
		t.Errorf("without logs %s requests and %s attempts; want neither known", counted(f.Failed), counted(f.Attempts))
	}
}

// TestNoneIsAnEmptyList reads a good report as a program would.
func TestNoneIsAnEmptyList(t *testing.T) {
	text, err := json.Marshal(Judge(goodRun(), nil))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"violations":[]`, `"late":[]`, `"interrupted":false`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the report is %s; want %s in it", text, want)
		}
	}
}

func TestThrottledRegionsAreWell(t *testing.T) {
	h := goodRun()
	h.Faults[0].Kind = Throttle
	addCall(h, 3, 99, 72)
	h.Attempts = append(h.Attempts, Attempt{at(78), "CA99", 1, "us-east-1", Failed})
	if r := Judge(h, nil); len(r.Late) > 0 || r.Faults[0].Switched != 12 {
		t.Errorf("the last new call came after %v s, late is %q; want 12 s and nothing: a throttled region is not taken out", r.Faults[0].Switched, r.Late)
	}
}

// TestMisheard has a recogniser take the caller's day for another one, and then
// the day become a third one on the way to the ledger.
func TestMisheard(t *testing.T) {
	h := goodRun()
	h.HasClips = false
	mishear := func(h *History, day string) {
		for i := range h.Requests {
			if r := &h.Requests[i]; r.Session == "CA1" && r.Slots["PickupDate"] != "" {
				r.Slots["PickupDate"] = day
			}
		}
	}
	mishear(h, "2026-12-24")
	order := maps.Clone(h.Ledger[0].Slots)
	order["PickupDate"] = "2026-12-24"
	h.Ledger[0].Slots = order
	if r := Judge(h, nil); !r.OK() || r.Misheard != 1 {
		t.Errorf("misheard %d, violations %q; want 1, none", r.Misheard, r.Violations)
	}
	order["PickupDate"] = "2026-12-25"
	if r := Judge(h, nil); r.Wrong != 1 {
		t.Errorf("an order for another day than what was understood: %d wrong; want 1", r.Wrong)
	}
	h.HasClips = true
	order["PickupDate"] = "2026-12-24"
	if r := Judge(h, nil); r.Wrong != 1 {
		t.Errorf("recordings cannot be misheard: %d wrong; want 1", r.Wrong)
	}
}

func TestBothDead(t *testing.T) {
	h := goodRun()
	h.Faults[0].Kind, h.Faults[0].Regions = Both, h.Regions
	r := Judge(h, nil)
	if got := r.Faults[0].Answered; got < 0 || got > 10 {
		t.Errorf("the first answer after the end of the fault is said to come after %v s; want 0 to 10", got)
	}
	for i := range h.Calls {
		for j := range h.Calls[i].Turns {
			if turn := &h.Calls[i].Turns[j]; turn.Said.After(at(60)) {
				turn.Answer = time.Time{}
			}
		}
	}
	if r = Judge(h, nil); !strings.Contains(strings.Join(r.Late, "\n"), "nothing was answered") {
		t.Errorf("late is %q; want that nothing was answered after the end", r.Late)
	}
}
