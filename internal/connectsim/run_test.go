package connectsim

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/connect"
)

// TestRules has a row for each rule of Connect that a contact flow relies on: by
// which way a contact goes, and how it ends.
func TestRules(t *testing.T) {
	message := func(id, next string) connect.Action {
		return act(id, "MessageParticipant", map[string]any{"Text": "Hello."}, next)
	}
	bye := act("bye", "DisconnectParticipant", ends(), "")
	lexOnly := func(transitions string) *connect.Flow {
		return flowOf(lexAction("lex", "us-east-1", "Hello?", transitions),
			message("timeout", "bye"), message("error", "bye"), message("other", "bye"), message("order", "bye"), bye)
	}
	const all = "=OrderFlowers:order InputTimeLimitExceeded:timeout NoMatchingCondition:other NoMatchingError:error"
	menu := func(parameters map[string]any) *connect.Flow {
		parameters["Text"], parameters["InputTimeLimitSeconds"] = "Press one.", "5"
		return flowOf(act("menu", "GetParticipantInput", parameters,
			"stored =1:one InputTimeLimitExceeded:timeout NoMatchingCondition:other NoMatchingError:error"),
			message("one", "bye"), message("stored", "bye"), message("timeout", "bye"), message("other", "bye"), message("error", "bye"), bye)
	}
	queue := act("queue", "UpdateContactTargetQueue", map[string]any{"QueueId": "arn:aws:connect:::queue/florists"}, "transfer NoMatchingError:bye")
	transfer := act("transfer", "TransferContactToQueue", ends(), "bye QueueAtCapacity:full NoMatchingError:error")
	tests := []struct {
		name   string
		flow   *connect.Flow
		bot    botDouble
		caller *Script
		full   bool
		path   string
		end    End
		fault  string
	}{
		{name: "the intent of a closed dialog is the condition", flow: lexOnly(all), caller: order(), path: "lex order bye"},
		{name: "an intent without a condition", flow: lexOnly(all), caller: &Script{Lines: Say("what?")}, path: "lex other bye"},
		{name: "a caller who says nothing", flow: lexOnly(all), caller: &Script{Lines: Say("")}, path: "lex timeout bye"},
		{name: "Lex answers 503", flow: lexOnly(all), bot: down("us-east-1", florist), caller: order(), path: "lex error bye"},
		{name: "Lex answers 404", flow: lexOnly(all), bot: func(_, _ string) botReply { return botReply{status: 404} }, caller: order(), path: "lex error bye"},
		{
			name: "Lex hangs", flow: lexOnly(all), bot: func(_, _ string) botReply { return botReply{takes: time.Minute} },
			caller: order(), path: "lex error bye",
		},
		{
			name: "NoMatchingError stands for a time-out without a branch", flow: lexOnly("=OrderFlowers:order NoMatchingError:error"),
			caller: &Script{Lines: Say("")}, path: "lex error bye",
		},
		{
			name: "NoMatchingError does not stand for a condition without a branch", flow: lexOnly("=OrderFlowers:order NoMatchingError:error"),
			caller: &Script{Lines: Say("what?")}, path: "lex", end: Failed,
			fault: `nothing follows action lex (ConnectParticipantWithLexBot) after NoMatchingCondition: its result is "FallbackIntent"`,
		},
		{name: "a caller who hangs up", flow: lexOnly(all), caller: &Script{}, path: "lex", end: HungUp},
		{
			name: "a Lex block without a prompt", caller: order(), path: "lex error bye",
			flow: flowOf(act("lex", "ConnectParticipantWithLexBot", ends(), all), message("error", "bye"), bye),
		},
		{
			name: "a Lex block whose alias is nonsense", caller: order(), path: "lex error bye",
			flow: flowOf(act("lex", "ConnectParticipantWithLexBot", map[string]any{
				"Text": " ", "LexV2Bot": map[string]any{"AliasArn": "$.Attributes.nothing"},
			}, all), message("error", "bye"), bye),
		},
		{name: "a menu's choice", flow: menu(ends()), caller: &Script{Lines: []Utterance{{Keys: "1"}}}, path: "menu one bye"},
		{name: "a menu's wrong choice", flow: menu(ends()), caller: &Script{Lines: []Utterance{{Keys: "2"}}}, path: "menu other bye"},
		{name: "nobody listens to words at a menu", flow: menu(ends()), caller: &Script{Lines: Say("one")}, path: "menu timeout bye"},
		{
			name: "keys that are stored choose nothing", flow: menu(map[string]any{"StoreInput": "True"}),
			caller: &Script{Lines: []Utterance{{Keys: "1"}}}, path: "menu stored bye",
		},
		{name: "a queue takes the contact", flow: flowOf(queue, transfer), caller: order(), path: "queue transfer", end: Queued},
		{
			name: "a full queue", flow: flowOf(queue, transfer, message("full", "bye"), bye), full: true,
			caller: order(), path: "queue transfer full bye",
		},
		{name: "no queue", flow: flowOf(transfer, message("error", "bye"), bye), caller: order(), path: "transfer error bye"},
		{
			name: "an action that the simulator does not know", flow: flowOf(act("rob", "RobBank", ends(), "bye"), bye),
			caller: order(), path: "rob", end: Failed, fault: "action rob has the type RobBank, which the simulator does not know",
		},
		{
			name: "an action that is not there", flow: flowOf(message("hello", "nowhere")), caller: order(), path: "hello", end: Failed,
			fault: `the flow goes on at "nowhere", and there is no such action`,
		},
		{
			name: "a prompt without words", flow: flowOf(act("say", "MessageParticipant", ends(), "bye NoMatchingError:error"), message("error", "bye"), bye),
			caller: order(), path: "say error bye",
		},
		{
			name: "attributes of another contact", path: "set error bye", caller: order(),
			flow: flowOf(act("set", "UpdateContactAttributes", map[string]any{"TargetContact": "Related", "Attributes": map[string]any{"a": "b"}},
				"bye NoMatchingError:error"), message("error", "bye"), bye),
		},
		{
			name: "more attributes than a contact may have", path: "set error bye", caller: order(),
			flow: flowOf(act("set", "UpdateContactAttributes", map[string]any{"Attributes": map[string]any{"a": strings.Repeat("b", maxAttributes)}},
				"bye NoMatchingError:error"), message("error", "bye"), bye),
		},
		{
			name: "large attributes that take each other's place", path: "set again bye", caller: order(),
			flow: flowOf(act("set", "UpdateContactAttributes", map[string]any{"Attributes": map[string]any{"a": strings.Repeat("b", maxAttributes*2/3)}},
				"again NoMatchingError:error"),
				act("again", "UpdateContactAttributes", map[string]any{"Attributes": map[string]any{"a": strings.Repeat("c", maxAttributes*2/3)}},
					"bye NoMatchingError:error"), message("error", "bye"), bye),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg := Config{Flow: tt.flow, QueueFull: tt.full}
				if tt.bot != nil {
					cfg.Transport = tt.bot
				}
				r := start(t, cfg).Run(t.Context(), Contact{Caller: tt.caller})
				want := string(tt.end)
				if want == "" {
					want = string(Disconnected)
				}
				if got := strings.Join(r.Path, " "); got != tt.path || string(r.End) != want || r.Fault != tt.fault {
					t.Errorf("path %q, end %q, fault %q; want %q, %q, %q", got, r.End, r.Fault, tt.path, want, tt.fault)
				}
			})
		})
	}
}

