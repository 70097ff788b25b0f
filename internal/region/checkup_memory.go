package region

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// CheckupKey is the key of the item in which the health checks that run in a region
// keep what the next of them needs, for the verdict item of that key. No other ones
// write it, so that a global table keeps it whole.
func CheckupKey(key, region string) string { return key + "#check-from-" + region }

const (
	// checkupFormat is that of the item: one of another format is not read.
	checkupFormat = 1
	// checkupOld bounds ages: clocks jump, and nothing depends on more.
	checkupOld = 30 * 24 * time.Hour
	// checkupGap is how far apart two runs may be for a row of probes to go on over
	// them.
	checkupGap = 15 * time.Minute
)

// checkupMemory is what a run of the health check keeps for the next.
type checkupMemory struct {
	judged  Recollection
	region  string              // of the verdict as it was last known; empty if it was not
	version int64               // of that
	peers   map[string]peerSeen // by region: the memories of the checks before this one
	by      string
}

// peerSeen is what was seen of another region's memory.
type peerSeen struct {
	isKnown bool
	version int64
	age     time.Duration // since it was first seen to have that version
}

// sawPeers notes what was seen of the checks in the regions before this one's.
// took is how long ago that was compared with when what was remembered was read.
func (m *checkupMemory) sawPeers(names []string, seen []peerSeen, took time.Duration) {
	before := m.peers
	m.peers = make(map[string]peerSeen, len(names))
	for i, name := range names {
		old, now := before[name], seen[i]
		old.age += took
		if now.isKnown && (!old.isKnown || old.version != now.version) {
			m.peers[name] = now
		} else if old.isKnown {
			m.peers[name] = old
		}
	}
}

// attributes is the memory as it is written at that time of day.
func (m checkupMemory) attributes(version int64, wall time.Time) map[string]any {
	at := func(age time.Duration) int64 {
		if age < 0 {
			return 0
		}
		return wall.Add(-age).UnixMilli()
	}
	regions := make(map[string]any, len(m.judged.Regions))
	for _, r := range m.judged.Regions {
		regions[r.Region] = map[string]any{
			"state": string(r.State), "why": clip(r.Why), "since": at(r.Age), "bad": at(r.Bad),
			"hold": r.Hold.Milliseconds(), "relapses": int64(r.Relapses), "back": at(r.Back),
			"row": int64(r.Row), "row_since": at(r.RowAge),
			"failed": int64(r.Failed), "hard": int64(r.Hard), "class": string(r.Class), "probed": at(r.ProbeAge),
			"advised": clip(r.Advised), "proof": int64(r.Proof),
		}
	}
	peers := make(map[string]any, len(m.peers))
	for name, p := range m.peers {
		peers[name] = map[string]any{"version": p.version, "since": at(p.age)}
	}
	return map[string]any{
		attrVersion: version, "format": int64(checkupFormat), attrBy: clip(m.by), attrAt: wall.UnixMilli(),
		"active": m.judged.Active, "regions": regions,
		"verdict": map[string]any{"region": m.region, "version": m.version}, "checks": peers,
	}
}

// decodeCheckup reads an item that a check of these regions wrote. It is of use as a
// whole or not at all: the error says why not.
func decodeCheckup(item Item, names []string, wall time.Time) (checkupMemory, error) {
	d := checkupDecoder{itemReader{attributes: item.Attributes}, wall}
	if format := d.number(item.Attributes, "format"); format != checkupFormat {
		return checkupMemory{}, fmt.Errorf("the memory is of format %d, not %d", format, checkupFormat)
	}
	if v := d.version(); v <= 0 || v >= maxVersion {
		d.fault("version %d is none", v)
	}
	m := checkupMemory{by: d.text(item.Attributes, attrBy, ""), peers: map[string]peerSeen{}}
	m.judged.Active = d.text(item.Attributes, "active", "")
	regions := d.object(item.Attributes, "regions")
	if got, want := slices.Sorted(maps.Keys(regions)), slices.Sorted(slices.Values(names)); !slices.Equal(got, want) {
		return checkupMemory{}, fmt.Errorf("the memory is of the regions %.200q, not of %q", got, want)
	}
	for _, name := range names {
		m.judged.Regions = append(m.judged.Regions, d.region(name, d.object(regions, name)))
	}
	verdict := d.object(item.Attributes, "verdict")
	m.region, m.version = d.text(verdict, "region", ""), d.count(verdict, "version", maxVersion)
	if m.region != "" && !slices.Contains(names, m.region) || m.judged.Active != "" && !slices.Contains(names, m.judged.Active) {
		d.fault("regions %.40q and %.40q are not among those", m.region, m.judged.Active)
	}
	checks := d.object(item.Attributes, "checks")
	for _, name := range names {
		if checks[name] == nil {
			continue
		}
		seen := d.object(checks, name)
		m.peers[name] = peerSeen{isKnown: true, version: d.number(seen, "version"), age: max(d.age(seen, "since"), 0)}
	}
	if d.bad > 0 {
		return checkupMemory{}, errors.New("the memory is damaged: " + d.faults[0])
	}
	return m, nil
}

// checkupDecoder reads the item of a check, at that time of day by this machine.
type checkupDecoder struct {
	itemReader
	wall time.Time
}

// region reads what is known of one region.
func (d *checkupDecoder) region(name string, from map[string]any) Remembered {
	const many = 1 << 20
	r := Remembered{
		Region: name, State: State(d.text(from, "state", "")), Why: d.text(from, "why", ""),
		Age: max(d.age(from, "since"), 0), Bad: d.age(from, "bad"),
		Hold:     time.Duration(d.count(from, "hold", checkupOld.Milliseconds())) * time.Millisecond,
		Relapses: int(d.count(from, "relapses", many)), Back: d.age(from, "back"),
		Row: int(d.count(from, "row", many)), RowAge: d.age(from, "row_since"),
		Failed: int(d.count(from, "failed", many)), Hard: int(d.count(from, "hard", many)),
		Class: Class(d.text(from, "class", "")), ProbeAge: d.age(from, "probed"),
		Advised: d.text(from, "advised", ""), Proof: int(d.count(from, "proof", many)),
	}
	switch r.State {
	case Healthy, Suspect, Down, Recovering:
	default:
		d.fault("state %.40q is none", r.State)
	}
	if r.Class != None && !slices.Contains(Classes[:], r.Class) {
		d.fault("class %.40q is none", r.Class)
	}
	if r.ProbeAge < 0 || r.ProbeAge > checkupGap || r.Row > 0 && r.RowAge < 0 {
		r.Row, r.RowAge, r.Failed, r.Hard = 0, -1, 0, 0 // nobody looked meanwhile
	}
	return r
}

// object reads a map.
func (d *checkupDecoder) object(from map[string]any, name string) map[string]any {
	object, ok := from[name].(map[string]any)
	if !ok {
		d.fault("%.40s is a %T, not a map", name, from[name])
	}
	return object
}

// count reads a number from 0 to a limit.
func (d *checkupDecoder) count(from map[string]any, name string, limit int64) int64 {
	n := d.number(from, name)
	if n < 0 || n > limit {
		d.fault("%s %d is not from 0 to %d", name, n, limit)
		return 0
	}
	return n
}

// age reads a time of day in milliseconds, by the clock of whoever wrote it here, and
// returns how long ago that was: 0 if it is yet to come; -1 for no time.
func (d *checkupDecoder) age(from map[string]any, name string) time.Duration {
	at := d.number(from, name)
	if at <= 0 {
		return -1
	}
	return min(max(d.wall.Sub(time.UnixMilli(at)), 0), checkupOld)
}
