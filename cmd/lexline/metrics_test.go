package main

import (
	"bufio"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"lexline/internal/call"
	"lexline/internal/lex"
	"lexline/internal/recording"
	"lexline/internal/region"
)

// busyStatus is that of a gateway to which much has happened, each number another one.
func busyStatus() statusAnswer {
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	b := botStatus{
		Name: "OrderFlowers", Lines: []string{"flowers"}, TableFile: "table.db",
		Rooms: map[string]region.Room{
			"us-east-1": {Held: 3, Limit: 25, Most: 9, Refused: 4},
			"us-west-2": {Held: 20, Limit: 25, Most: 22},
		},
		Lex: lex.Counters{
			Turns: 500, Answers: 490, Late: 5, Replays: 31, Hedges: 12, Raced: 7, Moved: 8,
			Errors:   map[region.Class]int64{region.Soft: 6},
			Attempts: map[region.Class]int64{region.Soft: 16},
		},
	}
	b.Active, b.NewCalls = "us-west-2", "us-west-2"
	b.Pin = &region.PinStatus{Region: "us-west-2", Until: start.Add(3 * time.Hour), By: "ann@desk", Why: "maintenance"}
	b.Table = &region.TableStatus{
		Reachable: true, ReadAge: 2, Region: "us-west-2", State: region.TableOK, Version: 12,
		Counters: region.ObserverCounters{Reads: 100, Writes: 20, Failures: 3, Conflicts: 2, Invalid: 1, Stale: 6}, Skipped: 5,
	}
	b.Regions = []region.RegionStatus{
		{
			Seen: region.Seen{
				Region: "us-east-1", Turns: 10, Weight: 5.5, Good: 1203, Failed: map[region.Class]uint64{region.Soft: 10, region.Load: 2},
				LastClass: region.Soft, Probes: 120, ProbesFailed: 4, ProbeRun: 2,
			},
			State: region.Down, Since: start.Add(2*time.Hour - 2*time.Minute), Why: "5 turns in a row failed: soft", Ejected: true,
			HoldSeconds: 120, HoldLeftSeconds: 120, Relapses: 1, LastFaultAt: start.Add(2*time.Hour - 3*time.Second),
			LastGoodAt: start.Add(2*time.Hour - 125*time.Second), LastProbeError: "dial tcp: i/o timeout", ProbeErrorAt: start.Add(2*time.Hour - 4*time.Second), MedianSeconds: 0.42, SlowSeconds: 1.2,
		},
		{
			Seen:  region.Seen{Region: "us-west-2", Turns: 10, Good: 90, Probes: 60, Ramp: 100, NewCalls: 100},
			State: region.Healthy, Since: start, Why: "nothing speaks against it", LastGoodAt: start.Add(2 * time.Hour),
		},
	}
	return statusAnswer{
		Version: "v1.2.3", Node: "gw-1", Started: start, Now: start.Add(2 * time.Hour), Lines: []string{"flowers"},
		Calls: callsStatus{
			Live: 11, Total: 64,
			Ends:     []callEnd{{call.CallerEnded, call.CallerLeft, 13}, {call.Success, call.BotClosed, 40}},
			Snapshot: call.Snapshot{Calls: 53, Turns: 480, Fillers: 17, Apologies: 1},
		},
		Recordings: recording.Counters{Begun: 63, Failed: 2, Dropped: 77},
		Bots:       []botStatus{b},
	}
}

// gathered has the lines that a gateway of a status exports, as "name{label=value,...}"
// with their values. A fault that Prometheus finds in them fails the test.
func gathered(t *testing.T, s statusAnswer) map[string]float64 {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(newCollector(func() statusAnswer { return s })); err != nil {
		t.Fatal(err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("metric %s: %s", p.Metric, p.Text)
	}
	values := map[string]float64{}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetName()+"="+l.GetValue())
			}
			values[family.GetName()+"{"+strings.Join(labels, ",")+"}"] = m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return values
}

