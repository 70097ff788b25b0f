package botdef

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestArchiveIsWhatLexImports(t *testing.T) {
	want, err := Load(flowers)
	if err != nil {
		t.Fatal(err)
	}
	wrapped := filepath.Join(t.TempDir(), "outer")
	if err := os.CopyFS(filepath.Join(wrapped, "inner"), os.DirFS(flowers)); err != nil {
		t.Fatal(err)
	}
	first, err := Archive(flowers)
	if err != nil {
		t.Fatal(err)
	}
	second, err := Archive(wrapped)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, second) {
		t.Error("the same export in a folder of its own gives other bytes")
	}
	zipped := filepath.Join(t.TempDir(), "flowers.zip")
	if err := os.WriteFile(zipped, first, 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := Load(zipped)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("bot of the archive (-want +got):\n%s", diff)
	}
}

func TestArchiveWithoutManifest(t *testing.T) {
	_, err := Archive(filepath.Join(flowers, "OrderFlowers"))
	if err == nil || !strings.Contains(err.Error(), "holds no Manifest.json") {
		t.Errorf("Archive = %v, want a word about Manifest.json", err)
	}
}

func TestReadTakesTheSpellingOfTheModelsAPI(t *testing.T) {
	got, err := Read("Shop", map[string][]byte{
		"Manifest.json":                   []byte(`{"metaData": {"fileFormat": "LexJson", "resourceType": "BOT"}}`),
		"Bot/Bot.json":                    []byte(`{"botName": "Shop", "botId": "SHOPSHOP01", "idleSessionTTLInSeconds": 60}`),
		"Bot/BotLocales/l/BotLocale.json": []byte(`{"localeId": "en_GB", "nluIntentConfidenceThreshold": 0.7}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.Name != "Shop" || got.Locales[0].ID != "en_GB" || got.Locales[0].Threshold != 0.7 || len(got.Warnings) > 0 {
		t.Errorf("Read = %+v, %+v; want Shop in en_GB with 0.7 and no warning", got, got.Locales[0])
	}
	if _, err := Read("Shop", map[string][]byte{"Bot.json": []byte("{")}); err == nil || !strings.Contains(err.Error(), "read bot Shop: Bot.json") {
		t.Errorf("Read of half a file = %v, want an error that names it", err)
	}
}
