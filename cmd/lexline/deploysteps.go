package main

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// planner makes the steps of a plan.
type planner struct {
	cfg     config
	o       planOptions
	plan    *awsPlan
	urls    map[string]*url.URL
	printOf func(path string) string // eight digits of a file, or nothing
	arns    map[awsBot]string        // of aliases, with variables where they are not known yet
	stacks  []awsBot                 // bots that stacks are made for
}

// newAWSPlan plans a deployment. printOf tells versions of files and exports apart.
func newAWSPlan(cfg config, o planOptions, printOf func(path string) string) (*awsPlan, error) {
	if err := refusals(cfg, o); err != nil {
		return nil, err
	}
	urls, err := publicURLs(cfg, o)
	if err != nil {
		return nil, err
	}
	p := &planner{cfg: cfg, o: o, urls: urls, printOf: printOf, arns: map[awsBot]string{}, plan: &awsPlan{Name: o.name, URLs: map[string]string{}}}
	for _, r := range cfg.Regions {
		p.plan.Regions = append(p.plan.Regions, r.Name)
		p.plan.URLs[r.Name] = urls[r.Name].String()
		if o.zone == "" && o.certificates[r.Name] == "" {
			return nil, usageError{&hintError{
				fmt.Errorf("neither --hosted-zone nor --certificate %s=ARN is given; HTTPS needs a certificate", r.Name),
				"aws route53 list-hosted-zones --query 'HostedZones[].[Id,Name]' --output text",
			}}
		}
	}
	p.core()
	p.bots()
	p.lexDR()
	p.services()
	p.check()
	p.cleanUp()
	p.notes()
	return p.plan, nil
}

func (p *planner) home() string { return p.plan.Regions[0] }

func (p *planner) stack(part string) string { return p.o.name + "-" + part }

func (p *planner) bucket(region string) string {
	return fmt.Sprintf("%s-lexline-%s-%s", p.o.name, p.o.account, region)
}

func (p *planner) add(s awsStep) { p.plan.Steps = append(p.plan.Steps, s) }

// deploy adds the deployment of a stack. Parameters without a value are left out, so
// that they have their defaults.
func (p *planner) deploy(region, what, template, stack string, parameters ...string) {
	run := []string{
		"aws", "cloudformation", "deploy", "--region", region, "--stack-name", stack,
		"--template-file", p.o.templates + "/" + template + ".yml", "--capabilities", "CAPABILITY_IAM", "--no-fail-on-empty-changeset",
		"--parameter-overrides", "EnvironmentName=" + p.o.name,
	}
	for _, parameter := range parameters {
		if !strings.HasSuffix(parameter, "=") {
			run = append(run, parameter)
		}
	}
	p.add(awsStep{Region: region, What: what, Run: run})
}

func (p *planner) core() {
	for _, r := range p.plan.Regions {
		p.deploy(r, "Network, load balancer, cluster, repository and secrets.", "core", p.stack("core"),
			"DomainName="+p.urls[r].Hostname(), "HostedZoneId="+p.o.zone, "CertificateArn="+p.o.certificates[r])
	}
}

// exportOf is the export of a bot, if it was given.
func (p *planner) exportOf(bot string) string {
	if path := p.o.exports[bot]; path != "" {
		return path
	}
	for _, line := range p.cfg.Lines {
		if line.Bot == bot && line.Export != "" {
			return line.Export
		}
	}
	return ""
}

// localeOf is the locale of a bot in a region.
func (p *planner) localeOf(b awsBot) string {
	for _, line := range p.cfg.Lines {
		for _, place := range line.Regions {
			if (awsBot{place.Name, place.Bot, place.Alias}) == b {
				return place.Locale
			}
		}
	}
	return defaultLine.Locale
}

func (p *planner) bots() {
	for i, b := range p.cfg.awsBots() {
		export := p.exportOf(b.bot)
		switch {
		case b.byID():
			p.arns[b] = aliasARN(b.region, p.o.account, b.bot, b.alias)
		case export != "" && !awsIDForm().MatchString(b.bot):
			p.botStack(i, b, export)
		default:
			p.lookUp(i, b)
		}
	}
}

