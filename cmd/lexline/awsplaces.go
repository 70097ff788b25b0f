package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// awsIDForm is that of ids of bots and aliases in Lex. A name of that form would have to
// be looked up; here it is taken for an id, as it is in every API but those that list.
var awsIDForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9A-Z]{10}$`) })

// accountForm is that of the number of an AWS account.
var accountForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9]{12}$`) })

// awsBot is a bot's alias in one region, as lines name it.
type awsBot struct{ region, bot, alias string }

// key is how people name it: us-east-1/OrderFlowers/ver_one.
func (b awsBot) key() string { return b.region + "/" + b.bot + "/" + b.alias }

// byID reports whether it is given by ids alone, so that nothing is looked up.
func (b awsBot) byID() bool {
	return awsIDForm().MatchString(b.bot) && awsIDForm().MatchString(b.alias)
}

// awsBots are the aliases that gateways ask, each once, in the order of lines and regions.
func (cfg *config) awsBots() (bots []awsBot) {
	for _, line := range cfg.Lines {
		for _, p := range line.Regions {
			if b := (awsBot{p.Name, p.Bot, p.Alias}); !slices.Contains(bots, b) {
				bots = append(bots, b)
			}
		}
	}
	return bots
}

// looksUpNames reports whether gateways must be allowed to list bots and aliases.
func (cfg *config) looksUpNames() bool {
	return slices.ContainsFunc(cfg.awsBots(), func(b awsBot) bool { return !b.byID() })
}

// tableKeys are the keys of the verdicts that gateways share, one for each bot.
func (cfg *config) tableKeys() (keys []string) {
	g := gateway{cfg: *cfg}
	same := map[string]bool{}
	for _, line := range cfg.Lines {
		if same[line.botKey()] {
			continue
		}
		same[line.botKey()] = true
		keys = append(keys, g.shared(line).Observer.Key)
		g.bots = append(g.bots, &bot{name: line.Bot})
	}
	return keys
}

// aliasARN is the ARN of an alias.
func aliasARN(region, account, botID, aliasID string) string {
	return fmt.Sprintf("arn:aws:lex:%s:%s:bot-alias/%s/%s", region, account, botID, aliasID)
}

// tableARN is the ARN of a table in DynamoDB.
func tableARN(region, account, name string) string {
	return fmt.Sprintf("arn:aws:dynamodb:%s:%s:table/%s", region, account, name)
}

// checkAccount refuses what is no number of an account.
func checkAccount(account string) error {
	switch {
	case account == "":
		return usageError{&hintError{errors.New("--account is missing"), "aws sts get-caller-identity --query Account --output text"}}
	case !accountForm().MatchString(account):
		return usageError{fmt.Errorf("--account: %.40q is no AWS account, a number of 12 digits", account)}
	}
	return nil
}

// loadForAWS reads a configuration for a command that asks nobody: secrets may be missing,
// as they are elsewhere.
func loadForAWS(env *environment, path string) (config, error) {
	return loadConfig(path, func(name string) string {
		value := env.getenv(name)
		if value == "" && (name == "TWILIO_AUTH_TOKEN" || name == "URL") {
			return map[string]string{"TWILIO_AUTH_TOKEN": "elsewhere", "URL": unknownURL}[name]
		}
		return value
	}, false)
}

// unknownURL stands for a public_url that is not known.
const unknownURL = "https://unknown.invalid"

// shellWord is a word as bash takes it. Variables in it are filled in.
func shellWord(word string) string {
	switch {
	case word != "" && !strings.ContainsAny(word, " \t\n\"'\\$`&|;<>()*?[]#~!{}"):
		return word
	case shellVariable().MatchString(word) && !strings.ContainsAny(word, "\"\\`!"):
		return `"` + word + `"`
	}
	return shellQuote(word)
}

// shellVariable is one that a step of a plan has set.
var shellVariable = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\$\{[A-Z][A-Z0-9_]*\}`) })
