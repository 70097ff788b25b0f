package region

import "cmp"

// choose returns the region for the next attempt, empty if there is no room in
// any that may be asked; some says whether there is one that may be asked at all.
//
// A pinned region is asked first, whatever is known of it. After it come the
// regions that are not ejected, those before others where this turn has not
// failed yet; then the one where the call is; and a suspect one only behind a
// healthy one. The call's own region is the first choice for a first attempt.
func (t *Turn) choose(view View) (name string, some bool) {
	if !t.limits.Broken.PinIgnored && view.Pinned != "" && len(t.attempts) == 0 {
		if c, ok := view.Of(view.Pinned); ok && !c.Full {
			return c.Name, true
		}
	}
	best := -1
	for i, c := range view.Regions {
		if !t.mayAsk(view, c) {
			continue
		}
		some = true
		if c.Full {
			continue
		}
		if best < 0 || t.better(c, view.Regions[best]) {
			best = i
		}
	}
	if best < 0 {
		return "", some
	}
	return view.Regions[best].Name, true
}

// mayAsk reports whether an attempt may go to a region at all: one that refused
// the turn for good gets no second one, and an ejected one none at all.
func (t *Turn) mayAsk(view View, c Condition) bool {
	switch {
	case t.hopeless(c.Name), len(view.Regions) == 1 && t.busy(c.Name):
		return false
	case len(view.Regions) == 1, c.Name == view.Pinned && !t.limits.Broken.PinIgnored:
		return true
	case t.limits.Broken.LastAttemptEjected && t.sent() == t.limits.Attempts-1:
		return true
	}
	return !c.Ejected
}

// better reports whether region a is the better choice for the next attempt.
func (t *Turn) better(a, b Condition) bool {
	return cmp.Or(
		cmp.Compare(t.spent(a.Name), t.spent(b.Name)),
		compareBool(a.Throttled, b.Throttled),
		compareBool(a.State == Suspect, b.State == Suspect),
		compareBool(a.Name != t.facts.Region, b.Name != t.facts.Region),
	) < 0
}

// spent counts the attempts of this turn that failed in a region and speak
// against another one there. A refused state or a first conflict does not: the
// region is to be asked again.
func (t *Turn) spent(name string) (n int) {
	if t.returns(name) {
		return -1
	}
	conflicts := 0
	for _, a := range t.attempts {
		switch {
		case a.region != name:
		case a.conflict:
			conflicts++
		case a.failed != None && a.failed != Ours:
			n++
		}
	}
	return n + max(conflicts-1, 0)
}

// returns reports whether the latest attempt went to this region and is to be
// sent there again: with less state, or once more after a conflict.
func (t *Turn) returns(name string) bool {
	if len(t.attempts) == 0 {
		return false
	}
	last := t.attempts[len(t.attempts)-1]
	return last.region == name && last.failed == Ours && !t.busy(name)
}

// hopeless reports whether a region refused the turn for good.
func (t *Turn) hopeless(name string) bool {
	for _, a := range t.attempts {
		if a.region == name && a.failed == Hard {
			return true
		}
	}
	return false
}

// busy reports whether the session in a region has been held by another request
// twice: it is asked again where the others do no better, and not at once.
func (t *Turn) busy(name string) bool {
	n := 0
	for _, a := range t.attempts {
		if a.region == name && a.conflict {
			n++
		}
	}
	return n > 1
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// standby returns the region to ask besides the one that keeps silent, empty for
// none: never an ejected one, never one where the turn has failed for good, and
// none at all while the pinned one has its first try.
func (t *Turn) standby(view View, busy string) string {
	if view.Pinned == busy && t.spent(busy) == 0 && !t.limits.Broken.PinIgnored {
		return ""
	}
	best := -1
	for i, c := range view.Regions {
		if c.Name == busy || c.Full || c.Ejected || t.busy(c.Name) || !t.mayAsk(view, c) {
			continue
		}
		if best < 0 || t.better(c, view.Regions[best]) {
			best = i
		}
	}
	if best < 0 {
		return ""
	}
	return view.Regions[best].Name
}
