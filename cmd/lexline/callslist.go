package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"lexline/internal/record"
)

// callsPrinter prints records: as JSON lines, or in 100 columns for people.
type callsPrinter struct {
	out    io.Writer
	asJSON bool
	now    func() time.Time
}

// list prints entries, each in a line.
func (p *callsPrinter) list(entries []record.Entry) error {
	if p.asJSON {
		return p.lines(entries)
	}
	if len(entries) == 0 {
		_, err := fmt.Fprintln(p.out, "No calls.")
		return err
	}
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, callsHead)
	for _, e := range entries {
		fmt.Fprintln(table, p.line(e))
	}
	return table.Flush() // errors of the lines come with it
}

// lines prints the records as they are in the store.
func (p *callsPrinter) lines(entries []record.Entry) error {
	for _, e := range entries {
		if _, err := fmt.Fprintf(p.out, "%s\n", e.Record); err != nil {
			return err
		}
	}
	return nil
}

const (
	callsHead = "began\tcall\tline\tcaller\tlasted\tturns\twait\tend\tregions"
	// stillLive is how old the last word of a call that goes on may be: somebody speaks,
	// or is asked again, more often than that.
	stillLive = 10 * time.Minute
)

// line is a call as a row of the table.
func (p *callsPrinter) line(e record.Entry) string {
	r, err := record.Parse(e.Record)
	if err != nil {
		return fmt.Sprintf("%s\t%s\t%s", day(e.Started, p.now()), printable(short(e.Call)), printable(err.Error()))
	}
	longest := ""
	if wait := longestWait(r); wait > 0 {
		longest = fmt.Sprintf("%.1fs", float64(wait)/1000)
	}
	return fmt.Sprintf("%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s", day(r.Started, p.now()), printable(short(r.Call)), printable(cut(r.Line, 12)),
		printable(cut(r.Outside().String(), 13)), lasted(r, p.now()), numbered(r), longest,
		printable(outcome(r, p.now())), printable(cmp.Or(strings.Join(regionsOf(r), "→"), "-")))
}

// day is when a call began, here, without the year, which lists seldom reach over.
func day(t, now time.Time) string { return t.In(now.Location()).Format("01-02 15:04:05") }

// at is when a call began, here.
func at(t, now time.Time) string { return t.In(now.Location()).Format("2006-01-02 15:04:05") }

// short is as much of a call's id as people need to name it.
func short(id string) string { return cut(id, 12) }

// cut makes a text fit into so many columns.
func cut(text string, columns int) string {
	if utf8.RuneCountInString(text) <= columns {
		return text
	}
	return string([]rune(text)[:columns-1]) + "…"
}

// lasted is how long a call was, or has been going on.
func lasted(r record.Record, now time.Time) string {
	end := r.Ended
	switch {
	case !end.IsZero():
	case now.Sub(r.Updated) > stillLive:
		end = r.Updated
	default:
		end = now
	}
	return clock(end.Sub(r.Started))
}

// clock is a time in minutes and seconds.
func clock(d time.Duration) string {
	d = max(d, 0)
	return fmt.Sprintf("%d:%02d", d/time.Minute, d%time.Minute/time.Second)
}

// numbered counts the turns in which the caller spoke or keyed.
func numbered(r record.Record) (n int) {
	for _, t := range r.Turns {
		n = max(n, t.Number)
	}
	return n
}

func longestWait(r record.Record) (longest int64) {
	for _, t := range r.Turns {
		longest = max(longest, t.Wait)
	}
	return longest
}

// outcome is how a call ended.
func outcome(r record.Record, now time.Time) string {
	switch {
	case r.State == record.Ended:
		return r.Reason
	case now.Sub(r.Updated) > stillLive:
		return "unfinished"
	}
	return "goes on"
}

// regionsOf returns the regions that answered, in the order of the call.
func regionsOf(r record.Record) (regions []string) {
	for _, t := range r.Turns {
		if t.Region != "" && (len(regions) == 0 || regions[len(regions)-1] != t.Region) {
			regions = append(regions, t.Region)
		}
	}
	const most = 4
	if len(regions) > most {
		regions = slices.Concat(regions[:most-1], []string{"…"}, regions[len(regions)-1:])
	}
	return regions
}

// followed prints what is new in entries, which are in the order of their starts.
func (p *callsPrinter) followed(entries []record.Entry, seen followed) error {
	for _, e := range entries {
		key := keyOfEntry(e)
		before := seen[key]
		text, after := p.news(e, before)
		seen[key] = after
		if text == "" {
			continue
		}
		if _, err := io.WriteString(p.out, text); err != nil {
			return err
		}
	}
	return nil
}

// news is what is new in a record, as lines, and how much of it is printed then.
func (p *callsPrinter) news(e record.Entry, before progress) (text string, after progress) {
	r, err := record.Parse(e.Record)
	switch {
	case err != nil && before.ended:
		return "", before
	case err != nil:
		return p.line(e) + "\n", progress{ended: true}
	}
	after = progressOf(r)
	if p.asJSON {
		if !after.ended || before.ended {
			return "", after
		}
		return string(e.Record) + "\n", after
	}
	var w strings.Builder
	say := func(moment time.Time, format string, args ...any) {
		fmt.Fprintln(&w, printable(fmt.Sprintf("%s  %-12s  ", moment.In(p.now().Location()).Format(time.TimeOnly), short(r.Call))+fmt.Sprintf(format, args...)))
	}
	if !before.begun {
		say(r.Started, "began: line %s, %s", r.Line, r.Outside())
	}
	for _, t := range r.Turns[min(before.turns, len(r.Turns)):] {
		say(r.Started.Add(time.Duration(lastOf(t))*time.Millisecond), "%s", turnInShort(t))
	}
	if after.ended && !before.ended {
		say(r.Ended, "ended: %s, %s, %s after %s and %s", r.Result, r.Reason, endWords(r), lasted(r, p.now()), count(numbered(r), "turn", "turns"))
	}
	if r.Next != nil {
		for _, d := range r.Next.Dialled[min(before.dialled, len(r.Next.Dialled)):] {
			say(d.Told, "dialled: %s", dialledInShort(d))
		}
	}
	return w.String(), after
}
