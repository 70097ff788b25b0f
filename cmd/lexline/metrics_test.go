package main

import (
	"bufio"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"lexline/internal/call"
	"lexline/internal/certs"
	"lexline/internal/histogram"
	"lexline/internal/lex"
	"lexline/internal/recording"
	"lexline/internal/region"
	"lexline/internal/secret"
	"lexline/internal/twilio"
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
	turns := newTurnCounts([]lineConfig{{Name: "flowers", Regions: []placeConfig{{Name: "us-east-1"}, {Name: "us-west-2"}}}})
	for range 3 {
		turns.add(call.Info{Line: "flowers"}, aTurn(nil))
	}
	turns.add(call.Info{Line: "flowers"}, aTurn(func(r *call.TurnReport) { r.Words = secret.New("") }))
	turns.add(call.Info{Line: "flowers"}, aTurn(func(r *call.TurnReport) { r.Kind, r.Region = call.TurnKeyed, "us-west-2" }))
	turns.add(call.Info{Line: "flowers"}, aTurn(func(r *call.TurnReport) { r.Answered, r.Failure = 0, call.FailureLate }))
	marks, late := histogram.New(100*time.Millisecond), histogram.New(20*time.Millisecond)
	marks.Observe(80 * time.Millisecond)
	late.Observe(time.Second)
	return statusAnswer{
		Readiness: readiness{Ready: true}, Limits: limitsStatus{Calls: 90, Overload: "memory", Crowded: 91},
		TLS:    &certs.Status{NotAfter: start, Fault: "half written"},
		Config: configStatus{Fault: "lexline.yml:1: unknown key"},
		Turns:  turns.list(), Lateness: late.Snapshot(),
		Door: twilio.Counters{
			Webhooks: 65, Resumes: 2, RejectedSignatures: 31, RejectedTokens: 32, RejectedRequests: 33, RejectedAccounts: 36, RejectedCalls: 134, Busy: 34, TurnedAway: 35, GivenUp: 1, Suspected: 46, Greeting: 3,
			Outbound: 81, Machines: 82, EndedCompleted: 83, EndedBusy: 84, EndedNoAnswer: 85, EndedFailed: 86, EndedCanceled: 87,
			Updates: 91, UpdatesFailed: 92, UpdatesSkipped: 93, WordsFetched: 94,
			StartFailures: 41, LostStreams: 42, BrokenStreams: 43, Replaced: 44, Panics: 45,
			MediaMessages: 51, SentMessages: 52, Frames: 53, Reordered: 54, Gaps: 55, Wakes: 56,
			BadMessages: 61, Duplicates: 62, OtherTrack: 63, UnknownEvents: 64, BinaryMessages: 66, AfterStop: 67, ForeignMarks: 68,
			EarlyDropped: 1600,
		},
		REST:    twilio.RESTCounters{Requests: 71, Retries: 72, RefusedRetries: 73, Refused: 74, Throttled: 75, Broken: 76, Unreachable: 77, TimedOut: 78, Unreadable: 79},
		Version: "v1.2.3", Node: "gw-1", Started: start, Now: start.Add(2 * time.Hour), Lines: []string{"flowers"},
		Calls: callsStatus{
			Live: 11, Total: 64,
			Ends:     []callEnd{{call.CallerEnded, call.CallerLeft, 13}, {call.Success, call.BotClosed, 40}},
			Snapshot: call.Snapshot{Calls: 53, Turns: 480, Fillers: 17, Apologies: 1, DroppedKeys: 4, FarDrops: 5},

			MarkLateness: marks.Snapshot(),
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
			series := "{" + strings.Join(labels, ",") + "}"
			if h := m.GetHistogram(); h != nil {
				values[family.GetName()+"_count"+series] = float64(h.GetSampleCount())
				values[family.GetName()+"_sum"+series] = h.GetSampleSum()
				continue
			}
			values[family.GetName()+series] = m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return values
}

func TestMetricsSayWhatTheStatusSays(t *testing.T) {
	values := gathered(t, busyStatus())
	for name, want := range map[string]float64{
		"lexline_calls_live{}":  11,
		"lexline_ready{}":       1,
		"lexline_calls_limit{}": 90, "lexline_overloaded{}": 1, "lexline_connections_crowded_total{}": 91,
		"lexline_certificate_end_time_seconds{}": 1772366400, "lexline_certificate_fault{}": 1, "lexline_config_fault{}": 1,
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
		"lexline_region_quota_headroom{bot=OrderFlowers,region=us-west-2}":                        5,
		"lexline_turns_total{kind=speech,line=flowers,outcome=answered}":                          4,
		"lexline_turns_total{kind=speech,line=flowers,outcome=failed}":                            1,
		"lexline_turns_total{kind=keys,line=flowers,outcome=answered}":                            1,
		"lexline_turn_false_starts_total{line=flowers}":                                           1,
		"lexline_turn_wait_seconds_count{kind=speech,line=flowers}":                               4,
		"lexline_turn_wait_seconds_sum{kind=speech,line=flowers}":                                 4.16,
		"lexline_turn_noticed_seconds_count{kind=speech,line=flowers}":                            5,
		"lexline_turn_answer_seconds_count{kind=keys,line=flowers,region=us-west-2}":              1,
		"lexline_turn_answer_seconds_count{kind=keys,line=flowers,region=us-east-1}":              0,
		"lexline_turn_first_sound_seconds_count{kind=keys,line=flowers}":                          1,
		"lexline_mark_lateness_seconds_sum{}":                                                     0.08,
		"lexline_lateness_seconds_sum{}":                                                          1,
		"lexline_door_webhooks_total{}":                                                           65,
		"lexline_door_resumes_total{}":                                                            2,
		"lexline_door_given_up_total{}":                                                           1,
		"lexline_door_rejected_total{cause=signature}":                                            31,
		"lexline_door_rejected_total{cause=token}":                                                32,
		"lexline_door_rejected_total{cause=account}":                                              36,
		"lexline_door_rejected_total{cause=request}":                                              33,
		"lexline_door_rejected_total{cause=busy}":                                                 34,
		"lexline_door_rejected_total{cause=number}":                                               100,
		"lexline_door_rejected_total{cause=stopping}":                                             35,
		"lexline_door_suspected_total{}":                                                          46,
		"lexline_calls_greeting{}":                                                                3,
		"lexline_outbound_calls_total{}":                                                          81,
		"lexline_outbound_machines_total{}":                                                       82,
		"lexline_outbound_ended_total{status=completed}":                                          83,
		"lexline_outbound_ended_total{status=busy}":                                               84,
		"lexline_outbound_ended_total{status=no_answer}":                                          85,
		"lexline_outbound_ended_total{status=failed}":                                             86,
		"lexline_outbound_ended_total{status=canceled}":                                           87,
		"lexline_updates_total{}":                                                                 91,
		"lexline_updates_failed_total{}":                                                          92,
		"lexline_updates_fetched_total{}":                                                         94,
		"lexline_queue_drops_total{queue=updates}":                                                93,
		"lexline_door_streams_cut_total{cause=not_started}":                                       41,
		"lexline_door_streams_cut_total{cause=lost}":                                              42,
		"lexline_door_streams_cut_total{cause=broken}":                                            43,
		"lexline_door_streams_cut_total{cause=replaced}":                                          44,
		"lexline_door_streams_cut_total{cause=panic}":                                             45,
		"lexline_media_messages_total{direction=received}":                                        51,
		"lexline_media_messages_total{direction=sent}":                                            52,
		"lexline_media_frames_total{}":                                                            53,
		"lexline_media_reordered_total{}":                                                         54,
		"lexline_media_gaps_total{}":                                                              55,
		"lexline_media_wakes_total{}":                                                             56,
		"lexline_media_ignored_total{kind=bad}":                                                   61,
		"lexline_media_ignored_total{kind=duplicate}":                                             62,
		"lexline_media_ignored_total{kind=other_track}":                                           63,
		"lexline_media_ignored_total{kind=unknown}":                                               64,
		"lexline_media_ignored_total{kind=binary}":                                                66,
		"lexline_media_ignored_total{kind=after_stop}":                                            67,
		"lexline_media_ignored_total{kind=foreign_mark}":                                          68,
		"lexline_rest_requests_total{}":                                                           71,
		"lexline_rest_retries_total{}":                                                            72,
		"lexline_rest_refused_retries_total{}":                                                    73,
		"lexline_rest_failures_total{cause=refused}":                                              74,
		"lexline_rest_failures_total{cause=throttled}":                                            75,
		"lexline_rest_failures_total{cause=broken}":                                               76,
		"lexline_rest_failures_total{cause=unreachable}":                                          77,
		"lexline_rest_failures_total{cause=timed_out}":                                            78,
		"lexline_rest_failures_total{cause=unreadable}":                                           79,
		"lexline_calls_ended_total{reason=panicked,result=server_fault}":                          0, // none yet, but there
		"lexline_queue_drops_total{queue=keys}":                                                   4,
		"lexline_queue_drops_total{queue=played}":                                                 5,
		"lexline_queue_drops_total{queue=early_audio}":                                            1600,
		"lexline_queue_drops_total{queue=recording}":                                              77,
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

// family is one metric as people read of it.
type family struct{ kind, labels string }

// families are all metrics of a gateway, those of the process as well.
func families(t *testing.T) map[string]family {
	t.Helper()
	all := map[string]family{}
	for _, m := range metrics() {
		kind := map[prometheus.ValueType]string{counter: "counter", gauge: "gauge"}[m.kind]
		all[m.name] = family{kind, strings.Join(m.labels, ", ")}
	}
	for _, d := range distributions() {
		all[d.name] = family{"histogram", strings.Join(d.labels, ", ")}
	}
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(processCollectors()...)
	gathered, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range gathered {
		var labels []string
		for _, l := range f.GetMetric()[0].GetLabel() {
			labels = append(labels, l.GetName())
		}
		all[f.GetName()] = family{strings.ToLower(f.GetType().String()), strings.Join(labels, ", ")}
	}
	return all
}

// TestEveryCountIsExported sets each count that the parts of a gateway keep, alone,
// and asks that a metric shows it: one that is added to a part is added to the table.
func TestEveryCountIsExported(t *testing.T) {
	const unlike = 123456789 // no other value of a status
	for name, of := range map[string]func(*statusAnswer) any{
		"the door":   func(s *statusAnswer) any { return &s.Door },
		"REST":       func(s *statusAnswer) any { return &s.REST },
		"calls":      func(s *statusAnswer) any { return &s.Calls.Snapshot },
		"recordings": func(s *statusAnswer) any { return &s.Recordings },
		"Lex":        func(s *statusAnswer) any { return &s.Bots[0].Lex },
	} {
		for field := range reflect.TypeOf(of(&statusAnswer{Bots: make([]botStatus, 1)})).Elem().Fields() {
			if field.Type.Kind() != reflect.Int64 || notExported[field.Name] != "" {
				continue
			}
			s := statusAnswer{Bots: make([]botStatus, 1)}
			reflect.ValueOf(of(&s)).Elem().FieldByIndex(field.Index).SetInt(unlike)
			shown := false
			for _, m := range metrics() {
				m.read(s, func(value float64, _ ...string) { shown = shown || value == unlike })
			}
			if !shown {
				t.Errorf("%s counts %s, and no metric shows it", name, field.Name)
			}
		}
	}
}

// notExported are counts that another metric shows already.
var notExported = map[string]string{
	"Calls":       "lexline_calls_ended_total has them by how they ended",
	"Probes":      "lexline_region_probes_total has them by region",
	"Streams":     "lexline_calls_total, by way of the status",
	"LiveStreams": "lexline_calls_live, by way of the status",
}

// TestMetricLabelsAreBounded asks that no label can have a value from a caller, and
// that names say kind and unit (https://prometheus.io/docs/practices/naming/).
func TestMetricLabelsAreBounded(t *testing.T) {
	bounded := []string{
		"bot", "region", "state", "class", "result", "reason", "version", "go",
		"line", "kind", "outcome", "cause", "direction", "queue", "status",
	}
	for name, f := range families(t) {
		for label := range strings.SplitSeq(f.labels, ", ") {
			if label != "" && !slices.Contains(bounded, label) {
				t.Errorf("%s has the label %s, which is not known to be bounded", name, label)
			}
		}
		switch ours := strings.HasPrefix(name, "lexline_"); {
		case !ours && !strings.HasPrefix(name, "go_") && !strings.HasPrefix(name, "process_"):
			t.Errorf("%s: want lexline_ before every name of our own", name)
		case strings.HasSuffix(name, "_total") != (f.kind == "counter"):
			t.Errorf("%s is a %s: want _total behind the names of counters alone", name, f.kind)
		case f.kind == "histogram" && !strings.HasSuffix(name, "_seconds"):
			t.Errorf("%s is a histogram: want _seconds behind its name", name)
		}
	}
}

// documentedRow is a row of the tables of metrics in the reference.
var documentedRow = regexp.MustCompile("(?m)^\\| `((?:lexline|go|process)_\\w+)` \\| (\\w+) \\| ([^|]*) \\| (\\S+) \\| ([^|]+) \\|")

// unitOf is the unit that the name of a metric tells, as the reference words it.
func unitOf(name string) string {
	name = strings.TrimSuffix(name, "_total")
	for suffix, unit := range map[string]string{"_seconds": "s", "_bytes": "bytes", "_percent": "%"} {
		if strings.HasSuffix(name, suffix) {
			return unit
		}
	}
	return "1"
}

// TestReferenceListsTheMetrics holds the tables in the reference to the code.
func TestReferenceListsTheMetrics(t *testing.T) {
	content, err := os.ReadFile("../../docs/4-reference.md")
	if err != nil {
		t.Fatal(err)
	}
	_, part, _ := strings.Cut(string(content), "\n## Metrics\n")
	part, _, _ = strings.Cut(part, "\n## ")
	documented := map[string]family{}
	for _, row := range documentedRow.FindAllStringSubmatch(part, -1) {
		name, unit := row[1], row[4]
		if _, twice := documented[name]; twice {
			t.Errorf("docs/4-reference.md lists %s twice", name)
		}
		if unit != unitOf(name) {
			t.Errorf("docs/4-reference.md gives %s the unit %s; its name says %s", name, unit, unitOf(name))
		}
		documented[name] = family{row[2], strings.ReplaceAll(strings.TrimSpace(row[3]), "`", "")}
	}
	if diff := cmp.Diff(families(t), documented, cmp.AllowUnexported(family{})); diff != "" {
		t.Errorf("metrics with their types and labels, exported (-) and in docs/4-reference.md (+):\n%s", diff)
	}
	for _, q := range queues() {
		if !strings.Contains(part, "| `"+q.name+"` |") {
			t.Errorf("docs/4-reference.md does not say what the queue %s drops", q.name)
		}
	}
}

func TestMetricsAreServed(t *testing.T) {
	c := startControlled(t, nil)
	code, body := c.do(c.request("GET", "/metrics", ""))
	if code != 200 {
		t.Fatalf("GET /metrics = %d: %s", code, body)
	}
	served := map[string]bool{}
	for lines := bufio.NewScanner(strings.NewReader(body)); lines.Scan(); {
		name, _, _ := strings.Cut(lines.Text(), "{")
		if name, _, _ = strings.Cut(name, " "); name != "#" {
			served[name] = true
		}
	}
	for name, f := range families(t) {
		if f.kind == "histogram" {
			name += "_bucket"
		}
		if !served[name] {
			t.Errorf("GET /metrics lacks %s; it has %q", name, slices.Sorted(maps.Keys(served)))
		}
	}
	if want := `lexline_region_state{bot="OrderFlowers",region="us-west-2",state="healthy"} 1`; !strings.Contains(body, want) {
		t.Errorf("GET /metrics lacks %s:\n%s", want, body)
	}
}
