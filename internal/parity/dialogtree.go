package parity

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"lexline/internal/botdef"
)

func initialNode(in botdef.Initial) *node {
	n := outcomeNode("initial response", in.Outcome)
	hook := hookNode("code hook", in.Hook)
	if n == nil && hook != nil {
		n = &node{label: "initial response"}
	}
	if n == nil {
		return nil
	}
	return n.add(hook)
}

// confirmationNode is the same for a confirmation that is off and for none.
func confirmationNode(c *botdef.Confirmation) *node {
	if c == nil || !c.Active {
		return leaf("confirmation", "off")
	}
	return leaf("confirmation", "on").add(
		promptNode("prompt", c.Prompt),
		outcomeNode("confirmed", c.Confirmed), outcomeNode("declined", c.Declined), outcomeNode("not understood", c.Failure),
		hookNode("code hook", c.Hook), hookNode("code hook of elicitation", c.ElicitationHook),
	)
}

func fulfillmentNode(f botdef.Fulfillment) *node {
	n := (&node{label: "fulfillment"}).add(
		yes("code hook", f.Hook), yes("active", f.Active),
		outcomeNode("success", f.Success), outcomeNode("failure", f.Failure), outcomeNode("time-out", f.Timeout),
	)
	u := f.Updates
	if u == nil || !u.Active {
		return n
	}
	return n.add((&node{label: "updates"}).add(
		length("first after", u.Delay), responseNode("first", u.Start),
		length("again every", u.Frequency), responseNode("again", u.Update),
		length("time-out", u.Timeout),
	))
}

func closingNode(c *botdef.Closing) *node {
	if c == nil || !c.Active {
		return nil
	}
	return outcomeNode("closing response", c.Outcome)
}

func hookNode(label string, h *botdef.CodeHook) *node {
	if h == nil || !h.Active {
		return nil
	}
	return (&node{label: label}).add(
		yes("invoked", h.Invoke), text("label", h.Label),
		outcomeNode("success", h.Success), outcomeNode("failure", h.Failure), outcomeNode("time-out", h.Timeout),
	)
}

// outcomeNode is nil where everything is left to Lex.
func outcomeNode(label string, o botdef.Outcome) *node {
	n := (&node{label: label}).add(responseNode("says", o.Response), stepNode(o.Next))
	if c := o.Conditional; c != nil && c.Active {
		branches := &node{label: "conditions", ordered: true}
		for i, b := range c.Branches {
			name := b.Name
			if name == "" {
				name = strconv.Itoa(i + 1)
			}
			branches.add(branchNode("branch "+name, b))
		}
		n.add(branches.add(branchNode("else", c.Default)))
	}
	if len(n.children) == 0 {
		return nil
	}
	return n
}

func branchNode(label string, b botdef.Branch) *node {
	return (&node{label: label}).add(text("when", b.Expression), responseNode("says", b.Response), stepNode(b.Next))
}

func stepNode(s *botdef.Step) *node {
	if s == nil {
		return nil
	}
	words := []string{s.Action}
	for _, more := range []string{s.SlotToElicit, s.Intent} {
		if more != "" {
			words = append(words, more)
		}
	}
	if s.SuppressNextMessage {
		words = append(words, "in silence")
	}
	return leaf("next step", strings.Join(words, " ")).add(
		settingsNode("slot values", s.Slots), settingsNode("session attributes", s.SessionAttributes),
	)
}

func settingsNode(label string, set map[string]string) *node {
	if len(set) == 0 {
		return nil
	}
	n := &node{label: label}
	for _, key := range slices.Sorted(maps.Keys(set)) {
		n.add(leaf(key, strconv.Quote(set[key])))
	}
	return n
}

func responseNode(label string, r *botdef.Response) *node {
	if r == nil {
		return nil
	}
	return leaf(label, groupsText(r.Groups, false)).add(yes("may be interrupted", r.AllowInterrupt))
}

func promptNode(label string, p *botdef.Prompt) *node {
	if p == nil {
		return nil
	}
	n := leaf(label, groupsText(p.Groups, p.Ordered)).add(
		leaf("retries", strconv.Itoa(p.MaxRetries)),
		yes("may be interrupted", p.AllowInterrupt),
		yes("variations in order", p.Ordered),
	)
	attempts := &node{label: "attempts", common: true} // "retries" says how many there are
	for i, a := range p.Attempts {
		attempts.add(attemptNode(i+1, a))
	}
	return n.add(attempts)
}

func attemptNode(number int, a botdef.Attempt) *node {
	return (&node{label: strconv.Itoa(number)}).add(
		yes("may be interrupted", a.AllowInterrupt), yes("speech", a.AllowAudio), yes("keys", a.AllowDTMF),
		length("start time-out", a.StartTimeout), length("end time-out", a.EndTimeout), length("longest answer", a.MaxLength),
		leaf("most keys", strconv.Itoa(a.DTMFMaxLength)), length("key time-out", a.DTMFEndTimeout),
		leaf("key that deletes", a.DTMFDeletion), leaf("key that ends", a.DTMFEnd),
		length("text time-out", a.TextStartTimeout),
	)
}

// groupsText writes all that may be said: variations with "or" between them, in
// order of the alphabet unless their own order counts, and groups with "then".
func groupsText(groups []botdef.MessageGroup, ordered bool) string {
	var said []string
	for _, g := range groups {
		var variations []string
		for _, m := range g {
			variations = append(variations, messageText(m))
		}
		if !ordered {
			slices.Sort(variations)
		}
		said = append(said, strings.Join(variations, " or "))
	}
	return strings.Join(said, " then ")
}

func messageText(m botdef.Message) string {
	switch {
	case m.Card != nil:
		return fmt.Sprintf("card %+v", *m.Card)
	case m.Kind == botdef.PlainText:
		return strconv.Quote(m.Text)
	}
	return string(m.Kind) + " " + strconv.Quote(m.Text)
}
