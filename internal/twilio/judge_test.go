package twilio

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

type (
	questions struct {
		Signatures []signatureQuestion `json:"signatures"`
		Documents  []documentQuestion  `json:"documents"`
		Requests   []requestQuestion   `json:"requests"`
	}
	signatureQuestion struct {
		Token     string         `json:"token"`
		URL       string         `json:"url"`
		Params    map[string]any `json:"params,omitempty"` // a string, or an array of strings
		Signature string         `json:"signature"`        // ours
	}
	documentQuestion struct {
		Say, Voice, Language string
		Hangup               bool
		Resume, Stream, Line string
	}
	// requestQuestion is a request that Twilio's library makes to the API at Server.
	requestQuestion struct {
		Server   string         `json:"server"`
		Account  string         `json:"account"`
		User     string         `json:"user"`
		Password string         `json:"password"`
		Region   string         `json:"region"`
		Edge     string         `json:"edge"`
		SID      string         `json:"sid"`
		Create   map[string]any `json:"create,omitempty"`
		Update   map[string]any `json:"update,omitempty"`
	}
	judgement struct {
		Signatures []struct {
			Signature string `json:"signature"`
			Accepted  bool   `json:"accepted"`
		} `json:"signatures"`
		Documents []string `json:"documents"`
	}
)

func (q documentQuestion) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]any{
		"say": q.Say, "voice": q.Voice, "language": q.Language, "hangup": q.Hangup,
		"resume": q.Resume, "stream": q.Stream, "line": q.Line,
	})
}

// judge asks Twilio's library for Node. Where that is missing the test is
// skipped, except in CI.
func judge(t *testing.T, q questions) judgement {
	t.Helper()
	missing := t.Skipf
	if os.Getenv("CI") != "" {
		missing = t.Fatalf
	}
	node, err := exec.LookPath("node")
	if err != nil {
		missing("no node to run Twilio's library with: %v", err)
	}
	if _, err := os.Stat(filepath.Join("testdata", "node_modules", "twilio", "package.json")); err != nil {
		missing("Twilio's library is not installed; run npm install in internal/twilio/testdata: %v", err)
	}
	input, err := json.Marshal(q)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, node, "judge.js")
	command.Dir = "testdata"
	command.Stdin = bytes.NewReader(input)
	var complaints bytes.Buffer
	command.Stderr = &complaints
	output, err := command.Output()
	if err != nil {
		t.Fatalf("run judge.js: %v\n%s", err, complaints.Bytes())
	}
	var j judgement
	if err := json.Unmarshal(output, &j); err != nil {
		t.Fatalf("read the answer of judge.js: %v", err)
	}
	if len(j.Signatures) != len(q.Signatures) || len(j.Documents) != len(q.Documents) {
		t.Fatalf("judge.js answered %d and %d questions of %d and %d",
			len(j.Signatures), len(j.Documents), len(q.Signatures), len(q.Documents))
	}
	return j
}

