package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/quotas"
	"lexline/internal/twilio"
)

// asked has a checker ask one thing and returns what was found: state and what.
func asked(t *testing.T, ask func(ctx context.Context, f *findings)) []string {
	t.Helper()
	f := findings{section: "test"}
	ask(t.Context(), &f)
	var got []string
	for _, found := range f.list {
		got = append(got, fmt.Sprintf("%s %s: %s", found.State, found.What, found.Text))
		if found.State == checkFailed && found.Hint == "" {
			t.Errorf("%s: %s has no hint", found.What, found.Text)
		}
	}
	return got
}

// TestNumberSettings changes one setting after the other of a number that is set up well.
func TestNumberSettings(t *testing.T) {
	c := &checker{cfg: config{PublicURL: "https://voice.example.com/"}}
	good := twilio.IncomingNumber{
		Number: "+15550100", Voice: true, VoiceURL: "https://voice.example.com/twiml#rc=2&rp=all", VoiceMethod: "POST",
		FallbackURL: "https://elsewhere.example.com/twiml", FallbackMethod: "POST",
		Callback: "https://voice.example.com/status-callback", CallbackMethod: "POST",
	}
	tests := []struct {
		name   string
		change func(n *twilio.IncomingNumber)
		want   string // begin of the only line that is not ok
	}{
		{"good", func(*twilio.IncomingNumber) {}, ""},
		{"slash", func(n *twilio.IncomingNumber) { n.VoiceURL = "https://voice.example.com/twiml/#rc=1&rp=5xx" }, ""},
		{"text messages only", func(n *twilio.IncomingNumber) { n.Voice = false }, "failed n: it takes no calls"},
		{"trunk", func(n *twilio.IncomingNumber) { n.Trunk = "TK1" }, "failed n: it belongs to the SIP trunk TK1"},
		{"application", func(n *twilio.IncomingNumber) { n.Application = "AP1" }, "warning n: its TwiML application AP1"},
		{"no URL", func(n *twilio.IncomingNumber) { n.VoiceURL = "" }, "failed n, voice URL: there is none"},
		{"other host", func(n *twilio.IncomingNumber) { n.VoiceURL = "https://voice.example.org/twiml#rc=2&rp=all" }, "failed n, voice URL: it is https://voice.example.org/twiml, and must be https://voice.example.com/twiml"},
		{"without path", func(n *twilio.IncomingNumber) { n.VoiceURL = "https://voice.example.com" }, "failed n, voice URL: it is https://voice.example.com, and must be"},
		{"plain", func(n *twilio.IncomingNumber) { n.VoiceURL = "http://voice.example.com/twiml" }, "failed n, voice URL: it is http:"},
		{"GET", func(n *twilio.IncomingNumber) { n.VoiceMethod = "GET" }, "failed n, voice URL: it is asked with GET"},
		{"no retries", func(n *twilio.IncomingNumber) { n.VoiceURL = "https://voice.example.com/twiml" }, "warning n, voice URL: it has no retry fragment"},
		{"no fallback", func(n *twilio.IncomingNumber) { n.FallbackURL = "" }, "warning n, fallback URL: there is none"},
		{"same fallback", func(n *twilio.IncomingNumber) { n.FallbackURL = "https://voice.example.com/twiml#rc=1" }, "warning n, fallback URL: it is the voice URL"},
		{"plain fallback", func(n *twilio.IncomingNumber) { n.FallbackURL = "http://elsewhere.example.com/x" }, "warning n, fallback URL: it is plain http"},
		{"gateway asked with GET", func(n *twilio.IncomingNumber) { n.FallbackMethod = "GET" }, "failed n, fallback URL: it is asked with GET"},
		{"TwiML Bin asked with GET", func(n *twilio.IncomingNumber) {
			n.FallbackURL, n.FallbackMethod = "https://handler.twilio.com/twiml/EH1", "GET"
		}, ""},
		{"no callback", func(n *twilio.IncomingNumber) { n.Callback = "" }, "warning n, status callback: there is none"},
		{"other callback", func(n *twilio.IncomingNumber) { n.Callback = "https://log.example.com/calls" }, "warning n, status callback: it is https://log.example.com/calls"},
		{"callback by GET", func(n *twilio.IncomingNumber) { n.CallbackMethod = "GET" }, "failed n, status callback: it is asked with GET"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			n := good
			test.change(&n)
			got := slices.DeleteFunc(asked(t, func(_ context.Context, f *findings) { c.numberSettings(f, "n", n) }), func(line string) bool {
				return strings.HasPrefix(line, "ok ")
			})
			if test.want == "" && len(got) > 0 || test.want != "" && (len(got) != 1 || !strings.HasPrefix(got[0], test.want)) {
				t.Errorf("found %q; want %q alone", got, test.want)
			}
		})
	}
}

