package connect

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

const (
	account = "111122223333"
	lambda  = "arn:aws:lambda:us-east-1:" + account + ":function:lexDRGetRegion"
	queue   = "arn:aws:connect:us-east-1:" + account + ":instance/11111111-2222-3333-4444-555555555555/queue/66666666-7777-8888-9999-000000000000"
)

// configs are the flows that must be without any problem.
func configs() map[string]FlowConfig {
	two := []RegionBot{aliasIn("us-east-1"), aliasIn("us-west-2")}
	three := slices.Concat(two, []RegionBot{aliasIn("eu-central-1")})
	return map[string]FlowConfig{
		"two regions":             {Lambda: lambda, Bots: two, Intents: []string{"OrderFlowers"}},
		"two regions and a queue": {Lambda: lambda, Bots: two, Intents: []string{"OrderFlowers"}, Queue: queue},
		"three regions":           {Lambda: lambda, Bots: three, Queue: queue},
		"any intent":              {Lambda: lambda, Bots: two},
		"asks for more": {
			Lambda: lambda, Bots: three, Queue: queue, Intents: []string{"OrderFlowers"}, EndIntents: []string{"GoodbyeIntent"},
			Texts: Texts{More: "Anything else?"},
		},
		"follows the instance": {Lambda: strings.Replace(lambda, "us-east-1", awsRegion, 1), Key: awsRegion, Bots: two},
	}
}

func aliasIn(region string) RegionBot {
	return RegionBot{region, fmt.Sprintf("arn:aws:lex:%s:%s:bot-alias/FLOWERSBOT/TSTALIASID", region, account)}
}

func mustFlow(t testing.TB, cfg FlowConfig) *Flow {
	t.Helper()
	f, err := NewFlow(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestGeneratedFlowsAreSound(t *testing.T) {
	for name, cfg := range configs() {
		t.Run(name, func(t *testing.T) {
			f := mustFlow(t, cfg)
			for _, p := range f.Check() {
				t.Errorf("%s", p)
			}
		})
	}
}
