package corpus

import (
	"math"
	"testing"
)

// lagOf returns by how many samples near is later than far, by their correlation.
func lagOf(near, far []int16, longest int) int {
	best, found := 0.0, -1
	for lag := range longest {
		dot := 0.0
		for i := lag; i < len(near); i += 7 {
			dot += float64(near[i]) * float64(far[i-lag])
		}
		if dot > best {
			best, found = dot, lag
		}
	}
	return found
}

func TestEchoIsOnTheClockOfTheFarEnd(t *testing.T) {
	m := NewMixer(noisyBot{})
	for _, ms := range []float64{20, 137.5, 480} {
		s := Spec{Seed: 11, Split: Development, Seconds: 8, Floor: Quiet, Far: Far{Plays: true, Level: -20, Loss: 12, Delay: ms}}
		item := m.Make(s)
		if len(item.Far) != len(item.Near) {
			t.Fatalf("%d samples of the far end, %d of the near", len(item.Far), len(item.Near))
		}
		if got, want := lagOf(item.Near, item.Far, 4500), int(ms*8); got != want {
			t.Errorf("the echo with a delay of %v ms is %d samples late; want %d", ms, got, want)
		}
	}
}

func TestEchoJumps(t *testing.T) {
	m := NewMixer(noisyBot{})
	s := Spec{Seed: 12, Split: Development, Seconds: 20, Floor: Quiet, Far: Far{Plays: true, Level: -20, Loss: 12, Delay: 50, Jump: 5}}
	item := m.Make(s)
	half := len(item.Near) / 2
	before := lagOf(item.Near[:half], item.Far[:half], 1000)
	after := lagOf(item.Near[half:], item.Far[half:], 1000)
	if before != 400 || after != 440 {
		t.Errorf("delays of %d and %d samples before and after the jump; want 400 and 440", before, after)
	}
}

// noisyBot speaks white noise, which has one peak of correlation only.
type noisyBot struct{}

func (noisyBot) Utterances(split Split) []Utterance {
	all := fakeLibrary{}.Utterances(split)
	d := roll(1, "noisy bot")
	for _, u := range all {
		for i := range u.PCM {
			if u.PCM[i] != 0 {
				u.PCM[i] = toSample(1600 * d.NormFloat64())
			}
		}
	}
	return all
}

func TestEchoReturnLoss(t *testing.T) {
	m := NewMixer(fakeLibrary{})
	for _, loss := range []float64{6, 20, 30} {
		for _, bent := range []bool{false, true} { // and cancelled badly
			s := Spec{Seed: 13, Split: Development, Seconds: 20, Floor: Quiet, Far: Far{Plays: true, Level: -18, Loss: loss, Delay: 100, Bent: bent, Rest: bent}}
			item := m.Make(s)
			if got := 20 * math.Log10(rmsOf(item.Far)/rmsOf(item.Near)); math.Abs(got-loss) > 0.5 {
				t.Errorf("an echo of %v dB (bent: %v) is %.1f dB below the far end", loss, bent, got)
			}
			for k, l := range item.Labels {
				if l != Silence {
					t.Fatalf("frame %d of an echo is labelled %d", k, l)
				}
			}
		}
	}
}

func TestDoubleTalk(t *testing.T) {
	m := NewMixer(fakeLibrary{})
	both, alone := 0, 0
	for _, s := range DevelopmentPlan(1) {
		if s.Condition != DoubleTalk {
			continue
		}
		s.Seconds = 20
		item := m.Make(s)
		for k, l := range item.Labels {
			if l != Speech {
				continue
			}
			if rmsOf(item.Far[k*FrameSamples:(k+1)*FrameSamples]) > 100 {
				both++
			} else {
				alone++
			}
		}
		if over := s.Level - s.Far.Level + s.Far.Loss; s.Far.Loss < 50 && (over < -3 || over > 25) {
			t.Errorf("%s: the caller is %.1f dB over the echo", s.Name, over)
		}
	}
	if both < 1000 || alone < 1000 {
		t.Errorf("the caller talks in %d frames over the bot and in %d alone; want both, often", both, alone)
	}
}
