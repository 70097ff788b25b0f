package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"text/tabwriter"
	"time"
)

// stage shows a demo to a person, or at its end to a program.
type stage struct {
	out    io.Writer
	json   bool
	colour bool
	begun  time.Time
}

// newStage shows on out. Colour is for terminals, unless NO_COLOR is set
// (https://no-color.org).
func newStage(out io.Writer, asJSON bool) *stage {
	s := &stage{out: out, json: asJSON}
	if file, ok := out.(*os.File); ok && os.Getenv("NO_COLOR") == "" {
		info, err := file.Stat()
		s.colour = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return s
}

// colours of the callers and of what is less important, as ANSI codes.
var colours = map[string]string{"Ann": "36", "Ben": "33", "times": "2", "Cleo": "35", "gateway": "31", "fault": "31", "REGION": "31;1"}

func (s *stage) paint(what, text string) string {
	if code := colours[what]; s.colour && code != "" {
		return "\x1b[" + code + "m" + text + "\x1b[0m"
	}
	return text
}

func (s *stage) printf(format string, args ...any) {
	if !s.json {
		fmt.Fprintf(s.out, format, args...)
	}
}

// opening says what will happen, and with which engines.
func (s *stage) opening(d *demo, actors []actor) {
	s.begun = time.Now()
	s.printf("lexline demo, act one: two callers order flowers. seed %d\n\n", d.seed)
	s.printf("  The gateway is the real one. Callers and their telephone company are simulated, and in place\n" +
		"  of Amazon Lex two regions run on this machine: nothing leaves it, and no account is needed.\n\n")
	s.printf("  recognizer   %s\n", d.engines.Recognizer)
	s.printf("  synthesizer  %s\n", d.engines.Synthesizer)
	if d.engines.Recordings == "" {
		s.printf("  recordings   none: asterisk-core-sounds-en-wav is not installed\n\n")
	} else {
		s.printf("  recordings   %s\n\n", d.engines.Recordings)
	}
	for _, a := range actors {
		s.introduce(a)
	}
	s.printf(`
What follows takes some 40 seconds. "says" is the end of what the caller said, "bot" what the bot
made of it, "hears" the answer; "times" is the silence between the two and what it was spent on.

`)
}

func (s *stage) introduce(a actor) {
	o := a.order
	s.printf("  %s wants %s on %s (%s) at %s\n      %s\n", s.paint(a.name, a.name), o.flower, o.day, o.date, o.clock, a.about)
}

// secondAct says what will happen next.
func (s *stage) secondAct(a actor) {
	s.printf("\nAct two: a region dies in mid-sentence. The gateway knows the same bot in %s and %s.\n\n", demoRegions[0], demoRegions[1])
	s.introduce(a)
	s.printf("      While %s says the day, the process of %s is stopped.\n\n", a.name, demoRegions[0])
}

// show prints lines as they happen.
func (s *stage) show(lines []line) {
	for _, l := range lines {
		at := time.Since(s.begun).Seconds()
		text := fmt.Sprintf("%-7s %s", l.verb, l.text)
		s.printf("%5.1f s  %s  %s\n", at, s.paint(l.who, fmt.Sprintf("%-4s", l.who)), s.paint(l.verb, text))
	}
}

// demoReport is what `lexline demo --json` prints.
type demoReport struct {
	Seed    uint64       `json:"seed"`
	OK      bool         `json:"ok"`
	Seconds float64      `json:"seconds"`
	Engines engines      `json:"engines"`
	Calls   []callReport `json:"calls"`
	Folder  string       `json:"folder"` // of the recordings and logs
}

type callReport struct {
	Caller  string            `json:"caller"`
	Voice   string            `json:"voice"`
	Call    string            `json:"call"`
	Wanted  map[string]string `json:"wanted"`
	OK      bool              `json:"ok"`
	Problem string            `json:"problem,omitempty"`
	Region  string            `json:"region"`            // that answered at the end
	Stopped *lostRegion       `json:"stopped,omitempty"` // region in the middle of the call
	WAV     string            `json:"wav"`
	Turns   []*demoTurn       `json:"turns"`
}

func (d *demo) report(took time.Duration) demoReport {
	report := demoReport{Seed: d.seed, OK: true, Seconds: took.Seconds(), Engines: d.engines, Folder: d.out}
	for _, scene := range d.story.scenes {
		problem := scene.verdict()
		report.OK = report.OK && problem == ""
		call := callReport{
			Caller: scene.actor.name, Voice: scene.actor.about, Call: scene.call, Wanted: scene.actor.order.slots(),
			OK: problem == "", Problem: problem, Stopped: scene.lost, WAV: filepath.Join(d.out, scene.call+".wav"), Turns: scene.turns,
		}
		if last := scene.latest(); last != nil {
			call.Region = last.Region
		}
		report.Calls = append(report.Calls, call)
	}
	return report
}

// closing shows how it went. Its error says that an order was not fulfilled.
func (s *stage) closing(d *demo, took time.Duration) error {
	report := d.report(took)
	if s.json {
		if err := printJSON(s.out, report); err != nil {
			return fmt.Errorf("print the report: %w", err)
		}
	} else {
		s.table(d, report)
	}
	if !report.OK {
		hint := "the recordings and logs are in " + d.out
		load, _ := os.ReadFile("/proc/loadavg") // without it nothing is said of the load
		if busy := busyMachine(string(load), runtime.NumCPU()); busy != "" {
			hint = busy + "; " + hint
		}
		return &hintError{errors.New("an order was not fulfilled as it was placed"), hint}
	}
	return nil
}

// demoLoad is how many programs may want a processor while the demo runs, for each that
// there is: calls last as long as talking does, and whoever waits for a processor is late.
const demoLoad = 1.5

// busyMachine says that the machine had too much else to do for the demo, by its load
// averages as Linux has them (https://man7.org/linux/man-pages/man5/proc_loadavg.5.html).
// Empty: it had not, or nobody knows.
func busyMachine(loadavg string, processors int) string {
	var minute float64
	if _, err := fmt.Sscan(loadavg, &minute); err != nil || minute <= demoLoad*float64(processors) {
		return ""
	}
	return fmt.Sprintf("this machine is busy (load average %.1f, processors %d), so calls came too late: run the demo again when it is not", minute, processors)
}

func (s *stage) table(d *demo, report demoReport) {
	s.printf("\nFrom the bots' own logs, after %.0f s:\n\n", report.Seconds)
	table := tabwriter.NewWriter(s.out, 0, 8, 2, ' ', 0)
	fmt.Fprint(table, "  caller\tturns\tmode\torder fulfilled\tby\tmedian silence\tlongest\n")
	for i, call := range report.Calls {
		scene := d.story.scenes[i]
		o := scene.actor.order
		verdict := fmt.Sprintf("as placed: %s %s %s", o.flower, o.date, o.clock)
		if !call.OK {
			verdict = "NO: " + call.Problem
		}
		mode, silence, longest := "", "", ""
		if turn := scene.latest(); turn != nil {
			mode = turn.Mode
		}
		if median, most, ok := scene.silences(); ok {
			silence, longest = fmt.Sprintf("%d ms", median), fmt.Sprintf("%d ms", most)
		}
		fmt.Fprintf(table, "  %s\t%d\t%s\t%s\t%s\t%s\t%s\n", call.Caller, len(call.Turns), mode, verdict, call.Region, silence, longest)
	}
	_ = table.Flush() // the terminal's own errors have nowhere to go
	s.printf("\nListen (left the caller, right what the caller heard):\n")
	for _, call := range report.Calls {
		s.printf("  %-4s  %s\n", call.Caller, call.WAV)
	}
	s.printf(`
Logs and scripts are in %s. Next:
  bin/lexline region drill          lose a region while twenty people call, and count what it costs them
  bin/lexline phone call --help     call with a script of your own
  README.md                         a real Twilio number and a real Lex bot
`, d.out)
}
