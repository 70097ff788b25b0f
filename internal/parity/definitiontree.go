package parity

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"lexline/internal/botdef"
)

const aliasLabel = "alias"

func localeLabel(id string) string { return "locale " + id }

// definitionNode is everything of a definition that is compared. The descriptions
// of bot and locale are not, as nobody but people reads them; those of intents and
// slots can steer how Lex understands.
func definitionNode(d Definition) *node {
	n := new(node).add(
		yes("child-directed", d.Bot.ChildDirected),
		length("session time", d.Bot.SessionTTL),
	)
	for _, l := range d.Bot.Locales {
		n.add(localeNode(l))
	}
	if d.Alias != nil {
		n.add(aliasNode(d.Alias, d.Bot))
	}
	return n
}

// aliasNode holds the alias' settings of the locales that the definition has.
func aliasNode(a *Alias, bot *botdef.Bot) *node {
	n := (&node{label: aliasLabel}).add(yes("sentiment analysis", a.Sentiment))
	for _, l := range bot.Locales {
		settings, _ := a.Locale(l.ID)
		label := "settings"
		if len(bot.Locales) > 1 {
			label = localeLabel(l.ID)
		}
		hook := (*node)(nil)
		if settings.Hook != "" {
			hook = leaf("code hook", FunctionName(settings.Hook)).add(text("event version", settings.HookVersion))
		}
		n.add((&node{label: label}).add(yes("enabled", settings.Enabled), hook))
	}
	return n
}

func localeNode(l *botdef.Locale) *node {
	n := (&node{label: localeLabel(l.ID)}).add(
		text("voice", l.VoiceID),
		text("voice engine", l.VoiceEngine),
		leaf("confidence threshold", strconv.FormatFloat(l.Threshold, 'f', -1, 64)),
	)
	for _, in := range l.Intents {
		n.add(intentNode(in))
	}
	for _, t := range l.SlotTypes {
		n.add(slotTypeNode(t))
	}
	return n
}

func intentNode(in *botdef.Intent) *node {
	n := (&node{label: "intent " + in.Name}).add(
		text("description", in.Description),
		text("display name", in.DisplayName),
		text("built-in", in.Parent),
		yes("code hook in the dialog", in.DialogHook),
		words("input contexts", in.InputContexts),
	)
	n.add(utterances(in.Utterances)...)
	for _, c := range in.OutputContexts {
		n.add(leaf("output context "+c.Name, fmt.Sprintf("%v, %d turns", c.TimeToLive, c.Turns)))
	}
	for _, s := range in.Slots {
		n.add(slotNode(s))
	}
	n.add(orderNode("slot order", in.Slots))
	return n.add(
		initialNode(in.Initial), confirmationNode(in.Confirmation),
		fulfillmentNode(in.Fulfillment), closingNode(in.Closing),
	)
}

// orderNode holds in which order slots are asked for.
func orderNode(label string, slots []*botdef.Slot) *node {
	n := &node{label: label, ordered: true, common: true}
	for _, s := range slots {
		n.add(leaf(s.Name, ""))
	}
	return n
}

func slotNode(s *botdef.Slot) *node {
	constraint := "optional"
	if s.Required {
		constraint = "required"
	}
	kind := s.Type
	if name, ok := botdef.BuiltinType(kind); ok {
		kind = name
	}
	n := (&node{label: "slot " + s.Name}).add(
		text("description", s.Description),
		leaf("type", kind),
		leaf("constraint", constraint),
		yes("kept from logs", s.Obfuscated),
		yes("several values", s.Multiple),
		promptNode("prompt", s.Prompt),
		words("defaults", s.Defaults),
	)
	n.add(utterances(s.Utterances)...)
	n.add(outcomeNode("captured", s.Capture), outcomeNode("not understood", s.Failure))
	n.add(hookNode("code hook", s.Hook), hookNode("code hook of elicitation", s.ElicitationHook))
	for _, part := range s.Subslots {
		n.add(slotNode(part))
	}
	return n
}

func slotTypeNode(t *botdef.SlotType) *node {
	n := (&node{label: "slot type " + t.Name}).add(
		text("description", t.Description),
		text("parent", t.Parent),
		text("resolution", string(t.Resolution)),
		quote("pattern", t.Pattern),
	)
	for _, v := range t.Values {
		value := &node{label: "value " + v.Value}
		for _, s := range unique(v.Synonyms) {
			value.add(&node{label: fmt.Sprintf("synonym %q", s)})
		}
		n.add(value)
	}
	return n
}

// Leaves. What says nothing is no place: an empty text and one that is left out
// are the same to Lex.

func text(label, value string) *node {
	if value == "" {
		return nil
	}
	return leaf(label, value)
}

func quote(label, value string) *node {
	if value == "" {
		return nil
	}
	return leaf(label, strconv.Quote(value))
}

func yes(label string, on bool) *node {
	if on {
		return leaf(label, "on")
	}
	return leaf(label, "off")
}

func length(label string, d time.Duration) *node { return leaf(label, d.String()) }

// words are a set.
func words(label string, set []string) *node {
	if len(set) == 0 {
		return nil
	}
	return leaf(label, fmt.Sprintf("%q", unique(set)))
}

func utterances(set []string) (list []*node) {
	for _, u := range unique(set) {
		list = append(list, &node{label: fmt.Sprintf("utterance %q", u)})
	}
	return list
}

// unique returns a set in order.
func unique(set []string) []string {
	list := slices.Clone(set)
	slices.Sort(list)
	return slices.Compact(list)
}
