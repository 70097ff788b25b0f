package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lexline/internal/drill"
)

// The channels that a drill can be held on.
const (
	channelPhone   = "phone"
	channelConnect = "connect"
)

// connectOptions are the flags of `lexline region drill` that are for contacts of
// Amazon Connect.
type connectOptions struct {
	channel   string
	every     []time.Duration
	scale     float64
	bootstrap string
	gateway   bool
}

// defaultSchedules are those of the health check: what the article has, and the most
// that a rule of Amazon EventBridge can do.
var defaultSchedules = []time.Duration{5 * time.Minute, time.Minute}

// connectHold is a judge's own default, before it is scaled.
const connectHold = time.Minute

// forPhones are the flags that contacts have no use for.
var forPhones = []string{"warm-up", "fault-for", "settle", "speech", "strict", "paired", "staging", "break", "restore", "to", "map", "article-scale"}

// forContacts are those that calls have no use for.
var forContacts = []string{"every", "scale", "bootstrap", "gateway"}

func (o *connectOptions) connectFlags(flags *flag.FlagSet) {
	flags.StringVar(&o.channel, "channel", channelPhone, "`channel`: phone for calls through a gateway, connect for contacts of Amazon Connect")
	flags.Func("every", "with --channel connect: `time` between two health checks, before it is scaled; may be repeated (default 5m, then 1m)", func(text string) error {
		every, err := time.ParseDuration(text)
		o.every = append(o.every, every)
		return err
	})
	flags.Float64Var(&o.scale, "scale", 0.1, "with --channel connect: `factor` on --every and --hold")
	flags.StringVar(&o.bootstrap, "bootstrap", "", "with --channel connect: `path` of the Lambda program (default lexline-lambda beside this program)")
	flags.BoolVar(&o.gateway, "gateway", false, "with --channel connect: a gateway for calls shares the table, and probes the regions as well")
}

// checkChannel says which flags do not fit the channel, and fills in what the
// channel has other defaults for.
func (o *drillOptions) checkChannel(flags *flag.FlagSet) error {
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	strange := forContacts
	switch o.channel {
	case channelConnect:
		strange = forPhones
		if !given["hold"] {
			o.Hold = connectHold
		}
	case channelPhone:
	default:
		return usageError{fmt.Errorf("%q is no channel; there are %s and %s", o.channel, channelPhone, channelConnect)}
	}
	for _, name := range strange {
		if given[name] {
			return usageError{fmt.Errorf("--%s is not for --channel %s", name, o.channel)}
		}
	}
	if len(o.every) == 0 {
		o.every = defaultSchedules
	}
	if o.channel == channelConnect && o.bootstrap == "" {
		self, err := os.Executable()
		if err != nil {
			return fmt.Errorf("find our own program: %w", err)
		}
		o.bootstrap = filepath.Join(filepath.Dir(self), "lexline-lambda")
	}
	return nil
}

// connectConfig is one drill of contacts.
func (o *drillOptions) connectConfig(policy drill.Policy, every time.Duration) *drill.ConnectConfig {
	return &drill.ConnectConfig{
		Customers: o.Calls, Seed: o.Seed, Faults: o.Faults, Region: o.Region, Policy: policy,
		Every: every, Hold: o.Hold, Scale: o.scale, WarmUp: connectWarmUp, Latency: o.Latency,
		Bootstrap: o.bootstrap, Bot: o.Bot, Gateway: o.gateway && policy == drill.PolicyLexline, Start: o.Start, Tell: o.Tell,
		Out: filepath.Join(o.Out, "connect-"+string(policy)+"-"+strings.TrimSuffix(every.String(), "0s")),
	}
}

// connectWarmUp is how long contacts come in before the first fault, at least.
const connectWarmUp = 10 * time.Second

func (o *drillOptions) checkConnect(policy drill.Policy) error {
	if slices.Contains(o.Faults, drill.Flap) {
		return errors.New("contacts are not drilled with flap: the schedule of the health check says how long a fault lasts")
	}
	for _, every := range o.every {
		if err := o.connectConfig(policy, every).Check(); err != nil {
			return err
		}
	}
	if _, err := os.Stat(o.bootstrap); err != nil {
		return &hintError{fmt.Errorf("find the Lambda program: %w", err), "make build makes bin/lexline-lambda; --bootstrap names another one"}
	}
	return nil
}

