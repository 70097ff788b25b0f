package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const controlToken = "correct-horse-battery"

// TestGuard has every kind of asker at a listener with a token, and at one without.
func TestGuard(t *testing.T) {
	const bearer = "Bearer " + controlToken
	for _, test := range []struct {
		name       string
		path, host string
		headers    []string // names and values in turn
		closed     int      // with a token
		open       int      // without
	}{
		{"program of this machine", "/status", "127.0.0.1:1", nil, 401, 200},
		{"with the token", "/status", "127.0.0.1:1", []string{"Authorization", bearer}, 200, 200},
		{"from elsewhere with the token", "/status", "gw.example", []string{"Authorization", bearer}, 200, 403},
		{"scheme in other letters", "/status", "gw.example", []string{"Authorization", "bearer " + controlToken}, 200, 403},
		{"a browser that was told", "/status", "gw.example", []string{"Authorization", basic("ann", controlToken)}, 200, 403},
		{"the token as a name", "/status", "gw.example", []string{"Authorization", basic(controlToken, "")}, 401, 403},
		{"wrong token", "/status", "gw.example", []string{"Authorization", "Bearer wrong-horse-battery"}, 401, 403},
		{"beginning of the token", "/status", "gw.example", []string{"Authorization", bearer[:len(bearer)-1]}, 401, 403},
		{"more than the token", "/status", "gw.example", []string{"Authorization", bearer + "x"}, 401, 403},
		{"no token behind the word", "/status", "gw.example", []string{"Authorization", "Bearer "}, 401, 403},
		{"the token alone", "/status", "gw.example", []string{"Authorization", controlToken}, 401, 403},
		{"token in the query", "/status?token=" + controlToken, "gw.example", nil, 401, 403},
		{"probe of life", "/healthz", "127.0.0.1:1", nil, 200, 200},
		{"probe of life from elsewhere", "/healthz", "10.0.0.7:8471", nil, 200, 403},
		{"probe of readiness", "/readyz", "10.0.0.7:8471", nil, 200, 403},
		{"almost a probe", "/readyz/", "10.0.0.7:8471", nil, 401, 403},
		{"profiles", "/debug/pprof/heap", "127.0.0.1:1", nil, 401, 200},
		{"page of another site", "/status", "127.0.0.1:1", []string{"Authorization", bearer, "Origin", "https://evil.example"}, 403, 403},
		{"image in another site's page", "/debug/pprof/profile", "127.0.0.1:1", []string{"Authorization", bearer, "Sec-Fetch-Site", "cross-site"}, 403, 403},
		{"the browser's own bar", "/status", "127.0.0.1:1", []string{"Authorization", bearer, "Sec-Fetch-Site", "none"}, 200, 200},
	} {
		for token, want := range map[string]int{controlToken: test.closed, "": test.open} {
			r := httptest.NewRequest(http.MethodGet, test.path, nil)
			r.Host = test.host
			for i := 0; i+1 < len(test.headers); i += 2 {
				r.Header.Set(test.headers[i], test.headers[i+1])
			}
			w := httptest.NewRecorder()
			reached := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
			newGuard(token, slog.New(slog.DiscardHandler)).around(reached, isProbe).ServeHTTP(w, r)
			if w.Code != want {
				t.Errorf("%s: GET %s of %s, token needed: %t: %d, want %d", test.name, test.path, test.host, token != "", w.Code, want)
			}
			if w.Code == http.StatusUnauthorized && len(w.Header().Values("WWW-Authenticate")) != 2 {
				t.Errorf("%s: WWW-Authenticate = %q; want both ways", test.name, w.Header().Values("WWW-Authenticate"))
			}
		}
	}
}

func basic(name, password string) string {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.SetBasicAuth(name, password)
	return r.Header.Get("Authorization")
}

// TestGuardSaysNoToken: neither the right one nor a wrong one gets into the log or
// the answer.
func TestGuardSaysNoToken(t *testing.T) {
	var log bytes.Buffer
	guard := newGuard(controlToken, slog.New(slog.NewTextHandler(&log, nil)))
	handler := guard.around(http.NotFoundHandler(), isProbe)
	for range 50 {
		r := httptest.NewRequest(http.MethodGet, "/status", nil)
		r.Header.Set("Authorization", "Bearer almost-"+controlToken)
		w := httptest.NewRecorder()
		if handler.ServeHTTP(w, r); strings.Contains(w.Body.String(), "horse") {
			t.Fatalf("answer = %s", w.Body.String())
		}
	}
	if text := log.String(); strings.Contains(text, "horse") || !strings.Contains(text, "without the token refused") || strings.Count(text, "\n") > 3 {
		t.Errorf("log = %s; want a line a second, and no token", text)
	}
	if got := guard.wrong.Load(); got != 50 {
		t.Errorf("%d counted, want 50", got)
	}
}

