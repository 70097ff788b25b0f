package lexmodels

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lexmodelsv2"
	"github.com/aws/aws-sdk-go-v2/service/lexmodelsv2/types"
	"github.com/google/go-cmp/cmp"

	"lexline/internal/botdef"
	"lexline/internal/parity"
)

const bot = "/bots/BOTBOTBOT1"

// shop is a region with a bot of one intent, in the shapes of the API's reference.
func shop() *standIn {
	s := newStandIn()
	const locale = bot + "/botversions/4/botlocales/en_GB"
	s.answer("POST /bots", `{"botSummaries": [{"botId": "BOTBOTBOT1", "botName": "Shop"}]}`)
	s.answer("POST "+bot+"/botaliases", `{"botAliasSummaries": [{"botAliasId": "TSTALIASID", "botAliasName": "TestBotAlias"}], "nextToken": "2"}`,
		`{"botAliasSummaries": [{"botAliasId": "ALIASALIAS", "botAliasName": "ver_one"}]}`)
	s.answer("GET "+bot, `{"botId": "BOTBOTBOT1", "botName": "Shop", "botStatus": "Available", "roleArn": "arn:aws:iam::123456789012:role/lex",
		"description": "Sells", "dataPrivacy": {"childDirected": true}, "idleSessionTTLInSeconds": 300, "creationDateTime": 1.5}`)
	s.answer("GET "+bot+"/botaliases/ALIASALIAS", `{"botAliasId": "ALIASALIAS", "botAliasName": "ver_one", "botVersion": "4",
		"sentimentAnalysisSettings": {"detectSentiment": true}, "botAliasLocaleSettings": {"en_GB": {"enabled": true, "codeHookSpecification":
		{"lambdaCodeHook": {"lambdaARN": "arn:aws:lambda:us-east-1:123456789012:function:f", "codeHookInterfaceVersion": "1.0"}}}}}`)
	s.answer("GET "+bot+"/botversions/4", `{"botVersion": "4", "description": "of the version", "dataPrivacy": {"childDirected": false}, "idleSessionTTLInSeconds": 60}`)
	s.answer("POST "+bot+"/botversions", `{"botVersionSummaries": [{"botVersion": "DRAFT"}, {"botVersion": "10"}, {"botVersion": "9"}]}`)
	s.answer("POST "+bot+"/botversions/4/botlocales", `{"botLocaleSummaries": [{"localeId": "en_GB"}]}`)
	s.answer("GET "+locale, `{"localeId": "en_GB", "localeName": "English (UK)", "nluIntentConfidenceThreshold": 0.6, "botLocaleStatus": "Built",
		"voiceSettings": {"voiceId": "Amy", "engine": "neural"}, "intentsCount": 2, "slotTypesCount": 1}`)
	s.answer("POST "+locale+"/slottypes", `{"slotTypeSummaries": [{"slotTypeId": "TYPETYPE01", "slotTypeName": "Colours"}]}`)
	s.answer("GET "+locale+"/slottypes/TYPETYPE01", `{"slotTypeId": "TYPETYPE01", "slotTypeName": "Colours", "valueSelectionSetting": {"resolutionStrategy": "TopResolution"},
		"slotTypeValues": [{"sampleValue": {"value": "red"}, "synonyms": [{"value": "scarlet"}]}]}`)
	s.answer("POST "+locale+"/intents", `{"intentSummaries": [{"intentId": "INTENT0001", "intentName": "Buy"}, {"intentId": "FALLBCKINT", "intentName": "FallbackIntent"}]}`)
	s.answer("GET "+locale+"/intents/INTENT0001", `{"intentId": "INTENT0001", "intentName": "Buy", "sampleUtterances": [{"utterance": "buy {Colour}"}],
		"dialogCodeHook": {"enabled": true}, "fulfillmentCodeHook": {"enabled": true, "active": true},
		"slotPriorities": [{"priority": 1, "slotId": "SLOTSLOT02"}, {"priority": 2, "slotId": "SLOTSLOT01"}],
		"intentConfirmationSetting": {"active": false, "promptSpecification": {"messageGroups": [{"message": {"plainTextMessage": {"value": "Sure?"}}}], "maxRetries": 1}}}`)
	s.answer("GET "+locale+"/intents/FALLBCKINT", `{"intentId": "FALLBCKINT", "intentName": "FallbackIntent", "parentIntentSignature": "AMAZON.FallbackIntent"}`)
	s.answer("POST "+locale+"/intents/INTENT0001/slots", `{"slotSummaries": [{"slotId": "SLOTSLOT01", "slotName": "Colour"}, {"slotId": "SLOTSLOT02", "slotName": "Day"}]}`)
	s.answer("POST "+locale+"/intents/FALLBCKINT/slots", `{"slotSummaries": []}`)
	s.answer("GET "+locale+"/intents/INTENT0001/slots/SLOTSLOT01", `{"slotId": "SLOTSLOT01", "slotName": "Colour", "slotTypeId": "TYPETYPE01",
		"valueElicitationSetting": {"slotConstraint": "Required", "promptSpecification": {"maxRetries": 2, "allowInterrupt": false,
		"messageGroups": [{"message": {"plainTextMessage": {"value": "Which?"}}, "variations": [{"ssmlMessage": {"value": "<speak>Which?</speak>"}}]}],
		"promptAttemptsSpecification": {"Initial": {"allowInterrupt": false, "allowedInputTypes": {"allowAudioInput": true, "allowDTMFInput": false}}}}}}`)
	s.answer("GET "+locale+"/intents/INTENT0001/slots/SLOTSLOT02", `{"slotId": "SLOTSLOT02", "slotName": "Day", "slotTypeId": "AMAZON.Date",
		"valueElicitationSetting": {"slotConstraint": "Optional"}}`)
	return s
}

