package vad

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// The first words of a bot come back before anything is known of the line: neither
// the delay nor the loss. They must not interrupt it, however loud and late, nor
// where a canceller lets them swell and fade.
func TestFirstEchoIsNoCaller(t *testing.T) {
	for _, line := range []struct {
		name  string
		swell float64 // dB, up and down
	}{{"steady", 0}, {"swelling", 6}} {
		for _, loss := range []float64{8, 14, 20} {
			for _, delay := range []int{480, 960, 1600, 2400, 3200, 4800, 6400} { // samples
				for seed := range uint64(4) {
					rng := rand.New(rand.NewPCG(9, seed))
					far := join(make([]int16, 8000), prompt(seed, -20, 6*time.Second))
					near := mixed(swelling(delayed(far, delay, loss+line.swell), line.swell), noise(rng, -70, 7*time.Second))
					if at := interruption(near, far); at >= 0 {
						t.Errorf("%s echo %v dB below the bot, %d ms late: the bot interrupts itself in frame %d", line.name, loss, delay/8, at)
					}
				}
			}
		}
	}
}

// interruption is the first frame in which the caller interrupts the bot, -1 for none.
func interruption(near, far []int16) int {
	ear := NewEar(NewDetector(), Settings{})
	nears, fars := framesOf(near), framesOf(far)
	for i := range nears {
		if ear.Samples(nears[i][:], fars[i][:]).BargeIn {
			return i
		}
	}
	return -1
}

// swelling changes the level by so many dB up and down, twice a second.
func swelling(pcm []int16, depth float64) []int16 {
	for i, v := range pcm {
		pcm[i] = int16(float64(v) * math.Pow(10, depth/20*math.Sin(2*math.Pi*2*float64(i)/8000)))
	}
	return pcm
}

// The delay is found by a word or two of the bot, also while the caller talks as
// loudly as the echo, and it is found again after it has moved.
func TestDelayIsFound(t *testing.T) {
	far := prompt(3, -20, 12*time.Second)
	echo := delayed(far, 1600, 14)
	copy(echo[6*8000:], delayed(far, 2400, 14)[6*8000:])
	talking := mixed(echo, prompt(4, -34, 12*time.Second))
	for name, near := range map[string][]int16{"echo alone": echo, "a caller over it": talking} {
		front := NewFrontEnd()
		var features [Features]float32
		nears, fars := framesOf(near), framesOf(far)
		for i := range nears {
			front.Frame(nears[i], fars[i], &features)
			want := 10 // frames
			switch {
			case i < 75 || i >= 300 && i < 500:
				continue // not yet, or not again
			case i >= 500:
				want = 15
			}
			if got := front.echo.delay; !front.echo.known || got < want-1 || got > want+1 {
				t.Errorf("%s, frame %d: delay of %d frames, known: %v; want %d", name, i, got, front.echo.known, want)
				break
			}
		}
	}
}

// A caller is not taken for the echo of a bot that has none.
func TestNoEchoIsNotFound(t *testing.T) {
	far, near := prompt(5, -20, 12*time.Second), prompt(6, -25, 12*time.Second)
	front := NewFrontEnd()
	var features [Features]float32
	nears, fars := framesOf(near), framesOf(far)
	for i := range nears {
		front.Frame(nears[i], fars[i], &features)
	}
	if front.echo.sure > sureAlike {
		t.Errorf("both sides are %.2f alike at %d frames; want at most %v", front.echo.sure, front.echo.delay, sureAlike)
	}
}

// What the bot said before a silence of its own is forgotten when it talks again, but
// for the end of its last window.
func TestRingForgetsSilence(t *testing.T) {
	echo := newEcho()
	loud := framesOf(vowel(150, -10, 100*time.Millisecond))
	for _, frame := range loud {
		echo.add(frame)
	}
	for range 200 {
		echo.add(nil)
	}
	kept := 0
	for i := range echo.bands {
		if sum(&echo.bands[i]) > 1e-9 {
			kept++
		}
	}
	if kept > 1 {
		t.Errorf("%d slots of the ring hold what was said 4 s ago; want the end of the last window at most", kept)
	}
}
