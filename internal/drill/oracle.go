package drill

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// leastArrived is which part of an utterance must have reached the region that
// answered it.
const leastArrived = 0.95

// Judge says what a run came to. paired are the calls of a run of the same seed
// without faults, that delays are measured against; nil when there was none. It
// is pure: the same history gives the same report.
func Judge(h *History, paired []Call) *Report {
	slices.SortStableFunc(h.Requests, func(a, b Request) int { return a.Time.Compare(b.Time) })
	o := newOracle(h, paired)
	o.summary(paired)
	for i := range h.Calls {
		o.call(&h.Calls[i])
	}
	o.strangers()
	o.faults()
	o.changes()
	o.late()
	return o.r
}

func newOracle(h *History, paired []Call) *oracle {
	o := &oracle{
		h: h,
		r: &Report{
			Policy: string(PolicyLexline), Seed: h.Seed, Seconds: h.Ended.Sub(h.Began).Seconds(),
			Interrupted: h.Interrupted, Planned: h.Planned.Seconds(),
			Faults: []FaultReport{}, Violations: []string{}, Late: []string{}, // empty lists in JSON, not null
		},
		requests: map[string][]*Request{}, ledger: map[string][]*Placed{},
		winners: map[turnKey]string{}, avoided: map[turnKey][]string{},
	}
	o.base = newBaseline(h.Calls, o.firstFault().Add(-windowBefore), paired)
	for i := range h.Requests {
		request := &h.Requests[i]
		o.requests[request.Session] = append(o.requests[request.Session], request)
	}
	for _, a := range h.Attempts {
		switch key := (turnKey{a.Call, a.Turn}); a.What {
		case Answered:
			if o.winners[key] != "" {
				o.r.AnsweredTwice++
				o.violated("turn %d of %s was answered by %s, and then by %s", a.Turn, a.Call, o.winners[key], a.Region)
			}
			o.winners[key] = a.Region
		default:
			o.avoided[key] = append(o.avoided[key], o.struck(a)...)
		}
	}
	for i := range h.Ledger {
		placed := &h.Ledger[i]
		o.ledger[placed.Session] = append(o.ledger[placed.Session], placed)
	}
	return o
}

// oracle is one judgement under way.
type oracle struct {
	h        *History
	r        *Report
	base     *baseline
	requests map[string][]*Request // by session, in the order of the logs
	ledger   map[string][]*Placed  // by session
	winners  map[turnKey]string    // regions whose answer was heard, as the gateway tells
	avoided  map[turnKey][]string  // regions where an attempt failed, or was not waited for
}

// turnKey names a turn as the gateway does.
type turnKey struct {
	call string
	turn int
}

// struck returns the regions in which an attempt failed, or was not waited for, by
// a line of the gateway's.
func (o *oracle) struck(a Attempt) []string {
	switch a.What {
	case Failed:
		return []string{a.Region}
	case Again: // it names the region of the further attempt
		return slices.DeleteFunc(slices.Clone(o.h.Regions), func(region string) bool { return region == a.Region })
	}
	return nil
}

// firstFault is when the first fault began, or the end of the run.
func (o *oracle) firstFault() time.Time {
	if len(o.h.Faults) == 0 {
		return o.h.Ended
	}
	return o.h.Faults[0].From
}

func (o *oracle) violated(format string, args ...any) {
	o.r.Violations = append(o.r.Violations, fmt.Sprintf(format, args...))
}

func (o *oracle) summary(paired []Call) {
	r := o.r
	r.Calls, r.Placed = len(o.h.Calls), len(o.h.Ledger)
	lanes := map[int]bool{}
	for _, c := range o.h.Calls {
		lanes[c.Lane] = true
		r.LateMS = max(r.LateMS, c.LateMS)
	}
	r.Lanes = len(lanes)
	r.Measured = "the medians of the turns before the first fault"
	if paired != nil {
		r.Measured = "the same turns of a run of the same seed without faults"
	}
	if r.LateMS > mostLate.Milliseconds() {
		r.Notes = append(r.Notes, fmt.Sprintf("the phones were late by %d ms: this machine had more to do than it could, and the delays are doubtful", r.LateMS))
	}
	switch {
	case o.h.HasClips:
	case len(o.h.Requests) == 0:
		r.Notes = append(r.Notes, "the regions' logs were not read: utterances of which a part was lost do not show")
	default:
		r.Notes = append(r.Notes, "the regions did not say which recordings reached them: of an utterance only its length shows whether a part was lost")
	}
	if !o.h.HasLedger {
		r.Notes = append(r.Notes, "there is no ledger: orders that were not placed, or twice, do not show")
	}
}

// mostLate is how late phones may be in a run whose delays mean something.
const mostLate = 200 * time.Millisecond

// spared reports whether a call was under way while every region was broken.
func (o *oracle) spared(c *Call) bool {
	return slices.ContainsFunc(o.h.Faults, func(f Fault) bool {
		return o.total(f) && c.Ended.After(f.From) && (f.To.IsZero() || c.Began.Before(f.To))
	})
}

