package simulate

import (
	"context"
	"errors"
	"math"
	"time"

	"lexline/internal/region"
)

// table is the shared table as gateways reach it: the product's table in memory,
// behind a network and a service that have their own bad days.
type table struct {
	r       *run
	w       *world
	main    region.Memory
	old     region.Memory // what is read while the replica lags
	lags    bool          // the schedule has such a time
	outages []Outage
	soiled  bool // somebody else wrote nonsense
}

var errTable = errors.New("the table does not answer")

// lag is how far the replica is behind.
const lag = 8 * time.Second

func newTable(r *run) *table {
	t := &table{r: r, w: r.w, outages: r.s.Outages}
	for _, o := range t.outages {
		if o.Kind == TableStale {
			t.lags = true
		}
		if o.Kind == TableGarbage {
			t.w.at(o.From, func() { t.soil(o.To) })
		}
	}
	return t
}

// ill reports whether the table suffers from an outage of that kind now.
func (t *table) ill(kind OutageKind) bool {
	for _, o := range t.outages {
		if o.Kind == kind && o.From <= t.w.now && t.w.now < o.To {
			return true
		}
	}
	return false
}

func (t *table) read(keys []string, done func([]region.Got)) {
	w := t.w
	if t.ill(TableDown) {
		wait := 500 * time.Millisecond // it hangs; our own deadline ends the wait
		if w.chance(0.5) {
			wait = 10 * time.Millisecond
		}
		w.after(wait, func() {
			items := make([]region.Got, len(keys))
			for i, key := range keys {
				items[i] = region.Got{Key: key, Err: errTable}
			}
			done(items)
		})
		return
	}
	w.after(w.between(5*time.Millisecond, 30*time.Millisecond), func() {
		from := &t.main
		if t.ill(TableStale) {
			from = &t.old
		}
		items := make([]region.Got, len(keys))
		for i, key := range keys {
			item, err := from.Get(context.Background(), key)
			items[i] = region.Got{Key: key, Item: item, Err: err}
		}
		done(items)
	})
}

func (t *table) write(g *gateway, key string, c region.Change, done func(error)) {
	w := t.w
	if t.ill(TableDown) {
		w.after(500*time.Millisecond, func() { done(errTable) })
		return
	}
	if t.ill(TableLate) && w.chance(0.5) {
		// Nobody waits for the write any more when it is made.
		w.after(w.between(time.Second, 30*time.Second), func() { _ = t.change(g, key, c) })
		w.after(500*time.Millisecond, func() { done(errTable) })
		return
	}
	w.after(w.between(5*time.Millisecond, 30*time.Millisecond), func() { done(t.change(g, key, c)) })
}

// change makes a change, under the eyes of the oracle.
func (t *table) change(g *gateway, key string, c region.Change) error {
	ctx := context.Background()
	verdict := key == t.r.names[0]
	var before region.Item
	if verdict {
		before, _ = t.main.Get(ctx, key) // none is an empty one
	}
	err := t.main.Update(ctx, key, c)
	if err != nil {
		return err
	}
	t.r.stats.Writes++
	if !verdict && !t.lags {
		return nil
	}
	after, err := t.main.Get(ctx, key)
	if err != nil {
		return err
	}
	if verdict {
		t.r.oracle.wrote(g, before, after)
	}
	if t.lags {
		t.w.after(lag, func() {
			if err := t.old.Put(ctx, after); err != nil {
				panic("simulate: a table in memory: " + err.Error())
			}
		})
	}
	return nil
}

// region returns the region that the table sends new calls to, if it says any.
func (t *table) region() (name string, ok bool) {
	item, err := t.main.Get(context.Background(), t.r.names[0])
	if err != nil {
		return "", false
	}
	name, ok = item.Attributes["lexRegion"].(string)
	return name, ok
}

// soil lets somebody else write what no gateway can use.
func (t *table) soil(until time.Duration) {
	if t.w.now >= until {
		return
	}
	t.soiled = true
	key := t.r.names[0]
	attributes := map[string]any{"lexRegion": "err"}
	switch t.w.random.IntN(6) {
	case 0:
		attributes = map[string]any{"lexRegion": "moon-north-1", "version": int64(7)}
	case 1:
		attributes = map[string]any{"lexRegion": t.r.names[1], "version": int64(math.MaxInt64 - 1)}
	case 2:
		attributes = map[string]any{"lexRegion": int64(5), "version": "x", "pin": []any{"?"}}
	case 3:
		attributes = map[string]any{}
	case 4:
		key = region.EvidenceKey(key, t.r.names[t.w.random.IntN(len(t.r.names))])
		attributes = map[string]any{"observers": map[string]any{"a-gateway": "?", "z": map[string]any{"seq": int64(-1)}}}
	}
	if err := t.main.Put(context.Background(), region.Item{Key: key, Attributes: attributes}); err != nil {
		panic("simulate: a table in memory: " + err.Error())
	}
	t.w.after(t.w.between(2*time.Second, 20*time.Second), func() { t.soil(until) })
}
