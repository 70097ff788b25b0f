package drill

import (
	"fmt"
	"io"
	"strings"
)

// WriteVerdict ends a report in words: whether all promises were kept, and all
// bounds of time, which count only if strict. Where there are several reports each
// has its lines.
func WriteVerdict(w io.Writer, strict bool, reports ...*Report) error {
	for _, r := range reports {
		who := ""
		if len(reports) > 1 {
			who = r.Policy + ": "
		}
		if _, err := fmt.Fprintf(w, "%s%s\n%sBounds of time: %s\n", who, r.promises(), who, r.bounds(strict)); err != nil {
			return fmt.Errorf("print the verdict: %w", err)
		}
	}
	return nil
}

// promises says in a line what was broken.
func (r *Report) promises() string {
	return promised(r.OK(), r.Interrupted, []broken{
		{r.Dropped, "call dropped", "calls dropped"},
		{r.GaveUp, "call given up by its caller", "calls given up by their callers"},
		{r.Breaches, "call with a breach of the carrier's protocol", "calls with a breach of the carrier's protocol"},
		{r.Lost, "utterance lost", "utterances lost"},
		{r.AnsweredTwice, "utterance answered twice", "utterances answered twice"},
		{r.CutOff, "answer cut off", "answers cut off"},
		{r.Missing, "order confirmed and missing", "orders confirmed and missing"},
		{r.Twice, "order placed twice", "orders placed twice"},
		{r.Wrong, "order with wrong values", "orders with wrong values"},
		{r.SlotsLost, "slot lost", "slots lost"},
	})
}

// broken is how often one promise was broken, with the words for one and for several.
type broken struct {
	n        int
	one, all string
}

// promised says in a line how a run ended, with what was broken.
func promised(isOK, isInterrupted bool, promises []broken) string {
	var said []string
	for _, b := range promises {
		switch {
		case b.n == 1:
			said = append(said, "1 "+b.one)
		case b.n > 1:
			said = append(said, fmt.Sprintf("%d %s", b.n, b.all))
		}
	}
	switch {
	case !isOK:
		return "BROKEN: " + strings.Join(said, ", ")
	case isInterrupted:
		return "INTERRUPTED: no promise was broken until then; that is no pass."
	}
	return "All promises kept."
}

// bounds says in words how many bounds of time were missed.
func (r *Report) bounds(strict bool) string {
	switch {
	case len(r.Late) > 0 && strict:
		return fmt.Sprintf("%d missed", len(r.Late))
	case len(r.Late) > 0:
		return fmt.Sprintf("%d missed (counts only with --strict)", len(r.Late))
	case r.Interrupted:
		return "none missed until then"
	}
	return "all kept"
}
