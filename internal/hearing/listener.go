package hearing

import (
	"time"

	"lexline/internal/audio"
	"lexline/internal/vad"
)

// Listener hears one recording with one setting. It is used by one goroutine.
type Listener struct {
	ear      *vad.Ear
	settings vad.Settings // none of them left out
	trace    *Trace       // nil: none is kept

	now    time.Duration // the beginning of the next frame
	open   Turn          // the turn under way
	speech loudness      // of the turn under way
	most   float32       // evidence of a barge-in under way
	mostAt time.Duration // when there was that much
	found  Heard
	tones  toneRun
}

// Heard is what was heard in a recording.
type Heard struct {
	Length time.Duration // of what was heard
	Turns  []Turn
	Tones  []Tone
	Open   time.Duration // how long turns were open, all together

	// Refused is when barge-ins came to nothing: the moments of their most evidence,
	// each of which would have opened a turn, had the bot been silent.
	Refused []time.Duration
}

// Between returns what of it was heard between two times: turns and tones whole if a
// part of them was.
func (h *Heard) Between(from, to time.Duration) Heard {
	part := Heard{Length: to - from}
	for _, t := range h.Turns {
		if t.End > from && t.Start < to {
			part.Turns = append(part.Turns, t)
			part.Open += max(0, min(t.End, to)-max(t.Opened, from))
		}
	}
	for _, t := range h.Tones {
		if t.To > from && t.From < to {
			part.Tones = append(part.Tones, t)
		}
	}
	for _, at := range h.Refused {
		if at >= from && at < to {
			part.Refused = append(part.Refused, at)
		}
	}
	return part
}

// NewListener returns a listener with a new detector. It adds what it hears to
// trace, if there is one. The settings must be valid.
func NewListener(detector vad.FrameJudge, s vad.Settings, answer vad.Answer, trace *Trace) *Listener {
	ear := vad.NewEar(detector, s)
	ear.Expect(answer)
	return &Listener{ear: ear, settings: s.WithDefaults(), trace: trace}
}

// Frame hears the next frame. far is what the bot plays meanwhile, nil for nothing.
func (l *Listener) Frame(near, far []int16) {
	heard := l.ear.Samples(near, far)
	speech := heard.Probability >= l.settings.Threshold
	end := l.now + audio.FrameDuration
	switch heard.Change {
	case vad.Started:
		l.begin(&heard)
	case vad.Ended:
		l.open.Last = end - l.ear.Silence()
		l.finish(end, l.reason(&heard, end))
	case vad.NoChange:
	}
	if l.ear.Open() {
		if speech {
			l.speech.add(near)
			l.open.Last = end
		}
		l.found.Open += audio.FrameDuration
	}
	l.refuse(&heard, end)
	if tone, over := l.tones.frame(l.now, &heard.Decision); over {
		l.found.Tones = append(l.found.Tones, tone)
	}
	if l.trace != nil {
		l.trace.add(l.now, near, far, &heard.Decision, speech)
	}
	l.now = end
}

// refuse keeps the time of a barge-in that came to nothing.
func (l *Listener) refuse(heard *vad.Heard, end time.Duration) {
	if heard.Evidence > l.most {
		l.most, l.mostAt = heard.Evidence, end
	}
	if heard.Refused > 0 {
		l.found.Refused = append(l.found.Refused, l.mostAt)
	}
	if heard.Refused > 0 || l.ear.Open() {
		l.most = 0
	}
}

// begin begins a turn with the frame that is being heard.
func (l *Listener) begin(heard *vad.Heard) {
	onset := l.now - at(l.ear.Onset())
	l.open = Turn{
		Start: max(0, onset-vad.PreRoll), Onset: onset, Opened: l.now + audio.FrameDuration, Last: l.now + audio.FrameDuration,
		BargeIn: heard.BargeIn, Floor: float64(heard.Floor),
	}
	l.speech = loudness{}
}

// reason is why the turn that is being heard ended.
func (l *Listener) reason(heard *vad.Heard, end time.Duration) Reason {
	switch {
	case l.ear.Silence() >= heard.Stop:
		return Silence
	case end-l.open.Opened >= l.settings.MaxTurn:
		return Cap
	}
	return WasTone
}

func (l *Listener) finish(end time.Duration, why Reason) {
	l.open.End, l.open.Reason, l.open.Level = end, why, l.speech.level()
	l.found.Turns = append(l.found.Turns, l.open)
}

// End ends the recording, and an open turn with it, and returns all that was heard.
func (l *Listener) End() Heard {
	if l.ear.Open() {
		l.finish(l.now, EndOfRecording)
		l.ear.Reset()
	}
	if tone, over := l.tones.frame(l.now, &vad.Decision{}); over {
		l.found.Tones = append(l.found.Tones, tone)
	}
	l.found.Length = l.now
	return l.found
}
