package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

func iamCommand() command {
	return command{"iam", "print the least that gateways, functions and people may do in AWS", runIAM}
}

const iamAbout = `Prints policies for AWS IAM, made from the configuration: what the gateways that run with
it need, and nothing else. Who is asked for, as --for:
  gateway         lexline serve
  lexDRTest       the Lambda function of the health check, for the first line's bot
  lexDRGetRegion  the Lambda function that tells contact flows the region
  calls           people who read records with lexline calls
  region          people who pin regions with lexline region pin --table
  all             all of them, by these names

Where the configuration has a bot or alias by name, its ids must be given with --id; and
gateways must then be allowed to list bots, for which AWS knows no narrower resource
than all of the account.

examples:
  lexline iam --config lexline.yml --account 111122223333
  lexline iam --config lexline.yml --account 111122223333 --in us-west-2 \
    --id us-east-1/OrderFlowers/ver_one=BOTIDEAST1/ALIASEAST1 \
    --id us-west-2/OrderFlowers/ver_one=BOTIDWEST2/ALIASWEST2 >gateway-policy.json
  lexline iam --config lexline.yml --account 111122223333 --for all`

// policy is a policy of AWS IAM.
type policy struct {
	Version   string
	Statement []statement
}

type statement struct {
	Sid       string
	Effect    string
	Action    []string
	Resource  []string
	Condition map[string]map[string][]string `json:",omitempty"`
}

// iamOptions are the flags of `lexline iam`.
type iamOptions struct {
	config, account, in, whose string
	ids                        map[string]string // BOTID/ALIASID by region/bot/alias
}

func runIAM(_ context.Context, env *environment, args []string) error {
	o := iamOptions{ids: map[string]string{}}
	flags := newFlags(env, "iam", "", iamAbout)
	flags.StringVar(&o.config, "config", env.getenv("LEXLINE_CONFIG"), "configuration `file` of the gateway; without one the environment is all")
	flags.StringVar(&o.account, "account", "", "`number` of the AWS account")
	flags.StringVar(&o.in, "in", "", "`region` in which gateways and functions run, whose table or replica they use (default table.region, else home)")
	flags.StringVar(&o.whose, "for", "gateway", "`whose` policy: gateway, lexDRTest, lexDRGetRegion, calls, region or all")
	flags.Func("id", "ids of a bot and alias that are given by name, as `REGION/BOT/ALIAS=BOTID/ALIASID`; may be repeated", func(text string) error {
		name, ids, ok := strings.Cut(text, "=")
		botID, aliasID, both := strings.Cut(ids, "/")
		if !ok || !both || strings.Count(name, "/") != 2 || !(awsBot{bot: botID, alias: aliasID}).byID() {
			return errors.New("not REGION/BOT/ALIAS=BOTID/ALIASID")
		}
		o.ids[name] = ids
		return nil
	})
	if err := parseFlags(flags, args); err != nil {
		return err
	}
	if err := checkAccount(o.account); err != nil {
		return err
	}
	cfg, err := loadForAWS(env, o.config)
	if err != nil {
		return err
	}
	policies, err := policiesOf(cfg, o)
	if err != nil {
		return err
	}
	var asked any = policies
	if o.whose != "all" {
		p, ok := policies[o.whose]
		if !ok {
			return noPolicy(o.whose)
		}
		asked = p
	}
	return printJSON(env.stdout, asked)
}

// noPolicy says why there is no policy for somebody.
func noPolicy(whose string) error {
	needs := map[string]string{"lexDRTest": "table.dynamodb.name", "lexDRGetRegion": "table.dynamodb.name", "region": "table.dynamodb.name", "calls": "store.dynamodb.name"}
	if key, ok := needs[whose]; ok {
		return fmt.Errorf("--for %s: there is nothing to allow, as the configuration has no %s", whose, key)
	}
	return usageError{fmt.Errorf("--for: %.40q is none of gateway, lexDRTest, lexDRGetRegion, calls, region, all", whose)}
}

