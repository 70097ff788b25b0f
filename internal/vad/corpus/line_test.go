package corpus

import (
	"math"
	"slices"
	"testing"
)

// steadyTrack is a minute of a caller who talks the second half of every two
// seconds, over a little noise.
func steadyTrack() track {
	const frames = 3000
	t := track{samples: make([]float64, frames*FrameSamples), labels: make([]Label, frames)}
	d := roll(1, "steady track")
	d.white(t.samples)
	scale(t.samples, 30)
	for k := range t.labels {
		if k%100 >= 50 {
			t.labels[k] = Speech
			for i := k * FrameSamples; i < (k+1)*FrameSamples; i++ {
				t.samples[i] += 4000 * sine(0.03*float64(i)) * sine(0.0007*float64(i))
			}
		}
	}
	return t
}

// zeroFrames counts the frames that are digital silence, by label.
func zeroFrames(pcm []int16, labels []Label) map[Label]int {
	zeros := make(map[Label]int)
	for k, l := range labels {
		if rmsOf(pcm[k*FrameSamples:(k+1)*FrameSamples]) == 0 {
			zeros[l]++
		}
	}
	return zeros
}

func TestCleanLineIsMuLawOnly(t *testing.T) {
	x := steadyTrack()
	want := coded(toSamples(x.samples))
	if got := (Line{}).carry(roll(1, "line"), x.samples, x); !slices.Equal(got, want) {
		t.Error("a line without faults does more than mu-law")
	}
}

func TestLossIsTheShareAsked(t *testing.T) {
	for seed := range uint64(6) { // the ways of concealment are drawn
		x := steadyTrack()
		clean := (Line{}).carry(roll(seed, "line"), slices.Clone(x.samples), x)
		got := Line{Loss: 0.1}.carry(roll(seed, "line"), x.samples, x)
		changed := 0
		for k := range x.labels {
			if !slices.Equal(clean[k*FrameSamples:(k+1)*FrameSamples], got[k*FrameSamples:(k+1)*FrameSamples]) {
				changed++
			}
		}
		if share := float64(changed) / float64(len(x.labels)); math.Abs(share-0.1) > 0.04 {
			t.Errorf("seed %d: %.3f of the packets are lost; want 0.1", seed, share)
		}
	}
}

func TestConcealment(t *testing.T) {
	voice := make([]int16, 6*FrameSamples)
	for i := range voice {
		voice[i] = toSample(8000 * sine(float64(i)/80))
	}
	for name, c := range map[string]struct {
		conceal func([]int16, int, int)
		least   float64 // of the level before
		most    float64
	}{
		"silent":       {silent, 0, 0},
		"repeated":     {repeated, 0.75, 0.85},
		"interpolated": {interpolated, 0.95, 1.05},
	} {
		pcm := slices.Clone(voice)
		c.conceal(pcm, 3*FrameSamples, 1)
		got := rmsOf(pcm[3*FrameSamples:4*FrameSamples]) / rmsOf(voice)
		if got < c.least || got > c.most {
			t.Errorf("%s: the frame instead of the lost one is at %.2f of the level; want %v to %v", name, got, c.least, c.most)
		}
		if !slices.Equal(pcm[:3*FrameSamples], voice[:3*FrameSamples]) || !slices.Equal(pcm[4*FrameSamples:], voice[4*FrameSamples:]) {
			t.Errorf("%s changes other frames", name)
		}
	}
	pcm := slices.Clone(voice)
	interpolated(pcm, 3*FrameSamples, 1)
	if off := math.Abs(float64(pcm[3*FrameSamples+40]) - float64(voice[3*FrameSamples+40])); off > 500 {
		t.Errorf("interpolation of a tone is off by %v", off)
	}
}

func TestClipCutsTheShareAsked(t *testing.T) {
	x := steadyTrack()
	got := Line{Clip: 0.1}.carry(roll(1, "line"), x.samples, x)
	top, at, all := slices.Max(got), 0, 0
	for k, l := range x.labels {
		for _, v := range got[k*FrameSamples : (k+1)*FrameSamples] {
			if l == Speech {
				all++
				if v == top || v == -top {
					at++
				}
			}
		}
	}
	if share := float64(at) / float64(all); math.Abs(share-0.1) > 0.03 {
		t.Errorf("%.3f of the caller's samples are at the limit; want 0.1", share)
	}
}

