package score

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
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
	Wrong       float64  `json:"wrong"`  // scored frames with a wrong decision, seconds
	Missed      *float64 `json:"missed"` // this and the next ones as in Quantities
	Clipped     *float64 `json:"clipped"`
	Onset       *float64 `json:"onset_p95"`
	Cut         *float64 `json:"cut"`
	EndDelay    *float64 `json:"end_p50"`
	NoEndpoint  *float64 `json:"no_endpoint"`
	FalseStarts *float64 `json:"false_starts"` // per hour without speech
	Open        *float64 `json:"open"`         // % of the time; of noise-only files alone
}

// By groups results, those with the most time decided wrongly first.
func By(results []Result, name func(File) string) []Group {
	members := map[string][]Result{}
	for _, r := range results {
		members[name(r.File)] = append(members[name(r.File)], r)
	}
	groups := make([]Group, 0, len(members))
	for name, of := range members {
		groups = append(groups, group(name, of))
	}
	slices.SortFunc(groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(b.Wrong, a.Wrong), cmp.Compare(a.Name, b.Name))
	})
	return groups
}

func group(name string, of []Result) Group {
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

// WriteGroups writes groups for people, at most limit of them; 0 is no limit.
func WriteGroups(w io.Writer, head string, groups []Group, limit int) error {
	var t grid
	t.row(head, "files", "min", "wrong s", "F1", "AUC", "missed %", "clipped %", "onset p95", "cut %", "end p50", "no end %", "false/h", "open %")
	for i, g := range groups {
		if limit > 0 && i == limit {
			t.row(fmt.Sprintf("(%d more)", len(groups)-limit))
			break
		}
		minutes := g.Hours * 60
		t.row(g.Name, strconv.Itoa(g.Files), figure(&minutes, "%"), figure(&g.Wrong, "%"), figure(g.F1, ""), figure(g.AUC, ""), figure(g.Missed, "%"), figure(g.Clipped, "%"),
			figure(g.Onset, "ms"), figure(g.Cut, "%"), figure(g.EndDelay, "ms"), figure(g.NoEndpoint, "%"), figure(g.FalseStarts, "/h"), figure(g.Open, "%"))
	}
	return t.write(w)
}

// WriteGroupsJSON writes groups as a JSON array.
func WriteGroupsJSON(w io.Writer, groups []Group) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	if err := out.Encode(groups); err != nil {
		return fmt.Errorf("write the groups: %w", err)
	}
	return nil
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
