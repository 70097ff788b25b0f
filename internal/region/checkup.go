package region

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"
)

// CheckupConfig is what one run of the scheduled health check is made of: see
// [RunCheckup].
type CheckupConfig struct {
	Settings Settings // of its judge; Regions, home first. Its probes are paced by the run itself
	Key      string   // of the verdict item; empty: the home region's name, as in the article
	// From is the region that the check runs in. It chooses the items that the check
	// writes and whose turn it is to write the verdict. Empty, or none of the
	// regions: it writes as one of the home region.
	From string
	// ID names this check among all that share the table, such as
	// "lexDRTest-us-east-1": see [ObserverSettings]. It signs the verdict and the
	// audit trail.
	ID       string
	Prober   Prober           // required; it is asked for deep probes alone
	Table    Table            // required
	Deadline time.Duration    // of one read or write of the table; 0: 0.5 s
	Logger   *slog.Logger     // nil: none
	Clock    func() time.Time // the time of day; nil: time.Now
}

// withDefaults returns c with what it leaves to us, or an error that names what it
// cannot be run with.
func (c CheckupConfig) withDefaults() (CheckupConfig, error) {
	observer, err := ObserverSettings{ID: c.ID, Region: c.From, Regions: c.Settings.Regions, Key: c.Key}.withDefaults()
	switch {
	case err != nil:
		return c, err
	case c.Prober == nil:
		return c, errors.New("there is no prober")
	case c.Table == nil:
		return c, errors.New("there is no table")
	}
	c.Key = observer.Key
	if !slices.Contains(c.Settings.Regions, c.From) {
		c.From = c.Settings.Regions[0]
	}
	if c.Deadline <= 0 {
		c.Deadline = 500 * time.Millisecond
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	return c, nil
}

// CheckupReport says what one run of the health check found and did, for logs and
// for those who asked for it.
type CheckupReport struct {
	Key  string `json:"key"`  // of the verdict item
	From string `json:"from"` // the region that the check ran for
	ID   string `json:"id"`

	Before  VerdictItem `json:"before"`  // as it was read; zero if it was not there or could not be read
	After   VerdictItem `json:"after"`   // as it is now, as far as known
	Written bool        `json:"written"` // the verdict was written by this run
	Why     string      `json:"why"`     // it was written, or was not

	Regions []CheckedRegion `json:"regions"` // home first
	Others  int             `json:"others"`  // gateways and other checks that gave a sign of life while this one watched
	Watched bool            `json:"watched"` // it did watch for them: it does only before it changes something
	Rounds  int             `json:"rounds"`  // probes of the region that took most
	Seconds float64         `json:"seconds"` // that the run took

	Memory      CheckupMemory `json:"memory"`                 // what was known of earlier runs
	MemoryFault string        `json:"memory_fault,omitempty"` // why that could not be used, or not be written
	TableFaults []string      `json:"table_faults,omitempty"` // what else the table did not do, in words; at most 20
}

// CheckedRegion is what a run of the health check holds of one region.
type CheckedRegion struct {
	Region   string    `json:"region"`
	State    State     `json:"state"`
	Since    time.Time `json:"since"` // by the check's clock
	Why      string    `json:"why"`
	Probes   int       `json:"probes"`             // answered or given up
	Failures []string  `json:"failures,omitempty"` // of those, in words, also what does not speak against the region
	// HoldLeft is how long it must still be good to come back; only when down.
	HoldLeft float64 `json:"hold_left_seconds,omitempty"`
	Up       int     `json:"up"`   // others that hold it up
	Down     int     `json:"down"` // and down
}

// CheckupMemory says what a check knew of the runs before it.
type CheckupMemory string

// The kinds of memory.
const (
	MemoryRead     CheckupMemory = "read"     // it goes on where the last run left off
	MemoryNone     CheckupMemory = "none"     // there is none: it is the first run
	MemoryUnusable CheckupMemory = "unusable" // it is garbage, of another version or of other regions: the run starts afresh
	MemoryUnread   CheckupMemory = "unread"   // the table could not be asked: the run starts afresh, and leaves it as it is
)

// RunCheckup runs the health check once: it probes the bot in all regions at once,
// lets a [Judge] decide that goes on where the one of the last run left off, and
// writes the verdict item if that says something else. It is made to be run on a
// schedule by AWS Lambda, in one region or in several, beside any number of gateways
// or with none, and to be killed at any moment.
//
// # What it finds
//
// All regions are probed at once. One good deep probe says that a region is well, so
// a run that finds nothing else takes as long as the slowest of them. A region that
// fails is probed again, a quarter of a second apart, until it answers or the judge
// takes it out: after two hard failures or three others. A region that is down comes
// back once it has answered Rise probes in a row, and has been good for its hold;
// that goes on over the runs, as long as they are not more than a quarter of an hour
// apart. An answer that does not speak of the region, such as a refusal for load,
// moves nothing.
//
// # What it does
//
// Where all look dead the region of the verdict stays, and its state is degraded. A
// pin that holds is kept and beats everything; one that is over is taken away.
// Gateways are asked before anything is changed: those that gave a sign of life
// while the check watched have a vote each, as it has itself, by the rule of
// [Observer]. To see them it waits until it has watched for six seconds, and not at
// all if nobody else has ever written evidence.
//
// The verdict is written by the check of the home region. The one of another region
// does so only if nobody in the regions before it gave a sign of life while it
// watched, and the checks there have given none since its own earlier run.
//
// The verdict comes first, then memory, own evidence and the audit trail: callers
// must not wait for the rest. A check that is killed in between finds a verdict that
// its memory does not know of, and takes it for what it is: somebody found the
// regions before that one down.
//
// A run takes at most 8 s, or less if ctx ends sooner, and keeps back enough of that
// to write. What the table does not answer is asked again a few times, and a table that
// fails is never taken for a region that does.
//
// It returns an error if it cannot be run with that configuration, or if ctx was
// cancelled before it was through; everything else is in the report. It blocks. When
// it returns nothing that it started is left.
func RunCheckup(ctx context.Context, cfg CheckupConfig) (CheckupReport, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return CheckupReport{}, fmt.Errorf("check regions: %w", err)
	}
	r := newCheckupRun(ctx, cfg)
	err = r.run(ctx)
	report := r.core.report()
	report.log(cfg.Logger)
	if err != nil {
		return report, fmt.Errorf("check regions: %w", err)
	}
	return report, nil
}

// log writes what is worth a line. A run that found all well and did nothing is
// told on the lowest level but one.
func (r CheckupReport) log(l *slog.Logger) {
	for _, fault := range r.TableFaults {
		l.Warn("region table not reached", "err", fault)
	}
	if r.MemoryFault != "" {
		l.Warn("memory of the health check not kept", "err", r.MemoryFault, "memory", string(r.Memory))
	}
	for _, c := range r.Regions {
		if c.State == Healthy && len(c.Failures) == 0 {
			continue
		}
		l.Warn("region checked", "region", c.Region, "state", string(c.State), "why", c.Why,
			"probes", c.Probes, "failures", len(c.Failures), "hold_left_seconds", c.HoldLeft)
	}
	message, level := "verdict left as it is", slog.LevelInfo
	if r.Written {
		message, level = "verdict written", slog.LevelWarn
	}
	l.Log(context.Background(), level, message, "from", r.Before.Region, "to", r.After.Region, //nolint:sloglint // one of two constants
		"state", string(r.After.State), "version", r.After.Version, "why", r.Why, "others", r.Others, "seconds", r.Seconds)
}
