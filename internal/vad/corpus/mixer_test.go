package corpus

import (
	"math"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fakeLibrary has utterances that need no synthesizer: buzzes of a second or two
// at -26 dBov with a pause of a tenth of a second before and after.
type fakeLibrary struct{}

func (fakeLibrary) Utterances(split Split) []Utterance {
	var all []Utterance
	for talker := range 6 {
		d := roll(uint64(talker), "fake "+split.String())
		who := Talker{Name: split.String() + string(rune('a'+talker)), Split: split, Human: talker%2 == 1}
		for range 8 {
			all = append(all, buzz(d, who, 5+d.count(50, 100)))
		}
	}
	return all
}

// buzz is an utterance of steady voiced sound from frame 5 to end, with labels
// after the convention.
func buzz(d dice, who Talker, end int) Utterance {
	const quiet = 5
	u := Utterance{Talker: who, First: quiet, End: end, Labels: make([]Label, end+quiet)}
	voice := make([]float64, (end-quiet)*FrameSamples)
	wave := periodic([]float64{0.2, 0.5, 1, 1, 0.8, 0.5, 0.3, 0.2})
	hertz := d.between(90, 220)
	phase := 0.0
	for i := range voice {
		phase += hertz * (1 + 0.1*sine(float64(i)*2/rate)) / rate
		voice[i] = lookUp(wave, phase)
	}
	scale(voice, fullScale*amplitude(-26)/rms(voice))
	pcm := make([]float64, len(u.Labels)*FrameSamples)
	add(pcm, voice, quiet*FrameSamples, 1)
	u.PCM = toSamples(pcm)
	for k := range u.Labels {
		switch {
		case k == quiet-1 || k == quiet || k == end-1 || k == end:
			u.Labels[k] = Unscored
		case k > quiet && k < end-1:
			u.Labels[k] = Speech
		}
	}
	return u
}

// levelOf is the level in dBov of the frames that have a label.
func levelOf(item Item, pcm []int16, label Label) float64 {
	var x []int16
	for k, l := range item.Labels {
		if l == label {
			x = append(x, pcm[k*FrameSamples:(k+1)*FrameSamples]...)
		}
	}
	return 20 * math.Log10(max(1e-9, rmsOf(x)/fullScale))
}

func TestMakeIsAFunctionOfTheRecipe(t *testing.T) {
	m := NewMixer(fakeLibrary{})
	specs := append(TrainingPlan(3, 0.06), DevelopmentPlan(3)[106:110]...)
	want := make([]Item, len(specs))
	for i := range specs {
		specs[i].Seconds = 10
	}
	var all sync.WaitGroup
	for i, s := range specs {
		all.Go(func() { want[i] = m.Make(s) })
	}
	all.Wait()
	again := NewMixer(fakeLibrary{})
	for i, s := range specs {
		got := again.Make(s)
		if !slices.Equal(got.Near, want[i].Near) || !slices.Equal(got.Far, want[i].Far) {
			t.Errorf("%s has other samples the second time", s.Name)
		}
		if diff := cmp.Diff(want[i].Turns, got.Turns); diff != "" || !slices.Equal(got.Labels, want[i].Labels) {
			t.Errorf("%s has other labels or turns the second time (-first +second):\n%s", s.Name, diff)
		}
	}
	s := specs[0]
	s.Seed++
	if slices.Equal(m.Make(s).Near, want[0].Near) {
		t.Errorf("%s with another seed has the same samples", s.Name)
	}
}

func TestLevels(t *testing.T) {
	m := NewMixer(fakeLibrary{})
	for _, level := range []float64{-38, -26, -18} {
		s := Spec{Seed: 1, Split: Development, Seconds: 40, Talks: true, Level: level, Floor: Quiet}
		s.Line.Equalizer, s.Line.Room = 8, 0.2
		s.Manner = Manner{Swell: 4, Breath: 10}
		item := m.Make(s)
		if got := levelOf(item, item.Near, Speech); math.Abs(got-level) > 0.5 {
			t.Errorf("a caller at %v dBov is heard at %.1f", level, got)
		}
	}
	for _, kind := range NoiseKinds(Development) {
		s := Spec{Seed: 2, Split: Development, Seconds: 20, Level: -35, Noise: kind, Floor: Quiet}
		item := m.Make(s)
		x := make([]float64, len(item.Near))
		for i, v := range item.Near {
			x[i] = float64(v)
		}
		if got := 20 * math.Log10(bandRMS(x)/fullScale); math.Abs(got+35) > 0.5 {
			t.Errorf("%s at -35 dBov is heard at %.1f", kind, got)
		}
	}
}

func TestSignalToNoise(t *testing.T) {
	m := NewMixer(fakeLibrary{})
	for _, snr := range []float64{20, 5, -3} {
		s := Spec{Seed: 5, Split: Development, Seconds: 60, Talks: true, Level: -24, Noise: "hiss", SNR: snr, Floor: Quiet}
		item := m.Make(s)
		x := []float64{}
		for k, l := range item.Labels {
			if l == Silence {
				for _, v := range item.Near[k*FrameSamples : (k+1)*FrameSamples] {
					x = append(x, float64(v))
				}
			}
		}
		if got := -24 - 20*math.Log10(bandRMS(x)/fullScale); math.Abs(got-snr) > 1 {
			t.Errorf("at a ratio of %v dB, pauses are %.1f dB below the caller", snr, got)
		}
	}
}

func TestLabelsSitWhereTheCallerTalks(t *testing.T) {
	m := NewMixer(fakeLibrary{})
	for _, tempo := range []float64{0, 0.85, 1.2} {
		s := Spec{Seed: 7, Split: Training, Seconds: 60, Talks: true, Level: -20, Manner: Manner{Tempo: tempo}, Floor: Quiet}
		item := m.Make(s)
		if len(item.Turns) < 5 {
			t.Fatalf("tempo %v: %d turns in a minute", tempo, len(item.Turns))
		}
		inside := make([]bool, len(item.Labels))
		for _, turn := range item.Turns {
			for k := turn.First; k < turn.End; k++ {
				inside[k] = true
			}
		}
		for k, l := range item.Labels {
			sounds := rmsOf(item.Near[k*FrameSamples:(k+1)*FrameSamples]) > 300
			if l != Unscored && (l == Speech) != sounds {
				t.Errorf("tempo %v: frame %d is labelled %d and sounds: %v", tempo, k, l, sounds)
			}
			if l == Speech && !inside[k] {
				t.Errorf("tempo %v: frame %d is speech outside of all turns", tempo, k)
			}
		}
	}
}

func TestPauses(t *testing.T) {
	voices := fakeLibrary{}.Utterances(Development)
	for _, s := range DevelopmentPlan(1)[:60] {
		turns := caller(s, voices).turns
		for i := 1; i < len(turns); i++ {
			if gap := turns[i].First - turns[i-1].End; gap < 60 || gap > 250 && s.Events == "" {
				t.Errorf("%s: a pause of %d frames", s.Name, gap)
			}
		}
	}
}

func TestNoiseOfDevelopmentIsNotForTraining(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a siren in the training set was mixed")
		}
	}()
	NewMixer(fakeLibrary{}).Make(Spec{Split: Training, Seconds: 1, Noise: "siren"})
}

func BenchmarkMake(b *testing.B) {
	m := NewMixer(fakeLibrary{})
	plan := TrainingPlan(1, 1)
	seconds := 0
	for i := 0; b.Loop(); i++ {
		s := plan[i%len(plan)]
		seconds += s.Seconds
		m.Make(s)
	}
	b.ReportMetric(float64(seconds)/b.Elapsed().Seconds(), "x-realtime")
}
