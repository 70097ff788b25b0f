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
	wall    time.Time // until as its setter's clock has it, for people; zero if not said
	by, why string
}

// setPin puts the pin where the operator wants it, in place of any other.
func (j *Judge) setPin(e Event) {
	if e.For <= 0 {
		return
	}
	before := j.pin
	j.pin = pin{region: e.Region, until: j.now + e.For, wall: e.Until, by: e.By, why: e.Why}
	if before.region == e.Region && before.by == e.By && before.why == e.Why && (before.until-j.pin.until).Abs() < 5*time.Second {
		return // the same order, by way of the table
	}
	j.out = append(j.out, Action{Kind: Pinned, Region: e.Region, To: e.Region, Why: j.pin.String()})
}

// endPin takes the pin away, for that reason.
func (j *Judge) endPin(why string) {
	if j.pin.region == "" {
		return
	}
	j.out = append(j.out, Action{Kind: Pinned, Region: j.pin.region, From: j.pin.region, Why: why})
	j.pin = pin{}
}

// unpin is what becomes of a pin when somebody takes it away.
func (j *Judge) unpin(e Event) {
	switch {
	case e.By == "":
		j.endPin("the pin was taken away")
	case e.Why == "":
		j.endPin("taken away by " + e.By)
	default:
		j.endPin(fmt.Sprintf("taken away by %s: %s", e.By, e.Why))
	}
}

// endPinInTime takes the pin away once its time is over.
func (j *Judge) endPinInTime() {
	if j.pin.region != "" && j.now >= j.pin.until {
		j.endPin("its time was over")
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

// Active returns the region that calls belong to: the pinned one, else the first
// that is not taken out. While every region looks dead it stays where it was. For
// where a new call goes now, which may be elsewhere, see Place.
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
	name, other, hundredth := j.placing(now)
	if hundredth < 100 && share(call) >= hundredth {
		return other
	}
	return name
}

// placing returns the active region, how many of a hundred new calls go there, and
// where the others go.
func (j *Judge) placing(now time.Duration) (name, other string, hundredth int) {
	if j.pinned(now) != "" || j.panics || len(j.regions) == 0 {
		return j.active, j.active, 100
	}
	r := &j.regions[j.index(j.active)]
	other = j.standIn(r)
	switch {
	case r.state == Healthy, other == r.name:
		return r.name, r.name, 100
	case r.state == Recovering:
		return r.name, other, j.ramp(now - r.back)
	}
	return r.name, other, 0
}

// standIn returns the region for the calls that the active one does not get, which
// is that one itself where no other is better.
func (j *Judge) standIn(r *judged) string {
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
