package main

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const goodConfig = `
public_url: https://voice.example.com
twilio: {auth_token: secret}
regions: [{name: us-east-1}]
lines:
  - {name: flowers, numbers: ["+15550100"], bot: OrderFlowers, alias: ver_one}
`

func load(t *testing.T, text string, env map[string]string) (config, error) {
	t.Helper()
	path := t.TempDir() + "/lexline.yml"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return loadConfig(path, func(name string) string { return env[name] }, false)
}

// TestLexlineYMLIsTheManual holds the example file to the struct: it names every
// key, at the place where it belongs, and its live values are the defaults.
func TestLexlineYMLIsTheManual(t *testing.T) {
	const path = "../../lexline.yml"
	got := defaultConfig()
	if _, err := readConfigFile(path, &got); err != nil {
		t.Fatalf("lexline.yml: %v", err)
	}
	want := defaultConfig()
	want.Regions, want.Lines, want.Sounds = []regionConfig{}, []lineConfig{}, []soundsConfig{}
	want.Records.Mask = []string{}
	want.Targets, want.Redirects = []targetConfig{}, []redirectConfig{}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("lexline.yml differs from the defaults (-default +file):\n%s", diff)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// The examples, uncommented, must be valid and name the rest of the keys.
	var live []string
	for line := range strings.SplitSeq(string(text), "\n") {
		switch {
		case strings.HasPrefix(line, "#  ") && !strings.HasPrefix(strings.TrimLeft(line[1:], " "), "#"):
			live = append(live, line[1:])
		case strings.HasPrefix(line, "regions: []"), strings.HasPrefix(line, "lines: []"), strings.HasPrefix(line, "sounds: []"),
			strings.HasPrefix(line, "targets: []"), strings.HasPrefix(line, "redirects: []"):
			live = append(live, strings.TrimSuffix(line, " []"))
		case !strings.HasPrefix(line, "#"):
			live = append(live, line)
		}
	}
	var full config
	if _, err := readConfig("lexline.yml with its examples", strings.NewReader(strings.Join(live, "\n")), &full); err != nil {
		t.Fatal(err)
	}
	for _, key := range allKeys("", reflect.TypeFor[config]()) {
		name := key[strings.LastIndex(key, ".")+1:]
		if !strings.Contains(strings.Join(live, "\n"), name+":") {
			t.Errorf("lexline.yml does not explain %s", key)
		}
	}
	if len(full.Lines) != 1 || len(full.Regions) != 1 || len(full.Sounds) != 1 {
		t.Errorf("examples hold %d lines, %d regions and %d sounds; want one of each", len(full.Lines), len(full.Regions), len(full.Sounds))
	}
	if faults := full.checkTargets(); len(faults) > 0 {
		t.Errorf("the examples of hand-overs: %v", faults)
	}
	if line := full.Lines[0]; line.Greeting != defaultLine.Greeting || line.ResumeGreeting != defaultLine.ResumeGreeting ||
		line.Alias != defaultLine.Alias || line.Locale != defaultLine.Locale {
		t.Errorf("the example line %+v does not show the defaults %+v", line, defaultLine)
	}
}

