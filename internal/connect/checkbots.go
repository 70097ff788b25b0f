package connect

import (
	"slices"
	"strings"
)

// testAlias is the id of the alias TestBotAlias, which every bot has. It serves the
// draft, and two callers at a time
// (https://docs.aws.amazon.com/lexv2/latest/dg/quotas.html).
const testAlias = "TSTALIASID"

// bots warns of bots that are probably not those which callers should have.
func (c *checker) bots() {
	accounts := c.lambdaAccounts()
	for i := range c.flow.Actions {
		alias := c.alias(i)
		if !aliasARN().MatchString(alias) {
			continue
		}
		if account := accountOf(alias); len(accounts) > 0 && !slices.Contains(accounts, account) {
			c.say(i, Warning, "account", "is this the bot of another stage?",
				"the bot is in the account %s, the Lambda functions are in %s", account, strings.Join(accounts, " and "))
		}
		if strings.HasSuffix(alias, "/"+testAlias) {
			c.say(i, Warning, "test-alias", "make a version and an alias for it: lexline bot deploy does",
				"the alias is TestBotAlias, which has the draft and takes two callers at a time")
		}
	}
}

// lambdaAccounts are the accounts of the functions, in order.
func (c *checker) lambdaAccounts() (accounts []string) {
	for i := range c.flow.Actions {
		a := &c.flow.Actions[i]
		name, _ := a.Parameters["LambdaFunctionARN"].(string)
		if a.Type == InvokeLambdaFunction && staticLambda().MatchString(name) {
			accounts = append(accounts, accountOf(name))
		}
	}
	slices.Sort(accounts)
	return slices.Compact(accounts)
}

// accountOf is the account in an ARN of the right form.
func accountOf(arn string) string { return strings.Split(arn, ":")[4] }
