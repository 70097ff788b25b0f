package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/botdef"
	"lexline/internal/lexmodels"
	"lexline/internal/parity"
)

const lexRole = "arn:aws:iam::123456789012:role/lex-bots"

var bookTrip = filepath.Join("..", "..", "bots", "BookTrip")

func TestPlanDeploy(t *testing.T) {
	export, err := botdef.Load(orderFlowers)
	if err != nil {
		t.Fatal(err)
	}
	old, err := botdef.Load(editedFlowers(t, edit{pickupDate, "What day", "Which day"}))
	if err != nil {
		t.Fatal(err)
	}
	const hook = "arn:aws:lambda:us-east-1:123456789012:function:f"
	alias := parity.Alias{Version: "3", Locales: []parity.AliasLocale{{ID: "en_US", Enabled: true, Hook: hook}}}
	off := parity.Alias{Version: "3", Locales: []parity.AliasLocale{{ID: "en_US"}}}
	all := []string{"import the export", "build en_US", "make a version"}
	for _, test := range []struct {
		name  string
		state deployState
		hook  string
		want  []string
	}{
		{"nothing is there", deployState{}, "", append(slices.Clone(all), "create alias ver_one on the new version")},
		{"all is there", deployState{aliasID: "A", alias: alias, served: export}, "", nil},
		{"all is there, with its function", deployState{aliasID: "A", alias: alias, served: export}, hook, nil},
		{"another function", deployState{aliasID: "A", alias: alias, served: export}, hook + "2", []string{"point alias ver_one at version 3"}},
		{"a locale that is off", deployState{aliasID: "A", alias: off, served: export}, "", []string{"point alias ver_one at version 3"}},
		{"an older version is served", deployState{aliasID: "A", alias: alias, served: old, newest: export, version: "4"}, "", []string{"point alias ver_one at version 4"}},
		{"no alias, but a version", deployState{newest: export, version: "4"}, "", []string{"create alias ver_one on version 4"}},
		{"a draft that is built", deployState{aliasID: "A", alias: alias, served: old, draft: export, built: []string{"en_US"}}, "", []string{"make a version", "point alias ver_one at the new version"}},
		{"a draft that is not", deployState{aliasID: "A", alias: alias, served: old, draft: export}, "", []string{"build en_US", "make a version", "point alias ver_one at the new version"}},
		{"another draft", deployState{aliasID: "A", alias: alias, served: old, newest: old, version: "4", draft: old, built: []string{"en_US"}}, "", append(slices.Clone(all), "point alias ver_one at the new version")},
	} {
		if diff := cmp.Diff(test.want, planDeploy(export, test.state, test.hook).steps("ver_one")); diff != "" {
			t.Errorf("%s: steps (-want +got):\n%s", test.name, diff)
		}
	}
}

// deployed runs bot deploy and reads its JSON.
func deployed(t *testing.T, args ...string) (code int, result deployJSON, stderr string) {
	t.Helper()
	code, out, errs := lexline(t, append([]string{"bot", "deploy", "--json"}, args...)...)
	if err := json.Unmarshal([]byte(out), &result); err != nil {
		t.Fatalf("%v in %q, %s", err, out, errs)
	}
	return code, result, errs
}

