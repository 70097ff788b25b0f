package region

import (
	"fmt"
	"slices"
	"time"
)

// The names of the verdict item's attributes. Key and lexRegion are those of
// https://aws.amazon.com/blogs/machine-learning/create-a-multi-region-amazon-lex-bot-with-amazon-connect-for-high-availability/
// so that its functions and contact flows read what we write. An item that they
// wrote has lexRegion only. Below, "the article" is this one.
const (
	attrRegion  = "lexRegion" // always a region's name; the article's check writes "err" when both look dead
	attrState   = "state"
	attrVersion = "version"
	attrPin     = "pin"
	attrBy      = "by"
	attrWhy     = "why"
	attrAt      = "at"
)

// articleErr is what the article's health check writes in place of a region when
// it finds none well. It is understood, never written.
const articleErr = "err"

// TableState is what the verdict item says of all regions together.
type TableState string

// The states of a verdict item.
const (
	TableOK       TableState = "ok"
	TableDegraded TableState = "degraded" // no region is held up by most gateways; lexRegion stays as it was
)

// VerdictItem is the item that all gateways and contact flows share: which
// region's bot is to be used. Its key is the home region's name unless
// configured otherwise.
type VerdictItem struct {
	Region  string     `json:"region"`       // lexRegion: where new calls go; empty if the item names no region that can be used
	State   TableState `json:"state"`        // degraded as well if the article's "err" was read
	Version int64      `json:"version"`      // grows with every write; 0 for none, as in an item of the article's
	Pin     Pin        `json:"pin,omitzero"` // zero for none
	By      string     `json:"by"`           // the observer or the person that wrote it
	Why     string     `json:"why"`          // their reason, for people
	At      time.Time  `json:"at,omitzero"`  // when, by the writer's clock, for people only; zero if not said
	// Stray is the region of a pin that names none of those it may; empty for no such
	// pin. It is never written.
	Stray string `json:"stray,omitempty"`
	// Faults says in plain words what in the item could not be used and was left
	// zero. It is never written.
	Faults []string `json:"faults,omitempty"`
}

// Pin is an operator's order to use one region whatever the evidence says. It
// ends by itself.
type Pin struct {
	Region string    `json:"region"`
	Until  time.Time `json:"until"` // in whole seconds
	By     string    `json:"by"`
	Why    string    `json:"why"`
}

// LongestPin is how long a pin may last at most: somebody has to be able to
// forget it.
const LongestPin = 7 * 24 * time.Hour

// IsZero reports whether there is no pin.
func (p Pin) IsZero() bool { return p.Region == "" }

// left is how long the pin still holds at that time of day: not below 0 and, as
// clocks can be wrong, never above LongestPin.
func (p Pin) left(wall time.Time) time.Duration {
	if p.IsZero() {
		return 0
	}
	return min(max(p.Until.Sub(wall), 0), LongestPin)
}

// same tells whether two pins are the same order.
func (p Pin) same(other Pin) bool {
	return p.Region == other.Region && p.By == other.By && p.Why == other.Why && p.Until.Equal(other.Until)
}

// DecodeVerdict reads a verdict item. What cannot be used is left out and named
// in Faults; regions, if not nil, are the only ones that it may name.
func DecodeVerdict(item Item, regions []string) VerdictItem {
	r := &itemReader{attributes: item.Attributes, regions: regions}
	var v VerdictItem
	v.Version = r.version()
	if text := r.text(item.Attributes, attrRegion, ""); text == articleErr {
		v.State = TableDegraded
	} else {
		v.Region = r.region(attrRegion, text)
		v.State = TableState(r.text(item.Attributes, attrState, string(TableOK)))
		if v.State != TableOK && v.State != TableDegraded {
			r.fault("state %.40q is neither ok nor degraded", v.State)
			v.State = TableOK
		}
	}
	v.By, v.Why = r.text(item.Attributes, attrBy, ""), r.text(item.Attributes, attrWhy, "")
	v.At = r.time(item.Attributes, attrAt)
	v.Pin = r.pin()
	v.Stray = r.stray
	v.Faults = r.faults
	return v
}

