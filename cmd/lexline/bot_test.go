package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lexline/internal/lexlocal"
)

var orderFlowers = filepath.Join("..", "..", "bots", "OrderFlowers")

// botServer is a running `lexline bot serve`, or another command that runs
// until it is stopped, and the lines it writes.
type botServer struct {
	lines *bufio.Scanner
	stop  func() int // its exit code
}

func startBotServer(t *testing.T, args ...string) *botServer {
	t.Helper()
	return startCommand(t, append([]string{"bot", "serve", "--listen", "127.0.0.1:0", "--worker", "none", "--bot", orderFlowers}, args...)...)
}

func startCommand(t *testing.T, args ...string) *botServer {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	reader, writer := io.Pipe()
	var stderr lockedBuffer
	env := &environment{stdin: strings.NewReader(""), stdout: writer, stderr: &stderr, getenv: func(string) string { return "" }}
	ended := make(chan int, 1)
	go func() {
		code := run(ctx, env, args)
		writer.Close()
		ended <- code
	}()
	s := &botServer{lines: bufio.NewScanner(reader)}
	stopped, code := false, 0
	s.stop = func() int {
		if !stopped {
			cancel()
			_, _ = io.Copy(io.Discard, reader) // so that it is not held up by its output
			stopped, code = true, <-ended
		}
		return code
	}
	t.Cleanup(func() {
		if s.stop(); t.Failed() {
			t.Log(stderr.String())
		}
	})
	return s
}

// line returns the next line of the server's output.
func (s *botServer) line(t *testing.T) string {
	t.Helper()
	if !s.lines.Scan() {
		t.Fatalf("the server has nothing more to say: %v", s.lines.Err())
	}
	return s.lines.Text()
}

// tell sends a text to the bot and returns what is logged about it.
func (s *botServer) tell(t *testing.T, endpoint, text string) lexlocal.Record {
	t.Helper()
	body, err := json.Marshal(map[string]string{"text": text})
	if err != nil {
		t.Fatal(err)
	}
	answered := make(chan error, 1)
	go func() {
		answer, err := http.Post(endpoint+"/bots/FLOWERSBOT/botAliases/TSTALIASID/botLocales/en_US/sessions/CA1/text", "application/json", bytes.NewReader(body))
		if err == nil {
			_, err = io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
		}
		answered <- err
	}()
	var record lexlocal.Record
	if err := json.Unmarshal([]byte(s.line(t)), &record); err != nil {
		t.Fatal(err)
	}
	if err := <-answered; err != nil {
		t.Fatal(err)
	}
	return record
}

