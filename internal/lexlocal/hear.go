package lexlocal

import (
	"strings"

	"lexline/internal/botdef"
	"lexline/internal/nlu"
)

// Scores that an utterance of another intent must reach to be followed while
// the bot waits for an answer. Where the words are an answer as well (anything
// can be a name), only a sentence that the intent lists counts.
const (
	switchScore       = 0.75
	switchScoreAnswer = 0.95
)

// hear takes what the caller said to what the bot waits for.
func (t *turn) hear(text string) stage {
	text = strings.TrimSpace(text)
	if t.s.action.Type == actionDelegate {
		// The client leaves the question to the bot: it is the next one that the
		// bot would ask.
		t.s.action = t.nextQuestion()
	}
	switch def := t.intentDef(); {
	case def == nil:
	case t.s.action.Type == actionElicitSlot:
		return t.hearSlot(def, def.Slot(t.s.action.SlotToElicit), text)
	case t.s.action.Type == actionConfirmIntent:
		return t.hearConfirmation(def, text)
	case t.s.action.Type == actionDelegate:
		return delegated
	}
	return t.hearIntent(text)
}

// nextQuestion returns the action of the question that advance would ask, or
// Delegate when it would ask none.
func (t *turn) nextQuestion() dialogAction {
	def := t.intentDef()
	switch {
	case def == nil:
		return dialogAction{Type: actionElicitIntent}
	case !t.s.intent.open():
	case t.nextSlot(def) != nil:
		return dialogAction{Type: actionElicitSlot, SlotToElicit: t.nextSlot(def).Name}
	case def.Confirmation != nil && def.Confirmation.Active && t.s.intent.Confirmation == confirmationNone:
		return dialogAction{Type: actionConfirmIntent}
	}
	return dialogAction{Type: actionDelegate}
}

// nluState returns the place in the dialog as the language model names it.
func (s *session) nluState() nlu.State {
	st := nlu.State{Contexts: s.contextNames()}
	if s.intent == nil {
		return st
	}
	switch s.action.Type {
	case actionElicitSlot:
		st.Elicit, st.Intent, st.Slot = nlu.ElicitSlot, s.intent.Name, s.action.SlotToElicit
	case actionConfirmIntent:
		st.Elicit, st.Intent = nlu.ConfirmIntent, s.intent.Name
	}
	return st
}

// rank asks the language model which intents a text may mean.
func (t *turn) rank(text string) {
	if text != "" {
		t.readings = t.d.model.Rank(text, t.s.nluState(), t.now)
	}
}

// best returns the best reading if it reaches a score, nil otherwise. The
// fallback intent is no reading.
func (t *turn) best(score float64) *nlu.Interpretation {
	if len(t.readings) == 0 || t.readings[0].Score < max(score, t.d.locale.Threshold) {
		return nil
	}
	if t.readings[0].Intent.Parent == botdef.FallbackSignature {
		return nil
	}
	return &t.readings[0]
}

// hearIntent takes a text that may be about anything.
func (t *turn) hearIntent(text string) stage {
	t.rank(text)
	if r := t.best(0); r != nil {
		return t.take(r)
	}
	if def := t.keyedIntent(text); def != nil {
		return begin(def, nil)
	}
	return fallBack
}

// hearSlot takes a text as the answer to a question about a slot.
func (t *turn) hearSlot(def *botdef.Intent, s *botdef.Slot, text string) stage {
	if v, ok := t.keyedValue(s, text); ok {
		return capture(s, v)
	}
	if text == "" {
		return misheard(s.Failure)
	}
	t.rank(text)
	value, ok := t.d.model.Resolve(s, text, t.now)
	score := switchScore
	if ok {
		score = switchScoreAnswer
	}
	if r := t.best(score); r != nil && r.Intent != def {
		return t.take(r)
	}
	if r := t.best(switchScore); r != nil && r.Intent == def && len(r.Slots) > 0 {
		// A whole sentence of the intent in force, such as "roses for tomorrow":
		// it may fill more than was asked for.
		fillSlots(t.s.intent, def, r.Slots)
		switch {
		case r.Slots[s.Name].Interpreted != "":
			return t.outcome(s.Capture, t.hookAt(s.Hook), advance)
		case !ok && anyClear(r.Slots):
			return advance
		}
	}
	switch {
	case ok && value.Interpreted != "":
		return capture(s, value)
	case ok:
		t.s.intent.Slots[s.Name] = newSlot(s, value) // ambiguous: kept, so that the client sees the choices
	}
	return misheard(s.Failure)
}

// anyClear says whether one of the values is not ambiguous.
func anyClear(values map[string]nlu.Value) bool {
	for _, v := range values {
		if v.Interpreted != "" {
			return true
		}
	}
	return false
}

// capture gives the slot in question its value.
func capture(s *botdef.Slot, v nlu.Value) stage {
	return func(t *turn) stage {
		t.s.intent.Slots[s.Name] = newSlot(s, v)
		return t.outcome(s.Capture, t.hookAt(s.Hook), advance)
	}
}

// hearConfirmation takes a text as the answer to a confirmation prompt.
func (t *turn) hearConfirmation(def *botdef.Intent, text string) stage {
	answer := keyedYesNo(text)
	if answer == nlu.Neither {
		answer = nlu.ParseYesNo(text)
	}
	switch answer {
	case nlu.Yes:
		return confirm
	case nlu.No:
		return decline
	}
	t.rank(text)
	switch r := t.best(switchScore); {
	case r != nil && r.Intent != def:
		return t.take(r)
	case r != nil && len(r.Slots) > 0:
		fillSlots(t.s.intent, def, r.Slots) // "lilies for monday": the question changes
		return advance
	}
	var failure botdef.Outcome
	if def.Confirmation != nil {
		failure = def.Confirmation.Failure
	}
	return misheard(failure)
}

// take follows an utterance of an intent, wherever the dialog is.
//
// Lex leaves it to a Lambda function to make something useful of most built-in
// intents. Here a HelpIntent says its words and returns to the question that
// it interrupted, a RepeatIntent says again what was said last, a
// StartOverIntent begins the intent in force anew, and a CancelIntent or
// StopIntent without words of its own uses those of the declined intent.
func (t *turn) take(r *nlu.Interpretation) stage {
	interrupted := t.intentDef()
	waiting := interrupted != nil && t.s.intent.open() && t.prompt() != nil
	switch r.Intent.Parent {
	case "AMAZON.HelpIntent":
		if waiting {
			t.suspended = &question{t.s.intent, t.s.action, t.s.retries}
		}
	case "AMAZON.RepeatIntent":
		if len(t.last) > 0 {
			t.messages = t.last
			return nil
		}
	case "AMAZON.StartOverIntent":
		if waiting {
			return begin(interrupted, nil)
		}
	case "AMAZON.CancelIntent", "AMAZON.StopIntent":
		if waiting && silent(r.Intent) && interrupted.Confirmation != nil {
			t.respond(interrupted.Confirmation.Declined.Response)
		}
	}
	return begin(r.Intent, r.Slots)
}

// silent says whether an intent has nothing of its own to say.
func silent(in *botdef.Intent) bool {
	return in.Initial.Response == nil && in.Fulfillment.Success.Response == nil &&
		(in.Closing == nil || in.Closing.Response == nil)
}
