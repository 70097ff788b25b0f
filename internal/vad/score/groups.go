package score

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// Groupings are the ways to break results down, by their names.
var Groupings = map[string]func(File) string{
	"condition": func(f File) string { return f.Condition },
	"noise":     func(f File) string { return orNone(f.Noise) },
	"talker":    func(f File) string { return orNone(f.Talker) },
	"snr":       func(f File) string { return snrName(f.SNR) },
	"file":      func(f File) string { return f.Name },
}

// Group is what one detector made of the files that have something in common.
// Quantities that the files have nothing for are nil.
type Group struct {
	Name        string   `json:"name"`
	Files       int      `json:"files"`
	Hours       float64  `json:"hours"`
	F1          *float64 `json:"f1,omitempty"`
	AUC         *float64 `json:"auc,omitempty"`
	Wrong       float64  `json:"wrong"`            // scored frames with a wrong decision, seconds
	Missed      *float64 `json:"missed,omitempty"` // this and the next ones as in Quantities
	Clipped     *float64 `json:"clipped,omitempty"`
	Onset       *float64 `json:"onset_p95,omitempty"`
	Cut         *float64 `json:"cut,omitempty"`
	EndDelay    *float64 `json:"end_p50,omitempty"`
	NoEndpoint  *float64 `json:"no_endpoint,omitempty"`
	FalseStarts *float64 `json:"false_starts,omitempty"` // per hour without speech
	Open        *float64 `json:"open,omitempty"`         // % of the time; of noise-only files alone
}

// Groups are all groups of one grouping, those with the most time decided wrongly first.
type Groups struct {
	Grouping string  `json:"grouping"`
	Groups   []Group `json:"groups"`
}

func group(results []Result, name func(File) string) []Group {
	members := map[string][]Result{}
	for _, r := range results {
		members[name(r.File)] = append(members[name(r.File)], r)
	}
	groups := make([]Group, 0, len(members))
	for name, of := range members {
		groups = append(groups, newGroup(name, of))
	}
	slices.SortFunc(groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(b.Wrong, a.Wrong), cmp.Compare(a.Name, b.Name))
	})
	return groups
}

func newGroup(name string, of []Result) Group {
	value := func(m measure) *float64 {
		if value, cases := m(of); cases > 0 {
			return &value
		}
		return nil
	}
	g := Group{
		Name: name, Files: len(of), F1: value(f1), AUC: value(auc),
		Missed: value(missedTurns), Clipped: value(clippedOnsets), Onset: value(onset(95)),
		Cut: value(earlyCuts), EndDelay: value(endDelay(50)), NoEndpoint: value(noEndpoints),
		FalseStarts: value(startsPerHour), Open: value(over(timeOpen, noSpeech)),
	}
	for _, r := range of {
		g.Hours += float64(r.frames) / perHour
		g.Wrong += float64(r.falsePositive+r.falseNegative) * frameMS / 1000
	}
	return g
}

// grid is the groups as a table of at most limit lines; 0 is no limit.
func (g Groups) grid(limit int) (t grid) {
	t.row(g.Grouping, "files", "min", "wrong s", "F1", "AUC", "missed %", "clipped %", "onset p95", "cut %", "end p50", "no end %", "false/h", "open %")
	for i, g := range g.Groups {
		if limit > 0 && i == limit {
			break
		}
		minutes := g.Hours * 60
		t.row(g.Name, strconv.Itoa(g.Files), figure(&minutes, "%"), figure(&g.Wrong, "%"), figure(g.F1, ""), figure(g.AUC, ""), figure(g.Missed, "%"), figure(g.Clipped, "%"),
			figure(g.Onset, "ms"), figure(g.Cut, "%"), figure(g.EndDelay, "ms"), figure(g.NoEndpoint, "%"), figure(g.FalseStarts, "/h"), figure(g.Open, "%"))
	}
	if more := len(g.Groups) - limit; limit > 0 && more > 0 {
		t.row(fmt.Sprintf("(%d more)", more))
	}
	return t
}

func orNone(name string) string {
	if name == "" {
		return "(none)"
	}
	return name
}

func snrName(snr float64) string {
	if math.IsInf(snr, 1) {
		return "clean"
	}
	return strconv.Itoa(int(math.Round(snr/5))*5) + " dB"
}
