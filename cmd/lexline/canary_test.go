package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A canary is a text that is somebody's, or a secret, and planted where such texts come
// in. kept says that it belongs into a record, once transcripts and numbers are on.
type canary struct {
	text string
	kept bool
}

// canaries are all that are planted, by what they are. Words are such as no program
// writes by itself.
var canaries = map[string]canary{
	// Of the configuration.
	"auth token":        {"canarytokenprimary0123456789abcd", false},
	"second auth token": {"canarytokensecond0123456789abcdef", false},
	"key of tokens":     {"canarytokenkey0123456789", false},
	"API secret":        {"canaryapisecret0123456789", false},
	"AWS secret":        {"canaryawssecret0123456789", false},
	"control token":     {"canarycontroltoken0123456789abcdef", false},
	"key of numbers":    {"canarynumberkey0123456789", false},
	// Of the caller.
	"caller's number":         {"15557310462", true},
	"called number":           {"15557310918", true},
	"SIP address":             {"canarysipuser@canarysiphost.example", true},
	"caller's name":           {"Canarycaller Canaryname", false},
	"caller's city":           {"Canaryville", false},
	"forwarded from":          {"15557310777", false},
	"SIP header":              {"canarysipheader", false},
	"number of no line":       {"15557310555", false},
	"caller of no line":       {"15557310444", false},
	"number of a status":      {"15557310333", false},
	"number of a target":      {"15557310666", false},
	"caller's words":          {"canarywordone", true},
	"more of them":            {"canarywordtwo", true},
	"words for a masked slot": {"canarymaskedword", false},
	"words for another":       {"canaryhiddenword", false},
	"words while keying":      {"canarykeyedword", false},
	"keyed digits":            {"59172604", false},
	"keyed digits at the end": {"83620157", false},
	// Of the bot.
	"slot":                            {"canaryslotplain", true},
	"slot filled later":               {"canaryslotlater", true},
	"slot obfuscated by the bot":      {"canaryslotobfuscated", false},
	"slot masked by configuration":    {"canaryslotmasked", false},
	"bot's words":                     {"canarybottext", true},
	"bot's words in SSML":             {"canarybotssml", true},
	"bot's words beside a value":      {"canarybotbeside", true},
	"bot's goodbye":                   {"canarybotgoodbye", true},
	"what a target is told":           {"canaryhandover", true},
	"payload for programs":            {"canarypayload", false},
	"card for screens":                {"canarycard", false},
	"session attribute":               {"canarysessionattribute", false},
	"session attribute later":         {"canarylaterattribute", false},
	"request attribute":               {"canaryrequestattribute", false},
	"context":                         {"canarycontext", false},
	"value of another interpretation": {"canaryinterpretation", false},
	"refusal that quotes":             {"canaryrefusal", false},
	"refusal for load":                {"canarythrottle", false},
	"fault of the region":             {"canaryregionfault", false},
	"no HTTP at all":                  {"canarygarbage", false},
	"no HTTP to a probe":              {"canaryprobegarbage", false},
	"state that is no state":          {"canarybrokenstate", false},
	"header that cannot be read":      {"canarybrokenheader", false},
	// Of strangers, and of what they send.
	"unsigned caller":         {"15557310222", false},
	"unsigned query":          {"canaryunsignedquery", false},
	"unsigned words":          {"canaryunsignedwords", false},
	"wrong signature":         {"canarywrongsignature", false},
	"forged stream token":     {"canaryforgedtoken", false},
	"query of a stream":       {"canarystreamquery", false},
	"wrong control token":     {"canarywrongcontrol", false},
	"name of an unknown path": {"canarycookie", false},
}

// planted is the text of a canary.
func planted(name string) string {
	c, ok := canaries[name]
	if !ok {
		panic("no canary is called " + name)
	}
	return c.text
}