func allKeys(prefix string, of reflect.Type) (keys []string) {
	for field := range of.Fields() {
		key := prefix + field.Tag.Get("key")
		inner := field.Type
		if inner.Kind() == reflect.Slice {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct {
			keys = append(keys, allKeys(key+".", inner)...)
			continue
		}
		keys = append(keys, key)
	}
	return keys
}

func TestConfigIsCompleted(t *testing.T) {
	got, err := load(t, goodConfig, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := defaultConfig()
	want.Listen = "127.0.0.1:8080"
	want.PublicURL = "https://voice.example.com"
	want.Twilio.AuthToken = "secret"
	want.Regions = []regionConfig{{Name: "us-east-1"}}
	want.Lines = []lineConfig{{
		Name: "flowers", Numbers: []string{"+15550100"}, Greeting: defaultLine.Greeting, ResumeGreeting: defaultLine.ResumeGreeting,
		Bot: "OrderFlowers", Alias: "ver_one", Locale: "en_US", Quota: 25, Hedge: "auto", Machines: "hang_up", Mode: "stream",
		Regions: []placeConfig{{Name: "us-east-1", Bot: "OrderFlowers", Alias: "ver_one", Locale: "en_US"}},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
}

// TestSampleServersEnvironment starts from nothing but the names that the AWS
// sample server took.
func TestSampleServersEnvironment(t *testing.T) {
	env := map[string]string{
		"AWS_REGION": "eu-west-2", "ACCESS_KEY_ID": "AKIA", "SECRET_ACCESS_KEY": "shh", "LEX_BOT_NAME": "BookTrip",
		"LEX_BOT_ALIAS": "prod", "TWILIO_AUTH_TOKEN": "token", "CONTAINER_PORT": "8443", "URL": "voice.example.com",
	}
	cfg, err := loadConfig("", func(name string) string { return env[name] }, false)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{
		cfg.Regions[0].Name, cfg.AWS.AccessKeyID, cfg.AWS.SecretAccessKey, cfg.Lines[0].Bot,
		cfg.Lines[0].Alias, cfg.Twilio.AuthToken, cfg.Listen, cfg.PublicURL, cfg.Lines[0].Regions[0].Name, fmt.Sprint(cfg.BehindProxy),
	}
	want := []string{"eu-west-2", "AKIA", "shh", "BookTrip", "prod", "token", ":8443", "https://voice.example.com", "eu-west-2", "true"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("from the environment (-want +got):\n%s", diff)
	}
}

func TestEnvironmentOverridesTheFile(t *testing.T) {
	cfg, err := load(t, goodConfig, map[string]string{
		"LEXLINE_TWILIO_AUTH_TOKEN": "other", "LEXLINE_CALL_KEY_TIMEOUT": "5s", "LEXLINE_LOG_LEVEL": "debug",
		"TWILIO_AUTH_TOKEN": "only where nothing else is set",
	})
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Twilio.AuthToken != "other" || cfg.Call.KeyTimeout != 5*time.Second || cfg.Log.Level != "debug" {
		t.Errorf("config = %+v; want the environment's values", cfg)
	}
}

func TestBadConfigs(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"unknown key", "public_url: x\nlinez: []", `lexline.yml:2: unknown key "linez"`},
		{"unknown nested key", goodConfig + "call:\n  end_of_speach: 1s", `lexline.yml:8: unknown key "call.end_of_speach"`},
		{"unknown key of a line", strings.Replace(goodConfig, "bot:", "bott:", 1), `unknown key "lines[0].bott"`},
		{"key twice", "listen: a:1\nlisten: b:1", "lexline.yml:2: listen: the key is there twice"},
		{"wrong type", "call: {max_failures: many}", `call.max_failures: "many" is no whole number`},
		{"bad duration", "call: {key_timeout: 3}", `call.key_timeout: "3" is no duration`},
		{"negative duration", "call: {key_timeout: -3s}", `call.key_timeout: "-3s" is no duration`},
		{"section wanted", "call: 3", "lexline.yml:1: call: a section of keys is wanted"},
		{"list wanted", "lines: {bot: x}", "lexline.yml:1: lines: a list is wanted"},
		{"value wanted", "listen: [a]", "lexline.yml:1: listen: one value is wanted"},
		{"alias", "listen: &a :1\npublic_url: *a", "lexline.yml:2: public_url: YAML aliases"},
		{"not YAML", "listen: [", "lexline.yml: "},
		{"second document", goodConfig + "\n---\nlisten: :1", "a second document"},
		{"empty", "", "public_url: is missing"},
		{"no token", strings.Replace(goodConfig, "secret", `""`, 1), "twilio.auth_token: is missing"},
		{"plain http", strings.Replace(goodConfig, "https", "http", 1), "public_url: is plain http"},
		{"query", strings.Replace(goodConfig, ".com", ".com/?a=b", 1), "must end before any ?"},
		{"webhook in place of the server", strings.Replace(goodConfig, ".com", ".com/twiml", 1), "public_url: \"https://voice.example.com/twiml\" ends in the path of a webhook"},
		{"port in words", goodConfig + "listen: ':http'", "listen: \":http\" is no address with a port"},
		{"tab", "call:\n\tmax_turn: 3s", "spaces, not tabs"},
		{"no regions", strings.Replace(goodConfig, "[{name: us-east-1}]", "[]", 1), "regions: is empty"},
		{"no lines", goodConfig[:strings.Index(goodConfig, "lines")], "lines: is empty"},
		{"no bot", strings.Replace(goodConfig, "bot: OrderFlowers, ", "", 1), "lines[0].bot: is missing"},
		{"unknown region", strings.Replace(goodConfig, "bot:", "regions: [{name: mars}], bot:", 1), `lines[0].regions[0].name: "mars"`},
		{"hedge", strings.Replace(goodConfig, "bot:", "hedge: perhaps, bot:", 1), `lines[0].hedge: "perhaps" is neither auto nor never`},
		{"machines", strings.Replace(goodConfig, "bot:", "machines: shout, bot:", 1), `lines[0].machines: "shout" is neither hang_up nor talk`},
		{"outbound line with a number", strings.Replace(goodConfig, "bot:", "outbound: true, bot:", 1), "lines[0].numbers: a line with outbound: true takes no calls that come in"},
		{"no room", strings.Replace(goodConfig, "bot:", "quota: -1, bot:", 1), "lines[0].quota: must be 1 or more"},
		{"no quota", strings.Replace(goodConfig, "bot:", "quota: 0, bot:", 1), "lexline.yml:6: lines[0].quota: must be 1 or more"},
		{"probe without words", strings.Replace(goodConfig, "bot:", "probe: {intent: OrderFlowers}, bot:", 1), "lexline.yml:6: lines[0].probe.intent: is there without lines[0].probe.text"},
		{"probe of a slot without words", strings.Replace(goodConfig, "bot:", "probe: {slot: FlowerType}, bot:", 1), "lines[0].probe.slot: is there without lines[0].probe.text"},
		{"longest hold below the hold", goodConfig + "failover:\n  hold: 20m\n  max_hold: 10m", "lexline.yml:9: failover.max_hold: 10m0s must not be below failover.hold, 20m0s"},
		{"longest hold left out", goodConfig + "failover:\n  hold: 20m", "lexline.yml:7: failover.max_hold: 10m0s must not be below failover.hold, 20m0s"},
		{"hold without an end", goodConfig + "failover: {max_hold: 25h}", "failover.max_hold: 25h0m0s is more than 24h0m0s"},
		{"turn without an end", goodConfig + "failover: {turn_time: 2m}", "failover.turn_time: 2m0s is more than 1m0s"},
		{"short hold", goodConfig + "failover: {hold: 10ms}", "failover.hold: 10ms is not between 1s and 1h0m0s"},
		{"turn shorter than its attempts", goodConfig + "failover: {turn_time: 1s}", "failover.turn_time: 1s must not be below 3.88s, the sum of 1.4 times call.end_of_speech (where free text is expected) and failover.attempt_time"},
		{"short silence", goodConfig + "call: {end_of_speech: 100ms}", "lexline.yml:7: call.end_of_speech: 100ms is not between 200ms and 5s"},
		{"no silence", goodConfig + "call: {end_of_speech: 0s}", "lexline.yml:7: call.end_of_speech: must not be 0"},
		{"sure of everything", goodConfig + "call: {speech_threshold: 1}", "lexline.yml:7: call.speech_threshold: 1 is not between 0.05 and 0.95"},
		{"threshold in words", goodConfig + "call: {speech_threshold: high}", `call.speech_threshold: "high" is no number`},
		{"late barge-in", goodConfig + "call: {barge_in: 2s}", "lexline.yml:7: call.barge_in: 2s is not between 120ms and 320ms"},
		{"never barge-in", goodConfig + "call: {barge_in: never}", `call.barge_in: "never" is neither a duration, such as 200ms or 8s, nor off`},
		{"hasty", goodConfig + "call: {no_input: 1s}", "lexline.yml:7: call.no_input: 1s is not between 3s and 2m0s; off asks nobody again"},
		{"never silent", goodConfig + "call: {max_silent: 0}", "lexline.yml:7: call.max_silent: must be 1 or more"},
		{"kind of answer", strings.Replace(goodConfig, "bot:", "answers: {Date: any, Street: fre}, bot:", 1), `lexline.yml:6: lines[0].answers.Street: "fre" is neither any, short nor free; did you mean free?`},
		{"answers in a list", strings.Replace(goodConfig, "bot:", "answers: [free], bot:", 1), "lexline.yml:6: lines[0].answers: a section of keys is wanted"},
		{"slot twice", strings.Replace(goodConfig, "bot:", "answers: {A: any, A: free}, bot:", 1), "lexline.yml:6: lines[0].answers.A: the key is there twice"},
		{"answer of several", strings.Replace(goodConfig, "bot:", "answers: {A: [any, free]}, bot:", 1), "lexline.yml:6: lines[0].answers.A: one value is wanted"},
		{"rare refresh", goodConfig + "table: {refresh: 1h}", "table.refresh: 1h0m0s is not between 1s and 10m"},
		{"two tables", goodConfig + "table: {file: t.db, dynamodb: {name: lexDR}}", "table.dynamodb.name: is there beside table.file"},
		{"no name of a table", goodConfig + "table: {dynamodb: {name: 'a b'}}", `table.dynamodb.name: "a b" is no name of a table`},
		{"no region of a table", goodConfig + "table: {dynamodb: {name: lexDR, region: East}}", `table.dynamodb.region: table lexDR: "East" is not an AWS region`},
		{"no table in DynamoDB", goodConfig + "table: {dynamodb: {region: us-east-1}}", "table.dynamodb.region: is there without table.dynamodb.name"},
		{"no endpoint", goodConfig + "table: {dynamodb: {name: lexDR, endpoint: localhost}}", `table.dynamodb.endpoint: table lexDR: endpoint "localhost" is not an http or https URL`},
		{"observer", goodConfig + "table: {observer: 'a b'}", `table.observer: "a b" is not a name`},
		{"open control", goodConfig + "control: {listen: ':8471'}", `lexline.yml:7: control.listen: ":8471" is not a loopback address`},
		{"number twice", goodConfig + `  - {name: two, numbers: ["+15550100"], bot: B}`, "+15550100 belongs to another line"},
		{"two default lines", goodConfig + "  - {name: two, bot: B}\n  - {name: three, bot: B}", "only one can be the default"},
		{"greeting beside twiml", strings.Replace(goodConfig, "bot:", `greeting: hi, twiml: "<Response/>", bot:`, 1), "lines[0].twiml"},
		{"long turn", goodConfig + "call: {max_turn: 15s}", "call.max_turn: 15s"},
		{"bad end key", goodConfig + "call: {key_end: '##'}", "call.key_end"},
		{"long silence", goodConfig + "call: {filler_after: 5s}", "call.filler_after: 5s is not between 500ms and 4s"},
		{"long silence between fillers", goodConfig + "call: {filler_every: 5s}", "call.filler_every: 5s is not between 500ms and 4s"},
		{"sounds of no locale", goodConfig + "sounds: [{apology: a.wav}]", "sounds[0].locale: is missing"},
		{"sounds of a language", goodConfig + "sounds: [{locale: de}]", `sounds[0].locale: "de" is no locale; write de_DE`},
		{"sounds twice", goodConfig + "sounds: [{locale: de_DE}, {locale: de_DE}]", `sounds[1].locale: "de_DE" is there twice`},
		{"filler without a name", goodConfig + "sounds: [{locale: de_DE, fillers: [a.wav, '']}]", "sounds[0].fillers: one of the names is empty"},
		{"bad level", goodConfig + "log: {level: loud}", "log.level"},
		{"port alone", goodConfig + "listen: '18080'", `listen: "18080" is no address with a port; write :18080`},
		{"control port alone", goodConfig + "control: {listen: '18471'}", `control.listen: "18471" is no address with a port; write 127.0.0.1:18471`},
		{"control nowhere", goodConfig + "control: {listen: here}", `control.listen: "here" is no address with a port; write 127.0.0.1:8471`},
		{"line of a missing key", strings.Replace(goodConfig, "bot: OrderFlowers, ", "", 1), "lexline.yml:6: lines[0].bot: is missing"},
	}
	named := 0
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			begun := time.Now()
			_, err := load(t, test.text, nil)
			took := time.Since(begun)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("error = %v; want one with %q", err, test.want)
			}
			if took >= time.Second {
				t.Errorf("refused after %v; want less than a second", took)
			}
			if namesKey(err.Error()) {
				named++
			} else if !isSyntax[test.name] {
				t.Errorf("error = %v; want the name of a key in it", err)
			}
		})
	}
	if least := 50; named < least {
		t.Errorf("%d bad configurations were refused by the name of a key; want %d at least", named, least)
	}
	t.Logf("%d bad configurations were refused, %d by the name of a key", len(tests), named)
}

