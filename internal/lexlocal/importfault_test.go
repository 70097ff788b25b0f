package lexlocal

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lexmodelsv2"
	modeltypes "github.com/aws/aws-sdk-go-v2/service/lexmodelsv2/types"
)

// failed imports a zip and returns why that failed.
func (r *testRegion) failed(data []byte, resource *modeltypes.ImportResourceSpecification, strategy modeltypes.MergeStrategy) string {
	r.t.Helper()
	id := r.startImport(data, resource, strategy)
	if got := r.describeImport(id); len(got.FailureReasons) > 0 {
		r.t.Errorf("reasons %q are told before the import is over", got.FailureReasons)
	}
	r.clock.pass(shortBuild)
	got := r.describeImport(id)
	if got.ImportStatus != modeltypes.ImportStatusFailed || len(got.FailureReasons) == 0 || got.ImportedResourceId != nil {
		r.t.Fatalf("DescribeImport = %s of %v %q, want Failed with reasons", got.ImportStatus, got.ImportedResourceId, got.FailureReasons)
	}
	return strings.Join(got.FailureReasons, "\n")
}

// TestZipsThatAreNoBot uploads what cannot be imported. What the zip reader itself
// refuses is tested in botdef.
func TestZipsThatAreNoBot(t *testing.T) {
	without := func(part string) []byte {
		return exportOf(t, "OrderFlowers", func(name, text string) string {
			if strings.HasSuffix(name, part) {
				return ""
			}
			return text
		})
	}
	asLocale := func(bot string) *modeltypes.ImportResourceSpecification {
		return &modeltypes.ImportResourceSpecification{BotLocaleImportSpecification: &modeltypes.BotLocaleImportSpecification{
			BotId: &bot, BotVersion: aws.String("DRAFT"), LocaleId: english,
		}}
	}
	r := emptyRegion(t, "us-east-1")
	there := r.imported(exportOf(t, "OrderFlowers", nil), "There", modeltypes.MergeStrategyFailOnConflict)
	for _, test := range []struct {
		name     string
		zip      []byte
		resource *modeltypes.ImportResourceSpecification
		want     string
	}{
		{"not a zip", []byte("PK but no more"), asBot("New"), "not a valid zip file"},
		{"nothing", []byte{}, asBot("New"), "not a valid zip file"},
		{"no Bot.json", without("Bot.json"), asBot("New"), "holds no Bot.json"},
		{"no manifest", without("Manifest.json"), asBot("New"), "Manifest.json is missing"},
		{"no locale", without("BotLocale.json"), asBot("New"), "BotLocale.json is missing"},
		{"a slot type that is not there", without("SlotType.json"), asBot("New"), `slot type "FlowerTypes" has no`},
		{"no JSON", exportOf(t, "OrderFlowers", replaced("Bot.json", "{", "[")), asBot("New"), "Bot.json: line 2"},
		{"a session that is too short", exportOf(t, "OrderFlowers", replaced("Bot.json", ": 300", ": 3")), asBot("New"), "idleSessionTTLInSeconds"},
		{"a bot of that name", exportOf(t, "OrderFlowers", nil), asBot("There"), "bot There exists already"},
		{"a bot as a locale", exportOf(t, "OrderFlowers", nil), asLocale(there), "holds a whole bot"},
		{"a locale as a bot", exportOf(t, "OrderFlowers", replaced("Manifest", `"BOT"`, `"BOT_LOCALE"`)), asBot("New"), "holds a single locale"},
		{"a locale that is there", exportOf(t, "OrderFlowers", replaced("Manifest", `"BOT"`, `"BOT_LOCALE"`)), asLocale(there), "locale en_US of bot There exists already"},
	} {
		if got := r.failed(test.zip, test.resource, modeltypes.MergeStrategyFailOnConflict); !strings.Contains(got, test.want) {
			t.Errorf("%s: import failed with %q, want %q", test.name, got, test.want)
		}
	}
	list, err := r.models.ListBots(t.Context(), &lexmodelsv2.ListBotsInput{})
	if err != nil || len(list.BotSummaries) != 1 {
		t.Errorf("ListBots = %+v, %v; want only the bot of before", list, err)
	}
}

