package lexlocal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestBadInput(t *testing.T) {
	const session = "/bots/FLOWERSBOT/botAliases/TSTALIASID/botLocales/en_US/sessions/CA0123"
	const order = `{"text":"hi","sessionState":%s}`
	state := func(format string, args ...any) string { return fmt.Sprintf(order, fmt.Sprintf(format, args...)) }
	text := map[string]string{"Content-Type": "text/plain; charset=utf-8"}
	ts := serve(t, nil)
	for _, test := range []struct {
		name, method, path, body string
		headers                  map[string]string
		status                   int
		kind, message            string
	}{
		{"no such path", "POST", "/bot", "", nil, 404, "UnknownOperationException", `POST "/bot"`},
		{"the root", "GET", "/", "", nil, 404, "UnknownOperationException", ""},
		{"wrong method", "PUT", session, "", nil, 404, "UnknownOperationException", ""},
		{"conversation mode", "POST", session + "/conversation", "", nil, 404, "UnknownOperationException", ""},
		{"short bot id", "POST", strings.Replace(session, "FLOWERSBOT", "FLOWERS", 1) + "/text", "{}", nil, 400, "ValidationException", "botId"},
		{"short alias id", "POST", strings.Replace(session, "TSTALIASID", "ver_one", 1) + "/text", "{}", nil, 400, "ValidationException", "botAliasId"},
		{"bad locale", "POST", strings.Replace(session, "en_US", "english", 1) + "/text", "{}", nil, 400, "ValidationException", "localeId"},
		{"bad session id", "POST", strings.Replace(session, "CA0123", "a%20b", 1) + "/text", "{}", nil, 400, "ValidationException", "sessionId"},
		{"one character of a session id", "POST", strings.Replace(session, "CA0123", "a", 1) + "/text", "{}", nil, 400, "ValidationException", "sessionId"},
		{"long session id", "POST", strings.Replace(session, "CA0123", strings.Repeat("a", 101), 1) + "/text", "{}", nil, 400, "ValidationException", "sessionId"},
		{"no such bot", "POST", strings.Replace(session, "FLOWERSBOT", "NOSUCHBOT1", 1) + "/text", `{"text":"hi"}`, nil, 404, "ResourceNotFoundException", "NOSUCHBOT1"},
		{"no such alias", "POST", strings.Replace(session, "TSTALIASID", "NOSUCHALIA", 1) + "/text", `{"text":"hi"}`, nil, 404, "ResourceNotFoundException", "NOSUCHALIA"},
		{"no such locale", "POST", strings.Replace(session, "en_US", "de_DE", 1) + "/text", `{"text":"hi"}`, nil, 404, "ResourceNotFoundException", "de_DE"},
		{"no such session", "GET", strings.Replace(session, "CA0123", "other", 1), "", nil, 404, "ResourceNotFoundException", "other"},

		{"no JSON", "POST", session + "/text", "text=hi", nil, 400, "ValidationException", "expected JSON"},
		{"wrong JSON type", "POST", session + "/text", `{"text":7}`, nil, 400, "ValidationException", "expected JSON"},
		{"deep JSON", "POST", session + "/text", strings.Repeat("[", 200000), nil, 400, "ValidationException", "expected JSON"},
		{"no text", "POST", session + "/text", "", nil, 400, "ValidationException", "text is empty"},
		{"long text", "POST", session + "/text", `{"text":"` + strings.Repeat("é", 1025) + `"}`, nil, 400, "ValidationException", "1025 characters"},
		{"long body", "POST", session + "/text", `{"text":"` + strings.Repeat("a", maxJSON) + `"}`, nil, 400, "ValidationException", "longer than"},

		{"unknown action", "POST", session + "/text", state(`{"dialogAction":{"type":"Dance"}}`), nil, 400, "ValidationException", `"Dance"`},
		{"no slot to elicit", "POST", session + "/text", state(`{"dialogAction":{"type":"ElicitSlot"},"intent":{"name":"OrderFlowers"}}`), nil, 400, "ValidationException", "slotToElicit"},
		{"unnamed intent", "POST", session + "/text", state(`{"intent":{}}`), nil, 400, "ValidationException", "intent.name"},
		{"unknown intent", "POST", session + "/text", state(`{"intent":{"name":"OrderPizza"}}`), nil, 400, "ValidationException", "OrderPizza"},
		{"unknown intent state", "POST", session + "/text", state(`{"intent":{"name":"OrderFlowers","state":"Lost"}}`), nil, 400, "ValidationException", `"Lost"`},
		{"unknown confirmation", "POST", session + "/text", state(`{"intent":{"name":"OrderFlowers","confirmationState":"Maybe"}}`), nil, 400, "ValidationException", `"Maybe"`},
		{"deep slots", "POST", session + "/text", state(`{"intent":{"name":"OrderFlowers","slots":{"FlowerType":%s}}}`, strings.Repeat(`{"values":[`, 9)+strings.Repeat(`]}`, 9)), nil, 400, "ValidationException", "nested too deeply"},
		{"too many contexts", "POST", session + "/text", state(`{"activeContexts":[%s]}`, strings.TrimSuffix(strings.Repeat(`{},`, 21), ",")), nil, 400, "ValidationException", "21 entries"},
		{"bad context name", "POST", session + "/text", state(`{"activeContexts":[{"name":"a__b"}]}`), nil, 400, "ValidationException", `"a__b"`},
		{"short context time", "POST", session + "/text", state(`{"activeContexts":[{"name":"a","timeToLive":{"timeToLiveInSeconds":4,"turnsToLive":1}}]}`), nil, 400, "ValidationException", "timeToLiveInSeconds is 4"},
		{"long context turns", "POST", session + "/text", state(`{"activeContexts":[{"name":"a","timeToLive":{"timeToLiveInSeconds":5,"turnsToLive":21}}]}`), nil, 400, "ValidationException", "turnsToLive is 21"},

		{"put without a state", "POST", session, `{}`, nil, 400, "ValidationException", "sessionState is missing"},
		{"put of an unknown message", "POST", session, `{"sessionState":{},"messages":[{"contentType":"Song","content":"la"}]}`, nil, 400, "ValidationException", `"Song"`},
		{"put of an empty message", "POST", session, `{"sessionState":{},"messages":[{"contentType":"PlainText"}]}`, nil, 400, "ValidationException", "messages[0].content is empty"},
		{"put of a long message", "POST", session, `{"sessionState":{},"messages":[{"contentType":"PlainText","content":"` + strings.Repeat("a", 1025) + `"}]}`, nil, 400, "ValidationException", "longer than 1024"},
		{"put of many messages", "POST", session, `{"sessionState":{},"messages":[` + strings.TrimSuffix(strings.Repeat(`{"contentType":"PlainText","content":"a"},`, 11), ",") + `]}`, nil, 400, "ValidationException", "11 entries"},
		{"put for mp3", "POST", session, `{"sessionState":{}}`, map[string]string{"ResponseContentType": "audio/mpeg"}, 400, "ValidationException", "audio/pcm"},

		{"no content type", "POST", session + "/utterance", "hi", map[string]string{"Content-Type": ""}, 400, "ValidationException", "Content-Type"},
		{"unknown content type", "POST", session + "/utterance", "hi", map[string]string{"Content-Type": "audio/mpeg"}, 400, "ValidationException", "audio/mpeg"},
		{"opus", "POST", session + "/utterance", "hi", map[string]string{"Content-Type": "audio/x-cbr-opus-with-preamble;preamble-size=0;bit-rate=256000;frame-size-milliseconds=4"}, 400, "ValidationException", "does not decode Opus"},
		{"an odd rate", "POST", session + "/utterance", "hi", map[string]string{"Content-Type": "audio/lpcm; sample-rate=11025"}, 400, "ValidationException", "8000 or 16000"},
		{"stereo", "POST", session + "/utterance", "hi", map[string]string{"Content-Type": "audio/l16; rate=16000; channels=2"}, 400, "ValidationException", "channels must be 1"},
		{"big endian", "POST", session + "/utterance", "hi", map[string]string{"Content-Type": "audio/lpcm; sample-rate=8000; is-big-endian=true"}, 400, "ValidationException", "is-big-endian must be false"},
		{"eight bits", "POST", session + "/utterance", "hi", map[string]string{"Content-Type": "audio/lpcm; sample-rate=8000; sample-size-bits=8"}, 400, "ValidationException", "sample-size-bits must be 16"},
		{"sixteen seconds", "POST", session + "/utterance", strings.Repeat("\x00", 16*16000), map[string]string{"Content-Type": lpcm8k}, 400, "ValidationException", "longer than 240000 bytes"},
		{"an answer in mp3", "POST", session + "/utterance", "hi", map[string]string{"Content-Type": lpcm8k, "Response-Content-Type": "audio/mpeg"}, 400, "ValidationException", "audio/pcm"},
		{"an answer in any audio", "POST", session + "/utterance", "hi", map[string]string{"Content-Type": lpcm8k, "Response-Content-Type": "audio/*"}, 400, "ValidationException", "audio/pcm"},
		{"an answer at 44.1 kHz", "POST", session + "/utterance", "hi", map[string]string{"Content-Type": lpcm8k, "Response-Content-Type": "audio/pcm; sample-rate=44100"}, 400, "ValidationException", "8000 or 16000"},
		{"an answer in HTML", "POST", session + "/utterance", "hi", map[string]string{"Content-Type": lpcm8k, "Response-Content-Type": "text/html"}, 400, "ValidationException", "text/html"},
		{"long utterance text", "POST", session + "/utterance", strings.Repeat("a", 1025), text, 400, "ValidationException", "at most 1024"},
		{"text that is not UTF-8", "POST", session + "/utterance", "\xff", text, 400, "ValidationException", "UTF-8"},
		{"a state that is not packed", "POST", session + "/utterance", "hi", map[string]string{"Content-Type": lpcm8k, headerSessionState: "{}"}, 400, "ValidationException", "is not base64"},
		{"large headers", "POST", session + "/utterance", "hi", map[string]string{"Content-Type": lpcm8k, "X-Other": strings.Repeat("a", 17000)}, 400, "ValidationException", "16384"},

		{"two filters", "POST", "/bots", `{"filters":[{},{}]}`, nil, 400, "ValidationException", "filters has 2"},
		{"unknown filter", "POST", "/bots", `{"filters":[{"name":"Size","operator":"EQ","values":["1"]}]}`, nil, 400, "ValidationException", `"Size"`},
		{"unknown operator", "POST", "/bots", `{"filters":[{"name":"BotName","operator":"GT","values":["1"]}]}`, nil, 400, "ValidationException", `"GT"`},
		{"unknown order", "POST", "/bots", `{"sortBy":{"attribute":"BotName","order":"Random"}}`, nil, 400, "ValidationException", `"Random"`},
		{"foreign token", "POST", "/bots", `{"nextToken":"abc"}`, nil, 400, "ValidationException", "nextToken"},
		{"no results", "POST", "/bots/FLOWERSBOT/botaliases/", `{"maxResults":0}`, nil, 400, "ValidationException", "maxResults"},
		{"aliases of no bot", "POST", "/bots/NOSUCHBOT1/botaliases", ``, nil, 404, "ResourceNotFoundException", "NOSUCHBOT1"},
		{"no such alias to describe", "GET", "/bots/FLOWERSBOT/botaliases/NOSUCHALIA/", ``, nil, 404, "ResourceNotFoundException", "NOSUCHALIA"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), test.method, ts.url+test.path, strings.NewReader(test.body))
			if err != nil {
				t.Fatal(err)
			}
			for name, value := range test.headers {
				r.Header.Set(name, value)
			}
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			body := readAll(t, answer.Body)
			http.DefaultClient.CloseIdleConnections()
			var told struct{ Message string }
			if err := json.Unmarshal(body, &told); err != nil {
				t.Errorf("body %q: %v", body, err)
			}
			if answer.StatusCode != test.status || answer.Header.Get("X-Amzn-ErrorType") != test.kind || !strings.Contains(told.Message, test.message) {
				t.Errorf("%s %s: %d %s %q, want %d %s with %q", test.method, test.path,
					answer.StatusCode, answer.Header.Get("X-Amzn-ErrorType"), told.Message, test.status, test.kind, test.message)
			}
			if r := ts.records.last(); r.Status != test.status || r.Error == "" {
				t.Errorf("record %+v, want status %d and the error", r, test.status)
			}
		})
	}
	if n, _ := ts.Stats(); n != 0 {
		t.Errorf("%d sessions after bad requests alone, want 0", n)
	}
}

