package lex

import (
	"encoding/json"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/region"
)

const goneOn = `{"dialogAction":{"type":"Close"},"intent":{"name":"OrderFlowers","state":"Fulfilled"}}`

// ordered is the state of a bot that has done what was confirmed.
func ordered(*place, *request) object {
	return object{"dialogAction": object{"type": "Close"}, "intent": object{"name": "OrderFlowers", "state": "Fulfilled"}}
}

// knowing fails utterances in the way of f and says that its session is in the given state.
func knowing(state func(*place, *request) object, f reply) reply {
	return func(p *place, w http.ResponseWriter, r *request) {
		if r.Op == "utterance" {
			f(p, w, r)
			return
		}
		r.hear(0)
		answerWell(p, w, r, state(p, r))
	}
}

// confirmed has a call asked for a confirmation in its region, and begins to measure.
func (w *world) confirmed(t *testing.T, s *Session) {
	t.Helper()
	w.at(east).tell(answering(confirming))
	w.first(t, s)
	w.at(east).tell(nil)
}

// What may commit something is not hedged. Where all is done exactly once it is
// sent elsewhere after 1.5 s, and under the same key.
func TestCommittingTurnIsNotHedged(t *testing.T) {
	slots := func(filled ...string) func(*place, *request) object {
		return func(p *place, r *request) object {
			state := heardIn(p, r)
			values := object{"FlowerType": nil, "PickupDate": nil, "Note": object{"values": []object{}}}
			delete(values, "Note")
			for _, name := range filled {
				values[name] = object{"value": object{"interpretedValue": "x"}}
			}
			state["intent"] = object{"name": "OrderFlowers", "state": "InProgress", "slots": values}
			return state
		}
	}
	tests := []struct {
		name  string
		cfg   Config
		state func(*place, *request) object
		at    time.Duration // of the second attempt, from the end of the utterance
		hedge bool
	}{
		{"a value among others", Config{Once: true}, heardIn, 900 * time.Millisecond, true},
		{"a value among others, never to hedge", Config{Once: true, NeverHedge: true}, heardIn, 1500 * time.Millisecond, false},
		{"a confirmation", Config{Once: true}, confirming, 1500 * time.Millisecond, false},
		{"the last value", Config{Once: true}, slots("PickupDate"), 1500 * time.Millisecond, false},
		{"the asked value has one already", Config{Once: true}, slots("PickupDate", "FlowerType"), 1500 * time.Millisecond, false},
		{"another value is missing", Config{Once: true}, slots("FlowerType"), 900 * time.Millisecond, true},
	}
	for _, tt := range tests {
		bubble(t, tt.name, func(t *testing.T) {
			w := newWorld(t, tt.cfg, east, west)
			session := w.client.Session(caller)
			w.at(east).tell(answering(tt.state))
			w.first(t, session)
			w.at(east).tell(hanging())
			a := w.say(t.Context(), session, 2)
			if a.err != nil || a.answered != tt.at {
				t.Errorf("answered after %v, %v; want %v", a.answered, a.err, tt.at)
			}
			if got := w.at(west).seen(); len(got) != 1 || got[0].Key != caller.ID+"/2" || w.at(east).seen()[0].Key != got[0].Key {
				t.Errorf("the other region got %d requests; want one under the key of the first", len(got))
			}
			if n := w.client.Counters(); (n.Hedges > 0) != tt.hedge || n.Inquiries != 0 {
				t.Errorf("%d hedges, %d inquiries; want hedged %v, none", n.Hedges, n.Inquiries, tt.hedge)
			}
		})
	}
}

// The last value of an intent commits nothing where a confirmation follows and
// all is done exactly once.
func TestLastValueBeforeAConfirmationMayBeHedged(t *testing.T) {
	for _, once := range []bool{true, false} {
		bubble(t, map[bool]string{true: "once", false: "not once"}[once], func(t *testing.T) {
			w := newWorld(t, Config{Once: once}, east, west)
			last := answering(func(p *place, r *request) object {
				state := heardIn(p, r)
				state["intent"] = object{"name": "OrderFlowers", "state": "InProgress", "slots": object{"FlowerType": nil}}
				return state
			})
			w.confirmed(t, w.client.Session(caller)) // so the intent is known to ask
			session := w.client.Session(caller)
			w.at(east).tell(last)
			w.first(t, session)
			w.at(east).tell(hanging())
			w.say(t.Context(), session, 2)
			if n := w.client.Counters(); (n.Hedges == 1) != once {
				t.Errorf("%d hedges with once %v", n.Hedges, once)
			}
		})
	}
}

