package connectsim

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestScript(t *testing.T) {
	heard := func(prompts ...string) Heard { return Heard{Prompts: prompts} }
	tests := []struct {
		name   string
		script Script
		heard  []Heard
		says   string
	}{
		{"lines in order, then the end", Script{Lines: Say("a", "b")}, make([]Heard, 3), "a|b|(hangs up)"},
		{
			"rules before lines",
			Script{Lines: Say("a", "b"), Rules: []Rule{{"FLOWERS", Utterance{Text: "roses"}}}},
			[]Heard{heard("Hello."), heard("What flowers?"), heard("Really?")},
			"a|roses|b",
		},
		{
			"the last prompt counts first",
			Script{Rules: []Rule{{"hello", Utterance{Text: "hi"}}, {"flowers", Utterance{Text: "roses"}}}},
			[]Heard{heard("Hello.", "What flowers?")},
			"roses",
		},
		{
			"a conversation that broke off is said again",
			Script{Lines: Say("a", "b", "c")},
			[]Heard{{Begins: true}, {}, {Begins: true, Again: true}, {}, {}},
			"a|b|a|b|c",
		},
		{
			"but not what was said before it",
			Script{Lines: Say("a", "b", "c")},
			[]Heard{{Begins: true}, {Begins: true}, {}, {Begins: true, Again: true}, {}},
			"a|b|c|b|c",
		},
		{"no more patience", Script{Rules: []Rule{{"", Utterance{Text: "again"}}}, Patience: 2}, []Heard{heard("x"), heard("x"), heard("x")}, "again|again|(hangs up)"},
		{
			"all that can be done",
			Script{Lines: []Utterance{{}, {Keys: "1#"}, {Speech: &silence, Name: "a.wav"}, {Speech: &silence}}},
			make([]Heard, 4), "(says nothing)|(presses 1#)|(plays a.wav)|(speaks)",
		},
	}
	for _, tt := range tests {
		var says []string
		for _, h := range tt.heard {
			said, err := tt.script.Next(t.Context(), h)
			if err != nil {
				t.Fatal(err)
			}
			says = append(says, said.String())
		}
		if got := strings.Join(says, "|"); got != tt.says {
			t.Errorf("%s: the caller says %q; want %q", tt.name, got, tt.says)
		}
	}
}

func TestStripSSML(t *testing.T) {
	tests := []struct{ ssml, want string }{
		{"<speak>Hello <break time='1s'/> you</speak>", "Hello you"},
		{"<speak>Rock &amp; <emphasis>roll</emphasis></speak>", "Rock & roll"},
		{"no markup", "no markup"},
		{"a < b", "a < b"},
		{"<speak>open", "<speak>open"},
		{"", ""},
	}
	for _, tt := range tests {
		if got := stripSSML(tt.ssml); got != tt.want {
			t.Errorf("stripSSML(%q) = %q; want %q", tt.ssml, got, tt.want)
		}
	}
}

// TestPace listens to a contact at a telephone's pace: a word takes 0.4 s.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lex := lexAction("lex", "us-east-1", "What would you like?", "NoMatchingError:bye InputTimeLimitExceeded:bye =OrderFlowers:bye")
		lex.Parameters["LexSessionAttributes"] = map[string]any{startTimeout: "6000"}
		f := flowOf(lex, act("bye", "DisconnectParticipant", ends(), ""))
		slow := func(region, text string) botReply {
			reply := florist(region, text)
			reply.takes = 3 * time.Second
			return reply
		}
		n := start(t, Config{Flow: f, Pace: 1, Transport: botDouble(slow)})
		r := n.Run(t.Context(), Contact{Caller: &Script{Lines: Say("order flowers", "")}})
		type step struct {
			Event Kind
			At    time.Duration
		}
		var steps []step
		for _, e := range r.Events {
			steps = append(steps, step{e.Event, time.Duration(e.AtMS) * time.Millisecond})
		}
		want := []step{
			{KindStart, 0},
			{KindPrompt, 0},
			{KindCaller, 1600 * time.Millisecond}, // begins to speak
			{KindAnswer, 5400 * time.Millisecond}, // 0.8 s of words and 3 s of Lex
			{KindPrompt, 5400 * time.Millisecond},
			{KindCaller, 6200 * time.Millisecond},  // begins to be silent
			{KindAction, 12200 * time.Millisecond}, // after the 6 s of the session attribute
			{KindBranch, 12200 * time.Millisecond},
			{KindAction, 12200 * time.Millisecond},
			{KindEnd, 12200 * time.Millisecond},
		}
		if diff := cmp.Diff(want, steps); diff != "" || r.Silence != 3*time.Second {
			t.Errorf("longest silence %s; want 3 s; steps (-want +got):\n%s", r.Silence, diff)
		}
	})
}

func TestKeysThatAreStored(t *testing.T) {
	menu := func(validation map[string]any) string {
		f := flowOf(act("menu", "GetParticipantInput", map[string]any{
			"Text": "Your number?", "InputTimeLimitSeconds": "5", "StoreInput": "True", "InputValidation": validation,
		}, "say InvalidPhoneNumber:bad NoMatchingError:error"),
			act("say", "MessageParticipant", map[string]any{"Text": "$.StoredCustomerInput"}, "bye"),
			act("bad", "MessageParticipant", map[string]any{"Text": "That is no number."}, "bye"),
			act("error", "MessageParticipant", map[string]any{"Text": "Error."}, "bye"),
			act("bye", "DisconnectParticipant", ends(), ""))
		r := start(t, Config{Flow: f}).Run(t.Context(), Contact{Caller: &Script{Lines: []Utterance{{Keys: "12345"}}}})
		return strings.Join(prompts(r)[1:], " ")
	}
	tests := []struct {
		name       string
		validation map[string]any
		heard      string
	}{
		{"all", nil, "12345"},
		{"the first three", map[string]any{"CustomValidation": map[string]any{"MaximumLength": "3"}}, "123"},
		{"no telephone number", map[string]any{"PhoneNumberValidation": map[string]any{"NumberFormat": "E164"}}, "That is no number."},
	}
	for _, tt := range tests {
		if got := menu(tt.validation); got != tt.heard {
			t.Errorf("%s: the caller hears %q; want %q", tt.name, got, tt.heard)
		}
	}
}