// attributes is the item as it is written. An item without a pin has no such
// attribute: see change.
func (v VerdictItem) attributes() map[string]any {
	written := map[string]any{
		attrRegion:  v.Region,
		attrState:   string(v.State),
		attrVersion: v.Version,
		attrBy:      v.By,
		attrWhy:     v.Why,
		attrAt:      unix(v.At),
	}
	if !v.Pin.IsZero() {
		written[attrPin] = map[string]any{
			"region": v.Pin.Region,
			"until":  v.Pin.Until.UTC().Format(time.RFC3339),
			"by":     v.Pin.By,
			"why":    v.Pin.Why,
		}
	}
	return written
}

// change is how v takes the place of an item of which version was read.
func (v VerdictItem) change(version int64) Change {
	c := Change{Set: v.attributes(), Where: Where{Path: []string{attrVersion}, Is: version}}
	if v.Pin.IsZero() {
		c.Remove = []string{attrPin}
	}
	return c
}

// itemReader takes values out of attributes that anybody may have written.
type itemReader struct {
	attributes map[string]any
	regions    []string
	faults     []string // in words, at most maxFaults
	bad        int      // how many there were
	stray      string   // the region of a pin that is none of regions
}

// maxFaults bounds what is said of one item.
const maxFaults = 20

func (r *itemReader) fault(format string, args ...any) {
	r.bad++
	if len(r.faults) < maxFaults {
		r.faults = append(r.faults, fmt.Sprintf(format, args...))
	}
}

// maxText bounds the texts that are taken over from an item, in bytes.
const maxText = 400

func (r *itemReader) text(from map[string]any, name, otherwise string) string {
	value, ok := from[name]
	if !ok {
		return otherwise
	}
	text, ok := value.(string)
	switch {
	case !ok:
		r.fault("%s is a %T, not a text", name, value)
		return otherwise
	case len(text) > maxText:
		r.fault("%s has %d bytes", name, len(text))
		return otherwise
	}
	return text
}

func (r *itemReader) number(from map[string]any, name string) int64 {
	number, ok := from[name].(int64)
	if value, is := from[name]; is && !ok {
		r.fault("%s is a %T, not a number", name, value)
	}
	return number
}

func (r *itemReader) version() int64 {
	version := r.number(r.attributes, attrVersion)
	if version < 0 || version > maxVersion {
		r.fault("version %d is none", version)
	}
	return version
}

// region returns the name if it is one of a region that can be used.
func (r *itemReader) region(what, name string) string {
	switch {
	case name == "":
		r.fault("%s is not there", what)
	case !validName(name):
		r.fault("%s %.40q is no region", what, name)
	case r.regions != nil && !slices.Contains(r.regions, name):
		r.fault("%s %q is none of the configured regions", what, name)
	default:
		return name
	}
	return ""
}

// time reads seconds since 1970 or RFC 3339.
func (r *itemReader) time(from map[string]any, name string) time.Time {
	const latest = 253402300799 // the last second of the year 9999: what RFC 3339 can write
	var seconds int64
	switch value := from[name].(type) {
	case nil:
		return time.Time{}
	case int64:
		seconds = value
	case string:
		at, err := time.Parse(time.RFC3339, value)
		if err != nil {
			r.fault("%s %.40q is no time", name, value)
			return time.Time{}
		}
		seconds = at.Unix()
	default:
		r.fault("%s is a %T, not a time", name, value)
		return time.Time{}
	}
	if seconds == 0 {
		return time.Time{}
	}
	if seconds < 0 || seconds > latest {
		r.fault("%s %d is no time", name, seconds)
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// unix is how a time is written: 0 if there is none.
func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func (r *itemReader) pin() Pin {
	value, ok := r.attributes[attrPin]
	if !ok {
		return Pin{}
	}
	from, ok := value.(map[string]any)
	if !ok {
		r.fault("pin is a %T, not a map", value)
		return Pin{}
	}
	p := Pin{
		Region: r.region("the pin's region", r.text(from, "region", "")),
		Until:  r.time(from, "until"),
		By:     r.text(from, "by", ""),
		Why:    r.text(from, "why", ""),
	}
	if name, _ := from["region"].(string); p.Region == "" && validName(name) {
		r.stray = name
	}
	if p.Until.IsZero() {
		r.fault("the pin has no end")
		p.Region = ""
	}
	if p.Region == "" {
		return Pin{}
	}
	return p
}

// validName tells whether a name can be one of a region: lower-case letters,
// digits and hyphens. "err" is none.
func validName(name string) bool {
	if name == "" || len(name) > 40 || name == articleErr {
		return false
	}
	for _, c := range []byte(name) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}
