package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// unit is one drill to be held: one kind of fault under one policy.
type unit struct {
	fault, policy string
	name          string // of the files with its results, without an ending
	folder        string // of its run, in the drill's own
	watch         watch  // of contacts
}

func (u unit) String() string {
	text := u.fault + " under " + u.policy
	if u.watch != (watch{}) {
		text += ", " + u.watch.String()
	}
	return text
}

// outcome is the report of a drill, as far as it is read here.
type outcome interface {
	words() string // in short what came of it
	late() int64   // how late callers were at the worst, in ms: the machine's fault
}

// drilled is what one drill came to.
type drilled struct {
	interrupted bool
	setting     string
	outcomes    []outcome
}

// readDrilled reads the JSON form of a drill whose reports are R.
func readDrilled[R outcome](document []byte) (*drilled, error) {
	var printed struct {
		Interrupted bool   `json:"interrupted"`
		Setting     string `json:"setting"`
		Reports     []R    `json:"reports"`
	}
	if err := json.Unmarshal(document, &printed); err != nil {
		return nil, fmt.Errorf("read its report: %w", err)
	}
	d := &drilled{interrupted: printed.Interrupted, setting: printed.Setting}
	for _, r := range printed.Reports {
		d.outcomes = append(d.outcomes, r)
	}
	return d, nil
}

// doubtful is by how many milliseconds callers may be late before a drill is held
// again: the machine stood still then, not the gateway.
const doubtful = 200

// late is how late a caller was at the worst.
func (d *drilled) late() (ms int64) {
	for _, r := range d.outcomes {
		ms = max(ms, r.late())
	}
	return ms
}

// words say in short what came of a drill.
func (d *drilled) words() string {
	all := make([]string, len(d.outcomes))
	for i, r := range d.outcomes {
		all[i] = r.words()
	}
	return strings.Join(all, "; ")
}

// policies are those that a fault meets, one after the other, so that they meet the
// same hour of the machine.
func (o *options) policies() []string {
	if o.policy == "both" {
		return []string{"lexline", "article"}
	}
	return []string{o.policy}
}

// holder has a unit drilled and keeps its report.
type holder func(ctx context.Context, o options, u unit) (*drilled, error)

// holdAll holds all drills, o.jobs at a time, and writes the table after each. It
// says on out how it goes. The first error ends the others.
func holdAll(ctx context.Context, o options, hold holder, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	units := o.channel.units(&o)
	var (
		workers sync.WaitGroup
		mu      sync.Mutex // over what follows, out and the table
		next    int
		setting string
		fault   error
	)
	tell := func(u unit, format string, args ...any) {
		fmt.Fprintf(out, "%s  %v: %s\n", time.Now().Format("15:04:05"), u, fmt.Sprintf(format, args...))
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
			if len(d.setting) > len(setting) { // the article's says more
				setting = d.setting
			}
			tell(u, "%s", d.words())
			err = summarize(o, setting)
		}
		if err != nil && fault == nil {
			fault = fmt.Errorf("%v: %w", u, err)
			cancel()
		}
	}
	for range max(1, o.jobs) {
		workers.Go(func() {
			for u, ok := begin(); ok; u, ok = begin() {
				d, err := hold(ctx, o, u)
				for n := 1; err == nil && d.late() > doubtful && n < o.runs; n++ {
					mu.Lock()
					tell(u, "callers were late by %d ms; once more", d.late())
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

// hold runs one drill. That a promise was broken is a result, not an error.
func hold(ctx context.Context, o options, u unit) (*drilled, error) {
	work := filepath.Join(o.work, u.name)
	args := append([]string{
		"region", "drill", "--json", "--policy", u.policy, "--fault", u.fault, "--calls", fmt.Sprint(o.calls),
		"--seed", fmt.Sprint(o.seed), "--out", work, "--region", "us-east-1",
	}, o.channel.args(&o, u)...)
	drill := exec.CommandContext(ctx, o.lexline, args...)
	var said strings.Builder // that promises were broken stands in the report as well
	drill.Stderr = &said
	drill.Cancel = func() error { return drill.Process.Signal(os.Interrupt) }
	out, err := drill.Output()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && (!exited || len(out) == 0) {
		return nil, fmt.Errorf("run the drill: %w: %s", err, strings.TrimSpace(said.String()))
	}
	d, err := o.channel.read(out)
	switch {
	case err != nil:
		return nil, err
	case d.interrupted:
		return nil, errors.New("the drill was interrupted; its report is not kept")
	}
	for _, kept := range []struct{ from, to string }{{"report.json", ".json"}, {"timeline.svg", ".svg"}} {
		if err := keep(filepath.Join(work, u.folder, kept.from), filepath.Join(o.results, u.name+kept.to)); err != nil {
			return nil, err
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
