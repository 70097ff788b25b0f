package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"lexline/internal/drill"
)

const (
	// mostAdded is by how much the p99 of turns may be longer under a fault.
	mostAdded = 20 * time.Millisecond
	// mostLogged is how many lines a second a fault may make, calls' own excluded.
	mostLogged = 2
)

// row is what all phases of one fault came to, or all without one.
type row struct {
	name, what       string
	met              string
	phases           int
	seconds          float64
	turns            int
	calls            int
	affected         affected
	late             int
	logged           int
	p50, p99         time.Duration // of all its turns
	added50, added99 time.Duration // median of its phases, each against those around it
	healed           time.Duration // the longest
}

// affected counts what must not happen.
type affected struct {
	dropped, failed, apologies, changes, elsewhere int
}

func (a affected) any() bool { return a != affected{} }

// summary is a run in figures.
type summary struct {
	rows       []row // without a fault first
	report     *drill.Report
	latencyGap time.Duration // by how much phones' and gateway's medians differ
}

func summarize(m *measured) summary {
	all := phaseFigures(m)
	s := summary{report: drill.Judge(m.history, nil)}
	s.rows = append(s.rows, rowOf("none", "", all, ""))
	for _, f := range faults {
		s.rows = append(s.rows, rowOf(f.name, f.what, all, f.name))
	}
	var heard []time.Duration
	for _, c := range m.history.Calls {
		for _, t := range c.Turns {
			if !t.Answer.IsZero() {
				heard = append(heard, t.Answer.Sub(t.Said))
			}
		}
	}
	var logged []time.Duration
	for i := range all {
		logged = append(logged, all[i].latencies...)
	}
	s.latencyGap = median(heard) - median(logged)
	return s
}

// rowOf puts the phases of a fault together. A phase without a fault is set
// against its neighbours of that kind: what comes out is the noise.
func rowOf(name, what string, all []figures, fault string) row {
	r := row{name: name, what: what}
	var latencies, added50s, added99s []time.Duration
	for i := range all {
		f := &all[i]
		if f.Fault != fault {
			continue
		}
		r.phases++
		r.seconds += f.To.Sub(f.From).Seconds()
		r.calls += f.calls
		r.logged += f.logged
		r.met = f.Met
		r.late += f.late
		r.healed = max(r.healed, f.Healed)
		r.affected.dropped += f.dropped
		r.affected.failed += f.failed
		r.affected.apologies += f.apologies
		r.affected.changes += f.changes
		r.affected.elsewhere += f.elsewhere
		latencies = append(latencies, f.latencies...)
		if d, ok := added(all, i, 50); ok {
			added50s = append(added50s, d)
		}
		if d, ok := added(all, i, 99); ok {
			added99s = append(added99s, d)
		}
	}
	slices.Sort(latencies)
	r.turns = len(latencies)
	r.p50, r.p99 = quantile(latencies, 50), quantile(latencies, 99)
	r.added50, r.added99 = median(added50s), median(added99s)
	return r
}

