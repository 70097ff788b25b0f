package lexlocal

import (
	"encoding/xml"
	"regexp"
	"strings"
	"unicode/utf8"

	"lexline/internal/botdef"
)

// placeholder matches {Slot} and [attribute] in the bot's messages.
var placeholder = regexp.MustCompile(`\{([0-9A-Za-z_.-]+)\}|\[([^\[\]{}]+)\]`)

// respond says one message of each group of a response.
func (t *turn) respond(r *botdef.Response) {
	if r == nil {
		return
	}
	for _, g := range r.Groups {
		t.say(g, t.rng.IntN(1<<30))
	}
}

// ask puts the question of a prompt, in the words for the attempt at hand, and
// in key-press mode says with which keys it can be answered.
func (t *turn) ask(p *botdef.Prompt) {
	if t.quiet {
		t.quiet = false
		return
	}
	for _, g := range p.Groups {
		n := t.s.retries
		if !p.Ordered {
			n = t.rng.IntN(1 << 30)
		}
		t.say(g, n)
	}
	if t.d.keys {
		t.addMenu(t.questionMenu())
	}
}

// say adds one message of a group, counting from the nth. A message whose
// placeholders have no values yet gives way to one that has no such hole.
func (t *turn) say(g botdef.MessageGroup, n int) {
	if len(g) == 0 {
		return
	}
	chosen := g[n%len(g)]
	for i := range g {
		candidate := g[(n+i)%len(g)]
		if t.complete(candidate.Text) {
			chosen = candidate
			break
		}
	}
	m := message{ContentType: string(chosen.Kind)}
	if chosen.Kind == botdef.ImageCard {
		m.Card = t.card(chosen.Card)
	} else {
		m.Content = shorten(t.fill(chosen.Text, chosen.Kind))
	}
	if m.Content != "" || m.Card != nil {
		t.messages = append(t.messages, m)
	}
}

func (t *turn) card(c *botdef.Card) *card {
	if c == nil {
		return nil
	}
	filled := &card{
		Title: t.fill(c.Title, botdef.PlainText), Subtitle: t.fill(c.Subtitle, botdef.PlainText), ImageURL: c.ImageURL,
	}
	for _, b := range c.Buttons {
		filled.Buttons = append(filled.Buttons, button{t.fill(b.Text, botdef.PlainText), t.fill(b.Value, botdef.PlainText)})
	}
	return filled
}

// complete says whether every placeholder of a text has a value.
func (t *turn) complete(text string) bool {
	for _, match := range placeholder.FindAllStringSubmatch(text, -1) {
		if _, ok := t.lookUp(match); !ok {
			return false
		}
	}
	return true
}

// fill replaces the placeholders of a text by their values, those without a
// value by nothing.
func (t *turn) fill(text string, kind botdef.MessageKind) string {
	return placeholder.ReplaceAllStringFunc(text, func(found string) string {
		value, _ := t.lookUp(placeholder.FindStringSubmatch(found))
		if kind == botdef.SSML {
			return escapeXML(value)
		}
		return value
	})
}

// lookUp returns the value of a placeholder: match holds a slot's name at 1 or
// an attribute's at 2.
func (t *turn) lookUp(match []string) (string, bool) {
	if match[1] != "" {
		v := t.slotText(match[1])
		return v, v != ""
	}
	if v, ok := t.s.attributes[match[2]]; ok {
		return v, true
	}
	v, ok := t.request[match[2]]
	return v, ok
}

// slotText returns the value of a slot of the intent in force, "" for none.
func (t *turn) slotText(name string) string {
	if t.s.intent == nil {
		return ""
	}
	return t.s.intent.Slots[name].interpreted()
}

// defaultValue returns what one entry of a slot's default values stands for:
// #context.slot, [attribute] or a constant.
func (t *turn) defaultValue(text string) (string, bool) {
	switch {
	case strings.HasPrefix(text, "#"):
		name, slotName, _ := strings.Cut(text[1:], ".")
		for _, c := range t.s.contexts {
			if v := c.Attributes[slotName]; c.Name == name && v != "" {
				return v, true
			}
		}
		return "", false
	case strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]"):
		v, ok := t.s.attributes[text[1:len(text)-1]]
		return v, ok && v != ""
	}
	return text, text != ""
}

func escapeXML(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a strings.Builder takes everything
	return b.String()
}

// shorten cuts a text to what Lex allows in a message.
func shorten(s string) string {
	if utf8.RuneCountInString(s) <= maxText {
		return s
	}
	return string([]rune(s)[:maxText])
}
