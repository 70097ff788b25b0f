package region

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// SyncConfig is what a [Sync] is made of.
type SyncConfig struct {
	Table    Table            // required
	Observer ObserverSettings // a zero Epoch and Seed are chosen
	// Copy is the path of a file that keeps the last good verdict for the next
	// start; empty: none. Its folder must be there.
	Copy string
	// Deadline is what one read of all items, or one write, may take; 0: 0.5 s.
	Deadline time.Duration
	// Opinion says what this gateway holds of the regions now. It is called on
	// Run's goroutine, several times a second, and must not block for long.
	Opinion func() Opinion
	// Tell gives the judge Peers, Advice, PinSet and PinEnded. It is called on Run's
	// goroutine and must not block for long.
	Tell   func(Event)
	Logger *slog.Logger     // nil: none
	Clock  func() time.Time // the time of day; nil: time.Now
}

// Sync keeps an [Observer] and a [Table] together: it makes the observer's reads
// and writes, one at a time on one goroutine of its own, so that a table that
// hangs holds up nothing but itself. Calls never wait for it.
type Sync struct {
	// Static.
	c       SyncConfig
	log     *slog.Logger
	clock   func() time.Time
	started time.Time
	orders  chan ObserverEvent // of operators; full: refused
	poke    chan struct{}      // holds one token; never closed

	// Owned by Run.
	observer *Observer
	store    *storeWorker
	lost     bool   // the table; logged once
	stray    string // the region of a pin that names none of ours; logged once
	copyLost bool   // the copy on disk cannot be written; logged once, until it can

	mu     sync.Mutex
	status TableStatus   // but for its ReadAge
	readAt time.Duration // since started; -1 for never
}

// TableStatus says how a gateway and its table stand.
type TableStatus struct {
	Reachable  bool             `json:"reachable"`             // the last read was answered
	ReadAge    float64          `json:"read_age_seconds"`      // since the last answered read; -1 if there was none
	LastError  string           `json:"last_error,omitempty"`  // of the last read or write that failed
	Region     string           `json:"region,omitempty"`      // lexRegion of the newest verdict that could be used
	State      TableState       `json:"state,omitempty"`       // of that verdict
	Version    int64            `json:"version"`               // of that verdict
	Why        string           `json:"why,omitempty"`         // of that verdict
	Pinned     string           `json:"pinned,omitempty"`      // the region of the pin in force here
	PinPending bool             `json:"pin_pending,omitempty"` // an operator's order has yet to reach the table
	FromCopy   bool             `json:"from_copy,omitempty"`   // the verdict is that of the copy on disk; the table was not read yet
	CopyFault  string           `json:"copy_fault,omitempty"`  // why the copy on disk could not be read or written; it goes when it is written
	Skipped    uint64           `json:"skipped"`               // reads and writes not tried, as the table was still busy with others
	Counters   ObserverCounters `json:"counters"`
}

// NewSync returns a Sync for Run.
func NewSync(c SyncConfig) (*Sync, error) {
	if c.Table == nil || c.Opinion == nil || c.Tell == nil {
		return nil, errors.New("sync with a table: needs a table, an opinion and somebody to tell")
	}
	if c.Deadline <= 0 {
		c.Deadline = 500 * time.Millisecond
	}
	s := &Sync{
		c: c, log: c.Logger, clock: c.Clock, started: time.Now(),
		orders: make(chan ObserverEvent, 8), poke: make(chan struct{}, 1),
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.clock == nil {
		s.clock = time.Now
	}
	if s.c.Observer.Epoch == 0 {
		s.c.Observer.Epoch = s.clock().UnixNano()
	}
	if s.c.Observer.Seed == 0 {
		s.c.Observer.Seed = uint64(s.c.Observer.Epoch)
	}
	observer, err := NewObserver(s.c.Observer)
	if err != nil {
		return nil, fmt.Errorf("sync with a table: %w", err)
	}
	s.observer = observer
	s.readAt = -1
	return s, nil
}

// Poke has the opinion asked for at once, as it has changed. It never blocks.
func (s *Sync) Poke() {
	select {
	case s.poke <- struct{}{}:
	default:
	}
}

// SetPin sends all calls to one region until the pin ends. It counts on this
// gateway at once, and on the others once the table has it: Status says so. It
// never blocks. It returns an error that says what is wrong with the pin, or that
// too many orders are waiting.
func (s *Sync) SetPin(p Pin) error {
	p.Until = p.Until.UTC().Truncate(time.Second)
	if err := p.check(s.clock(), s.observer.s.Regions); err != nil {
		return fmt.Errorf("pin region: %w", err)
	}
	return s.order(ObserverEvent{Kind: PinAsked, Pin: p})
}

// ClearPin takes the pin away, as SetPin sets it.
func (s *Sync) ClearPin(by, why string) error {
	return s.order(ObserverEvent{Kind: UnpinAsked, Pin: Pin{By: by, Why: why}})
}

func (s *Sync) order(ev ObserverEvent) error {
	select {
	case s.orders <- ev:
		return nil
	default:
		return errors.New("too many orders are waiting")
	}
}

// Status says how things stand. It never blocks for long.
func (s *Sync) Status() TableStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	status := s.status
	if status.ReadAge = -1; s.readAt >= 0 {
		status.ReadAge = (time.Since(s.started) - s.readAt).Seconds()
	}
	return status
}

