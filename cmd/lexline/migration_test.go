package main

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMigrationNames has the table of the sample server's environment names in
// docs/migration.md be that of loadConfig: each name that is listed there counts, and
// for the key that is said.
func TestMigrationNames(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "migration.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "<!-- sample environment -->")
	table, _, _ = strings.Cut(strings.TrimLeft(table, "\n"), "\n\n")
	listed := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([A-Z_]+)` \\| `([a-z0-9_.\\[\\]]+)` \\|").FindAllStringSubmatch(table, -1) {
		listed[row[1]] = row[2]
	}
	env := map[string]string{
		"AWS_REGION": "eu-west-2", "ACCESS_KEY_ID": "AKIA", "SECRET_ACCESS_KEY": "shh", "LEX_BOT_NAME": "BookTrip",
		"LEX_BOT_ALIAS": "prod", "TWILIO_AUTH_TOKEN": "token", "CONTAINER_PORT": "8443", "URL": "voice.example.com",
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(env)), slices.Sorted(maps.Keys(listed))); diff != "" {
		t.Fatalf("names in docs/migration.md (-want +got):\n%s", diff)
	}
	values := func(leaveOut string) map[string]string {
		var cfg config
		cfg.takeSampleEnvironment(func(name string) string {
			if name == leaveOut {
				return ""
			}
			return env[name]
		})
		found := map[string]string{
			"aws.access_key_id": cfg.AWS.AccessKeyID, "aws.secret_access_key": cfg.AWS.SecretAccessKey, "twilio.auth_token": cfg.Twilio.AuthToken,
			"listen": cfg.Listen, "public_url": cfg.PublicURL,
		}
		for _, r := range cfg.Regions {
			found["regions[0].name"] = r.Name
		}
		for _, l := range cfg.Lines {
			found["lines[0].bot"], found["lines[0].alias"] = l.Bot, l.Alias
		}
		return found
	}
	all := values("")
	for name, key := range listed {
		if got := all[key]; !strings.Contains(got, env[name]) {
			t.Errorf("%s=%s: %s is %q", name, env[name], key, got)
		}
		if got := values(name)[key]; got != "" {
			t.Errorf("without %s %s is %q still", name, key, got)
		}
	}
}
