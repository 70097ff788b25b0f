package corpus

import (
	"math"
	"time"

	"lexline/internal/audio"
)

// signal is one tone of call progress: frequencies that sound together, and for
// how many seconds in turn they are on and off.
type signal struct {
	hertz   []float64
	cadence []float64
}

// signals are what a caller may hear of the network, or a network of a caller.
// Cadences and frequencies: ITU-T Recommendation E.180, supplement 2
// (https://www.itu.int/rec/T-REC-E.180), and for fax T.30.
var signals = []signal{
	{[]float64{440, 480}, []float64{2, 4}},             // ring-back, North America
	{[]float64{400, 450}, []float64{0.4, 0.2, 0.4, 2}}, // ring-back, Great Britain
	{[]float64{425}, []float64{1, 4}},                  // ring-back, most of Europe
	{[]float64{480, 620}, []float64{0.5, 0.5}},         // busy, North America
	{[]float64{425}, []float64{0.5, 0.5}},              // busy, most of Europe
	{[]float64{480, 620}, []float64{0.25, 0.25}},       // congestion, North America
	{[]float64{425}, []float64{0.25, 0.25}},            // congestion, most of Europe
	{[]float64{350, 440}, []float64{10}},               // dial tone, North America
	{[]float64{425}, []float64{10}},                    // dial tone, most of Europe
	{[]float64{440}, []float64{0.3, 10}},               // call waiting
	{[]float64{1100}, []float64{0.5, 3}},               // a fax calls
	{[]float64{2100}, []float64{3.3, 10}},              // a fax answers
}

// callProgress returns about the given seconds of a random signal, or once the
// three tones of an announcement (SIT), at a level in dBov.
func (d dice) callProgress(seconds, level float64) []float64 {
	which := d.IntN(len(signals) + 1)
	if which == len(signals) {
		return d.announcement(level)
	}
	s := signals[which]
	x := make([]float64, int(seconds*rate))
	for at, k := 0, 0; at < len(x); k++ {
		n := int(s.cadence[k%len(s.cadence)] * rate)
		if k%2 == 0 {
			soundAt(x, at, n, level, s.hertz...)
		}
		at += n
	}
	return x
}

// announcement returns the three rising tones before "the number you have dialled".
func (d dice) announcement(level float64) []float64 {
	n := int(0.33 * rate)
	x := make([]float64, 3*n)
	for k, hz := range []float64{950, 1400, 1800} {
		soundAt(x, k*n, n, level, hz)
	}
	return x
}

// keys returns a caller who presses some keys, at a level in dBov.
func (d dice) keys(level float64) []float64 {
	on, off := d.between(0.05, 0.25), d.between(0.05, 0.5)
	var x []float64
	for range d.count(1, 8) {
		key := audio.DTMF(rate, "0123456789*#"[d.IntN(12)], time.Duration(on*float64(time.Second)))
		by := fullScale * amplitude(level) / max(1, rmsOf(key))
		for _, v := range key {
			x = append(x, float64(v)*by)
		}
		x = append(x, make([]float64, d.samples(off*0.7, off*1.4))...)
	}
	return x
}

// soundAt adds n samples of a sum of sines at a level in dBov.
func soundAt(x []float64, at, n int, level float64, hertz ...float64) {
	peak := fullScale * amplitude(level) * math.Sqrt(2/float64(len(hertz)))
	for i := 0; i < n && at+i < len(x); i++ {
		sum := 0.0
		for _, hz := range hertz {
			sum += sine(hz * float64(i) / rate)
		}
		x[at+i] += peak * sum * min(1, float64(min(i, n-i))/40)
	}
}

// rmsOf is rms of samples as a file has them.
func rmsOf(pcm []int16) float64 {
	sum := 0.0
	for _, v := range pcm {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum / float64(max(1, len(pcm))))
}

// event returns one of the tones that stand for Dialling or Progress.
func (d dice) event(kind string) []float64 {
	level := d.between(-28, -10)
	if kind == Dialling {
		return d.keys(level)
	}
	return d.callProgress(d.ratio(1, 4), level)
}
