package record

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"lexline/internal/call"
)

// Dialled is what became of a target that was dialled for a caller.
type Dialled struct {
	Target  string    `json:"target"`              // its name in the configuration
	Way     string    `json:"way,omitempty"`       // as in Next
	Outcome string    `json:"outcome"`             // answered, busy, no_answer, failed
	Told    time.Time `json:"told"`                // when the carrier told: of who answered, once they were done
	Talked  int64     `json:"talked_ms,omitempty"` // how long they talked with the caller
}

// maxDialled bounds how many targets a record names: each leads on to the next one, of
// those that are configured, and none twice.
const maxDialled = 50

// outcome is what became of a target, for the record of a call.
type outcome struct {
	call    string
	dialled Dialled
}

// errNowhere is the error of an outcome that has no record to be put into.
var errNowhere = errors.New("there is no record of this call that ended with a hand-over")

// Dialled adds to the record of a call what became of a target, when the carrier has
// told it. That is after the call's end, and may be another gateway than the one that
// had the call: so the record is read from the store and written again. It never
// waits. A target of the configuration is told once for each hand-over; told again, it is
// left out.
func (j *Journal) Dialled(call string, d Dialled) {
	if j == nil {
		return
	}
	d.Told = j.cfg.Now().UTC().Truncate(time.Millisecond)
	j.mu.Lock()
	if len(j.outcomes) < j.cfg.Waiting {
		j.outcomes = append(j.outcomes, outcome{call, d})
	} else {
		j.state.Dropped++
	}
	j.mu.Unlock()
	j.rouse()
}

// nextOutcome takes the oldest outcome. It is asked when no record waits: the one that
// an outcome belongs to has then been written, if it was one of this journal's.
func (j *Journal) nextOutcome() (o outcome, ok bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.outcomes) == 0 {
		return outcome{}, false
	}
	o = j.outcomes[0]
	j.outcomes = slices.Delete(j.outcomes, 0, 1)
	j.inFlight = 1
	return o, true
}

// writeOutcome puts one outcome into its record and returns how long to wait before the
// next write.
func (j *Journal) writeOutcome(writing context.Context, o outcome, before time.Duration) (pause time.Duration) {
	ctx, cancel := context.WithTimeout(writing, j.cfg.Deadline)
	defer cancel()
	entry, err := j.entryWith(ctx, o)
	if err == nil {
		err = j.cfg.Store.Put(ctx, entry)
	}
	if errors.Is(err, errNowhere) {
		j.log.Debug("outcome of a hand-over not in a record", slog.String("call", o.call), slog.Any("err", err))
		j.mu.Lock()
		defer j.mu.Unlock()
		j.inFlight = 0
		return 0
	}
	return j.wrote(o.call, err, before, func() { j.outcomes = slices.Insert(j.outcomes, 0, o) })
}

// entryWith returns the record of the hand-over that an outcome is of, with the outcome
// in it: the latest that was begun before, as a caller who came back with nobody there
// may have been handed over again.
func (j *Journal) entryWith(ctx context.Context, o outcome) (Entry, error) {
	entries, err := j.cfg.Store.Get(ctx, o.call)
	if err != nil {
		return Entry{}, err
	}
	for _, e := range slices.Backward(entries) {
		r, err := parseWhole(e.Record)
		if err != nil || r.State != Ended || r.Next == nil || r.Next.Kind != call.NextTransfer.String() || r.Started.After(o.dialled.Told) {
			continue
		}
		next := *r.Next
		if len(next.Dialled) == maxDialled || slices.ContainsFunc(next.Dialled, func(d Dialled) bool { return d.Target == o.dialled.Target }) {
			return Entry{}, fmt.Errorf("%w: it has this target", errNowhere)
		}
		next.Dialled = append(next.Dialled, o.dialled)
		r.Next, r.Updated = &next, j.cfg.Now().UTC().Truncate(time.Millisecond)
		if e.Record, err = r.Encode(); err != nil {
			return Entry{}, fmt.Errorf("%w: %w", ErrRefused, err)
		}
		return e, nil
	}
	return Entry{}, errNowhere
}

// parseWhole reads a record that is to be written again: one with fields that are not
// known here, of a gateway that is newer, would lose them.
func parseWhole(text []byte) (Record, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var r Record
	if err := decoder.Decode(&r); err != nil {
		return Record{}, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	if r.Schema != Schema {
		return Record{}, fmt.Errorf("%w: its schema is %d", ErrUnreadable, r.Schema)
	}
	return r, nil
}
