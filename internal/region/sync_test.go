package region

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// faulty is a table with something wrong.
type faulty struct {
	Memory
	mode    atomic.Value // what is wrong, a string; "" for nothing
	inside  atomic.Int64 // calls under way
	most    atomic.Int64 // at a time
	calls   atomic.Int64
	release chan struct{} // ends the calls of a deaf table
	old     Item          // what a stale table gives
}

var errDead = errors.New("connection refused")

func (f *faulty) fault(ctx context.Context) error {
	f.calls.Add(1)
	f.most.Store(max(f.most.Load(), f.inside.Add(1)))
	defer f.inside.Add(-1)
	switch mode, _ := f.mode.Load().(string); mode {
	case "dead":
		return errDead
	case "hung":
		<-ctx.Done()
		return ctx.Err()
	case "deaf":
		<-f.release
		return errDead
	case "slow":
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (f *faulty) Get(ctx context.Context, key string) (Item, error) {
	if err := f.fault(ctx); err != nil {
		return Item{}, err
	}
	mode, _ := f.mode.Load().(string)
	switch {
	case mode == "corrupt":
		return Item{Key: key, Attributes: map[string]any{"lexRegion": int64(7), "version": "x", "pin": true, "observers": []any{"?"}, "entries": "?"}}, nil
	case mode == "foreign":
		return Item{Key: key, Attributes: map[string]any{"lexRegion": "mars-north-1", "observers": map[string]any{"Zo\u00eb": int64(1)}}}, nil
	case mode == "future" && key == east:
		return Item{Key: key, Attributes: VerdictItem{
			Region: west, State: TableOK, Version: maxVersion, At: time.Now().Add(9e5 * time.Hour),
			Pin: Pin{Region: "mars-north-1", Until: time.Now().Add(9e5 * time.Hour)},
		}.attributes()}, nil
	case mode == "stale" && key == east:
		return Item{Key: key, Attributes: cloneMap(f.old.Attributes)}, nil
	}
	return f.Memory.Get(ctx, key)
}

func (f *faulty) Update(ctx context.Context, key string, c Change) error {
	if err := f.fault(ctx); err != nil {
		return err
	}
	return f.Memory.Update(ctx, key, c)
}

// synced is a Sync that runs, with what its judge was told.
type synced struct {
	*Sync
	opinion atomic.Pointer[Opinion]
	mu      sync.Mutex
	told    []Event
	stop    func()
}

func startSync(t *testing.T, c SyncConfig) *synced {
	t.Helper()
	s := &synced{}
	s.opinion.Store(&Opinion{})
	c.Observer.Regions = []string{east, west}
	if c.Observer.ID == "" {
		c.Observer.ID = "g0"
	}
	c.Opinion = func() Opinion { return *s.opinion.Load() }
	c.Tell = func(ev Event) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.told = append(s.told, ev)
	}
	var err error
	if s.Sync, err = NewSync(c); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Run(ctx)
	}()
	s.stop = func() {
		cancel()
		<-done
	}
	return s
}

func (s *synced) toldOf(kind EventKind) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, ev := range s.told {
		if ev.Kind == kind {
			n++
		}
	}
	return n
}

func TestSync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := new(Memory)
		a := startSync(t, SyncConfig{Table: table, Observer: ObserverSettings{ID: "a", Region: east}})
		b := startSync(t, SyncConfig{Table: table, Observer: ObserverSettings{ID: "b", Region: west}})
		time.Sleep(time.Minute)
		if s := b.Status(); !s.Reachable || s.Region != east || s.Version != 1 || s.ReadAge > 6 {
			t.Errorf("after a minute Status = %+v; want version 1, %s, just read", s, east)
		}
		for _, g := range []*synced{a, b} {
			g.opinion.Store(&Opinion{Down: map[string]string{east: "soft"}})
			g.Poke()
		}
		time.Sleep(8 * time.Second)
		if s := b.Status(); s.Region != west || s.Version != 2 {
			t.Errorf("8 s after both held %s down Status = %+v; want %s", east, s, west)
		}
		if err := b.SetPin(Pin{Region: east, Until: time.Now().Add(time.Hour), By: "ann"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(6 * time.Second)
		if s := a.Status(); s.Pinned != east || s.Region != east || a.toldOf(PinSet) != 1 {
			t.Errorf("6 s after a pin at the other gateway Status = %+v, pins told %d; want %s", s, a.toldOf(PinSet), east)
		}
		if err := a.ClearPin("bob", "over"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Second)
		if s := b.Status(); s.Pinned != "" || s.Region != west || b.toldOf(PinEnded) != 1 {
			t.Errorf("20 s after it was cleared Status = %+v; want no pin and %s", s, west)
		}
		history, err := ReadHistory(t.Context(), table, east)
		var what []string
		for _, entry := range history {
			what = append(what, entry.What)
		}
		if got, want := strings.Join(what, " "), "move move pin unpin move"; err != nil || got != want {
			t.Errorf("history = %s, %v; want %s", got, err, want)
		}
		a.stop()
		b.stop()
	})
}

