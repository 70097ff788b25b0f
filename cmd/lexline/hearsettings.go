package main

import (
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"lexline/internal/spelling"
	"lexline/internal/vad"
)

// hearSettings is what a recording is heard with.
type hearSettings struct {
	vad.Settings
	answer vad.Answer
}

// configuredHearing returns the settings of a gateway's configuration file; without
// one they are the defaults. The rest of the file need not be complete.
func configuredHearing(file string) (hearSettings, error) {
	if file == "" {
		return hearSettings{Settings: vad.DefaultSettings}, nil
	}
	cfg := defaultConfig()
	if _, err := readConfigFile(file, &cfg); err != nil {
		return hearSettings{}, err
	}
	if err := errors.Join(cfg.Call.checkHearing()...); err != nil {
		return hearSettings{}, &hintError{fmt.Errorf("%s: %w", file, err), "lexline.yml explains every key"}
	}
	return hearSettings{Settings: cfg.Call.hearing()}, nil
}

// hearKeys maps the names of settings to what sets them.
var hearKeys = map[string]func(s *hearSettings, value string) error{
	"end_of_speech": func(s *hearSettings, value string) error { return setDuration(&s.EndOfSpeech, value) },
	"max_turn":      func(s *hearSettings, value string) error { return setDuration(&s.MaxTurn, value) },
	"barge_in": func(s *hearSettings, value string) error {
		if value == "off" {
			s.BargeIn = vad.Never
			return nil
		}
		return setDuration(&s.BargeIn, value)
	},
	"speech_threshold": func(s *hearSettings, value string) error {
		threshold, err := strconv.ParseFloat(value, 32)
		if err != nil || threshold <= 0 {
			return fmt.Errorf("%q is no probability; write 0.6", value)
		}
		s.Threshold = float32(threshold)
		return nil
	},
	"answer": func(s *hearSettings, value string) error {
		for _, answer := range []vad.Answer{vad.AnyAnswer, vad.ShortAnswer, vad.FreeAnswer} {
			if answer.String() == value {
				s.answer = answer
				return nil
			}
		}
		return fmt.Errorf("%q is neither any, short nor free", value)
	},
}

func setDuration(to *time.Duration, text string) error {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return fmt.Errorf("%q is no duration; write 800ms or 3s", text)
	}
	*to = d
	return nil
}

// set changes a setting by KEY=VALUE. The key may have its section in front of it.
func (s *hearSettings) set(change string) error {
	key, value, ok := strings.Cut(change, "=")
	if !ok {
		return fmt.Errorf("--set %s must be KEY=VALUE", change)
	}
	set, ok := hearKeys[strings.TrimPrefix(key, "call.")]
	if !ok {
		near, _ := spelling.Nearest(key, maps.Keys(hearKeys))
		return &hintError{fmt.Errorf("--set %s: there is no setting %q of hearing", change, key), fmt.Sprintf("the nearest one is %s", near)}
	}
	if err := set(s, value); err != nil {
		return fmt.Errorf("--set %s: %w", key, err)
	}
	return nil
}