// total reports whether a fault lies on every region.
func (o *oracle) total(f Fault) bool { return len(f.Regions) >= len(o.h.Regions) }

// call judges one call.
func (o *oracle) call(c *Call) {
	spared := o.spared(c)
	if spared {
		o.r.Spared++
	}
	switch {
	case c.End == EndStopped:
		o.r.Stopped++
	case c.End == EndFaulty:
		o.r.Breaches++
		o.violated("call %d: the gateway broke the carrier's protocol: %s", c.Number, c.Text)
	case spared:
	case c.End == EndDropped:
		o.r.Dropped++
		o.violated("call %d was dropped after %.1f s: %s", c.Number, c.Ended.Sub(c.Began).Seconds(), c.Text)
	case c.End == EndGaveUp:
		o.r.GaveUp++
		o.violated("call %d: the caller gave up after %.1f s: %s", c.Number, c.Ended.Sub(c.Began).Seconds(), c.Text)
	}
	for i := range c.Turns {
		o.turn(c, &c.Turns[i], spared)
	}
	o.order(c)
	o.slots(c)
	o.moves(c)
}

// turn judges one thing that a caller said.
func (o *oracle) turn(c *Call, t *Turn, spared bool) {
	o.r.Utterances++
	o.r.Silence = max(o.r.Silence, t.Silence.Seconds())
	asked := o.asked(c, t)
	isHungUp := c.End == EndStopped && t.Number == len(c.Turns) // who knows how it would have gone on
	switch {
	case t.Answers > 1 && !heardTwice(t, asked):
		o.r.Broken++
	case t.Answers > 1:
		o.r.AnsweredTwice++
		o.violated("%s was answered %d times", name(c, t), t.Answers)
	case spared, isHungUp:
	case o.cutOff(t, asked):
		o.r.CutOff++
		o.violated("the answer to %s was cut off after %d ms", name(c, t), t.Heard.Milliseconds())
	case t.Answer.IsZero():
		o.r.Lost++
		o.violated("%s got no answer", name(c, t))
	default:
		if part, ok := o.arrived(t, asked); ok && part < leastArrived {
			o.r.Lost++
			o.violated("%s was answered although only %.0f %% of it had arrived", name(c, t), 100*part)
		}
	}
}

// leastHeard is which part of an answer must be heard: a tone is audible nearly
// from end to end.
const leastHeard = 0.7

// cutOff reports whether less was heard of an answer than the bot said. Of real
// speech, with its pauses, that cannot be told.
func (o *oracle) cutOff(t *Turn, asked []*Request) bool {
	if !o.h.HasClips || t.Answer.IsZero() {
		return false
	}
	shortest := int64(0)
	for _, request := range asked {
		if request.Status == 200 && request.AnswerMS > 0 && (shortest == 0 || request.AnswerMS < shortest) {
			shortest = request.AnswerMS
		}
	}
	return float64(t.Heard.Milliseconds()) < leastHeard*float64(shortest)
}

// part returns which part of an utterance a request brought: by its recording, or
// where these are not known, by its length, which silence around the words adds to.
func (o *oracle) part(t *Turn, request *Request) (part float64, known bool) {
	if o.h.HasClips {
		part, known = request.Clips[t.Clip]
		return part, known
	}
	length := t.Said.Sub(t.Began).Milliseconds()
	return min(1, float64(request.AudioMS)/float64(max(length, 1))), request.AudioMS > 0
}

// sparePause is how much longer than the bot's voice its answer may be heard,
// without being a second one.
const sparePause = 200 * time.Millisecond

// heardTwice reports whether what was heard in several pieces is more than one
// answer: longer than the longest that a region gave.
func heardTwice(t *Turn, asked []*Request) bool {
	longest := time.Duration(0)
	for _, request := range asked {
		if request.Status == 200 {
			longest = max(longest, time.Duration(request.AnswerMS)*time.Millisecond)
		}
	}
	return longest == 0 || t.Heard > longest+sparePause
}

// name names a turn for people.
func name(c *Call, t *Turn) string {
	return fmt.Sprintf("call %d turn %d (%s, %q at %s)", c.Number, t.Number, t.Kind, t.Clip, t.Said.UTC().Format("15:04:05.0"))
}

// asked returns the requests that carried an utterance to a region. Where the
// regions told which recordings reached them, these decide; elsewhere the time.
func (o *oracle) asked(c *Call, t *Turn) []*Request {
	until := time.Time{} // the next turn; with recordings the next one with the same
	for _, next := range c.Turns[t.Number:] {
		if !o.h.HasClips || next.Clip == t.Clip {
			until = next.Began
			break
		}
	}
	var found []*Request
	for _, request := range o.requests[c.SID] {
		_, holds := request.Clips[t.Clip]
		switch {
		case request.Time.Before(t.Began.Add(-slack)), !until.IsZero() && !request.Time.Before(until.Add(-slack)):
		case o.h.HasClips && !holds, request.Op != recognizeUtterance:
		default:
			found = append(found, request)
		}
	}
	return found
}

// slack is how much earlier than a caller began to speak, by their own clock of
// frames, a region may say that it was asked.
const slack = 60 * time.Millisecond

