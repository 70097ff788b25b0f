package lexlocal

import (
	"slices"

	"lexline/internal/botdef"
)

// The dialog's side of code hooks. A dialog does no I/O: at a code hook it
// stops, and its answer is a hookCall that says what the function is to be
// asked. Whoever runs the dialog asks it and goes on with Resume.

// The sources of an invocation.
const (
	dialogCodeHook      = "DialogCodeHook"
	fulfillmentCodeHook = "FulfillmentCodeHook"
)

// maxHookCalls bounds the invocations in one turn, so that a function and a
// definition that send the dialog back and forth come to an end.
const maxHookCalls = 10

// hookCall is a dialog that waits for its bot's Lambda function.
type hookCall struct {
	turn   *turn
	source string
	label  string
	then   func(*hookResponse) stage // what follows the function's answer
}

// Resume goes on with the turn after the function's answer, which
// parseHookResponse has passed. It is called once. The error says what of the
// answer does not fit the bot.
func (c *hookCall) Resume(r *hookResponse) (*answer, error) {
	t := c.turn
	t.call = nil
	if err := t.takeOver(r.SessionState); err != nil {
		return nil, err
	}
	if r.RequestAttributes != nil {
		t.request = r.RequestAttributes
	}
	return t.goOn(c.then(r)), nil
}

// event returns what the function is told by the dialog; who asks, and for
// whom, is added by the request.
func (c *hookCall) event() *hookEvent {
	t := c.turn
	state := t.s.state(t.now, "")
	state.DialogAction = nil // it is the function that decides it
	e := &hookEvent{
		MessageVersion: "1.0", InvocationSource: c.source, InvocationLabel: c.label,
		InputMode: t.mode, InputTranscript: t.transcript,
		RequestAttributes: t.request, SessionState: state,
	}
	for _, i := range t.interpretations() {
		e.Interpretations = append(e.Interpretations, eventInterpretation(i))
	}
	if next := t.nextQuestion(); c.source == dialogCodeHook && next.Type == actionElicitSlot {
		e.ProposedNextState = &hookNextState{DialogAction: next, Intent: *t.s.intent, Prompt: hookPrompt{Attempt: "Initial"}}
	}
	return e
}

// invoke stops the dialog at a code hook.
func invoke(source, label string, then func(*hookResponse) stage) stage {
	return func(t *turn) stage {
		t.call = &hookCall{turn: t, source: source, label: label, then: then}
		return nil
	}
}

// hookAt returns the code hook at a point of the dialog. Bots of 2021 have one
// switch for a whole intent instead of a hook at each point.
func (t *turn) hookAt(hook *botdef.CodeHook) *botdef.CodeHook {
	if def := t.intentDef(); hook == nil && t.d.hooks && def != nil && def.DialogHook && !hasPoints(def) {
		return &botdef.CodeHook{Active: true, Invoke: true}
	}
	return hook
}

// hasPoints says whether an intent has a code hook at any point.
func hasPoints(def *botdef.Intent) bool {
	c := def.Confirmation
	return def.Initial.Hook != nil || c != nil && (c.Hook != nil || c.ElicitationHook != nil) ||
		slices.ContainsFunc(def.Slots, func(s *botdef.Slot) bool { return s.Hook != nil || s.ElicitationHook != nil })
}

// hooked goes past a code hook: through the bot's function, where there is
// one, else as after a function that succeeded and changed nothing. The
// function is asked only where the definition allows it for the intent as a
// whole as well:
// https://docs.aws.amazon.com/lexv2/latest/dg/paths-code-hook.html.
func (t *turn) hooked(hook *botdef.CodeHook, otherwise stage) stage {
	if hook == nil || !hook.Active {
		return otherwise
	}
	if def := t.intentDef(); !t.d.hooks || !hook.Invoke || def == nil || !def.DialogHook {
		return t.outcome(hook.Success, nil, otherwise)
	}
	return invoke(dialogCodeHook, hook.Label, func(r *hookResponse) stage {
		switch {
		case r.SessionState.DialogAction.Type != actionDelegate:
			return decided(r)
		case t.s.intent != nil && t.s.intent.State == stateFailed:
			t.respondWith(r.Messages)
			return t.outcome(hook.Failure, nil, over)
		}
		t.respondWith(r.Messages)
		return t.outcome(hook.Success, nil, otherwise)
	})
}

// fulfilHooked lets the bot's function fulfil the intent in force.
func fulfilHooked(t *turn) stage {
	t.s.intent.State = stateReady
	return invoke(fulfillmentCodeHook, "", func(r *hookResponse) stage {
		if r.SessionState.DialogAction.Type != actionDelegate {
			return decided(r)
		}
		t.respondWith(r.Messages)
		return fulfilled
	})
}

// fulfilled follows a fulfilment that the function has left to the bot to
// speak about.
func fulfilled(t *turn) stage {
	def := t.intentDef()
	switch {
	case def == nil:
		return over
	case t.s.intent.State == stateFailed:
		return t.outcome(def.Fulfillment.Failure, nil, over)
	}
	t.s.intent.State = stateFulfilled
	return t.outcome(def.Fulfillment.Success, nil, closing)
}

// decided does what a function's answer says comes next.
func decided(r *hookResponse) stage {
	return func(t *turn) stage {
		t.quiet = false
		t.respondWith(r.Messages)
		worded := len(r.Messages) > 0
		switch action := r.SessionState.DialogAction; action.Type {
		case actionElicitIntent:
			return elicitIntent
		case actionElicitSlot, actionConfirmIntent:
			t.s.retries = 0
			if !worded {
				return repeatQuestion
			}
			if t.d.keys {
				t.addMenu(t.questionMenu())
			}
			return nil
		}
		if worded || t.s.intent == nil || t.s.intent.State != stateFulfilled && t.s.intent.State != stateFailed {
			return over
		}
		return fulfilled
	}
}

// respondWith says a function's own messages.
func (t *turn) respondWith(messages []message) {
	t.messages = append(t.messages, messages...)
}
