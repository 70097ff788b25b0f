package main

import (
	"fmt"
	"strings"
	"time"

	"lexline/internal/hearing"
)

// foldFrom is how many turns that moved alike are one line.
const foldFrom = 3

// differences prints what --set changes in a file.
func (p *hearText) differences(file *heardFile) {
	found := hearing.Compare(file.was.Turns, file.is.Turns)
	p.total.Add(found)
	is := strings.Join(p.o.set, ", ")
	width := max(len(p.o.base), len(is))
	p.f("  %-*s  %s\n", width, p.o.base, summary(&file.was))
	p.f("  %-*s  %s\n", width, is, summary(&file.is))
	moves := map[string]int{} // turns by how they moved
	for _, d := range found {
		if d.Kind == hearing.Moved {
			moves[differenceWords(d)]++
		}
	}
	for _, d := range found {
		words := differenceWords(d)
		switch n := moves[words]; {
		case d.Kind != hearing.Moved || n > 0 && n < foldFrom:
			p.f("  %-15v at %s: %s\n", d.Kind, inSeconds(d.At()), words)
		case n > 0:
			p.f("  %-15v %s, the first at %s: %s\n", d.Kind, counted(n, "turn"), inSeconds(d.At()), words)
			delete(moves, words)
		}
	}
	if len(found) == 0 {
		p.f("  no difference\n")
	}
}

// differenceSummary counts the differences between two hearings.
func differenceSummary(was, is *hearing.Heard) string {
	var tally hearing.Tally
	tally.Add(hearing.Compare(was.Turns, is.Turns))
	return tally.String()
}

func differenceWords(d hearing.Difference) string {
	switch d.Kind {
	case hearing.Missed, hearing.BargeInLost:
		return spans(d.Before) + withBargeIn(d.Kind, d.Before)
	case hearing.Gained, hearing.BargeInGained:
		return spans(d.After) + withBargeIn(d.Kind, d.After)
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

// withBargeIn says of turns that are missed or gained that they interrupted the bot.
func withBargeIn(k hearing.Kind, turns []hearing.Turn) string {
	for _, t := range turns {
		if t.BargeIn && (k == hearing.Missed || k == hearing.Gained) {
			return ", a barge-in"
		}
	}
	return ""
}

// spans lists when turns were, from onset to last speech.
func spans(turns []hearing.Turn) string {
	var all []string
	for _, t := range turns {
		all = append(all, fmt.Sprintf("%.2f-%.2f", t.Onset.Seconds(), t.Last.Seconds()))
	}
	return strings.Join(all, " and ")
}