func TestDTXLeavesSpeechAlone(t *testing.T) {
	for seed := range uint64(5) {
		x := steadyTrack()
		clean := (Line{}).carry(roll(seed, "line"), slices.Clone(x.samples), x)
		got := Line{DTX: true}.carry(roll(seed, "line"), x.samples, x)
		replaced, pauses := 0, 0
		for k, l := range x.labels {
			same := slices.Equal(clean[k*FrameSamples:(k+1)*FrameSamples], got[k*FrameSamples:(k+1)*FrameSamples])
			switch {
			case l == Speech && !same && x.labels[k-1] == Speech && x.labels[k-2] == Speech:
				t.Fatalf("seed %d: frame %d of speech is not what was sent", seed, k)
			case l == Silence:
				pauses++
				if !same {
					replaced++
				}
			}
		}
		if share := float64(replaced) / float64(pauses); share < 0.5 || share > 0.95 {
			t.Errorf("seed %d: comfort noise in %.2f of the pauses; want most, and a hangover", seed, share)
		}
	}
}

func TestGapsAreDigitalSilenceInPausesOnly(t *testing.T) {
	x := steadyTrack()
	zeros := zeroFrames(Line{Gaps: true}.carry(roll(1, "line"), x.samples, x), x.labels)
	if zeros[Silence] < 50 || zeros[Speech] > 0 {
		t.Errorf("digital silence in %d frames of pauses and %d of speech", zeros[Silence], zeros[Speech])
	}
}

func TestOffsetAndPumping(t *testing.T) {
	x := steadyTrack()
	got := Line{Offset: 200}.carry(roll(1, "line"), slices.Clone(x.samples), x)
	sum := 0.0
	for _, v := range got {
		sum += float64(v)
	}
	if mean := sum / float64(len(got)); math.Abs(mean-200) > 10 {
		t.Errorf("the mean of a line with an offset of 200 is %.0f", mean)
	}
	pumped := Line{Pumping: 12}.carry(roll(1, "line"), x.samples, x)
	var early, late []int16 // of pauses
	for at := 100 * FrameSamples; at < len(pumped); at += 100 * FrameSamples {
		early = append(early, pumped[at:at+5*FrameSamples]...)
		late = append(late, pumped[at+45*FrameSamples:at+50*FrameSamples]...)
	}
	if rise := 20 * math.Log10(rmsOf(late)/rmsOf(early)); rise < 2 || rise > 18 {
		t.Errorf("a gain control lifts the noise in pauses by %.1f dB", rise)
	}
}

func TestStepsJump(t *testing.T) {
	s := Line{Step: 12}.steps(roll(1, "steps"), 60*rate)
	if len(s.gain) < 4 {
		t.Fatalf("%d levels in a minute", len(s.gain))
	}
	for k := 2; k < len(s.gain); k++ {
		if jump := math.Abs(20 * math.Log10(s.gain[k]/s.gain[k-1])); math.Abs(jump-12) > 1e-9 {
			t.Errorf("jump %d is of %.2f dB; want 12", k, jump)
		}
	}
	if got := s.at(s.from[2]); got != s.gain[2] {
		t.Errorf("gain %v at the second jump; want %v", got, s.gain[2])
	}
}

func TestGSMIsACoarseCopy(t *testing.T) {
	x := steadyTrack()
	y := slices.Clone(x.samples)
	gsm(y)
	signal, off := 0.0, 0.0
	for i, v := range x.samples {
		signal += v * v
		off += (y[i] - v) * (y[i] - v)
	}
	if snr := 10 * math.Log10(signal/off); snr < 8 || snr > 25 {
		t.Errorf("GSM copies at %.1f dB; a codec of 13 kbit/s has about 10 to 20", snr)
	}
	silence := make([]float64, 10*FrameSamples)
	gsm(silence)
	if r := rms(silence); r > 40 {
		t.Errorf("GSM makes noise of %.0f out of silence", r)
	}
}
