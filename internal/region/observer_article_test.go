package region

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// article writes the verdict item as the article's health check does at every
// run: with UpdateItem lexRegion alone, or the whole item with PutItem.
func (f *fleet) article(value string, whole bool) {
	f.t.Helper()
	set := map[string]any{attrRegion: value}
	if whole {
		f.put(Item{Key: east, Attributes: set})
		return
	}
	if err := f.table.Update(f.t.Context(), east, Change{Set: set}); err != nil {
		f.t.Fatal(err)
	}
}

// versions are those that the fleet wrote, in order.
func (f *fleet) versions() (all []int64) {
	f.t.Helper()
	for _, line := range f.trace {
		var seconds, version int64
		if _, err := fmt.Sscanf(line, "%ds %d", &seconds, &version); err != nil {
			f.t.Fatal(err)
		}
		all = append(all, version)
	}
	return all
}

// TestTheArticlesCheckBeside has the article's health check write over the
// verdict again and again, whatever it finds: it does no harm, and when it stops
// the fleet's verdict stands.
func TestTheArticlesCheckBeside(t *testing.T) {
	for _, value := range []string{east, west, articleErr} {
		for _, whole := range []bool{false, true} {
			for _, pinned := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, whole item %v, pinned %v", value, whole, pinned), func(t *testing.T) {
					f := newFleet(t, east, east, west)
					f.article(value, true) // it was there first
					f.run(time.Minute)
					want := "us-east-1 ok"
					if pinned {
						g := f.gateways[2]
						f.step(g, ObserverEvent{Kind: PinAsked, Pin: Pin{Region: west, Until: f.wall(g).Add(3 * time.Hour), By: "ann", Why: "drill"}})
						want = "us-west-2 ok pin us-west-2"
						f.run(time.Minute)
					}
					before := len(f.trace)
					for range 60 {
						f.article(value, whole)
						f.run(33 * time.Second)
					}
					f.run(time.Minute)
					for _, got := range f.verdicts()[before:] {
						if got != want {
							t.Errorf("the fleet wrote %q; want %q and nothing else", got, want)
						}
					}
					if f.backward {
						t.Errorf("the fleet wrote no region, or an older version: %v", f.trace)
					}
					if all := f.versions(); !slices.IsSorted(all) || len(slices.Compact(slices.Clone(all))) != len(all) {
						t.Errorf("the fleet wrote the versions %v; want each above the one before", all)
					}
					item, err := f.table.Get(t.Context(), east)
					v := DecodeVerdict(item, []string{east, west})
					if err != nil || v.State != TableOK || v.Version == 0 || v.By == "" || v.Why == "" || v.Pin.IsZero() == pinned || want[:9] != v.Region {
						t.Errorf("when the article's check has stopped the item is %+v, %v; want %s, whole", v, err, want)
					}
					if pinned {
						f.wantPins("us-west-2 for 3h0m0s by ann")
					} else {
						f.wantPins("")
					}
					history, err := ReadHistory(t.Context(), &f.table, east)
					if alike := value == want[:9]; err != nil || alike && len(history) > 3 {
						t.Errorf("the audit trail has %d lines, %v; want none for a check that says the same", len(history), err)
					}
				})
			}
		}
	}
}
