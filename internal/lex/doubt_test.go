package lex

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"lexline/internal/call"
)

// lastKey returns the key of the latest utterance that a region was sent, without
// the call's id.
func (p *place) lastKey() string {
	key := ""
	for _, r := range p.seen() {
		if r.Op == "utterance" {
			key = strings.TrimPrefix(r.Key, caller.ID)
		}
	}
	return key
}

// A turn in doubt leaves its key to the caller's next answer to the same question,
// however often that is asked: the work behind it is done once.
func TestKeyOutlivesAQuestionAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Config{Once: true}, east, west)
		session := w.client.Session(caller)
		w.confirmed(t, session)
		w.at(east).tell(failing(500, "x"))
		w.at(west).tell(failing(500, "x"))
		if a := w.say(t.Context(), session, 2); a.err == nil {
			t.Fatal("turn 2 was answered; want it given up")
		}
		steps := []struct {
			reply reply
			key   string
		}{
			{answering(confirming), "/2"}, // "what?"
			{answering(ordered), "/2"},    // "yes"
			{nil, "/5"},
		}
		for n, step := range steps {
			w.at(east).tell(step.reply)
			w.at(west).tell(step.reply)
			w.mark()
			if a := w.say(t.Context(), session, 3+n); a.err != nil {
				t.Fatalf("turn %d: %v", 3+n, a.err)
			}
			if got := w.at(session.Region()).lastKey(); got != step.key {
				t.Errorf("turn %d was sent under the key %s, want %s", 3+n, got, step.key)
			}
		}
	})
}

// A session that is not where ours is may be past it or behind it. It is adopted
// only if it bears the mark of the turn in doubt.
func TestInquiryAdoptsNoOldSession(t *testing.T) {
	for _, executed := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, Config{}, east, west)
			session := w.client.Session(caller)
			w.confirmed(t, session)
			w.at(east).tell(failing(429, "ThrottlingException"))
			there := func(p *place, r *request) object {
				state := heardIn(p, r) // of a turn that was asked there long ago
				if executed {
					state = ordered(p, r)
					state["sessionAttributes"] = object{markName: caller.ID + "/2"}
				}
				return state
			}
			w.at(west).tell(knowing(there, func(_ *place, rw http.ResponseWriter, r *request) {
				r.hear(0)
				reset(rw)
			}))
			a := w.say(t.Context(), session, 2)
			if a.err != nil {
				t.Fatalf("turn 2: %v", a.err)
			}
			want, key := "InProgress", "/2"
			if executed {
				want, key = "Fulfilled", "/3"
			}
			if a.answer.State != want || a.answer.Closed != executed || a.answer.Elicits != "" {
				t.Errorf("executed %v: the answer is %+v; want state %s of the confirmation", executed, a.answer, want)
			}
			w.at(east).tell(nil)
			w.at(west).tell(nil)
			w.mark()
			w.say(t.Context(), session, 3)
			if got := w.at(session.Region()).lastKey(); got != key {
				t.Errorf("executed %v: the next turn was sent under the key %s, want %s", executed, got, key)
			}
		})
	}
}

// What one region's bot refused says nothing of another region's.
func TestThinnedStateStaysInItsRegion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Config{Once: true}, east, west)
		session := w.client.Session(caller)
		w.first(t, session)
		failed := false
		w.at(east).tell(onUtterance(func(p *place, rw http.ResponseWriter, r *request) {
			r.hear(0)
			if !failed {
				failed = true
				fail(rw, 500, "x")
				return
			}
			answerWell(p, rw, r, heardIn(p, r))
		}))
		w.at(west).tell(onUtterance(func(_ *place, rw http.ResponseWriter, r *request) {
			r.hear(0)
			if strings.Contains(r.State, "OrderFlowers") {
				fail(rw, 400, "ValidationException")
				return
			}
			fail(rw, 429, "ThrottlingException")
		}))
		if a := w.say(t.Context(), session, 2); a.err != nil || session.Region() != east {
			t.Fatalf("turn 2: %v in %s; want an answer in %s", a.err, session.Region(), east)
		}
		seen := w.at(east).seen()
		if last := seen[len(seen)-1]; !strings.Contains(last.State, "OrderFlowers") {
			t.Errorf("%s was sent the state %s; want the whole one", east, last.State)
		}
	})
}

// A question that the caller never heard is not what they answer next.
func TestAnswerThatNobodyHeardIsTakenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Config{}, east)
		session := w.client.Session(caller)
		w.first(t, session)
		w.at(east).tell(onUtterance(func(p *place, rw http.ResponseWriter, r *request) {
			r.hear(0)
			speakHead(rw, confirming(p, r))
			http.NewResponseController(rw).Flush()
			p.hang(r)
		}))
		if a := w.say(t.Context(), session, 2); a.err == nil || a.answer == nil {
			t.Fatalf("turn 2: answer %v, error %v; want an answer that lost its voice", a.answer, a.err)
		}
		w.at(east).tell(nil)
		w.mark()
		if a := ask(t.Context(), session, call.Turn{Number: 3, Text: "1"}); a.err != nil {
			t.Fatalf("turn 3: %v", a.err)
		}
		sent := w.at(east).seen()[0]
		if !strings.Contains(sent.State, `"slotToElicit":"FlowerType"`) || !strings.HasSuffix(sent.Key, "/2") {
			t.Errorf("turn 3 was sent with the state %s under the key %s; want the question for FlowerType, and the key of turn 2", sent.State, sent.Key)
		}
	})
}
