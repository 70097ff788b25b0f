package main

import (
	"strings"
	"testing"
)

func TestPrintAnswer(t *testing.T) {
	tests := []struct {
		name, answer string
		forPerson    bool
		want         string
	}{
		{"for a program", " {\"a\":{\"b\":1}}\n", false, "{\"a\":{\"b\":1}}\n"},
		{"for a person", "{\"a\":{\"b\":1}}", true, "{\n  \"a\": {\n    \"b\": 1\n  }\n}\n"},
		{"no JSON", "{err", true, "{err\n"},
	}
	for _, tt := range tests {
		var out strings.Builder
		if err := printAnswer(&out, []byte(tt.answer), tt.forPerson); err != nil || out.String() != tt.want {
			t.Errorf("%s: %q is printed as %q, %v; want %q", tt.name, tt.answer, out.String(), err, tt.want)
		}
	}
}