// botStack makes a bot from its export, and asks the stack for the alias.
func (p *planner) botStack(i int, b awsBot, export string) {
	what := "The bot " + b.bot + ", from its export."
	key := "bots/" + b.bot + dashed(p.printOf(export)) + ".zip"
	file := export
	if !strings.HasSuffix(export, ".zip") {
		file = b.bot + ".zip"
		if !slices.ContainsFunc(p.plan.Steps, func(s awsStep) bool { return s.Into == file }) {
			p.add(awsStep{What: what, In: export, Run: []string{"zip", "-qr", "-", "."}, Into: file})
		}
	}
	p.add(awsStep{Region: b.region, What: what, Run: []string{"aws", "s3", "cp", "--region", b.region, "--only-show-errors", file, "s3://" + p.bucket(b.region) + "/" + key}})
	p.deploy(b.region, what, "bot", p.botStackName(b),
		"BotName="+b.bot, "AliasName="+b.alias, "LocaleId="+p.localeOf(b), "ExportKey="+key, "VersionSlot="+p.o.slot, "HookArn="+p.o.hooks[b.region])
	variable := fmt.Sprintf("ALIAS_%d", i+1)
	p.add(awsStep{
		Region: b.region, What: what, Sets: variable,
		Run: []string{
			"aws", "cloudformation", "describe-stacks", "--region", b.region, "--stack-name", p.botStackName(b),
			"--query", "Stacks[0].Outputs[?OutputKey=='AliasArn'].OutputValue | [0]", "--output", "text",
		},
	})
	p.arns[b] = "${" + variable + "}"
	p.stacks = append(p.stacks, b)
}

// botStackName is that of a bot, in letters that names of stacks have; several aliases of
// one bot would need several stacks of one bot, so the alias is none of it.
func (p *planner) botStackName(b awsBot) string {
	return p.stack("bot-" + strings.ToLower(strings.ReplaceAll(b.bot, "_", "-")))
}

// lookUp finds the ids of a bot that is there already.
func (p *planner) lookUp(i int, b awsBot) {
	what := "The ids of " + b.bot + "/" + b.alias + ", which is there already."
	botID := b.bot
	if !awsIDForm().MatchString(b.bot) {
		variable := fmt.Sprintf("BOT_%d", i+1)
		p.add(awsStep{
			Region: b.region, What: what, Sets: variable,
			Run: []string{"aws", "lexv2-models", "list-bots", "--region", b.region, "--filters", "name=BotName,values=" + b.bot + ",operator=EQ", "--query", "botSummaries[0].botId", "--output", "text"},
		})
		botID = "${" + variable + "}"
	}
	aliasID := b.alias
	if !awsIDForm().MatchString(b.alias) {
		variable := fmt.Sprintf("ALIAS_ID_%d", i+1)
		p.add(awsStep{
			Region: b.region, What: what, Sets: variable,
			Run: []string{"aws", "lexv2-models", "list-bot-aliases", "--region", b.region, "--bot-id", botID, "--query", fmt.Sprintf("botAliasSummaries[?botAliasName=='%s'].botAliasId | [0]", b.alias), "--output", "text"},
		})
		aliasID = "${" + variable + "}"
	}
	p.arns[b] = aliasARN(b.region, p.o.account, botID, aliasID)
}

