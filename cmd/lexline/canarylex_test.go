package main

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"lexline/internal/audio"
)

// talkativeLex stands in for Lex in the canary test: whatever it says has canaries in
// it, in all the places where an answer of Lex can have what is somebody's. Answers come
// in turn, for each session, each of them as often as it says; the last one for ever.
type talkativeLex struct {
	url     string
	answers []func(w http.ResponseWriter)
	each    int
	probe   func(w http.ResponseWriter, operation string)

	mu    sync.Mutex
	turns map[string]int // by session
}

func (l *talkativeLex) start(t *testing.T) *talkativeLex {
	t.Helper()
	l.turns = map[string]int{}
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	l.url = server.URL
	return l
}

func (l *talkativeLex) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // an utterance is over when it ends
	_, session, _ := strings.Cut(r.URL.Path, "/sessions/")
	session, operation, _ := strings.Cut(session, "/")
	if operation != "utterance" { // a probe
		l.probe(w, operation)
		return
	}
	l.mu.Lock()
	turn := l.turns[session]
	l.turns[session]++
	l.mu.Unlock()
	l.answers[min(turn/l.each, len(l.answers)-1)](w)
}

// wellProbed answers a probe as a bot that is well: of a text as JSON, else with headers.
func wellProbed(w http.ResponseWriter, operation string) {
	nothing := map[string]any{"dialogAction": map[string]any{"type": "ElicitIntent"}}
	if operation != "text" {
		lexAnswer{State: nothing}.write(w)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"sessionState": nothing, "messages": []any{lexMessage("PlainText", "Hello.")}})
}

// lexAnswer is an answer of RecognizeUtterance
// (https://docs.aws.amazon.com/lexv2/latest/APIReference/API_runtime_RecognizeUtterance.html).
type lexAnswer struct {
	Transcript      string
	State           map[string]any
	Messages        []map[string]any
	Interpretations []any
	Attributes      map[string]string // of the request
	Mode            string
}

// write packs the answer into headers, with a second and a half of sound behind them.
func (a lexAnswer) write(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "audio/pcm;rate=8000")
	h.Set("X-Amz-Lex-Input-Mode", a.Mode)
	h.Set("X-Amz-Lex-Session-State", packForLex(a.State))
	h.Set("X-Amz-Lex-Messages", packForLex(a.Messages))
	h.Set("X-Amz-Lex-Interpretations", packForLex(a.Interpretations))
	h.Set("X-Amz-Lex-Request-Attributes", packForLex(a.Attributes))
	h.Set("X-Amz-Lex-Input-Transcript", packForLex(a.Transcript))
	for _, sample := range audio.Tone(8000, 1500*time.Millisecond, 0.3, 300, 700) {
		_, _ = w.Write([]byte{byte(sample), byte(sample >> 8)}) // who does not read it has gone
	}
}

func packForLex(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // texts, and maps and lists of them, can always be written
	}
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	_, _ = zip.Write(text)
	_ = zip.Close()
	return base64.StdEncoding.EncodeToString(packed.Bytes())
}

// lexState is a session state with slots and whatever else has canaries in it.
func lexState(action, elicits, intent string, slots, attributes map[string]string, context string) map[string]any {
	filled := map[string]any{}
	for name, value := range slots {
		filled[name] = map[string]any{"shape": "Scalar", "value": map[string]any{
			"originalValue": "original " + value, "interpretedValue": value, "resolvedValues": []string{value, "resolved " + value},
		}}
	}
	return map[string]any{
		"dialogAction":      map[string]any{"type": action, "slotToElicit": elicits},
		"intent":            map[string]any{"name": intent, "state": "InProgress", "confirmationState": "None", "slots": filled},
		"sessionAttributes": attributes,
		"activeContexts": []any{map[string]any{
			"name": "order", "contextAttributes": map[string]string{"k": context}, "timeToLive": map[string]int{"timeToLiveInSeconds": 90, "turnsToLive": 5},
		}},
	}
}

// lexMessage is a message of a kind.
func lexMessage(kind, text string) map[string]any {
	if kind == "ImageResponseCard" {
		return map[string]any{"contentType": kind, "imageResponseCard": map[string]any{"title": text, "buttons": []any{map[string]string{"text": "b " + text, "value": "v " + text}}}}
	}
	return map[string]any{"contentType": kind, "content": text}
}

// lexRefusal is an error of Lex that quotes what it was sent.
func lexRefusal(status int, kind, message string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("X-Amzn-Errortype", kind)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"message":%q,"Message":%q}`, message, message)
	}
}

// garbage answers with what is no HTTP, by which an error may quote it.
func garbage(text string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(conn, text+"\r\n\r\n")
		_ = conn.Close()
	}
}

// brokenHead answers with headers that cannot be read.
func brokenHead(state, content string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", content)
		w.Header().Set("X-Amz-Lex-Session-State", state)
	}
}
