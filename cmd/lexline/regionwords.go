package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"lexline/internal/region"
)

// statusWords tells a status to somebody who was asleep a minute ago: where calls
// go, what is wrong and since when, what has to happen, and then the evidence.
func statusWords(w io.Writer, s statusAnswer) {
	fmt.Fprintf(w, "gateway %s, lexline %s, up for %s, %s\n", printable(s.Node), s.Version, span(s.Now.Sub(s.Started)), count(s.Calls.Live, "live call", "live calls"))
	for _, b := range s.Bots {
		fmt.Fprintf(w, "\n%s (%s %s)\n", printable(b.Name), plural(len(b.Lines), "line", "lines"), printable(strings.Join(b.Lines, ", ")))
		fmt.Fprint(w, indent(1, botWords(b, s.Now)))
	}
}

// regionsWords is the same as a text.
func regionsWords(s statusAnswer) string {
	var w strings.Builder
	statusWords(&w, s)
	return w.String()
}

// botWords tells one bot, a line of text for each thing.
func botWords(b botStatus, now time.Time) string {
	var w strings.Builder
	fmt.Fprintf(&w, "New calls %s.\n", b.newCallsGo())
	w.WriteString(pinWords(b.Pin, now))
	if b.Panic {
		fmt.Fprintln(&w, "PANIC: every region looks dead. None is taken out, turns are sent to all of them.")
	}
	if b.Doubt {
		fmt.Fprintln(&w, "DOUBT: this may be the gateway's own network and no fault of the regions.")
	}
	for i, r := range b.Regions {
		home := ""
		if i == 0 && len(b.Regions) > 1 {
			home = " (home)"
		}
		fmt.Fprintf(&w, "%s%s is %s since %s (%s): %s\n", r.Region, home, r.State, clockTime(r.Since, now), span(now.Sub(r.Since)), sentence(r.Why))
		w.WriteString(indent(1, outlookWords(r, b)+evidenceWords(r, now)+roomWords(b.Rooms[r.Region])))
	}
	switch {
	case !b.sharesTable():
		fmt.Fprintln(&w, "Table: none but in memory: pins end with this gateway, and no other one knows of them.")
	case b.Table != nil:
		w.WriteString(tableWords(*b.Table, b.Active))
	}
	return w.String()
}

func pinWords(p *region.PinStatus, now time.Time) string {
	if p == nil {
		return ""
	}
	return fmt.Sprintf("PINNED to %s by %s until %s (%s left)%s\n", p.Region, p.By, clockTime(p.Until, now), span(p.Until.Sub(now)), because(p.Why))
}

// because ends a sentence, with a reason if there is one.
func because(why string) string {
	if why == "" {
		return "."
	}
	return ": " + sentence(why)
}

// sentence ends a text with a full stop, unless its writer has ended it.
func sentence(text string) string {
	if strings.HasSuffix(text, ".") || strings.HasSuffix(text, "?") || strings.HasSuffix(text, "!") {
		return text
	}
	return text + "."
}

// newCallsGo says where new calls go now, as they are placed: "go to us-west-2".
func (b botStatus) newCallsGo() string {
	var parts []string
	why := ""
	for _, r := range b.Regions {
		if r.Region == b.Active && r.NewCalls < 100 && (r.State == region.Suspect || r.State == region.Recovering) {
			why = fmt.Sprintf(" while %s is %s", r.Region, r.State)
		}
		switch {
		case r.NewCalls == 100:
			parts = append(parts, r.Region)
		case r.NewCalls > 0:
			parts = append(parts, fmt.Sprintf("%s (%d of 100)", r.Region, r.NewCalls))
		}
	}
	if len(parts) == 0 {
		parts = []string{b.Active} // a gateway of another version does not say
	}
	return "go to " + strings.Join(parts, " and ") + why
}

