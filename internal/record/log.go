package record

import (
	"cmp"
	"strings"
	"time"

	"lexline/internal/call"
	"lexline/internal/secret"
)

// What a record may hold at most: 400 KB is what DynamoDB takes as an item
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html),
// and one that talks for hours must not fill the memory.
const (
	maxTurns = 500
	maxTexts = 100 << 10 // bytes of words and values in all
)

// Log is the record of one call in the making. It belongs to the goroutine that runs
// the call and never waits. A nil Log keeps nothing.
type Log struct {
	journal *Journal
	record  Record
	masker  *masker
	texts   int
	keep    Keeping
}

// Begin begins the record of a call whose stream has started. keep says what is kept of
// the call, until its end.
func (j *Journal) Begin(keep Keeping, info call.Info) *Log {
	if j == nil {
		return nil
	}
	direction := Inbound
	if info.Outbound {
		direction = Outbound
	}
	l := &Log{journal: j, keep: keep, masker: newMasker(keep.Masked[info.Line]), record: Record{
		retention: keep.Retention,
		Schema:    Schema, Call: info.ID, State: Live, Line: info.Line, Direction: direction, Gateway: j.cfg.Gateway,
		From:    newNumber(keep.NumberKey, info.From, keep.FullNumbers),
		To:      newNumber(keep.NumberKey, info.To, keep.FullNumbers),
		Started: j.cfg.Now().UTC().Truncate(time.Millisecond), Resumed: info.Resumed, Returned: info.Returned[0].Target,
		Turns: []Turn{}, AnsweredBy: info.AnsweredBy, Transcripts: keep.Transcripts,
	}}
	l.put()
	return l
}

// Recording names the file with the sound of the call.
func (l *Log) Recording(file string) {
	if l != nil {
		l.record.Recording = file
	}
}

// Turn adds a turn. It fits call.Config.Report.
func (l *Log) Turn(report call.TurnReport) {
	if l == nil {
		return
	}
	r := &l.record
	count(r, report)
	l.move(report)
	if len(r.Turns) == maxTurns {
		r.LeftOut++
		return
	}
	t := newTurn(report)
	if r.Transcripts {
		l.addWords(&t, report)
	}
	r.Turns = append(r.Turns, t) // what is in it already is never changed: writers may be reading it
	l.put()
}

// End says how the call ended, and completes the record.
func (l *Log) End(end call.Termination) {
	if l == nil {
		return
	}
	r := &l.record
	r.State, r.Ended = Ended, l.journal.cfg.Now().UTC().Truncate(time.Millisecond)
	r.Result, r.Reason = string(end.Result), string(end.Reason)
	r.Next = l.next(end.Next)
	l.put()
}

// put passes the record on as it stands.
func (l *Log) put() {
	l.record.Updated = l.journal.cfg.Now().UTC().Truncate(time.Millisecond)
	if l.keep.EndsOnly && l.record.State == Live && len(l.record.Turns) > 0 {
		return
	}
	l.journal.put(l.record)
}

// next is what became of the caller.
func (l *Log) next(next call.Next) *Next {
	if next.Kind == call.NextHangUp {
		return nil
	}
	n := &Next{Kind: next.Kind.String(), Target: next.Target}
	if next.Kind == call.NextTransfer {
		n.Way = l.keep.Ways[next.Target]
	}
	if l.record.Transcripts {
		n.Context = l.masker.text(next.Context)
	}
	return n
}

// count adds a turn to the totals.
func count(r *Record, report call.TurnReport) {
	r.Fillers += report.Fillers
	r.Keys += report.Keys
	if report.Interrupted {
		r.BargeIns++
	}
	if report.Failure != "" {
		r.Failures++
	}
	if report.Kind == call.TurnNone {
		r.Silences++
	}
}

// move notes that another region than before has answered.
func (l *Log) move(report call.TurnReport) {
	r := &l.record
	before := ""
	for i := len(r.Turns) - 1; i >= 0 && before == ""; i-- {
		before = r.Turns[i].Region
	}
	if n := len(r.Moves); n > 0 {
		before = r.Moves[n-1].To
	}
	if report.Region != "" && before != "" && report.Region != before && len(r.Moves) < maxTurns {
		r.Moves = append(r.Moves, Move{report.Number, before, report.Region})
	}
}

// newTurn is a turn without anybody's words.
func newTurn(r call.TurnReport) Turn {
	t := Turn{
		Number: r.Number, Kind: string(r.Kind),
		Began: millis(r.Began), Ended: millis(r.Ended), Noticed: millis(r.Noticed), Asked: millis(r.Asked),
		Answered: millis(r.Answered), Sent: millis(r.FirstSent), Heard: millis(r.FirstHeard),
		Region: r.Region, Told: millis(r.Told), Length: millis(r.Length),
		Interrupted: r.Interrupted, Fillers: r.Fillers, Keys: r.Keys, Failure: r.Failure,
		Intent: r.Intent, State: r.State, Expected: r.Expected, Elicits: r.Elicits, Closed: r.Closed,
	}
	if first := cmp.Or(r.FirstHeard, r.FirstSent); first != 0 && r.Ended != 0 {
		t.Wait = millis(first - r.Ended)
	}
	return t
}

// addWords adds what was said, as far as it may be kept and there is room for it.
func (l *Log) addWords(t *Turn, report call.TurnReport) {
	t.Words, t.Said = clean(report.Words), clean(report.Said)
	t.Slots = make(map[string]string, len(report.Slots))
	size := len(t.Words) + len(t.Said)
	for name, value := range report.Slots {
		t.Slots[name] = clean(value)
		size += len(name) + len(t.Slots[name])
	}
	l.masker.turn(t, report.Kind == call.TurnKeyed, report.Keyed.Reveal()) // of what there is no room for it learns, too
	if l.texts += size; l.texts > maxTexts {
		t.Words, t.Said, t.Slots = "", "", nil
		l.record.LeftOut++
	}
	t.Said, t.Unsaid = split(t.Said, report.Told, report.Length)
}

// clean is a text as JSON can have it.
func clean(text secret.Text) string { return strings.ToValidUTF8(text.Reveal(), "\uFFFD") }
