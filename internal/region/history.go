package region

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// HistoryEntry is one line of the audit trail: the active region moved, or
// somebody set or took away a pin.
type HistoryEntry struct {
	At       time.Time `json:"at"`       // by the writer's clock, in whole seconds
	By       string    `json:"by"`       // observer or person
	What     string    `json:"what"`     // "move", "state", "pin" or "unpin"
	From     string    `json:"from"`     // the region before, empty at the first verdict; "unpin": that was pinned
	To       string    `json:"to"`       // and after
	Why      string    `json:"why"`      // in plain words
	Evidence string    `json:"evidence"` // who held what, such as "us-east-1 down 2 of 3, us-west-2 up 3 of 3"
}

// The item of the audit trail beside a verdict item.
const (
	maxHistory  = 100 // entries; the oldest go first
	attrEntries = "entries"
)

// HistoryKey is the key of the audit trail that belongs to the verdict item of
// that key.
func HistoryKey(key string) string { return key + "#history" }

// ReadHistory returns the audit trail of the verdict item with that key, oldest
// first; none is no error. Entries that cannot be read are left out.
func ReadHistory(ctx context.Context, t Table, key string) ([]HistoryEntry, error) {
	item, err := t.Get(ctx, HistoryKey(key))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, fmt.Errorf("read history: %w", err)
	}
	entries, _ := decodeHistory(item)
	return entries, nil
}

// AppendHistory adds a line to the audit trail of the verdict item with that
// key. If others write at the same moment it reads again and adds to theirs. A line
// that is there already, as a write may be made and its answer lost, is not added
// again.
func AppendHistory(ctx context.Context, t Table, key string, entry HistoryEntry) error {
	for attempt := 1; ; attempt++ {
		item, err := t.Get(ctx, HistoryKey(key))
		if err != nil && !errors.Is(err, ErrNotFound) {
			return fmt.Errorf("read history: %w", err)
		}
		entries, version := decodeHistory(item)
		if slices.Contains(entries, entry.stored()) {
			return nil
		}
		entries = append(entries, entry)
		entries = entries[max(0, len(entries)-maxHistory):]
		list := make([]any, len(entries))
		for i, e := range entries {
			list[i] = e.attributes()
		}
		err = t.Update(ctx, HistoryKey(key), Change{
			Set:   map[string]any{attrEntries: list, attrVersion: max(version, 0) + 1},
			Where: Where{Path: []string{attrVersion}, Is: version},
		})
		if err == nil {
			return nil
		}
		if !errors.Is(err, ErrConflict) || attempt == maxAttempts {
			return fmt.Errorf("append to history: %w", err)
		}
	}
}

// maxAttempts bounds how often a write is tried again that others were faster
// with.
const maxAttempts = 8

func decodeHistory(item Item) ([]HistoryEntry, int64) {
	r := &itemReader{attributes: item.Attributes}
	version := r.version()
	list, _ := item.Attributes[attrEntries].([]any)
	var entries []HistoryEntry
	for _, value := range list {
		from, ok := value.(map[string]any)
		if !ok {
			continue
		}
		entries = append(entries, HistoryEntry{
			At:       r.time(from, "at"),
			By:       r.text(from, "by", ""),
			What:     r.text(from, "what", ""),
			From:     r.text(from, "from", ""),
			To:       r.text(from, "to", ""),
			Why:      r.text(from, "why", ""),
			Evidence: r.text(from, "evidence", ""),
		})
	}
	return entries, version
}

// stored is the line as it is read again.
func (e HistoryEntry) stored() HistoryEntry {
	e.At = e.At.UTC().Truncate(time.Second)
	e.By, e.Why, e.Evidence = clip(e.By), clip(e.Why), clip(e.Evidence)
	return e
}

func (e HistoryEntry) attributes() map[string]any {
	return map[string]any{
		"at": unix(e.At), "by": clip(e.By), "what": e.What, "from": e.From, "to": e.To,
		"why": clip(e.Why), "evidence": clip(e.Evidence),
	}
}

// clip cuts a text to what is read again.
func clip(text string) string {
	if len(text) <= maxText {
		return text
	}
	end := maxText
	for end > 0 && text[end]&0xC0 == 0x80 { // not in the middle of a letter
		end--
	}
	return text[:end]
}
