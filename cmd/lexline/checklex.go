package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"time"

	"lexline/internal/lex"
	"lexline/internal/lexmodels"
	"lexline/internal/quotas"
	"lexline/internal/region"
)

// credentialsQuestion asks whoever has the AWS credentials for them. Whether AWS takes
// them shows in the regions.
func (c *checker) credentialsQuestion() question {
	return question{section: "AWS credentials", what: "credentials", ask: func(ctx context.Context, f *findings) {
		const hint = "set ACCESS_KEY_ID and SECRET_ACCESS_KEY, or give the machine a role that may use Lex"
		if a := c.cfg.AWS; (a.AccessKeyID == "") != (a.SecretAccessKey == "") {
			f.fail("aws", "one of access_key_id and secret_access_key is missing", hint)
			return
		}
		if c.cfg.AWS == (awsConfig{}) && !slices.ContainsFunc(c.cfg.Regions, func(r regionConfig) bool { return !r.isLocal() }) {
			f.skip("credentials", "every region is a local Lex, which looks at none")
			return
		}
		provider, err := credentialsFor(ctx, c.cfg.AWS, c.cfg.Regions[0])
		if err != nil {
			f.fail("credentials", why(ctx, err), hint)
			return
		}
		keys, err := provider.Retrieve(ctx)
		switch {
		case err != nil:
			f.fail("credentials", why(ctx, err), hint)
		case keys.CanExpire && time.Until(keys.Expires) <= 0:
			f.fail("credentials", "those of "+keys.Source+" ended "+span(time.Since(keys.Expires))+" ago", hint)
		default:
			f.ok("credentials", "key ...%s, from %s", keys.AccessKeyID[max(0, len(keys.AccessKeyID)-4):], keys.Source)
		}
	}}
}

// checkedPlace is a bot in a region.
type checkedPlace struct {
	placeConfig
	region regionConfig
	line   string // the first that uses it
	quota  int
	probe  probeConfig
}

func (p *checkedPlace) words() string {
	return fmt.Sprintf("bot %s, alias %s, locale %s", p.Bot, p.Alias, p.Locale)
}

// places are all bots in all regions, each once, in the order of the configuration.
func (c *checker) places() (all []*checkedPlace) {
	var clients []string // of a gateway; each keeps its own quota
	for _, line := range c.cfg.Lines {
		another := !slices.Contains(clients, line.botKey())
		clients = append(clients, line.botKey())
		for _, p := range line.Regions {
			at := slices.IndexFunc(all, func(other *checkedPlace) bool { return other.placeConfig == p && other.probe == line.Probe })
			if at < 0 {
				in := c.cfg.Regions[slices.IndexFunc(c.cfg.Regions, func(r regionConfig) bool { return r.Name == p.Name })]
				all = append(all, &checkedPlace{placeConfig: p, region: in, line: line.Name, probe: line.Probe})
				at = len(all) - 1
			}
			if another {
				all[at].quota += line.Quota
			}
		}
	}
	return all
}

// regionQuestions ask for the bots and the quotas of each region.
func (c *checker) regionQuestions() (all []question) {
	places := c.places()
	for _, r := range c.cfg.Regions {
		section, used := "Region "+r.Name, false
		for _, p := range places {
			if p.Name != r.Name {
				continue
			}
			used = true
			all = append(all,
				question{section: section, what: p.words(), ask: func(ctx context.Context, f *findings) { c.definition(ctx, f, p) }},
				question{section: section, what: "first answer of " + p.Bot, ask: func(ctx context.Context, f *findings) { c.answer(ctx, f, p) }})
		}
		if !used {
			all = append(all, question{section: section, what: "region", here: true, ask: func(_ context.Context, f *findings) {
				f.warn("region", "no line uses it", "name it in the regions of a line, or take it out")
			}})
			continue
		}
		all = append(all, question{section: section, what: "quotas", ask: func(ctx context.Context, f *findings) { c.quotas(ctx, f, r, places) }})
	}
	return all
}

