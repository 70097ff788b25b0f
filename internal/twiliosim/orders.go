package twiliosim

import (
	"context"
	"maps"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"lexline/internal/audio"
)

const (
	speakTimeout = 30 * time.Second // for the words of one Say
	digitSound   = 200 * time.Millisecond
	digitPause   = 500 * time.Millisecond // of the w in <Play digits>
)

// obey does what the carrier wants. Tasks run beside the call and come back
// through the inbox.
func (c *call) obey(orders []order) {
	for _, o := range orders {
		if c.ended {
			return
		}
		switch o.do {
		case began:
			c.tellVerb(o.verb)
		case report:
			c.blame(o.fault)
		case failOver:
			c.tell(Event{Event: "failover", Code: o.fault.Code, Text: o.fault.Text, URL: o.url})
		case answer:
			c.pickUp()
		case fetch:
			c.fetch(o)
		case speak:
			c.speak(o.verb)
		case load:
			c.load(o.url)
		case dial:
			c.ready(digitTones(o.verb.digits), nil)
		case sound:
			c.sound(o.verb, o.length)
		case connect, start:
			c.openStream(o.verb.stream, o.url, o.do == connect)
		case stop:
			c.stopStream(o.verb.stream.name)
		case ring:
			c.ring(o.verb)
		case gather:
			c.gather(o.verb)
		case listen:
			c.collector.listen(c.frame)
		case hangUp:
			if o.end == EndRejected {
				c.state.rejected = o.verb.reason
			}
			c.hangUp(o.end, farEnd[o.end])
		}
	}
}

var farEnd = map[string]string{
	EndFar:        "the other side hung up",
	EndRejected:   "the other side rejected the call",
	EndDocument:   "an application error has occurred",
	EndStreamLost: "the websocket broke, and the carrier hung up",
}

func (c *call) tellVerb(v *verb) {
	e := Event{Event: "verb", Verb: v.name}
	switch v.name {
	case "Say":
		return // told when it is heard
	case "Play", "Redirect":
		e.URL, e.Key = v.text, v.digits
	case "Dial", "Enqueue", "Gather":
		e.URL = v.action
	case "Pause":
		e.TookMS = v.length.Milliseconds()
	case "Reject":
		e.Reason = v.reason
	case "Connect", "Start", "Stop":
		e.URL, e.Name = v.stream.url, v.stream.name
	}
	c.tell(e)
}

// task runs work beside the call and hands in what it returns. The carrier is
// busy until then.
func (c *call) task(work func(ctx context.Context) arrival) {
	c.busy = true
	epoch, ctx := c.epoch, c.tasks
	c.work.Go(func() {
		result := work(ctx)
		c.deliver(func(c *call) {
			if c.epoch != epoch {
				return // the carrier was told to do something else meanwhile
			}
			c.busy = false
			result(c)
		})
	})
}

// interrupt ends what the carrier does for the caller, whatever it is. One-way
// streams go on.
func (c *call) interrupt() {
	c.dropTask()
	c.collector = nil
	c.leaveBridge()
	if s := c.talking; s != nil {
		c.endStream(s)
		c.forget(s)
	}
}

// dropTask ends the carrier's task, unless it is a stream or a bridge: its answer
// comes to nothing.
func (c *call) dropTask() {
	c.dropTasks()
	c.tasks, c.dropTasks = context.WithCancel(c.alive)
	c.epoch++
	c.busy, c.sounding, c.prepared = false, nil, nil
	c.tellHeardEnd(c.hearing.end())
}

// deliver hands something to the goroutine of the call. It reports false when the
// call is over. Any goroutine but the call's own may use it.
func (c *call) deliver(a arrival) bool {
	select {
	case c.inbox <- a:
		return true
	case <-c.over:
		return false
	}
}

// fetch asks for a document.
func (c *call) fetch(o order) {
	c.asked = time.Now()
	form, token := c.form(), newSID("", c.ids)
	maps.Copy(form, o.form)
	c.task(func(ctx context.Context) arrival {
		verbs, flt := c.web.document(ctx, o.method, o.url, token, form)
		return func(c *call) {
			if flt == nil {
				c.tell(Event{Event: "twiml", URL: o.url, Verbs: verbNames(verbs), TookMS: time.Since(c.asked).Milliseconds()})
			}
			c.obey(c.carrier.document(time.Since(c.start), verbs, flt))
		}
	})
}

