package region

import (
	"fmt"
	"hash/fnv"
	"time"
)

// pin is an operator's order to send every call to one region.
type pin struct {
	region  string // empty for none
	until   time.Duration
	by, why string
}

// setPin puts the pin where the operator wants it, in place of any other.
func (j *Judge) setPin(e Event) {
	if e.For <= 0 {
		return
	}
	before := j.pin
	j.pin = pin{region: e.Region, until: j.now + e.For, by: e.By, why: e.Why}
	if before.region == e.Region && before.by == e.By && before.why == e.Why && (before.until-j.pin.until).Abs() < 5*time.Second {
		return // the same order, by way of the table
	}
	j.out = append(j.out, Action{Kind: Pinned, Region: e.Region, To: e.Region, Why: j.pin.String()})
}

// endPin takes the pin away.
func (j *Judge) endPin() {
	if j.pin.region == "" {
		return
	}
	j.out = append(j.out, Action{Kind: Pinned, Region: j.pin.region, From: j.pin.region, Why: "the pin ended"})
	j.pin = pin{}
}

// endPinInTime takes the pin away once its time is over.
func (j *Judge) endPinInTime() {
	if j.pin.region != "" && j.now >= j.pin.until {
		j.endPin()
	}
}

// String says who pinned, and why.
func (p pin) String() string {
	if p.why == "" {
		return "pinned by " + p.by
	}
	return fmt.Sprintf("pinned by %s: %s", p.by, p.why)
}

// pinned returns the region that holds the pin at a time, if any does.
func (j *Judge) pinned(now time.Duration) string {
	if now >= j.pin.until || j.s.Broken.PinIgnored {
		return ""
	}
	return j.pin.region
}

// Active returns the region where new calls go: the pinned one, else the first
// that is not taken out. While every region looks dead it stays where it was.
func (j *Judge) Active() string { return j.active }

// choose returns what Active is to be.
func (j *Judge) choose() string {
	if region := j.pinned(j.now); region != "" {
		return region
	}
	if j.panics && j.active != "" {
		return j.active
	}
	for i := range j.regions {
		if j.regions[i].state != Down {
			return j.regions[i].name
		}
	}
	if len(j.regions) == 0 {
		return ""
	}
	return j.regions[0].name
}

// move brings the active region in line with the verdicts.
func (j *Judge) move() {
	to := j.choose()
	if to == j.active {
		return
	}
	from := &j.regions[j.index(j.active)]
	why := j.regions[j.index(to)].why
	switch {
	case j.pinned(j.now) != "":
		why = j.pin.String()
	case from.state == Down:
		why = from.why
	}
	j.out = append(j.out, Action{Kind: Moved, Region: to, From: j.active, To: to, Why: why})
	j.active = to
}

// Place returns the region for one new call, named by an id that the call has
// alone. It is the active one, but for two reasons: a region that has just come
// back gets a tenth of the calls first and then half of them, and one that is
// suspect gets none while another is not.
func (j *Judge) Place(now time.Duration, call string) string {
	if region := j.pinned(now); region != "" || j.panics || len(j.regions) == 0 {
		return j.active
	}
	r := &j.regions[j.index(j.active)]
	switch {
	case r.state == Healthy:
		return r.name
	case r.state == Recovering && share(call) < j.ramp(now-r.back):
		return r.name
	}
	for i := range j.regions {
		if other := &j.regions[i]; other.state == Healthy {
			return other.name
		}
	}
	if r.state == Suspect {
		for i := range j.regions {
			if other := &j.regions[i]; other.state == Recovering {
				return other.name
			}
		}
	}
	return r.name
}

// ramp returns how many of a hundred new calls a region gets that came back so long ago.
func (j *Judge) ramp(since time.Duration) int {
	switch {
	case since < j.s.Ramp:
		return 10
	case since < 2*j.s.Ramp:
		return 50
	}
	return 100
}

// share returns a number from 0 to 99 that is a call's own.
func share(call string) int {
	h := fnv.New32a()
	h.Write([]byte(call))
	x := h.Sum32()
	x ^= x >> 16 // FNV's last letters stir the low bits alone
	x *= 0x85ebca6b
	x ^= x >> 13
	return int(x % 100)
}
