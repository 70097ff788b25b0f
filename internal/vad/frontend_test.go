package vad

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// framesOf cuts audio into frames.
func framesOf(pcm []int16) (frames []*[FrameSamples]int16) {
	for ; len(pcm) >= FrameSamples; pcm = pcm[FrameSamples:] {
		frames = append(frames, (*[FrameSamples]int16)(pcm))
	}
	return frames
}

// vowel is d of a harmonic series whose pitch wanders, at a level in dBov.
func vowel(pitch, level float64, d time.Duration) []int16 {
	pcm := make([]int16, int(d.Seconds()*8000))
	phase, scale := 0.0, 32768*math.Pow(10, level/20)*math.Sqrt(2.0/6)
	for i := range pcm {
		phase += pitch * (1 + 0.04*math.Sin(2*math.Pi*3*float64(i)/8000)) / 8000
		sum := 0.0
		for h := 1.0; h*pitch < 3400; h++ {
			sum += math.Sin(2*math.Pi*h*phase) / h
		}
		pcm[i] = int16(max(min(scale*sum, 32767), -32768))
	}
	return pcm
}

func TestPeriodicity(t *testing.T) {
	tests := []struct {
		name   string
		pcm    []int16
		period float64 // steps of two samples; 0: none
	}{
		{"low voice", vowel(110, -20, time.Second), 8000.0 / 110 / 2},
		{"high voice", vowel(220, -30, time.Second), 8000.0 / 220 / 2},
		{"noise", noise(rand.New(rand.NewPCG(1, 1)), -20, time.Second), 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			front := NewFrontEnd()
			var features [Features]float32
			var right, count int
			var mean float32
			for i, frame := range framesOf(test.pcm) {
				if front.Frame(frame, nil, &features); i < 2 {
					continue
				}
				count++
				mean += features[2*bands+12]
				if test.period > 0 && math.Abs(math.Exp2(float64(front.lag))/test.period-1) < 0.1 {
					right++
				}
			}
			mean /= float32(count)
			if test.period > 0 && (right < count*8/10 || mean < 0.35) {
				t.Errorf("period right in %d of %d frames, harmonicity %.2f; want most, and above 0.35", right, count, mean)
			}
			if test.period == 0 && mean > 0.3 {
				t.Errorf("harmonicity %.2f; want below 0.3", mean)
			}
		})
	}
}

func BenchmarkFrontEnd(b *testing.B) {
	front := NewFrontEnd()
	var features [Features]float32
	frames := framesOf(vowel(120, -25, time.Second))
	i := 0
	for b.Loop() {
		front.Frame(frames[i%len(frames)], nil, &features)
		i++
	}
}

func BenchmarkFrontEndWithFarEnd(b *testing.B) {
	front := NewFrontEnd()
	var features [Features]float32
	frames := framesOf(vowel(120, -25, time.Second))
	i := 0
	for b.Loop() {
		front.Frame(frames[i%len(frames)], frames[(i+7)%len(frames)], &features)
		i++
	}
}