// missed returns what was not as it must be, in words.
func (s summary) missed() []string {
	missed := slices.Clone(s.report.Violations)
	for _, r := range s.rows {
		if r.affected.any() {
			missed = append(missed, fmt.Sprintf("%s: calls were affected: %+v", r.name, r.affected))
		}
		if r.name == "none" {
			continue
		}
		if r.turns == 0 {
			missed = append(missed, r.name+": no turns: nothing was measured")
		}
		if r.added99 > mostAdded {
			missed = append(missed, fmt.Sprintf("%s: the p99 of turns is longer by %.1f ms, may be by %d", r.name, millis(r.added99), mostAdded.Milliseconds()))
		}
		if float64(r.logged) > mostLogged*r.seconds {
			missed = append(missed, fmt.Sprintf("%s: %d lines were logged in %.0f s", r.name, r.logged, r.seconds))
		}
	}
	return missed
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// writeReport writes the figures for people.
func writeReport(w io.Writer, o options, s summary, command string, now time.Time) {
	fmt.Fprintf(w, "date: %s\ncommand: %s\ncpu: %d x %s\nload: %s at the end; %s\nkernel: %s\ngo: %s\n\n",
		now.UTC().Format(time.DateOnly), command, runtime.NumCPU(), cpuName(), firstLine("/proc/loadavg"), scheduling(), firstLine("/proc/sys/kernel/osrelease"), runtime.Version())
	fmt.Fprintf(w, "%d callers, a gateway and two regions that answer in 400 ms; the gateway reads its table every second;\n", o.calls)
	fmt.Fprintf(w, "%d phases of each fault, of %v and until the table is in use again, with %v without a fault between.\n\n", o.rounds, o.phase, o.phase)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	line := func(cells ...string) { fmt.Fprintln(table, strings.Join(cells, "\t")+"\t") }
	line("table", "phases", "s", "turns", "dropped", "failed", "apologies", "changes", "elsewhere", "late", "p50 ms", "p99 ms", "added p50", "added p99", "log lines", "healed s")
	for _, r := range s.rows {
		a := r.affected
		line(r.name, fmt.Sprint(r.phases), fmt.Sprintf("%.0f", r.seconds), fmt.Sprint(r.turns), fmt.Sprint(a.dropped), fmt.Sprint(a.failed),
			fmt.Sprint(a.apologies), fmt.Sprint(a.changes), fmt.Sprint(a.elsewhere), fmt.Sprint(r.late), fmt.Sprintf("%.0f", millis(r.p50)), fmt.Sprintf("%.0f", millis(r.p99)),
			fmt.Sprintf("%+.1f", millis(r.added50)), fmt.Sprintf("%+.1f", millis(r.added99)), fmt.Sprint(r.logged), fmt.Sprintf("%.1f", r.healed.Seconds()))
	}
	_ = table.Flush() // what w cannot take, w's owner sees
	fmt.Fprintln(w)
	for _, r := range s.rows[1:] {
		fmt.Fprintf(w, "%s: %s; the gateway says: %s\n", r.name, r.what, r.met)
	}
	writeNotes(w, s)
}

func writeNotes(w io.Writer, s summary) {
	fmt.Fprint(w, `
p50 and p99 are from the caller's last word to the first sample of the answer, 800 ms
of silence that end a turn among it, by the gateway's log. What is added is the median
over the phases of a fault of the difference to the mean of the phases without one on
both sides; in the row without faults it is the same between such phases: the noise.
"failed" are turns without an answer, or of which an attempt failed; "changes" those of
the gateway's verdicts on regions; "elsewhere" turns answered in another than the home
region. "late" are turns that were sent to a second region as well, or during which a
filler was played: what a machine does that stands still for a tenth of a second.
`)
	r := s.report
	fmt.Fprintf(w, "\nwhole run: %d calls, %d dropped, %d given up; %d utterances, %d lost, %d answered twice; orders: %d confirmed, %d missing, %d twice, %d wrong\n",
		r.Calls, r.Dropped, r.GaveUp, r.Utterances, r.Lost, r.AnsweredTwice, r.Confirmed, r.Missing, r.Twice, r.Wrong)
	fmt.Fprintf(w, "phones hear the median answer %.0f ms after the gateway's log has it; they were late by %d ms at the worst\n", millis(s.latencyGap), r.LateMS)
	if missed := s.missed(); len(missed) == 0 {
		worst := slices.MaxFunc(s.rows[1:], func(a, b row) int { return int(a.added99 - b.added99) })
		fmt.Fprintf(w, "table faults: 0 calls affected, added turn latency p99 at most %+.1f ms (%s), may be %d\n", millis(worst.added99), worst.name, mostAdded.Milliseconds())
	} else {
		for _, text := range missed {
			fmt.Fprintf(w, "missed: %s\n", text)
		}
	}
}

// cpuName is the processor's name as the kernel tells it.
func cpuName() string {
	content, _ := os.ReadFile("/proc/cpuinfo") // elsewhere than on Linux it is unknown
	for line := range strings.Lines(string(content)) {
		if key, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

func firstLine(path string) string {
	content, err := os.ReadFile(path)
	if err != nil {
		return "unknown"
	}
	line, _, _ := strings.Cut(string(content), "\n")
	return line
}

// scheduling says how this process and all that it starts are scheduled: on a
// machine with other work that tells how much it could disturb. See proc(5),
// /proc/pid/stat, fields 19 and 41.
func scheduling() string {
	const nice, policy = 19 - 3, 41 - 3
	_, text, _ := strings.Cut(firstLine("/proc/self/stat"), ") ")
	fields := strings.Fields(text)
	if len(fields) <= policy {
		return "scheduling unknown"
	}
	if fields[policy] != "0" {
		return "real-time scheduling"
	}
	return "nice " + fields[nice]
}
