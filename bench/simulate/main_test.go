package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	tests := []struct {
		name     string
		args     []string
		code     int
		out      []string
		progress string
	}{
		{"some schedules", []string{"-n", "20", "-seed", "5", "-cores", "2"}, 0, []string{
			"schedules        20 of 20, seeds from 5, 2 at a time\n", "violations       0 schedules\n",
		}, ""},
		{"one with its trace", []string{"-replay", "5"}, 0, []string{"seed 5, shape ", "call 0 comes to ", "0 violations; hash "}, ""},
		{"one with a broken rule", []string{"-replay", "5", "-broken", "hold-never-doubles"}, 1, []string{"seed 5, shape hold-never-doubles", "VIOLATION hold"}, ""},
		{"an unknown rule to replay", []string{"-replay", "5", "-broken", "all"}, 2, nil, `there is no rule "all"`},
		{"a broken rule", []string{"-broken", "no-panic", "-n", "50"}, 0, []string{"no-panic  ", "floor: "}, ""},
		{"an unknown rule", []string{"-broken", "everything"}, 2, nil, `simulate: there is no rule "everything"; there are hold-never-doubles, `},
		{"an argument", []string{"7"}, 2, nil, "takes no arguments but flags"},
		{"no schedules", []string{"-n", "0"}, 2, nil, "-n and -cores are at least 1"},
		{"an unknown flag", []string{"-fast"}, 2, nil, "flag provided but not defined: -fast"},
		{"help", []string{"-h"}, 0, nil, "or all of them one after the other"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out, progress bytes.Buffer
			if code := run(t.Context(), tt.args, &out, &progress); code != tt.code {
				t.Errorf("%v: exit code %d; want %d", tt.args, code, tt.code)
			}
			for _, want := range tt.out {
				if !strings.Contains(out.String(), want) {
					t.Errorf("%v: printed %.600q; want %q in it", tt.args, out.String(), want)
				}
			}
			if !strings.Contains(progress.String(), tt.progress) {
				t.Errorf("%v: said %q; want %q in it", tt.args, progress.String(), tt.progress)
			}
		})
	}
}

func TestInterruptedRunSaysWhatWasDone(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out bytes.Buffer
	if code := run(ctx, []string{"-n", "1000000"}, &out, io.Discard); code != 0 || !strings.Contains(out.String(), "schedules        0 of 1000000") {
		t.Errorf("interrupted: exit code %d, %q; want 0, and what was done", code, out.String())
	}
}

func TestBrokenRuleThatIsNotCaught(t *testing.T) {
	var out bytes.Buffer
	err := breakRules(t.Context(), options{broken: "no-panic"}, &out) // within no schedule at all
	if !errors.Is(err, errFound) || !strings.Contains(out.String(), "not caught   not caught") {
		t.Errorf("a rule that is not caught: error %v, %q; want that it was found, and that it says so", err, out.String())
	}
}