func TestBotServeLogsJSON(t *testing.T) {
	s := startBotServer(t, "--log-format", "json", "--region", "eu-west-2", "--alias", "one", "--alias", "two",
		"--now", "2026-11-21T03:00:00Z", "--timezone", "America/New_York")
	var start botStart
	if err := json.Unmarshal([]byte(s.line(t)), &start); err != nil {
		t.Fatal(err)
	}
	if start.Op != "Start" || start.Region != "eu-west-2" || !start.KeyPress || !strings.HasPrefix(start.Recognizer, "none: ") || start.Synthesizer == "" {
		t.Errorf("start = %+v, want eu-west-2 without a recognizer", start)
	}
	if len(start.Bots) != 1 || len(start.Bots[0].Aliases) != 3 || start.Bots[0].Aliases[1].Name != "two" || start.Bots[0].ID != "FLOWERSBOT" {
		t.Errorf("bots = %+v, want OrderFlowers with aliases one, two and TestBotAlias", start.Bots)
	}
	s.tell(t, start.Endpoint, "I would like to order some flowers")
	s.tell(t, start.Endpoint, "roses")
	record := s.tell(t, start.Endpoint, "tomorrow")
	if record.Slots["PickupDate"] != "2026-11-21" || record.Elicits != "PickupTime" || record.Region != "eu-west-2" {
		t.Errorf("record = %+v, want the day after November 20th in New York", record)
	}
	if code := s.stop(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
}

func TestBotServeLogsText(t *testing.T) {
	s := startBotServer(t)
	var opening strings.Builder
	for {
		line := s.line(t)
		opening.WriteString(line + "\n")
		if line == "" {
			break
		}
	}
	for _, want := range []string{
		"local Lex V2, region us-east-1", "recognizer   none: ", "synthesizer  ", "key-press    on", "bot          OrderFlowers FLOWERSBOT, en_US",
		"alias      ver_one ", "alias      TestBotAlias TSTALIASID, version DRAFT", "endpoint     http://127.0.0.1:",
	} {
		if !strings.Contains(opening.String(), want) {
			t.Errorf("opening\n%s\nwant %q in it", opening.String(), want)
		}
	}
}

// TestBotServeEmpty begins without a bot, and says so in both logs.
func TestBotServeEmpty(t *testing.T) {
	serve := []string{"bot", "serve", "--listen", "127.0.0.1:0", "--empty", "--voice", "none"}
	opening := startCommand(t, append(serve, "--log-format", "json")...).line(t)
	if !strings.Contains(opening, `"bots":[]`) || !strings.Contains(opening, `"keypress":true`) {
		t.Errorf("opening %s, want no bots and key-press mode", opening)
	}
	s := startCommand(t, serve...)
	var text strings.Builder
	for line := s.line(t); line != ""; line = s.line(t) {
		text.WriteString(line + "\n")
	}
	if want := "bots         none yet: import one with the models API"; !strings.Contains(text.String(), want) {
		t.Errorf("opening\n%s\nwant %q in it", text.String(), want)
	}
}

func TestBotServeMistakes(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	for _, test := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"no bot", nil, 2, "hint: --bot bots/OrderFlowers"},
		{"no such bot", []string{"--bot", "nowhere"}, 1, "load bot nowhere"},
		{"a busy port", []string{"--bot", orderFlowers, "--listen", busy.Addr().String()}, 1, "another program has this port"},
		{"an unknown zone", []string{"--bot", orderFlowers, "--timezone", "Moon/Crater"}, 2, "unknown time zone Moon/Crater"},
		{"a time that is none", []string{"--bot", orderFlowers, "--now", "noon"}, 2, "noon"},
		{"an unknown log format", []string{"--bot", orderFlowers, "--log-format", "xml"}, 2, "must be text or json"},
		{"a bot twice", []string{"--listen", "127.0.0.1:0", "--bot", orderFlowers, "--bot", orderFlowers}, 1, "is served already"},
		{"empty with a bot", []string{"--bot", orderFlowers, "--empty"}, 2, "--empty goes without --bot"},
		{"a build in no time", []string{"--empty", "--build-time", "0s"}, 2, "--build-time must be positive"},
		{"an operand", []string{"--bot", orderFlowers, "more"}, 2, `no operand "more"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			env := &environment{stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr, getenv: func(string) string { return "" }}
			code := run(t.Context(), env, append([]string{"bot", "serve", "--worker", "none"}, test.args...))
			if code != test.code || !strings.Contains(stderr.String(), test.want) {
				t.Errorf("exit code %d, %q; want %d and %q", code, stderr.String(), test.code, test.want)
			}
		})
	}
}

// brokenBot copies OrderFlowers and spoils one of its files.
func brokenBot(t *testing.T, file string, spoil func(text string) string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "OrderFlowers")
	if err := os.CopyFS(dir, os.DirFS(orderFlowers)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, file)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(spoil(string(text))), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestBotCheck(t *testing.T) {
	const intent = "OrderFlowers/BotLocales/en_US/Intents/OrderFlowers/Intent.json"
	replace := func(from, to string) func(string) string {
		return func(text string) string { return strings.Replace(text, from, to, 1) }
	}
	for _, test := range []struct {
		name, path string
		code       int
		want       []string
	}{
		{
			"good", orderFlowers, 0,
			[]string{"bot OrderFlowers (FLOWERSBOT)", "FlowerType", "roses", "note: en_US/OrderFlowers: fulfillment: there is no Lambda function here"},
		},
		{"missing", "nowhere", 1, []string{"load bot nowhere"}},
		{"no JSON", brokenBot(t, intent, replace("{", "")), 1, []string{"Intents/OrderFlowers/Intent.json"}},
		{
			"an unknown slot in an utterance", brokenBot(t, intent, replace("{FlowerType}", "{Colour}")), 1,
			[]string{"problem: en_US/OrderFlowers: ", "Colour", "has 1 problem\n"},
		},
		{
			"no Lambda function", brokenBot(t, intent, replace(`"fulfillmentCodeHook": {
    "enabled": true`, `"fulfillmentCodeHook": {
    "enabled": false`)), 0,
			[]string{"Does this sound okay?\", 3 retries\n    fulfilled without a Lambda function"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			env := &environment{stdin: strings.NewReader(""), stdout: &out, stderr: &out, getenv: func(string) string { return "" }}
			code := run(t.Context(), env, []string{"bot", "check", test.path})
			if code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
			for _, want := range test.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("output\n%s\nwant %q in it", out.String(), want)
				}
			}
		})
	}
}