// someText makes texts that exercise sorting and encoding.
func someText(r *rand.Rand, longest int) string {
	alphabet := []rune("abcXYZ019+-_.~ &=%?#/\\'\"<>;:,!\n\tÄßéñ‹›漢字\uE000\uFB00\uFFFD😀🌷𝒳")
	text := make([]rune, r.IntN(longest+1))
	for i := range text {
		text[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(text)
}

// someForm makes a webhook's form: Twilio's usual parameters and odd ones, some
// of them several times.
func someForm(r *rand.Rand) url.Values {
	form := url.Values{
		"CallSid": {fmt.Sprintf("CA%032x", r.Uint64())}, "AccountSid": {"AC0123456789abcdef"},
		"From": {fmt.Sprintf("+1415555%04d", r.IntN(10000))}, "To": {"+14155550100"}, "Direction": {"inbound"},
	}
	for range r.IntN(12) {
		name := "x" + someText(r, 8)
		for range 1 + r.IntN(4)/2 {
			form.Add(name, someText(r, 20))
		}
	}
	return form
}

func params(form url.Values) map[string]any {
	m := map[string]any{}
	for name, values := range form {
		m[name] = values
		if len(values) == 1 {
			m[name] = values[0]
		}
	}
	return m
}

// TestSignaturesEqualTwilios compares 1,000 random requests, webhooks and
// websocket handshakes, with Twilio's library: the door must accept its
// signature, and it must accept ours.
func TestSignaturesEqualTwilios(t *testing.T) {
	const n = 1000
	r := rand.New(rand.NewPCG(1, 2))
	publics := []string{"https://voice.example.com", "https://voice.example.com:8443/phone", "https://[2001:db8::5]"}
	type request struct {
		door      *Door
		path      string
		form      url.Values
		websocket bool
	}
	var requests []request
	var q questions
	var doors []*Door
	for _, public := range publics {
		config := validConfig()
		config.PublicURL = public
		config.AuthTokens = []string{fmt.Sprintf("%032x", r.Uint64()), fmt.Sprintf("%032x", r.Uint64())}
		door, err := New(config)
		if err != nil {
			t.Fatal(err)
		}
		defer door.Close()
		doors = append(doors, door)
	}
	for i := range n {
		req := request{door: doors[i%len(doors)], websocket: i%4 == 3}
		door, config := req.door, req.door.config
		token := config.AuthTokens[r.IntN(2)]
		scheme := "https"
		if req.websocket {
			scheme = "wss"
			facts := someClaims()
			facts.expires = time.Unix(1, 0)
			req.path = "/stream/" + door.sealer.seal(facts) + []string{"", "/"}[r.IntN(2)]
		} else {
			req.path = []string{"/twiml", "/resume", "/twiml/", "/twiml?tag=" + url.QueryEscape(someText(r, 12)) + "&b"}[r.IntN(4)]
			req.form = someForm(r)
		}
		address := scheme + strings.TrimPrefix(strings.TrimRight(config.PublicURL, "/"), "https") + req.path
		q.Signatures = append(q.Signatures, signatureQuestion{
			Token: token, URL: address, Params: params(req.form), Signature: sign(token, address, req.form),
		})
		requests = append(requests, req)
	}
	answers := judge(t, q).Signatures
	for i, req := range requests {
		asked, theirs := q.Signatures[i], answers[i]
		if asked.Signature != theirs.Signature || !theirs.Accepted {
			t.Fatalf("request %d: %s with %q: we sign %s, Twilio's library %s and accepts ours: %v",
				i, asked.URL, req.form, asked.Signature, theirs.Signature, theirs.Accepted)
		}
		var httpRequest *http.Request
		if req.websocket {
			httpRequest = httptest.NewRequest(http.MethodGet, req.path, nil)
		} else {
			httpRequest = httptest.NewRequest(http.MethodPost, req.path, strings.NewReader(req.form.Encode()))
			httpRequest.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		httpRequest.Header.Set(signatureHeader, theirs.Signature)
		recorder := httptest.NewRecorder()
		req.door.ServeHTTP(recorder, httpRequest)
		// A handshake's token has expired long ago, which is found out only after its
		// signature was accepted.
		status := http.StatusOK
		if req.websocket {
			status = http.StatusForbidden
		}
		if recorder.Code != status || req.door.Counters().RejectedSignatures != 0 {
			t.Fatalf("request %d: %s with Twilio's signature: status %d, want %d and no rejected signature", i, asked.URL, recorder.Code, status)
		}
	}
	rejected := int64(0)
	for _, door := range doors {
		rejected += door.Counters().RejectedTokens
	}
	if rejected != n/4 {
		t.Errorf("%d handshakes came as far as their token, want %d", rejected, n/4)
	}
}

// TestTwiMLEqualsTwilios compares our documents, as XML, with those of Twilio's
// builder.
func TestTwiMLEqualsTwilios(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var q questions
	var ours [][]byte
	for i := range 200 {
		line := &preparedLine{Line: Line{Name: someText(r, 10) + "x", Greeting: someText(r, 60), Resuming: someText(r, 20)}}
		if i%3 == 0 {
			line.Voice, line.Language = "Polly.Joanna", "en-US"
		}
		document := documentQuestion{Voice: line.Voice, Language: line.Language, Line: line.Name, Resume: testLinks.resume, Stream: testLinks.stream + "TOKEN"}
		switch i % 4 {
		case 0:
			document.Say, document.Hangup = line.Greeting, true
			ours = append(ours, hangUp(line, line.Greeting))
		case 1:
			document.Say = line.Resuming
			ours = append(ours, testLinks.reconnect(line, "TOKEN"))
		default:
			document.Say = line.Greeting
			ours = append(ours, testLinks.greet(line, "TOKEN"))
		}
		q.Documents = append(q.Documents, document)
	}
	sorted := cmpopts.SortSlices(func(a, b xml.Attr) bool { return a.Name.Local < b.Name.Local })
	for i, document := range judge(t, q).Documents {
		if diff := cmp.Diff(parseXML(t, []byte(document)), parseXML(t, ours[i]), sorted, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("document %d for %+v (-Twilio +ours):\n%s", i, q.Documents[i], diff)
		}
	}
	if !slices.ContainsFunc(ours, func(b []byte) bool { return bytes.Contains(b, []byte("&amp;")) }) {
		t.Error("no document had anything to escape: this test proves little")
	}
}
