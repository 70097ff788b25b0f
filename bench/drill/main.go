// Command drill has `lexline region drill` rehearse every kind of fault, under
// lexline and under a model of AWS's article beside it, and keeps the reports, the
// pictures and one table of all of them in bench/results/drill.
//
// Each drill is a run of the program as users have it; nothing of it is imported
// here. Run it with `make bench-drill`, on a machine that has nothing else to do.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"
)

// allFaults are drilled by default: one in a run, so that it meets every call in
// the region that breaks.
const allFaults = "alias-deleted,5xx,throttle,reset,hang,stop,blackhole,slow,drip,truncate,refuse,flap,both"

// options are the flags.
type options struct {
	lexline, results, work, faults, policy, table string
	calls, runs                                   int
	seed                                          uint64
	speech                                        bool
}

func main() {
	var o options
	flag.StringVar(&o.lexline, "lexline", "bin/lexline", "`path` of the program")
	flag.StringVar(&o.results, "results", filepath.Join("bench", "results", "drill"), "`folder` for the results")
	flag.StringVar(&o.work, "work", "drill-run", "`folder` for logs and recordings")
	flag.StringVar(&o.faults, "faults", allFaults, "`kinds` of faults, with commas between")
	flag.StringVar(&o.policy, "policy", "both", "`policy`: lexline, article or both")
	flag.IntVar(&o.calls, "calls", 50, "`number` of callers at a time")
	flag.IntVar(&o.runs, "runs", 2, "`number` of times that a drill is held at most when the machine was too busy for it")
	flag.Uint64Var(&o.seed, "seed", 20261120, "`seed` of all drills")
	flag.StringVar(&o.table, "table", "", "only make the table of the reports that are kept, with this `text` about their setting")
	flag.BoolVar(&o.speech, "speech", false, "with real recognition and speech")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "drill:", err)
		os.Exit(1)
	}
}

// quantiles, faultReport, report and drilled are what is read of the JSON form
// of a drill.
type quantiles struct {
	N   int     `json:"n"`
	P50 float64 `json:"p50_s"`
	P99 float64 `json:"p99_s"`
	Max float64 `json:"max_s"`
}

type faultReport struct {
	Calls      int       `json:"calls_around"`
	Failed     int       `json:"failed_requests"`
	Around     quantiles `json:"extra_around"`
	Committing quantiles `json:"extra_committing"`
	After      quantiles `json:"extra_after"`
	Silence    float64   `json:"longest_silence_s"`
	Detected   float64   `json:"detected_s"`
	Switched   float64   `json:"switched_s"`
	FailBack   float64   `json:"failback_s"`
}

type report struct {
	Policy     string        `json:"policy"`
	Lanes      int           `json:"callers"`
	Calls      int           `json:"calls"`
	Dropped    int           `json:"calls_dropped"`
	GaveUp     int           `json:"calls_given_up"`
	Utterances int           `json:"utterances"`
	Lost       int           `json:"utterances_lost"`
	CutOff     int           `json:"answers_cut_off"`
	Twice      int           `json:"utterances_answered_twice"`
	Missing    int           `json:"orders_missing"`
	Double     int           `json:"orders_twice"`
	Wrong      int           `json:"orders_wrong"`
	SlotsLost  int           `json:"slots_lost"`
	Changes    int           `json:"region_changes"`
	LateMS     int64         `json:"phones_late_ms"`
	Faults     []faultReport `json:"faults"`
}

type drilled struct {
	Setting string   `json:"setting"`
	Reports []report `json:"reports"`
}

// doubtful is by how many milliseconds phones may be late before a drill is held
// again: the machine stood still then, not the gateway.
const doubtful = 200

// late is how late a phone was at the worst.
func (d *drilled) late() (ms int64) {
	for _, r := range d.Reports {
		ms = max(ms, r.LateMS)
	}
	return ms
}

func run(ctx context.Context, o options) error {
	if err := os.MkdirAll(o.results, 0o755); err != nil {
		return fmt.Errorf("make the folder for results: %w", err)
	}
	if o.table != "" {
		return summarize(o, o.table)
	}
	for fault := range strings.SplitSeq(o.faults, ",") {
		fmt.Printf("%s %s\n", time.Now().Format("15:04:05"), fault)
		d, err := hold(ctx, o, fault)
		for n := 1; err == nil && d.late() > doubtful && n < o.runs; n++ {
			fmt.Printf("%s %s: the phones were late by %d ms; once more\n", time.Now().Format("15:04:05"), fault, d.late())
			d, err = hold(ctx, o, fault)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", fault, err)
		}
		if err := summarize(o, d.Setting); err != nil {
			return err
		}
	}
	return nil
}

