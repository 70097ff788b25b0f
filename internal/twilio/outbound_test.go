package twilio

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"lexline/internal/call"
)

const calledNumber = "+14155559999" // of no line

// dialedForm is what Twilio says when calledNumber answers a call of ours.
func dialedForm(sid string, changes ...string) url.Values {
	form := withForm(sid, "From", "+14155550100", "To", calledNumber, "Direction", "outbound-api", "CallStatus", "in-progress")
	for i := 0; i < len(changes); i += 2 {
		form.Set(changes[i], changes[i+1])
	}
	return form
}

// twoLines gives an exchange a second line, that no incoming call could be meant for.
func twoLines(c *Config) {
	c.Lines = append(c.Lines, Line{Name: "reminders", Numbers: []string{"+14155550101"}, Greeting: "We call to remind you."})
}

// callPath is the path of the webhook of a call from the line reminders.
func (x *exchange) callPath(to string, change func(*Config)) string {
	x.t.Helper()
	config := x.door.config
	if change != nil {
		change(&config)
	}
	outbound, err := NewOutbound(config)
	if err != nil {
		x.t.Fatal(err)
	}
	address, err := outbound.CallURL("reminders", to)
	if err != nil {
		x.t.Fatal(err)
	}
	return strings.TrimPrefix(address, x.base)
}

// TestOutboundCall follows a call of ours from its answer over its stream, which
// breaks, to the next one: it stays on its line, though its number is nobody's.
func TestOutboundCall(t *testing.T) {
	infos := make(chan call.Info, 2)
	x := openExchange(t, func(_ context.Context, _ call.Leg, info call.Info) call.Termination {
		infos <- info
		return call.Termination{Result: call.PeerFault, Reason: call.LegLost}
	}, twoLines)
	path := x.callPath(calledNumber, nil)
	status, twiml := x.post(path, dialedForm("CA1", "AnsweredBy", "human"))
	if status != http.StatusOK || !strings.Contains(twiml, "We call to remind you.") {
		t.Fatalf("POST %s = %d %s; want the greeting of the line", path, status, twiml)
	}
	want := call.Info{
		ID: "CA1", Account: testAccount, From: "+14155550100", To: calledNumber, Line: "reminders",
		Outbound: true, AnsweredBy: "human",
	}
	x.started(streamURL(t, twiml), "CA1")
	if got := <-infos; got != want {
		t.Errorf("call %+v, want %+v", got, want)
	}
	action := parseXML(t, []byte(twiml)).Children[1].Attrs[0].Value
	resume := strings.TrimPrefix(action, x.base)
	if !strings.HasPrefix(resume, "/resume?dial=") {
		t.Fatalf("the stream's action is %s; want one that names the line", action)
	}
	status, twiml = x.post(resume, dialedForm("CA1"))
	if status != http.StatusOK || streamURL(t, twiml) == "" {
		t.Fatalf("POST %s = %d %s; want a stream", resume, status, twiml)
	}
	x.started(streamURL(t, twiml), "CA1")
	want.Resumed, want.AnsweredBy = true, ""
	got := <-infos
	want.Began = got.Began // some moments ago
	if got != want || got.Began.IsZero() {
		t.Errorf("reconnected call %+v, want %+v", got, want)
	}
	if again := parseXML(t, []byte(twiml)).Children[0].Attrs[0].Value; again != action {
		t.Errorf("the next stream's action is %s, want %s", again, action)
	}
	if c := x.door.Counters(); c.Outbound != 1 || c.Webhooks != 1 {
		t.Errorf("%d calls, %d of them outbound, want 1 and 1", c.Webhooks, c.Outbound)
	}
}

// TestFullDoorTellsThoseWhoAreCalled: they hear what callers hear for whom there is no
// room, not an application error.
func TestFullDoorTellsThoseWhoAreCalled(t *testing.T) {
	x := openExchange(t, listen, func(c *Config) {
		twoLines(c)
		c.Limits.Calls = 1
		c.Refusal = Refusal{Kind: RefuseAsBusy}
	})
	x.greeted("CA1")
	status, twiml := x.post(x.callPath(calledNumber, nil), dialedForm("CA2"))
	if status != http.StatusOK || twiml != string(Refusal{Kind: RefuseAsBusy}.document(nil)) {
		t.Errorf("answer %d %s; want the busy tone", status, twiml)
	}
}

