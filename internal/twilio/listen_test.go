package twilio

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

var updateLinks = links{
	resume: "https://voice.example.com/resume", stream: "wss://voice.example.com/stream/",
	update: "https://voice.example.com/updatecall", keys: gathering{}.withDefaults(),
}

const (
	startVerb = `<Start><Stream name="lexline" url="wss://voice.example.com/stream/TOKEN" track="both_tracks">` +
		`<Parameter name="line" value="flowers"></Parameter></Stream></Start>`
	gatherStart = `<Gather input="dtmf" action="https://voice.example.com/updatecall" method="POST" timeout="3" finishOnKey="#">`
	gatherEnd   = `<Pause length="10"></Pause></Gather><Redirect method="POST">https://voice.example.com/updatecall</Redirect>`
)

func TestTwiMLOfAOneWayStream(t *testing.T) {
	line := prepare(t, Line{Name: "flowers", Greeting: "Welcome.", Resuming: "Hello again.", Voice: "Polly.Amy", Update: true})
	custom := prepare(t, Line{Name: "flowers", TwiML: "<Response><Play>https://example.com/a.wav</Play>{{stream}}</Response>", Update: true})
	for _, test := range []struct {
		name string
		got  []byte
		want string
	}{
		{"greeting", updateLinks.greet(line, "TOKEN"), xmlHead + `<Response><Say voice="Polly.Amy">Welcome.</Say>` + startVerb + gatherStart + gatherEnd + `</Response>`},
		{"own document", updateLinks.greet(custom, "TOKEN"), `<Response><Play>https://example.com/a.wav</Play>` + startVerb + gatherStart + gatherEnd + `</Response>`},
		{
			"another stream", updateLinks.reconnect(line, "TOKEN"), xmlHead + `<Response><Stop><Stream name="lexline"></Stream></Stop>` +
				`<Say voice="Polly.Amy">Hello again.</Say>` + startVerb + gatherStart + gatherEnd + `</Response>`,
		},
		{"words", updateLinks.listening(line, "Roses & tulips?"), xmlHead + `<Response>` + gatherStart + `<Say voice="Polly.Amy">Roses &amp; tulips?</Say>` + gatherEnd + `</Response>`},
		{"silence", updateLinks.listening(line, ""), xmlHead + `<Response>` + gatherStart + gatherEnd + `</Response>`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, string(test.got)); diff != "" {
				t.Errorf("document (-want +got):\n%s", diff)
			}
		})
	}
}

func TestKeysAreGatheredInTwiliosTerms(t *testing.T) {
	line := prepare(t, Line{Name: "flowers", Update: true})
	for _, test := range []struct {
		keys gathering
		want string
	}{
		{gathering{}, `timeout="3" finishOnKey="#"`},
		{gathering{2500 * time.Millisecond, '*'}, `timeout="3" finishOnKey="*"`},
		{gathering{300 * time.Millisecond, '9'}, `timeout="1" finishOnKey="9"`},
		{gathering{4 * time.Second, 'A'}, `timeout="4">`},
	} {
		l := updateLinks
		l.keys = test.keys.withDefaults()
		if got := string(l.listening(line, "")); !strings.Contains(got, test.want) {
			t.Errorf("keys %+v: %s; want %s in it", test.keys, got, test.want)
		}
	}
}

func TestLongWordsAreSaidInParts(t *testing.T) {
	for _, test := range []struct {
		name, words string
		want        []int // characters of the parts
	}{
		{"none", " ", nil},
		{"one", strings.Repeat("a", maxSay), []int{maxSay}},
		{"cut at a space", strings.Repeat("word ", 1000), []int{4094, 904}},
		{"no space to cut at", strings.Repeat("ü", maxSay+10), []int{maxSay, 10}},
	} {
		var got []int
		for _, part := range sayable(test.words) {
			got = append(got, utf8.RuneCountInString(part))
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: characters of the parts (-want +got):\n%s", test.name, diff)
		}
	}
}
