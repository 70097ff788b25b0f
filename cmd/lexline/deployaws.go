package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"lexline/internal/botdef"
	"lexline/internal/connect"
)

func deployPlanCommand() command {
	return command{"deploy plan", "print the commands that bring a gateway to AWS, and those that take it away", runDeployPlan}
}

const deployPlanAbout = `Prints the commands of the AWS CLI that bring gateways, bots, table and health check to the
regions of the configuration, in their order, with all values filled in, as a script for
bash; behind them, as remarks, what takes everything away again. Nothing is asked and
nothing is done. The templates are those in deploy/cloudformation; docs/2-operate/deploy.md
goes through it step by step.

The configuration goes to the gateways as it is, in a secret. A bot that it has by name is
made from its export (--export) by a stack, or looked up if there is none.

examples:
  lexline deploy plan --config lexline.yml --account 111122223333 --hosted-zone Z0123456789ABC \
    --export OrderFlowers=bots/OrderFlowers >deploy.sh
  lexline deploy plan ... --clean-up >clean-up.sh
  lexline deploy plan ... --connect-instance aaaabbbb-cccc-dddd-eeee-ffff00001111 --json`

// planOptions are the flags of `lexline deploy plan`.
type planOptions struct {
	config, account, name string
	zone                  string
	certificates, urls    map[string]string // by region
	exports               map[string]string // by name of the bot
	hooks                 map[string]string // by region
	templates, zip        string
	arch, archive, tag    string
	connect               string
	mail, size, slot      string
	filesInImage          bool
	cleanUp, asJSON       bool
}

func runDeployPlan(_ context.Context, env *environment, args []string) error {
	o, err := parsePlanOptions(env, args)
	if err != nil {
		return err
	}
	cfg, err := loadForAWS(env, o.config)
	if err != nil {
		return err
	}
	p, err := newAWSPlan(cfg, *o, fingerprint)
	if err != nil {
		return err
	}
	if o.asJSON {
		return printJSON(env.stdout, p)
	}
	return p.print(env.stdout, o.cleanUp)
}

// environmentForm is what core.yml takes as EnvironmentName.
var environmentForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z][a-z0-9-]{1,18}[a-z0-9]$`) })

func parsePlanOptions(env *environment, args []string) (*planOptions, error) {
	o := &planOptions{certificates: map[string]string{}, urls: map[string]string{}, exports: map[string]string{}, hooks: map[string]string{}}
	flags := newFlags(env, "deploy plan", "", deployPlanAbout)
	pairs := func(name string, to map[string]string, usage, form string) {
		flags.Func(name, usage, func(text string) error {
			key, value, ok := strings.Cut(text, "=")
			if !ok || key == "" || value == "" {
				return errors.New("not " + form)
			}
			to[key] = value
			return nil
		})
	}
	flags.StringVar(&o.config, "config", env.getenv("LEXLINE_CONFIG"), "configuration `file` of the gateways, which goes to them in a secret")
	flags.StringVar(&o.account, "account", "", "`number` of the AWS account")
	flags.StringVar(&o.name, "name", "lexline", "`name` of the deployment (EnvironmentName), with which names of stacks begin")
	flags.StringVar(&o.zone, "hosted-zone", "", "`id` of the Route 53 zone of the host names; it gets their records, and the proofs for certificates")
	pairs("certificate", o.certificates, "ACM certificate as `REGION=ARN`, where there is one already; may be repeated", "REGION=ARN")
	pairs("url", o.urls, "public_url of a region's gateways as `REGION=URL` (default in the home region the configuration's, elsewhere with the region behind its first word, as voice-us-west-2.example.com)", "REGION=URL")
	pairs("export", o.exports, "export of a bot, a folder or zip, as `BOT=PATH`: the bot is made from it; may be repeated", "BOT=PATH")
	pairs("hook", o.hooks, "Lambda function behind the bots as `REGION=ARN`; may be repeated", "REGION=ARN")
	flags.StringVar(&o.templates, "templates", "deploy/cloudformation", "`folder` of the templates")
	flags.StringVar(&o.zip, "lambda", "bin/lexline-lambda-arm64.zip", "`file` that make lambda has built")
	flags.StringVar(&o.arch, "arch", "amd64", "`processor` that the image is for: amd64 or arm64")
	flags.StringVar(&o.archive, "image", "", "`file` with the image, as make image writes it (default bin/lexline-image-ARCH.tar.gz)")
	flags.StringVar(&o.tag, "tag", programVersion(), "`tag` of the image in it; each version needs its own")
	flags.StringVar(&o.connect, "connect-instance", "", "`id` of the Amazon Connect instance in the home region whose contacts use the bots")
	flags.StringVar(&o.mail, "mail", "", "`address` that gets the alarms")
	flags.StringVar(&o.size, "size", "medium", "`size` of a task: small, medium or large")
	flags.StringVar(&o.slot, "version-slot", "a", "`slot` of the bots' version, a or b: change it with each new export")
	flags.BoolVar(&o.filesInImage, "files-in-image", false, "the image has the files that the configuration names (exports, sounds), found from its working folder")
	flags.BoolVar(&o.cleanUp, "clean-up", false, "print only what takes everything away, to be run")
	flags.BoolVar(&o.asJSON, "json", false, "print the plan for programs")
	if err := parseFlags(flags, args); err != nil {
		return nil, err
	}
	o.archive = cmp.Or(o.archive, "bin/lexline-image-"+o.arch+".tar.gz")
	return o, o.check()
}

// tagForm is that of tags of images
// (https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests).
var tagForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$`) })