func TestRetryFragments(t *testing.T) {
	for fragment, want := range map[string]string{
		"":                       "no retry fragment",
		"#":                      "no rc",
		"#rc=2&rp=all":           "",
		wantedRetries:            "",
		"#rc=1&rp=4xx,5xx":       "",
		"#rc=2":                  "does not have 5xx",
		"#rc=2&rp=ct":            "does not have 5xx",
		"#rc=0&rp=all":           "does not try again",
		"#rp=all":                "no rc",
		"#rc=6&rp=all":           "rc=6 in its fragment is not between 0 and 5",
		"#rc=two&rp=all":         "rc=two",
		"#rc=2&rp=all&ct=50":     "ct=50",
		"#rc=2&rp=all&rt=20000":  "rt=20000",
		"#rc=2&rp=all&tt=x":      "tt=x",
		"#rc=2&rp=500":           `has "500"`,
		"#rc=2&rp=all;%zz":       "cannot be read",
		"#rc=2&rp=5xx&e=ashburn": "",
	} {
		got := retryFault("https://voice.example.com/twiml" + fragment)
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%q: %q; want %q", fragment, got, want)
		}
	}
}

// TestQuotasAreCompared has Service Quotas say what it may, to a gateway with two lines
// on one alias.
func TestQuotasAreCompared(t *testing.T) {
	const list = `{"Quotas": [
		{"QuotaCode": "L-A", "QuotaName": "Maximum number of concurrent requests for TestBotAlias", "Value": 2},
		{"QuotaCode": "L-B", "QuotaName": "Maximum number of concurrent RecognizeUtterance requests per alias", "Value": %d},
		{"QuotaCode": "L-C", "QuotaName": "Maximum number of concurrent RecognizeText requests per alias", "Value": 50},
		{"QuotaCode": "L-D", "QuotaName": "Number of bots", "Value": 3}]}`
	for name, test := range map[string]struct {
		status     int
		body, want string
	}{
		"enough":     {200, fmt.Sprintf(list, 40), "ok quota of Lex requests at a time: 40 (Maximum number of concurrent RecognizeUtterance requests per alias); one gateway sends up to 35"},
		"too little": {200, fmt.Sprintf(list, 25), "failed quota of Lex requests at a time: a gateway sends up to 35 to one alias, and the account may 25"},
		"other name": {200, `{"Quotas": [{"QuotaCode": "L-E", "QuotaName": "Sessions", "Value": 1}]}`, "not asked quota of Lex requests at a time: Service Quotas does not tell it"},
		"denied":     {400, `{"__type": "AccessDeniedException", "Message": "no"}`, "not asked quota of Lex requests at a time: the credentials may not"},
		"broken":     {500, ``, "warning quota of Lex requests at a time: list the quotas of lex in us-east-1: Internal Server Error"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(test.status)
				_, _ = w.Write([]byte(test.body))
			}))
			defer server.Close()
			cfg := config{AWS: awsConfig{"a", "b"}, Regions: []regionConfig{{Name: "us-east-1"}}, Lines: []lineConfig{
				{Name: "one", Bot: "B", Alias: "live", Locale: "en_US", Quota: 25},
				{Name: "same", Bot: "B", Alias: "live", Locale: "en_US", Quota: 25},
				{Name: "german", Bot: "B", Alias: "live", Locale: "de_DE", Quota: 10},
				{Name: "other", Bot: "C", Alias: "live", Locale: "en_US", Quota: 30},
			}}
			cfg.complete()
			c := &checker{cfg: cfg, getenv: func(string) string { return server.URL }}
			got := asked(t, func(ctx context.Context, f *findings) { c.quotas(ctx, f, cfg.Regions[0], c.places()) })
			if len(got) != 1 || !strings.HasPrefix(got[0], test.want) {
				t.Errorf("found %q; want %q", got, test.want)
			}
		})
	}
}

func TestAliasQuota(t *testing.T) {
	if q, ok := aliasQuota([]quotas.Quota{{Name: "Concurrent builds", Value: 1}, {Name: "Bots", Value: 1}}); ok {
		t.Errorf("took %+v for what an alias may be asked at a time", q)
	}
}

