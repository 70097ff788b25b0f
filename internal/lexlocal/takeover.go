package lexlocal

import (
	"encoding/json"
	"maps"
	"slices"

	"lexline/internal/botdef"
)

// takeOver applies the session state that came with a request.
//
// What the state does not mention stays as it is. Session attributes, active
// contexts and runtime hints replace the stored ones as a whole; Lex documents
// that for attributes at
// https://docs.aws.amazon.com/lexv2/latest/dg/context-mgmt-session-attribs.html.
// An intent or a dialog action replaces the dialog: the input that follows is
// heard as the answer to what that action elicits, also in a session that did
// not exist before, such as that of a call which another region began. A
// client that repeats the session's own state changes nothing, so the count of
// retries goes on.
func (t *turn) takeOver(st *sessionState) error {
	if st == nil {
		return nil
	}
	if st.SessionAttributes != nil {
		t.s.attributes = maps.Clone(st.SessionAttributes)
	}
	if st.ActiveContexts != nil {
		t.s.contexts = nil
		for _, c := range st.ActiveContexts {
			t.s.activate(c, t.now)
		}
	}
	if isJSONObject(st.RuntimeHints) {
		t.s.hints = st.RuntimeHints
	}
	if st.Intent == nil && st.DialogAction == nil {
		return nil
	}
	before, action := t.s.intent, dialogAction{Type: actionDelegate}
	if st.DialogAction != nil {
		action = *st.DialogAction
	}
	if err := t.takeIntent(st.Intent, action); err != nil {
		return err
	}
	if !sameQuestion(before, t.s.action, t.s.intent, action) {
		t.s.retries = 0
	}
	t.s.action = action
	return nil
}

// takeIntent puts the intent of a request in force and checks that the action
// makes sense with it.
func (t *turn) takeIntent(in *intentState, action dialogAction) error {
	if in != nil {
		taken, err := t.d.adopt(in)
		if err != nil {
			return err
		}
		t.s.intent = taken
	}
	switch action.Type {
	case actionElicitIntent:
		if in == nil {
			t.s.intent = nil
		}
		return nil
	case actionElicitSlot, actionConfirmIntent:
		if t.s.intent == nil {
			return invalid("sessionState.intent is missing, %s needs it", action.Type)
		}
	}
	def := t.intentDef()
	switch action.Type {
	case actionConfirmIntent:
		t.s.intent.State, t.s.intent.Confirmation = stateInProgress, confirmationNone
	case actionElicitSlot:
		t.s.intent.State = stateInProgress
	}
	if action.Type == actionElicitSlot && def.Slot(action.SlotToElicit) == nil {
		return invalid("sessionState.dialogAction.slotToElicit: intent %s has no slot %q", def.Name, action.SlotToElicit)
	}
	return nil
}

// adopt returns the intent of a request as this bot knows it, with all its slots.
func (d *dialog) adopt(in *intentState) (*intentState, error) {
	def := d.locale.Intent(in.Name)
	if def == nil {
		return nil, invalid("sessionState.intent.name: the bot has no intent %q", in.Name)
	}
	taken := newIntent(def)
	for _, name := range slices.Sorted(maps.Keys(in.Slots)) {
		if def.Slot(name) == nil { // one without a value tells another version of the bot just as well
			return nil, invalid("sessionState.intent.slots: intent %s has no slot %q", in.Name, name)
		}
		taken.Slots[name] = in.Slots[name]
	}
	if in.State != "" {
		taken.State = in.State
	}
	if in.Confirmation != "" {
		taken.Confirmation = in.Confirmation
	}
	return taken, nil
}

func sameQuestion(intentA *intentState, a dialogAction, intentB *intentState, b dialogAction) bool {
	if (intentA == nil) != (intentB == nil) || intentA != nil && intentA.Name != intentB.Name {
		return false
	}
	return a.Type == b.Type && a.SlotToElicit == b.SlotToElicit
}

// isJSONObject says whether raw is more than an absent or null value.
func isJSONObject(raw json.RawMessage) bool {
	return len(raw) > 0 && raw[0] == '{'
}

// intentDef returns the definition of the intent in force, nil for none.
func (t *turn) intentDef() *botdef.Intent {
	if t.s.intent == nil {
		return nil
	}
	return t.d.locale.Intent(t.s.intent.Name)
}

// resume returns the stage at which a dialog goes on that PutSession has set.
// With the client's own words a question is asked in them, not in the bot's.
func (t *turn) resume(worded bool) stage {
	switch a := t.s.action; a.Type {
	case actionDelegate:
		return delegated
	case actionElicitSlot, actionConfirmIntent:
		if worded {
			return nil
		}
		t.quiet = false
		return repeatQuestion
	}
	return nil
}

// open says whether the intent still needs something from the caller or the bot.
func (in *intentState) open() bool {
	return in != nil && slices.Contains([]string{stateInProgress, "Waiting"}, in.State)
}