func TestImportRequestsThatAreRefused(t *testing.T) {
	r := emptyRegion(t, "us-east-1")
	id := r.upload(exportOf(t, "OrderFlowers", nil))
	start := func(edit func(*lexmodelsv2.StartImportInput)) error {
		in := &lexmodelsv2.StartImportInput{ImportId: &id, MergeStrategy: modeltypes.MergeStrategyOverwrite, ResourceSpecification: asBot("Flowers")}
		edit(in)
		_, err := r.models.StartImport(t.Context(), in)
		return err
	}
	bot := func(edit func(*modeltypes.BotImportSpecification)) error {
		return start(func(in *lexmodelsv2.StartImportInput) { edit(in.ResourceSpecification.BotImportSpecification) })
	}
	wantError(t, "an id that is none", start(func(in *lexmodelsv2.StartImportInput) { in.ImportId = aws.String("short") }), "ValidationException", "importId")
	wantError(t, "an id that was not given out", start(func(in *lexmodelsv2.StartImportInput) { in.ImportId = aws.String("ABCDEFGHIJ") }), "ResourceNotFoundException", "ABCDEFGHIJ")
	wantError(t, "an unknown strategy", start(func(in *lexmodelsv2.StartImportInput) { in.MergeStrategy = "Guess" }), "ValidationException", "mergeStrategy")
	wantError(t, "a password", start(func(in *lexmodelsv2.StartImportInput) { in.FilePassword = aws.String("secret") }), "ValidationException", "filePassword")
	wantError(t, "no resource", start(func(in *lexmodelsv2.StartImportInput) {
		in.ResourceSpecification = &modeltypes.ImportResourceSpecification{}
	}), "ValidationException", "resourceSpecification")
	wantError(t, "a name that is none", bot(func(s *modeltypes.BotImportSpecification) { s.BotName = aws.String("two words") }), "ValidationException", "botName")
	wantError(t, "a role that is none", bot(func(s *modeltypes.BotImportSpecification) { s.RoleArn = aws.String("admin") }), "ValidationException", "roleArn")
	wantError(t, "a session too long", bot(func(s *modeltypes.BotImportSpecification) { s.IdleSessionTTLInSeconds = aws.Int32(100000) }), "ValidationException", "idleSessionTTLInSeconds")
	wantError(t, "a locale of no bot", start(func(in *lexmodelsv2.StartImportInput) {
		in.ResourceSpecification = &modeltypes.ImportResourceSpecification{BotLocaleImportSpecification: &modeltypes.BotLocaleImportSpecification{
			BotId: aws.String("NOSUCHBOT1"), BotVersion: aws.String("DRAFT"), LocaleId: english,
		}}
	}), "ResourceNotFoundException", "NOSUCHBOT1")

	empty, err := r.models.CreateUploadUrl(t.Context(), &lexmodelsv2.CreateUploadUrlInput{})
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, "nothing uploaded", start(func(in *lexmodelsv2.StartImportInput) { in.ImportId = empty.ImportId }), "ValidationException", "nothing has been uploaded")
	if err := start(func(*lexmodelsv2.StartImportInput) {}); err != nil {
		t.Errorf("StartImport after those that were refused: %v", err)
	}
	wantError(t, "an upload that was used", start(func(*lexmodelsv2.StartImportInput) {}), "ResourceNotFoundException", "has been used")
	_, err = r.models.DescribeImport(t.Context(), &lexmodelsv2.DescribeImportInput{ImportId: aws.String("ABCDEFGHIJ")})
	wantError(t, "an import that is not there", err, "ResourceNotFoundException", "ABCDEFGHIJ")
}

