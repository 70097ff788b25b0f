package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestCompare(t *testing.T) {
	programs := []program{{name: "floor"}, {name: "ours", bar: true}, {name: "theirs"}}
	ms := func(values ...int) (all []time.Duration) {
		for _, v := range values {
			all = append(all, time.Duration(v)*time.Millisecond)
		}
		return all
	}
	// The machine halves its speed in the second round; in the third ours was disturbed.
	got := compare(programs, [][]time.Duration{ms(10, 20, 10), ms(210, 420, 900), ms(400, 800, 400)}, 1000)
	want := []row{
		{Program: "floor", Microseconds: 10, Ratio: 1, Least: 1, Most: 1, CallsPerCore: 2000},
		{Program: "ours", Microseconds: 420, Ratio: 21, Least: 21, Most: 90, CallsPerCore: 20_000.0 / 420, Barred: true, Missed: true},
		{Program: "theirs", Microseconds: 400, Ratio: 40, Least: 40, Most: 40, CallsPerCore: 50},
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-9)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !missed(got) || missed(got[2:]) {
		t.Errorf("missed: %v with ours, %v without; want true, false", missed(got), missed(got[2:]))
	}
	if even := median([]float64{4, 1, 3, 2}); even != 2.5 {
		t.Errorf("median of 1 to 4 = %v; want 2.5", even)
	}
}

func TestRunCountsLines(t *testing.T) {
	dir := t.TempDir()
	near := filepath.Join(dir, "near.raw")
	if err := os.WriteFile(near, []byte("a\nb\nc\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cat := program{name: "cat", args: []string{"cat"}}
	if _, err := cat.run(t.Context(), input{near: near, frames: 3}); err != nil {
		t.Errorf("three lines for three frames: %v", err)
	}
	tests := []struct {
		p    program
		want string
	}{
		{cat, "run cat: 3 lines for 4 frames"},
		{program{name: "false", args: []string{"sh", "-c", "echo no hearing >&2; exit 3"}}, "run false: exit status 3: no hearing"},
	}
	for _, test := range tests {
		if _, err := test.p.run(t.Context(), input{near: near, frames: 4}); err == nil || err.Error() != test.want {
			t.Errorf("error %v; want %q", err, test.want)
		}
	}
}

func TestMeasureTakesTurns(t *testing.T) {
	dir := t.TempDir()
	near, order := filepath.Join(dir, "near.raw"), filepath.Join(dir, "order")
	if err := os.WriteFile(near, []byte("a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	named := func(name string) program {
		return program{name: name, args: []string{"sh", "-c", "printf " + name + " >>" + order + "; cat"}}
	}
	var told strings.Builder
	times, err := measure(t.Context(), []program{named("a"), named("b")}, input{near: near, frames: 1}, 2, &told)
	if err != nil {
		t.Fatal(err)
	}
	if len(times) != 2 || len(times[0]) != 2 || len(times[1]) != 2 {
		t.Errorf("times of two programs in two rounds: %v", times)
	}
	if want := "warmed up\nround 1 of 2\nround 2 of 2\n"; told.String() != want {
		t.Errorf("told %q; want %q", told.String(), want)
	}
	if got, _ := os.ReadFile(order); string(got) != "ababab" {
		t.Errorf("programs ran as %s; want ababab, the first two for warming up", got)
	}
}

func TestInput(t *testing.T) {
	t.Chdir("../../..")
	in, err := writeInput(t.TempDir(), 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{in.near, in.far} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if in.frames != 3000 || info.Size() != 3000*320 {
			t.Errorf("a minute is %d frames, and %d bytes in %s; want 3000 and 960000", in.frames, info.Size(), filepath.Base(name))
		}
	}
	t.Chdir(t.TempDir())
	if _, err := writeInput(t.TempDir(), 1); err == nil || !strings.Contains(err.Error(), "top folder") {
		t.Errorf("elsewhere: error %v; want where to run it", err)
	}
}

func TestReports(t *testing.T) {
	rows := []row{{Program: "amplitude", Microseconds: .31, Ratio: 1, Least: 1, Most: 1}, {Program: "ours", Microseconds: 3.9, Ratio: 12.6, Least: 12.1, Most: 13.2, CallsPerCore: 5128, Barred: true}, {Program: "ours --far", Ratio: 25}}
	var text, asJSON bytes.Buffer
	if err := errors.Join(writeText(&text, rows), writeJSON(&asJSON, rows)); err != nil {
		t.Fatal(err)
	}
	if got := strings.Fields(strings.Split(text.String(), "\n")[2]); strings.Join(got, " ") != "ours 3.90 12.6 12.1 to 13.2 5128" {
		t.Errorf("line of ours: %q", got)
	}
	if got, want := strings.Split(text.String(), "\n")[4], "ours: within the bar of 20x, above the stretch of 12x"; got != want {
		t.Errorf("verdict %q; want %q, of the program alone that the bar is for", got, want)
	}
	for ratio, want := range map[float64]string{12: "within the bar of 20x and the stretch of 12x", 20.1: "the bar of 20x is missed"} {
		if got := verdict(row{Ratio: ratio, Missed: ratio > must}); got != want {
			t.Errorf("verdict at %v: %q; want %q", ratio, got, want)
		}
	}
	var again []row
	if err := json.Unmarshal(asJSON.Bytes(), &again); err != nil || !cmp.Equal(rows, again) {
		t.Errorf("JSON read again: %+v, error %v; want %+v", again, err, rows)
	}
}

func TestWrongUse(t *testing.T) {
	for _, args := range [][]string{{"file.wav"}, {"-minutes", "0"}, {"-rounds", "0"}, {"-nonsense"}} {
		if err := run(t.Context(), args, io.Discard, io.Discard); !errors.Is(err, errUsage) {
			t.Errorf("cost %q: error %v; want wrong use", args, err)
		}
	}
}