// TestFaultyTable has the table go wrong in every way. What the gateway does
// not stop for, what it knew it keeps, and when the table is well again all is.
func TestFaultyTable(t *testing.T) {
	for _, mode := range []string{"dead", "hung", "slow", "corrupt", "foreign", "future", "stale"} {
		t.Run(mode, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				table := new(faulty)
				s := startSync(t, SyncConfig{Table: table, Observer: ObserverSettings{Region: east}})
				time.Sleep(time.Minute)
				table.old, _ = table.Memory.Get(t.Context(), east)
				s.opinion.Store(&Opinion{Down: map[string]string{east: "soft"}})
				time.Sleep(time.Minute)
				before := s.Status()
				if before.Region != west {
					t.Fatalf("before the fault Status = %+v; want %s", before, west)
				}
				calls := table.calls.Load()
				table.mode.Store(mode)
				for range 600 { // whoever asks meanwhile is answered at once: fake time stands still
					start := time.Now()
					s.Poke()
					s.Status()
					if waited := time.Since(start); waited > 0 {
						t.Fatalf("asking took %v; want no wait for the table", waited)
					}
					time.Sleep(time.Second)
				}
				during := s.Status()
				if during.Region != west || during.Version < before.Version {
					t.Errorf("during the fault Status = %+v; want %s and no version below %d", during, west, before.Version)
				}
				if lost := mode == "dead" || mode == "hung"; lost == during.Reachable {
					t.Errorf("during the fault Status = %+v; want reachable %v", during, !lost)
				}
				if got := table.calls.Load() - calls; got > 600*6 || table.most.Load() > 1 {
					t.Errorf("in ten minutes the table was asked %d times, %d at a time; want at most %d, one at a time", got, table.most.Load(), 600*6)
				}
				table.mode.Store("")
				time.Sleep(2 * time.Minute)
				if after := s.Status(); !after.Reachable || after.Region != west || after.ReadAge > 6 {
					t.Errorf("after the fault Status = %+v; want it reachable, %s", after, west)
				}
				s.stop()
			})
		})
	}
}

// TestDeafTable has a table that keeps none of its contract: even then only one
// call waits, and all else goes on.
func TestDeafTable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := &faulty{release: make(chan struct{})}
		table.mode.Store("deaf")
		s := startSync(t, SyncConfig{Table: table})
		time.Sleep(10 * time.Minute)
		if err := s.SetPin(Pin{Region: west, Until: time.Now().Add(time.Hour)}); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Minute)
		status := s.Status()
		if table.calls.Load() != 1 || status.Counters.Failures < 10 || status.Pinned != west || !status.PinPending {
			t.Errorf("calls %d, Status = %+v; want one call, failures counted, and the pin in force", table.calls.Load(), status)
		}
		close(table.release)
		s.stop()
	})
}

func TestCopyOnDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "verdict")
	synctest.Test(t, func(t *testing.T) {
		s := startSync(t, SyncConfig{Table: new(Memory), Copy: path})
		s.opinion.Store(&Opinion{Down: map[string]string{east: "soft"}})
		time.Sleep(time.Minute)
		if status := s.Status(); status.CopyFault != "" {
			t.Errorf("once the copy is written Status = %+v; want that there was none forgotten", status)
		}
		s.stop()

		dead := new(faulty)
		dead.mode.Store("dead")
		s = startSync(t, SyncConfig{Table: dead, Copy: path})
		time.Sleep(time.Minute)
		if status := s.Status(); status.Region != west || !status.FromCopy || status.Reachable || s.toldOf(Advice) != 1 {
			t.Errorf("with a copy and no table Status = %+v, advice %d; want %s from the copy", status, s.toldOf(Advice), west)
		}
		s.stop()

		time.Sleep(25 * time.Hour)
		s = startSync(t, SyncConfig{Table: dead, Copy: path})
		time.Sleep(time.Minute)
		if status := s.Status(); status.Region != "" || !strings.Contains(status.CopyFault, "old") {
			t.Errorf("with a copy of yesterday Status = %+v; want it ignored for its age", status)
		}
		s.stop()
	})
	files, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(files) != 1 {
		t.Errorf("the folder has %v, %v; want the copy alone", files, err)
	}
}

