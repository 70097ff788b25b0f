package main

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"lexline/internal/twiliosim"
)

// printerQueue bounds what waits to be printed. A call must not wait for whoever
// reads its output; beyond this it does, as an event that is lost is worse.
const printerQueue = 4096

// phonePrinter prints what happens in calls, on a goroutine of its own between
// begin and end.
type phonePrinter struct {
	out    io.Writer
	opts   *phoneOptions
	events chan twiliosim.Event
	done   chan struct{}
}

func newPhonePrinter(out io.Writer, opts *phoneOptions) *phonePrinter {
	return &phonePrinter{out: out, opts: opts, events: make(chan twiliosim.Event, printerQueue), done: make(chan struct{})}
}

// event takes an event of any call.
func (p *phonePrinter) event(e twiliosim.Event) { p.events <- e }

func (p *phonePrinter) begin() {
	switch {
	case p.opts.json:
	case p.opts.URL == "":
		fmt.Fprintf(p.out, "waiting to be called; calls to wait for: %d; seed %d\n", p.opts.count, p.opts.Seed)
	default:
		fmt.Fprintf(p.out, "calling %s from %s at %s; seed %d\n", p.opts.To, p.opts.From, p.opts.URL, p.opts.Seed)
	}
	go func() {
		defer close(p.done)
		if p.opts.json {
			p.encode()
		} else {
			p.print()
		}
	}()
}

// rest says where the REST API is; address is empty if there is none.
func (p *phonePrinter) rest(address string) {
	if address != "" {
		p.event(twiliosim.Event{Time: time.Now().UTC(), Event: "rest", URL: address})
	}
}

// encode writes events as they come, each with its time.
func (p *phonePrinter) encode() {
	encoder := json.NewEncoder(p.out)
	encoder.SetEscapeHTML(false)
	for e := range p.events {
		_ = encoder.Encode(e) // nobody reads any more: the calls go on, the records are kept
	}
}

// print writes lines for people; those of a single call in the order of their times.
func (p *phonePrinter) print() {
	show := func(events ...twiliosim.Event) {
		for _, e := range events {
			if line := p.line(e); line != "" {
				fmt.Fprintln(p.out, line)
			}
		}
	}
	var order eventOrder
	var late <-chan time.Time // while something waits
	for {
		select {
		case e, ok := <-p.events:
			switch {
			case !ok:
				show(order.rest()...)
				return
			case p.opts.count > 1:
				show(e)
			default:
				show(order.take(e)...)
			}
			if len(order.waiting) == 0 {
				late = nil
			} else if late == nil {
				late = time.After(holdBack)
			}
		case <-late:
			show(order.rest()...)
			late = nil
		}
	}
}

// end waits until everything is printed, and adds a table when there were
// several calls.
func (p *phonePrinter) end(records []*twiliosim.Record) {
	close(p.events)
	<-p.done
	if p.opts.json || len(records) == 1 {
		return
	}
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	fmt.Fprint(table, "\ncall\tresult\treason\tlength\tfaults\tlate\t\n")
	ok := 0
	for _, r := range records {
		if r.OK() {
			ok++
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%d ms\t\n", r.Call, r.Result, r.Reason, seconds(r.Ended.Sub(r.Started).Milliseconds()), r.Faults, r.LateMS)
	}
	_ = table.Flush()
	fmt.Fprintf(p.out, "%d calls, %d ok\n", len(records), ok)
}

// saved says where the recordings are.
func (p *phonePrinter) saved(records []*twiliosim.Record) {
	switch {
	case p.opts.json:
	case len(records) == 1:
		path := filepath.Join(p.opts.out, records[0].Call)
		fmt.Fprintf(p.out, "saved %s.wav and %s.json\n", path, path)
	default:
		fmt.Fprintf(p.out, "saved in %s\n", p.opts.out)
	}
}

// line words an event for a person; empty for what is not worth a line. Of
// several calls only faults and ends are shown.
func (p *phonePrinter) line(e twiliosim.Event) string {
	if p.opts.count > 1 {
		switch e.Event {
		case "rest":
			return p.words(e)
		case "fault", "end":
		default:
			return ""
		}
		return e.Call + " " + p.words(e)
	}
	words := p.words(e)
	if words == "" {
		return ""
	}
	return fmt.Sprintf("%7s  %s", seconds(e.AtMS), words)
}

var heardSource = map[string]string{"say": "the announcement", "play": "a recording", "stream": "the bot", "ringing": "ringing", "human": "the human"}

func (p *phonePrinter) words(e twiliosim.Event) string {
	switch e.Event {
	case "call":
		if e.Direction == "outbound-api" {
			return fmt.Sprintf("called   %s by %s, as %s", e.To, e.From, e.Call)
		}
		return "calls    as " + e.Call
	case "rest":
		return "rest     " + e.URL
	case "answered":
		return "answers  " + e.To
	case "detected":
		return "detected " + e.Text
	case "gather":
		return strings.TrimSpace("gathered " + e.Key + " " + e.Text)
	case "callback":
		return strings.TrimSpace(fmt.Sprintf("callback %s %s %s", e.State, e.Status, e.Text))
	case "failover":
		fault := twiliosim.Fault{Code: e.Code, Text: e.Text}
		return "failover to " + shortURL(e.URL) + ": " + fault.Error()
	case "twiml":
		return fmt.Sprintf("twiml    %s (%d ms)", strings.Join(e.Verbs, " "), e.TookMS)
	case "say":
		return fmt.Sprintf("say      %q", e.Text)
	case "stream":
		return strings.TrimSpace("stream   " + e.State + " " + shortURL(e.URL))
	case "speech_start":
		if e.Text != "" {
			return fmt.Sprintf("caller   %q", e.Text)
		}
		return "caller   " + baseNames(e.Files)
	case "speech_end":
		return "caller   has spoken"
	case "press":
		return "caller   presses " + e.Key
	case "dial":
		return fmt.Sprintf("dial     %s: %s", e.To, e.State)
	case "whisper":
		return fmt.Sprintf("whisper  %q%s", e.Text, e.URL)
	case "connected":
		return "talks    with " + e.To
	case "disconnected":
		return fmt.Sprintf("talked   with %s for %s", e.To, seconds(e.TookMS))
	case "update":
		return strings.TrimSpace("update   " + e.State + shortURL(e.URL) + strings.Join(e.Verbs, " "))
	case "heard_start":
		return "hears    " + heardSource[e.Source]
	case "heard_end":
		return fmt.Sprintf("hears    %s for %s", heardSource[e.Source], seconds(e.TookMS))
	case "clear":
		return fmt.Sprintf("cleared  %s were not heard", seconds(e.TookMS))
	case "fault":
		fault := twiliosim.Fault{Code: e.Code, Text: e.Text}
		return "FAULT    " + fault.Error()
	case "end":
		return fmt.Sprintf("end      %s, %s: %s", e.Result, e.Reason, e.Text)
	}
	return ""
}

// shortURL leaves out most of a long last part of a path, such as a token.
func shortURL(url string) string {
	i := strings.LastIndex(url, "/") + 1
	if len(url)-i <= 20 {
		return url
	}
	return url[:i+8] + "..."
}