// Run keeps gateway and table together until the context ends. It returns when
// nothing that it started is left: at once if the table keeps to its contract.
// It is called once.
func (s *Sync) Run(ctx context.Context) {
	s.store = newStoreWorker(s.c, s.observer.s.Key, s.clock)
	work, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.store.run(work)
	}()
	defer func() {
		stop()
		<-done
	}()
	s.recall()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case answer := <-s.store.answers:
			s.heard(answer)
			s.step(answer.event)
		case ev := <-s.orders:
			s.step(ev)
		case <-s.poke:
		case <-timer.C:
		}
		s.step(ObserverEvent{Kind: Reported, Opinion: s.c.Opinion()})
		timer.Reset(max(s.observer.Next()-time.Since(s.started), 0))
	}
}

// recall gives the observer the copy on disk of the last run's verdict.
func (s *Sync) recall() {
	if s.c.Copy == "" {
		return
	}
	item, err := readCopy(s.c.Copy, s.observer.s.Key, s.clock())
	if err != nil {
		s.mu.Lock()
		s.status.CopyFault = err.Error()
		s.mu.Unlock()
		s.log.Info("copy of the region table ignored", "err", err)
		return
	}
	s.step(ObserverEvent{Kind: Recalled, Items: []Got{{Key: item.Key, Item: item}}})
}

// step steps the observer and has done what it wants.
func (s *Sync) step(ev ObserverEvent) {
	ev.Wall = s.clock()
	actions := s.observer.Step(time.Since(s.started), ev)
	for len(actions) > 0 {
		a := actions[0]
		actions = actions[1:]
		if a.Kind == TellJudge {
			s.c.Tell(a.Event)
			continue
		}
		if s.store.take(a) {
			continue
		}
		// The table is still busy with what it was given before: that this is not
		// done is known at once.
		s.mu.Lock()
		s.status.Skipped++
		s.mu.Unlock()
		if refusal, ok := s.store.refusal(a); ok {
			refusal.Wall = ev.Wall
			actions = append(actions, s.observer.Step(time.Since(s.started), refusal)...)
		}
	}
	s.note()
}

// heard notes and logs when the table goes away and when it is back.
func (s *Sync) heard(answer storeAnswer) {
	s.mu.Lock()
	if answer.event.Kind == ReadDone {
		s.status.Reachable = answer.fault == nil
	}
	if answer.fault != nil {
		s.status.LastError = answer.fault.Error()
	}
	switch {
	case answer.copyFault != nil:
		s.status.CopyFault = answer.copyFault.Error()
	case answer.isCopied:
		s.status.CopyFault, s.copyLost = "", false
	}
	s.mu.Unlock()
	switch {
	case answer.copyFault != nil && !s.copyLost:
		s.copyLost = true
		s.log.Warn("copy of the region table not written", "err", answer.copyFault)
	case answer.fault != nil && !s.lost:
		s.lost = true
		s.log.Warn("region table not reached", "err", answer.fault)
	case answer.fault == nil && answer.event.Kind == ReadDone && s.lost:
		s.lost = false
		s.log.Info("region table reached again")
	}
}

// logged is a verdict for the log, without what it does not say.
func (v VerdictItem) logged() []slog.Attr {
	attrs := []slog.Attr{slog.Int64("version", v.Version)}
	for _, a := range [...][2]string{{"region", v.Region}, {"state", string(v.State)}, {"by", v.By}, {"why", v.Why}} {
		if a[1] != "" {
			attrs = append(attrs, slog.String(a[0], a[1]))
		}
	}
	return attrs
}

// note takes over what Status shows.
func (s *Sync) note() {
	v := s.observer.Verdict()
	pin, pending := s.observer.Pinned()
	read := s.observer.LastRead()
	if stray := s.observer.StrayPin(); stray != s.stray {
		if s.stray = stray; stray != "" {
			s.log.Warn("pin to a region that this gateway does not have ignored", "region", stray)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if v.Version != s.status.Version || v.Region != s.status.Region {
		s.log.LogAttrs(context.Background(), slog.LevelInfo, "region table says", v.logged()...)
	}
	s.readAt = read
	s.status.FromCopy = read < 0 && v.Region != ""
	s.status.Region, s.status.State, s.status.Version, s.status.Why = v.Region, v.State, v.Version, v.Why
	s.status.Pinned, s.status.PinPending = pin.Region, pending
	s.status.Counters = s.observer.Counters()
}