func TestMetricsSayWhatTheStatusSays(t *testing.T) {
	values := gathered(t, busyStatus())
	for name, want := range map[string]float64{
		"lexline_calls_live{}":  11,
		"lexline_calls_total{}": 64,
		"lexline_calls_ended_total{reason=bot_closed,result=success}":                             40,
		"lexline_calls_ended_total{reason=caller_left,result=caller_ended}":                       13,
		"lexline_recordings_total{}":                                                              63,
		"lexline_recordings_failed_total{}":                                                       2,
		"lexline_recording_dropped_frames_total{}":                                                77,
		"lexline_call_fillers_total{}":                                                            17,
		"lexline_bot_turns_total{bot=OrderFlowers}":                                               500,
		"lexline_bot_late_answers_total{bot=OrderFlowers}":                                        5,
		"lexline_bot_replays_total{bot=OrderFlowers}":                                             31,
		"lexline_bot_hedges_total{bot=OrderFlowers}":                                              12,
		"lexline_bot_moved_calls_total{bot=OrderFlowers}":                                         8,
		"lexline_bot_errors_total{bot=OrderFlowers,class=soft}":                                   6,
		"lexline_bot_errors_total{bot=OrderFlowers,class=hard}":                                   0,
		"lexline_region_state{bot=OrderFlowers,region=us-east-1,state=down}":                      1,
		"lexline_region_new_calls{bot=OrderFlowers,region=us-west-2}":                             100,
		"lexline_region_new_calls{bot=OrderFlowers,region=us-east-1}":                             0,
		"lexline_region_state{bot=OrderFlowers,region=us-east-1,state=healthy}":                   0,
		"lexline_region_state{bot=OrderFlowers,region=us-east-1,state=suspect}":                   0,
		"lexline_region_state{bot=OrderFlowers,region=us-east-1,state=recovering}":                0,
		"lexline_region_state{bot=OrderFlowers,region=us-west-2,state=healthy}":                   1,
		"lexline_region_active{bot=OrderFlowers,region=us-east-1}":                                0,
		"lexline_region_active{bot=OrderFlowers,region=us-west-2}":                                1,
		"lexline_region_pinned{bot=OrderFlowers,region=us-west-2}":                                1,
		"lexline_region_panic{bot=OrderFlowers}":                                                  0,
		"lexline_region_ejected{bot=OrderFlowers,region=us-east-1}":                               1,
		"lexline_region_answers_total{bot=OrderFlowers,region=us-east-1}":                         1203,
		"lexline_region_attempts_failed_total{bot=OrderFlowers,class=soft,region=us-east-1}":      10,
		"lexline_region_attempts_failed_total{bot=OrderFlowers,class=load,region=us-east-1}":      2,
		"lexline_region_attempts_failed_total{bot=OrderFlowers,class=abandoned,region=us-east-1}": 0,
		"lexline_region_probes_total{bot=OrderFlowers,region=us-east-1}":                          120,
		"lexline_region_probes_failed_total{bot=OrderFlowers,region=us-east-1}":                   4,
		"lexline_region_answer_slow_seconds{bot=OrderFlowers,region=us-east-1}":                   1.2,
		"lexline_region_in_flight{bot=OrderFlowers,region=us-east-1}":                             3,
		"lexline_region_quota{bot=OrderFlowers,region=us-east-1}":                                 25,
		"lexline_region_in_flight_peak{bot=OrderFlowers,region=us-west-2}":                        22,
		"lexline_region_quota_refused_total{bot=OrderFlowers,region=us-east-1}":                   4,
		"lexline_table_reachable{bot=OrderFlowers}":                                               1,
		"lexline_table_read_age_seconds{bot=OrderFlowers}":                                        2,
		"lexline_table_conflicts_total{bot=OrderFlowers}":                                         2,
		"lexline_table_failures_total{bot=OrderFlowers}":                                          3,
		"lexline_table_skipped_total{bot=OrderFlowers}":                                           5,
	} {
		if got, there := values[name]; !there || got != want {
			t.Errorf("%s = %v, there %v; want %v", name, got, there, want)
		}
	}
}

// TestMetricLabelsAreBounded asks that no label can have a value from a caller.
func TestMetricLabelsAreBounded(t *testing.T) {
	bounded := []string{"bot", "region", "state", "class", "result", "reason", "version", "go"}
	for _, m := range metrics() {
		for _, label := range m.labels {
			if !slices.Contains(bounded, label) {
				t.Errorf("%s has the label %s, which is not known to be bounded", m.name, label)
			}
		}
		if !regexp.MustCompile(`^lexline_[a-z][a-z_]*[a-z]$`).MatchString(m.name) || strings.HasSuffix(m.name, "_total") != (m.kind == counter) {
			t.Errorf("%s: want lexline_ before every name, and _total behind those of counters alone", m.name)
		}
	}
}

// TestReferenceListsTheMetrics holds the table in the reference to the code.
func TestReferenceListsTheMetrics(t *testing.T) {
	content, err := os.ReadFile("../../docs/4-reference.md")
	if err != nil {
		t.Fatal(err)
	}
	_, part, _ := strings.Cut(string(content), "\n## Metrics\n")
	part, _, _ = strings.Cut(part, "\n## ")
	documented := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(lexline_\\w+)` \\| ([^|]*) \\|").FindAllStringSubmatch(part, -1) {
		documented[row[1]] = strings.ReplaceAll(strings.TrimSpace(row[2]), "`", "")
	}
	exported := map[string]string{}
	for _, m := range metrics() {
		exported[m.name] = strings.Join(m.labels, ", ")
	}
	if diff := cmp.Diff(exported, documented); diff != "" {
		t.Errorf("metrics with their labels, exported (-) and in docs/4-reference.md (+):\n%s", diff)
	}
}

func TestMetricsAreServed(t *testing.T) {
	c := startControlled(t, nil)
	code, body := c.do(c.request("GET", "/metrics", ""))
	if code != 200 {
		t.Fatalf("GET /metrics = %d: %s", code, body)
	}
	families := map[string]bool{}
	for lines := bufio.NewScanner(strings.NewReader(body)); lines.Scan(); {
		name, _, _ := strings.Cut(lines.Text(), "{")
		if name, _, _ = strings.Cut(name, " "); name != "#" {
			families[name] = true
		}
	}
	for _, m := range metrics() {
		if !families[m.name] && m.name != "lexline_calls_ended_total" { // none has ended
			t.Errorf("GET /metrics lacks %s; it has %q", m.name, slices.Sorted(maps.Keys(families)))
		}
	}
	if want := `lexline_region_state{bot="OrderFlowers",region="us-west-2",state="healthy"} 1`; !strings.Contains(body, want) {
		t.Errorf("GET /metrics lacks %s:\n%s", want, body)
	}
}