// policiesOf are the policies for all who need one.
func policiesOf(cfg config, o iamOptions) (map[string]policy, error) {
	aliases, err := o.aliases(cfg.awsBots())
	if err != nil {
		return nil, err
	}
	tables := cfg
	if o.in != "" {
		tables.Table.Region = o.in
	}
	policies := map[string]policy{}
	gateway := []statement{{Sid: "Bots", Effect: "Allow", Action: []string{"lex:RecognizeUtterance", "lex:RecognizeText", "lex:PutSession", "lex:GetSession", "lex:DeleteSession"}, Resource: aliases}}
	if cfg.looksUpNames() {
		gateway = append(gateway, statement{Sid: "Names", Effect: "Allow", Action: []string{"lex:ListBots", "lex:ListBotAliases"}, Resource: []string{"*"}})
	}
	if d := cfg.Table.DynamoDB; d.Name != "" {
		arn := tableARN(tables.dynamoTable(d).Region, o.account, d.Name)
		keys := cfg.tableKeys()
		all := ownItems("RegionTable", []string{"dynamodb:GetItem", "dynamodb:UpdateItem"}, arn, withParts(keys))
		gateway = append(gateway, all)
		policies["region"] = newPolicy(all)
		policies["lexDRTest"] = newPolicy(
			statement{Sid: "Bots", Effect: "Allow", Action: []string{"lex:RecognizeText", "lex:PutSession", "lex:DeleteSession"}, Resource: o.first(cfg, aliases)},
			ownItems("RegionTable", all.Action, arn, withParts(keys[:1])),
		)
		policies["lexDRGetRegion"] = newPolicy(ownItems("RegionTable", []string{"dynamodb:GetItem"}, arn, keys[:1]))
	}
	if d := cfg.Store.DynamoDB; d.Name != "" {
		arn := []string{tableARN(tables.dynamoTable(d).Region, o.account, d.Name)}
		gateway = append(gateway, statement{Sid: "Calls", Effect: "Allow", Action: []string{"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"}, Resource: arn})
		policies["calls"] = newPolicy(statement{Sid: "Calls", Effect: "Allow", Action: []string{"dynamodb:GetItem", "dynamodb:Query"}, Resource: arn})
	}
	policies["gateway"] = newPolicy(gateway...)
	return policies, nil
}

// newPolicy is a policy of the only version that there is to write
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html).
func newPolicy(statements ...statement) policy { return policy{"2012-10-17", statements} }

// ownItems allows what is done with the items of a table that have those keys
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html).
func ownItems(sid string, actions []string, table string, keys []string) statement {
	operator := "ForAllValues:StringEquals"
	if slices.ContainsFunc(keys, func(key string) bool { return strings.Contains(key, "*") }) {
		operator = "ForAllValues:StringLike"
	}
	return statement{
		Sid: sid, Effect: "Allow", Action: actions, Resource: []string{table},
		Condition: map[string]map[string][]string{operator: {"dynamodb:LeadingKeys": keys}},
	}
}

// withParts are the keys of verdicts and of the items that belong to them.
func withParts(keys []string) (all []string) {
	for _, key := range keys {
		all = append(all, key, key+"#*")
	}
	return all
}

// aliases are the ARNs of aliases. It errs where ids are not known, for all at once.
func (o iamOptions) aliases(bots []awsBot) (arns []string, err error) {
	var missing []error
	for _, b := range bots {
		ids, ok := o.ids[b.key()]
		switch {
		case b.byID():
			ids = b.bot + "/" + b.alias
		case !ok:
			missing = append(missing, fmt.Errorf("--id %s=BOTID/ALIASID is missing: the configuration has a name there, and a policy needs ids", b.key()))
			continue
		}
		botID, aliasID, _ := strings.Cut(ids, "/")
		if arn := aliasARN(b.region, o.account, botID, aliasID); !slices.Contains(arns, arn) {
			arns = append(arns, arn)
		}
	}
	if missing != nil {
		return nil, usageError{&hintError{errors.Join(missing...), "aws lexv2-models list-bots and list-bot-aliases tell them, and so does the last line of lexline bot deploy"}}
	}
	return arns, nil
}

// first are those of the aliases that are the first line's.
func (o iamOptions) first(cfg config, aliases []string) []string {
	one := cfg
	one.Lines = cfg.Lines[:1]
	return aliases[:len(one.awsBots())]
}
