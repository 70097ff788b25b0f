package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// report is all that one run found.
type report struct {
	tests, answers []result
	figures        figures
	measured       bool
}

// write prints the report as Markdown.
func (r report) write(w io.Writer, command string, now time.Time) {
	load, _ := os.ReadFile("/proc/loadavg")
	fmt.Fprintf(w, "date: %s\ncommand: %s\ncpus: %d\nload: %s\ngo: %s\n\n", now.UTC().Format(time.DateOnly), command, runtime.NumCPU(), strings.TrimSpace(string(load)), runtime.Version())
	table(w, "lexDRTest: the row of the table after one check", r.tests)
	table(w, "lexDRGetRegion: the answer to the flow", r.answers)
	fmt.Fprint(w, legend)
	if !r.measured {
		return
	}
	f := r.figures
	fmt.Fprint(w, "\n## Times and sizes\n\n| what | of | p50 | p99 | most | goal |\n|---|---|---|---|---|---|\n")
	for _, line := range []struct {
		what, goal string
		t          times
	}{
		{"lexDRGetRegion, warm", "p99 below 300 ms", f.warm},
		{"lexDRGetRegion, warm, table hung", "below 1.5 s", f.slow},
		{"lexDRGetRegion, first answer of a new process", "", f.cold},
		{"lexDRGetRegion, first answer, table hung", "below 1.5 s", f.stuck},
		{"cold start of lexDRGetRegion (with its read before the first event)", "", f.initR},
		{"cold start of lexDRTest", "", f.initT},
	} {
		fmt.Fprintf(w, "| %s | %d | %s | %s | %s | %s |\n", line.what, len(line.t), ms(line.t.at(0.5)), ms(line.t.at(0.99)), ms(line.t.at(1)), line.goal)
	}
	fmt.Fprintf(w, "\nThe program has %.1f MB on this machine.\n", float64(f.program)/1e6)
	for _, line := range f.zips {
		fmt.Fprintln(w, line)
	}
}

const legend = `A black hole takes connections and answers nothing. "fails" is an error of the function, with its words. The article's
functions are a model of what it prints, run against the same regions and table; its lexDRTest has 15 s and its
lexDRGetRegion the 3 s that Lambda gives by default. The times are those of one run, ours with the start of the process.
`

func table(w io.Writer, title string, results []result) {
	fmt.Fprintf(w, "## %s\n\n| case | ours | s | the article's | s | |\n|---|---|---|---|---|---|\n", title)
	for _, r := range results {
		verdict := "as it should be"
		if r.wrong != "" {
			verdict = "WRONG: " + r.wrong
		}
		fmt.Fprintf(w, "| %s | %s | %.1f | %s | %.1f | %s |\n", r.name, cell(r.ours), r.took.Seconds(), cell(r.article), r.theirs.Seconds(), verdict)
	}
	fmt.Fprintln(w)
}

func cell(text string) string { return strings.ReplaceAll(text, "|", "/") }

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }

// wrong lists what came out otherwise than it should.
func (r report) wrong() (lines []string) {
	for _, c := range append(append([]result(nil), r.tests...), r.answers...) {
		if c.wrong != "" {
			lines = append(lines, c.name+": "+c.wrong)
		}
	}
	if r.measured {
		lines = append(lines, r.figures.missed()...)
	}
	return lines
}

// zips builds the bundles and returns what was said of them.
func zips() (lines []string, err error) {
	for _, arch := range []string{"arm64", "amd64"} {
		out, err := exec.Command("go", "run", "./scripts/lambdazip", "-arch", arch).CombinedOutput()
		if err != nil {
			return nil, fmt.Errorf("build the zip: %w: %.300s", err, out)
		}
		lines = append(lines, strings.ReplaceAll(strings.TrimSpace(string(out)), "\n", ", "))
	}
	return lines, nil
}
