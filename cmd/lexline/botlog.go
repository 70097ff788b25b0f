package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"lexline/internal/lexlocal"
)

// botStart is the first line of `lexline bot serve --log-format json`; the
// others are lexlocal.Records. Fields are added, never renamed.
type botStart struct {
	Time     time.Time `json:"time"`
	Op       string    `json:"op"` // Start
	Region   string    `json:"region"`
	Endpoint string    `json:"endpoint"`        // http://127.0.0.1:8470
	Admin    string    `json:"admin,omitempty"` // where faults are set, the same form
	// Recognizer and Synthesizer say what the engine is, or "none: " and why.
	Recognizer  string             `json:"recognizer"`
	Synthesizer string             `json:"synthesizer"`
	Latency     string             `json:"latency,omitempty"` // of a turn at least, for people
	Quota       int                `json:"quota,omitempty"`   // turns of an alias at a time
	KeyPress    bool               `json:"keypress"`          // speech is refused, callers press keys
	Bots        []lexlocal.BotInfo `json:"bots"`
	Caveats     []string           `json:"caveats,omitempty"` // what is not as in Lex
}

// botLog writes the log of `lexline bot serve`, as JSON or as text for people. It
// is safe for several goroutines.
type botLog struct {
	json bool
	now  func() time.Time // by the bots' clock

	mu sync.Mutex
	w  io.Writer // guarded by mu
	// probes were left out of the text since then; guarded by mu.
	probes int
	since  time.Time
}

// probeSummary is how often the text says how many probes it has left out.
const probeSummary = time.Minute

func (l *botLog) begin(start botStart) {
	if l.json {
		l.object(start)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(l.w, "local Lex V2, region %s\n  recognizer   %s\n  synthesizer  %s\n", start.Region, start.Recognizer, start.Synthesizer)
	if start.Latency != "" {
		fmt.Fprintf(l.w, "  latency      %s\n", start.Latency)
	}
	if start.Quota != 0 {
		fmt.Fprintf(l.w, "  quota        %d turns of an alias at a time\n", start.Quota)
	}
	if start.KeyPress {
		fmt.Fprint(l.w, "  key-press    on: speech is refused, questions list the keys to press\n")
	}
	if len(start.Bots) == 0 {
		fmt.Fprint(l.w, "  bots         none yet: import one with the models API\n")
	}
	for _, bot := range start.Bots {
		fmt.Fprintf(l.w, "  bot          %s %s, %s\n", bot.Name, bot.ID, strings.Join(bot.Locales, " "))
		for _, alias := range bot.Aliases {
			fmt.Fprintf(l.w, "    alias      %s %s, version %s\n", alias.Name, alias.ID, alias.Version)
		}
	}
	for _, caveat := range start.Caveats {
		fmt.Fprintf(l.w, "  note         %s\n", caveat)
	}
	if start.Admin != "" {
		fmt.Fprintf(l.w, "  admin        %s, which can break this server on purpose\n", start.Admin)
	}
	fmt.Fprintf(l.w, "  endpoint     %s\n\n", start.Endpoint)
}

// record writes what became of a request. A line of text has the time at which it
// is written, so that lines never go back in time; a record of JSON has the time at
// which its request began, and how long it took.
func (l *botLog) record(r lexlocal.Record) {
	if l.json {
		l.object(r)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	l.summariseLocked(now)
	if isQuietProbe(r) {
		l.probes++
		return
	}
	l.lineLocked(now, r.String())
}

func (l *botLog) lineLocked(at time.Time, text string) {
	fmt.Fprintf(l.w, "%s %s\n", at.Format("15:04:05.000"), text)
}

// summariseLocked says once a minute how many probes were left out. They come every
// few seconds, so nothing else has to wake it.
func (l *botLog) summariseLocked(now time.Time) {
	if l.since.IsZero() {
		l.since = now
	}
	if now.Sub(l.since) < probeSummary {
		return
	}
	if l.probes > 0 {
		l.lineLocked(now, fmt.Sprintf("probes: %d requests answered since %s", l.probes, l.since.Format("15:04:05")))
	}
	l.probes, l.since = 0, now
}

// isQuietProbe reports whether a record is of a gateway's own question, and of no
// interest: it was answered as it should be.
func isQuietProbe(r lexlocal.Record) bool {
	own := strings.HasPrefix(r.Session, "lexline-probe-") || strings.HasPrefix(r.Session, "lexline-check-")
	return own && r.Status < 300 && r.Error == "" && r.Fault == "" && !r.ClientGone
}

func (l *botLog) object(v any) {
	text, err := json.Marshal(v)
	if err != nil {
		text = fmt.Appendf(nil, `{"op":"Log","error":%q}`, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(l.w, "%s\n", text)
}
