package record

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Config is what a Journal is made of.
type Config struct {
	Store   Store
	Name    string // of the store, for people
	Gateway string // this one's name, in records

	Logger   *slog.Logger     // default: slog.Default()
	Deadline time.Duration    // for one write; default 2 s
	Waiting  int              // records in the queue at most; default 1,000
	Now      func() time.Time // default: time.Now
}

// Keeping is what is kept of one call, and for how long.
type Keeping struct {
	Retention time.Duration // from the call's start
	NumberKey []byte        // for HashNumber

	Transcripts bool                // keep words and values
	FullNumbers bool                // keep telephone numbers
	EndsOnly    bool                // write when the call begins and ends, and not in between
	Masked      map[string][]string // by line: the slots whose values are never kept
	Ways        map[string]string   // by target: number, sip, client, queue or workflow
}

// Times of a Journal.
const (
	defaultDeadline = 2 * time.Second
	firstPause      = 250 * time.Millisecond // after a write that was an error; it doubles ...
	longestPause    = 5 * time.Second        // ... up to this
	cleanEvery      = 10 * time.Minute       // expired records are deleted
	cleanTime       = 10 * time.Second       // so long at most
)

// Journal writes the records of all calls of a gateway. It is safe for many
// goroutines; a nil Journal keeps nothing. New starts its goroutine, Close ends it.
type Journal struct {
	cfg    Config
	log    *slog.Logger
	wake   chan struct{} // holds one: there is something to write
	stop   context.CancelFunc
	done   chan struct{}
	cancel context.CancelFunc // of the write under way

	mu       sync.Mutex
	queue    queue
	outcomes []outcome // what became of targets; the oldest first
	inFlight int       // records or outcomes out of their queues that are being written: 0 or 1
	state    Status
}

// Status is how a journal fares.
type Status struct {
	Store   string    `json:"store"`
	OK      bool      `json:"ok"`              // the last write went well, or there was none yet
	Error   string    `json:"error,omitempty"` // of the last one
	Since   time.Time `json:"since,omitzero"`  // when it came to be so
	Waiting int       `json:"waiting"`         // records to be written, and outcomes of hand-overs to be added to records
	Written int64     `json:"written"`         // writes that went well; a record is written several times
	Failed  int64     `json:"failed"`          // writes that were errors
	Dropped int64     `json:"dropped"`         // states of a record that were never written, for want of room or as the store did not take them
	Deleted int64     `json:"deleted"`         // records whose time was over, as far as the store told
}

// New returns a Journal that writes until Close.
func New(cfg Config) *Journal {
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	cfg.Deadline = cmp.Or(cfg.Deadline, defaultDeadline)
	cfg.Waiting = cmp.Or(cfg.Waiting, 1000)
	ctx, stop := context.WithCancel(context.Background())
	writing, cancel := context.WithCancel(context.Background())
	j := &Journal{
		cfg: cfg, log: cfg.Logger.With("store", cfg.Name), wake: make(chan struct{}, 1), stop: stop, cancel: cancel, done: make(chan struct{}),
		queue: queue{most: cfg.Waiting, byKey: map[key]Record{}}, state: Status{Store: cfg.Name, OK: true},
	}
	go func() {
		defer close(j.done)
		j.run(ctx, writing)
	}()
	return j
}

// Close writes what is still in the queue, until ctx ends, and returns when nothing is
// at work any more. Its error says how many records were left. Calls must have ended.
func (j *Journal) Close(ctx context.Context) error {
	if j == nil {
		return nil
	}
	defer j.cancel()
	unhook := context.AfterFunc(ctx, j.cancel)
	defer unhook()
	j.stop()
	<-j.done
	if left := j.Status().Waiting; left > 0 {
		return fmt.Errorf("write the last records: %d were left", left)
	}
	return nil
}

