package main

import (
	"bytes"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lexline/internal/audio"
)

// clipScript writes a script with one clip and returns its path and the clip.
func clipScript(t *testing.T) (path string, clip []byte) {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	pcm := make([]int16, audio.SampleRate)
	for i := range pcm {
		pcm[i] = int16(rng.IntN(20000) - 10000)
	}
	clip = audio.EncodeMuLaw(nil, pcm)
	path = filepath.Join(t.TempDir(), "clips.json")
	for name, content := range map[string][]byte{
		path: []byte(`{"clips":[{"id":"order-a","file":"order.ulaw","words":"order flowers"}]}`),
		filepath.Join(filepath.Dir(path), "order.ulaw"): clip,
	} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return path, clip
}

func httpDo(t *testing.T, method, url, contentType string, body []byte) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Close = true
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

func TestBotServeWithFaultsAndKnownClips(t *testing.T) {
	script, clip := clipScript(t)
	s := startBotServer(t, "--log-format", "json", "--admin", "127.0.0.1:0", "--recognizer", "script:"+script, "--voice", "none",
		"--latency", "30ms", "--latency-spread", "0.1", "--quota", "7")
	var start botStart
	if err := json.Unmarshal([]byte(s.line(t)), &start); err != nil {
		t.Fatal(err)
	}
	if want := "script " + script + ": 1 known clips; it understands nothing else"; start.Recognizer != want || start.KeyPress {
		t.Errorf("recognizer %q, key-press %v; want %q", start.Recognizer, start.KeyPress, want)
	}
	if start.Latency != "30ms, log-normal, spread 0.1" || start.Quota != 7 || !strings.HasPrefix(start.Synthesizer, "none: as told") ||
		!strings.HasPrefix(start.Admin, "http://127.0.0.1:") {
		t.Errorf("start = %+v", start)
	}
	var body bytes.Buffer
	for _, sample := range audio.DecodeMuLaw(nil, clip) {
		body.Write([]byte{byte(sample), byte(uint16(sample) >> 8)})
	}
	lines := make(chan map[string]any, 4)
	go func() {
		defer close(lines)
		for range 3 {
			var line map[string]any
			if !s.lines.Scan() || json.Unmarshal(s.lines.Bytes(), &line) != nil {
				return
			}
			lines <- line
		}
	}()
	utterance := start.Endpoint + "/bots/FLOWERSBOT/botAliases/TSTALIASID/botLocales/en_US/sessions/CA1/utterance"
	if status, answer := httpDo(t, "POST", utterance, "audio/lpcm; sample-rate=8000", body.Bytes()); status != 200 {
		t.Errorf("utterance: %d %s", status, answer)
	}
	line := <-lines
	clips, _ := json.Marshal(line["clips"])
	if line["transcript"] != "order flowers" || line["audio_ms"] != 1000.0 || string(clips) != `[{"arrived":1,"id":"order-a"}]` || line["ms"].(float64) < 15 {
		t.Errorf("record %v, want the words of the whole clip, after about 30 ms", line)
	}
	if status, answer := httpDo(t, "PUT", start.Admin+"/faults", "", []byte(`[{"kind":"error","status":503}]`)); status != 200 {
		t.Errorf("PUT /faults: %d %s", status, answer)
	}
	if line := <-lines; line["op"] != "Fault" || line["fault"] != "error" {
		t.Errorf("line %v, want that a fault was set", line)
	}
	if status, _ := httpDo(t, "POST", utterance, "audio/lpcm; sample-rate=8000", body.Bytes()); status != 503 {
		t.Errorf("utterance under a fault: %d, want 503", status)
	}
	if line := <-lines; line["fault"] != "error" || line["status"] != 503.0 || line["audio_ms"] != 1000.0 {
		t.Errorf("record %v, want an error that says what had arrived", line)
	}
	if code := s.stop(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
}

func TestBotServeSaysWhatItCannotDo(t *testing.T) {
	for _, test := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"faults for everybody", []string{"--admin", "0.0.0.0:0"}, 1, "hint: choose a loopback address"},
		{"another recognizer", []string{"--recognizer", "guess"}, 2, "must be pocketsphinx or script:FILE"},
		{"a script without a name", []string{"--recognizer", "script:"}, 2, "must be pocketsphinx or script:FILE"},
		{"a script that is not there", []string{"--recognizer", "script:nowhere.json"}, 1, "nowhere.json"},
		{"a latency of the past", []string{"--latency", "-1s"}, 2, "cannot be negative"},
		{"a quota below nothing", []string{"--quota", "-1"}, 2, "cannot be negative"},
		{"a spread without end", []string{"--latency-spread", "NaN"}, 2, "--latency-spread is 0 to 3"},
		{"a function of no bot", []string{"--hook", "http://127.0.0.1:1"}, 2, "must be BOT=URL"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			env := &environment{stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr, getenv: func(string) string { return "" }}
			code := run(t.Context(), env, append([]string{"bot", "serve", "--listen", "127.0.0.1:0", "--worker", "none", "--bot", orderFlowers}, test.args...))
			if code != test.code || !strings.Contains(stderr.String(), test.want) {
				t.Errorf("exit code %d, %q; want %d and %q", code, stderr.String(), test.code, test.want)
			}
		})
	}
}
