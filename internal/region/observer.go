package region

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// ObserverSettings say who an observer is and what it watches. Two observers of
// one verdict item must agree on Regions, Key and Interval.
type ObserverSettings struct {
	// ID names this gateway among all that share the table: letters, digits, and
	// . _ - ; at most 64. Of two gateways with one ID only one is heard.
	ID string
	// Region is where this gateway runs. It chooses the evidence item that it
	// writes, and whose turn it is to write the verdict. Empty, or none of Regions:
	// it writes as one of the home region.
	Region string
	// Regions are the bot's regions in the order of preference; the first is home.
	Regions []string
	// Key is the key of the verdict item; empty: the home region's name, as in the
	// article. Several bots on one table need one each.
	Key string
	// Interval is the time between two reads, and between two signs of life; 0:
	// 5 s. A gateway that gave no sign for three of them is not counted.
	Interval time.Duration
	Epoch    int64  // tells this run from the last; any number that differs
	Seed     uint64 // of the jitter
	Broken   Broken // rules to break, in simulations
}

func (s ObserverSettings) withDefaults() (ObserverSettings, error) {
	if !validID(s.ID) {
		return s, fmt.Errorf("observer id %q is not 1 to 64 letters, digits, dots, hyphens and underscores", s.ID)
	}
	if len(s.Regions) == 0 {
		return s, errors.New("an observer needs at least one region")
	}
	for i, name := range s.Regions {
		if !validName(name) {
			return s, fmt.Errorf("%q is no name of a region", name)
		}
		if slices.Contains(s.Regions[:i], name) {
			return s, fmt.Errorf("region %s is named twice", name)
		}
	}
	if s.Key == "" {
		s.Key = s.Regions[0]
	}
	if s.Interval == 0 {
		s.Interval = 5 * time.Second
	}
	if s.Interval < 10*time.Millisecond {
		return s, fmt.Errorf("an interval of %v is too short", s.Interval)
	}
	return s, nil
}

// Opinion is what a gateway's own judge holds of the regions.
type Opinion struct {
	// Down has the regions that it holds down, with the reason in plain words; it
	// holds up all others.
	Down  map[string]string
	Panic bool // every region looks dead to it: then it is rather its own network
	Doubt bool // it alone sees a region down
}

// ObserverEventKind tells the events of an observer apart.
type ObserverEventKind uint8

// The events of an observer.
const (
	Woke       ObserverEventKind = iota // time has passed, at the latest until Next
	Reported                            // what the own judge holds now: Opinion
	ReadDone                            // answer to ReadItems: Items
	WriteDone                           // answer to WriteItem: Err
	PinAsked                            // an operator asks this gateway for Pin
	UnpinAsked                          // an operator asks this gateway to take the pin away: By and Why of Pin
	Recalled                            // at the start: the copy on disk of the verdict item, Items[0], not older than a day
)

// ObserverEvent is one thing that an observer is told. Fields that a kind does
// not name are zero.
type ObserverEvent struct {
	Kind    ObserverEventKind
	Wall    time.Time // all: the time of day. Only what people read, and the end of a pin at a start, depend on it
	Request uint64    // ReadDone, WriteDone: that of the action
	Opinion Opinion   // Reported
	Items   []Got     // ReadDone, in any order; Recalled
	Err     error     // WriteDone: nil, ErrConflict, or anything else for not knowing
	Pin     Pin       // PinAsked, UnpinAsked
}

// Got is what reading one item came to: ErrNotFound if there is none, another
// error if it could not be read.
type Got struct {
	Key  string
	Item Item
	Err  error
}

// ObserverActionKind tells the actions of an observer apart.
type ObserverActionKind uint8

// The actions of an observer.
const (
	ReadItems   ObserverActionKind = iota // get Keys and answer with ReadDone
	WriteItem                             // update Key by Change and answer with WriteDone
	TellJudge                             // give Event to the judge
	AppendEntry                           // append Entry to the audit trail; needs no answer
	KeepCopy                              // keep Item, the verdict item, on disk
)

// ObserverAction is one thing that an observer wants done.
type ObserverAction struct {
	Kind    ObserverActionKind
	Request uint64       // ReadItems, WriteItem
	Keys    []string     // ReadItems
	Key     string       // WriteItem
	Change  Change       // WriteItem
	Event   Event        // TellJudge
	Entry   HistoryEntry // AppendEntry
	Item    Item         // KeepCopy
}

// ObserverCounters count since the start.
type ObserverCounters struct {
	Reads     uint64 `json:"reads"`     // that were answered
	Writes    uint64 `json:"writes"`    // that were made
	Failures  uint64 `json:"failures"`  // reads and writes that failed or were not answered
	Conflicts uint64 `json:"conflicts"` // writes that somebody else was faster with
	Invalid   uint64 `json:"invalid"`   // items read that had something wrong in them
	Stale     uint64 `json:"stale"`     // verdict items read that were older than one seen before
	Pruned    uint64 `json:"pruned"`    // entries of gateways long gone that were taken away
}

// still is how many intervals a gateway may give no sign before it is not
// counted, and forgotten is after how many its entry is taken away.
const (
	still     = 3
	forgotten = 120
)

