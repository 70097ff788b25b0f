package twiliosim

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

const connectTwiML = `<?xml version="1.0" encoding="UTF-8"?>
<Response>
  <Connect action="/resume"><Stream url="wss://voice.example.com/stream/abc"><Parameter name="token" value="abc"/></Stream></Connect>
  <Say>unreachable</Say>
</Response>`

// speaks greets for half a second, waits for the caller's key, says goodbye and
// closes the stream.
func speaks(p *peer) {
	p.until(event("start"))
	p.play(tone(25, 300))
	p.mark("greeting")
	p.until(marked("greeting"))
	p.until(event("dtmf"))
	p.play(tone(25, 300))
	p.mark("goodbye")
	p.until(marked("goodbye"))
}

func TestCallThroughAStream(t *testing.T) {
	var streamed *peer
	twiml := map[string]string{"/twiml": connectTwiML, "/resume": "<Response><Hangup/></Response>"}
	cfg := Config{
		From: "+15550100001", To: "+15550100002", Synthesize: buzz,
		Script: script(t, "wait", `say "two words"`, "press 5", "expect-end"),
	}
	inBubble(t, func(t *testing.T) *gateway {
		return newGateway(t, twiml, func(p *peer) { streamed = p; speaks(p) })
	}, cfg, func(t *testing.T, g *gateway, r *Record) {
		if !r.OK() || r.Reason != EndFar {
			t.Errorf("the call ended with %q, %q: %s", r.Result, r.Reason, r.Text)
		}
		if diff := cmp.Diff([]string{"POST /twiml", "GET /stream/abc", "POST /resume"}, g.paths()); diff != "" {
			t.Errorf("requests (-want +got):\n%s", diff)
		}
		want := []string{
			"call", "twiml", "verb Connect", "stream Connect opened",
			"heard_start stream", "mark heard greeting", "heard_end stream",
			"speech_start two words", "speech_end two words", "press 5",
			"heard_start stream", "mark heard goodbye", "heard_end stream",
			"stream Connect closed", "twiml", "verb Hangup", "end the other side hung up",
		}
		got := events(r, "call", "twiml", "verb", "stream", "heard_start", "heard_end", "mark", "speech_start", "speech_end", "press", "fault", "end")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
		if n := len(streamed.caller()) / 160; n < 25+30+10+25 {
			t.Errorf("the application received %d frames", n)
		}
	})
}
