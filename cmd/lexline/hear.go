package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"lexline/internal/vad"
)

func hearCommand() command {
	return command{"hear", "find the turns in recordings of calls, with these or other settings", runHear}
}

const hearAbout = `Hears recordings with the ears of the gateway, and prints the turns of the caller: where the
bot's part begins (with the pre-roll), the onset, when the turn was noticed, the last speech,
the end, and why it ended. Recordings are WAV files of any rate: 16 bits, 8, 24, mu-law or
A-law. Of two channels the left one is the caller and the right one the bot, as the gateway
records calls; then barge-ins are told from the bot's echo.

With --set, each recording is heard twice, as the gateway hears it (with the settings of
--config and, over it, of LEXLINE_ variables, as lexline serve has them) and with what is
set, and only the differences are listed: turns cut in two, joined, missed, gained, and
moved, barge-ins gained and lost. The settings are those of lexline.yml below call, and
answer, what the caller is expected to say:
  end_of_speech=800ms   speech_threshold=0.6   barge_in=300ms or off   max_turn=10s
  answer=any, short (yes or no, digits) or free (free text): 1, 0.7 and 1.4 of end_of_speech

With --frames, raw 8 kHz audio of 16 bits, little-endian, is heard on the standard input, and
the standard output has a line for each 20 ms: probability of speech, decision (0 or 1), and
whether a turn is open (0 or 1).

examples:
  lexline hear calls/*.wav
  lexline hear --plot call.svg --from 12s --to 20s call.wav
  lexline hear --set end_of_speech=900ms --set barge_in=260ms calls/*.wav
  lexline hear --far bot.wav --json caller.wav
  sox call.wav -t raw -r 8000 -b 16 -e signed -c 1 - | lexline hear --frames`

// hearOptions are the flags of `lexline hear`.
type hearOptions struct {
	files    []string
	far      string
	config   string
	set      []string // the changes, as KEY=VALUE
	was, is  hearSettings
	plot     string
	from, to time.Duration
	base     string // names the settings that those of --set are compared with
	frames   bool
	asJSON   bool
}

// newJudge returns the detector that recordings are heard with: the gateway's.
func newJudge() vad.FrameJudge { return vad.NewDetector() }

func parseHearOptions(env *environment, args []string) (*hearOptions, error) {
	o := &hearOptions{}
	flags := newFlags(env, "hear", "FILE.wav...", hearAbout)
	flags.StringVar(&o.far, "far", "", "`file` of what the bot played, on the same clock: WAV, or raw as with --frames")
	flags.StringVar(&o.config, "config", env.getenv("LEXLINE_CONFIG"), "configuration `file` of the gateway, whose settings are heard with")
	flags.Func("set", "hear with another setting as well, `KEY=VALUE`, and list the differences; may be repeated", func(text string) error {
		o.set = append(o.set, text)
		return nil
	})
	flags.StringVar(&o.plot, "plot", "", "picture to draw, a `file` named .svg or .png; of several recordings FILE-1, FILE-2 and so on")
	flags.Func("from", "`time` in the recording at which the picture begins, like 12s (default the beginning)", timeFlag(&o.from))
	flags.Func("to", "`time` at which the picture ends (default the end)", timeFlag(&o.to))
	flags.BoolVar(&o.frames, "frames", false, "hear raw audio on the standard input, and print a line for each frame")
	flags.BoolVar(&o.asJSON, "json", false, "print one JSON document")
	var err error
	if o.files, err = operandsAmong(flags, args); err != nil {
		return nil, err
	}
	if err := o.check(); err != nil {
		return nil, usageError{err}
	}
	return o, o.settle(env)
}

// timeFlag returns what sets a time in a recording.
func timeFlag(to *time.Duration) func(text string) error {
	return func(text string) (err error) {
		if *to, err = time.ParseDuration(text); err != nil {
			return errors.New("times have a unit: write 12s, 1m5s or 800ms")
		}
		return nil
	}
}

// operandsAmong takes a command's operands, which may stand before the flags, behind
// them or between them.
func operandsAmong(flags *flag.FlagSet, args []string) (operands []string, err error) {
	for {
		if err := parse(flags, args); err != nil {
			return nil, err
		}
		rest := flags.Args()
		if len(rest) == 0 {
			return operands, nil
		}
		operands, args = append(operands, rest[0]), rest[1:]
	}
}

func (o *hearOptions) check() error {
	switch {
	case o.frames && len(o.files) > 0:
		return fmt.Errorf("hear --frames hears the standard input, and takes no file %q", o.files[0])
	case o.frames && (o.plot != "" || o.asJSON || o.from != 0 || o.to != 0):
		return errors.New("hear --frames prints lines of frames only; --plot, --from, --to and --json belong to files")
	case o.frames:
		return nil
	case len(o.files) == 0:
		return &hintError{errors.New("hear takes the recordings to hear"), "they are WAV files: lexline hear call.wav"}
	case o.far != "" && len(o.files) > 1:
		return errors.New("--far belongs to one recording; several have their bots on their right channels")
	case o.plot == "" && (o.from != 0 || o.to != 0):
		return errors.New("--from and --to choose what --plot draws")
	case o.from < 0 || o.to < 0 || o.to != 0 && o.to <= o.from:
		return fmt.Errorf("--from %v --to %v: the picture must end behind its beginning", o.from, o.to)
	case o.plot != "" && pictureWriter(o.plot) == nil:
		return &hintError{fmt.Errorf("--plot %s is neither an .svg nor a .png file", o.plot), "the ending says what is drawn: --plot call.svg"}
	}
	return nil
}

// settle works out the settings to hear with.
func (o *hearOptions) settle(env *environment) (err error) {
	if o.was, err = configuredHearing(o.config, env); err != nil {
		return err
	}
	o.base = baseName(o.config, setByEnvironment(env.getenv))
	o.is = o.was
	seen := map[string]bool{}
	for _, change := range o.set {
		key, _, _ := strings.Cut(strings.TrimPrefix(change, "call."), "=")
		if seen[key] {
			return usageError{fmt.Errorf("--set %s: %s is set twice", change, key)}
		}
		seen[key] = true
		if err := o.is.set(change); err != nil {
			return usageError{err}
		}
	}
	if err := o.is.Validate(); err != nil {
		return usageError{&hintError{fmt.Errorf("--set: %w", err), "lexline.yml explains the settings below call"}}
	}
	return nil
}

// baseName names the settings that come from a file and from the environment.
func baseName(file string, environment bool) string {
	switch {
	case file != "" && environment:
		return filepath.Base(file) + " and environment"
	case file != "":
		return filepath.Base(file)
	case environment:
		return "environment"
	}
	return "defaults"
}

func runHear(ctx context.Context, env *environment, args []string) error {
	o, err := parseHearOptions(env, args)
	if err != nil {
		return err
	}
	if o.frames {
		return hearFrames(ctx, env, o)
	}
	h := &hearRun{env: env, o: o, out: newHearPrinter(env, o), progress: newTeller(env, false)}
	var first error
	failed := 0
	for i, file := range o.files {
		err := h.file(ctx, i, file)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err == nil:
			continue
		}
		first = cmp.Or(first, err)
		failed++
		h.out.bad(file, err)
		if len(o.files) > 1 {
			report(env.stderr, err)
		}
	}
	if err := h.out.end(); err != nil {
		return fmt.Errorf("print what was heard: %w", err)
	}
	if failed > 0 && len(o.files) > 1 {
		return fmt.Errorf("%d of %d files could not be heard", failed, len(o.files))
	}
	return first
}