// Observer brings this gateway's opinion of the regions to the shared table and
// the other gateways' to its judge. It writes its own entry of an evidence item
// at every interval, and, when it is its turn, the verdict that most gateways
// hold. It is pure: it does nothing but ask for actions, and the same events at
// the same times give the same actions. It is not safe for several goroutines.
//
// What it reads is advice. Nothing in a table can make it fail, and without one
// it only has nothing to tell the judge.
type Observer struct {
	// static
	s        ObserverSettings
	ownKey   string   // the evidence item that this observer writes
	fromKeys []string // all evidence items, in the order of Regions
	rank     int      // of the region that this observer writes from; 0 is home

	now  time.Duration
	wall time.Time
	out  []ObserverAction
	rng  *rand.Rand
	ids  uint64 // of requests

	// this gateway
	opinion  Opinion
	reported bool
	since    time.Time // of the opinion in report
	seq      int64     // the highest that was written
	tableSeq int64     // what the table has, as far as known
	seqKnown bool      // tableSeq can be relied on
	nextBeat time.Duration
	beating  request // the write of an evidence item that is under way
	pruning  bool    // it takes away somebody else's entry

	// reading
	reading    request
	nextRead   time.Duration
	hurryUntil time.Duration // reads come five times as often until then
	lastRead   time.Duration // that was answered; -1 for none yet
	watches    []watch       // one for each of fromKeys
	spoke      bool          // the judge was told of other gateways' votes

	// the verdict item
	verdict   VerdictItem // the newest that could be used
	version   int64       // of the item as it was last read
	readable  bool        // version and what follows are of the last read
	missing   bool        // there was no item
	stray     string      // the region of a pin in it that is none of ours
	region    string      // lexRegion as it was last read; empty if it named none
	state     TableState
	oldSince  time.Duration // since when what is read is older than what was seen; -1 if it is not
	seen      int64         // the highest version seen
	advised   bool
	writing   request
	written   VerdictItem   // by the write under way
	entry     HistoryEntry  // for the audit trail once the write is made
	wanted    string        // what the last read gave reason to write; written if the next one does too
	repairing time.Duration // until when an item that cannot be used is left to others
	kept      time.Duration // when the copy on disk was last renewed

	pins     pins
	counters ObserverCounters
}

// request is something that was asked for; zero if nothing is.
type request struct {
	id   uint64
	sent time.Duration
}

// NewObserver returns an observer that starts at time 0. It returns an error that
// names the setting that it cannot use.
func NewObserver(settings ObserverSettings) (*Observer, error) {
	s, err := settings.withDefaults()
	if err != nil {
		return nil, err
	}
	o := &Observer{s: s, lastRead: -1, oldSince: -1, rank: max(slices.Index(s.Regions, s.Region), 0)}
	for _, name := range s.Regions {
		o.fromKeys = append(o.fromKeys, EvidenceKey(s.Key, name))
	}
	o.ownKey = o.fromKeys[o.rank]
	o.watches = make([]watch, len(o.fromKeys))
	var salt uint64
	for _, c := range []byte(s.ID) {
		salt = salt*31 + uint64(c)
	}
	o.rng = rand.New(rand.NewPCG(s.Seed, salt))
	return o, nil
}

// Step tells the observer what happened at that time and returns what it wants
// done, in this order. Times never go back.
func (o *Observer) Step(now time.Duration, ev ObserverEvent) []ObserverAction {
	o.now, o.wall, o.out = max(o.now, now), ev.Wall, nil
	switch ev.Kind {
	case Woke:
	case Reported:
		o.takeReport(ev.Opinion)
	case ReadDone:
		if o.reading.is(ev.Request) {
			o.reading = request{}
			o.takeItems(ev.Items)
		}
	case WriteDone:
		switch {
		case o.writing.is(ev.Request):
			o.writing = request{}
			o.verdictWritten(ev.Err)
		case o.beating.is(ev.Request):
			o.beating = request{}
			o.evidenceWritten(ev.Err)
		}
	case PinAsked:
		o.askPin(ev.Pin)
	case UnpinAsked:
		o.askPin(Pin{By: ev.Pin.By, Why: ev.Pin.Why})
	case Recalled:
		o.recall(ev.Items)
	}
	o.giveUp()
	o.expirePin()
	o.forgetPeers()
	o.read()
	o.beat()
	return o.out
}

// Next is when the observer wants to be told that time has passed, if nothing
// else happens before.
func (o *Observer) Next() time.Duration { return o.now + o.s.Interval/5 }

// Counters returns what was counted since the start.
func (o *Observer) Counters() ObserverCounters { return o.counters }

// Verdict returns the newest verdict item that could be used; zero for none.
func (o *Observer) Verdict() VerdictItem { return o.verdict }

// StrayPin returns the region of a pin that the table has and that is none of this
// gateway's: it is not heeded. Empty for none.
func (o *Observer) StrayPin() string { return o.stray }

// LastRead is when the table last answered a read, or -1.
func (o *Observer) LastRead() time.Duration { return o.lastRead }

func (r request) is(id uint64) bool { return r.id != 0 && r.id == id }

func (o *Observer) ask() request {
	o.ids++
	return request{id: o.ids, sent: o.now}
}

func (o *Observer) do(a ObserverAction) { o.out = append(o.out, a) }

// jittered is a time around d, so that a fleet that started together does not
// stay together.
func (o *Observer) jittered(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.9 + 0.2*o.rng.Float64()))
}

// giveUp forgets requests that were never answered: the edge should have
// answered them long ago. What they may still do, conditions catch.
func (o *Observer) giveUp() {
	for _, r := range []*request{&o.reading, &o.writing, &o.beating} {
		if r.id != 0 && o.now-r.sent > 2*o.s.Interval {
			*r = request{}
			o.counters.Failures++
			o.seqKnown = false
		}
	}
}
