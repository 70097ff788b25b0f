package lexlocal

import (
	"lexline/internal/botdef"
	"lexline/internal/nlu"
)

// The stages of a dialog, in the order in which an intent usually passes them:
// begin, advance (which asks for slots and for confirmation), fulfil, closing,
// over. Outcomes of the bot definition lead from any of them to any other.

// begin puts an intent in force, with the values that the caller's own words
// already gave.
func begin(def *botdef.Intent, values map[string]nlu.Value) stage {
	return func(t *turn) stage {
		in := newIntent(def)
		fillSlots(in, def, values)
		t.s.intent = in
		t.takeDefaults(def)
		return t.outcome(def.Initial.Outcome, t.hookAt(def.Initial.Hook), advance)
	}
}

// takeDefaults fills empty slots with their default values: the first one that
// there is.
func (t *turn) takeDefaults(def *botdef.Intent) {
	for _, s := range def.Slots {
		if t.s.intent.Slots[s.Name].interpreted() != "" {
			continue
		}
		for _, d := range s.Defaults {
			if v, ok := t.defaultValue(d); ok {
				t.setSlot(s, v)
				break
			}
		}
	}
}

// setSlot gives a slot of the intent in force a value that nobody said.
func (t *turn) setSlot(def *botdef.Slot, value string) {
	t.s.intent.Slots[def.Name] = newSlot(def, nlu.Value{Original: value, Interpreted: value, Resolved: []string{value}})
}

// advance goes to the next thing that the intent needs.
func advance(t *turn) stage {
	def := t.intentDef()
	if def == nil {
		return elicitIntent
	}
	if s := t.nextSlot(def); s != nil {
		return askSlot(s)
	}
	if c := def.Confirmation; c != nil && c.Active && c.Prompt != nil && t.s.intent.Confirmation != confirmed {
		return askConfirmation
	}
	return fulfil
}

// nextSlot returns the first required slot, by priority, that has no value and
// can be asked for.
func (t *turn) nextSlot(def *botdef.Intent) *botdef.Slot {
	for _, s := range def.Slots {
		if s.Required && s.Prompt != nil && t.s.intent.Slots[s.Name].interpreted() == "" {
			return s
		}
	}
	return nil
}

func askSlot(s *botdef.Slot) stage {
	return func(t *turn) stage {
		t.s.action = dialogAction{Type: actionElicitSlot, SlotToElicit: s.Name}
		t.s.retries = 0
		t.s.intent.State = stateInProgress
		if t.s.intent.Confirmation == denied {
			t.s.intent.Confirmation = confirmationNone // what was refused is being changed
		}
		t.ask(s.Prompt)
		return nil
	}
}

func askConfirmation(t *turn) stage {
	c := t.intentDef().Confirmation
	if c == nil || c.Prompt == nil {
		return fulfil
	}
	t.s.action = dialogAction{Type: actionConfirmIntent}
	t.s.retries = 0
	t.s.intent.State, t.s.intent.Confirmation = stateInProgress, confirmationNone
	t.ask(c.Prompt)
	return nil
}

// repeatQuestion asks again what the bot is waiting for, in the words of the
// attempt that it is at.
func repeatQuestion(t *turn) stage {
	if p := t.prompt(); p != nil {
		t.ask(p)
	}
	return nil
}

// prompt returns the question that the session waits on, nil for none.
func (t *turn) prompt() *botdef.Prompt {
	def := t.intentDef()
	if def == nil {
		return nil
	}
	switch t.s.action.Type {
	case actionElicitSlot:
		if s := def.Slot(t.s.action.SlotToElicit); s != nil {
			return s.Prompt
		}
	case actionConfirmIntent:
		if def.Confirmation != nil {
			return def.Confirmation.Prompt
		}
	}
	return nil
}

