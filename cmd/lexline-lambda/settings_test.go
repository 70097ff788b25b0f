package main

import (
	"context"
	"log/slog"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/lex"
)

func TestCheckSettings(t *testing.T) {
	place := func(region, bot, alias, locale string) lex.Place {
		return lex.Place{Region: region, Bot: bot, Alias: alias, Locale: locale}
	}
	probe := lex.Probe{Text: "I would like to order flowers"}
	base := checkSettings{
		table: tableSettings{name: "lexDR", region: "us-east-1"}, own: "us-east-1", probe: probe, sessions: "lexDRTest",
		expected: "What type of flowers would you like to order?",
		places:   []lex.Place{place("us-east-1", "OrderFlowers", "ver_one", "en_US"), place("us-west-2", "OrderFlowers", "ver_one", "en_US")},
	}
	tests := []struct {
		name   string
		vars   map[string]string
		change func(*checkSettings)
	}{
		{"the article's", article(), func(*checkSettings) {}},
		{"put_session", article("TEST_METHOD=put_session", "SAMPLE_UTTERANCE="), func(s *checkSettings) { s.putSession, s.probe.Text = true, "" }},
		{"no method", article("TEST_METHOD="), func(*checkSettings) {}},
		{"blanks", article("PRIMARY_REGION= us-east-1 "), func(*checkSettings) {}},
		{"ids by region", article("BOTS=us-west-2=BOTBOTBOT2/ALIALIALI2/en_GB, us-east-1=//en_AU", "LOCALE=de_DE"), func(s *checkSettings) {
			s.places = []lex.Place{place("us-east-1", "OrderFlowers", "ver_one", "en_AU"), place("us-west-2", "BOTBOTBOT2", "ALIALIALI2", "en_GB")}
		}},
		{"ids by region alone", article("BOTNAME=", "BOT_ALIAS=", "BOTS=us-west-2=B2/A2,us-east-1=B1/A1"), func(s *checkSettings) {
			s.places = []lex.Place{place("us-east-1", "B1", "A1", "en_US"), place("us-west-2", "B2", "A2", "en_US")}
		}},
		{"three regions", article("REGIONS=us-west-2, us-east-1\neu-west-1"), func(s *checkSettings) {
			s.places = append(s.places, place("eu-west-1", "OrderFlowers", "ver_one", "en_US"))
		}},
		{"regions alone", article("PRIMARY_REGION=", "SECONDARY_REGION=", "REGIONS=us-east-1,us-west-2"), func(*checkSettings) {}},
		{
			"ours", article("HOLD=5m", "TABLE_KEY=trips", "TABLE_REGION=eu-west-1", "EXPECTED_INTENT=OrderFlowers", "EXPECTED_SLOT=FlowerType", "TEST_USER=a b"),
			func(s *checkSettings) {
				s.hold, s.key, s.table.region, s.probe.Intent, s.probe.Slot, s.sessions = 5*time.Minute, "trips", "eu-west-1", "OrderFlowers", "FlowerType", "a-b"
			},
		},
		{
			"endpoints", article("AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:1", "LEX_RUNTIME_ENDPOINT_US_EAST_1=https://a", "LEX_MODELS_ENDPOINT_US_WEST_2=https://b"),
			func(s *checkSettings) {
				s.table.endpoint, s.places[0].RuntimeURL, s.places[1].ModelsURL = "http://127.0.0.1:1", "https://a", "https://b"
			},
		},
	}
	for _, tt := range tests {
		want := base
		want.places = slices.Clone(base.places)
		tt.change(&want)
		got, err := readCheckSettings(env(tt.vars))
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(checkSettings{}, tableSettings{})); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", tt.name, err, diff)
		}
	}
}

