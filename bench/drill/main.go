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
	"slices"
	"strings"
	"sync"
	"syscall"
	"text/tabwriter"
	"time"
)

// allFaults are drilled by default: one in a run, so that it meets every call in
// the region that breaks.
const allFaults = "alias-deleted,5xx,throttle,reset,hang,stop,blackhole,slow,drip,truncate,refuse,flap,both"

// options are the flags.
type options struct {
	lexline, results, work, policy, table string
	faults                                []string
	calls, runs, jobs                     int
	seed                                  uint64
	speech                                bool
}

func main() {
	var o options
	named := func(text string) error {
		for kind := range strings.SplitSeq(text, ",") {
			if !slices.Contains(strings.Split(allFaults, ","), kind) {
				return fmt.Errorf("%q is no kind of fault; there are %s", kind, allFaults)
			}
			o.faults = append(o.faults, kind)
		}
		return nil
	}
	flag.StringVar(&o.lexline, "lexline", "bin/lexline", "`path` of the program")
	flag.StringVar(&o.results, "results", filepath.Join("bench", "results", "drill"), "`folder` for the results")
	flag.StringVar(&o.work, "work", "drill-run", "`folder` for logs and recordings")
	flag.Func("fault", "`kind` of fault; may be repeated (default all of them)", named)
	flag.Func("faults", "`kinds` of faults, with commas between", named)
	flag.StringVar(&o.policy, "policy", "both", "`policy`: lexline, article or both")
	flag.IntVar(&o.calls, "calls", 50, "`number` of callers at a time")
	flag.IntVar(&o.jobs, "jobs", 2, "`number` of drills at a time; one with 50 callers takes a quarter of a CPU")
	flag.IntVar(&o.runs, "runs", 2, "`number` of times that a drill is held at most when the machine was too busy for it")
	flag.Uint64Var(&o.seed, "seed", 20261120, "`seed` of all drills")
	flag.StringVar(&o.table, "table", "", "only make the table of the reports that are kept, with this `text` about their setting")
	flag.BoolVar(&o.speech, "speech", false, "with real recognition and speech")
	flag.Parse()
	if len(o.faults) == 0 {
		o.faults = strings.Split(allFaults, ",")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
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
	Attempts   *int      `json:"attempts_failed"` // nil: not known
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
	Interrupted bool     `json:"interrupted"`
	Setting     string   `json:"setting"`
	Reports     []report `json:"reports"`
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

// unit is one drill to be held: one kind of fault under one policy.
type unit struct{ fault, policy string }

// units are all drills to be held, both policies of a kind one after the other, so
// that they meet the same hour of the machine.
func (o *options) units() []unit {
	policies := []string{o.policy}
	if o.policy == "both" {
		policies = []string{"lexline", "article"}
	}
	var all []unit
	for _, fault := range o.faults {
		for _, policy := range policies {
			all = append(all, unit{fault, policy})
		}
	}
	return all
}

// holder has a unit drilled and keeps its report.
type holder func(ctx context.Context, o options, u unit) (*drilled, error)

func run(ctx context.Context, o options) error {
	if err := os.MkdirAll(o.results, 0o755); err != nil {
		return fmt.Errorf("make the folder for results: %w", err)
	}
	if o.table != "" {
		return summarize(o, o.table)
	}
	return holdAll(ctx, o, hold, os.Stdout)
}

// holdAll holds all drills, o.jobs at a time, and writes the table after each. It
// says on out how it goes. The first error ends the others.
func holdAll(ctx context.Context, o options, hold holder, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	units := o.units()
	var (
		workers sync.WaitGroup
		mu      sync.Mutex // over what follows, out and the table
		next    int
		setting string
		fault   error
	)
	tell := func(u unit, format string, args ...any) {
		fmt.Fprintf(out, "%s  %s under %s: %s\n", time.Now().Format("15:04:05"), u.fault, u.policy, fmt.Sprintf(format, args...))
	}
	begin := func() (u unit, ok bool) {
		mu.Lock()
		defer mu.Unlock()
		if next == len(units) || fault != nil {
			return u, false
		}
		next++
		tell(units[next-1], "drill %d of %d", next, len(units))
		return units[next-1], true
	}
	end := func(u unit, d *drilled, err error) {
		mu.Lock()
		defer mu.Unlock()
		if err == nil {
			if len(d.Setting) > len(setting) { // the article's says more
				setting = d.Setting
			}
			tell(u, "%s", d.words())
			err = summarize(o, setting)
		}
		if err != nil && fault == nil {
			fault = fmt.Errorf("%s under %s: %w", u.fault, u.policy, err)
			cancel()
		}
	}
	for range max(1, o.jobs) {
		workers.Go(func() {
			for u, ok := begin(); ok; u, ok = begin() {
				d, err := hold(ctx, o, u)
				for n := 1; err == nil && d.late() > doubtful && n < o.runs; n++ {
					mu.Lock()
					tell(u, "the phones were late by %d ms; once more", d.late())
					mu.Unlock()
					d, err = hold(ctx, o, u)
				}
				end(u, d, err)
			}
		})
	}
	workers.Wait()
	return fault
}

// words say in short what came of a drill.
func (d *drilled) words() string {
	var all []string
	for _, r := range d.Reports {
		all = append(all, fmt.Sprintf("%d calls, %d dropped, %d of %d utterances lost, %d orders wrong; phones late by %d ms",
			r.Calls, r.Dropped+r.GaveUp, r.Lost, r.Utterances, r.Missing+r.Double+r.Wrong, r.LateMS))
	}
	return strings.Join(all, "; ")
}

// hold runs one drill. That a promise was broken is a result, not an error.
func hold(ctx context.Context, o options, u unit) (*drilled, error) {
	work := filepath.Join(o.work, u.fault+"-"+u.policy)
	args := []string{
		"region", "drill", "--json", "--policy", u.policy, "--fault", u.fault, "--calls", fmt.Sprint(o.calls),
		"--seed", fmt.Sprint(o.seed), "--out", work, "--region", "us-east-1",
	}
	if o.speech {
		args = append(args, "--speech")
	}
	drill := exec.CommandContext(ctx, o.lexline, args...)
	var said strings.Builder // that promises were broken stands in the report as well
	drill.Stderr = &said
	drill.Cancel = func() error { return drill.Process.Signal(os.Interrupt) }
	out, err := drill.Output()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && (!exited || len(out) == 0) {
		return nil, fmt.Errorf("run the drill: %w: %s", err, strings.TrimSpace(said.String()))
	}
	d := &drilled{}
	if err := json.Unmarshal(out, d); err != nil {
		return nil, fmt.Errorf("read its report: %w", err)
	}
	if d.Interrupted {
		return nil, errors.New("the drill was interrupted; its report is not kept")
	}
	base := filepath.Join(o.results, u.fault)
	if o.speech {
		base += "-speech"
	}
	for _, r := range d.Reports {
		for _, kept := range []struct{ from, to string }{{"report.json", ".json"}, {"timeline.svg", ".svg"}} {
			name := base
			if r.Policy != "lexline" {
				name += "-" + r.Policy
			}
			if err := keep(filepath.Join(work, r.Policy, kept.from), name+kept.to); err != nil {
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
	fmt.Fprintln(table, "fault\tpolicy\tcallers\tcalls\tdropped\tutterances\tlost\tcut off\ttwice\torders wrong\tslots lost\tcalls around\tturns around\tp50\tp99\tmax\tcommitting\tmax\tlater\tp99\tsilence\tfailed attempts\tnoticed\tlast new call\tfail-back\tchanges\tlate ms")
	for _, r := range rows {
		f := faultReport{}
		if len(r.Faults) > 0 {
			f = r.Faults[0]
		}
		fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%.2f\t%.2f\t%.2f\t%d\t%.2f\t%d\t%.2f\t%.1f\t%s\t%s\t%s\t%s\t%d\t%d\n",
			r.fault, r.Policy, r.Lanes, r.Calls, r.Dropped+r.GaveUp, r.Utterances, r.Lost, r.CutOff, r.Twice, r.Missing+r.Double+r.Wrong, r.SlotsLost,
			f.Calls, f.Around.N, f.Around.P50, f.Around.P99, f.Around.Max, f.Committing.N, f.Committing.Max, f.After.N, f.After.P99,
			f.Silence, counted(f.Attempts), since(f.Detected), since(f.Switched), since(f.FailBack), r.Changes, r.LateMS)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}

// counted writes a number that may not be known, and since a time in seconds that
// is negative when the thing did not happen.
func counted(n *int) string {
	if n == nil {
		return "-"
	}
	return fmt.Sprint(*n)
}

func since(s float64) string {
	if s < 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f", s)
}