// outlookWords says what the state of a region means for calls, and what has to
// happen for it to change.
func outlookWords(r region.RegionStatus, b botStatus) string {
	var w strings.Builder
	switch r.State {
	case region.Suspect:
		switch {
		case b.Pin != nil && b.Pin.Region == r.Region:
			fmt.Fprintln(&w, "It gets calls all the same, as it is pinned.")
		case r.NewCalls == 100:
			fmt.Fprintln(&w, "It is not taken out; turns go elsewhere where they can. New calls go there, as nothing better is left.")
		default:
			fmt.Fprintln(&w, "It is not taken out; turns go elsewhere where they can.")
		}
	case region.Recovering:
		fmt.Fprintln(&w, recoveringWords(r, b))
	case region.Down:
		switch {
		case b.Pin != nil && b.Pin.Region == r.Region:
			fmt.Fprintln(&w, "It gets calls all the same, as it is pinned.")
		case b.Panic:
			fmt.Fprintln(&w, "It gets turns all the same, as nothing better is left.")
		default:
			fmt.Fprintln(&w, "It gets no calls.")
		}
		hold, left := secondsLong(r.HoldSeconds), secondsLong(r.HoldLeftSeconds)
		switch {
		case r.GoodRow == 0:
			fmt.Fprintf(&w, "It must be good for %s before it gets calls again; it is not good yet.\n", span(hold))
		default:
			fmt.Fprintf(&w, "It must be good for %s before it gets calls again: %s left, %s in a row so far.\n", span(hold), span(left), count(r.GoodRow, "good probe", "good probes"))
		}
	}
	if r.Relapses > 0 && r.State != region.Healthy {
		fmt.Fprintf(&w, "It has fallen again %s soon after it had come back.\n", count(r.Relapses, "time", "times"))
	}
	if r.Throttled {
		fmt.Fprintln(&w, "It has refused turns for load lately; they go to another region one by one.")
	}
	if r.Doubtful {
		fmt.Fprintln(&w, "Other gateways are not told so: this one may be wrong.")
	}
	return w.String()
}

// recoveringWords says which new calls a region gets that is back.
func recoveringWords(r region.RegionStatus, b botStatus) string {
	switch left := span(secondsLong(r.RampLeftSeconds)); {
	case b.Pin != nil && b.Pin.Region == r.Region:
		return "It is back: it gets all new calls, as it is pinned."
	case b.Pin != nil:
		return fmt.Sprintf("It is back: it gets no new calls, as %s is pinned.", b.Pin.Region)
	case r.NewCalls == 100:
		return "It is back: it gets all new calls, as nothing better is left."
	case r.NewCalls > 0:
		return fmt.Sprintf("It is back: it gets %d of 100 new calls, and all of them in %s if nothing happens.", r.NewCalls, left)
	}
	return fmt.Sprintf("It is back: it stands by for %s again.", b.Active)
}

// evidenceWords gives the numbers behind a verdict.
func evidenceWords(r region.RegionStatus, now time.Time) string {
	var w strings.Builder
	lately := "none lately"
	if r.Turns > 0 {
		lately = fmt.Sprintf("%s of the last %d failed", strings.TrimSuffix(fmt.Sprintf("%.1f", r.Weight), ".0"), r.Turns)
		if r.Weight != float64(int(r.Weight)) {
			lately += " (late ones count half)"
		}
	}
	fmt.Fprintf(&w, "Turns: %s; since the start %d answered, %s.\n", lately, r.Good, failedWords(r.Failed))
	fmt.Fprintf(&w, "Probes: %d sent, %d failed", r.Probes, r.ProbesFailed)
	if r.ProbeRun > 0 {
		fmt.Fprintf(&w, ", the last %d in a row", r.ProbeRun)
	}
	if r.LastProbeError != "" && !r.ProbeErrorAt.IsZero() {
		fmt.Fprintf(&w, "; the last error, %s, was: %s", ago(r.ProbeErrorAt, now), strings.TrimSuffix(r.LastProbeError, "."))
	}
	fmt.Fprintln(&w, ".")
	var last []string
	if !r.LastGoodAt.IsZero() {
		last = append(last, "good "+ago(r.LastGoodAt, now))
	}
	if !r.LastFaultAt.IsZero() {
		last = append(last, fmt.Sprintf("a fault (%s) %s", r.LastClass, ago(r.LastFaultAt, now)))
	}
	if len(last) > 0 {
		fmt.Fprintf(&w, "Last seen: %s.\n", strings.Join(last, ", "))
	}
	if r.MedianSeconds > 0 {
		fmt.Fprintf(&w, "Answers take %.2f s, one in twenty more than %.2f s.\n", r.MedianSeconds, r.SlowSeconds)
	}
	return w.String()
}

