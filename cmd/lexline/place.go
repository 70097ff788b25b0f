package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"lexline/internal/lexmodels"
)

// place is a bot in one region, as commands are told of it that ask the region
// themselves, without a gateway.
type place struct {
	regionConfig
	bot, alias string // name or id
	locale     string
}

// placeOptions are the flags that say where a bot is: a line of a configuration, or
// the places themselves.
type placeOptions struct {
	config, line       string
	bot, alias, locale string
	regions            []regionConfig
	own                map[string]place // by region: what --place says
	aws                awsConfig
}

// regionFlag adds --region, which may be repeated.
func (o *placeOptions) regionFlag(flags *flag.FlagSet) {
	flags.Func("region", "`region`, home first; may be repeated. region=URL or region=runtimeURL,modelsURL for an endpoint of its own, such as the local Lex", func(text string) error {
		r, err := parseRegion(text)
		if slices.ContainsFunc(o.regions, func(other regionConfig) bool { return other.Name == r.Name }) {
			return fmt.Errorf("%s is there twice", r.Name)
		}
		o.regions = append(o.regions, r)
		return err
	})
}

func (o *placeOptions) addFlags(flags *flag.FlagSet) {
	flags.StringVar(&o.config, "config", "", "take regions, bot and credentials from this configuration `file` (lexline.yml)")
	flags.StringVar(&o.line, "line", "", "with --config: the `name` of the line; not needed if there is only one")
	flags.StringVar(&o.bot, "bot", "", "without --config: `name` or id of the bot")
	flags.StringVar(&o.alias, "alias", "", "without --config: `name` or id of its alias (default ver_one)")
	flags.StringVar(&o.locale, "locale", "", "without --config: `locale` (default en_US)")
	o.regionFlag(flags)
	flags.Func("place", "`region=bot/alias` where they are named otherwise, or region=bot/alias/locale; may be repeated", o.addPlace)
}

// parseRegion reads region, region=URL or region=runtimeURL,modelsURL.
func parseRegion(text string) (regionConfig, error) {
	name, urls, _ := strings.Cut(text, "=")
	runtime, models, both := strings.Cut(urls, ",")
	if !both {
		models = runtime
	}
	r := regionConfig{Name: name, RuntimeEndpoint: runtime, ModelsEndpoint: models}
	if name == "" || strings.ContainsAny(name, "/:, ") {
		return r, fmt.Errorf("%q is no region; write us-east-1, or us-east-1=http://127.0.0.1:8470", text)
	}
	for _, address := range []string{runtime, models} {
		if u, err := url.Parse(address); address != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
			return r, fmt.Errorf("%q is no address; write https://lex.example.com", address)
		}
	}
	return r, nil
}

func (o *placeOptions) addPlace(text string) error {
	region, ids, _ := strings.Cut(text, "=")
	parts := strings.Split(ids, "/")
	if region == "" || len(parts) < 2 || len(parts) > 3 || slices.Contains(parts, "") {
		return fmt.Errorf("%q is no place; write us-west-2=BOTID/ALIASID", text)
	}
	if o.own == nil {
		o.own = map[string]place{}
	}
	p := place{bot: parts[0], alias: parts[1]}
	if len(parts) == 3 {
		p.locale = parts[2]
	}
	o.own[region] = p
	return nil
}

// places are where the bot is, home first.
func (o *placeOptions) places(env *environment) ([]place, error) {
	var list []place
	var err error
	if o.config != "" {
		list, err = o.configured(env)
	} else {
		list, err = o.named(env)
	}
	if err != nil {
		return nil, err
	}
	for region, own := range o.own {
		i := slices.IndexFunc(list, func(p place) bool { return p.Name == region })
		if i < 0 {
			return nil, usageError{fmt.Errorf("--place %s=...: %s is not one of the regions", region, region)}
		}
		list[i].bot, list[i].alias = own.bot, own.alias
		if own.locale != "" {
			list[i].locale = own.locale
		}
	}
	return list, nil
}

