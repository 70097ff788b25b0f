package lex

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"lexline/internal/audio"
	"lexline/internal/call"
	"lexline/internal/region"
)

func TestTurnOnTheWire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type request struct {
			Path, Type, Wants, State, Attributes, Length string
			Body                                         []byte
		}
		var got []request
		client := newStandIn(t, Deadlines{}, func(_ *standIn, w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			got = append(got, request{
				Path: r.Method + " " + r.URL.Path, Type: r.Header.Get("Content-Type"),
				Wants: r.Header.Get("Response-Content-Type"), Length: r.Header.Get("Content-Length"),
				State:      unpacked(t, r.Header.Get("X-Amz-Lex-Session-State")),
				Attributes: unpacked(t, r.Header.Get("X-Amz-Lex-Request-Attributes")),
				Body:       body,
			})
			if !strings.Contains(r.Header.Get("Authorization"), "/us-east-1/lex/aws4_request") {
				t.Errorf("Authorization = %q, want a signature for lex in us-east-1", r.Header.Get("Authorization"))
			}
			answerHead(w, asksForFlowers)
		})
		session := client.Session(caller)
		speech := []byte{0x00, 0x7F, 0x80, 0xFF, 0x35}
		for _, turn := range []call.Turn{
			{Number: 1, Speech: call.NewFinishedSpeech(speech)},
			{Number: 2, Text: "42"},
		} {
			if a := ask(t.Context(), session, turn); a.err != nil || a.answer == nil {
				t.Fatalf("turn %d: answer %v, error %v; want an answer", turn.Number, a.answer, a.err)
			}
		}

		const path = "POST /bots/BOTBOTBOT1/botAliases/ALIALIALI1/botLocales/en_US/sessions/CA00000000000000000000000000000001/utterance"
		want := []request{{
			Path: path, Wants: "audio/pcm",
			Type:       "audio/lpcm; sample-rate=8000; sample-size-bits=16; channel-count=1; is-big-endian=false",
			State:      `{"sessionAttributes":{"called_number":"+15550199","caller_number":"+15550100"}}`,
			Attributes: `{"x-lexline-turn":"CA00000000000000000000000000000001/1"}`,
			Body:       littleEndian(audio.DecodeMuLaw(nil, speech)),
		}, {
			Path: path, Wants: "audio/pcm", Type: "text/plain; charset=utf-8", Length: "2",
			Attributes: `{"x-lexline-turn":"CA00000000000000000000000000000001/2"}`,
			Body:       []byte("42"),
		}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("requests (-want +got):\n%s", diff)
		}
		counted := client.Counters()
		wantCounted := Counters{Turns: 2, Answers: 2, Sent: 12}
		if diff := cmp.Diff(wantCounted, counted, cmpopts.IgnoreFields(Counters{}, "Errors", "Attempts")); diff != "" {
			t.Errorf("Counters (-want +got):\n%s", diff)
		}
	})
}

func TestCallerNumbersAreSentUntilLexHasThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var states []string
		status := []int{500, 200, 200}
		client := newStandIn(t, Deadlines{}, func(_ *standIn, w http.ResponseWriter, r *http.Request) {
			states = append(states, unpacked(t, r.Header.Get("X-Amz-Lex-Session-State")))
			answerHead(w, asksForFlowers)
			w.WriteHeader(status[len(states)-1])
		})
		session := client.Session(call.Info{ID: "CA1", From: "+15550100"})
		for n := range status {
			ask(t.Context(), session, call.Turn{Number: n + 1, Text: "1"})
		}
		attributes := `{"sessionAttributes":{"caller_number":"+15550100"}}`
		// The failed turn may have begun a dialog: the second one begins anew.
		again := `{"dialogAction":{"type":"ElicitIntent"},"sessionAttributes":{"caller_number":"+15550100"}}`
		if diff := cmp.Diff([]string{attributes, again, ""}, states); diff != "" {
			t.Errorf("session states sent with answers %v (-want +got):\n%s", status, diff)
		}
	})
}