func TestUploadsAreGuarded(t *testing.T) {
	r := emptyRegion(t, "us-east-1")
	open := func() (*lexmodelsv2.CreateUploadUrlOutput, error) {
		return r.models.CreateUploadUrl(t.Context(), &lexmodelsv2.CreateUploadUrlInput{})
	}
	made, err := open()
	if err != nil {
		t.Fatal(err)
	}
	address := *made.UploadUrl
	for _, test := range []struct {
		name, address string
		data          []byte
		want          int
	}{
		{"a guessed token", address[:strings.LastIndex(address, "/")+1] + "GUESSED", []byte("zip"), http.StatusForbidden},
		{"too much", address, make([]byte, maxUpload+1), http.StatusBadRequest},
		{"a path that leads elsewhere", r.url + "/uploads/x/../../bots", []byte("zip"), http.StatusNotFound},
		{"all that is allowed", address, make([]byte, maxUpload), http.StatusOK},
	} {
		if got := r.put(test.address, test.data); got != test.want {
			t.Errorf("%s: PUT answered %d, want %d", test.name, got, test.want)
		}
	}
	for range maxUploads - 1 {
		if _, err := open(); err != nil {
			t.Fatal(err)
		}
	}
	_, err = open()
	wantError(t, "one upload too many", err, "ServiceQuotaExceededException", "uploads wait")
	r.clock.pass(uploadTime)
	if got := r.put(address, []byte("zip")); got != http.StatusForbidden {
		t.Errorf("PUT to an expired address answered %d, want 403", got)
	}
	if _, err := open(); err != nil {
		t.Errorf("CreateUploadUrl after the others have expired: %v", err)
	}
}

func TestBuildsThatFail(t *testing.T) {
	r := emptyRegion(t, "us-east-1")
	bot := r.imported(flowersThatAsk(t, askType), "Flowers", modeltypes.MergeStrategyFailOnConflict)
	r.built(bot)
	broken := exportOf(t, "OrderFlowers", replaced("OrderFlowers/Intent.json", "I would like to pick up flowers", "I would like {Nonsense}"))
	r.imported(broken, "Flowers", modeltypes.MergeStrategyOverwrite)
	if err := r.build(bot); err != nil {
		t.Fatal(err)
	}
	if got := r.locale(bot, "DRAFT"); got.BotLocaleStatus != modeltypes.BotLocaleStatusBuilding || len(got.FailureReasons) > 0 {
		t.Errorf("locale is %s %q, want Building", got.BotLocaleStatus, got.FailureReasons)
	}
	r.clock.pass(longBuild)
	got := r.locale(bot, "DRAFT")
	if got.BotLocaleStatus != modeltypes.BotLocaleStatusFailed || len(got.FailureReasons) != 1 || !strings.Contains(got.FailureReasons[0], "{Nonsense} is no slot of this intent") {
		t.Errorf("locale is %s %q, want Failed because of Nonsense", got.BotLocaleStatus, got.FailureReasons)
	}
	r.wantAnswer("the draft after a failed build", bot, *draft, askType)
	_, err := r.createVersion(bot)
	wantError(t, "a version of a failed build", err, "PreconditionFailedException", "Failed")

	_, err = r.models.BuildBotLocale(t.Context(), &lexmodelsv2.BuildBotLocaleInput{BotId: &bot, BotVersion: aws.String("DRAFT"), LocaleId: aws.String("fr_FR")})
	wantError(t, "an unknown locale", err, "PreconditionFailedException", "fr_FR")
	wantError(t, "an unknown bot", r.build("NOSUCHBOT1"), "ResourceNotFoundException", "NOSUCHBOT1")
}

// TestAppendAddsWhatIsMissing leaves what is there as it is.
func TestAppendAddsWhatIsMissing(t *testing.T) {
	r := emptyRegion(t, "us-east-1")
	bot := r.imported(flowersThatAsk(t, askType), "Both", modeltypes.MergeStrategyFailOnConflict)
	r.imported(flowersThatAsk(t, askColor), "Both", modeltypes.MergeStrategyAppend)
	r.imported(exportOf(t, "BookTrip", nil), "Both", modeltypes.MergeStrategyAppend)
	v, _ := r.account.find(bot).at(draftVersion)
	l := v.def.Locale("en_US")
	if l.Intent("OrderFlowers") == nil || l.Intent("BookCar") == nil || l.SlotType("FlowerTypes") == nil || l.SlotType("CarTypes") == nil {
		t.Errorf("intents %d and slot types %d, want those of both bots", len(l.Intents), len(l.SlotTypes))
	}
	if last := l.Intents[len(l.Intents)-1]; last != l.Fallback() {
		t.Errorf("the last intent is %s, want the fallback", last.Name)
	}
	r.built(bot)
	r.wantAnswer("what was there", bot, *draft, askType)
}

