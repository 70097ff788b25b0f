package vad

import (
	"math/rand/v2"
	"testing"
	"time"
)

// prompt is d of talk with pauses, as a bot's: vowels of 120 to 400 ms.
func prompt(seed uint64, level float64, d time.Duration) (pcm []int16) {
	rng := rand.New(rand.NewPCG(seed, 0))
	for len(pcm) < int(d.Seconds()*8000) {
		part := time.Duration(120+rng.IntN(280)) * time.Millisecond
		pcm = append(pcm, vowel(100+150*rng.Float64(), level-6*rng.Float64(), part)...)
		pcm = append(pcm, make([]int16, rng.IntN(3)*1000)...)
	}
	return pcm[:int(d.Seconds()*8000)]
}

// delayed is what comes back of audio, after a delay in samples and with a loss in
// dB, through a room of two more reflections.
func delayed(pcm []int16, delay int, loss float64) []int16 {
	out := make([]int16, len(pcm))
	gain := float64(fromDecibels(float32(-loss) / 2)) // amplitude
	for i := range out {
		var sum float64
		for n, share := range []float64{0.8, 0.35, 0.2} {
			if at := i - delay - 67*n; at >= 0 {
				sum += share * float64(pcm[at])
			}
		}
		out[i] = int16(gain * sum)
	}
	return out
}

func mixed(a, b []int16) []int16 {
	sum := make([]int16, len(a))
	for i := range sum {
		sum[i] = int16(max(min(int(a[i])+int(b[i]), 32767), -32768))
	}
	return sum
}

func TestEchoIsTakenOut(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	far := prompt(1, -20, 20*time.Second)
	under := noise(rng, -60, 20*time.Second)
	for _, line := range []struct {
		delay int // samples
		loss  float64
	}{{400, 6}, {1200, 12}, {1234, 20}, {3000, 30}, {4700, 15}, {0, 10}} {
		front := NewFrontEnd()
		var features [Features]float32
		var before, after float32
		nears, fars := framesOf(mixed(delayed(far, line.delay, line.loss), under)), framesOf(far)
		for i := range nears {
			front.Frame(nears[i], fars[i], &features)
			if i < 200 {
				continue
			}
			for b := range bands {
				before += front.heard[b]
				after += front.near[b]
			}
		}
		if got := front.echo.delay * FrameSamples; got < line.delay-240 || got > line.delay+240 {
			t.Errorf("delay %d, loss %v dB: delay found %d samples", line.delay, line.loss, got)
		}
		frames := float32(len(nears) - 200)
		if less, left := decibels(before)-decibels(after), decibels(after/frames); less < 11 && left > -50 {
			t.Errorf("delay %d, loss %v dB: echo is %.1f dB less, %.1f dBov are left; want at least 11 dB less, or no more than 10 dB above the noise", line.delay, line.loss, less, left)
		}
	}
}

// A caller who talks while the bot does must stay audible, with and without an echo.
func TestTheCallerIsLeft(t *testing.T) {
	far := prompt(1, -20, 20*time.Second)
	caller := prompt(2, -22, 4*time.Second)
	for _, loss := range []float64{12, 20, 80} {
		near := delayed(far, 1200, loss)
		copy(near[12*8000:], mixed(near[12*8000:16*8000], caller))
		front := NewFrontEnd()
		var features [Features]float32
		var said, left float32
		nears, fars, says := framesOf(near), framesOf(far), framesOf(caller)
		alone := new(side)
		for i := range nears {
			front.Frame(nears[i], fars[i], &features)
			if i < 600 || i >= 800 {
				continue
			}
			var power [halfWindow]float32
			var own [bands]float32
			alone.spectrum(&power, says[i-600])
			sumBands(&own, &power)
			for b := range bands {
				said += own[b]
				left += min(front.near[b], own[b])
			}
		}
		if lost := decibels(said) - decibels(left); lost > 4.5 {
			t.Errorf("loss %v dB: %.1f dB of the caller are taken out; want at most 4.5", loss, lost)
		}
	}
}
