package lexlocal

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lexmodelsv2"
	modeltypes "github.com/aws/aws-sdk-go-v2/service/lexmodelsv2/types"
	"github.com/aws/aws-sdk-go-v2/service/lexruntimev2"
	"github.com/aws/smithy-go"

	"lexline/internal/botdef"
)

// testClock stands still until it is moved.
type testClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *testClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *testClock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// testRegion is a server without bots, a clock that stands still, and a client with
// little to say.
type testRegion struct {
	*testServer
	t     *testing.T
	clock *testClock
}

const (
	longBuild   = 30 * time.Second // of the servers here
	shortBuild  = longBuild / 3    // imports, exports and versions
	serviceRole = "arn:aws:iam::123456789012:role/lex"
	flowersText = "I would like to order some flowers"
)

func emptyRegion(t *testing.T, name string) *testRegion {
	t.Helper()
	clock := &testClock{now: friday}
	ts := serve(t, func(cfg *Config) {
		cfg.Region, cfg.Bots, cfg.Now, cfg.BuildTime = name, nil, clock.Now, longBuild
	})
	return &testRegion{ts, t, clock}
}

// upload puts a zip where an import finds it, and returns the import's id.
func (r *testRegion) upload(data []byte) string {
	r.t.Helper()
	made, err := r.models.CreateUploadUrl(r.t.Context(), &lexmodelsv2.CreateUploadUrlInput{})
	if err != nil {
		r.t.Fatal(err)
	}
	if status := r.put(*made.UploadUrl, data); status != http.StatusOK {
		r.t.Fatalf("PUT of %d bytes answered %d, want 200", len(data), status)
	}
	return *made.ImportId
}

// put sends data to an address and returns the status.
func (r *testRegion) put(address string, data []byte) int {
	r.t.Helper()
	status, _ := r.do(http.MethodPut, address, data)
	return status
}

