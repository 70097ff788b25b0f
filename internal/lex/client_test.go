package lex

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/region"
)

func TestConfigErrors(t *testing.T) {
	good := Config{
		Places:      []Place{{Region: "us-east-1", Locale: "en_US", Bot: "BOTBOTBOT1", Alias: "ALIALIALI1"}},
		Credentials: Credentials{AccessKeyID: "a", SecretAccessKey: "s"},
	}
	tests := []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"good", func(*Config) {}, ""},
		{"nowhere", func(c *Config) { c.Places = nil }, "no region is named"},
		{"twice in a region", func(c *Config) { c.Places = append(c.Places, c.Places[0]) }, "region us-east-1 is there twice"},
		{"other good regions", func(c *Config) { c.Places[0].Region, c.Places[0].Locale = "us-gov-west-1", "es_419" }, ""},
		{"no region", func(c *Config) { c.Places[0].Region = "" }, `"" is not an AWS region`},
		{"region from the wire", func(c *Config) { c.Places[0].Region = "evil.example/" }, `"evil.example/" is not an AWS region`},
		{"locale", func(c *Config) { c.Places[0].Locale = "en-US" }, `"en-US" is not a locale of a Lex bot such as en_US`},
		{"no bot", func(c *Config) { c.Places[0].Bot = "" }, "no bot is named"},
		{"no alias", func(c *Config) { c.Places[0].Alias = "" }, "no alias of the bot is named"},
		{"runtime URL", func(c *Config) { c.Places[0].RuntimeURL = "localhost:8080" }, `runtime endpoint "localhost:8080" is not an http or https URL`},
		{"models URL", func(c *Config) { c.Places[0].ModelsURL = "ftp://x" }, `models endpoint "ftp://x" is not an http or https URL`},
		{"unreadable URL", func(c *Config) { c.Places[0].ModelsURL = "http://[" }, `models endpoint: parse "http://[": missing ']' in host`},
		{"half a key", func(c *Config) { c.Credentials.SecretAccessKey = "" }, "AWS credentials need both an access key id and a secret access key"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := good
			cfg.Places = slices.Clone(good.Places)
			tt.change(&cfg)
			client, err := NewClient(t.Context(), cfg)
			if (client != nil) != (tt.want == "") || (err == nil) != (tt.want == "") || (err != nil && err.Error() != tt.want) {
				t.Errorf("NewClient = %v, %v; want error %q", client, err, tt.want)
			}
		})
	}
}

func TestCredentialsKeepTheirSecret(t *testing.T) {
	key := Credentials{AccessKeyID: "AKIAEXAMPLE", SecretAccessKey: "hidden", SessionToken: "hidden too"}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(format, key); got != "key AKIAEXAMPLE" {
			t.Errorf("printed with %s: %s; want key AKIAEXAMPLE", format, got)
		}
	}
	if got := key.LogValue().String(); got != "key AKIAEXAMPLE" {
		t.Errorf("logged: %s; want key AKIAEXAMPLE", got)
	}
	if got := (Credentials{}).String(); got != "default chain" {
		t.Errorf("no credentials: %s; want default chain", got)
	}
}

func TestDefaultChainReadsTheEnvironment(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAFROMENV")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	provider, err := Credentials{}.provider(t.Context(), "us-east-1")
	if err != nil {
		t.Fatalf("provider = %v, want nil", err)
	}
	if got, err := provider.Retrieve(t.Context()); err != nil || got.AccessKeyID != "AKIAFROMENV" {
		t.Errorf("Retrieve = %s, %v; want AKIAFROMENV, nil", got.AccessKeyID, err)
	}
}

// modelsAPI lists bots and aliases two to a page.
type modelsAPI struct {
	bots    [][2]string            // id, name
	aliases map[string][][2]string // by bot
	asked   []string
}

func (m *modelsAPI) serve(w http.ResponseWriter, r *http.Request) {
	var page struct{ NextToken string }
	json.NewDecoder(r.Body).Decode(&page)
	m.asked = append(m.asked, r.Method+" "+r.URL.Path+" "+page.NextToken)
	list, key, id, name := m.bots, "botSummaries", "botId", "botName"
	if bot, found := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, "/bots/"), "/botaliases"); found {
		if list, found = m.aliases[bot]; !found {
			fail(w, 404, "ResourceNotFoundException")
			return
		}
		key, id, name = "botAliasSummaries", "botAliasId", "botAliasName"
	}
	from := len(page.NextToken)
	answer := object{}
	var entries []object
	for i := from; i < min(from+2, len(list)); i++ {
		entries = append(entries, object{id: list[i][0], name: list[i][1]})
	}
	answer[key] = entries
	if from+2 < len(list) {
		answer["nextToken"] = strings.Repeat("x", from+2)
	}
	json.NewEncoder(w).Encode(answer)
}

