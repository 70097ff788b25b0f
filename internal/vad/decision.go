package vad

// FrameSamples is the length of a frame: 20 ms at 8 kHz.
const FrameSamples = 160

// Decision is what a detector says of one frame.
type Decision struct {
	Probability float32 // that the caller talks in this frame, 0 to 1
	Speech      bool    // the detector's own decision
	Tone        Tone    // what the tone guard hears; a tone is never speech
	Key         byte    // 0-9, A-D, * or #, if Tone is DTMF; else 0

	// In dBov, -100 for none. They are evidence for people and logs.
	Level float32 // of the frame
	Floor float32 // of the noise under it
	Echo  float32 // of the bot's own voice that was to be expected in it
}

// Tone is a signal of machines that the tone guard knows.
type Tone uint8

// The tones.
const (
	NoTone   Tone = iota
	DTMF          // a key of a telephone (ITU-T Q.23)
	Progress      // dial tone, ring-back, busy, congestion, special information (ITU-T E.180)
	Fax           // calling or answering tone of a fax or modem (ITU-T T.30, V.25)
)

// String returns none, dtmf, progress or fax.
func (t Tone) String() string {
	switch t {
	case DTMF:
		return "dtmf"
	case Progress:
		return "progress"
	case Fax:
		return "fax"
	default:
		return "none"
	}
}
