package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"lexline/internal/connect"
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

	turns    int    // that the caller has taken
	failed   string // region of the bot that failed last, until another one answers
	told     string // what of its failure was told already
	moves    int    // to another region's bot, after a failure
	silences int    // actions that were left because the caller said nothing
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
	p.count(e)
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

// count keeps what the summary tells.
func (p *contactPrinter) count(e connectsim.Event) {
	switch {
	case e.Event == connectsim.KindCaller:
		p.turns++
	case e.Event == connectsim.KindFault:
		p.failed = e.Region
	case e.Event == connectsim.KindAnswer && p.failed != "":
		if e.Region != p.failed {
			p.moves++
		}
		p.failed = ""
	case e.Event == connectsim.KindBranch && e.Error == connect.InputTimeLimitExceeded:
		p.silences++
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
		return p.callerWords(e)
	case connectsim.KindInvoke:
		return fmt.Sprintf("lambda   %s: %s (%d ms)", e.Action, e.Text, e.TookMS)
	case connectsim.KindAnswer:
		return strings.TrimRight(fmt.Sprintf("bot      %s: %s, %s (%d ms) %s", e.Region, e.Intent, e.State, e.TookMS, slotWords(e.Slots)), " ")
	case connectsim.KindFault:
		p.told = e.Text
		return fmt.Sprintf("FAULT    %s (%d ms)", causeWords(e.Text), e.TookMS)
	case connectsim.KindAction:
		return fmt.Sprintf("block    %s -> %s", e.Action, cmp.Or(e.Next, "the end"))
	case connectsim.KindBranch:
		return p.branchWords(e)
	case connectsim.KindEnd:
		return strings.TrimRight(fmt.Sprintf("end      %s %s", e.End, e.Text), " ")
	}
	return ""
}

// callerWords tells what the caller does, where they did not type it.
func (p *contactPrinter) callerWords(e connectsim.Event) string {
	const hangsUp = "(hangs up)"
	switch {
	case !p.opts.scripted() && e.Text != hangsUp && e.Text != "(says nothing)":
		return ""
	case p.opts.scripted() && e.Text == hangsUp && p.turns <= connectsim.UsualPatience:
		return "caller   (hangs up: no --say is left, and no --answer fits this prompt)"
	}
	return "caller   " + e.Text
}

// branchWords tells by which error an action is left; the cause only where it was not
// told just before.
func (p *contactPrinter) branchWords(e connectsim.Event) string {
	what := "ERROR "
	if e.Error == connect.InputTimeLimitExceeded {
		what = "silent"
	}
	text := fmt.Sprintf("%s   %s is left by %s to %s", what, e.Action, e.Error, cmp.Or(e.Next, "nowhere"))
	if e.Text != p.told {
		text += ": " + causeWords(e.Text)
	}
	p.told = ""
	return text
}

// sdkNoise is what the AWS SDK writes before the cause of an error: the operation, a
// status and a request id that a request without an answer does not have, and that
// the request was sent. The body of a URL error is the address once more.
var sdkNoise = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`operation error [^:]+: \w+, |https response error StatusCode: \d+, RequestID: [^,]*, |request send failed, |\b(?:Post|Put|Get|Delete) "[^"]*": `)
})

// causeWords is an error without what says nothing to a person.
func causeWords(text string) string { return sdkNoise().ReplaceAllString(text, "") }

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
	fmt.Fprintf(p.out, "\n%s\nanswers: %s; moved to another region: %d; error branches: %d; caller said nothing: %d; utterances without an answer: %d, to be said again: %d; longest silence: %s\n",
		printable(served), cmp.Or(strings.Join(answers, ", "), "none"), p.moves, r.ErrorBranches-p.silences, p.silences, r.Unanswered, r.Repeated, seconds(r.Silence.Milliseconds()))
}
