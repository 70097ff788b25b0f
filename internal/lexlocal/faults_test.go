package lexlocal

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lexruntimev2"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"lexline/internal/botdef"
)

// localLex is a server without a network, for the inside of a bubble.
func localLex(t *testing.T, edit func(*Config)) (*Server, *records) {
	t.Helper()
	kept := &records{}
	cfg := Config{
		Region: "us-east-1", Bots: []*botdef.Bot{loadBot(t, "OrderFlowers")}, Recognizer: hears("roses"), Seed: 1,
		Now: func() time.Time { return friday }, Record: kept.add,
	}
	if edit != nil {
		edit(&cfg)
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s, kept
}

const sessionPath = "/bots/FLOWERSBOT/botAliases/TSTALIASID/botLocales/en_US/sessions/CA0123"

func textRequest(text string) *http.Request {
	return httptest.NewRequest(http.MethodPost, sessionPath+"/text", strings.NewReader(`{"text":"`+text+`"}`))
}

func utteranceRequest() *http.Request {
	r := httptest.NewRequest(http.MethodPost, sessionPath+"/utterance", strings.NewReader(strings.Repeat("x", 3200)))
	r.Header.Set("Content-Type", lpcm8k)
	r.Header.Set("Response-Content-Type", "audio/pcm; sample-rate=8000")
	return r
}

// answerOf lets a server answer one request. cut says that the answer broke off.
func answerOf(s *Server, r *http.Request) (w *httptest.ResponseRecorder, cut bool) {
	w = httptest.NewRecorder()
	defer func() {
		if fault := recover(); fault != nil {
			err, ok := fault.(error)
			if cut = ok && errors.Is(err, http.ErrAbortHandler); !cut {
				panic(fault)
			}
		}
	}()
	s.ServeHTTP(w, r)
	return w, false
}

func setFaults(t *testing.T, s *Server, list string) {
	t.Helper()
	if _, err := s.SetFaults([]byte(list)); err != nil {
		t.Fatal(err)
	}
}

func TestAnswersTakeTheirTime(t *testing.T) {
	for _, test := range []struct {
		name   string
		usual  time.Duration
		faults string
		want   time.Duration
	}{
		{"no latency", 0, `[]`, 0},
		{"the usual one", 400 * time.Millisecond, `[]`, 400 * time.Millisecond},
		{"a delay", 0, `[{"kind":"latency","delay":"2s"}]`, 2 * time.Second},
		{"a delay besides the usual", 400 * time.Millisecond, `[{"kind":"latency","delay":"2s"}]`, 2400 * time.Millisecond},
		{"a factor of the floor", 0, `[{"kind":"latency","factor":5}]`, 2 * time.Second},
		{"a factor of the usual", 700 * time.Millisecond, `[{"kind":"latency","factor":5}]`, 3500 * time.Millisecond},
		{"factor and delay", 0, `[{"kind":"latency","factor":2,"base":"1s","delay":"500ms"}]`, 2500 * time.Millisecond},
		{"another operation", 0, `[{"kind":"latency","delay":"2s","operations":["RecognizeUtterance"]}]`, 0},
		{"a slow error", 0, `[{"kind":"latency","delay":"1s"},{"kind":"error"}]`, time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, kept := localLex(t, func(cfg *Config) { cfg.Latency = test.usual })
			synctest.Test(t, func(t *testing.T) {
				setFaults(t, s, test.faults)
				began := time.Now()
				answerOf(s, textRequest("order flowers"))
				if got := time.Since(began); got != test.want || kept.last().Millis != float64(test.want.Milliseconds()) {
					t.Errorf("the answer took %v, recorded as %v ms; want %v", got, kept.last().Millis, test.want)
				}
			})
		})
	}
}

func TestLatencyIsForTurnsOnly(t *testing.T) {
	s, _ := localLex(t, func(cfg *Config) { cfg.Latency = time.Second })
	synctest.Test(t, func(t *testing.T) {
		answerOf(s, textRequest("order flowers"))
		began := time.Now()
		answerOf(s, httptest.NewRequest(http.MethodGet, sessionPath, nil))
		if got := time.Since(began); got != 0 {
			t.Errorf("GetSession took %v, want no latency", got)
		}
	})
}

func TestHangingEndsWithItsFault(t *testing.T) {
	for _, when := range []string{whenBody, whenAnswer} {
		t.Run(when, func(t *testing.T) {
			s, kept := localLex(t, nil)
			synctest.Test(t, func(t *testing.T) {
				setFaults(t, s, `[{"kind":"hang","when":"`+when+`"}]`)
				answered := make(chan int, 1)
				go func() {
					w, _ := answerOf(s, textRequest("order flowers"))
					answered <- w.Code
				}()
				time.Sleep(time.Hour)
				synctest.Wait()
				made := s.sessions.peek(sessionKey{*flowersBot, *draft, *english, "CA0123"}, friday) != nil
				if len(answered) != 0 || made != (when == whenAnswer) {
					t.Errorf("after an hour: answered %v, turn made %v; want no answer, turn made %v", len(answered) != 0, made, when == whenAnswer)
				}
				setFaults(t, s, `[]`)
				code := <-answered
				if r := kept.ofOp("RecognizeText"); code != http.StatusOK || r.Fault != faultHang || r.Transcript != "order flowers" {
					t.Errorf("status %d, record %+v; want an answer that hung", code, r)
				}
			})
		})
	}
}

