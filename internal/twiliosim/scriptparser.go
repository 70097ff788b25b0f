package twiliosim

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// scriptParser holds the settings in force while a script is read.
type scriptParser struct {
	script *Script
	voice  string
	gain   float64
	quiet  time.Duration
}

func (p *scriptParser) line(number int, text string) error {
	words, err := splitWords(text)
	if err != nil || len(words) == 0 {
		return err
	}
	s := step{line: number, voice: p.voice, gain: p.gain, quiet: p.quiet, limit: defaultTimeout}
	command, operands := words[0], words[1:]
	if command.quoted {
		return fmt.Errorf("a line begins with a word such as say, not with %q", command.text)
	}
	switch command.text {
	case "voice", "gain", "quiet":
		return p.setting(command.text, operands)
	case "wait":
		s.kind = stepWait
		s.limit, err = optionalDuration(operands, s.limit)
	case "interrupt":
		s.kind = stepInterrupt
		s.time, err = optionalDuration(operands, 0)
		s.limit += s.time
	case "expect-end":
		s.kind = stepExpectEnd
		s.limit, err = optionalDuration(operands, s.limit)
	case "pause":
		s.kind = stepPause
		s.time, err = oneDuration(operands)
	case "say":
		s.kind = stepSay
		err = s.readSay(operands)
	case "play":
		s.kind = stepPlay
		err = s.readPlay(operands)
	case "press":
		s.kind = stepPress
		err = s.readPress(operands)
	case "hangup":
		s.kind = stepHangUp
		if len(operands) > 0 {
			err = errors.New("nothing may follow it")
		}
	default:
		return fmt.Errorf("unknown word %q; a line begins with wait, say, play, press, pause, interrupt, expect-end, hangup, voice, gain or quiet", command.text)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", command.text, err)
	}
	return p.add(s)
}

func (p *scriptParser) add(s step) error {
	if n := len(p.script.steps); n > 0 {
		last := &p.script.steps[n-1]
		if last.kind == stepHangUp || last.kind == stepExpectEnd {
			return fmt.Errorf("nothing can follow the %s of line %d: the call is over then", last, last.line)
		}
	}
	p.script.steps = append(p.script.steps, s)
	return nil
}

func (p *scriptParser) setting(name string, operands []word) error {
	if len(operands) != 1 {
		return fmt.Errorf("%s: exactly one value must follow it", name)
	}
	var err error
	switch name {
	case "voice":
		p.voice = operands[0].text
	case "gain":
		p.gain, err = parseGain(operands[0].text)
	case "quiet":
		p.quiet, err = parseDuration(operands[0].text)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func (s *step) readSay(operands []word) error {
	if len(operands) == 0 || !operands[0].quoted {
		return errors.New(`the words to say must follow in quotes: say "two dozen roses"`)
	}
	if s.text = strings.TrimSpace(operands[0].text); s.text == "" {
		return errors.New("there are no words between the quotes")
	}
	return s.readOptions(operands[1:], "voice", "gain")
}

func (s *step) readPlay(operands []word) error {
	for len(operands) > 0 && (operands[0].quoted || operands[0].text != "gap" && operands[0].text != "gain") {
		if operands[0].text == "" {
			return errors.New("a file name is empty")
		}
		s.files = append(s.files, operands[0].text)
		operands = operands[1:]
	}
	if len(s.files) == 0 {
		return errors.New("the name of a WAV file must follow: play hello.wav")
	}
	return s.readOptions(operands, "gap", "gain")
}

func (s *step) readOptions(operands []word, known ...string) error {
	for len(operands) > 0 {
		name := operands[0].text
		if !slices.Contains(known, name) {
			return fmt.Errorf("unknown option %q; the options are %s", name, strings.Join(known, " and "))
		}
		if len(operands) == 1 {
			return fmt.Errorf("a value must follow %s", name)
		}
		var err error
		switch value := operands[1].text; name {
		case "voice":
			s.voice = value
		case "gain":
			s.gain, err = parseGain(value)
		case "gap":
			s.gap, err = parseDuration(value)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		operands = operands[2:]
	}
	return nil
}

func (s *step) readPress(operands []word) error {
	if len(operands) != 1 || operands[0].text == "" {
		return errors.New("keys must follow, without spaces: press 12#")
	}
	s.keys = strings.ToUpper(operands[0].text)
	for _, key := range s.keys {
		if !strings.ContainsRune("0123456789ABCD*#W", key) {
			return fmt.Errorf("%q is no key; keys are 0-9, A-D, *, #, and w for a wait of half a second", key)
		}
	}
	return nil
}

func optionalDuration(operands []word, otherwise time.Duration) (time.Duration, error) {
	if len(operands) == 0 {
		return otherwise, nil
	}
	return oneDuration(operands)
}

func oneDuration(operands []word) (time.Duration, error) {
	if len(operands) != 1 {
		return 0, errors.New("exactly one duration must follow, such as 2s")
	}
	return parseDuration(operands[0].text)
}

func parseDuration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d > longestStep {
		return 0, fmt.Errorf("%q is no duration up to an hour, written 300ms, 2s or 1m30s", text)
	}
	return d, nil
}

func parseGain(text string) (float64, error) {
	number, ok := strings.CutSuffix(strings.ToLower(text), "db")
	gain, err := strconv.ParseFloat(number, 64)
	if !ok || err != nil || math.IsNaN(gain) || math.Abs(gain) > loudestGain {
		return 0, fmt.Errorf("%q is no gain between -40dB and +40dB, written -6dB", text)
	}
	return gain, nil
}
