package twiliosim

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"lexline/internal/audio"
)

// What a caller hears while somebody's telephone rings: two tones for two seconds of
// every six, as in North America; and a human who has answered: half a second of hum.
var (
	ringback   = audio.EncodeMuLaw(nil, audio.Tone(audio.SampleRate, 2*time.Second, 0.05, 440, 480))
	humanHello = audio.EncodeMuLaw(nil, audio.Tone(audio.SampleRate, 500*time.Millisecond, 0.1, 150, 300))
)

const ringFrames = 300 // from one ring to the next: six seconds

// sound fills ear with what the caller hears in frame now, and returns whom it is from.
func (b *bridge) sound(now int, ear []byte) (source string) {
	source, mulaw, at := "ringing", ringback, (now-b.begun)%ringFrames
	if b.connected() {
		source, mulaw, at = "human", humanHello, now-b.since
	}
	n := 0
	if from := at * audio.FrameSamples; from < len(mulaw) {
		n = copy(ear, mulaw[from:])
	}
	silence(ear[n:])
	return source
}

// ring begins to call the parties of a Dial or Enqueue.
func (c *call) ring(v *verb) {
	c.bridge = newBridge(v, c.frame, c.cfg.party, func() string { return newSID("CA", c.ids) })
	for i := range c.bridge.legs {
		l := &c.bridge.legs[i]
		if l.noun.callback == "" {
			continue
		}
		address, flt := c.carrier.resolve(v.name, l.noun.callback)
		if flt != nil {
			c.blame(flt)
			continue
		}
		l.told = subscription{url: address.String(), method: l.noun.callbackMethod, events: l.noun.callbackEvents}
	}
}

// crossed does what has happened on the bridge.
func (c *call) crossed(turns []turn) {
	for _, t := range turns {
		switch t.kind {
		case legRings:
			c.tellLeg(t.leg, "ringing")
			c.announceLeg(t.leg, "initiated")
			c.announceLeg(t.leg, "ringing")
		case legAnswers:
			t.leg.up = c.frame
			c.tellLeg(t.leg, "answered")
			c.announceLeg(t.leg, "answered")
		case legOut:
			c.tellLeg(t.leg, progressNames[t.leg.at])
			c.announceLeg(t.leg, "completed")
		case legWhisper:
			c.whisper(t.leg)
		case bridged:
			c.tell(Event{Event: "connected", Leg: t.leg.sid, To: t.leg.noun.target})
			c.obey(c.carrier.bridged())
		case callerLeaves:
			c.hangUp(EndTalked, "the caller had talked with "+t.leg.noun.target+" and hung up")
		case bridgeOver:
			c.leaveBridge()
			c.obey(c.carrier.dialOver(t.result))
		}
	}
}

func (c *call) tellLeg(l *leg, state string) {
	c.tell(Event{
		Event: "dial", Leg: l.sid, Name: l.noun.kind, To: l.noun.target, From: c.callerID(), State: state, Params: l.noun.parameters,
	})
}

// callerID is the number that parties see.
func (c *call) callerID() string {
	if id := c.bridge.verb.callerID; id != "" {
		return id
	}
	return c.from
}

// leaveBridge ends the bridge under way, if there is one.
func (c *call) leaveBridge() {
	b := c.bridge
	if b == nil {
		return
	}
	if b.since != never {
		length := time.Duration(c.frame-b.since) * audio.FrameDuration
		c.tell(Event{Event: "disconnected", Leg: b.up.sid, To: b.up.noun.target, TookMS: length.Milliseconds()})
	}
	for i := range b.legs {
		l := &b.legs[i]
		switch l.at {
		case rings:
			l.at = canceled
		case answered:
			l.at = finished
		default:
			continue
		}
		c.announceLeg(l, "completed")
	}
	c.bridge = nil
	c.tellHeardEnd(c.hearing.end())
}

// whisper gets what the human is to hear before they are connected, and has them hear it.
func (c *call) whisper(l *leg) {
	address, flt := c.carrier.resolve("Dial", l.noun.url)
	if flt != nil {
		c.whispered(nil, flt)
		return
	}
	form := c.legForm(l)
	token := newSID("", c.ids)
	c.task(func(ctx context.Context) arrival {
		verbs, flt := c.web.document(ctx, l.noun.method, address.String(), token, form)
		return func(c *call) { c.whispered(verbs, flt) }
	})
}

// legForm is what Twilio sends with each request about the call to a party.
func (c *call) legForm(l *leg) url.Values {
	form := callForm(c.cfg.Account, l.sid, "outbound-dial", c.callerID(), l.noun.target, progressNames[l.at])
	form.Set("ParentCallSid", c.sid)
	return form
}

// whispered performs what is for the human alone.
func (c *call) whispered(verbs []verb, flt *Fault) {
	length := time.Duration(0)
	ok := flt == nil
	for i := 0; ok && i < len(verbs); i++ {
		switch v := &verbs[i]; v.name {
		case "Say":
			length += duration(len(humFor(v.text)))
			c.tell(Event{Event: "whisper", Leg: c.bridge.up.sid, Text: v.text})
		case "Play":
			c.tell(Event{Event: "whisper", Leg: c.bridge.up.sid, URL: v.text})
		case "Pause":
			length += v.length
		case "Dial":
			flt, ok = fault(codeDialInDial, "<Dial> within what a human hears before they are connected"), false
		case "Hangup":
			ok = false
		default:
			flt, ok = fault(0, "the simulated carrier does not perform <%s> before a human is connected", v.name), false
		}
	}
	if flt != nil {
		c.blame(flt)
	}
	c.crossed(c.bridge.told(frames(length), ok))
}

// form is what the action of a Dial, or of an Enqueue, is sent about it.
func (r dialResult) form(verb string) url.Values {
	if verb == "Enqueue" {
		return url.Values{"QueueResult": {queueResults[r.status]}, "QueueSid": {"QU" + strings.TrimPrefix(r.sid, "CA")}, "QueueTime": {"0"}}
	}
	form := url.Values{"DialCallStatus": {r.status}, "DialCallSid": {r.sid}, "DialBridged": {strconv.FormatBool(r.bridged)}}
	if r.bridged {
		form.Set("DialCallDuration", strconv.Itoa(wholeSecondsOf(r.duration)))
	}
	return form
}

// queueResults are the words of Enqueue for what became of the call
// (https://www.twilio.com/docs/voice/twiml/enqueue).
var queueResults = map[string]string{"completed": "bridged", "busy": "queue-full", "failed": "error", "no-answer": "leave"}
