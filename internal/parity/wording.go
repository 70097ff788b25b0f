package parity

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"lexline/internal/botdef"
)

// Wording knows which texts are variations of one another: Lex says one of a
// message group's at random. The zero value knows none, and takes only equal
// texts for the same.
type Wording struct {
	groups [][]variation
}

// variation is one wording of a message group.
type variation struct {
	kind string
	form *regexp.Regexp
}

// NewWording returns the message groups that two bots have in common. A group of
// which a wording differs is not among them.
func NewWording(here, there *botdef.Bot) Wording {
	known := map[string]bool{}
	for _, g := range messageGroups(there) {
		known[groupsText([]botdef.MessageGroup{g}, false)] = true
	}
	var w Wording
	for _, g := range messageGroups(here) {
		if len(g) < 2 || !known[groupsText([]botdef.MessageGroup{g}, false)] {
			continue
		}
		var group []variation
		for _, m := range g {
			if form := messageForm(m.Text); form != nil {
				group = append(group, variation{string(m.Kind), form})
			}
		}
		w.groups = append(w.groups, group)
	}
	return w
}

var messagePlaceholder = regexp.MustCompile(`\{[^{}]*\}|\[[^][]*\]`)

// messageForm matches what is said of a message with {Slot} and [attribute]
// filled in. A message without a letter of its own would match anything: nil.
func messageForm(text string) *regexp.Regexp {
	var form strings.Builder
	letters, from := false, 0
	literal := func(part string) {
		letters = letters || strings.ContainsFunc(part, unicode.IsLetter)
		form.WriteString(regexp.QuoteMeta(part))
	}
	form.WriteString(`(?s)\A`)
	for _, at := range messagePlaceholder.FindAllStringIndex(text, -1) {
		literal(text[from:at[0]])
		form.WriteString(`.*`)
		from = at[1]
	}
	literal(text[from:])
	form.WriteString(`\z`)
	if !letters {
		return nil
	}
	return regexp.MustCompile(form.String())
}

// same reports whether two lists of messages say the same, in any order.
func (w Wording) same(here, there []Message) bool {
	if len(here) != len(there) {
		return false
	}
	left := slices.Clone(there)
	for _, m := range here {
		i := slices.IndexFunc(left, func(other Message) bool { return w.equal(m, other) })
		if i < 0 {
			return false
		}
		left = slices.Delete(left, i, i+1)
	}
	return true
}

// equal reports whether two messages are equal, or variations of one group.
func (w Wording) equal(a, b Message) bool {
	if a == b {
		return true
	}
	return slices.ContainsFunc(w.groups, func(group []variation) bool {
		return oneOf(group, a) && oneOf(group, b)
	})
}

func oneOf(group []variation, m Message) bool {
	return slices.ContainsFunc(group, func(v variation) bool { return v.kind == m.Kind && v.form.MatchString(m.Text) })
}

// messageGroups lists every message group of a bot.
func messageGroups(bot *botdef.Bot) (all []botdef.MessageGroup) {
	for _, l := range bot.Locales {
		for _, in := range l.Intents {
			all = append(all, in.MessageGroups()...)
		}
	}
	return all
}
