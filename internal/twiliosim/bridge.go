package twiliosim

import (
	"time"

	"lexline/internal/audio"
)

// bridge is the carrier's work on one Dial or Enqueue: it calls the parties, lets
// the first to answer hear what is for them alone, connects them with the caller,
// and tells what came of it. It is a state machine clocked by frames of the call:
// next is called for each, and returns what has happened since.
type bridge struct {
	verb *verb
	legs []leg

	begun   int  // frame that the parties were called with
	up      *leg // who answered; nil while nobody has
	private int  // frames that what is for the human alone still takes; waiting while it is not known
	since   int  // frame that caller and human were connected with; never before that
	over    bool // nothing more happens
}

// waiting stands for a number of frames that is not known yet.
const waiting = -1

// leg is the call to one party.
type leg struct {
	sid   string
	noun  *dialNoun
	party Party
	at    progress
	up    int          // frame that it was answered with; never before that
	told  subscription // whom to tell of it
}

// turn is something that happened on a bridge.
type turn struct {
	kind   turnKind
	leg    *leg       // whom it is about
	result dialResult // bridgeOver
}

type turnKind uint8

const (
	legRings     turnKind = iota // the party is being called
	legAnswers                   // it has answered
	legOut                       // it is busy, did not answer or cannot be reached, or somebody else was faster
	legWhisper                   // task: get what the human is to hear; answered by told
	bridged                      // caller and human are connected
	callerLeaves                 // the caller hangs up on the human
	bridgeOver                   // the carrier goes on with result
)

// dialResult is what a Dial came to.
type dialResult struct {
	status   string // DialCallStatus
	sid      string // DialCallSid
	duration time.Duration
	bridged  bool
}

// newBridge begins to call the parties of v with frame now.
func newBridge(v *verb, now int, party func(key string) Party, newSID func() string) *bridge {
	b := &bridge{verb: v, begun: now, since: never}
	for i := range v.nouns {
		noun := &v.nouns[i]
		b.legs = append(b.legs, leg{sid: newSID(), noun: noun, party: party(noun.key()), up: never})
	}
	return b
}

// next does one frame.
func (b *bridge) next(now int) (turns []turn) {
	switch {
	case b.over:
	case b.up == nil:
		turns = b.ring(now)
	case b.since == never:
		turns = b.confide(now)
	default:
		turns = b.talk(now)
	}
	return turns
}

// ring waits for somebody to answer.
func (b *bridge) ring(now int) (turns []turn) {
	passed := time.Duration(now-b.begun) * audio.FrameDuration
	ringing := 0
	for i := range b.legs {
		l := &b.legs[i]
		if now == b.begun {
			turns = append(turns, turn{kind: legRings, leg: l})
		}
		if l.at != rings {
			continue
		}
		switch l.at = l.party.after(passed, b.verb.timeout); l.at {
		case rings:
			ringing++
		case answered:
			return append(turns, b.answer(l)...)
		default:
			turns = append(turns, turn{kind: legOut, leg: l})
		}
	}
	if ringing > 0 {
		return turns
	}
	return append(turns, b.end(dialResult{status: b.failure(), sid: b.legs[0].sid}))
}

// answer has everybody else's telephone stop ringing.
func (b *bridge) answer(up *leg) (turns []turn) {
	b.up = up
	turns = append(turns, turn{kind: legAnswers, leg: up})
	for i := range b.legs {
		if l := &b.legs[i]; l != up && l.at == rings {
			l.at = canceled
			turns = append(turns, turn{kind: legOut, leg: l})
		}
	}
	if up.noun.url != "" {
		b.private = waiting
		turns = append(turns, turn{kind: legWhisper, leg: up})
	}
	return turns
}

// told answers legWhisper: what the human is to hear takes that many frames. They
// hang up, and are not connected, when ok is false.
func (b *bridge) told(frames int, ok bool) []turn {
	if b.over || b.since != never {
		return nil
	}
	b.private = frames
	if !ok {
		return []turn{b.end(dialResult{status: "completed", sid: b.up.sid})}
	}
	return nil
}

// confide lets the human hear what is for them alone, and then connects them.
func (b *bridge) confide(now int) []turn {
	if b.private == waiting {
		return nil
	}
	if b.private > 0 {
		b.private--
		return nil
	}
	b.since = now
	return []turn{{kind: bridged, leg: b.up}}
}

// talk lets caller and human talk until one of them hangs up.
func (b *bridge) talk(now int) []turn {
	passed := time.Duration(now-b.since) * audio.FrameDuration
	switch {
	case passed >= b.verb.timeLimit:
		return []turn{b.hangUp(now)}
	case passed < b.up.party.Talk:
		return nil
	case b.up.party.CallerHangsUp:
		b.over = true
		return []turn{{kind: callerLeaves, leg: b.up}}
	}
	return []turn{b.hangUp(now)}
}

// hangUp ends the conversation as the human does, or the caller with the star key.
func (b *bridge) hangUp(now int) turn {
	return b.end(dialResult{
		status: b.completed(), sid: b.up.sid, bridged: true,
		duration: time.Duration(now-b.since) * audio.FrameDuration,
	})
}

// connected reports whether caller and human talk.
func (b *bridge) connected() bool { return b.since != never && !b.over }

// completed is the status of a Dial that connected somebody.
func (b *bridge) completed() string {
	if b.up.noun.kind == "conference" {
		return "answered"
	}
	return "completed"
}

func (b *bridge) end(result dialResult) turn {
	b.over = true
	return turn{kind: bridgeOver, leg: b.up, result: result}
}

// failure is the status of a Dial when nobody is left: of several parties it is that
// of the one that came closest.
func (b *bridge) failure() string {
	best := unreachable
	for i := range b.legs {
		switch at := b.legs[i].at; {
		case at == unanswered:
			best = at
		case at == isBusy && best == unreachable:
			best = at
		}
	}
	return progressNames[best]
}
