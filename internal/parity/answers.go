package parity

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Answer is what a region said to one turn of a conversation.
type Answer struct {
	Intent       string  // the first interpretation's, "" for none
	State        string  // of the intent: "InProgress", "Fulfilled"
	Confirmation string  // "None", "Confirmed", "Denied"
	Confidence   float64 // 0 to 1; compared as a remark only
	// Slots are the values that were understood, by the slot's name, or Slot.Part
	// for the parts of a composite slot; several values have commas between them.
	Slots    map[string]string
	Action   string // the dialog action, "ElicitSlot"
	Slot     string // the slot asked for
	Messages []Message
	Contexts []string // names of the active contexts

	// Error is why there is no answer: the code, a colon and the text. Then all
	// else is zero.
	Error string
}

// Message is one thing that the bot said. Kind is the runtime's content type,
// "PlainText".
type Message struct{ Kind, Text string }

func (m Message) String() string {
	if m.Kind == "PlainText" {
		return strconv.Quote(m.Text)
	}
	return m.Kind + " " + strconv.Quote(m.Text)
}

// Answers compares what two regions said to the turns of one conversation, as far
// as both got. It stops after the first turn with a difference: what follows
// from that is no difference of its own. A turn that differs only in the words of a
// prompt whose definitions differ is told as explained, and does not stop it. Remarks
// are what people may want to know and callers would not notice.
func Answers(c Conversation, here, there []Answer, wording Wording) (found []Difference, remarks []string) {
	for i := range min(len(here), len(there), len(c.Turns)) {
		t := turn{path: c.path(i), here: here[i], there: there[i], wording: wording}
		t.compare()
		remarks = append(remarks, t.remarks...)
		found = append(found, t.found...)
		if slices.ContainsFunc(t.found, func(d Difference) bool { return d.ExplainedBy == "" }) {
			return found, remarks
		}
	}
	if len(here) != len(there) {
		found = append(found, Difference{Path: c.path(min(len(here), len(there))), Here: turns(here), There: turns(there)})
	}
	return found, remarks
}

func turns(list []Answer) string { return fmt.Sprintf("%d answers", len(list)) }

// turn is the comparison of two answers.
type turn struct {
	path        string
	here, there Answer
	wording     Wording

	found   []Difference
	remarks []string
}

func (t *turn) compare() {
	if t.here.Error != "" || t.there.Error != "" {
		t.compareErrors()
		return
	}
	t.equal("intent", orNone(t.here.Intent), orNone(t.there.Intent))
	t.equal("intent state", orNone(t.here.State), orNone(t.there.State))
	t.equal("confirmation state", orNone(t.here.Confirmation), orNone(t.there.Confirmation))
	for _, name := range slices.Sorted(maps.Keys(union(t.here.Slots, t.there.Slots))) {
		t.equal("slot "+name, slotText(t.here.Slots, name), slotText(t.there.Slots, name))
	}
	t.equal("dialog action", orNone(t.here.Action), orNone(t.there.Action))
	t.equal("slot asked for", orNone(t.here.Slot), orNone(t.there.Slot))
	t.equal("active contexts", fmt.Sprint(unique(t.here.Contexts)), fmt.Sprint(unique(t.there.Contexts)))
	if !t.wording.same(t.here.Messages, t.there.Messages) {
		t.differ("messages", messagesText(t.here.Messages), messagesText(t.there.Messages))
		t.found[len(t.found)-1].ExplainedBy = t.wording.explain(t.here.Messages, t.there.Messages)
	}
	if math.Abs(t.here.Confidence-t.there.Confidence) >= 0.005 {
		t.remarks = append(t.remarks, fmt.Sprintf("%s: confidence %.2f | %.2f", t.path, t.here.Confidence, t.there.Confidence))
	}
}

// compareErrors takes the same error of both for no difference, as the regions do
// the same; callers will notice it all the same.
func (t *turn) compareErrors() {
	a, _, _ := strings.Cut(t.here.Error, ":")
	b, _, _ := strings.Cut(t.there.Error, ":")
	if a == b {
		t.remarks = append(t.remarks, t.path+": both answer an error: "+t.here.Error)
		return
	}
	t.differ("error", orNone(t.here.Error), orNone(t.there.Error))
}

func (t *turn) equal(what, here, there string) {
	if here != there {
		t.differ(what, here, there)
	}
}

func (t *turn) differ(what, here, there string) {
	t.found = append(t.found, Difference{Path: t.path + " / " + what, Here: here, There: there})
}

func union(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, b)
	return all
}

func slotText(slots map[string]string, name string) string {
	if value, ok := slots[name]; ok && value != "" {
		return strconv.Quote(value)
	}
	return "none"
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}

func messagesText(list []Message) string {
	var said []string
	for _, m := range list {
		said = append(said, m.String())
	}
	return orNone(strings.Join(said, " then "))
}
