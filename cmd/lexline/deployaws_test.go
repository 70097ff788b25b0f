package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/cfncheck"
)

// planConfig is a configuration for two regions, with bots by name and everything that a
// plan looks at.
const planConfig = `public_url: https://voice.example.com
regions: [{name: us-east-1}, {name: us-west-2}]
lines:
  - {name: flowers, numbers: ["+15550100"], bot: OrderFlowers, alias: ver_one, exactly_once: true, probe: {text: "I'd like to order some flowers", intent: OrderFlowers, slot: FlowerType}}
table: {dynamodb: {name: lexDR}}
store: {dynamodb: {name: lexline-calls}}
`

// idsConfig is the same with ids, of bots that are there already.
const idsConfig = `public_url: https://voice.example.com/calls
regions: [{name: us-east-1}, {name: us-west-2}]
lines:
  - {name: flowers, bot: BOTIDEAST1, alias: ALIASEAST1, regions: [{name: us-east-1}, {name: us-west-2, bot: BOTIDWEST2, alias: ALIASWEST2}]}
  - {name: trips, numbers: ["+15550101"], bot: BOTIDTRIP1, alias: ALIASTRIP1, regions: [{name: us-east-1}]}
table: {dynamodb: {name: lexDR, region: us-east-1}}
`

func writeConfig(t *testing.T, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "lexline.yml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// planned makes a plan by the command, as JSON.
func planned(t *testing.T, config string, args ...string) (p awsPlan) {
	t.Helper()
	args = append([]string{"deploy", "plan", "--json", "--account", "111122223333", "--tag", "v1", "--config", writeConfig(t, config)}, args...)
	code, stdout, stderr := lexlineSays(t.Context(), args...)
	if code != 0 {
		t.Fatalf("lexline %v: exit code %d, %s", args, code, stderr)
	}
	if err := json.Unmarshal([]byte(stdout), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// readTemplate reads one of our templates.
func readTemplate(t *testing.T, name string) *cfncheck.Template {
	t.Helper()
	text, err := os.ReadFile("../../deploy/cloudformation/" + name + ".yml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := cfncheck.Parse(name, text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// parametersOf are the parameters that a step gives a stack, with variables filled in.
func parametersOf(s awsStep) map[string]string {
	found := map[string]string{}
	for _, word := range s.Run[slices.Index(s.Run, "--parameter-overrides")+1:] {
		name, value, _ := strings.Cut(word, "=")
		value = regexp.MustCompile(`\$\{ALIAS_([0-9])\}`).ReplaceAllString(value, "arn:aws:lex:us-east-1:111122223333:bot-alias/BOTID0000$1/ALIASID00$1")
		found[name] = regexp.MustCompile(`\$\{(BOT|ALIAS)_(ID_)?[0-9]\}`).ReplaceAllString(value, "ABCDEFGHIJ")
	}
	return found
}

// TestPlanFitsTemplates has every stack of a plan resolved with the plan's own parameters,
// in the plan's order: nothing that a template does not know, nothing that it lacks,
// nothing imported before it is exported.
func TestPlanFitsTemplates(t *testing.T) {
	tests := []struct {
		name, config string
		args         []string
		want         []string // region and template of the stacks
	}{
		{
			"bots from their export", planConfig,
			[]string{"--hosted-zone", "Z0123456789ABC", "--export", "OrderFlowers=../../bots/OrderFlowers", "--connect-instance", "aaaabbbb-cccc", "--mail", "oncall@example.com"},
			[]string{"us-east-1 core", "us-west-2 core", "us-east-1 bot", "us-west-2 bot", "us-east-1 lexdr", "us-west-2 lexdr", "us-east-1 service", "us-west-2 service"},
		},
		{
			"bots looked up", planConfig,
			[]string{"--certificate", "us-east-1=arn:aws:acm:us-east-1:111122223333:certificate/a", "--certificate", "us-west-2=arn:aws:acm:us-west-2:111122223333:certificate/b"},
			[]string{"us-east-1 core", "us-west-2 core", "us-east-1 lexdr", "us-west-2 lexdr", "us-east-1 service", "us-west-2 service"},
		},
		{
			"bots by ids, one table", idsConfig,
			[]string{"--hosted-zone", "Z0123456789ABC", "--url", "us-west-2=https://west.example.com/calls", "--arch", "arm64", "--size", "large"},
			[]string{"us-east-1 core", "us-west-2 core", "us-east-1 lexdr", "us-west-2 lexdr", "us-east-1 service", "us-west-2 service"},
		},
		{"one region", strings.Replace(planConfig, ", {name: us-west-2}", "", 1), []string{"--hosted-zone", "Z0123456789ABC"}, []string{"us-east-1 core", "us-east-1 service"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			exports := map[string]map[string]string{"us-east-1": {}, "us-west-2": {}}
			var stacks []string
			for _, s := range planned(t, test.config, test.args...).Steps {
				if !slices.Contains(s.Run, "deploy") {
					continue
				}
				file := s.Run[slices.Index(s.Run, "--template-file")+1]
				template := strings.TrimSuffix(filepath.Base(file), ".yml")
				stacks = append(stacks, s.Region+" "+template)
				r, err := readTemplate(t, template).Resolve(cfncheck.Environment{Parameters: parametersOf(s), Imports: exports[s.Region], Region: s.Region, Account: "111122223333", Stack: template})
				if err != nil {
					t.Fatalf("%v: %v", s.Run, err)
				}
				for name, value := range r.Exports {
					exports[s.Region][name] = value.(string)
				}
			}
			if diff := cmp.Diff(test.want, stacks); diff != "" {
				t.Errorf("the stacks (-want +got):\n%s", diff)
			}
		})
	}
}

// TestTaskReadsItsEnvironment has a gateway read what a task of the stack service is told,
// with the configuration in its secret.
func TestTaskReadsItsEnvironment(t *testing.T) {
	imports := map[string]string{}
	for _, name := range []string{"LoadBalancerFullName", "DomainName", "VpcId", "PrivateSubnetA", "PrivateSubnetB", "GatewayGroup", "HttpsListener", "Cluster", "ExecutionRole", "TwilioSecret", "ConfigSecret", "Log"} {
		imports["lexline-"+name] = "voice.example.com"
	}
	var given map[string]string
	for _, s := range planned(t, planConfig, "--hosted-zone", "Z0123456789ABC").Steps {
		if s.Region == "us-west-2" && slices.Contains(s.Run, "deploy/cloudformation/service.yml") {
			given = parametersOf(s)
		}
	}
	r, err := readTemplate(t, "service").Resolve(cfncheck.Environment{Parameters: given, Imports: imports, Region: "us-west-2", Account: "111122223333"})
	if err != nil {
		t.Fatal(err)
	}
	container := r.Resources["TaskDefinition"].Properties["ContainerDefinitions"].([]any)[0].(map[string]any)
	told := map[string]string{}
	for _, v := range container["Environment"].([]any) {
		told[v.(map[string]any)["Name"].(string)] = v.(map[string]any)["Value"].(string)
	}
	for _, v := range container["Secrets"].([]any) {
		told[v.(map[string]any)["Name"].(string)] = map[string]string{"TWILIO_AUTH_TOKEN": "token", "LEXLINE_CONFIG_TEXT": planConfig}[v.(map[string]any)["Name"].(string)]
	}
	var environ []string
	for name, value := range told {
		environ = append(environ, name+"="+value)
	}
	if err := checkEnvironment(environ); err != nil {
		t.Error(err)
	}
	cfg, err := loadConfig("", onlyVariables(told), false)
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Listen != ":8080" || !cfg.BehindProxy || cfg.PublicURL != "https://voice.example.com" || cfg.Twilio.AuthToken != "token" || cfg.Limits.Calls != 400 {
		t.Errorf("the gateway listens on %s for %s, with the token %q and %d calls", cfg.Listen, cfg.PublicURL, cfg.Twilio.AuthToken, cfg.Limits.Calls)
	}
	if cfg.Log.Format != "json" || cfg.Log.LoadEvery != orOff(time.Minute) {
		t.Errorf("its log is %+v; want JSON, with a line of its load each minute", cfg.Log)
	}
	if got := cfg.tableInDynamoDB(); got != "lexDR@us-west-2" {
		t.Errorf("its table is %s; want the replica of its own region", got)
	}
	if got := cfg.dynamoTable(cfg.Store.DynamoDB).Region; got != "us-west-2" {
		t.Errorf("its records are in %s; want its own region", got)
	}
}

// TestPlanSays looks at what differs from one configuration to the next.
func TestPlanSays(t *testing.T) {
	parameters := func(p awsPlan, region, template string) map[string]string {
		for _, s := range p.Steps {
			if s.Region == region && slices.Contains(s.Run, "deploy/cloudformation/"+template+".yml") {
				return parametersOf(s)
			}
		}
		t.Fatalf("there is no stack %s in %s", template, region)
		return nil
	}
	p := planned(t, idsConfig, "--hosted-zone", "Z0123456789ABC", "--url", "us-west-2=https://west.example.com/calls")
	want := map[string]string{
		"EnvironmentName": "lexline", "ImageUrl": "111122223333.dkr.ecr.us-west-2.amazonaws.com/lexline-lexline:v1", "PublicPath": "/calls",
		"LexAliasArns": "arn:aws:lex:us-east-1:111122223333:bot-alias/BOTIDEAST1/ALIASEAST1,arn:aws:lex:us-west-2:111122223333:bot-alias/BOTIDWEST2/ALIASWEST2,arn:aws:lex:us-east-1:111122223333:bot-alias/BOTIDTRIP1/ALIASTRIP1",
		"LooksUpNames": "false", "Size": "medium", "Architecture": "X86_64", "RegionTable": "lexDR", "RegionTableRegion": "us-east-1",
		"RegionTableKeys": "us-east-1/BOTIDEAST1,us-east-1/BOTIDEAST1#*,us-east-1/BOTIDTRIP1,us-east-1/BOTIDTRIP1#*",
	}
	if diff := cmp.Diff(want, parameters(p, "us-west-2", "service")); diff != "" {
		t.Errorf("the gateways of us-west-2 (-want +got):\n%s", diff)
	}
	other := parameters(p, "us-west-2", "lexdr")
	if other["MakesTable"] != "false" || other["TableRegion"] != "us-east-1" || other["TableKey"] != "us-east-1/BOTIDEAST1" || other["WithCheck"] != "false" {
		t.Errorf("lexdr of us-west-2 has %v; want the home region's table, and no check", other)
	}
	if p.URLs["us-west-2"] != "https://west.example.com/calls" || p.URLs["us-east-1"] != "https://voice.example.com/calls" {
		t.Errorf("the addresses are %v", p.URLs)
	}
	p = planned(t, planConfig, "--hosted-zone", "Z0123456789ABC", "--export", "OrderFlowers=../../bots/OrderFlowers", "--connect-instance", "aaaabbbb")
	home := parameters(p, "us-east-1", "lexdr")
	if home["ReplicaRegion"] != "us-west-2" || home["SampleUtterance"] != "I'd like to order some flowers" || !strings.HasSuffix(home["ConnectInstanceArn"], "instance/aaaabbbb") {
		t.Errorf("lexdr of us-east-1 has %v; want a replica, the probe and the instance", home)
	}
	if key := parameters(p, "us-east-1", "bot")["ExportKey"]; !regexp.MustCompile(`^bots/OrderFlowers-[0-9a-f]{8}\.zip$`).MatchString(key) {
		t.Errorf("the export's key is %q; want the bot's name and what the export is told by", key)
	}
	if p.URLs["us-west-2"] != "https://voice-us-west-2.example.com" {
		t.Errorf("the address in us-west-2 is %v", p.URLs)
	}
}

// TestPlanRefuses gives what cannot go to AWS.
func TestPlanRefuses(t *testing.T) {
	with := func(more string) string { return planConfig + more }
	zone := []string{"--hosted-zone", "Z0123456789ABC"}
	tests := []struct {
		name, config string
		args         []string
		want         string
	}{
		{"no certificate", planConfig, nil, "neither --hosted-zone nor --certificate us-east-1=ARN is given"},
		{"table in a file", strings.Replace(planConfig, "dynamodb: {name: lexDR}", "file: table.db", 1), zone, "table.file: a task has no disk"},
		{"records in a file", strings.Replace(planConfig, "dynamodb: {name: lexline-calls}", "file: calls.db", 1), zone, "store.file: a task has no disk"},
		{"recordings", with("recording: {folder: calls}\n"), zone, "recording.folder: a task has no disk"},
		{"an export that gateways read", strings.Replace(planConfig, "alias: ver_one", "alias: ver_one, export: bots/OrderFlowers", 1), zone, "lines[0].export: names a file"},
		{"the test alias", strings.Replace(planConfig, "alias: ver_one, ", "", 1), zone, "TestBotAlias is for trying out"},
		{"a local Lex", strings.Replace(planConfig, "{name: us-east-1}", "{name: us-east-1, runtime_endpoint: http://127.0.0.1:8470}", 1), zone, "regions[0]: has an endpoint of its own"},
		{"three regions", strings.Replace(planConfig, "{name: us-west-2}", "{name: us-west-2}, {name: eu-west-2}", 1), zone, "there are 3, and the templates are for one or two"},
		{"no region of AWS", strings.Replace(planConfig, "us-west-2", "west", 1), zone, `regions[1].name: "west" is no AWS region`},
		{"no public_url", strings.Replace(planConfig, "public_url: https://voice.example.com\n", "", 1), zone, "public_url is missing"},
		{"a port", strings.Replace(planConfig, "voice.example.com", "voice.example.com:8443", 1), zone, "has a port"},
		{"two aliases of one export", strings.Replace(planConfig, "table:", "  - {name: more, numbers: [\"+15550102\"], bot: OrderFlowers, alias: ver_two}\ntable:", 1), append(zone, "--export", "OrderFlowers=../../bots/OrderFlowers"), "has the aliases ver_one and ver_two"},
		{"a name that buckets do not have", planConfig, append(zone, "--name", "Prod"), "--name:"},
		{"a tag that images do not have", planConfig, append(zone, "--tag", "(devel)"), "--tag:"},
		{"no processor", planConfig, append(zone, "--arch", "x86"), "--arch:"},
		{"no slot", planConfig, append(zone, "--version-slot", "c"), "--version-slot:"},
		{"no region in --url", planConfig, append(zone, "--url", "east=https://a.example.com"), "is no AWS region"},
		{"plain http in --url", planConfig, append(zone, "--url", "us-west-2=http://a.example.com"), "is plain http"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			args := append([]string{"deploy", "plan", "--account", "111122223333", "--tag", "v1", "--config", writeConfig(t, test.config)}, test.args...)
			if code, stdout, stderr := lexlineSays(t.Context(), args...); code == 0 || stdout != "" || !strings.Contains(stderr, test.want) {
				t.Errorf("exit code %d, %q; want a refusal with %q", code, stderr, test.want)
			}
		})
	}
	for account, want := range map[string]string{"": "--account is missing", "1234": "is no AWS account"} {
		if code, _, stderr := lexlineSays(t.Context(), "deploy", "plan", "--account", account, "--config", writeConfig(t, planConfig)); code != 2 || !strings.Contains(stderr, want) {
			t.Errorf("--account %q: exit code %d, %q; want 2 and %q", account, code, stderr, want)
		}
	}
}

// TestShellWord asks bash's rules of quotation.
func TestShellWord(t *testing.T) {
	for word, want := range map[string]string{
		"plain":            "plain",
		"a b":              `'a b'`,
		"":                 `''`,
		"it's":             `'it'\''s'`,
		"${ALIAS_1}":       `"${ALIAS_1}"`,
		"x=${ALIAS_1},b c": `"x=${ALIAS_1},b c"`,
		"$HOME":            `'$HOME'`,
		"${ALIAS_1}\"":     `'${ALIAS_1}"'`,
		"!{a}":             `'!{a}'`,
	} {
		if got := shellWord(word); got != want {
			t.Errorf("shellWord(%s) = %s; want %s", word, got, want)
		}
	}
}
