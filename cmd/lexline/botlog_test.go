package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/lexlocal"
)

// TestBotLogText has a caller and a gateway's probes over more than a minute.
func TestBotLogText(t *testing.T) {
	noon := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	now := noon
	var out strings.Builder
	l := &botLog{w: &out, now: func() time.Time { return now }}
	at := func(after time.Duration, r lexlocal.Record) {
		now = noon.Add(after)
		r.Op = "RecognizeText"
		l.record(r)
	}
	turn := lexlocal.Record{Session: "CA1", Mode: "Text", Transcript: "roses", Time: noon.Add(-2 * time.Second), Status: 200, Millis: 7}
	probe := lexlocal.Record{Session: "lexline-probe-gw-1-17", Status: 200}
	slow, failed, gone := probe, probe, probe
	slow.Fault, failed.Status, failed.Error, gone.ClientGone = "latency", 503, "broken", true

	at(time.Second, probe)
	at(2*time.Second, turn)
	at(3*time.Second, lexlocal.Record{Session: "lexline-check-gw", Status: 200})
	at(4*time.Second, failed)
	at(5*time.Second, slow)
	at(6*time.Second, gone)
	at(59*time.Second, probe)
	at(62*time.Second, turn)
	at(100*time.Second, probe)
	at(130*time.Second, probe)
	at(500*time.Second, turn)
	at(600*time.Second, turn)
	const want = `12:00:02.000 RecognizeText CA1 text "roses" (7 ms)
12:00:04.000 RecognizeText lexline-probe-gw-1-17 503 broken (0 ms)
12:00:05.000 RecognizeText lexline-probe-gw-1-17 [fault latency] (0 ms)
12:00:06.000 RecognizeText lexline-probe-gw-1-17 (0 ms)
12:01:02.000 probes: 3 requests answered since 12:00:01
12:01:02.000 RecognizeText CA1 text "roses" (7 ms)
12:02:10.000 probes: 1 requests answered since 12:01:02
12:08:20.000 probes: 1 requests answered since 12:02:10
12:08:20.000 RecognizeText CA1 text "roses" (7 ms)
12:10:00.000 RecognizeText CA1 text "roses" (7 ms)
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
}

func TestBotLogJSONKeepsProbes(t *testing.T) {
	var out strings.Builder
	l := &botLog{w: &out, json: true, now: time.Now}
	l.record(lexlocal.Record{Op: "RecognizeText", Session: "lexline-probe-gw-1-17", Status: 200})
	if !strings.Contains(out.String(), `"session":"lexline-probe-gw-1-17"`) {
		t.Errorf("JSON = %q; want the probe's record", &out)
	}
}