// TestCredentialsAreChecked has none at all, half of them, and some.
func TestCredentialsAreChecked(t *testing.T) {
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_WEB_IDENTITY_TOKEN_FILE"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_CONFIG_FILE", "/dev/null")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
	far, near := regionConfig{Name: "us-east-1"}, regionConfig{Name: "us-east-1", RuntimeEndpoint: "http://127.0.0.1:1", ModelsEndpoint: "http://127.0.0.1:1"}
	for name, test := range map[string]struct {
		region regionConfig
		aws    awsConfig
		want   string
	}{
		"none":                 {far, awsConfig{}, "failed credentials: "},
		"none for a local Lex": {near, awsConfig{}, "not asked credentials: every region is a local Lex"},
		"half":                 {far, awsConfig{AccessKeyID: "a"}, "failed aws: one of access_key_id and secret_access_key is missing"},
		"static":               {far, awsConfig{"AKIA12345678", "s"}, "ok credentials: key ...5678, from Static"},
	} {
		c := &checker{cfg: config{AWS: test.aws, Regions: []regionConfig{test.region}}}
		if got := asked(t, c.credentialsQuestion().ask); len(got) != 1 || !strings.HasPrefix(got[0], test.want) {
			t.Errorf("%s: found %q; want %q", name, got, test.want)
		}
	}
}

// checked runs lexline check with a configuration and returns its report and exit code.
func checked(t *testing.T, ctx context.Context, text string, args ...string) (report checkReport, code int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "lexline.yml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, complaints bytes.Buffer
	env := &environment{stdin: strings.NewReader(""), stdout: &out, stderr: &complaints, getenv: func(string) string { return "" }}
	code = run(ctx, env, append([]string{"check", "--json", "--config", path}, args...))
	if out.Len() > 0 {
		if err := json.Unmarshal(out.Bytes(), &report); err != nil {
			t.Fatalf("%s: %v", &out, err)
		}
	}
	return report, code
}

// silentAddress is where connections are taken and nothing is ever said.
func silentAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener.Addr().String()
}

// silentConfig names four services that say nothing.
func silentConfig(t *testing.T) string {
	address := silentAddress(t)
	return fmt.Sprintf(`
public_url: https://%[1]s
twilio: {auth_token: secret, account_sid: AC1, rest_url: "http://%[1]s"}
aws: {access_key_id: a, secret_access_key: b}
regions: [{name: us-east-1, runtime_endpoint: "http://%[1]s", models_endpoint: "http://%[1]s"}, {name: us-west-2, runtime_endpoint: "http://%[1]s", models_endpoint: "http://%[1]s"}]
lines: [{name: flowers, numbers: ["+15550100", "+15550101"], bot: OrderFlowers, alias: ver_one}]
table: {dynamodb: {name: lexDR, endpoint: "http://%[1]s"}}
store: {dynamodb: {name: lexline-calls, endpoint: "http://%[1]s"}}
`, address)
}

// TestCheckAsksAllAtOnce asks services that say nothing: however many they are, it takes
// the time of one question.
func TestCheckAsksAllAtOnce(t *testing.T) {
	begun := time.Now()
	report, code := checked(t, t.Context(), silentConfig(t), "--timeout", "700ms")
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("took %v for questions of 700ms each; want them asked at once", took)
	}
	var late []string
	for _, f := range report.Findings {
		if strings.Contains(f.Text, "no answer within 700ms (--timeout)") {
			late = append(late, string(f.State)+" "+f.Section+", "+f.What)
		} else if f.State == checkFailed {
			t.Errorf("%s: %s; want that there was no answer", f.What, f.Text)
		}
	}
	want := []string{
		"failed Region us-east-1, bot OrderFlowers, alias ver_one, locale en_US", "failed Region us-east-1, first answer of OrderFlowers",
		"failed Region us-west-2, bot OrderFlowers, alias ver_one, locale en_US", "failed Region us-west-2, first answer of OrderFlowers",
		"failed Tables, table.dynamodb (lexDR in us-east-1)", "failed Tables, store.dynamodb (lexline-calls in us-east-1)",
		"warning Twilio, public_url", "failed Twilio, number +15550100", "failed Twilio, number +15550101",
	}
	if diff := cmp.Diff(want, late); diff != "" || code != 1 || report.OK {
		t.Errorf("exit code %d, ok %t; want 1 and false; unanswered (-want +got):\n%s", code, report.OK, diff)
	}
}

