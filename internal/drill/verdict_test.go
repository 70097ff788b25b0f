package drill

import (
	"strings"
	"testing"
)

func TestWriteVerdict(t *testing.T) {
	kept := func(change func(*Report)) *Report {
		r := &Report{Policy: "lexline"}
		if change != nil {
			change(r)
		}
		return r
	}
	twice := func(r *Report) { r.Twice, r.Violations = 1, []string{"an order was placed 2 times"} }
	tests := []struct {
		name    string
		strict  bool
		reports []*Report
		want    string
	}{
		{"all kept", false, []*Report{kept(nil)}, "All promises kept.\nBounds of time: all kept\n"},
		{"one broken", false, []*Report{kept(twice)}, "BROKEN: 1 order placed twice\nBounds of time: all kept\n"},
		{"several broken", false, []*Report{kept(func(r *Report) {
			twice(r)
			r.Dropped, r.Violations = 2, append(r.Violations, "a", "b")
		})}, "BROKEN: 2 calls dropped, 1 order placed twice\nBounds of time: all kept\n"},
		{"late", false, []*Report{kept(func(r *Report) { r.Late = []string{"a"} })}, "All promises kept.\nBounds of time: 1 missed (counts only with --strict)\n"},
		{"late, and it counts", true, []*Report{kept(func(r *Report) { r.Late = []string{"a", "b"} })}, "All promises kept.\nBounds of time: 2 missed\n"},
		{"interrupted", false, []*Report{kept(func(r *Report) { r.Interrupted = true })}, "INTERRUPTED: no promise was broken until then; that is no pass.\nBounds of time: none missed until then\n"},
		{"interrupted and broken", false, []*Report{kept(func(r *Report) {
			twice(r)
			r.Interrupted = true
		})}, "BROKEN: 1 order placed twice\nBounds of time: none missed until then\n"},
		{"side by side", false, []*Report{kept(nil), kept(func(r *Report) {
			twice(r)
			r.Policy = "article"
		})}, "lexline: All promises kept.\nlexline: Bounds of time: all kept\narticle: BROKEN: 1 order placed twice\narticle: Bounds of time: all kept\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got strings.Builder
			if err := WriteVerdict(&got, tt.strict, tt.reports...); err != nil {
				t.Fatal(err)
			}
			if got.String() != tt.want {
				t.Errorf("the verdict is\n%swant\n%s", got.String(), tt.want)
			}
		})
	}
}

// TestVerdictNamesBreaches has the breaches of a judged run named in its verdict: one
// without a count would read as "BROKEN: ".
func TestVerdictNamesBreaches(t *testing.T) {
	h := smallRun()
	r := Judge(h, nil)
	var got strings.Builder
	if err := WriteVerdict(&got, false, r); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"1 call dropped", "1 utterance lost", "orders with wrong values"} {
		if !strings.Contains(got.String(), want) {
			t.Errorf("the verdict on %q is %q; want %q in it", r.Violations, got.String(), want)
		}
	}
}