// hold runs one drill. That a promise was broken is a result, not an error.
func hold(ctx context.Context, o options, fault string) (*drilled, error) {
	args := []string{
		"region", "drill", "--json", "--policy", o.policy, "--fault", fault, "--calls", fmt.Sprint(o.calls),
		"--seed", fmt.Sprint(o.seed), "--out", filepath.Join(o.work, fault), "--region", "us-east-1",
	}
	if o.speech {
		args = append(args, "--speech")
	}
	drill := exec.CommandContext(ctx, o.lexline, args...)
	drill.Stderr = os.Stderr
	drill.Cancel = func() error { return drill.Process.Signal(os.Interrupt) }
	out, err := drill.Output()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && (!exited || len(out) == 0) {
		return nil, fmt.Errorf("run the drill: %w", err)
	}
	d := &drilled{}
	if err := json.Unmarshal(out, d); err != nil {
		return nil, fmt.Errorf("read its report: %w", err)
	}
	base := filepath.Join(o.results, fault)
	if o.speech {
		base += "-speech"
	}
	for _, r := range d.Reports {
		for _, kept := range []struct{ from, to string }{{"report.json", ".json"}, {"timeline.svg", ".svg"}} {
			name := base
			if r.Policy != "lexline" {
				name += "-" + r.Policy
			}
			if err := keep(filepath.Join(o.work, fault, r.Policy, kept.from), name+kept.to); err != nil {
				return nil, err
			}
		}
	}
	return d, nil
}

func keep(from, to string) error {
	content, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, content, 0o644)
	}
	if err != nil {
		return fmt.Errorf("keep a result: %w", err)
	}
	return nil
}

// row is one line of the table.
type row struct {
	fault string
	report
}

// readRows reads the reports that are kept in a folder, in the order of the kinds
// of faults, those of real speech last.
func readRows(dir string) ([]row, error) {
	var rows []row
	for _, suffix := range []string{"", "-speech"} {
		for fault := range strings.SplitSeq(allFaults, ",") {
			for _, policy := range []string{"", "-article"} {
				name := fault + suffix
				content, err := os.ReadFile(filepath.Join(dir, name+policy+".json"))
				if errors.Is(err, os.ErrNotExist) {
					continue
				}
				r := row{fault: name}
				if err == nil {
					err = json.Unmarshal(content, &r.report)
				}
				if err != nil {
					return nil, fmt.Errorf("read the report of %s%s: %w", name, policy, err)
				}
				rows = append(rows, r)
			}
		}
	}
	return rows, nil
}

// summarize writes the table of all drills that are kept.
func summarize(o options, setting string) error {
	rows, err := readRows(o.results)
	if err != nil {
		return err
	}
	file, err := os.Create(filepath.Join(o.results, "summary.txt"))
	if err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	fmt.Fprintf(file, "%s, %d CPUs, %s; %s\n", time.Now().Format(time.DateOnly), runtime.NumCPU(), runtime.Version(), setting)
	fmt.Fprint(file, "Delays are seconds to the first sample of the answer, fillers excluded, beyond those of the same words before the fault.\n\n")
	return errors.Join(writeRows(file, rows), file.Close())
}

func writeRows(w io.Writer, rows []row) error {
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "fault\tpolicy\tcallers\tcalls\tdropped\tutterances\tlost\tcut off\ttwice\torders wrong\tslots lost\tcalls around\tturns around\tp50\tp99\tmax\tcommitting\tmax\tlater\tp99\tsilence\tfailed requests\tnoticed\tlast new call\tfail-back\tchanges\tlate ms")
	for _, r := range rows {
		f := faultReport{}
		if len(r.Faults) > 0 {
			f = r.Faults[0]
		}
		fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%.2f\t%.2f\t%.2f\t%d\t%.2f\t%d\t%.2f\t%.1f\t%d\t%.1f\t%.1f\t%.1f\t%d\t%d\n",
			r.fault, r.Policy, r.Lanes, r.Calls, r.Dropped+r.GaveUp, r.Utterances, r.Lost, r.CutOff, r.Twice, r.Missing+r.Double+r.Wrong, r.SlotsLost,
			f.Calls, f.Around.N, f.Around.P50, f.Around.P99, f.Around.Max, f.Committing.N, f.Committing.Max, f.After.N, f.After.P99,
			f.Silence, f.Failed, f.Detected, f.Switched, f.FailBack, r.Changes, r.LateMS)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}
