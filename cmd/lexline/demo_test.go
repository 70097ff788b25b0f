package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/twiliosim"
)

func TestDrawnOrdersAreWhatTheirWordsMean(t *testing.T) {
	friday := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	for seed := range uint64(200) {
		o := drawOrder(rand.New(rand.NewPCG(seed, 0)), friday)
		date, err := time.Parse(time.DateOnly, o.date)
		if err != nil {
			t.Fatalf("seed %d: date %q: %v", seed, o.date, err)
		}
		if ahead := date.Sub(friday.Truncate(24 * time.Hour)); date.Weekday().String() != o.day || ahead < 0 || ahead > 6*24*time.Hour {
			t.Errorf("seed %d: %s drawn as %s; want the next one, today included", seed, o.day, o.date)
		}
		said, err := time.Parse("3 PM", fmt.Sprintf("%d %s", o.hour, map[bool]string{true: "PM", false: "AM"}[o.pm]))
		if err != nil || said.Format("15:04") != o.clock {
			t.Errorf("seed %d: %d pm=%t drawn as %s; want %s", seed, o.hour, o.pm, o.clock, said.Format("15:04"))
		}
	}
}

func TestScriptsOfTheCastCanBeRead(t *testing.T) {
	for _, test := range []struct{ whyKeys, sounds string }{{"", ""}, {"", "/sounds"}, {"no engine", "/sounds"}} {
		for seed := range uint64(50) {
			for _, a := range cast(seed, time.Now(), test.whyKeys, test.sounds) {
				if _, err := twiliosim.ParseScript(a.name, strings.NewReader(a.script)); err != nil {
					t.Errorf("seed %d, %+v: %v\n%s", seed, test, err, a.script)
				}
				if keyed := test.whyKeys != ""; a.keyed != keyed || strings.Contains(a.script, "say") == keyed {
					t.Errorf("seed %d, %+v: %s keyed %t with script\n%s", seed, test, a.name, a.keyed, a.script)
				}
				if recorded := strings.Contains(a.script, "/sounds/digits/day-"); recorded != (a.name == "Ben" && test.whyKeys == "" && test.sounds != "") {
					t.Errorf("seed %d, %+v: %s speaks with recordings: %t", seed, test, a.name, recorded)
				}
			}
		}
	}
}

// told is a story of one caller up to a fulfilled order, as its processes log it.
func told(state, flower, mode, result string) *scene {
	s := newStory([]actor{{name: "Ann", order: order{flower: "roses", date: "2026-11-23", clock: "17:00"}}})
	s.phone(0, []byte(`{"event":"call","call":"CA1","to":"+15550100"}`))
	s.phone(0, []byte(`{"event":"speech_end","call":"CA1","text":"yes","time":"2026-11-20T12:00:00.000Z"}`))
	s.gateway([]byte(`{"msg":"turn ended","call":"CA1","time":"2026-11-20T12:00:00.820Z"}`))
	s.bot(fmt.Appendf(nil, `{"session":"CA1","mode":%q,"transcript":"yes","intent":"OrderFlowers","state":%q,
		"slots":{"FlowerType":%q,"PickupDate":"2026-11-23","PickupTime":"17:00"},"messages":["Thank you.","Goodbye."]}`, mode, state, flower))
	s.gateway([]byte(`{"msg":"turn answered","call":"CA1","time":"2026-11-20T12:00:00.900Z"}`))
	s.phone(0, []byte(`{"event":"heard_start","call":"CA1","source":"stream","time":"2026-11-20T12:00:00.930Z"}`))
	s.phone(0, fmt.Appendf(nil, `{"event":"end","call":"CA1","result":%q,"reason":"far_end"}`, result))
	return s.scenes[0]
}

func TestStoryMeasuresATurn(t *testing.T) {
	got := *told("Fulfilled", "roses", "Speech", "ok").turns[0]
	want := []int64{820, 80, 30, 930}
	if diff := cmp.Diff(want, []int64{got.DetectMS, got.AnswerMS, got.HearMS, got.TotalMS}); diff != "" {
		t.Errorf("times (-want +got):\n%s", diff)
	}
	if got.Heard != "Thank you. Goodbye." || got.Said != `"yes"` {
		t.Errorf("said %q, heard %q; want the caller's and the bot's words", got.Said, got.Heard)
	}
}

func TestVerdictIsTheBotsOwnLog(t *testing.T) {
	tests := []struct{ name, state, flower, mode, result, want string }{
		{"as placed", "Fulfilled", "roses", "Speech", "ok", ""},
		{"other flower", "Fulfilled", "tulips", "Speech", "ok", `FlowerType is "tulips", not "roses"`},
		{"not fulfilled", "Failed", "roses", "Speech", "ok", "did not fulfil"},
		{"typed", "Fulfilled", "roses", "Text", "ok", `"Text" mode, not Speech`},
		{"never answered", "", "", "", "ok", `was never answered`},
		{"phone at fault", "Fulfilled", "roses", "Speech", "fault", "the phone reports"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := told(test.state, test.flower, test.mode, test.result).verdict()
			if test.want == "" && got != "" || !strings.Contains(got, test.want) {
				t.Errorf("verdict = %q; want %q", got, test.want)
			}
		})
	}
}

