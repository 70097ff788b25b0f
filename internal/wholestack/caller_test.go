package wholestack

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"lexline/internal/audio"
	"lexline/internal/call"
)

// What a caller hears of the gateway itself. Each sound is one byte over and over.
const (
	fillerTag  = 0x90
	apologyTag = 0xA5
	goodbyeTag = 0xB3
)

func sound(tag byte, d time.Duration) []byte {
	mulaw := make([]byte, d/time.Millisecond*8)
	for i := range mulaw {
		mulaw[i] = tag
	}
	return mulaw
}

var sounds = call.Sounds{
	Fillers: [][]byte{sound(fillerTag, time.Second), sound(fillerTag+1, 900*ms), sound(fillerTag+2, 1500*ms)},
	Apology: sound(apologyTag, 1500*ms),
	Goodbye: sound(goodbyeTag, time.Second),
}

// saying is an utterance of the callers'.
type saying struct{ id, words string }

// order is what a caller says to what the bot asks for.
func order(n int) map[string]saying {
	flower := []string{"roses", "lilies", "tulips"}[n%3]
	return map[string]saying{
		"first":      {"order", "I would like to order some flowers"},
		"FlowerType": {flower, flower},
		"PickupDate": {"tomorrow", "tomorrow"},
		"PickupTime": {"ten", "10 a.m."},
		"confirm":    {"yes", "yes"},
	}
}

// sayings are all of them, with their sound: 1.2 s of noise, each its own.
var sayings, clips = func() (map[string]string, map[string][]byte) {
	words, sounds := map[string]string{}, map[string][]byte{}
	for n := range 3 {
		for _, s := range order(n) {
			words[s.id] = s.words
		}
	}
	for id := range words {
		seed := uint64(0)
		for _, c := range id {
			seed = seed*31 + uint64(c)
		}
		r := rand.New(rand.NewPCG(seed, 1))
		pcm := make([]int16, 1200*8)
		for i := range pcm {
			pcm[i] = int16(r.IntN(16000) - 8000)
		}
		sounds[id] = audio.EncodeMuLaw(nil, pcm)
	}
	return words, sounds
}()

// turn is one utterance of a caller and what they heard of it.
type turn struct {
	said     saying
	ended    time.Duration // the last of it was said
	answered time.Duration // the first of the answer's voice was heard; 0: it was not
	sorry    bool          // an apology was heard instead
	repeat   bool          // it repeats the utterance before
}

// The phases of a turn, for faults that strike a certain one.
const (
	pausing   = "pausing"   // before the words
	speaking  = "speaking"  // in the middle of them
	waiting   = "waiting"   // just after them
	listening = "listening" // the answer's voice has begun
)

// caller is a Leg with a person on it. They order flowers: they say what the bot
// asks for, and say it again when they hear an apology. All of it happens in
// Next, on the call's goroutine.
type caller struct {
	bot   *spy
	words map[string]saying
	pause time.Duration                 // before they answer
	began time.Time                     // of the call
	tell  func(utterance int, p string) // of each phase; may be nil

	tick     int // frames so far
	phase    string
	until    time.Duration // pausing
	clip     []byte        // still to be said
	turns    []turn
	calm     int // frames of quiet since the last sound
	lastSaid time.Duration
	lastOwn  time.Duration // end of the last sound while an answer is owed
	longest  time.Duration // without a sound while an answer is owed
	goodbye  bool
	voices   int // frames of the bot's voice

	lost    bool // the stream is about to break
	streams int  // that broke

	playing []byte
	queued  int // bytes ever queued
	heard   int // bytes ever heard
	marks   []callerMark
	flushed []uint32
	closed  bool
}

type callerMark struct {
	id uint32
	at int // bytes heard
}

var quietFrame = sound(0xff, 20*ms)

var (
	errCallerGaveUp = errors.New("the caller has waited for a minute and a half")
	errStreamLost   = errors.New("the stream is lost")
)

// now is the time since the call began.
func (c *caller) now() time.Duration { return time.Since(c.began) }

// Next implements call.Leg.
func (c *caller) Next(ctx context.Context) (call.Event, error) {
	if event, ok := c.mark(); ok {
		return event, nil
	}
	next := c.began.Add(time.Duration(c.tick+1) * 20 * ms)
	select {
	case <-ctx.Done():
		return call.Event{}, ctx.Err()
	case <-time.After(time.Until(next)):
	}
	c.tick++
	if c.lost {
		return call.Event{}, errStreamLost
	}
	if c.now() > 90*time.Second {
		return call.Event{}, errCallerGaveUp
	}
	c.hear()
	return call.Event{Kind: call.Frame, Audio: c.speak()}, nil
}

func (c *caller) mark() (call.Event, bool) {
	if len(c.flushed) > 0 {
		id := c.flushed[0]
		c.flushed = c.flushed[1:]
		return call.Event{Kind: call.MarkReturned, Mark: id}, true
	}
	if len(c.marks) > 0 && c.marks[0].at <= c.heard {
		id := c.marks[0].id
		c.marks = c.marks[1:]
		return call.Event{Kind: call.MarkReturned, Mark: id}, true
	}
	return call.Event{}, false
}

// Send implements call.Leg.
func (c *caller) Send(out call.Output) error {
	switch out.Kind {
	case call.Play:
		c.playing = append(c.playing, out.Audio...)
		c.queued += len(out.Audio)
	case call.Mark:
		c.marks = append(c.marks, callerMark{out.Mark, c.queued})
	case call.Clear:
		c.queued -= len(c.playing)
		c.playing = nil
		for _, m := range c.marks {
			c.flushed = append(c.flushed, m.id)
		}
		c.marks = nil
	}
	return nil
}

