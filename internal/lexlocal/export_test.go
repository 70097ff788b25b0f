package lexlocal

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lexmodelsv2"
	modeltypes "github.com/aws/aws-sdk-go-v2/service/lexmodelsv2/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"lexline/internal/botdef"
)

// export exports to the end and returns the address of the zip.
func (r *testRegion) export(resource *modeltypes.ExportResourceSpecification) (id, address string) {
	r.t.Helper()
	made, err := r.models.CreateExport(r.t.Context(), &lexmodelsv2.CreateExportInput{
		FileFormat: modeltypes.ImportExportFileFormatLexJson, ResourceSpecification: resource,
	})
	if err != nil || made.ExportStatus != modeltypes.ExportStatusInProgress {
		r.t.Fatalf("CreateExport = %+v, %v; want it InProgress", made, err)
	}
	r.clock.pass(shortBuild)
	done, err := r.models.DescribeExport(r.t.Context(), &lexmodelsv2.DescribeExportInput{ExportId: made.ExportId})
	if err != nil || done.ExportStatus != modeltypes.ExportStatusCompleted || done.DownloadUrl == nil {
		r.t.Fatalf("DescribeExport = %+v, %v; want it Completed", done, err)
	}
	return *made.ExportId, *done.DownloadUrl
}

func (r *testRegion) download(address string) []byte {
	r.t.Helper()
	status, zip := r.do(http.MethodGet, address, nil)
	if status != http.StatusOK {
		r.t.Fatalf("GET of the export answered %d %s, want 200", status, zip)
	}
	return zip
}

func ofBot(id, version string) *modeltypes.ExportResourceSpecification {
	return &modeltypes.ExportResourceSpecification{BotExportSpecification: &modeltypes.BotExportSpecification{BotId: &id, BotVersion: &version}}
}

func ofLocale(id, version, locale string) *modeltypes.ExportResourceSpecification {
	return &modeltypes.ExportResourceSpecification{BotLocaleExportSpecification: &modeltypes.BotLocaleExportSpecification{BotId: &id, BotVersion: &version, LocaleId: &locale}}
}

// TestExportIsWhatWasImported carries a bot from one region to another, whole.
func TestExportIsWhatWasImported(t *testing.T) {
	sent := exportOf(t, "BookTrip", replaced("Bot.json", `"identifier": "`, `"identifier": null, "botTags": "`))
	here := emptyRegion(t, "us-east-1")
	bot := here.imported(sent, "Trip", modeltypes.MergeStrategyFailOnConflict)
	here.built(bot)
	number := here.version(bot)
	id, address := here.export(ofBot(bot, number))
	zip := here.download(address)

	want, err := botdef.ReadZip(sent)
	if err != nil {
		t.Fatal(err)
	}
	got, err := botdef.ReadZip(zip)
	if err != nil {
		t.Fatal(err)
	}
	if got.ID != bot || got.Version != number {
		t.Errorf("the export is of bot %s version %s, want %s %s", got.ID, got.Version, bot, number)
	}
	if diff := cmp.Diff(want.Locales, got.Locales); diff != "" || got.Name != "Trip" {
		t.Errorf("export of %s (-sent +got):\n%s", got.Name, diff)
	}
	if _, err := here.models.DeleteExport(t.Context(), &lexmodelsv2.DeleteExportInput{ExportId: &id}); err != nil {
		t.Error(err)
	}
	if status, _ := here.do(http.MethodGet, address, nil); status != http.StatusForbidden {
		t.Errorf("GET of a deleted export answered %d, want 403", status)
	}
	here.stop()

	there := emptyRegion(t, "us-west-2")
	if other := there.imported(sent, "Trip", modeltypes.MergeStrategyFailOnConflict); other == bot {
		t.Errorf("both regions made bot %s, want ids of their own", bot)
	}
	carried := there.imported(zip, "Carried", modeltypes.MergeStrategyFailOnConflict)
	there.built(carried)
	there.wantAnswer("the bot, carried over", carried, *draft, "Sorry, I did not understand that. I can book a hotel or rent a car.")
}

