package hearing

import (
	"math"
	"time"

	"lexline/internal/audio"
	"lexline/internal/vad"
)

// Reason is why a turn ended.
type Reason uint8

// The reasons.
const (
	Silence        Reason = iota // the caller was silent for the stop time
	Cap                          // the turn was as long as a turn may be
	WasTone                      // it was no caller, but the beginning of a tone
	EndOfRecording               // the caller was still heard when the recording ended
)

func (r Reason) String() string {
	return [...]string{"silence", "cap", "tone", "end of file"}[r]
}

// Turn is a turn of the caller. Times are from the beginning of the recording.
type Turn struct {
	Start  time.Duration // where the bot's part begins: the pre-roll before Onset
	Onset  time.Duration // the first frame of speech
	Opened time.Duration // when it was known that the caller speaks
	Last   time.Duration // the end of the last frame of speech
	End    time.Duration // when the turn was over

	Reason  Reason
	BargeIn bool    // the bot was talking
	Level   float64 // of the frames of speech, dBov
	Floor   float64 // of the noise when the turn opened, dBov
}

// Tone is a tone of a machine, or a key that was pressed.
type Tone struct {
	Kind     vad.Tone
	Key      byte // of a telephone, for DTMF
	From, To time.Duration
}

// at is the beginning of a frame.
func at(frame int) time.Duration { return time.Duration(frame) * audio.FrameDuration }

// loudness gathers the level of frames.
type loudness struct {
	sum    float64
	frames int
}

func (l *loudness) add(pcm []int16) {
	l.sum += math.Pow(10, audio.Level(pcm)/10)
	l.frames++
}

// level is that of all frames; of none it is that of silence.
func (l *loudness) level() float64 {
	if l.frames == 0 {
		return audio.Level(nil)
	}
	return 10 * math.Log10(l.sum/float64(l.frames))
}
