package connect

import (
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mistake is one thing that can be wrong with a flow.
type mistake struct {
	name, code, action string
	level              Level
	plant              func(*garden)
}

// planted are mistakes, each made in the generated flow, with the one code that
// the check must answer, and the action that it must name.
var planted = []mistake{
	{"an old version", "version", "", Error, func(g *garden) { g.Version = "2018-01-01" }},
	{"no start", "start", "", Error, func(g *garden) { g.StartAction = "" }},
	{"a start that is not there", "start", "", Error, func(g *garden) { g.StartAction = "begin" }},
	{"no actions", "start", "", Error, func(g *garden) { g.Actions = nil }},
	{"too large", "too-large", "", Error, func(g *garden) { g.set("goodbye", "Text", strings.Repeat("bye ", maxFlowText/4)) }},
	{"an identifier twice", "duplicate", "goodbye", Error, func(g *garden) {
		g.add("goodbye", MessageParticipant, params{"Text": "Bye."}, onward("hang-up", "hang-up"))
	}},
	{"no identifier", "identifier", "", Error, func(g *garden) { g.add("", MessageParticipant, params{"Text": "Bye."}, onward("hang-up", "hang-up")) }},
	{"a long identifier", "identifier", strings.Repeat("x", 51), Error, func(g *garden) { g.rename("goodbye", strings.Repeat("x", 51)) }},
	{"a parenthesis in an identifier", "identifier", "good(bye)", Error, func(g *garden) { g.rename("goodbye", "good(bye)") }},
	{"a name of the editor's language", "identifier", "toString", Error, func(g *garden) { g.rename("goodbye", "toString") }},
	{"another action", "unknown-action", "set-voice", Error, func(g *garden) { g.at("set-voice").Type = "UpdateContactRecordingBehavior" }},
	{"the block's name for its type", "unknown-action", "goodbye", Error, func(g *garden) { g.at("goodbye").Type = "PlayPrompt" }},
	{"no type", "unknown-action", "goodbye", Error, func(g *garden) { g.at("goodbye").Type = "" }},
	{"no function", "missing-parameter", "ask-region", Error, func(g *garden) { delete(g.at("ask-region").Parameters, "LambdaFunctionARN") }},
	{"a parameter of another action", "unknown-parameter", "goodbye", Error, func(g *garden) { g.set("goodbye", "LoopCount", "2") }},
	{"a misspelled field of the bot", "missing-parameter", "bot-us-east-1", Error, func(g *garden) { g.set("bot-us-east-1", "LexV2Bot", params{}) }},
	{"two prompts", "exclusive", "goodbye", Error, func(g *garden) { g.set("goodbye", "SSML", "<speak>Bye.</speak>") }},
	{"no prompt", "exclusive", "bot-us-west-2", Error, func(g *garden) { delete(g.at("bot-us-west-2").Parameters, "Text") }},
	{"no bot", "exclusive", "bot-us-west-2", Error, func(g *garden) { delete(g.at("bot-us-west-2").Parameters, "LexV2Bot") }},
	{"a queue and an agent", "exclusive", "set-queue", Error, func(g *garden) { g.set("set-queue", "AgentId", queue) }},
	{"a time limit of nine seconds", "value", "ask-region", Error, func(g *garden) { g.set("ask-region", "InvocationTimeLimitSeconds", "9") }},
	{"a number that is no string", "value", "ask-region", Error, func(g *garden) { g.set("ask-region", "InvocationTimeLimitSeconds", 3.0) }},
	{"a loop without end", "value", "ask-again", Error, func(g *garden) { g.set("ask-again", "LoopCount", "1000") }},
	{"no attributes", "value", "keep-region", Error, func(g *garden) { g.set("keep-region", "Attributes", params{}) }},
	{"an attribute that is no string", "value", "keep-region", Error, func(g *garden) { g.set("keep-region", "Attributes", params{"tries": 1.0}) }},
	{"a kind of answer that there is not", "value", "ask-region", Error, func(g *garden) { g.set("ask-region", "ResponseValidation", params{"ResponseType": "XML"}) }},
	{"a language as Lex writes it", "value", "set-language", Error, func(g *garden) { g.set("set-language", "LanguageCode", "en_US") }},
	{"logging that is on", "value", "logging-on", Error, func(g *garden) { g.set("logging-on", "FlowLoggingBehavior", "on") }},
	{"a function by its name", "arn", "ask-region", Error, func(g *garden) { g.set("ask-region", "LambdaFunctionARN", "lexDRGetRegion") }},
	{"a bot by its own ARN", "arn", "bot-us-east-1", Error, func(g *garden) {
		g.set("bot-us-east-1", "LexV2Bot", params{"AliasArn": "arn:aws:lex:us-east-1:" + account + ":bot/FLOWERSBOT"})
	}},
	{"a queue by its name", "arn", "set-queue", Error, func(g *garden) { g.set("set-queue", "QueueId", "BasicQueue") }},
	{"a queue in the instance's region", "arn", "set-queue", Error, func(g *garden) { g.set("set-queue", "QueueId", strings.Replace(queue, "us-east-1", awsRegion, 1)) }},
	{"a path to nothing", "path", "goodbye", Error, func(g *garden) { g.set("goodbye", "Text", "Goodbye, $.Caller.Name.") }},
	{"a comparison of no path", "path", "same-region", Error, func(g *garden) { g.set("same-region", "ComparisonValue", "lexRegion") }},
	{"a bot of Lex V1", "lex-v1", "bot-us-east-1", Error, func(g *garden) {
		delete(g.at("bot-us-east-1").Parameters, "LexV2Bot")
		g.set("bot-us-east-1", "LexBot", params{"Name": "OrderFlowers", "Region": "us-east-1", "Alias": "ver_one"})
	}},
	{"a prompt that goes nowhere", "missing-next", "goodbye", Error, func(g *garden) { g.at("goodbye").Transitions.NextAction = "" }},
	{"a loop with one way", "missing-next", "ask-again", Error, func(g *garden) {
		g.at("ask-again").Transitions.Conditions = g.at("ask-again").Transitions.Conditions[:1]
	}},
	{"no way for a function that fails", "missing-error", "ask-region", Error, func(g *garden) { g.at("ask-region").Transitions.Errors = nil }},
	{"no way for a caller who is silent", "missing-error", "bot-us-east-1", Warning, func(g *garden) { g.dropError("bot-us-east-1", InputTimeLimitExceeded) }},
	{"no way for an intent that nobody thought of", "missing-error", "bot-us-east-1", Error, func(g *garden) { g.dropError("bot-us-east-1", NoMatchingCondition) }},
	{"no way for a full queue", "missing-error", "to-queue", Error, func(g *garden) { g.dropError("to-queue", QueueAtCapacity) }},
	{"no default region", "no-default", "choose-region", Error, func(g *garden) { g.dropError("choose-region", NoMatchingCondition) }},
	{"a disconnection that goes on", "transition", "hang-up", Error, func(g *garden) { g.at("hang-up").Transitions.NextAction = "goodbye" }},
	{"an error that there is not", "transition", "ask-region", Error, func(g *garden) {
		t := &g.at("ask-region").Transitions
		t.Errors = append(t.Errors, ErrorTransition{"apology", "Timeout"})
	}},
	{"an error twice", "transition", "ask-region", Error, func(g *garden) {
		t := &g.at("ask-region").Transitions
		t.Errors = append(t.Errors, t.Errors[0])
	}},
	{"conditions of a prompt", "transition", "goodbye", Error, func(g *garden) {
		g.at("goodbye").Transitions.Conditions = []Conditional{equals("yes", "hang-up")}
	}},
	{"keys that are stored and compared", "transition", "goodbye", Error, func(g *garden) {
		*g.at("goodbye") = Action{"goodbye", GetParticipantInput, params{
			"Text": "Your number?", "StoreInput": "True", "InputTimeLimitSeconds": "5", "InputValidation": params{"CustomValidation": params{"MaximumLength": "9"}},
		}, Transitions{NextAction: "hang-up", Errors: []ErrorTransition{{"hang-up", NoMatchingError}}, Conditions: []Conditional{equals("1", "hang-up")}}}
	}},
	{"keys that are stored unseen", "exclusive", "goodbye", Error, func(g *garden) {
		*g.at("goodbye") = Action{"goodbye", GetParticipantInput, params{"Text": "Your number?", "StoreInput": "True", "InputTimeLimitSeconds": "5"}, onward("hang-up", "hang-up")}
	}},
	{"two keys at once", "operands", "goodbye", Error, func(g *garden) {
		*g.at("goodbye") = Action{"goodbye", GetParticipantInput, params{"Text": "Press 12.", "InputTimeLimitSeconds": "5"}, Transitions{
			Errors:     []ErrorTransition{{"hang-up", NoMatchingError}, {"hang-up", NoMatchingCondition}},
			Conditions: []Conditional{equals("12", "hang-up")},
		}}
	}},
	{"an operator that there is not", "operator", "choose-region", Error, func(g *garden) { g.cond("choose-region").Operator = "NumberEquals" }},
	{"an operator that a bot does not have", "operator", "bot-us-east-1", Error, func(g *garden) { g.cond("bot-us-east-1").Operator = "TextStartsWith" }},
	{"two operands", "operands", "choose-region", Error, func(g *garden) { g.cond("choose-region").Operands = []string{"us-east-1", "use1"} }},
	{"no operand", "operands", "choose-region", Error, func(g *garden) { g.cond("choose-region").Operands = nil }},
	{"a loop that results in anything else", "operands", "ask-again", Error, func(g *garden) { g.cond("ask-again").Operands = []string{"Continue"} }},
	{"a region twice", "never-true", "choose-region", Warning, func(g *garden) {
		t := &g.at("choose-region").Transitions
		t.Conditions = append(t.Conditions, equals("us-east-1", "bot-us-west-2"))
	}},
	{"a way to nowhere", "dangling", "us-east-1-failed", Error, func(g *garden) { g.at("us-east-1-failed").Transitions.NextAction = "bot-us-west-1" }},
	{"an error's way to nowhere", "dangling", "to-queue", Error, func(g *garden) { g.at("to-queue").Transitions.Errors[0].NextAction = "voicemail" }},
	{"a condition's way to nowhere", "dangling", "choose-region", Error, func(g *garden) { g.at("choose-region").Transitions.Conditions[1].NextAction = "" }},
	{"an action that nobody comes to", "unreachable", "old-goodbye", Warning, func(g *garden) {
		g.add("old-goodbye", MessageParticipant, params{"Text": "Bye."}, onward("hang-up", "hang-up"))
	}},
	{"a contact that never ends", "no-end", "goodbye", Error, func(g *garden) {
		g.at("goodbye").Transitions = onward("goodbye", "hold")
		g.add("hold", MessageParticipant, params{"Text": "Hold on."}, onward("goodbye", "goodbye"))
	}},
	{"a ring of failing regions", "silent-loop", "bot-us-east-1", Error, func(g *garden) {
		// nothing marks us-west-2 as tried, so us-west-2 and us-east-1 take turns for ever
		g.at("us-west-2-failed").Parameters["Attributes"].(params)["lexFailed_us_west_2"] = "no"
		g.at("us-east-1-failed").Parameters["Attributes"].(params)["lexFailed_us_east_1"] = "no"
	}},
	{"marks that cannot be set", "silent-loop", "bot-us-east-1", Error, func(g *garden) {
		for _, id := range []string{"us-east-1-failed", "us-west-2-failed"} {
			g.at(id).Transitions.Errors[0].NextAction = g.at(id).Transitions.NextAction
		}
	}},
	{"marks that are not looked at", "silent-loop", "bot-us-east-1", Error, func(g *garden) {
		g.set("after-us-east-1", "ComparisonValue", "$.Attributes.lexRegion")
		g.set("after-us-west-2", "ComparisonValue", "$.Attributes.lexRegion")
	}},
	{"an apology that leads back to the question", "endless-loop", "ask-region", Warning, func(g *garden) {
		g.at("apology").Transitions = onward("start-again", "set-queue")
		g.add("start-again", UpdateContactAttributes, params{"Attributes": params{"lexFailed_us_east_1": "no", "lexFailed_us_west_2": "no"}}, onward("ask-region", "hang-up"))
	}},
	{"an action that was allowed", "unchecked-action", "goodbye", Warning, func(g *garden) {
		g.at("goodbye").Type, g.allowed = "ShowView", []string{"ShowView"}
	}},
	{"a bot of the test account", "account", "bot-us-west-2", Warning, func(g *garden) {
		g.set("bot-us-west-2", "LexV2Bot", params{"AliasArn": strings.Replace(aliasIn("us-west-2").Alias, account, "999988887777", 1)})
	}},
	{"a bot's draft", "test-alias", "bot-us-west-2", Warning, func(g *garden) {
		alias := aliasIn("us-west-2").Alias
		g.set("bot-us-west-2", "LexV2Bot", params{"AliasArn": alias[:strings.LastIndex(alias, "/")] + "/TSTALIASID"})
	}},
	{"a voice that there is not", "voice", "set-voice", Warning, func(g *garden) { g.set("set-voice", "TextToSpeechVoice", "Joana") }},
	{"functions in a row", "lambda-chain", "ask-region", Error, func(g *garden) {
		g.set("ask-region", "InvocationTimeLimitSeconds", "8")
		for _, id := range []string{"ask-b", "ask-c", "ask-d"} {
			a := *g.at("ask-region")
			g.at("ask-region").Transitions = onward(id, "bot-us-east-1")
			g.add(id, a.Type, a.Parameters, a.Transitions)
		}
	}},
	{"a function that is asked again and again", "lambda-chain", "ask-region", Error, func(g *garden) {
		g.at("ask-region").Transitions.Errors[0].NextAction = "ask-once-more"
		g.add("ask-once-more", Loop, params{"LoopCount": "6"}, Transitions{
			NextAction: "bot-us-east-1",
			Conditions: []Conditional{equals(ContinueLooping, "ask-region"), equals(DoneLooping, "bot-us-east-1")},
		})
	}},
	{"an answer before the question", "no-answer-yet", "choose-region", Error, func(g *garden) { g.at("ask-region").Transitions.Errors[0].NextAction = "choose-region" }},
	{"an answer that nobody waits for", "no-answer-yet", "keep-region", Error, func(g *garden) {
		g.set("ask-region", "InvocationType", "ASYNCHRONOUS")
		g.at("keep-region").Transitions = onward("no-region", "no-region")
		g.Actions = slices.DeleteFunc(g.Actions, func(a Action) bool { return a.Identifier == "choose-region" })
	}},
	{"a region that falls back on itself", "failover-self", "bot-us-west-2", Warning, func(g *garden) {
		bot := g.at("bot-us-west-2")
		again := *bot
		bot.Transitions.Errors = slices.Clone(bot.Transitions.Errors)
		bot.Transitions.Errors[2].NextAction = "try-again"
		again.Transitions.Errors = slices.Clone(again.Transitions.Errors)
		g.add("try-again", again.Type, again.Parameters, again.Transitions)
	}},
	{"a failing region ends the contact", "failover-none", "bot-us-west-2", Warning, func(g *garden) {
		g.at("bot-us-west-2").Transitions.Errors[2].NextAction = "apology"
		g.Actions = slices.DeleteFunc(g.Actions, func(a Action) bool { return a.Identifier == "us-west-2-failed" || a.Identifier == "after-us-west-2" })
	}},
}

func TestPlantedMistakes(t *testing.T) {
	for _, tt := range planted {
		t.Run(tt.name, func(t *testing.T) {
			g := &garden{Flow: mustFlow(t, configs()["two regions and a queue"])}
			tt.plant(g)
			problems := g.Check(g.allowed...)
			if got := codesOf(problems); len(problems) != 1 || got[0] != tt.code {
				t.Fatalf("the check of %s answered %q, wanted %s once:\n%v", tt.name, got, tt.code, problems)
			}
			if p := problems[0]; p.Level != tt.level || p.Action != tt.action {
				t.Errorf("the check of %s answered %s at %q, wanted %s at %q", tt.name, p.Level, p.Action, tt.level, tt.action)
			}
		})
	}
}

// garden is a flow in which mistakes are planted.
type garden struct {
	*Flow
	allowed []string
}

func (g *garden) at(id string) *Action {
	a, ok := g.Action(id)
	if !ok {
		panic("the generated flow has no action " + id)
	}
	return a
}

func (g *garden) set(id, name string, value any) { g.at(id).Parameters[name] = value }

func (g *garden) add(id, kind string, p params, t Transitions) {
	g.Actions = append(g.Actions, Action{Identifier: id, Type: kind, Parameters: p, Transitions: t})
}

// cond is an action's first condition.
func (g *garden) cond(id string) *Condition { return &g.at(id).Transitions.Conditions[0].Condition }

func (g *garden) dropError(id, name string) {
	t := &g.at(id).Transitions
	t.Errors = slices.DeleteFunc(t.Errors, func(e ErrorTransition) bool { return e.ErrorType == name })
}

// rename gives an action another identifier, wherever it stands.
func (g *garden) rename(from, to string) {
	text, err := g.Encode()
	if err != nil {
		panic(err)
	}
	if g.Flow, err = DecodeFlow([]byte(strings.ReplaceAll(string(text), `"`+from+`"`, `"`+to+`"`))); err != nil {
		panic(err)
	}
}

func codesOf(problems []Problem) []string {
	var found []string
	for _, p := range problems {
		found = append(found, p.Code)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// TestEveryCodeIsPlanted holds the codes, the mistakes and the document together.
func TestEveryCodeIsPlanted(t *testing.T) {
	reference, err := os.ReadFile("../../docs/4-reference.md")
	if err != nil {
		t.Fatal(err)
	}
	for code := range codes {
		if !slices.ContainsFunc(planted, func(m mistake) bool { return m.code == code }) {
			t.Errorf("no planted mistake has the code %s", code)
		}
		if !strings.Contains(string(reference), "| `"+code+"` |") {
			t.Errorf("docs/4-reference.md does not list the code %s", code)
		}
	}
	for _, p := range planted {
		if codes[p.code] == "" {
			t.Errorf("the code %s of %s has no meaning", p.code, p.name)
		}
	}
}

// TestExportedFlow checks flows as the editor exports them today: sound ones pass,
// and actions that are not known are refused by their names.
func TestExportedFlow(t *testing.T) {
	const head = `{"Version":"2019-10-30","StartAction":"a","Metadata":{"entryPointPosition":{"x":40,"y":40},"snapToGrid":false,"ActionMetadata":{"a":{"position":{"x":1.6,"y":2},"dynamicParams":[]}}},"Actions":[`
	const end = `,{"Identifier":"z","Type":"DisconnectParticipant","Parameters":{},"Transitions":{}}]}`
	tests := []struct {
		name, action, want string
	}{
		{
			"a prompt, with the empty lists of an export",
			`{"Identifier":"a","Parameters":{"Text":"Hello"},"Transitions":{"NextAction":"z","Errors":[{"NextAction":"z","ErrorType":"NoMatchingError"}],"Conditions":[]},"Type":"MessageParticipant"}`, "",
		},
		{
			"a menu",
			`{"Identifier":"a","Type":"GetParticipantInput","Parameters":{"Text":"Press 1.","StoreInput":"False","InputTimeLimitSeconds":"5"},"Transitions":{"NextAction":"z",
			"Conditions":[{"NextAction":"z","Condition":{"Operator":"Equals","Operands":["1"]}}],
			"Errors":[{"NextAction":"z","ErrorType":"InputTimeLimitExceeded"},{"NextAction":"z","ErrorType":"NoMatchingCondition"},{"NextAction":"z","ErrorType":"NoMatchingError"}]}}`, "",
		},
		{
			"recording",
			`{"Identifier":"a","Type":"UpdateContactRecordingBehavior","Parameters":{"RecordingBehavior":{"RecordedParticipants":["Agent","Customer"]}},"Transitions":{"NextAction":"z"}}`,
			"UpdateContactRecordingBehavior is an action of Amazon Connect that lexline does not check",
		},
		{
			"hours of operation",
			`{"Identifier":"a","Type":"CheckHoursOfOperation","Parameters":{"Hours":[]},"Transitions":{"NextAction":"z"}}`,
			"CheckHoursOfOperation is an action of Amazon Connect that lexline does not check",
		},
		{
			"a slip of the pen",
			`{"Identifier":"a","Type":"UpdateContactTextToSpeechVoise","Parameters":{},"Transitions":{"NextAction":"z"}}`,
			"UpdateContactTextToSpeechVoise is not an action of Amazon Connect",
		},
		{
			"anything else",
			`{"Identifier":"a","Type":"RobBank","Parameters":{},"Transitions":{"NextAction":"z"}}`,
			"RobBank is not an action that lexline knows",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := DecodeFlow([]byte(head + tt.action + end))
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if problems := f.Check(); len(problems) == 1 {
				got = problems[0].What
			} else if len(problems) > 1 {
				t.Fatalf("the check answered %v, wanted one problem at most", problems)
			}
			if got != tt.want {
				t.Errorf("the check answered %q, wanted %q", got, tt.want)
			}
		})
	}
}

// TestBoundedLoops tells ways round that end from those that do not.
func TestBoundedLoops(t *testing.T) {
	tests := []struct {
		name  string
		plant func(*garden)
		want  []string
	}{
		{"counted by a loop", func(g *garden) {
			g.at("no-region").Transitions = onward("ask-again", "ask-again")
			g.at("ask-again").Transitions.Conditions[0].NextAction = "no-region"
		}, nil},
		{"round the wrong way out of a loop", func(g *garden) {
			g.at("no-region").Transitions = onward("ask-again", "ask-again")
			g.at("ask-again").Transitions.Conditions[1].NextAction = "no-region"
		}, []string{"silent-loop"}},
		{"a mark that another action takes away", func(g *garden) {
			g.at("us-east-1-failed").Transitions.NextAction = "not-understood"
			g.at("not-understood").Transitions.NextAction = "after-us-east-1"
		}, []string{"silent-loop"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := &garden{Flow: mustFlow(t, configs()["two regions and a queue"])}
			tt.plant(g)
			problems := g.Check()
			got := slices.DeleteFunc(codesOf(problems), func(code string) bool { return code == "unreachable" })
			if !slices.Equal(got, tt.want) {
				t.Errorf("the check answered %v, wanted %q", problems, tt.want)
			}
		})
	}
}

// TestFormsOfExports has values as the editor exports them, and that are no mistakes.
func TestFormsOfExports(t *testing.T) {
	tests := []struct {
		name, kind string
		p          params
	}{
		{"an attribute with a blank", Compare, params{"ComparisonValue": "$.Attributes.['first name']"}},
		{"an attribute with a blank, no dot", Compare, params{"ComparisonValue": "$.Attributes['first name']"}},
		{"a root in brackets", Compare, params{"ComparisonValue": "$['AwsRegion']"}},
		{"a session of an assistant", UpdateContactData, params{"WisdomSessionArn": "$.Wisdom.SessionArn"}},
		{"a reference", UpdateContactData, params{"References": params{"page": params{"Type": "URL", "Value": "$.Attributes.page"}}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			way := onward("end", "end")
			if tt.kind == Compare {
				way = Transitions{Conditions: []Conditional{equals("x", "end")}, Errors: []ErrorTransition{{"end", NoMatchingCondition}}}
			}
			f := &Flow{Version: FlowVersion, StartAction: "a", Actions: []Action{
				{Identifier: "a", Type: tt.kind, Parameters: tt.p, Transitions: way},
				{Identifier: "end", Type: DisconnectParticipant},
			}}
			if problems := f.Check(); len(problems) != 0 {
				t.Errorf("the check of %v answered %v, wanted nothing", tt.p, problems)
			}
		})
	}
}

// TestLargeFlows checks flows of the size that Amazon Connect takes, in the forms
// that are the most work; it is here for its time, which go test shows.
func TestLargeFlows(t *testing.T) {
	const n = 500
	id := func(i int) string { return strconv.Itoa(i % n) }
	tests := []struct {
		name string
		kind string
		p    params
		t    func(i int) Transitions
	}{
		{"functions in a row", InvokeLambdaFunction, params{"LambdaFunctionARN": lambda, "InvocationTimeLimitSeconds": "1"}, func(i int) Transitions {
			return onward(id(min(i+1, n-1)), id(min(i+2, n-1)))
		}},
		{"comparisons in a ring", Compare, params{"ComparisonValue": "$.Attributes.a"}, func(i int) Transitions {
			return Transitions{Conditions: []Conditional{equals("x", id(i+1)), equals("y", id(i+7))}, Errors: []ErrorTransition{{id(i + 2), NoMatchingCondition}}}
		}},
		{"bots in a ring", ConnectParticipantWithLexBot, params{"Text": " ", "LexV2Bot": params{"AliasArn": aliasIn("us-east-1").Alias}}, func(i int) Transitions {
			return Transitions{Errors: []ErrorTransition{{id(i + 1), NoMatchingError}, {id(i + 2), NoMatchingCondition}, {id(i + 3), InputTimeLimitExceeded}}}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := &Flow{Version: FlowVersion, StartAction: "0"}
			for i := range n {
				f.Actions = append(f.Actions, Action{Identifier: id(i), Type: tt.kind, Parameters: tt.p, Transitions: tt.t(i)})
			}
			if problems := codesOf(f.Check()); len(problems) == 0 || slices.Contains(problems, "too-large") {
				t.Errorf("the check answered %q, wanted a look at every way", problems)
			}
		})
	}
}

func FuzzCheck(f *testing.F) {
	for _, cfg := range configs() {
		text, err := mustFlow(f, cfg).Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	for _, p := range planted {
		if p.code == "too-large" {
			continue
		}
		g := &garden{Flow: mustFlow(f, configs()["two regions and a queue"])}
		p.plant(g)
		text, err := json.Marshal(g.Flow)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"Actions":[{"Parameters":null,"Transitions":{"Conditions":[{}],"Errors":[{}]}}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		flow, err := DecodeFlow(text)
		if err != nil {
			return
		}
		for _, p := range flow.Check() {
			if codes[p.Code] == "" || p.What == "" || p.Level != Error && p.Level != Warning {
				t.Errorf("the check answered %+v", p)
			}
		}
		again, err := flow.Encode()
		if err != nil {
			t.Fatalf("a flow that was read cannot be written: %v", err)
		}
		if _, err := DecodeFlow(again); err != nil {
			t.Fatalf("a flow that was written cannot be read: %v", err)
		}
	})
}