// canaryAnswers are what the bot says in the first call: an order, with values of all
// kinds, and then its end, at which the caller is handed over to somebody who is told
// what it is about, with masked values.
func canaryAnswers() []func(http.ResponseWriter) {
	attributes := map[string]string{"customer": planted("session attribute")}
	say := func(a lexAnswer) func(http.ResponseWriter) {
		a.Attributes = map[string]string{"trace": planted("request attribute")}
		a.Interpretations = []any{map[string]any{"intent": map[string]any{"name": "Other", "slots": map[string]any{
			"X": map[string]any{"value": map[string]any{"interpretedValue": planted("value of another interpretation")}},
		}}}}
		return func(w http.ResponseWriter) { a.write(w) }
	}
	first := map[string]string{"FlowerType": planted("slot")}
	second := with(first, "PickupTime", planted("slot obfuscated by the bot"))
	third := with(second, "Card", planted("slot masked by configuration"))
	fourth := with(third, "Account", planted("keyed digits"))
	last := with(fourth, "PickupDate", planted("slot filled later"))
	return []func(http.ResponseWriter){
		say(lexAnswer{
			Transcript: "please bring " + planted("slot") + " for " + planted("caller's words"), Mode: "Speech",
			State: lexState("ElicitSlot", "PickupTime", "OrderFlowers", first, attributes, planted("context")),
			Messages: []map[string]any{
				lexMessage("PlainText", "So "+planted("bot's words")+"."), lexMessage("SSML", "<speak>At what <emphasis>"+planted("bot's words in SSML")+"</emphasis>?</speak>"),
				lexMessage("CustomPayload", planted("payload for programs")), lexMessage("ImageResponseCard", planted("card for screens")),
			},
		}),
		say(lexAnswer{
			Transcript: "at " + planted("words for a masked slot"), Mode: "Speech",
			State:    lexState("ElicitSlot", "Card", "OrderFlowers", second, attributes, planted("context")),
			Messages: []map[string]any{lexMessage("PlainText", "At "+planted("slot obfuscated by the bot")+", "+planted("bot's words beside a value")+". Your card?")},
		}),
		say(lexAnswer{
			Transcript: planted("words for another"), Mode: "Speech",
			State:    lexState("ElicitSlot", "Account", "OrderFlowers", third, attributes, planted("context")),
			Messages: []map[string]any{lexMessage("PlainText", "The card "+planted("slot masked by configuration")+". Your account?")},
		}),
		say(lexAnswer{
			Transcript: planted("keyed digits") + " " + planted("words while keying"), Mode: "DTMF",
			State:    lexState("ElicitSlot", "PickupDate", "OrderFlowers", fourth, map[string]string{"more": planted("session attribute later")}, planted("context")),
			Messages: []map[string]any{lexMessage("PlainText", "Account "+strings.Join(strings.Split(planted("keyed digits"), ""), " ")+". Which day?")},
		}),
		lexRefusal(400, "ValidationException", "not understood: "+planted("refusal that quotes")),
		lexRefusal(429, "ThrottlingException", planted("refusal for load")),
		say(lexAnswer{
			Transcript: "on " + planted("slot filled later") + " " + planted("more of them"), Mode: "Speech",
			State: lexState("Close", "", "OrderFlowers", last, map[string]string{
				"lexline_transfer": "desk",
				"lexline_context": strings.Join([]string{
					planted("what a target is told"), "card", planted("slot masked by configuration"), "at", planted("slot obfuscated by the bot"),
					"account", strings.Join(strings.Split(planted("keyed digits"), ""), "-"), planted("keyed digits"),
				}, " "),
			}, planted("context")),
			Messages: []map[string]any{lexMessage("PlainText", "Done, "+planted("bot's goodbye")+".")},
		}),
	}
}

// attempts are made of a turn that fails.
const attempts = 4

// canaryFaults are what the bot answers in the second call, each to all attempts of a
// turn.
func canaryFaults() []func(http.ResponseWriter) {
	return []func(http.ResponseWriter){
		lexRefusal(500, "InternalServerException", planted("fault of the region")),
		garbage(planted("no HTTP at all")),
		brokenHead(packForLex(planted("state that is no state")), "audio/pcm;rate=8000"),
		brokenHead(planted("header that cannot be read"), "audio/pcm;rate=8000"),
	}
}

func with(slots map[string]string, name, value string) map[string]string {
	slots = maps.Clone(slots)
	slots[name] = value
	return slots
}

