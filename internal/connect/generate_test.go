package connect

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write deploy/connect/flower-dr-flow.json anew")

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
		"a cloud of its own": {
			Lambda: "arn:aws-eusc:lambda:eusc-de-east-1:" + account + ":function:lexDRGetRegion",
			Bots:   []RegionBot{aliasIn("eusc-de-east-1"), aliasIn("us-gov-west-1")},
		},
		"any intent": {Lambda: lambda, Bots: two},
		"asks for more": {
			Lambda: lambda, Bots: three, Queue: queue, Intents: []string{"OrderFlowers"}, EndIntents: []string{"GoodbyeIntent"},
			Texts: Texts{More: "Anything else?"},
		},
		"follows the instance": {Lambda: strings.Replace(lambda, "us-east-1", awsRegion, 1), Key: awsRegion, Bots: two},
	}
}

func aliasIn(region string) RegionBot {
	return RegionBot{region, fmt.Sprintf("arn:aws:lex:%s:%s:bot-alias/FLOWERSBOT/VERONE0001", region, account)}
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

// TestApologyTellsOfTheQueue, as callers hang up on an apology alone.
func TestApologyTellsOfTheQueue(t *testing.T) {
	tests := []struct{ name, text, queue, want string }{
		{"no queue", "", "", DefaultTexts().Apology},
		{"a queue", "", queue, DefaultTexts().Apology + " Please hold the line for one of us."},
		{"own words", "We are closed.", queue, "We are closed."},
	}
	for _, tt := range tests {
		cfg := configs()["two regions"]
		cfg.Queue, cfg.Texts.Apology = tt.queue, tt.text
		apology, _ := mustFlow(t, cfg).Action("apology")
		if got := apology.Parameters["Text"]; got != tt.want {
			t.Errorf("with %s the apology is %q, wanted %q", tt.name, got, tt.want)
		}
	}
}

// TestDeployedFlow holds the file that people import and the generator together.
func TestDeployedFlow(t *testing.T) {
	const file = "../../deploy/connect/flower-dr-flow.json"
	f := mustFlow(t, FlowConfig{
		Lambda: lambda,
		Bots: []RegionBot{
			{"us-east-1", "arn:aws:lex:us-east-1:" + account + ":bot-alias/BOTIDEAST1/ALIASEAST1"},
			{"us-west-2", "arn:aws:lex:us-west-2:" + account + ":bot-alias/BOTIDWEST2/ALIASWEST2"},
		},
		Intents: []string{"OrderFlowers"},
		Texts:   Texts{Welcome: "Welcome to the flower shop. How can I help you?"},
	})
	want, err := f.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s is not what the generator writes (go test ./internal/connect -update): -generated +file\n%s", file, diff)
	}
	back, err := DecodeFlow(got)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(f.Actions, back.Actions); diff != "" {
		t.Errorf("the flow changes when it is read back: -generated +read\n%s", diff)
	}
}

