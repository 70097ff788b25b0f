package twilio

import "unicode/utf8"

const (
	// fastestVoice is how many characters a second no voice of Twilio's says: words
	// are not over sooner.
	fastestVoice = 25
	// pauseFrames is the silence behind words that are over, in frames: longer than a
	// voice pauses between two sentences.
	pauseFrames = 30
)

// saying follows words that Twilio says, by its sound, from when it was told to. It
// is pure; its clock is the count of frames.
type saying struct {
	mark    uint32 // behind the words; 0 when none are followed
	told    bool   // Twilio took the order
	least   int    // frames of sound that the words take at least
	sounded int    // frames of sound since it was told
	quiet   int    // frames of silence since the last of those
}

// newSaying follows these words, once their mark is known.
func newSaying(words string) saying {
	const framesPerSecond = 50
	return saying{least: utf8.RuneCountInString(words) * framesPerSecond / fastestVoice}
}

// frame takes a frame of what the caller hears and reports whether the words have
// been heard to their end.
func (s *saying) frame(sounds bool) (over bool) {
	switch {
	case s.mark == 0 || !s.told:
		return false
	case sounds:
		s.sounded, s.quiet = s.sounded+1, 0
	default:
		s.quiet++
	}
	return s.sounded > 0 && s.sounded >= s.least && s.quiet >= pauseFrames
}