// lexDR adds the table and, where contacts of Amazon Connect use it, the health check.
func (p *planner) lexDR() {
	table := p.cfg.Table.DynamoDB
	if table.Name == "" || len(p.plan.Regions) < 2 {
		return
	}
	line := p.cfg.Lines[0]
	aliases := map[string]string{}
	for _, place := range line.Regions {
		aliases[place.Name] = p.arns[awsBot{place.Name, place.Bot, place.Alias}]
	}
	home, other := p.home(), p.plan.Regions[1]
	if aliases[home] == "" || aliases[other] == "" {
		return // the first line's bot is in one region only: there is nothing to choose
	}
	what := "The table in which gateways share regions."
	instance, withCheck, zip := "", "false", ""
	if p.o.connect != "" {
		what = "The table, the health check and Amazon Connect."
		instance = fmt.Sprintf("arn:aws:connect:%s:%s:instance/%s", home, p.o.account, p.o.connect)
		withCheck = "true"
		zip = "lambda/" + base(p.o.zip) + dashed(p.printOf(p.o.zip)) + ".zip"
	}
	replica, single := other, ""
	if table.Region != "" {
		replica, single = "", table.Region
	}
	key := ""
	if p.cfg.severalBots() || p.cfg.Table.Key != "" {
		key = p.cfg.tableKeys()[0]
	}
	method := "send_message"
	if line.Probe.Text == "" {
		method = "put_session"
	}
	for _, r := range []string{home, other} {
		if zip != "" {
			p.add(awsStep{Region: r, What: what, Run: []string{"aws", "s3", "cp", "--region", r, "--only-show-errors", p.o.zip, "s3://" + p.bucket(r) + "/" + zip}})
		}
		makes := cmp.Or(single, home) == r
		parameters := []string{
			"HomeRegion=" + home, "OtherRegion=" + other, "HomeAliasArn=" + aliases[home], "OtherAliasArn=" + aliases[other], "LocaleId=" + line.Regions[0].Locale,
			"TableName=" + table.Name, fmt.Sprintf("MakesTable=%t", makes), "TableKey=" + key, "WithCheck=" + withCheck,
		}
		if makes {
			parameters = append(parameters, "ReplicaRegion="+replica)
		} else {
			parameters = append(parameters, "TableRegion="+single)
		}
		if zip != "" {
			parameters = append(parameters, "LambdaKey="+zip, "TestMethod="+method, "SampleUtterance="+line.Probe.Text,
				"ExpectedIntent="+line.Probe.Intent, "ExpectedSlot="+line.Probe.Slot, fmt.Sprintf("Hold=%s", p.cfg.Failover.Hold), "AlarmMail="+p.o.mail)
			if r == home {
				parameters = append(parameters, "ConnectInstanceArn="+instance)
			}
		}
		p.deploy(r, what, "lexdr", p.stack("lexdr"), parameters...)
	}
}

// hasLexDR reports whether the plan has stacks lexdr.
func (p *planner) hasLexDR() bool {
	return slices.ContainsFunc(p.plan.Steps, func(s awsStep) bool { return slices.Contains(s.Run, p.stack("lexdr")) })
}

func (p *planner) services() {
	const what = "The image, and what the gateways are told."
	p.add(awsStep{What: what, Run: []string{"podman", "load", "--quiet", "--input", p.o.archive}})
	for _, r := range p.plan.Regions {
		registry := fmt.Sprintf("%s.dkr.ecr.%s.amazonaws.com", p.o.account, r)
		image := fmt.Sprintf("%s/%s-lexline:%s", registry, p.o.name, p.o.tag)
		p.add(awsStep{Region: r, What: what, Run: []string{"aws", "ecr", "get-login-password", "--region", r}, PipeTo: []string{"podman", "login", "--username", "AWS", "--password-stdin", registry}})
		p.add(awsStep{Region: r, What: what, Run: []string{"podman", "push", "localhost/lexline:" + p.o.tag, "docker://" + image}})
		for _, secret := range []struct{ name, file string }{{"config", p.o.config}, {"twilio-auth-token", tokenFile}} {
			p.add(awsStep{Region: r, What: what, Run: []string{
				"aws", "secretsmanager", "put-secret-value", "--region", r, "--secret-id", p.o.name + "/lexline/" + secret.name, "--secret-string", "file://" + secret.file, "--query", "VersionId", "--output", "text",
			}})
		}
		p.deploy(r, "The gateways.", "service", p.stack("service"), p.serviceParameters(r, image)...)
	}
}

// tokenFile holds the auth token of the Twilio account while the plan is carried out: an
// argument could be seen by everybody on the machine.
const tokenFile = "twilio-auth-token.txt"

func (p *planner) serviceParameters(region, image string) []string {
	var aliases []string
	for _, b := range p.cfg.awsBots() {
		if arn := p.arns[b]; !slices.Contains(aliases, arn) {
			aliases = append(aliases, arn)
		}
	}
	parameters := []string{
		"ImageUrl=" + image, "PublicPath=" + strings.TrimRight(p.urls[region].Path, "/"), "LexAliasArns=" + strings.Join(aliases, ","),
		fmt.Sprintf("LooksUpNames=%t", p.cfg.looksUpNames()), "Size=" + p.o.size, "Architecture=" + map[string]string{"amd64": "X86_64", "arm64": "ARM64"}[p.o.arch], "AlarmMail=" + p.o.mail,
	}
	if t := p.cfg.Table.DynamoDB; t.Name != "" {
		parameters = append(parameters, "RegionTable="+t.Name, "RegionTableRegion="+elsewhere(t.Region, region), "RegionTableKeys="+strings.Join(withParts(p.cfg.tableKeys()), ","))
	}
	if s := p.cfg.Store.DynamoDB; s.Name != "" {
		parameters = append(parameters, "CallsTable="+s.Name, "CallsTableRegion="+elsewhere(s.Region, region))
	}
	return parameters
}