func TestCheckSettingsRefused(t *testing.T) {
	tests := []struct{ change, names string }{
		{"BOTNAME=", "BOTNAME"},
		{"BOT_ALIAS=", "BOT_ALIAS"},
		{"SAMPLE_UTTERANCE=", "SAMPLE_UTTERANCE"},
		{"PRIMARY_REGION=", "PRIMARY_REGION"},
		{"PRIMARY_REGION=Virginia", "PRIMARY_REGION"},
		{"SECONDARY_REGION=", "SECONDARY_REGION"},
		{"SECONDARY_REGION=us-east-1", "SECONDARY_REGION"},
		{"TABLE_NAME=", "TABLE_NAME"},
		{"TABLE_NAME=a b", "a b"},
		{"TABLE_REGION=x", "TABLE_REGION"},
		{"TEST_METHOD=ping", "TEST_METHOD"},
		{"REGIONS=us-west-2,us-west-2", "REGIONS"},
		{"REGIONS=west", "REGIONS"},
		{"BOTS=OrderFlowers", "BOTS"},
		{"BOTS=eu-west-1=B/A", "BOTS"},
		{"BOTS=us-west-2=B/A/en_US/x", "BOTS"},
		{"LOCALE=english", "LOCALE"},
		{"HOLD=60", "HOLD"},
		{"HOLD=-1s", "HOLD"},
		{"HOLD=25h", "HOLD"},
		{"AWS_ENDPOINT_URL_DYNAMODB=x", "AWS_ENDPOINT_URL_DYNAMODB"},
		{"LEX_RUNTIME_ENDPOINT_US_WEST_2=x", "LEX_RUNTIME_ENDPOINT_US_WEST_2"},
		{"LEX_MODELS_ENDPOINT_US_EAST_1=ftp://x", "LEX_MODELS_ENDPOINT_US_EAST_1"},
		{"_HANDLER=lambda_function.lambda_handler", "lexDRTest or lexDRGetRegion"},
		{"_HANDLER=", "lexDRTest or lexDRGetRegion"},
		{"_HANDLER=lexdrtest", "lexDRTest or lexDRGetRegion"},
	}
	for _, tt := range tests {
		vars := article("_HANDLER=lambda_function.lexDRTest", tt.change)
		if h, err := newHandler(t.Context(), env(vars), slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), tt.names) {
			t.Errorf("%s: newHandler = %T, %v; want an error that names %s", tt.change, h, err, tt.names)
		}
	}
	// All that is wrong is said at once.
	_, err := newHandler(context.Background(), env(map[string]string{"_HANDLER": "lexDRTest"}), slog.New(slog.DiscardHandler))
	for _, name := range []string{"BOTNAME", "BOT_ALIAS", "SAMPLE_UTTERANCE", "PRIMARY_REGION", "SECONDARY_REGION", "TABLE_NAME"} {
		if err == nil || !strings.Contains(err.Error(), name+" is missing") {
			t.Errorf("without any variable: %v; want it to name %s", err, name)
		}
	}
}

func TestHandlerNames(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "LOCAL")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "local")
	for handler, want := range map[string]string{
		"lexDRTest": "*main.check", "lambda_function.lexDRTest": "*main.check", "a.b.lexDRGetRegion": "*main.getRegion", "lexDRGetRegion": "*main.getRegion",
	} {
		vars := article("_HANDLER="+handler, "AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:1")
		h, err := newHandler(t.Context(), env(vars), slog.New(slog.DiscardHandler))
		if err != nil {
			t.Errorf("handler %s: %v", handler, err)
		}
		switch h.(type) {
		case *check:
			if want != "*main.check" {
				t.Errorf("handler %s is the health check; want %s", handler, want)
			}
		case *getRegion:
			if want != "*main.getRegion" {
				t.Errorf("handler %s is the answer to flows; want %s", handler, want)
			}
		}
	}
}

// TestDocumentedVariables compares the table of the reference with the program.
func TestDocumentedVariables(t *testing.T) {
	text, err := os.ReadFile("../../docs/4-reference.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "\n## The Lambda functions\n")
	if !found {
		t.Fatal("the reference has no section The Lambda functions")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	documented := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([A-Z_]+(?:<REGION>)?)` \\| ([a-zA-Z ]+) \\|").FindAllStringSubmatch(section, -1) {
		documented[row[1]] = row[2]
	}
	words := map[string]string{inTest: "lexDRTest", inRegion: "lexDRGetRegion", inBoth: "both"}
	known := map[string]string{}
	for _, v := range variables {
		known[v.name] = words[v.in]
	}
	if diff := cmp.Diff(known, documented); diff != "" {
		t.Errorf("variables in the program and in the reference differ (-program +reference):\n%s", diff)
	}
}

// TestKnownVariables finds names that the program looks up and does not list.
func TestKnownVariables(t *testing.T) {
	asked := map[string]bool{}
	spy := environment(func(name string) string {
		asked[name] = true
		return article()[name]
	})
	_, _ = readCheckSettings(spy)
	readRegionSettings(spy, slog.New(slog.DiscardHandler))
	delete(asked, "AWS_REGION") // Lambda sets it
	for _, name := range slices.Sorted(maps.Keys(asked)) {
		listed := slices.ContainsFunc(variables, func(v variable) bool {
			prefix, perRegion := strings.CutSuffix(v.name, "<REGION>")
			return v.name == name || perRegion && strings.HasPrefix(name, prefix)
		})
		if !listed {
			t.Errorf("the program looks %s up; want it among its variables", name)
		}
	}
	for _, v := range variables {
		prefix, perRegion := strings.CutSuffix(v.name, "<REGION>")
		if !asked[v.name] && (!perRegion || !asked[prefix+"US_EAST_1"]) {
			t.Errorf("%s is among the variables, and nothing looks it up", v.name)
		}
	}
}
