package twiliosim

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseScript(t *testing.T) {
	wait := step{kind: stepWait, quiet: 600 * time.Millisecond, limit: 30 * time.Second}
	with := func(s step, change func(*step)) step {
		s.quiet, s.limit = wait.quiet, wait.limit
		change(&s)
		return s
	}
	for _, test := range []struct {
		name, given string
		want        []step
	}{
		{"nothing but remarks", "# a caller\n\n   # who does nothing\n", nil},
		{"wait", "wait", []step{with(step{}, func(s *step) { s.line = 1 })}},
		{"wait with a limit, and a remark", "wait 10s # \"enough", []step{with(step{}, func(s *step) { s.line, s.limit = 1, 10*time.Second })}},
		{"words", "\nsay \"two  dozen\"", []step{with(step{kind: stepSay, line: 2, text: "two  dozen"}, func(*step) {})}},
		{"words in curved quotes", "say “hello”", []step{with(step{kind: stepSay, line: 1, text: "hello"}, func(*step) {})}},
		{
			"settings hold, options do not", "voice rms\ngain -6dB\nquiet 1s\nsay \"a\"\nsay \"b\" voice slt gain 3dB\nsay \"c\"",
			[]step{
				{kind: stepSay, line: 4, text: "a", voice: "rms", gain: -6, quiet: time.Second, limit: wait.limit},
				{kind: stepSay, line: 5, text: "b", voice: "slt", gain: 3, quiet: time.Second, limit: wait.limit},
				{kind: stepSay, line: 6, text: "c", voice: "rms", gain: -6, quiet: time.Second, limit: wait.limit},
			},
		},
		{
			"recordings", "play a.wav \"my b.wav\" gap 100ms gain +1.5dB", []step{with(step{
				kind: stepPlay, line: 1, files: []string{"a.wav", "my b.wav"}, gap: 100 * time.Millisecond, gain: 1.5,
			}, func(*step) {})},
		},
		{"keys", "press 1w2#", []step{with(step{kind: stepPress, line: 1, keys: "1W2#"}, func(*step) {})}},
		{"the hash key alone, and a remark", "press # # the end", []step{with(step{kind: stepPress, line: 1, keys: "#"}, func(*step) {})}},
		{"interrupt", "interrupt 1.5s", []step{with(step{kind: stepInterrupt, line: 1, time: 1500 * time.Millisecond}, func(s *step) { s.limit += 1500 * time.Millisecond })}},
		{"pause and hang up", "pause 2s\r\nhangup\r\n", []step{
			with(step{kind: stepPause, line: 1, time: 2 * time.Second}, func(*step) {}),
			with(step{kind: stepHangUp, line: 2}, func(*step) {}),
		}},
		{"expect the end", "\ufeffexpect-end 5s", []step{with(step{kind: stepExpectEnd, line: 1}, func(s *step) { s.limit = 5 * time.Second })}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, err := ParseScript("test", strings.NewReader(test.given))
			if err != nil {
				t.Fatalf("given %q: %v", test.given, err)
			}
			if diff := cmp.Diff(test.want, s.steps, cmp.AllowUnexported(step{})); diff != "" {
				t.Errorf("given %q (-want +got):\n%s", test.given, diff)
			}
		})
	}
}

func TestParseScriptErrors(t *testing.T) {
	for _, test := range []struct{ name, given, want string }{
		{"unknown word", "wait\ndance", `test:2: unknown word "dance"; a line begins with wait`},
		{"quotes first", `"hello"`, `test:1: a line begins with a word such as say, not with "hello"`},
		{"open quote", "wait\nsay \"hello", "test:2: a quote is not closed"},
		{"words without quotes", "say hello there", "test:1: say: the words to say must follow in quotes"},
		{"no words", `say "  "`, "test:1: say: there are no words"},
		{"unknown option", `say "hi" speed 2`, `test:1: say: unknown option "speed"; the options are voice and gain`},
		{"option without value", `say "hi" voice`, "test:1: say: a value must follow voice"},
		{"nothing to play", "play gap 1s", "test:1: play: the name of a WAV file must follow"},
		{"empty file name", `play ""`, "test:1: play: a file name is empty"},
		{"gap", "play a.wav gap much", `test:1: play: gap: "much" is no duration`},
		{"gain", "gain 6", `test:1: gain: "6" is no gain`},
		{"gain beyond reason", "gain 41dB", "test:1: gain: "},
		{"no number", "gain NaNdB", "test:1: gain: "},
		{"setting without value", "voice", "test:1: voice: exactly one value"},
		{"no key", "press 12e", `test:1: press: 'E' is no key`},
		{"keys apart", "press 1 2", "test:1: press: keys must follow, without spaces"},
		{"bare number", "pause 2", `test:1: pause: "2" is no duration`},
		{"pause without time", "pause", "test:1: pause: exactly one duration"},
		{"too long", "wait 2h", `test:1: wait: "2h" is no duration up to an hour`},
		{"negative", "wait -1s", "test:1: wait: "},
		{"behind the end", "hangup\nwait", "test:2: nothing can follow the hangup of line 1"},
		{"more behind hangup", "hangup now", "test:1: hangup: nothing may follow"},
		{"not text", "wait\xff", "script test is not a text file"},
		{"too big", strings.Repeat("#", 1<<20+1), "script test is longer than"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := ParseScript("test", strings.NewReader(test.given))
			if err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("given %.40q the error is %v, want %q", test.given, err, test.want)
			}
		})
	}
}

func TestReadScriptNamesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bad.script")
	if _, err := ReadScript(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("error of a missing file: %v", err)
	}
	if err := os.WriteFile(path, []byte("wait\nwait soon\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadScript(path); err == nil || !strings.HasPrefix(err.Error(), path+":2: ") {
		t.Errorf("error of a bad file: %v", err)
	}
}

func TestSayScript(t *testing.T) {
	var got []string
	for _, s := range SayScript("one", "two").steps {
		got = append(got, s.String())
	}
	if diff := cmp.Diff([]string{"wait", `say "one"`, "wait", `say "two"`, "wait"}, got); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}

// TestErrorsNameWhatWasGiven: who has given neither a script nor texts is not told of one.
func TestErrorsNameWhatWasGiven(t *testing.T) {
	for _, tt := range []struct {
		script *Script
		want   string
	}{
		{SayScript(), "a caller without a script: wait: gone"},
		{SayScript("one"), "--say:1: wait: gone"},
		{script(t, "press 1", "wait"), "test:2: wait: gone"},
	} {
		steps := tt.script.steps
		st := &steps[0]
		if len(steps) > 1 && st.kind != stepWait {
			st = &steps[1]
		}
		if err := newCaller(tt.script, nil).errorf(st, "gone"); err.Error() != tt.want {
			t.Errorf("the error is %q; want %q", err, tt.want)
		}
	}
}

// TestScriptHelp parses each example of the help, so that it tells the truth.
func TestScriptHelp(t *testing.T) {
	examples := 0
	for line := range strings.Lines(ScriptHelp) {
		example, ok := strings.CutPrefix(line, "  ")
		if !ok || strings.HasPrefix(example, " ") {
			continue
		}
		examples++
		example, _, _ = strings.Cut(example, "  ") // the explanation follows behind spaces
		if _, err := ParseScript("help", strings.NewReader(strings.TrimSpace(example))); err != nil {
			t.Errorf("example %q: %v", example, err)
		}
	}
	if examples < 14 {
		t.Errorf("found only %d examples in the help", examples)
	}
}

func FuzzScript(f *testing.F) {
	f.Add(ScriptHelp)
	f.Add("voice rms\nwait 10s\nsay \"two dozen\" gain -3dB # words\npress 12#\nplay a.wav b.wav gap 100ms\ninterrupt 1s\nexpect-end")
	f.Add("press # # x\nsay “a”\npause 1h")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseScript("fuzz", strings.NewReader(text))
		if err != nil {
			if s != nil || !strings.Contains(err.Error(), "fuzz") {
				t.Errorf("script %v beside the error %v", s, err)
			}
			return
		}
		line := 0
		for _, st := range s.steps {
			switch {
			case st.line <= line:
				t.Errorf("%q: the step in line %d comes after line %d", text, st.line, line)
			case st.kind == stepSay && st.text == "", st.kind == stepPlay && len(st.files) == 0, st.kind == stepPress && st.keys == "":
				t.Errorf("%q: empty step %v", text, &st)
			case st.time < 0 || st.limit < 0 || st.gap < 0 || st.time > longestStep || st.gap > longestStep:
				t.Errorf("%q: step %v with time %v, limit %v, gap %v", text, &st, st.time, st.limit, st.gap)
			}
			line = st.line
		}
	})
}

// TestExampleCallers reads the scripts that the documentation offers.
func TestExampleCallers(t *testing.T) {
	paths, err := filepath.Glob("../../docs/callers/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("example scripts: %v, %v", paths, err)
	}
	for _, path := range paths {
		if s, err := ReadScript(path); err != nil || len(s.steps) == 0 {
			t.Errorf("%s: %v, %v", path, s, err)
		}
	}
}