func TestFailoverWithinAContact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := 0
		dies := func(region, text string) botReply { // the east dies at the second turn
			if region == "us-east-1" {
				if turns++; turns > 1 {
					return botReply{status: 500, takes: 2 * time.Second}
				}
			}
			return florist(region, text)
		}
		caller := order()
		r := start(t, Config{Flow: drFlow(), Transport: botDouble(dies)}).Run(t.Context(), Contact{Caller: caller})
		r.Events, r.Length = nil, 0
		want := Result{
			Contact: r.Contact, End: Disconnected, Path: []string{"ask", "which", "east", "west", "bye"},
			Answers: map[string]int{"us-east-1": 1, "us-west-2": 2}, Attributes: map[string]string{},
			Intent: "OrderFlowers", State: "Fulfilled", Region: "us-west-2", Slots: map[string]string{"FlowerType": "roses"},
			ErrorBranches: 1, Unanswered: 1, Repeated: 2, Silence: 2 * time.Second,
		}
		if diff := cmp.Diff(want, r); diff != "" {
			t.Errorf("result (-want +got):\n%s", diff)
		}
		if !r.Served() {
			t.Error("the contact counts as lost, and the caller has their roses")
		}
	})
}

func TestBothRegionsDown(t *testing.T) {
	bot := down("us-west-2", down("us-east-1", florist))
	r := start(t, Config{Flow: drFlow(), Transport: bot}).Run(t.Context(), Contact{Caller: order()})
	if got := strings.Join(r.Path, " "); got != "ask which east west sorry bye" || r.Served() || r.ErrorBranches != 2 || r.Unanswered != 2 {
		t.Errorf("path %q, served %v, %d error branches, %d unanswered; want the apology, a lost contact, 2, 2", got, r.Served(), r.ErrorBranches, r.Unanswered)
	}
}

