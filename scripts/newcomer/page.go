package main

import (
	"fmt"
	"regexp"
	"strings"
)

// action is what a step of a page is.
type action int

const (
	runs   action = iota // a block of commands that ends by itself
	opens                // a block that goes on in a terminal of its own
	writes               // a block that is put into a file
	closes               // Ctrl-C in a terminal
	reads                // what a terminal must have said by then
)

// step is one thing that a page has its reader do. Steps that need an account, and
// blocks that only show what a command prints, are none.
type step struct {
	action action
	line   int            // of the page, from 1
	text   string         // of the block; empty without one
	name   string         // of the terminal, or of the file
	says   *regexp.Regexp // what must be printed; nil: anything
	once   *moment        // of a block that runs; nil: nothing happens meanwhile
}

// moment is Ctrl-C in one terminal once another one has said something.
type moment struct {
	name  string
	says  *regexp.Regexp
	close string
}

func (s step) String() string {
	first, _, more := strings.Cut(s.text, "\n")
	if more {
		first += " ..."
	}
	switch s.action {
	case opens:
		return "terminal " + s.name + ": " + first
	case writes:
		return "file " + s.name
	case closes:
		return "Ctrl-C in terminal " + s.name
	case reads:
		return fmt.Sprintf("terminal %s has said %q", s.name, s.says)
	}
	return first
}

var (
	remark = regexp.MustCompile(`^\s*<!-- newcomer: (.*) -->$`)
	fenced = regexp.MustCompile("^( *)```([a-z]*)$")
	forms  = map[action]*regexp.Regexp{
		runs:   regexp.MustCompile(`^run(?:, says "(?P<says>.*)")?(?:, and once (?P<other>\w+) says "(?P<moment>.*)" close (?P<close>\w+))?$`),
		opens:  regexp.MustCompile(`^terminal (?P<name>\w+), says "(?P<says>.*)"$`),
		writes: regexp.MustCompile(`^file (?P<name>[\w.-]+)$`),
		closes: regexp.MustCompile(`^close (?P<name>\w+)$`),
		reads:  regexp.MustCompile(`^(?P<name>\w+) said "(?P<says>.*)"$`),
	}
)

// parse lists the steps of a page in order. Above each fenced block must stand a
// remark, which nobody sees who reads the page, that says what to do with it:
//
//	<!-- newcomer: run -->                      run it, to its end
//	<!-- newcomer: run, says "RE" -->           and look for a text in what it prints
//	<!-- newcomer: run, and once NAME says "RE" close NAME -->
//	<!-- newcomer: terminal NAME, says "RE" --> run it beside the others, and wait for the text
//	<!-- newcomer: file NAME -->                write it to a file
//	<!-- newcomer: account -->                  leave it: it needs an account, or the internet
//	<!-- newcomer: output -->                   leave it: it is what something prints
//
// and between blocks may stand
//
//	<!-- newcomer: close NAME -->               Ctrl-C in that terminal
//	<!-- newcomer: NAME said "RE" -->           look for a text in what it has printed
func parse(page string) ([]step, error) {
	var steps []step
	lines := strings.Split(page, "\n")
	said := "" // the remark above this line
	for i := 0; i < len(lines); i++ {
		if found := remark.FindStringSubmatch(lines[i]); found != nil {
			if s, ok, err := between(found[1], i+1); err != nil {
				return nil, err
			} else if ok {
				steps = append(steps, s)
			} else {
				said = found[1]
			}
			continue
		}
		found := fenced.FindStringSubmatch(lines[i])
		if found == nil {
			if said != "" {
				return nil, fmt.Errorf("line %d: no block follows the remark %q", i+1, said)
			}
			continue
		}
		begin := i + 1
		var text []string
		for i++; i < len(lines) && strings.TrimSpace(lines[i]) != "```"; i++ {
			text = append(text, strings.TrimPrefix(lines[i], found[1]))
		}
		if i == len(lines) {
			return nil, fmt.Errorf("line %d: the block has no end", begin)
		}
		s, ok, err := block(said, begin, strings.Join(text, "\n"))
		if err != nil {
			return nil, err
		}
		if ok {
			steps = append(steps, s)
		}
		said = ""
	}
	return steps, nil
}

// between returns the step of a remark that needs no block, if it is one.
func between(said string, line int) (step, bool, error) {
	for _, a := range []action{closes, reads} {
		if found := forms[a].FindStringSubmatch(said); found != nil {
			s := step{action: a, line: line}
			err := s.fill(forms[a], found)
			return s, err == nil, err
		}
	}
	return step{}, false, nil
}

// block returns the step of a block with a remark above it; there is none where it is
// to be left.
func block(said string, line int, text string) (step, bool, error) {
	if said == "account" || said == "output" {
		return step{}, false, nil
	}
	for _, a := range []action{runs, opens, writes} {
		if found := forms[a].FindStringSubmatch(said); found != nil {
			s := step{action: a, line: line, text: text}
			err := s.fill(forms[a], found)
			return s, err == nil, err
		}
	}
	return step{}, false, fmt.Errorf("line %d: the remark above the block is %q, which does not say what to do with it", line, said)
}

// fill takes the parts of a remark.
func (s *step) fill(form *regexp.Regexp, found []string) error {
	part := func(name string) string {
		if i := form.SubexpIndex(name); i >= 0 {
			return found[i]
		}
		return ""
	}
	s.name = part("name")
	var err error
	if says := part("says"); says != "" {
		if s.says, err = regexp.Compile(says); err != nil {
			return fmt.Errorf("line %d: %w", s.line, err)
		}
	}
	if other := part("other"); other != "" {
		s.once = &moment{name: other, close: part("close")}
		if s.once.says, err = regexp.Compile(part("moment")); err != nil {
			return fmt.Errorf("line %d: %w", s.line, err)
		}
	}
	return nil
}
