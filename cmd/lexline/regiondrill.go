package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lexline/internal/drill"
	"lexline/internal/speech"
	"lexline/internal/twiliosim"
)

func regionDrillCommand() command {
	return command{"region drill", "break a region while people call, and count what it costs them", runRegionDrill}
}

const drillAbout = `Starts two local Lex regions, the example bot's Lambda function and a gateway, each as
a process of its own, has simulated callers order flowers all the time, breaks a
region in the middle of their words, restores it, and says from the logs and from what
the callers heard what it came to: calls dropped, utterances lost or answered twice,
orders placed twice or with other values, extra delay, silence, and how long it took to
notice, to switch and to come back. Logs, a report and a picture of the run go to a
folder. Exit code 1: a promise was broken (with --strict: or kept too late). Ctrl-C and
SIGTERM end the drill; it reports what there is, and the exit code is 130 or 143.

With --channel connect contacts of Amazon Connect take the place of calls: customers
go through the contact flow of lexline connect flow in a simulated Connect, whose Lambda
functions are the real program and whose table is a stand-in for DynamoDB, and a region
dies just after a health check. It is held with a check every five minutes and with one
every minute, both times, and the hold, multiplied by --scale; nothing else is scaled.

With --policy article the same calls and faults meet a gateway for each region and a
model of the health check in AWS's article on failover for Amazon Connect and Lex;
with both, one after the other, side by side.

kinds of faults:
`

const drillExamples = `
examples:
  lexline region drill
  lexline region drill --calls 50 --fault stop --fault blackhole
  lexline region drill --policy both --fault alias-deleted --json > drill.json
  lexline region drill --speech --calls 5
  lexline region drill --channel connect --policy both --fault hang --every 5m
  lexline region drill --staging https://voice.example.com/twiml \
      --break ./break.sh --restore ./restore.sh`

// drillOptions are the flags of `lexline region drill`.
type drillOptions struct {
	drill.Config
	policy                        string
	json, strict, paired, quiet   bool
	staging, breakCmd, restoreCmd string
	number                        string
	connectOptions
}

func parseDrillOptions(env *environment, args []string) (*drillOptions, error) {
	o := &drillOptions{}
	routes := twiliosim.Routes{}
	flags := newFlags(env, "region drill", "", drillAbout+drill.KindHelp()+drillExamples)
	flags.IntVar(&o.Calls, "calls", 20, "`number` of callers at a time")
	flags.Uint64Var(&o.Seed, "seed", 0, "draws who orders what; 0 draws a `seed` too")
	flags.Func("fault", "`kind` of fault; may be repeated (default stop, then 5xx)", func(text string) error {
		kind, err := drill.ParseKind(text)
		o.Faults = append(o.Faults, kind)
		return err
	})
	flags.StringVar(&o.Region, "region", "", "`name` of the region that is broken: us-east-1, the primary one, us-west-2, or active for the one that answers most turns then (default active, or us-east-1 with --policy)")
	flags.StringVar(&o.policy, "policy", "lexline", "`policy`: lexline, article, or both")
	flags.DurationVar(&o.WarmUp, "warm-up", 30*time.Second, "`time` before the first fault")
	flags.DurationVar(&o.FaultFor, "fault-for", 20*time.Second, "`time` that each fault lasts")
	flags.DurationVar(&o.Settle, "settle", 50*time.Second, "`time` after each fault")
	flags.DurationVar(&o.Hold, "hold", 10*time.Second, "`time` that the gateway leaves a region alone after it came back; a gateway's own default is longer")
	flags.DurationVar(&o.Latency, "latency", 400*time.Millisecond, "`time` that the regions take to answer when nothing is wrong")
	flags.Float64Var(&o.Scale, "article-scale", 0.1, "`factor` on the five minutes between the article's health checks")
	flags.BoolVar(&o.Speech, "speech", false, "recognise the callers' words and speak the bot's, instead of known clips and tones: for few calls")
	flags.StringVar(&o.Bot, "bot", filepath.Join("bots", "OrderFlowers"), "the bot's export, a `folder` or zip")
	flags.StringVar(&o.Out, "out", "drill-run", "`folder` for logs, report and picture")
	flags.BoolVar(&o.json, "json", false, "print one JSON document at the end instead of lines")
	flags.BoolVar(&o.strict, "strict", false, "fail when a bound of time is missed, too")
	flags.BoolVar(&o.paired, "paired", false, "have the same calls without faults first, and measure delays against them")
	flags.BoolVar(&o.quiet, "quiet", false, "do not say how it goes")
	flags.StringVar(&o.staging, "staging", "", "`URL` of the webhook of a gateway that exists, instead of processes of our own")
	flags.StringVar(&o.breakCmd, "break", "", "with --staging: shell `command` that breaks the region")
	flags.StringVar(&o.restoreCmd, "restore", "", "with --staging: shell `command` that restores it")
	flags.StringVar(&o.number, "to", "+15550100", "with --staging: `number` that is called")
	flags.Func("map", "with --staging: connect to a public `name` elsewhere, as in lexline phone call", routes.Add)
	o.connectFlags(flags)
	if err := parseFlags(flags, args); err != nil {
		return nil, err
	}
	if err := o.checkChannel(flags); err != nil {
		return nil, err
	}
	return o, o.complete(env, routes)
}