// TestLinesAreNotForged asks for a line with an address that was not made for the
// call, each time with a signature of Twilio's, as the account's own calls have it.
func TestLinesAreNotForged(t *testing.T) {
	x := openExchange(t, nothing, twoLines)
	good := x.callPath(calledNumber, nil)
	_, ticket, _ := strings.Cut(good, "=")
	other := "A"
	if ticket[20:21] == other {
		other = "B"
	}
	stream := x.door.sealer.seal(claims{accountSID: testAccount, line: "reminders", to: calledNumber, expires: time.Now().Add(time.Hour)})
	for _, test := range []struct {
		name, path string
		form       url.Values
	}{
		{"a number that it was not made for", good, dialedForm("CA1", "To", "+14155558888")},
		{"an incoming call", good, dialedForm("CA1", "Direction", "inbound")},
		{"a call that a call dials", good, dialedForm("CA1", "Direction", "outbound-dial")},
		{"a name in place of a ticket", "/twiml?dial=reminders", dialedForm("CA1")},
		{"a changed ticket", "/twiml?dial=" + ticket[:20] + other + ticket[21:], dialedForm("CA1")},
		{"a token of a stream", "/twiml?dial=" + stream, dialedForm("CA1")},
		{"a ticket of other secrets", x.callPath(calledNumber, func(c *Config) { c.TokenKey = bytes.Repeat([]byte("k"), 16) }), dialedForm("CA1")},
		{"a ticket of another account", x.callPath(calledNumber, func(c *Config) { c.AccountSID = "AC2" }), dialedForm("CA1")},
		{"a line that there is no more", x.oldLine(), dialedForm("CA1")},
		{"the same at resume", "/resume?dial=reminders", dialedForm("CA1")},
	} {
		status, twiml := x.post(test.path, test.form)
		want := hangUp(nil, "") // whom we called has dialled no wrong number
		if test.form.Get("Direction") != "outbound-api" {
			want = hangUp(nil, unknownText)
		}
		if status != http.StatusOK || twiml != string(want) {
			t.Errorf("%s: %d %s; want %s", test.name, status, twiml, want)
		}
	}
	if c := x.door.Counters(); c.RejectedCalls != 10 || c.Webhooks != 0 || c.Resumes != 0 {
		t.Errorf("%d calls refused, %d and %d taken; want 10, 0 and 0", c.RejectedCalls, c.Webhooks, c.Resumes)
	}
	if status, _ := x.request(http.MethodPost, good, dialedForm("CA1"), sign(testToken, x.base+"/twiml", dialedForm("CA1"))); status != http.StatusForbidden {
		t.Errorf("the signature of /twiml without its query: status %d, want 403", status)
	}
	// A stream's address is not opened by a ticket.
	address := "ws" + strings.TrimPrefix(x.base, "http") + "/stream/" + ticket
	if _, status := x.dial(address); status != http.StatusForbidden {
		t.Errorf("a stream with a ticket: status %d, want 403", status)
	}
}

// oldLine is the path of a call from a line that this door does not have.
func (x *exchange) oldLine() string {
	sealed := x.door.tickets.seal(claims{accountSID: testAccount, line: "old", to: calledNumber, expires: time.Now().Add(time.Hour)})
	return "/twiml?dial=" + sealed
}

func TestTicketsExpire(t *testing.T) {
	x := openExchange(t, nothing, twoLines)
	path := x.callPath(calledNumber, nil)
	began := time.Now()
	for _, test := range []struct {
		after time.Duration
		taken bool
	}{{47 * time.Hour, true}, {49 * time.Hour, false}} {
		x.door.now = func() time.Time { return began.Add(test.after) }
		_, twiml := x.post(path, dialedForm("CA1"))
		if taken := twiml != string(hangUp(nil, "")); taken != test.taken {
			t.Errorf("after %v the call is taken: %v, want %v", test.after, taken, test.taken)
		}
	}
}

