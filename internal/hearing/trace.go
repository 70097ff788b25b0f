package hearing

import (
	"time"

	"lexline/internal/audio"
	"lexline/internal/vad"
)

// wavesPerFrame is how finely the waveform is kept.
const wavesPerFrame = 8

// Wave is what a picture knows of the sound in a stretch: its extremes.
type Wave struct{ Low, High int16 }

func waveOf(pcm []int16) (w Wave) {
	for _, s := range pcm {
		w.Low, w.High = min(w.Low, s), max(w.High, s)
	}
	return w
}

// With is both stretches as one.
func (w Wave) With(next Wave) Wave { return Wave{min(w.Low, next.Low), max(w.High, next.High)} }

// Point is what a picture knows of a stretch of frames: the highest of each number,
// but of the floor the lowest.
type Point struct {
	Level, Floor, Echo float32 // dBov: of the caller's side, of its noise, of the echo to be expected in it
	Bot                float32 // dBov: of what the bot plays
	Probability        float32
	Speech             bool // at the threshold that is set
}

// With is both stretches as one.
func (p Point) With(next Point) Point {
	return Point{
		Level: max(p.Level, next.Level), Floor: min(p.Floor, next.Floor), Echo: max(p.Echo, next.Echo), Bot: max(p.Bot, next.Bot),
		Probability: max(p.Probability, next.Probability), Speech: p.Speech || next.Speech,
	}
}

// Series is a row of values, each of which stands for Step; the last one perhaps
// for less.
type Series[T interface{ With(next T) T }] struct {
	Step   time.Duration
	Values []T

	most              int // an even number
	together, partial int // how many values that were added are one; how many are in the last one
}

func newSeries[T interface{ With(next T) T }](step time.Duration, most int) Series[T] {
	return Series[T]{Step: step, most: most, together: 1}
}

// add adds a value. When the series is full, each two neighbours become one.
func (s *Series[T]) add(value T) {
	switch {
	case s.partial > 0:
		last := &s.Values[len(s.Values)-1]
		*last = (*last).With(value)
	case len(s.Values) == s.most:
		s.halve()
		fallthrough
	default:
		s.Values = append(s.Values, value)
	}
	s.partial = (s.partial + 1) % s.together
}

func (s *Series[T]) halve() {
	for i := range s.most / 2 {
		s.Values[i] = s.Values[2*i].With(s.Values[2*i+1])
	}
	s.Values = s.Values[:s.most/2]
	s.Step *= 2
	s.together *= 2
}

// Trace is the course of a recording, for a picture. However long the recording, it
// takes the same memory: details go as it grows. It is used by one goroutine.
type Trace struct {
	From      time.Duration // where it begins
	To        time.Duration // where it ends
	Near, Far Series[Wave]  // Far is empty without a bot
	Points    Series[Point]

	until time.Duration
}

// NewTrace returns a trace of what lies between two times; to = 0 is the end of the
// recording. It keeps at most that many points, and at least half as many of a long
// recording.
func NewTrace(from, to time.Duration, points int) *Trace {
	points = max(2, points+points%2)
	from = from.Truncate(audio.FrameDuration)
	return &Trace{
		From: from, To: from, until: to,
		Near:   newSeries[Wave](audio.FrameDuration/wavesPerFrame, points*wavesPerFrame),
		Far:    newSeries[Wave](audio.FrameDuration/wavesPerFrame, points*wavesPerFrame),
		Points: newSeries[Point](audio.FrameDuration, points),
	}
}

// add takes the frame that begins at a time.
func (t *Trace) add(when time.Duration, near, far []int16, d *vad.Decision, speech bool) {
	if when < t.From || t.until > 0 && when >= t.until {
		return
	}
	const part = audio.FrameSamples / wavesPerFrame
	for i := 0; i < len(near); i += part {
		t.Near.add(waveOf(near[i : i+part]))
	}
	for i := 0; i < len(far); i += part {
		t.Far.add(waveOf(far[i : i+part]))
	}
	t.Points.add(Point{
		Level: float32(audio.Level(near)), Floor: d.Floor, Echo: d.Echo, Bot: float32(audio.Level(far)),
		Probability: d.Probability, Speech: speech,
	})
	t.To = when + audio.FrameDuration
}
