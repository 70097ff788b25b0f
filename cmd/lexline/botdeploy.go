package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"lexline/internal/botdef"
	"lexline/internal/lexmodels"
	"lexline/internal/parity"
)

func botDeployCommand() command {
	return command{"bot deploy", "put a bot's export into every region, the same in each", runBotDeploy}
}

const botDeployAbout = `Makes the alias of a bot serve an export, a folder or zip, in each of the regions: imports
it into the bot's draft, builds its locales, makes a numbered version, points the alias at
it, waits until it answers, and compares the regions with the export and with each other.
Where the alias serves the export already, nothing is done; what an earlier deploy got
done is taken up where that stopped. Regions are worked on at the same time, and a failure
in one leaves the others' results. Callers have the old version until the alias moves.

The function behind the bot stays what it is unless --hook names another. A new bot needs
--role, the ARN of a role that Lex may take.

Exit code 0: the regions serve the export. 1: one does not, or they differ; with --dry-run:
there is something to do. 2: wrong use.

examples:
  lexline bot deploy bots/OrderFlowers --region us-east-1 --region us-west-2 --dry-run
  lexline bot deploy MyBot.zip --config lexline.yml --alias ver_one \
    --role arn:aws:iam::111122223333:role/lex-bots \
    --hook us-east-1=arn:aws:lambda:us-east-1:111122223333:function:orders \
    --hook us-west-2=arn:aws:lambda:us-west-2:111122223333:function:orders
  lexline bot deploy bots/OrderFlowers --region us-east-1=http://127.0.0.1:8470 \
      --region us-west-2=http://127.0.0.1:8475`

// deployOptions are the flags of `lexline bot deploy`.
type deployOptions struct {
	placeOptions
	export string
	role   string
	hooks  map[string]string
	dryRun bool
	asJSON bool
	quiet  bool
}

func parseDeployOptions(env *environment, args []string) (*deployOptions, error) {
	o := &deployOptions{hooks: map[string]string{}}
	flags := newFlags(env, "bot deploy", "EXPORT", botDeployAbout)
	o.addDeployFlags(flags)
	var err error
	if o.export, err = operandAmong(flags, args); err != nil {
		return nil, err
	}
	if o.export == "" {
		return nil, usageError{errors.New("bot deploy takes the path of one export")}
	}
	return o, o.checkAlias()
}

