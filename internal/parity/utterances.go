package parity

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"lexline/internal/botdef"
)

// Conversation is what a caller says, turn by turn, in one session.
type Conversation struct {
	Turns []string
	// Source is where it is from: an intent's name, or a file and a line.
	Source string
}

// path leads to the turn with the given index in a Difference: all that was said
// so far.
func (c Conversation) path(i int) string {
	var said []string
	for _, t := range c.Turns[:i+1] {
		said = append(said, strconv.Quote(t))
	}
	return strings.Join(said, ", ")
}

// Samples is what the sample utterances of bots can be asked with.
type Samples struct {
	Conversations []Conversation // one turn each, every text once
	// Fulfilling are those that were left out, with the names of their intents:
	// the first turn alone would have the bot's Lambda function fulfil the intent.
	Fulfilling []Conversation
}

// SampleUtterances makes a conversation of every sample utterance of every one of
// the locales, which are the same one in several regions: what only one of them
// knows is asked everywhere. Placeholders are filled with the values of the slot's
// type, one after the other, and of built-in types with something that is one; a
// date is about four weeks after now, without words such as "tomorrow", which may
// mean two things around midnight.
func SampleUtterances(locales []*botdef.Locale, now time.Time) Samples {
	var s Samples
	seen := map[string]bool{}
	for _, l := range locales {
		for _, in := range l.Intents {
			for i, u := range in.Utterances {
				said, ok := fill(l, in, u, i, now)
				if !ok || seen[strings.ToLower(said)] {
					continue
				}
				seen[strings.ToLower(said)] = true
				c := Conversation{Turns: []string{said}, Source: in.Name}
				if fulfils(in, u) {
					s.Fulfilling = append(s.Fulfilling, c)
				} else {
					s.Conversations = append(s.Conversations, c)
				}
			}
		}
	}
	return s
}

// fulfils reports whether an utterance can lead to fulfilment by a Lambda function
// at once, which may order something.
func fulfils(in *botdef.Intent, utterance string) bool {
	if !in.Fulfillment.Hook || in.Confirmation != nil && in.Confirmation.Active {
		return false
	}
	return !slices.ContainsFunc(in.Slots, func(s *botdef.Slot) bool {
		return s.Required && len(s.Defaults) == 0 && !strings.Contains(utterance, "{"+s.Name+"}")
	})
}

var slotPlaceholder = regexp.MustCompile(`\{([^{}]*)\}`)

// fill puts values into an utterance; ok is false where there is none to put in.
func fill(l *botdef.Locale, in *botdef.Intent, utterance string, number int, now time.Time) (said string, ok bool) {
	ok = true
	said = slotPlaceholder.ReplaceAllStringFunc(utterance, func(placeholder string) string {
		value := slotValue(l, in, strings.Trim(placeholder, "{}"), number, now)
		ok = ok && value != ""
		return value
	})
	said = strings.TrimSpace(said)
	return said, ok && said != "" && utf8.RuneCountInString(said) <= maxTurn
}

// slotValue is a value of a slot, such as Slot or Slot.Part, "" if there is none.
func slotValue(l *botdef.Locale, in *botdef.Intent, path string, number int, now time.Time) string {
	name, part, _ := strings.Cut(path, ".")
	slot := in.Slot(name)
	if slot != nil && part != "" {
		slot = (&botdef.Intent{Slots: slot.Subslots}).Slot(part)
	}
	if slot == nil {
		return ""
	}
	kind := slot.Type
	if t := l.SlotType(kind); t != nil {
		if len(t.Values) > 0 {
			return t.Values[number%len(t.Values)].Value
		}
		kind = t.Parent
	}
	return builtinValue(kind, now)
}

// builtinValue is something that a built-in slot type understands.
// https://docs.aws.amazon.com/lexv2/latest/dg/built-in-slots.html
func builtinValue(kind string, now time.Time) string {
	name, _ := botdef.BuiltinType(kind)
	switch name {
	case "AMAZON.Date":
		return now.AddDate(0, 0, 28).Format("January 2")
	case "AMAZON.Time":
		return "10 am"
	case "AMAZON.Duration":
		return "2 hours"
	case "AMAZON.Number":
		return "3"
	case "AMAZON.Percentage":
		return "20 percent"
	case "AMAZON.PhoneNumber":
		return "206 555 0100"
	case "AMAZON.EmailAddress":
		return "jane@example.com"
	}
	return map[string]string{
		"AMAZON.AlphaNumeric": "A1B2C3", "AMAZON.City": "Seattle", "AMAZON.Confirmation": "yes",
		"AMAZON.Country": "Canada", "AMAZON.FirstName": "Jane", "AMAZON.FreeFormInput": "as soon as you can",
		"AMAZON.LastName": "Miller", "AMAZON.State": "Oregon", "AMAZON.StreetName": "Main Street",
		"AMAZON.UKPostalCode": "SW1A 1AA",
	}[name]
}

// Limits of a file of conversations. maxTurn is that of RecognizeText.
// https://docs.aws.amazon.com/lexv2/latest/APIReference/API_runtime_RecognizeText.html
const (
	maxTurn          = 1024 // characters
	maxTurns         = 50   // of one conversation
	maxConversations = 2000
)

// ReadConversations reads a file of conversations: a paragraph is a conversation,
// a line is a turn, and a line that begins with # is nothing. Errors name the file
// and the line.
func ReadConversations(name string, r io.Reader) ([]Conversation, error) {
	var list []Conversation
	open := false // a paragraph has begun
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		switch {
		case strings.HasPrefix(text, "#"):
			continue
		case text == "":
			open = false
			continue
		case !utf8.ValidString(text):
			return nil, fmt.Errorf("%s:%d: is not UTF-8", name, n)
		case utf8.RuneCountInString(text) > maxTurn:
			return nil, fmt.Errorf("%s:%d: is longer than the %d characters that Lex takes", name, n, maxTurn)
		}
		if !open {
			list = append(list, Conversation{Source: name + ":" + strconv.Itoa(n)})
			open = true
		}
		last := &list[len(list)-1]
		last.Turns = append(last.Turns, text)
		if len(last.Turns) > maxTurns || len(list) > maxConversations {
			return nil, fmt.Errorf("%s:%d: more than %d turns in a conversation, or %d conversations", name, n, maxTurns, maxConversations)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("read %s: %w", name, errors.New("holds no conversation; write what a caller says, one turn a line"))
	}
	return list, nil
}

// Spread takes at most limit of the conversations, evenly from all of them.
func Spread(list []Conversation, limit int) []Conversation {
	limit = cmp.Or(max(limit, 0), len(list))
	if len(list) <= limit {
		return list
	}
	var kept []Conversation
	for i := range limit {
		kept = append(kept, list[i*len(list)/limit])
	}
	return kept
}
