package main

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lexline/internal/twiliosim"
)

// reloadRig is a gateway whose configuration is in a file, with a channel that stands for
// SIGHUP.
type reloadRig struct {
	*rig
	path    string
	lex     string // its address
	hangups chan os.Signal
}

// newReloadRig starts one. The file is written with $LEX in the place of the local Lex.
func newReloadRig(t *testing.T, text string) *reloadRig {
	t.Helper()
	x := &reloadRig{path: filepath.Join(t.TempDir(), "lexline.yml"), hangups: make(chan os.Signal, 1)}
	x.rig = newRigFrom(t, func(lexAddress string) string { x.lex = lexAddress; return lexAddress }, func(cfg *config) {
		x.write(t, text)
		read, err := loadConfig(x.path, func(string) string { return "" }, false)
		if err != nil {
			t.Fatal(err)
		}
		*cfg = read
	}, func(g *gateway) {
		g.source = configSource{x.path, func(string) string { return "" }, false}
		g.hangups, g.level = x.hangups, new(slog.LevelVar)
	})
	return x
}

func (x *reloadRig) write(t *testing.T, text string) {
	t.Helper()
	// At once: it may be read at any time.
	if err := os.WriteFile(x.path+".new", []byte(strings.ReplaceAll(text, "$LEX", x.lex)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(x.path+".new", x.path); err != nil {
		t.Fatal(err)
	}
}

const reloadConfig = `
listen: 127.0.0.1:0
public_url: ` + demoURL + `
control: {listen: 127.0.0.1:0}
twilio: {auth_token: secret}
aws: {access_key_id: a, secret_access_key: b}
regions: [{name: us-east-1, runtime_endpoint: "$LEX", models_endpoint: "$LEX"}]
lines: [{bot: OrderFlowers, alias: ver_one, greeting: Hi.}]
limits: {calls: 50}
`

// reload has the configuration read again and returns the status behind that.
func (x *reloadRig) reload(t *testing.T, text string) (s statusAnswer) {
	t.Helper()
	x.write(t, text)
	before := x.status(t)
	x.hangups <- os.Interrupt
	await(t, "the reload", func() bool {
		s = x.status(t)
		return s.Config.Reloads+s.Config.Refused > before.Config.Reloads+before.Config.Refused
	})
	return s
}

// await waits until something is so.
func await(t *testing.T, what string, is func() bool) {
	t.Helper()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	patience := time.After(scriptPatience)
	for !is() {
		select {
		case <-look.C:
		case <-patience:
			t.Fatalf("waited for %s for %v", what, scriptPatience)
		}
	}
}

// status asks for /status.
func (x *reloadRig) status(t *testing.T) (s statusAnswer) {
	t.Helper()
	resp, err := http.Get("http://" + x.gateway.control.address() + "/status")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&s); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestReloadsBesideALiveCall reads configurations again and again, good and bad ones, while
// a caller orders and others ask how the gateway stands.
func TestReloadsBesideALiveCall(t *testing.T) {
	x := newReloadRig(t, reloadConfig)
	called := make(chan *twiliosim.Record, 1)
	var calls sync.WaitGroup
	calls.Go(func() { called <- x.call(t.Context(), orderByKeys, "secret", nil) })
	texts := []string{
		strings.Replace(reloadConfig, "Hi.", "Hello.", 1) + "call: {key_end: \"*\", max_failures: 9, end_of_speech: 700ms}\nlog: {level: debug}\n",
		strings.Replace(reloadConfig, "calls: 50", "calls: 60, connections: 90, max_late: 50ms", 1) + "call: {max_turn: 20s}\n", // refused
		reloadConfig + "failover: {hold: 5m}\ncall: {drain_time: 3s}\n",
	}
	var record *twiliosim.Record
	rounds := 0
	for record == nil {
		x.reload(t, texts[rounds%len(texts)])
		rounds++
		select {
		case record = <-called:
		default:
		}
	}
	calls.Wait()
	if !record.OK() {
		t.Errorf("the phone saw %s: %s", record.Reason, record.Text)
	}
	if turns := x.turns(); len(turns) != 5 {
		t.Errorf("the bot was asked %d times; want 5, with # behind each number", len(turns))
	}
	s := x.status(t)
	t.Logf("%d reloads, %d of them refused", rounds, s.Config.Refused)
	if want := int64(rounds / len(texts)); s.Config.Refused < want || s.Config.Refused > want+1 {
		t.Errorf("%d of %d reloads were refused; want each third", s.Config.Refused, rounds)
	}
}

// TestReloadTakesWhatCanChange looks at what is in force after a reload.
func TestReloadTakesWhatCanChange(t *testing.T) {
	x := newReloadRig(t, reloadConfig)
	s := x.reload(t, strings.Replace(reloadConfig, "calls: 50", "calls: 70, connections: 90, max_late: 50ms", 1)+
		"call: {end_of_speech: 800ms, barge_in: off, drain_time: 3s}\nlog: {level: error}\nfailover: {hold: 5m}\nrecords: {mask: [Pin]}\n")
	if s.Limits.Calls != 70 || s.Engines.EndOfSpeechMS != 800 || s.Engines.BargeInMS != -1 || s.Config.Fault != "" || keyList(s.Config.Restart) != "failover.hold" {
		t.Errorf("limits %+v, engines %+v, configuration %+v; want the new ones, and failover.hold to wait", s.Limits, s.Engines, s.Config)
	}
	if got := time.Duration(x.gateway.overload.maxLate.Load()); got != 50*time.Millisecond {
		t.Errorf("limits.max_late is %v in force; want 50ms", got)
	}
	if got := x.gateway.level.Level(); got != slog.LevelError {
		t.Errorf("log.level is %v in force; want ERROR", got)
	}
	if got := x.gateway.now().cfg.Call.DrainTime; got != 3*time.Second {
		t.Errorf("call.drain_time is %v in force; want 3s", got)
	}
	for name, test := range map[string]struct{ text, fault string }{
		"value": {reloadConfig + "call: {max_turn: 20s}\n", "lexline.yml:10: call.max_turn: 20s"},
		"key":   {reloadConfig + "cal: {max_turn: 2s}\n", `lexline.yml:10: unknown key "cal"`},
		"sound": {reloadConfig + "sounds: [{locale: de_DE, apology: none.wav}]\n", "sounds[0].apology: read a sound: "},
		"token": {strings.Replace(reloadConfig, "control: {", "control: {token_file: none, ", 1), "control.token_file: "},
		"empty": {"", "public_url: is missing"},
	} {
		s := x.reload(t, test.text)
		if !strings.Contains(s.Config.Fault, test.fault) || s.Limits.Calls != 70 || s.Engines.EndOfSpeechMS != 800 {
			t.Errorf("%s: fault %q, limits %+v; want %q and what was in force before", name, s.Config.Fault, s.Limits, test.fault)
		}
		if words := s.Config.words(s.Now); !strings.Contains(words, "IS WRONG; the old one goes on") || !strings.Contains(words, "NEED A RESTART: failover.hold.") {
			t.Errorf("%s: the status says %q", name, words)
		}
	}
	// A token for the control listener is asked for at once.
	x.write(t, strings.Replace(reloadConfig, "control: {", "control: {token: 0123456789abcdef, ", 1))
	x.hangups <- os.Interrupt
	await(t, "the token to be asked for", func() bool {
		resp, err := http.Get("http://" + x.gateway.control.address() + "/status")
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusUnauthorized
	})
}

// TestReloadFromTheEnvironment has the text of the configuration in a variable: the same
// is read again, and a fault in it is told by its line there.
func TestReloadFromTheEnvironment(t *testing.T) {
	text := ""
	x := newReloadRig(t, reloadConfig)
	text = strings.ReplaceAll(reloadConfig, "$LEX", x.lex) + "call: {max_turn: 9s}\n"
	x.gateway.source = configSource{getenv: func(name string) string { return map[string]string{configText: text}[name] }}
	x.hangups <- os.Interrupt
	await(t, "the reload", func() bool { return x.status(t).Config.Reloads == 1 })
	if log := x.log.String(); !strings.Contains(log, `msg="configuration reloaded" file=environment changed=call.max_turn`) {
		t.Errorf("log = %s; want the key that changed", log)
	}
}