func TestTrailingSlashesAreNoOtherPath(t *testing.T) {
	ts := serve(t, nil)
	for _, path := range []string{"/bots/FLOWERSBOT", "/bots/FLOWERSBOT/", "/bots/FLOWERSBOT/botaliases/TSTALIASID/"} {
		answer, err := http.Get(ts.url + path)
		if err != nil {
			t.Fatal(err)
		}
		readAll(t, answer.Body)
		if answer.StatusCode != http.StatusOK {
			t.Errorf("GET %s: %d, want 200", path, answer.StatusCode)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

// TestCutOffBody sends less than the Content-Length promises and goes away.
func TestCutOffBody(t *testing.T) {
	ts := serve(t, nil)
	ts.say(t, "CA0123", "I would like to order some flowers.")
	c := dial(t, ts)
	fmt.Fprintf(c, "POST /bots/FLOWERSBOT/botAliases/TSTALIASID/botLocales/en_US/sessions/CA0123/utterance HTTP/1.1\r\n"+
		"Host: local\r\nContent-Type: %s\r\nContent-Length: 1000\r\n\r\nabc", lpcm8k)
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(c)
	if strings.Contains(string(answer), "200 OK") || err != nil && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("answer %q, %v; want none or an error", answer, err)
	}
	if r := ts.records.last(); r.Status == http.StatusOK {
		t.Errorf("record %+v, want no good answer", r)
	}
	if got := ts.say(t, "CA0123", "roses"); *got.SessionState.DialogAction.SlotToElicit != "PickupDate" {
		t.Errorf("after the cut-off request the bot elicits %q, want the dialog unchanged", *got.SessionState.DialogAction.SlotToElicit)
	}
}

// TestBodyThatStalls sends a part of a body and then nothing more.
func TestBodyThatStalls(t *testing.T) {
	ts := serve(t, nil)
	ts.bodyTimeout = 20 * time.Millisecond
	c := dial(t, ts)
	fmt.Fprintf(c, "POST /bots/FLOWERSBOT/botAliases/TSTALIASID/botLocales/en_US/sessions/CA0123/utterance HTTP/1.1\r\n"+
		"Host: local\r\nContent-Type: %s\r\nContent-Length: 1000\r\n\r\nabc", lpcm8k)
	answer, err := io.ReadAll(c)
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 408 ") || !strings.Contains(string(answer), "RequestTimeoutException") {
		t.Errorf("answer %q, %v; want 408 and the end of the connection", answer, err)
	}
}

// dial opens a connection without any client.
func dial(t *testing.T, ts *testServer) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(ts.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return c
}
