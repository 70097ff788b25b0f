package twiliosim

import (
	"net/url"
	"strings"
	"time"

	"lexline/internal/audio"
)

// collector collects what a Gather asks for. It is a state machine clocked by frames
// of the call.
type collector struct {
	gather   *gatherNoun
	digits   string
	words    []string
	speaking bool // the caller is
	finish   string
	since    int  // frame that the caller's time began with; never while prompts are heard
	done     bool // nothing more is waited for
}

// gathered is what a Gather collected.
type gathered struct {
	digits, words string
	finish        string // key that ended it; empty for none
}

func newCollector(g *gatherNoun) *collector { return &collector{gather: g, since: never} }

// listen says that the prompts are over: the caller's time runs.
func (g *collector) listen(now int) {
	if g.since == never {
		g.since = now
	}
}

// pressed takes a key.
func (g *collector) pressed(key string, now int) {
	switch {
	case !g.gather.keys || g.done || !strings.Contains("0123456789*#", key):
		return
	case key == g.gather.finishOnKey:
		g.done, g.finish = true, key
		return
	}
	g.digits += key
	g.done = len(g.digits) == g.gather.numDigits
	if g.since != never {
		g.since = now
	}
}

// speaks says that the caller begins to speak.
func (g *collector) speaks() { g.speaking = g.gather.speech }

// spoke takes what the caller has said.
func (g *collector) spoke(words string, now int) {
	if !g.speaking {
		return
	}
	g.speaking = false
	if words == "" {
		words = "(a recording)" // whose words nobody knows
	}
	g.words = append(g.words, words)
	g.since = now
}

// over reports whether the collecting has ended by frame now.
func (g *collector) over(now int) bool {
	timeout := g.gather.timeout
	if len(g.words) > 0 {
		timeout = g.gather.speechTimeout
	}
	isLate := g.since != never && !g.speaking && time.Duration(now-g.since)*audio.FrameDuration >= timeout
	return g.done || isLate
}

// result is what was collected.
func (g *collector) result() gathered {
	return gathered{digits: g.digits, words: strings.Join(g.words, " "), finish: g.finish}
}

// form is what the action of a Gather is sent. Keys win over words, as with Twilio.
func (r gathered) form() url.Values {
	if r.digits == "" && r.words != "" {
		return url.Values{"SpeechResult": {r.words}, "Confidence": {"0.9"}}
	}
	form := url.Values{"Digits": {r.digits}}
	if r.finish != "" {
		form.Set("FinishedOnKey", r.finish)
	}
	return form
}
