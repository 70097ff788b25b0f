package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lexline/internal/dynamolocal"
)

// scanTable asks a local DynamoDB for all items of the table lexDR, as an SDK
// would, unless its signature were looked at.
func scanTable(t *testing.T, endpoint string) (status int, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint, strings.NewReader(`{"TableName":"lexDR"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810.Scan")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=local")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

func TestTableServeLogsJSON(t *testing.T) {
	printed := filepath.Join(t.TempDir(), "item.json")
	if err := os.WriteFile(printed, []byte(`{"Item":{"connectRegion":{"S":"eu-west-2"},"lexRegion":{"S":"err"}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	s := startCommand(t, "table", "serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--log-format", "json",
		"--seed", "us-east-1=us-west-2", "--item", printed, "--fault", `{"kind":"throttle","operations":["Scan"]}`)
	var start tableStart
	if err := json.Unmarshal([]byte(s.line(t)), &start); err != nil {
		t.Fatal(err)
	}
	if start.Op != "Start" || start.Admin == "" || len(start.Tables) != 1 || start.Tables[0] != "lexDR" || start.Items != 2 {
		t.Errorf("start = %+v; want lexDR with two items and an admin listener", start)
	}
	// A request is written out before it is answered, so somebody has to read.
	lines := make(chan string, 4)
	go func() {
		defer close(lines)
		for range cap(lines) {
			s.lines.Scan()
			lines <- s.lines.Text()
		}
	}()
	next := func() (r dynamolocal.Record) {
		t.Helper()
		if err := json.Unmarshal([]byte(<-lines), &r); err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := next(); r.Op != "Fault" || r.Fault != "throttle" {
		t.Errorf("second line = %+v; want the fault", r)
	}
	if status, body := scanTable(t, start.Endpoint); status != 400 || !strings.Contains(body, "ProvisionedThroughputExceededException") {
		t.Errorf("throttled: %d %s", status, body)
	}
	if r := next(); r.Op != "Scan" || r.Fault != "throttle" || r.Status != 400 {
		t.Errorf("record = %+v; want a throttled scan", r)
	}
	clear, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, start.Admin+"/faults", nil)
	if err != nil {
		t.Fatal(err)
	}
	if answer, err := http.DefaultClient.Do(clear); err != nil || answer.StatusCode != 200 {
		t.Errorf("clear faults: %v, %v", answer, err)
	} else {
		answer.Body.Close()
	}
	if r := next(); r.Op != "Fault" || r.Fault != "" {
		t.Errorf("record = %+v; want that the faults are gone", r)
	}
	status, body := scanTable(t, start.Endpoint)
	for _, want := range []string{`{"S":"us-west-2"}`, `{"S":"err"}`, `"Count":2`} {
		if !strings.Contains(body, want) {
			t.Errorf("scan = %d %s; want %s in it", status, body, want)
		}
	}
	if r := next(); r.Op != "Scan" || r.Status != 200 || r.Error != "" {
		t.Errorf("record = %+v; want a scan", r)
	}
	if code := s.stop(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
}