// TestNothingOfAnybodysLeaks plants canaries in calls of a real gateway, and looks for
// them in all that it writes and answers: logs, metrics, status, the status page, records, and dumps
// of its goroutines. With transcripts and numbers switched on those that belong into
// records, and no others, are there: so the test would see them elsewhere, too.
func TestNothingOfAnybodysLeaks(t *testing.T) {
	if _, err := exec.LookPath("flite"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("the callers need a voice: %v", err)
		}
		t.Skipf("the callers need a voice: %v", err)
	}
	if len(canaries) < 50 {
		t.Fatalf("%d canaries; want 50 at least", len(canaries))
	}
	for name, keeps := range map[string]bool{"transcripts off": false, "transcripts on": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := startCanaryGateway(t, keeps)
			g.callers()
			g.strangers()
			g.lookDuringACall()
			g.judge(keeps)
		})
	}
}

// canaryGateway is a gateway in a process of its own, and all that was seen of it.
type canaryGateway struct {
	t                *testing.T
	dir              string
	address, control string
	process          *exec.Cmd
	log              *lockedBuffer
	seen             map[string][]byte // by where
	tokens           []string          // of streams, as the gateway gave them out
}

func startCanaryGateway(t *testing.T, keeps bool) *canaryGateway {
	t.Helper()
	lex := (&talkativeLex{answers: canaryAnswers(), each: 1, probe: wellProbed}).start(t)
	broken := (&talkativeLex{answers: canaryFaults(), each: attempts, probe: func(w http.ResponseWriter, _ string) {
		garbage(planted("no HTTP to a probe"))(w)
	}}).start(t)
	dir := t.TempDir()
	g := &canaryGateway{t: t, dir: dir, log: &lockedBuffer{}, seen: map[string][]byte{}}
	g.write("gateway.yml", fmt.Sprintf(`
listen: 127.0.0.1:0
public_url: https://voice.example.com
control: {listen: 127.0.0.1:0, token: %q}
twilio: {auth_token: %q, auth_token_secondary: %q, token_key: %q, account_sid: AC%032d, api_key: SK%032d, api_secret: %q, rest_url: "http://127.0.0.1:1"}
aws: {access_key_id: local, secret_access_key: %q}
regions:
  - {name: us-east-1, runtime_endpoint: %q}
  - {name: us-west-2, runtime_endpoint: %q}
lines:
  - {name: flowers, numbers: ["+%s"], bot: ABCDEFGHIJ, alias: KLMNOPQRST, twiml: "<Response>{{stream}}</Response>", export: bot, regions: [{name: us-east-1}]}
  - {name: broken, numbers: ["+15550100"], bot: BBBBBBBBBB, alias: KLMNOPQRST, twiml: "<Response>{{stream}}</Response>", regions: [{name: us-west-2}]}
targets: [{name: desk, number: "+%s"}]
table: {file: %q}
store: {file: %q}
records: {transcripts: %t, numbers: %t, mask: [Card], number_key: %q}
`, planted("control token"), planted("auth token"), planted("second auth token"), planted("key of tokens"), 1, 1, planted("API secret"), planted("AWS secret"),
		lex.url, broken.url, planted("called number"), planted("number of a target"), g.path("region.db"), g.path("calls.db"), keeps, keeps, planted("key of numbers")))
	g.obfuscate()
	g.process = exec.Command("lexline", "serve", "--config", g.path("gateway.yml"))
	g.process.Dir = dir
	g.process.Stdout, g.process.Stderr = g.log, g.log
	if err := g.process.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = g.process.Wait() // it is killed
		close(ended)
	}()
	t.Cleanup(func() {
		_ = g.process.Process.Kill()
		<-ended
	})
	found := g.await(`msg=listening address=(\S+) .*control=(\S+)`)
	g.address, g.control = found[1], found[2]
	return g
}

// obfuscate copies the example bot with one slot whose values the bot's maker wants in
// no log.
func (g *canaryGateway) obfuscate() {
	g.t.Helper()
	const slot = "OrderFlowers/BotLocales/en_US/Intents/OrderFlowers/Slots/PickupTime/Slot.json"
	if err := os.CopyFS(g.path("bot"), os.DirFS("../../bots/OrderFlowers")); err != nil {
		g.t.Fatal(err)
	}
	before, err := os.ReadFile(filepath.Join(g.path("bot"), slot))
	if err != nil {
		g.t.Fatal(err)
	}
	after := bytes.Replace(before, []byte(`"obfuscationSetting": null`), []byte(`"obfuscationSetting": {"obfuscationSettingType": "DefaultObfuscation"}`), 1)
	if bytes.Equal(before, after) {
		g.t.Fatal("the example bot's slot has another form than this test knows")
	}
	if err := os.WriteFile(filepath.Join(g.path("bot"), slot), after, 0o600); err != nil {
		g.t.Fatal(err)
	}
}