// TestOutboundCallsAreToldOf has the bot know that it was we who called, and whom.
func TestOutboundCallsAreToldOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var states []string
		client := newStandIn(t, Deadlines{}, func(_ *standIn, w http.ResponseWriter, r *http.Request) {
			states = append(states, unpacked(t, r.Header.Get("X-Amz-Lex-Session-State")))
			answerHead(w, asksForFlowers)
		})
		for _, info := range []call.Info{
			{ID: "CA1", From: "+15550100", To: "+15550199", Outbound: true, AnsweredBy: "human"},
			{ID: "CA2", To: "+15550199", Outbound: true},
		} {
			ask(t.Context(), client.Session(info), call.Turn{Number: 1, Text: "1"})
		}
		want := []string{
			`{"sessionAttributes":{"answered_by":"human","call_direction":"outbound","called_number":"+15550199","caller_number":"+15550100"}}`,
			`{"sessionAttributes":{"call_direction":"outbound","called_number":"+15550199"}}`,
		}
		if diff := cmp.Diff(want, states); diff != "" {
			t.Errorf("session states (-want +got):\n%s", diff)
		}
	})
}

// TestStreamThatContinuesACall replaces nothing that the bot has set, and numbers
// its turns after all those of the streams before it.
func TestStreamThatContinuesACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var states []string
		var numbers []int
		client := newStandIn(t, Deadlines{}, func(_ *standIn, w http.ResponseWriter, r *http.Request) {
			state := unpacked(t, r.Header.Get("X-Amz-Lex-Session-State"))
			states = append(states, regexp.MustCompile(`,"sessionAttributes":{"lexline_turn":"CA1/[0-9]+"}`).ReplaceAllString(state, ""))
			var attributes map[string]string
			if err := json.Unmarshal([]byte(unpacked(t, r.Header.Get("X-Amz-Lex-Request-Attributes"))), &attributes); err != nil {
				t.Errorf("request attributes: %v", err)
			}
			number, err := strconv.Atoi(strings.TrimPrefix(attributes["x-lexline-turn"], "CA1/"))
			if err != nil {
				t.Errorf("turn %q: %v", attributes["x-lexline-turn"], err)
			}
			numbers = append(numbers, number)
			answerHead(w, asksForFlowers)
		})
		for stream := range 3 {
			session := client.Session(call.Info{ID: "CA1", From: "+15550100", Resumed: stream > 0})
			for n := range 2 {
				ask(t.Context(), session, call.Turn{Number: n + 1, Text: "1"})
			}
			time.Sleep(time.Minute)
		}
		// Lex may have forgotten the session in the minute between two streams, so
		// each begins with the bot's own state.
		own, _ := json.Marshal(asksForFlowers)
		attributes := `{"sessionAttributes":{"caller_number":"+15550100"}}`
		if diff := cmp.Diff([]string{attributes, "", string(own), "", string(own), ""}, states); diff != "" {
			t.Errorf("session states of three streams (-want +got):\n%s", diff)
		}
		if !slices.IsSorted(numbers) || len(slices.Compact(numbers)) != 6 {
			t.Errorf("turns were numbered %v; want growing numbers", numbers)
		}
	})
}

func TestUtteranceIsSentWhileTheCallerSpeaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var first, last time.Duration
		var reads int
		begun := time.Now()
		client := newStandIn(t, Deadlines{}, func(_ *standIn, w http.ResponseWriter, r *http.Request) {
			for buf := make([]byte, 32<<10); ; reads++ {
				if _, err := r.Body.Read(buf); err == io.EOF {
					break
				} else if err != nil {
					t.Errorf("read the request's body: %v", err)
					return
				}
				if last = time.Since(begun); first == 0 {
					first = last
				}
			}
			answerHead(w, asksForFlowers)
		})
		speech := call.NewSpeech(1 << 20)
		go talk(speech, 10*time.Second)
		a := ask(t.Context(), client.Session(caller), call.Turn{Number: 1, Speech: speech})
		if a.err != nil {
			t.Fatalf("Ask = %v, want nil", a.err)
		}
		if first != 100*time.Millisecond || last != 10*time.Second || reads < 100 {
			t.Errorf("audio arrived from %v to %v in %d reads; want 100ms to 10s in 100 or more", first, last, reads)
		}
		if a.answered != 10*time.Second {
			t.Errorf("answered after %v, want 10s: at the end of the utterance", a.answered)
		}
	})
}

