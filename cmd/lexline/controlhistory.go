package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"lexline/internal/region"
)

// historyAnswer is the answer of GET /history.
type historyAnswer struct {
	Entries []historyEntry `json:"entries"`          // oldest first
	Faults  []string       `json:"faults,omitempty"` // tables that could not be read
}

// historyEntry is one line of the audit trail: of this gateway's memory, which
// has its own verdicts, or of the table, which outlives it and has what all gateways
// decided together.
type historyEntry struct {
	At       time.Time `json:"at"`
	Bot      string    `json:"bot,omitempty"`
	Source   string    `json:"source"`       // "gateway" or "table"
	By       string    `json:"by,omitempty"` // the person or the gateway, for lines of the table
	What     string    `json:"what"`
	Region   string    `json:"region,omitempty"`
	From     string    `json:"from,omitempty"`
	To       string    `json:"to,omitempty"`
	Why      string    `json:"why,omitempty"`
	Evidence string    `json:"evidence,omitempty"`
	Error    string    `json:"error,omitempty"` // of the probe after which a verdict became worse
}

const (
	usualHistory  = 50
	tableDeadline = time.Second // for one read on the control listener
)

// serveHistory answers GET /history?n=50.
func (g *gateway) serveHistory(w http.ResponseWriter, r *http.Request) {
	n := usualHistory
	if text := r.URL.Query().Get("n"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil || n < 1 {
			refuseControl(w, http.StatusBadRequest, fmt.Sprintf("n: %q is no number of entries", text))
			return
		}
	}
	answerJSON(w, g.history(r.Context(), n))
}

// history merges the audit trails of all bots and returns the last n lines.
func (g *gateway) history(ctx context.Context, n int) (answer historyAnswer) {
	answer.Entries = []historyEntry{} // an empty list in JSON, not null
	for _, b := range g.bots {
		name := g.nameOf(b)
		for _, e := range b.client.Keeper().Status().Audit {
			answer.Entries = append(answer.Entries, historyEntry{
				At: e.At, Bot: name, Source: "gateway", What: e.What, Region: e.Region, From: e.From, To: e.To, Why: e.Why, Error: e.Error,
			})
		}
		reading, cancel := context.WithTimeout(ctx, tableDeadline)
		shared, err := region.ReadHistory(reading, b.table, b.key)
		cancel()
		if err != nil {
			answer.Faults = append(answer.Faults, fmt.Sprintf("bot %s: %v", name, err))
		}
		answer.Entries = append(answer.Entries, tableEntries(name, shared)...)
	}
	answer.Entries = lastEntries(answer.Entries, n)
	return answer
}

// tableEntries turns the lines of a table's audit trail into ours.
func tableEntries(bot string, shared []region.HistoryEntry) (entries []historyEntry) {
	for _, e := range shared {
		entries = append(entries, historyEntry{
			At: e.At, Bot: bot, Source: "table", By: e.By, What: e.What, From: e.From, To: e.To, Why: e.Why, Evidence: e.Evidence,
		})
	}
	return entries
}

// lastEntries brings entries into the order of time and returns the last n.
func lastEntries(entries []historyEntry, n int) []historyEntry {
	slices.SortStableFunc(entries, func(a, b historyEntry) int { return a.At.Compare(b.At) })
	return entries[max(0, len(entries)-n):]
}
