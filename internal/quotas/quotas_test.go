package quotas

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"
)

// keys are credentials that open nothing.
var keys = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "AKIAEXAMPLE", SecretAccessKey: "secret"}, nil
})

func TestList(t *testing.T) {
	var tokens []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q struct{ ServiceCode, NextToken string }
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil || q.ServiceCode != "lex" {
			t.Errorf("asked %+v, %v; want the service lex", q, err)
		}
		authorization := r.Header.Get("Authorization")
		if !strings.Contains(authorization, "Credential=AKIAEXAMPLE/") || !strings.Contains(authorization, "/eu-west-2/servicequotas/aws4_request") ||
			r.Header.Get("X-Amz-Target") != operation || r.Header.Get("Content-Type") != "application/x-amz-json-1.1" {
			t.Errorf("headers %v; want a signed question", r.Header)
		}
		tokens = append(tokens, q.NextToken)
		if q.NextToken == "" {
			fmt.Fprint(w, `{"NextToken": "more", "Quotas": [{"QuotaCode": "L-1", "QuotaName": "Concurrent things", "Value": 25.0, "Adjustable": true}, {"QuotaCode": "L-0", "QuotaName": "Without a value"}]}`)
			return
		}
		fmt.Fprint(w, `{"Quotas": [{"QuotaCode": "L-2", "QuotaName": "Bots", "Value": 100}]}`)
	}))
	defer server.Close()
	got, err := List(t.Context(), Config{Region: "eu-west-2", Endpoint: server.URL, Credentials: keys}, "lex")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Quota{{"L-1", "Concurrent things", 25, true}, {"L-2", "Bots", 100, false}}, got); diff != "" {
		t.Errorf("quotas (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"", "more"}, tokens); diff != "" {
		t.Errorf("tokens (-want +got):\n%s", diff)
	}
}

func TestListErrors(t *testing.T) {
	for name, test := range map[string]struct {
		status     int
		body, want string
		code       string
	}{
		"denied":    {400, `{"__type":"com.amazonaws.servicequotas#AccessDeniedException","Message":"no"}`, "AccessDeniedException: no", "AccessDeniedException"},
		"no words":  {503, `<html>`, "Service Unavailable", ""},
		"no JSON":   {200, `<html>`, "is no list of quotas", ""},
		"redirect":  {302, ``, "Found", ""},
		"no end":    {200, `{"NextToken": "x", "Quotas": []}`, "too many pages", ""},
		"throttled": {400, `{"__type":"TooManyRequestsException"}`, "TooManyRequestsException", "TooManyRequestsException"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(test.status)
				fmt.Fprint(w, test.body)
			}))
			defer server.Close()
			_, err := List(t.Context(), Config{Region: "us-east-1", Endpoint: server.URL, Credentials: keys}, "lex")
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error = %v; want one with %q", err, test.want)
			}
			if refused, ok := errors.AsType[*Error](err); test.code != "" && (!ok || refused.Code != test.code) {
				t.Errorf("error = %v; want the code %s", err, test.code)
			}
		})
	}
}

func TestListEndsInTime(t *testing.T) {
	silent := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-silent }))
	defer server.Close()
	defer close(silent)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := List(ctx, Config{Region: "us-east-1", Endpoint: server.URL, Credentials: keys}, "lex"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error of a service that says nothing = %v; want DeadlineExceeded", err)
	}
}
