package drill

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"
)

// maxRecords bounds what is kept of each log; a drill of hours keeps the latest
// in its files only, and says so.
const maxRecords = 1_000_000

// collector takes the logs of all processes. It is safe for several goroutines.
type collector struct {
	mu       sync.Mutex
	requests []Request
	verdicts []Verdict
	attempts []Attempt
	lost     int // records beyond maxRecords
}

// collected copies what a collector has into a history and returns how many
// records there was no room for.
func (c *collector) collected(h *History) (lost int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	h.Requests, h.Attempts, h.Verdicts = slices.Clone(c.requests), slices.Clone(c.attempts), changes(c.verdicts)
	return c.lost
}

// changes sorts verdicts by time and leaves out those that say what the one
// before said of the region.
func changes(verdicts []Verdict) []Verdict {
	sorted := slices.Clone(verdicts)
	slices.SortStableFunc(sorted, func(a, b Verdict) int { return a.Time.Compare(b.Time) })
	latest := map[string]string{}
	return slices.DeleteFunc(sorted, func(v Verdict) bool {
		same := latest[v.Region] == v.State
		latest[v.Region] = v.State
		return same
	})
}

// regionLine is what the drill reads of a line of a local Lex's log.
type regionLine struct {
	Time    time.Time         `json:"time"`
	Op      string            `json:"op"`
	Region  string            `json:"region"`
	Session string            `json:"session"`
	Turn    json.RawMessage   `json:"turn"` // "CA.../3"
	Status  int               `json:"status"`
	Error   string            `json:"error"`
	Fault   string            `json:"fault"`
	AudioMS int64             `json:"audio_ms"`
	Voice   int64             `json:"audio_out_ms"`
	Intent  string            `json:"intent"`
	State   string            `json:"state"`
	Slots   map[string]string `json:"slots"`
	Clips   []struct {
		ID      string  `json:"id"`
		Arrived float64 `json:"arrived"`
	} `json:"clips"`
}

// region takes a line of a region's log.
func (c *collector) region(text []byte) {
	r, ok := parseRequest(text)
	if !ok {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.requests) == maxRecords {
		c.lost++
		return
	}
	c.requests = append(c.requests, r)
}

// parseRequest reads a line of a region's log; false when it is about no session.
func parseRequest(text []byte) (Request, bool) {
	var line regionLine
	if json.Unmarshal(text, &line) != nil || line.Session == "" {
		return Request{}, false
	}
	r := Request{
		Time: line.Time, Region: line.Region, Op: line.Op, Session: line.Session, Turn: turnNumber(line.Turn),
		AudioMS: line.AudioMS, AnswerMS: line.Voice, Status: line.Status, Error: line.Error, Fault: line.Fault,
		Intent: line.Intent, State: line.State, Slots: line.Slots,
	}
	for _, clip := range line.Clips {
		if r.Clips == nil {
			r.Clips = map[string]float64{}
		}
		r.Clips[clip.ID] = max(r.Clips[clip.ID], clip.Arrived)
	}
	return r, true
}

// gatewayRecord is what the drill reads of a line of a gateway's log.
type gatewayRecord struct {
	Time         time.Time
	Msg          string
	Call, Region string
	Turn         int
	To           string // of "region changed"
}

// outcomes are the lines of a gateway's log that tell of attempts.
var outcomes = map[string]Outcome{"bot answered": Answered, "attempt failed": Failed, "turn sent again": Again}

// gateway takes a line of a gateway's log.
func (c *collector) gateway(text []byte) {
	var line gatewayRecord
	if json.Unmarshal(text, &line) != nil || line.Region == "" {
		return
	}
	if line.Msg == "region changed" {
		c.verdict(Verdict{line.Time, line.Region, line.To})
		return
	}
	what, ok := outcomes[line.Msg]
	if !ok || line.Call == "" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.attempts) == maxRecords {
		c.lost++
		return
	}
	c.attempts = append(c.attempts, Attempt{line.Time, line.Call, line.Turn, line.Region, what})
}

// gatewayOfOne takes a line of the log of a gateway with a single region, whose
// verdict moves nothing.
func (c *collector) gatewayOfOne(text []byte) {
	if !bytes.Contains(text, []byte(`"region changed"`)) {
		c.gateway(text)
	}
}

// turnNumber reads a turn's number behind the slash of "CA.../3"; 0 when there is
// none.
func turnNumber(text []byte) int {
	n, seen := 0, false
	for _, b := range text {
		switch {
		case b == '/':
			n, seen = 0, true
		case seen && b >= '0' && b <= '9' && n < 1e6:
			n = n*10 + int(b-'0')
		}
	}
	return n
}

// hookEndpoint reads where the hook is to be asked from the first line of its
// log; empty when the line is another.
func hookEndpoint(text []byte) string {
	var line struct{ Op, Endpoint string }
	if json.Unmarshal(text, &line) != nil || line.Op != "Start" {
		return ""
	}
	return line.Endpoint
}

// readLedger reads the orders that the hook carried out. A torn last line, of a
// hook that was ended while it wrote, is an error: an order would be missing.
func readLedger(path string) ([]Placed, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the ledger: %w", err)
	}
	var all []Placed
	for i, line := range bytes.Split(bytes.TrimSuffix(text, []byte{'\n'}), []byte{'\n'}) {
		if len(line) == 0 {
			continue
		}
		var entry struct {
			Time         time.Time
			Key, Session string
			Order        map[string]string
		}
		if err := json.Unmarshal(line, &entry); err != nil {
			return nil, fmt.Errorf("read line %d of the ledger: %w", i+1, err)
		}
		all = append(all, Placed{entry.Time, entry.Key, entry.Session, entry.Order})
	}
	return all, nil
}

// busiest returns the region that answered most turns since a time; without any
// the primary one.
func (c *collector) busiest(since time.Time) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	answers := map[string]int{}
	best := regionNames[0]
	for _, a := range c.attempts {
		if a.What == Answered && a.Time.After(since) {
			answers[a.Region]++
		}
	}
	for _, name := range regionNames {
		if answers[name] > answers[best] {
			best = name
		}
	}
	return best
}

// verdictSlack is how far two tellings of one change may lie apart: the gateway
// reckons its times anew for each.
const verdictSlack = 100 * time.Millisecond

// verdict takes a verdict of the gateway; one that is known already is left out.
func (c *collector) verdict(v Verdict) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, known := range slices.Backward(c.verdicts) {
		if known.Region == v.Region && known.State == v.State && known.Time.Sub(v.Time).Abs() < verdictSlack {
			return
		}
	}
	if len(c.verdicts) == maxRecords {
		c.lost++
		return
	}
	c.verdicts = append(c.verdicts, v)
}
