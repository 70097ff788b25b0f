package lex

import (
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// written answers with words only, as a bot does that is asked for text.
func written(p *place, w http.ResponseWriter, r *request) {
	r.hear(0)
	answerHead(w, heardIn(p, r))
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	io.WriteString(w, "Which flowers?")
}

// A carrier that speaks has the bot asked for words. They are there with the head of
// the answer, and the connection is used again.
func TestBotIsAskedForWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorldOf(t, Config{}, map[string]reply{east: written}, east)
		info := caller
		info.Words = true
		session := w.client.Session(info)
		for turn := range 3 {
			a := ask(t.Context(), session, spokenTurn(turn+1))
			if a.err != nil {
				t.Fatalf("turn %d: %v", turn+1, a.err)
			}
			voice, ended := a.answer.Speech.From(0)
			if diff := cmp.Diff([]string{"Which flowers?"}, a.answer.Messages); diff != "" || len(voice) != 0 || !ended {
				t.Errorf("turn %d: %d bytes of voice, ended %t, messages (-want +got):\n%s", turn+1, len(voice), ended, diff)
			}
		}
		for _, r := range w.at(east).seen() {
			if got := r.in.Header.Get("Response-Content-Type"); got != textType {
				t.Errorf("the bot was asked for %q; want %q", got, textType)
			}
		}
		if dials := w.at(east).dials; dials != 1 {
			t.Errorf("3 turns took %d connections; want 1", dials)
		}
	})
}

// A body of text that never ends holds nobody up: the words were in the head.
func TestWordsDoNotWaitForTheirBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorldOf(t, Config{}, map[string]reply{east: func(p *place, rw http.ResponseWriter, r *request) {
			written(p, rw, r)
			http.NewResponseController(rw).Flush()
			p.hang(r)
		}}, east)
		info := caller
		info.Words = true
		a := ask(t.Context(), w.client.Session(info), spokenTurn(1))
		if a.err != nil || a.answered != 0 || a.returned > 2*time.Second {
			t.Errorf("answered after %v, returned after %v, %v; want at once, and an end by the stall time", a.answered, a.returned, a.err)
		}
	})
}
