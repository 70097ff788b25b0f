package dynamodb

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"lexline/internal/dynamodb/dynalite"
	"lexline/internal/region"
	"lexline/internal/region/tabletest"
)

// anybody are credentials that are never checked.
var anybody = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "not-a-secret"}, nil
})

// open opens a table until the test ends. Its deadline is a generous one.
func open(t testing.TB, c Config) *Table {
	t.Helper()
	if c.Credentials == nil {
		c.Credentials = anybody
	}
	if c.Region == "" {
		c.Region = "us-east-1"
	}
	if c.Deadline == 0 {
		c.Deadline = 20 * time.Second
	}
	table, err := Open(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := table.Close(); err != nil {
			t.Error(err)
		}
	})
	return table
}

// fresh makes an empty table of a new name in dynalite and opens it.
func fresh(t testing.TB, endpoint string) *Table {
	t.Helper()
	name := fmt.Sprintf("lexDR-%x", rand.Uint64())
	dynalite.CreateTable(t, endpoint, name)
	return open(t, Config{Name: name, Endpoint: endpoint})
}

func TestTable(t *testing.T) {
	endpoint := dynalite.Start(t)
	tabletest.Run(t, func(t *testing.T) region.Table { return fresh(t, endpoint) })
}

// stranger writes an item as others do, in DynamoDB's own words.
func stranger(t testing.TB, endpoint string, table *Table, item map[string]any) {
	t.Helper()
	item = mapsWith(item, keyName, map[string]any{"S": "us-east-1"})
	if _, err := dynalite.Call(t.Context(), endpoint, "PutItem", map[string]any{"TableName": table.name, "Item": item}); err != nil {
		t.Fatal(err)
	}
}

func mapsWith(m map[string]any, name string, value any) map[string]any {
	with := map[string]any{name: value}
	maps.Copy(with, m)
	return with
}

func n(text string) map[string]any { return map[string]any{"N": text} }
func s(text string) map[string]any { return map[string]any{"S": text} }

// TestForeignTypes has an item with everything that no region.Item holds.
func TestForeignTypes(t *testing.T) {
	endpoint := dynalite.Start(t)
	table := fresh(t, endpoint)
	deep := s("leaf")
	for range 9 {
		deep = map[string]any{"M": map[string]any{"in": deep}}
	}
	stranger(t, endpoint, table, map[string]any{
		"lexRegion": s("us-west-2"), "version": n("7"), "zero": n("0.00"), "hundred": n("1E2"),
		"fraction": n("1.5"), "huge": n("9223372036854775808"), "null": map[string]any{"NULL": true},
		"bytes": map[string]any{"B": "AAEC"}, "texts": map[string]any{"SS": []string{"a", "b"}},
		"numbers": map[string]any{"NS": []string{"1"}}, "blobs": map[string]any{"BS": []string{"AAEC"}},
		"list": map[string]any{"L": []any{s("a"), map[string]any{"NULL": true}, n("2"), n("0.1")}},
		"map":  map[string]any{"M": map[string]any{"good": n("1"), "bad": n("-0.5")}}, "deep": deep,
	})
	item, err := table.Get(t.Context(), "us-east-1")
	if err != nil {
		t.Fatal(err)
	}
	if err := region.CheckAttributes(item.Attributes); err != nil {
		t.Errorf("Get = %v, which no table holds: %v", item, err)
	}
	delete(item.Attributes, "deep")
	want := map[string]any{
		"lexRegion": "us-west-2", "version": int64(7), "zero": int64(0), "hundred": int64(100),
		"list": []any{"a", int64(2)}, "map": map[string]any{"good": int64(1)},
	}
	if diff := cmp.Diff(want, item.Attributes); diff != "" {
		t.Errorf("an item of a stranger is read wrong (-want +got):\n%s", diff)
	}
	c := region.Change{Set: map[string]any{"version": int64(8)}, Where: region.Where{Path: []string{"version"}, Is: 7}}
	if err := table.Update(t.Context(), "us-east-1", c); err != nil {
		t.Fatal(err)
	}
	raw, err := dynalite.Call(t.Context(), endpoint, "GetItem", map[string]any{"TableName": table.name, "Key": map[string]any{keyName: s("us-east-1")}})
	for _, kept := range []string{`"AAEC"`, `"1.5"`, `"NULL":true`, `"SS"`, `"9223372036854775808"`} {
		if err != nil || !strings.Contains(string(raw), kept) {
			t.Errorf("after an update of another attribute the item is %s, %v; want %s still in it", raw, err, kept)
		}
	}
}

