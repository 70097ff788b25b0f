package main

import (
	"fmt"
	"io"
	"time"

	"lexline/internal/hearing"
	"lexline/internal/vad"
)

// hearPrinter prints what was heard.
type hearPrinter interface {
	heard(file *heardFile) error
	bad(file string, err error) // which is also reported on the standard error
	end() error
}

func newHearPrinter(env *environment, o *hearOptions) hearPrinter {
	if o.asJSON {
		return &hearJSON{w: env.stdout, o: o}
	}
	return &hearText{w: env.stdout, o: o}
}

// hearText prints for people.
type hearText struct {
	w     io.Writer
	o     *hearOptions
	files int
	total hearing.Tally
	table bool  // some turns were listed
	err   error // the first of writing
}

func (p *hearText) f(format string, args ...any) {
	if _, err := fmt.Fprintf(p.w, format, args...); p.err == nil {
		p.err = err
	}
}

func (p *hearText) heard(file *heardFile) error {
	if p.files > 0 {
		p.f("\n")
	}
	p.files++
	p.f("%s: %s, %s\n", file.name, inSeconds(file.was.Length), channelWords(file))
	if file.missing > 0 {
		p.f("  the file was cut off: its header promises another %s\n", inSeconds(file.missing))
	}
	if len(p.o.set) > 0 {
		p.differences(file)
	} else {
		p.turns(file.was.Turns)
		p.refused(file.was.Refused)
		p.tones(file.was.Tones)
		p.f("  %s\n", summary(&file.was))
	}
	if file.picture != "" {
		p.f("  picture: %s\n", file.picture)
	}
	return p.err
}

func channelWords(file *heardFile) string {
	words := "one channel, without the bot"
	switch {
	case file.channels == 2:
		words = "two channels: the caller on the left, the bot on the right"
	case file.hasBot:
		words = "one channel, with the bot from --far"
	}
	if file.rate != 8000 {
		words += fmt.Sprintf("; %d Hz", file.rate)
	}
	return words
}

func (p *hearText) turns(turns []hearing.Turn) {
	if len(turns) == 0 {
		return
	}
	p.table = true
	const times, levels = "%9s %9s %9s %9s %9s %7s", "%6s %6s"
	p.f("  %4s "+times+" "+levels+"  %-8s  %s\n", "turn", "pre-roll", "onset", "noticed", "last", "end", "length", "level", "floor", "began", "ended by")
	p.f("  %4s "+times+" "+levels+"\n", "", "s", "s", "s", "s", "s", "s", "dBov", "dBov")
	for i, t := range turns {
		p.f("  %4d %9.2f %9.2f %9.2f %9.2f %9.2f %7.2f %6.0f %6.0f  %-8s  %v\n", i+1, t.Start.Seconds(), t.Onset.Seconds(), t.Opened.Seconds(),
			t.Last.Seconds(), t.End.Seconds(), (t.Last - t.Onset).Seconds(), t.Level, t.Floor, beginning(t), t.Reason)
	}
}

// beginning is how a turn began.
func beginning(t hearing.Turn) string {
	if t.BargeIn {
		return "barge-in"
	}
	return "speech"
}

func (p *hearText) refused(times []time.Duration) {
	for i, t := range times {
		if i == 0 {
			p.f("  refused barge-ins: ")
		} else {
			p.f(", ")
		}
		p.f("at %s", inSeconds(t))
	}
	if len(times) > 0 {
		p.f("\n")
	}
}

func (p *hearText) tones(tones []hearing.Tone) {
	for i, t := range tones {
		if i == 0 {
			p.f("  tones: ")
		} else {
			p.f(", ")
		}
		p.f("%s at %s", toneWord(t), inSeconds(t.From))
	}
	if len(tones) > 0 {
		p.f("\n")
	}
}

func toneWord(t hearing.Tone) string {
	switch t.Kind {
	case vad.DTMF:
		return "key " + string(t.Key)
	case vad.Progress:
		return "call progress"
	default:
		return t.Kind.String()
	}
}

// summary says in a line what was heard.
func summary(h *hearing.Heard) string {
	var longest time.Duration
	bargeIns, capped := 0, 0
	for _, t := range h.Turns {
		longest = max(longest, t.Last-t.Onset)
		if t.BargeIn {
			bargeIns++
		}
		if t.Reason == hearing.Cap {
			capped++
		}
	}
	text := counted(len(h.Turns), "turn")
	if len(h.Turns) > 0 {
		text += fmt.Sprintf(", the longest %s; open %.0f %% of the time", inSeconds(longest), 100*h.Open.Seconds()/h.Length.Seconds())
	}
	if bargeIns > 0 {
		text += ", " + counted(bargeIns, "barge-in")
	}
	if len(h.Refused) > 0 {
		text += fmt.Sprintf(", %s refused", counted(len(h.Refused), "barge-in"))
	}
	if capped > 0 {
		text += fmt.Sprintf(", %d ended by the cap", capped)
	}
	if len(h.Tones) > 0 {
		text += ", " + counted(len(h.Tones), "tone")
	}
	return text
}

func counted(n int, what string) string {
	switch n {
	case 0:
		return "no " + what
	case 1:
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// inSeconds words a time in a recording.
func inSeconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

func (p *hearText) bad(string, error) {}

func (p *hearText) end() error {
	if len(p.o.set) > 0 && len(p.o.files) > 1 {
		p.f("\nall %s: %v\n", counted(p.files, "file"), &p.total)
	}
	if p.table {
		p.f("\nwhat the columns mean: docs/4-reference.md, \"Hearing a recording\"\n")
	}
	return p.err
}
