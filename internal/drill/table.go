package drill

import (
	"fmt"
	"io"
	"strings"
)

// Widths of a table's columns, so that two reports fit beside each other in 80.
const (
	nameWidth = 32
	cellWidth = 21
)

// tableWriter writes rows, each cell at the same place in all of them.
type tableWriter[R any] struct {
	w       io.Writer
	reports []R
	err     error // the first one
}

func (t *tableWriter[R]) row(what string, cell func(R) string) {
	var b strings.Builder
	fmt.Fprintf(&b, "  %-*s", nameWidth, what)
	for _, r := range t.reports {
		fmt.Fprintf(&b, "  %-*s", cellWidth, cell(r))
	}
	if _, err := fmt.Fprintln(t.w, strings.TrimRight(b.String(), " ")); err != nil && t.err == nil {
		t.err = fmt.Errorf("print the table: %w", err)
	}
}

func (t *tableWriter[R]) count(what string, of func(R) int) {
	t.row(what, func(r R) string { return fmt.Sprint(of(r)) })
}

// WriteTable writes reports for people, side by side where there are several, and
// below them what was broken, late or could not be told.
func WriteTable(w io.Writer, reports ...*Report) error {
	for _, r := range reports {
		if r.Interrupted {
			fmt.Fprintf(w, "INTERRUPTED after %.0f s of about %.0f s: %s is judged by what there is\n", r.Seconds, r.Planned, r.Policy)
		}
	}
	t := &tableWriter[*Report]{w: w, reports: reports}
	t.row("policy", func(r *Report) string { return r.Policy })
	t.count("calls", func(r *Report) int { return r.Calls })
	t.count("  dropped", func(r *Report) int { return r.Dropped })
	t.count("  given up by the caller", func(r *Report) int { return r.GaveUp })
	t.count("  moved to another region", func(r *Report) int { return r.Moves })
	t.count("utterances", func(r *Report) int { return r.Utterances })
	t.count("  lost", func(r *Report) int { return r.Lost })
	t.count("  answered twice", func(r *Report) int { return r.AnsweredTwice })
	t.count("  answers cut off", func(r *Report) int { return r.CutOff })
	t.count("  answers with a hole in them", func(r *Report) int { return r.Broken })
	t.count("orders confirmed to the caller", func(r *Report) int { return r.Confirmed })
	t.count("orders placed", func(r *Report) int { return r.Placed })
	t.count("  confirmed and missing", func(r *Report) int { return r.Missing })
	t.count("  placed twice", func(r *Report) int { return r.Twice })
	t.count("  with wrong values", func(r *Report) int { return r.Wrong })
	t.count("slots lost", func(r *Report) int { return r.SlotsLost })
	t.row("longest silence", func(r *Report) string { return seconds(r.Silence) })
	t.count("regions taken out and let in", func(r *Report) int { return r.RegionChanges })
	t.count("turns before the first fault", func(r *Report) int { return r.Before.N })
	t.row("  extra delay, s: p50 p99 max", func(r *Report) string { return r.Before.String() })
	for i := range reports[0].Faults {
		faultRows(t, i)
	}
	for _, r := range reports {
		writeFindings(w, r)
	}
	return t.err
}

// faultRows writes the rows of fault number i.
func faultRows(t *tableWriter[*Report], i int) {
	of := func(what string, cell func(*FaultReport) string) {
		t.row(what, func(r *Report) string {
			if i >= len(r.Faults) {
				return "-"
			}
			return cell(&r.Faults[i])
		})
	}
	f := &t.reports[0].Faults[i]
	of(fmt.Sprintf("%s in %s", f.Kind, strings.Join(f.Regions, ", ")), func(f *FaultReport) string {
		return fmt.Sprintf("at %.0f s for %.0f s", f.At, f.For)
	})
	of("  calls with a turn around it", func(f *FaultReport) string { return fmt.Sprint(f.Calls) })
	of("  turns around it", func(f *FaultReport) string { return fmt.Sprint(f.Around.N) })
	of("    extra delay, s: p50 p99 max", func(f *FaultReport) string { return f.Around.String() })
	of("  turns around it that order", func(f *FaultReport) string { return fmt.Sprint(f.Committing.N) })
	of("    extra delay, s: p50 p99 max", func(f *FaultReport) string { return f.Committing.String() })
	of("  turns later on", func(f *FaultReport) string { return fmt.Sprint(f.After.N) })
	of("    extra delay, s: p50 p99 max", func(f *FaultReport) string { return f.After.String() })
	of("  longest silence", func(f *FaultReport) string { return seconds(f.Silence) })
	of("  attempts there that failed", func(f *FaultReport) string { return counted(f.Attempts) })
	of("  requests struck, with probes", func(f *FaultReport) string { return counted(f.Failed) })
	of("  region taken out after", func(f *FaultReport) string { return since(f.Detected) })
	of("  last new call sent there after", func(f *FaultReport) string { return since(f.Switched) })
	of("  region let in, after its end", func(f *FaultReport) string { return since(f.Back) })
	of("  first new call, after its end", func(f *FaultReport) string { return since(f.FailBack) })
	if f.Answered != never {
		of("  first answer, after its end", func(f *FaultReport) string { return since(f.Answered) })
	}
}

// mostFindings is how many broken promises are printed; all are in the JSON form.
const mostFindings = 20

// writeSection writes the lines of one section, the first ones of many.
func writeSection(w io.Writer, policy, title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s: %s\n", policy, title)
	for i, line := range lines {
		if i == mostFindings {
			fmt.Fprintf(w, "  ... and %d more\n", len(lines)-i)
			break
		}
		fmt.Fprintf(w, "  %s\n", line)
	}
}

func writeFindings(w io.Writer, r *Report) {
	writeSection(w, r.Policy, "broken promises", r.Violations)
	writeSection(w, r.Policy, "later than promised", r.Late)
	notes := append([]string(nil), r.Notes...)
	if r.Spared > 0 {
		notes = append(notes, fmt.Sprintf("%d calls were under way while every region was broken: of them only orders and sounds are judged", r.Spared))
	}
	if r.Misheard > 0 {
		notes = append(notes, fmt.Sprintf("the recogniser misheard %d words; orders are judged by what it took them for", r.Misheard))
	}
	if r.Stopped > 0 {
		notes = append(notes, fmt.Sprintf("%d calls were ended by the end of the drill", r.Stopped))
	}
	notes = append(notes, "extra delay is measured against "+r.Measured,
		fmt.Sprintf("the phones were late by %d ms at the worst; no difference below that means anything", r.LateMS))
	writeSection(w, r.Policy, "notes", notes)
}

// String writes quantiles as "0.00 / 1.20 / 1.31", in seconds: half of the delays, 99 of a
// hundred, and all of them were at most that long.
func (q Quantiles) String() string {
	if q.N == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f / %.2f / %.2f", q.P50, q.P99, q.Max)
}

func seconds(s float64) string { return fmt.Sprintf("%.1f s", s) }

func since(s float64) string {
	if s == never {
		return "-"
	}
	return seconds(s)
}

// counted writes a number that may not be known.
func counted(n *int) string {
	if n == nil {
		return "-"
	}
	return fmt.Sprint(*n)
}
