package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/region"
	"lexline/internal/twilio"
)

// onlyVariables are an environment of those alone.
func onlyVariables(of map[string]string) func(string) string {
	return func(name string) string { return of[name] }
}

// loadJSON is the load line of a status as a JSON log has it, without the time.
func loadJSON(t *testing.T, fields []any) map[string]any {
	t.Helper()
	var line bytes.Buffer
	slog.New(slog.NewJSONHandler(&line, nil)).Info("load", fields...)
	var said map[string]any
	if err := json.Unmarshal(line.Bytes(), &said); err != nil {
		t.Fatal(err)
	}
	delete(said, "time")
	return said
}

// TestLoadLine asks for what CloudWatch makes metrics of: numbers, amounts as they are
// and counts since the line before.
func TestLoadLine(t *testing.T) {
	s := statusAnswer{
		Readiness: readiness{Ready: true},
		Calls:     callsStatus{Live: 9},
		Limits:    limitsStatus{Calls: 40},
		Door:      twilio.Counters{Greeting: 1, RejectedCalls: 3, LostStreams: 2},
		Turns:     []turnsStatus{{Answered: 100, Failed: 4}, {Answered: 10, Failed: 1}},
		Bots:      []botStatus{{Status: region.Status{Regions: []region.RegionStatus{{Ejected: true}, {}}}}},
	}
	fields, counts := loadLine(loadCounts{}, s)
	want := map[string]any{
		"level": "INFO", "msg": "load", "live": 9.0, "greeting": 1.0, "limit": 40.0, "share": 25.0, "ready": 1.0, "overloaded": 0.0,
		"regions_out": 1.0, "turns": 115.0, "failed": 5.0, "refused": 3.0, "lost": 2.0,
	}
	if diff := cmp.Diff(want, loadJSON(t, fields)); diff != "" {
		t.Errorf("the first line (-want +got):\n%s", diff)
	}
	s.Turns[0].Answered, s.Turns[1].Failed, s.Door.RejectedCalls, s.Limits.Overload = 107, 2, 10, "late"
	fields, _ = loadLine(counts, s)
	want["turns"], want["failed"], want["refused"], want["lost"], want["overloaded"] = 8.0, 1.0, 7.0, 0.0, 1.0
	if diff := cmp.Diff(want, loadJSON(t, fields)); diff != "" {
		t.Errorf("the second line (-want +got):\n%s", diff)
	}
}

// TestLoadLineIsWritten has a gateway run for three and a half minutes.
func TestLoadLineIsWritten(t *testing.T) {
	cfg, err := loadConfig("", onlyVariables(map[string]string{
		"LEXLINE_CONFIG_TEXT": "public_url: https://voice.example.com\ntwilio: {auth_token: x}\nregions: [{name: us-east-1, runtime_endpoint: http://127.0.0.1:1, models_endpoint: http://127.0.0.1:1}]\n" +
			"lines: [{bot: ABCDEFGHIJ, alias: KLMNOPQRST}]\naws: {access_key_id: a, secret_access_key: b}\nlisten: 127.0.0.1:0\ncontrol: {listen: \"off\"}\n",
		"LEXLINE_LOG_LOAD_EVERY": "1m",
	}), true)
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	g, err := newGateway(t.Context(), cfg, true, slog.New(slog.NewTextHandler(&said, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer g.close()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 210*time.Second)
		defer cancel()
		g.tellLoad(ctx, time.Duration(cfg.Log.LoadEvery))
	})
	if lines := strings.Count(said.String(), "msg=load live=0 greeting=0 limit=2000 share=0 ready=0"); lines != 3 {
		t.Errorf("in 3.5 minutes the gateway wrote\n%s; want 3 lines of its load", said.String())
	}
}
