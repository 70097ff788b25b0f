package main

import (
	"fmt"
	"strings"
	"time"

	"lexline/internal/hearing"
)

// differences prints what --set changes in a file.
func (p *hearText) differences(file *heardFile) {
	found := hearing.Compare(file.was.Turns, file.is.Turns)
	p.total.Add(found)
	is := strings.Join(p.o.set, ", ")
	width := max(len(p.o.base()), len(is))
	p.f("  %-*s  %s\n", width, p.o.base(), summary(&file.was))
	p.f("  %-*s  %s\n", width, is, summary(&file.is))
	for _, d := range found {
		p.f("  %-15v at %s: %s\n", d.Kind, inSeconds(d.At()), differenceWords(d))
	}
	if len(found) == 0 {
		p.f("  no difference\n")
	}
}

// differenceSummary counts the differences in a file.
func differenceSummary(file *heardFile) string {
	var tally hearing.Tally
	tally.Add(hearing.Compare(file.was.Turns, file.is.Turns))
	return tally.String()
}

func differenceWords(d hearing.Difference) string {
	switch d.Kind {
	case hearing.Missed, hearing.BargeInLost:
		return spans(d.Before)
	case hearing.Gained, hearing.BargeInGained:
		return spans(d.After)
	case hearing.Moved:
		onset, noticed, end := d.Moves()
		var moves []string
		for _, m := range []struct {
			what string
			by   time.Duration
		}{{"onset", onset}, {"noticed", noticed}, {"end", end}} {
			if m.by != 0 {
				moves = append(moves, fmt.Sprintf("%s %+d ms", m.what, m.by.Milliseconds()))
			}
		}
		return strings.Join(moves, ", ")
	case hearing.Cut, hearing.Joined, hearing.Regrouped:
	}
	return spans(d.Before) + " became " + spans(d.After)
}

// spans lists when turns were, from onset to last speech.
func spans(turns []hearing.Turn) string {
	var all []string
	for _, t := range turns {
		all = append(all, fmt.Sprintf("%.2f-%.2f", t.Onset.Seconds(), t.Last.Seconds()))
	}
	return strings.Join(all, " and ")
}