// elsewhere is a region that is given and not this one.
func elsewhere(given, here string) string {
	if given == here {
		return ""
	}
	return given
}

func (p *planner) check() {
	for _, r := range p.plan.Regions {
		p.add(awsStep{Region: r, What: "Are they there?", Run: []string{"curl", "-fsS", "--retry", "20", "--retry-all-errors", "--retry-delay", "6", strings.TrimRight(p.plan.URLs[r], "/") + "/ping"}})
	}
}

// cleanUp takes away in the other order what the steps made.
func (p *planner) cleanUp() {
	back := slices.Clone(p.plan.Regions)
	slices.Reverse(back)
	remove := func(regions []string, stack func(region string) []string, what string) {
		for _, wait := range []bool{false, true} {
			for _, r := range regions {
				for _, name := range stack(r) {
					run := []string{"aws", "cloudformation", "delete-stack", "--region", r, "--stack-name", name}
					if wait {
						run = []string{"aws", "cloudformation", "wait", "stack-delete-complete", "--region", r, "--stack-name", name}
					}
					p.plan.CleanUp = append(p.plan.CleanUp, awsStep{Region: r, What: what, Run: run})
				}
			}
		}
	}
	one := func(part string) func(string) []string {
		return func(string) []string { return []string{p.stack(part)} }
	}
	remove(back, one("service"), "The gateways. Calls that are live are cut off.")
	if p.hasLexDR() {
		for _, r := range back { // the replica belongs to the home region's stack, which goes last
			remove([]string{r}, one("lexdr"), "The table and the health check.")
		}
	}
	remove(back, func(region string) (names []string) {
		for _, b := range p.stacks {
			if name := p.botStackName(b); b.region == region && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		return names
	}, "The bots that this plan has made.")
	for _, r := range back {
		what := "What is in the bucket, and the secrets, for good."
		p.plan.CleanUp = append(p.plan.CleanUp, awsStep{Region: r, What: what, Run: []string{"aws", "s3", "rm", "--region", r, "--recursive", "--only-show-errors", "s3://" + p.bucket(r)}})
		for _, secret := range []string{"config", "twilio-auth-token"} {
			p.plan.CleanUp = append(p.plan.CleanUp, awsStep{Region: r, What: what, Run: []string{
				"aws", "secretsmanager", "delete-secret", "--region", r, "--secret-id", p.o.name + "/lexline/" + secret, "--force-delete-without-recovery", "--query", "Name", "--output", "text",
			}})
		}
	}
	remove(back, one("core"), "Network, load balancer, cluster, repository with its images.")
}

// notes are what is to be done elsewhere.
func (p *planner) notes() {
	note := func(format string, args ...any) { p.plan.Notes = append(p.plan.Notes, fmt.Sprintf(format, args...)) }
	home := strings.TrimRight(p.plan.URLs[p.home()], "/")
	note("At Twilio, the number's voice URL is %s/twiml%s", home, wantedRetries)
	if len(p.plan.Regions) > 1 {
		note("and its fallback URL %s/twiml, for calls that the home region's gateways do not take.", strings.TrimRight(p.plan.URLs[p.plan.Regions[1]], "/"))
	}
	note("Write the account's auth token into %s before you begin, and delete it afterwards.", tokenFile)
	if p.cfg.looksUpNames() {
		note("The configuration has bots by name, so gateways may list all bots of the account; with ids in it they may not.")
	}
	if p.cfg.Twilio.AuthToken != "elsewhere" {
		note("twilio.auth_token stands in the configuration, or in your environment; in the file it counts more than the secret.")
	}
	if p.cfg.Table.DynamoDB.Name != "" && !p.hasLexDR() {
		note("No stack makes the table %s: with one region there is nothing to choose. docs/2-operate.md has the command that makes it.", p.cfg.Table.DynamoDB.Name)
	}
	if p.o.zone == "" {
		for _, r := range p.plan.Regions {
			note("Lead %s to the load balancer of %s: output LoadBalancerName of the stack %s.", p.urls[r].Hostname(), r, p.stack("core"))
		}
	}
}

func dashed(text string) string {
	if text == "" {
		return ""
	}
	return "-" + text
}