// TestNumbersThatAreNone has a number in the way of a condition that whoever
// reads the item sees nothing of.
func TestNumbersThatAreNone(t *testing.T) {
	endpoint := dynalite.Start(t)
	table := fresh(t, endpoint)
	for _, text := range []string{"1.5", "-0.001", "9223372036854775808", "1E100"} {
		stranger(t, endpoint, table, map[string]any{"version": n(text), "lexRegion": s("us-west-2")})
		v, err := region.ReadVerdict(t.Context(), table, "us-east-1")
		if err != nil || v.Region != "us-west-2" || v.Version != 0 {
			t.Errorf("of version %s ReadVerdict = %+v, %v; want us-west-2 and version 0", text, v, err)
		}
		c := region.Change{Set: map[string]any{"version": int64(1)}, Where: region.Where{Path: []string{"version"}}}
		if err := table.Update(t.Context(), "us-east-1", c); err != nil {
			t.Errorf("Update where the version is %s, on the condition of none: %v; want no error", text, err)
		}
		if err := table.Update(t.Context(), "us-east-1", c); !errors.Is(err, region.ErrConflict) {
			t.Errorf("the same Update again = %v; want ErrConflict", err)
		}
	}
	stranger(t, endpoint, table, map[string]any{"observers": map[string]any{"M": map[string]any{"a": map[string]any{"M": map[string]any{"seq": n("0.5")}}}}})
	if err := table.Update(t.Context(), "us-east-1", region.Change{
		Entry: region.Entry{Map: "observers", Name: "a", Value: map[string]any{"seq": int64(1)}},
		Where: region.Where{Path: []string{"observers", "a", "seq"}},
	}); err != nil {
		t.Errorf("Update of an entry whose seq is 0.5: %v; want no error", err)
	}
}

// TestReservedWords has attributes that no expression may name as they are.
func TestReservedWords(t *testing.T) {
	table := fresh(t, dynalite.Start(t))
	set := map[string]any{"state": "ok", "region": "x", "a.b": int64(1), "#n0": "y", ":v0": "z", "é \"": true, "observers": map[string]any{"a": map[string]any{}}}
	if err := table.Update(t.Context(), "k", region.Change{Set: set}); err != nil {
		t.Fatal(err)
	}
	if err := table.Update(t.Context(), "k", region.Change{
		Set: map[string]any{"state": "gone"}, Remove: []string{"state", "region", "region", "size"},
		Entry: region.Entry{Map: "observers", Name: "values.of[0]", Value: "e"},
		Where: region.Where{Path: []string{"a.b"}, Is: 1},
	}); err != nil {
		t.Fatal(err)
	}
	item, err := table.Get(t.Context(), "k")
	want := map[string]any{"a.b": int64(1), "#n0": "y", ":v0": "z", "é \"": true, "observers": map[string]any{"a": map[string]any{}, "values.of[0]": "e"}}
	if diff := cmp.Diff(want, item.Attributes); err != nil || diff != "" {
		t.Errorf("after two updates, %v (-want +got):\n%s", err, diff)
	}
}

func TestWhatCannotBeWritten(t *testing.T) {
	table := fresh(t, dynalite.Start(t))
	long := strings.Repeat("x", longestKey+1)
	for name, err := range map[string]error{
		"Put without a key":       table.Put(t.Context(), region.Item{}),
		"Put with a long key":     table.Put(t.Context(), region.Item{Key: long}),
		"Update without a key":    table.Update(t.Context(), "", region.Change{}),
		"Update of the key":       table.Update(t.Context(), "k", region.Change{Set: map[string]any{keyName: "x"}}),
		"Put of the key":          table.Put(t.Context(), region.Item{Key: "k", Attributes: map[string]any{keyName: "x"}}),
		"Put of more than 400 KB": table.Put(t.Context(), region.Item{Key: "k", Attributes: map[string]any{"a": strings.Repeat("x", 410<<10)}}),
	} {
		if err == nil || errors.Is(err, region.ErrConflict) || errors.Is(err, region.ErrNotFound) {
			t.Errorf("%s = %v; want an error", name, err)
		}
	}
	if _, err := table.Get(t.Context(), long); !errors.Is(err, region.ErrNotFound) {
		t.Errorf("Get by a key that is too long = %v; want ErrNotFound", err)
	}
}

func TestCheck(t *testing.T) {
	endpoint := dynalite.Start(t)
	dynalite.CreateTable(t, endpoint, "lexDR")
	dynalite.CreateTableWithKey(t, endpoint, "other", "region", "S")
	dynalite.CreateTableWithKey(t, endpoint, "numbered", keyName, "N")
	for name, want := range map[string]string{
		"lexDR": "", "other": "another key", "numbered": "another key", "lexdr": "no such table",
	} {
		err := open(t, Config{Name: name, Endpoint: endpoint}).Check(t.Context())
		switch {
		case want == "" && err != nil:
			t.Errorf("Check of table %s = %v; want no error", name, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "table "+name+" in us-east-1")):
			t.Errorf("Check of table %s = %v; want an error with %q and the table's name", name, err, want)
		case want != "" && strings.Contains(err.Error(), "operation error"):
			t.Errorf("Check of table %s = %v; want the words of DynamoDB, not those of the SDK", name, err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	for want, c := range map[string]Config{
		"no name of a table": {Name: "a b", Region: "us-east-1"},
		"region":             {Name: "lexDR"},
		"not an AWS region":  {Name: "lexDR", Region: "US East"},
		"http":               {Name: "lexDR", Region: "us-east-1", Endpoint: "127.0.0.1:4567"},
	} {
		if table, err := Open(t.Context(), c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Open(%+v) = %v, %v; want an error with %q", c, table, err, want)
		}
	}
}

// TestEnvironment opens a table as a deployment does, by the environment alone.
func TestEnvironment(t *testing.T) {
	endpoint := dynalite.Start(t)
	dynalite.CreateTable(t, endpoint, "lexDR")
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", endpoint)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "not-a-secret")
	table, err := Open(t.Context(), Config{Name: "lexDR", Region: "us-east-1", Deadline: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	if err := table.Check(t.Context()); err != nil {
		t.Errorf("Check of a table at AWS_ENDPOINT_URL_DYNAMODB = %v; want no error", err)
	}
}