func failedWords(failed map[region.Class]uint64) string {
	var all uint64
	var kinds []string
	for _, class := range region.Classes {
		if n := failed[class]; n > 0 {
			all += n
			kinds = append(kinds, fmt.Sprintf("%d %s", n, class))
		}
	}
	if all == 0 {
		return "no attempt failed"
	}
	return fmt.Sprintf("%s failed (%s)", count(all, "attempt", "attempts"), strings.Join(kinds, ", "))
}

// roomWords says how near the quota of requests at a time is.
func roomWords(room region.Room) string {
	if room.Limit == 0 {
		return fmt.Sprintf("Requests at a time: %d, at most %d so far; no quota is set.\n", room.Held, room.Most)
	}
	text := fmt.Sprintf("Requests at a time: %d of %d, at most %d so far", room.Held, room.Limit, room.Most)
	if room.Refused > 0 {
		text += fmt.Sprintf("; %s not sent for lack of room", count(room.Refused, "was", "were"))
	}
	if room.Held*5 >= room.Limit*4 {
		text += ". NEAR THE QUOTA"
	}
	return text + ".\n"
}

// tableWords says how the gateway and its table stand.
func tableWords(t region.TableStatus, active string) string {
	var w strings.Builder
	switch {
	case t.Reachable:
		fmt.Fprintf(&w, "Table: read %s ago", span(secondsLong(t.ReadAge)))
	case t.ReadAge >= 0:
		fmt.Fprintf(&w, "TABLE NOT REACHED, last read %s ago", span(secondsLong(t.ReadAge)))
	default:
		fmt.Fprint(&w, "Table: not read yet")
	}
	switch {
	case t.Region != "" && t.Region == active:
		fmt.Fprintf(&w, "; it says %s too", t.Region)
	case t.Region != "":
		fmt.Fprintf(&w, "; it says %s, but this gateway goes by its own evidence", t.Region)
	}
	if !t.Reachable && t.LastError != "" {
		fmt.Fprintf(&w, ": %s", t.LastError)
	}
	fmt.Fprintln(&w, ".")
	if !t.Reachable && t.ReadAge >= 0 {
		fmt.Fprintln(&w, "  Calls do not need it.")
	}
	if t.PinPending {
		fmt.Fprintln(&w, "  An order has not reached it yet: other gateways do not know of it.")
	}
	if t.CopyFault != "" {
		fmt.Fprintf(&w, "  Its copy: %s.\n", t.CopyFault)
	}
	return w.String()
}

// sickWords lists the regions that are not healthy, or nothing.
func sickWords(s statusAnswer) string {
	var sick []string
	for _, b := range s.Bots {
		for _, r := range b.Regions {
			if r.State != region.Healthy {
				sick = append(sick, fmt.Sprintf("%s is %s for %s", r.Region, r.State, b.Name))
			}
		}
	}
	return strings.Join(slices.Compact(sick), ", ")
}

func ago(at, now time.Time) string { return span(now.Sub(at)) + " ago" }

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// indent moves text to the right, line by line, and makes the lines printable.
func indent(steps int, text string) string {
	var w strings.Builder
	for line := range strings.Lines(text) {
		text, end := strings.CutSuffix(line, "\n")
		w.WriteString(strings.Repeat("  ", steps) + printable(text))
		if end {
			w.WriteByte('\n')
		}
	}
	return w.String()
}