// TestLocaleIsCarriedAlone exports a locale and imports it as another one.
func TestLocaleIsCarriedAlone(t *testing.T) {
	r := emptyRegion(t, "us-east-1")
	bot := r.imported(exportOf(t, "OrderFlowers", nil), "Flowers", modeltypes.MergeStrategyFailOnConflict)
	_, address := r.export(ofLocale(bot, "DRAFT", "en_US"))
	id := r.startImport(r.download(address), &modeltypes.ImportResourceSpecification{BotLocaleImportSpecification: &modeltypes.BotLocaleImportSpecification{
		BotId: &bot, BotVersion: aws.String("DRAFT"), LocaleId: aws.String("en_GB"),
		NluIntentConfidenceThreshold: aws.Float64(0.7), VoiceSettings: &modeltypes.VoiceSettings{VoiceId: aws.String("Amy"), Engine: modeltypes.VoiceEngineStandard},
	}}, modeltypes.MergeStrategyFailOnConflict)
	r.clock.pass(shortBuild)
	if got := r.describeImport(id); got.ImportStatus != modeltypes.ImportStatusCompleted || *got.ImportedResourceId != "en_GB" {
		t.Fatalf("DescribeImport = %+v, want en_GB Completed", got)
	}
	list, err := r.models.ListBotLocales(t.Context(), &lexmodelsv2.ListBotLocalesInput{BotId: &bot, BotVersion: aws.String("DRAFT")})
	if err != nil || len(list.BotLocaleSummaries) != 2 || *list.BotLocaleSummaries[0].LocaleId != "en_GB" {
		t.Fatalf("ListBotLocales = %+v, %v; want en_GB and en_US", list, err)
	}
	british, err := r.models.DescribeBotLocale(t.Context(), &lexmodelsv2.DescribeBotLocaleInput{BotId: &bot, BotVersion: aws.String("DRAFT"), LocaleId: aws.String("en_GB")})
	if err != nil || *british.NluIntentConfidenceThreshold != 0.7 || *british.VoiceSettings.VoiceId != "Amy" {
		t.Errorf("DescribeBotLocale = %+v, %v; want the settings of the import", british, err)
	}
	v, _ := r.account.find(bot).at(draftVersion)
	if diff := cmp.Diff(v.def.Locale("en_US"), v.def.Locale("en_GB"), cmpopts.IgnoreFields(botdef.Locale{}, "ID", "Threshold", "VoiceID", "VoiceEngine")); diff != "" {
		t.Errorf("en_GB differs from en_US:\n%s", diff)
	}
}

func TestExportsThatAreRefused(t *testing.T) {
	r := emptyRegion(t, "us-east-1")
	bot := r.imported(exportOf(t, "OrderFlowers", nil), "Flowers", modeltypes.MergeStrategyFailOnConflict)
	create := func(resource *modeltypes.ExportResourceSpecification, edit func(*lexmodelsv2.CreateExportInput)) error {
		in := &lexmodelsv2.CreateExportInput{FileFormat: modeltypes.ImportExportFileFormatLexJson, ResourceSpecification: resource}
		if edit != nil {
			edit(in)
		}
		_, err := r.models.CreateExport(t.Context(), in)
		return err
	}
	wantError(t, "no such bot", create(ofBot("NOSUCHBOT1", "DRAFT"), nil), "ResourceNotFoundException", "NOSUCHBOT1")
	wantError(t, "no such version", create(ofBot(bot, "7"), nil), "ResourceNotFoundException", "version 7")
	wantError(t, "no such locale", create(ofLocale(bot, "DRAFT", "fr_FR"), nil), "ResourceNotFoundException", "fr_FR")
	wantError(t, "nothing", create(&modeltypes.ExportResourceSpecification{}, nil), "ValidationException", "resourceSpecification")
	wantError(t, "a password", create(ofBot(bot, "DRAFT"), func(in *lexmodelsv2.CreateExportInput) { in.FilePassword = aws.String("secret") }), "ValidationException", "filePassword")
	wantError(t, "another format", create(ofBot(bot, "DRAFT"), func(in *lexmodelsv2.CreateExportInput) { in.FileFormat = modeltypes.ImportExportFileFormatTsv }), "ValidationException", "LexJson")
	_, err := r.models.DescribeExport(t.Context(), &lexmodelsv2.DescribeExportInput{ExportId: aws.String("NOSUCHEXPO")})
	wantError(t, "no such export", err, "ResourceNotFoundException", "NOSUCHEXPO")
	_, address := r.export(ofBot(bot, "DRAFT"))
	if status, _ := r.do(http.MethodGet, address[:strings.LastIndex(address, "/")+1]+"GUESSED", nil); status != http.StatusForbidden {
		t.Errorf("GET with a guessed token answered %d, want 403", status)
	}
}

func TestReplicasAreOff(t *testing.T) {
	r := emptyRegion(t, "us-east-1")
	bot := r.imported(exportOf(t, "OrderFlowers", nil), "Flowers", modeltypes.MergeStrategyFailOnConflict)
	list, err := r.models.ListBotReplicas(t.Context(), &lexmodelsv2.ListBotReplicasInput{BotId: &bot})
	if err != nil || len(list.BotReplicaSummaries) != 0 || *list.SourceRegion != "us-east-1" || *list.BotId != bot {
		t.Errorf("ListBotReplicas = %+v, %v; want none of %s in us-east-1", list, err, bot)
	}
	_, err = r.models.DescribeBotReplica(t.Context(), &lexmodelsv2.DescribeBotReplicaInput{BotId: &bot, ReplicaRegion: aws.String("us-west-2")})
	wantError(t, "a replica", err, "ResourceNotFoundException", "us-west-2")
}
