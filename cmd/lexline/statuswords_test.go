package main

import (
	"bytes"
	"html"
	"reflect"
	"strings"
	"testing"
	"time"

	"lexline/internal/call"
	"lexline/internal/record"
	"lexline/internal/twilio"
)

// pageFor renders the page of a status.
func pageFor(t *testing.T, s statusAnswer) string {
	t.Helper()
	var w bytes.Buffer
	if err := statusTemplate().Execute(&w, pageOf(s)); err != nil {
		t.Fatal(err)
	}
	return html.UnescapeString(w.String())
}

// TestDoorWordsLeaveNothingOut counts each thing that the door counts alone. What is a
// fault by the metrics is told to people as well, at a terminal and on the page.
func TestDoorWordsLeaveNothingOut(t *testing.T) {
	faults := []string{"lexline_door_rejected_total", "lexline_door_streams_cut_total", "lexline_door_given_up_total", "lexline_door_suspected_total", "lexline_call_notes_failed_total"}
	told := 0
	fields := reflect.TypeFor[twilio.Counters]()
	for i := range fields.NumField() {
		var s statusAnswer
		reflect.ValueOf(&s.Door).Elem().Field(i).SetInt(7)
		metric := ""
		for _, m := range metrics() {
			for _, name := range faults {
				if m.name == name {
					m.read(s, func(value float64, labels ...string) {
						if value == 7 {
							metric = name + " of " + strings.Join(labels, " ")
						}
					})
				}
			}
		}
		if metric == "" {
			continue
		}
		told++
		if words := doorWords(s); !strings.HasPrefix(words, "Door: 7 ") {
			t.Errorf("%s counts 7 and people at a terminal are told %q", metric, words)
		}
		if !strings.Contains(pageFor(t, s), `<td class="n">7</td>`) {
			t.Errorf("%s counts 7 and the page does not say so", metric)
		}
	}
	if told < 10 {
		t.Errorf("%d counters of the door are faults; want all of them", told)
	}
}

func TestStatusTellsOfAStoreThatFails(t *testing.T) {
	now := time.Date(2026, 3, 1, 14, 0, 0, 0, time.UTC)
	s := statusAnswer{Now: now, Records: record.Status{
		Store: "calls.db", Error: "file is not a database (26)", Since: now.Add(-3 * time.Minute), Waiting: 2, Dropped: 1,
	}}
	for where, text := range map[string]string{"terminal": gatewayWords(s), "page": pageFor(t, s)} {
		for _, want := range []string{"Since 13:57:00 (3 min) calls.db takes none: file is not a database (26).", "2 records wait to be written, 1 was dropped."} {
			if !strings.Contains(text, want) {
				t.Errorf("the %s does not say %q:\n%s", where, want, text)
			}
		}
	}
	s.Records.OK = true
	if text := gatewayWords(s) + pageFor(t, s); strings.Contains(text, "takes none") {
		t.Errorf("a store that is well is complained about:\n%s", text)
	}
	s.Records = record.Status{} // no store
	if text := gatewayWords(s) + pageFor(t, s); strings.Contains(text, "takes none") {
		t.Errorf("a store that is not there is complained about:\n%s", text)
	}
}

// TestTotalsAreOfEndedCalls: beside a live call in its second turn a total of none is
// no contradiction, if it says what it counts.
func TestTotalsAreOfEndedCalls(t *testing.T) {
	s := statusAnswer{LiveCalls: []liveCallStatus{{Call: "CA1", Turn: 2}}, Calls: callsStatus{Live: 1, Total: 1, Snapshot: call.Snapshot{Silences: 8}}}
	if text := gatewayWords(s); !strings.Contains(text, "1 stream since the start, and in those that have ended 0 turns, 0 bot failures") {
		t.Errorf("status = %s", text)
	}
	page := pageFor(t, s)
	for _, want := range []string{"turns, ended calls", "bot failures, ended calls", "in calls that have ended", "silences: times that a caller said nothing"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}