// TestCallsPlacedByOthers has another program of the account place calls with our
// plain address.
func TestCallsPlacedByOthers(t *testing.T) {
	for _, test := range []struct {
		name string
		form url.Values
		want string // in the answer
	}{
		{"shows a line's number", dialedForm("CA1", "From", "+14155550101"), "We call to remind you."},
		{"shows another number", dialedForm("CA1", "From", "+14155558888"), "Hangup"},
		{"an incoming call from a line's number", dialedForm("CA1", "From", "+14155550101", "Direction", "inbound"), unknownText},
	} {
		x := openExchange(t, nothing, twoLines)
		if _, twiml := x.post("/twiml", test.form); !strings.Contains(twiml, test.want) {
			t.Errorf("%s: %s, want %q in it", test.name, twiml, test.want)
		}
	}
}

func TestMachines(t *testing.T) {
	for _, test := range []struct {
		answeredBy string
		talk       bool
		hungUp     bool
	}{
		{"", false, false},
		{"human", false, false},
		{"unknown", false, false},
		{"machine_start", false, true},
		{"machine_end_beep", false, true},
		{"fax", false, true},
		{"machine_start", true, false},
		{"machine_end_silence", true, false},
		{"fax", true, true},
		{"machine_of_the_future", false, false}, // only words that Twilio documents
	} {
		x := openExchange(t, nothing, func(c *Config) {
			twoLines(c)
			c.Lines[1].TalkToMachines = test.talk
		})
		_, twiml := x.post(x.callPath(calledNumber, nil), dialedForm("CA1", "AnsweredBy", test.answeredBy))
		machines := x.door.Counters().Machines
		if hungUp := twiml == string(hangUp(nil, "")); hungUp != test.hungUp || machines != countIf(test.hungUp) {
			t.Errorf("answered by %q, talks to machines %v: hung up %v and %d counted, want %v", test.answeredBy, test.talk, hungUp, machines, test.hungUp)
		}
	}
}

func TestStatusCallbacks(t *testing.T) {
	var log bytes.Buffer
	x := openExchange(t, nothing, func(c *Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	for i, status := range []string{"ringing", "in-progress", "completed", "completed", "busy", "no-answer", "failed", "canceled", "odd\nstatus"} {
		sid := fmt.Sprintf("CA%d", i)
		got, body := x.post("/status-callback", dialedForm(sid, "CallStatus", status, "CallDuration", "42", "AnsweredBy", "human\nx"))
		if got != http.StatusOK || !strings.Contains(body, "<Response></Response>") {
			t.Errorf("status %q: answer %d %s", status, got, body)
		}
	}
	c := x.door.Counters()
	if c.EndedCompleted != 2 || c.EndedBusy != 1 || c.EndedNoAnswer != 1 || c.EndedFailed != 1 || c.EndedCanceled != 1 {
		t.Errorf("counters %+v; want 2 completed and 1 of each other end", c)
	}
	if n := strings.Count(log.String(), "call over"); n != 6 || !strings.Contains(log.String(), "status=busy seconds=42 outbound=true") || strings.Contains(log.String(), "5559999") {
		t.Errorf("%d lines, want 6, and no number in\n%s", n, log.String())
	}
	x.post("/status-callback", dialedForm("CA2", "CallStatus", "completed")) // Twilio did not get the answer
	if again := x.door.Counters().EndedCompleted; again != c.EndedCompleted {
		t.Errorf("%d completed after a callback was repeated; want %d", again, c.EndedCompleted)
	}
	form := dialedForm("CA1", "CallStatus", "completed")
	if status, _ := x.request(http.MethodPost, "/status-callback", form, sign("other", x.base+"/status-callback", form)); status != http.StatusForbidden {
		t.Errorf("a forged status: %d, want 403", status)
	}
}

func TestOutboundConfigIsChecked(t *testing.T) {
	good := validConfig()
	good.AccountSID = testAccount
	for _, test := range []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"public URL", func(c *Config) { c.PublicURL = "" }, "public URL"},
		{"no token", func(c *Config) { c.AuthTokens = nil }, "no auth token"},
		{"no account", func(c *Config) { c.AccountSID = "" }, "account's SID is missing"},
		{"no line", func(c *Config) { c.Lines = nil }, "no line"},
	} {
		config := good
		test.change(&config)
		if _, err := NewOutbound(config); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %q in it", test.name, err, test.want)
		}
	}
	outbound, err := NewOutbound(good)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := outbound.CallURL("nobody", calledNumber); err == nil {
		t.Error("a call from a line that there is not got an address")
	}
	if got, want := outbound.StatusURL(), good.PublicURL+"/status-callback"; got != want {
		t.Errorf("status URL %s, want %s", got, want)
	}
}
