package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lexline/internal/botdef"
	"lexline/internal/lexlocal"
	"lexline/internal/parity"
)

// lexRegion is a local Lex on a port of its own, which a test can break.
type lexRegion struct {
	name, url string

	mu       sync.Mutex
	requests []string               // "PUT /imports"
	refuse   func(line string) bool // nil: nothing is refused
	copies   string                 // the answer of ListBotReplicas; "": Lex's own
}

// startLex serves an export in a region. Regions draw other variations of prompts.
func startLex(t *testing.T, name, export string) *lexRegion {
	t.Helper()
	bot, err := botdef.Load(export)
	if err != nil {
		t.Fatal(err)
	}
	server, err := lexlocal.New(lexlocal.Config{Region: name, Bots: []*botdef.Bot{bot}, Aliases: []string{"ver_one"}, BuildTime: 30 * time.Millisecond, Seed: uint64(len(name)) + uint64(name[3])})
	if err != nil {
		t.Fatal(err)
	}
	r := &lexRegion{name: name}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		line := req.Method + " " + req.URL.Path
		r.mu.Lock()
		r.requests = append(r.requests, line)
		refused, copies := r.refuse != nil && r.refuse(line), r.copies
		r.mu.Unlock()
		if copies != "" && strings.HasSuffix(line, "/replicas") {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, copies)
			return
		}
		if refused {
			w.Header().Set("X-Amzn-Errortype", "AccessDeniedException")
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `{"message": "not today"}`)
			return
		}
		server.ServeHTTP(w, req)
	}))
	t.Cleanup(web.Close)
	r.url = web.URL
	return r
}

// breakAt has the region refuse requests; nil mends it.
func (r *lexRegion) breakAt(refuse func(line string) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refuse = refuse
}

// writes lists the requests that may have changed something, and forgets all.
func (r *lexRegion) writes() (list []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, line := range r.requests {
		if strings.HasPrefix(line, "PUT ") || strings.HasPrefix(line, "POST /createuploadurl") || strings.Contains(line, "POST") && regexp.MustCompile(`/botlocales/[a-zA-Z_]+/?$`).MatchString(line) {
			list = append(list, line)
		}
	}
	r.requests = nil
	return list
}

// flag is the region's --region.
func (r *lexRegion) flag() string { return "--region=" + r.name + "=" + r.url }

// lexline runs a command in this process.
func lexline(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	env := &environment{stdin: strings.NewReader(""), stdout: &out, stderr: &errs, getenv: func(string) string { return "" }}
	code = run(t.Context(), env, args)
	return code, out.String(), errs.String()
}

// edit is a change of one file of an export.
type edit struct {
	file, from, to string // from is a regular expression
}

const (
	orderIntent  = "Intents/OrderFlowers/Intent.json"
	pickupDate   = "Intents/OrderFlowers/Slots/PickupDate/Slot.json"
	goodbye      = "Intents/GoodbyeIntent/Intent.json"
	flowerTypes  = "SlotTypes/FlowerTypes/SlotType.json"
	flowerLocale = "OrderFlowers/BotLocales/en_US"
)

