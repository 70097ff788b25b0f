package lexlocal

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"lexline/internal/botdef"
	"lexline/internal/nlu"
)

// longestMenu is how many choices a caller is read. Longer lists are not read,
// but their keys work.
const longestMenu = 12

// keysOf returns what was keyed, without the key that ended the input, if text
// consists of telephone keys only.
func keysOf(text string) (string, bool) {
	text = strings.TrimSpace(text)
	keys := strings.TrimSuffix(text, "#")
	return keys, keys != "" && strings.Trim(text, "0123456789*#") == ""
}

// addMenu says with which keys a question can be answered, as a message of its
// own so that the bot's messages stay what its author wrote.
func (t *turn) addMenu(menu string) {
	if menu != "" {
		t.messages = append(t.messages, message{ContentType: plainText, Content: shorten(menu)})
	}
}

// questionMenu describes the keys for what the session waits on.
func (t *turn) questionMenu() string {
	switch t.s.action.Type {
	case actionConfirmIntent:
		return "Press 1 for yes, 2 for no."
	case actionElicitSlot:
		if s := t.intentDef().Slot(t.s.action.SlotToElicit); s != nil {
			return t.slotMenu(s)
		}
	}
	return ""
}

func (t *turn) slotMenu(s *botdef.Slot) string {
	if choices := t.choices(s); len(choices) > 0 {
		for i, c := range choices {
			choices[i] = "for " + c
		}
		return menu(choices)
	}
	kind, _ := botdef.BuiltinType(s.Type)
	switch kind {
	case "AMAZON.Confirmation":
		return "Press 1 for yes, 2 for no."
	case "AMAZON.Date":
		return "Key month and day as four digits."
	case "AMAZON.Time":
		return "Key hour and minute as four digits, 24-hour clock."
	case "AMAZON.Number", "AMAZON.PhoneNumber", "AMAZON.Percentage":
		return "Key the number, then the hash key."
	}
	return ""
}

// intentMenu describes the keys for the intents that can be begun now.
func (t *turn) intentMenu() string {
	var choices []string
	for _, in := range t.ownIntents() {
		spoken := spokenName(in)
		if strings.Contains(spoken, " ") {
			choices = append(choices, "to "+spoken) // a verb and its object: to order flowers
		} else {
			choices = append(choices, "for "+spoken)
		}
	}
	return menu(choices)
}

// menu numbers choices from 1: "Press 1 for roses, 2 for lilies."
func menu(choices []string) string {
	if len(choices) == 0 || len(choices) > longestMenu {
		return ""
	}
	var b strings.Builder
	for i, c := range choices {
		if i == 0 {
			b.WriteString("Press ")
		} else {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%d %s", i+1, c)
	}
	b.WriteByte('.')
	return b.String()
}

// ownIntents lists the bot's own intents that can be begun in the active
// contexts, in the order of their keys: what callers call for, which has slots,
// comes before the small talk.
func (t *turn) ownIntents() []*botdef.Intent {
	var own []*botdef.Intent
	for _, in := range t.d.locale.Intents {
		if !in.Builtin() && len(in.Utterances) > 0 && t.gateOpen(in) {
			own = append(own, in)
		}
	}
	slices.SortStableFunc(own, func(a, b *botdef.Intent) int {
		return min(1, len(b.Slots)) - min(1, len(a.Slots))
	})
	return own
}

// gateOpen says whether all input contexts of an intent are active.
func (t *turn) gateOpen(in *botdef.Intent) bool {
	active := make(map[string]bool)
	for _, c := range t.s.contexts {
		active[c.Name] = true
	}
	for _, name := range in.InputContexts {
		if !active[name] {
			return false
		}
	}
	return true
}

// spokenName makes "order flowers" of OrderFlowers and "goodbye" of
// GoodbyeIntent.
func spokenName(in *botdef.Intent) string {
	if in.DisplayName != "" {
		return strings.ToLower(in.DisplayName)
	}
	var b strings.Builder
	previous := ' '
	for _, r := range strings.TrimSuffix(in.Name, "Intent") {
		if r == '_' || r == '-' {
			r = ' '
		}
		if unicode.IsUpper(r) && unicode.IsLower(previous) {
			b.WriteByte(' ')
		}
		b.WriteRune(unicode.ToLower(r))
		previous = r
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// choices lists the values of a slot's custom type in the order of their keys.
func (t *turn) choices(s *botdef.Slot) []string {
	def := t.d.locale.SlotType(s.Type)
	if def == nil {
		return nil
	}
	values := make([]string, len(def.Values))
	for i, v := range def.Values {
		values[i] = v.Value
	}
	return values
}

// keyedIntent returns the intent whose key was pressed, nil for none.
func (t *turn) keyedIntent(text string) *botdef.Intent {
	keys, ok := keysOf(text)
	if own := t.ownIntents(); ok {
		if i, ok := choice(keys, len(own)); ok {
			return own[i]
		}
	}
	return nil
}

// keyedValue returns the value of a slot that was keyed in the way its menu
// says.
func (t *turn) keyedValue(s *botdef.Slot, text string) (nlu.Value, bool) {
	keys, ok := keysOf(text)
	if !ok {
		return nlu.Value{}, false
	}
	value := ""
	switch kind, _ := botdef.BuiltinType(s.Type); kind {
	case "AMAZON.Confirmation":
		value = map[string]string{"1": "Yes", "2": "No"}[keys]
	case "AMAZON.Date":
		value = keyedDate(keys, t.now)
	case "AMAZON.Time":
		value = keyedTime(keys)
	default:
		if def := t.d.locale.SlotType(s.Type); def != nil && !names(def, keys) {
			if i, ok := choice(keys, len(def.Values)); ok {
				value = def.Values[i].Value
			}
		}
	}
	return nlu.Value{Original: text, Interpreted: value, Resolved: []string{value}}, value != ""
}

// names says whether a slot type itself has a value that is written like the
// keys: then they mean that value.
func names(def *botdef.SlotType, keys string) bool {
	for _, v := range def.Values {
		if v.Value == keys {
			return true
		}
		if slices.Contains(v.Synonyms, keys) {
			return true
		}
	}
	return false
}

// keyedYesNo reads the keys of a confirmation.
func keyedYesNo(text string) nlu.YesNo {
	switch keys, _ := keysOf(text); keys {
	case "1":
		return nlu.Yes
	case "2":
		return nlu.No
	}
	return nlu.Neither
}

// choice reads a number from 1 to n and returns it counted from 0.
func choice(keys string, n int) (int, bool) {
	if len(keys) > 3 || strings.Trim(keys, "0123456789") != "" {
		return 0, false
	}
	i, err := strconv.Atoi(keys)
	return i - 1, err == nil && i >= 1 && i <= n
}

// keyedDate returns the next day, today included, with the month and day given
// as four digits; "" if there is none.
func keyedDate(keys string, now time.Time) string {
	day, err := time.Parse("0102", keys) // in the year 0, which is a leap year
	if err != nil {
		return ""
	}
	today := now.Format(time.DateOnly)
	for year := now.Year(); year <= now.Year()+8; year++ {
		date := time.Date(year, day.Month(), day.Day(), 12, 0, 0, 0, time.UTC)
		if text := date.Format(time.DateOnly); date.Day() == day.Day() && text >= today {
			return text
		}
	}
	return ""
}

// keyedTime returns the time given as three or four digits on the 24-hour
// clock; "" if there is none.
func keyedTime(keys string) string {
	if len(keys) == 3 {
		keys = "0" + keys
	}
	if t, err := time.Parse("1504", keys); err == nil {
		return t.Format("15:04")
	}
	return ""
}