// misheard follows an answer that was of no use: the question is repeated as
// often as its prompt allows, then the failure is taken, which by default
// invokes the fallback intent.
func misheard(failure botdef.Outcome) stage {
	return func(t *turn) stage {
		p := t.prompt()
		if p != nil && t.s.retries < p.MaxRetries {
			t.s.retries++
			t.ask(p)
			return nil
		}
		return t.outcome(failure, nil, fallBack)
	}
}

// fallBack invokes the fallback intent, or ends the dialog of a bot without one.
func fallBack(t *turn) stage {
	def := t.d.locale.Fallback()
	if def == nil {
		return over
	}
	return begin(def, nil)
}

// confirm follows a yes.
func confirm(t *turn) stage {
	c := t.intentDef().Confirmation
	t.s.intent.Confirmation = confirmed
	if c == nil {
		return fulfil
	}
	return t.outcome(c.Confirmed, t.hookAt(c.Hook), fulfil)
}

// decline follows a no.
func decline(t *turn) stage {
	c := t.intentDef().Confirmation
	t.s.intent.Confirmation = denied
	t.s.intent.State = stateFailed
	if c == nil {
		return over
	}
	return t.outcome(c.Declined, t.hookAt(c.Hook), over)
}

// fulfil ends the work on an intent. The bot does it when its definition says
// so; else it is left to the client, which sees ReadyForFulfillment.
func fulfil(t *turn) stage {
	def := t.intentDef()
	t.activateContexts(def)
	f := def.Fulfillment
	if !f.Active && !f.Hook {
		t.s.intent.State = stateReady
		return closing
	}
	if f.Hook && t.d.hooks {
		return fulfilHooked
	}
	t.s.intent.State = stateFulfilled
	return t.outcome(f.Success, nil, closing)
}

// activateContexts begins the output contexts of an intent. They carry its
// slot values.
func (t *turn) activateContexts(def *botdef.Intent) {
	for _, c := range def.OutputContexts {
		values := make(map[string]string)
		for _, s := range def.Slots {
			if v := t.s.intent.Slots[s.Name].interpreted(); v != "" && len(values) < maxContextAttributes {
				values[s.Name] = v
			}
		}
		t.s.activate(activeContext{
			Name:       c.Name,
			TimeToLive: timeToLive{Seconds: int(c.TimeToLive.Seconds()), Turns: c.Turns},
			Attributes: values,
		}, t.now)
	}
}

// closing says the last words of an intent.
func closing(t *turn) stage {
	if c := t.intentDef().Closing; c != nil && c.Active {
		return t.outcome(c.Outcome, nil, over)
	}
	return over
}

// elicitIntent leaves it to the caller what to talk about next.
func elicitIntent(t *turn) stage {
	if t.suspended != nil {
		return backToQuestion
	}
	t.s.action = dialogAction{Type: actionElicitIntent}
	t.s.retries = 0
	if t.d.keys && !t.quiet {
		t.addMenu(t.intentMenu())
	}
	t.quiet = false
	return nil
}

// over ends the dialog.
func over(t *turn) stage {
	if t.suspended != nil {
		return backToQuestion
	}
	t.s.action = dialogAction{Type: actionClose}
	t.s.retries = 0
	if in := t.s.intent; in.open() {
		in.State = stateFailed
		if def := t.intentDef(); t.nextSlot(def) == nil && def.Confirmation == nil {
			in.State = stateReady
		}
	}
	return nil
}

// backToQuestion returns to the question that a HelpIntent interrupted.
func backToQuestion(t *turn) stage {
	q := t.suspended
	t.suspended = nil
	t.s.intent, t.s.action, t.s.retries = q.intent, q.action, q.tries
	t.quiet = false
	return repeatQuestion
}

// delegated goes on with an intent as the client has set it.
func delegated(t *turn) stage {
	switch in := t.s.intent; {
	case in == nil:
		return elicitIntent
	case in.State == stateReady:
		return fulfil
	case in.open():
		return advance
	}
	return over
}
