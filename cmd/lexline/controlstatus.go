package main

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"lexline/internal/call"
	"lexline/internal/certs"
	"lexline/internal/histogram"
	"lexline/internal/lex"
	"lexline/internal/record"
	"lexline/internal/recording"
	"lexline/internal/region"
	"lexline/internal/twilio"
)

// statusAnswer is the answer of GET /status. Tools read it: fields are added,
// never renamed.
type statusAnswer struct {
	Version string    `json:"version"`
	Node    string    `json:"node"` // the gateway's name among those that share a table
	Started time.Time `json:"started"`
	Now     time.Time `json:"now"`
	Lines   []string  `json:"lines"`

	// State is serving or draining.
	State     string    `json:"state"`
	Readiness readiness `json:"readiness"`

	Calls     callsStatus      `json:"calls"`
	LiveCalls []liveCallStatus `json:"live_calls"` // the longest one first
	Limits    limitsStatus     `json:"limits"`
	TLS       *certs.Status    `json:"tls,omitempty"` // nil: it is ended elsewhere
	Engines   enginesStatus    `json:"engines"`

	Config configStatus `json:"config"` // where it came from, and what was changed since

	Turns []turnsStatus `json:"turns"` // by line and by how callers took them

	Recordings recording.Counters  `json:"recordings"`
	Records    record.Status       `json:"records"`  // how the store of records fares; without one it has no name
	Door       twilio.Counters     `json:"door"`     // what the carrier brought, and what was not let in
	REST       twilio.RESTCounters `json:"rest"`     // requests to the carrier's API
	Lateness   histogram.Snapshot  `json:"lateness"` // of the gateway's own clock

	Bots []botStatus `json:"bots"`
}

// callsStatus counts the calls since the start.
type callsStatus struct {
	Live  int64     `json:"live"`  // streams open now
	Total int64     `json:"total"` // streams opened
	Ends  []callEnd `json:"ends"`  // how they ended; of those ways that were seen
	call.Snapshot
	MarkLateness histogram.Snapshot `json:"mark_lateness"` // behind the end of their sound
}

// limitsStatus is how near the gateway is to what it takes.
type limitsStatus struct {
	Calls    int64  `json:"calls"`              // at a time (limits.calls)
	Overload string `json:"overload,omitempty"` // why no call is taken besides their number
	Crowded  int64  `json:"crowded"`            // connections closed to make room for others, of this listener, too
}

// enginesStatus says what hears the callers. What recognises their words is Lex's.
type enginesStatus struct {
	Hearing         string  `json:"hearing"`
	EndOfSpeechMS   int64   `json:"end_of_speech_ms"`
	SpeechThreshold float64 `json:"speech_threshold"`
	BargeInMS       int64   `json:"barge_in_ms"` // -1: off
}

// callEnd is how often calls ended in one way.
type callEnd struct {
	Result call.Result `json:"result"`
	Reason call.Reason `json:"reason"`
	Calls  int64       `json:"calls"`
}

// botStatus is what is known of one bot and its regions.
type botStatus struct {
	Name  string   `json:"name"`
	Lines []string `json:"lines"`
	region.Status
	TableFile string `json:"table_file,omitempty"` // where the table is; with both empty it is this gateway's memory
	// TableDynamoDB is NAME@REGION of the table.
	TableDynamoDB string `json:"table_dynamodb,omitempty"`

	Rooms map[string]region.Room `json:"rooms"` // by region: how near the quota of requests at a time is
	Lex   lex.Counters           `json:"lex"`
}

// status returns everything at this moment. It asks nobody outside.
func (g *gateway) status() statusAnswer {
	streams := g.door.Counters()
	s := statusAnswer{
		Version: programVersion(), Node: g.node(), Started: g.started, Now: time.Now(),
		State: "serving", Readiness: g.readiness(), Engines: g.engines(),
		LiveCalls: g.live.list(time.Now()), Config: g.reloaded.list(),
		Limits: limitsStatus{Calls: int64(g.now().cfg.Limits.Calls), Overload: g.overload.now(), Crowded: g.server.Crowded() + g.control.crowded()},
		Turns:  g.turns.list(), Recordings: g.recordings(), Records: g.records.Status(), Door: streams, Lateness: g.door.Lateness(),
		Calls: callsStatus{
			Live: streams.LiveStreams, Total: streams.Streams, Ends: g.ends.list(),
			Snapshot: g.calls.Counters.Snapshot(), MarkLateness: g.calls.Counters.Marks(),
		},
	}
	if g.rest != nil {
		s.REST = g.rest.Counters()
	}
	if g.door.Refuses() {
		s.State = "draining"
	}
	if g.cert != nil {
		cert := g.cert.Status()
		s.TLS = &cert
	}
	for _, line := range g.cfg.Lines {
		s.Lines = append(s.Lines, line.Name)
	}
	for _, b := range g.bots {
		s.Bots = append(s.Bots, g.botStatus(b))
	}
	return s
}

func (g *gateway) engines() enginesStatus {
	set := g.now().cfg.Call
	e := enginesStatus{
		Hearing: "network", EndOfSpeechMS: set.EndOfSpeech.Milliseconds(),
		SpeechThreshold: set.SpeechThreshold, BargeInMS: time.Duration(set.BargeIn).Milliseconds(),
	}
	if set.BargeIn == off {
		e.BargeInMS = -1
	}
	return e
}

func (g *gateway) botStatus(b *bot) botStatus {
	s := botStatus{
		Name: g.nameOf(b), Lines: slices.Clone(b.lines), Status: b.client.Keeper().Status(),
		TableFile: g.cfg.Table.File, TableDynamoDB: g.cfg.tableInDynamoDB(), Rooms: map[string]region.Room{}, Lex: b.client.Counters(),
	}
	for _, r := range s.Regions {
		s.Rooms[r.Region] = b.client.Room(r.Region)
	}
	return s
}

// sharesTable tells whether others may see the table.
func (b botStatus) sharesTable() bool { return b.TableFile != "" || b.TableDynamoDB != "" }

// node is the gateway's name among those that share a table.
func (g *gateway) node() string { return g.cfg.Table.Observer }

// nameOf is the name of a bot in status and metrics: that in the configuration,
// with its first line behind it where another bot has the same.
func (g *gateway) nameOf(b *bot) string {
	same := func(other *bot) bool { return other != b && other.name == b.name }
	if slices.ContainsFunc(g.bots, same) {
		return b.name + "/" + b.lines[0]
	}
	return b.name
}

// callEnds counts how calls ended. It is safe for several goroutines; the zero
// value is ready.
type callEnds struct {
	mu    sync.Mutex
	count map[call.Termination]int64 // of results and reasons alone
}

func (c *callEnds) add(end call.Termination) {
	end = call.Termination{Result: end.Result, Reason: end.Reason} // the rest is of this one call
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.count == nil {
		c.count = map[call.Termination]int64{}
	}
	c.count[end]++
}

// list returns the counts in the order of their results and reasons.
func (c *callEnds) list() []callEnd {
	c.mu.Lock()
	defer c.mu.Unlock()
	ends := []callEnd{} // an empty list in JSON, not null
	for end, n := range c.count {
		ends = append(ends, callEnd{end.Result, end.Reason, n})
	}
	slices.SortFunc(ends, func(a, b callEnd) int {
		return cmp.Or(cmp.Compare(a.Result, b.Result), cmp.Compare(a.Reason, b.Reason))
	})
	return ends
}
