package lexmodels

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/botdef"
)

var flowers = &botdef.Bot{Name: "Shop", SessionTTL: 2 * time.Minute, ChildDirected: true}

// importing is a region that takes imports; states are those of the import.
func importing(states ...string) *standIn {
	s := newStandIn()
	s.answer("POST /createuploadurl", `{"importId": "IMPORT0001", "uploadUrl": "http://bucket.test/secret?X-Amz-Signature=abc"}`)
	s.answer("PUT /secret", "")
	s.answer("PUT /imports", `{"importId": "IMPORT0001", "importStatus": "InProgress"}`)
	s.answer("GET /imports/IMPORT0001", states...)
	return s
}

func TestImport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := importing(`{"importStatus": "InProgress"}`, `{"importStatus": "InProgress"}`, `{"importStatus": "Completed", "importedResourceId": "BOTBOTBOT1"}`)
		id, err := s.client(t).Import(t.Context(), []byte("PK"), flowers, "arn:aws:iam::123456789012:role/lex")
		if id != "BOTBOTBOT1" || err != nil {
			t.Errorf("Import = %q, %v; want BOTBOTBOT1", id, err)
		}
		want := map[string]any{
			"importId": "IMPORT0001", "mergeStrategy": "Overwrite",
			"resourceSpecification": map[string]any{"botImportSpecification": map[string]any{
				"botName": "Shop", "roleArn": "arn:aws:iam::123456789012:role/lex", "idleSessionTTLInSeconds": 120.0, "dataPrivacy": map[string]any{"childDirected": true},
			}},
		}
		if diff := cmp.Diff(want, s.bodyOf(t, "PUT /imports")); diff != "" {
			t.Errorf("StartImport (-want +got):\n%s", diff)
		}
		if got := s.body["PUT /secret"]; string(got) != "PK" {
			t.Errorf("uploaded %q, want the zip", got)
		}
		if want := []string{"upload 1 kB", "import: InProgress"}; !slices.Equal(s.told, want) {
			t.Errorf("progress %q, want each change once: %q", s.told, want)
		}
	})
}

func TestImportFails(t *testing.T) {
	for _, test := range []struct {
		name string
		s    func() *standIn
		want string
	}{
		{"by the service", func() *standIn {
			return importing(`{"importStatus": "Failed", "failureReasons": ["no manifest", "no bot"]}`)
		}, "import: Failed: no manifest; no bot"},
		{"for ever", func() *standIn { return importing(`{"importStatus": "InProgress"}`) }, "import: InProgress: not done after 10m0s"},
		{"without a bot", func() *standIn { return importing(`{"importStatus": "Completed"}`) }, "of no bot"},
		{"at the upload", func() *standIn {
			s := newStandIn()
			s.answer("POST /createuploadurl", `{"importId": "IMPORT0001", "uploadUrl": "http://bucket.test/secret?X-Amz-Signature=abc"}`)
			s.handle("PUT /secret", func(w http.ResponseWriter, _ *http.Request) { refuse(w, http.StatusForbidden, "AccessDenied") })
			return s
		}, "upload the export: the upload was answered with HTTP 403"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, err := test.s().client(t).Import(t.Context(), []byte("PK"), flowers, "arn:aws:iam::123456789012:role/lex")
				if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "Signature") {
					t.Errorf("error %v, want %q in it, and no secret", err, test.want)
				}
			})
		})
	}
}

func TestBuild(t *testing.T) {
	const locale = bot + "/botversions/DRAFT/botlocales/en_US"
	for _, test := range []struct {
		name, last, want string
	}{
		{"built", `{"botLocaleStatus": "Built"}`, ""},
		{"failed", `{"botLocaleStatus": "Failed", "failureReasons": ["intent X has no utterance"]}`, "build en_US: Failed: intent X has no utterance"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStandIn()
				s.answer("POST "+locale, `{"botLocaleStatus": "Building"}`)
				s.answer("GET "+locale, `{"botLocaleStatus": "Building"}`, `{"botLocaleStatus": "ReadyExpressTesting"}`, test.last)
				err := s.client(t).Build(t.Context(), "BOTBOTBOT1", "en_US")
				if test.want == "" && err != nil || test.want != "" && (err == nil || err.Error() != test.want) {
					t.Errorf("error %v, want %q", err, test.want)
				}
			})
		})
	}
}

func TestCreateVersionWaitsUntilItCanBeUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, n := newStandIn(), 0
		s.answer("PUT "+bot+"/botversions", `{"botVersion": "5", "botStatus": "Creating"}`)
		s.handle("GET "+bot+"/botversions/5", func(w http.ResponseWriter, _ *http.Request) {
			switch n++; n {
			case 1:
				refuse(w, http.StatusNotFound, "ResourceNotFoundException")
			case 2:
				w.Write([]byte(`{"botStatus": "Creating"}`))
			default:
				w.Write([]byte(`{"botStatus": "Available"}`))
			}
		})
		if v, err := s.client(t).CreateVersion(t.Context(), "BOTBOTBOT1", []string{"en_US"}); v != "5" || err != nil || n != 3 {
			t.Errorf("CreateVersion = %q, %v after %d looks; want 5 after 3", v, err, n)
		}
	})
}

func TestMoveAliasKeepsItsOtherSettings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStandIn()
		const alias = bot + "/botaliases/ALIASALIAS"
		const before = `"botAliasName": "ver_one", "description": "for callers", "sentimentAnalysisSettings": {"detectSentiment": true},
			"conversationLogSettings": {"textLogSettings": [{"enabled": true, "destination": {"cloudWatch": {"cloudWatchLogGroupArn": "arn", "logPrefix": "p"}}}]},
			"botAliasLocaleSettings": {"de_DE": {"enabled": true}, "en_US": {"enabled": false, "codeHookSpecification": {"lambdaCodeHook": {"lambdaARN": "arn:f", "codeHookInterfaceVersion": "1.0"}}}}`
		s.answer("GET "+alias, `{"botAliasStatus": "Available", "botVersion": "1", `+before+`}`, `{"botAliasStatus": "Creating", "botVersion": "2"}`, `{"botAliasStatus": "Available", "botVersion": "2"}`)
		s.answer("PUT "+alias, `{}`)
		if err := s.client(t).MoveAlias(t.Context(), "BOTBOTBOT1", "ALIASALIAS", Serving{Version: "2", Locales: []string{"en_US"}}); err != nil {
			t.Fatal(err)
		}
		var want map[string]any
		text := strings.Replace(strings.Replace(before, `"de_DE": {"enabled": true}, `, "", 1), `"enabled": false`, `"enabled": true`, 1)
		if err := json.Unmarshal([]byte(`{"botVersion": "2", `+text+`}`), &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, s.bodyOf(t, "PUT "+alias)); diff != "" {
			t.Errorf("UpdateBotAlias (-want +got):\n%s", diff)
		}
	})
}

func TestReplicas(t *testing.T) {
	s := newStandIn()
	s.answer("POST "+bot+"/replicas", `{"botReplicaSummaries": [{"replicaRegion": "us-west-2", "botReplicaStatus": "Enabled"}]}`)
	if list, served := s.client(t).Replicas(t.Context(), "BOTBOTBOT1"); !served || !slices.Equal(list, []Replica{{"us-west-2", "Enabled"}}) {
		t.Errorf("Replicas = %v, %v; want us-west-2", list, served)
	}
	if list, served := newStandIn().client(t).Replicas(t.Context(), "BOTBOTBOT1"); served || list != nil {
		t.Errorf("Replicas where there are none = %v, %v; want none, not served", list, served)
	}
}