// named are the places of the flags.
func (o *placeOptions) named(env *environment) ([]place, error) {
	if o.bot == "" || len(o.regions) == 0 {
		return nil, usageError{&hintError{errors.New("which bot, and in which regions?"), "give --config lexline.yml, or --bot NAME and --region for each region"}}
	}
	if o.line != "" {
		return nil, usageError{errors.New("--line is for --config")}
	}
	cfg := config{}
	cfg.takeSampleEnvironment(env.getenv)
	o.aws = cfg.AWS
	fill(&o.alias, defaultAlias)
	fill(&o.locale, defaultLine.Locale)
	var list []place
	for _, r := range o.regions {
		list = append(list, place{r, o.bot, o.alias, o.locale})
	}
	return list, nil
}

// defaultAlias is what an alias for callers is called, as in AWS's article on
// failover between regions.
const defaultAlias = "ver_one"

// configured are the places of a line of the configuration file.
func (o *placeOptions) configured(env *environment) ([]place, error) {
	if o.bot != "" || o.alias != "" || o.locale != "" || len(o.regions) > 0 {
		return nil, usageError{errors.New("--bot, --alias, --locale and --region are for use without --config")}
	}
	cfg := defaultConfig()
	lines, err := readConfigFile(o.config, &cfg)
	if err != nil {
		return nil, err
	}
	if err := cfg.takeEnvironment(env.getenv); err != nil {
		return nil, err
	}
	cfg.complete()
	if err := locate(cfg.checkLines(), o.config, lines, env.getenv); err != nil {
		return nil, &hintError{err, "lexline.yml explains every key"}
	}
	line, err := cfg.lineNamed(o.line)
	if err != nil {
		return nil, err
	}
	o.aws = cfg.AWS
	var list []place
	for _, p := range line.Regions {
		i := slices.IndexFunc(cfg.Regions, func(r regionConfig) bool { return r.Name == p.Name })
		list = append(list, place{cfg.Regions[i], p.Bot, p.Alias, p.Locale})
	}
	return list, nil
}

// lineNamed is the line of that name, or the only one.
func (cfg *config) lineNamed(name string) (lineConfig, error) {
	if name == "" && len(cfg.Lines) == 1 {
		return cfg.Lines[0], nil
	}
	var names []string
	for _, line := range cfg.Lines {
		if line.Name == name {
			return line, nil
		}
		names = append(names, line.Name)
	}
	return lineConfig{}, usageError{&hintError{fmt.Errorf("there is no line %q", name), "choose one with --line: " + strings.Join(names, ", ")}}
}

// lexClient returns a client for a region. A local Lex looks at no signature, so
// that nobody needs credentials for it.
func lexClient(ctx context.Context, keys awsConfig, r regionConfig, progress func(text string)) (*lexmodels.Client, error) {
	provider, err := credentialsFor(ctx, keys, r)
	if err != nil {
		return nil, err
	}
	return lexmodels.New(lexmodels.Config{
		Region: r.Name, RuntimeURL: r.RuntimeEndpoint, ModelsURL: r.ModelsEndpoint, Credentials: provider, Progress: progress,
	}), nil
}

// isLocal reports whether a region is a Lex of this machine, which looks at no credentials.
func (r regionConfig) isLocal() bool { return isLocal(r.RuntimeEndpoint) && isLocal(r.ModelsEndpoint) }

func credentialsFor(ctx context.Context, keys awsConfig, r regionConfig) (aws.CredentialsProvider, error) {
	switch {
	case keys.AccessKeyID != "" && keys.SecretAccessKey != "":
		return credentials.NewStaticCredentialsProvider(keys.AccessKeyID, keys.SecretAccessKey, ""), nil
	case r.isLocal():
		return credentials.NewStaticCredentialsProvider("local", "local", ""), nil
	}
	found, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithRegion(r.Name))
	if err != nil {
		return nil, fmt.Errorf("load the AWS configuration: %w", err)
	}
	return found.Credentials, nil
}

func isLocal(address string) bool {
	u, err := url.Parse(address)
	return err == nil && isLoopback(u.Hostname())
}