func TestCircles(t *testing.T) {
	compare := act("here", "Compare", map[string]any{"ComparisonValue": "$.AwsRegion"}, "NoMatchingCondition:here")
	message := act("here", "MessageParticipant", map[string]any{"Text": "Please wait."}, "here")
	asks := func(_, _ string) botReply { return botReply{action: "ElicitIntent", state: "InProgress"} }
	patient := &Script{Lines: Say(slices.Repeat([]string{"hello"}, 6000)...), Patience: 6000}
	tests := []struct {
		name   string
		action connect.Action
		fault  string
	}{
		{"without a prompt", compare, "the flow runs in circles: 250 steps without a prompt"},
		{"with a prompt", message, "the flow runs in circles: 5000 steps"},
		{"in a Lex block whose bot says nothing", lexAction("here", "us-east-1", "Hello?", ""), "the flow runs in circles: 250 steps without a prompt"},
	}
	for _, tt := range tests {
		r := start(t, Config{Flow: flowOf(tt.action), Transport: botDouble(asks)}).Run(t.Context(), Contact{Caller: patient})
		if r.End != Failed || r.Fault != tt.fault {
			t.Errorf("%s: end %q, fault %q; want failed, %q", tt.name, r.End, r.Fault, tt.fault)
		}
	}
}

func TestCancelledContact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		hangs := func(_, _ string) botReply { return botReply{takes: time.Hour} }
		began := time.Now()
		r := start(t, Config{Flow: drFlow(), Transport: botDouble(hangs)}).Run(ctx, Contact{Caller: order()})
		if r.End != Cancelled || time.Since(began) != time.Second || r.ErrorBranches != 0 {
			t.Errorf("end %q after %s with %d error branches; want cancelled after 1 s with none", r.End, time.Since(began), r.ErrorBranches)
		}
		if last := r.Events[len(r.Events)-1]; last.Event != KindEnd || last.End != Cancelled {
			t.Errorf("the last event is %+v; want the end", last)
		}
	})
}

func TestReferencesInActions(t *testing.T) {
	f := flowOf(
		act("ask", "InvokeLambdaFunction", map[string]any{
			"LambdaFunctionARN":          "arn:aws:lambda:$.AwsRegion:123456789012:function:lexDRGetRegion:live",
			"LambdaInvocationAttributes": map[string]any{"region": "$.AwsRegion"},
			"ResponseValidation":         map[string]any{"ResponseType": "JSON"},
		}, "set"),
		act("set", "UpdateContactAttributes", map[string]any{"Attributes": map[string]any{
			"alias": "$.External.bots[0].alias", "from": "$.CustomerEndpoint.Address",
		}}, "lex"),
		act("lex", "ConnectParticipantWithLexBot", map[string]any{
			"SSML":     "<speak>Hello <break/>$.Attributes.['first name'], again.</speak>",
			"LexV2Bot": map[string]any{"AliasArn": "$.Attributes.alias"},
		}, "=OrderFlowers:say"),
		act("say", "MessageParticipant", map[string]any{"Text": "$.Lex.Slots.FlowerType for $.Attributes.from, $.Lex.IntentName."}, "bye"),
		act("bye", "DisconnectParticipant", ends(), ""),
	)
	functions := map[string]Invoker{"lexDRGetRegion": constant(
		`{"bots":[{"alias":"arn:aws:lex:us-west-2:123456789012:bot-alias/BOTBOTBOT1/ALIASALIA1"}]}`)}
	r := start(t, Config{Flow: f, Functions: functions}).Run(t.Context(), Contact{
		From: "+15550100001", Caller: order(), Attributes: map[string]string{"first name": "Ada"},
	})
	if diff := cmp.Diff([]string{
		"Hello Ada, again.", "What flowers?", "Your roses are ordered.", "roses for +15550100001, OrderFlowers.",
	}, prompts(r)); diff != "" || r.Answers["us-west-2"] != 2 {
		t.Errorf("answers %v, fault %q, prompts (-want +got):\n%s", r.Answers, r.Fault, diff)
	}
}

func prompts(r Result) []string {
	var heard []string
	for _, e := range r.Events {
		if e.Event == KindPrompt {
			heard = append(heard, e.Text)
		}
	}
	return heard
}
