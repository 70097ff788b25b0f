package twilio

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"

	"lexline/internal/call"
)

// deskTargets are somebody of each kind, and some who are followed by others.
func deskTargets() []Target {
	return []Target{
		{Name: "sales", Kind: TargetNumber, Address: "+14155550199", CallerID: "+14155550100", TimeLimit: time.Hour},
		{Name: "silent", Kind: TargetNumber, Address: "+14155550198", Whisper: WhisperOff, Timeout: 5 * time.Second, Unanswered: Unanswered{Next: "desk"}},
		{Name: "desk", Kind: TargetNumber, Address: "+14155550197", Unanswered: Unanswered{Bot: true, Say: "Nobody is there."}},
		{Name: "sip", Kind: TargetSIP, Address: "sip:desk@example.com"},
		{Name: "client", Kind: TargetClient, Address: "jenny"},
		{Name: "queue", Kind: TargetQueue, Address: "support", WaitURL: "https://example.com/music"},
		{Name: "workflow", Kind: TargetWorkflow, Address: "WW0123456789abcdef0123456789abcdef"},
	}
}

// handOverTo ends each call by a hand-over to a target, for this reason.
func handOverTo(target string, reason call.Reason) ServeFunc {
	return func(_ context.Context, leg call.Leg, _ call.Info) call.Termination {
		end := call.Termination{Result: call.Success, Reason: reason, Next: call.Next{
			Kind: call.NextTransfer, Target: target, Intent: "OrderFlowers", Context: "OrderFlowers; FlowerType: roses & <lilies>",
		}}
		_ = leg.Close(end) // the end of the stream is what is tested
		return end
	}
}

func withTargets(change func(*Config)) func(*Config) {
	return func(c *Config) {
		c.Targets = deskTargets()
		c.Redirects = []RedirectTo{{Name: "survey", URL: "https://example.com/survey?a=1&b=2"}, {Name: "bye", TwiML: "<Response><Say>Bye.</Say></Response>"}}
		if change != nil {
			change(c)
		}
	}
}

// streamed runs the stream of one call to its end.
func (x *exchange) streamed(sid string) {
	x.t.Helper()
	p := x.started(x.greeted(sid), sid)
	if status := p.end(); status != websocket.StatusNormalClosure {
		x.t.Errorf("stream closed with %d, want 1000", status)
	}
}

// inProgress is what Twilio says about a call that goes on; more are names and values.
func inProgress(sid string, more ...string) url.Values {
	form := callForm(sid)
	form.Set("CallStatus", "in-progress")
	for i := 0; i < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return form
}

// linkIn returns the path behind a document's first address with this route.
func (x *exchange) linkIn(document, route string) string {
	x.t.Helper()
	_, rest, found := strings.Cut(document, x.base+route)
	if !found {
		x.t.Fatalf("no address with %s in %s", route, document)
	}
	token, _, _ := strings.Cut(rest, `"`)
	return route + token
}

// withoutTokens replaces the tokens in a document's addresses.
func withoutTokens(x *exchange, document string) string {
	for _, route := range []string{"/dialled/", "/whisper/", "/stream/"} {
		if strings.Contains(document, route) {
			base := x.base
			if route == "/stream/" {
				base = strings.Replace(base, "http", "ws", 1)
			}
			_, rest, _ := strings.Cut(document, base+route)
			token, _, _ := strings.Cut(rest, `"`)
			document = strings.ReplaceAll(document, base+route+token, "BASE"+route+"TOKEN")
		}
	}
	return document
}

