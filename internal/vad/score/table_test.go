package score

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/vad/corpus"
)

// columns are two detectors on one file: one that hears the turn late and never
// closes it, and one that does nothing.
func columns(t *testing.T) []Column {
	t.Helper()
	file := spoken(500, Span{100, 200})
	return []Column{
		{Name: "late", Barred: true, Results: []Result{heard(t, file, Span{120, 400})}},
		{Name: "deaf", Results: []Result{heard(t, file)}},
	}
}

// lineOf returns the line of a text that begins with start, its runs of blanks made one.
func lineOf(t *testing.T, text, start string) string {
	t.Helper()
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, start) {
			return strings.Join(strings.Fields(line), " ")
		}
	}
	t.Fatalf("no line begins with %q in:\n%s", start, text)
	return ""
}

func TestTextMarksMissedBars(t *testing.T) {
	var out bytes.Buffer
	if err := NewReport(columns(t)).WriteText(&out, 0); err != nil {
		t.Fatal(err)
	}
	for start, want := range map[string]string{
		"quantity":          "quantity must stretch late deaf",
		"onset p50":         "onset p50, ms 180 140 400! -",
		"no endpoint":       "no endpoint, % 1.5 0.5 100.0! -",
		"missed turns":      "missed turns, % 1.0 0.3 0.0 100.0", // a bar is for the barred column alone
		"barge-in p95":      "barge-in p95, ms 300 - - -",
		"barge-in missed":   "barge-in missed, % - - - -",
		"F1 clean":          "F1 clean 0.970 0.980 0.000! 0.000",
		"bars missed":       "bars missed (!): 9",
		"false starts, gap": "false starts, gaps of speech files, /h 15.0 6.0 0.0 0.0",
	} {
		if got := lineOf(t, out.String(), start); got != want {
			t.Errorf("line %q; want %q", got, want)
		}
	}
	width := 0
	for line := range strings.Lines(out.String()) {
		line = strings.TrimSuffix(line, "\n")
		unmarked := strings.TrimSuffix(line, "!")
		switch {
		case strings.HasSuffix(line, " "):
			t.Errorf("line %q ends with a blank", line)
		case strings.HasPrefix(line, "bars"):
		case width == 0:
			width = len(unmarked)
		case len(unmarked) != width:
			t.Errorf("line %q has %d letters without its mark; want %d as the first", line, len(unmarked), width)
		}
	}
}

func TestNoBarIsMissed(t *testing.T) {
	var out bytes.Buffer
	if err := NewReport(columns(t)[1:]).WriteText(&out, 0); err != nil { // deaf, and held against none
		t.Fatal(err)
	}
	if !strings.HasSuffix(out.String(), "\nbars missed: none\n") {
		t.Errorf("table %q; want that no bar is missed at its end", out.String())
	}
}

func TestJSON(t *testing.T) {
	want := NewReport(columns(t), "talker")
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got Report
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("read again (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"late", "deaf"}, got.Columns); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
}

// TestBars holds each quantity against its own bars: a value on the bar is not
// missed, one on the wrong side of it is, and stretching is harder.
func TestBars(t *testing.T) {
	for _, q := range Quantities() {
		if !q.HasBar() {
			continue
		}
		worse, better := q.Must-.001, q.Must+.001
		if q.Lower {
			worse, better = better, worse
		}
		if q.Misses(q.Must) || q.Misses(better) || !q.Misses(worse) {
			t.Errorf("%s: must %v: misses %v, %v, %v at the bar, over it, under it; want false, false, true",
				q.Name, q.Must, q.Misses(q.Must), q.Misses(better), q.Misses(worse))
		}
		if q.Aim != 0 && q.Misses(q.Aim) {
			t.Errorf("%s: the stretch of %v does not meet the bar of %v", q.Name, q.Aim, q.Must)
		}
	}
}

func TestGroupsAreSortedWorstFirst(t *testing.T) {
	named := func(name, talker, tenths string) Result {
		f := framesFile
		f.Name, f.Talker = name, talker
		return judged(t, f, outputs(tenths))
	}
	results := []Result{
		named("a", "ann", "0099009900"), // all right
		named("b", "bob", "9999009999"), // four wrong
		named("c", "ann", "9099009900"), // one wrong
		judged(t, File{Name: "d", Labels: make([]corpus.Label, 10)}, outputs("9990000000", Span{3, 8})), // three wrong
	}
	type row struct {
		Name   string
		Files  int
		Wrong  float64
		F1     string
		Open   string
		Missed string
	}
	rows := func(groups []Group) (all []row) {
		for _, g := range groups {
			all = append(all, row{g.Name, g.Files, g.Wrong, figure(g.F1, ""), figure(g.Open, "%"), figure(g.Missed, "%")})
		}
		return all
	}
	wantFiles := []row{{"b", 1, .08, "0.667", "-", "100.0"}, {"d", 1, .06, "-", "50.0", "-"}, {"c", 1, .02, "0.889", "-", "100.0"}, {"a", 1, 0, "1.000", "-", "100.0"}}
	if diff := cmp.Diff(wantFiles, rows(group(results, Groupings["file"]))); diff != "" {
		t.Errorf("by file (-want +got):\n%s", diff)
	}
	wantTalkers := []row{{"bob", 1, .08, "0.667", "-", "100.0"}, {"(none)", 1, .06, "-", "50.0", "-"}, {"ann", 2, .02, "0.941", "-", "100.0"}}
	byTalker := group(results, Groupings["talker"])
	if diff := cmp.Diff(wantTalkers, rows(byTalker)); diff != "" {
		t.Errorf("by talker (-want +got):\n%s", diff)
	}

	var out bytes.Buffer
	if err := NewReport([]Column{{Name: "ours", Results: results}}, "talker").WriteText(&out, 2); err != nil {
		t.Fatal(err)
	}
	_, groups, _ := strings.Cut(out.String(), "ours by talker, worst first:\n")
	if got := strings.Count(groups, "\n"); got != 4 || !strings.Contains(groups, "(1 more)") || strings.Contains(groups, "ann") {
		t.Errorf("limited to two groups: %d lines; want a head, two groups and how many more:\n%s", got, groups)
	}
}