func TestBotDeploy(t *testing.T) {
	east, west := startLex(t, "us-east-1", bookTrip), startLex(t, "us-west-2", bookTrip)
	regions := []string{east.flag(), west.flag(), "--role", lexRole, "--hook", "us-east-1=arn:aws:lambda:us-east-1:123456789012:function:orders", "--hook", "us-west-2=arn:aws:lambda:us-west-2:123456789012:function:orders"}

	// A dry run says it all and does nothing.
	code, out, _ := lexline(t, append([]string{"bot", "deploy", orderFlowers, "--dry-run"}, regions...)...)
	if code != 1 || !strings.Contains(out, "there is no bot OrderFlowers\n    1. import the export\n") || !strings.Contains(out, "dry run: nothing was changed") {
		t.Errorf("dry run: exit code %d\n%s\nwant 1, as there is something to do", code, out)
	}
	if !strings.Contains(out, "Lex Global Resiliency") {
		t.Errorf("dry run:\n%s\nwant a word about Global Resiliency", out)
	}
	if done := append(east.writes(), west.writes()...); len(done) > 0 {
		t.Errorf("the dry run sent %q, want nothing that changes anything", done)
	}

	// The bot comes into both regions.
	code, result, errs := deployed(t, append([]string{orderFlowers}, regions...)...)
	if code != 0 || !result.OK || len(result.Regions) != 2 {
		t.Fatalf("exit code %d, %+v, %s; want 0", code, result, errs)
	}
	for _, r := range result.Regions {
		if !r.Changed || r.Version != "1" || r.AliasARN != "arn:aws:lex:"+r.Region+":123456789012:bot-alias/"+r.BotID+"/"+r.AliasID || len(r.Differences) > 0 {
			t.Errorf("region %+v, want version 1 and its ARN", r)
		}
	}
	if p := result.Parity; p == nil || !p.Equal || p.Conversations == 0 {
		t.Errorf("parity %+v, want equal answers", p)
	}

	// Again: nothing changes. Without --hook the functions stay.
	east.writes()
	west.writes()
	code, out, _ = lexline(t, "bot", "deploy", orderFlowers, east.flag(), west.flag())
	if code != 0 || strings.Count(out, "nothing to do: the alias serves the export") != 2 || !strings.Contains(out, "unchanged: bot") {
		t.Errorf("second deploy: exit code %d\n%s\nwant that nothing is to do", code, out)
	}
	if done := append(east.writes(), west.writes()...); len(done) > 0 {
		t.Errorf("the second deploy sent %q, want nothing that changes anything", done)
	}
	for _, want := range []string{
		"      - name: us-west-2\n        bot: ", "lexline connect flow --lambda arn:aws:lambda:us-east-1:123456789012:function:lexDRGetRegion",
		"--bot us-east-1=arn:aws:lex:us-east-1:123456789012:bot-alias/",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("output\n%s\nwant %q in it", out, want)
		}
	}
	if strings.Contains(out, "Global Resiliency") {
		t.Errorf("output\n%s\nwant Global Resiliency explained before the first deploy only", out)
	}
	code, out, errs = lexline(t, "bot", "deploy", orderFlowers, east.flag(), west.flag(), "--dry-run")
	if code != 0 {
		t.Errorf("dry run with nothing to do: exit code %d\n%s%s", code, out, errs)
	}

	// Another export: what differs is told, and the alias moves with its function.
	edited := editedFlowers(t, edit{pickupDate, "What day", "Which day"})
	code, result, errs = deployed(t, edited, east.flag(), west.flag())
	if code != 0 || result.Regions[0].Version != "2" || result.Regions[1].Version != "2" {
		t.Errorf("exit code %d, %+v, %s; want version 2", code, result, errs)
	}
	client, err := lexClient(t.Context(), awsConfig{}, regionConfig{"us-west-2", west.url, west.url}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	alias, err := client.Alias(t.Context(), result.Regions[1].BotID, result.Regions[1].AliasID)
	if l, _ := alias.Locale("en_US"); err != nil || l.Hook != "arn:aws:lambda:us-west-2:123456789012:function:orders" {
		t.Errorf("alias %+v, %v; want its function kept", alias, err)
	}
	if newest, err := client.NewestVersion(t.Context(), result.Regions[1].BotID); newest != "2" {
		t.Errorf("newest version %s, %v; want 2: one for each change", newest, err)
	}
}

func TestBotDeployShowsWhatDiffers(t *testing.T) {
	east := startLex(t, "us-east-1", orderFlowers)
	edited := editedFlowers(t, edit{"BotLocale.json", "Joanna", "Amy"})
	code, out, _ := lexline(t, "bot", "deploy", "--dry-run", "--role", lexRole, east.flag(), edited)
	if code != 1 || !strings.Contains(out, "1 difference, served | export:\n      voice: Joanna | Amy\n") || !strings.Contains(out, "4. point alias ver_one at the new version") {
		t.Errorf("exit code %d\n%s\nwant the voice and four steps", code, out)
	}
}

func TestBotDeployGoesOnWhereItStopped(t *testing.T) {
	for _, test := range []struct {
		name   string
		refuse func(line string) bool
		step   string   // at which it fails
		left   []string // what the next run still does
	}{
		{"at the upload", func(l string) bool { return strings.HasPrefix(l, "PUT /uploads/") }, "import the export", []string{"import the export", "build en_US", "make a version"}},
		{"at the build", func(l string) bool {
			return strings.HasPrefix(l, "POST /bots/") && strings.HasSuffix(l, "/botlocales/en_US")
		}, "build en_US", []string{"build en_US", "make a version"}},
		{"at the version", func(l string) bool { return strings.HasPrefix(l, "PUT /bots/") && strings.HasSuffix(l, "/botversions") }, "make a version", []string{"make a version"}},
		{"at the alias", func(l string) bool { return strings.HasPrefix(l, "PUT /bots/") && strings.Contains(l, "/botaliases/") }, "point alias ver_one at version 2", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			east, west := startLex(t, "us-east-1", orderFlowers), startLex(t, "us-west-2", orderFlowers)
			edited := editedFlowers(t, edit{pickupDate, "What day", "Which day"})
			west.breakAt(test.refuse)
			code, result, errs := deployed(t, edited, east.flag(), west.flag(), "--role", lexRole)
			e, w := result.Regions[0], result.Regions[1]
			if code != 1 || e.Version != "2" || e.Error != "" || w.FailedStep != test.step || !strings.Contains(errs, "us-west-2: "+test.step+": ") {
				t.Errorf("exit code %d, %+v, %s; want 1, east done, west failed at: %s", code, result.Regions, errs, test.step)
			}
			west.breakAt(nil)
			code, result, errs = deployed(t, edited, east.flag(), west.flag(), "--role", lexRole)
			plan := result.Regions[1].Plan
			if code != 0 || result.Regions[0].Changed || !slices.Equal(plan[:len(plan)-1], test.left) && len(plan)-len(test.left) != 1 || result.Regions[1].Version != "2" {
				t.Errorf("again: exit code %d, %+v, %s; want 0, east unchanged, west: %q and the alias", code, result.Regions, errs, test.left)
			}
		})
	}
}

