package connect

import (
	"encoding/json"
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
		"choose-region looks at $.External.primaryCode",
		"otherwise -> no-region",
		`bot-us-east-1 asks "$.Attributes.lexPrompt", and talks as the bot ` + aliasIn("us-east-1").Alias,
		"OrderFlowers -> goodbye",
		"silence, otherwise -> not-understood",
		"error -> us-east-1-failed",
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

// TestLayoutReadsFromLeftToRight looks at the places of the generated flow: no two
// blocks in one place, and failovers to the right of what failed.
func TestLayoutReadsFromLeftToRight(t *testing.T) {
	for name, cfg := range configs() {
		f := mustFlow(t, cfg)
		var meta struct {
			ActionMetadata map[string]placement
		}
		if err := json.Unmarshal(f.Metadata, &meta); err != nil {
			t.Fatal(err)
		}
		at := map[position]string{}
		for id, p := range meta.ActionMetadata {
			if other, taken := at[p.Position]; taken {
				t.Errorf("%s: %s and %s are both at %v", name, id, other, p.Position)
			}
			at[p.Position] = id
		}
		regions := regionsOf(cfg)
		chain := []string{"logging-on", "ask-region", "keep-region", "choose-region", "no-region"}
		for _, region := range regions {
			chain = append(chain, botAction(region), region+"-failed", "after-"+region)
		}
		chain = append(chain, "apology", "hang-up")
		for i, id := range chain[1:] {
			if before := meta.ActionMetadata[chain[i]].Position.X; meta.ActionMetadata[id].Position.X <= before {
				t.Errorf("%s: %s at %d does not stand to the right of %s at %d", name, id, meta.ActionMetadata[id].Position.X, chain[i], before)
			}
		}
		if len(meta.ActionMetadata) != len(f.Actions) {
			t.Errorf("%s: %d of %d actions have a place", name, len(meta.ActionMetadata), len(f.Actions))
		}
	}
}
