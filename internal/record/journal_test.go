package record

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lexline/internal/call"
	"lexline/internal/secret"

	"github.com/google/go-cmp/cmp"
)

// broken is a store that does as it is told.
type broken struct {
	Memory

	mu      sync.Mutex
	err     error         // of Put
	takes   time.Duration // a Put
	puts    []string      // CALL state turns
	cleaned int
}

func (b *broken) set(err error, takes time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.err, b.takes = err, takes
}

func (b *broken) Put(ctx context.Context, e Entry) error {
	b.mu.Lock()
	err, takes := b.err, b.takes
	b.mu.Unlock()
	if takes > 0 {
		select {
		case <-time.After(takes):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if err != nil {
		return err
	}
	r, err := Parse(e.Record)
	if err != nil {
		return err
	}
	b.mu.Lock()
	b.puts = append(b.puts, fmt.Sprintf("%s %s %d", r.Call, r.State, len(r.Turns)))
	b.mu.Unlock()
	return b.Memory.Put(ctx, e)
}

func (b *broken) DeleteExpired(ctx context.Context, now time.Time) (int, error) {
	b.mu.Lock()
	b.cleaned++
	b.mu.Unlock()
	return b.Memory.DeleteExpired(ctx, now)
}

func (b *broken) written() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.puts, ", ")
}

// bubble runs a journal over a store in a bubble.
func bubble(t *testing.T, cfg Config, test func(j *Journal, store *broken, log *bytes.Buffer)) {
	t.Helper()
	synctest.Test(t, func(*testing.T) {
		store, log := new(broken), new(bytes.Buffer)
		cfg.Store, cfg.Name = store, "test"
		cfg.Logger = slog.New(slog.NewTextHandler(log, nil))
		j := New(cfg)
		test(j, store, log)
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		_ = j.Close(ctx) // the test looks at what it is about
	})
}

func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// anHour keeps of a call what nobody has to switch on.
var anHour = Keeping{Retention: time.Hour}

func begin(j *Journal, id string) *Log { return j.Begin(anHour, call.Info{ID: id}) }

func turn(l *Log, n int) { l.Turn(call.TurnReport{Number: n, Kind: call.TurnSpoken}) }

var over = call.Termination{Result: call.Success, Reason: call.BotClosed}

func TestRecordIsWrittenAsTheCallGoesOn(t *testing.T) {
	for name, tt := range map[string]struct {
		keep Keeping
		want string
	}{
		"each turn": {anHour, "CA1 live 0, CA1 live 1, CA1 live 2, CA1 ended 2"},
		"ends only": {Keeping{Retention: time.Hour, EndsOnly: true}, "CA1 live 0, CA1 ended 2"},
	} {
		bubble(t, Config{}, func(j *Journal, store *broken, _ *bytes.Buffer) {
			l := j.Begin(tt.keep, call.Info{ID: "CA1"})
			pass(time.Second)
			for i := range 2 {
				turn(l, i+1)
				pass(time.Second)
			}
			l.End(over)
			pass(time.Second)
			if got := store.written(); got != tt.want {
				t.Errorf("%s: written %s; want %s", name, got, tt.want)
			}
		})
	}
}

func TestSlowStoreGetsLatestStates(t *testing.T) {
	bubble(t, Config{}, func(j *Journal, store *broken, _ *bytes.Buffer) {
		store.set(nil, time.Second)
		a, b := begin(j, "CA1"), begin(j, "CA2")
		for i := range 5 {
			turn(a, i+1)
			turn(b, i+1)
		}
		a.End(over)
		pass(time.Minute)
		// The first one may have been on its way before its call was over.
		got := strings.Split(store.written(), ", ")
		if len(got) == 3 && strings.HasPrefix(got[0], "CA1 live") {
			got = got[1:]
		}
		slices.Sort(got)
		if diff := cmp.Diff([]string{"CA1 ended 5", "CA2 live 5"}, got); diff != "" {
			t.Errorf("each record once, in its latest state (-want +got):\n%s", diff)
		}
	})
}

