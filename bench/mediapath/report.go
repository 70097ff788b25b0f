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
	"lexline/internal/audio"
)

// The bars that the media path is held to.
const (
	mustRatio, stretchRatio             = 1.6, 1.3
	mustAllocations, stretchAllocations = 1, 0
	mustRSS, stretchRSS                 = 64 << 10, 40 << 10
)

// doubtful is how late the sender may be, in one slot of a hundred, before the
// figures mean little: what is late comes in bunches, and a server that finds
// several messages in one read has less to do for each.
const doubtful = 10 * time.Millisecond

// summary is an outcome in the figures that people compare. Its JSON form is
// what --json prints.
type summary struct {
	Calls         int     `json:"calls"`
	Rounds        int     `json:"rounds"`
	WindowSeconds float64 `json:"window_seconds"`
	Messages      float64 `json:"messages"`
	MessageBytes  float64 `json:"message_bytes"` // on the wire, mean

	OverR       float64 `json:"over_r"` // median of the rounds
	OverRLow    float64 `json:"over_r_low"`
	OverRHigh   float64 `json:"over_r_high"`
	CPU         float64 `json:"cpu_us_per_message"`
	CPUR        float64 `json:"cpu_us_per_message_r"`
	PerCore     float64 `json:"calls_per_core"`
	Allocations float64 `json:"allocations_per_message"`
	RSSPerCall  float64 `json:"rss_per_call_bytes"`
	RSSPerCallR float64 `json:"rss_per_call_bytes_r"`
	RSSIdle     float64 `json:"rss_idle_bytes"`
	LateMicros  float64 `json:"sender_late_us_p99"` // what the sender itself added

	Machine process.Machine `json:"machine"`
}

func summarize(o outcome, command string, now time.Time) summary {
	ratios := o.measured.ratios()
	cpu := median(costs(o.measured.gateway)) / 1e3
	var late []time.Duration
	for _, s := range slices.Concat(o.measured.gateway, o.measured.floor) {
		late = append(late, s.late...)
	}
	return summary{
		Calls: o.options.calls, Rounds: o.options.rounds, WindowSeconds: o.options.window.Seconds(),
		Messages: o.messages, MessageBytes: o.bytes / o.messages,
		OverR: median(ratios), OverRLow: slices.Min(ratios), OverRHigh: slices.Max(ratios),
		CPU: cpu, CPUR: median(costs(o.measured.floor)) / 1e3,
		PerCore:     1e6 / cpu * audio.FrameDuration.Seconds(),
		Allocations: o.allocations,
		RSSPerCall:  o.rssPerCall(0), RSSPerCallR: o.rssPerCall(1), RSSIdle: float64(o.idleRSS[0]),
		LateMicros: float64(percentile(late, 0.99).Microseconds()),
		Machine:    process.ThisMachine(command, now),
	}
}

// missed returns the bars that were missed, in words.
func (s summary) missed() []string {
	var missed []string
	miss := func(is bool, format string, args ...any) {
		if is {
			missed = append(missed, fmt.Sprintf(format, args...))
		}
	}
	miss(s.OverR > mustRatio, "CPU over R is %.2f, must be at most %.1f", s.OverR, mustRatio)
	miss(s.Allocations > mustAllocations, "allocations per message are %.2f, must be at most %d", s.Allocations, mustAllocations)
	miss(s.RSSPerCall > mustRSS, "memory per call is %.1f KB, must be at most %d", s.RSSPerCall/1024, mustRSS>>10)
	return missed
}

// lastLine is what `make bench` ends with.
func (s summary) lastLine() string { return fmt.Sprintf("media path: %.2f R", s.OverR) }

// writeTable writes the figures for a person.
func (s summary) writeTable(w io.Writer) {
	fmt.Fprintf(w, "%d calls, 50 messages a second each, %.0f bytes a message; %d rounds of %.3g s on %d x %s\n\n",
		s.Calls, s.MessageBytes, s.Rounds, s.WindowSeconds, s.Machine.Cores, s.Machine.CPU)
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', tabwriter.AlignRight)
	row := func(cells ...string) { fmt.Fprintln(table, strings.Join(cells, "\t")+"\t") }
	row("", "CPU us/message", "over R", "allocations/message", "RSS KB/call")
	row("raw TCP, discard (R)", fmt.Sprintf("%.2f", s.CPUR), "1.00", "", fmt.Sprintf("%.1f", s.RSSPerCallR/1024))
	row("lexline serve", fmt.Sprintf("%.2f", s.CPU), fmt.Sprintf("%.2f", s.OverR), fmt.Sprintf("%.3f", s.Allocations), fmt.Sprintf("%.1f", s.RSSPerCall/1024))
	row("must", "", fmt.Sprint(mustRatio), fmt.Sprint(mustAllocations), fmt.Sprint(mustRSS>>10))
	row("stretch", "", fmt.Sprint(stretchRatio), fmt.Sprint(stretchAllocations), fmt.Sprint(stretchRSS>>10))
	table.Flush()
	fmt.Fprintf(w, "\nover R: %.2f to %.2f in single rounds; %.0f calls would fill a core; %.1f MB when idle\n", s.OverRLow, s.OverRHigh, s.PerCore, s.RSSIdle/(1<<20))
	fmt.Fprintf(w, "none of %.0f messages lost, the bot never asked; the sender was late by %.0f us (p99)\n", s.Messages, s.LateMicros)
	if s.LateMicros > float64(doubtful.Microseconds()) {
		fmt.Fprintf(w, "doubtful: the machine was busy, and messages came in bunches; measure again when it is quiet\n")
	}
	for _, m := range s.missed() {
		fmt.Fprintf(w, "missed: %s\n", m)
	}
}

// writeJSON writes the figures for a program.
func (s summary) writeJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(s)
}

// writeBenchstat writes every window in the format of Go benchmarks, see
// https://go.dev/design/14313-benchmark-format.
func writeBenchstat(w io.Writer, o outcome, s summary) {
	m := s.Machine
	fmt.Fprintf(w, "date: %s\ncommand: %s\ngoos: %s\ngoarch: %s\ncpu: %s\ncores: %d\nkernel: %s\ngo: %s\ncalls: %d\n",
		m.Date, m.Command, m.OS, m.Arch, m.CPU, m.Cores, m.Kernel, m.Go, s.Calls)
	fmt.Fprintf(w, "pkg: lexline/bench/mediapath\n\n")
	for _, f := range o.measured.floor {
		fmt.Fprintf(w, "BenchmarkMediaPath/system=discard-%d\t%d\t%.0f cpu-ns/msg\n", m.Cores, f.messages, f.perMessage())
	}
	ratios := o.measured.ratios()
	for i, g := range o.measured.gateway {
		fmt.Fprintf(w, "BenchmarkMediaPath/system=lexline-%d\t%d\t%.0f cpu-ns/msg\t%.3f over-R\n", m.Cores, g.messages, g.perMessage(), ratios[i])
	}
	fmt.Fprintf(w, "BenchmarkMediaPath/system=discard/whole-run-%d\t1\t%.0f rss-B/call\n", m.Cores, s.RSSPerCallR)
	fmt.Fprintf(w, "BenchmarkMediaPath/system=lexline/whole-run-%d\t1\t%.0f rss-B/call\t%.4f allocs/msg\t%.3f over-R\n", m.Cores, s.RSSPerCall, s.Allocations, s.OverR)
}
