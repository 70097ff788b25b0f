package speech

import (
	"strings"
	"testing"
)

func TestWithRejection(t *testing.T) {
	const header = "#JSGF V1.0;\ngrammar g;\n"
	tests := []struct {
		name, jsgf string
		want       string // what becomes of the public rule; empty for an error
		public     string // the rule beside the rejection
	}{
		{"one rule", header + "public <a> = yes | no;", "\n<a> = yes | no;", "<a>"},
		{"rules before and after", header + "<x> = one;\npublic <a.b-1> = <x> <y>;\n<y> = two;", "\n<a.b-1> = <x> <y>;", "<a.b-1>"},
		{"odd blanks", header + "public\n <a>\t=yes;", "\n<a> =yes;", "<a>"},
		{"a word like the keyword", header + "<republic> = x; public <a> = republic;", " <a> = republic;", "<a>"},
		{"no public rule", header + "<a> = yes;", "", ""},
		{"a keyword that is only the end of one", header + "republic <a> = yes;", "", ""},
		{"no rule body", header + "public <a>;", "", ""},
		{"two public rules", header + "public <a> = yes;\npublic <b> = no;", "", ""},
		{"nothing", "", "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := withRejection(test.jsgf)
			if test.want == "" {
				if err == nil || !strings.Contains(err.Error(), "exactly one public rule") {
					t.Errorf("withRejection(%q) = %q, %v; want an error", test.jsgf, got, err)
				}
				return
			}
			if err != nil {
				t.Fatalf("withRejection(%q) = %v", test.jsgf, err)
			}
			end := "public <lexline_heard> = " + test.public + " | <lexline_other>;\n"
			if !strings.Contains(got, test.want) || !strings.HasSuffix(got, end) || len(publicRule.FindAllString(got, -1)) != 1 {
				t.Errorf("withRejection(%q) = %q; want the rule %q and at the end the only public one, %q", test.jsgf, got, test.want, end)
			}
		})
	}
}

// TestRejectionWords checks that what was rejected is recognised as such, and
// that every sound of the model takes part in it.
func TestRejectionWords(t *testing.T) {
	forms := RejectionWords()
	if len(forms) != 39 { // http://www.speech.cs.cmu.edu/cgi-bin/cmudict
		t.Errorf("%d rejection words; want one for each of the 39 phones of the CMU set", len(forms))
	}
	grammar, err := withRejection("public <a> = yes;")
	if err != nil {
		t.Fatal(err)
	}
	for _, form := range forms {
		if !rejected(form.Word) || !rejected("__b "+form.Word) || !strings.Contains(grammar, form.Word) {
			t.Errorf("%q is rejected %v, in the grammar %v; want both", form.Word, rejected(form.Word), strings.Contains(grammar, form.Word))
		}
	}
	for _, words := range []string{"", "yes", "o'clock", "e_mail"} {
		if rejected(words) {
			t.Errorf("%q is taken for rejected", words)
		}
	}
}
