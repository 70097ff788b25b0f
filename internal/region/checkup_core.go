package region

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// The times of a run.
const (
	checkupLimit  = 8 * time.Second         // for all of it
	checkupProbes = 5500 * time.Millisecond // from when on no probe is sent or waited for
	checkupWatch  = 6 * time.Second         // that entries are watched for: longer than a gateway's beat and its write take
	checkupAgain  = 250 * time.Millisecond  // from a failed probe to the next: three of them are more than a blink
	checkupPause  = 400 * time.Millisecond  // between the probes by which a region comes back
	checkupTries  = 4                       // to write a verdict against others
)

// checkupEventKind tells the events of a checkup apart.
type checkupEventKind uint8

const (
	checkupTick    checkupEventKind = iota // time has passed
	checkupProbed                          // answer to checkupProbe: class, err
	checkupItems                           // answer to checkupRead: items
	checkupWritten                         // answer to checkupWrite and checkupAppend: err
)

// checkupEvent is one thing that a checkup is told.
type checkupEvent struct {
	kind   checkupEventKind
	id     int // that of the action
	region string
	class  Class
	items  []Got
	err    error
}

// checkupActionKind tells the actions of a checkup apart.
type checkupActionKind uint8

const (
	checkupProbe  checkupActionKind = iota // probe region, deeply
	checkupRead                            // get keys
	checkupWrite                           // update key by change
	checkupAppend                          // append entry to the audit trail of key
)

// checkupAction is one thing that a checkup wants done. Each is answered once.
type checkupAction struct {
	kind   checkupActionKind
	id     int
	region string
	keys   []string
	key    string
	change Change
	entry  HistoryEntry
}

// answer is the kind of event that answers the action.
func (a checkupAction) answer() checkupEventKind {
	switch a.kind {
	case checkupProbe:
		return checkupProbed
	case checkupRead:
		return checkupItems
	}
	return checkupWritten
}

// checkup is one run of the health check. It is pure: it is stepped with the time
// since the run began, and equal steps give equal actions. It is for one goroutine
// at a time.
type checkup struct {
	// Static.
	c          CheckupConfig
	wall       time.Time // when the run began
	rank       int       // of the region that the check is in; 0 is home
	end        time.Duration
	probesEnd  time.Duration
	memoryKey  string
	peerKeys   []string // the memories of the checks before this one
	sourceKeys []string // the evidence items, in the order of the regions
	allKeys    []string

	now   time.Duration
	out   []checkupAction
	ids   int
	stage checkupStage

	judge   *Judge // nil until it is known what the last run knew
	regions []checkedRegion
	early   []checkupEvent // probes that ended before the judge was there

	reading  request // a read that is under way
	reread   bool    // the verdict item must be read again before the next try
	items    checkupTable
	memory   checkupMemory
	source   CheckupMemory // where memory came from
	watches  []watch       // one for each of sourceKeys
	damaged  []bool        // the same: it was no evidence item when it was read
	watching bool          // what it would change waits until it is known who else is alive

	tries    int
	pending  map[int]string // writes under way, in words
	write    checkupChange  // the latest that was tried
	before   VerdictItem
	hasBegun bool // before is known
	unsure   bool // it may have been written, though the table did not say so
	written  bool
	why      string
	faults   []string
	memFault string
}

// checkupStage is how far a checkup is.
type checkupStage uint8

const (
	checkupDeciding checkupStage = iota // probing, reading, making up its mind
	checkupWriting                      // the verdict is being written
	checkupClosing                      // memory, evidence and audit trail are
	checkupDone
)

// checkupTable is what a checkup knows of the items in the table.
type checkupTable struct {
	verdict  VerdictItem
	isKnown  bool  // the verdict was read
	missing  bool  // and there was none
	seq      int64 // of the own entry in its evidence item
	seqKnown bool
	version  int64         // of the memory
	peers    []peerSeen    // the memories of the checks before this one
	reads    int           // that were answered, or given up
	read     time.Duration // when the last one was
	missed   bool          // something could not be read
}

