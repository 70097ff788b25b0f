package vad

import (
	"errors"
	"fmt"
	"time"
)

// Answer is what the caller is expected to say next. It sets how long a silence
// ends their turn.
type Answer uint8

// The answers.
const (
	AnyAnswer   Answer = iota
	ShortAnswer        // yes or no, a digit, one of a few words: nobody pauses within it
	FreeAnswer         // free text, an address, a long number: people stop to think
)

// String returns any, short or free.
func (a Answer) String() string {
	switch a {
	case ShortAnswer:
		return "short"
	case FreeAnswer:
		return "free"
	default:
		return "any"
	}
}

// stopTenths is how many tenths of Settings.EndOfSpeech end a turn with an answer.
func (a Answer) stopTenths() int {
	switch a {
	case ShortAnswer:
		return 7
	case FreeAnswer:
		return 14
	default:
		return 10
	}
}

// Never is the Settings.BargeIn with which no caller interrupts the bot. It is a
// value of that setting rather than a setting, so that the two cannot contradict
// each other.
const Never time.Duration = -1

// Settings are what an operator may set of hearing. The zero value of a field
// means its default. Durations are rounded down to frames of 20 ms.
type Settings struct {
	// EndOfSpeech is the silence that ends a turn, if any answer is expected: default
	// 640 ms. Where a short answer is expected it is 0.7 of that, for free text 1.4.
	EndOfSpeech time.Duration
	// MaxTurn is after how long a turn is ended whatever is heard: default 14 s. Lex
	// takes 15 s of one utterance (https://docs.aws.amazon.com/lexv2/latest/dg/quotas.html);
	// the rest is for what a turn has of sound from before it opened.
	MaxTurn time.Duration
	// Threshold is the probability from which a frame counts as speech: default 0.5.
	Threshold float32
	// BargeIn is how much speech, above the bot's echo, interrupts the bot: default
	// 160 ms. Never is a value, too.
	BargeIn time.Duration
}

// DefaultSettings has the default of each setting.
var DefaultSettings = Settings{
	EndOfSpeech: 640 * time.Millisecond,
	MaxTurn:     14 * time.Second,
	Threshold:   0.5,
	BargeIn:     160 * time.Millisecond,
}

// WithDefaults returns the settings with the defaults of those that are not set.
func (s Settings) WithDefaults() Settings {
	if s.EndOfSpeech == 0 {
		s.EndOfSpeech = DefaultSettings.EndOfSpeech
	}
	if s.MaxTurn == 0 {
		s.MaxTurn = DefaultSettings.MaxTurn
	}
	if s.Threshold == 0 {
		s.Threshold = DefaultSettings.Threshold
	}
	if s.BargeIn == 0 {
		s.BargeIn = DefaultSettings.BargeIn
	}
	return s
}

// Limits of the settings.
const (
	leastEndOfSpeech = 200 * time.Millisecond // stop consonants last half as long
	mostEndOfSpeech  = 5 * time.Second
	leastMaxTurn     = time.Second
	mostMaxTurn      = 14 * time.Second
	leastThreshold   = 0.05
	mostThreshold    = 0.95
	leastBargeIn     = startSpeech * frameTime // what opens a turn while the bot is silent
	mostBargeIn      = 320 * time.Millisecond
)

// Validate returns what is wrong with the settings, one error for each that is out
// of range, joined by errors.Join. Each begins with the setting's name in lexline.yml.
// Settings that are not set are right.
func (s Settings) Validate() error {
	s = s.WithDefaults()
	var faults []error
	within := func(name string, d, least, most time.Duration) {
		if d < least || d > most {
			faults = append(faults, fmt.Errorf("%s: %v is not between %v and %v", name, d, least, most))
		}
	}
	within("end_of_speech", s.EndOfSpeech, leastEndOfSpeech, mostEndOfSpeech)
	within("max_turn", s.MaxTurn, leastMaxTurn, mostMaxTurn)
	if !(s.Threshold >= leastThreshold && s.Threshold <= mostThreshold) { // not a number is wrong, too
		faults = append(faults, fmt.Errorf("speech_threshold: %v is not between %v and %v", s.Threshold, leastThreshold, mostThreshold))
	}
	if s.BargeIn != Never {
		within("barge_in", s.BargeIn, leastBargeIn, mostBargeIn)
	}
	return errors.Join(faults...)
}

// Stop returns the silence that ends a turn when a is expected.
func (s Settings) Stop(a Answer) time.Duration {
	return (s.WithDefaults().EndOfSpeech / 10 * time.Duration(a.stopTenths())).Truncate(frameTime)
}
