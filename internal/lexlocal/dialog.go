package lexlocal

import (
	"hash/fnv"
	"math/rand/v2"
	"time"

	"lexline/internal/botdef"
	"lexline/internal/nlu"
)

// dialog runs the conversations of one locale of a bot. It holds no
// conversation itself, reads no clock and does no I/O: the same session, input,
// time and seed give the same answer. It is safe for several goroutines.
type dialog struct {
	locale *botdef.Locale
	model  *nlu.Model
	keys   bool   // key-press mode: questions are followed by a list of keys
	hooks  bool   // there is a Lambda function: the dialog stops where it is to be asked
	seed   uint64 // of the choice among message variations
}

// input is one turn of a caller.
type input struct {
	sessionID string
	mode      string // modeSpeech, modeText or modeDTMF
	// text is what was typed, keyed or recognised. "" means that the caller
	// said nothing, or nothing that could be understood.
	text  string
	state *sessionState // sent with the request, nil for none; checkState has passed it
	// attributes are those of the request. They last for this turn only.
	attributes map[string]string
}

// answer is the bot's side of a turn; or, if call is not nil, a turn that is
// not over, because the bot's Lambda function has to be asked first.
type answer struct {
	call *hookCall

	session         *session // to be kept for the next turn
	messages        []message
	interpretations []interpretation
}

// closed says whether the dialog is over.
func (a *answer) closed() bool { return a.session.action.Type == actionClose }

// Step answers one turn: s is the session before it, nil for a new one. The
// answer has a message or closes the dialog, or both, unless the bot itself
// has nothing to say at this point. The error is an *apiError about in.state.
//
// The rules are those of
// https://docs.aws.amazon.com/lexv2/latest/dg/how-it-works.html.
func (d *dialog) Step(s *session, in input, now time.Time) (*answer, error) {
	t := d.begin(s, in.sessionID, now)
	t.request = in.attributes
	if err := t.takeOver(in.state); err != nil {
		return nil, err
	}
	t.mode, t.transcript = in.mode, in.text
	t.s.spendTurn()
	return t.goOn(t.hear(in.text)), nil
}

// Expects returns what the bot waits for in a session, once the state that
// came with a request has been applied: what a recognizer should listen for.
func (d *dialog) Expects(s *session, in input, now time.Time) (nlu.State, error) {
	t := d.begin(s, in.sessionID, now)
	if err := t.takeOver(in.state); err != nil {
		return nlu.State{}, err
	}
	if t.s.action.Type == actionDelegate {
		t.s.action = t.nextQuestion()
	}
	return t.s.nluState(), nil
}

// Put answers PutSession: the dialog is set to state, and the bot says what it
// has to say there. Messages, if there are any, take the place of the bot's
// own words.
func (d *dialog) Put(s *session, sessionID string, state *sessionState, messages []message, now time.Time) (*answer, error) {
	t := d.begin(s, sessionID, now)
	if err := t.takeOver(state); err != nil {
		return nil, err
	}
	t.mode, t.words = modeText, messages
	return t.goOn(t.resume(len(messages) > 0)), nil
}

// turn is the work on one turn. It lives no longer than Step or Put, and the
// Resumes of its code hooks.
type turn struct {
	d   *dialog
	now time.Time
	rng *rand.Rand
	s   *session // the session as it will be after the turn

	request   map[string]string // request attributes
	messages  []message
	last      []message // what the bot said in the turn before
	readings  []nlu.Interpretation
	suspended *question // what a HelpIntent interrupted
	quiet     bool      // the next prompt is not spoken

	mode, transcript string    // of the caller's input
	words            []message // of the client of Put, in the place of the bot's
	call             *hookCall // where the turn has stopped, nil while it goes on
}

// question is what the bot was waiting for when it was interrupted.
type question struct {
	intent *intentState
	action dialogAction
	tries  int
}

func (d *dialog) begin(s *session, sessionID string, now time.Time) *turn {
	opened := s.open()
	opened.dropExpired(now)
	if !d.knows(opened) {
		opened.intent, opened.action, opened.retries = nil, dialogAction{}, 0
	}
	id := fnv.New64a()
	_, _ = id.Write([]byte(sessionID)) // never fails
	t := &turn{
		d: d, now: now, s: opened, last: opened.messages,
		rng: rand.New(rand.NewPCG(d.seed^id.Sum64(), opened.turns)),
	}
	opened.turns++
	return t
}

