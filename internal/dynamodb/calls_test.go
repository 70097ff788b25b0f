package dynamodb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"lexline/internal/dynamodb/dynalite"
	"lexline/internal/dynamolocal"
	"lexline/internal/record"
	"lexline/internal/record/storetest"
)

func openCalls(t *testing.T, endpoint, table string) *Calls {
	t.Helper()
	c, err := OpenCalls(t.Context(), CallsConfig{
		Config: Config{
			Name: table, Region: "us-east-1", Endpoint: endpoint, Deadline: 20 * time.Second,
			Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
		},
		Retention: 10 * 24 * time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// ours is a DynamoDB of our own, and counts the requests of each operation.
func ours(t *testing.T) (server *dynamolocal.Server, endpoint string, asked func(op string) int64) {
	counts := map[string]*atomic.Int64{"Query": {}, "GetItem": {}, "PutItem": {}, "Scan": {}}
	server = dynamolocal.New(dynamolocal.Config{Expire: true, Record: func(r dynamolocal.Record) {
		if n := counts[r.Op]; n != nil {
			n.Add(1)
		}
	}})
	ts := httptest.NewServer(server)
	t.Cleanup(ts.Close)
	return server, ts.URL, func(op string) int64 { return counts[op].Load() }
}

// inBoth runs a test with tables in a DynamoDB of our own, and with those in one that
// others wrote.
func inBoth(t *testing.T, test func(t *testing.T, fresh func(t *testing.T) *Calls)) {
	var made atomic.Int64
	name := func() string { return fmt.Sprint("calls", made.Add(1)) }
	t.Run("ours", func(t *testing.T) {
		server, endpoint, _ := ours(t)
		test(t, func(t *testing.T) *Calls {
			table := name()
			if err := errors.Join(server.CreateSortedTable(table, hashName, "S", rangeName, "S"), server.SetTimeToLive(table, untilName)); err != nil {
				t.Fatal(err)
			}
			return openCalls(t, endpoint, table)
		})
	})
	t.Run("dynalite", func(t *testing.T) {
		endpoint := dynalite.Start(t)
		test(t, func(t *testing.T) *Calls {
			table := name()
			dynalite.CreateSortedTable(t, endpoint, table, hashName, "S", rangeName, "S")
			return openCalls(t, endpoint, table)
		})
	})
}

func TestCalls(t *testing.T) {
	inBoth(t, func(t *testing.T, fresh func(t *testing.T) *Calls) {
		storetest.Run(t, func(t *testing.T) record.Store { return fresh(t) })
	})
}

func TestNotes(t *testing.T) {
	inBoth(t, func(t *testing.T, fresh func(t *testing.T) *Calls) {
		storetest.RunNotes(t, func(t *testing.T) storetest.Notes { return fresh(t) })
	})
}

// TestListAsksForDays counts what a list costs.
func TestListAsksForDays(t *testing.T) {
	server, endpoint, asked := ours(t)
	if err := server.CreateSortedTable("calls", hashName, "S", rangeName, "S"); err != nil {
		t.Fatal(err)
	}
	c := openCalls(t, endpoint, "calls")
	noon := time.Now().UTC().Truncate(24 * time.Hour).Add(12 * time.Hour)
	c.now = func() time.Time { return noon }
	ago := func(d time.Duration) time.Time { return noon.Add(-d) }
	for i, began := range []time.Time{noon, ago(time.Minute), ago(2 * time.Minute), ago(20 * 24 * time.Hour)} {
		e := record.Entry{Call: fmt.Sprint("CA", i), Started: began, Until: noon.Add(time.Hour), Record: []byte("{}")}
		if err := c.Put(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name   string
		filter record.Filter
		found  int
		days   int64
	}{
		{"everything", record.Filter{}, 3, 12}, // tomorrow, today, and ten days
		{"as many as there are", record.Filter{Limit: 3}, 3, 2},
		{"an hour", record.Filter{Since: ago(time.Hour)}, 3, 2},
		{"yesterday", record.Filter{Since: ago(24 * time.Hour), Until: ago(12*time.Hour + time.Millisecond)}, 0, 1},
		{"a minute with its ends", record.Filter{Since: ago(2 * time.Minute), Until: noon}, 2, 1},
		{"between milliseconds", record.Filter{Since: ago(time.Minute - time.Microsecond), Until: noon.Add(time.Microsecond)}, 1, 1},
		{"an end before the beginning", record.Filter{Since: noon, Until: ago(time.Minute)}, 0, 0},
		{"longer than this reader's retention", record.Filter{Since: ago(25 * 24 * time.Hour)}, 4, 27},
		{"fifty years ahead", record.Filter{Until: noon.AddDate(50, 0, 0)}, 3, 12},
	} {
		before := asked("Query")
		found, err := c.List(t.Context(), tt.filter)
		if days := asked("Query") - before; err != nil || len(found) != tt.found || days != tt.days {
			t.Errorf("%s: %d entries by %d queries, %v; want %d by %d", tt.name, len(found), days, err, tt.found, tt.days)
		}
	}
	if asked("Scan") != 0 {
		t.Error("the table was scanned")
	}
}

// TestListReadsTheTimeThatIsWanted has a day of two megabytes, of which the last minutes
// are asked for, as who follows calls does every second.
func TestListReadsTheTimeThatIsWanted(t *testing.T) {
	server, endpoint, asked := ours(t)
	if err := server.CreateSortedTable("calls", hashName, "S", rangeName, "S"); err != nil {
		t.Fatal(err)
	}
	c := openCalls(t, endpoint, "calls")
	noon := time.Now().UTC().Truncate(24 * time.Hour).Add(12 * time.Hour)
	c.now = func() time.Time { return noon }
	for i := range 100 {
		e := record.Entry{
			Call: fmt.Sprint("CA", i), Started: noon.Add(-time.Duration(i) * time.Minute), Until: noon.Add(time.Hour),
			Record: bytes.Repeat([]byte("x"), 20<<10),
		}
		if err := c.Put(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	before := asked("Query")
	found, err := c.List(t.Context(), record.Filter{Since: noon.Add(-5 * time.Minute)})
	if n := asked("Query") - before; err != nil || len(found) != 6 || n != 2 {
		t.Errorf("%d entries by %d queries, %v; want 6 by 2, each of which reads 1 MB at most", len(found), n, err)
	}
}

func TestCallsErrors(t *testing.T) {
	server, endpoint, _ := ours(t)
	if err := errors.Join(server.CreateTable("wrong", "connectRegion", "S"), server.CreateSortedTable("right", hashName, "S", rangeName, "S")); err != nil {
		t.Fatal(err)
	}
	now := time.Now().Truncate(time.Second)
	e := record.Entry{Call: "CA1", Started: now, Until: now.Add(time.Hour), Record: []byte("{}")}
	if err := openCalls(t, endpoint, "wrong").Put(t.Context(), e); err == nil || !strings.Contains(err.Error(), "its key must be pk and sk") || errors.Is(err, record.ErrRefused) {
		t.Errorf("Put into a table with another key = %v; want an error that says what it must be, and that it may be tried again", err)
	}
	if err := openCalls(t, endpoint, "none").Put(t.Context(), e); err == nil || !strings.Contains(err.Error(), "no such table") || errors.Is(err, record.ErrRefused) {
		t.Errorf("Put into no table = %v; want an error that says so, and that it may be tried again", err)
	}
	large := e
	large.Record = []byte(strings.Repeat("x", 400<<10))
	if err := openCalls(t, endpoint, "right").Put(t.Context(), large); !errors.Is(err, record.ErrRefused) {
		t.Errorf("Put of more than 400 KB = %v; want ErrRefused", err)
	}
	late := openCalls(t, endpoint, "right")
	late.deadline = time.Nanosecond
	if _, err := late.Get(t.Context(), "CA1"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Get with a deadline of a nanosecond = %v; want DeadlineExceeded", err)
	}
}
