package main

import (
	"errors"
	"fmt"
	"time"

	"lexline/internal/vad"
)

type callConfig struct {
	EndOfSpeech     time.Duration `key:"end_of_speech" live:"calls"`
	SpeechThreshold float64       `key:"speech_threshold" live:"calls"`
	BargeIn         orOff         `key:"barge_in" live:"calls"`
	MaxTurn         time.Duration `key:"max_turn" live:"calls"`
	NoInput         orOff         `key:"no_input" live:"calls"`
	MaxSilent       int           `key:"max_silent" live:"calls"`
	MaxTime         orOff         `key:"max_time" live:"calls"`
	KeyTimeout      time.Duration `key:"key_timeout" live:"calls"`
	KeyEnd          string        `key:"key_end" live:"calls"`
	MaxFailures     int           `key:"max_failures" live:"calls"`
	FillerAfter     time.Duration `key:"filler_after" live:"calls"`
	FillerEvery     time.Duration `key:"filler_every" live:"calls"`
	DrainTime       time.Duration `key:"drain_time" live:"now"`
}

// orOff is a duration, or off.
type orOff time.Duration

// off is for what never happens.
const off orOff = -1

// duration is the setting where never is what stands for off.
func (d orOff) duration(never time.Duration) time.Duration {
	if d == off {
		return never
	}
	return time.Duration(d)
}

// defaultCall returns the settings of calls when nothing is configured.
func defaultCall() callConfig {
	hearing := vad.DefaultSettings
	return callConfig{
		EndOfSpeech:     hearing.EndOfSpeech,
		SpeechThreshold: float64(hearing.Threshold),
		BargeIn:         orOff(hearing.BargeIn),
		MaxTurn:         hearing.MaxTurn,
		NoInput:         orOff(8 * time.Second),
		MaxSilent:       3,
		MaxTime:         orOff(time.Hour),
		KeyTimeout:      3 * time.Second,
		KeyEnd:          "#",
		MaxFailures:     3,
		FillerAfter:     1500 * time.Millisecond,
		FillerEvery:     3 * time.Second,
		DrainTime:       100 * time.Second,
	}
}

// hearing is what calls are heard with.
func (c callConfig) hearing() vad.Settings {
	return vad.Settings{
		EndOfSpeech: c.EndOfSpeech, MaxTurn: c.MaxTurn,
		Threshold: float32(c.SpeechThreshold), BargeIn: c.BargeIn.duration(vad.Never),
	}
}

// checkHearing returns what is wrong with the settings of hearing, each fault behind
// its key.
func (c callConfig) checkHearing() (faults []error) {
	for _, setting := range []struct {
		key  string
		zero bool
	}{
		{"end_of_speech", c.EndOfSpeech == 0},
		{"speech_threshold", c.SpeechThreshold == 0},
		{"barge_in", c.BargeIn == 0},
		{"max_turn", c.MaxTurn == 0},
	} {
		if setting.zero { // which vad takes for its default
			faults = append(faults, fmt.Errorf("call.%s: must not be 0", setting.key))
		}
	}
	if err := c.hearing().Validate(); err != nil {
		for _, fault := range err.(interface{ Unwrap() []error }).Unwrap() { //nolint:errorlint // it says that it is one of errors.Join
			faults = append(faults, fmt.Errorf("call.%w", fault))
		}
	}
	return faults
}

// checkSilence returns what is wrong with the settings for callers who say nothing.
func (c callConfig) checkSilence() (faults []error) {
	const least, most = 3 * time.Second, 2 * time.Minute
	if d := time.Duration(c.NoInput); c.NoInput != off && (d < least || d > most) {
		faults = append(faults, fmt.Errorf("call.no_input: %v is not between %v and %v; off asks nobody again", d, least, most))
	}
	if c.MaxSilent < 1 {
		faults = append(faults, errors.New("call.max_silent: must be 1 or more"))
	}
	return faults
}
