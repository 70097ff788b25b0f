package main

import (
	"fmt"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	page := strings.ReplaceAll(`# Title
Text with 'inline' code.

<!-- newcomer: run -->
'''
make demo
'''
1. In a list:
   <!-- newcomer: terminal lex, says "endpoint +http" -->
   '''sh
   bin/lexline bot serve
     --deep
   '''
<!-- newcomer: file dev.yml -->
'''yaml
a: 1
'''
<!-- newcomer: account -->
'''
aws sts get-caller-identity
'''
<!-- newcomer: output -->
'''
all is well
'''
<!-- newcomer: lex said "Fulfilled" -->
<!-- newcomer: run, says "end +ok", and once lex says "day" close lex -->
'''
call
'''
<!-- newcomer: close lex -->
`, "'''", "```")
	want := strings.TrimSpace(`
5 make demo ["make demo"]
10 terminal lex: bin/lexline bot serve ... ["bin/lexline bot serve\n  --deep"] says endpoint +http
15 file dev.yml ["a: 1"]
26 terminal lex has said "Fulfilled" [""] says Fulfilled
28 call ["call"] says end +ok, once lex says day close lex
31 Ctrl-C in terminal lex [""]`)
	steps, err := parse(page)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range steps {
		line := fmt.Sprintf("%d %s [%q]", s.line, s, s.text)
		if s.says != nil {
			line += " says " + s.says.String()
		}
		if s.once != nil {
			line += fmt.Sprintf(", once %s says %s close %s", s.once.name, s.once.says, s.once.close)
		}
		got = append(got, line)
	}
	if strings.Join(got, "\n") != want {
		t.Errorf("the steps are\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
}

func TestParseRefuses(t *testing.T) {
	const block = "\n```\nmake\n```\n"
	tests := []struct{ name, page, want string }{
		{"a block without a remark", block, "line 2: the remark above the block is \"\""},
		{"an unknown remark", "<!-- newcomer: sing -->" + block, `"sing"`},
		{"a remark without a block", "<!-- newcomer: run -->\ntext" + block, "line 2: no block follows"},
		{"a terminal without a name", `<!-- newcomer: terminal, says "x" -->` + block, "does not say what to do"},
		{"a terminal that says nothing", "<!-- newcomer: terminal lex -->" + block, "does not say what to do"},
		{"a wrong expression", `<!-- newcomer: run, says "(" -->` + block, "missing closing"},
		{"a file elsewhere", "<!-- newcomer: file ../x -->" + block, "does not say what to do"},
		{"a block without an end", "<!-- newcomer: run -->\n```\nmake\n", "line 2: the block has no end"},
	}
	for _, test := range tests {
		if steps, err := parse(test.page); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, %v; want an error with %s", test.name, steps, err, test.want)
		}
	}
}

// TestPagesAreComplete asks for a remark above every block of the real pages, and that
// terminals are opened before they are closed or read.
func TestPagesAreComplete(t *testing.T) {
	done := 0
	err := forEachPage("../..", func(page string, steps []step) error {
		open := map[string]bool{}
		for _, s := range steps {
			done++
			switch s.action {
			case opens:
				open[s.name] = true
			case reads, closes:
				if !open[s.name] {
					t.Errorf("%s:%d: terminal %s is not open", page, s.line, s.name)
				}
				open[s.name] = s.action == reads
			}
			if s.once == nil {
				continue
			}
			if !open[s.once.name] || !open[s.once.close] {
				t.Errorf("%s:%d: terminal %s or %s is not open", page, s.line, s.once.name, s.once.close)
			}
			open[s.once.close] = false
		}
		for name, left := range open {
			if left {
				t.Errorf("%s leaves terminal %s open", page, name)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if done < 20 {
		t.Errorf("found %d steps; docs/1-start.md has more", done)
	}
}