// definition looks at what the models API of a region tells of a bot.
func (c *checker) definition(ctx context.Context, f *findings, p *checkedPlace) {
	what := p.words()
	client, err := lexClient(ctx, c.cfg.AWS, p.region, nil)
	if err != nil {
		f.fail(what, why(ctx, err), c.lexHint(p, err))
		return
	}
	defer client.Close()
	bot, aliasID, err := findPlace(ctx, client, p)
	if err != nil {
		f.fail(what, why(ctx, err), c.lexHint(p, err))
		return
	}
	alias, err := client.Alias(ctx, bot.ID, aliasID)
	if err != nil {
		f.fail(what, why(ctx, err), c.lexHint(p, err))
		return
	}
	settings, served := alias.Locale(p.Locale)
	status, reasons, err := client.LocaleStatusOf(ctx, bot.ID, alias.Version, p.Locale)
	switch {
	case bot.Status != "" && bot.Status != "Available":
		f.fail(what, "the bot's status is "+bot.Status, "wait until it is Available, or look into the Lex console")
	case lexmodels.NotFound(err):
		f.fail(what, fmt.Sprintf("version %s of the bot, which the alias serves, has no locale %s", alias.Version, p.Locale), "lexline bot deploy makes a version with all locales of an export")
	case err != nil:
		f.fail(what, why(ctx, err), c.lexHint(p, err))
	case len(alias.Locales) > 0 && (!served || !settings.Enabled):
		f.fail(what, fmt.Sprintf("locale %s is not enabled in the alias", p.Locale), "enable it in the alias' languages, or see the line's locale")
	case alias.Version == lexmodels.Draft && status != "Built" && status != "ReadyExpressTesting":
		f.fail(what, fmt.Sprintf("locale %s is %s%s", p.Locale, status, because(strings.Join(reasons, "; "))), "build it: lexline bot deploy, or the Lex console")
	default:
		hook := "no Lambda function"
		if settings.Hook != "" {
			hook = "with a Lambda function"
		}
		f.ok(what, "bot id %s, alias id %s, version %s, %s", bot.ID, aliasID, alias.Version, hook)
	}
}

// findPlace finds the ids of a bot and its alias.
func findPlace(ctx context.Context, client *lexmodels.Client, p *checkedPlace) (bot lexmodels.Bot, aliasID string, err error) {
	id, err := client.FindBot(ctx, p.Bot)
	if err == nil {
		bot, err = client.Bot(ctx, id)
	}
	if err == nil {
		aliasID, err = client.FindAlias(ctx, id, p.Alias)
	}
	return bot, aliasID, err
}

// lexHint is what to do about a bot that is not as it should be.
func (c *checker) lexHint(p *checkedPlace, err error) string {
	switch text := err.Error(); {
	case errors.Is(err, syscall.ECONNREFUSED) && p.region.ModelsEndpoint != "":
		return "nothing answers at " + p.region.ModelsEndpoint + "; is `lexline bot serve` running?"
	case strings.Contains(text, "UnrecognizedClient"), strings.Contains(text, "InvalidSignature"), strings.Contains(text, "ExpiredToken"), strings.Contains(text, "InvalidClientTokenId"):
		return "AWS does not take the credentials: aws sts get-caller-identity tells whose they are"
	case strings.Contains(text, "AccessDenied"):
		return "the credentials may not: reading bots needs lex:ListBots, ListBotAliases, DescribeBot, DescribeBotAlias and DescribeBotLocale; calls need lex:RecognizeUtterance, PutSession and DeleteSession"
	case errors.Is(err, lexmodels.ErrMissing), lexmodels.NotFound(err), lex.Class(err) == region.Hard:
		return "see bot, alias and regions of line " + p.line + "; lexline bot deploy puts a bot into every region"
	case strings.Contains(text, "get identity"), strings.Contains(text, "credentials"):
		return "set ACCESS_KEY_ID and SECRET_ACCESS_KEY, or give the machine a role that may use Lex"
	}
	return "see the region's endpoints, and the way to them: " + cmp.Or(p.region.ModelsEndpoint, "lexline asks AWS's own")
}

// answer asks the bot what a deep probe of a gateway asks.
func (c *checker) answer(ctx context.Context, f *findings, p *checkedPlace) {
	what := "first answer of " + p.Bot
	prober, err := lex.NewProber(ctx, lex.ProberConfig{
		Places: []lex.Place{{
			Region: p.Name, Bot: p.Bot, Alias: p.Alias, Locale: p.Locale, RuntimeURL: p.region.RuntimeEndpoint, ModelsURL: p.region.ModelsEndpoint,
		}},
		Credentials: c.runtimeCredentials(p.region),
		Probe:       lex.Probe{Text: p.probe.Text, Intent: p.probe.Intent, Slot: p.probe.Slot},
		Sessions:    "lexline-check",
	})
	if err != nil {
		f.fail(what, why(ctx, err), c.lexHint(p, err))
		return
	}
	begun := time.Now()
	prober.LookUp(ctx)
	class, err := prober.Probe(ctx, p.Name, true)
	took := time.Since(begun)
	if ctx.Err() == nil {
		if err := prober.Forget(ctx); err != nil && class == region.None {
			f.warn(what, err.Error(), "sessions of checks and probes stay until Lex forgets them; lex:DeleteSession lets them be deleted")
		}
	}
	switch {
	case err == nil:
		f.ok(what, "after %d ms", took.Milliseconds())
	case class == region.Load:
		f.warn(what, why(ctx, err), "the quota of requests at a time is used up at this moment")
	default:
		hint := c.lexHint(p, err)
		if lex.Misunderstood(err) {
			hint = "see the probe of line " + p.line + ": what it asks, and what intent and slot come of it"
		}
		f.fail(what, why(ctx, err), hint)
	}
}

