package twilio

import (
	"strings"
	"testing"
)

func TestFindLine(t *testing.T) {
	book, err := newLineBook([]Line{
		{Name: "flowers", Numbers: []string{"+1 (415) 555-0100", "+14155550101"}},
		{Name: "travel", Numbers: []string{"sip:Travel@example.com"}, Default: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ to, want string }{
		{"+14155550100", "flowers"},
		{" +1.415.555.0101 ", "flowers"},
		{"sip:travel@example.com", "travel"},
		{"+14155559999", "travel"},
		{"", "travel"},
	} {
		if got := book.find(test.to); got == nil || got.Name != test.want {
			t.Errorf("find(%q) = %v, want %s", test.to, got, test.want)
		}
	}
	for _, name := range []string{"flowers", "travel"} {
		if got := book.named(name); got == nil || got.Name != name {
			t.Errorf("named(%q) = %v", name, got)
		}
	}
	if got := book.named("pizza"); got != nil {
		t.Errorf("named(pizza) = %v, want nothing", got)
	}
}

func TestFindNoLine(t *testing.T) {
	book, err := newLineBook([]Line{{Name: "flowers", Numbers: []string{"+14155550100"}}})
	if err != nil {
		t.Fatal(err)
	}
	if got := book.find("+14155550199"); got != nil {
		t.Errorf("find of an unknown number = %v, want nothing: there is no default line", got)
	}
}

func TestWrongLines(t *testing.T) {
	ok := Line{Name: "flowers", Numbers: []string{"+14155550100"}}
	for _, test := range []struct {
		name  string
		lines []Line
		want  string
	}{
		{"none", nil, "no line is configured"},
		{"no name", []Line{{Default: true}}, `line 1: name ""`},
		{"control character in the name", []Line{{Name: "a\nb", Default: true}}, "line 1: name"},
		{"same name", []Line{ok, {Name: "flowers", Default: true}}, `line "flowers" is there twice`},
		{"unreachable", []Line{{Name: "x"}}, `line "x": it has no number and is not the default line`},
		{"empty number", []Line{{Name: "x", Numbers: []string{" "}}}, `line "x": number " " is empty`},
		{"same number", []Line{ok, {Name: "x", Numbers: []string{"+1 415 555 0100"}}}, `line "x": number +1 415 555 0100 belongs to line "flowers" already`},
		{"two default lines", []Line{{Name: "x", Default: true}, {Name: "y", Default: true}}, `line "y": line "x" is the default line already`},
		{"long greeting", []Line{{Name: "x", Default: true, Greeting: strings.Repeat("a", maxSay+1)}}, "greeting has 4097 characters"},
		{"long resuming", []Line{{Name: "x", Default: true, Resuming: strings.Repeat("a", maxSay+1)}}, "resuming has 4097 characters"},
		{"bad voice", []Line{{Name: "x", Default: true, Voice: "a\x00"}}, "voice and language"},
		{"greeting and twiml", []Line{{Name: "x", Default: true, Greeting: "hi", TwiML: "<Response>{{stream}}</Response>"}}, "exclude each other"},
		{"bad twiml", []Line{{Name: "x", Default: true, TwiML: "<Response/>"}}, `line "x": twiml: {{stream}}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := newLineBook(test.lines)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("newLineBook = %v, want an error with %q", err, test.want)
			}
		})
	}
}

func TestLastDigits(t *testing.T) {
	for _, test := range []struct{ number, want string }{
		{"+14155550123", "***23"}, {"0123", "***"}, {"", "***"}, {"client:Zoë\xff", "***?"},
	} {
		if got := lastDigits(test.number); got != test.want {
			t.Errorf("lastDigits(%q) = %q, want %q", test.number, got, test.want)
		}
	}
}