func TestBotDeployMistakes(t *testing.T) {
	east := startLex(t, "us-east-1", bookTrip)
	broken := editedFlowers(t, edit{orderIntent, `\{FlowerType\} please`, "{Colour} please"})
	single := t.TempDir()
	if err := os.CopyFS(single, os.DirFS(orderFlowers)); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(single, "Manifest.json")); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"no export", []string{east.flag()}, 2, "takes the path of one export"},
		{"no region", []string{orderFlowers}, 2, "to which regions?"},
		{"no such export", []string{"nowhere", east.flag()}, 1, "load bot nowhere"},
		{"a bot that Lex would refuse", []string{broken, east.flag()}, 1, "1 problem that Lex would refuse, such as en_US/OrderFlowers: "},
		{"no manifest", []string{single, east.flag()}, 1, "holds no Manifest.json"},
		{"no role", []string{orderFlowers, east.flag()}, 1, "an import needs a role for the bot"},
		{"a hook elsewhere", []string{orderFlowers, east.flag(), "--hook", "eu-west-1=arn:aws:lambda:eu-west-1:123456789012:function:f"}, 2, "eu-west-1 is not one of the regions"},
		{"a hook that is none", []string{orderFlowers, east.flag(), "--hook", "us-east-1=f"}, 2, "write us-east-1=arn:aws:lambda:"},
		{"an alias that Lex would refuse", []string{orderFlowers, east.flag(), "--alias", "ver one"}, 2, `"ver one" is no name of an alias`},
		{"the alias of the draft", []string{orderFlowers, east.flag(), "--alias", "TestBotAlias"}, 2, "cannot be pointed at a version"},
		{"a region that is down", []string{orderFlowers, "--role", lexRole, "--region=us-west-2=http://127.0.0.1:1"}, 1, "us-west-2: look at what is there: list bots: dial tcp 127.0.0.1:1: connect: connection refused"},
	} {
		t.Run(test.name, func(t *testing.T) {
			code, out, errs := lexline(t, append([]string{"bot", "deploy"}, test.args...)...)
			if code != test.code || !strings.Contains(errs, test.want) {
				t.Errorf("exit code %d, %s%s; want %d and %q", code, errs, out, test.code, test.want)
			}
		})
	}
}

func TestBotDeployLeavesCopiesToLex(t *testing.T) {
	east, west := startLex(t, "us-east-1", orderFlowers), startLex(t, "us-west-2", orderFlowers)
	east.copies = `{"botReplicaSummaries": [{"replicaRegion": "us-west-2", "botReplicaStatus": "Enabled"}]}`
	code, result, errs := deployed(t, editedFlowers(t, edit{pickupDate, "What day", "Which day"}), east.flag(), west.flag(), "--role", lexRole)
	if code != 1 || result.Regions[0].Version != "2" || result.Regions[1].Changed || !strings.Contains(errs, "is a copy of the one in us-east-1, and read-only") {
		t.Errorf("exit code %d, %+v, %s; want 1, the source deployed, the copy left alone", code, result.Regions, errs)
	}
	if done := west.writes(); len(done) > 0 {
		t.Errorf("the copy was sent %q, want nothing that changes anything", done)
	}
}

func TestResiliencyWords(t *testing.T) {
	for _, test := range []struct {
		home   string
		list   []lexmodels.Replica
		served bool
		want   string
	}{
		{"us-east-1", nil, true, "would copy this bot from us-east-1 to us-west-2"},
		{"eu-central-1", nil, false, "not to be seen here) would copy this bot from eu-central-1 to eu-west-2"},
		{"ap-southeast-1", nil, true, "does not pair ap-southeast-1"},
		{"us-east-1", []lexmodels.Replica{{Region: "us-west-2", Status: "Enabled"}}, true, "keeps a copy of this bot in us-west-2 (Enabled)"},
	} {
		if got := strings.Join(resiliencyWords(test.home, test.list, test.served), "\n"); !strings.Contains(got, test.want) {
			t.Errorf("of %s: %q, want %q in it", test.home, got, test.want)
		}
	}
}