// complete checks what the flags mean together.
func (o *drillOptions) complete(env *environment, routes twiliosim.Routes) error {
	switch {
	case !slices.Contains([]string{"lexline", "article", "both"}, o.policy):
		return usageError{fmt.Errorf("%q is no policy; there are lexline, article and both", o.policy)}
	case o.staging == "" && (o.breakCmd != "" || o.restoreCmd != "" || len(routes) > 0):
		return usageError{&hintError{errors.New("--break, --restore and --map are for a staging pair"), "name the webhook of its gateway with --staging"}}
	}
	if len(o.Faults) == 0 {
		o.Faults = []drill.Kind{drill.Stop, drill.ServerErrors}
	}
	o.Ramp = o.WarmUp * 8 / 10 // so that at the fault all of them talk, in every phase of a call
	if o.Region == "" {
		o.Region = drill.RegionActive
		if o.policy != string(drill.PolicyLexline) || o.channel == channelConnect {
			o.Region = "us-east-1"
		}
	}
	if o.Seed == 0 {
		o.Seed = 1 + rand.Uint64N(999_999)
	}
	if o.staging != "" {
		o.Staging = &drill.Staging{
			URL: o.staging, Token: env.getenv("TWILIO_AUTH_TOKEN"), Number: o.number, Routes: routes, Break: o.breakCmd, Restore: o.restoreCmd,
		}
		switch {
		case o.policy != "lexline":
			return usageError{errors.New("--staging and --policy exclude each other")}
		case o.Staging.Token == "":
			return usageError{&hintError{errors.New("there is no auth token to sign with"), "set TWILIO_AUTH_TOKEN to the one that the gateway has"}}
		}
	} else if _, err := os.Stat(o.Bot); err != nil {
		return &hintError{fmt.Errorf("find the drill's bot: %w", err), "run the drill in lexline's own folder, or name the bot with --bot"}
	}
	for _, policy := range o.policies() {
		o.Policy = policy
		err := o.Check()
		if o.channel == channelConnect {
			err = o.checkConnect(policy)
		}
		if err != nil {
			return usageError{err}
		}
	}
	return nil
}

// policies are those to be drilled, one after the other.
func (o *drillOptions) policies() []drill.Policy {
	if o.policy == "both" {
		return []drill.Policy{drill.PolicyLexline, drill.PolicyArticle}
	}
	return []drill.Policy{drill.Policy(o.policy)}
}

func runRegionDrill(ctx context.Context, env *environment, args []string) error {
	o, err := parseDrillOptions(env, args)
	if err != nil {
		return err
	}
	if err := o.prepare(env.stdout); err != nil {
		return err
	}
	if o.channel == channelConnect {
		return o.runConnect(ctx, env.stdout)
	}
	var paired []drill.Call
	if o.paired {
		if paired, err = o.withoutFaults(ctx); err != nil && ctx.Err() == nil {
			return drillHint(err)
		}
	}
	reports := []*drill.Report{}
	for _, policy := range o.policies() {
		if ctx.Err() != nil {
			break
		}
		cfg := o.Config
		cfg.Policy, cfg.Out = policy, filepath.Join(o.Out, string(policy))
		cfg.Tell("%s", o.announced(&cfg))
		history, err := drill.Run(ctx, &cfg)
		if err != nil && ctx.Err() != nil {
			break // another policy's report may be worth printing
		}
		if err != nil {
			return drillHint(err)
		}
		report := drill.Judge(history, paired)
		report.Policy = string(policy)
		if err := keepRun(cfg.Out, history, report, func(w io.Writer) error { return drill.WriteTimeline(w, history, report, paired) }); err != nil {
			return err
		}
		reports = append(reports, report)
	}
	cause := context.Cause(ctx)
	if err := o.verdict(env.stdout, reports, cause != nil); cause == nil {
		return err
	}
	return cause // the exit code names the signal; the report says what was broken
}

// announced is the first line of a run, and how long it takes.
func (o *drillOptions) announced(cfg *drill.Config) string {
	faults := make([]string, len(cfg.Faults))
	for i, kind := range cfg.Faults {
		faults[i] = string(kind)
	}
	where := cfg.Region
	if where == drill.RegionActive {
		where = "the region that answers most turns then"
	}
	return fmt.Sprintf("%s: %d callers; %s in %s; seed %d\n%s\ncalls are placed for %.0f s; with the last ones it takes about %.0f s",
		cfg.Policy, cfg.Calls, strings.Join(faults, ", then "), where, cfg.Seed, o.stated(), cfg.Length().Seconds(), cfg.Expected().Seconds())
}

// stated is what must be known to read the figures.
func (o *drillOptions) stated() string {
	if o.Staging != nil {
		return "a staging pair: nothing is scaled"
	}
	text := fmt.Sprintf("regions answer in %v, hold scaled to %v", o.Latency, o.Hold)
	if o.policy != string(drill.PolicyLexline) {
		text += fmt.Sprintf(", the article's 5 minutes to %.0f s", 300*o.Scale)
	}
	return text
}

