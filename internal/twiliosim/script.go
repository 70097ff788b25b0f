package twiliosim

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"
)

// ScriptHelp explains the language of scripts to the person who writes one.
const ScriptHelp = `A script is a text file with one step on each line. The steps are done in order;
when there are none left, the caller hangs up. A line that begins with # is a
remark; so is the rest of a line from a word that begins with #.

  wait                    until the bot has spoken and then been quiet for 600ms
  wait 10s                the same, but the call fails if that takes longer (default 30s)
  say "two dozen roses"   speak these words (synthesized)
  say "help" voice slt    ... in this voice, this once
  play hello.wav          play a recording; the file lies beside the script
  play a.wav b.wav gap 100ms
                          several recordings as one utterance, 100ms of silence between them
  press 12#               press keys: 0-9 A-D * #, and w to wait half a second
  pause 2s                do nothing for a while
  interrupt 1s            until the bot has been speaking for 1s (default 0s): the next
                          step then speaks over it
  expect-end              until the other side ends the call; it fails after 30s
  expect-end 5s           ... after 5s
  hangup                  hang up

Settings hold from their line on:

  voice rms               voice of say
  gain -6dB               makes say and play louder or softer; also after one say or play
  quiet 800ms             how long the bot must be quiet for wait to be over

Durations are written 300ms, 2s, 1.5s or 1m30s.`

const (
	maxScript      = 1 << 20 // bytes
	defaultQuiet   = 600 * time.Millisecond
	defaultTimeout = 30 * time.Second
	longestStep    = time.Hour
	loudestGain    = 40.0 // dB, either way
)

// Script is what a caller does in a call, step by step. It does not change
// after it was parsed.
type Script struct {
	Name  string // for errors and records: a file's name
	dir   string // that file names in the script are relative to
	steps []step
}

type stepKind uint8

const (
	stepWait stepKind = iota
	stepInterrupt
	stepSay
	stepPlay
	stepPress
	stepPause
	stepExpectEnd
	stepHangUp
)

// step is one thing that the caller does. The settings in force are part of it.
type step struct {
	kind  stepKind
	line  int
	text  string        // say
	voice string        // say; empty for the default
	files []string      // play
	gap   time.Duration // play: silence between files
	gain  float64       // say, play: dB
	keys  string        // press
	quiet time.Duration // wait
	time  time.Duration // pause: how long; interrupt: how long the bot has spoken
	limit time.Duration // wait, interrupt, expect-end: until the call fails
}

// String names the step as in the script, for errors and live lines.
func (s *step) String() string {
	switch s.kind {
	case stepWait:
		return "wait"
	case stepInterrupt:
		return "interrupt"
	case stepSay:
		return fmt.Sprintf("say %q", s.text)
	case stepPlay:
		return "play " + strings.Join(s.files, " ")
	case stepPress:
		return "press " + s.keys
	case stepPause:
		return "pause " + s.time.String()
	case stepExpectEnd:
		return "expect-end"
	default:
		return "hangup"
	}
}

// ReadScript reads a script file. Errors name the file and the line.
func ReadScript(path string) (*Script, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read script: %w", err)
	}
	defer f.Close()
	s, err := ParseScript(path, f)
	if err != nil {
		return nil, err
	}
	s.dir = filepath.Dir(path)
	return s, nil
}

// ParseScript reads a script from r. name stands for it in errors; the files that
// it plays are relative to the working directory.
func ParseScript(name string, r io.Reader) (*Script, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxScript+1))
	if err != nil {
		return nil, fmt.Errorf("read script %s: %w", name, err)
	}
	if len(text) > maxScript {
		return nil, fmt.Errorf("script %s is longer than %d bytes", name, maxScript)
	}
	if !utf8.Valid(text) {
		return nil, fmt.Errorf("script %s is not a text file in UTF-8", name)
	}
	p := scriptParser{script: &Script{Name: name, dir: "."}, quiet: defaultQuiet}
	for i, line := range strings.Split(strings.TrimPrefix(string(text), "\ufeff"), "\n") {
		if err := p.line(i+1, line); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, i+1, err)
		}
	}
	return p.script, nil
}

// SayScript is the script of a caller who waits for the bot and says the texts
// in turn, hears the last answer and hangs up. Without texts it waits for the
// greeting and hangs up: enough to see that the other side answers and speaks.
func SayScript(texts ...string) *Script {
	s := &Script{Name: "--say"}
	wait := step{kind: stepWait, quiet: defaultQuiet, limit: defaultTimeout}
	for i, text := range texts {
		wait.line = i + 1
		s.steps = append(s.steps, wait, step{kind: stepSay, line: i + 1, text: text})
	}
	wait.line = len(texts) + 1
	if len(texts) == 0 {
		s.Name, wait.line = "a caller without a script", 0 // there is no line of anything to point at
	}
	s.steps = append(s.steps, wait)
	return s
}
