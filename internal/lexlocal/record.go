package lexlocal

import (
	"fmt"
	"strings"
	"time"

	"lexline/internal/audio"
	"lexline/internal/fault"
)

// Record is the trace of one request: the bot's own development log. Its JSON
// form, one object a line, is what `lexline bot serve --log-format json` writes
// and what other programs may rely on: fields are added, never renamed.
//
// It shows what callers say. That is what a developer needs and what a bot in
// production must not log.
type Record struct {
	Time   time.Time `json:"time"`
	Op     string    `json:"op"` // RecognizeText, PutSession, ...
	Region string    `json:"region"`
	Bot    string    `json:"bot,omitempty"` // name
	// Session is the session id, "" for operations without one.
	Session string `json:"session,omitempty"`
	// Mode is Speech, Text or DTMF; "" for operations without caller input.
	Mode string `json:"mode,omitempty"`
	// Transcript is what the caller typed or keyed, or what was recognised; ""
	// when nothing was understood.
	Transcript string `json:"transcript"`
	// Turn is the request attribute x-lexline-turn: which turn of which call this
	// request is about, as the gateway counts.
	Turn string `json:"turn,omitempty"`
	// StateSent says that the request brought its own dialog: an intent or a
	// dialog action. A session that another region began goes on with it.
	StateSent bool `json:"state_sent,omitempty"`
	// AudioMillis is the length of the speech that arrived.
	AudioMillis float64 `json:"audio_ms,omitempty"`
	// Clips are the known clips in that speech, from a Scripted recognizer.
	Clips  []HeardClip `json:"clips,omitempty"`
	Intent string      `json:"intent,omitempty"` // in force after the turn
	State  string      `json:"state,omitempty"`  // of that intent: InProgress, Fulfilled, ...
	// Slots holds the interpreted values of the filled slots of that intent.
	Slots map[string]string `json:"slots,omitempty"`
	// Action is the dialog action after the turn: ElicitSlot, Close, ...
	Action  string `json:"action,omitempty"`
	Elicits string `json:"elicits,omitempty"` // the slot that is asked for
	Closed  bool   `json:"closed"`            // the dialog is over
	// Messages are the bot's words, as text.
	Messages   []string          `json:"messages,omitempty"`
	Attributes map[string]string `json:"attributes,omitempty"` // session attributes
	Status     int               `json:"status"`               // HTTP
	Error      string            `json:"error,omitempty"`      // type and message of an error answer
	// ClientGone says that the client did not wait for its answer. The session is
	// as it was before.
	ClientGone bool `json:"client_gone,omitempty"`
	// Fault is the kind of the fault that struck the request, "latency+error" for
	// two. With Op Fault it is those that are in force from now on, "" for none.
	Fault string `json:"fault,omitempty"`
	// Faults are the faults in force from now on, with Op Fault.
	Faults []Fault `json:"faults,omitempty"`
	// AudioOutMillis is the length of the bot's voice, where it is known before it
	// is spoken: without a synthesizer, and of an answer that breaks off.
	AudioOutMillis float64 `json:"audio_out_ms,omitempty"`
	// Millis is the time from the end of the request's body to the answer; the
	// bot's voice follows.
	Millis float64 `json:"ms"`
}

// opFault is the Op of a record that says that faults were set or cleared.
const opFault = "Fault"

// attributeTurn is the request attribute in which lexline numbers the turns of a
// call.
const attributeTurn = "x-lexline-turn"

// came fills in what a request brought.
func (r *Record) came(state *sessionState, attributes map[string]string) {
	r.Turn = attributes[attributeTurn]
	r.StateSent = state != nil && (state.Intent != nil || state.DialogAction != nil)
}

// millisOf returns how long samples of telephone audio last.
func millisOf(samples int) float64 {
	return float64(samples) * 1000 / audio.SampleRate
}

// took fills in what an answer says.
func (r *Record) took(a *answer) {
	r.Action, r.Elicits = a.session.action.Type, a.session.action.SlotToElicit
	r.Closed = a.closed()
	r.Attributes = a.session.attributes
	for _, m := range a.messages {
		if m.Content != "" {
			r.Messages = append(r.Messages, m.Content)
		}
	}
	in := a.session.intent
	if in == nil {
		return
	}
	r.Intent, r.State = in.Name, in.State
	for name, s := range in.Slots {
		if v := s.interpreted(); v != "" {
			if r.Slots == nil {
				r.Slots = make(map[string]string)
			}
			r.Slots[name] = v
		}
	}
}

// String returns the record as a line for people, without its time: who writes the
// line does so at the end of the request, and Time is when that began.
func (r Record) String() string {
	var b strings.Builder
	b.WriteString(r.Op)
	if r.Op == opFault {
		fmt.Fprintf(&b, " %s", fault.Describe(r.Faults))
		if r.Error != "" {
			fmt.Fprintf(&b, " %s", r.Error)
		}
		return b.String()
	}
	if r.Session != "" {
		fmt.Fprintf(&b, " %s", r.Session)
	}
	if r.Mode != "" {
		fmt.Fprintf(&b, " %s %q", strings.ToLower(r.Mode), r.Transcript)
	}
	for _, c := range r.Clips {
		fmt.Fprintf(&b, " (%s %.0f %%)", c.ID, 100*c.Arrived)
	}
	if r.Intent != "" {
		fmt.Fprintf(&b, " -> %s %s%s", r.Intent, r.State, slotList(r.Slots))
	}
	switch {
	case r.Elicits != "":
		fmt.Fprintf(&b, ", asks for %s", r.Elicits)
	case r.Action != "":
		fmt.Fprintf(&b, ", %s", r.Action)
	}
	for _, m := range r.Messages {
		fmt.Fprintf(&b, " | %s", strings.Join(strings.Fields(m), " "))
	}
	if r.Error != "" {
		fmt.Fprintf(&b, " %d %s", r.Status, r.Error)
	}
	if r.Fault != "" {
		fmt.Fprintf(&b, " [fault %s]", r.Fault)
	}
	fmt.Fprintf(&b, " (%.0f ms)", r.Millis)
	return b.String()
}

// slotList writes slots by name: " [FlowerType=roses PickupTime=17:00]".
func slotList(slots map[string]string) string {
	if len(slots) == 0 {
		return ""
	}
	return " " + strings.TrimPrefix(fmt.Sprint(slots), "map") // fmt sorts by key
}
