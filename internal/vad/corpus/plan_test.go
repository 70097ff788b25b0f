package corpus

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDevelopmentPlan(t *testing.T) {
	plan := DevelopmentPlan(1)
	conditions := make(map[string]int)
	var all, human, synthetic, quiet int
	for _, s := range plan {
		conditions[s.Condition]++
		all += s.Seconds
		switch {
		case !s.Talks:
			quiet += s.Seconds
		case s.Human:
			human += s.Seconds
		default:
			synthetic += s.Seconds
		}
		if s.Seconds < 45 || s.Seconds > 75 {
			t.Errorf("%s takes %d s", s.Name, s.Seconds)
		}
		if s.Split != Development {
			t.Errorf("%s is of the %v set", s.Name, s.Split)
		}
	}
	for _, c := range []string{
		Clean, "snr30", "snr20", "snr10", "snr5", "snr0", Dialling, Progress, LevelStep,
		Loss, DTX, Low, Clipped, EchoOnly, DoubleTalk, NoiseOnly,
	} {
		if conditions[c] < 5 {
			t.Errorf("%d files of condition %s; want 5 or more", conditions[c], c)
		}
	}
	if hours := float64(all) / 3600; hours < 2.2 {
		t.Errorf("the plan has %.2f hours; want 2.2 or more", hours)
	}
	if share := float64(human) / float64(human+synthetic); math.Abs(share-0.5) > 0.02 {
		t.Errorf("people talk in %.2f of the files with speech; want half", share)
	}
	if share := float64(quiet) / float64(all); math.Abs(share-0.2) > 0.05 {
		t.Errorf("nobody talks in %.2f of the plan; want a fifth", share)
	}
}

func TestEveryNoiseIsMet(t *testing.T) {
	alone, under := make(map[string]bool), make(map[string]bool)
	for _, s := range DevelopmentPlan(1) {
		if s.Talks {
			under[s.Condition+" "+s.Noise] = true
		} else {
			alone[s.Noise] = true
		}
	}
	for _, kind := range NoiseKinds(Development) {
		if !alone[kind] {
			t.Errorf("no file of the development set has %s alone", kind)
		}
	}
	for _, kind := range snrNoises {
		if !under["snr0 "+kind] || !under["snr30 "+kind] {
			t.Errorf("nobody talks over %s at all ratios", kind)
		}
	}
	trained := make(map[string]bool)
	for _, s := range TrainingPlan(1, 10) {
		trained[s.Noise] = true
	}
	for _, kind := range NoiseKinds(Training) {
		if !trained[kind] {
			t.Errorf("training never meets %s", kind)
		}
	}
	for _, kind := range []string{"typing", "siren", "sea"} {
		if trained[kind] {
			t.Errorf("training meets %s, which is kept for the development set", kind)
		}
	}
}

func TestTrainingPlan(t *testing.T) {
	plan := TrainingPlan(1, 10)
	var all, quiet, far, gsm, lost int
	for _, s := range plan {
		all += s.Seconds
		if !s.Talks {
			quiet += s.Seconds
		}
		if s.Far.Plays {
			far += s.Seconds
		}
		if s.Line.GSM {
			gsm++
		}
		if s.Line.Loss > 0 {
			lost++
		}
		if s.Split != Training || s.Noise == "talker" && s.Talks && s.SNR < 18 {
			t.Errorf("%s: %+v", s.Name, s)
		}
	}
	if hours := float64(all) / 3600; math.Abs(hours-10) > 0.02 {
		t.Errorf("the plan has %.2f hours; want 10", hours)
	}
	if share := float64(quiet) / float64(all); math.Abs(share-0.2) > 0.05 {
		t.Errorf("nobody talks in %.2f of the plan; want a fifth", share)
	}
	if share := float64(far) / float64(all); math.Abs(share-0.16) > 0.04 {
		t.Errorf("a bot plays in %.2f of the plan; want 0.16", share)
	}
	if gsm == 0 || lost == 0 {
		t.Errorf("%d files through GSM, %d with packet loss; want some", gsm, lost)
	}
}

func TestPlansAreFunctionsOfTheSeed(t *testing.T) {
	for name, plan := range map[string]func(uint64) []Spec{
		"development": DevelopmentPlan,
		"training":    func(seed uint64) []Spec { return TrainingPlan(seed, 2) },
	} {
		if diff := cmp.Diff(plan(4), plan(4)); diff != "" {
			t.Errorf("%s: the same seed gives another plan:\n%s", name, diff)
		}
		seen := make(map[string]bool)
		seeds := make(map[uint64]bool)
		for _, s := range plan(4) {
			if seen[s.Name] || seeds[s.Seed] {
				t.Errorf("%s: name %s or its seed comes twice", name, s.Name)
			}
			seen[s.Name], seeds[s.Seed] = true, true
		}
		for _, s := range plan(5) {
			if seeds[s.Seed] {
				t.Errorf("%s: a seed is in the plans of seeds 4 and 5", name)
			}
		}
	}
}

// oneSplit hides the utterances of the other split.
type oneSplit Split

func (o oneSplit) Utterances(split Split) []Utterance {
	if split != Split(o) {
		return nil
	}
	return fakeLibrary{}.Utterances(split)
}

func TestSplitsAreDisjoint(t *testing.T) {
	both := NewMixer(fakeLibrary{})
	for split, plan := range map[Split][]Spec{
		Training:    TrainingPlan(1, 0.05),
		Development: DevelopmentPlan(1)[:3],
	} {
		alone := NewMixer(oneSplit(split))
		for _, s := range plan {
			s.Seconds = 10
			if !slices.Equal(alone.Make(s).Near, both.Make(s).Near) {
				t.Errorf("%s sounds different when the other split's talkers are away", s.Name)
			}
		}
	}
}
