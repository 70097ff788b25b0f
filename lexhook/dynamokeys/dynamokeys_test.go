package dynamokeys_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"lexline/internal/dynamodb/dynalite"
	"lexline/lexhook"
	"lexline/lexhook/dynamokeys"
	"lexline/lexhook/keytest"
)

// client is the SDK as it is by itself, with its retries.
func client(endpoint string) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region: "us-east-1", BaseEndpoint: &endpoint,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "not-a-secret"}, nil
		}),
	})
}

func fresh(t *testing.T, endpoint string) *dynamokeys.Table {
	t.Helper()
	name := fmt.Sprintf("lexhook-%x", rand.Uint64())
	dynalite.CreateTableWithKey(t, endpoint, name, "key", "S")
	return &dynamokeys.Table{Client: client(endpoint), Name: name, Deadline: 20 * time.Second}
}

func TestTable(t *testing.T) {
	endpoint := dynalite.Start(t)
	keytest.Run(t, func(t *testing.T) lexhook.Table { return fresh(t, endpoint) })
}

var noon = time.UnixMilli(1_800_000_000_000)

// operations are all that a table does.
var operations = map[string]func(ctx context.Context, table *dynamokeys.Table) error{
	"create key": func(ctx context.Context, table *dynamokeys.Table) error {
		_, err := table.Create(ctx, lexhook.Entry{Key: "k", Version: 1, Lease: noon, Expires: noon}, noon)
		return err
	},
	"replace key": func(ctx context.Context, table *dynamokeys.Table) error {
		_, err := table.Replace(ctx, lexhook.Entry{Key: "k", Version: 2, Lease: noon, Expires: noon})
		return err
	},
	"get key": func(ctx context.Context, table *dynamokeys.Table) error { _, err := table.Get(ctx, "k"); return err },
}

// TestTimeToLive looks at what DynamoDB is told of the end of a key: whole seconds,
// never before that end.
func TestTimeToLive(t *testing.T) {
	endpoint := dynalite.Start(t)
	table := fresh(t, endpoint)
	for ms, want := range map[int64]string{1_800_000_000_000: "1800000000", 1_800_000_000_001: "1800000001", 1_800_000_000_999: "1800000001"} {
		key := fmt.Sprint(ms)
		if done, err := table.Create(t.Context(), lexhook.Entry{Key: key, Version: 1, Lease: noon, Expires: time.UnixMilli(ms)}, noon.Add(-time.Hour)); !done || err != nil {
			t.Fatalf("create: %v, %v", done, err)
		}
		raw, err := dynalite.Call(t.Context(), endpoint, "GetItem", map[string]any{"TableName": table.Name, "Key": map[string]any{"key": map[string]any{"S": key}}})
		if err != nil || !strings.Contains(string(raw), `"expires":{"N":"`+want+`"}`) {
			t.Errorf("a key that expires at %d ms is %s, %v; want expires %s", ms, raw, err, want)
		}
	}
}

// TestItemsOfOthers has keys that another program wrote: nobody can tell whether
// their work was done.
func TestItemsOfOthers(t *testing.T) {
	endpoint := dynalite.Start(t)
	table := fresh(t, endpoint)
	item := map[string]any{"key": map[string]any{"S": "k"}, "lease": map[string]any{"N": "1"}, "expires": map[string]any{"N": "1"}}
	if _, err := dynalite.Call(t.Context(), endpoint, "PutItem", map[string]any{"TableName": table.Name, "Item": item}); err != nil {
		t.Fatal(err)
	}
	if done, err := table.Create(t.Context(), lexhook.Entry{Key: "k", Version: 1, Lease: noon, Expires: noon}, noon); done || err != nil {
		t.Errorf("Create over another program's key = %v, %v; want it refused", done, err)
	}
	if e, err := table.Get(t.Context(), "k"); err == nil || errors.Is(err, lexhook.ErrNoEntry) {
		t.Errorf("Get of another program's key = %+v, %v; want an error other than ErrNoEntry", e, err)
	}
}

// TestNothingIsTriedTwice has a DynamoDB that is there and refuses.
func TestNothingIsTriedTwice(t *testing.T) {
	for _, code := range []string{"ProvisionedThroughputExceededException", "InternalServerError"} {
		var asked atomic.Int64
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			_, _ = io.Copy(io.Discard, r.Body)
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = io.WriteString(w, `{"__type":"com.amazonaws.dynamodb.v20120810#`+code+`"}`)
		}))
		for what, do := range operations {
			err := do(t.Context(), &dynamokeys.Table{Client: client(server.URL), Name: "lexhook", Deadline: 20 * time.Second})
			if err == nil || errors.Is(err, lexhook.ErrNoEntry) || !strings.HasPrefix(err.Error(), what) || !strings.Contains(err.Error(), code) {
				t.Errorf("%s answered by %s: %v; want an error that begins so and names it", what, code, err)
			}
		}
		if asked.Load() != int64(len(operations)) {
			t.Errorf("%d calls answered by %s asked %d times; want once each", len(operations), code, asked.Load())
		}
		server.Close()
	}
}

// TestHungTable has a DynamoDB that takes every request and never answers.
func TestHungTable(t *testing.T) {
	over := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-over
	}))
	defer server.Close()
	defer close(over)
	for what, do := range operations {
		err := do(t.Context(), &dynamokeys.Table{Client: client(server.URL), Name: "lexhook", Deadline: 50 * time.Millisecond})
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "no answer within 50ms") {
			t.Errorf("%s on a table that hangs: %v; want no answer within 50ms", what, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(20*time.Millisecond, cancel)
		err = do(ctx, &dynamokeys.Table{Client: client(server.URL), Name: "lexhook", Deadline: time.Minute})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s canceled: %v; want Canceled", what, err)
		}
	}
}
