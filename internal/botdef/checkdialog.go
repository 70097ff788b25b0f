package botdef

import "strings"

// Limits of what a bot says.
// https://docs.aws.amazon.com/lexv2/latest/APIReference/API_PlainTextMessage.html
const (
	maxMessage = 1024
	maxGroups  = 5
)

// dialogActions are the actions a step of a bot can have.
// https://docs.aws.amazon.com/lexv2/latest/APIReference/API_DialogAction.html
var dialogActions = map[string]bool{
	"ElicitIntent": true, "StartIntent": true, "ElicitSlot": true, "EvaluateConditional": true,
	"InvokeDialogCodeHook": true, "ConfirmIntent": true, "FulfillIntent": true, "CloseIntent": true,
	"EndConversation": true,
}

// checkDialog checks what the intent says and where its steps lead.
func (c *checker) checkDialog() {
	in := c.intent
	if in.Confirmation != nil && in.Confirmation.Active {
		c.want(in.Confirmation.Prompt != nil, "confirmation is active but has no prompt")
		c.checkPrompt("confirmation prompt", in.Confirmation.Prompt)
	}
	for _, r := range in.responses() {
		c.checkGroups("response", r.Groups)
	}
	for _, s := range in.steps() {
		switch {
		case s.Action != "" && !dialogActions[s.Action]:
			c.want(false, "step: %q is not a dialog action", s.Action)
		case s.Action == "ElicitSlot":
			c.want(c.slotPath(s.SlotToElicit), "step: ElicitSlot names %q, which is no slot of this intent", s.SlotToElicit)
		case s.Action == "StartIntent" || s.Intent != "":
			c.want(c.locale.Intent(s.Intent) != nil, "step: %s names %q, which is no intent", s.Action, s.Intent)
		}
	}
}

func (c *checker) checkPrompt(what string, p *Prompt) {
	if p == nil {
		return
	}
	c.want(p.MaxRetries >= 0 && p.MaxRetries <= maxRetries, "%s: maxRetries is %d, want 0 to %d", what, p.MaxRetries, maxRetries)
	c.want(len(p.Groups) > 0, "%s: has no message", what)
	c.checkGroups(what, p.Groups)
	for i, a := range p.Attempts {
		c.want(a.AllowAudio || a.AllowDTMF, "%s: attempt %d accepts neither speech nor keys", what, i)
		c.want(a.StartTimeout > 0 && a.EndTimeout > 0 && a.MaxLength > 0 && a.DTMFEndTimeout > 0,
			"%s: attempt %d has a time-out that is not positive", what, i)
		for _, key := range []string{a.DTMFDeletion, a.DTMFEnd} {
			c.want(len(key) == 1 && strings.Contains("ABCD0123456789#*", key), "%s: attempt %d: %q is not one key", what, i, key)
		}
	}
}

func (c *checker) checkGroups(what string, groups []MessageGroup) {
	c.want(len(groups) <= maxGroups, "%s: has %d message groups, want at most %d", what, len(groups), maxGroups)
	for _, g := range groups {
		for _, m := range g {
			c.want(len([]rune(m.Text)) <= maxMessage, "%s: message %.30q... is longer than %d characters", what, m.Text, maxMessage)
			if m.Kind == CustomPayload {
				continue // its braces are its own business
			}
			for _, found := range placeholder.FindAllStringSubmatch(m.Text, -1) {
				c.want(c.slotPath(found[1]), "%s: {%s} in %.40q is no slot of this intent", what, found[1], m.Text)
			}
		}
	}
}

// outcomes lists every place where the dialog of the intent can branch.
func (in *Intent) outcomes() []Outcome {
	list := []Outcome{in.Initial.Outcome, in.Fulfillment.Success, in.Fulfillment.Failure, in.Fulfillment.Timeout}
	hooks := []*CodeHook{in.Initial.Hook}
	if in.Closing != nil {
		list = append(list, in.Closing.Outcome)
	}
	if c := in.Confirmation; c != nil {
		list = append(list, c.Confirmed, c.Declined, c.Failure)
		hooks = append(hooks, c.Hook, c.ElicitationHook)
	}
	for _, s := range in.Slots {
		list = append(list, s.Capture, s.Failure)
		hooks = append(hooks, s.Hook, s.ElicitationHook)
	}
	for _, h := range hooks {
		if h != nil {
			list = append(list, h.Success, h.Failure, h.Timeout)
		}
	}
	return list
}

// steps lists every next step of the intent.
func (in *Intent) steps() []*Step {
	var list []*Step
	add := func(s *Step) {
		if s != nil {
			list = append(list, s)
		}
	}
	for _, o := range in.outcomes() {
		add(o.Next)
		if o.Conditional != nil {
			for _, b := range append(o.Conditional.Branches, o.Conditional.Default) {
				add(b.Next)
			}
		}
	}
	return list
}

// responses lists everything that the intent says without asking.
func (in *Intent) responses() []*Response {
	var list []*Response
	add := func(r *Response) {
		if r != nil {
			list = append(list, r)
		}
	}
	for _, o := range in.outcomes() {
		add(o.Response)
		if o.Conditional != nil {
			for _, b := range append(o.Conditional.Branches, o.Conditional.Default) {
				add(b.Response)
			}
		}
	}
	if u := in.Fulfillment.Updates; u != nil {
		add(u.Start)
		add(u.Update)
	}
	return list
}

// MessageGroups lists every message group of the intent: its questions and all
// that it says without asking.
func (in *Intent) MessageGroups() []MessageGroup {
	var all []MessageGroup
	prompts := func(p *Prompt) {
		if p != nil {
			all = append(all, p.Groups...)
		}
	}
	for _, s := range in.Slots {
		prompts(s.Prompt)
		for _, part := range s.Subslots {
			prompts(part.Prompt)
		}
	}
	if in.Confirmation != nil {
		prompts(in.Confirmation.Prompt)
	}
	for _, r := range in.responses() {
		all = append(all, r.Groups...)
	}
	return all
}
