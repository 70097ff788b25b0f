package twiliosim

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// performance plays a script to a scene: a line of letters, one for each 100 ms
// (five frames). B: the bot is heard; a dot: it is quiet; c: the carrier is busy
// and the bot quiet; x: what the bot said is cleared, then quiet; w: the bot asks to
// wait; r: the bot asks to repeat. It returns what the caller did as "letter:deed", the letter counted from 0.
func performance(t *testing.T, s *Script, scene string) (deeds []string) {
	t.Helper()
	sounds, err := s.prepare(t.Context(), buzz, "")
	if err != nil {
		t.Fatal(err)
	}
	c := newCaller(s, sounds)
	heard, stretch := never, never
	for i, what := range scene {
		for f := i * 5; f < i*5+5; f++ {
			switch what {
			case 'B', 'w', 'r':
				if stretch == never {
					stretch = f
				}
				heard = f
			case 'x':
				if f%5 == 0 {
					c.cleared(f)
				}
				stretch = never
			default:
				if f-heard >= stretchGap {
					stretch = never
				}
			}
			m := c.next(sense{frame: f, heard: heard, sounding: stretch, settled: what != 'c', react: func(from int) Reaction {
				return reaction(scene[max(from, 0)/5 : i+1])
			}})
			deed := func(format string, args ...any) {
				deeds = append(deeds, fmt.Sprintf("%d:%s", i, fmt.Sprintf(format, args...)))
			}
			if m.starts != nil {
				deed("%v", m.starts)
			}
			if m.ends != nil {
				deed("spoken")
			}
			if m.key != 0 {
				deed("press %c", m.key)
			}
			if m.failed != nil {
				deed("failed: %v", m.failed)
				return deeds
			}
			if m.hangUp {
				deed("hangup")
				return deeds
			}
		}
	}
	return deeds
}

// reaction is what the caller of a performance makes of what was heard.
func reaction(heard string) Reaction {
	switch {
	case strings.Contains(heard, "r"):
		return SayAgain
	case strings.Contains(heard, "B"):
		return Understand
	}
	return Wait
}

