package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

func checkCommand() command {
	return command{"check", "say whether a gateway's configuration is right, and what it needs is there", runCheck}
}

const checkAbout = `Reads the configuration as lexline serve does, the environment over it, and looks at
everything that it names: files, AWS credentials, bot, alias and locale in each region, a
first answer of the bot, quotas, tables and their keys, and how Twilio's numbers are set up.
Nothing is changed, but for a session of the bot's that is deleted again. A first answer is
one text request to Lex in each region, which AWS charges for.

All questions are asked at once, each for --timeout at the most. Each line of the report is
ok, warning, failed or not asked, with a hint at what to do.

Exit code 0: nothing failed; there may be warnings. 1: something failed, or the
configuration is wrong. 2: wrong use of the command.

examples:
  lexline check --config lexline.yml
  lexline check --config lexline.yml --offline         ask nobody: for a pull request
  lexline check --config dev.yml --dev                 plain http on loopback, as serve --dev
  lexline check --json | jq '.findings[] | select(.state == "failed")'`

// checkOptions are the flags of `lexline check`.
type checkOptions struct {
	file         string
	dev, offline bool
	asJSON       bool
	timeout      time.Duration
}

func runCheck(ctx context.Context, env *environment, args []string) error {
	var o checkOptions
	flags := newFlags(env, "check", "", checkAbout)
	flags.StringVar(&o.file, "config", env.getenv("LEXLINE_CONFIG"), "configuration `file`; without one the environment is all")
	flags.BoolVar(&o.dev, "dev", false, "allow plain http and ws, on loopback addresses only, as lexline serve --dev")
	flags.BoolVar(&o.offline, "offline", false, "ask nobody: the configuration and the files that it names")
	flags.BoolVar(&o.asJSON, "json", false, "print JSON, for programs")
	flags.DurationVar(&o.timeout, "timeout", 10*time.Second, "how long one question may take, 100ms to 2m")
	if err := parseFlags(flags, args); err != nil {
		return err
	}
	if o.timeout < 100*time.Millisecond || o.timeout > 2*time.Minute {
		return usageError{fmt.Errorf("--timeout %v is not between 100ms and 2m", o.timeout)}
	}
	begun := time.Now()
	report := checkReport{File: o.file, Findings: o.findings(ctx, env)}
	if ctx.Err() != nil {
		return context.Cause(ctx) // what is left is of nobody's interest
	}
	took := time.Since(begun)
	failed := report.count(checkFailed)
	report.OK, report.Seconds = failed == 0, took.Round(time.Millisecond).Seconds()
	print := func() error { return report.print(env.stdout, took) }
	if o.asJSON {
		print = func() error { return printJSON(env.stdout, report) }
	}
	if err := print(); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	if failed > 0 {
		return &hintError{fmt.Errorf("%s failed", count(failed, "check", "checks")), "docs/2-operate/configuration.md has what each of them is about"}
	}
	return nil
}

// findings checks everything. What is asked outside is asked at once; the findings are
// in the order of the questions.
func (o checkOptions) findings(ctx context.Context, env *environment) []finding {
	of := findings{section: "Configuration"}
	cfg, err := o.load(env)
	if err != nil {
		of.refused(err)
		return of.list
	}
	of.ok(cmp.Or(o.file, "the environment"), "%s, %s", count(int64(len(cfg.Regions)), "region", "regions"), count(int64(len(cfg.Lines)), "line", "lines"))
	c := checker{cfg: cfg, dev: o.dev, getenv: env.getenv}
	c.settings(&of)
	c.files(&of)
	questions := c.questions()
	answers := make([][]finding, len(questions))
	var asking sync.WaitGroup
	for i, q := range questions {
		if o.offline && !q.here {
			answers[i] = []finding{{q.section, checkSkipped, q.what, "--offline", ""}}
			continue
		}
		asking.Go(func() {
			ctx, cancel := context.WithTimeoutCause(ctx, o.timeout, &unansweredError{o.timeout})
			defer cancel()
			found := findings{section: q.section}
			q.ask(ctx, &found)
			answers[i] = found.list
		})
	}
	asking.Wait()
	all := of.list
	for _, found := range answers {
		all = append(all, found...)
	}
	return append(all, c.unknowable()...)
}

// load reads the configuration as lexline serve does.
func (o checkOptions) load(env *environment) (config, error) {
	if env.environ != nil {
		if err := checkEnvironment(env.environ()); err != nil {
			return config{}, err
		}
	}
	return loadConfig(o.file, env.getenv, o.dev)
}

// refused adds the faults of a configuration, one line for each.
func (f *findings) refused(err error) {
	hint := ""
	if hinted, ok := errors.AsType[*hintError](err); ok {
		hint = hinted.hint
	}
	for fault := range strings.SplitSeq(err.Error(), "\n") {
		f.fail("configuration", fault, hint)
		hint = "" // once is enough
	}
}

// unansweredError says that the time for a question was over.
type unansweredError struct{ limit time.Duration }

func (e *unansweredError) Error() string {
	return fmt.Sprintf("no answer within %v (--timeout)", e.limit)
}
func (e *unansweredError) Timeout() bool { return true }

// question is something that is asked outside, under a deadline of its own.
type question struct {
	section, what string
	ask           func(ctx context.Context, f *findings)
	here          bool // nobody outside is asked
}

// checker checks one configuration. Its methods may be called by several goroutines.
type checker struct {
	cfg    config
	dev    bool
	getenv func(string) string
}

// questions are all that is to be asked.
func (c *checker) questions() (all []question) {
	all = append(all, c.credentialsQuestion())
	all = append(all, c.regionQuestions()...)
	all = append(all, c.tableQuestions()...)
	all = append(all, c.webhookQuestion())
	return append(all, c.twilioQuestions()...)
}

// why is the reason in an error that people can do something about: that our own time was
// over, if it was.
func why(ctx context.Context, err error) string {
	if late, ok := errors.AsType[*unansweredError](context.Cause(ctx)); ok {
		return late.Error()
	}
	return err.Error()
}
