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
	groups  [][]variation
	changed []changedGroups
}

// changedGroups are the wordings of one prompt or response that has others in the
// other region.
type changedGroups struct {
	place       string
	here, there []variation
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
		w.groups = append(w.groups, variations(g))
	}
	theirs := placedGroups(there)
	for _, p := range placedGroups(here) {
		i := slices.IndexFunc(theirs, func(other placed) bool { return other.place == p.place && other.number == p.number })
		if i >= 0 && groupsText(p.groups, false) != groupsText(theirs[i].groups, false) {
			w.changed = append(w.changed, changedGroups{p.place, variations(p.groups...), variations(theirs[i].groups...)})
		}
	}
	return w
}

func variations(groups ...botdef.MessageGroup) (list []variation) {
	for _, g := range groups {
		for _, m := range g {
			if form := messageForm(m.Text); form != nil {
				list = append(list, variation{string(m.Kind), form})
			}
		}
	}
	return list
}

// placed are the message groups of one prompt or response.
type placed struct {
	place  string // as in the paths of differences
	number int    // of those at the same place
	groups []botdef.MessageGroup
}

// placedGroups lists the prompts and responses of a bot with their places.
func placedGroups(bot *botdef.Bot) (all []placed) {
	for _, l := range bot.Locales {
		before := ""
		if len(bot.Locales) > 1 {
			before = localeLabel(l.ID) + " / "
		}
		for _, in := range l.Intents {
			all = append(all, intentGroups(before+"intent "+in.Name, in)...)
		}
	}
	return all
}

// intentGroups lists the prompts of an intent, and as its responses what is left.
func intentGroups(place string, in *botdef.Intent) (all []placed) {
	prompts := 0
	prompt := func(inside string, p *botdef.Prompt) {
		if p != nil {
			prompts += len(p.Groups)
			all = append(all, placed{place: place + " / " + inside + " / prompt", groups: p.Groups})
		}
	}
	for _, s := range in.Slots {
		prompt("slot "+s.Name, s.Prompt)
		for _, part := range s.Subslots {
			prompt("slot "+s.Name+" / part "+part.Name, part.Prompt)
		}
	}
	if in.Confirmation != nil {
		prompt("confirmation", in.Confirmation.Prompt)
	}
	for i, g := range in.MessageGroups()[prompts:] {
		all = append(all, placed{place: place + " / responses", number: i, groups: []botdef.MessageGroup{g}})
	}
	return all
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
func (w Wording) same(here, there []Message) bool { return matched(here, there, w.equal) }

// matched reports whether each message here has one there, in any order.
func matched(here, there []Message, equal func(a, b Message) bool) bool {
	if len(here) != len(there) {
		return false
	}
	left := slices.Clone(there)
	for _, m := range here {
		i := slices.IndexFunc(left, func(other Message) bool { return equal(m, other) })
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

// explain returns the place whose other definition is why two lists of messages are
// not the same, "" if there is none.
func (w Wording) explain(here, there []Message) string {
	for _, c := range w.changed {
		if matched(here, there, func(a, b Message) bool {
			return w.equal(a, b) || oneOf(c.here, a) && oneOf(c.there, b)
		}) {
			return c.place
		}
	}
	return ""
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