// runtimeCredentials are those that requests to a region's bot are signed with.
func (c *checker) runtimeCredentials(r regionConfig) lex.Credentials {
	if c.cfg.AWS == (awsConfig{}) && r.isLocal() {
		return lex.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}
	}
	return lex.Credentials{AccessKeyID: c.cfg.AWS.AccessKeyID, SecretAccessKey: c.cfg.AWS.SecretAccessKey}
}

// quotasEndpoint is the variable by which every AWS SDK finds another Service Quotas
// (https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html).
const quotasEndpoint = "AWS_ENDPOINT_URL_SERVICE_QUOTAS"

// quotas compares what a gateway sends at a time with what the account may.
func (c *checker) quotas(ctx context.Context, f *findings, r regionConfig, places []*checkedPlace) {
	const what = "quota of Lex requests at a time"
	endpoint := c.getenv(quotasEndpoint)
	if isLocal(r.RuntimeEndpoint) && endpoint == "" {
		f.skip(what, "a local Lex has none")
		return
	}
	provider, err := credentialsFor(ctx, c.cfg.AWS, r)
	if err != nil {
		f.skip(what, why(ctx, err))
		return
	}
	all, err := quotas.List(ctx, quotas.Config{Region: r.Name, Endpoint: endpoint, Credentials: provider}, "lex")
	refused, isRefused := errors.AsType[*quotas.Error](err)
	switch {
	case isRefused && strings.Contains(refused.Code, "AccessDenied"):
		f.skip(what, "the credentials may not ask for quotas (servicequotas:ListServiceQuotas)")
		return
	case err != nil:
		f.warn(what, why(ctx, err), "the Service Quotas console of the region shows them")
		return
	}
	needs := map[string]int{} // by bot and alias: lines in other locales share the alias
	most := 0
	for _, p := range places {
		if p.Name == r.Name {
			needs[p.Bot+"/"+p.Alias] += p.quota
			most = max(most, needs[p.Bot+"/"+p.Alias])
		}
	}
	least, found := aliasQuota(all)
	switch {
	case !found:
		f.skip(what, "Service Quotas does not tell it by a name that is known here; compare lines[].quota with its console")
	case float64(most) > least.Value:
		f.fail(what, fmt.Sprintf("a gateway sends up to %d to one alias, and the account may %.0f (%s)", most, least.Value, least.Name),
			"lower lines[].quota, or ask AWS for more: quota "+least.Code)
	default:
		f.ok(what, "%.0f (%s); one gateway sends up to %d to one alias, all of them together must stay below", least.Value, least.Name, most)
	}
}

// aliasQuota picks the smallest quota of what an alias may be asked at a time. They are
// known by their names only, of which AWS promises nothing.
func aliasQuota(all []quotas.Quota) (least quotas.Quota, found bool) {
	for _, q := range all {
		name := strings.ToLower(q.Name)
		if !strings.Contains(name, "concurrent") || strings.Contains(name, "testbotalias") || strings.Contains(name, "build") || strings.Contains(name, "$latest") {
			continue
		}
		if !found || q.Value < least.Value {
			least, found = q, true
		}
	}
	return least, found
}

// unknowable says what matters, and cannot be asked.
func (c *checker) unknowable() []finding {
	f := findings{section: "What no API tells"}
	f.skip("calls at a time and a second that Twilio takes", "of the account; the Twilio console and its support know")
	if c.cfg.Twilio.APIKey != "" {
		f.skip("twilio.auth_token", "Twilio's API was asked with api_key; whether requests are signed with this token shows when the first one comes")
	}
	if c.cfg.BehindProxy {
		f.skip("the load balancer", "its idle timeout must be more than ten seconds, and it must pass websockets")
	}
	f.skip("Lambda concurrency", "of the function behind the bot; as many run at a time as Lex requests, in each region")
	return f.list
}