func TestAnswerMayComeBeforeTheCallerIsDone(t *testing.T) {
	for _, kind := range []struct {
		name   string
		answer func(http.ResponseWriter)
		class  region.Class
		after  time.Duration
	}{
		{"an answer", func(w http.ResponseWriter) {
			speakHead(w, asksForFlowers)
			http.NewResponseController(w).Flush()
			time.Sleep(300 * time.Millisecond)
			w.Write(voiceBytes(16000, time.Second))
		}, region.None, 300 * time.Millisecond},
		{"an error", func(w http.ResponseWriter) {
			fail(w, 403, "AccessDeniedException")
			http.NewResponseController(w).Flush()
		}, region.Hard, 0},
	} {
		bubble(t, kind.name, func(t *testing.T) {
			var rest error
			client := newStandIn(t, Deadlines{}, func(_ *standIn, w http.ResponseWriter, r *http.Request) {
				http.NewResponseController(w).EnableFullDuplex()
				io.ReadFull(r.Body, make([]byte, 3200))
				kind.answer(w)
				_, rest = io.Copy(io.Discard, r.Body)
			})
			speech := call.NewSpeech(1 << 20)
			speech.Append(make([]byte, 2400)) // and then the caller goes silent, without an end
			a := ask(t.Context(), client.Session(caller), call.Turn{Number: 1, Speech: speech})
			synctest.Wait()
			if Class(a.err) != kind.class || a.returned != kind.after || rest != nil {
				t.Errorf("Ask = %v after %v, the body's end %v; want class %q after %v, a regular end",
					a.err, a.returned, rest, kind.class, kind.after)
			}
			if kind.class != region.None {
				return
			}
			if heard, ended := a.answer.Speech.From(0); a.answered != 0 || len(heard) != audio.SampleRate || !ended {
				t.Errorf("answered after %v, voice of %d bytes, ended %v; want at once, 8000, true", a.answered, len(heard), ended)
			}
		})
	}
}

// A connection that breaks while the caller speaks is noticed with the next
// words, long before the caller is done.
func TestBreakIsNoticedWhileTheCallerSpeaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newStandIn(t, Deadlines{}, func(_ *standIn, w http.ResponseWriter, r *http.Request) {
			io.ReadFull(r.Body, make([]byte, 16000))
			conn, _, _ := http.NewResponseController(w).Hijack()
			conn.Close()
		})
		speech := call.NewSpeech(1 << 20)
		go talk(speech, 10*time.Second)
		defer func() { <-speech.Done() }()
		a := ask(t.Context(), client.Session(caller), call.Turn{Number: 1, Speech: speech})
		if Class(a.err) != region.Soft || a.returned > 1100*time.Millisecond {
			t.Errorf("Ask = %v (class %q) after %v; want class soft at most 100 ms after the break at 1s", a.err, Class(a.err), a.returned)
		}
	})
}

func TestConflictIsAskedOnceMore(t *testing.T) {
	tests := []struct {
		name     string
		statuses []int
		class    region.Class
	}{
		{"then it works", []int{409, 200}, region.None},
		{"and again a conflict", []int{409, 409}, region.Ours},
		{"then the region fails", []int{409, 500}, region.Soft},
		{"other errors are not asked again", []int{500}, region.Soft},
	}
	for _, tt := range tests {
		bubble(t, tt.name, func(t *testing.T) {
			var bodies [][]byte
			client := newStandIn(t, Deadlines{}, func(_ *standIn, w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				bodies = append(bodies, body)
				switch status := tt.statuses[len(bodies)-1]; status {
				case 200:
					answerHead(w, asksForFlowers)
				case 409:
					fail(w, status, "ConflictException")
				default:
					fail(w, status, "InternalServerException")
				}
			})
			a := ask(t.Context(), client.Session(caller), spokenTurn(1))
			wait := time.Duration(len(tt.statuses)-1) * 100 * time.Millisecond
			if Class(a.err) != tt.class || a.returned != wait || len(bodies) != len(tt.statuses) {
				t.Fatalf("answers %v: class %q of %v after %v and %d requests; want %q after %v and %d",
					tt.statuses, Class(a.err), a.err, a.returned, len(bodies), tt.class, wait, len(tt.statuses))
			}
			for n, body := range bodies {
				if len(body) != 16000 || !bytes.Equal(body, bodies[0]) {
					t.Errorf("request %d has %d bytes of speech; want all 16000 from the first", n+1, len(body))
				}
			}
		})
	}
}

func TestAnswersNeverGoBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newStandIn(t, Deadlines{}, func(_ *standIn, w http.ResponseWriter, r *http.Request) {
			turn := unpacked(t, r.Header.Get("X-Amz-Lex-Request-Attributes"))
			answerHead(w, object{"sessionAttributes": object{"seen": turn}})
		})
		session := client.Session(call.Info{ID: "CA1"})
		ask(t.Context(), session, call.Turn{Number: 2, Text: "2"})
		a := ask(t.Context(), session, call.Turn{Number: 1, Text: "1"})
		if a.answer != nil || Class(a.err) != region.Ours || client.Counters().Late != 1 {
			t.Errorf("turn 1 after turn 2: answer %v, error %v, late %d; want none, class ours, 1",
				a.answer, a.err, client.Counters().Late)
		}
		turn, state := session.State()
		want := `{"sessionAttributes":{"seen":"{\"x-lexline-turn\":\"CA1/2\"}"}}`
		if turn != 2 || string(state) != want {
			t.Errorf("State = %d, %s; want 2, %s", turn, state, want)
		}
	})
}

