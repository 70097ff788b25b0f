package drill

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// WriteTable writes reports for people, side by side where there are several, and
// below them every broken promise.
func WriteTable(w io.Writer, reports ...*Report) error {
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	row := func(what string, cell func(*Report) string) {
		fmt.Fprintf(table, "  %s", what)
		for _, r := range reports {
			fmt.Fprintf(table, "\t%s", cell(r))
		}
		fmt.Fprintln(table)
	}
	count := func(what string, of func(*Report) int) {
		row(what, func(r *Report) string { return fmt.Sprint(of(r)) })
	}
	row("policy", func(r *Report) string { return r.Policy })
	count("calls", func(r *Report) int { return r.Calls })
	count("  dropped", func(r *Report) int { return r.Dropped })
	count("  given up by the caller", func(r *Report) int { return r.GaveUp })
	count("utterances", func(r *Report) int { return r.Utterances })
	count("  lost", func(r *Report) int { return r.Lost })
	count("  answered twice", func(r *Report) int { return r.AnsweredTwice })
	count("  answers cut off", func(r *Report) int { return r.CutOff })
	count("  answers with a hole in them", func(r *Report) int { return r.Broken })
	row("orders confirmed / placed", func(r *Report) string { return fmt.Sprintf("%d / %d", r.Confirmed, r.Placed) })
	count("  confirmed and missing", func(r *Report) int { return r.Missing })
	count("  placed twice", func(r *Report) int { return r.Twice })
	count("  with wrong values", func(r *Report) int { return r.Wrong })
	count("slots lost", func(r *Report) int { return r.SlotsLost })
	row("longest silence", func(r *Report) string { return seconds(r.Silence) })
	row("region changes, calls moved", func(r *Report) string { return fmt.Sprintf("%d, %d", r.RegionChanges, r.Moves) })
	row("extra delay before", func(r *Report) string { return r.Before.String() })
	for i := range reports[0].Faults {
		faultRows(row, reports, i)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("print the table: %w", err)
	}
	for _, r := range reports {
		writeFindings(w, r)
	}
	return nil
}

// faultRows writes the rows of fault number i.
func faultRows(row func(string, func(*Report) string), reports []*Report, i int) {
	of := func(what string, cell func(*FaultReport) string) {
		row(what, func(r *Report) string {
			if i >= len(r.Faults) {
				return "-"
			}
			return cell(&r.Faults[i])
		})
	}
	f := &reports[0].Faults[i]
	of(fmt.Sprintf("%s in %s", f.Kind, strings.Join(f.Regions, ", ")), func(f *FaultReport) string {
		return fmt.Sprintf("at %.0f s for %.0f s", f.At, f.For)
	})
	of("  turns around it, committing, later", func(f *FaultReport) string {
		return fmt.Sprintf("%d, %d, %d of %d calls", f.Around.N, f.Committing.N, f.After.N, f.Calls)
	})
	of("  failed requests in the region", func(f *FaultReport) string { return fmt.Sprint(f.Failed) })
	of("  extra delay around it", func(f *FaultReport) string { return f.Around.String() })
	of("  ... of turns that commit", func(f *FaultReport) string { return f.Committing.String() })
	of("  ... of later turns", func(f *FaultReport) string { return f.After.String() })
	of("  longest silence", func(f *FaultReport) string { return seconds(f.Silence) })
	of("  noticed, last new call sent there", func(f *FaultReport) string { return since(f.Detected) + ", " + since(f.Switched) })
	of("  after its end: let in, first new call", func(f *FaultReport) string { return since(f.Back) + ", " + since(f.FailBack) })
	if f.Answered != never {
		of("  first answer after its end", func(f *FaultReport) string { return since(f.Answered) })
	}
}

// mostFindings is how many broken promises are printed; all are in the JSON form.
const mostFindings = 20

func writeFindings(w io.Writer, r *Report) {
	section := func(title string, lines []string) {
		if len(lines) == 0 {
			return
		}
		fmt.Fprintf(w, "\n%s: %s\n", r.Policy, title)
		for i, line := range lines {
			if i == mostFindings {
				fmt.Fprintf(w, "  ... and %d more\n", len(lines)-i)
				break
			}
			fmt.Fprintf(w, "  %s\n", line)
		}
	}
	section("broken promises", r.Violations)
	section("later than promised", r.Late)
	notes := r.Notes
	if r.Spared > 0 {
		notes = append(notes, fmt.Sprintf("%d calls were under way while every region was broken: of them only orders and sounds are judged", r.Spared))
	}
	if r.Misheard > 0 {
		notes = append(notes, fmt.Sprintf("the recogniser misheard %d words; orders are judged by what it took them for", r.Misheard))
	}
	if r.Stopped > 0 {
		notes = append(notes, fmt.Sprintf("%d calls were ended by the end of the drill", r.Stopped))
	}
	section("notes", notes)
	fmt.Fprintf(w, "\n%s: extra delay is measured against %s; the phones were late by %d ms at the worst\n", r.Policy, r.Measured, r.LateMS)
}

// String writes quantiles as "p50 0.00 p99 1.20 max 1.31 s".
func (q Quantiles) String() string {
	if q.N == 0 {
		return "no turns"
	}
	return fmt.Sprintf("p50 %.2f  p99 %.2f  max %.2f s", q.P50, q.P99, q.Max)
}

func seconds(s float64) string { return fmt.Sprintf("%.1f s", s) }

func since(s float64) string {
	if s == never {
		return "-"
	}
	return seconds(s)
}
