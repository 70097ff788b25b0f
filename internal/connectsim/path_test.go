package connectsim

import (
	"strings"
	"testing"

	"lexline/internal/connect"
)

var testData = map[string]any{
	"AwsRegion":  "us-east-1",
	"Attributes": map[string]string{"tier": "gold", "first name": "Ada", "lex-region": "us-west-2", "path": "$.AwsRegion"},
	"External":   map[string]any{"n": 7.0, "deep": map[string]any{"list": []any{"a", map[string]any{"b": "c"}}}, "yes": true},
}

func TestResolve(t *testing.T) {
	tests := []struct{ text, whole, inside string }{
		{"plain", "plain", "plain"},
		{"$.AwsRegion", "us-east-1", "us-east-1"},
		{"$.Attributes.tier", "gold", "gold"},
		{"$.Attributes.['first name']", "Ada", "Ada"},
		{"$.Attributes['first name']", "Ada", "Ada"},
		{"$.Attributes.lex-region", "us-west-2", "us-west-2"},
		{"$['AwsRegion']", "us-east-1", "us-east-1"},
		{"$['Attributes']['first name'].", "$['Attributes']['first name'].", "Ada."},
		{"$['open", "$['open", "$['open"},
		{"$$.AwsRegion", "$$.AwsRegion", "$us-east-1"},
		{"$.Attributes.missing", "", ""},
		{"$.Nothing.at.all", "", ""},
		{"$.External.n", "7", "7"},
		{"$.External.yes", "true", "true"},
		{"$.External.deep.list[0]", "a", "a"},
		{"$.External.deep.list[1].b", "c", "c"},
		{"$.External.deep.list[2]", "", ""},
		{"$.External.deep.list", `["a",{"b":"c"}]`, `["a",{"b":"c"}]`},
		{"$.AwsRegion.deeper", "", ""},
		{"$.Attributes.path", "$.AwsRegion", "$.AwsRegion"}, // values are not looked into
		{"Hello $.Attributes.tier.", "Hello $.Attributes.tier.", "Hello gold."},
		{"$.Attributes.tier, $.AwsRegion", "$.Attributes.tier, $.AwsRegion", "gold, us-east-1"},
		{"arn:aws:lex:$.AwsRegion:1:bot", "arn:aws:lex:$.AwsRegion:1:bot", "arn:aws:lex:us-east-1:1:bot"},
		{"it costs $5.", "it costs $5.", "it costs $5."},
		{"$", "$", "$"},
		{"$.", "$.", "$."},
		{"$.Attributes.['open", "$.Attributes.['open", `{"first name":"Ada","lex-region":"us-west-2","path":"$.AwsRegion","tier":"gold"}.['open`},
	}
	for _, tt := range tests {
		if got := resolve(tt.text, testData); got != tt.whole {
			t.Errorf("resolve(%q) = %q; want %q", tt.text, got, tt.whole)
		}
		if got := fill(tt.text, testData); got != tt.inside {
			t.Errorf("fill(%q) = %q; want %q", tt.text, got, tt.inside)
		}
	}
}

// A prompt with many references to a large attribute has come to gigabytes.
func TestFilledTextIsBounded(t *testing.T) {
	data := map[string]any{"Attributes": map[string]string{"large": strings.Repeat("x", 30<<10)}}
	got := fill(strings.Repeat("$.Attributes.large ", 10_000), data)
	if len(got) != maxFilled {
		t.Errorf("the text has %d bytes; want %d", len(got), maxFilled)
	}
}

func FuzzParsePath(f *testing.F) {
	for _, seed := range []string{"$.A", "$.A.b[0]", "$.A.['b c'].d", "$.A[x]", "$..", "$.A.['", "$.A.[1", "x$.A", "$.Ä", "$['A']['b c']"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		keys, length := parsePath(text)
		if length > len(text) || (len(keys) == 0) != (length == 0) {
			t.Fatalf("parsePath(%q) = %q, %d", text, keys, length)
		}
		again, whole := parsePath(text[:length])
		if whole != length || strings.Join(again, "\x00") != strings.Join(keys, "\x00") {
			t.Errorf("parsePath(%q) = %q, and of these %d bytes alone %q, %d", text, keys, length, again, whole)
		}
		if length == 0 && !strings.Contains(text, "$.") && !strings.Contains(text, "$['") && fill(text, testData) != text {
			t.Errorf("fill(%q) = %q, and it refers to nothing", text, fill(text, testData))
		}
	})
}

func TestConditions(t *testing.T) {
	tests := []struct {
		operator, value, operand string
		holds                    bool
	}{
		{"Equals", "us-east-1", "us-east-1", true},
		{"Equals", "us-east-1", "US-EAST-1", false},
		{"Equals", "us-east-1", "$.AwsRegion", true},
		{"Equals", "", "us-east-1", false},
		{"TextContains", "us-east-1", "east", true},
		{"TextStartsWith", "us-east-1", "us", true},
		{"TextStartsWith", "us-east-1", "east", false},
		{"TextEndsWith", "us-east-1", "-1", true},
		{"NumberGreaterThan", "10", "9", true},
		{"NumberGreaterThan", "9", "9", false},
		{"NumberGreaterOrEqualTo", "9", "9", true},
		{"NumberLessThan", "9", "10", true},
		{"NumberLessOrEqualTo", "10.5", "10", false},
		{"NumberLessThan", "err", "10", false},
		{"NumberLessThan", "1", "many", false},
		{"Resembles", "a", "a", false},
	}
	for _, tt := range tests {
		c := connect.Condition{Operator: tt.operator, Operands: []string{tt.operand}}
		if got := holds(c, tt.value, testData); got != tt.holds {
			t.Errorf("%q %s %q = %v; want %v", tt.value, tt.operator, tt.operand, got, tt.holds)
		}
	}
	if holds(connect.Condition{Operator: "Equals"}, "", testData) {
		t.Error("a condition without operands holds")
	}
}