// Status tells how it fares. That of a nil Journal is the zero Status.
func (j *Journal) Status() Status {
	if j == nil {
		return Status{}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	s := j.state
	s.Waiting, s.Dropped = j.queue.len()+len(j.outcomes)+j.inFlight, s.Dropped+j.queue.dropped
	return s
}

// put queues a record in its present state. It never waits.
func (j *Journal) put(r Record) {
	j.mu.Lock()
	j.queue.put(r)
	j.mu.Unlock()
	j.rouse()
}

// rouse tells the writer that there is something to write.
func (j *Journal) rouse() {
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

// run writes until ctx ends, and then what is left; writing is the context of writes.
func (j *Journal) run(ctx, writing context.Context) {
	clean := time.NewTimer(time.Second)
	defer clean.Stop()
	pause := time.Duration(0)
	for {
		select {
		case <-clean.C:
			j.clean(writing)
			clean.Reset(cleanEvery)
		default:
		}
		if writing.Err() != nil {
			return // Close has waited for long enough
		}
		var more bool
		if pause, more = j.writeNext(writing, pause); more {
			if pause > 0 && !sleep(ctx, writing, pause) {
				return
			}
			continue
		}
		if ctx.Err() != nil {
			return
		}
		select {
		case <-j.wake:
		case <-clean.C:
			clean.Reset(0)
		case <-ctx.Done():
		}
	}
}

// writeNext writes a record, or an outcome if no record waits, and returns how long to
// wait before the next. It is false if there was nothing to write.
func (j *Journal) writeNext(writing context.Context, before time.Duration) (pause time.Duration, more bool) {
	if r, ok := j.next(); ok {
		return j.write(writing, r, before), true
	}
	if o, ok := j.nextOutcome(); ok {
		return j.writeOutcome(writing, o, before), true
	}
	return before, false
}

// sleep waits before the next try, and reports whether there is to be one. When the
// journal is being closed, tries follow each other at a shorter pause.
func sleep(ctx, writing context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		timer.Reset(min(pause, firstPause))
		select {
		case <-timer.C:
		case <-writing.Done():
		}
	}
	return writing.Err() == nil
}

func (j *Journal) next() (Record, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	r, ok := j.queue.take()
	if ok {
		j.inFlight = 1
	}
	return r, ok
}

// write puts one record into the store and returns how long to wait before the next.
func (j *Journal) write(writing context.Context, r Record, before time.Duration) (pause time.Duration) {
	entry, err := j.entry(r)
	if err == nil {
		ctx, cancel := context.WithTimeout(writing, j.cfg.Deadline)
		defer cancel()
		err = j.cfg.Store.Put(ctx, entry)
	}
	return j.wrote(r.Call, err, before, func() { j.queue.again(r) })
}

// wrote takes note of how a write for a call went and returns how long to wait before
// the next. again puts back in front what was to be written; it has the lock.
func (j *Journal) wrote(call string, err error, before time.Duration, again func()) (pause time.Duration) {
	switch refused := errors.Is(err, ErrRefused); {
	case err == nil:
		j.note(func(s *Status) { s.Written++ }, nil)
	case refused:
		j.log.Warn("record not kept", "call", call, "err", err)
		j.note(func(s *Status) { s.Failed++; s.Dropped++ }, nil)
	default:
		j.mu.Lock()
		j.inFlight = 0
		again()
		j.mu.Unlock()
		j.note(func(s *Status) { s.Failed++ }, err)
		pause = min(max(2*before, firstPause), longestPause)
	}
	return pause
}

// note counts, and says when the store fails and when it is back, once each.
func (j *Journal) note(count func(*Status), err error) {
	j.mu.Lock()
	count(&j.state)
	j.inFlight = 0
	turned := j.state.OK != (err == nil)
	j.state.OK, j.state.Error = err == nil, ""
	if turned {
		j.state.Since = j.cfg.Now()
	}
	if err != nil {
		j.state.Error = err.Error()
	}
	waiting := j.queue.len() + len(j.outcomes)
	j.mu.Unlock()
	switch {
	case turned && err != nil:
		j.log.Warn("records cannot be written", "err", err, "waiting", waiting)
	case turned:
		j.log.Info("records are written again", "waiting", waiting)
	}
}

// entry is a record with what it is found by.
func (j *Journal) entry(r Record) (Entry, error) {
	text, err := r.Encode()
	if err != nil {
		return Entry{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return Entry{
		Call: r.Call, Started: r.Started, Line: r.Line, Result: r.Result, Reason: r.Reason, Number: r.Outside().Hash,
		Until: r.Started.Add(r.retention).Truncate(time.Second), Record: text,
	}, nil
}

// clean deletes what is older than the retention time. That it cannot is told by the
// next write that is an error, too.
func (j *Journal) clean(writing context.Context) {
	ctx, cancel := context.WithTimeout(writing, cleanTime)
	defer cancel()
	deleted, err := j.cfg.Store.DeleteExpired(ctx, j.cfg.Now())
	if err != nil {
		j.log.Debug("expired records not deleted", "err", err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.state.Deleted += int64(deleted)
}
