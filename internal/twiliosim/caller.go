package twiliosim

import (
	"fmt"
	"time"

	"lexline/internal/audio"
)

const (
	keyFrames     = 10 // from one key to the next: 200 ms
	keyWaitFrames = 25 // that w waits within keys: half a second
)

// caller performs a script. It is a state machine clocked by frames: next is
// called once for each frame of a call that was answered.
type caller struct {
	script *Script
	sounds []*utterance // parallel to script.steps

	at    int  // step under way; len(script.steps) when all are done
	began int  // frame that the step under way began with
	since int  // what the bot said up to this frame does not count for wait any more
	spoke int  // frame with which the caller last ended speaking or keying
	busy  int  // last frame in which the carrier was seen busy: its silence is not the bot's
	done  int  // keys pressed in the step under way
	rest  int  // frame before which no further key is pressed
	acted bool // the step under way said, or pressed, all that it has to
}

// Reaction is what a caller makes of what they have just heard.
type Reaction uint8

// Reactions.
const (
	Understand Reaction = iota // it was an answer: the script goes on
	Wait                       // it asked for patience: the answer is still to come
	SayAgain                   // it asked to repeat: the caller says, or presses, the last thing again
)

// sense is what the caller perceives at a frame.
type sense struct {
	frame    int
	heard    int                     // last frame in which the bot was audible; never if none was
	sounding int                     // first frame of the stretch of sound under way; never if it is quiet
	settled  bool                    // the carrier is not fetching, synthesizing or connecting
	react    func(from int) Reaction // to what was heard from that frame on; nil: understands
}

func (s sense) reaction(from int) Reaction {
	if s.react == nil {
		return Understand
	}
	return s.react(from)
}

// move is what the caller does with a frame.
type move struct {
	audio  []byte // what is sent; nil for silence
	key    byte   // key that is pressed; 0 for none
	starts *step  // this step's speech begins with this frame
	ends   *step  // this step's speech ends with this frame
	hangUp bool   // the script came to its end
	failed error  // the script cannot go on
}

func newCaller(script *Script, sounds []*utterance) *caller {
	return &caller{script: script, sounds: sounds, began: never, since: never, spoke: never, busy: never}
}

// next returns the caller's move for one frame. Steps that are over make room
// for the next one within the same frame.
func (c *caller) next(s sense) move {
	for c.at < len(c.script.steps) {
		if c.began == never {
			c.began, c.done, c.rest, c.acted = s.frame, 0, s.frame, false
		}
		m, over := c.perform(&c.script.steps[c.at], s)
		if !over {
			return m
		}
		c.at, c.began = c.at+1, never
		if m.hangUp {
			c.at = len(c.script.steps)
		}
	}
	return move{hangUp: true}
}

// perform does one frame of a step. Over means that the step needs no frame, or
// no further one: its move is then empty but for hangUp.
func (c *caller) perform(st *step, s sense) (m move, over bool) {
	passed := s.frame - c.began
	switch st.kind {
	case stepWait:
		if !s.settled {
			c.busy = s.frame
		}
		if c.hasHeard(s) && s.frame-max(s.heard, c.busy) > frames(st.quiet) {
			c.since = s.frame
			switch s.reaction(c.spoke) {
			case Understand:
				return move{}, true
			case SayAgain:
				c.goBack(s.frame)
				return move{}, false
			}
		}
		return move{failed: c.late(st, s)}, false
	case stepInterrupt:
		if s.sounding != never && s.frame-max(s.sounding, c.since) >= frames(st.time) {
			return move{}, true
		}
		return move{failed: c.late(st, s)}, false
	case stepExpectEnd:
		if c.hasHeard(s) && s.frame-s.heard > frames(defaultQuiet) {
			c.since = s.frame
			if s.reaction(c.spoke) == SayAgain {
				c.goBack(s.frame)
				return move{}, false
			}
		}
		return move{failed: c.late(st, s)}, false
	case stepPause:
		return move{}, passed >= frames(st.time)
	case stepSay, stepPlay:
		return c.speak(st, c.sounds[c.at], s.frame, passed)
	case stepPress:
		return c.press(st, s.frame)
	default:
		return move{hangUp: true}, true
	}
}

// goBack makes the latest step in which the caller said or pressed something
// the step under way again. Without one the caller goes on to wait.
func (c *caller) goBack(frame int) {
	for i := c.at - 1; i >= 0; i-- {
		switch c.script.steps[i].kind {
		case stepSay, stepPlay, stepPress:
			c.at, c.began, c.done, c.rest, c.acted = i, frame+1, 0, frame+1, false
			return
		}
	}
}

func (c *caller) speak(st *step, u *utterance, frame, n int) (move, bool) {
	if n == u.frames() {
		return move{}, true
	}
	m := move{audio: u.frame(n)}
	if n == u.first {
		m.starts = st
	}
	if n == u.last {
		m.ends, c.since, c.spoke, c.acted = st, frame, frame+1, true
	}
	return m, false
}

func (c *caller) press(st *step, frame int) (move, bool) {
	if frame < c.rest {
		return move{}, false
	}
	if c.done == len(st.keys) {
		return move{}, true
	}
	key := st.keys[c.done]
	c.done++
	c.since, c.spoke, c.acted = frame, frame+1, c.done == len(st.keys)
	if key == 'W' {
		c.rest = frame + keyWaitFrames
		return move{}, false
	}
	c.rest = frame + keyFrames
	return move{key: key}, false
}

// hasHeard reports whether the bot spoke since the caller last did something.
func (c *caller) hasHeard(s sense) bool { return s.heard > c.since }

// late returns why a step that waits has failed, nil while it may go on waiting.
func (c *caller) late(st *step, s sense) error {
	if s.frame-c.began < frames(st.limit) {
		return nil
	}
	var text string
	switch {
	case st.kind == stepExpectEnd:
		text = "the call is still up"
	case st.kind == stepInterrupt && s.sounding == never:
		text = "the bot does not speak"
	case st.kind == stepInterrupt:
		text = "the bot has not spoken for " + st.time.String() + " on end"
	case !c.hasHeard(s):
		text = "the bot did not say anything"
	default:
		text = "the bot does not stop speaking"
	}
	return c.errorf(st, "%s after %v", text, st.limit)
}

// cleared tells the caller that the bot fell silent in the middle of what it
// said: what was heard of it is not an answer.
func (c *caller) cleared(frame int) { c.since = max(c.since, frame) }

// callEnded says whether the other side may end the call here. It may when
// nothing is left to do but to listen and to hang up, and what is waited for was
// at least begun.
func (c *caller) callEnded(heard int) error {
	for i := c.at; i < len(c.script.steps); i++ {
		st := &c.script.steps[i]
		switch {
		case st.kind == stepExpectEnd || st.kind == stepHangUp:
			return nil
		case st.kind == stepPause, i == c.at && c.acted:
		case st.kind == stepWait && i == c.at && heard > c.since:
		default:
			return c.errorf(st, "the other side ended the call before that")
		}
	}
	return nil
}

func (c *caller) errorf(st *step, format string, args ...any) error {
	where := c.script.Name
	if st.line > 0 {
		where += fmt.Sprintf(":%d", st.line)
	}
	return fmt.Errorf("%s: %s: %s", where, st, fmt.Sprintf(format, args...))
}

// frames returns how many frames d takes, rounded up.
func frames(d time.Duration) int {
	return int((d + audio.FrameDuration - 1) / audio.FrameDuration)
}
