package corpus

// FrameSamples is the length of a frame: 20 ms at 8 kHz.
const FrameSamples = 160

// Split says what a talker, a noise or a file is for. No talker is in two splits,
// so that the development set shows how training carries over to strangers.
type Split uint8

// The splits.
const (
	Training Split = iota
	Development
)

// String returns the split's name in recipes and reports.
func (s Split) String() string {
	if s == Development {
		return "development"
	}
	return "training"
}

// Talker is one voice.
type Talker struct {
	Name     string // unique among all talkers
	Engine   string // what speaks: a synthesizer, or the set of prompts
	Voice    string // the engine's name of the voice
	Language string // BCP 47
	Split    Split
	Human    bool // recorded rather than synthesized: for scoring only
	Pitch    int  // espeak-ng's -p, 0 to 99
	Speed    int  // espeak-ng's -s, words a minute
	Size     int  // percent of the voice's own vocal tract: pitch and formants change, tempo stays; 0: 100
	Clips    int  // at most so many utterances
}

// Label says what the caller does in one frame.
type Label int8

// The labels. An unscored frame lies at an edge of speech or in a gap so short
// that listeners would not agree about it: it counts for nobody.
const (
	Unscored Label = iota - 1
	Silence
	Speech
)

// String returns one character: '.' for Silence, '#' for Speech, '?' for Unscored.
func (l Label) String() string {
	if l < Unscored || l > Speech {
		return "!"
	}
	return "?.#"[l+1 : l+2]
}

// Utterance is one piece of speech by one talker, without noise.
type Utterance struct {
	Talker Talker
	Text   string
	PCM    []int16 // 8 kHz, telephone-filtered, active speech level -26 dBov
	Labels []Label // one per frame of PCM, which has whole frames only
	First  int     // the first active frame
	End    int     // one past the last active frame
}
