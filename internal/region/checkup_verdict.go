package region

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// checkupChange is a verdict that a checkup would write.
type checkupChange struct {
	verdict VerdictItem
	entry   HistoryEntry
	needed  bool // the item says something else
	moves   bool // and what it says follows from what is held of the regions
}

// decide writes the verdict if the table says something else than it should and it is
// this check's turn, and closes the run if there is nothing to write.
func (u *checkup) decide() {
	if u.stage != checkupDeciding || u.reading.id != 0 || u.reread || !u.allSettled() {
		return
	}
	if u.written {
		u.close(u.write.entry.Why)
		return
	}
	if !u.items.isKnown {
		if !u.items.missed || u.items.reads >= checkupReads || u.now >= u.decideBy() {
			u.close("the verdict could not be read")
		}
		return
	}
	w := u.wanted()
	switch why := u.forbidden(w); {
	case !w.needed:
		u.close("the table says so already: " + w.entry.Evidence)
	case why != "":
		u.close(why)
	case w.moves && !u.isWatched():
		if u.watching = u.mayYetWatch(); !u.watching {
			u.close("there was no time to see who else is alive")
		}
	default:
		u.put(w)
	}
}

// decideBy is when what is not known is not waited for any more.
func (u *checkup) decideBy() time.Duration { return u.end - min(3*u.c.Deadline, u.end/3) }

// mayYetWatch tells whether there is time to see who else is alive, and every evidence
// item has been read or will be tried again.
func (u *checkup) mayYetWatch() bool {
	if u.now >= u.decideBy() || u.watchEnds() >= u.decideBy()+u.c.Deadline {
		return false
	}
	if u.items.missed && u.items.reads < checkupReads {
		return true
	}
	return !slices.ContainsFunc(u.watches, func(w watch) bool { return w.reads == 0 }) && u.items.read < u.watchEnds()
}

// wanted is what the item should say.
func (u *checkup) wanted() checkupChange {
	has := u.items.verdict
	pin, over := has.Pin, false
	if wall := u.at(u.now); !pin.IsZero() && (pin.left(wall) == 0 || isBeyond(has, wall)) {
		pin, over = Pin{}, true
	}
	current := u.current()
	region, state, evidence := u.majority(current)
	why := u.reason(current, region)
	if !pin.IsZero() {
		region, why = pin.Region, "pinned by "+pin.By
	}
	v := VerdictItem{Region: region, State: state, Pin: pin, By: u.c.ID, Why: why}
	w := checkupChange{verdict: v, entry: HistoryEntry{What: "move", From: has.Region, To: region, Why: why, Evidence: evidence}}
	w.moves = region != has.Region || state != has.State
	w.needed = w.moves || over || has.Version <= 0
	switch {
	case over:
		w.entry.What, w.entry.From = "unpin", has.Pin.Region
		w.entry.Why = "its time was over; " + why
	case region == has.Region && state == has.State:
		w.entry.What = "state"
		w.entry.Why = "taken over from an item without a version"
	case region == has.Region:
		w.entry.What = "state"
		w.entry.Why = fmt.Sprintf("%s: %s", state, why)
	}
	w.verdict.Why = w.entry.Why
	return w
}

// current is where calls go now: by the table, by what was last known of it, or else
// the home region.
func (u *checkup) current() string {
	return cmp.Or(u.items.verdict.Region, u.known(), u.c.Settings.Regions[0])
}

// reason says why calls go from one region to another, or stay. Where a pin held them
// there that somebody took away, that is why, and not what the other region once came
// back from.
func (u *checkup) reason(from, to string) string {
	i, k := u.judge.index(from), u.judge.index(to)
	switch {
	case u.judge.panics:
		return "every region looks dead from here"
	case i != k && u.judge.regions[i].state == Down:
		return from + " is down: " + u.judge.regions[i].why
	}
	if why, ok := u.items.verdict.unpinned(); ok && i != k {
		if why != "" {
			why = ": " + why
		}
		return pinTaken + " by " + u.items.verdict.By + why
	}
	if i < k {
		return "most of those who are alive hold " + from + " down"
	}
	return to + " is " + string(u.judge.regions[k].state) + ": " + u.judge.regions[k].why
}

// majority is what most of those hold who are alive, this check among them: where
// calls should go, and the votes in words. It is the rule of [Observer].
func (u *checkup) majority(current string) (region string, state TableState, evidence string) {
	names, n := u.c.Settings.Regions, u.votes()
	var said, theirs []string
	for i, name := range names {
		j := &u.judge.regions[i]
		theirs = append(theirs, fmt.Sprintf("%s up %d, down %d", name, n.up[i], n.down[i]))
		if j.state != Down {
			n.up[i]++
			said = append(said, name+" up")
			continue
		}
		n.down[i]++
		text := name + " down: " + j.why
		if r := &u.regions[i]; r.failed && r.fault != "" {
			text += ": " + r.fault
		}
		said = append(said, text)
	}
	switch n.others {
	case 0:
	case 1:
		said = append(said, "one other: "+strings.Join(theirs, ", "))
	default:
		said = append(said, fmt.Sprintf("%d others: %s", n.others, strings.Join(theirs, ", ")))
	}
	region, state = carried(names, current, n.up, n.down)
	return region, state, strings.Join(said, "; ")
}

// forbidden says why it is not for this check to write, or nothing.
func (u *checkup) forbidden(w checkupChange) string {
	n := u.votes()
	switch {
	case u.items.verdict.Version >= maxVersion:
		return fmt.Sprintf("the item's version %d leaves no room for another; delete the item", u.items.verdict.Version)
	case u.judge.panics && n.calm > 0 && w.moves:
		return fmt.Sprintf("every region looks dead from here, and others are alive that see it otherwise: %s", w.entry.Evidence)
	}
	for i := range u.rank {
		name := u.c.Settings.Regions[i]
		peer, then := u.items.peers[i], u.memory.peers[name]
		switch {
		case !peer.isKnown:
			return "it could not be read whether the check in " + name + " is alive"
		case then.age < checkupStill || !then.isKnown || then.version != peer.version:
			return "it is for the check in " + name + " to write, which may be alive"
		}
		for _, e := range u.watches[i].entries {
			if e.hasMoved {
				return "it is for those in " + name + " to write, who are alive"
			}
		}
	}
	return ""
}

// checkupStill is how long the memory of the checks in a region before this one must
// have stood still, as seen by an earlier run here, for this one to stand in for
// them: near the shortest pause that a schedule of Amazon EventBridge can have, which
// is a minute, so that a run made twice sees no other dead.
const checkupStill = 45 * time.Second
