package twilio

import (
	"fmt"
	"testing"
	"time"

	"lexline/internal/call"
)

func newTestStream() *stream {
	return &stream{cancel: func(error) {}, done: make(chan struct{})}
}

// answers returns a function that makes numbered answers, as greet wants it.
func answers(expires time.Time) func() ([]byte, time.Time) {
	n := 0
	return func() ([]byte, time.Time) {
		n++
		return []byte{'0' + byte(n)}, expires
	}
}

func TestRepeatedWebhookGetsTheSameAnswer(t *testing.T) {
	table, now := newCallTable(10), testTime
	write := answers(now.Add(time.Minute))
	if got := string(table.greet("CA1", now, write)); got != "1" {
		t.Fatalf("first answer = %q, want 1", got)
	}
	if got := string(table.greet("CA1", now.Add(time.Second), write)); got != "1" {
		t.Errorf("answer to the repeated webhook = %q, want the same one", got)
	}
	if got := string(table.greet("CA1", now.Add(time.Hour), write)); got != "2" {
		t.Errorf("answer after the first token has expired = %q, want a new one", got)
	}
	table.opened("CA1", now)
	if got := table.greet("CA1", now, write); got != nil {
		t.Errorf("answer for a call whose stream has opened = %q, want none", got)
	}
}

func TestCallTableResume(t *testing.T) {
	ended := func(result call.Result, reason call.Reason) func(*callTable) {
		return func(table *callTable) {
			s := newTestStream()
			table.opened("CA1", testTime)
			table.attach(claims{callSID: "CA1"}, s, testTime)
			table.detach("CA1", s, call.Termination{Result: result, Reason: reason}, testTime)
		}
	}
	for _, test := range []struct {
		name    string
		history func(*callTable)
		want    nextStep
	}{
		{"not known: another instance may have lost it", func(*callTable) {}, reconnectCall},
		{"greeted, stream never opened", func(c *callTable) { c.greet("CA1", testTime, answers(testTime)) }, reconnectCall},
		{"stream opened, never started", func(c *callTable) { c.opened("CA1", testTime) }, reconnectCall},
		{"still live", func(c *callTable) { c.attach(claims{callSID: "CA1"}, newTestStream(), testTime) }, reconnectCall},
		{"bot closed", ended(call.Success, call.BotClosed), leaveCall},
		{"caller left", ended(call.CallerEnded, call.CallerLeft), leaveCall},
		{"bot failed for good", ended(call.UpstreamFault, call.BotFailed), leaveCall},
		{"stream lost", ended(call.PeerFault, call.LegLost), reconnectCall},
		{"protocol broken", ended(call.PeerFault, call.BadPeer), reconnectCall},
		{"shut down", ended(call.ServerFault, call.Shutdown), reconnectCall},
		{"panicked", ended(call.ServerFault, call.Panicked), reconnectCall},
		{"nothing said", ended("", ""), reconnectCall},
		{"caller hung up between streams", func(c *callTable) { c.hungUp("CA1", testTime) }, leaveCall},
	} {
		t.Run(test.name, func(t *testing.T) {
			table := newCallTable(10)
			test.history(table)
			if got, _ := table.resume("CA1", testTime); got != test.want {
				t.Errorf("resume = %v, want %v", got, test.want)
			}
			if answer := table.greet("CA1", testTime, answers(testTime)); answer != nil {
				t.Errorf("after resume a webhook sent again got the answer %q, want none", answer)
			}
		})
	}
}

func TestResumeDoesNotCircle(t *testing.T) {
	table, now := newCallTable(10), testTime
	for i := range maxResumes {
		if got, _ := table.resume("CA1", now); got != reconnectCall {
			t.Fatalf("resume %d = %v, want a reconnection", i+1, got)
		}
		now = now.Add(time.Second)
	}
	if got, _ := table.resume("CA1", now); got != giveUpCall {
		t.Errorf("resume after %d in %v = %v, want to give up", maxResumes, resumeWindow, got)
	}
	if got, _ := table.resume("CA1", now); got != leaveCall {
		t.Errorf("resume after giving up = %v, want to hang up", got)
	}

	slow := newCallTable(10)
	for i := range 10 {
		if got, _ := slow.resume("CA1", now); got != reconnectCall {
			t.Fatalf("resume %d, %v apart = %v, want a reconnection", i+1, resumeWindow/maxResumes, got)
		}
		now = now.Add(resumeWindow / maxResumes)
	}
}

func TestReplacedStreamSaysNothingAboutTheCall(t *testing.T) {
	table := newCallTable(10)
	first, second := newTestStream(), newTestStream()
	if got := table.attach(claims{callSID: "CA1"}, first, testTime); got != nil {
		t.Fatalf("first attach replaced %v", got)
	}
	if got := table.attach(claims{callSID: "CA1"}, second, testTime); got != first {
		t.Fatalf("second attach replaced %v, want the first stream", got)
	}
	table.detach("CA1", first, call.Termination{Result: call.Success, Reason: call.BotClosed}, testTime)
	if live := table.liveStream("CA1"); live != second {
		t.Errorf("live stream = %v, want the second one", live)
	}
	select {
	case <-first.done:
	default:
		t.Error("the first stream is not done")
	}
	if got, _ := table.resume("CA1", testTime); got != reconnectCall {
		t.Errorf("resume = %v, want a reconnection: the call is not over", got)
	}
}

func TestCallTableForgets(t *testing.T) {
	const limit = 50
	table, now := newCallTable(limit), testTime
	live := newTestStream()
	table.attach(claims{callSID: "CAlive"}, live, now)
	for i := range 10 * limit {
		table.greet(fmt.Sprint("CA", i), now, answers(now.Add(time.Minute)))
		if n := len(table.calls); n > limit {
			t.Fatalf("%d calls are remembered, the limit is %d", n, limit)
		}
	}
	now = now.Add(callMemory + 2*time.Second)
	table.greet("CAlast", now, answers(now.Add(time.Minute)))
	if n := len(table.calls); n != 2 {
		t.Errorf("%d calls are remembered after %v, want the live and the last one", n, callMemory)
	}
	if table.liveStream("CAlive") != live {
		t.Error("the live call was forgotten")
	}
}
