package region

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// Prober asks a region's bot whether it is well. A cheap probe opens a session
// and leaves it; a deep one asks the bot something whose answer is known. It is
// called by several goroutines at once, for different regions, and returns soon
// after its context ends.
type Prober interface {
	// Probe returns None and no error if the region is well, else the class of
	// the error. An error of class None counts as soft.
	Probe(ctx context.Context, region string, deep bool) (Class, error)
}

// probeTimeout is what one probe may take.
const probeTimeout = time.Second

// KeeperConfig is what a [Keeper] is made of.
type KeeperConfig struct {
	Settings Settings     // of its judge; at least one region
	Prober   Prober       // required
	Table    Table        // shared with other gateways; nil: none
	Sync     SyncConfig   // of the table, if there is one; its Table, Opinion and Tell are the keeper's to fill, and its Observer's Regions
	Logger   *slog.Logger // nil: none
	// OnAction, if not nil, is told of every action of the judge, for metrics. It
	// is called by whichever goroutine brought the evidence, by several at once,
	// and holds that one up.
	OnAction func(Action)
}

// Keeper keeps one judge for one bot, on the clock of this machine: it has the
// probes made that the judge wants and lets any goroutine bring evidence and ask
// for the verdicts. No method but Run blocks on anything but a lock that is never
// held for long.
type Keeper struct {
	// Static.
	prober   Prober
	logger   *slog.Logger
	onAction func(Action)
	table    *Sync // nil: none
	started  time.Time
	wake     chan struct{} // holds one token; never closed

	mu     sync.Mutex
	judge  *Judge
	orders []Action              // probes that Run has to start: at most one for each region
	asking map[string]bool       // regions whose prober has not come back
	faults map[string]probeFault // the latest, until a deep probe is good again
	audit  []auditLine           // oldest first
}

// probeFault is how a probe failed.
type probeFault struct {
	text string
	at   time.Duration
}

// NewKeeper returns a keeper that holds every region healthy. Its clock starts now.
func NewKeeper(cfg KeeperConfig) (*Keeper, error) {
	if err := checkRegions(cfg.Settings.Regions); err != nil {
		return nil, err
	}
	if cfg.Prober == nil {
		return nil, errors.New("keep regions: there is no prober")
	}
	k := &Keeper{
		prober:   cfg.Prober,
		logger:   cfg.Logger,
		onAction: cfg.OnAction,
		started:  time.Now(),
		wake:     make(chan struct{}, 1),
		judge:    NewJudge(cfg.Settings),
		asking:   make(map[string]bool),
		faults:   make(map[string]probeFault),
	}
	if k.logger == nil {
		k.logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Table == nil {
		return k, nil
	}
	shared := cfg.Sync
	shared.Table, shared.Opinion, shared.Tell = cfg.Table, k.opinion, k.Observe
	shared.Observer.Regions = cfg.Settings.Regions
	if shared.Logger == nil {
		shared.Logger = k.logger
	}
	var err error
	if k.table, err = NewSync(shared); err != nil {
		return nil, fmt.Errorf("keep regions: %w", err)
	}
	return k, nil
}

// checkRegions returns an error unless the names are some and differ.
func checkRegions(names []string) error {
	if len(names) == 0 {
		return errors.New("keep regions: none is named")
	}
	for i, name := range names {
		if name == "" || slices.Contains(names[:i], name) {
			return fmt.Errorf("keep regions: %q is empty or named twice", name)
		}
	}
	return nil
}

// Now returns the judge's clock: how long ago the keeper was made.
func (k *Keeper) Now() time.Duration { return time.Since(k.started) }

// Observe tells the judge what happened. Its times are those of Now.
func (k *Keeper) Observe(e Event) {
	k.mu.Lock()
	done := k.stepLocked(e)
	fault := k.faultLocked(e)
	k.mu.Unlock()
	k.tell(done, fault)
}

// faultLocked returns the error of the probe that an event tells of, if that speaks
// against the region.
func (k *Keeper) faultLocked(e Event) string {
	switch {
	case e.Kind == Probed && e.Class.Blames():
		return k.faults[e.Region].text
	case e.Kind == Tick && len(k.asking) > 0:
		return noAnswer // the judge may just have given a probe up
	}
	return ""
}

// noAnswer is the fault of a probe that nobody answered.
const noAnswer = "no answer in time"

// worse tells whether an action is that a region is held to be worse than before.
func (a Action) worse() bool {
	return a.Kind == Changed && (a.To == string(Suspect) || a.To == string(Down))
}

// View returns what the planner of a turn needs to know.
func (k *Keeper) View() View {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.judge.View(k.Now())
}

// Active returns the region that calls belong to: see [Judge.Active].
func (k *Keeper) Active() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.judge.Active()
}

// Place returns the region for one new call: see [Judge.Place].
func (k *Keeper) Place(call string) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.judge.Place(k.Now(), call)
}

// Pin sends every call to one region for a time, whatever the evidence. It
// replaces any other pin. It counts here at once, and on the gateways that share
// the table once that has it.
func (k *Keeper) Pin(region string, d time.Duration, by, why string) error {
	if _, known := k.View().Of(region); !known {
		return fmt.Errorf("pin region: there is no region %q", region)
	}
	if d <= 0 {
		return fmt.Errorf("pin region %s: for %s is no time", region, d)
	}
	until := time.Now().Add(d).UTC().Truncate(time.Second)
	if k.table != nil {
		if err := k.table.SetPin(Pin{Region: region, Until: until, By: by, Why: why}); err != nil {
			return err
		}
	}
	k.Observe(Event{Kind: PinSet, Region: region, For: d, Until: until, By: by, Why: why})
	return nil
}