func TestCaller(t *testing.T) {
	const quiet = "......." // 700 ms: longer than a wait wants
	for _, test := range []struct {
		name, script, scene string
		want                []string
	}{
		{"hangs up at once", "hangup", ".", []string{"0:hangup"}},
		{"hangs up at the end of the script", "", ".", []string{"0:hangup"}},
		{"waits until the bot was quiet for 600 ms", "wait\nsay \"a b c\"", "..BBB..B" + quiet + "....", []string{`14:say "a b c"`, "16:spoken", "17:hangup"}},
		{"wants to be answered before it goes on", "wait\nsay \"a\"\nwait", "B" + quiet + quiet + "..B" + quiet, []string{`7:say "a"`, "7:spoken", "24:hangup"}},
		{"does not take silence for an answer", "wait 1s", "............", []string{"10:failed: test:1: wait: the bot did not say anything after 1s"}},
		{"does not wait for ever for silence", "wait 1s", "BBBBBBBBBBBB", []string{"10:failed: test:1: wait: the bot does not stop speaking after 1s"}},
		{"quiet can be set", "quiet 100ms\nwait", "B...", []string{"2:hangup"}},
		{"silence while the carrier connects does not count", "wait", "Bccccccccc..B" + quiet, []string{"19:hangup"}},
		{"what was said over the caller does not count", "wait\nsay \"a b c\"\nwait 1s", "B" + quiet + "BB" + quiet + quiet, []string{`7:say "a b c"`, "9:spoken", "20:failed: test:3: wait: the bot did not say anything after 1s"}},
		{"pauses", "pause 300ms\nhangup", ".....", []string{"3:hangup"}},
		{"presses keys 200 ms apart", "press 12w#", strings.Repeat(".", 20), []string{"0:press 1", "2:press 2", "9:press #", "11:hangup"}},
		{"interrupts at once", "interrupt\nsay \"a\"", "..BBBBB", []string{`2:say "a"`, "2:spoken", "3:hangup"}},
		{"interrupts in the middle", "interrupt 300ms\nsay \"a\"", "..BBBBBBBB", []string{`5:say "a"`, "5:spoken", "6:hangup"}},
		{"a cleared prompt is no answer", "interrupt\nsay \"a b\"\nwait", "BBBx" + "BB" + quiet, []string{`0:say "a b"`, "1:spoken", "12:hangup"}},
		{"the rest of a cleared prompt is none either", "interrupt\nsay \"a b\"\nwait 2s", "BBBB" + "x" + strings.Repeat(".", 30), []string{`0:say "a b"`, "1:spoken", "22:failed: test:3: wait: the bot did not say anything after 2s"}},
		{"has nobody to interrupt", "interrupt", strings.Repeat(".", 301), []string{"300:failed: test:1: interrupt: the bot does not speak after 30s"}},
		{"waits on when asked for patience", "wait\nsay \"a\"", "ww" + quiet + "w" + quiet + "B" + quiet + "..", []string{`24:say "a"`, "24:spoken", "25:hangup"}},
		{"hears an answer behind a request for patience", "wait\nsay \"a\"", "wwBB" + quiet + "..", []string{`10:say "a"`, "10:spoken", "11:hangup"}},
		{"does not wait patiently for ever", "wait 1s", "w" + quiet + "....", []string{"10:failed: test:1: wait: the bot did not say anything after 1s"}},
		{"says the last thing again when asked to", "wait\nsay \"a\"\nwait", "B" + quiet + "rr" + quiet + "B" + quiet, []string{`7:say "a"`, "7:spoken", `16:say "a"`, "17:spoken", "24:hangup"}},
		{"says the last word again", "say \"a\"\nexpect-end 2s", ".rr" + quiet + strings.Repeat(".", 30), []string{`0:say "a"`, "0:spoken", `9:say "a"`, "10:spoken", "30:failed: test:2: expect-end: the call is still up after 2s"}},
		{"has nothing to repeat", "wait 1s", "rr" + quiet + "....", []string{"10:failed: test:1: wait: the bot did not say anything after 1s"}},
		{"is told to wait for the end", "expect-end 1s", strings.Repeat(".", 12), []string{"10:failed: test:1: expect-end: the call is still up after 1s"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, performance(t, script(t, strings.Split(test.script, "\n")...), test.scene)); diff != "" {
				t.Errorf("with the bot heard as %q (-want +got):\n%s", test.scene, diff)
			}
		})
	}
}

// TestCallEnded ends the call from the other side after one frame of the script.
func TestCallEnded(t *testing.T) {
	for _, test := range []struct {
		name, script string
		heard        int // last frame in which the bot was heard
		want         string
	}{
		{"as expected", "expect-end", never, ""},
		{"where the caller would have hung up", "hangup", never, ""},
		{"in a last pause", "pause 5s", never, ""},
		{"before the bot's last words were followed by silence", "wait\nexpect-end", 1, ""},
		{"in a last wait", "wait", 1, ""},
		{"before the bot said anything", "wait", never, "test:1: wait: the other side ended the call before that"},
		{"before the bot said anything more", "wait\nwait", 1, "test:2: wait: the other side ended the call before that"},
		{"while the last key is being let go", "press 1\nexpect-end", never, ""},
		{"between two keys", "press 12\nexpect-end", never, "test:1: press 12: the other side ended the call before that"},
		{"before the caller had said it all", "pause 1s\nsay \"a\"", 1, `test:2: say "a": the other side ended the call before that`},
		{"before the caller pressed a key", "wait\npress 1\nhangup", 1, "test:2: press 1: the other side ended the call before that"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := script(t, strings.Split(test.script, "\n")...)
			sounds, err := s.prepare(t.Context(), buzz, "")
			if err != nil {
				t.Fatal(err)
			}
			c := newCaller(s, sounds)
			c.next(sense{frame: 0, heard: never, sounding: never})
			got := ""
			if err := c.callEnded(test.heard); err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("the verdict is %q, want %q", got, test.want)
			}
		})
	}
}
