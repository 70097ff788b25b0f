package dynamolocal

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// reply is what came of one request: the answer, or the name of the error.
type reply struct {
	errorType, message string
	body               map[string]any
}

// post sends a request as an SDK does, unless its signature were looked at.
func post(ctx context.Context, endpoint, operation string, input any) (reply, error) {
	body, err := json.Marshal(input)
	if err != nil {
		return reply{}, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, bytes.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("X-Amz-Target", targetPrefix+operation)
	r.Header.Set("X-Amz-Date", "20261128T120000Z")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=local/20261128/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return reply{}, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return reply{}, err
	}
	var came reply
	if err := json.Unmarshal(text, &came.body); err != nil {
		return reply{}, fmt.Errorf("%s answered %d %q: %w", operation, answer.StatusCode, text, err)
	}
	if answer.StatusCode != http.StatusOK {
		full, _ := came.body["__type"].(string)
		_, came.errorType, _ = strings.Cut(full, "#")
		came.message, _ = came.body["message"].(string)
	}
	return came, nil
}

// call sends a request and wants an answer.
func (l *local) call(operation, input string) reply {
	l.t.Helper()
	came, err := post(l.t.Context(), l.url, operation, json.RawMessage(input))
	if err != nil {
		l.t.Fatal(err)
	}
	return came
}

// local is a server under test with the table lexDR.
type local struct {
	t *testing.T
	*Server
	url     string
	records chan Record
}

func serve(t *testing.T, cfg Config) *local {
	t.Helper()
	l := &local{t: t, records: make(chan Record, 1000)}
	cfg.Record = func(r Record) { l.records <- r }
	l.Server = New(cfg)
	if err := l.CreateTable("lexDR", "connectRegion", "S"); err != nil {
		t.Fatal(err)
	}
	ts := httptest.NewServer(l)
	t.Cleanup(ts.Close)
	l.url = ts.URL
	return l
}