func TestStoryShowsWhatIsNotJSON(t *testing.T) {
	s := newStory([]actor{{name: "Ann"}})
	if got := s.phone(0, []byte("lexline: no such file")); len(got) != 1 || got[0].text != "lexline: no such file" {
		t.Errorf("a phone's plain words are shown as %v", got)
	}
	if got := s.gateway([]byte(`{"level":"WARN","msg":"bot failed","err":"region is dark"}`)); len(got) != 1 || !strings.Contains(got[0].text, "region is dark") {
		t.Errorf("a gateway's warning is shown as %v", got)
	}
}

// TestCueComesInMidSentence stops the region once, while the second act's caller
// gives the day.
func TestCueComesInMidSentence(t *testing.T) {
	cues := 0
	s := newStory([]actor{{name: "Ann"}, {name: "Ben"}, {name: "Cleo"}})
	s.cue = func() []line {
		cues++
		return []line{{verb: "REGION"}}
	}
	for turn := 1; turn <= 4; turn++ {
		for who := range s.scenes {
			s.phone(who, []byte(`{"event":"speech_start","text":"x"}`))
			want := 0
			if turn > 3 || turn == 3 && who == 2 {
				want = 1
			}
			if cues != want {
				t.Errorf("turn %d of %s: %d cues so far; want %d", turn, s.scenes[who].actor.name, cues, want)
			}
			s.phone(who, []byte(`{"event":"speech_end","text":"x"}`))
		}
	}
}

func TestAnswerBehindFillersIsMeasured(t *testing.T) {
	s := newStory([]actor{{name: "Ann"}})
	s.phone(0, []byte(`{"event":"call","call":"CA1","to":"+15550100"}`))
	s.phone(0, []byte(`{"event":"speech_end","call":"CA1","text":"monday","time":"2026-11-20T12:00:00.000Z"}`))
	s.gateway([]byte(`{"msg":"turn ended","call":"CA1","time":"2026-11-20T12:00:00.800Z"}`))
	s.gateway([]byte(`{"msg":"filler playing","call":"CA1","time":"2026-11-20T12:00:01.500Z"}`))
	s.phone(0, []byte(`{"event":"heard_start","call":"CA1","source":"stream","time":"2026-11-20T12:00:01.520Z"}`))
	s.bot([]byte(`{"session":"CA1","region":"us-west-2","mode":"Speech","transcript":"monday","intent":"OrderFlowers","state":"InProgress"}`))
	s.gateway([]byte(`{"msg":"turn answered","call":"CA1","time":"2026-11-20T12:00:02.000Z"}`))
	s.gateway([]byte(`{"msg":"turn playing","call":"CA1","time":"2026-11-20T12:00:02.300Z"}`))
	turn := s.scenes[0].turns[0]
	if turn.TotalMS != 2300 || turn.Fillers != 1 || turn.Region != "us-west-2" {
		t.Errorf("turn = %+v; want an answer of us-west-2 after 2300 ms and 1 filler", turn)
	}
}

// TestReportSaysWhichRegionWasLost stops a region's process in the third turn of the
// last call, and has another region answer.
func TestReportSaysWhichRegionWasLost(t *testing.T) {
	region, err := startChild(t.Context(), "us-east-1", "/bin/sleep", []string{"300"}, nil, func([]byte) {})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = region.cmd.Process.Kill() // it is stopped: nothing else reaches it
		<-region.done
	}()
	var out strings.Builder
	d := &demo{out: "demo-calls", stage: newStage(&out, false), story: newStory([]actor{{name: "Ann"}, {name: "Ben"}, {name: "Cleo"}})}
	d.story.cue = func() []line { return d.stopRegion(&service{child: region}) }
	for range cueTurn {
		d.story.phone(cueScene, []byte(`{"event":"call","call":"CA3"}`))
		d.story.phone(cueScene, []byte(`{"event":"speech_start","text":"x"}`))
		d.story.phone(cueScene, []byte(`{"event":"speech_end","text":"x"}`))
		d.story.bot([]byte(`{"session":"CA3","region":"us-west-2","mode":"Speech"}`))
	}
	report := d.report(time.Second)
	got := report.Calls[cueScene]
	if diff := cmp.Diff(&lostRegion{"us-east-1", 3}, got.Stopped); diff != "" || got.Region != "us-west-2" {
		t.Errorf("region %q, stopped (-want +got):\n%s", got.Region, diff)
	}
	if report.Calls[0].Stopped != nil {
		t.Errorf("Ann's call: stopped %+v; want none", report.Calls[0].Stopped)
	}
	d.stage.table(d, report)
	for _, want := range []string{"\n  Ann   demo-calls/", "\n  Cleo  demo-calls/", "bin/lexline region drill "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the end of the demo lacks %q:\n%s", want, &out)
		}
	}
}

func TestBusyMachine(t *testing.T) {
	for _, test := range []struct {
		name, loadavg string
		processors    int
		want          string
	}{
		{"busy", "21.76 19.32 18.09 2/400 123\n", 2, "load average 21.8, processors 2"},
		{"by the demo itself", "2.90 1.00 0.50 2/400 123\n", 2, ""},
		{"many processors", "21.76 19.32 18.09 2/400 123\n", 32, ""},
		{"unknown", "", 2, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := busyMachine(test.loadavg, test.processors)
			if (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
				t.Errorf("busyMachine(%q, %d) = %q, want %q in it", test.loadavg, test.processors, got, test.want)
			}
		})
	}
}