// Of a committing turn without an answer it is found out whether it was executed.
func TestOutcomeIsUnknown(t *testing.T) {
	const ms = time.Millisecond
	nothing := func(p *place, w http.ResponseWriter, r *request) { dead(p, w, r) }
	tests := []struct {
		name       string
		east, west reply
		answered   time.Duration
		err        bool
		region     string
		intent     string   // in force after the turn
		eastOps    []string // after the first turn
		westOps    []string
		spokenFrom string // state that was put before it was spoken
		nextKey    string
	}{
		{
			"it was executed", knowing(ordered, hanging()), nil, 3000 * ms, false, east, "Fulfilled",
			[]string{"utterance", "get", "put"},
			nil, goneOn, "/3",
		},
		{
			"it was executed, and then an error", knowing(ordered, failing(500, "x")), nil, 0, false, east, "Fulfilled",
			[]string{"utterance", "get", "put"},
			nil, goneOn, "/3",
		},
		{
			"it was executed, and the region cannot speak", knowing(ordered, func(p *place, w http.ResponseWriter, r *request) {
				r.hear(0)
				fail(w, 500, "x")
			}), nil, 0, false, east, "Fulfilled",
			[]string{"utterance", "get", "put"},
			nil, goneOn, "/3",
		},
		{
			"it was not executed", knowing(confirming, hanging()), nil, 3000 * ms, false, east, "InProgress",
			[]string{"utterance", "get", "put"},
			nil, "", "/2",
		},
		{
			"nobody knows", dead, nil, 4500 * ms, false, west, "InProgress",
			[]string{"utterance", "get"},
			[]string{"put"},
			"", "/2",
		},
		{
			"the session is not there", func(p *place, w http.ResponseWriter, r *request) {
				r.hear(0)
				fail(w, map[string]int{"utterance": 500, "get": 404, "put": 500}[r.Op], "ResourceNotFoundException")
			}, nil, 0, false, west, "InProgress",
			[]string{"utterance", "get"},
			[]string{"put"},
			"", "/2",
		},
		{
			"nobody at all", nothing, nothing, 6000 * ms, true, east, "", []string{"utterance", "get"}, []string{"put"}, "", "/2",
		},
	}
	for _, tt := range tests {
		bubble(t, tt.name, func(t *testing.T) {
			w := newWorld(t, Config{}, east, west)
			session := w.client.Session(caller)
			w.confirmed(t, session)
			w.at(east).tell(tt.east)
			w.at(west).tell(tt.west)
			a := w.say(t.Context(), session, 2)
			if (a.err != nil) != tt.err || a.returned != tt.answered || session.Region() != tt.region {
				t.Errorf("Ask = %v after %v in %s; want an error %v, after %v in %s", a.err, a.returned, session.Region(), tt.err, tt.answered, tt.region)
			}
			if a.err == nil {
				wholeVoice(t, a)
				if a.answer.State != tt.intent {
					t.Errorf("intent is %s, want %s", a.answer.State, tt.intent)
				}
			}
			eastOps := w.at(east).asked()
			if tt.err { // the last region is asked, or is not any more, at the very moment at which the turn's time is up
				eastOps = eastOps[:len(tt.eastOps)]
			}
			if diff := cmp.Diff(tt.eastOps, eastOps); diff != "" {
				t.Errorf("%s was asked (-want +got):\n%s", east, diff)
			}
			if diff := cmp.Diff(tt.westOps, w.at(west).asked()); diff != "" {
				t.Errorf("%s was asked (-want +got):\n%s", west, diff)
			}
			w.checkPut(t, tt.spokenFrom)
			if n := w.client.Counters(); n.Inquiries != 1 || n.Replays != 0 {
				t.Errorf("%d inquiries, %d replays; want 1, 0", n.Inquiries, n.Replays)
			}
			w.mark()
			w.at(east).tell(nil)
			w.at(west).tell(nil)
			for n, want := range []string{tt.nextKey, "/4"} {
				if a := w.say(t.Context(), session, 3+n); a.err != nil {
					t.Fatalf("turn %d: %v", 3+n, a.err)
				}
				if got := w.at(session.Region()).seen(); got[len(got)-1].Key != caller.ID+want {
					t.Errorf("turn %d has the key %s, want %s", 3+n, got[len(got)-1].Key, caller.ID+want)
				}
			}
		})
	}
}

