package twiliosim

import (
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Reasons why a call ended: End of its record and of the event end.
const (
	EndScript      = "script"       // the caller came to the end of the script and hung up
	EndFar         = "far_end"      // the TwiML hung up, or came to its end
	EndRejected    = "rejected"     // the TwiML rejected the call
	EndDocument    = "bad_document" // a webhook or its TwiML was at fault
	EndScriptFail  = "script_fail"  // what the script waits for did not happen
	EndStreamLost  = "stream_lost"  // the websocket broke, and the carrier was set to hang up then
	EndTalked      = "talked"       // the caller hung up on the human that they were connected with
	EndUpdated     = "updated"      // the application ended the call by its Calls resource
	EndNotReached  = "not_reached"  // whom the application called was busy, did not answer or could not be reached
	EndTimeLimit   = "time_limit"   // the call was as long as the application allowed it to be
	EndTimeout     = "timeout"      // the call took longer than Config.Timeout
	EndInterrupted = "interrupted"  // the context of the call was cancelled
)

// The loop guard: an application that sends the call from document to document
// without any of them taking time would keep both sides busy for ever.
const (
	loopDocuments = 20
	loopWindow    = 10 * time.Second
)

// carrier performs TwiML. It is a state machine without clock or I/O: each
// method is something that happened, and returns what the carrier now wants
// done. At most one of the orders outstanding is a task (fetch, speak, load,
// sound, connect, ring); the carrier goes on when the method that answers it is
// called. redirect and perform may be called at any time: the task outstanding is
// then not answered any more.
type carrier struct {
	crashHangsUp bool // static: what happens after a websocket that broke

	fallback, fallbackVia string // URL and method asked when a document cannot be had or performed; no URL for none
	falling               bool   // it has been asked, and no good document has come since

	base     *url.URL // of the document being performed; nil for one that came with an update
	verbs    []verb
	at       int             // verb under way
	loops    int             // times that it still has to be heard
	answered bool            // the call was picked up
	recent   []time.Duration // when the last documents came

	// While a Gather is under way verbs are its prompts.
	gathering  *verb
	outer      []verb // of the document
	outerIndex int    // of the Gather in it
}

// order is something that the carrier wants done.
type order struct {
	do     orderKind
	verb   *verb         // began, speak, sound, connect, start, stop, ring, gather, listen; hangUp if it is a Reject
	method string        // fetch
	url    string        // fetch, load, connect, start, failOver: absolute
	form   url.Values    // fetch: parameters beside those of every request
	length time.Duration // sound: silence to be heard, for a pause
	fault  *Fault        // report, failOver
	end    string        // hangUp: one of the End reasons
}

type orderKind uint8

const (
	began    orderKind = iota // tell: a verb is under way
	report                    // tell: the application made a mistake
	failOver                  // tell: the application made a mistake, and its fallback URL is asked
	answer                    // the call is picked up
	fetch                     // task: get a document; answered by document
	speak                     // task: make speech of the verb's text; answered by ready
	load                      // task: get a sound file; answered by ready
	dial                      // task: make the tones of the verb's digits; answered by ready
	sound                     // task: let what was made ready, or silence, be heard; answered by played
	connect                   // task: open a bidirectional stream; answered by streamOver
	ring                      // task: call the parties of a Dial or Enqueue; answered by dialOver
	gather                    // collect keys and words of the caller, besides the tasks that follow; answered by gathered
	listen                    // task: let the caller's time to answer run; answered by gathered
	start                     // open a one-way stream
	stop                      // end a one-way stream
	hangUp
)

// begin places the call.
func (c *carrier) begin(address string) []order {
	base, err := url.Parse(address)
	if err != nil {
		return []order{{do: report, fault: fault(codeConnection, "webhook URL: %v", err)}, {do: hangUp, end: EndDocument}}
	}
	c.base = base
	return []order{{do: fetch, method: "POST", url: address}}
}

// takeUp begins the instructions of an outbound call that was answered; now is the time
// since the call began.
func (c *carrier) takeUp(now time.Duration, in *instructions) []order {
	c.answered = true
	if in.url != "" {
		return c.redirect(in.method, in.url)
	}
	verbs, flt := parseTwiML([]byte(in.twiml))
	return c.perform(now, verbs, flt)
}

// document answers fetch; now is the time since the call began.
func (c *carrier) document(now time.Duration, verbs []verb, flt *Fault) []order {
	if flt != nil {
		return c.spoiled(nil, flt)
	}
	c.recent = append(c.recent, now)
	if len(c.recent) > loopDocuments {
		if now-c.recent[0] < loopWindow {
			return c.spoiled(nil, fault(codeRetrieval, "more than %d TwiML documents within %v: the application goes round in circles", loopDocuments, loopWindow))
		}
		c.recent = c.recent[1:]
	}
	c.verbs, c.at, c.gathering, c.falling = verbs, -1, nil, false
	return c.next(nil)
}

// ready answers speak, load and dial.
func (c *carrier) ready(flt *Fault) []order {
	if flt != nil {
		return c.next([]order{{do: report, fault: flt}}) // Twilio goes on behind a Play that failed
	}
	return []order{{do: sound, verb: c.verb()}}
}

// played answers sound.
func (c *carrier) played() []order {
	if c.loops--; c.loops > 0 {
		return []order{{do: sound, verb: c.verb(), length: c.verb().length}}
	}
	return c.next(nil)
}

// streamOver answers connect: the stream ended, or could not be opened. flt is
// nil for a regular end. Whether TwiML goes on after a connection that broke is
// not documented, so both ways can be chosen.
func (c *carrier) streamOver(flt *Fault) []order {
	var orders []order
	if flt != nil {
		orders = append(orders, order{do: report, fault: flt})
		if flt.Code == codeStreamBroken && c.crashHangsUp {
			return append(orders, order{do: hangUp, end: EndStreamLost})
		}
	}
	if action := c.verb().action; action != "" {
		return c.goTo(orders, c.verb().method, action, nil)
	}
	return c.next(orders)
}

// bridged takes note that caller and human are connected.
func (c *carrier) bridged() []order {
	if c.answered {
		return nil
	}
	c.answered = true
	return []order{{do: answer}}
}

// dialOver answers ring.
func (c *carrier) dialOver(result dialResult) []order {
	v := c.verb()
	if v.action == "" {
		return c.next(nil)
	}
	return c.goTo(nil, v.method, v.action, result.form(v.name))
}

// gathered answers gather and listen. It may come while a prompt of the Gather is the
// task outstanding, which is then not answered any more.
func (c *carrier) gathered(result gathered) []order {
	c.verbs, c.at, c.gathering = c.outer, c.outerIndex, nil
	v := c.verb()
	if result.digits == "" && result.words == "" && !v.gather.emptyToo {
		return c.next(nil)
	}
	return c.goTo(nil, v.method, v.action, result.form())
}

// redirect has the call go on with the document at address, whatever it is doing.
func (c *carrier) redirect(method, address string) []order {
	c.verbs, c.at, c.gathering = nil, 0, nil
	base, err := url.Parse(address)
	if err != nil {
		return c.spoiled(nil, fault(codeConnection, "URL of an update: %v", err))
	}
	c.base = base
	return []order{{do: fetch, method: method, url: address}}
}

// perform has the call go on with TwiML that came without an address, whatever it
// is doing; flt is what is wrong with it.
func (c *carrier) perform(now time.Duration, verbs []verb, flt *Fault) []order {
	c.base = nil
	return c.document(now, verbs, flt)
}

func (c *carrier) verb() *verb { return &c.verbs[c.at] }

// next begins the next verb, and all behind it that take no time.
func (c *carrier) next(orders []order) []order {
	for c.at++; c.at < len(c.verbs); c.at++ {
		v := c.verb()
		if !c.answered && !v.leavesRinging() {
			c.answered = true
			orders = append(orders, order{do: answer})
		}
		orders = append(orders, order{do: began, verb: v})
		c.loops = v.loop
		switch v.name {
		case "Say":
			return append(orders, order{do: speak, verb: v})
		case "Play":
			return c.play(orders, v)
		case "Pause":
			return append(orders, order{do: sound, verb: v, length: v.length})
		case "Connect":
			address, flt := c.streamURL(v.stream)
			if flt != nil {
				return append(orders, c.streamOver(flt)...)
			}
			return append(orders, order{do: connect, verb: v, url: address})
		case "Start":
			address, flt := c.streamURL(v.stream)
			if flt != nil {
				orders = append(orders, order{do: report, fault: flt})
				continue
			}
			orders = append(orders, order{do: start, verb: v, url: address})
		case "Stop":
			orders = append(orders, order{do: stop, verb: v})
		case "Redirect":
			return c.goTo(orders, v.method, v.text, nil)
		case "Dial", "Enqueue":
			return append(orders, order{do: ring, verb: v})
		case "Gather":
			orders = append(orders, order{do: gather, verb: v})
			c.gathering, c.outer, c.outerIndex = v, c.verbs, c.at
			c.verbs, c.at = v.gather.prompts, -1
		case "Reject":
			return append(orders, order{do: hangUp, verb: v, end: EndRejected})
		case "Hangup":
			return append(orders, order{do: hangUp, end: EndFar})
		}
	}
	if c.gathering != nil {
		return append(orders, order{do: listen, verb: c.gathering})
	}
	return append(orders, order{do: hangUp, end: EndFar})
}

// leavesRinging reports whether a verb is performed without the call being picked up.
func (v *verb) leavesRinging() bool {
	return v.name == "Reject" || v.name == "Pause" || v.answerOnBridge
}

func (c *carrier) play(orders []order, v *verb) []order {
	if v.digits != "" {
		return append(orders, order{do: dial, verb: v})
	}
	address, flt := c.resolve(v.text)
	if flt != nil {
		return c.next(append(orders, order{do: report, fault: flt}))
	}
	return append(orders, order{do: load, verb: v, url: address.String()})
}

// resolve makes the URL of a verb absolute.
func (c *carrier) resolve(address string) (*url.URL, *Fault) {
	written, err := url.Parse(address)
	switch {
	case err != nil:
		return nil, fault(codeRetrieval, "URL of <%s>: %v", c.verb().name, err)
	case c.base != nil:
		return c.base.ResolveReference(written), nil
	case !written.IsAbs():
		return nil, fault(codeRelative, "URL of <%s>: %q is relative, in TwiML that came with an update", c.verb().name, address)
	}
	return written, nil
}

// goTo fetches the next document, whose URL may be relative to the present one.
func (c *carrier) goTo(orders []order, method, address string, form url.Values) []order {
	next, flt := c.resolve(address)
	if flt != nil {
		return c.spoiled(orders, flt)
	}
	c.base = next
	return append(orders, order{do: fetch, method: method, url: next.String(), form: form})
}

// spoiled goes on at the fallback URL when a call's instructions cannot be performed
// (https://www.twilio.com/docs/usage/security/availability-reliability). Without one, or
// when that is no better, Twilio says that an application error has occurred, and
// hangs up.
func (c *carrier) spoiled(orders []order, flt *Fault) []order {
	if c.fallback == "" || c.falling {
		return append(orders, order{do: report, fault: flt}, order{do: hangUp, end: EndDocument})
	}
	failed := ""
	if c.base != nil {
		failed = c.base.String()
	}
	base, err := url.Parse(c.fallback)
	if err != nil {
		return append(orders, order{do: report, fault: fault(codeConnection, "fallback URL: %v", err)}, order{do: hangUp, end: EndDocument})
	}
	c.base, c.falling, c.gathering = base, true, nil
	return append(
		orders, order{do: failOver, fault: flt, url: c.fallback},
		order{do: fetch, method: c.fallbackVia, url: c.fallback, form: url.Values{"ErrorCode": {strconv.Itoa(flt.Code)}, "ErrorUrl": {failed}}},
	)
}

// streamURL resolves and checks the URL of a stream: wss, without a query
// (https://www.twilio.com/docs/voice/twiml/stream#url). Unlike Twilio it lets ws
// pass to this very machine, for an application under development.
func (c *carrier) streamURL(noun *streamNoun) (string, *Fault) {
	written, err := url.Parse(noun.url)
	if err != nil {
		return "", fault(codeStreamHandshake, "url of <Stream>: %v", err)
	}
	address := written
	if c.base != nil {
		address = c.base.ResolveReference(written)
	}
	if written.Scheme == "" && c.base != nil {
		address.Scheme = strings.Replace(c.base.Scheme, "http", "ws", 1)
	}
	switch {
	case address.RawQuery != "" || address.ForceQuery:
		return "", fault(codeStreamHandshake, "url of <Stream>: a query string is not supported; use <Parameter>")
	case address.Scheme == "ws" && isLoopback(address.Hostname()):
	case address.Scheme != "wss" || address.Host == "":
		return "", fault(codeStreamScheme, "url of <Stream>: %q is not a wss URL", noun.url)
	}
	return address.String(), nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
