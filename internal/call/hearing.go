package call

import (
	"log/slog"
	"math"
	"time"

	"lexline/internal/audio"
	"lexline/internal/vad"
)

const (
	preRollFrames = int(vad.PreRoll / frameTime)     // kept before the first frame with speech
	keptFrames    = preRollFrames + vad.MaxOnset + 1 // and from there to the one that opened the turn
	maxUtterance  = 16 * time.Second                 // above every MaxTurn, the frames that are kept before it included
	utteranceSize = int(maxUtterance/time.Millisecond) * bytesPerMillisecond
	frameTime     = 20 * time.Millisecond
	soundLevel    = -50 // dBov of a frame that is heard as sound
)

// hear keeps and judges one caller frame, beside what the caller is played meanwhile.
func (c *Call) hear(event Event) input {
	frame := event.Audio
	slot := c.frames % keptFrames * FrameBytes
	copy(c.kept[slot:slot+FrameBytes], frame)
	c.frames++
	far := event.Far
	if !c.info.Words {
		far = c.far.next()
	}
	if c.recorder != nil {
		c.recorder.Frame(frame, far)
	}
	heard := c.ear.Frame(frame, far)
	c.note(heard)
	return input{
		kind: inFrame, change: heard.Change, voiced: heard.Speech, talking: c.ear.Open(),
		silence: c.ear.Silence(), onset: time.Duration(c.ear.Onset()) * frameTime, refused: heard.Refused > 0,
		sounds: c.info.Words && audio.LevelMuLaw(far) > soundLevel,
	}
}

// expect sets the stop time of the caller's next words by what they answer; nil for
// what the bot has not asked for.
func (c *Call) expect(asked *Answer) {
	c.expected = vad.AnyAnswer
	if asked != nil {
		c.expected = asked.Expects
	}
	c.ear.Expect(c.expected)
}

// openUtterance begins an utterance with the audio from 300 ms before its first
// frame with speech, so that no first syllable is lost.
func (c *Call) openUtterance() {
	c.utterance = NewSpeech(utteranceSize)
	back := min(c.ear.Onset()+preRollFrames, keptFrames-1, c.frames-1)
	for i := c.frames - 1 - back; i < c.frames; i++ {
		slot := i % keptFrames * FrameBytes
		c.keep(c.kept[slot : slot+FrameBytes])
	}
	c.clock.dropped()
}

func (c *Call) keepFrame() {
	slot := (c.frames - 1) % keptFrames * FrameBytes
	c.keep(c.kept[slot : slot+FrameBytes])
}

func (c *Call) keep(frame []byte) {
	if err := c.utterance.Append(frame); err != nil {
		c.log.Debug("utterance frame dropped", "err", err)
	}
}

// note writes what was decided in this frame, if anything was: the decision log.
func (c *Call) note(h vad.Heard) {
	switch {
	case h.Change == vad.Started:
		c.spoken = c.frames - 1 - c.ear.Onset()
		c.log.Debug("caller began to speak", "onset_ms", c.since(c.spoken), "evidence", tenths(h.Evidence), "demand", tenths(h.Demand),
			"level_dbov", tenths(h.Level), "floor_dbov", tenths(h.Floor), "echo_dbov", tenths(h.Echo))
	case h.Change == vad.Ended:
		silence := c.ear.Silence()
		c.log.Debug("caller stopped speaking", "length_ms", c.since(c.spoken-1)-silence.Milliseconds(), "silence_ms", silence.Milliseconds(),
			"stop_ms", h.Stop.Milliseconds(), "expected", c.expected.String(), "level_dbov", tenths(h.Level), "floor_dbov", tenths(h.Floor), "echo_dbov", tenths(h.Echo))
	}
	switch {
	case h.BargeIn:
		c.noteBargeIn(h, c.talk.heeds(), h.Evidence)
	case h.Refused > 0:
		c.noteBargeIn(h, false, h.Refused)
	}
}

func (c *Call) noteBargeIn(h vad.Heard, taken bool, evidence float32) {
	c.log.Debug("barge-in decided", "taken", taken, "evidence", tenths(evidence), "demand", tenths(h.Demand), "far_audible", h.Audible,
		"level_dbov", tenths(h.Level), "floor_dbov", tenths(h.Floor), "echo_dbov", tenths(h.Echo))
}

// since is how long ago a frame of the caller's came, in milliseconds.
func (c *Call) since(frame int) int64 {
	return (time.Duration(c.frames-1-frame) * frameTime).Milliseconds()
}

// tenths rounds a figure for people.
func tenths(x float32) slog.Value { return slog.Float64Value(math.Round(float64(x)*10) / 10) }
