package region

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

const attrObservers = "observers"

// Evidence is what one observer says in its entry of an evidence item. There is
// one such item for each region that observers write from, so that no item is
// ever written from two regions: global tables keep the last writer's item as a
// whole.
type Evidence struct {
	Epoch int64 // of the observer's run: another one after each start
	Seq   int64 // grows with every write
	// Down has the regions that the observer holds down; it holds up the others of
	// Regions.
	Regions, Down []string
	Panic         bool      // every region looks dead to it
	Doubt         bool      // it alone sees a region down
	Once          bool      // it looked once and is not there to look again: a run of the scheduled health check
	Since         time.Time // when it came to this opinion, by its own clock, for people only
	At            time.Time // when it wrote this, by its own clock, for people only; zero if not said
}

// EvidenceKey is the key of the evidence item that observers in region write,
// for the verdict item of that key.
func EvidenceKey(key, region string) string { return key + "#from-" + region }

// maxObservers bounds the entries that are taken from one evidence item.
const maxObservers = 200

// DecodeEvidence reads an evidence item: observers by their id. Entries that
// cannot be used are left out, and named in faults. ok is false if the item as a
// whole cannot be used.
func DecodeEvidence(item Item) (entries map[string]Evidence, faults []string, ok bool) {
	value, there := item.Attributes[attrObservers]
	observers, ok := value.(map[string]any)
	if there && !ok {
		return nil, []string{fmt.Sprintf("observers is a %T, not a map", value)}, false
	}
	r := &itemReader{}
	entries = make(map[string]Evidence, len(observers))
	for _, id := range slices.Sorted(maps.Keys(observers)) {
		before := r.bad
		entry, isMap := observers[id].(map[string]any)
		switch {
		case len(entries) == maxObservers:
			r.fault("it has %d observers; %d are read", len(observers), maxObservers)
			return entries, r.faults, true
		case !validID(id):
			r.fault("observer %.40q is no id", id)
		case !isMap:
			r.fault("observer %s is a %T, not a map", id, observers[id])
		default:
			e := r.evidence(entry)
			if r.bad == before {
				entries[id] = e
			}
		}
	}
	return entries, r.faults, true
}

func (r *itemReader) evidence(from map[string]any) Evidence {
	e := Evidence{
		Epoch: r.number(from, "epoch"),
		Seq:   r.number(from, "seq"),
		Since: r.time(from, "since"),
		At:    r.time(from, "at"),
	}
	e.Panic, _ = from["panic"].(bool)
	e.Doubt, _ = from["doubt"].(bool)
	e.Once, _ = from["once"].(bool)
	if e.Seq <= 0 || e.Seq > maxVersion {
		r.fault("seq %d is none", e.Seq)
	}
	opinions, ok := from["regions"].(map[string]any)
	if !ok || len(opinions) > 20 {
		r.fault("regions is not a map of at most 20")
		return e
	}
	for _, name := range slices.Sorted(maps.Keys(opinions)) {
		opinion, _ := opinions[name].(string)
		if r.region("region", name) == "" || opinion != "up" && opinion != "down" {
			r.fault("region %.40q is neither up nor down", name)
			continue
		}
		e.Regions = append(e.Regions, name)
		if opinion == "down" {
			e.Down = append(e.Down, name)
		}
	}
	return e
}

// attributes is the entry as it is written.
func (e Evidence) attributes() map[string]any {
	opinions := make(map[string]any, len(e.Regions))
	for _, name := range e.Regions {
		opinions[name] = "up"
	}
	for _, name := range e.Down {
		opinions[name] = "down"
	}
	written := map[string]any{"epoch": e.Epoch, "seq": e.Seq, "regions": opinions, "since": unix(e.Since)}
	if !e.At.IsZero() {
		written["at"] = unix(e.At)
	}
	if e.Panic {
		written["panic"] = true
	}
	if e.Doubt {
		written["doubt"] = true
	}
	if e.Once {
		written["once"] = true
	}
	return written
}

// validID tells whether a text can name an observer.
func validID(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	for _, c := range []byte(id) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '.' && c != '_' {
			return false
		}
	}
	return true
}