// TestHandOverDocuments has calls handed over to targets of all kinds.
func TestHandOverDocuments(t *testing.T) {
	const (
		response = `<?xml version="1.0" encoding="UTF-8"?><Response>`
		wait     = `<Say>One moment please. I am connecting you.</Say>`
		after    = ` action="BASE/dialled/TOKEN" method="POST">`
	)
	for _, test := range []struct {
		target string
		reason call.Reason
		want   string
	}{
		{"sales", call.Transferred, `<Dial callerId="+14155550100" timeout="20" timeLimit="3600"` + after + `<Number url="BASE/whisper/TOKEN" method="POST">+14155550199</Number></Dial>`},
		{"silent", call.KeyedForPerson, wait + `<Dial timeout="5"` + after + `<Number>+14155550198</Number></Dial>`},
		{"sip", call.BotFailed, wait + `<Dial timeout="20"` + after + `<Sip>sip:desk@example.com?X-Lexline-Call=CA1&amp;X-Lexline-Line=flowers&amp;X-Lexline-Intent=OrderFlowers&amp;X-Lexline-Context=OrderFlowers%3B%20FlowerType%3A%20roses%20%26%20%3Clilies%3E</Sip></Dial>`},
		{"client", call.CallerSilent, wait + `<Dial timeout="20"` + after + `<Client><Identity>jenny</Identity><Parameter name="lexline_call" value="CA1"></Parameter><Parameter name="lexline_line" value="flowers"></Parameter><Parameter name="lexline_intent" value="OrderFlowers"></Parameter><Parameter name="lexline_context" value="OrderFlowers; FlowerType: roses &amp; &lt;lilies&gt;"></Parameter></Client></Dial>`},
		{"queue", call.TooLong, wait + `<Enqueue action="BASE/dialled/TOKEN" method="POST" waitUrl="https://example.com/music">support</Enqueue>`},
		{"workflow", call.Transferred, `<Enqueue action="BASE/dialled/TOKEN" method="POST" workflowSid="WW0123456789abcdef0123456789abcdef"><Task>{&#34;call&#34;:&#34;CA1&#34;,&#34;context&#34;:&#34;OrderFlowers; FlowerType: roses \u0026 \u003clilies\u003e&#34;,&#34;intent&#34;:&#34;OrderFlowers&#34;,&#34;line&#34;:&#34;flowers&#34;}</Task></Enqueue>`},
		{"gone", call.Transferred, `<Say>` + defaultApology + `</Say><Hangup></Hangup>`},
	} {
		t.Run(test.target, func(t *testing.T) {
			x := openExchange(t, handOverTo(test.target, test.reason), withTargets(nil))
			x.streamed("CA1")
			status, got := x.post("/resume", inProgress("CA1"))
			if diff := cmp.Diff(response+test.want+"</Response>", withoutTokens(x, got)); status != http.StatusOK || diff != "" {
				t.Errorf("POST /resume = %d (-want +got):\n%s", status, diff)
			}
			if _, again := x.post("/resume", inProgress("CA1")); withoutTokens(x, again) != withoutTokens(x, got) {
				t.Errorf("asked again, it is %s", again)
			}
		})
	}
}

func TestRedirects(t *testing.T) {
	for target, want := range map[string]string{
		"survey": `<?xml version="1.0" encoding="UTF-8"?><Response><Redirect method="POST">https://example.com/survey?a=1&amp;b=2</Redirect></Response>`,
		"bye":    "<Response><Say>Bye.</Say></Response>",
	} {
		x := openExchange(t, func(_ context.Context, leg call.Leg, _ call.Info) call.Termination {
			return call.Termination{Result: call.Success, Reason: call.Redirected, Next: call.Next{Kind: call.NextRedirect, Target: target}}
		}, withTargets(nil))
		x.streamed("CA1")
		if _, got := x.post("/resume", inProgress("CA1")); got != want {
			t.Errorf("redirect to %s = %s; want %s", target, got, want)
		}
		if got := x.door.Counters().Redirects; got != 1 {
			t.Errorf("%d redirects were counted; want 1", got)
		}
	}
}

