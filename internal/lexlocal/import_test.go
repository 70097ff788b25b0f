package lexlocal

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lexmodelsv2"
	modeltypes "github.com/aws/aws-sdk-go-v2/service/lexmodelsv2/types"
	"github.com/google/go-cmp/cmp"
)

const (
	askType  = "What type of flowers would you like to order?"
	askColor = "Which flowers shall it be?"
)

// flowersThatAsk is the export of OrderFlowers with one question for the flowers.
func flowersThatAsk(t testing.TB, question string) []byte {
	const variation = "We have roses, lilies and tulips. Which would you like?"
	return exportOf(t, "OrderFlowers", func(name, text string) string {
		return strings.NewReplacer(askType, question, variation, question).Replace(text)
	})
}

// TestFromNothingToACall imports, builds, and makes a version and an alias, the way
// of a bot into an account of AWS, and looks at every state on it.
func TestFromNothingToACall(t *testing.T) {
	r := emptyRegion(t, "eu-central-1")
	if list, err := r.models.ListBots(t.Context(), &lexmodelsv2.ListBotsInput{}); err != nil || len(list.BotSummaries) != 0 {
		t.Fatalf("ListBots = %+v, %v; want no bot", list, err)
	}
	id := r.startImport(flowersThatAsk(t, askType), asBot("Flowers"), modeltypes.MergeStrategyFailOnConflict)
	if got := r.describeImport(id); got.ImportStatus != modeltypes.ImportStatusInProgress || got.ImportedResourceId != nil {
		t.Errorf("DescribeImport at once = %s of %v, want InProgress", got.ImportStatus, got.ImportedResourceId)
	}
	list, err := r.models.ListBots(t.Context(), &lexmodelsv2.ListBotsInput{})
	if err != nil || len(list.BotSummaries) != 1 || list.BotSummaries[0].BotStatus != modeltypes.BotStatusImporting {
		t.Fatalf("ListBots = %+v, %v; want a bot Importing", list, err)
	}
	bot := *list.BotSummaries[0].BotId
	if got := r.locale(bot, "DRAFT").BotLocaleStatus; got != modeltypes.BotLocaleStatusImporting {
		t.Errorf("locale during the import is %s, want Importing", got)
	}
	wantError(t, "build during the import", r.build(bot), "ConflictException", "Importing")

	r.clock.pass(shortBuild)
	done := r.describeImport(id)
	if done.ImportStatus != modeltypes.ImportStatusCompleted || *done.ImportedResourceId != bot || *done.ImportedResourceName != "Flowers" {
		t.Fatalf("DescribeImport = %s of %v, want Completed of %s", done.ImportStatus, done.ImportedResourceId, bot)
	}
	if got := r.locale(bot, "DRAFT"); got.BotLocaleStatus != modeltypes.BotLocaleStatusNotBuilt || *got.IntentsCount == 0 {
		t.Errorf("locale after the import is %s with %d intents, want NotBuilt with some", got.BotLocaleStatus, *got.IntentsCount)
	}
	_, err = r.ask(bot, *draft, flowersText)
	wantError(t, "a draft that was never built", err, "ValidationException", "has not been built")
	_, err = r.createVersion(bot)
	wantError(t, "a version of it", err, "PreconditionFailedException", "NotBuilt")

	if err := r.build(bot); err != nil {
		t.Fatal(err)
	}
	for _, want := range []modeltypes.BotLocaleStatus{
		modeltypes.BotLocaleStatusBuilding, modeltypes.BotLocaleStatusBuilding, modeltypes.BotLocaleStatusReadyExpressTesting, modeltypes.BotLocaleStatusBuilt,
	} {
		if got := r.locale(bot, "DRAFT").BotLocaleStatus; got != want {
			t.Errorf("locale is %s, want %s", got, want)
		}
		if want == modeltypes.BotLocaleStatusBuilding {
			wantError(t, "another build", r.build(bot), "ConflictException", "Building")
		}
		r.clock.pass(longBuild / 3)
	}
	r.wantAnswer("the draft, built", bot, *draft, askType)

	number, err := r.createVersion(bot)
	if err != nil || number != "1" {
		t.Fatalf("CreateBotVersion = %q, %v; want 1", number, err)
	}
	describe := func() modeltypes.BotStatus {
		out, err := r.models.DescribeBotVersion(t.Context(), &lexmodelsv2.DescribeBotVersionInput{BotId: &bot, BotVersion: &number})
		if err != nil {
			t.Fatal(err)
		}
		return out.BotStatus
	}
	if got := describe(); got != modeltypes.BotStatusCreating {
		t.Errorf("version at once is %s, want Creating", got)
	}
	_, err = r.models.CreateBotAlias(t.Context(), &lexmodelsv2.CreateBotAliasInput{BotId: &bot, BotAliasName: aws.String("live"), BotVersion: &number})
	wantError(t, "an alias of a version that is being created", err, "PreconditionFailedException", "still being created")
	r.clock.pass(shortBuild)
	if got := describe(); got != modeltypes.BotStatusAvailable {
		t.Errorf("version is %s, want Available", got)
	}
	r.wantAnswer("the alias", bot, r.alias(bot, "live", number), askType)
}

// TestVersionsStayAsTheyAre changes the draft under a numbered version and points an
// alias from one version to another.
func TestVersionsStayAsTheyAre(t *testing.T) {
	r := emptyRegion(t, "us-east-1")
	bot := r.imported(flowersThatAsk(t, askType), "Flowers", modeltypes.MergeStrategyFailOnConflict)
	r.built(bot)
	one := r.version(bot)
	live := r.alias(bot, "live", one)

	if again := r.imported(flowersThatAsk(t, askColor), "Flowers", modeltypes.MergeStrategyOverwrite); again != bot {
		t.Fatalf("the import made bot %s, want %s changed", again, bot)
	}
	r.wantAnswer("the draft, changed and not built", bot, *draft, askType)
	r.wantAnswer("version 1 then", bot, live, askType)
	if err := r.build(bot); err != nil {
		t.Fatal(err)
	}
	r.wantAnswer("the draft while it is built", bot, *draft, askType)
	r.clock.pass(longBuild)
	r.wantAnswer("the draft, built again", bot, *draft, askColor)
	r.wantAnswer("version 1 then", bot, live, askType)

	two := r.version(bot)
	changed, err := r.models.UpdateBotAlias(t.Context(), &lexmodelsv2.UpdateBotAliasInput{
		BotId: &bot, BotAliasId: &live, BotAliasName: aws.String("live"), BotVersion: &two, Description: aws.String("moved"),
	})
	if err != nil || *changed.BotVersion != "2" || *changed.Description != "moved" {
		t.Fatalf("UpdateBotAlias = %+v, %v; want version 2", changed, err)
	}
	r.wantAnswer("the alias, moved", bot, live, askColor)
	list, err := r.models.ListBotVersions(t.Context(), &lexmodelsv2.ListBotVersionsInput{BotId: &bot})
	if err != nil {
		t.Fatal(err)
	}
	var numbers []string
	for _, v := range list.BotVersionSummaries {
		numbers = append(numbers, *v.BotVersion)
	}
	if diff := cmp.Diff([]string{"2", "1", "DRAFT"}, numbers); diff != "" {
		t.Errorf("versions (-want +got):\n%s", diff)
	}
}