// editedFlowers is a copy of the example bot with changes.
func editedFlowers(t *testing.T, edits ...edit) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "OrderFlowers")
	if err := os.CopyFS(dir, os.DirFS(orderFlowers)); err != nil {
		t.Fatal(err)
	}
	for _, e := range edits {
		path := filepath.Join(dir, flowerLocale, e.file)
		if e.from == "" { // the whole folder
			if err := os.RemoveAll(path); err != nil {
				t.Fatal(err)
			}
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(e.from).FindIndex(text)
		if found == nil {
			t.Fatalf("%s has no %s", e.file, e.from)
		}
		changed := slices.Concat(text[:found[0]], []byte(e.to), text[found[1]:])
		if err := os.WriteFile(path, changed, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const orderCalls = "I want to order flowers\nroses\nDecember 26\n10 am\nno\n\nI want roses for December 26 at 10 am\nperhaps\nyes\n"

// callsFile writes conversations to a file.
func callsFile(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "calls.txt")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestRegionParityOfEqualBots(t *testing.T) {
	east, west := startLex(t, "us-east-1", orderFlowers), startLex(t, "us-west-2", orderFlowers)
	code, out, errs := lexline(t, "region", "parity", "--bot", "OrderFlowers", east.flag(), west.flag(), "--utterances", callsFile(t, orderCalls))
	if code != 0 || errs != "" {
		t.Errorf("exit code %d, %s%s; want 0", code, errs, out)
	}
	for _, want := range []string{"the definitions are the same\n", "the answers are the same\n", "32 conversations compared\n", "us-east-1      bot FLOWERSBOT, alias"} {
		if !strings.Contains(out, want) {
			t.Errorf("report\n%s\nwant %q in it", out, want)
		}
	}
	for _, r := range []*lexRegion{east, west} {
		begun, ended := map[string]bool{}, map[string]bool{}
		for _, line := range r.requests {
			if method, path, _ := strings.Cut(line, " "); strings.Contains(path, "/sessions/") {
				if method == "DELETE" {
					ended[path] = true
					continue
				}
				begun[strings.TrimSuffix(path, "/text")] = true
			}
		}
		if len(begun) != 32 || len(ended) != len(begun) {
			t.Errorf("%s: %d sessions begun, %d deleted; want 32 of each", r.name, len(begun), len(ended))
		}
	}
}

// TestRegionParityFindsPlantedDifferences is the whole way: two regions with
// exports that differ in one place each.
func TestRegionParityFindsPlantedDifferences(t *testing.T) {
	for _, test := range []struct {
		name  string
		edits []edit
		want  string // a difference of the definitions
		heard string // and one of the answers, "" if callers hear it only later
	}{
		{"prompt", []edit{{pickupDate, "What day do you want", "Which day do you want"}}, `intent OrderFlowers / slot PickupDate / prompt: "On which`, "messages: "},
		{"sample utterance", []edit{{orderIntent, `(?s)\{\s*"utterance": "Buy flowers"\s*\},`, ""}}, `intent OrderFlowers / utterance "Buy flowers": there | (missing)`, ""},
		{"synonym", []edit{{flowerTypes, `"value": "lily"`, `"value": "lilium"`}}, `value lilies / synonym "lily": there | (missing)`, ""},
		{"priority", []edit{{orderIntent, `(?s)"slotName": "PickupDate"(.*?)"slotName": "PickupTime"`, `"slotName": "PickupTime"}, {"priority": 3, "slotName": "PickupDate"`}}, "slot order / order: FlowerType, PickupDate, PickupTime | FlowerType, PickupTime, PickupDate", "slot asked for: PickupDate | PickupTime"},
		{"optional", []edit{{pickupDate, `"slotConstraint": "Required"`, `"slotConstraint": "Optional"`}}, "slot PickupDate / constraint: required | optional", "slot asked for: PickupDate | PickupTime"},
		{"intent", []edit{{"Intents/CancelIntent", "", ""}}, "intent CancelIntent: there | (missing)", ""},
		{"resolution", []edit{{flowerTypes, "TOP_RESOLUTION", "ORIGINAL_VALUE"}}, "slot type FlowerTypes / resolution: TOP_RESOLUTION | ORIGINAL_VALUE", ""},
		{"confirmation", []edit{{orderIntent, `(?s)"intentConfirmationSetting": \{\s*"isActive": true`, `"intentConfirmationSetting": {"isActive": false`}}, "intent OrderFlowers / confirmation: on | off", "dialog action: ConfirmIntent | "},
		{"threshold", []edit{{"BotLocale.json", "0.4", "0.55"}}, "confidence threshold: 0.4 | 0.55", ""},
		{"voice", []edit{{"BotLocale.json", "Joanna", "Matthew"}}, "voice: Joanna | Matthew", ""},
		{"code hook", []edit{{orderIntent, `(?s)"fulfillmentCodeHook": \{\s*"enabled": true`, `"fulfillmentCodeHook": {"enabled": false`}}, "fulfillment / code hook: on | off", ""},
		{"answer", []edit{{goodbye, `"value": "[^"]*"`, `"value": "Farewell."`}}, "intent GoodbyeIntent / ", `messages: "`},
	} {
		t.Run(test.name, func(t *testing.T) {
			east, west := startLex(t, "us-east-1", orderFlowers), startLex(t, "us-west-2", editedFlowers(t, test.edits...))
			code, out, errs := lexline(t, "region", "parity", "--bot", "OrderFlowers", "--json", east.flag(), west.flag(), "--utterances", callsFile(t, orderCalls))
			var report parityReport
			if err := json.Unmarshal([]byte(out), &report); err != nil {
				t.Fatalf("%v in %s%s", err, out, errs)
			}
			if code != 1 || report.Equal || !strings.Contains(errs, "between the regions") {
				t.Errorf("exit code %d, equal %v, %s; want 1", code, report.Equal, errs)
			}
			if !anyOf(report.Definitions, test.want) || len(report.Definitions[0].Differences) != 1 && test.name != "synonym" {
				t.Errorf("definitions %q, want one: %s", report.Definitions, test.want)
			}
			if test.heard != "" && !anyOf(report.Answers, test.heard) {
				t.Errorf("answers %q, want one with %s", report.Answers, test.heard)
			}
			if test.heard == "messages: " && errs != "lexline: 1 difference between the regions\n" {
				t.Errorf("%s; want all answers explained by the prompt", errs)
			}
			if !strings.Contains(out, `"remarks": [`) {
				t.Errorf("%s; want remarks, if there are none", out)
			}
		})
	}
}

func anyOf(pairs []parityPair, want string) bool {
	return slices.ContainsFunc(pairs, func(p parityPair) bool {
		return slices.ContainsFunc(p.Differences, func(d parity.Difference) bool { return strings.Contains(d.String(), want) })
	})
}

func TestRegionParityOfAnOldVersion(t *testing.T) {
	edited := editedFlowers(t, edit{pickupDate, "What day do you want", "Which day do you want"})
	east, west := startLex(t, "us-east-1", edited), startLex(t, "us-west-2", orderFlowers)
	// The new version is there, but callers of ver_one do not get it.
	if code, out, errs := lexline(t, "bot", "deploy", edited, west.flag(), "--alias", "other", "--role", lexRole); code != 0 {
		t.Fatalf("deploy: exit code %d\n%s%s", code, out, errs)
	}
	code, out, _ := lexline(t, "region", "parity", "--bot", "OrderFlowers", "--only", "definitions", east.flag(), west.flag())
	if code != 1 || !strings.Contains(out, "slot PickupDate / prompt") || !strings.Contains(out, "remark: us-west-2: the alias serves version 1, the newest is 2") {
		t.Errorf("exit code %d\n%s\nwant 1, the prompt, and a remark on the version", code, out)
	}
}

func TestRegionParityOfARegionThatAnswersErrors(t *testing.T) {
	east, west := startLex(t, "us-east-1", orderFlowers), startLex(t, "us-west-2", orderFlowers)
	west.breakAt(func(line string) bool { return strings.HasSuffix(line, "/text") })
	code, out, _ := lexline(t, "region", "parity", "--bot", "OrderFlowers", "--only", "answers", "--limit", "3", east.flag(), west.flag())
	if code != 1 || !strings.Contains(out, "/ error\n      none | AccessDeniedException: not today") || strings.Contains(out, "definitions, ") {
		t.Errorf("exit code %d\n%s\nwant 1 and the error beside none, and nothing of definitions", code, out)
	}
	east.breakAt(func(line string) bool { return strings.HasSuffix(line, "/text") })
	code, _, errs := lexline(t, "region", "parity", "--bot", "OrderFlowers", "--only", "answers", "--limit", "3", east.flag(), west.flag())
	if code != 2 || !strings.Contains(errs, "no region answered anything: AccessDeniedException") {
		t.Errorf("both broken: exit code %d, %s; want 2", code, errs)
	}
}

func TestRegionParityWithoutDefinitions(t *testing.T) {
	east, west := startLex(t, "us-east-1", orderFlowers), startLex(t, "us-west-2", orderFlowers)
	west.breakAt(func(line string) bool { return strings.Contains(line, "/botversions") })
	args := []string{"region", "parity", "--bot", "OrderFlowers", east.flag(), west.flag(), "--utterances", callsFile(t, "Goodbye\n")}
	if code, _, errs := lexline(t, args...); code != 2 || !strings.Contains(errs, "us-west-2: ") || !strings.Contains(errs, "hint: reading definitions needs lex:Describe*") {
		t.Errorf("exit code %d, %s; want 2 and what it needs", code, errs)
	}
	code, out, errs := lexline(t, append(args, "--only", "answers", "--limit", "1")...)
	if code != 0 || !strings.Contains(out, "remark: us-west-2: the definition could not be read") {
		t.Errorf("answers only: exit code %d, %s%s; want 0 and a remark", code, errs, out)
	}
}

func TestRegionParityByConfiguration(t *testing.T) {
	east, west := startLex(t, "us-east-1", orderFlowers), startLex(t, "us-west-2", editedFlowers(t, edit{"BotLocale.json", "Joanna", "Amy"}))
	name := filepath.Join(t.TempDir(), "lexline.yml")
	text := "regions:\n" +
		"  - {name: us-east-1, runtime_endpoint: " + east.url + ", models_endpoint: " + east.url + "}\n" +
		"  - {name: us-west-2, runtime_endpoint: " + west.url + ", models_endpoint: " + west.url + "}\n" +
		"lines:\n  - {name: flowers, numbers: [\"+1\"], bot: OrderFlowers, alias: ver_one}\n  - {name: other, bot: Other}\n"
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"region", "parity", "--only", "definitions", "--config", name}
	if code, out, errs := lexline(t, append(args, "--line", "flowers", "--place", "us-west-2=FLOWERSBOT/TSTALIASID")...); code != 1 || !strings.Contains(out, "Joanna | Amy") || !strings.Contains(out, "alias TSTALIASID") {
		t.Errorf("exit code %d, %s%s; want 1, the voices, and the alias of --place", code, errs, out)
	}
	if code, _, errs := lexline(t, args...); code != 2 || !strings.Contains(errs, "choose one with --line: flowers, other") {
		t.Errorf("exit code %d, %s; want 2 and the names of the lines", code, errs)
	}
}

func TestRegionParityMistakes(t *testing.T) {
	east := startLex(t, "us-east-1", orderFlowers)
	const nowhere = "--region=us-west-2=http://127.0.0.1:1"
	for _, test := range []struct {
		name string
		args []string
		want string
	}{
		{"no bot", nil, "which bot, and in which regions?"},
		{"one region", []string{"--bot", "OrderFlowers", east.flag()}, "there is one region only"},
		{"a region twice", []string{"--bot", "OrderFlowers", east.flag(), east.flag()}, "us-east-1 is there twice"},
		{"an unknown kind", []string{"--only", "voices"}, "--only voices: there are answers and definitions"},
		{"no bot of that name", []string{"--bot", "Trips", east.flag(), "--region=us-west-2=" + east.url}, "bot Trips is not there in us-east-1"},
		{"no alias of that name", []string{"--bot", "OrderFlowers", "--alias", "live", east.flag(), "--region=us-west-2=" + east.url}, "there is ver_one, TestBotAlias"},
		{"a region that is down", []string{"--bot", "OrderFlowers", east.flag(), nowhere}, "us-west-2: list bots: dial tcp 127.0.0.1:1: connect: connection refused"},
		{"a bad place", []string{"--bot", "OrderFlowers", "--place", "us-west-2=ABC"}, "write us-west-2=BOTID/ALIASID"},
		{"a place elsewhere", []string{"--bot", "OrderFlowers", east.flag(), nowhere, "--place", "eu-west-1=A/B"}, "eu-west-1 is not one of the regions"},
		{"no such file", []string{"--bot", "OrderFlowers", east.flag(), nowhere, "--utterances", "none.txt"}, "none.txt"},
		{"both ways", []string{"--config", "x.yml", "--bot", "B"}, "are for use without --config"},
		{"a bad address", []string{"--region", "us-east-1=localhost:80"}, `"localhost:80" is no address`},
	} {
		t.Run(test.name, func(t *testing.T) {
			code, out, errs := lexline(t, append([]string{"region", "parity"}, test.args...)...)
			if code != 2 || !strings.Contains(errs, test.want) || !strings.Contains(errs, "hint: ") {
				t.Errorf("exit code %d, %s%s; want 2, %q and a hint", code, errs, out, test.want)
			}
		})
	}
}

func TestTellerWritesOverItsLine(t *testing.T) {
	var out bytes.Buffer
	tell := &teller{w: &out, terminal: true}
	tell.say("us-east-1", "build \x1b[2J")
	tell.count("conversations", 3, 9)
	tell.end()
	tell.end()
	const line = "\r\x1b[K"
	if want := line + "us-east-1: build ?[2J" + line + "3 of 9 conversations" + line; out.String() != want {
		t.Errorf("written %q, want %q", out.String(), want)
	}
	out.Reset()
	(&teller{w: &out}).say("us-east-1", "build")
	if out.Len() > 0 {
		t.Errorf("written %q where there is no terminal, want nothing", out.String())
	}
}