func TestStoreThatIsDownForAWhile(t *testing.T) {
	bubble(t, Config{}, func(j *Journal, store *broken, log *bytes.Buffer) {
		store.set(errors.New("no route to it"), 0)
		begin(j, "CA1").End(over)
		pass(time.Minute)
		s := j.Status()
		if s.OK || s.Error != "no route to it" || s.Waiting != 1 || s.Failed < 10 || s.Failed > 20 {
			t.Errorf("status while it is down = %+v; want an error, one waiting, and a try every 5 s", s)
		}
		store.set(nil, 0)
		pass(10 * time.Second)
		if s := j.Status(); !s.OK || s.Error != "" || s.Waiting != 0 || s.Written != 1 || s.Dropped != 0 {
			t.Errorf("status when it is back = %+v; want all written", s)
		}
		if n := strings.Count(log.String(), "msg="); n != 2 {
			t.Errorf("%d lines of log; want one when it failed and one when it was back:\n%s", n, log)
		}
	})
}

func TestStoreThatHangs(t *testing.T) {
	bubble(t, Config{Deadline: 2 * time.Second}, func(j *Journal, store *broken, _ *bytes.Buffer) {
		store.set(nil, time.Hour)
		begin(j, "CA1").End(over) // returns at once: else this bubble would be an hour on
		pass(3 * time.Second)
		if s := j.Status(); s.OK || s.Waiting+int(s.Written) != 1 {
			t.Errorf("status = %+v; want an error of a deadline, and the record waiting", s)
		}
	})
}

func TestEntryThatIsRefused(t *testing.T) {
	bubble(t, Config{}, func(j *Journal, store *broken, _ *bytes.Buffer) {
		store.set(fmt.Errorf("too large: %w", ErrRefused), 0)
		begin(j, "CA1")
		pass(time.Second)
		store.set(nil, 0)
		begin(j, "CA2")
		pass(time.Second)
		if s := j.Status(); !s.OK || s.Dropped != 1 || s.Written != 1 || s.Waiting != 0 {
			t.Errorf("status = %+v; want one dropped, one written", s)
		}
	})
}

// TestFullQueue has more calls than there is room for while the store is down.
func TestFullQueue(t *testing.T) {
	bubble(t, Config{Waiting: 3}, func(j *Journal, store *broken, _ *bytes.Buffer) {
		store.set(errors.New("down"), 0)
		live := begin(j, "live")
		pass(time.Second)
		for i := range 5 {
			j.Begin(anHour, call.Info{ID: fmt.Sprint("CA", i)}).End(over)
		}
		turn(live, 1) // no room
		if s := j.Status(); s.Waiting != 3 || s.Dropped == 0 {
			t.Errorf("status = %+v; want 3 waiting and some dropped", s)
		}
		store.set(nil, 0)
		pass(10 * time.Second)
		if got, want := store.written(), "CA2 ended 0, CA3 ended 0, CA4 ended 0"; got != want {
			t.Errorf("written %s; want the latest that ended: %s", got, want)
		}
		live.End(over)
		pass(time.Second)
		if got := store.written(); !strings.HasSuffix(got, "live ended 1") {
			t.Errorf("written %s; want the live one in the end", got)
		}
	})
}

func TestCloseWritesWhatIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := new(broken)
		store.set(nil, 100*time.Millisecond)
		j := New(Config{Store: store})
		for i := range 5 {
			begin(j, fmt.Sprint("CA", i)).End(over)
		}
		if err := j.Close(t.Context()); err != nil || strings.Count(store.written(), "ended") != 5 {
			t.Errorf("Close = %v, written %s; want all 5", err, store.written())
		}
	})
}

