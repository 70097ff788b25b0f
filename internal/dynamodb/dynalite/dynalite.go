// Package dynalite runs npm's dynalite for tests: a DynamoDB that others wrote,
// in a process of its own on this machine. It knows no more of DynamoDB than how
// to make a table. Its npm module is installed by make setup-test. Nothing but
// tests uses this package; it is no test file, as tests of several packages do.
//
// dynalite differs from Amazon's DynamoDB where a test may notice: it does not
// return the item with a failed condition, knows no transactions and no time to
// live, and checks no credentials (https://github.com/architect/dynalite).
package dynalite

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// startTime is what a busy machine may take to start Node or make a table.
const startTime = time.Minute

// Start runs dynalite until the test's end and returns its address, such as
// http://127.0.0.1:40123. It is empty at first. Where Node or the module is
// missing the test is skipped, but fails when CI is set. Any credentials and any
// region will do.
func Start(tb testing.TB) (endpoint string) {
	tb.Helper()
	missing := tb.Skipf
	if os.Getenv("CI") != "" {
		missing = tb.Fatalf
	}
	node, err := exec.LookPath("node")
	if err != nil {
		missing("no node to run dynalite with: %v", err)
	}
	folder, err := moduleFolder()
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(folder, "node_modules", "dynalite", "package.json")); err != nil {
		missing("dynalite is not installed; run make setup-test: %v", err)
	}
	command := exec.Command(node, "serve.js")
	command.Dir = folder
	var complaints bytes.Buffer
	command.Stderr = &complaints
	// It ends with its standard input: also when this process is killed.
	in, errIn := command.StdinPipe()
	out, errOut := command.StdoutPipe()
	if err := errors.Join(errIn, errOut); err != nil {
		tb.Fatal(err)
	}
	if err := command.Start(); err != nil {
		tb.Fatalf("start dynalite: %v", err)
	}
	first := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(out).ReadString('\n')
		first <- strings.TrimSpace(line)
		close(first)
	}()
	tb.Cleanup(func() {
		_ = in.Close()
		_ = command.Process.Kill() // it has nothing to save
		for range first {          // read to the end, before Wait closes the pipe
		}
		_ = command.Wait() // killed is not ended well
	})
	select {
	case endpoint = <-first:
	case <-time.After(startTime):
	}
	if !strings.HasPrefix(endpoint, "http://") {
		_ = command.Process.Kill()
		tb.Fatalf("dynalite says %q where its address should be", endpoint)
	}
	return endpoint
}

// moduleFolder is where the npm module is: found from the root of this Go
// module, as tests run in their own package's folder.
func moduleFolder() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find dynalite: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return filepath.Join(folder, "internal", "dynamodb", "dynalite", "testdata"), nil
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return "", errors.New("find dynalite: no go.mod above this folder")
		}
		folder = parent
	}
}

// CreateTable makes an empty region table of that name, with the key
// connectRegion, a text. The table can be used when it returns.
func CreateTable(tb testing.TB, endpoint, name string) {
	tb.Helper()
	CreateTableWithKey(tb, endpoint, name, "connectRegion", "S")
}

// CreateTableWithKey makes an empty table with another key than a region table:
// kind is S, N or B, as DynamoDB calls the types of keys.
func CreateTableWithKey(tb testing.TB, endpoint, name, key, kind string) {
	tb.Helper()
	createTable(tb, endpoint, name, attribute{key, kind, "HASH"})
}

// CreateSortedTable makes an empty table with a hash key and a range key, of the kinds
// given, too.
func CreateSortedTable(tb testing.TB, endpoint, name, key, kind, sortBy, sortKind string) {
	tb.Helper()
	createTable(tb, endpoint, name, attribute{key, kind, "HASH"}, attribute{sortBy, sortKind, "RANGE"})
}

// attribute is one of a table's key, and what it does in it.
type attribute struct{ name, kind, role string }

func createTable(tb testing.TB, endpoint, name string, key ...attribute) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	var definitions, schema []any
	for _, a := range key {
		definitions = append(definitions, map[string]any{"AttributeName": a.name, "AttributeType": a.kind})
		schema = append(schema, map[string]any{"AttributeName": a.name, "KeyType": a.role})
	}
	if _, err := Call(ctx, endpoint, "CreateTable", map[string]any{
		"TableName":            name,
		"BillingMode":          "PAY_PER_REQUEST",
		"AttributeDefinitions": definitions,
		"KeySchema":            schema,
	}); err != nil {
		tb.Fatal(err)
	}
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for ; ; <-look.C {
		text, err := Call(ctx, endpoint, "DescribeTable", map[string]any{"TableName": name})
		if err != nil {
			tb.Fatal(err)
		}
		var described struct{ Table struct{ TableStatus string } }
		if err := json.Unmarshal(text, &described); err != nil {
			tb.Fatalf("describe table %s: %v", name, err)
		}
		if described.Table.TableStatus == "ACTIVE" {
			return
		}
	}
}

// Call has one operation of DynamoDB done, input and answer being what the
// service's JSON protocol has in the body: for what a stranger does to a table
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html).
func Call(ctx context.Context, endpoint, operation string, input any) ([]byte, error) {
	body, err := json.Marshal(input)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", operation, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", operation, err)
	}
	req.Header.Set("Content-Type", "application/x-amz-json-1.0")
	req.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
	req.Header.Set("X-Amz-Date", "20260101T000000Z")
	// Looked at for its form only.
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=x")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", operation, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 16<<20))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", operation, err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: status %d: %s", operation, resp.StatusCode, text)
	}
	return text, nil
}
