package simulate

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestWorldLetsThingsHappenInOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 3))
	w := &world{random: random}
	type mark struct {
		at time.Duration
		n  int
	}
	var planned, happened []mark
	for n := range 500 {
		at := time.Duration(random.IntN(50)) * time.Second
		planned = append(planned, mark{at, n})
		w.at(at, func() { happened = append(happened, mark{w.now, n}) })
	}
	w.at(25*time.Second, func() {
		w.at(0, func() { happened = append(happened, mark{w.now, 500}) }) // too late: at once
		planned = append(planned, mark{25 * time.Second, 500})
	})
	for w.next(time.Minute) { // all of it
	}
	slices.SortStableFunc(planned, func(a, b mark) int { return int(a.at - b.at) })
	if !slices.Equal(planned, happened) {
		t.Errorf("things happened out of order: %v; want %v", happened, planned)
	}
	w.after(time.Minute, func() { t.Error("something happened after the end") })
	if w.next(w.now + 59*time.Second) {
		t.Error("next says that something happened; want nothing before the end")
	}
}

func TestLatency(t *testing.T) {
	w := &world{random: rand.New(rand.NewPCG(4, 4))}
	var all []time.Duration
	for range 20_000 {
		all = append(all, w.latency())
	}
	slices.Sort(all)
	near := func(got time.Duration, want float64) bool {
		return got.Seconds() > 0.95*want && got.Seconds() < 1.05*want
	}
	if median, p99 := all[10_000], all[19_800]; !near(median, 0.45) || !near(p99, 1.3) {
		t.Errorf("latency: median %v, 99th percentile %v; want 0.45 s and 1.3 s", median, p99)
	}
	if longest := all[len(all)-1]; longest > longestLatency {
		t.Errorf("longest latency %v; want at most %v", longest, longestLatency)
	}
}