func TestRead(t *testing.T) {
	c := shop().client(t)
	botID, err := c.FindBot(t.Context(), "Shop")
	if err != nil {
		t.Fatal(err)
	}
	aliasID, err := c.FindAlias(t.Context(), botID, "ver_one")
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Read(t.Context(), botID, aliasID)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Bot.Warnings) > 0 {
		t.Errorf("warnings %q, want none", got.Bot.Warnings)
	}
	want := &parity.Alias{Name: "ver_one", Version: "4", Sentiment: true, Locales: []parity.AliasLocale{
		{ID: "en_GB", Enabled: true, Hook: "arn:aws:lambda:us-east-1:123456789012:function:f", HookVersion: "1.0"},
	}}
	if diff := cmp.Diff(want, got.Alias); diff != "" {
		t.Errorf("alias (-want +got):\n%s", diff)
	}
	if b := got.Bot; b.Name != "Shop" || b.ChildDirected || b.SessionTTL != time.Minute || b.Version != "4" || b.Description != "Sells" {
		t.Errorf("bot = %+v, want what version 4 keeps: a minute, not child-directed", b)
	}
	l := got.Bot.Locales[0]
	if l.ID != "en_GB" || l.VoiceID != "Amy" || l.Threshold != 0.6 {
		t.Errorf("locale = %+v, want en_GB, Amy, 0.6", l)
	}
	types := []*botdef.SlotType{{Name: "Colours", ID: "TYPETYPE01", Resolution: botdef.TopResolution, Values: []botdef.Value{{Value: "red", Synonyms: []string{"scarlet"}}}}}
	if diff := cmp.Diff(types, l.SlotTypes); diff != "" {
		t.Errorf("slot types (-want +got):\n%s", diff)
	}
	in := l.Intent("Buy")
	if !in.DialogHook || !in.Fulfillment.Hook || in.Confirmation.Active || in.Slots[0].Name != "Day" || in.Slots[1].Type != "Colours" || in.Slots[0].Required {
		t.Errorf("intent = %+v, want hooks, no confirmation, the optional Day first, a Colour of Colours", in)
	}
	p := in.Slots[1].Prompt
	if p.AllowInterrupt || p.MaxRetries != 2 || p.Attempts[0].AllowDTMF || len(p.Groups[0]) != 2 || p.Groups[0][1].Kind != botdef.SSML {
		t.Errorf("prompt = %+v, want what the API says", p)
	}
}

func TestFindMissing(t *testing.T) {
	c := shop().client(t)
	if _, err := c.FindBot(t.Context(), "Shack"); !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "Shack is not there in us-east-1") {
		t.Errorf("FindBot = %v, want that Shack is not there in us-east-1", err)
	}
	if _, err := c.FindAlias(t.Context(), "BOTBOTBOT1", "live"); !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "there is TestBotAlias, ver_one") {
		t.Errorf("FindAlias = %v, want the names of both pages", err)
	}
	if newest, err := c.NewestVersion(t.Context(), "BOTBOTBOT1"); err != nil || newest != "10" {
		t.Errorf("NewestVersion = %q, %v; want 10, not 9 and not DRAFT", newest, err)
	}
}

