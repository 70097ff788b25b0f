package lexlocal

import (
	"strings"
	"testing"
)

// values is a scope of fixed values, by bracket and name.
type values map[string]string

func (v values) lookUpName(bracket, name string) (string, bool) {
	value, ok := v[bracket+name]
	return value, ok
}

func (v values) contextActive(name string) bool { return v["#"+name] != "" }

func TestEvaluate(t *testing.T) {
	in := values{
		"{Nights": "3", "{City": "New York", "[member": "yes", "[empty": "", "[flag": "false",
		"((channel": "phone", "#ordered": "active",
	}
	for _, test := range []struct {
		text string
		want bool
	}{
		{`{Nights} = 3`, true},
		{`{Nights} = "3.0"`, true},
		{`{Nights} > 10`, false},
		{`{Nights} < 10`, true},
		{`{Nights} >= 3 AND {Nights} <= 3`, true},
		{`{Nights} != 3`, false},
		{`{City} = "New York"`, true},
		{`{City} = 'new york'`, false},
		{`[member] = "yes" OR {Nights} > 5`, true},
		{`[member] = "no" OR {Nights} > 5`, false},
		{`!([member] = "no")`, true},
		{`NOT [member] = "no"`, true},
		{`[member] = "no" OR [member] = "yes" AND {Nights} = 3`, true},
		{`([member] = "no" OR [member] = "yes") AND {Nights} = 4`, false},
		{`(([member] = "yes"))`, true},
		{`((channel)) = "phone"`, true},
		{`((other)) = "phone"`, false},
		{`((other)) != "phone"`, true},
		{`{Missing} = ""`, false},
		{`{Missing} < 5`, false},
		{`fn.IS_SET({Nights})`, true},
		{`fn.IS_SET({Missing})`, false},
		{`!fn.IS_SET([missing]) AND fn.IS_SET([empty])`, true},
		{`fn.COUNT({Nights}) = 1`, true},
		{`fn.COUNT({Missing}) = 0`, true},
		{`fn.FIRST({City}) = fn.LAST({City})`, true},
		{`fn.ACTIVE_CONTEXT("ordered")`, true},
		{`fn.ACTIVE_CONTEXT("shipped")`, false},
		{`[flag]`, false},
		{`[member]`, true},
		{`"a \"quoted\" word" = "a \"quoted\" word"`, true},
	} {
		got, err := evaluate(test.text, in)
		if err != nil || got != test.want {
			t.Errorf("%s = %v, %v; want %v", test.text, got, err, test.want)
		}
	}
}

func TestBadConditions(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", "is empty"},
		{"{Nights} =", "ends too early"},
		{"= 3", `"=" stands where a value should be`},
		{"{Nights} = = 3", `"=" stands where a value should be`},
		{"({Nights} = 3", "a parenthesis is not closed"},
		{"{Nights} = 3)", `unexpected ")"`},
		{"{Nights} 3", `unexpected "3"`},
		{"{Nights = 3", "is not understood"},
		{`"open`, "is not understood"},
		{"fn.SUM({Nights})", "there is no function fn.SUM"},
		{"fn.IS_SET {Nights}", "needs an argument in parentheses"},
		{"fn.IS_SET({Nights}", "takes one argument"},
		{strings.Repeat("(", 2000), "at most 1024 are allowed"},
	} {
		got, err := evaluate(test.text, values{})
		if err == nil || !strings.Contains(err.Error(), test.want) || got {
			t.Errorf("%.40s = %v, %v; want an error with %q", test.text, got, err, test.want)
		}
	}
}

func FuzzEvaluate(f *testing.F) {
	for _, seed := range []string{
		`{Nights} > 3 AND [member] = "yes"`, `!(fn.IS_SET([a]) OR ((b)) != 'c')`, `((((`, `fn.COUNT({a}) = -1.5`, `"\"`, "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		is, err := evaluate(text, values{"{Nights": "3"})
		if err != nil && is {
			t.Errorf("%q is true in spite of %v", text, err)
		}
		if again, _ := evaluate(text, values{"{Nights": "3"}); again != is {
			t.Errorf("%q is %v and then %v", text, is, again)
		}
	})
}
