package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"syscall"
	"time"

	"lexline/internal/outbound"
	"lexline/internal/twilio"
)

// dialPrinter tells what becomes of the numbers. Full numbers stand on the standard
// output only: whoever reads it has given them.
type dialPrinter struct {
	out, errors io.Writer
	json        bool
	summary     outbound.Summary
	broken      error // why the output cannot be written
}

func newDialPrinter(env *environment, asJSON bool) *dialPrinter {
	return &dialPrinter{out: env.stdout, errors: env.stderr, json: asJSON}
}

// plan says what would be done.
func (p *dialPrinter) plan(d *dialer) error {
	first, err := d.call(d.opts.numbers[0])
	if err != nil {
		return err
	}
	address, _, _ := strings.Cut(first.URL, "?") // what follows opens the line
	_, err = fmt.Fprintf(p.out, "%s would be called from %s, %v, and asked at %s to talk with the line %s.\nNobody was called.\n",
		counted(len(d.opts.numbers), "number"), first.From, d.opts.rate, address, d.line)
	return err
}

func (p *dialPrinter) begin(d *dialer) {
	if p.json {
		return
	}
	remark := ""
	if n := d.opts.twice; n > 0 {
		remark = fmt.Sprintf(" (%d %s there twice)", n, plural(n, "was", "were"))
	}
	if d.skipped > 0 {
		remark += fmt.Sprintf(" (%d more: %s)", d.skipped, knownWords(d))
	}
	p.say("%s to call from %s, line %s, %v%s\n", counted(len(d.opts.numbers), "number"), d.opts.call.From, d.line, d.opts.rate, remark)
}

// knownWords says what the journal has of the numbers that are not called again.
func knownWords(d *dialer) string {
	var doubtful []string
	for number, placed := range d.known {
		if !placed {
			doubtful = append(doubtful, number)
		}
	}
	text := "called before, by the journal"
	if n := len(doubtful); n > 0 {
		slices.Sort(doubtful)
		const most = 3
		names := strings.Join(doubtful[:min(n, most)], ", ")
		if n > most {
			names += fmt.Sprintf(" and %d others", n-most)
		}
		text += ", or nobody knows: " + names
	}
	return text
}

// nobody says that all numbers were called before.
func (p *dialPrinter) nobody(d *dialer) {
	if p.json {
		p.end(twilio.RESTCounters{})
		return
	}
	p.say("Nobody is left to call: %s, %s.\n", counted(d.skipped, "number"), knownWords(d))
}

// say prints, and remembers that it could not.
func (p *dialPrinter) say(format string, args ...any) {
	if _, err := fmt.Fprintf(p.out, format, args...); err != nil && p.broken == nil {
		p.broken = fmt.Errorf("print what becomes of the numbers: %w", err)
	}
}

// placing prints that a call to a number is going to be asked for. Its error is that
// nobody would know.
func (p *dialPrinter) placing(number string) error {
	if p.json {
		p.line(dialResult{Number: number, State: "placing"})
	} else {
		p.say("%-17s placing\n", number)
	}
	return p.broken
}

// placed prints that Twilio has taken a call.
func (p *dialPrinter) placed(number, sid string) {
	if p.json {
		p.line(dialResult{Number: number, State: "placed", Call: sid})
		return
	}
	p.say("%-17s placed  %s\n", number, sid)
}

// result prints what became of a number.
func (p *dialPrinter) result(r outbound.Result) {
	p.summary.Add(r)
	if p.json {
		p.line(dialResult{
			Number: r.Number, Outcome: r.Outcome, Call: r.SID, AnsweredBy: r.AnsweredBy, Seconds: r.Talked.Seconds(),
			Error: text(r.Err), Code: restCode(r.Err), Hint: restHint(r.Err),
		})
		return
	}
	p.say("%-17s %s\n", r.Number, dialWords(r))
}

// dialResult is a result as a program reads it, or a number on the way to one.
type dialResult struct {
	Number     string           `json:"number"`
	State      string           `json:"state,omitempty"` // placing or placed
	Outcome    outbound.Outcome `json:"outcome,omitempty"`
	Call       string           `json:"call,omitempty"`
	AnsweredBy string           `json:"answered_by,omitempty"`
	Seconds    float64          `json:"seconds,omitempty"`
	Error      string           `json:"error,omitempty"`
	Code       int              `json:"code,omitempty"`
	Hint       string           `json:"hint,omitempty"`
}

// dialSummary is the last line for a program.
type dialSummary struct {
	Numbers  int                      `json:"numbers"`
	Placed   int                      `json:"placed"`
	Outcomes map[outbound.Outcome]int `json:"outcomes"`
	Repeated int64                    `json:"requests_repeated"`
}