// TestBotIsDeleted deletes version and bot, and imports the bot again.
func TestBotIsDeleted(t *testing.T) {
	r := emptyRegion(t, "us-east-1")
	bot := r.imported(flowersThatAsk(t, askType), "Flowers", modeltypes.MergeStrategyFailOnConflict)
	r.built(bot)
	number := r.version(bot)
	live := r.alias(bot, "live", number)
	deleteVersion := func() error {
		_, err := r.models.DeleteBotVersion(t.Context(), &lexmodelsv2.DeleteBotVersionInput{BotId: &bot, BotVersion: &number})
		return err
	}
	deleteBot := func(force bool) error {
		_, err := r.models.DeleteBot(t.Context(), &lexmodelsv2.DeleteBotInput{BotId: &bot, SkipResourceInUseCheck: force})
		return err
	}
	wantError(t, "a version in use", deleteVersion(), "ConflictException", "alias live")
	wantError(t, "a bot in use", deleteBot(false), "ConflictException", "alias live")
	if _, err := r.models.DeleteBotAlias(t.Context(), &lexmodelsv2.DeleteBotAliasInput{BotId: &bot, BotAliasId: &live}); err != nil {
		t.Fatal(err)
	}
	if err := deleteVersion(); err != nil {
		t.Fatal(err)
	}
	if again := r.version(bot); again != "2" {
		t.Errorf("the next version is %s, want 2: numbers are not given out twice", again)
	}
	if err := deleteBot(true); err != nil {
		t.Fatal(err)
	}
	_, err := r.ask(bot, *draft, flowersText)
	wantError(t, "a bot that was deleted", err, "ResourceNotFoundException", bot)
	if again := r.imported(flowersThatAsk(t, askType), "Flowers", modeltypes.MergeStrategyFailOnConflict); again == bot {
		t.Errorf("the bot that was imported again has the id %s of before", again)
	}
}

// TestTalkWhileTheBotChanges talks to a version and to the draft while the draft is
// imported and built again and again, and the alias is moved in a conversation.
func TestTalkWhileTheBotChanges(t *testing.T) {
	r := emptyRegion(t, "us-east-1")
	bot := r.imported(flowersThatAsk(t, askType), "Flowers", modeltypes.MergeStrategyFailOnConflict)
	r.built(bot)
	one := r.version(bot)
	live := r.alias(bot, "live", one)
	stop := make(chan struct{})
	var talkers sync.WaitGroup
	for range 4 {
		talkers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if got, err := r.ask(bot, live, flowersText); err != nil || got != askType {
					t.Errorf("version 1: %q, %v; want what it always said", got, err)
				}
				if got, err := r.ask(bot, *draft, flowersText); err != nil || got != askType && got != askColor {
					t.Errorf("the draft: %q, %v; want one of its two questions", got, err)
				}
			}
		})
	}
	for i := range 6 {
		r.imported(flowersThatAsk(t, []string{askColor, askType}[i%2]), "Flowers", modeltypes.MergeStrategyOverwrite)
		r.built(bot)
		r.version(bot)
	}
	close(stop)
	talkers.Wait()

	// A conversation whose intent the next version does not have begins afresh.
	if _, err := r.askIn(t.Context(), bot, live, "CA0123", flowersText); err != nil {
		t.Fatal(err)
	}
	r.imported(exportOf(t, "BookTrip", nil), "Flowers", modeltypes.MergeStrategyOverwrite)
	r.built(bot)
	trip := r.version(bot)
	if _, err := r.models.UpdateBotAlias(t.Context(), &lexmodelsv2.UpdateBotAliasInput{BotId: &bot, BotAliasId: &live, BotAliasName: aws.String("live"), BotVersion: &trip}); err != nil {
		t.Fatal(err)
	}
	if got, err := r.askIn(t.Context(), bot, live, "CA0123", "book a hotel"); err != nil || !strings.Contains(got, "city") {
		t.Errorf("the conversation goes on with %q, %v; want the question for the city", got, err)
	}
}