// TestAfterTheDial has targets answer, be busy, and so on.
func TestAfterTheDial(t *testing.T) {
	hangup := string(hangUp(nil, ""))
	nobody := string(hangUp(nil, defaultNobody))
	for _, test := range []struct {
		name, target string
		form         []string
		want         string // without tokens; "stream" for one
		counts       Counters
		told         Dialled // without call and target
	}{
		{"talked", "sales", []string{"DialCallStatus", "completed", "DialCallDuration", "42"}, hangup, Counters{TransfersAnswered: 1}, Dialled{Outcome: DialAnswered, Talked: 42 * time.Second}},
		{"talked for ever", "sales", []string{"DialCallStatus", "completed", "DialCallDuration", "99999999999"}, hangup, Counters{TransfersAnswered: 1}, Dialled{Outcome: DialAnswered, Talked: 24 * time.Hour}},
		{"talked for less than nothing", "sales", []string{"DialCallStatus", "completed", "DialCallDuration", "-3"}, hangup, Counters{TransfersAnswered: 1}, Dialled{Outcome: DialAnswered}},
		{"talked, and the caller hung up", "sales", []string{"DialCallStatus", "completed", "DialCallDuration", "7", "CallStatus", "completed"}, hangup, Counters{TransfersAnswered: 1}, Dialled{Outcome: DialAnswered, Talked: 7 * time.Second}},
		{"busy", "sales", []string{"DialCallStatus", "busy", "DialCallDuration", "9"}, nobody, Counters{TransfersBusy: 1}, Dialled{Outcome: DialBusy}},
		{"nobody answers", "sales", []string{"DialCallStatus", "no-answer"}, nobody, Counters{TransfersUnanswered: 1}, Dialled{Outcome: DialNoAnswer}},
		{"out of order", "sales", []string{"DialCallStatus", "failed"}, nobody, Counters{TransfersFailed: 1}, Dialled{Outcome: DialFailed}},
		{"a status that nobody knows", "sales", []string{"DialCallStatus", "<odd>"}, nobody, Counters{TransfersFailed: 1}, Dialled{Outcome: DialFailed}},
		{"nothing is said", "sales", nil, nobody, Counters{TransfersFailed: 1}, Dialled{Outcome: DialFailed}},
		{"the caller has left meanwhile", "sales", []string{"DialCallStatus", "no-answer", "CallStatus", "completed"}, hangup, Counters{TransfersUnanswered: 1}, Dialled{Outcome: DialNoAnswer}},
		{"taken from the queue", "queue", []string{"QueueResult", "bridged"}, hangup, Counters{TransfersAnswered: 1}, Dialled{Outcome: DialAnswered}},
		{"the queue is full", "queue", []string{"QueueResult", "queue-full"}, nobody, Counters{TransfersBusy: 1}, Dialled{Outcome: DialBusy}},
		{"waited long enough", "queue", []string{"QueueResult", "leave"}, nobody, Counters{TransfersUnanswered: 1}, Dialled{Outcome: DialNoAnswer}},
		{
			"busy, and another one follows", "silent",
			[]string{"DialCallStatus", "busy"},
			`<?xml version="1.0" encoding="UTF-8"?><Response><Say>One moment please. I am connecting you.</Say><Dial timeout="20" action="BASE/dialled/TOKEN" method="POST"><Number url="BASE/whisper/TOKEN" method="POST">+14155550197</Number></Dial></Response>`,
			Counters{TransfersBusy: 1},
			Dialled{Outcome: DialBusy},
		},
		{
			"back to the bot", "desk",
			[]string{"DialCallStatus", "no-answer"},
			`<?xml version="1.0" encoding="UTF-8"?><Response><Say>Nobody is there.</Say><Connect action="BASE/resume" method="POST"><Stream url="BASE/stream/TOKEN"><Parameter name="line" value="flowers"></Parameter></Stream></Connect><Redirect method="POST">BASE/resume</Redirect></Response>`,
			Counters{TransfersUnanswered: 1, Returned: 1},
			Dialled{Outcome: DialNoAnswer},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			var told []Dialled // by webhooks, of which there is one at a time
			x := openExchange(t, handOverTo(test.target, call.KeyedForPerson), withTargets(func(c *Config) {
				c.Dialled = func(d Dialled) { told = append(told, d) }
			}))
			x.streamed("CA1")
			_, document := x.post("/resume", inProgress("CA1"))
			path := x.linkIn(document, "/dialled/")
			before := x.door.Counters()
			form := inProgress("CA1", test.form...)
			ask := func() string {
				_, got := x.request(http.MethodPost, path, form, sign(testToken, x.base+path, form), retryHeader, "one")
				return got
			}
			got := ask()
			if diff := cmp.Diff(test.want, strings.ReplaceAll(withoutTokens(x, got), x.base, "BASE")); diff != "" {
				t.Errorf("POST /dialled (-want +got):\n%s", diff)
			}
			if form.Get("CallStatus") == "in-progress" {
				if again := ask(); again != got {
					t.Errorf("the same question got %s, then %s", got, again)
				}
			}
			after := x.door.Counters()
			counts := Counters{
				TransfersAnswered: after.TransfersAnswered - before.TransfersAnswered, TransfersBusy: after.TransfersBusy - before.TransfersBusy,
				TransfersUnanswered: after.TransfersUnanswered - before.TransfersUnanswered, TransfersFailed: after.TransfersFailed - before.TransfersFailed,
				Returned: after.Returned - before.Returned,
			}
			if diff := cmp.Diff(test.counts, counts); diff != "" {
				t.Errorf("counted (-want +got):\n%s", diff)
			}
			test.told.Call, test.told.Target = "CA1", test.target
			if diff := cmp.Diff([]Dialled{test.told}, told); diff != "" {
				t.Errorf("told (-want +got):\n%s", diff)
			}
		})
	}
}

