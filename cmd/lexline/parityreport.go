package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"

	"lexline/internal/parity"
)

// parityReport is what a comparison came to; its JSON is for programs.
type parityReport struct {
	Equal         bool           `json:"equal"`
	Regions       []parityRegion `json:"regions"`
	Conversations int            `json:"conversations"`         // compared, in all pairs
	Definitions   []parityPair   `json:"definitions,omitempty"` // left out: not compared
	Answers       []parityPair   `json:"answers,omitempty"`
	Remarks       []string       `json:"remarks"`

	failed bool // nothing could be compared; a remark says why
}

// with adds the report of another locale; r may be nil.
func (r *parityReport) with(other *parityReport) *parityReport {
	if r == nil {
		r = &parityReport{}
	}
	r.Regions = append(r.Regions, other.Regions...)
	r.Definitions = append(r.Definitions, other.Definitions...)
	r.Answers = append(r.Answers, other.Answers...)
	r.Remarks = append(append([]string{}, r.Remarks...), other.Remarks...) // never null
	r.Conversations += other.Conversations
	r.failed = r.failed || other.failed
	r.Equal = !r.failed && r.count() == 0
	return r
}

type parityRegion struct {
	Region  string `json:"region"`
	BotID   string `json:"bot_id"`
	AliasID string `json:"alias_id"`
	Locale  string `json:"locale"`
	Version string `json:"version,omitempty"`
}

// parityPair are the differences between two regions.
type parityPair struct {
	Here        string              `json:"here"`
	There       string              `json:"there"`
	Differences []parity.Difference `json:"differences"`
}

// count is the number of all differences. Answers that a difference of the
// definitions explains count with that; where definitions were not compared, those
// with the same explanation count as one.
func (r *parityReport) count() (n int) {
	for _, p := range r.Definitions {
		n += len(p.Differences)
	}
	for _, p := range r.Answers {
		unexplained, explained := p.fold()
		n += len(unexplained)
		if len(r.Definitions) == 0 {
			n += len(explained)
		}
	}
	return n
}

// fold parts the differences that nothing explains from the others, of which it
// counts how many each place explains.
func (p parityPair) fold() (unexplained []parity.Difference, explained map[string]int) {
	explained = map[string]int{}
	for _, d := range p.Differences {
		if d.ExplainedBy == "" {
			unexplained = append(unexplained, d)
		} else {
			explained[d.ExplainedBy]++
		}
	}
	return unexplained, explained
}

func (r *parityReport) print(w io.Writer, asJSON bool) error {
	r.Equal = r.count() == 0
	if asJSON {
		r.Remarks = append([]string{}, r.Remarks...)
		return printJSON(w, r)
	}
	var text strings.Builder
	for _, place := range r.Regions {
		fmt.Fprintf(&text, "%-14s bot %s, alias %s, version %s, locale %s\n", place.Region, place.BotID, place.AliasID, orUnknown(place.Version), place.Locale)
	}
	for _, p := range r.Definitions {
		p.print(&text, "definitions", "the definitions are the same")
	}
	for _, p := range r.Answers {
		p.print(&text, "answers", "the answers are the same")
	}
	if r.Conversations > 0 {
		fmt.Fprintf(&text, "\n%s compared\n", count(r.Conversations, "conversation", "conversations"))
	}
	printSome(&text, "remark: ", r.Remarks)
	_, err := io.WriteString(w, text.String())
	return err
}

// maxPrinted is how many lines of a kind people get; programs get all.
const maxPrinted = 40

func printSome(text *strings.Builder, before string, lines []string) {
	for i, line := range lines {
		if i == maxPrinted {
			fmt.Fprintf(text, "%s%d more; --json has them all\n", before, len(lines)-i)
			return
		}
		fmt.Fprintf(text, "%s%s\n", before, printable(line))
	}
}

// print writes the differences of a pair, both values side by side where they fit.
func (p parityPair) print(text *strings.Builder, kind, equal string) {
	fmt.Fprintf(text, "\n%s, %s | %s\n", kind, p.Here, p.There)
	if len(p.Differences) == 0 {
		fmt.Fprintf(text, "  %s\n", equal)
		return
	}
	unexplained, explained := p.fold()
	for _, place := range slices.Sorted(maps.Keys(explained)) {
		fmt.Fprintf(text, "  %s as the definitions do: %s\n", count(explained[place], "answer differs", "answers differ"), printable(place))
	}
	for i, d := range unexplained {
		if i == maxPrinted {
			fmt.Fprintf(text, "  and %d more; --json has them all\n", len(unexplained)-i)
			return
		}
		const wide = 76 // of one line with both
		here, there := printable(d.Here), printable(d.There)
		if len([]rune(here))+len([]rune(there)) <= wide {
			fmt.Fprintf(text, "  %s\n      %s | %s\n", printable(d.Path), here, there)
			continue
		}
		fmt.Fprintf(text, "  %s\n      %-14s %s\n      %-14s %s\n", printable(d.Path), p.Here, here, p.There, there)
	}
}

func orUnknown(text string) string {
	if text == "" {
		return "unknown"
	}
	return text
}

// teller says on a terminal how a command goes, in one line that is written over on
// the standard error; elsewhere nothing. It is safe for several goroutines.
type teller struct {
	w        io.Writer // nil: nobody is told
	terminal bool

	mu   sync.Mutex
	open bool // a line is there to be written over
}

func newTeller(env *environment, quiet bool) *teller {
	if quiet {
		return &teller{}
	}
	return &teller{w: env.stderr, terminal: isTerminal(env.stderr)}
}

// say tells of a step in a region.
func (t *teller) say(region, text string) {
	if t.terminal {
		t.write(region + ": " + text)
	}
}

// count tells how many of a number are done.
func (t *teller) count(what string, done, all int64) {
	if t.terminal {
		t.write(fmt.Sprintf("%d of %d %s", done, all, what))
	}
}

func (t *teller) write(text string) {
	if t.w == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	// Back to the beginning, and clear to the end of the line.
	fmt.Fprintf(t.w, "\r\x1b[K%.78s", printable(text))
	t.open = true
}

// end leaves the line.
func (t *teller) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open {
		fmt.Fprint(t.w, "\r\x1b[K")
		t.open = false
	}
}