func TestDamagedCopy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "verdict")
	item := Item{Key: east, Attributes: VerdictItem{Region: west, State: TableOK, Version: 9}.attributes()}
	if err := writeCopy(path, item, epoch); err != nil {
		t.Fatal(err)
	}
	if got, err := readCopy(path, east, epoch.Add(23*time.Hour)); err != nil || DecodeVerdict(got, nil).Region != west {
		t.Fatalf("readCopy = %+v, %v; want what was written", got, err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	refused := func(what string, text []byte, key string, now time.Time) {
		t.Helper()
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := readCopy(path, key, now); err == nil {
			t.Errorf("%s: readCopy = %+v; want an error", what, got)
		}
	}
	for i := range good {
		flipped := append([]byte(nil), good...)
		flipped[i] ^= 4
		refused(fmt.Sprint("bit flipped in byte ", i), flipped, east, epoch)
		refused(fmt.Sprint("cut after ", i), good[:i], east, epoch)
	}
	refused("another key", good, west, epoch)
	refused("too old", good, east, epoch.Add(25*time.Hour))
	refused("from the future", good, east, epoch.Add(-time.Hour))
}

func TestCopyThatCannotBeWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startSync(t, SyncConfig{Table: new(Memory), Copy: filepath.Join(t.TempDir(), "no", "folder")})
		time.Sleep(time.Minute)
		if status := s.Status(); status.CopyFault == "" || !status.Reachable || status.Region != east {
			t.Errorf("Status = %+v; want the fault of the copy and the table's verdict", status)
		}
		s.stop()
	})
}

func TestNewSyncRefuses(t *testing.T) {
	whole := SyncConfig{
		Table: new(Memory), Opinion: func() Opinion { return Opinion{} }, Tell: func(Event) {},
		Observer: ObserverSettings{ID: "a", Regions: []string{east, west}},
	}
	s, err := NewSync(whole)
	if err != nil {
		t.Fatal(err)
	}
	for name, break_ := range map[string]func(*SyncConfig){
		"no table": func(c *SyncConfig) { c.Table = nil }, "no opinion": func(c *SyncConfig) { c.Opinion = nil },
		"nobody to tell": func(c *SyncConfig) { c.Tell = nil }, "no id": func(c *SyncConfig) { c.Observer.ID = "" },
	} {
		c := whole
		break_(&c)
		if _, err := NewSync(c); err == nil {
			t.Errorf("%s: no error; want one", name)
		}
	}
	for name, p := range map[string]Pin{
		"unknown region": {Region: "eu-west-1", Until: time.Now().Add(time.Hour)}, "over": {Region: west, Until: time.Now().Add(-time.Hour)},
	} {
		if err := s.SetPin(p); err == nil {
			t.Errorf("SetPin, %s: no error; want one", name)
		}
	}
	for range cap(s.orders) {
		if err := s.ClearPin("ann", ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.ClearPin("ann", ""); err == nil {
		t.Error("one order too many: no error; want one")
	}
}

// forgetful is a table that makes the first writes of the audit trail and does not
// say so.
type forgetful struct {
	Memory
	left  int
	tried int
}

func (f *forgetful) Update(ctx context.Context, key string, c Change) error {
	err := f.Memory.Update(ctx, key, c)
	if key != HistoryKey(east) || err != nil {
		return err
	}
	if f.tried++; f.left > 0 {
		f.left--
		<-ctx.Done()
		return ctx.Err()
	}
	return nil
}

// TestAuditLineOfASlowTable has the table's first answers come too late: the line of
// the audit trail is there, and once.
func TestAuditLineOfASlowTable(t *testing.T) {
	for lost := range 4 {
		synctest.Test(t, func(t *testing.T) {
			table := &forgetful{left: lost}
			w := newStoreWorker(SyncConfig{Table: table, Deadline: 500 * time.Millisecond}, east, time.Now)
			entry := HistoryEntry{At: epoch.Add(time.Millisecond), By: "g0", What: "move", From: east, To: west, Why: strings.Repeat("because ", 100)}
			answer := w.do(t.Context(), ObserverAction{Kind: AppendEntry, Entry: entry})
			history, err := ReadHistory(t.Context(), table, east)
			if err != nil || len(history) != 1 || answer.fault != nil {
				t.Errorf("with %d answers lost the trail has %d lines, %v; the fault is %v; want one line and none", lost, len(history), err, answer.fault)
			}
			if lost > 0 && table.tried != 1 {
				t.Errorf("with %d answers lost the line was written %d times; want once, and then found", lost, table.tried)
			}
		})
	}
}

// TestAuditLineOfADeadTable: a line is given up after a few tries.
func TestAuditLineOfADeadTable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := new(faulty)
		table.mode.Store("hung")
		w := newStoreWorker(SyncConfig{Table: table, Deadline: 500 * time.Millisecond}, east, time.Now)
		began := time.Now()
		answer := w.do(t.Context(), ObserverAction{Kind: AppendEntry, Entry: HistoryEntry{At: epoch, What: "move", To: west}})
		if took := time.Since(began); answer.fault == nil || took != appendTries*500*time.Millisecond {
			t.Errorf("it ends after %v with %v; want %v and an error", took, answer.fault, appendTries*500*time.Millisecond)
		}
	})
}
