package dynamodb

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"lexline/internal/dynamodb/dynalite"
	"lexline/internal/region"
)

const east, west = "us-east-1", "us-west-2"

// articleWrites has the article's Lambda write where calls go, in DynamoDB's own
// words: by UpdateItem, or the whole item by PutItem.
func articleWrites(t *testing.T, endpoint string, table *Table, value string, whole bool) {
	t.Helper()
	if whole {
		stranger(t, endpoint, table, map[string]any{"lexRegion": s(value)})
		return
	}
	if _, err := dynalite.Call(t.Context(), endpoint, "UpdateItem", map[string]any{
		"TableName": table.name, "Key": map[string]any{keyName: s(east)}, "UpdateExpression": "SET lexRegion = :r",
		"ExpressionAttributeValues": map[string]any{":r": s(value)},
	}); err != nil {
		t.Fatal(err)
	}
}

// TestArticlesItemIsUnderstood reads items without a word of ours.
func TestArticlesItemIsUnderstood(t *testing.T) {
	endpoint := dynalite.Start(t)
	for _, whole := range []bool{false, true} {
		table := fresh(t, endpoint)
		if v, err := region.ReadVerdict(t.Context(), table, east); !errors.Is(err, region.ErrNotFound) {
			t.Errorf("before the first run ReadVerdict = %+v, %v; want ErrNotFound", v, err)
		}
		articleWrites(t, endpoint, table, west, whole)
		if v, err := region.ReadVerdict(t.Context(), table, east); err != nil || v.Region != west || v.State != region.TableOK || v.Version != 0 || len(v.Faults) > 0 {
			t.Errorf("of the article's %s ReadVerdict = %+v, %v; want that region and no faults", west, v, err)
		}
		articleWrites(t, endpoint, table, "err", whole)
		if v, err := region.ReadVerdict(t.Context(), table, east); err != nil || v.Region != "" || v.State != region.TableDegraded || len(v.Faults) > 0 {
			t.Errorf("of the article's err ReadVerdict = %+v, %v; want no region, degraded, and no faults", v, err)
		}
		pin := region.Pin{Region: east, Until: time.Now().Add(time.Hour), By: "ann"}
		if err := region.SetPin(t.Context(), table, east, pin); err != nil {
			t.Fatal(err)
		}
		articleWrites(t, endpoint, table, west, false)
		if v, err := region.ReadVerdict(t.Context(), table, east); err != nil || v.Version != 1 || v.Pin.Region != east {
			t.Errorf("after a pin and the article's next run ReadVerdict = %+v, %v; want the pin still there, version 1", v, err)
		}
	}
}

// runSync runs a gateway's sync with the table until the test ends; it holds every
// region up.
func runSync(t *testing.T, table region.Table, id string) *region.Sync {
	t.Helper()
	sync, err := region.NewSync(region.SyncConfig{
		Table:    table,
		Observer: region.ObserverSettings{ID: id, Regions: []string{east, west}, Interval: 100 * time.Millisecond},
		Deadline: 20 * time.Second,
		Opinion:  func() region.Opinion { return region.Opinion{} },
		Tell:     func(region.Event) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		sync.Run(ctx)
	}()
	t.Cleanup(func() {
		stop()
		<-done
	})
	return sync
}

// await reads the verdict until a fact holds.
func await(t *testing.T, table region.Table, fact string, holds func(region.VerdictItem) bool) region.VerdictItem {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		v, err := region.ReadVerdict(t.Context(), table, east)
		if err == nil && holds(v) {
			return v
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waited in vain for %s; the verdict is %+v, %v", fact, v, err)
		}
	}
}

// TestArticlesCheckBesideGateways has two gateways and the article's Lambda write
// to one table in turns.
func TestArticlesCheckBesideGateways(t *testing.T) {
	endpoint := dynalite.Start(t)
	table := fresh(t, endpoint)
	articleWrites(t, endpoint, table, east, true)
	gateways := []*region.Sync{runSync(t, table, "g0"), runSync(t, table, "g1")}
	whole := func(name string, version int64) func(region.VerdictItem) bool {
		return func(v region.VerdictItem) bool {
			return v.Region == name && v.State == region.TableOK && v.Version > version && v.By != "" && v.Why != ""
		}
	}
	// A version goes on from the one that a gateway has seen; so each is seen by both
	// before the next write wipes it away.
	settled := func(fact string, holds func(region.VerdictItem) bool) region.VerdictItem {
		return await(t, table, fact, func(v region.VerdictItem) bool {
			return holds(v) && gateways[0].Status().Version == v.Version && gateways[1].Status().Version == v.Version
		})
	}
	last := settled("the article's item brought up to date", whole(east, 0))
	for _, value := range []string{west, "err", east} {
		articleWrites(t, endpoint, table, value, true)
		last = settled("a whole item again after PutItem of "+value, whole(east, last.Version))
	}
	for _, value := range []string{west, "err"} {
		articleWrites(t, endpoint, table, value, false)
		last = settled("home again after UpdateItem to "+value, whole(east, last.Version))
	}
	if err := gateways[0].SetPin(region.Pin{Region: west, Until: time.Now().Add(time.Hour), By: "ann", Why: "drill"}); err != nil {
		t.Fatal(err)
	}
	last = settled("the pin", whole(west, last.Version))
	for _, value := range []string{east, "err", west} {
		for _, byPut := range []bool{true, false} {
			if value == west && !byPut {
				continue // that changes nothing
			}
			articleWrites(t, endpoint, table, value, byPut)
			last = settled(fmt.Sprintf("the pin again after %s, whole item %v", value, byPut), func(v region.VerdictItem) bool {
				return whole(west, last.Version)(v) && v.Pin.Region == west && v.Pin.By == "ann"
			})
		}
	}
	history, err := region.ReadHistory(t.Context(), table, east)
	if pins := slices.IndexFunc(history, func(e region.HistoryEntry) bool { return e.What == "pin" && e.By == "ann" }); err != nil || pins < 0 {
		t.Errorf("ReadHistory = %+v, %v; want ann's pin in it", history, err)
	}
	if status := gateways[1].Status(); status.Pinned != west {
		t.Errorf("the other gateway's status = %+v; want it pinned to %s", status, west)
	}
}
