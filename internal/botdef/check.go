package botdef

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Problem is something that Lex would refuse when it builds the bot, or that
// makes a part of the bot useless.
type Problem struct {
	Where string // "en_US/OrderFlowers/FlowerType"
	What  string // "prompt: maxRetries is 9, want 0 to 5"
}

func (p Problem) String() string { return p.Where + ": " + p.What }

var (
	idForm      = regexp.MustCompile(`^[0-9a-zA-Z]{10}$`)
	placeholder = regexp.MustCompile(`\{([^{}]*)\}`)
)

// nameForm is compiled when it is first needed: its bounded repetition is large.
var nameForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^([0-9a-zA-Z][_-]?){1,100}$`)
})

// Check looks for logical faults: what is there but cannot work. The limits
// are those of the Lex V2 models API.
// https://docs.aws.amazon.com/lexv2/latest/dg/quotas.html
func (b *Bot) Check() []Problem {
	c := &checker{}
	c.where = "Bot"
	c.want(nameForm().MatchString(b.Name), "name: %q is not a name of letters, digits, - and _", b.Name)
	c.want(b.ID == "" || idForm.MatchString(b.ID), "identifier: %q is not 10 letters or digits", b.ID)
	c.want(b.SessionTTL >= time.Minute && b.SessionTTL <= 24*time.Hour,
		"idleSessionTTLInSeconds: %v is not between 1 minute and 24 hours", b.SessionTTL)
	for _, l := range b.Locales {
		c.locale = l
		c.checkLocale()
	}
	return c.found
}

type checker struct {
	locale *Locale
	intent *Intent
	where  string
	found  []Problem
}

func (c *checker) want(ok bool, format string, args ...any) {
	if !ok {
		c.found = append(c.found, Problem{c.where, fmt.Sprintf(format, args...)})
	}
}

func (c *checker) checkLocale() {
	l := c.locale
	c.where = l.ID
	c.want(l.Threshold >= 0 && l.Threshold <= 1, "nluConfidenceThreshold: %v is not between 0 and 1", l.Threshold)
	c.want(len(l.Intents) > 0, "has no intents")
	fallbacks := 0
	for _, in := range l.Intents {
		if in.Parent == FallbackSignature {
			fallbacks++
		}
	}
	c.want(fallbacks == 1, "has %d intents that derive from %s, want 1", fallbacks, FallbackSignature)
	c.uniqueNames()
	c.sharedUtterances()
	for _, t := range l.SlotTypes {
		c.where = l.ID + "/" + t.Name
		c.checkType(t)
	}
	for _, in := range l.Intents {
		c.where = l.ID + "/" + in.Name
		c.intent = in
		c.checkIntent()
	}
}

func (c *checker) uniqueNames() {
	intents, types := map[string]bool{}, map[string]bool{}
	for _, in := range c.locale.Intents {
		key := strings.ToLower(in.Name)
		c.want(!intents[key], "intent %q is there twice", in.Name)
		intents[key] = true
	}
	for _, t := range c.locale.SlotTypes {
		key := strings.ToLower(t.Name)
		c.want(!types[key], "slot type %q is there twice", t.Name)
		types[key] = true
	}
}

// sharedUtterances finds sentences that would mean two intents.
func (c *checker) sharedUtterances() {
	owner := map[string]string{}
	for _, in := range c.locale.Intents {
		for _, u := range in.Utterances {
			key := strings.Join(strings.Fields(strings.ToLower(strings.Trim(u, " .?!"))), " ")
			other, taken := owner[key]
			c.want(!taken || other == in.Name, "utterance %q belongs to %s and to %s", u, other, in.Name)
			owner[key] = in.Name
		}
	}
}

func (c *checker) checkIntent() {
	in := c.intent
	c.want(nameForm().MatchString(in.Name), "name: %q is not a name of letters, digits, - and _", in.Name)
	if in.Builtin() {
		c.want(builtinIntents[in.Parent], "parentIntentSignature: %q is not a built-in intent", in.Parent)
		c.want(len(in.Utterances) == 0, "a built-in intent takes no utterances of its own")
		c.want(in.Parent != FallbackSignature || in.Confirmation == nil || !in.Confirmation.Active,
			"the fallback intent takes no confirmation")
	} else {
		c.want(len(in.Utterances) > 0 || c.started(in.Name),
			"has no sample utterances and no step starts it: nobody can reach it")
	}
	for _, u := range in.Utterances {
		c.checkUtterance(u)
	}
	for _, out := range in.OutputContexts {
		c.want(out.TimeToLive >= 5*time.Second && out.TimeToLive <= 24*time.Hour,
			"output context %s: time to live %v is not between 5 seconds and 24 hours", out.Name, out.TimeToLive)
		c.want(out.Turns >= 1 && out.Turns <= 20, "output context %s: turnsToLive is %d, want 1 to 20", out.Name, out.Turns)
	}
	c.checkSlots()
	c.checkDialog()
}

func (c *checker) checkUtterance(u string) {
	switch {
	case strings.TrimSpace(u) == "":
		c.want(false, "has an empty utterance")
		return
	case len(u) > 500:
		c.want(false, "utterance %.30q... is longer than 500 characters", u)
	}
	rest := placeholder.ReplaceAllString(u, "")
	c.want(!strings.ContainsAny(rest, "{}"), "utterance %q has a brace without its partner", u)
	for _, m := range placeholder.FindAllStringSubmatch(u, -1) {
		c.want(c.slotPath(m[1]), "utterance %q: {%s} is no slot of this intent", u, m[1])
	}
}

// slotPath says whether name is a slot, or Slot.Subslot.
func (c *checker) slotPath(name string) bool {
	top, part, composite := strings.Cut(name, ".")
	s := c.intent.Slot(top)
	if s == nil || !composite {
		return s != nil
	}
	return slices.ContainsFunc(s.Subslots, func(sub *Slot) bool { return sub.Name == part })
}

// started says whether any step of the locale starts the intent.
func (c *checker) started(name string) bool {
	for _, in := range c.locale.Intents {
		for _, step := range in.steps() {
			if step.Intent == name {
				return true
			}
		}
	}
	return false
}

func (c *checker) checkSlots() {
	c.want(len(c.intent.Slots) <= 100, "has %d slots, want at most 100", len(c.intent.Slots))
	seen := map[string]bool{}
	for _, s := range c.intent.Slots {
		c.where = c.locale.ID + "/" + c.intent.Name + "/" + s.Name
		c.want(nameForm().MatchString(s.Name), "name: %q is not a name of letters, digits, - and _", s.Name)
		c.want(!seen[strings.ToLower(s.Name)], "slot %q is there twice", s.Name)
		seen[strings.ToLower(s.Name)] = true
		if strings.HasPrefix(s.Type, "AMAZON.") && c.locale.SlotType(s.Type) == nil {
			_, known := BuiltinType(s.Type)
			c.want(known, "slotTypeName: %q is not a built-in slot type", s.Type)
		}
		c.want(!s.Required || s.Prompt != nil || s.Subslots != nil, "is required but has no prompt")
		c.checkPrompt("prompt", s.Prompt)
		for _, u := range s.Utterances {
			c.checkUtterance(u)
		}
	}
	c.where = c.locale.ID + "/" + c.intent.Name
}

func (c *checker) checkType(t *SlotType) {
	c.want(nameForm().MatchString(strings.TrimPrefix(t.Name, "AMAZON.")), "name: %q is not a name of letters, digits, - and _", t.Name)
	c.want(len(t.Values) > 0 || t.Parent != "" || t.Resolution == Concatenation, "has no values")
	_, err := regexp.Compile(t.Pattern)
	c.want(err == nil, "regexFilter.pattern: %q is not a regular expression", t.Pattern)
	c.want(t.Pattern == "" || t.Parent == "AMAZON.AlphaNumeric", "regexFilter.pattern: only a type that extends AMAZON.AlphaNumeric has one")
	owner := map[string]string{}
	for _, v := range t.Values {
		for _, word := range append([]string{v.Value}, v.Synonyms...) {
			key := strings.ToLower(strings.TrimSpace(word))
			other, taken := owner[key]
			c.want(key != "", "value %q: has an empty synonym", v.Value)
			c.want(!taken || other == v.Value, "%q means both %q and %q", word, other, v.Value)
			owner[key] = v.Value
		}
	}
}