func TestNamesBecomeIDs(t *testing.T) {
	tests := []struct {
		bot, alias         string
		wantBot, wantAlias string
		err                string
		asked              []string
	}{
		{"B000000001", "TSTALIASID", "B000000001", "TSTALIASID", "", nil},
		{
			"OrderFlowers", "prod", "B000000003", "A000000002", "",
			[]string{"POST /bots ", "POST /bots xx", "POST /bots/B000000003/botaliases "},
		},
		{"B000000003", "test", "B000000003", "A000000001", "", []string{"POST /bots/B000000003/botaliases "}},
		{"tenLetters", "TSTALIASID", "B000000002", "TSTALIASID", "", []string{"POST /bots ", "POST /bots xx"}},
		{"b00000000x", "TSTALIASID", "b00000000x", "TSTALIASID", "", []string{"POST /bots ", "POST /bots xx"}},
		{
			"Orderflowers", "prod", "", "",
			`region us-east-1: no bot has the name "Orderflowers"; there is BookTrip, OrderFlowers, tenLetters`,
			[]string{"POST /bots ", "POST /bots xx"},
		},
		{
			"B000000003", "live", "", "",
			`region us-east-1: no alias of the bot B000000003 has the name "live"; there is prod, test`,
			[]string{"POST /bots/B000000003/botaliases "},
		},
		{
			"B000000001", "live", "", "",
			`region us-east-1: no alias of the bot B000000001 has the name "live"; there is none at all`,
			[]string{"POST /bots/B000000001/botaliases "},
		},
		{
			"BXXXXXXXXX", "live", "", "",
			`region us-east-1: look up the alias of the bot BXXXXXXXXX by name: operation error Lex Models V2: ListBotAliases, ` +
				`https response error StatusCode: 404, RequestID: , api error ResourceNotFoundException: no`,
			[]string{"POST /bots/BXXXXXXXXX/botaliases "},
		},
	}
	for _, tt := range tests {
		bubble(t, tt.bot+" "+tt.alias, func(t *testing.T) {
			models := &modelsAPI{
				bots:    [][2]string{{"B000000001", "BookTrip"}, {"B000000002", "tenLetters"}, {"B000000003", "OrderFlowers"}},
				aliases: map[string][][2]string{"B000000001": nil, "B000000003": {{"A000000001", "test"}, {"A000000002", "prod"}}},
			}
			dial := listening(t, func(_ *standIn, w http.ResponseWriter, r *http.Request) { models.serve(w, r) })
			client, err := NewClient(t.Context(), Config{
				Places:      []Place{{Region: "us-east-1", Locale: "en_US", Bot: tt.bot, Alias: tt.alias, ModelsURL: "http://127.0.0.1:1"}},
				Credentials: Credentials{AccessKeyID: "a", SecretAccessKey: "s"}, Dial: dial,
			})
			if (err == nil) != (tt.err == "") || (err != nil && err.Error() != tt.err) {
				t.Errorf("NewClient = %v, want %q", err, tt.err)
			}
			if client != nil {
				defer client.Close()
				if got, want := *client.places[0].ids.Load(), (aliasIDs{tt.wantBot, tt.wantAlias}); got != want {
					t.Errorf("ids = %v, want %v", got, want)
				}
			}
			if diff := cmp.Diff(tt.asked, models.asked); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLookupHasADeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dial := listening(t, func(s *standIn, _ http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			s.hang()
		})
		begun := time.Now()
		_, err := NewClient(t.Context(), Config{
			Places:      []Place{{Region: "us-east-1", Locale: "en_US", Bot: "OrderFlowers", Alias: "prod", ModelsURL: "http://127.0.0.1:1"}},
			Credentials: Credentials{AccessKeyID: "a", SecretAccessKey: "s"}, Dial: dial,
		})
		const want = "region us-east-1: no answer within 5s"
		if waited := time.Since(begun); err == nil || err.Error() != want || waited != 5*time.Second || Class(err) != region.Soft {
			t.Errorf("NewClient = %v (class %q) after %v; want %s (soft) after 5s", err, Class(err), waited, want)
		}
	})
}

func TestCheck(t *testing.T) {
	const session = "/bots/BOTBOTBOT1/botAliases/ALIALIALI1/botLocales/en_US/sessions/lexline-check-"
	hang := -1
	tests := []struct {
		name     string
		statuses []int
		requests []string
		want     region.Class
		after    time.Duration
	}{
		{"all well", []int{200, 200}, []string{"POST", "DELETE"}, region.None, 0},
		{"alias is gone", []int{404}, []string{"POST"}, region.Hard, 0},
		{"not allowed", []int{403}, []string{"POST"}, region.Hard, 0},
		{"may not delete", []int{200, 403}, []string{"POST", "DELETE"}, region.None, 0},
		{"region hangs", []int{hang}, []string{"POST"}, region.Soft, 6 * time.Second},
	}
	for _, tt := range tests {
		bubble(t, tt.name, func(t *testing.T) {
			var requests []string
			client := newStandIn(t, Deadlines{}, func(s *standIn, w http.ResponseWriter, r *http.Request) {
				io.Copy(io.Discard, r.Body)
				if !strings.HasPrefix(r.URL.Path, session) || len(r.URL.Path) < len(session)+20 {
					t.Errorf("path %s, want %s and 20 random characters or more", r.URL.Path, session)
				}
				requests = append(requests, r.Method)
				switch status := tt.statuses[len(requests)-1]; status {
				case hang:
					s.hang()
				case 200:
					io.WriteString(w, "{}")
				default:
					fail(w, status, "")
				}
			})
			begun := time.Now()
			err := client.Check(t.Context())
			synctest.Wait() // requests is the handler's, which may still hang
			if Class(err) != tt.want || time.Since(begun) != tt.after {
				t.Errorf("Check = %v (class %q) after %v; want class %q after %v", err, Class(err), time.Since(begun), tt.want, tt.after)
			}
			if err != nil && !strings.HasPrefix(err.Error(), "check bot BOTBOTBOT1, alias ALIALIALI1, locale en_US in us-east-1: ") {
				t.Errorf("Check = %v; want it to name what was checked", err)
			}
			if diff := cmp.Diff(tt.requests, requests); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
}
