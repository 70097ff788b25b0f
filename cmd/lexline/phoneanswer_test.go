package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"lexline/internal/twiliosim"
)

// placeCall places a call at the REST API of a phone, as an application would.
func placeCall(t *testing.T, api string, form url.Values) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, api+"/2010-04-01/Accounts/AC1/Calls.json", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth("AC1", "12345")
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		text, _ := io.ReadAll(resp.Body)
		t.Errorf("the call is answered with %s %s", resp.Status, text)
	}
}

// TestPhoneAnswer has an application call two people: one answers, one is busy.
func TestPhoneAnswer(t *testing.T) {
	answer := newTestVoice(t, `<Play>tone.wav</Play>`)
	out, in := io.Pipe()
	var stderr strings.Builder
	env := &environment{stdin: strings.NewReader(""), stdout: in, stderr: &stderr, getenv: func(name string) string {
		return map[string]string{"TWILIO_AUTH_TOKEN": "12345", "TWILIO_ACCOUNT_SID": "AC1"}[name]
	}}
	code := make(chan int, 1)
	go func() {
		code <- run(t.Context(), env, []string{
			"phone", "answer", "--rest-listen", "127.0.0.1:0", "--json", "--out", "", "-n", "2",
			"--dial", "+15550100010=answers,ring=100ms", "--dial", "+15550100011=busy,ring=100ms",
		})
		_ = in.Close()
	}()
	statuses := map[string]string{}
	numbers := map[string]string{} // by CallSid
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var e twiliosim.Event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatalf("line %q: %v", lines.Text(), err)
		}
		switch e.Event {
		case "rest":
			for _, number := range []string{"+15550100010", "+15550100011"} {
				placeCall(t, e.URL, url.Values{"To": {number}, "From": {"+15550100002"}, "Url": {answer}})
			}
		case "call":
			numbers[e.Call] = e.To
		case "end":
			statuses[numbers[e.Call]] = e.Status
		}
	}
	if c := <-code; c != 0 || stderr.String() != "" {
		t.Errorf("exit code %d, standard error %q", c, &stderr)
	}
	if statuses["+15550100010"] != "completed" || statuses["+15550100011"] != "busy" {
		t.Errorf("the calls ended as %v", statuses)
	}
}

// TestPhoneHandsOver has an application pass a caller on.
func TestPhoneHandsOver(t *testing.T) {
	voice := newTestVoice(t, `<Dial>+15550100010</Dial><Pause length="60"/>`)
	code, stdout, stderr := runLine(t.Context(), "phone", "call", voice, "--out", "", "--dial", "+1 555 010 0010=answers,ring=200ms,talk=500ms,hangup=caller")
	if code != 0 || stderr != "" {
		t.Fatalf("exit code %d, standard error %q\n%s", code, stderr, stdout)
	}
	for _, want := range []string{
		"dial     +15550100010: ringing", "hears    ringing", "dial     +15550100010: answered", "talks    with +15550100010",
		"hears    the human", "talked   with +15550100010 for 0.5 s", "end      ok, talked",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("the output lacks %q:\n%s", want, stdout)
		}
	}
}
