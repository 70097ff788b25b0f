package lexlocal

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"lexline/internal/botdef"
)

// TestAWSCLIBringsABot takes a bot from nothing to an answer, and out again, with the
// AWS CLI. Its clock is the system's: the CLI waits as a person's script does.
func TestAWSCLIBringsABot(t *testing.T) {
	ts := serve(t, func(cfg *Config) {
		cfg.Region, cfg.Bots, cfg.Now, cfg.BuildTime = "us-west-2", nil, time.Now, 30*time.Millisecond
	})
	r := &testRegion{testServer: ts, t: t}
	aws := awsCLI(t, ts.url)
	// until asks again until a status is no longer one of those on the way.
	until := func(into any, status func() string, onTheWay string, args ...string) {
		t.Helper()
		for range 200 {
			aws(into, "lexv2-models", args...)
			if !strings.Contains(onTheWay, status()) {
				return
			}
		}
		t.Fatalf("aws %v: still %s", args, status())
	}
	bring := func(zip []byte, name string) (botID string) {
		var place struct{ ImportID, UploadURL string }
		aws(&place, "lexv2-models", "create-upload-url")
		if status := r.put(place.UploadURL, zip); status != 200 {
			t.Fatalf("PUT answered %d", status)
		}
		spec := `{"botImportSpecification":{"botName":"` + name + `","roleArn":"` + serviceRole + `","dataPrivacy":{"childDirected":false}}}`
		var imported struct{ ImportStatus, ImportedResourceID string }
		aws(&imported, "lexv2-models", "start-import", "--import-id", place.ImportID, "--merge-strategy", "FailOnConflict", "--resource-specification", spec)
		until(&imported, func() string { return imported.ImportStatus }, "InProgress", "describe-import", "--import-id", place.ImportID)
		if imported.ImportStatus != "Completed" {
			t.Fatalf("describe-import: %+v, want Completed", imported)
		}
		return imported.ImportedResourceID
	}
	bot := bring(flowersThatAsk(t, askType), "Flowers")

	locale := []string{"--bot-id", bot, "--bot-version", "DRAFT", "--locale-id", "en_US"}
	var built struct{ BotLocaleStatus string }
	aws(&built, "lexv2-models", append([]string{"build-bot-locale"}, locale...)...)
	until(&built, func() string { return built.BotLocaleStatus }, "Building ReadyExpressTesting", append([]string{"describe-bot-locale"}, locale...)...)
	if built.BotLocaleStatus != "Built" {
		t.Fatalf("describe-bot-locale: %+v, want Built", built)
	}
	var version struct{ BotVersion, BotStatus string }
	aws(&version, "lexv2-models", "create-bot-version", "--bot-id", bot, "--bot-version-locale-specification", `{"en_US":{"sourceBotVersion":"DRAFT"}}`)
	until(&version, func() string { return version.BotStatus }, "Creating", "describe-bot-version", "--bot-id", bot, "--bot-version", version.BotVersion)
	var alias struct{ BotAliasID string }
	aws(&alias, "lexv2-models", "create-bot-alias", "--bot-id", bot, "--bot-alias-name", "live", "--bot-version", version.BotVersion,
		"--bot-alias-locale-settings", `{"en_US":{"enabled":true}}`)
	var said recognizeTextResponse
	aws(&said, "lexv2-runtime", "recognize-text", "--bot-id", bot, "--bot-alias-id", alias.BotAliasID, "--locale-id", "en_US", "--session-id", "CA0123", "--text", flowersText)
	if got := messagesText(said.Messages); got != askType {
		t.Errorf("recognize-text: %q, want %q", got, askType)
	}

	type page struct {
		IntentSummaries []struct{ IntentName string }
		NextToken       string
	}
	var first, rest page
	list := []string{"list-intents", "--bot-id", bot, "--bot-version", version.BotVersion, "--locale-id", "en_US"}
	aws(&first, "lexv2-models", append(list, "--max-results", "1")...)
	aws(&rest, "lexv2-models", append(list, "--next-token", first.NextToken)...)
	if len(first.IntentSummaries) != 1 || len(rest.IntentSummaries) != 4 {
		t.Errorf("list-intents: %+v, then %+v; want 1 and 4 more", first, rest)
	}

	var export struct{ ExportID, ExportStatus, DownloadURL string }
	aws(&export, "lexv2-models", "create-export", "--file-format", "LexJson",
		"--resource-specification", `{"botExportSpecification":{"botId":"`+bot+`","botVersion":"`+version.BotVersion+`"}}`)
	until(&export, func() string { return export.ExportStatus }, "InProgress", "describe-export", "--export-id", export.ExportID)
	zip := r.download(export.DownloadURL)
	if def, err := botdef.ReadZip(zip); err != nil || def.Name != "Flowers" {
		t.Errorf("the export holds %+v, %v; want Flowers", def, err)
	}
	if again := bring(zip, "Again"); again == bot {
		t.Errorf("the bot imported again has the id %s of the first", again)
	}
	raw, err := json.Marshal(ts.Bots())
	if err != nil || !strings.Contains(string(raw), "Again") {
		t.Errorf("Bots = %s, %v; want Flowers and Again", raw, err)
	}
}
