package region

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// killer ends a run at the nth thing that it does, before or after that is done.
type killer struct {
	mu   sync.Mutex
	left int
	kill context.CancelFunc
}

// next counts one thing, and tells whether the run is dead before it was done.
func (k *killer) next(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.left--; k.left == 0 {
		k.kill()
	}
	return ctx.Err()
}

// TestCheckupKilled kills a run at each of its steps. Wherever that was, the next runs
// bring the table to where it belongs, and a region that calls left does not get them
// back before it was good for its hold.
func TestCheckupKilled(t *testing.T) {
	for _, scene := range []string{"goes", "comes back", "gateways"} {
		for _, done := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/%v", scene, done), func(t *testing.T) {
				for n := 1; ; n++ {
					if !killedAt(t, scene, n, done) {
						if n < 8 {
							t.Fatalf("a run has %d steps only: this shows nothing", n)
						}
						return
					}
				}
			})
		}
	}
}

// killedAt kills the run at its nth step, and tells whether it had that many.
func killedAt(t *testing.T, scene string, n int, done bool) (killed bool) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		k := newClinic(t)
		k.check()
		time.Sleep(time.Minute)
		if scene == "gateways" {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			beats(ctx, t, k.table, west, "gw", east)
		}
		k.probes[east] = refuse(Soft)
		if scene == "comes back" {
			k.check()
			k.says("us-west-2 ok")
			time.Sleep(time.Minute)
			delete(k.probes, east)
			k.check()
			time.Sleep(time.Minute)
		}
		killed = killOnce(t, k, n, done)
		where := fmt.Sprintf("killed at step %d (done %v)", n, done)
		if v := k.verdict(); v.Region != east && v.Region != west {
			t.Fatalf("%s: the verdict names %q", where, v.Region)
		}
		movedAt := time.Now()
		delete(k.probes, east) // it is well from now on
		for k.verdict().Region == west {
			time.Sleep(10 * time.Second)
			k.check()
			if time.Since(movedAt) > 2*time.Minute {
				t.Fatalf("%s: calls never came back", where)
			}
		}
		if took := time.Since(movedAt); scene != "comes back" && took > 0 && took < time.Minute {
			t.Fatalf("%s: calls came back after %v, want the hold of a minute", where, took)
		}
		k.says("us-east-1 ok")
		time.Sleep(time.Minute)
		k.probes[east] = refuse(Soft)
		k.check()
		k.says("us-west-2 ok")
	})
	return killed
}

// killOnce runs a check that dies at its nth step.
func killOnce(t *testing.T, k *clinic, n int, done bool) (killed bool) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	killer := &killer{left: n, kill: cancel}
	whole := k.table
	cfg := k.config()
	table := &sick{Table: whole}
	step := func() error { return killer.next(ctx) }
	if done {
		table.after = func(string, string) error { return step() }
	} else {
		table.before = func(context.Context, string, string) error { return step() }
	}
	cfg.Table = table
	cfg.Prober = proberFunc(func(ctx context.Context, region string, deep bool) (Class, error) {
		if err := step(); err != nil {
			return Soft, err
		}
		return k.Probe(ctx, region, deep)
	})
	_, err := RunCheckup(ctx, cfg)
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	return err != nil
}
