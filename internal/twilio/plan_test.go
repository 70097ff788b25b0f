package twilio

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"lexline/internal/call"
)

// planConfig is a configuration to be reloaded, whose door hands all calls over to its desk.
func planConfig(word string) Config {
	return Config{
		Lines: []Line{{
			Name: "flowers", Numbers: []string{"+14155550100"}, Greeting: "Good " + word + ".", Resuming: "Still " + word + ".",
		}},
		Targets: []Target{{Name: "desk", Kind: TargetNumber, Address: "+14155550199", Say: "To the " + word + " desk.", Unanswered: Unanswered{Bot: true, Say: "No " + word + " desk."}}},
		Serve:   handOverTo("desk", call.KeyedForPerson),
	}
}

// TestReloadKeepsWhatCallsBeganWith has a call begin before a reload, and one behind it.
func TestReloadKeepsWhatCallsBeganWith(t *testing.T) {
	first := planConfig("morning")
	began, over := make(chan string, 2), make(chan struct{})
	first.Serve = func(ctx context.Context, leg call.Leg, info call.Info) call.Termination {
		began <- "morning"
		<-over
		return handOverTo("desk", call.KeyedForPerson)(ctx, leg, info)
	}
	x := openExchange(t, first.Serve, func(c *Config) { c.Lines, c.Targets = first.Lines, first.Targets })
	old := x.started(x.greeted("CA1"), "CA1")
	<-began
	_, greeting := x.post("/twiml", callForm("CA2")) // this one is greeted before the reload, and its stream opens behind it

	next := planConfig("evening")
	next.Targets[0].Name, next.Targets[0].Unanswered = "help", Unanswered{}
	next.Serve = func(ctx context.Context, leg call.Leg, info call.Info) call.Termination {
		began <- "evening"
		return handOverTo("help", call.KeyedForPerson)(ctx, leg, info)
	}
	if err := x.door.Reload(next); err != nil {
		t.Fatal(err)
	}
	if _, again := x.post("/twiml", callForm("CA2")); again != greeting || !strings.Contains(again, "Good morning.") {
		t.Errorf("the webhook asked again is answered with %s; want the greeting that was told", again)
	}
	x.started(streamURL(t, greeting), "CA2")
	if got := <-began; got != "morning" {
		t.Errorf("a call that was greeted before the reload runs as in the %s", got)
	}
	close(over)
	old.end()
	_, handed := x.post("/resume", inProgress("CA1"))
	if !strings.Contains(handed, "To the morning desk.") || !strings.Contains(handed, "+14155550199") {
		t.Errorf("the old call is handed over by %s; want its own target", handed)
	}
	_, back := x.post(x.linkIn(handed, "/dialled/"), inProgress("CA1", "DialCallStatus", "busy"))
	if !strings.Contains(back, "No morning desk.") || streamURL(t, back) == "" {
		t.Errorf("the desk is busy, and the old call goes on by %s; want what its target says", back)
	}

	_, welcome := x.post("/twiml", callForm("CA3"))
	if !strings.Contains(welcome, "Good evening.") {
		t.Errorf("a new call is greeted by %s", welcome)
	}
	x.started(streamURL(t, welcome), "CA3").end()
	if got := <-began; got != "evening" {
		t.Errorf("a new call runs as in the %s", got)
	}
	if _, handed := x.post("/resume", inProgress("CA3")); !strings.Contains(handed, "To the evening desk.") {
		t.Errorf("the new call is handed over by %s", handed)
	}
}

// TestReloadChangesTheLimit lowers and raises how many calls there may be.
func TestReloadChangesTheLimit(t *testing.T) {
	x := openExchange(t, planConfig("day").Serve, nil)
	reload := func(calls int, refusal Refusal) {
		t.Helper()
		config := planConfig("day")
		config.Limits.Calls, config.Refusal = calls, refusal
		if err := x.door.Reload(config); err != nil {
			t.Fatal(err)
		}
	}
	reload(1, Refusal{Text: "All desks are busy."})
	x.greeted("CA1")
	if _, refused := x.post("/twiml", callForm("CA2")); !strings.Contains(refused, "All desks are busy.") {
		t.Errorf("the second call is answered with %s; want the refusal", refused)
	}
	if why, ok := x.door.Welcome(); ok || why != "full: limits.calls is 1" {
		t.Errorf("Welcome = %q, %t; want it full", why, ok)
	}
	reload(2, Refusal{Kind: RefuseAsBusy})
	x.greeted("CA2")
	if _, refused := x.post("/twiml", callForm("CA3")); !strings.Contains(refused, "<Reject") {
		t.Errorf("the third call is answered with %s; want the busy tone", refused)
	}
	// The last call's place is free again once nobody is greeted.
	x.door.now = func() time.Time { return time.Now().Add(time.Hour) }
	if _, ok := x.door.Welcome(); !ok {
		t.Error("nobody is here, and new calls are not welcome")
	}
}

// TestReloadRefuses has reloads that cannot be taken: nothing changes.
func TestReloadRefuses(t *testing.T) {
	x := openExchange(t, planConfig("day").Serve, nil)
	for name, change := range map[string]func(c *Config){
		"no line":      func(c *Config) { c.Lines = nil },
		"line twice":   func(c *Config) { c.Lines = append(c.Lines, c.Lines[0]) },
		"no target":    func(c *Config) { c.Targets[0].Unanswered = Unanswered{Next: "nobody"} },
		"no refusal":   func(c *Config) { c.Refusal = Refusal{Kind: RefuseByDial, Number: "nobody"} },
		"no limit":     func(c *Config) { c.Limits.Calls = -1 },
		"no updater":   func(c *Config) { c.Lines[0].Update = true },
		"bad template": func(c *Config) { c.Lines[0].Greeting, c.Lines[0].TwiML = "", "<Response/>" },
	} {
		config := planConfig("night")
		change(&config)
		if err := x.door.Reload(config); err == nil || !strings.HasPrefix(err.Error(), "twilio door: ") {
			t.Errorf("%s: Reload = %v; want an error", name, err)
		}
	}
	if status, twiml := x.post("/twiml", callForm("CA1")); status != http.StatusOK || !strings.Contains(twiml, "Welcome.") {
		t.Errorf("POST /twiml = %d %s; want the first greeting", status, twiml)
	}
}
