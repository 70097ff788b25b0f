package corpus

import (
	"math"
	"slices"
	"testing"
)

func TestMannerKeepsTheLevel(t *testing.T) {
	for name, m := range map[string]Manner{
		"swell":  {Swell: 5},
		"breath": {Breath: 6},
		"both":   {Swell: 5, Breath: 6},
	} {
		x := steadyTrack()
		plain := slices.Clone(x.samples)
		want := rms(x.active(plain))
		m.liven(roll(1, "manner"), x)
		if got := rms(x.active(x.samples)); math.Abs(got/want-1) > 0.001 {
			t.Errorf("%s: a caller of %.0f talks at %.0f", name, want, got)
		}
		if slices.Equal(x.samples, plain) {
			t.Errorf("%s changes nothing", name)
		}
	}
}

func TestBreathFollowsTheVoice(t *testing.T) {
	x := steadyTrack()
	plain := slices.Clone(x.samples)
	breathe(roll(1, "breath"), x.samples, amplitude(-10))
	for i := range plain {
		plain[i] = x.samples[i] - plain[i]
	}
	voice, breath := rms(x.active(x.samples)), rms(x.active(plain))
	if below := 20 * math.Log10(voice/breath); below < 9 || below > 16 {
		t.Errorf("breath of -10 dB is %.1f dB below the voice", below)
	}
	if pause := rms(plain[20*FrameSamples : 45*FrameSamples]); pause > breath/20 {
		t.Errorf("breath of %.0f goes on in a pause with %.0f", breath, pause)
	}
}

func TestSpread(t *testing.T) {
	m := NewMixer(fakeLibrary{})
	item := m.Make(Spec{
		Seed: 31, Split: Training, Seconds: 60, Talks: true, Level: -24, Floor: Quiet, Manner: Manner{Spread: 4},
	})
	quietest, loudest := math.Inf(1), math.Inf(-1)
	for _, turn := range item.Turns {
		level := 20 * math.Log10(rmsOf(item.Near[turn.First*FrameSamples:turn.End*FrameSamples])/fullScale)
		quietest, loudest = min(quietest, level), max(loudest, level)
	}
	if quietest < -28.3 || loudest > -19.7 || loudest-quietest < 3 {
		t.Errorf("utterances are at %.1f to %.1f dBov; want them spread over -28 to -20", quietest, loudest)
	}
}

func TestFasterIsShorterAndHigher(t *testing.T) {
	u := buzz(roll(1, "faster"), Talker{}, 105)
	for _, tempo := range []float64{0.85, 1.2} {
		v := u.faster(tempo)
		if got, want := float64(v.End-v.First), 100/tempo; math.Abs(got-want) > 2 {
			t.Errorf("at a tempo of %v, 100 frames take %v; want %.0f", tempo, got, want)
		}
		if got, want := crossings(v.PCM), crossings(u.PCM)*tempo; math.Abs(got/want-1) > 0.05 {
			t.Errorf("at a tempo of %v, there are %.4f crossings of zero per sample; want %.4f", tempo, got, want)
		}
		if len(v.Labels) != (len(v.PCM)+FrameSamples-1)/FrameSamples {
			t.Errorf("at a tempo of %v, %d labels for %d samples", tempo, len(v.Labels), len(v.PCM))
		}
	}
	if v := u.faster(1); !slices.Equal(v.PCM, u.PCM) {
		t.Error("a tempo of 1 changes samples")
	}
}

// crossings counts how often the middle of pcm crosses zero, per sample.
func crossings(pcm []int16) float64 {
	n := 0
	middle := pcm[len(pcm)/4 : len(pcm)*3/4]
	for i := 1; i < len(middle); i++ {
		if (middle[i] < 0) != (middle[i-1] < 0) {
			n++
		}
	}
	return float64(n) / float64(len(middle))
}