// checkPut fails unless what was put is the given state, or for none that of the
// question for a confirmation, and says something.
func (w *world) checkPut(t *testing.T, want string) {
	t.Helper()
	for _, p := range w.places {
		for _, r := range p.seen() {
			if r.Op != "put" {
				continue
			}
			var in struct {
				SessionState struct {
					DialogAction object `json:"dialogAction"`
					Intent       struct {
						Name  string `json:"name"`
						State string `json:"state"`
					} `json:"intent"`
				} `json:"sessionState"`
				Messages []object `json:"messages"`
			}
			if err := json.Unmarshal(r.body, &in); err != nil {
				t.Fatal(err)
			}
			got, _ := json.Marshal(object{"dialogAction": in.SessionState.DialogAction, "intent": in.SessionState.Intent})
			if want == "" {
				want = `{"dialogAction":{"type":"ConfirmIntent"},"intent":{"name":"OrderFlowers","state":"InProgress"}}`
			}
			if string(got) != want || len(in.Messages) != 1 || in.Messages[0]["content"] != "Which flowers?" {
				t.Errorf("%s was told %s and to say %v; want %s and the bot's words", p.name, got, in.Messages, want)
			}
		}
	}
}

// A committing turn that surely did nothing is sent again at once.
func TestSurelyNotExecuted(t *testing.T) {
	tests := []struct {
		name  string
		east  reply
		reach bool
	}{
		{"throttled", failing(429, "ThrottlingException"), false},
		{"alias gone", failing(404, "ResourceNotFoundException"), false},
		{"no access", failing(403, "AccessDeniedException"), false},
		{"dial refused", nil, true},
		{"broke off while the caller talked", resetAfter(half), false},
		{"failed while the caller talked", errorAfter(half, 500, "x"), false},
	}
	for _, tt := range tests {
		bubble(t, tt.name, func(t *testing.T) {
			w := newWorld(t, Config{}, east, west)
			session := w.client.Session(caller)
			w.confirmed(t, session)
			w.at(east).tell(tt.east)
			if tt.reach {
				w.at(east).reach(refusing)
			}
			a := w.say(t.Context(), session, 2)
			if a.err != nil || a.answered != 0 || session.Region() != west {
				t.Errorf("answered in %s after %v, %v; want %s, at once", session.Region(), a.answered, a.err, west)
			}
			if n := w.client.Counters(); n.Inquiries != 0 || n.Replays != 1 {
				t.Errorf("%d inquiries, %d replays; want 0, 1", n.Inquiries, n.Replays)
			}
		})
	}
}

// Before the bot has said anything there is no question to ask again: the turn
// fails, so that the caller hears an apology and not silence.
func TestNothingToAskAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Config{NeverHedge: true}, east, west)
		w.at(east).tell(func(p *place, hw http.ResponseWriter, r *request) {
			r.hear(0)
			fail(hw, map[string]int{"utterance": 500, "get": 404, "put": 200}[r.Op], "x")
		})
		session := w.client.Session(caller)
		a := w.say(t.Context(), session, 1)
		if a.answer != nil || Class(a.err) != region.Soft {
			t.Errorf("a first turn of unknown outcome: answer %v, error %v; want an error of class soft", a.answer, a.err)
		}
		if a := w.say(t.Context(), session, 2); a.answer != nil {
			t.Errorf("again: answer %v, want none", a.answer)
		}
		if keys := w.at(east).seen(); keys[0].Key != caller.ID+"/1" || keys[len(keys)-2].Op == "utterance" && keys[len(keys)-2].Key != caller.ID+"/1" {
			t.Errorf("keys %s and %s, want the same", keys[0].Key, keys[len(keys)-2].Key)
		}
	})
}