// runConnect holds the drills of contacts, one for each schedule and policy.
func (o *drillOptions) runConnect(ctx context.Context, out io.Writer) error {
	reports := []*drill.ConnectReport{}
	for _, every := range o.every {
		for _, policy := range o.policies() {
			if ctx.Err() != nil {
				break
			}
			report, err := o.heldConnect(ctx, o.connectConfig(policy, every))
			if err != nil && ctx.Err() != nil {
				break // another one's report may be worth printing
			}
			if err != nil {
				return err
			}
			reports = append(reports, report)
		}
	}
	cause := context.Cause(ctx)
	if err := o.connectVerdict(out, reports, cause != nil); cause == nil {
		return err
	}
	return cause
}

func (o *drillOptions) heldConnect(ctx context.Context, cfg *drill.ConnectConfig) (*drill.ConnectReport, error) {
	faults := make([]string, len(cfg.Faults))
	for i, kind := range cfg.Faults {
		faults[i] = string(kind)
	}
	cfg.Tell("%s: %d customers of Amazon Connect; %s in %s; seed %d\n%s\ncontacts come in for %.0f s",
		cfg.Policy, cfg.Customers, strings.Join(faults, ", then "), cfg.Region, cfg.Seed, o.connectStated(cfg.Every), cfg.Length().Seconds())
	history, err := drill.RunConnect(ctx, cfg)
	if err != nil {
		return nil, err
	}
	report := drill.JudgeContacts(history)
	report.Policy, report.Every = string(cfg.Policy), cfg.Every.Seconds()*cfg.Scale
	return report, keepRun(cfg.Out, history, report, func(w io.Writer) error { return drill.WriteContactTimeline(w, history, report) })
}

// connectStated is what must be known to read the figures.
func (o *drillOptions) connectStated(every ...time.Duration) string {
	said := make([]string, len(every))
	for i, e := range every {
		said[i] = fmt.Sprintf("%.0f s", e.Seconds())
	}
	text := fmt.Sprintf("regions answer in %v; a health check every %s and a hold of %.0f s, both times %g",
		o.Latency, strings.Join(said, " or "), o.Hold.Seconds(), o.scale)
	if o.gateway {
		text += "; a gateway shares the table with lexline's contacts"
	}
	return text
}

// connectDrillReport is what `lexline region drill --channel connect --json` prints.
type connectDrillReport struct {
	OK          bool                   `json:"ok"`
	Interrupted bool                   `json:"interrupted"`
	Setting     string                 `json:"setting"`
	Folder      string                 `json:"folder"`
	Reports     []*drill.ConnectReport `json:"reports"`
}

// connectVerdict prints the reports. Its error says that a promise of lexline was
// broken.
func (o *drillOptions) connectVerdict(out io.Writer, reports []*drill.ConnectReport, isInterrupted bool) error {
	broken := 0
	for _, r := range reports {
		if r.Policy == string(drill.PolicyLexline) || o.policy == string(drill.PolicyArticle) {
			broken += len(r.Violations)
		}
	}
	if o.json {
		err := encodeIndented(out, connectDrillReport{broken == 0 && !isInterrupted, isInterrupted, o.connectStated(o.every...), o.Out, reports})
		if err != nil {
			return err
		}
	} else if err := o.showContacts(out, reports); err != nil {
		return err
	}
	if broken > 0 {
		return &hintError{fmt.Errorf("promises were broken: %d", broken), "the logs are in " + o.Out}
	}
	return nil
}

// showContacts prints the reports for people, those of one schedule side by side.
func (o *drillOptions) showContacts(out io.Writer, reports []*drill.ConnectReport) error {
	if len(reports) == 0 {
		fmt.Fprintln(out, "INTERRUPTED before there was a contact")
		return nil
	}
	for group := range slices.Chunk(reports, len(o.policies())) {
		fmt.Fprintln(out)
		if err := drill.WriteContactTable(out, group...); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "\n%s\n\n", picturesIn(o.Out))
	return drill.WriteContactVerdict(out, reports...)
}

// picturesIn says where the pictures are: the path of the only one, or what finds all.
func picturesIn(folder string) string {
	pattern := filepath.Join(folder, "connect-*", "timeline.svg")
	found, err := filepath.Glob(pattern)
	if err == nil && len(found) == 1 {
		return "The picture: " + found[0]
	}
	return "The pictures: " + pattern
}
