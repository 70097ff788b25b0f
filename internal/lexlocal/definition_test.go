package lexlocal

import (
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lexmodelsv2"
	modeltypes "github.com/aws/aws-sdk-go-v2/service/lexmodelsv2/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"lexline/internal/botdef"
)

// intentID looks an intent of en_US up by its name.
func (r *testRegion) intentID(bot, version, name string) string {
	r.t.Helper()
	list, err := r.models.ListIntents(r.t.Context(), &lexmodelsv2.ListIntentsInput{
		BotId: &bot, BotVersion: &version, LocaleId: english,
		Filters: []modeltypes.IntentFilter{{Name: modeltypes.IntentFilterNameIntentName, Operator: modeltypes.IntentFilterOperatorEquals, Values: []string{name}}},
	})
	if err != nil || len(list.IntentSummaries) != 1 || *list.IntentSummaries[0].IntentName != name {
		r.t.Fatalf("ListIntents of %s = %+v, %v; want that one", name, list, err)
	}
	return *list.IntentSummaries[0].IntentId
}

func (r *testRegion) intent(bot, version, name string) *lexmodelsv2.DescribeIntentOutput {
	r.t.Helper()
	out, err := r.models.DescribeIntent(r.t.Context(), &lexmodelsv2.DescribeIntentInput{
		BotId: &bot, BotVersion: &version, LocaleId: english, IntentId: aws.String(r.intentID(bot, version, name)),
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

// slots describes the slots of an intent by their names.
func (r *testRegion) slots(bot, version, intent string) map[string]*lexmodelsv2.DescribeSlotOutput {
	r.t.Helper()
	id := r.intentID(bot, version, intent)
	list, err := r.models.ListSlots(r.t.Context(), &lexmodelsv2.ListSlotsInput{BotId: &bot, BotVersion: &version, LocaleId: english, IntentId: &id})
	if err != nil {
		r.t.Fatal(err)
	}
	all := make(map[string]*lexmodelsv2.DescribeSlotOutput)
	for _, s := range list.SlotSummaries {
		all[*s.SlotName], err = r.models.DescribeSlot(r.t.Context(), &lexmodelsv2.DescribeSlotInput{
			BotId: &bot, BotVersion: &version, LocaleId: english, IntentId: &id, SlotId: s.SlotId,
		})
		if err != nil {
			r.t.Fatal(err)
		}
		if s.SlotConstraint != all[*s.SlotName].ValueElicitationSetting.SlotConstraint || *s.SlotTypeId != *all[*s.SlotName].SlotTypeId {
			r.t.Errorf("ListSlots says %+v, DescribeSlot %+v", s, all[*s.SlotName])
		}
	}
	return all
}

func plain(text string) *modeltypes.Message {
	return &modeltypes.Message{PlainTextMessage: &modeltypes.PlainTextMessage{Value: &text}}
}

// shapes compares values of the SDK's types.
var shapes = cmpopts.IgnoreUnexported(
	modeltypes.Message{}, modeltypes.PlainTextMessage{}, modeltypes.SSMLMessage{}, modeltypes.CustomPayload{}, modeltypes.ImageResponseCard{}, modeltypes.Button{},
	modeltypes.MessageGroup{}, modeltypes.PromptAttemptSpecification{}, modeltypes.AllowedInputTypes{}, modeltypes.AudioAndDTMFInputSpecification{},
	modeltypes.AudioSpecification{}, modeltypes.DTMFSpecification{}, modeltypes.TextInputSpecification{}, modeltypes.ResponseSpecification{},
	modeltypes.InitialResponseSetting{}, modeltypes.DialogCodeHookInvocationSetting{}, modeltypes.PostDialogCodeHookInvocationSpecification{},
	modeltypes.DialogState{}, modeltypes.DialogAction{}, modeltypes.IntentOverride{}, modeltypes.SlotValueOverride{}, modeltypes.SlotValue{},
	modeltypes.ConditionalSpecification{}, modeltypes.ConditionalBranch{}, modeltypes.Condition{}, modeltypes.DefaultConditionalBranch{},
	modeltypes.SlotTypeValue{}, modeltypes.SampleValue{}, modeltypes.SlotValueSelectionSetting{}, modeltypes.OutputContext{}, modeltypes.InputContext{},
	modeltypes.FulfillmentCodeHookSettings{}, modeltypes.PostFulfillmentStatusSpecification{}, modeltypes.FulfillmentUpdatesSpecification{},
	modeltypes.FulfillmentStartResponseSpecification{}, modeltypes.FulfillmentUpdateResponseSpecification{},
)

// TestDefinitionThroughTheSDK reads the example bot as a client of AWS does.
func TestDefinitionThroughTheSDK(t *testing.T) {
	r := emptyRegion(t, "us-east-1")
	bot := r.imported(exportOf(t, "OrderFlowers", nil), "Flowers", modeltypes.MergeStrategyFailOnConflict)
	r.built(bot)
	for _, version := range []string{"DRAFT", r.version(bot)} {
		l := r.locale(bot, version)
		if *l.NluIntentConfidenceThreshold != 0.4 || *l.VoiceSettings.VoiceId != "Joanna" || l.VoiceSettings.Engine != modeltypes.VoiceEngineNeural || *l.SlotTypesCount != 1 {
			t.Errorf("%s: locale %+v, want threshold 0.4 and Joanna", version, l)
		}
		in := r.intent(bot, version, "OrderFlowers")
		slots := r.slots(bot, version, "OrderFlowers")
		var order []string
		for i, p := range in.SlotPriorities {
			for name, s := range slots {
				if *s.SlotId == *p.SlotId && *p.Priority == int32(i+1) {
					order = append(order, name)
				}
			}
		}
		if diff := cmp.Diff([]string{"FlowerType", "PickupDate", "PickupTime"}, order); diff != "" {
			t.Errorf("%s: slots by priority (-want +got):\n%s", version, diff)
		}
		if u := in.SampleUtterances; len(u) < 3 || *u[0].Utterance != "I would like to pick up flowers" {
			t.Errorf("%s: utterances %+v", version, u)
		}
		if c := in.IntentConfirmationSetting; c == nil || !*c.Active || c.PromptSpecification == nil || c.DeclinationResponse == nil {
			t.Errorf("%s: confirmation %+v, want one with prompt and declination", version, c)
		}
		if !in.FulfillmentCodeHook.Enabled || in.DialogCodeHook.Enabled {
			t.Errorf("%s: hooks %+v %+v, want fulfilment only", version, in.FulfillmentCodeHook, in.DialogCodeHook)
		}
		flower := slots["FlowerType"]
		prompt := flower.ValueElicitationSetting.PromptSpecification
		want := []modeltypes.MessageGroup{{
			Message: plain(askType), Variations: []modeltypes.Message{*plain("We have roses, lilies and tulips. Which would you like?")},
		}}
		if diff := cmp.Diff(want, prompt.MessageGroups, shapes); diff != "" || *prompt.MaxRetries != 3 || len(prompt.PromptAttemptsSpecification) != 4 {
			t.Errorf("%s: prompt with %d retries and %d attempts, want 3 and 4 (-want +got):\n%s", version, *prompt.MaxRetries, len(prompt.PromptAttemptsSpecification), diff)
		}
		if s := slots["PickupDate"]; *s.SlotTypeId != "AMAZON.Date" || s.ValueElicitationSetting.SlotConstraint != modeltypes.SlotConstraintRequired {
			t.Errorf("%s: PickupDate %+v, want a required AMAZON.Date", version, s)
		}
		r.wantFlowerTypes(bot, version, *flower.SlotTypeId)
	}
	if fallback := r.intent(bot, "1", "FallbackIntent"); *fallback.IntentId != "FALLBCKINT" || *fallback.ParentIntentSignature != botdef.FallbackSignature {
		t.Errorf("fallback %+v, want FALLBCKINT", fallback)
	}
}

// wantFlowerTypes checks the slot type of flowers, by list and by id.
func (r *testRegion) wantFlowerTypes(bot, version, id string) {
	r.t.Helper()
	list, err := r.models.ListSlotTypes(r.t.Context(), &lexmodelsv2.ListSlotTypesInput{BotId: &bot, BotVersion: &version, LocaleId: english})
	if err != nil || len(list.SlotTypeSummaries) != 1 || *list.SlotTypeSummaries[0].SlotTypeId != id || list.SlotTypeSummaries[0].SlotTypeCategory != modeltypes.SlotTypeCategoryCustom {
		r.t.Fatalf("ListSlotTypes = %+v, %v; want one with id %s", list, err, id)
	}
	out, err := r.models.DescribeSlotType(r.t.Context(), &lexmodelsv2.DescribeSlotTypeInput{BotId: &bot, BotVersion: &version, LocaleId: english, SlotTypeId: &id})
	if err != nil {
		r.t.Fatal(err)
	}
	def := loadBot(r.t, "OrderFlowers").Locale("en_US").SlotType("FlowerTypes")
	var want []modeltypes.SlotTypeValue
	for _, v := range def.Values {
		value := modeltypes.SlotTypeValue{SampleValue: &modeltypes.SampleValue{Value: &v.Value}}
		for _, s := range v.Synonyms {
			value.Synonyms = append(value.Synonyms, modeltypes.SampleValue{Value: &s})
		}
		want = append(want, value)
	}
	if diff := cmp.Diff(want, out.SlotTypeValues, shapes); diff != "" || len(want) == 0 {
		r.t.Errorf("%s: values (-want +got):\n%s", version, diff)
	}
	if got := out.ValueSelectionSetting.ResolutionStrategy; got != modeltypes.SlotValueResolutionStrategyTopResolution {
		r.t.Errorf("%s: resolution %s, want TopResolution", version, got)
	}
}

// TestDialogOfADefinition reads what else an intent has: responses of every kind,
// steps, conditions, hooks, contexts and updates.
func TestDialogOfADefinition(t *testing.T) {
	conditional, err := os.ReadFile("../botdef/testdata/conditional.json")
	if err != nil {
		t.Fatal(err)
	}
	r := emptyRegion(t, "us-east-1")
	bot := r.imported(exportOf(t, "OrderFlowers", func(name, text string) string {
		if name == "OrderFlowers/BotLocales/en_US/Intents/OrderFlowers/Intent.json" {
			return string(conditional)
		}
		return text
	}), "Flowers", modeltypes.MergeStrategyFailOnConflict)
	in := r.intent(bot, "DRAFT", "OrderFlowers")
	step := func(kind modeltypes.DialogActionType, slot *string, quiet bool) *modeltypes.DialogState {
		return &modeltypes.DialogState{DialogAction: &modeltypes.DialogAction{Type: kind, SlotToElicit: slot, SuppressNextMessage: &quiet}}
	}
	member := step(modeltypes.DialogActionTypeElicitSlot, aws.String("PickupDate"), true)
	member.SessionAttributes = map[string]string{"greeted": "yes"}
	member.Intent = &modeltypes.IntentOverride{Name: aws.String("OrderFlowers"), Slots: map[string]modeltypes.SlotValueOverride{
		"FlowerType": {Shape: modeltypes.SlotShapeScalar, Value: &modeltypes.SlotValue{InterpretedValue: aws.String("roses")}},
	}}
	want := &modeltypes.InitialResponseSetting{
		InitialResponse: &modeltypes.ResponseSpecification{AllowInterrupt: aws.Bool(false), MessageGroups: []modeltypes.MessageGroup{
			{Message: &modeltypes.Message{SsmlMessage: &modeltypes.SSMLMessage{Value: aws.String("<speak>Welcome.</speak>")}}},
			{Message: &modeltypes.Message{CustomPayload: &modeltypes.CustomPayload{Value: aws.String(`{"k": 1}`)}}, Variations: []modeltypes.Message{*plain("Hello.")}},
			{Message: &modeltypes.Message{ImageResponseCard: &modeltypes.ImageResponseCard{
				Title: aws.String("Flowers"), Subtitle: aws.String("fresh"), ImageUrl: aws.String("https://example.com/f.png"),
				Buttons: []modeltypes.Button{{Text: aws.String("Roses"), Value: aws.String("roses")}},
			}}},
		}},
		NextStep: step(modeltypes.DialogActionTypeEvaluateConditional, nil, false),
		Conditional: &modeltypes.ConditionalSpecification{
			Active: aws.Bool(true),
			ConditionalBranches: []modeltypes.ConditionalBranch{{
				Name: aws.String("Member"), Condition: &modeltypes.Condition{ExpressionString: aws.String(`[member] = "yes"`)}, NextStep: member,
				Response: &modeltypes.ResponseSpecification{AllowInterrupt: aws.Bool(true), MessageGroups: []modeltypes.MessageGroup{{Message: plain("Nice to hear you again.")}}},
			}},
			DefaultBranch: &modeltypes.DefaultConditionalBranch{NextStep: step(modeltypes.DialogActionTypeInvokeDialogCodeHook, nil, false)},
		},
		CodeHook: &modeltypes.DialogCodeHookInvocationSetting{
			Active: aws.Bool(true), EnableCodeHookInvocation: aws.Bool(true), InvocationLabel: aws.String("initial"),
			PostCodeHookSpecification: &modeltypes.PostDialogCodeHookInvocationSpecification{
				SuccessNextStep: step(modeltypes.DialogActionTypeElicitSlot, aws.String("FlowerType"), false),
				FailureNextStep: step(modeltypes.DialogActionTypeEndConversation, nil, false),
			},
		},
	}
	if diff := cmp.Diff(want, in.InitialResponseSetting, shapes); diff != "" {
		t.Errorf("initial response (-want +got):\n%s", diff)
	}
	updates := in.FulfillmentCodeHook.FulfillmentUpdatesSpecification
	if updates == nil || !*updates.Active || *updates.TimeoutInSeconds != 30 || *updates.StartResponse.DelayInSeconds != 2 || *updates.UpdateResponse.FrequencyInSeconds != 10 {
		t.Errorf("updates %+v, want those of the definition", updates)
	}
	if diff := cmp.Diff([]modeltypes.OutputContext{{Name: aws.String("ordered"), TimeToLiveInSeconds: aws.Int32(90), TurnsToLive: aws.Int32(5)}}, in.OutputContexts, shapes); diff != "" {
		t.Errorf("output contexts (-want +got):\n%s", diff)
	}
	if len(in.InputContexts) != 1 || *in.InputContexts[0].Name != "member" || !in.DialogCodeHook.Enabled {
		t.Errorf("input contexts %+v, dialog hook %+v; want member and the hook", in.InputContexts, in.DialogCodeHook)
	}
}

// TestListsArePaged follows the tokens of a list and turns its order.
func TestListsArePaged(t *testing.T) {
	r := emptyRegion(t, "us-east-1")
	bot := r.imported(exportOf(t, "BookTrip", nil), "Trip", modeltypes.MergeStrategyFailOnConflict)
	names := func(order modeltypes.SortOrder) (names []string) {
		pages := lexmodelsv2.NewListIntentsPaginator(r.models, &lexmodelsv2.ListIntentsInput{
			BotId: &bot, BotVersion: aws.String("DRAFT"), LocaleId: english, MaxResults: aws.Int32(3),
			SortBy: &modeltypes.IntentSortBy{Attribute: modeltypes.IntentSortAttributeIntentName, Order: order},
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, in := range page.IntentSummaries {
				names = append(names, *in.IntentName)
			}
		}
		return names
	}
	if diff := cmp.Diff([]string{"BookCar", "BookHotel", "HelpIntent", "FallbackIntent"}, names(modeltypes.SortOrderAscending)); diff != "" {
		t.Errorf("intents (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"FallbackIntent", "HelpIntent", "BookHotel", "BookCar"}, names(modeltypes.SortOrderDescending)); diff != "" {
		t.Errorf("intents, descending (-want +got):\n%s", diff)
	}
}
