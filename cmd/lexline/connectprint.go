package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"lexline/internal/connectsim"
)

// contactPrinter tells what happens to a contact, to a person or as JSON, and
// writes the flow log.
type contactPrinter struct {
	out, prompt io.Writer // where a person is asked
	opts        *connectCallOptions
	instance    *connectsim.Instance
	log         io.Writer // nil: none
	err         error     // of the log
}

func newContactPrinter(env *environment, o *connectCallOptions, instance *connectsim.Instance) *contactPrinter {
	p := &contactPrinter{out: env.stdout, prompt: env.stdout, opts: o, instance: instance}
	if o.json {
		p.prompt = env.stderr
	}
	return p
}

// event takes an event of the contact.
func (p *contactPrinter) event(e connectsim.Event) {
	if p.log != nil && p.err == nil {
		line, err := p.instance.FlowLog(e)
		if err == nil && line != nil {
			_, err = p.log.Write(append(line, '\n'))
		}
		p.err = err
	}
	if p.opts.json {
		encoder := json.NewEncoder(p.out)
		encoder.SetEscapeHTML(false)
		_ = encoder.Encode(e) // nobody reads any more: the contact goes on
		return
	}
	if line := p.words(e); line != "" {
		fmt.Fprintf(p.out, "%7s  %s\n", seconds(e.AtMS), printable(line))
	}
}

// words tells an event, or nothing where others tell it.
func (p *contactPrinter) words(e connectsim.Event) string {
	switch e.Event {
	case connectsim.KindStart:
		return fmt.Sprintf("calls    as %s, to Amazon Connect in %s", e.Contact, e.Region)
	case connectsim.KindPrompt:
		return "hears    " + e.Text
	case connectsim.KindCaller:
		if !p.opts.scripted() && e.Text != "(hangs up)" && e.Text != "(says nothing)" {
			return "" // they typed it
		}
		return "caller   " + e.Text
	case connectsim.KindInvoke:
		return fmt.Sprintf("lambda   %s: %s (%d ms)", e.Action, e.Text, e.TookMS)
	case connectsim.KindAnswer:
		return strings.TrimRight(fmt.Sprintf("bot      %s: %s, %s (%d ms) %s", e.Region, e.Intent, e.State, e.TookMS, slotWords(e.Slots)), " ")
	case connectsim.KindFault:
		return fmt.Sprintf("FAULT    %s after %d ms", e.Text, e.TookMS)
	case connectsim.KindAction:
		return fmt.Sprintf("block    %s -> %s", e.Action, cmp.Or(e.Next, "the end"))
	case connectsim.KindBranch:
		return fmt.Sprintf("ERROR    %s is left by %s to %s: %s", e.Action, e.Error, cmp.Or(e.Next, "nowhere"), e.Text)
	case connectsim.KindEnd:
		return strings.TrimRight(fmt.Sprintf("end      %s %s", e.End, e.Text), " ")
	}
	return ""
}

func slotWords(slots map[string]string) string {
	var words []string
	for _, name := range slices.Sorted(maps.Keys(slots)) {
		words = append(words, name+"="+slots[name])
	}
	return strings.Join(words, " ")
}

// ask says to a person that it is their turn.
func (p *contactPrinter) ask(heard connectsim.Heard) {
	if heard.Keypad {
		fmt.Fprint(p.prompt, "keys> ")
		return
	}
	fmt.Fprint(p.prompt, "you> ")
}

// asked ends the line of a question where no terminal did.
func (p *contactPrinter) asked(typed string) { fmt.Fprintln(p.prompt, printable(typed)) }

// end sums up.
func (p *contactPrinter) end(r connectsim.Result) {
	if p.opts.json {
		return
	}
	served := "The caller was not served."
	switch {
	case r.Fulfilled():
		served = strings.TrimRight(fmt.Sprintf("%s was fulfilled by the bot in %s. %s", r.Intent, r.Region, slotWords(r.Slots)), " ")
	case r.End == connectsim.Queued:
		served = "The caller waits in the queue " + r.Queue + "."
	}
	var answers []string
	for _, region := range slices.Sorted(maps.Keys(r.Answers)) {
		answers = append(answers, fmt.Sprintf("%s %d", region, r.Answers[region]))
	}
	fmt.Fprintf(p.out, "\n%s\nanswers: %s; error branches: %d; utterances without an answer: %d, to be said again: %d; longest silence: %s\n",
		printable(served), cmp.Or(strings.Join(answers, ", "), "none"), r.ErrorBranches, r.Unanswered, r.Repeated, seconds(r.Silence.Milliseconds()))
}
