package corpus

// The conditions of the development set that need no number in their name.
const (
	Clean      = "clean"
	Dialling   = "dtmf"
	Progress   = "progress"
	LevelStep  = "levelstep"
	Loss       = "loss"
	DTX        = "dtx"
	Low        = "low"
	Clipped    = "clipped"
	EchoOnly   = "echo"
	DoubleTalk = "doubletalk"
	NoiseOnly  = "noise"
	Mixed      = "mixed" // of a training plan: any of it together
)

// Quiet as a level in dBov means that the sound is absent.
const Quiet = -100

// Spec is the recipe of one file: a Mixer makes the same samples and labels of it
// every time. What a recipe leaves open is drawn from its seed.
type Spec struct {
	Name      string
	Seed      uint64
	Split     Split
	Condition string
	Seconds   int

	Talks bool    // whether the caller says anything
	Human bool    // whether the caller is a recording rather than a synthesizer
	Level float64 // dBov: active speech level of the caller; of the noise in a file without speech

	Noise  string  // the kind, as NoiseKinds names them; empty: none
	SNR    float64 // dB: active speech level over the noise's root mean square in the telephone band
	Second string  // another kind of noise, 10 dB below the first; empty: none
	Floor  float64 // dBov of the noise of the line itself; Quiet for none
	Events string  // Dialling or Progress: tones between the utterances; empty: none

	Manner Manner
	Far    Far
	Line   Line
}

// Manner is how the caller talks: what training does to the few voices that it
// has, so that a network does not learn them by heart.
type Manner struct {
	Tempo  float64 // how much faster and higher than recorded; 0 means 1
	Spread float64 // dB by which single utterances are louder or softer, at most
	Swell  float64 // dB by which syllables and words are louder or softer, about
	Breath float64 // dB by which breath lies below the voice that it follows; 0 for none
}

// Far is what the bot plays to the caller, and how much of it comes back.
type Far struct {
	Plays bool
	Level float64 // dBov: active speech level of the bot
	Loss  float64 // dB: echo return loss, level of the far end over level of its echo; over 50 no echo is audible
	Delay float64 // ms from the far end to the first of its echo
	Jump  float64 // ms by which the delay grows in the middle of the file
	Bent  bool    // the echo path clips and codes twice
	Rest  bool    // an echo canceller on the way has left only pieces
}

// Line is what happens to the sum of all sounds on its way.
type Line struct {
	Equalizer float64 // dB: the most that handset and room lift or lower any frequency
	Room      float64 // seconds of the caller's reverberation
	Step      float64 // dB by which the background, or all of it, jumps now and then
	StepAll   bool    // all of it jumps, the caller too
	Clip      float64 // share of the caller's samples that are cut off at the top
	Pumping   float64 // dB that an automatic gain control adds in pauses
	GSM       bool    // coded as GSM full rate on the way
	DTX       bool    // pauses are not sent, comfort noise stands in
	Offset    float64 // constant added to every sample
	Loss      float64 // share of packets lost, in bursts
	Gaps      bool    // some pauses are digital silence
}

// Span is a run of frames, from First up to and without End.
type Span struct{ First, End int }

// Item is one file of a corpus.
type Item struct {
	Spec
	Talker string  // name of the caller; empty: nobody talks
	Near   []int16 // from the caller
	Far    []int16 // to the caller, on the same clock; nil: nothing is played
	Labels []Label // one per frame
	Turns  []Span  // the caller's utterances, pauses inside them included
}