func (g *canaryGateway) path(name string) string { return filepath.Join(g.dir, name) }

func (g *canaryGateway) write(name, text string) {
	g.t.Helper()
	if err := os.WriteFile(g.path(name), []byte(text), 0o600); err != nil {
		g.t.Fatal(err)
	}
}

// await waits for a line of the log.
func (g *canaryGateway) await(pattern string) []string {
	g.t.Helper()
	wanted := regexp.MustCompile(pattern)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(90 * time.Second); ; <-tick.C {
		if found := wanted.FindStringSubmatch(g.log.String()); found != nil {
			return found
		}
		if time.Now().After(deadline) {
			g.t.Fatalf("the gateway never said %s:\n%s", pattern, g.log)
		}
	}
}

// phone is a call with a script, of which its end is awaited.
func (g *canaryGateway) phone(script string, args ...string) *exec.Cmd {
	g.t.Helper()
	name := fmt.Sprintf("caller%d.txt", len(script))
	g.write(name, script)
	args = append([]string{
		"phone", "call", "--script", g.path(name), "--out", "", "--auth-token", planted("auth token"), "--account", fmt.Sprintf("AC%032d", 1),
		"--map", "https://voice.example.com=" + g.address, "--map", "wss://voice.example.com=" + g.address,
	}, args...)
	return exec.CommandContext(g.t.Context(), "lexline", append(args, "https://voice.example.com/twiml")...)
}

// callers order flowers, and call a bot that is broken.
func (g *canaryGateway) callers() {
	g.t.Helper()
	order := "pause 3s\n" + strings.Repeat("say \"i would like to have flowers\"\nwait\n", 3) +
		"press " + planted("keyed digits") + "#\nwait\n" + "say \"tomorrow please\"\nwait\n" +
		"say \"tomorrow please\"\nexpect-end\n"
	out, err := g.phone(order, "--from", "+"+planted("caller's number"), "--to", "+"+planted("called number"),
		"--json", "--dial", "+"+planted("number of a target")+"=answers,talk=1s").CombinedOutput()
	if err != nil {
		g.t.Errorf("the first caller: %v\n%s\n%s", err, out, g.log)
	}
	for _, told := range []string{"what a target is told", "slot masked by configuration", "keyed digits"} {
		if !regexp.MustCompile(`"event":"whisper".*` + planted(told)).Match(out) {
			g.t.Errorf("the one who was called was not told %s:\n%s", told, out)
		}
	}
	broken := "pause 3s\n" + "press " + planted("keyed digits at the end") + "#\nwait\npress 2#\nwait\npress 3#\nexpect-end\n"
	if out, err := g.phone(broken, "--from", "sip:"+planted("SIP address"), "--to", "+15550100").CombinedOutput(); err != nil {
		g.t.Errorf("the second caller: %v\n%s\n%s", err, out, g.log)
	}
}

// signed is a request that carries Twilio's signature
// (https://www.twilio.com/docs/usage/security#validating-requests).
func (g *canaryGateway) signed(path string, form url.Values) *http.Request {
	g.t.Helper()
	mac := hmac.New(sha1.New, []byte(planted("auth token")))
	_, _ = io.WriteString(mac, "https://voice.example.com"+path)
	for _, name := range slices.Sorted(maps.Keys(form)) {
		_, _ = io.WriteString(mac, name+form.Get(name))
	}
	r := g.request(http.MethodPost, "http://"+g.address+path, form.Encode())
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Twilio-Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return r
}

func (g *canaryGateway) request(method, address, body string) *http.Request {
	g.t.Helper()
	r, err := http.NewRequestWithContext(g.t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		g.t.Fatal(err)
	}
	return r
}

// do sends a request and returns the answer.
func (g *canaryGateway) do(r *http.Request) (status int, body []byte) {
	g.t.Helper()
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		g.t.Fatal(err)
	}
	defer answer.Body.Close()
	if body, err = io.ReadAll(answer.Body); err != nil {
		g.t.Fatal(err)
	}
	return answer.StatusCode, body
}

