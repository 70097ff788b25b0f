package dynamodb

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"lexline/internal/region"
)

// operations are all that a table does.
var operations = []struct {
	name string
	do   func(ctx context.Context, table *Table) error
}{
	{"get", func(ctx context.Context, table *Table) error { _, err := table.Get(ctx, "k"); return err }},
	{"put", func(ctx context.Context, table *Table) error { return table.Put(ctx, region.Item{Key: "k"}) }},
	{"update", func(ctx context.Context, table *Table) error {
		return table.Update(ctx, "k", region.Change{Set: map[string]any{"a": "b"}, Where: region.Where{Path: []string{"version"}}})
	}},
	{"update of an entry", func(ctx context.Context, table *Table) error {
		return table.Update(ctx, "k", region.Change{Entry: region.Entry{Map: "m", Name: "n", Value: "v"}})
	}},
	{"check", func(ctx context.Context, table *Table) error { return table.Check(ctx) }},
}

// eachOperation tries all operations on a table and wants a plain error of each,
// with those words in it.
func eachOperation(t *testing.T, table *Table, words ...string) {
	t.Helper()
	for _, op := range operations {
		err := op.do(t.Context(), table)
		if err == nil || errors.Is(err, region.ErrConflict) || errors.Is(err, region.ErrNotFound) {
			t.Errorf("%s = %v; want an error other than ErrConflict and ErrNotFound", op.name, err)
			continue
		}
		for _, want := range append(words, "lexDR in us-east-1") {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s = %v; want an error with %q", op.name, err, want)
			}
		}
	}
}

// TestFaultyEndpoint has endpoints that answer, but with nothing good. Each
// operation asks once.
func TestFaultyEndpoint(t *testing.T) {
	fault := func(status int, code, message string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/x-amz-json-1.0")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, `{"__type":"com.amazonaws.dynamodb.v20120810#`+code+`","message":"`+message+`"}`)
		}
	}
	text := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	tests := []struct {
		name   string
		answer http.HandlerFunc
		words  string
	}{
		{"throttled", fault(400, "ProvisionedThroughputExceededException", "slow down"), "throttled"},
		{"throttled by the account", fault(400, "RequestLimitExceeded", "slow down"), "throttled"},
		{"throttled on the way", fault(400, "ThrottlingException", "slow down"), "throttled"},
		{"a fault of DynamoDB", fault(500, "InternalServerError", "oops"), "InternalServerError"},
		{"unavailable", fault(503, "ServiceUnavailable", "oops"), "ServiceUnavailable"},
		{"a proxy's page", text(502, "<html>bad gateway</html>"), ""},
		{"not allowed", fault(400, "AccessDeniedException", "User is not authorized"), "dynamodb:UpdateItem"},
		{"strange credentials", fault(400, "UnrecognizedClientException", "The security token is invalid."), "credentials are not accepted"},
		{"old credentials", fault(400, "ExpiredTokenException", "expired"), "credentials are not accepted"},
		{"no table", fault(400, "ResourceNotFoundException", "Requested resource not found"), "no such table"},
		{"another key", fault(400, "ValidationException", "The provided key element does not match the schema"), "connectRegion of type S"},
		{"too much", text(200, strings.Repeat(" ", maxAnswerBytes+1)), "more than"},
		{"a wrong checksum", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Amz-Crc32", "1")
			_, _ = io.WriteString(w, `{"Item":{"lexRegion":{"S":"us-west-2"}}}`)
		}, "checksum"},
		{"elsewhere", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/other", http.StatusTemporaryRedirect)
		}, ""},
		{"a connection cut off", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var asked atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked.Add(1)
				_, _ = io.Copy(io.Discard, r.Body)
				tt.answer(w, r)
			}))
			defer server.Close()
			t.Setenv("AWS_MAX_ATTEMPTS", "5") // what else a deployment sets
			eachOperation(t, open(t, Config{Name: "lexDR", Endpoint: server.URL}), tt.words)
			if got := asked.Load(); got != int64(len(operations)) {
				t.Errorf("%d operations asked %d times; want once each", len(operations), got)
			}
		})
	}
}

func TestNobodyThere(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	endpoint := "http://" + listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	eachOperation(t, open(t, Config{Name: "lexDR", Endpoint: endpoint}), "refused")
}