// aliasForm is Lex's for names of aliases
// (https://docs.aws.amazon.com/lexv2/latest/APIReference/API_CreateBotAlias.html).
var aliasForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^([0-9a-zA-Z][_-]?){1,100}$`)
})

// isTestAlias reports whether an alias, by name or id, is the one that Lex makes for each
// bot's draft.
func isTestAlias(alias string) bool { return alias == "TestBotAlias" || alias == "TSTALIASID" }

// checkAlias looks at the alias before anything is imported or built for it.
func (o *deployOptions) checkAlias() error {
	switch {
	case !aliasForm().MatchString(o.alias):
		return usageError{fmt.Errorf("--alias: %.120q is no name of an alias: up to 100 letters and digits with single - and _ between them", o.alias)}
	case isTestAlias(o.alias):
		return usageError{&hintError{errors.New("--alias: TestBotAlias has the draft always, and cannot be pointed at a version"), "name an alias for callers, such as " + defaultAlias}}
	}
	return nil
}

func (o *deployOptions) addDeployFlags(flags *flag.FlagSet) {
	o.regionFlag(flags)
	flags.StringVar(&o.config, "config", "", "take all regions and the credentials from this configuration `file` (lexline.yml)")
	flags.StringVar(&o.alias, "alias", defaultAlias, "`name` of the alias; it is made where it is missing")
	flags.StringVar(&o.role, "role", "", "`ARN` of the role that Lex takes for the bot (default the one that the bot has)")
	flags.Func("hook", "`region=ARN` of the Lambda function behind the alias there; may be repeated (default what is set)", func(text string) error {
		region, arn, _ := strings.Cut(text, "=")
		if !strings.HasPrefix(arn, "arn:") || parity.FunctionName(arn) == arn {
			return errors.New("write us-east-1=arn:aws:lambda:us-east-1:111122223333:function:NAME")
		}
		o.hooks[region] = arn
		return nil
	})
	flags.BoolVar(&o.dryRun, "dry-run", false, "say what would be done, and change nothing")
	flags.BoolVar(&o.asJSON, "json", false, "print JSON at the end instead of lines")
	flags.BoolVar(&o.quiet, "quiet", false, "do not say on the terminal how it goes")
}

// deployRegions are the regions to deploy to, home first.
func (o *deployOptions) deployRegions(env *environment) ([]regionConfig, error) {
	list := o.regions
	if o.config != "" {
		if len(list) > 0 {
			return nil, usageError{errors.New("--region is for use without --config")}
		}
		cfg := defaultConfig()
		if _, err := readConfigFile(o.config, &cfg); err != nil {
			return nil, err
		}
		if err := cfg.takeEnvironment(env.getenv); err != nil {
			return nil, err
		}
		list, o.aws = cfg.Regions, cfg.AWS
	} else {
		var cfg config
		cfg.takeSampleEnvironment(env.getenv)
		o.aws = cfg.AWS
	}
	if len(list) == 0 {
		return nil, usageError{&hintError{errors.New("to which regions?"), "give --region for each region, or --config lexline.yml"}}
	}
	for region := range o.hooks {
		if !slices.ContainsFunc(list, func(r regionConfig) bool { return r.Name == region }) {
			return nil, usageError{fmt.Errorf("--hook %s=...: %s is not one of the regions", region, region)}
		}
	}
	return list, nil
}

// loadExport reads and checks the export as a deploy needs it.
func loadExport(path string) (*botdef.Bot, []byte, error) {
	bot, err := botdef.Load(path)
	if err != nil {
		return nil, nil, err
	}
	hint := "lexline bot check " + path + " lists them all"
	if problems := bot.Check(); len(problems) > 0 {
		return nil, nil, &hintError{fmt.Errorf("the bot has %s that Lex would refuse, such as %s", count(len(problems), "problem", "problems"), problems[0]), hint}
	}
	if bot.LocaleOnly {
		return nil, nil, &hintError{fmt.Errorf("%s holds a single locale", path), "export the whole bot; Lex imports a locale only into a bot that is there"}
	}
	zip, err := botdef.Archive(path)
	return bot, zip, err
}

// deploy is one run of the command.
type deploy struct {
	export      *botdef.Bot
	path        string
	zip         []byte
	alias, role string
	dryRun      bool
	regions     []*deployRegion
	begun       time.Time
	tell        *teller

	mu  sync.Mutex // guards out: regions write at the same time
	out io.Writer  // for people; nil with --json

	parity *parityReport
	copies string // what Global Resiliency has, and would change; "" if nobody can say
	kept   string // the copies that it has; "": none
}

func runBotDeploy(ctx context.Context, env *environment, args []string) error {
	o, err := parseDeployOptions(env, args)
	if err != nil {
		return err
	}
	regions, err := o.deployRegions(env)
	if err != nil {
		return err
	}
	d := &deploy{path: o.export, alias: o.alias, role: o.role, dryRun: o.dryRun, begun: time.Now(), tell: newTeller(env, o.quiet), out: env.stdout}
	if o.asJSON {
		d.out = io.Discard
	}
	defer d.tell.end()
	if d.export, d.zip, err = loadExport(o.export); err != nil {
		return err
	}
	for _, r := range regions {
		client, err := lexClient(ctx, o.aws, r, func(text string) { d.tell.say(r.Name, text) })
		if err != nil {
			return err
		}
		defer client.Close()
		d.regions = append(d.regions, &deployRegion{regionConfig: r, hook: o.hooks[r.Name], client: client, d: d})
	}
	d.run(ctx)
	d.tell.end()
	if o.asJSON {
		if err := d.printJSON(env.stdout); err != nil {
			return fmt.Errorf("print the result: %w", err)
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return d.outcome()
}

// run plans, does, verifies and tells. What went wrong stands in the regions.
func (d *deploy) run(ctx context.Context) {
	d.each(func(r *deployRegion) error { return r.look(ctx) })
	d.findCopies(ctx)
	d.printPlan()
	if d.dryRun || ctx.Err() != nil {
		return
	}
	d.each(func(r *deployRegion) error { return r.carryOut(ctx) })
	d.verify(ctx)
	d.printSummary()
}

// each does something in every region at the same time where nothing has failed so far.
func (d *deploy) each(f func(r *deployRegion) error) {
	var working sync.WaitGroup
	for _, r := range d.regions {
		if r.err == nil {
			working.Go(func() { r.err = f(r) })
		}
	}
	working.Wait()
}

// verify compares the regions with the export, and with each other.
func (d *deploy) verify(ctx context.Context) {
	d.each(func(r *deployRegion) error {
		r.step = "compare with the export"
		served, err := r.client.Read(ctx, r.state.bot.ID, r.state.aliasID)
		if err != nil {
			return err
		}
		r.differences = parity.Definitions(parity.Definition{Bot: served.Bot}, parity.Definition{Bot: d.export})
		if len(r.differences) > 0 {
			return fmt.Errorf("the alias does not serve the export: %s", r.differences[0])
		}
		return nil
	})
	for _, l := range d.export.Locales {
		d.verifyLocale(ctx, l.ID)
	}
}

// verifyLocale compares what the regions answer in a locale, if anything was changed.
func (d *deploy) verifyLocale(ctx context.Context, locale string) {
	const samples = 40 // utterances that are put; each is charged for
	c := &parityCheck{definitions: true, limit: samples, concurrency: 4, now: time.Now(), tell: d.tell}
	for _, r := range d.regions {
		if r.err != nil {
			continue
		}
		c.answers = c.answers || r.changed
		c.places = append(c.places, &parityPlace{client: r.client, place: place{
			regionConfig: r.regionConfig, bot: r.state.bot.ID, alias: r.state.aliasID, locale: locale,
		}})
	}
	if len(c.places) < 2 {
		return
	}
	report, err := c.run(ctx)
	if err != nil {
		report = &parityReport{Remarks: []string{"the regions could not be compared: " + err.Error()}, failed: true}
	}
	d.parity = d.parity.with(report)
}

// outcome is the error that the command ends with.
func (d *deploy) outcome() error {
	var failed []error
	for _, r := range d.regions {
		if r.err != nil {
			failed = append(failed, fmt.Errorf("%s: %s: %w", r.Name, r.step, r.err))
		}
	}
	if len(failed) > 0 {
		err := errors.Join(failed...)
		if _, ok := errors.AsType[*hintError](err); ok {
			return err
		}
		return &hintError{err, "run it again when that is mended: it goes on where it stopped"}
	}
	if n := d.open(); d.dryRun && n > 0 {
		return &hintError{fmt.Errorf("there is something to do in %s", count(n, "region", "regions")), "the same without --dry-run does it"}
	}
	if d.parity != nil && (d.parity.count() > 0 || d.parity.failed) {
		return &hintError{errors.New("the regions serve the export, but are not the same"), "lexline region parity shows it again"}
	}
	return nil
}

// open is the number of regions in which the plan has something to do.
func (d *deploy) open() (n int) {
	for _, r := range d.regions {
		if !r.plan.nothing() {
			n++
		}
	}
	return n
}

// isFirst reports whether the alias is made anew somewhere.
func (d *deploy) isFirst() bool {
	return slices.ContainsFunc(d.regions, func(r *deployRegion) bool { return r.plan.alias == aliasIsMade })
}

// findCopies asks the home region for the copies that Lex Global Resiliency keeps of
// the bot. They are read-only: nothing is deployed to one, Lex does that.
func (d *deploy) findCopies(ctx context.Context) {
	home := d.regions[0]
	if home.err != nil {
		return
	}
	var list []lexmodels.Replica
	served := true
	if home.state.bot.ID != "" {
		list, served = home.client.Replicas(ctx, home.state.bot.ID)
	}
	words := resiliencyWords(home.Name, list, served)
	d.copies, d.kept = strings.Join(words, "\n"), strings.Join(words[:len(list)], "\n")
	for _, r := range d.regions[1:] {
		if r.err == nil && !r.plan.nothing() && slices.ContainsFunc(list, func(l lexmodels.Replica) bool { return l.Region == r.Name }) {
			r.err = &hintError{
				fmt.Errorf("the bot is a copy of the one in %s, and read-only", home.Name),
				"Lex copies what is deployed in " + home.Name + ": deploy there only, then compare with lexline region parity",
			}
		}
	}
}

// resiliencyWords explains. https://docs.aws.amazon.com/lexv2/latest/dg/global-resiliency.html
func resiliencyWords(home string, list []lexmodels.Replica, served bool) (lines []string) {
	pairs := map[string]string{"us-east-1": "us-west-2", "us-west-2": "us-east-1", "eu-west-2": "eu-central-1", "eu-central-1": "eu-west-2"}
	switch {
	case len(list) > 0:
		for _, r := range list {
			lines = append(lines, fmt.Sprintf("Lex keeps a copy of this bot in %s (%s).", r.Region, r.Status))
		}
	case pairs[home] == "":
		return []string{fmt.Sprintf("Lex Global Resiliency does not pair %s with any region: each region's bot is deployed on its own.", home)}
	case served:
		lines = append(lines, fmt.Sprintf("Lex Global Resiliency, which AWS switches on by request, would copy this bot from %s to %s.", home, pairs[home]))
	default:
		lines = append(lines, fmt.Sprintf("Lex Global Resiliency (by request to AWS; not to be seen here) would copy this bot from %s to %s.", home, pairs[home]))
	}
	return append(lines,
		"The copy has the same bot and alias ids, so that a line needs no ids for each region.",
		"It is read-only and follows within minutes: deploy to the source region only, and let lexline region parity compare.",
		"Check the function behind the copy's alias: use a function of the same name in both regions, as the copy cannot be edited.",
	)
}
