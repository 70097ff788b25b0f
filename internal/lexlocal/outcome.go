package lexlocal

import (
	"cmp"
	"maps"

	"lexline/internal/botdef"
	"lexline/internal/nlu"
)

// outcome says the response of an outcome and returns the stage that it leads
// to: that of the first branch whose condition is true, else its next step,
// else otherwise. hook is the code hook at this point of the dialog, nil for
// none; see hooked.
func (t *turn) outcome(o botdef.Outcome, hook *botdef.CodeHook, otherwise stage) stage {
	t.respond(o.Response)
	if c := o.Conditional; c != nil && c.Active {
		branch := t.branch(c)
		t.respond(branch.Response)
		return t.follow(cmp.Or(branch.Next, o.Next), hook, otherwise)
	}
	return t.follow(o.Next, hook, otherwise)
}

func (t *turn) branch(c *botdef.Conditional) botdef.Branch {
	for _, b := range c.Branches {
		// An expression that cannot be evaluated is not true; Check reports it.
		if is, err := evaluate(b.Expression, t); err == nil && is {
			return b
		}
	}
	return c.Default
}

// follow returns the stage that a step leads to. The values that the step
// sets are set at once.
func (t *turn) follow(step *botdef.Step, hook *botdef.CodeHook, otherwise stage) stage {
	if step == nil {
		return t.hooked(hook, otherwise)
	}
	maps.Copy(t.s.attributes, step.SessionAttributes)
	t.quiet = t.quiet || step.SuppressNextMessage
	def := t.intentDef()
	if step.Action == "StartIntent" {
		return t.startIntent(step, def)
	}
	if def == nil {
		return otherwise
	}
	t.setSlots(step, def)
	switch step.Action {
	case "InvokeDialogCodeHook":
		return t.hooked(hook, otherwise)
	case "ElicitSlot":
		if s := def.Slot(step.SlotToElicit); s != nil && s.Prompt != nil {
			return askSlot(s)
		}
	case "ElicitIntent":
		return elicitIntent
	case "ConfirmIntent":
		return askConfirmation
	case "FulfillIntent":
		return fulfil
	case "CloseIntent":
		return closing
	case "EndConversation":
		return over
	}
	return otherwise
}

// startIntent begins the intent that a step names, or the present one anew.
func (t *turn) startIntent(step *botdef.Step, def *botdef.Intent) stage {
	if step.Intent != "" {
		def = t.d.locale.Intent(step.Intent)
	}
	if def == nil {
		return over
	}
	values := make(map[string]nlu.Value, len(step.Slots))
	for name, v := range step.Slots {
		values[name] = nlu.Value{Original: v, Interpreted: v, Resolved: []string{v}}
	}
	t.suspended = nil
	return begin(def, values)
}

// setSlots gives slots the values that a step sets; an empty one clears.
func (t *turn) setSlots(step *botdef.Step, def *botdef.Intent) {
	for name, value := range step.Slots {
		switch s := def.Slot(name); {
		case s == nil:
		case value == "":
			t.s.intent.Slots[name] = nil
		default:
			t.setSlot(s, value)
		}
	}
}