// recognizeUtterance is the operation that takes speech.
const recognizeUtterance = "RecognizeUtterance"

// arrived returns which part of an utterance reached the region that answered
// it. When several answered, and the gateway does not say which answer the caller
// heard, it is the least of them.
func (o *oracle) arrived(t *Turn, asked []*Request) (part float64, known bool) {
	part = 1
	for _, request := range asked {
		if winner := o.winners[turnKey{request.Session, request.Turn}]; winner != "" && winner != request.Region {
			continue
		}
		if request.Status != 200 || request.Fault != "" {
			continue
		}
		if got, ok := o.part(t, request); ok {
			part, known = min(part, got), true
		}
	}
	return part, known
}

// order compares what a caller ordered with the ledger.
func (o *oracle) order(c *Call) {
	placed := o.ledger[c.SID]
	last := len(c.Turns) - 1
	confirmed := last >= 0 && c.Turns[last].Kind == AskConfirm && !c.Turns[last].Answer.IsZero() && (c.End == EndDone || c.End == EndFaulty)
	if confirmed {
		o.r.Confirmed++
	}
	switch {
	case confirmed && len(placed) == 0 && o.h.HasLedger:
		o.r.Missing++
		o.violated("call %d (%s) was told that its order is placed, and it is not", c.Number, c.SID)
	case len(placed) > 1:
		o.r.Twice++
		o.violated("call %d (%s): its order was placed %d times", c.Number, c.SID, len(placed))
	}
	want := o.understood(c)
	for _, p := range placed {
		if !maps.Equal(p.Slots, want) {
			o.r.Wrong++
			o.violated("call %d (%s) ordered %v, and %v was placed", c.Number, c.SID, want, p.Slots)
		}
	}
}

// understood returns the values that an order must be placed with: those that the
// caller said. Where real speech is recognised, a word that was misheard when it
// was said counts as what it was taken for, and is counted; callers say yes to all.
func (o *oracle) understood(c *Call) map[string]string {
	want := c.Order.Slots()
	if o.h.HasClips {
		return want
	}
	filled := map[string]bool{}
	for _, request := range o.answered(c) {
		for slot, value := range request.Slots {
			if !filled[slot] && value != "" && want[slot] != value {
				o.r.Misheard++
				want[slot] = value
			}
			filled[slot] = filled[slot] || value != ""
		}
	}
	return want
}

// slots follows the slots through the answers of a call: what was filled stays.
func (o *oracle) slots(c *Call) {
	filled := map[string]string{}
	for _, request := range o.answered(c) {
		if request.Intent != "OrderFlowers" {
			continue
		}
		for _, slot := range slices.Sorted(maps.Keys(filled)) {
			if got := request.Slots[slot]; got != filled[slot] {
				o.r.SlotsLost++
				o.violated("call %d (%s): %s was %q and became %q in %s", c.Number, c.SID, slot, filled[slot], got, request.Region)
			}
		}
		filled = maps.Clone(request.Slots)
		if filled == nil {
			filled = map[string]string{}
		}
	}
}

// answered returns a call's answers in the order of their turns, as the gateway
// numbered them. Of a turn that several regions answered it is the answer that the
// caller heard, or else the last one.
func (o *oracle) answered(c *Call) []*Request {
	byTurn := map[int]*Request{}
	var unnumbered []*Request
	for _, request := range o.requests[c.SID] {
		switch {
		case request.Status != 200 || request.Op != recognizeUtterance || request.Fault != "":
		case request.Turn == 0:
			unnumbered = append(unnumbered, request)
		case byTurn[request.Turn] == nil || o.winners[turnKey{c.SID, request.Turn}] != byTurn[request.Turn].Region:
			byTurn[request.Turn] = request
		}
	}
	var all []*Request
	for _, turn := range slices.Sorted(maps.Keys(byTurn)) {
		all = append(all, byTurn[turn])
	}
	if len(all) == 0 {
		return unnumbered
	}
	return all
}

// moves counts the turns that another region answered than the turn before.
func (o *oracle) moves(c *Call) {
	region := ""
	for _, request := range o.answered(c) {
		if region != "" && request.Region != region {
			o.r.Moves++
		}
		region = request.Region
	}
}

// strangers finds orders that no caller of this run placed.
func (o *oracle) strangers() {
	calls := map[string]bool{}
	for _, c := range o.h.Calls {
		calls[c.SID] = true
	}
	for _, session := range slices.Sorted(maps.Keys(o.ledger)) {
		if !calls[session] {
			o.r.Wrong++
			o.violated("the ledger has an order of %q, who did not call", session)
		}
	}
}

// changes counts how often the gateway changed its mind about a region: to not
// using it, and to using it again.
func (o *oracle) changes() {
	down := map[string]bool{}
	for _, v := range o.h.Verdicts {
		if is := isAvoided(v.State); is != down[v.Region] {
			down[v.Region] = is
			o.r.RegionChanges++
		}
	}
}

// isAvoided reports whether a verdict keeps all new calls away. Suspect regions
// are still asked, recovering ones more and more.
func isAvoided(state string) bool { return state == "down" }
