package corpus

import (
	"math"
	"slices"
	"testing"
)

func TestNoises(t *testing.T) {
	for _, k := range noiseKinds {
		voices := fakeLibrary{}.Utterances(Development)
		make := func(seed uint64) []float64 {
			return noise(k.name, studio{roll(seed, "test"), Development, voices}, 15*rate)
		}
		for seed := range uint64(3) {
			x := make(seed)
			if r := bandRMS(x); math.Abs(r-1) > 0.01 {
				t.Errorf("%s %d: root mean square %v in the telephone band; want 1", k.name, seed, r)
			}
			if longest := longestPause(x); longest > 8 {
				t.Errorf("%s %d: nothing is heard for %v s", k.name, seed, longest)
			}
			if top := slices.Max(x); top > 2*mostCrest {
				t.Errorf("%s %d: a peak of %.0f over the root mean square", k.name, seed, top)
			}
		}
		if slices.Equal(make(1), make(2)) {
			t.Errorf("%s is the same for two seeds", k.name)
		}
	}
}

// longestPause returns for how many seconds at most x stays 40 dB under its level.
func longestPause(x []float64) float64 {
	run, longest := 0, 0
	for _, v := range x {
		run++
		if math.Abs(v) > 0.01 {
			longest = max(longest, run)
			run = 0
		}
	}
	return float64(max(longest, run)) / rate
}

func TestMusicOfTheSplitsDiffers(t *testing.T) {
	for seed := range uint64(5) {
		var pieces [2][]float64
		for _, split := range []Split{Training, Development} {
			pieces[split] = noise("music", studio{dice: roll(seed, "piece"), split: split}, 10*rate)
		}
		if slices.Equal(pieces[0], pieces[1]) {
			t.Errorf("seed %d: the same piece trains and measures", seed)
		}
	}
}

func TestConvolve(t *testing.T) {
	d := roll(1, "convolve")
	x, response := make([]float64, 9000), make([]float64, 300)
	d.white(x)
	d.white(response)
	got := convolve(x, response)
	for _, at := range []int{0, 1, 299, 300, 3796, 3797, 7594, 8999} {
		want := 0.0
		for k, v := range response {
			want += v * sampleAt(x, at-k)
		}
		if math.Abs(got[at]-want) > 1e-9 {
			t.Errorf("sample %d is %v; want %v", at, got[at], want)
		}
	}
}

func TestFiltersPassWhatTheySay(t *testing.T) {
	for name, c := range map[string]struct {
		filter *biquad
		hertz  float64
		want   float64 // dB
	}{
		"low pass below":  {lowPass(1000, 0.7), 100, 0},
		"low pass at":     {lowPass(1000, math.Sqrt2/2), 1000, -3},
		"high pass above": {highPass(300, 0.7), 3000, 0},
		"high pass at":    {highPass(300, math.Sqrt2/2), 300, -3},
		"bell at":         {bell(1000, 1, 6), 1000, 6},
		"bell away":       {bell(1000, 2, 6), 100, 0},
		"band pass at":    {bandPass(800, 2), 800, 0},
	} {
		x := make([]float64, 8000)
		soundAt(x, 0, len(x), -20, c.hertz)
		before := rms(x)
		c.filter.run(x)
		if got := 20 * math.Log10(rms(x)/before); math.Abs(got-c.want) > 0.3 {
			t.Errorf("%s: %.2f dB at %v Hz; want %v", name, got, c.hertz, c.want)
		}
	}
}
