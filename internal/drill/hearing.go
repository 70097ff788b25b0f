package drill

import (
	"strings"
	"time"

	"lexline/internal/audio"
	"lexline/internal/twiliosim"
)

const (
	audible = 1e-5 // power of a frame that is heard as sound: -50 dBov
	// answerGap is the silence, in frames, that ends an answer: what callers wait
	// for before they speak.
	answerGap = 30
	// leastAnswer is how many audible frames make an answer: what is shorter is the
	// rest of a sound that was cut off.
	leastAnswer = 5
)

// ear tells the gateway's own sounds from the bot's answers by their bytes, which
// the gateway sends unchanged. It may be used by several goroutines.
type ear struct {
	finder *audio.Finder // nil: the gateway has no sounds
}

// newEar returns an ear that knows the given sounds, mu-law by name. A sound whose
// name begins with apology asks the caller to repeat, one whose name begins with
// goodbye ends a call that failed; all others ask for patience.
func newEar(sounds map[string][]byte) (*ear, error) {
	e := &ear{}
	if len(sounds) == 0 {
		return e, nil
	}
	var err error
	e.finder, err = audio.NewFinder(sounds)
	return e, err
}

// ownSounds is what a stretch of sound holds of the gateway's own.
type ownSounds struct {
	fillers, apologies, goodbyes int
}

// separate counts the gateway's own sounds in mulaw and returns a copy without
// them.
func (e *ear) separate(mulaw []byte) (own ownSounds, rest []byte) {
	rest = append([]byte(nil), mulaw...)
	if e.finder == nil {
		return own, rest
	}
	for _, found := range e.finder.Find(mulaw) {
		switch {
		case strings.HasPrefix(found.Clip, "apology"):
			own.apologies++
		case strings.HasPrefix(found.Clip, "goodbye"):
			own.goodbyes++
		default:
			own.fillers++
		}
		for i := found.From; i < found.To; i++ {
			rest[i] = audio.MuLawSilence
		}
	}
	return own, rest
}

// react is what a caller makes of what they heard since they last spoke: they
// know a request for patience, and say it again when the bot is sorry.
func (e *ear) react(heard []byte) twiliosim.Reaction {
	own, rest := e.separate(heard)
	switch {
	case own.apologies > 0:
		return twiliosim.SayAgain
	case len(answers(rest)) > 0 || own == ownSounds{}:
		return twiliosim.Understand
	}
	return twiliosim.Wait
}

// span is a stretch of frames, of which loud ones are heard.
type span struct{ first, last, loud int }

// answers returns the answers in sound from which the gateway's own was taken:
// stretches with less than answerGap of silence inside them.
func answers(mulaw []byte) []span {
	var found []span
	var now span
	end := func() {
		if now.loud >= leastAnswer {
			found = append(found, now)
		}
		now.loud = 0
	}
	for n := range len(mulaw) / audio.FrameSamples {
		if !sounds(mulaw, n) {
			continue
		}
		if now.loud > 0 && n-now.last > answerGap {
			end()
		}
		if now.loud == 0 {
			now.first = n
		}
		now.last = n
		now.loud++
	}
	end()
	return found
}

func sounds(mulaw []byte, frame int) bool {
	return audio.PowerMuLaw(mulaw[frame*audio.FrameSamples:(frame+1)*audio.FrameSamples]) >= audible
}

// longestSilence returns the longest run of frames without a sound.
func longestSilence(mulaw []byte) time.Duration {
	longest, run := 0, 0
	for n := range len(mulaw) / audio.FrameSamples {
		run++
		if sounds(mulaw, n) {
			run = 0
		}
		longest = max(longest, run)
	}
	return time.Duration(longest) * audio.FrameDuration
}

// linesPerSaying is how many lines of a script, the last of which is said, each
// saying has.
const linesPerSaying = 3

// spoken is where in a call the caller said something, in frames.
type spoken struct {
	line        int // of the script
	clip        string
	first, last int
}

// hear makes the history of a call of its record. lane and region are passed on.
func (e *ear) hear(r *twiliosim.Record, who role, lane int, region string) Call {
	c := Call{
		Number: r.Number, Lane: lane, SID: r.Call, Region: region, Order: who.Order,
		Began: r.Started, Ended: r.Ended, Text: r.Text, LateMS: r.LateMS,
	}
	said := sayings(r)
	heard := r.Heard()
	for i, s := range said {
		until := len(heard) / audio.FrameSamples
		if i+1 < len(said) {
			until = said[i+1].last + 1 // a second answer may fall into the caller's next words
		}
		t := e.turn(heard, s, until, r.Started)
		t.Number = i + 1
		t.Repeats = i > 0 && said[i-1].line == s.line
		if n := s.line/linesPerSaying - 1; n >= 0 && n < len(who.Sayings) {
			t.Kind = who.Sayings[n].Kind
		}
		c.Turns = append(c.Turns, t)
	}
	c.End = endOf(r, c.Turns)
	return c
}

// sayings finds what the caller said in the events of a call. An event's place
// is that of the frame that was under way.
func sayings(r *twiliosim.Record) []spoken {
	var all []spoken
	frame := func(ms int64) int {
		return min(int(ms/audio.FrameDuration.Milliseconds()), max(r.Frames-1, 0))
	}
	for _, event := range r.Events {
		switch {
		case event.Event == "speech_start":
			s := spoken{line: event.Line, first: frame(event.AtMS), last: max(r.Frames-1, 0)}
			if len(event.Files) > 0 {
				s.clip = clipOf(event.Files[0])
			}
			all = append(all, s)
		case event.Event == "speech_end" && len(all) > 0:
			all[len(all)-1].last = frame(event.AtMS)
		}
	}
	return all
}

// clipOf returns the id of a recording.
func clipOf(file string) string {
	return strings.TrimSuffix(file[strings.LastIndexByte(file, '/')+1:], ".wav")
}

// turn makes a turn of what was heard behind something said, up to frame until.
func (e *ear) turn(heard []byte, s spoken, until int, started time.Time) Turn {
	at := func(frame int) time.Time { return started.Add(time.Duration(frame) * audio.FrameDuration) }
	t := Turn{Clip: s.clip, Began: at(s.first), Said: at(s.last + 1)}
	after := heard[min((s.last+1)*audio.FrameSamples, len(heard)):max(until*audio.FrameSamples, (s.last+1)*audio.FrameSamples)]
	own, rest := e.separate(after)
	t.Fillers, t.Apologies = own.fillers, own.apologies
	owed := after
	if found := answers(rest); len(found) > 0 && own.apologies == 0 {
		t.Answers = len(found)
		for _, s := range found {
			t.Heard += time.Duration(s.loud) * audio.FrameDuration
		}
		t.Answer = at(s.last + 1 + found[0].first)
		owed = after[:found[0].first*audio.FrameSamples]
	}
	t.Silence = longestSilence(owed)
	return t
}

// endOf classes how a call ended.
func endOf(r *twiliosim.Record, turns []Turn) End {
	switch r.Reason {
	case twiliosim.EndInterrupted:
		return EndStopped
	case twiliosim.EndScriptFail, twiliosim.EndTimeout:
		return EndGaveUp
	case twiliosim.EndFar:
		last := len(turns) - 1
		switch {
		case last < 0 || turns[last].Kind != AskConfirm || turns[last].Answer.IsZero():
			return EndDropped
		case r.Faults > 0:
			return EndFaulty
		}
		return EndDone
	}
	return EndDropped
}