// isSyntax has the bad configurations of which nobody can tell the key.
var isSyntax = map[string]bool{"not YAML": true, "tab": true, "second document": true}

// namesKey reports whether an error tells which key is at fault: by its path, or by what
// was written in the place of one.
func namesKey(text string) bool {
	for _, key := range configKeys("", reflect.TypeFor[config](), configKey{}) {
		section, _, _ := strings.Cut(key.path, "[]")
		form := strings.ReplaceAll(regexp.QuoteMeta(key.path), `\[\]`, `\[\d+\]`)
		if regexp.MustCompile(`(^|[ :"])(` + form + `|` + regexp.QuoteMeta(section) + `)(\[\d+\]|\.\w+)*: `).MatchString(text) {
			return true
		}
		if root, _, nested := strings.Cut(section, "."); nested && strings.Contains(text, root+": a section") {
			return true
		}
	}
	return strings.Contains(text, "unknown key ")
}

// TestBadValueNamesItsOrigin says where to mend it: a line of the file, or the
// environment where that overrides the file.
func TestBadValueNamesItsOrigin(t *testing.T) {
	text := goodConfig + "call:\n  max_turn: 20s\n  max_failures: 0"
	_, err := load(t, text, map[string]string{"LEXLINE_CALL_MAX_TURN": "30s"})
	for _, want := range []string{
		"environment variable LEXLINE_CALL_MAX_TURN: call.max_turn: 30s is not between",
		"lexline.yml:9: call.max_failures: must be 1 or more",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error = %v; want one with %q", err, want)
		}
	}
	_, err = loadConfig("", func(string) string { return "" }, false)
	if err == nil || !strings.HasPrefix(err.Error(), "public_url: is missing") {
		t.Errorf("error without a file = %v; want no line in it", err)
	}
}