// TestBackWithTheBot: the new stream is told whence the caller comes, and the hand-over
// that came to nothing is not done again when that stream breaks.
func TestBackWithTheBot(t *testing.T) {
	infos := make(chan call.Info, 3)
	x := openExchange(t, func(ctx context.Context, leg call.Leg, info call.Info) call.Termination {
		infos <- info
		if info.Returned == (call.Fruitless{}) {
			return handOverTo("desk", call.KeyedForPerson)(ctx, leg, info)
		}
		return listen(ctx, leg, info)
	}, withTargets(nil))
	x.streamed("CA1")
	<-infos
	_, document := x.post("/resume", inProgress("CA1"))
	path := x.linkIn(document, "/dialled/")
	_, document = x.post(path, inProgress("CA1", "DialCallStatus", "busy"))

	_, lost := x.post("/resume", inProgress("CA1")) // its stream did not open
	if streamURL(t, lost) == "" {
		t.Errorf("POST /resume before the new stream has opened = %s; want a stream", lost)
	}
	p := x.started(streamURL(t, document), "CA1")
	info := <-infos
	if want := (call.Fruitless{{Target: "desk", Intent: "OrderFlowers"}}); info.Returned != want || !info.Resumed {
		t.Errorf("the stream is told %+v, resumed %t; want %+v, true", info.Returned, info.Resumed, want)
	}
	if age := time.Since(info.Began); info.Began.IsZero() || age < 0 || age > time.Minute {
		t.Errorf("the call began at %v; want some moments ago", info.Began)
	}
	if err := p.conn.CloseNow(); err != nil {
		t.Fatal(err)
	}
	_, again := x.post("/resume", inProgress("CA1"))
	if streamURL(t, again) == "" {
		t.Fatalf("POST /resume after the new stream broke = %s; want a stream", again)
	}
	x.started(streamURL(t, again), "CA1")
	if told := <-infos; told.Returned != info.Returned || !told.Began.Equal(info.Began) {
		t.Errorf("the stream after that is told %+v, began %v; want %+v, %v", told.Returned, told.Began, info.Returned, info.Began)
	}
	if n := x.door.Counters().Resumes; n != 2 {
		t.Errorf("%d reconnections were counted; want those after the two streams that were lost", n)
	}
}

// TestLaterEndCounts: a call is handed over at one instance, comes back at another and
// goes on there. The first one has not seen that, and is asked what comes next.
func TestLaterEndCounts(t *testing.T) {
	notes := NewNotes()
	share := withTargets(func(c *Config) { c.Notes = notes })
	comesBack := func(elsewhere func(context.Context, call.Leg, call.Info) call.Termination) (*exchange, *phone) {
		first, second := openExchange(t, handOverTo("desk", call.KeyedForPerson), share), openExchange(t, elsewhere, share)
		first.streamed("CA1")
		_, document := first.post("/resume", inProgress("CA1"))
		_, document = second.post(first.linkIn(document, "/dialled/"), inProgress("CA1", "DialCallStatus", "no-answer"))
		return first, second.started(streamURL(t, document), "CA1")
	}

	first, p := comesBack(handOverTo("sales", call.Transferred))
	p.end()
	_, document := first.post("/resume", inProgress("CA1"))
	if !strings.Contains(document, "+14155550199") {
		t.Fatalf("POST /resume at the first = %s; want sales, as was decided last", document)
	}

	first, p = comesBack(listen)
	if err := p.conn.CloseNow(); err != nil {
		t.Fatal(err)
	}
	if _, document := first.post("/resume", inProgress("CA1")); streamURL(t, document) == "" {
		t.Errorf("POST /resume at the first after the stream at the second broke = %s; want a stream", document)
	}
}

