package vad

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// score reads a score of frames: probabilities by digit (0 to 9 tenths, * for
// 0.99), t for a tone that the detector takes for speech. Spaces do not count.
func score(text string) (frames []Decision) {
	for _, r := range strings.ReplaceAll(text, " ", "") {
		switch r {
		case '*':
			frames = append(frames, Decision{Probability: 0.99})
		case 't':
			frames = append(frames, Decision{Probability: 0.99, Tone: Progress})
		default:
			frames = append(frames, Decision{Probability: float32(r-'0') / 10})
		}
	}
	return frames
}

// endpointed returns the turns that an endpointer finds, the first frame being that
// after the first 200 ms of a call.
func endpointed(e *Endpointer, frames []Decision) (turns []turn) {
	for range settleFrames {
		e.Frame(Decision{})
	}
	for i, d := range frames {
		switch e.Frame(d) {
		case Started:
			turns = append(turns, turn{start: i, onset: i - e.Onset()})
		case Ended:
			turns[len(turns)-1].end = i
		}
	}
	return turns
}

var (
	second  = strings.Repeat("*", 50)
	nothing = strings.Repeat("0", 50)
	quarter = strings.Repeat("0", 12)
)

func TestEndpointer(t *testing.T) {
	tests := []struct {
		name   string
		frames string
		want   []turn
	}{
		{"silence", nothing, nil},
		{"a second of speech", nothing + second + nothing, []turn{{start: 55, onset: 50, end: 131}}},
		{"five frames: a click", nothing + "*****" + nothing, nil},
		{"seven frames in ten, with gaps", nothing + "*0**0**0**" + nothing, []turn{{58, 50, 91}}},
		{"eight frames in fifteen", nothing + "*0*0*0*0*0*0*0*" + nothing, nil},
		{"weak evidence takes longer", nothing + "666666666666" + nothing, []turn{{58, 50, 93}}},
		{"evidence below the threshold", nothing + strings.Repeat("4", 500), nil},
		{"weaker evidence than opened it holds a turn", nothing + "********" + strings.Repeat("4", 48) + nothing, []turn{{55, 50, 137}}},
		{"single frames do not hold a turn", nothing + "********" + "0000*0000*0000*0000*0000*0000*0000*0000", []turn{{55, 50, 89}}},
		{"a pause within a turn", nothing + second + quarter + quarter + second + nothing, []turn{{55, 50, 205}}},
		{"a pause between turns", nothing + second + quarter + quarter + quarter + second + nothing, []turn{{55, 50, 131}, {141, 136, 217}}},
		{"a tone opens no turn", nothing + strings.Repeat("t", 100) + nothing, nil},
		{"a tone known late opens no turn", nothing + "****" + strings.Repeat("t", 100) + nothing, nil},
		{"a turn that turns out to be a tone", nothing + "********" + strings.Repeat("t", 100) + nothing, []turn{{55, 50, 67}}},
		{"a tone after speech is silence", nothing + second + strings.Repeat("t", 50), []turn{{55, 50, 131}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := endpointed(NewEndpointer(Settings{}), score(test.frames))
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(turn{})); diff != "" {
				t.Errorf("turns of %q (-want +got):\n%s", test.frames, diff)
			}
		})
	}
}

func TestDecisionsAreHeldAtTheStart(t *testing.T) {
	e := NewEndpointer(Settings{})
	started := -1
	for i := range 50 {
		if e.Frame(Decision{Probability: 1}) == Started {
			started = i
			if onset := i - e.Onset(); onset != settleFrames {
				t.Errorf("onset in frame %d; want %d: nothing before is evidence", onset, settleFrames)
			}
		}
	}
	if want := settleFrames + 5; started != want {
		t.Errorf("turn of a caller who talks at once opened in frame %d; want %d", started, want)
	}
}

func TestStopTimeFollowsTheAnswer(t *testing.T) {
	for answer, want := range map[Answer]time.Duration{
		AnyAnswer: 640 * time.Millisecond, ShortAnswer: 440 * time.Millisecond, FreeAnswer: 880 * time.Millisecond,
	} {
		e := NewEndpointer(Settings{})
		e.Expect(answer)
		got := endpointed(e, score(second+nothing))
		if len(got) != 1 || got[0].end-49 != int(want/frameTime) {
			t.Errorf("%v answer: turns %v; want one that ends %v after frame 49", answer, got, want)
		}
		if e.Silence() != want || e.Stop() != want {
			t.Errorf("%v answer: silence %v of %v; want %v", answer, e.Silence(), e.Stop(), want)
		}
	}
}

