package drill

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// WriteContactTable writes reports of contact flows for people, side by side where
// there are several, and below them what was broken.
func WriteContactTable(w io.Writer, reports ...*ConnectReport) error {
	for _, r := range reports {
		if r.Interrupted {
			fmt.Fprintf(w, "INTERRUPTED after %.0f s of about %.0f s: %s is judged by what there is\n", r.Seconds, r.Planned, r.Policy)
		}
	}
	t := &tableWriter[*ConnectReport]{w: w, reports: reports}
	t.row("policy", func(r *ConnectReport) string { return r.Policy })
	t.row("health check every", func(r *ConnectReport) string { return seconds(r.Every) })
	t.count("health checks", func(r *ConnectReport) int { return r.Checks })
	t.count("  that came to nothing", func(r *ConnectReport) int { return r.Failed })
	t.count("contacts", func(r *ConnectReport) int { return r.Contacts })
	t.count("  lost", func(r *ConnectReport) int { return r.Lost })
	t.count("  given up by the customer", func(r *ConnectReport) int { return r.GaveUp })
	t.count("  moved by an error branch", func(r *ConnectReport) int { return r.Branched })
	t.count("  told no region", func(r *ConnectReport) int { return r.Misled })
	t.count("utterances", func(r *ConnectReport) int { return r.Utterances })
	t.count("  said once more", func(r *ConnectReport) int { return r.Repeats })
	t.count("orders placed", func(r *ConnectReport) int { return r.Placed })
	t.count("  confirmed and missing", func(r *ConnectReport) int { return r.Missing })
	t.count("  placed twice", func(r *ConnectReport) int { return r.Twice })
	t.count("  with wrong values", func(r *ConnectReport) int { return r.Wrong })
	t.row("told the region: p50 p99 max, s", func(r *ConnectReport) string { return r.Asked.String() })
	t.row("longest silence", func(r *ConnectReport) string { return seconds(r.Silence) })
	t.row("customers spoke late by", func(r *ConnectReport) string { return fmt.Sprintf("%d ms", r.LateMS) })
	t.count("table moves", func(r *ConnectReport) int { return r.Moves })
	for i := range reports[0].Faults {
		contactFaultRows(t, i)
	}
	for _, r := range reports {
		r.writeFindings(w)
	}
	return t.err
}

// contactFaultRows writes the rows of fault number i.
func contactFaultRows(t *tableWriter[*ConnectReport], i int) {
	of := func(what string, cell func(*ConnectFault) string) {
		t.row(what, func(r *ConnectReport) string {
			if i >= len(r.Faults) {
				return "-"
			}
			return cell(&r.Faults[i])
		})
	}
	f := &t.reports[0].Faults[i]
	of(fmt.Sprintf("%s in %s", f.Kind, strings.Join(f.Regions, ", ")), func(f *ConnectFault) string {
		return fmt.Sprintf("at %.0f s for %.0f s", f.At, f.For)
	})
	moments := []moment{
		{"  table moved after", func(f *ConnectFault) float64 { return f.Moved }},
		{"  next health check over after", func(f *ConnectFault) float64 { return f.Checked }},
		{"  last contact led there after", func(f *ConnectFault) float64 { return f.LastLed }},
	}
	slices.SortStableFunc(moments, func(a, b moment) int { return cmp.Compare(a.key(f), b.key(f)) })
	for _, m := range moments {
		of(m.name, func(f *ConnectFault) string { return since(m.at(f)) })
	}
	phase := func(name string, in func(*ConnectFault) *Phase) {
		of("  "+name, func(f *ConnectFault) string { return fmt.Sprint(in(f).Contacts) })
		of("    lost", func(f *ConnectFault) string { return fmt.Sprint(in(f).Lost) })
		of("    moved by an error branch", func(f *ConnectFault) string { return fmt.Sprint(in(f).Branched) })
		of("    extra wait: p50 p99 max, s", func(f *ConnectFault) string { return in(f).Extra.String() })
		of("    longest silence", func(f *ConnectFault) string { return seconds(in(f).Silence) })
	}
	phase("contacts until the table moved", func(f *ConnectFault) *Phase { return &f.Before })
	phase("contacts after it had moved", func(f *ConnectFault) *Phase { return &f.Until })
	phase("contacts after the fault", func(f *ConnectFault) *Phase { return &f.After })
	of("  table back, after its end", func(f *ConnectFault) string { return since(f.BackMoved) })
	of("  contacts back, after its end", func(f *ConnectFault) string { return since(f.BackLed) })
}

// moment is something that happens after a fault, in seconds.
type moment struct {
	name string
	at   func(*ConnectFault) float64
}

// key sorts moments by time; what never comes is last.
func (m moment) key(f *ConnectFault) float64 {
	if at := m.at(f); at != never {
		return at
	}
	return math.Inf(1)
}

func (r *ConnectReport) writeFindings(w io.Writer) {
	writeSection(w, r.Policy, "broken promises", r.Violations)
	notes := append([]string(nil), r.Notes...)
	if r.Spared > 0 {
		notes = append(notes, fmt.Sprintf("%d contacts were not served while every region was broken: no promise was made to them", r.Spared))
	}
	if r.Stopped > 0 {
		notes = append(notes, fmt.Sprintf("%d contacts were ended by the end of the drill", r.Stopped))
	}
	notes = append(notes, "extra wait: how much longer a customer waited in the whole contact than is usual without a fault; p50: half of them waited so long at most, p99: 99 of 100")
	writeSection(w, r.Policy, "notes", notes)
}

// WriteContactVerdict ends a report in words: whether all promises were kept.
func WriteContactVerdict(w io.Writer, reports ...*ConnectReport) error {
	for _, r := range reports {
		who := ""
		if len(reports) > 1 {
			who = r.Policy + ": "
		}
		if _, err := fmt.Fprintf(w, "%s%s\n", who, r.promises()); err != nil {
			return fmt.Errorf("print the verdict: %w", err)
		}
	}
	return nil
}

// promises says in a line what was broken.
func (r *ConnectReport) promises() string {
	return promised(r.OK(), r.Interrupted, []broken{
		{r.Lost, "contact lost", "contacts lost"},
		{r.GaveUp, "contact given up by its customer", "contacts given up by their customers"},
		{r.Misled, "contact told no region", "contacts told no region"},
		{r.Missing, "order confirmed and missing", "orders confirmed and missing"},
		{r.Twice, "order placed twice", "orders placed twice"},
		{r.Wrong, "order with wrong values", "orders with wrong values"},
	})
}