// newCheckup returns a checkup that begins at that time of day and has so long.
func newCheckup(c CheckupConfig, wall time.Time, limit time.Duration) *checkup {
	u := &checkup{
		c: c, wall: wall, rank: max(slices.Index(c.Settings.Regions, c.From), 0), end: limit,
		memoryKey: CheckupKey(c.Key, c.From), pending: map[int]string{}, source: MemoryUnread,
	}
	u.probesEnd = min(checkupProbes, limit-min(3*c.Deadline, limit/3))
	for i, name := range c.Settings.Regions {
		u.regions = append(u.regions, checkedRegion{name: name})
		u.sourceKeys = append(u.sourceKeys, EvidenceKey(c.Key, name))
		if i < u.rank {
			u.peerKeys = append(u.peerKeys, CheckupKey(c.Key, name))
		}
	}
	u.watches, u.damaged = make([]watch, len(u.sourceKeys)), make([]bool, len(u.sourceKeys))
	u.items.peers = make([]peerSeen, len(u.peerKeys))
	u.allKeys = slices.Concat([]string{c.Key, u.memoryKey}, u.sourceKeys, u.peerKeys)
	return u
}

// step tells the checkup what happened, and returns what it wants done. Time never
// goes back.
func (u *checkup) step(now time.Duration, ev checkupEvent) []checkupAction {
	u.now, u.out = max(u.now, now), nil
	switch ev.kind {
	case checkupTick:
	case checkupProbed:
		u.probed(ev)
	case checkupItems:
		if u.reading.is(uint64(ev.id)) {
			u.reading = request{}
			u.take(ev.items)
		}
	case checkupWritten:
		u.wrote(ev)
	}
	u.giveUp()
	u.act()
	return u.out
}

// done reports whether nothing is left to do.
func (u *checkup) done() bool { return u.stage == checkupDone }

// next is when the checkup wants to be told that time has passed, if nothing else
// happens before.
func (u *checkup) next() time.Duration {
	next := u.end
	sooner := func(at time.Duration) {
		if at > u.now {
			next = min(next, at)
		}
	}
	for i := range u.regions {
		sooner(u.regions[i].due(u.now))
	}
	sooner(u.probesEnd)
	sooner(u.watchEnds())
	sooner(u.decideBy())
	sooner(u.items.read + checkupReadPause)
	if u.reading.id != 0 {
		sooner(u.reading.sent + u.patience())
	}
	return next
}

// patience is how long an answer of the table is waited for: two tries and the pause
// between them. The edge answers before.
func (u *checkup) patience() time.Duration { return 3 * u.c.Deadline }

// giveUp stops waiting for what should have been answered.
func (u *checkup) giveUp() {
	if u.reading.id != 0 && u.now >= u.reading.sent+u.patience() {
		u.reading = request{}
		u.take(nil)
	}
	for i := range u.regions {
		if r := &u.regions[i]; r.asked != 0 && (u.now >= r.sent+probeTimeout+checkupAgain || u.now >= u.probesEnd) {
			u.lost(r)
		}
	}
	if u.now >= u.end && u.stage != checkupDone {
		u.over()
	}
}

// over ends the run where it stands.
func (u *checkup) over() {
	for _, id := range sortedKeys(u.pending) {
		u.unwritten(u.pending[id], errors.New(noAnswer))
	}
	if u.stage == checkupDeciding && u.why == "" {
		u.why = "its time was over before it could decide"
	}
	u.stage = checkupDone
}

// act asks for what is to be done next.
func (u *checkup) act() {
	if u.stage == checkupDone {
		return
	}
	if u.stage == checkupDeciding {
		u.probe()
		u.read()
		u.decide()
	}
	if u.stage == checkupClosing && len(u.pending) == 0 {
		u.stage = checkupDone
	}
}

func (u *checkup) do(a checkupAction) int {
	u.ids++
	a.id = u.ids
	u.out = append(u.out, a)
	return a.id
}

// at is the time of day at a time of the run, by one clock reading alone.
func (u *checkup) at(t time.Duration) time.Time { return u.wall.Add(t) }

// fault notes what the table did not do.
func (u *checkup) fault(what string, err error) {
	text := clip(fmt.Sprintf("%s: %v", what, err))
	if len(u.faults) < maxFaults && !slices.Contains(u.faults, text) {
		u.faults = append(u.faults, text)
	}
}