// knows says whether a session's intent and slots are those of this definition. An
// alias may have been pointed at another version in the middle of a conversation.
func (d *dialog) knows(s *session) bool {
	if s.intent == nil {
		return true
	}
	def := d.locale.Intent(s.intent.Name)
	if def == nil || s.action.SlotToElicit != "" && def.Slot(s.action.SlotToElicit) == nil {
		return false
	}
	for name := range s.intent.Slots {
		if def.Slot(name) == nil {
			return false
		}
	}
	return true
}

// maxStages ends dialogs whose next steps lead round in a circle.
const maxStages = 100

// stage is one step of a dialog. It returns the next step, nil when it is the
// caller's turn to speak or the dialog is over.
type stage func(t *turn) stage

func (t *turn) run(next stage) {
	for i := 0; next != nil; i++ {
		if i == maxStages {
			if t.s.intent != nil {
				t.s.intent.State = stateFailed
			}
			t.s.action = dialogAction{Type: actionClose}
			return
		}
		next = next(t)
	}
}

// goOn runs the turn from a stage to its end, or to its next code hook.
func (t *turn) goOn(next stage) *answer {
	t.run(next)
	if t.call != nil {
		return &answer{call: t.call}
	}
	return t.end()
}

// end makes the answer of what the turn has come to.
func (t *turn) end() *answer {
	t.s.dropSpent()
	if len(t.words) > 0 {
		t.messages = t.words
	}
	if n := len(t.messages); n > maxMessages {
		t.messages = t.messages[n-maxMessages:] // the question comes last
	}
	t.s.messages = t.messages
	t.s.interpretations = t.interpretations()
	return &answer{session: t.s, messages: t.messages, interpretations: t.s.interpretations}
}

// interpretations lists what the caller may have meant: the intent in force,
// the other readings of the text by score, and always the fallback intent.
func (t *turn) interpretations() []interpretation {
	var list []interpretation
	score := make(map[string]*confidence)
	for _, r := range t.readings {
		if r.Intent.Parent != botdef.FallbackSignature {
			score[r.Intent.Name] = &confidence{r.Score}
		}
	}
	inForce := ""
	if in := t.s.intent; in != nil {
		inForce = in.Name
		list = append(list, interpretation{Confidence: score[in.Name], Intent: *in, Source: "Lex"})
	}
	fallback := t.d.locale.Fallback()
	for _, r := range t.readings {
		if r.Intent.Name == inForce || r.Intent == fallback || len(list) == maxInterpretations-1 {
			continue
		}
		meant := newIntent(r.Intent)
		fillSlots(meant, r.Intent, r.Slots)
		meant.State, meant.Confirmation = "", ""
		list = append(list, interpretation{Confidence: score[r.Intent.Name], Intent: *meant, Source: "Lex"})
	}
	if fallback != nil && fallback.Name != inForce {
		list = append(list, interpretation{Intent: intentState{Name: fallback.Name, Slots: map[string]*slot{}}, Source: "Lex"})
	}
	return list
}

// newIntent returns the state of an intent at its beginning.
func newIntent(def *botdef.Intent) *intentState {
	in := &intentState{Name: def.Name, Slots: make(map[string]*slot, len(def.Slots)), State: stateInProgress, Confirmation: confirmationNone}
	for _, s := range def.Slots {
		in.Slots[s.Name] = nil
	}
	return in
}

// fillSlots puts values that a text gave into an intent.
func fillSlots(in *intentState, def *botdef.Intent, values map[string]nlu.Value) {
	for name, v := range values {
		if s := def.Slot(name); s != nil {
			in.Slots[name] = newSlot(s, v)
		}
	}
}

// newSlot returns the wire form of a resolved value.
func newSlot(def *botdef.Slot, v nlu.Value) *slot {
	value := &slotValue{Original: v.Original, Resolved: v.Resolved}
	if v.Interpreted != "" {
		value.Interpreted = &v.Interpreted
	}
	if value.Resolved == nil {
		value.Resolved = []string{}
	}
	scalar := &slot{Shape: "Scalar", Value: value}
	if def.Multiple {
		return &slot{Shape: "List", Value: value, Values: []*slot{scalar}}
	}
	return scalar
}