func verbNames(verbs []verb) []string {
	names := make([]string, len(verbs))
	for i := range verbs {
		names[i] = verbs[i].name
	}
	return names
}

// form is what Twilio sends with each request about the call.
func (c *call) form() url.Values {
	form := callForm(c.cfg.Account, c.sid, c.direction, c.from, c.to, c.state.status)
	if by := c.state.answeredBy; by != "" {
		form.Set("AnsweredBy", by)
	}
	return form
}

// callForm is what Twilio sends with each request about a call
// (https://www.twilio.com/docs/voice/twiml#request-parameters).
func callForm(account, sid, direction, from, to, status string) url.Values {
	form := url.Values{
		"CallSid": {sid}, "AccountSid": {account}, "ApiVersion": {apiVersion},
		"Direction": {direction}, "CallStatus": {status},
		"From": {from}, "Caller": {from}, "To": {to}, "Called": {to},
	}
	for _, party := range []string{"From", "Caller", "To", "Called"} {
		country := ""
		if strings.HasPrefix(form.Get(party), "+1") {
			country = "US"
		}
		form.Set(party+"Country", country)
		for _, part := range []string{"City", "State", "Zip"} {
			form.Set(party+part, "") // sent, and signed, though empty
		}
	}
	return form
}

// pickUp takes note that the call was answered.
func (c *call) pickUp() {
	c.state.answer(c.position(), time.Now())
	c.announce("answered")
}

// load gets the sound file of a Play.
func (c *call) load(address string) {
	c.task(func(ctx context.Context) arrival {
		clip, flt := c.web.sound(ctx, address)
		return func(c *call) { c.ready(clip.MuLaw(), flt) }
	})
}

// speak makes the words of a Say. Without a synthesizer, or when it fails, a hum
// takes their time: that is no fault of the application.
func (c *call) speak(v *verb) {
	if c.cfg.Synthesize == nil {
		c.ready(humFor(v.text), nil)
		return
	}
	c.task(func(ctx context.Context) arrival {
		ctx, cancel := context.WithTimeout(ctx, speakTimeout)
		defer cancel()
		clip, err := c.cfg.Synthesize(ctx, "", v.text)
		if err != nil {
			return func(c *call) { c.ready(humFor(v.text), nil) }
		}
		return func(c *call) { c.ready(clip.MuLaw(), nil) }
	})
}

// humFor returns a soft hum of about the length that text takes when spoken, 15
// characters a second. It is heard as sound, so that a caller who waits for the
// other side to have spoken does not wait in vain.
func humFor(text string) []byte {
	length := time.Duration(utf8.RuneCountInString(text)+5) * time.Second / 15
	return audio.EncodeMuLaw(nil, audio.Tone(audio.SampleRate, length, 0.03, 180, 240))
}

// ready keeps the sound of the Say or Play under way.
func (c *call) ready(mulaw []byte, flt *Fault) {
	c.prepared = mulaw
	c.obey(c.carrier.ready(flt))
}

// sound begins to play a Say or Play, once, or a Pause.
func (c *call) sound(v *verb, length time.Duration) {
	s := &sounding{source: strings.ToLower(v.name), left: frames(length)}
	if length == 0 {
		s.mulaw = c.prepared
		s.left = (len(s.mulaw) + audio.FrameSamples - 1) / audio.FrameSamples
	}
	c.sounding = s
	if v.name == "Say" {
		c.tell(Event{Event: "say", Text: v.text})
	}
}

// digitTones makes the sound of <Play digits>.
func digitTones(digits string) []byte {
	var pcm []int16
	for _, key := range []byte(strings.ToUpper(digits)) {
		tone := audio.DTMF(audio.SampleRate, key, digitSound)
		if tone == nil { // w, and whatever is no key
			tone = make([]int16, digitPause*audio.SampleRate/time.Second)
		}
		pcm = append(pcm, tone...)
		pcm = append(pcm, make([]int16, digitSound*audio.SampleRate/time.Second)...)
	}
	return audio.EncodeMuLaw(nil, pcm)
}