func TestCloseGivesUp(t *testing.T) {
	for name, takes := range map[string]time.Duration{"a store that is down": 0, "a store that hangs": time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			store := new(broken)
			store.set(errors.New("down"), takes)
			j := New(Config{Store: store})
			begin(j, "CA1").End(over)
			begin(j, "CA2").End(over)
			pass(10 * time.Second)
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			began := time.Now()
			err := j.Close(ctx)
			if took := time.Since(began); err == nil || !strings.Contains(err.Error(), "2 were left") || took > 3*time.Second+100*time.Millisecond {
				t.Errorf("%s: Close = %v after %v; want the 2 that are left named after 3s", name, err, took)
			}
		})
	}
}

func TestExpiredAreDeleted(t *testing.T) {
	bubble(t, Config{}, func(j *Journal, store *broken, _ *bytes.Buffer) {
		l := begin(j, "CA1")
		pass(30 * time.Minute)
		l.End(over)
		pass(59 * time.Minute)
		if s := j.Status(); s.Deleted != 1 || store.cleaned < 5 {
			t.Errorf("status %+v after %d cleanings; want the record deleted an hour after its call began", s, store.cleaned)
		}
		// Whatever else happens, cleaning goes on while the store fails.
		before := store.cleaned
		store.set(errors.New("down"), 0)
		begin(j, "CA2")
		pass(time.Hour)
		if store.cleaned == before {
			t.Error("nothing was cleaned while writes failed")
		}
	})
}

// TestManyCallsAtOnce is for the race detector.
func TestManyCallsAtOnce(t *testing.T) {
	store := new(broken)
	j := New(Config{Store: store})
	var calls sync.WaitGroup
	for c := range 20 {
		calls.Go(func() {
			l := j.Begin(Keeping{Retention: time.Hour, Transcripts: true}, call.Info{ID: fmt.Sprint("CA", c)})
			for i := range 50 {
				turn(l, i+1)
			}
			l.End(over)
		})
	}
	calls.Wait()
	if err := j.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	all, err := store.List(t.Context(), Filter{Result: "success"})
	if err != nil || len(all) != 20 {
		t.Errorf("%d records of calls that ended, %v; want 20", len(all), err)
	}
}

// TestCallsKeepAsTheyBegan has two calls of one journal, of which different things are kept.
func TestCallsKeepAsTheyBegan(t *testing.T) {
	store := new(Memory)
	j := New(Config{Store: store, Logger: slog.New(slog.DiscardHandler)})
	first := j.Begin(Keeping{Retention: time.Hour, NumberKey: []byte("key")}, somebody)
	other := somebody
	other.ID = "CA2"
	second := j.Begin(Keeping{Retention: 48 * time.Hour, NumberKey: []byte("other"), Transcripts: true, FullNumbers: true, EndsOnly: true}, other)
	for _, l := range []*Log{first, second} {
		l.Turn(call.TurnReport{Number: 1, Kind: call.TurnSpoken, Words: secret.New("roses")})
		l.End(call.Termination{Result: call.Success, Reason: call.BotClosed})
	}
	if err := j.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	records := map[string]Record{}
	for _, id := range []string{"CA1", "CA2"} {
		entries, err := store.Get(t.Context(), id)
		if err != nil || len(entries) != 1 {
			t.Fatalf("%s: %d entries, %v; want one", id, len(entries), err)
		}
		r, err := Parse(entries[0].Record)
		if err != nil {
			t.Fatal(err)
		}
		records[id] = r
		if want := map[string]time.Duration{"CA1": time.Hour, "CA2": 48 * time.Hour}[id]; entries[0].Until.Sub(r.Started).Round(time.Minute) != want {
			t.Errorf("%s is kept until %v, of a start at %v; want %v", id, entries[0].Until, r.Started, want)
		}
	}
	if records["CA1"].Transcripts || !records["CA2"].Transcripts || records["CA1"].From.Full != "" || records["CA2"].From.Full == "" || records["CA1"].From.Hash == records["CA2"].From.Hash {
		t.Errorf("records %+v and %+v; want each as its call began", records["CA1"], records["CA2"])
	}
}