// TestReadiness has everything that keeps new calls from being welcome.
func TestReadiness(t *testing.T) {
	c := startControlled(t, func(cfg *config) { cfg.Limits.Calls = 1 })
	ask := func() (status int, r readiness) {
		t.Helper()
		status, body := c.do(c.request("GET", "/readyz", ""))
		if err := json.Unmarshal([]byte(body), &r); err != nil {
			t.Fatalf("GET /readyz = %s: %v", body, err)
		}
		return status, r
	}
	for status, r := ask(); !r.Ready; status, r = ask() { // it may not have begun to serve
		if status != 503 || len(r.Why) == 0 {
			t.Fatalf("GET /readyz = %d, %+v", status, r)
		}
	}
	memory := "memory: full"
	c.gateway.overload.why.Store(&memory)
	if status, r := ask(); status != 503 || r.Ready || r.Why[0] != memory {
		t.Errorf("without memory: GET /readyz = %d, %+v; want 503 and why", status, r)
	}
	c.gateway.overload.why.Store(nil)
	c.gateway.serving.Store(false)
	if status, r := ask(); status != 503 || r.Why[0] != "not listening" {
		t.Errorf("without a listener: GET /readyz = %d, %+v", status, r)
	}
	c.gateway.serving.Store(true)
	c.gateway.door.Refuse()
	if status, r := ask(); status != 503 || r.Why[0] != "draining" {
		t.Errorf("while draining: GET /readyz = %d, %+v; want 503 and why", status, r)
	}
	if s := c.status(); s.State != "draining" || s.Readiness.Ready || s.Limits.Calls != 1 {
		t.Errorf("status while draining: state %q, %+v, %+v", s.State, s.Readiness, s.Limits)
	}
	if status, body := c.do(c.request("GET", "/healthz", "")); status != 200 || body != "ok\n" {
		t.Errorf("while draining: GET /healthz = %d, %q; want 200", status, body)
	}
}

func TestProfilesAndPage(t *testing.T) {
	c := startControlled(t, nil)
	for path, want := range map[string]string{
		"/debug/pprof/":                    "goroutine",
		"/debug/pprof/goroutine?debug=1":   "goroutine profile",
		"/debug/pprof/symbol":              "num_symbols",
		"/debug/pprof/profile?seconds=0.1": "seconds",
	} {
		if status, body := c.do(c.request("GET", path, "")); !strings.Contains(body, want) && status != 200 {
			t.Errorf("GET %s = %d, %.80s; want it with %q", path, status, body, want)
		}
	}
	if status, _ := c.do(c.request("GET", "/debug/pprof/cmdline", "")); status != 404 {
		t.Errorf("GET /debug/pprof/cmdline = %d, want 404", status)
	}
	r := c.request("GET", "/status", "")
	r.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	status, body := c.do(r)
	for _, want := range []string{"<title>0 live", "us-east-1", "us-west-2", `class="good">healthy`, "Live calls", `<noscript><meta http-equiv="refresh" content="5"></noscript>`} {
		if status != 200 || !strings.Contains(body, want) {
			t.Errorf("the page (%d) lacks %q:\n%s", status, want, body)
		}
	}
	if strings.Contains(body, "http://") || strings.Contains(body, "https://") {
		t.Error("the page has something of another site")
	}
}

func TestWantsPage(t *testing.T) {
	for accept, want := range map[string]bool{
		"": false, "*/*": false, "application/json": false, "text/html": true, "text/html;q=0.9, */*": true,
		"application/json, text/html": false, "text/htmlx": false, "TEXT/HTML,*/*": true,
	} {
		if got := wantsPage(accept); got != want {
			t.Errorf("wantsPage(%q) = %t, want %t", accept, got, want)
		}
	}
}

// TestPageEscapes: what the table or a caller's number says is text, not HTML.
func TestPageEscapes(t *testing.T) {
	var w bytes.Buffer
	s := statusAnswer{Node: `<script>alert(1)</script>`, Lines: []string{`"><img src=x>`}}
	s.LiveCalls = make([]liveCallStatus, pageCalls+3)
	s.LiveCalls[0] = liveCallStatus{Call: "<b>CA1</b>", From: "***<i>"}
	if err := statusTemplate().Execute(&w, pageOf(s)); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<script>alert", "<img", "<b>", "<i>"} {
		if strings.Contains(w.String(), bad) {
			t.Errorf("the page has %s in it", bad)
		}
	}
	if !strings.Contains(w.String(), "and 3 more") {
		t.Error("the page does not say how many calls it leaves out")
	}
}
