package main

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/bench/process"
)

// measured is an outcome of three rounds, of which the middle one costs 4 % more.
func measured(ratios ...float64) outcome {
	m := outcome{options: options{calls: 100}, share: 0.021, turns: 2000, writes: 3000}
	for _, ratio := range ratios {
		plain := sample{CPU: 2 * time.Second, Messages: 100_000}
		operated := sample{CPU: time.Duration(ratio * float64(time.Second)), Messages: 50_000}
		m.rounds = append(m.rounds, round{Plain: plain, Operated: operated, Scrapes: 4})
	}
	return m
}

func TestRatioIsOfMessagesAndOfTheMedianRound(t *testing.T) {
	for _, tt := range []struct {
		name   string
		ratios []float64
		want   float64
		missed bool
	}{
		{"one round", []float64{1.02}, 1.02, false},
		{"one wild round", []float64{1.01, 3, 1.04}, 1.04, false},
		{"one lucky round", []float64{1.08, 0.5, 1.09}, 1.08, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := summarize(measured(tt.ratios...), process.Machine{Cores: 2})
			if diff := s.Ratio - tt.want; diff > 1e-9 || diff < -1e-9 || s.missed() != tt.missed {
				t.Errorf("ratio is %v, missed: %v; want %v, %v", s.Ratio, s.missed(), tt.want, tt.missed)
			}
			var table bytes.Buffer
			s.writeTable(&table)
			if strings.Contains(table.String(), "missed: ") != tt.missed || !strings.Contains(table.String(), "2.1 %") {
				t.Errorf("the table is\n%s", &table)
			}
		})
	}
}

func TestReports(t *testing.T) {
	s := summarize(measured(1.01, 1.02, 1.03), process.Machine{Cores: 2, Date: "2026-11-29"})
	var text bytes.Buffer
	if err := s.writeJSON(&text); err != nil {
		t.Fatal(err)
	}
	var back summary
	if err := json.Unmarshal(text.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s, back); diff != "" {
		t.Errorf("what --json prints is another summary (-want +got):\n%s", diff)
	}
	text.Reset()
	s.writeBenchstat(&text)
	for _, want := range []string{
		"date: 2026-11-29\n", "BenchmarkOperate/gateway=plain-2\t100000\t20000 cpu-ns/msg\n",
		"BenchmarkOperate/gateway=operated-2\t50000\t20400 cpu-ns/msg\t1.020 over-plain\n",
		"BenchmarkOperate/whole-run-2\t1\t1.020 over-plain\t0.0210 profile-share\n",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in the results\n%s", want, &text)
		}
	}
}

func TestParseShare(t *testing.T) {
	const top = "File: lexline\nType: cpu\nActive filters:\n   focus=x\nShowing nodes accounting for 0.12s, 3.45% of 3.48s total\n      flat  flat%\n"
	for _, tt := range []struct {
		name, text string
		want       float64
		bad        bool
	}{
		{"a share", top, 0.0345, false},
		{"nothing of it was seen", strings.Replace(top, "0.12s, 3.45%", "0, 0%", 1), 0, false},
		{"no profile", "main: parsing profile: unrecognized", 0, true},
	} {
		got, err := parseShare([]byte(tt.text))
		if got != tt.want && !(got-tt.want < 1e-9 && tt.want-got < 1e-9) || (err != nil) != tt.bad {
			t.Errorf("%s: parseShare = %v, error %v; want %v, error: %v", tt.name, got, err, tt.want, tt.bad)
		}
	}
}

func TestWrongUse(t *testing.T) {
	for args, want := range map[string]string{
		"-calls 0": "--calls 0", "-rounds 0": "--rounds 0", "-pause 1h": "--pause 1h", "-scrape 1ms": "--scrape 1ms", "-rounds 1 more": `unexpected ["more"]`,
	} {
		err := run(t.Context(), strings.Fields(args), io.Discard, io.Discard)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v; want %q", args, err, want)
		}
	}
}

// TestMeasures measures one short round of few calls: that the programs run, and
// that the books balance. Its ratio means nothing.
func TestMeasures(t *testing.T) {
	t.Chdir("../..")
	m, err := measure(t.Context(), options{calls: 2, rounds: 1, pause: 500 * time.Millisecond, scrape: 500 * time.Millisecond}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if r := m.rounds[0]; m.turns != 2*4*3 || m.writes < 6 || r.Scrapes < 4 || r.Plain.Messages < 200 || m.share < 0 || m.share > 1 { // of few samples, it may be all or none
		t.Errorf("measured %+v", m)
	}
}
