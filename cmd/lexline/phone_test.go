package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lexline/internal/audio"
	"lexline/internal/twiliosim"
)

// newTestVoice serves a webhook that answers with the given verbs, and a
// recording of a second under /tone.wav. It returns the webhook's URL.
func newTestVoice(t *testing.T, verbs string) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /twiml", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		_, _ = io.WriteString(w, "<Response>"+verbs+"</Response>")
	})
	mux.HandleFunc("POST /locked", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "bad signature", http.StatusForbidden)
	})
	mux.HandleFunc("GET /tone.wav", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "audio/wav")
		_ = audio.WriteWAV(w, audio.SampleRate, audio.Tone(audio.SampleRate, time.Second, 0.5, 440))
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL + "/twiml"
}

// runLine runs one command line as main does.
func runLine(ctx context.Context, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	env := &environment{stdin: strings.NewReader(""), stdout: &out, stderr: &errs, getenv: func(name string) string {
		if name == "TWILIO_AUTH_TOKEN" {
			return "12345"
		}
		return ""
	}}
	code = run(ctx, env, args)
	return code, out.String(), errs.String()
}

func TestPhoneCall(t *testing.T) {
	dir := t.TempDir()
	script := filepath.Join(dir, "caller.script")
	if err := os.WriteFile(script, []byte("wait\npress 12#\nhangup\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	url := newTestVoice(t, `<Play>tone.wav</Play><Pause length="60"/>`)
	code, stdout, stderr := runLine(t.Context(), "phone", "call", url, "--script", script, "--seed", "5", "--out", dir)
	if code != 0 || stderr != "" {
		t.Fatalf("exit code %d, standard error %q", code, stderr)
	}
	for _, want := range []string{"calling +15550100002", "seed 5", "twiml    Play Pause", "hears    a recording", "caller   presses #", "end      ok, script", "saved "} {
		if !strings.Contains(stdout, want) {
			t.Errorf("the output lacks %q:\n%s", want, stdout)
		}
	}
	records, err := filepath.Glob(filepath.Join(dir, "CA*.json"))
	if err != nil || len(records) != 1 {
		t.Fatalf("records: %v, %v", records, err)
	}
	clip, err := audio.ReadWAVFile(strings.TrimSuffix(records[0], "json") + "wav")
	if err != nil {
		t.Fatal(err)
	}
	if clip.Duration() < 2*time.Second || clip.Duration() > 10*time.Second {
		t.Errorf("the recording lasts %v", clip.Duration())
	}
}

func TestPhoneCallJSON(t *testing.T) {
	url := newTestVoice(t, `<Play>tone.wav</Play>`)
	code, stdout, stderr := runLine(t.Context(), "phone", "call", "--json", "--out", "", url)
	if code != 0 || stderr != "" {
		t.Fatalf("exit code %d, standard error %q", code, stderr)
	}
	var names []string
	for line := range strings.Lines(stdout) {
		var e twiliosim.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil || e.Call == "" || e.Time.IsZero() {
			t.Errorf("line %q: %v", line, err)
		}
		names = append(names, e.Event)
	}
	if got, want := strings.Join(names, " "), "call twiml verb heard_start heard_end end"; got != want {
		t.Errorf("events are %q, want %q", got, want)
	}
}

func TestPhoneSeveralCalls(t *testing.T) {
	dir := t.TempDir()
	url := newTestVoice(t, `<Play>tone.wav</Play>`)
	code, stdout, stderr := runLine(t.Context(), "phone", "call", "-n", "3", "--out", dir, url)
	if code != 0 || !strings.Contains(stdout, "3 calls, 3 ok") {
		t.Errorf("exit code %d:\n%s%s", code, stdout, stderr)
	}
	if files, err := filepath.Glob(filepath.Join(dir, "CA*.*")); err != nil || len(files) != 6 {
		t.Errorf("saved %v, %v; want three recordings and three records", files, err)
	}
	code, stdout, stderr = runLine(t.Context(), "phone", "call", "-n", "2", "--out", "", strings.Replace(url, "twiml", "locked", 1))
	if code != 1 || !strings.Contains(stdout, "2 calls, 0 ok") || !strings.Contains(stderr, "2 of 2 calls failed; the first: 11200") || !strings.Contains(stderr, "hint: is the auth token") {
		t.Errorf("exit code %d:\n%s%s", code, stdout, stderr)
	}
}

func TestPhoneInterrupted(t *testing.T) {
	dir := t.TempDir()
	url := newTestVoice(t, `<Pause length="60"/>`)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	code, _, stderr := runLine(ctx, "phone", "call", "--out", dir, url)
	if code != 1 || !strings.Contains(stderr, "the call was interrupted") {
		t.Errorf("exit code %d, standard error %q", code, stderr)
	}
	records, err := filepath.Glob(filepath.Join(dir, "CA*.json"))
	if err != nil || len(records) != 1 {
		t.Fatalf("records: %v, %v", records, err)
	}
	text, err := os.ReadFile(records[0])
	if err != nil || !strings.Contains(string(text), `"reason": "interrupted"`) {
		t.Errorf("the record says %s, %v", text, err)
	}
}