// TestOtherInstanceKnowsTheEnd ends a stream at one instance and asks others.
func TestOtherInstanceKnowsTheEnd(t *testing.T) {
	notes := NewNotes()
	share := withTargets(func(c *Config) { c.Notes = notes })
	first := openExchange(t, handOverTo("desk", call.KeyedForPerson), share)
	second, third := openExchange(t, listen, share), openExchange(t, listen, share)
	alone := openExchange(t, listen, withTargets(nil))
	first.streamed("CA1")

	_, document := second.post("/resume", inProgress("CA1"))
	if !strings.Contains(document, "+14155550197") {
		t.Fatalf("POST /resume at another instance = %s; want the target dialled", document)
	}
	if _, got := alone.post("/resume", inProgress("CA1")); streamURL(t, got) == "" {
		t.Errorf("POST /resume at one that shares no notes = %s; want a stream", got)
	}
	path := second.linkIn(document, "/dialled/")
	_, document = third.post(path, inProgress("CA1", "DialCallStatus", "no-answer"))
	if streamURL(t, document) == "" {
		t.Fatalf("POST /dialled at a third one = %s; want a stream", document)
	}
	fourth := openExchange(t, listen, share)
	if _, got := fourth.post("/resume", inProgress("CA1")); streamURL(t, got) == "" {
		t.Errorf("POST /resume at one that never saw the call = %s; want a stream: it has gone back to the bot", got)
	}
	for key := range notes.notes {
		if value := string(notes.notes[key].value); strings.Contains(value, "roses") {
			t.Errorf("note %s shows what the caller wanted: %q", key, value)
		}
	}
}

// TestHangUpIsKnownElsewhere: without a note, another instance would open a stream for
// a call that is over.
func TestHangUpIsKnownElsewhere(t *testing.T) {
	notes := NewNotes()
	share := func(c *Config) { c.Notes = notes }
	first := openExchange(t, func(context.Context, call.Leg, call.Info) call.Termination {
		return call.Termination{Result: call.Success, Reason: call.BotClosed}
	}, share)
	first.streamed("CA1")
	second := openExchange(t, listen, share)
	if _, got := second.post("/resume", inProgress("CA1")); got != string(hangUp(nil, "")) {
		t.Errorf("POST /resume at another instance = %s; want a hang-up", got)
	}
}

// brokenNotes are notes that cannot be reached.
type brokenNotes struct{}

func (brokenNotes) PutNote(context.Context, string, []byte, time.Time) error {
	return errors.New("the store is gone")
}

func (brokenNotes) Note(context.Context, string) ([]byte, error) {
	return nil, errors.New("the store is gone")
}

func TestNotesThatFail(t *testing.T) {
	break_ := withTargets(func(c *Config) { c.Notes = brokenNotes{} })
	first, second := openExchange(t, handOverTo("sales", call.Transferred), break_), openExchange(t, listen, break_)
	first.streamed("CA1")
	if _, got := first.post("/resume", inProgress("CA1")); !strings.Contains(got, "+14155550199") {
		t.Errorf("POST /resume at the call's own instance = %s; want the target dialled", got)
	}
	if _, got := second.post("/resume", inProgress("CA1")); streamURL(t, got) == "" {
		t.Errorf("POST /resume at another one = %s; want a stream", got)
	}
	if a, b := first.door.Counters().NotesFailed, second.door.Counters().NotesFailed; a != 2 || b != 1 {
		t.Errorf("%d and %d failed notes were counted; want 2 and 1", a, b)
	}
}

// TestWhisper asks what a target is told before it is connected.
func TestWhisper(t *testing.T) {
	x := openExchange(t, handOverTo("sales", call.Transferred), withTargets(func(c *Config) { c.Lines[0].Language = "en-GB" }))
	x.streamed("CA1")
	_, document := x.post("/resume", inProgress("CA1"))
	path := x.linkIn(document, "/whisper/")
	dialled := strings.Replace(x.linkIn(document, "/dialled/"), "/dialled/", "/whisper/", 1)
	const told = `<?xml version="1.0" encoding="UTF-8"?><Response><Say language="en-GB">A call from flowers. OrderFlowers; FlowerType: roses &amp; &lt;lilies&gt;</Say></Response>`
	const nothing = `<?xml version="1.0" encoding="UTF-8"?><Response></Response>`
	for _, test := range []struct {
		name, path string
		form       url.Values
		want       string
	}{
		{"as Twilio asks", path, inProgress("CAchild", "ParentCallSid", "CA1"), told},
		{"without the parent", path, inProgress("CAchild"), told},
		{"of another call", path, inProgress("CAchild", "ParentCallSid", "CA2"), nothing},
		{"with the pass of another question", dialled, inProgress("CAchild"), nothing},
		{"with a pass that was changed", path[:len(path)-1] + "A", inProgress("CAchild"), nothing},
		{"without a pass", "/whisper/", inProgress("CAchild"), nothing},
	} {
		if _, got := x.post(test.path, test.form); got != test.want && test.path != "/whisper/" {
			t.Errorf("%s: POST /whisper = %s; want %s", test.name, got, test.want)
		}
	}
	x.door.now = func() time.Time { return time.Now().Add(2 * time.Hour) }
	if _, got := x.post(path, inProgress("CAchild")); got != nothing {
		t.Errorf("two hours later it is %s; want nothing", got)
	}
	if got := x.door.Counters().Whispers; got != 2 {
		t.Errorf("%d whispers were counted; want 2", got)
	}
}

