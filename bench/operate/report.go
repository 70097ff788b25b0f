package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"lexline/bench/process"
)

// must is the bar of the ratio.
const must = 1.05

// summary is an outcome in the figures that people compare. Its JSON form is what
// --json prints.
type summary struct {
	Calls  int           `json:"calls"`    // at once, on each gateway
	Pause  time.Duration `json:"pause_ns"` // between the turns of a call
	Rounds []round       `json:"rounds"`
	Turns  int64         `json:"turns"`         // on each gateway, in the whole run
	Writes int64         `json:"record_writes"` // of the operated gateway

	Plain    float64 `json:"cpu_us_per_message_plain"` // median of the rounds
	Operated float64 `json:"cpu_us_per_message_operated"`
	Ratio    float64 `json:"ratio"` // median of the rounds' ratios
	Least    float64 `json:"ratio_least"`
	Most     float64 `json:"ratio_most"`
	Share    float64 `json:"profile_share"`

	Machine process.Machine `json:"machine"`
}

func summarize(m outcome, machine process.Machine) summary {
	var plain, operated, ratios []float64
	for _, r := range m.rounds {
		plain = append(plain, r.Plain.perMessage()/1e3)
		operated = append(operated, r.Operated.perMessage()/1e3)
		ratios = append(ratios, r.ratio())
	}
	return summary{
		Calls: m.options.calls, Pause: m.options.pause, Rounds: m.rounds, Turns: m.turns, Writes: m.writes,
		Plain: middle(plain), Operated: middle(operated),
		Ratio: middle(ratios), Least: slices.Min(ratios), Most: slices.Max(ratios), Share: m.share,
		Machine: machine,
	}
}

// middle returns the median, of an even number the higher one.
func middle(values []float64) float64 { return slices.Sorted(slices.Values(values))[len(values)/2] }

func (s summary) missed() bool { return s.Ratio > must }

// writeTable writes the figures for a person.
func (s summary) writeTable(w io.Writer) {
	scrapes := 0
	for _, r := range s.Rounds {
		scrapes += r.Scrapes
	}
	fmt.Fprintf(w, "%d calls at once on each gateway, a turn every %v; %d rounds on %d x %s\n\n", s.Calls, s.Pause, len(s.Rounds), s.Machine.Cores, s.Machine.CPU)
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', tabwriter.AlignRight)
	row := func(cells ...string) { fmt.Fprintln(table, strings.Join(cells, "\t")+"\t") }
	row("", "CPU us/message", "over plain", "of its profile")
	row("plain: no store, not asked", fmt.Sprintf("%.2f", s.Plain), "1.00", "")
	row("records kept, metrics asked for", fmt.Sprintf("%.2f", s.Operated), fmt.Sprintf("%.3f", s.Ratio), fmt.Sprintf("%.1f %%", 100*s.Share))
	row("must", "", fmt.Sprint(must), "")
	table.Flush()
	fmt.Fprintf(w, "\nover plain: %.3f to %.3f in single rounds; %d turns on each, %d writes of records, %d scrapes\n", s.Least, s.Most, s.Turns, s.Writes, scrapes)
	if s.missed() {
		fmt.Fprintf(w, "missed: the ratio is %.3f, must be at most %.2f\n", s.Ratio, must)
	}
	fmt.Fprintf(w, "metrics and records: %.3f\n", s.Ratio)
}

// writeJSON writes the figures for a program.
func (s summary) writeJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(s)
}

// writeBenchstat writes every round in the format of Go benchmarks, see
// https://go.dev/design/14313-benchmark-format.
func (s summary) writeBenchstat(w io.Writer) {
	m := s.Machine
	fmt.Fprintf(w, "date: %s\ncommand: %s\ngoos: %s\ngoarch: %s\ncpu: %s\ncores: %d\nkernel: %s\ngo: %s\ncalls: %d\npkg: lexline/bench/operate\n\n",
		m.Date, m.Command, m.OS, m.Arch, m.CPU, m.Cores, m.Kernel, m.Go, s.Calls)
	for _, r := range s.Rounds {
		fmt.Fprintf(w, "BenchmarkOperate/gateway=plain-%d\t%d\t%.0f cpu-ns/msg\n", m.Cores, r.Plain.Messages, r.Plain.perMessage())
		fmt.Fprintf(w, "BenchmarkOperate/gateway=operated-%d\t%d\t%.0f cpu-ns/msg\t%.3f over-plain\n", m.Cores, r.Operated.Messages, r.Operated.perMessage(), r.ratio())
	}
	fmt.Fprintf(w, "BenchmarkOperate/whole-run-%d\t1\t%.3f over-plain\t%.4f profile-share\n", m.Cores, s.Ratio, s.Share)
}