func TestUnusableTurnsAreNotSent(t *testing.T) {
	tests := []struct {
		name    string
		session string
		turn    call.Turn
	}{
		{"nothing said", "CA1", call.Turn{Number: 1}},
		{"text too long", "CA1", call.Turn{Number: 1, Text: strings.Repeat("1", 1025)}},
		{"call id of wrong form", "a call", call.Turn{Number: 1, Text: "1"}},
		{"call id too short", "C", call.Turn{Number: 1, Text: "1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client := newClient(t, Config{}) // nobody is there to be asked
			a := ask(t.Context(), client.Session(call.Info{ID: tt.session}), tt.turn)
			if Class(a.err) != region.Ours || client.Counters().Errors[region.Ours] != 1 {
				t.Errorf("Ask = %v (class %q), counted %v; want class ours, counted", a.err, Class(a.err), client.Counters().Errors)
			}
		})
	}
}

func TestAbandonedTurnEndsAtOnce(t *testing.T) {
	stages := []struct {
		name     string
		handler  func(s *standIn, w http.ResponseWriter, r *http.Request)
		answered bool
	}{
		{"while the caller speaks", func(_ *standIn, _ http.ResponseWriter, r *http.Request) {
			if _, err := io.Copy(io.Discard, r.Body); err == nil {
				panic("the body of an abandoned turn ended in the regular way")
			}
		}, false},
		{"while nothing is read", func(s *standIn, _ http.ResponseWriter, _ *http.Request) { s.hang() }, false},
		{"while the bot answers", func(s *standIn, w http.ResponseWriter, r *http.Request) {
			http.NewResponseController(w).EnableFullDuplex()
			speakHead(w, asksForFlowers)
			w.Write(voiceBytes(16000, time.Second))
			http.NewResponseController(w).Flush()
			s.hang()
		}, true},
		{"while waiting after a conflict", func(_ *standIn, w http.ResponseWriter, _ *http.Request) {
			time.Sleep(420 * time.Millisecond)
			fail(w, 409, "ConflictException")
		}, false},
	}
	for _, tt := range stages {
		bubble(t, tt.name, func(t *testing.T) {
			client := newStandIn(t, Deadlines{}, tt.handler)
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(500*time.Millisecond, func() { cancel(errors.New("the caller interrupts")) })
			speech := call.NewSpeech(1 << 20)
			speech.Append(make([]byte, 8000))
			a := ask(ctx, client.Session(caller), call.Turn{Number: 1, Speech: speech})
			if Class(a.err) != region.Abandoned || !errors.Is(a.err, context.Canceled) || a.returned != 500*time.Millisecond {
				t.Errorf("Ask = %v after %v; want class abandoned, context.Canceled, after 500ms", a.err, a.returned)
			}
			if (a.answer != nil) != tt.answered {
				t.Errorf("answered = %v, want %v", a.answer != nil, tt.answered)
			}
			if a.answer != nil {
				heard, _ := a.answer.Speech.From(0)
				_, err := io.Copy(io.Discard, a.answer.Speech.Reader(t.Context()))
				if len(heard) == 0 || !errors.Is(err, context.Canceled) {
					t.Errorf("answer's voice: %d bytes, then %v; want some, then context.Canceled", len(heard), err)
				}
			}
		})
	}
}

func TestBrokenUtteranceIsNotTheRegionsFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newStandIn(t, Deadlines{}, func(_ *standIn, w http.ResponseWriter, r *http.Request) {
			if _, err := io.Copy(io.Discard, r.Body); err == nil {
				t.Error("a cut off utterance ended in the regular way on the wire")
			}
		})
		lost := errors.New("the leg was lost")
		speech := call.NewSpeech(1 << 20)
		speech.Append(make([]byte, 8000))
		time.AfterFunc(time.Second, func() { speech.End(lost) })
		a := ask(t.Context(), client.Session(caller), call.Turn{Number: 1, Speech: speech})
		if !errors.Is(a.err, lost) || Class(a.err) != region.Ours || a.returned != time.Second {
			t.Errorf("Ask = %v (class %q) after %v; want %v, class ours, after 1s", a.err, Class(a.err), a.returned, lost)
		}
	})
}