// TestForgedHandOvers are refused, or lead to nothing.
func TestForgedHandOvers(t *testing.T) {
	x := openExchange(t, handOverTo("desk", call.Transferred), withTargets(func(c *Config) {
		c.Dialled = func(d Dialled) { t.Errorf("told %+v; want nothing that is forged to be told", d) }
	}))
	x.streamed("CA1")
	_, document := x.post("/resume", inProgress("CA1"))
	dialled, whisper := x.linkIn(document, "/dialled/"), x.linkIn(document, "/whisper/")
	busy := inProgress("CA1", "DialCallStatus", "busy")
	for _, path := range []string{dialled, whisper} {
		if status, body := x.request(http.MethodPost, path, busy, sign("guess", x.base+path, busy)); status != http.StatusForbidden || body != "" {
			t.Errorf("POST %s with a wrong signature = %d %s; want 403 and no word", pathForLog(path), status, body)
		}
	}
	for name, test := range map[string]struct {
		path string
		form url.Values
	}{
		"another call's, at its end":  {dialled, inProgress("CA2", "DialCallStatus", "completed", "CallStatus", "completed")},
		"no pass, at its end":         {"/dialled/x", inProgress("CA1", "DialCallStatus", "completed", "CallStatus", "completed")},
		"another call's pass":         {dialled, inProgress("CA2", "DialCallStatus", "busy")},
		"the pass of a whisper":       {"/dialled/" + strings.TrimPrefix(whisper, "/whisper/"), busy},
		"a stream's token":            {"/dialled/" + x.door.sealer.seal(someClaims()), busy},
		"no pass of anybody's":        {"/dialled/x", busy},
		"a pass that was sealed else": {"/dialled/" + mustSealer(t, "guess").sealPass(dialledPass, pass{callSID: "CA1", target: "desk", expires: time.Now().Add(time.Hour)}), busy},
	} {
		if _, got := x.post(test.path, test.form); got != string(hangUp(nil, "")) {
			t.Errorf("with %s POST /dialled = %s; want a hang-up", name, got)
		}
	}
	stream := "ws" + strings.TrimPrefix(x.base, "http") + "/stream/" + strings.TrimPrefix(dialled, "/dialled/")
	if p, status := x.dial(stream); p != nil || status != http.StatusForbidden {
		t.Errorf("a pass opened a stream: %d", status)
	}
}

// TestHandOversAreNotLoggedInFull looks for what callers want, and for passes, in logs.
func TestHandOversAreNotLoggedInFull(t *testing.T) {
	log := new(lockedBuffer)
	x := openExchange(t, handOverTo("desk", call.Transferred), withTargets(func(c *Config) {
		c.Logger = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}))
	x.streamed("CA1")
	_, document := x.post("/resume", inProgress("CA1"))
	dialled := x.linkIn(document, "/dialled/")
	x.post(dialled, inProgress("CA1", "DialCallStatus", "busy"))
	x.request(http.MethodPost, dialled, inProgress("CA1"), "forged")
	text := log.String()
	for _, want := range []string{"call handed over", "hand-over came to nothing", "status=busy", "path=/dialled/*"} {
		if !strings.Contains(text, want) {
			t.Errorf("the log does not have %q:\n%s", want, text)
		}
	}
	for _, private := range []string{"roses", "OrderFlowers", "4155550197", strings.TrimPrefix(dialled, "/dialled/")} {
		if strings.Contains(text, private) {
			t.Errorf("the log has %q:\n%s", private, text)
		}
	}
}
