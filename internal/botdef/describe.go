package botdef

import (
	"fmt"
	"io"
	"strings"
)

// Describe writes a short, readable description of the bot: its intents with
// what a caller can say, the slots in the order in which they are asked for,
// and the values of its slot types.
func (b *Bot) Describe(w io.Writer) error {
	d := &description{w: w}
	d.line("bot %s%s%s", b.Name, parenthesis(b.ID), dash(b.Description))
	for _, l := range b.Locales {
		d.line("locale %s%s, voice %s, threshold %v", l.ID, parenthesis(l.Name), orNone(l.VoiceID), l.Threshold)
		for _, in := range l.Intents {
			d.intent(in)
		}
		for _, t := range l.SlotTypes {
			d.slotType(t)
		}
	}
	return d.err
}

type description struct {
	w   io.Writer
	err error
}

func (d *description) line(format string, args ...any) {
	if d.err == nil {
		_, d.err = fmt.Fprintf(d.w, format+"\n", args...)
	}
}

func (d *description) intent(in *Intent) {
	d.line("  intent %s%s%s", in.Name, parenthesis(in.Parent), dash(in.Description))
	for i, u := range in.Utterances {
		if i == 3 {
			d.line("    and %d more utterances", len(in.Utterances)-i)
			break
		}
		d.line("    %q", u)
	}
	for i, s := range in.Slots {
		optional := ""
		if !s.Required {
			optional = ", optional"
		}
		d.line("    %d. %s: %s%s%s", i+1, s.Name, s.Type, optional, ask(s.Prompt))
	}
	if c := in.Confirmation; c != nil && c.Active {
		d.line("    confirm:%s", ask(c.Prompt))
	}
	switch f := in.Fulfillment; {
	case f.Active && f.Hook:
		d.line("    fulfilled by a Lambda function")
	case f.Active:
		d.line("    fulfilled without a Lambda function")
	default:
		d.line("    fulfilment is left to the client")
	}
}

func (d *description) slotType(t *SlotType) {
	var words []string
	for i, v := range t.Values {
		if i == 12 {
			words = append(words, fmt.Sprintf("and %d more", len(t.Values)-i))
			break
		}
		words = append(words, v.Value+parenthesis(strings.Join(v.Synonyms, ", ")))
	}
	d.line("  slot type %s%s: %s", t.Name, parenthesis(string(t.Resolution)), strings.Join(words, ", "))
}

func ask(p *Prompt) string {
	if p == nil || len(p.Groups) == 0 {
		return ""
	}
	return fmt.Sprintf(" %q, %d retries", p.Groups[0][0].Text, p.MaxRetries)
}

func parenthesis(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}

func dash(s string) string {
	if s == "" {
		return ""
	}
	return ": " + s
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