// Unpin takes the pin away, if there is one. It counts here at once, and on the
// gateways that share the table once that has it; an error says why it never will.
func (k *Keeper) Unpin(by, why string) error {
	k.Observe(Event{Kind: PinEnded, By: by, Why: why})
	if k.table == nil {
		return nil
	}
	return k.table.ClearPin(by, why)
}

// opinion returns what the other gateways are to know.
func (k *Keeper) opinion() Opinion {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.judge.Opinion()
}

// stepLocked steps the judge. What comes of it, but for the probes, is for tell
// once the lock is released.
func (k *Keeper) stepLocked(e Event) []Action {
	now := k.Now()
	actions := slices.Clone(k.judge.Step(now, e))
	for _, a := range actions {
		line := auditLine{at: now, action: a}
		if a.worse() {
			line.fault = k.faultLocked(e)
		}
		if a.Kind == Probe {
			k.orders = append(k.orders, a)
		} else {
			k.auditLocked(line)
		}
	}
	select {
	case k.wake <- struct{}{}: // what Run waits for may have changed
	default:
	}
	return actions
}

// tell logs what the judge did, and hands it on. fault is that of the probe that it
// came of.
func (k *Keeper) tell(actions []Action, fault string) {
	for _, a := range actions {
		if a.Kind != Probe {
			k.log(a, fault)
		}
		if k.onAction != nil {
			k.onAction(a)
		}
		if k.table != nil && a.Kind != Probe {
			k.table.Poke()
		}
	}
}

// log writes a line for one action.
func (k *Keeper) log(a Action, fault string) {
	level, message := a.words()
	var attrs []slog.Attr
	add := func(key, value string) {
		if value != "" {
			attrs = append(attrs, slog.String(key, value))
		}
	}
	add("region", a.Region)
	if a.Kind == Changed || a.Kind == Moved {
		add("from", a.From)
		add("to", a.To)
	}
	add("why", a.Why)
	if a.worse() {
		add("probe_error", fault)
	}
	k.logger.LogAttrs(context.Background(), level, message, attrs...) //nolint:sloglint // words returns constants
}

// words says an action, which is no Probe, in a log's words.
func (a Action) words() (slog.Level, string) {
	switch {
	case a.Kind == Changed && a.To == string(Down):
		return slog.LevelWarn, "region changed"
	case a.Kind == Changed:
		return slog.LevelInfo, "region changed"
	case a.Kind == Moved:
		return slog.LevelWarn, "active region moved"
	case a.Kind == Panics && a.To == "begin":
		return slog.LevelError, "every region looks dead"
	case a.Kind == Panics:
		return slog.LevelWarn, "not every region looks dead any more"
	case a.Kind == Doubts && a.To == "begin":
		return slog.LevelWarn, "this gateway may be wrong"
	case a.Kind == Doubts:
		return slog.LevelInfo, "this gateway is in doubt no more"
	case a.Kind == Pinned && a.To != "":
		return slog.LevelInfo, "region pinned"
	}
	return slog.LevelInfo, "pin ended"
}

// Run makes the probes, and keeps up with the table, until the context ends. It
// returns when nothing that it started is left. It is called once.
func (k *Keeper) Run(ctx context.Context) {
	var started sync.WaitGroup
	defer started.Wait()
	if k.table != nil {
		started.Go(func() { k.table.Run(ctx) })
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			k.Observe(Event{Kind: Tick})
		case <-k.wake:
		}
		orders, next := k.due()
		for _, order := range orders {
			started.Go(func() { k.probe(ctx, order) })
		}
		timer.Reset(next)
	}
}

// due takes the probes to start, and says how long the judge needs no tick.
func (k *Keeper) due() (orders []Action, next time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, order := range k.orders {
		if k.asking[order.Region] {
			continue // the last one hangs; the judge gives this one up in time
		}
		k.asking[order.Region] = true
		orders = append(orders, order)
	}
	k.orders = k.orders[:0]
	return orders, max(k.judge.Next()-k.Now(), 0)
}

// probe makes one probe and tells the judge.
func (k *Keeper) probe(ctx context.Context, order Action) {
	began := k.Now()
	class, err := askProber(ctx, k.prober, order.Region, order.Deep)
	k.mu.Lock()
	delete(k.asking, order.Region)
	switch {
	case err != nil:
		k.faults[order.Region] = probeFault{clip(err.Error()), k.Now()}
	case class == None && order.Deep:
		delete(k.faults, order.Region) // a cheap one proves too little
	}
	k.mu.Unlock()
	if ctx.Err() != nil {
		return // we are closing: this says nothing of the region
	}
	if err != nil {
		k.logger.Debug("probe failed", "region", order.Region, "deep", order.Deep, "class", string(class), "err", err)
	}
	k.Observe(Event{Kind: Probed, Region: order.Region, Class: class, Deep: order.Deep, Began: began, Took: k.Now() - began})
}

// askProber makes one probe with its deadline. A panic in it is a failed probe like
// any other.
func askProber(ctx context.Context, p Prober, region string, deep bool) (class Class, err error) {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	defer func() {
		if r := recover(); r != nil {
			class, err = Soft, fmt.Errorf("probe %s: panic: %v", region, r)
		}
	}()
	class, err = p.Probe(ctx, region, deep)
	if err != nil && class == None {
		class = Soft
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = errors.New(noAnswer)
	}
	return class, err
}
