package lex

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/region"
)

// voiced answers utterances, and has their voice spoken by speak.
func voiced(speak func(p *place, w http.ResponseWriter, r *request)) reply {
	return onUtterance(func(p *place, w http.ResponseWriter, r *request) {
		r.hear(0)
		speakHead(w, heardIn(p, r))
		http.NewResponseController(w).Flush()
		speak(p, w, r)
	})
}

// cutAfter says so many bytes and breaks off.
func cutAfter(n int) func(p *place, w http.ResponseWriter, r *request) {
	return func(_ *place, w http.ResponseWriter, _ *request) {
		w.Write(sweep[:n])
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// stallAfter says so many bytes and falls silent.
func stallAfter(n int) func(p *place, w http.ResponseWriter, r *request) {
	return func(p *place, w http.ResponseWriter, r *request) {
		w.Write(sweep[:n])
		http.NewResponseController(w).Flush()
		p.hang(r)
	}
}

// drip says a little every 100 ms: a tenth of what is needed.
func drip(_ *place, w http.ResponseWriter, r *request) {
	for part := range 100 {
		w.Write(sweep[320*part : 320*part+320])
		http.NewResponseController(w).Flush()
		select {
		case <-time.After(100 * time.Millisecond):
		case <-r.in.Context().Done():
			return
		}
	}
}

// A voice that breaks off is finished by another region. Not a sample is lost or
// said twice, nothing is executed again, and the call is there from then on.
func TestVoiceIsFinishedElsewhere(t *testing.T) {
	type test struct {
		name     string
		east     reply
		returned time.Duration // from the end of the utterance
	}
	tests := []test{
		{"falls silent", voiced(stallAfter(4000)), time.Second},
		{"never begins", voiced(stallAfter(0)), time.Second},
		{"drips", voiced(drip), 1120 * time.Millisecond},
		{"is empty", voiced(func(*place, http.ResponseWriter, *request) {}), 0},
		{"is no voice", onUtterance(func(p *place, w http.ResponseWriter, r *request) {
			r.hear(0)
			answerHead(w, heardIn(p, r))
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, "<p>")
		}), 0},
	}
	for _, n := range []int{0, 1, 2, 639, 640, 4095, 4097, 8191, len(sweep) - 1} {
		tests = append(tests, test{fmt.Sprintf("breaks off after %d bytes", n), voiced(cutAfter(n)), 0})
	}
	for _, tt := range tests {
		bubble(t, tt.name, func(t *testing.T) {
			w := newWorld(t, Config{Once: true}, east, west)
			session := w.client.Session(caller)
			w.first(t, session)
			w.at(east).tell(tt.east)
			a := w.say(t.Context(), session, 2)
			if a.err != nil || a.answered != 0 || a.returned != tt.returned {
				t.Errorf("answered after %v, spoken after %v, %v; want 0, %v", a.answered, a.returned, a.err, tt.returned)
			}
			wholeVoice(t, a)
			if diff := cmp.Diff([]string{"put"}, w.at(west).asked()); diff != "" {
				t.Fatalf("%s was asked (-want +got):\n%s", west, diff)
			}
			var put struct {
				SessionState struct {
					DialogAction struct{ Type, SlotToElicit string }
					Attributes   map[string]string `json:"sessionAttributes"`
				}
				Messages []struct{ Content string }
			}
			if err := json.Unmarshal(w.at(west).seen()[0].body, &put); err != nil {
				t.Fatal(err)
			}
			if s := put.SessionState; s.DialogAction.SlotToElicit != "FlowerType" || s.Attributes["turn"] != caller.ID+"/2" ||
				len(put.Messages) != 1 || put.Messages[0].Content != "Which flowers?" {
				t.Errorf("%s was told %+v; want the state after turn 2 and its words", west, put)
			}
			n := w.client.Counters()
			if n.Respoken != 1 || n.Moved != 1 || n.Replays != 0 || n.Answers != 2 || n.Attempts[region.Soft] != 1 {
				t.Errorf("counters %+v; want 1 respoken, 1 moved, no replay, 2 answers, 1 soft failure", n)
			}
			w.mark()
			w.at(east).tell(nil)
			if a := w.say(t.Context(), session, 3); a.err != nil || session.Region() != west {
				t.Errorf("turn 3 answered in %s, %v; want %s", session.Region(), a.err, west)
			}
			if got := w.at(west).seen(); len(got) != 1 || got[0].State != "" || len(w.at(east).seen()) != 0 {
				t.Errorf("turn 3: %d requests in %s, state %q; want 1 without a state, as it holds the session", len(got), west, got[0].State)
			}
		})
	}
}

// Each region that can goes on where the one before it broke off.
func TestVoiceIsFinishedByTheThirdRegion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Config{Once: true}, east, west, europe)
		session := w.client.Session(caller)
		w.first(t, session)
		w.at(east).tell(voiced(cutAfter(2000)))
		w.at(west).tell(func(p *place, hw http.ResponseWriter, r *request) {
			r.hear(0)
			speakHead(hw, heardIn(p, r))
			cutAfter(6001)(p, hw, r)
		})
		a := w.say(t.Context(), session, 2)
		if a.err != nil || session.Region() != europe {
			t.Errorf("spoken in %s, %v; want %s", session.Region(), a.err, europe)
		}
		wholeVoice(t, a)
	})
}

