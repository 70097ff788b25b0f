// Package storetest is what every store of records and notes must pass: the same
// questions, the same answers, whether it is memory, a file or a service.
package storetest

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lexline/internal/record"
)

// Notes are what instances leave each other about a call; see twilio.Notes.
type Notes interface {
	PutNote(ctx context.Context, key string, value []byte, until time.Time) error
	Note(ctx context.Context, key string) ([]byte, error)
}

// Run tests a store of records. fresh returns an empty one that is there until the test
// ends.
func Run(t *testing.T, fresh func(t *testing.T) record.Store) {
	for name, test := range map[string]func(*testing.T, record.Store){
		"put and get":         putAndGet,
		"put replaces":        putReplaces,
		"filters":             filters,
		"order and limit":     orderAndLimit,
		"over days":           overDays,
		"expired":             expired,
		"odd texts":           oddTexts,
		"large record":        largeRecord,
		"many at once":        manyAtOnce,
		"context":             endedContext,
		"against a model":     againstModel,
		"record is not kept":  recordIsCopied,
		"nothing to be found": nothing,
	} {
		t.Run(name, func(t *testing.T) { test(t, fresh(t)) })
	}
}

// base is a moment from which tests count; records of it are not over yet.
func base() time.Time { return time.Now().UTC().Truncate(time.Second) }

func entry(call string, started time.Time) record.Entry {
	return record.Entry{
		Call: call, Started: started, Line: "flowers", Result: "success", Reason: "bot_closed", Number: "00ff",
		Until: base().Add(24 * time.Hour), Record: []byte(`{"call":"` + call + `"}`),
	}
}

func put(t *testing.T, s record.Store, entries ...record.Entry) {
	t.Helper()
	for _, e := range entries {
		if err := s.Put(t.Context(), e); err != nil {
			t.Fatalf("Put(%s) = %v; want nil", e.Call, err)
		}
	}
}

func get(t *testing.T, s record.Store, call string) []record.Entry {
	t.Helper()
	got, err := s.Get(t.Context(), call)
	if err != nil {
		t.Fatalf("Get(%s) = %v; want no error", call, err)
	}
	return got
}

func list(t *testing.T, s record.Store, f record.Filter) []record.Entry {
	t.Helper()
	got, err := s.List(t.Context(), f)
	if err != nil {
		t.Fatalf("List(%+v) = %v; want no error", f, err)
	}
	return got
}

// same compares entries field by field: times by the moment.
func same(t *testing.T, what string, got, want []record.Entry) {
	t.Helper()
	equal := func(a, b record.Entry) bool {
		return a.Call == b.Call && a.Started.Equal(b.Started) && a.Line == b.Line && a.Result == b.Result &&
			a.Reason == b.Reason && a.Number == b.Number && a.Until.Equal(b.Until) && bytes.Equal(a.Record, b.Record)
	}
	if !slices.EqualFunc(got, want, equal) {
		t.Errorf("%s:\n got %s\nwant %s", what, show(got), show(want))
	}
}

func show(entries []record.Entry) string {
	var s strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&s, "[%.40s %v %s/%s/%s/%s until %v %.60s]", e.Call, e.Started, e.Line, e.Result, e.Reason, e.Number, e.Until, e.Record)
	}
	return s.String()
}

func putAndGet(t *testing.T, s record.Store) {
	now := base()
	first, second, other := entry("CA1", now.Add(-time.Minute)), entry("CA1", now.Add(1234*time.Millisecond)), entry("CA2", now)
	other.Line, other.Result, other.Reason, other.Number = "", "", "", ""
	put(t, s, second, other, first)
	same(t, "Get of a call with two streams", get(t, s, "CA1"), []record.Entry{first, second})
	same(t, "Get of a call that goes on", get(t, s, "CA2"), []record.Entry{other})
}

func putReplaces(t *testing.T, s record.Store) {
	live := entry("CA1", base())
	live.Result, live.Reason = "", ""
	over := live
	over.Result, over.Reason, over.Record = "peer_fault", "leg_lost", []byte(`{"over":true}`)
	put(t, s, live, over)
	same(t, "Get", get(t, s, "CA1"), []record.Entry{over})
	same(t, "List", list(t, s, record.Filter{}), []record.Entry{over})
	same(t, "List by its former result", list(t, s, record.Filter{Result: "success"}), nil)
}