func TestUnknownKeyNamesTheNearest(t *testing.T) {
	_, err := load(t, goodConfig+"call: {end_of_speach: 1s}", nil)
	var out strings.Builder
	if code := report(&out, err); code != 1 || !strings.Contains(out.String(), `hint: the nearest key is "end_of_speech"`) {
		t.Errorf("exit code %d, output %q; want 1 and the nearest key", code, out.String())
	}
}

func TestPlainHTTPIsForLoopback(t *testing.T) {
	for url, ok := range map[string]bool{
		"http://127.0.0.1:8080": true, "http://localhost": true, "http://[::1]:9": true,
		"http://voice.example.com": false, "http://10.0.0.1": false, "ftp://127.0.0.1": false,
	} {
		if err := checkPublicURL(url, true); (err == nil) != ok {
			t.Errorf("checkPublicURL(%s, dev) = %v; want ok %t", url, err, ok)
		}
	}
}

func FuzzConfig(f *testing.F) {
	f.Add(goodConfig)
	f.Add("lines: [[[[")
	f.Add("a: &a [*a]")
	f.Add("call: {key_timeout: 1h, max_turn: }")
	f.Add("lines: [{answers: {A: short, B: }}]")
	f.Add("call: {barge_in: off, no_input: 9s, speech_threshold: NaN}")
	f.Fuzz(func(t *testing.T, text string) {
		cfg := defaultConfig()
		if _, err := readConfig("fuzz.yml", strings.NewReader(text), &cfg); err != nil {
			return
		}
		cfg.complete()
		_ = cfg.check(false)
	})
}