// TestNonsense has answers that say success and are none: an item that cannot be
// read is an error, not an item without attributes.
func TestNonsense(t *testing.T) {
	for _, body := range []string{"", "<html>", `{"Item":`, `[]`, `{"Item":7}`, `{"Item":{"lexRegion":"us-east-1"}}`, `{"Item":{"version":{"N":{}}}}`} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }))
		item, err := open(t, Config{Name: "lexDR", Endpoint: server.URL}).Get(t.Context(), "k")
		if err == nil {
			t.Errorf("Get answered by %q = %v; want an error", body, item)
		}
		server.Close()
	}
}

// hanging is a network on which nothing ever comes back, at one of three places.
func hanging(place string, dials *atomic.Int64) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		dials.Add(1)
		if place == "dial" {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		ours, theirs := net.Pipe()
		go func() {
			defer theirs.Close()
			b := make([]byte, 64<<10)
			n, _ := theirs.Read(b)
			if place == "body" && n > 0 {
				_, _ = io.WriteString(theirs, "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: 100000\r\n\r\n{")
			}
			_, _ = io.Copy(io.Discard, theirs)
		}()
		return ours, nil
	}
}

// TestHungEndpoint measures in a bubble that the deadline is kept to the moment,
// and that nothing is tried twice.
func TestHungEndpoint(t *testing.T) {
	places := map[string]string{"dial": "http://ddb.test", "TLS": "https://ddb.test", "answer": "http://ddb.test", "body": "http://ddb.test"}
	for place, endpoint := range places {
		for _, op := range operations {
			t.Run(place+"/"+op.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var dials atomic.Int64
					c := Config{Name: "lexDR", Region: "us-east-1", Credentials: anybody, Endpoint: endpoint, Dial: hanging(place, &dials)}
					table, err := Open(t.Context(), c)
					if err != nil {
						t.Fatal(err)
					}
					defer table.Close()
					began := time.Now()
					err = op.do(t.Context(), table)
					if took := time.Since(began); took != DefaultDeadline || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "no answer within 500ms") {
						t.Errorf("with a hung %s: %v after %v; want no answer within 500ms", place, err, took)
					}
					if dials.Load() != 1 {
						t.Errorf("with a hung %s it dialled %d times; want once", place, dials.Load())
					}
				})
			})
		}
	}
}

// TestCallersContext has callers who wait for less than the deadline.
func TestCallersContext(t *testing.T) {
	for _, op := range operations {
		synctest.Test(t, func(t *testing.T) {
			var dials atomic.Int64
			table, err := Open(t.Context(), Config{
				Name: "lexDR", Region: "us-east-1", Credentials: anybody, Endpoint: "http://ddb.test", Dial: hanging("answer", &dials),
			})
			if err != nil {
				t.Fatal(err)
			}
			defer table.Close()
			began := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			if err := op.do(ctx, table); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 100*time.Millisecond {
				t.Errorf("%s with 100 ms to go = %v after %v; want DeadlineExceeded then", op.name, err, time.Since(began))
			}
			began = time.Now()
			ctx, cancel = context.WithCancel(t.Context())
			time.AfterFunc(50*time.Millisecond, cancel)
			if err := op.do(ctx, table); !errors.Is(err, context.Canceled) || time.Since(began) != 50*time.Millisecond {
				t.Errorf("%s canceled after 50 ms = %v after %v; want Canceled then", op.name, err, time.Since(began))
			}
		})
	}
}

// TestHungCredentials has a source of credentials that does not answer, as that
// of a machine's role may not.
func TestHungCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ask, stop := context.WithCancel(context.Background())
		defer stop()
		hung := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			<-ask.Done()
			return aws.Credentials{}, ask.Err()
		})
		table, err := Open(t.Context(), Config{Name: "lexDR", Region: "us-east-1", Credentials: aws.NewCredentialsCache(hung), Endpoint: "http://ddb.test"})
		if err != nil {
			t.Fatal(err)
		}
		defer table.Close()
		began := time.Now()
		if err := table.Check(t.Context()); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != DefaultDeadline {
			t.Errorf("Check without credentials = %v after %v; want no answer within 500ms", err, time.Since(began))
		}
	})
}

// TestReadsAreConsistent looks at what is asked.
func TestReadsAreConsistent(t *testing.T) {
	for _, eventual := range []bool{false, true} {
		asked := make(chan string, 1)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			asked <- string(body)
			_, _ = io.WriteString(w, "{}")
		}))
		_, err := open(t, Config{Name: "lexDR", Endpoint: server.URL, Eventual: eventual}).Get(t.Context(), "k")
		if body := <-asked; !errors.Is(err, region.ErrNotFound) || strings.Contains(body, `"ConsistentRead":true`) == eventual {
			t.Errorf("Get with Eventual %v asked %s, %v", eventual, body, err)
		}
		server.Close()
	}
}