func (p *dialPrinter) line(v any) {
	line, err := json.Marshal(v)
	if err != nil {
		panic(err) // texts and numbers are always JSON
	}
	p.say("%s\n", line)
}

// dialWords words a result.
func dialWords(r outbound.Result) string {
	text := outcomeWords(r.Outcome)
	switch {
	case r.Outcome == outbound.Answered && r.AnsweredBy != "":
		text += " by " + strings.ReplaceAll(r.AnsweredBy, "unknown", "nobody knows whom")
	case r.Outcome == outbound.Machine:
		text += " (" + r.AnsweredBy + ")"
	}
	if r.Talked > 0 {
		text += fmt.Sprintf(", %v", r.Talked.Round(time.Second))
	}
	if r.Err != nil {
		text += ": " + r.Err.Error()
	}
	if hint := restHint(r.Err); hint != "" {
		text += " (" + hint + ")"
	}
	if r.SID != "" {
		text += "  " + r.SID
	}
	return text
}

func outcomeWords(o outbound.Outcome) string { return strings.ReplaceAll(string(o), "_", " ") }

// progress says on the standard error how far it is.
func (p *dialPrinter) progress(now outbound.Progress) {
	fmt.Fprintf(p.errors, "%d of %d have their result, %d placed and not over, %d not tried yet\n", now.Done, now.Numbers, now.Live, now.Waiting)
}

// stopping says what the first Ctrl-C has done, and what a second one would do.
func (p *dialPrinter) stopping(now outbound.Progress) {
	fmt.Fprintf(p.errors, "no further call is placed; %s, and Ctrl-C once more stops watching\n",
		count(now.Numbers-now.Done, "call is watched to its end", "calls are watched to their end"))
}

// end prints the sum.
func (p *dialPrinter) end(counts twilio.RESTCounters) {
	if p.json {
		p.line(map[string]dialSummary{"summary": {p.summary.Numbers, p.summary.Placed, p.summary.Of, counts.Retries}})
		return
	}
	var parts []string
	for _, outcome := range outbound.Outcomes {
		if n := p.summary.Of[outcome]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, outcomeWords(outcome)))
		}
	}
	p.say("%s, %s placed: %s\n", counted(p.summary.Numbers, "number"), counted(p.summary.Placed, "call"), strings.Join(parts, ", "))
}

// verdict is the error of a list that was not called as a whole. why is what stopped
// it, if anything did.
func (p *dialPrinter) verdict(why error) error {
	missing := p.summary.Numbers - p.summary.Placed
	switch {
	case why != nil:
		return &hintError{fmt.Errorf("no further call was placed: %w", why), restHint(why)}
	case p.summary.Of[outbound.Uncertain] > 0:
		return &hintError{
			fmt.Errorf("of %s nobody knows whether it was called", counted(p.summary.Of[outbound.Uncertain], "number")),
			"look into the call log in the Twilio console before you call them again",
		}
	case p.broken != nil:
		return p.broken
	case missing > 0:
		return fmt.Errorf("%s of %d could not be called", counted(missing, "number"), p.summary.Numbers)
	}
	return nil
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// restHints has advice on refusals of Twilio's whose own words do not say what to do
// (https://www.twilio.com/docs/api/errors).
var restHints = map[int]string{
	20003: "do twilio.account_sid and twilio.auth_token, or twilio.api_key and twilio.api_secret, belong together? Each of Twilio's regions has tokens and keys of its own: see twilio.region",
	20005: "the account is suspended or closed; the Twilio console says why",
	20008: "these are Twilio's test credentials; take the live ones",
	20404: "is twilio.account_sid right, and are its calls in the region of twilio.region?",
	20429: "the account's limit of requests is reached; call with a lower --rate",
	21205: "Twilio must reach public_url from the internet",
	21210: "the calling number must be bought from Twilio, or verified for this account; see --from",
	21211: "write the number with + and its country code",
	21212: "the calling number is none that calls can be placed from; see --from",
	21215: "the account may not call that country; the Twilio console allows it under Voice, Geo permissions",
	21216: "Twilio blocks calls to that number",
	21219: "a trial account calls verified numbers only",
}

// restHint is advice on an error of Twilio's API; empty if there is none.
func restHint(err error) string {
	if hint := restHints[restCode(err)]; hint != "" {
		return hint
	}
	if twilio.IsUnauthorized(err) {
		return restHints[20003]
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		return "nothing answers at twilio.rest_url, or at Twilio's own address where that is left out"
	}
	return ""
}

// restCode is Twilio's code of a refusal; 0 if it is none.
func restCode(err error) int {
	if refusal, ok := errors.AsType[*twilio.RESTError](err); ok {
		return refusal.Code
	}
	return 0
}
