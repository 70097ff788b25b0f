package connect

import (
	"strings"
	"testing"
)

// TestDescribe looks for what somebody wants to see of a flow, line by line.
func TestDescribe(t *testing.T) {
	var b strings.Builder
	if err := mustFlow(t, configs()["two regions and a queue"]).Describe(&b); err != nil {
		t.Fatal(err)
	}
	at := 0
	lines := strings.Split(b.String(), "\n")
	for _, want := range []string{
		"logging-on UpdateFlowLoggingBehavior FlowLoggingBehavior=Enabled",
		"-> set-voice",
		"ask-region asks the function " + lambda + ", for 3 s at most",
		"-> keep-region",
		"error -> bot-us-east-1",
		`bot-us-east-1 asks "$.Attributes.lexPrompt", and talks as the bot ` + aliasIn("us-east-1").Alias,
		"OrderFlowers -> goodbye",
		"silence, otherwise -> not-understood",
		"error -> us-east-1-failed",
		"choose-region looks at $.External.primaryCode",
		"otherwise -> no-region",
		"after-us-east-1 looks at $.Attributes.lexFailed_us_west_2",
		"yes -> apology",
		"otherwise -> bot-us-west-2",
		"ask-again lets a contact through 2 times",
		"to-queue hands over to the queue: the end",
		"full, error -> hang-up",
		"hang-up ends (DisconnectParticipant)",
	} {
		for ; at < len(lines) && strings.Join(strings.Fields(lines[at]), " ") != want; at++ {
		}
		if at == len(lines) {
			t.Fatalf("the description has no line %q where it is looked for:\n%s", want, b.String())
		}
	}
}
