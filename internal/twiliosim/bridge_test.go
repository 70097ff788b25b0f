package twiliosim

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/audio"
)

// turnWords writes what happened down in short, each with its time.
func turnWords(frame int, turns []turn) (list []string) {
	at := time.Duration(frame) * audio.FrameDuration
	for _, t := range turns {
		word := map[turnKind]string{
			legRings: "rings", legAnswers: "answers", legWhisper: "whisper", bridged: "bridged", callerLeaves: "caller leaves",
		}[t.kind]
		switch t.kind {
		case legOut:
			word = progressNames[t.leg.at]
		case bridgeOver:
			word = fmt.Sprintf("over %s %v", t.result.status, t.result.duration)
		}
		if t.leg != nil && len(t.leg.noun.target) > 0 {
			word += " " + t.leg.noun.target[len(t.leg.noun.target)-1:]
		}
		list = append(list, fmt.Sprintf("%v %s", at, word))
	}
	return list
}

// TestBridge calls parties and tells what happens, when. The human hears what is for
// them alone for a second.
func TestBridge(t *testing.T) {
	for _, test := range []struct {
		name, dial string
		parties    []string
		want       []string
	}{
		{"the human answers, talks and hangs up", "<Dial>+15550000001</Dial>", []string{"+15550000001=answers,ring=3s,talk=5s"}, []string{
			"0s rings 1", "3s answers 1", "3.02s bridged 1", "8.02s over completed 5s 1",
		}},
		{"the caller hangs up", "<Dial>+15550000001</Dial>", []string{"+15550000001=answers,hangup=caller"}, []string{
			"0s rings 1", "1s answers 1", "1.02s bridged 1", "3.02s caller leaves 1",
		}},
		{"busy", "<Dial>+15550000001</Dial>", []string{"+15550000001=busy"}, []string{"0s rings 1", "1s busy 1", "1s over busy 0s"}},
		{"nobody", `<Dial timeout="20">+15550000001</Dial>`, []string{"+15550000001=no-answer"}, []string{
			"0s rings 1", "20s no-answer 1", "20s over no-answer 0s",
		}},
		{"too late", `<Dial timeout="2">+15550000001</Dial>`, []string{"+15550000001=answers,ring=3s"}, []string{
			"0s rings 1", "2s no-answer 1", "2s over no-answer 0s",
		}},
		{"no such number", "<Dial>+15550000001</Dial>", nil, []string{"0s rings 1", "0s failed 1", "0s over failed 0s"}},
		{"talk is limited", `<Dial timeLimit="3">+15550000001</Dial>`, []string{"+15550000001=answers,talk=1h"}, []string{
			"0s rings 1", "1s answers 1", "1.02s bridged 1", "4.02s over completed 3s 1",
		}},
		{"a whisper comes first", `<Dial><Number url="/w">+15550000001</Number></Dial>`, []string{"+15550000001=answers,talk=1s"}, []string{
			"0s rings 1", "1s answers 1", "1s whisper 1", "2.02s bridged 1", "3.02s over completed 1s 1",
		}},
		{
			"the fastest of several", "<Dial><Number>+15550000001</Number><Sip>sip:desk@example.com</Sip><Client>c</Client></Dial>",
			[]string{"+15550000001=answers,ring=5s", "sip:desk@example.com=busy,ring=1s", "client:c=answers,ring=2s,talk=1s"},
			[]string{"0s rings 1", "0s rings m", "0s rings c", "1s busy m", "2s answers c", "2s canceled 1", "2.02s bridged c", "3.02s over completed 1s c"},
		},
		{
			"none of several", "<Dial timeout=\"9\"><Number>+15550000001</Number><Client>c</Client></Dial>",
			[]string{"+15550000001=no-answer", "client:c=busy"},
			[]string{"0s rings 1", "0s rings c", "1s busy c", "9s no-answer 1", "9s over no-answer 0s"},
		},
		{"a conference", "<Dial><Conference>room</Conference></Dial>", []string{"conference:room=answers,talk=1s"}, []string{
			"0s rings m", "1s answers m", "1.02s bridged m", "2.02s over answered 1s m",
		}},
		{"a queue", "<Enqueue>q</Enqueue>", []string{"queue:q=answers,ring=2m,talk=1s"}, []string{
			"0s rings q", "2m0s answers q", "2m0.02s bridged q", "2m1.02s over completed 1s q",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			parties := map[string]Party{}
			for _, text := range test.parties {
				target, p, err := ParseParty(text)
				if err != nil {
					t.Fatal(err)
				}
				parties[target] = p
			}
			v := &verbsOf(t, test.dial)[0]
			b := newBridge(v, 0, func(key string) Party { return parties[key] }, func() string { return "CA" })
			var got []string
			for frame := 0; !b.over && frame < 100_000; frame++ {
				turns := b.next(frame)
				got = append(got, turnWords(frame, turns)...)
				if len(turns) > 0 && turns[len(turns)-1].kind == legWhisper {
					b.told(50, true)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s: what happened (-want +got):\n%s", test.dial, diff)
			}
			if b.next(200_000) != nil {
				t.Error("something happens after the end")
			}
		})
	}
}

func TestHumanHangsUpOnWhisper(t *testing.T) {
	v := &verbsOf(t, `<Dial><Number url="/w">+15550000001</Number></Dial>`)[0]
	b := newBridge(v, 0, func(string) Party { return Party{Fate: Answers, Talk: time.Minute} }, func() string { return "CA1" })
	b.next(0)
	turns := b.told(0, false)
	if len(turns) != 1 || turns[0].result != (dialResult{status: "completed", sid: "CA1"}) || b.connected() {
		t.Errorf("the human hangs up: %+v; want the end, completed without a conversation", turns)
	}
}

func TestParseParty(t *testing.T) {
	for _, test := range []struct {
		text, target string
		party        Party
		failure      string
	}{
		{"+1 (555) 010-0010=answers", "+15550100010", Party{Fate: Answers, Ring: time.Second, Talk: 2 * time.Second}, ""},
		{"+15550100010=busy,ring=0s", "+15550100010", Party{Fate: Busy, Talk: 2 * time.Second}, ""},
		{"sip:Desk@Example.com;transport=tls?x=1=no-answer", "sip:desk@example.com", Party{Fate: NoAnswer, Ring: time.Second, Talk: 2 * time.Second}, ""},
		{"client:alice=answers,talk=1m,hangup=caller,machine", "client:alice", Party{Fate: Answers, Ring: time.Second, Talk: time.Minute, CallerHangsUp: true, Machine: true}, ""},
		{"queue:support=failed", "queue:support", Party{Ring: time.Second, Talk: 2 * time.Second}, ""},
		{"+1555", "", Party{}, "the form is TARGET=FATE"},
		{"+1555=sleeps", "", Party{}, "the form is TARGET=FATE"},
		{"=busy", "", Party{}, "the form is TARGET=FATE"},
		{"+1555=busy,loud", "", Party{}, `unknown option "loud"`},
		{"+1555=answers,talk=long", "", Party{}, `"long" is no duration`},
		{"+1555=answers,hangup=both", "", Party{}, "hangup is human or caller"},
	} {
		target, party, err := ParseParty(test.text)
		if test.failure != "" {
			if err == nil || !strings.Contains(err.Error(), test.failure) {
				t.Errorf("ParseParty(%q) fails with %v; want %q", test.text, err, test.failure)
			}
			continue
		}
		if err != nil || target != test.target || party != test.party {
			t.Errorf("ParseParty(%q) = %q, %+v, %v; want %q, %+v", test.text, target, party, err, test.target, test.party)
		}
	}
}
