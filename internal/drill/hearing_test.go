package drill

import (
	"math/rand/v2"
	"testing"
	"time"

	"lexline/internal/audio"
	"lexline/internal/twiliosim"
)

// noise is a sound of some frames that is like no other.
func noise(seed uint64, frames int) []byte {
	rng := rand.New(rand.NewPCG(seed, 0))
	mulaw := make([]byte, frames*audio.FrameSamples)
	for i := range mulaw {
		mulaw[i] = byte(rng.IntN(100)) | byte(rng.IntN(2))<<7 // loud ones
	}
	return mulaw
}

// quiet is silence of some frames.
func quiet(frames int) []byte {
	mulaw := make([]byte, frames*audio.FrameSamples)
	for i := range mulaw {
		mulaw[i] = audio.MuLawSilence
	}
	return mulaw
}

func join(parts ...[]byte) (all []byte) {
	for _, part := range parts {
		all = append(all, part...)
	}
	return all
}

// The gateway's sounds, and two answers of the bot.
var (
	oneMoment = noise(1, 40)
	apology   = noise(2, 80)
	goodbye   = noise(3, 50)
	answer    = noise(10, 30)
	other     = noise(11, 30)
)

func testEar(t *testing.T) *ear {
	t.Helper()
	e, err := newEar(map[string][]byte{"one_moment": oneMoment, "apology": apology, "goodbye": goodbye})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestReact(t *testing.T) {
	tests := []struct {
		name  string
		heard []byte
		want  twiliosim.Reaction
	}{
		{"an answer", join(quiet(20), answer), twiliosim.Understand},
		{"words of waiting", join(quiet(50), oneMoment, quiet(30)), twiliosim.Wait},
		{"words of waiting, between two frames", join(quiet(50), quiet(1)[:37], oneMoment, quiet(30)), twiliosim.Wait},
		{"words of waiting, cut off", join(quiet(50), oneMoment[:3333], quiet(30)), twiliosim.Wait},
		{"words of waiting and an answer", join(quiet(50), oneMoment, answer), twiliosim.Understand},
		{"an apology and the question again", join(quiet(50), oneMoment, quiet(60), apology, quiet(5), answer), twiliosim.SayAgain},
		{"a goodbye", goodbye, twiliosim.Wait},
		{"a greeting that is hardly there", noise(20, 3), twiliosim.Understand},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := testEar(t).react(tt.heard); got != tt.want {
				t.Errorf("the caller's reaction is %d; want %d", got, tt.want)
			}
		})
	}
}

// TestTurn has a caller speak in frames 100 to 149; what they hear then begins
// with frame 150.
func TestTurn(t *testing.T) {
	const said = 150
	frames := func(n int) time.Duration { return time.Duration(n) * audio.FrameDuration }
	tests := []struct {
		name    string
		after   []byte
		answer  time.Duration // after the words; -1 for none
		answers int
		fillers int
		sorry   int
		silence time.Duration
		heard   time.Duration
	}{
		{"an answer", join(quiet(60), answer, quiet(40)), frames(60), 1, 0, 0, frames(60), frames(30)},
		{"an answer with a pause in it", join(quiet(60), answer, quiet(25), other), frames(60), 1, 0, 0, frames(60), frames(60)},
		{"two answers", join(quiet(60), answer, quiet(40), other), frames(60), 2, 0, 0, frames(60), frames(60)},
		{"a filler is no answer", join(quiet(75), oneMoment, quiet(20), answer), frames(135), 1, 1, 0, frames(75), frames(30)},
		{"nor is half of one", join(quiet(75), oneMoment[:3000], answer), frames(75) + frames(18), 1, 1, 0, frames(75), frames(30)},
		{"an apology and the question again", join(quiet(75), oneMoment, quiet(100), apology, quiet(5), answer), -1, 0, 1, 1, frames(100), 0},
		{"nothing", quiet(400), -1, 0, 0, 0, frames(400), 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			heard := join(noise(30, 60), quiet(said-60), tt.after)
			s := spoken{line: 3, clip: "rms-yes", first: 100, last: said - 1}
			got := testEar(t).turn(heard, s, len(heard)/audio.FrameSamples, dawn)
			delay := time.Duration(-1)
			if !got.Answer.IsZero() {
				delay = got.Answer.Sub(got.Said)
			}
			if delay != tt.answer || got.Answers != tt.answers || got.Fillers != tt.fillers || got.Apologies != tt.sorry || got.Silence != tt.silence || got.Heard != tt.heard {
				t.Errorf("answer after %v (%d of them, %v), %d fillers, %d apologies, %v of silence; want %v (%d, %v), %d, %d, %v",
					delay, got.Answers, got.Heard, got.Fillers, got.Apologies, got.Silence, tt.answer, tt.answers, tt.heard, tt.fillers, tt.sorry, tt.silence)
			}
			if got.Said != dawn.Add(frames(said)) || got.Began != dawn.Add(frames(100)) {
				t.Errorf("said from %v to %v; want from frame 100 to frame %d", got.Began, got.Said, said)
			}
		})
	}
}

func TestSayings(t *testing.T) {
	r := &twiliosim.Record{Frames: 500, Events: []twiliosim.Event{
		{Event: "speech_start", AtMS: 2000, Line: 3, Files: []string{"/clips/rms-roses.wav"}},
		{Event: "speech_end", AtMS: 2480, Line: 3},
		{Event: "heard_start", AtMS: 3000},
		{Event: "speech_start", AtMS: 6000, Line: 3, Files: []string{"/clips/rms-roses.wav"}},
	}}
	want := []spoken{{3, "rms-roses", 100, 124}, {3, "rms-roses", 300, 499}}
	got := sayings(r)
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("said %v; want %v: the last one was cut off by the end of the call", got, want)
	}
}

func TestEndOf(t *testing.T) {
	ordered := []Turn{{Kind: AskTime, Answer: dawn}, {Kind: AskConfirm, Answer: dawn}}
	tests := []struct {
		name   string
		reason string
		faults int
		turns  []Turn
		want   End
	}{
		{"done", twiliosim.EndFar, 0, ordered, EndDone},
		{"done against the protocol", twiliosim.EndFar, 1, ordered, EndFaulty},
		{"hung up on before the last word", twiliosim.EndFar, 0, ordered[:1], EndDropped},
		{"hung up on after an apology", twiliosim.EndFar, 0, []Turn{{Kind: AskConfirm}}, EndDropped},
		{"never answered", twiliosim.EndDocument, 0, nil, EndDropped},
		{"waited in vain", twiliosim.EndScriptFail, 0, ordered, EndGaveUp},
		{"interrupted", twiliosim.EndInterrupted, 0, ordered, EndStopped},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := endOf(&twiliosim.Record{Reason: tt.reason, Faults: tt.faults}, tt.turns); got != tt.want {
				t.Errorf("a call that ended with %s, %d faults, %d turns is %q; want %q", tt.reason, tt.faults, len(tt.turns), got, tt.want)
			}
		})
	}
}