func filters(t *testing.T, s record.Store) {
	now := base()
	a, b, c := entry("CA1", now.Add(-3*time.Hour)), entry("CA2", now.Add(-2*time.Hour)), entry("CA3", now.Add(-time.Hour))
	b.Line, b.Number = "taxi", "0a0b"
	c.Result, c.Reason = "caller_ended", "caller_left"
	put(t, s, a, b, c)
	tests := map[string]struct {
		filter record.Filter
		want   []record.Entry
	}{
		"all":            {record.Filter{}, []record.Entry{c, b, a}},
		"line":           {record.Filter{Line: "flowers"}, []record.Entry{c, a}},
		"result":         {record.Filter{Result: "success"}, []record.Entry{b, a}},
		"reason":         {record.Filter{Reason: "caller_left"}, []record.Entry{c}},
		"number":         {record.Filter{Number: "0a0b"}, []record.Entry{b}},
		"several":        {record.Filter{Line: "flowers", Result: "success"}, []record.Entry{a}},
		"none":           {record.Filter{Line: "taxi", Reason: "caller_left"}, nil},
		"since":          {record.Filter{Since: b.Started}, []record.Entry{c, b}},
		"since later":    {record.Filter{Since: b.Started.Add(time.Millisecond)}, []record.Entry{c}},
		"until":          {record.Filter{Until: b.Started}, []record.Entry{a}},
		"until later":    {record.Filter{Until: b.Started.Add(time.Millisecond)}, []record.Entry{b, a}},
		"a time":         {record.Filter{Since: a.Started, Until: c.Started}, []record.Entry{b, a}},
		"no time at all": {record.Filter{Since: now, Until: now.Add(-5 * time.Hour)}, nil},
		"limit":          {record.Filter{Limit: 2}, []record.Entry{c, b}},
		"line and limit": {record.Filter{Line: "taxi", Limit: 1}, []record.Entry{b}},
	}
	for name, tt := range tests {
		same(t, name, list(t, s, tt.filter), tt.want)
	}
}

func orderAndLimit(t *testing.T, s record.Store) {
	now := base()
	var want []record.Entry
	for i := range 60 {
		e := entry(fmt.Sprintf("CA%02d", i), now.Add(-time.Duration(i)*time.Second))
		if i%3 == 0 {
			e.Started = now.Add(-time.Duration(i) * time.Second).Add(7 * time.Millisecond)
		}
		want = append(want, e)
	}
	for _, i := range rand.New(rand.NewPCG(1, 1)).Perm(len(want)) {
		put(t, s, want[i])
	}
	same(t, "all", list(t, s, record.Filter{}), want)
	same(t, "the newest", list(t, s, record.Filter{Limit: 7}), want[:7])
	same(t, "those of half a minute", list(t, s, record.Filter{Since: now.Add(-30 * time.Second)}), want[:31])
}

// overDays has calls on both sides of midnight, and days without any.
func overDays(t *testing.T, s record.Store) {
	midnight := base().Truncate(24 * time.Hour)
	var want []record.Entry
	for i, at := range []time.Duration{time.Millisecond, 0, -time.Millisecond, -24 * time.Hour, -24*time.Hour - time.Millisecond, -5 * 24 * time.Hour} {
		want = append(want, entry(fmt.Sprint("CA", i), midnight.Add(at)))
	}
	put(t, s, want...)
	same(t, "all", list(t, s, record.Filter{}), want)
	same(t, "limit over midnight", list(t, s, record.Filter{Limit: 4}), want[:4])
	same(t, "until midnight", list(t, s, record.Filter{Until: midnight}), want[2:])
	same(t, "one day", list(t, s, record.Filter{Since: midnight.Add(-24 * time.Hour), Until: midnight}), want[2:4])
}

func expired(t *testing.T, s record.Store) {
	now := base()
	over, fresh := entry("CA1", now.Add(-time.Hour)), entry("CA2", now.Add(-time.Minute))
	over.Until = now.Add(-2 * time.Second)
	put(t, s, over, fresh)
	same(t, "List", list(t, s, record.Filter{}), []record.Entry{fresh})
	same(t, "Get of what is over", get(t, s, "CA1"), nil)
	if _, err := s.DeleteExpired(t.Context(), now); err != nil {
		t.Errorf("DeleteExpired = %v; want no error", err)
	}
	same(t, "List after DeleteExpired", list(t, s, record.Filter{}), []record.Entry{fresh})
	if n, err := s.DeleteExpired(t.Context(), now); n != 0 || err != nil {
		t.Errorf("DeleteExpired again = %d, %v; want 0", n, err)
	}
}

func oddTexts(t *testing.T, s record.Store) {
	now := base()
	for i, text := range []string{"'; DROP TABLE calls; --", "ü \u2028 \U0001F33A", "#day", "a b\tc", strings.Repeat("x", 300), "%_"} {
		e := entry("CA"+text, now.Add(time.Duration(i)*time.Millisecond))
		e.Line, e.Reason = text, text
		put(t, s, e)
		same(t, "Get", get(t, s, e.Call), []record.Entry{e})
		same(t, "List", list(t, s, record.Filter{Line: text}), []record.Entry{e})
	}
}

func largeRecord(t *testing.T, s record.Store) {
	now := base()
	var want []record.Entry
	for i := range 12 { // together more than a page of DynamoDB
		e := entry(fmt.Sprint("CA", i), now.Add(-time.Duration(i)*time.Second))
		e.Record = []byte(`"` + strings.Repeat("r", 200<<10) + `"`)
		want = append(want, e)
	}
	put(t, s, want...)
	same(t, "List", list(t, s, record.Filter{}), want)
	same(t, "Get", get(t, s, "CA3"), want[3:4])
}