// prepare fills in what the drill needs of this program.
func (o *drillOptions) prepare(out io.Writer) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find our own program: %w", err)
	}
	if o.Out, err = filepath.Abs(o.Out); err != nil {
		return fmt.Errorf("find the folder for the drill: %w", err)
	}
	o.Cache = filepath.Join(o.Out, "clips")
	o.Start = func(name string, args []string, line func([]byte)) (drill.Process, error) {
		// Ending the drill must not end its processes all at once: it has an order.
		c, err := startChild(context.Background(), name, self, args, nil, line)
		if err != nil {
			return nil, err
		}
		return drillProcess{c}, nil
	}
	synthesizer := speech.NewSynthesizer(speech.SynthConfig{})
	o.Say = synthesizer.Say
	o.Sounds = builtinSounds()
	o.Tell = func(format string, args ...any) {
		if !o.json && !o.quiet {
			fmt.Fprintf(out, format+"\n", args...)
		}
	}
	return nil
}

// withoutFaults has the calls once without faults.
func (o *drillOptions) withoutFaults(ctx context.Context) ([]drill.Call, error) {
	cfg := o.Config
	cfg.Policy, cfg.Out = drill.PolicyLexline, filepath.Join(o.Out, "paired")
	cfg.WarmUp, cfg.Faults = cfg.Length(), nil
	cfg.Tell("paired: the same calls without faults")
	history, err := drill.Run(ctx, &cfg)
	if err != nil {
		return nil, err
	}
	return history.Calls, nil
}

func drillHint(err error) error {
	if errors.Is(err, speech.ErrNoEngine) {
		return &hintError{err, "install flite (Debian: apt install flite): the callers' words are made with it"}
	}
	return err
}

// keepRun writes what a run came to.
func keepRun(dir string, history, report any, picture func(io.Writer) error) error {
	return errors.Join(
		keepFile(filepath.Join(dir, "report.json"), func(w io.Writer) error { return encodeIndented(w, report) }),
		keepFile(filepath.Join(dir, "history.json"), func(w io.Writer) error { return json.NewEncoder(w).Encode(history) }),
		keepFile(filepath.Join(dir, "timeline.svg"), picture),
	)
}

func keepFile(path string, write func(io.Writer) error) error {
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("keep the drill's results: %w", err)
	}
	return errors.Join(write(file), file.Close())
}

func encodeIndented(w io.Writer, v any) error {
	if err := printJSON(w, v); err != nil {
		return fmt.Errorf("write the drill's report: %w", err)
	}
	return nil
}

// drillReport is what `lexline region drill --json` prints.
type drillReport struct {
	OK          bool            `json:"ok"`
	Interrupted bool            `json:"interrupted"`
	Setting     string          `json:"setting"`
	Folder      string          `json:"folder"`
	Reports     []*drill.Report `json:"reports"`
}

// verdict prints the reports. Its error says that a promise of lexline was
// broken; the article made none. An interrupted drill is never ok.
func (o *drillOptions) verdict(out io.Writer, reports []*drill.Report, isInterrupted bool) error {
	broken, late := 0, 0
	for _, r := range reports {
		if r.Policy == string(drill.PolicyLexline) || len(reports) == 1 {
			broken, late = broken+len(r.Violations), late+len(r.Late)
		}
	}
	isOK := broken == 0 && (late == 0 || !o.strict) && !isInterrupted
	if err := o.show(out, reports, isOK, isInterrupted); err != nil {
		return err
	}
	switch {
	case broken == 1:
		return &hintError{errors.New("a promise was broken"), "the logs are in " + o.Out}
	case broken > 1:
		return &hintError{fmt.Errorf("%d promises were broken", broken), "the logs are in " + o.Out}
	case late > 0 && o.strict:
		return fmt.Errorf("bounds of time were missed: %d, see above", late)
	}
	return nil
}

// show prints the reports, as JSON or for people.
func (o *drillOptions) show(out io.Writer, reports []*drill.Report, isOK, isInterrupted bool) error {
	switch {
	case o.json:
		return encodeIndented(out, drillReport{isOK, isInterrupted, o.stated(), o.Out, reports})
	case len(reports) == 0:
		fmt.Fprintln(out, "INTERRUPTED before there was a call")
		return nil
	}
	fmt.Fprintln(out)
	if err := drill.WriteTable(out, reports...); err != nil {
		return err
	}
	fmt.Fprintf(out, "\nThe picture: %s\n\n", filepath.Join(o.Out, reports[0].Policy, "timeline.svg"))
	return drill.WriteVerdict(out, o.strict, reports...)
}

// drillProcess is a child of ours as the drill sees it.
type drillProcess struct{ *child }

// Signal sends a signal; a process that has ended is no error.
func (p drillProcess) Signal(sig os.Signal) error {
	if err := p.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("signal %s: %w", p.name, err)
	}
	return nil
}

// Stop ends it and waits.
func (p drillProcess) Stop() { p.stop() }

// Done is closed when it has ended.
func (p drillProcess) Done() <-chan struct{} { return p.done }
