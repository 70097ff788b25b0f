package region

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// What commands do with a table when no gateway runs.

// ReadVerdict returns the verdict item with that key. It returns ErrNotFound if
// there is none. An item that can be used only in part is no error: see
// VerdictItem.Faults.
func ReadVerdict(ctx context.Context, t Table, key string) (VerdictItem, error) {
	item, err := t.Get(ctx, key)
	if err != nil {
		return VerdictItem{}, fmt.Errorf("read verdict: %w", err)
	}
	return DecodeVerdict(item, nil), nil
}

// ReadEvidence returns what the observers in a region last said, by their ids;
// none is no error. How fresh that is only watching tells.
func ReadEvidence(ctx context.Context, t Table, key, region string) (map[string]Evidence, error) {
	item, err := t.Get(ctx, EvidenceKey(key, region))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, fmt.Errorf("read evidence: %w", err)
	}
	entries, faults, ok := DecodeEvidence(item)
	if !ok {
		return nil, fmt.Errorf("read evidence: %s", faults[0])
	}
	return entries, nil
}

// SetPin writes a pin into the verdict item with that key, making the item if
// there is none, and a line into the audit trail. Every gateway learns it at its
// next read. It reads and tries again if others write at the same moment. The pin
// must end, at most LongestPin from now.
func SetPin(ctx context.Context, t Table, key string, p Pin) error {
	p.Until = p.Until.UTC().Truncate(time.Second)
	p.By, p.Why = clip(p.By), clip(p.Why)
	if err := p.check(time.Now(), nil); err != nil {
		return fmt.Errorf("pin region: %w", err)
	}
	entry := HistoryEntry{What: "pin", To: p.Region, By: p.By, Why: p.Why}
	return changePin(ctx, t, key, p, entry)
}

// ClearPin takes the pin away, as SetPin sets it, and tells whether there was one
// that had not ended. lexRegion stays what it is until the gateways have something to
// say.
func ClearPin(ctx context.Context, t Table, key, by, why string) (was bool, err error) {
	before, err := t.Get(ctx, key)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return false, fmt.Errorf("unpin region: %w", err)
	}
	was = DecodeVerdict(before, nil).Pin.left(time.Now()) > 0
	return was, changePin(ctx, t, key, Pin{}, HistoryEntry{What: "unpin", By: clip(by), Why: clip(why)})
}

// pinTaken is how the reason in a verdict begins whose pin somebody took away: who
// moves calls next says that it is why.
const pinTaken = "the pin was taken away"

func unpinnedWhy(why string) string {
	if why == "" {
		return pinTaken
	}
	return clip(pinTaken + ": " + why)
}

// unpinned is the reason of the person who took the pin of a verdict away; ok is
// false where nobody did.
func (v VerdictItem) unpinned() (why string, ok bool) {
	why, ok = strings.CutPrefix(v.Why, pinTaken)
	return strings.TrimPrefix(why, ": "), ok && v.Pin.IsZero()
}

// KnownRegions returns the regions that the gateways of a verdict item know, or have
// written to it: their names in order, none for a table that is new. A pin is no
// proof of a region, and what the item says may come of one, so it counts only where
// no gateway has said anything.
func KnownRegions(v VerdictItem, said []Evidence) (names []string) {
	for _, e := range said {
		names = append(names, e.Regions...)
	}
	if len(names) == 0 && v.Region != "" {
		names = append(names, v.Region)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func changePin(ctx context.Context, t Table, key string, p Pin, entry HistoryEntry) error {
	for attempt := 1; ; attempt++ {
		item, err := t.Get(ctx, key)
		if errors.Is(err, ErrNotFound) && p.IsZero() {
			return nil // no item, no pin
		}
		if err != nil && !errors.Is(err, ErrNotFound) {
			return fmt.Errorf("%s region: %w", entry.What, err)
		}
		old := DecodeVerdict(item, nil)
		if old.Version > maxVersion {
			return fmt.Errorf("%s region: the item's version %d leaves no room for another; delete the item", entry.What, old.Version)
		}
		if p.IsZero() && item.Attributes[attrPin] == nil {
			return nil
		}
		v := VerdictItem{
			Region: old.Region, State: old.State, Version: max(old.Version, 0) + 1,
			Pin: p, By: entry.By, Why: entry.Why, At: time.Now(),
		}
		if !p.IsZero() {
			v.Region = p.Region
		} else {
			v.Why = unpinnedWhy(entry.Why)
		}
		c := v.change(old.Version)
		if v.Region == "" {
			delete(c.Set, attrRegion) // there was none that could be used, and there is none to put there
		}
		entry.At, entry.From, entry.To = v.At, old.Region, v.Region
		if p.IsZero() {
			entry.From = cmp.Or(old.Pin.Region, old.Region)
		}
		err = t.Update(ctx, key, c)
		if err == nil {
			return AppendHistory(ctx, t, key, entry)
		}
		if !errors.Is(err, ErrConflict) || attempt == maxAttempts {
			return fmt.Errorf("%s region: %w", entry.What, err)
		}
	}
}

// check returns what is wrong with a pin that is to be set. regions, if not nil,
// are the only ones that it may name.
func (p Pin) check(now time.Time, regions []string) error {
	left := p.Until.Sub(now)
	switch {
	case !validName(p.Region):
		return fmt.Errorf("%q is no name of a region", p.Region)
	case regions != nil && !slices.Contains(regions, p.Region):
		return fmt.Errorf("%q is none of the configured regions", p.Region)
	case left <= 0:
		return fmt.Errorf("the pin would end before it begins, at %s", p.Until.Format(time.RFC3339))
	case left > LongestPin:
		return fmt.Errorf("the pin would last %s; at most %s", left.Round(time.Second), LongestPin)
	}
	return nil
}
