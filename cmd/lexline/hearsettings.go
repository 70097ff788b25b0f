package main

import (
	"fmt"
	"maps"
	"slices"
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

// configuredHearing returns the settings that a gateway has with a configuration
// file, "" for none, and an environment, which goes over the file. The rest of the
// file need not be complete.
func configuredHearing(file string, env *environment) (hearSettings, error) {
	if env.environ != nil {
		if err := checkEnvironment(env.environ()); err != nil {
			return hearSettings{}, err
		}
	}
	cfg := defaultConfig()
	var lines keyLines
	if file != "" {
		var err error
		if lines, err = readConfigFile(file, &cfg); err != nil {
			return hearSettings{}, err
		}
	}
	if err := cfg.takeEnvironment(env.getenv); err != nil {
		return hearSettings{}, err
	}
	if err := locate(cfg.Call.checkHearing(), file, lines, env.getenv); err != nil {
		return hearSettings{}, &hintError{err, "lexline.yml explains every key"}
	}
	return hearSettings{Settings: cfg.Call.hearing()}, nil
}

// setByEnvironment reports whether the environment has a setting of hearing.
func setByEnvironment(getenv func(string) string) bool {
	for key := range hearKeys {
		if getenv(environmentPrefix+"CALL_"+strings.ToUpper(key)) != "" {
			return true
		}
	}
	return false
}

// hearKeys maps the names of settings to what sets them; answer is none of a gateway's.
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
		answer, ok := answerKinds[value]
		if !ok {
			return fmt.Errorf("%q is neither any, short nor free", value)
		}
		s.answer = answer
		return nil
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
		hint := "hear knows " + strings.Join(slices.Sorted(maps.Keys(hearKeys)), ", ")
		if near, d := spelling.Nearest(key, maps.Keys(hearKeys)); d <= len(near)/3 {
			hint = "the nearest one is " + near + "; " + hint
		}
		return &hintError{fmt.Errorf("--set %s: there is no setting %q of hearing", change, key), hint}
	}
	if err := set(s, value); err != nil {
		return fmt.Errorf("--set %s: %w", key, err)
	}
	return nil
}