func TestHangingEndsWithItsClient(t *testing.T) {
	ts := serve(t, nil)
	setFaults(t, ts.Server, `[{"kind":"hang"}]`)
	client := &http.Client{Timeout: 100 * time.Millisecond, Transport: &http.Transport{DisableKeepAlives: true}}
	if answer, err := client.Post(ts.url+sessionPath+"/text", "application/json", strings.NewReader(`{"text":"hi"}`)); err == nil {
		answer.Body.Close()
		t.Errorf("status %d, want no answer", answer.StatusCode)
	}
	for ts.records.last().Op != "RecognizeText" {
		runtime.Gosched() // the server has yet to see that the client has gone
	}
	if r := ts.records.ofOp("RecognizeText"); r.Status != statusClientGone || !r.ClientGone || r.Fault != faultHang {
		t.Errorf("record %+v, want a client that left a hanging request", r)
	}
}

// ofOp returns the last record of an operation.
func (r *records) ofOp(op string) Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, record := range slices.Backward(r.all) {
		if record.Op == op {
			return record
		}
	}
	return Record{}
}

func TestErrorFaultsThroughTheSDK(t *testing.T) {
	ts := serve(t, nil)
	ask := func() error {
		_, err := ts.runtime.RecognizeText(t.Context(), &lexruntimev2.RecognizeTextInput{
			BotId: flowersBot, BotAliasId: draft, LocaleId: english, SessionId: aws.String("CA0123"), Text: aws.String("order flowers"),
		})
		return err
	}
	for kind, status := range errorTypes {
		setFaults(t, ts.Server, `[{"kind":"error","type":"`+kind+`"}]`)
		err := ask()
		told, ok := errors.AsType[smithy.APIError](err)
		if !ok || told.ErrorCode() != kind {
			t.Errorf("fault %s: %v", kind, err)
		}
		if r := ts.records.last(); r.Status != status || r.Fault != faultError || r.Transcript != "" {
			t.Errorf("fault %s: record %+v, want status %d and no turn", kind, r, status)
		}
	}
	setFaults(t, ts.Server, `[{"kind":"error","status":503}]`)
	response, err := http.Post(ts.url+sessionPath+"/text", "application/json", strings.NewReader(`{"text":"hi"}`))
	if err != nil {
		t.Fatal(err)
	}
	page := readAll(t, response.Body)
	if response.StatusCode != 503 || response.Header.Get("X-Amzn-Errortype") != "" || !strings.HasPrefix(string(page), "<html>") {
		t.Errorf("status %d with %q, want 503 with a page", response.StatusCode, page)
	}
	setFaults(t, ts.Server, `[{"kind":"error","when":"answer"}]`)
	if err := ask(); err == nil || ts.records.last().Intent != "OrderFlowers" {
		t.Errorf("error %v, record %+v; want an error after the turn was made", err, ts.records.last())
	}
	setFaults(t, ts.Server, `[]`)
	if err := ask(); err != nil {
		t.Errorf("after the faults: %v", err)
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestEmptyAnswers(t *testing.T) {
	s, kept := localLex(t, nil)
	setFaults(t, s, `[{"kind":"empty"}]`)
	w, _ := answerOf(s, textRequest("order flowers"))
	if body := w.Body.String(); w.Code != 200 || strings.Contains(body, `"messages"`) || !strings.Contains(body, `"slotToElicit":"FlowerType"`) {
		t.Errorf("%d %s, want a state without messages", w.Code, body)
	}
	w, _ = answerOf(s, utteranceRequest())
	if w.Code != 200 || w.Body.Len() != 0 || w.Header().Get(headerMessages) != "" || w.Header().Get(headerSessionState) == "" {
		t.Errorf("%d, %d bytes of voice, headers %v; want a state without words", w.Code, w.Body.Len(), w.Header())
	}
	if r := kept.last(); r.Fault != faultEmpty || r.Messages != nil || r.Elicits != "PickupDate" {
		t.Errorf("record %+v, want an empty answer that asks for PickupDate", r)
	}
}

func TestTruncatedVoice(t *testing.T) {
	s, kept := localLex(t, nil)
	whole, _ := answerOf(s, utteranceRequest())
	setFaults(t, s, `[{"kind":"truncate","fraction":0.25}]`)
	w, cut := answerOf(s, utteranceRequest())
	if want := whole.Body.Len() / 4; !cut || w.Code != 200 || w.Body.Len() != want || want == 0 {
		t.Errorf("%d bytes, broke off %v; want %d of %d bytes", w.Body.Len(), cut, want, whole.Body.Len())
	}
	if r := kept.last(); r.Fault != faultTruncate || r.AudioOutMillis != float64(whole.Body.Len())/16 {
		t.Errorf("record %+v, want a truncated voice of %d bytes", r, whole.Body.Len())
	}
}

func TestTruncatedAnswersReachNoClientWhole(t *testing.T) {
	ts := serve(t, nil)
	setFaults(t, ts.Server, `[{"kind":"truncate"}]`)
	_, err := ts.runtime.RecognizeText(t.Context(), &lexruntimev2.RecognizeTextInput{
		BotId: flowersBot, BotAliasId: draft, LocaleId: english, SessionId: aws.String("CA0123"), Text: aws.String("order flowers"),
	})
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("RecognizeText: %v, want an unexpected end", err)
	}
	out, err := ts.runtime.RecognizeUtterance(t.Context(), utter("CA0123", lpcm8k, strings.NewReader("xx")))
	if err != nil {
		t.Fatal(err)
	}
	voice, err := io.ReadAll(out.AudioStream)
	if !errors.Is(err, io.ErrUnexpectedEOF) || len(voice) == 0 {
		t.Errorf("RecognizeUtterance: %d bytes of voice, %v; want some and an unexpected end", len(voice), err)
	}
	out.AudioStream.Close()
}

func TestDrippingVoice(t *testing.T) {
	s, kept := localLex(t, nil)
	whole, _ := answerOf(s, utteranceRequest())
	synctest.Test(t, func(t *testing.T) {
		setFaults(t, s, `[{"kind":"drip","bytes":1600,"every":"300ms"}]`)
		began := time.Now()
		w, _ := answerOf(s, utteranceRequest())
		pieces := (whole.Body.Len() + 1599) / 1600
		if took := time.Since(began); w.Body.Len() != whole.Body.Len() || took != time.Duration(pieces-1)*300*time.Millisecond || pieces < 3 {
			t.Errorf("%d bytes in %v, want %d bytes in %d pieces", w.Body.Len(), took, whole.Body.Len(), pieces)
		}
		if r := kept.last(); r.Fault != faultDrip || r.Millis != 0 {
			t.Errorf("record %+v, want a dripping voice that begins at once", r)
		}
		answered := make(chan int, 1)
		go func() {
			w, _ := answerOf(s, utteranceRequest())
			answered <- w.Body.Len()
		}()
		time.Sleep(400 * time.Millisecond)
		began = time.Now()
		setFaults(t, s, `[]`)
		if n := <-answered; n != whole.Body.Len() || time.Since(began) != 0 {
			t.Errorf("after the fault %d bytes in %v, want the rest of %d at once", n, time.Since(began), whole.Body.Len())
		}
	})
}

func TestQuotas(t *testing.T) {
	for _, test := range []struct {
		name   string
		quota  int
		faults string
		want   []int // how many of five requests at a time are answered, and throttled
		fault  string
	}{
		{"none", 0, `[]`, []int{5, 0}, ""},
		{"the server's", 3, `[]`, []int{3, 2}, ""},
		{"a fault's", 0, `[{"kind":"throttle","quota":2}]`, []int{2, 3}, faultThrottle},
		{"the smaller one", 3, `[{"kind":"throttle","quota":2}]`, []int{2, 3}, faultThrottle},
		{"the server's is smaller", 1, `[{"kind":"throttle","quota":2}]`, []int{1, 4}, ""},
		{"all", 0, `[{"kind":"throttle"}]`, []int{0, 5}, faultThrottle},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, kept := localLex(t, func(cfg *Config) { cfg.Quota, cfg.Latency = test.quota, time.Second })
			synctest.Test(t, func(t *testing.T) {
				setFaults(t, s, test.faults)
				codes := make(chan int, 5)
				for _, id := range []string{"CA1", "CA2", "CA3", "CA4", "CA5"} {
					go func() {
						r := textRequest("order flowers")
						r.URL.Path = strings.Replace(r.URL.Path, "CA0123", id, 1)
						w, _ := answerOf(s, r)
						codes <- w.Code
					}()
				}
				got := []int{0, 0}
				for range 5 {
					switch code := <-codes; code {
					case http.StatusOK:
						got[0]++
					case http.StatusTooManyRequests:
						got[1]++
					default:
						t.Errorf("status %d", code)
					}
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("answered and throttled (-want +got):\n%s", diff)
				}
				for _, r := range kept.all {
					if r.Status == http.StatusTooManyRequests && (r.Fault != test.fault || r.Session == "") {
						t.Errorf("record %+v, want fault %q and a session", r, test.fault)
					}
				}
				if len(s.faults.inFlight) != 0 {
					t.Errorf("still counted: %v", s.faults.inFlight)
				}
			})
		})
	}
}