// TestFaultsStrikeModels breaks an operation of the models API, and a transfer.
func TestFaultsStrikeModels(t *testing.T) {
	r := emptyRegion(t, "us-east-1")
	if _, err := r.SetFaults([]byte(`[{"kind":"error","type":"InternalServerException","operations":["BuildBotLocale"]},{"kind":"error","status":503,"operations":["Upload"]}]`)); err != nil {
		t.Fatal(err)
	}
	made, err := r.models.CreateUploadUrl(t.Context(), &lexmodelsv2.CreateUploadUrlInput{})
	if err != nil {
		t.Fatal(err)
	}
	if got := r.put(*made.UploadUrl, []byte("zip")); got != http.StatusServiceUnavailable {
		t.Errorf("PUT under a fault answered %d, want 503", got)
	}
	if err := r.clear(); err != nil {
		t.Fatal(err)
	}
	bot := r.imported(flowersThatAsk(t, askType), "Flowers", modeltypes.MergeStrategyFailOnConflict)
	if _, err := r.SetFaults([]byte(`[{"kind":"error","type":"InternalServerException","operations":["BuildBotLocale"]}]`)); err != nil {
		t.Fatal(err)
	}
	wantError(t, "a build under a fault", r.build(bot), "InternalServerException", "a fault was set")
	if got := r.locale(bot, "DRAFT").BotLocaleStatus; got != modeltypes.BotLocaleStatusNotBuilt {
		t.Errorf("locale is %s, want NotBuilt", got)
	}
}

// FuzzModels sends anything to the operations of the models API.
func FuzzModels(f *testing.F) {
	zip := exportOf(f, "OrderFlowers", nil)
	whole, err := New(Config{Region: "us-east-1", Bots: loadBots(f)})
	if err != nil {
		f.Fatal(err)
	}
	built := whole.account.all()[0] // building is what takes long
	f.Add("PUT", "/imports/", `{"importId":"IMPORTEDXX","mergeStrategy":"Append","resourceSpecification":{"botImportSpecification":{"botName":"B","roleArn":"arn:aws:iam::123456789012:role/lex","dataPrivacy":{"childDirected":false}}}}`)
	f.Add("PUT", "/bots/FLOWERSBOT/botversions", `{"botVersionLocaleSpecification":{"en_US":{"sourceBotVersion":"DRAFT"}}}`)
	f.Add("PUT", "/bots/FLOWERSBOT/botaliases/", `{"botAliasName":"a","botVersion":"1","botAliasLocaleSettings":{"en_US":{"enabled":true}}}`)
	f.Add("PUT", "/exports", `{"fileFormat":"LexJson","resourceSpecification":{"botLocaleExportSpecification":{"botId":"FLOWERSBOT","botVersion":"1","localeId":"en_US"}}}`)
	f.Add("POST", "/bots/FLOWERSBOT/botversions/1/botlocales/en_US/intents", `{"filters":[{"name":"IntentName","operator":"CO","values":["F"]}],"sortBy":{"order":"Descending"},"maxResults":1}`)
	f.Add("POST", "/bots/FLOWERSBOT/botversions/DRAFT/botlocales/en_US", ``)
	f.Add("GET", "/bots/FLOWERSBOT/botversions/1/botlocales/en_US/intents/FALLBCKINT/slots/x", ``)
	f.Add("DELETE", "/bots/FLOWERSBOT/botversions/1?skipResourceInUseCheck=true", ``)
	f.Fuzz(func(t *testing.T, method, path, body string) {
		s, err := New(Config{Region: "us-east-1"})
		if err != nil {
			t.Fatal(err)
		}
		fresh := &servedBot{name: built.name, id: built.id, draft: built.draft, versions: slices.Clone(built.versions), count: 1}
		if fresh.aliases, err = newAliases(fresh.id, []string{"ver_one"}, friday); err != nil {
			t.Fatal(err)
		}
		if err := s.account.add(fresh); err != nil {
			t.Fatal(err)
		}
		s.uploads.list = []upload{{importID: "IMPORTEDXX", expires: time.Now().Add(time.Hour), data: zip}}
		r, err := http.NewRequestWithContext(t.Context(), method, "http://127.0.0.1"+path, strings.NewReader(body))
		if err != nil {
			return // no request can look like this
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Errorf("%s %s %q answered %d %s", method, path, body, w.Code, w.Body)
		}
	})
}
