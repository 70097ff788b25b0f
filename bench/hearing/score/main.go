// Score runs voice activity detectors over the development set and prints one
// table: the quantities of internal/vad/score, their bars, and a column for each
// detector. Beside ours (lexline) stand the peak of a frame over 500 (amplitude),
// its root mean square over 500 (rms, which is the reference article's), and the
// detector of the WebRTC project in mode 3 (webrtc). energy, which is not in the
// table unless asked for, is the one over an adaptive floor.
//
//	make vad-score
//	go run ./bench/hearing/score -by noise,file    what to improve: worst first
//	go run ./bench/hearing/score -detector lexline -condition dtmf -save dtmf.tsv
//
// It must be run in the top folder of the repository. Ctrl-C ends a run without a
// table. The exit code is 0, also where bars are missed, unless -check asks for 1;
// after an error it is 1, and 2 for wrong use.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"lexline/internal/vad"
	"lexline/internal/vad/corpus"
	"lexline/internal/vad/score"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return
	case errors.Is(err, errUsage):
		fmt.Fprintln(os.Stderr, "score:", err)
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "score:", err)
		os.Exit(1)
	}
}

var (
	errUsage  = errors.New("wrong use")
	errMissed = errors.New("a bar was missed")
)

// options are what the command line says.
type options struct {
	detectors []string
	selection selection
	by        []string
	limit     int
	weights   string
	settings  vad.Settings
	cache     string
	seed      uint64
	save      string
	card      string
	json      bool
	check     bool
	cores     int
}

func run(ctx context.Context, args []string, out, progress io.Writer) error {
	o, err := parse(args, progress)
	if err != nil {
		return err
	}
	detectors, done, err := openDetectors(ctx, o, progress)
	if err != nil {
		return err
	}
	defer done()
	files, voices, err := openFiles(ctx, o, progress)
	if err != nil {
		return err
	}
	return compare(ctx, o, detectors, files, voices, out, progress)
}

// compare runs detectors over files and reports.
func compare(ctx context.Context, o options, detectors []detector, files []file, voices string, out, progress io.Writer) error {
	columns, err := hearAndSave(ctx, o, detectors, files, progress)
	if err != nil {
		return err
	}
	heard := newSet(o.seed, voices, columns[0])
	report := score.NewReport(columns, o.by...)
	if err := write(out, o, heard, report); err != nil {
		return err
	}
	if o.card != "" {
		if err := fillCard(o.card, newScores(heard, report)); err != nil {
			return err
		}
	}
	if o.check && slices.ContainsFunc(report.Lines, func(l score.Line) bool { return slices.Contains(l.Missed, true) }) {
		return errMissed
	}
	return nil
}

func write(out io.Writer, o options, heard set, report score.Report) error {
	if !o.json {
		if _, err := fmt.Fprintln(out, heard); err != nil {
			return fmt.Errorf("write the report: %w", err)
		}
		if err := report.WriteText(out, o.limit); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(out, "what the lines mean: bench/README.md, \"How well a gateway hears\""); err != nil {
			return fmt.Errorf("write the report: %w", err)
		}
		return nil
	}
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	err := enc.Encode(struct {
		Set set `json:"set"`
		score.Report
	}{heard, report})
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

func hearAndSave(ctx context.Context, o options, detectors []detector, files []file, progress io.Writer) ([]score.Column, error) {
	if o.save == "" {
		return hearAll(ctx, o.cores, detectors, files, nil, progress)
	}
	saved, err := os.Create(o.save)
	if err != nil {
		return nil, fmt.Errorf("save what was heard: %w", err)
	}
	columns, err := hearAll(ctx, o.cores, detectors, files, saved, progress)
	if err := errors.Join(err, saved.Close()); err != nil {
		return nil, err
	}
	return columns, nil
}

const help = `make vad-score runs voice activity detectors over the development set, and prints one table.

Examples:
  make vad-score
  make vad-score ARGS="-by noise,file"
  make vad-score ARGS="-weights bin/trial/weights.bin"

Flags, for ARGS:
`

func parse(args []string, progress io.Writer) (o options, err error) {
	flags := flag.NewFlagSet("score", flag.ContinueOnError)
	flags.SetOutput(progress)
	flags.Usage = func() {
		fmt.Fprint(progress, help)
		flags.PrintDefaults()
	}
	detectors := flags.String("detector", "lexline,amplitude,rms,webrtc", "comma-separated `names` of detectors, the first one for -by")
	flags.StringVar(&o.selection.condition, "condition", "", "only files whose condition begins with this `name`")
	flags.StringVar(&o.selection.talkers, "talkers", "all", "only files with talkers who are `human`, synthetic, or all")
	by := flags.String("by", "", "comma-separated `groupings` to break results down by, worst first: "+strings.Join(groupings(), ", "))
	flags.IntVar(&o.limit, "limit", 25, "print so many groups of a grouping at most; 0 for all")
	flags.StringVar(&o.weights, "weights", "", "`file` of a network to try as lexline's, of make vad-train; empty for its own")
	threshold := flags.Float64("threshold", 0, "lexline's `probability` from which a frame is speech; 0 for its own")
	flags.DurationVar(&o.settings.EndOfSpeech, "end-of-speech", 0, "lexline's silence that ends a turn; 0 for its own")
	flags.DurationVar(&o.settings.BargeIn, "barge-in", 0, "lexline's speech that interrupts the bot; 0 for its own")
	flags.StringVar(&o.cache, "cache", corpus.DefaultCache, "`folder` where the voices are kept")
	flags.Uint64Var(&o.seed, "seed", 1, "seed of the development set")
	flags.StringVar(&o.save, "save", "", "write what every detector made of every frame to this `file`, tab-separated")
	flags.StringVar(&o.card, "card", "", "fill the scores of the first detector into this score card, a `file` of make vad-train")
	flags.BoolVar(&o.json, "json", false, "print JSON")
	flags.BoolVar(&o.check, "check", false, "exit 1 when a bar is missed")
	flags.IntVar(&o.cores, "cores", min(2, runtime.GOMAXPROCS(0)), "how many files to hear at a time")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return o, err
		}
		return o, fmt.Errorf("%w: %w", errUsage, err)
	}
	o.settings.Threshold = float32(*threshold)
	o.settings = o.settings.WithDefaults()
	o.detectors, o.by = list(*detectors), list(*by)
	return o, o.validate(flags.Args())
}

func list(s string) []string { return strings.FieldsFunc(s, func(r rune) bool { return r == ',' }) }

func groupings() []string { return slices.Sorted(maps.Keys(score.Groupings)) }

func (o options) validate(rest []string) error {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("%w: takes no arguments but flags, got %q", errUsage, rest[0])
	case len(o.detectors) == 0:
		return fmt.Errorf("%w: -detector names none", errUsage)
	case !slices.Contains([]string{"human", "synthetic", "all"}, o.selection.talkers):
		return fmt.Errorf("%w: -talkers %q; want human, synthetic or all", errUsage, o.selection.talkers)
	case o.card != "" && o.selection != selection{talkers: "all"}:
		return fmt.Errorf("%w: -card takes the scores of all files; drop -condition and -talkers", errUsage)
	case o.cores < 1 || o.limit < 0:
		return fmt.Errorf("%w: -cores is at least 1, -limit at least 0", errUsage)
	}
	if err := o.settings.Validate(); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	for _, by := range o.by {
		if score.Groupings[by] == nil {
			return fmt.Errorf("%w: -by %q; want of %s", errUsage, by, strings.Join(groupings(), ", "))
		}
	}
	return nil
}