// Close implements call.Leg.
func (c *caller) Close(call.Termination) error {
	c.closed = true
	return nil
}

// hear takes the next 20 ms of what is played.
func (c *caller) hear() {
	n := min(len(c.playing), call.FrameBytes)
	frame := c.playing[:n]
	c.playing = c.playing[n:]
	c.heard += n
	kind := byte(0xff)
	if n > 0 {
		kind = frame[n/2]
		for _, b := range frame {
			if b != kind {
				kind = 0 // no single byte: the bot's voice
				break
			}
		}
	}
	if kind == 0xff {
		c.calm++
		if c.owed() {
			c.longest = max(c.longest, c.now()-max(c.lastSaid, c.lastOwn))
		}
		return
	}
	c.calm, c.lastOwn = 0, c.now()
	switch {
	case kind == goodbyeTag:
		c.goodbye = true
	case kind == apologyTag:
		if c.phase == waiting || c.phase == listening {
			c.turns[len(c.turns)-1].sorry = true
		}
	case kind == 0 && c.phase == waiting:
		c.voices++
		if t := &c.turns[len(c.turns)-1]; !t.sorry {
			t.answered = c.now()
		}
		c.enter(listening)
	case kind == 0:
		c.voices++
	}
}

// owed reports whether the bot owes the caller a sound.
func (c *caller) owed() bool {
	return c.phase == waiting || c.phase == listening && !c.bot.spoken()
}

func (c *caller) enter(phase string) {
	c.phase = phase
	if c.tell != nil {
		c.tell(len(c.turns), phase)
	}
}

// resume continues the call on another stream, which the carrier opens two
// seconds later. An utterance that was not answered is said again.
func (c *caller) resume() {
	c.lost, c.streams = false, c.streams+1
	c.playing, c.marks, c.flushed = nil, nil, nil
	c.queued, c.heard = 0, 0
	c.tick = int(c.now() / (20 * ms))
	if c.phase == waiting || c.phase == speaking {
		c.turns[len(c.turns)-1].sorry = true
	}
	c.until = c.now() + 700*ms
	c.phase = pausing
}

// speak returns the next 20 ms of what the caller says.
func (c *caller) speak() []byte {
	switch c.phase {
	case "":
		c.until = c.now() + 700*ms // the detector learns the line
		c.enter(pausing)
	case pausing:
		if c.now() >= c.until {
			c.begin()
		}
	case speaking:
		return c.sayOn()
	case waiting:
		// An apology without a question, as nothing was asked yet.
		if c.turns[len(c.turns)-1].sorry && c.calm > 60 {
			c.goOn()
		}
	case listening:
		if c.bot.spoken() && len(c.playing) == 0 && c.calm > 15 {
			c.goOn()
		}
	}
	return quietFrame
}

// goOn decides what comes after the bot's words.
func (c *caller) goOn() {
	if !c.turns[len(c.turns)-1].sorry && c.bot.latest().Closed {
		return // the call is about to end
	}
	c.until = c.now() + c.pause
	c.enter(pausing)
}

// begin begins the next utterance.
func (c *caller) begin() {
	next := turn{said: c.words["first"]}
	if n := len(c.turns); n > 0 {
		switch last, answer := c.turns[n-1], c.bot.latest(); {
		case last.sorry:
			next.said, next.repeat = last.said, true
		case answer.Elicits != "":
			next.said = c.words[answer.Elicits]
		case answer.Intent == "OrderFlowers":
			next.said = c.words["confirm"]
		}
		next.repeat = next.repeat || next.said == c.turns[n-1].said
	}
	c.turns = append(c.turns, next)
	c.clip = clips[next.said.id]
	c.phase = speaking
}

func (c *caller) sayOn() []byte {
	frame := c.clip[:call.FrameBytes]
	c.clip = c.clip[call.FrameBytes:]
	whole := len(clips[c.turns[len(c.turns)-1].said.id])
	if len(c.clip) == whole/2 && c.tell != nil {
		c.tell(len(c.turns), speaking)
	}
	if len(c.clip) == 0 {
		c.lastSaid = c.now()
		c.turns[len(c.turns)-1].ended = c.now()
		c.calm = 0
		c.enter(waiting)
	}
	return frame
}

// spy is a Bot that notes what the bot behind it answers.
type spy struct {
	call.Bot

	mu      sync.Mutex
	answers []*call.Answer
	turns   map[int]int // answers by turn, and 1,000 for each earlier stream
	failed  int         // turns that ended in an error
	active  int
	moved   func() string
	stream  int // counts the streams of the call: each numbers its turns from 1
}

// Ask implements call.Bot.
func (s *spy) Ask(ctx context.Context, turn call.Turn, answered func(*call.Answer)) error {
	s.mu.Lock()
	s.active++
	s.mu.Unlock()
	err := s.Bot.Ask(ctx, turn, func(a *call.Answer) {
		s.mu.Lock()
		s.answers = append(s.answers, a)
		s.turns[turn.Number+1000*s.stream]++
		s.mu.Unlock()
		answered(a)
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.active--
	if err != nil {
		s.failed++
	}
	return err
}

// latest returns the latest answer, an empty one before the first.
func (s *spy) latest() *call.Answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.answers) == 0 {
		return &call.Answer{}
	}
	return s.answers[len(s.answers)-1]
}

// spoken reports whether the latest answer's voice is complete.
func (s *spy) spoken() bool {
	a := s.latest()
	if a.Speech == nil {
		return true // there was none: an apology is all that can be heard
	}
	_, ended := a.Speech.From(0)
	return ended
}