func TestBadFlowConfigs(t *testing.T) {
	tests := []struct {
		name, want string
		change     func(*FlowConfig)
	}{
		{"one region", "bots of two regions", func(c *FlowConfig) { c.Bots = c.Bots[:1] }},
		{"a region twice", "us-east-1 is there twice", func(c *FlowConfig) { c.Bots[1] = c.Bots[0] }},
		{"a bot elsewhere", "the bot of us-west-2 is in us-east-1", func(c *FlowConfig) { c.Bots[1].Alias = c.Bots[0].Alias }},
		{"a bot without an alias", "no ARN of an alias", func(c *FlowConfig) { c.Bots[1].Alias = "arn:aws:lex:us-west-2:" + account + ":bot/FLOWERSBOT" }},
		{"a placeholder", "no ARN of an alias", func(c *FlowConfig) { c.Bots[1].Alias = "arn:aws:lex:us-west-2:ACCOUNT:bot-alias/BOTID/ALIASID" }},
		{"a region that no function could answer", `"us-mars-1" is no name`, func(c *FlowConfig) { c.Bots[1] = aliasIn("us-mars-1") }},
		{"no region", `"west" is no name of a region`, func(c *FlowConfig) { c.Bots[1].Region = "west" }},
		{"a function by name", "no ARN of a function", func(c *FlowConfig) { c.Lambda = "lexDRGetRegion" }},
		{"a queue by name", "no ARN of a queue", func(c *FlowConfig) { c.Queue = "BasicQueue" }},
		{"a long wait", "1 to 8 seconds, not 9", func(c *FlowConfig) { c.LambdaSeconds = 9 }},
		{"a longer wait", "1 to 60 seconds for a word, not 61", func(c *FlowConfig) { c.ListenSeconds = 61 }},
		{"a strange key", "neither a region nor", func(c *FlowConfig) { c.Key = "$.Attributes.key" }},
		{"a locale as Connect writes it", "en_US", func(c *FlowConfig) { c.Locale = "en-US" }},
		{"a voice of another language", "the voice Joanna speaks en_US: name one for de_DE", func(c *FlowConfig) { c.Locale = "de_DE" }},
		{"words of another language", "of welcome is English: write one for de_DE", func(c *FlowConfig) { c.Locale, c.Voice = "de_DE", "Vicki" }},
		{"more without an end", "an intent to say no with", func(c *FlowConfig) { c.Texts.More = "Anything else?" }},
		{"an intent twice", "OrderFlowers is there twice", func(c *FlowConfig) { c.EndIntents = []string{"OrderFlowers"} }},
		{"the intent of not understanding", "serves nobody", func(c *FlowConfig) { c.Intents = []string{"FallbackIntent"} }},
		{"a sentence for an intent", "no name of an intent", func(c *FlowConfig) { c.Intents = []string{"order flowers"} }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := configs()["two regions"]
			tt.change(&cfg)
			if _, err := NewFlow(cfg); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("NewFlow = %v, wanted an error with %q", err, tt.want)
			}
		})
	}
}

// TestEveryContactIsServedOrEnds takes contacts through the flow while any of its
// regions are dead: whichever region the function names, the next living one in the
// ring answers, no region is asked twice, and with none left the caller hears the
// apology.
func TestEveryContactIsServedOrEnds(t *testing.T) {
	for name, cfg := range configs() {
		regions := regionsOf(cfg)
		for dead := range 1 << len(regions) {
			for _, answer := range append(regions, "err", "", "failed") {
				t.Run(fmt.Sprintf("%s/dead %03b/answer %s", name, dead, answer), func(t *testing.T) {
					w := walk{flow: mustFlow(t, cfg), answer: answer, intents: []string{fallbackIntent, "OrderFlowers", "GoodbyeIntent"}, dead: func(region string, _ int) bool {
						return dead&(1<<slices.Index(regions, region)) != 0
					}}
					w.run(t)
					want := wantAsked(regions, answer, dead, w.rounds())
					if !cmp.Equal(w.asked, want) {
						t.Errorf("bots were asked in %q, wanted %q", w.asked, want)
					}
					wantEnd := "goodbye"
					if dead == 1<<len(regions)-1 {
						wantEnd = "apology"
					}
					if !slices.Contains(w.path, wantEnd) {
						t.Errorf("the contact went through %q, wanted %s", w.path, wantEnd)
					}
				})
			}
		}
	}
}

// wantAsked are the regions that a contact's bots should be asked in.
func wantAsked(regions []string, answer string, dead, rounds int) []string {
	at := max(0, slices.Index(regions, answer))
	var want []string
	for range regions {
		want = append(want, regions[at])
		if dead&(1<<at) == 0 {
			break
		}
		at = (at + 1) % len(regions)
	}
	if dead != 1<<len(regions)-1 {
		want = append(want, slices.Repeat([]string{regions[at]}, rounds-1)...)
	}
	return want
}