func manyAtOnce(t *testing.T, s record.Store) {
	now := base()
	var writers sync.WaitGroup
	for w := range 8 {
		writers.Go(func() {
			for i := range 10 {
				if err := s.Put(t.Context(), entry(fmt.Sprint("CA", w, "-", i), now.Add(time.Duration(i)*time.Millisecond))); err != nil {
					t.Errorf("Put beside others: %v", err)
				}
				if _, err := s.List(t.Context(), record.Filter{Limit: 5}); err != nil {
					t.Errorf("List beside others: %v", err)
				}
			}
		})
	}
	writers.Wait()
	if got := list(t, s, record.Filter{}); len(got) != 80 {
		t.Errorf("%d entries; want 80", len(got))
	}
}

func endedContext(t *testing.T, s record.Store) {
	if _, isMemory := s.(*record.Memory); isMemory {
		t.Skip("memory waits for nobody")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Put(ctx, entry("CA1", base())); err == nil {
		t.Error("Put with an ended context: no error")
	}
	if _, err := s.List(ctx, record.Filter{}); err == nil {
		t.Error("List with an ended context: no error")
	}
	same(t, "Get", get(t, s, "CA1"), nil)
}

// againstModel plays the same draws to the store and to memory.
func againstModel(t *testing.T, s record.Store) {
	if _, isMemory := s.(*record.Memory); isMemory {
		t.Skip("it is the model")
	}
	now, model := base(), new(record.Memory)
	rng := rand.New(rand.NewPCG(7, 7))
	pick := func(words ...string) string { return words[rng.IntN(len(words))] }
	for range 60 {
		e := entry(pick("CA1", "CA2", "CA3", "CA4"), now.Add(-time.Duration(rng.IntN(80))*time.Hour))
		e.Line, e.Result, e.Reason, e.Number = pick("a", "b"), pick("", "success"), pick("", "x", "y"), pick("1", "2")
		e.Record = fmt.Appendf(nil, "%d", rng.Int())
		put(t, s, e)
		put(t, model, e)
		f := record.Filter{Line: pick("", "a", "b"), Result: pick("", "", "success"), Reason: pick("", "", "x"), Number: pick("", "", "1"), Limit: rng.IntN(6)}
		if rng.IntN(2) == 0 {
			f.Since = now.Add(-time.Duration(rng.IntN(80)) * time.Hour)
		}
		if rng.IntN(2) == 0 {
			f.Until = now.Add(-time.Duration(rng.IntN(80)) * time.Hour)
		}
		same(t, fmt.Sprintf("List(%+v)", f), list(t, s, f), list(t, model, f))
		same(t, "Get", get(t, s, e.Call), get(t, model, e.Call))
	}
}

// recordIsCopied changes a record's bytes after Put.
func recordIsCopied(t *testing.T, s record.Store) {
	e := entry("CA1", base())
	want := e
	want.Record = bytes.Clone(e.Record)
	put(t, s, e)
	e.Record[0] = 'X'
	same(t, "Get", get(t, s, "CA1"), []record.Entry{want})
}

func nothing(t *testing.T, s record.Store) {
	same(t, "Get", get(t, s, "CA1"), nil)
	same(t, "List", list(t, s, record.Filter{Line: "x", Limit: 3}), nil)
	if n, err := s.DeleteExpired(t.Context(), time.Now()); n != 0 || err != nil {
		t.Errorf("DeleteExpired of nothing = %d, %v; want 0", n, err)
	}
}

// RunNotes tests a store of notes. fresh returns an empty one that is there until the
// test ends.
func RunNotes(t *testing.T, fresh func(t *testing.T) Notes) {
	notes := fresh(t)
	until := time.Now().Add(time.Hour)
	check := func(key string, want []byte) {
		t.Helper()
		if got, err := notes.Note(t.Context(), key); err != nil || !bytes.Equal(got, want) {
			t.Errorf("Note(%.40q) = %q, %v; want %q", key, got, err, want)
		}
	}
	leave := func(key string, value []byte, until time.Time) {
		t.Helper()
		if err := notes.PutNote(t.Context(), key, value, until); err != nil {
			t.Errorf("PutNote(%.40q) = %v; want nil", key, err)
		}
	}
	check("answer/CA1", nil)
	value := []byte("first")
	leave("answer/CA1", value, until)
	value[0] = 'X'
	check("answer/CA1", []byte("first"))
	leave("answer/CA1", []byte("second"), until)
	check("answer/CA1", []byte("second"))
	check("answer/CA2", nil)

	for _, odd := range [][]byte{{0, 255, '\'', '"'}, bytes.Repeat([]byte("long "), 3000)} {
		leave("odd", odd, until)
		check("odd", odd)
	}
	long := strings.Repeat("k", 200)
	leave(long, []byte("v"), until)
	check(long, []byte("v"))

	leave("over", []byte("v"), time.Now().Add(-2*time.Second))
	check("over", nil)
	leave("answer/CA1", []byte("v"), time.Now().Add(-2*time.Second))
	check("answer/CA1", nil)
	leave("answer/CA1", []byte("again"), until)
	check("answer/CA1", []byte("again"))
}
