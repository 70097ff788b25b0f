package region

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestCheckupSoak draws hours of a check's life: regions that die, tables that do not
// answer, runs that are killed, made twice or left out, and a writer that knows of no
// versions. In between, whenever all has been quiet long enough, the table must say
// what is so.
func TestCheckupSoak(t *testing.T) {
	seeds := uint64(30)
	if underRace {
		seeds = 6 // so many runs in bubbles have crashed the detector's own runtime once
	}
	if testing.Short() {
		seeds = 5
	}
	for seed := range seeds {
		synctest.Test(t, func(t *testing.T) { soak(t, seed) })
	}
}

// soak draws one life.
func soak(t *testing.T, seed uint64) {
	k, rng := newClinic(t), rand.New(rand.NewPCG(seed, 5))
	whole, version := k.table, int64(0)
	faults := []proberFunc{nil, refuse(Soft), refuse(Hard), blackHole, refuse(Load)}
	for range 25 {
		// A quarter of an hour of trouble.
		for range 15 {
			if rng.IntN(4) == 0 {
				k.probes[east] = faults[rng.IntN(len(faults))]
			}
			if rng.IntN(4) == 0 {
				k.probes[west] = faults[rng.IntN(len(faults))]
			}
			began := time.Now()
			trouble(t, k, rng, whole)
			time.Sleep(time.Minute - time.Since(began))
			v := k.verdict()
			if v.Version < version {
				t.Fatalf("seed %d: the version went from %d to %d", seed, version, v.Version)
			}
			version = v.Version
		}
		// Peace: one region is well for certain, the other is not or is as well.
		k.probes[east], k.probes[west] = nil, nil
		want := "us-east-1 ok"
		if rng.IntN(2) == 0 {
			k.probes[east], want = refuse(Soft), "us-west-2 ok"
		}
		k.every(time.Minute, 14*time.Minute, nil) // longer than the longest hold
		if v := k.verdict(); v.Region+" "+string(v.State) != want {
			t.Fatalf("seed %d: after a quarter of an hour of peace the verdict is %s %s (%s), want %s", seed, v.Region, v.State, v.Why, want)
		}
		k.every(time.Minute, 3*time.Minute, func(r CheckupReport) {
			if r.Written {
				t.Fatalf("seed %d: in peace it writes again: %s", seed, r.Why)
			}
		})
		version = k.verdict().Version
	}
}

// trouble makes a run of the check, or something else.
func trouble(t *testing.T, k *clinic, rng *rand.Rand, whole Table) {
	switch rng.IntN(8) {
	case 0:
		killOnce(t, k, 1+rng.IntN(20), rng.IntN(2) == 0)
	case 1:
		var mu sync.Mutex
		k.table = &sick{Table: whole, before: func(ctx context.Context, _, _ string) error {
			mu.Lock()
			what := rng.IntN(3)
			mu.Unlock()
			switch what {
			case 0:
				return errSick
			case 1:
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		}, after: func(string, string) error {
			mu.Lock()
			defer mu.Unlock()
			if rng.IntN(3) == 0 {
				return errors.New("it was done, but the answer is lost")
			}
			return nil
		}}
		k.check()
		k.table = whole
	case 2:
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() { k.check() })
		}
		both.Wait()
	case 3: // left out
	case 4:
		to := []string{east, west, articleErr}[rng.IntN(3)]
		must(t, whole.Update(t.Context(), east, Change{Set: map[string]any{attrRegion: to}}))
	default:
		k.check()
	}
}