// TestEachDialogCanChangeRegions lets regions take turns in being dead: a contact
// that is talked with may be moved again, each time the bot is asked anew.
func TestEachDialogCanChangeRegions(t *testing.T) {
	w := walk{
		flow: mustFlow(t, configs()["two regions"]), answer: "us-east-1", intents: []string{fallbackIntent, fallbackIntent, "OrderFlowers"},
		dead: func(region string, answers int) bool { return (region == "us-east-1") == (answers%2 == 0) },
	}
	w.run(t)
	want := []string{"us-east-1", "us-west-2", "us-west-2", "us-east-1", "us-east-1", "us-west-2"}
	if !cmp.Equal(w.asked, want) {
		t.Errorf("bots were asked in %q, wanted %q", w.asked, want)
	}
}

func regionsOf(cfg FlowConfig) (names []string) {
	for _, b := range cfg.Bots {
		names = append(names, b.Region)
	}
	return names
}

// walk takes one contact through a flow, as far as the generator's flows go.
type walk struct {
	flow    *Flow
	answer  string   // of lexDRGetRegion; "failed": none
	intents []string // what the bot's dialogs come to, one after the other
	dead    func(region string, answers int) bool

	path, asked []string
	answers     int
	attributes  map[string]string
	loops       map[string]int
}

// rounds is how many dialogs a contact has, by its intents.
func (w *walk) rounds() int { return max(1, w.answers) }

func (w *walk) run(t *testing.T) {
	t.Helper()
	w.attributes, w.loops = map[string]string{}, map[string]int{}
	for id := w.flow.StartAction; id != ""; {
		a, ok := w.flow.Action(id)
		if !ok || len(w.path) > 200 {
			t.Fatalf("the contact is lost at %s after %q", id, w.path)
		}
		w.path = append(w.path, id)
		id = w.step(a)
	}
}

// step performs one action, and returns the next one.
func (w *walk) step(a *Action) string {
	switch a.Type {
	case InvokeLambdaFunction:
		if w.answer == "failed" {
			return byError(a, NoMatchingError)
		}
	case UpdateContactAttributes:
		for name, value := range a.Parameters["Attributes"].(params) {
			w.attributes[name] = w.value(value.(string))
		}
	case Compare:
		return byResult(a, w.value(a.Parameters["ComparisonValue"].(string)))
	case Loop:
		count, _ := strconv.Atoi(a.Parameters["LoopCount"].(string))
		if w.loops[a.Identifier]++; w.loops[a.Identifier] > count {
			return byResult(a, DoneLooping)
		}
		return byResult(a, ContinueLooping)
	case ConnectParticipantWithLexBot:
		return w.ask(a)
	case TransferContactToQueue, DisconnectParticipant:
		return ""
	}
	return a.Transitions.NextAction
}

func (w *walk) ask(a *Action) string {
	region := strings.TrimPrefix(a.Identifier, "bot-")
	w.asked = append(w.asked, region)
	if w.dead(region, w.answers) {
		return byError(a, NoMatchingError)
	}
	intent := w.intents[min(w.answers, len(w.intents)-1)]
	w.answers++
	return byResult(a, intent)
}

// value is what a static text or a path stands for.
func (w *walk) value(text string) string {
	if name, ok := strings.CutPrefix(text, "$.Attributes."); ok {
		return w.attributes[name]
	}
	if text == regionCode {
		return w.answer
	}
	return text
}

func byResult(a *Action, result string) string {
	for _, c := range a.Transitions.Conditions {
		if c.Condition.Operands[0] == result {
			return c.NextAction
		}
	}
	return byError(a, NoMatchingCondition)
}

func byError(a *Action, name string) string {
	for _, e := range a.Transitions.Errors {
		if e.ErrorType == name {
			return e.NextAction
		}
	}
	return "no way for " + name
}
