package twiliosim

import (
	"net/url"
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
		var goesOn bool
		if orders, goesOn = c.begins(v, orders); !goesOn {
			return orders
		}
	}
	if c.gathering != nil {
		return append(orders, order{do: listen, verb: c.gathering})
	}
	return append(orders, order{do: hangUp, end: EndFar})
}

// begins begins a verb. It reports whether the next one follows at once.
func (c *carrier) begins(v *verb, orders []order) (all []order, goesOn bool) {
	c.loops = v.loop
	switch v.name {
	case "Say":
		return append(orders, order{do: speak, verb: v}), false
	case "Play":
		return c.play(orders, v), false
	case "Pause":
		return append(orders, order{do: sound, verb: v, length: v.length}), false
	case "Connect":
		address, flt := c.streamURL(v.stream)
		if flt != nil {
			return append(orders, c.streamOver(flt)...), false
		}
		return append(orders, order{do: connect, verb: v, url: address}), false
	case "Start":
		address, flt := c.streamURL(v.stream)
		if flt != nil {
			return append(orders, order{do: report, fault: flt}), true
		}
		return append(orders, order{do: start, verb: v, url: address}), true
	case "Stop":
		return append(orders, order{do: stop, verb: v}), true
	case "Redirect":
		return c.goTo(orders, v.method, v.text, nil), false
	case "Dial", "Enqueue":
		return append(orders, order{do: ring, verb: v}), false
	case "Gather":
		c.gathering, c.outer, c.outerIndex = v, c.verbs, c.at
		c.verbs, c.at = v.gather.prompts, -1
		return append(orders, order{do: gather, verb: v}), true
	case "Reject":
		return append(orders, order{do: hangUp, verb: v, end: EndRejected}), false
	default: // Hangup
		return append(orders, order{do: hangUp, end: EndFar}), false
	}
}

// leavesRinging reports whether a verb is performed without the call being picked up.
func (v *verb) leavesRinging() bool {
	return v.name == "Reject" || v.name == "Pause" || v.answerOnBridge
}

func (c *carrier) play(orders []order, v *verb) []order {
	if v.digits != "" {
		return append(orders, order{do: dial, verb: v})
	}
	address, flt := c.resolve("Play", v.text)
	if flt != nil {
		return c.next(append(orders, order{do: report, fault: flt}))
	}
	return append(orders, order{do: load, verb: v, url: address.String()})
}