func (o *planOptions) check() error {
	if err := checkAccount(o.account); err != nil {
		return err
	}
	switch {
	case o.config == "":
		return usageError{errors.New("--config is missing; the file goes to the gateways")}
	case !environmentForm().MatchString(o.name):
		return usageError{fmt.Errorf("--name: %.40q is not 3 to 20 lower-case letters, digits and hyphens", o.name)}
	case o.arch != "amd64" && o.arch != "arm64":
		return usageError{fmt.Errorf("--arch: %.20q is neither amd64 nor arm64", o.arch)}
	case !tagForm().MatchString(o.tag):
		return usageError{fmt.Errorf("--tag: %.140q is no tag of an image", o.tag)}
	case o.slot != "a" && o.slot != "b":
		return usageError{fmt.Errorf("--version-slot: %.20q is neither a nor b", o.slot)}
	case o.size != "small" && o.size != "medium" && o.size != "large":
		return usageError{fmt.Errorf("--size: %.20q is none of small, medium, large", o.size)}
	}
	for _, regions := range []map[string]string{o.certificates, o.urls, o.hooks} {
		for region := range regions {
			if !connect.IsRegion(region) {
				return usageError{fmt.Errorf("%.40q is no AWS region", region)}
			}
		}
	}
	return nil
}

// fingerprint is eight digits by which versions of a file or of an export differ; empty if
// it cannot be read.
func fingerprint(path string) string {
	text, err := os.ReadFile(path)
	if info, statErr := os.Stat(path); statErr == nil && info.IsDir() {
		text, err = botdef.Archive(path)
	}
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:4])
}

// awsPlan is what brings a gateway to AWS.
type awsPlan struct {
	Name    string            `json:"name"`
	Regions []string          `json:"regions"` // home first
	URLs    map[string]string `json:"urls"`    // public_url by region
	Steps   []awsStep         `json:"steps"`
	CleanUp []awsStep         `json:"clean_up"`
	Notes   []string          `json:"notes"` // what no command here does
}

// awsStep is one command line.
type awsStep struct {
	Region string   `json:"region,omitempty"`
	What   string   `json:"what"`
	In     string   `json:"in,omitempty"`      // folder in which it runs
	Run    []string `json:"run"`               // ${NAME} is what an earlier step has set
	Into   string   `json:"into,omitempty"`    // file that gets what it prints
	PipeTo []string `json:"pipe_to,omitempty"` // command that reads it
	Sets   string   `json:"sets,omitempty"`    // variable that gets it
}

// shell is the step as a line of bash.
func (s awsStep) shell() string {
	words := make([]string, len(s.Run))
	for i, word := range s.Run {
		words[i] = shellWord(word)
	}
	line := strings.Join(words, " ")
	if s.In != "" {
		line = "(cd " + shellWord(s.In) + " && " + line + ")"
	}
	if s.Into != "" {
		line += " >" + shellWord(s.Into)
	}
	if s.PipeTo != nil {
		line += " | " + awsStep{Run: s.PipeTo}.shell()
	}
	if s.Sets != "" {
		line = s.Sets + "=$(" + line + ")"
	}
	return line
}

// print writes the plan as a script. What takes everything away is in it as remarks, so
// that nobody runs it by mistake; with cleanUp it is the script.
func (p *awsPlan) print(w io.Writer, cleanUp bool) error {
	var text strings.Builder
	fmt.Fprintf(&text, "#!/usr/bin/env bash\n# %s in %s, by lexline %s. Run it in the folder of the checkout, with AWS CLI 2.\n", p.Name, strings.Join(p.Regions, " and "), programVersion())
	text.WriteString("set -euo pipefail\nexport AWS_PAGER=\n")
	steps := p.Steps
	if cleanUp {
		steps = p.CleanUp
	}
	before := ""
	for i, s := range steps {
		if s.What != before {
			fmt.Fprintf(&text, "\n# %d. %s\n", i+1, cmp.Or(s.What, before))
		}
		before = s.What
		text.WriteString(s.shell() + "\n")
	}
	if !cleanUp {
		text.WriteString("\n")
		for _, note := range p.Notes {
			fmt.Fprintf(&text, "# %s\n", note)
		}
		text.WriteString("\n# To take it all away (--clean-up prints this to be run):\n")
		for _, s := range p.CleanUp {
			text.WriteString("#   " + s.shell() + "\n")
		}
	}
	_, err := io.WriteString(w, text.String())
	return err
}

