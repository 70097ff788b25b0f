package twilio

import (
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRefusal(t *testing.T) {
	line := &preparedLine{Line: Line{Voice: "Polly.Amy", Language: "en-GB"}}
	for _, test := range []struct {
		name    string
		refusal Refusal
		want    string
	}{
		{"nothing said", Refusal{}, `<Say voice="Polly.Amy" language="en-GB">` + busyText + `</Say><Hangup></Hangup>`},
		{"words of one's own", Refusal{Text: "Later & <bye>"}, `<Say voice="Polly.Amy" language="en-GB">Later &amp; &lt;bye&gt;</Say><Hangup></Hangup>`},
		{"busy tone", Refusal{Kind: RefuseAsBusy, Text: "not said"}, `<Reject reason="busy"></Reject>`},
		{"another number", Refusal{Kind: RefuseByDial, Number: "+14155550199"}, `<Dial timeout="30"><Number>+14155550199</Number></Dial><Hangup></Hangup>`},
		{
			"another number, in our name",
			Refusal{Kind: RefuseByDial, Number: "+14155550199", CallerID: "+14155550100", Text: "One moment."},
			`<Say voice="Polly.Amy" language="en-GB">One moment.</Say><Dial callerId="+14155550100" timeout="30"><Number>+14155550199</Number></Dial><Hangup></Hangup>`,
		},
	} {
		if err := test.refusal.Check(); err != nil {
			t.Errorf("%s: Check = %v", test.name, err)
		}
		want := `<?xml version="1.0" encoding="UTF-8"?><Response>` + test.want + `</Response>`
		if diff := cmp.Diff(want, string(test.refusal.document(line))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestWrongRefusal(t *testing.T) {
	for want, refusal := range map[string]Refusal{
		"no number to dial":   {Kind: RefuseByDial},
		"4155550199":          {Kind: RefuseByDial, Number: "4155550199"},
		"+1 415":              {Kind: RefuseByDial, Number: "+1 415 555 0199"},
		"+04155550199":        {Kind: RefuseByDial, Number: "+04155550199"},
		"caller id":           {Kind: RefuseByDial, Number: "+14155550199", CallerID: "us"},
		"no kind 9":           {Kind: 9},
		"says at most 4096":   {Text: strings.Repeat("x", maxSay+1)},
		"+141555501991234567": {Kind: RefuseByDial, Number: "+141555501991234567"},
	} {
		if err := refusal.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Check of %.80v = %v, want an error with %q", refusal, err, want)
		}
	}
}

// TestFullDoor has every call refused the same way, at no cost, while those that
// talk go on and one comes back.
func TestFullDoor(t *testing.T) {
	x := openExchange(t, listen, func(c *Config) {
		c.Limits.Calls = 1
		c.Refusal = Refusal{Kind: RefuseAsBusy}
	})
	p := x.started(x.greeted("CA1"), "CA1")
	if why, ok := x.door.Welcome(); ok || !strings.Contains(why, "full") {
		t.Errorf("Welcome of a full door = %q, %t; want it full", why, ok)
	}
	for range 3 {
		if status, twiml := x.post("/twiml", callForm("CA2")); status != http.StatusOK || twiml != string(Refusal{Kind: RefuseAsBusy}.document(nil)) {
			t.Errorf("POST /twiml = %d %s, want the busy tone", status, twiml)
		}
	}
	_, twiml := x.post("/resume", callForm("CA3"))
	back := x.started(streamURL(t, twiml), "CA3")
	back.say(stopText)
	back.end()
	p.say(stopText)
	p.end()
	for x.door.Counters().LiveStreams > 0 {
		runtime.Gosched()
	}
	if c := x.door.Counters(); c.Busy != 3 || c.RejectedCalls != 3 {
		t.Errorf("%d refused for lack of room, %d in all; want 3", c.Busy, c.RejectedCalls)
	}
	if why, ok := x.door.Welcome(); !ok {
		t.Errorf("Welcome of an empty door = %q", why)
	}
	x.greeted("CA4")
}

// TestCallerWhoLeavesTheGreeting: of them only the status callback tells, and then
// their place is free.
func TestCallerWhoLeavesTheGreeting(t *testing.T) {
	x := openExchange(t, listen, func(c *Config) { c.Limits.Calls = 1 })
	x.greeted("CA1")
	if left := x.door.Left(); left != 1 {
		t.Errorf("%d calls are left; want the one that is greeted", left)
	}
	x.post("/status-callback", inProgress("CA1", "CallStatus", "completed"))
	if left := x.door.Left(); left != 0 {
		t.Errorf("%d calls are left after the caller has hung up; want none", left)
	}
	x.greeted("CA2")
}

func TestOverloadedDoor(t *testing.T) {
	why := "memory"
	x := openExchange(t, listen, func(c *Config) { c.Overload = func() string { return why } })
	if _, twiml := x.post("/twiml", callForm("CA1")); twiml != string(hangUp(nil, busyText)) {
		t.Errorf("POST /twiml = %s, want the busy text", twiml)
	}
	if got, ok := x.door.Welcome(); ok || got != why {
		t.Errorf("Welcome = %q, %t; want %q", got, ok, why)
	}
	why = ""
	x.greeted("CA1")
}

// TestRefusalTakesNoWork: a document per call would be work just when there is none
// to spare.
func TestRefusalTakesNoWork(t *testing.T) {
	config := validConfig()
	config.Limits.Calls = 1
	door, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	defer door.Close()
	line := door.plan.Load().lines.find("+14155550100")
	door.admit("CA1", 0, testTime)
	door.busy.last = testTime // a line was logged in this second
	if n := testing.AllocsPerRun(100, func() {
		if _, refused := door.refuseCall("CA2", line, testTime); !refused {
			t.Fatal("let in")
		}
	}); n > 0 {
		t.Errorf("a refusal allocates %v times, want none", n)
	}
}
