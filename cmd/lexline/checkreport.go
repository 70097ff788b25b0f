package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// checkState is what a check came to.
type checkState string

// The states. Only failed ones make the exit code 1.
const (
	checkOK      checkState = "ok"
	checkWarning checkState = "warning"
	checkFailed  checkState = "failed"
	checkSkipped checkState = "not asked"
)

// finding is one line of a report.
type finding struct {
	Section string     `json:"section"` // configuration, region us-east-1, tables ...
	State   checkState `json:"state"`
	What    string     `json:"what"`           // what was looked at
	Text    string     `json:"text,omitempty"` // what was found
	Hint    string     `json:"hint,omitempty"` // what to do about it
}

// findings collects those of one section. It belongs to one goroutine.
type findings struct {
	section string
	list    []finding
}

func (f *findings) add(state checkState, what, text, hint string) {
	f.list = append(f.list, finding{f.section, state, what, text, hint})
}

func (f *findings) ok(what, format string, args ...any) {
	f.add(checkOK, what, fmt.Sprintf(format, args...), "")
}

func (f *findings) warn(what, text, hint string) { f.add(checkWarning, what, text, hint) }
func (f *findings) fail(what, text, hint string) { f.add(checkFailed, what, text, hint) }
func (f *findings) skip(what, text string)       { f.add(checkSkipped, what, text, "") }

// checkReport is what `lexline check` prints with --json.
type checkReport struct {
	File     string    `json:"file,omitempty"` // empty: the environment was all
	OK       bool      `json:"ok"`             // nothing failed
	Seconds  float64   `json:"seconds"`
	Findings []finding `json:"findings"`
}

// count is how many findings have a state.
func (r checkReport) count(state checkState) (n int64) {
	for _, f := range r.Findings {
		if f.State == state {
			n++
		}
	}
	return n
}

// print prints the report for people.
func (r checkReport) print(w io.Writer, took time.Duration) error {
	var text strings.Builder
	section := ""
	for _, f := range r.Findings {
		if f.Section != section {
			section = f.Section
			fmt.Fprintf(&text, "%s\n", printable(section))
		}
		fmt.Fprintf(&text, "  %-9s  %s", f.State, printable(f.What))
		if f.Text != "" {
			fmt.Fprintf(&text, ": %s", printable(f.Text))
		}
		text.WriteString("\n")
		if f.Hint != "" {
			fmt.Fprintf(&text, "  %-9s  hint: %s\n", "", printable(f.Hint))
		}
	}
	fmt.Fprintf(&text, "%d ok, %s, %d failed, %d not asked, in %.1f s\n", r.count(checkOK), count(r.count(checkWarning), "warning", "warnings"),
		r.count(checkFailed), r.count(checkSkipped), took.Seconds())
	_, err := io.WriteString(w, text.String())
	return err
}