// publicURLs are the addresses of the regions' gateways.
func publicURLs(cfg config, o planOptions) (map[string]*url.URL, error) {
	home, err := url.Parse(cfg.PublicURL)
	if err != nil || cfg.PublicURL == unknownURL {
		return nil, errors.New("public_url is missing in the configuration; the stacks need its host")
	}
	urls := map[string]*url.URL{}
	for i, r := range cfg.Regions {
		u := *home
		if i > 0 {
			first, rest, _ := strings.Cut(home.Host, ".")
			u.Host = first + "-" + r.Name + "." + rest
		}
		if text, ok := o.urls[r.Name]; ok {
			given, err := url.Parse(text)
			if err != nil || checkPublicURL(text, false) != nil {
				return nil, usageError{fmt.Errorf("--url %s=%s: %w", r.Name, text, cmp.Or(err, checkPublicURL(text, false)))}
			}
			u = *given
		}
		if u.Port() != "" {
			return nil, fmt.Errorf("%s has a port; the load balancer listens on 443", u.String())
		}
		urls[r.Name] = &u
	}
	return urls, nil
}

// filesOf are the settings that name files which a task does not have.
func filesOf(cfg config) (lost, inImage []string) {
	add := func(to *[]string, key, path string) {
		if path != "" {
			*to = append(*to, key)
		}
	}
	add(&lost, "table.file", cfg.Table.File)
	add(&lost, "table.copy", cfg.Table.Copy)
	add(&lost, "store.file", cfg.Store.File)
	add(&lost, "recording.folder", cfg.Recording.Folder)
	add(&lost, "tls.cert", cfg.TLS.Cert)
	add(&inImage, "control.token_file", cfg.Control.TokenFile)
	for i, line := range cfg.Lines {
		add(&inImage, fmt.Sprintf("lines[%d].export", i), line.Export)
	}
	for i, s := range cfg.Sounds {
		add(&inImage, fmt.Sprintf("sounds[%d]", i), strings.Join(append([]string{s.Apology, s.StillThere, s.Goodbye}, s.Fillers...), ""))
	}
	return lost, inImage
}

// refusals are why a configuration cannot go to AWS as it is.
func refusals(cfg config, o planOptions) error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if len(cfg.Regions) > 2 {
		fault("regions: there are %d, and the templates are for one or two", len(cfg.Regions))
	}
	for i, r := range cfg.Regions {
		if !connect.IsRegion(r.Name) {
			fault("regions[%d].name: %q is no AWS region", i, r.Name)
		}
		if r.RuntimeEndpoint != "" || r.ModelsEndpoint != "" {
			fault("regions[%d]: has an endpoint of its own, and in AWS there is the region's", i)
		}
	}
	lost, inImage := filesOf(cfg)
	for _, key := range lost {
		fault("%s: a task has no disk of its own that outlives it; take a table in DynamoDB, or leave it out", key)
	}
	if !o.filesInImage {
		for _, key := range inImage {
			fault("%s: names a file that the image does not have; leave it out, or build an image of your own and say --files-in-image", key)
		}
	}
	if info, err := os.Stat(o.config); err == nil && info.Size() > 65536 {
		fault("%s: %d bytes are more than the 65536 of a secret", o.config, info.Size())
	}
	for i, line := range cfg.Lines {
		for _, p := range line.Regions {
			if isTestAlias(p.Alias) {
				fault("lines[%d].alias: TestBotAlias is for trying out, and takes two callers at a time; name an alias of your own", i)
				break
			}
		}
	}
	faults = append(faults, twoAliases(cfg, o)...)
	if faults == nil {
		return nil
	}
	return &hintError{fmt.Errorf("the configuration cannot go to AWS as it is: %w", errors.Join(faults...)), "an export for the plan alone is given with --export BOT=PATH; slots are named in `answers`"}
}

// twoAliases finds bots that would be made from an export with two aliases: a stack makes
// one.
func twoAliases(cfg config, o planOptions) (faults []error) {
	p := planner{cfg: cfg, o: o}
	seen := map[string]awsBot{}
	for _, b := range cfg.awsBots() {
		if p.exportOf(b.bot) == "" || awsIDForm().MatchString(b.bot) {
			continue
		}
		name := b.region + "/" + b.bot
		if other, ok := seen[name]; ok && other.alias != b.alias {
			faults = append(faults, fmt.Errorf("lines: %s has the aliases %s and %s, and a stack makes one of them; put the bot there by lexline bot deploy, and name no export", name, other.alias, b.alias))
		}
		seen[name] = b
	}
	return faults
}

// base is the last part of a path, as part of a key in S3.
func base(path string) string {
	return strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
}