// TestCheckIsInterrupted presses Ctrl-C while nobody answers.
func TestCheckIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(200*time.Millisecond, func() { cancel(endedBySignal{2}) })
	begun := time.Now()
	report, code := checked(t, ctx, silentConfig(t), "--timeout", "1m")
	if took := time.Since(begun); took > 5*time.Second || code != 130 || len(report.Findings) > 0 {
		t.Errorf("after %v exit code %d, %d findings; want 130 at once and no report", took, code, len(report.Findings))
	}
}

func TestCheckAsksNobodyOffline(t *testing.T) {
	report, code := checked(t, t.Context(), silentConfig(t), "--offline")
	for _, f := range report.Findings {
		if f.State == checkFailed || f.State == checkOK && f.Section != "Configuration" {
			t.Errorf("%s %s: %s; want it not asked", f.State, f.What, f.Text)
		}
	}
	if code != 0 || !report.OK || report.Seconds > 5 {
		t.Errorf("exit code %d, ok %t after %v s; want 0 at once", code, report.OK, report.Seconds)
	}
}

// TestCheckReadsFiles names files that are missing or wrong.
func TestCheckReadsFiles(t *testing.T) {
	dir := t.TempDir()
	short := filepath.Join(dir, "token")
	garbage := filepath.Join(dir, "garbage.db")
	for path, text := range map[string]string{short: "short", garbage: strings.Repeat("this is no database. ", 400)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	report, code := checked(t, t.Context(), goodConfig+fmt.Sprintf(`
  - {name: two, outbound: true, bot: OrderFlowers, alias: ver_one, export: %[1]s/none}
sounds: [{locale: de_DE, apology: %[1]s/none.wav}]
control: {token_file: %[2]s}
tls: {cert: %[1]s/none.pem, key: %[1]s/none.pem}
recording: {folder: /proc/none/calls}
table: {file: %[3]s}
store: {file: %[1]s/none/calls.db}
`, dir, short, garbage), "--offline")
	got := map[string]bool{}
	for _, f := range report.Findings {
		if f.State == checkFailed {
			got[f.What] = f.Hint != ""
		}
	}
	want := map[string]bool{
		"lines[1].export": true, "sounds": true, "control.token_file": true, "tls.cert": true, "recording.folder": true, "table.file": true, "store.file": true,
	}
	if diff := cmp.Diff(want, got); diff != "" || code != 1 {
		t.Errorf("exit code %d; failed, with hints (-want +got):\n%s", code, diff)
	}
}

func TestCheckRefusesBadConfigurations(t *testing.T) {
	begun := time.Now()
	report, code := checked(t, t.Context(), goodConfig+"call:\n  max_turn: 20s\n  max_silent: 0")
	if len(report.Findings) != 2 || code != 1 || !strings.Contains(report.Findings[0].Text, "lexline.yml:8: call.max_turn: 20s") ||
		!strings.Contains(report.Findings[1].Text, "lexline.yml:9: call.max_silent: ") || time.Since(begun) > time.Second {
		t.Errorf("exit code %d after %v, %+v; want both keys within a second", code, time.Since(begun), report.Findings)
	}
	for _, args := range [][]string{{"--timeout", "1ms"}, {"--nothing"}, {"operand"}} {
		if _, code := checked(t, t.Context(), goodConfig, args...); code != 2 {
			t.Errorf("%q: exit code %d; want 2", args, code)
		}
	}
}

func TestReportForPeople(t *testing.T) {
	report := checkReport{Findings: []finding{
		{"Tables", checkOK, "a", "good\x1b[31m", ""}, {"Tables", checkFailed, "b", "bad", "mend it"}, {"Twilio", checkWarning, "c", "", ""}, {"Twilio", checkSkipped, "d", "no", ""},
	}}
	var out strings.Builder
	if err := report.print(&out, 1500*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	want := `Tables
  ok         a: good?[31m
  failed     b: bad
             hint: mend it
Twilio
  warning    c
  not asked  d: no
1 ok, 1 warning, 1 failed, 1 not asked, in 1.5 s
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	broken := errors.New("broken pipe")
	if err := report.print(writerFunc(func([]byte) (int, error) { return 0, broken }), 0); !errors.Is(err, broken) {
		t.Errorf("error = %v; want that of the writer", err)
	}
}

// writerFunc is an io.Writer.
type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