func form(to, from string, more ...string) url.Values {
	values := url.Values{"CallSid": {"CA" + strings.Repeat("7", 32)}, "AccountSid": {fmt.Sprintf("AC%032d", 1)}, "To": {to}, "From": {from}, "Direction": {"inbound"}, "CallStatus": {"ringing"}, "ApiVersion": {"2010-04-01"}}
	for i := 0; i < len(more); i += 2 {
		values.Set(more[i], more[i+1])
	}
	return values
}

// strangers send what is signed and has more in it than is needed, what is not signed,
// and what leads nowhere.
func (g *canaryGateway) strangers() {
	g.t.Helper()
	status, answer := g.do(g.signed("/twiml", form("+"+planted("called number"), "+"+planted("caller's number"),
		"CallerName", planted("caller's name"), "FromCity", planted("caller's city"), "ForwardedFrom", "+"+planted("forwarded from"), "SipHeader_X-Account", planted("SIP header"))))
	token := regexp.MustCompile(`/stream/([^"/]+)`).FindSubmatch(answer)
	if status != 200 || token == nil {
		g.t.Fatalf("signed webhook: %d %s; want a stream", status, answer)
	}
	g.tokens = append(g.tokens, string(token[1]))
	g.do(g.signed("/twiml", form("+"+planted("number of no line"), "+"+planted("caller of no line"))))
	g.do(g.signed("/status-callback", form("+"+planted("number of a status"), "+"+planted("caller's number"), "CallStatus", "completed", "CallDuration", "3")))
	g.do(g.signed("/resume", form("+"+planted("called number"), "+"+planted("caller's number"), "CallSid", "CA"+strings.Repeat("8", 32))))

	unsigned := form("+"+planted("called number"), "+"+planted("unsigned caller"), "SpeechResult", planted("unsigned words")).Encode()
	forged := g.request(http.MethodPost, "http://"+g.address+"/twiml?q="+planted("unsigned query"), unsigned)
	forged.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	g.do(forged)
	forged = g.signed("/twiml", form("+"+planted("called number"), "+"+planted("unsigned caller")))
	forged.Header.Set("X-Twilio-Signature", planted("wrong signature"))
	g.do(forged)
	for _, path := range []string{
		"/stream/" + string(token[1]), "/stream/" + string(token[1]) + "?q=" + planted("query of a stream"), "/stream/" + planted("forged stream token"),
		"/updatecall/" + planted("forged stream token"), "/dialled/" + planted("forged stream token"), "/whisper/" + planted("forged stream token"), "/nowhere/",
	} {
		for _, upgrade := range []bool{false, true} {
			r := g.request(http.MethodGet, "http://"+g.address+path, "")
			r.Header.Set("Cookie", planted("name of an unknown path"))
			if upgrade {
				r.Header.Set("Connection", "Upgrade")
				r.Header.Set("Upgrade", "websocket")
				r.Header.Set("Sec-WebSocket-Version", "13")
				r.Header.Set("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
			}
			if answer, err := http.DefaultTransport.RoundTrip(r); err == nil {
				_ = answer.Body.Close()
			}
		}
	}
	if status, _ := g.ask("/status", planted("wrong control token"), ""); status == http.StatusOK {
		g.t.Error("the control listener takes a wrong token")
	}
}

// ask asks the control listener.
func (g *canaryGateway) ask(path, token, accept string) (int, []byte) {
	g.t.Helper()
	r := g.request(http.MethodGet, "http://"+g.control+path, "")
	r.Header.Set("Authorization", "Bearer "+token)
	if accept != "" {
		r.Header.Set("Accept", accept)
	}
	return g.do(r)
}

// lookDuringACall collects what the gateway shows while somebody is talking with it,
// and then its last words: the dump of all goroutines by which SIGQUIT ends it.
func (g *canaryGateway) lookDuringACall() {
	g.t.Helper()
	caller := g.phone("pause 3s\nsay \"i would like to have flowers\"\nwait\npause 60s\n", "--from", "+"+planted("caller's number"), "--to", "+"+planted("called number"))
	if err := caller.Start(); err != nil {
		g.t.Fatal(err)
	}
	g.settled()
	for where, path := range map[string]string{
		"status": "/status", "metrics": "/metrics", "history": "/history", "readiness": "/readyz",
		"goroutines": "/debug/pprof/goroutine?debug=2", "goroutines, counted": "/debug/pprof/goroutine?debug=1",
	} {
		status, body := g.ask(path, planted("control token"), "")
		if status != http.StatusOK && path != "/readyz" { // one bot is never well
			g.t.Errorf("%s: %d %s", path, status, body)
		}
		g.seen[where] = body
	}
	_, g.seen["status page"] = g.ask("/status", planted("control token"), "text/html")
	for _, file := range []string{"calls.db", "calls.db-wal", "region.db", "region.db-wal"} {
		if content, err := os.ReadFile(g.path(file)); err == nil {
			g.seen["file "+file] = content
		}
	}
	g.records()
	if err := g.process.Process.Signal(syscall.SIGQUIT); err != nil {
		g.t.Fatal(err)
	}
	g.await(`goroutine \d+ [^\n]*\[`)
	_ = caller.Wait() // its gateway is gone
	g.seen["log, and the dump of SIGQUIT"] = []byte(g.log.String())
}

// turns counts the turns of the call that goes on.
func (g *canaryGateway) turns() int {
	code, out, _ := runCallsLine(nil, "calls", "--store", g.path("calls.db"), "--json", "--limit", "1")
	if code != 0 {
		return 0
	}
	return strings.Count(out, `"kind":"speech"`)
}

// settled waits until all records that there are to be are written.
func (g *canaryGateway) settled() {
	g.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(60 * time.Second); ; <-tick.C {
		var s statusAnswer
		if _, body := g.ask("/status", planted("control token"), ""); json.Unmarshal(body, &s) != nil {
			g.t.Fatalf("status: %s", body)
		}
		if s.Records.Waiting == 0 && s.Records.Written > 0 && s.Calls.Live == 1 && g.turns() > 0 {
			return
		}
		if time.Now().After(deadline) {
			g.t.Fatalf("records %+v, %d calls live, %d turns; want all written, one live", s.Records, s.Calls.Live, g.turns())
		}
	}
}

// records collects what the store's readers are shown.
func (g *canaryGateway) records() {
	g.t.Helper()
	code, out, errOut := runCallsLine(nil, "calls", "--store", g.path("calls.db"), "--json")
	if code != 0 || strings.Count(out, "\n") < 3 {
		g.t.Fatalf("lexline calls = %d, %s%s; want three records", code, out, errOut)
	}
	g.seen["records"] = []byte(out)
	_, list, _ := runCallsLine(nil, "calls", "--store", g.path("calls.db"))
	g.seen["list of calls"] = []byte(list)
}

// judge looks for every canary everywhere.
func (g *canaryGateway) judge(keeps bool) {
	g.t.Helper()
	for i, token := range g.tokens {
		g.look(fmt.Sprint("stream token ", i), canary{token, false}, keeps)
	}
	for name, c := range canaries {
		g.look(name, c, keeps)
	}
	if g.t.Failed() {
		g.t.Logf("records:\n%s\nlog:\n%.20000s", g.seen["records"], g.log)
	}
}

// forRecords are the places that show what is in records.
var forRecords = []string{"records", "list of calls", "file calls.db", "file calls.db-wal"}

// inBase64 is how a text looks in base64, at each place where it can begin.
func inBase64(text string) (forms []string) {
	for shift, skipped := range []int{0, 2, 3} { // letters that are of what stands before, too
		whole := base64.StdEncoding.EncodeToString([]byte("..."[:shift] + text))
		forms = append(forms, whole[skipped:(shift+len(text))/3*4])
	}
	return forms
}

// look looks for one canary: as it is, in a URL, and in base64.
func (g *canaryGateway) look(name string, c canary, keeps bool) {
	g.t.Helper()
	forms := append([]string{c.text, url.QueryEscape(c.text)}, inBase64(c.text)...)
	for where, content := range g.seen {
		for _, form := range forms {
			at := strings.Index(strings.ToLower(string(content)), strings.ToLower(form))
			if at < 0 || keeps && c.kept && slices.Contains(forRecords, where) {
				continue
			}
			g.t.Errorf("%s (%s) is in the %s: …%q…", name, form, where, content[max(0, at-120):min(len(content), at+len(form)+60)])
			break
		}
	}
	if found := bytes.Contains(g.seen["records"], []byte(c.text)); keeps && c.kept && !found {
		g.t.Errorf("%s (%s) is not in the records, with transcripts and numbers on", name, c.text)
	}
}