// When nobody can finish the voice it ends with an error, in bounded time, and
// what was heard of it stays.
func TestVoiceCannotBeFinished(t *testing.T) {
	tests := []struct {
		name     string
		west     reply
		returned time.Duration
	}{
		{"the other region fails", func(_ *place, w http.ResponseWriter, r *request) { fail(w, 500, "x") }, time.Second},
		{"the other region hangs", dead, 2500 * time.Millisecond},
		{"the other region is silent", func(p *place, w http.ResponseWriter, r *request) {
			r.hear(0)
			speakHead(w, heardIn(p, r))
		}, time.Second},
		{"the other region says nonsense", func(_ *place, w http.ResponseWriter, r *request) {
			r.hear(0)
			io.WriteString(w, "It works!")
		}, time.Second},
	}
	for _, tt := range tests {
		bubble(t, tt.name, func(t *testing.T) {
			w := newWorld(t, Config{Once: true}, east, west)
			session := w.client.Session(caller)
			w.first(t, session)
			w.at(east).tell(voiced(stallAfter(4000)))
			w.at(west).tell(tt.west)
			a := w.say(t.Context(), session, 2)
			if a.answer == nil || Class(a.err) != region.Soft || a.returned != tt.returned {
				t.Fatalf("answer %v, Ask = %v after %v; want an answer, then an error of class soft after %v", a.answer, a.err, a.returned, tt.returned)
			}
			heard, ended := a.answer.Speech.From(0)
			_, err := io.Copy(io.Discard, a.answer.Speech.Reader(t.Context()))
			if !ended || err == nil || len(heard) < 900 || !bytes.HasPrefix(sweepHeard, heard) {
				t.Errorf("voice of %d bytes, ended %v with %v; want the begin of the answer's, and an error", len(heard), ended, err)
			}
			if session.Region() != east {
				t.Errorf("the call is in %s, want %s", session.Region(), east)
			}
		})
	}
}

// A caller who interrupts ends the search for somebody to finish the voice.
func TestInterruptedWhileTheVoiceIsFinished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Config{Once: true}, east, west)
		session := w.client.Session(caller)
		w.first(t, session)
		w.at(east).tell(voiced(cutAfter(4000)))
		w.at(west).tell(dead)
		ctx, stop := context.WithTimeout(t.Context(), 1300*time.Millisecond)
		defer stop()
		if a := w.say(ctx, session, 2); a.err == nil || a.returned != 300*time.Millisecond {
			t.Errorf("Ask = %v after %v, want an error at once, after 300ms", a.err, a.returned)
		}
		if got := w.at(west).seen(); len(got) != 1 || got[0].Gone != 1300*time.Millisecond {
			t.Errorf("%s was asked %d times, cancelled at %v; want once, 1.3s", west, len(got), got[0].Gone)
		}
	})
}

// A session that a cancelled attempt still holds is free a little later: the rest
// of the voice is waited for.
func TestVoiceIsFinishedBehindAConflict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Config{Once: true}, east, west)
		session := w.client.Session(caller)
		w.first(t, session)
		w.at(east).tell(voiced(cutAfter(3200)))
		refusals := 3
		w.at(west).tell(func(p *place, hw http.ResponseWriter, r *request) {
			if r.hear(0); r.Op == "put" && refusals > 0 {
				refusals--
				fail(hw, 409, "ConflictException")
				return
			}
			answerWell(p, hw, r, heardIn(p, r))
		})
		a := w.say(t.Context(), session, 2)
		if a.err != nil || a.returned != 300*time.Millisecond {
			t.Errorf("spoken after %v, %v; want after 300ms", a.returned, a.err)
		}
		wholeVoice(t, a)
	})
}
