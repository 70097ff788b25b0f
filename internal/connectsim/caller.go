package connectsim

import (
	"context"
	"slices"
	"strings"

	"lexline/internal/audio"
)

// Caller is the person at the telephone.
type Caller interface {
	// Next returns what the caller does once they have heard something and it is
	// their turn. It may take any time, but not longer than ctx. An error ends the
	// contact as if the caller hung up.
	Next(ctx context.Context, heard Heard) (Utterance, error)
}

// Heard is what was played to a caller since their last turn.
type Heard struct {
	Prompts []string // in their order, markup removed; blank ones are not there
	Keypad  bool     // keys are wanted, words are not listened to
	Begins  bool     // a block begins to listen: this is its first turn

	// Again says that the conversation with a bot broke off, and that this one
	// knows nothing of it: what was said in it has to be said again.
	Again bool
}

// Utterance is what a caller does in one turn. The zero value is silence. Keys
// count before Speech, and Speech before Text.
type Utterance struct {
	Text   string
	Keys   string      // of a telephone: 0-9, *, #
	Speech *audio.Clip // is brought to 8 kHz
	Name   string      // of the recording, to show
	HangUp bool
}

// Silent reports whether the caller said and did nothing.
func (u Utterance) Silent() bool {
	return u.Keys == "" && u.Speech == nil && strings.TrimSpace(u.Text) == "" && !u.HangUp
}

// String words the utterance for a person.
func (u Utterance) String() string {
	switch {
	case u.HangUp:
		return "(hangs up)"
	case u.Keys != "":
		return "(presses " + u.Keys + ")"
	case u.Speech != nil && u.Name != "":
		return "(plays " + u.Name + ")"
	case u.Speech != nil:
		return "(speaks)"
	case u.Silent():
		return "(says nothing)"
	}
	return u.Text
}

// Say returns the utterances of these texts, for a Script.
func Say(texts ...string) []Utterance {
	lines := make([]Utterance, len(texts))
	for i, text := range texts {
		lines[i] = Utterance{Text: text}
	}
	return lines
}

// Rule is what a caller answers to a prompt that contains Hears, in any case of
// its letters.
type Rule struct {
	Hears string
	Says  Utterance
}

// Script is a caller who knows beforehand what to say: the answer of the first
// rule that fits the last prompt, or else the next of the lines. When a
// conversation broke off they say the lines of it again. When there is nothing
// left to say, or their patience is over, they hang up. A Script serves one
// contact.
type Script struct {
	Lines    []Utterance
	Rules    []Rule
	Patience int // turns; 0: UsualPatience

	turns, next int
	begin       int // line with which the conversation began
}

// UsualPatience is how many turns a Script takes part in.
const UsualPatience = 100

// Next returns the next utterance of the script. It does not block.
func (s *Script) Next(_ context.Context, heard Heard) (Utterance, error) {
	patience := s.Patience
	orElse(&patience, UsualPatience)
	if s.turns++; s.turns > patience {
		return Utterance{HangUp: true}, nil
	}
	switch {
	case heard.Again:
		s.next = s.begin
	case heard.Begins:
		s.begin = s.next
	}
	if says, ok := s.rule(heard); ok {
		return says, nil
	}
	if s.next == len(s.Lines) {
		return Utterance{HangUp: true}, nil
	}
	s.next++
	return s.Lines[s.next-1], nil
}

// rule looks for a rule that fits the last prompts, the latest of them first.
func (s *Script) rule(heard Heard) (Utterance, bool) {
	for _, prompt := range slices.Backward(heard.Prompts) {
		for _, r := range s.Rules {
			if strings.Contains(strings.ToLower(prompt), strings.ToLower(r.Hears)) {
				return r.Says, true
			}
		}
	}
	return Utterance{}, false
}
