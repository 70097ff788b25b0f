package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestTimes(t *testing.T) {
	var many times
	for i := range 100 {
		many = append(many, time.Duration(100-i)*time.Millisecond)
	}
	for part, want := range map[float64]int{0: 1, 0.5: 51, 0.99: 100, 1: 100} {
		if got := many.at(part); got != time.Duration(want)*time.Millisecond {
			t.Errorf("at(%v) of 1 to 100 ms = %v; want %d ms", part, got, want)
		}
	}
	if got := (times{}).at(0.5); got != 0 {
		t.Errorf("at of nothing = %v; want 0", got)
	}
}

func TestReport(t *testing.T) {
	good := figures{warm: times{time.Millisecond}, slow: times{time.Second}, stuck: times{time.Second}}
	tests := []struct {
		name  string
		r     report
		wrong string
	}{
		{"good", report{tests: []result{{name: "a", ours: home}}, figures: good, measured: true}, ""},
		{"a case", report{answers: []result{{name: "a|b", ours: "x|y", wrong: "ours: x"}}}, "a|b: ours: x"},
		{"warm", report{figures: figures{warm: times{time.Second}}, measured: true}, "warm p99"},
		{"hung", report{figures: figures{slow: times{2 * time.Second}}, measured: true}, "hung, warm"},
		{"hung and cold", report{figures: figures{stuck: times{2 * time.Second}}, measured: true}, "hung, cold"},
	}
	for _, tt := range tests {
		got := strings.Join(tt.r.wrong(), "; ")
		if (got == "") != (tt.wrong == "") || !strings.Contains(got, tt.wrong) {
			t.Errorf("%s: wrong = %q; want %q in it", tt.name, got, tt.wrong)
		}
		var text bytes.Buffer
		tt.r.write(&text, "command", time.Date(2026, time.November, 28, 0, 0, 0, 0, time.UTC))
		for _, want := range []string{"date: 2026-11-28", "## lexDRTest", "## lexDRGetRegion"} {
			if !strings.Contains(text.String(), want) {
				t.Errorf("%s: report %s; want %q in it", tt.name, &text, want)
			}
		}
		if strings.Contains(text.String(), "WRONG") != (tt.name == "a case") {
			t.Errorf("%s: report %s; want WRONG in it where a case is", tt.name, &text)
		}
	}
}

func TestParse(t *testing.T) {
	for _, args := range [][]string{{"x"}, {"-warm", "0"}, {"-cold", "0"}, {"-warm", "many"}} {
		if _, err := parse(args, new(bytes.Buffer)); err == nil {
			t.Errorf("parse(%q) = nil; want an error", args)
		}
	}
	if o, err := parse(nil, new(bytes.Buffer)); err != nil || o.warm != 1000 || o.cold != 30 {
		t.Errorf("parse() = %+v, %v; want the defaults", o, err)
	}
}

func TestAnswered(t *testing.T) {
	tests := []struct {
		answer string
		err    error
		want   string
	}{
		{`{"statusCode":"200","primaryCode":"us-east-1"}`, nil, home},
		{`{"statusCode":200,"primaryCode":"us-east-1"}`, nil, "answer "},
		{`no`, nil, "answer no"},
		{``, errors.New("Get http://127.0.0.1:1/x: boom"), "fails: Get boom"},
	}
	for _, tt := range tests {
		if got := answered([]byte(tt.answer), tt.err); !strings.HasPrefix(got, tt.want) {
			t.Errorf("answered(%s, %v) = %q; want %q", tt.answer, tt.err, got, tt.want)
		}
	}
	for answer, ok := range map[string]bool{`{"statusCode":200,"body":"Success","report":{}}`: true, `{"statusCode":200}`: false, ``: false} {
		if err := checkSuccess([]byte(answer)); (err == nil) != ok {
			t.Errorf("checkSuccess(%s) = %v; want ok %v", answer, err, ok)
		}
	}
}