// TestPlainKnowsEveryName fills every field of an answer and has the reader of
// exports look for those that it does not know by that name.
func TestPlainKnowsEveryName(t *testing.T) {
	message := &types.Message{PlainTextMessage: &types.PlainTextMessage{Value: aws.String("text")}}
	groups := []types.MessageGroup{{Message: message, Variations: []types.Message{*message}}}
	response := &types.ResponseSpecification{MessageGroups: groups, AllowInterrupt: aws.Bool(false)}
	step := &types.DialogState{
		DialogAction:      &types.DialogAction{Type: types.DialogActionTypeEndConversation, SuppressNextMessage: aws.Bool(true)},
		SessionAttributes: map[string]string{"a": "b"},
	}
	conditional := &types.ConditionalSpecification{
		Active: aws.Bool(true),
		ConditionalBranches: []types.ConditionalBranch{{
			Name: aws.String("b"), Condition: &types.Condition{ExpressionString: aws.String("x")}, NextStep: step, Response: response,
		}},
		DefaultBranch: &types.DefaultConditionalBranch{NextStep: step, Response: response},
	}
	hook := &types.DialogCodeHookInvocationSetting{
		Active: aws.Bool(true), EnableCodeHookInvocation: aws.Bool(true), InvocationLabel: aws.String("l"),
		PostCodeHookSpecification: &types.PostDialogCodeHookInvocationSpecification{
			SuccessResponse: response, SuccessNextStep: step, SuccessConditional: conditional,
			FailureResponse: response, FailureNextStep: step, FailureConditional: conditional,
			TimeoutResponse: response, TimeoutNextStep: step, TimeoutConditional: conditional,
		},
	}
	intent := plain(&lexmodelsv2.DescribeIntentOutput{
		IntentName: aws.String("Buy"), BotId: aws.String("B"), CreationDateTime: aws.Time(time.Now()), SampleUtterances: []types.SampleUtterance{{Utterance: aws.String("buy")}},
		InitialResponseSetting: &types.InitialResponseSetting{InitialResponse: response, NextStep: step, Conditional: conditional, CodeHook: hook},
		InputContexts:          []types.InputContext{{Name: aws.String("in")}},
		OutputContexts:         []types.OutputContext{{Name: aws.String("out"), TimeToLiveInSeconds: aws.Int32(5), TurnsToLive: aws.Int32(1)}},
		IntentClosingSetting:   &types.IntentClosingSetting{Active: aws.Bool(true), ClosingResponse: response, NextStep: step, Conditional: conditional},
		IntentConfirmationSetting: &types.IntentConfirmationSetting{
			Active: aws.Bool(true), PromptSpecification: &types.PromptSpecification{MessageGroups: groups, MaxRetries: aws.Int32(1)},
			ConfirmationResponse: response, ConfirmationNextStep: step, ConfirmationConditional: conditional, CodeHook: hook,
			ElicitationCodeHook: &types.ElicitationCodeHookInvocationSetting{EnableCodeHookInvocation: aws.Bool(true), InvocationLabel: aws.String("e")},
		},
		FulfillmentCodeHook: &types.FulfillmentCodeHookSettings{
			Enabled: true, Active: aws.Bool(true),
			FulfillmentUpdatesSpecification: &types.FulfillmentUpdatesSpecification{
				Active: aws.Bool(true), TimeoutInSeconds: aws.Int32(30),
				StartResponse:  &types.FulfillmentStartResponseSpecification{DelayInSeconds: aws.Int32(2), MessageGroups: groups, AllowInterrupt: aws.Bool(true)},
				UpdateResponse: &types.FulfillmentUpdateResponseSpecification{FrequencyInSeconds: aws.Int32(5), MessageGroups: groups},
			},
		},
	})
	files := map[string][]byte{"Manifest.json": []byte(`{}`), "B/Bot.json": []byte(`{"name": "B"}`), "B/BotLocales/en_US/BotLocale.json": []byte(`{}`)}
	if err := file(files, []string{"B", "BotLocales", "en_US", "Intents", "Buy", "Intent.json"}, intent); err != nil {
		t.Fatal(err)
	}
	got, err := botdef.Read("B", files)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Warnings) > 0 {
		t.Errorf("warnings %q, want none", got.Warnings)
	}
	in := got.Locales[0].Intent("Buy")
	u := in.Fulfillment.Updates
	if in.Initial.Hook.Timeout.Conditional.Branches[0].Expression != "x" || u.Frequency != 5*time.Second || in.Closing.Next.SessionAttributes["a"] != "b" {
		t.Errorf("intent = %+v, want all that was said", in)
	}
}