func TestExpectWithinATurn(t *testing.T) {
	e := NewEndpointer(Settings{})
	endpointed(e, score(second+strings.Repeat("0", 25)))
	if !e.Open() {
		t.Fatal("closed after 500 ms; want open")
	}
	e.Expect(ShortAnswer)
	if got := e.Frame(Decision{}); got != Ended {
		t.Errorf("520 ms of silence, now that a short answer is expected = %v; want Ended", got)
	}
}

func TestEndpointerCapsATurn(t *testing.T) {
	got := endpointed(NewEndpointer(Settings{MaxTurn: 2 * time.Second}), score(strings.Repeat("*", 200)))
	want := turn{5, 0, 105}
	if diff := cmp.Diff(want, got[0], cmp.AllowUnexported(turn{})); diff != "" {
		t.Errorf("first turn of unbroken speech (-want +got):\n%s", diff)
	}
	if len(got) < 2 || got[1].start > 118 {
		t.Errorf("turns %v; want speech that goes on to open another one soon", got)
	}
}

// TestWeakEvidenceEnds has evidence hover about the threshold for a minute, as some
// noises make it.
func TestWeakEvidenceEnds(t *testing.T) {
	for _, mean := range []float64{0.5, 0.55, 0.6, 0.65} {
		rng := rand.New(rand.NewPCG(21, uint64(mean*100)))
		var frames []Decision
		for range 3000 {
			frames = append(frames, Decision{Probability: float32(min(max(mean+0.1*rng.NormFloat64(), 0), 1))})
		}
		open := 0
		turns := endpointed(NewEndpointer(Settings{}), frames)
		for _, turn := range turns {
			if turn.end == 0 {
				turn.end = len(frames)
			}
			open += turn.end - turn.start
		}
		if len(turns) > 1 || open > 350 {
			t.Errorf("evidence of %v: %d turns, open for %d frames; want at most one, of 7 s", mean, len(turns), open)
		}
	}
}

// TestWeakRestEnds has somebody talk, and noise of weak evidence follow.
func TestWeakRestEnds(t *testing.T) {
	got := endpointed(NewEndpointer(Settings{}), score(nothing+second+strings.Repeat("3", 500)))
	if len(got) != 1 || got[0].end == 0 || got[0].end > 135 {
		t.Errorf("turns %v; want one that ends by frame 135: what follows is far weaker than the speech", got)
	}
}

// TestOnsetIsBounded asks for the onset of all kinds of evidence.
func TestOnsetIsBounded(t *testing.T) {
	rng := rand.New(rand.NewPCG(22, 1))
	e := NewEndpointer(Settings{})
	started := 0
	for frame := range 100000 {
		demand := Demand{Evidence: rng.Float32() * 10, Window: rng.IntN(40)}
		if e.FrameAgainst(Decision{Probability: rng.Float32()}, demand) != Started {
			continue
		}
		started++
		if onset := e.Onset(); onset > MaxOnset || onset < 0 || onset >= max(demand.Window, 1) {
			t.Fatalf("frame %d, window %d: onset %d", frame, demand.Window, onset)
		}
		if rng.IntN(2) == 0 {
			e.Reset()
		}
	}
	if started < 300 {
		t.Errorf("%d turns; the test exercises too little", started)
	}
}

func TestResetForgets(t *testing.T) {
	e := NewEndpointer(Settings{})
	endpointed(e, score(second))
	e.Reset()
	if e.Open() || e.Evidence(maxWindow) != 0 {
		t.Errorf("open %v, evidence %v after Reset; want closed and none", e.Open(), e.Evidence(maxWindow))
	}
	if got := e.Frame(Decision{Probability: 1}); got != NoChange {
		t.Errorf("first frame after Reset = %v; want no change", got)
	}
}

func TestSane(t *testing.T) {
	inf := float32(math.Inf(1))
	for p, want := range map[float32]float32{-1: 0, 0: 0, 0.5: 0.5, 1: 1, 2: 1, inf: 1, -inf: 0, float32(math.NaN()): 0} {
		if got := sane(p); got != want {
			t.Errorf("sane(%v) = %v; want %v", p, got, want)
		}
	}
}