func (r *testRegion) do(method, address string, data []byte) (int, []byte) {
	r.t.Helper()
	request, err := http.NewRequestWithContext(r.t.Context(), method, address, bytes.NewReader(data))
	if err != nil {
		r.t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return answer.StatusCode, body
}

// asBot is the resource of an import of a bot.
func asBot(name string) *modeltypes.ImportResourceSpecification {
	return &modeltypes.ImportResourceSpecification{BotImportSpecification: &modeltypes.BotImportSpecification{
		BotName: &name, RoleArn: aws.String(serviceRole), DataPrivacy: &modeltypes.DataPrivacy{},
	}}
}

// startImport imports a zip, as far as it is begun.
func (r *testRegion) startImport(data []byte, resource *modeltypes.ImportResourceSpecification, strategy modeltypes.MergeStrategy) string {
	r.t.Helper()
	started, err := r.models.StartImport(r.t.Context(), &lexmodelsv2.StartImportInput{
		ImportId: aws.String(r.upload(data)), MergeStrategy: strategy, ResourceSpecification: resource,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	if started.ImportStatus != modeltypes.ImportStatusInProgress {
		r.t.Errorf("StartImport = %s, want InProgress", started.ImportStatus)
	}
	return *started.ImportId
}

func (r *testRegion) describeImport(id string) *lexmodelsv2.DescribeImportOutput {
	r.t.Helper()
	out, err := r.models.DescribeImport(r.t.Context(), &lexmodelsv2.DescribeImportInput{ImportId: &id})
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

// imported imports a bot to the end and returns its id.
func (r *testRegion) imported(data []byte, name string, strategy modeltypes.MergeStrategy) string {
	r.t.Helper()
	id := r.startImport(data, asBot(name), strategy)
	r.clock.pass(shortBuild)
	done := r.describeImport(id)
	if done.ImportStatus != modeltypes.ImportStatusCompleted {
		r.t.Fatalf("DescribeImport = %s %q, want Completed", done.ImportStatus, done.FailureReasons)
	}
	return *done.ImportedResourceId
}

// locale describes en_US of a version.
func (r *testRegion) locale(bot, version string) *lexmodelsv2.DescribeBotLocaleOutput {
	r.t.Helper()
	out, err := r.models.DescribeBotLocale(r.t.Context(), &lexmodelsv2.DescribeBotLocaleInput{BotId: &bot, BotVersion: &version, LocaleId: english})
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

func (r *testRegion) build(bot string) error {
	_, err := r.models.BuildBotLocale(r.t.Context(), &lexmodelsv2.BuildBotLocaleInput{BotId: &bot, BotVersion: aws.String("DRAFT"), LocaleId: english})
	return err
}

// built builds en_US to the end.
func (r *testRegion) built(bot string) {
	r.t.Helper()
	if err := r.build(bot); err != nil {
		r.t.Fatal(err)
	}
	r.clock.pass(longBuild)
	if l := r.locale(bot, "DRAFT"); l.BotLocaleStatus != modeltypes.BotLocaleStatusBuilt {
		r.t.Fatalf("built locale = %s %q, want Built", l.BotLocaleStatus, l.FailureReasons)
	}
}

func (r *testRegion) createVersion(bot string) (string, error) {
	out, err := r.models.CreateBotVersion(r.t.Context(), &lexmodelsv2.CreateBotVersionInput{
		BotId: &bot, BotVersionLocaleSpecification: map[string]modeltypes.BotVersionLocaleDetails{"en_US": {SourceBotVersion: aws.String("DRAFT")}},
	})
	if err != nil {
		return "", err
	}
	return *out.BotVersion, nil
}

// version makes a numbered version to the end.
func (r *testRegion) version(bot string) string {
	r.t.Helper()
	number, err := r.createVersion(bot)
	if err != nil {
		r.t.Fatal(err)
	}
	r.clock.pass(shortBuild)
	return number
}

func (r *testRegion) alias(bot, name, version string) string {
	r.t.Helper()
	out, err := r.models.CreateBotAlias(r.t.Context(), &lexmodelsv2.CreateBotAliasInput{
		BotId: &bot, BotAliasName: &name, BotVersion: &version,
		BotAliasLocaleSettings: map[string]modeltypes.BotAliasLocaleSettings{"en_US": {Enabled: true}},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return *out.BotAliasId
}

// ask sends a text in a fresh session and returns the bot's words.
func (r *testRegion) ask(bot, alias, text string) (string, error) {
	return r.askIn(r.t.Context(), bot, alias, "s-"+randomID(), text)
}

func (r *testRegion) askIn(ctx context.Context, bot, alias, session, text string) (string, error) {
	out, err := r.runtime.RecognizeText(ctx, &lexruntimev2.RecognizeTextInput{
		BotId: &bot, BotAliasId: &alias, LocaleId: english, SessionId: &session, Text: &text,
	})
	if err != nil {
		return "", err
	}
	var words []string
	for _, m := range out.Messages {
		words = append(words, *m.Content)
	}
	return strings.Join(words, " "), nil
}

// wantAnswer checks what a bot says to flowersText.
func (r *testRegion) wantAnswer(when, bot, alias, want string) {
	r.t.Helper()
	if got, err := r.ask(bot, alias, flowersText); err != nil || got != want {
		r.t.Errorf("%s: answer %q, %v; want %q", when, got, err, want)
	}
}

// exportOf zips the export of an example bot. edit may change the text of its files;
// an empty one is left out.
func exportOf(t testing.TB, bot string, edit func(name, text string) string) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	root := os.DirFS("../../bots/" + bot)
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		if edit != nil {
			if data = []byte(edit(name, string(data))); len(data) == 0 {
				return nil
			}
		}
		f, err := w.Create(name)
		if err != nil {
			return err
		}
		_, err = f.Write(data)
		return err
	})
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// replaced returns an edit that replaces words in the files whose name has a part.
func replaced(part, old, new string) func(name, text string) string {
	return func(name, text string) string {
		if !strings.Contains(name, part) {
			return text
		}
		return strings.ReplaceAll(text, old, new)
	}
}

// wantError checks type and text of an error of the API.
func wantError(t *testing.T, name string, err error, code, text string) {
	t.Helper()
	told, ok := errors.AsType[smithy.APIError](err)
	if !ok || told.ErrorCode() != code || !strings.Contains(told.ErrorMessage(), text) {
		t.Errorf("%s: %v, want %s with %q", name, err, code, text)
	}
}

// loadBots reads the example bot for a Config.
func loadBots(t testing.TB) []*botdef.Bot {
	t.Helper()
	bot, err := botdef.Load("../../bots/OrderFlowers")
	if err != nil {
		t.Fatal(err)
	}
	return []*botdef.Bot{bot}
}
