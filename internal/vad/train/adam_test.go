package train

import (
	"math"
	"testing"
)

// Two steps by hand, after the paper's algorithm 1.
func TestAdam(t *testing.T) {
	a := newAdam(1)
	w := []float32{1}
	mean, square, want := 0.0, 0.0, 1.0
	for i, g := range []float64{0.5, -0.25, 2} {
		a.update(w, []float32{float32(g)}, 0.1, 0.2)
		mean, square = 0.9*mean+0.1*g, 0.999*square+0.001*g*g
		n := float64(i + 1)
		want -= 0.1*0.2*want + 0.1*(mean/(1-math.Pow(0.9, n)))/(math.Sqrt(square/(1-math.Pow(0.999, n)))+1e-8)
		if math.Abs(float64(w[0])-want) > 1e-6 {
			t.Errorf("after update %d: %v; want %v", i+1, w[0], want)
		}
	}
}

func TestClip(t *testing.T) {
	for _, test := range []struct{ given, want [2]float32 }{
		{[2]float32{3, -4}, [2]float32{0.6, -0.8}},
		{[2]float32{0.3, -0.4}, [2]float32{0.3, -0.4}},
		{[2]float32{}, [2]float32{}},
	} {
		got := test.given
		clip(got[:], 1)
		for i := range got {
			if math.Abs(float64(got[i]-test.want[i])) > 1e-6 {
				t.Errorf("clip(%v) = %v; want %v", test.given, got, test.want)
				break
			}
		}
	}
}

func TestOneCycle(t *testing.T) {
	const updates = 1000
	top, before := 0, 0.0
	for i := range updates {
		rate := oneCycle(i, updates)
		if rate <= 0 || rate > 1 {
			t.Fatalf("update %d: rate %v; want above 0, at most 1", i, rate)
		}
		if rate > before {
			top = i
		} else if i < updates/5 {
			t.Fatalf("update %d: the rate falls to %v already", i, rate)
		}
		before = rate
	}
	if top < updates/5 || top > updates/3 || oneCycle(0, updates) > 0.05 || before > 0.001 {
		t.Errorf("rate from %v, highest at %d of %d, to %v", oneCycle(0, updates), top, updates, before)
	}
}

// The weights returned are the mean over the last share of the updates.
func TestAverage(t *testing.T) {
	s := quick()
	s.Epochs, s.Average = 4, 0.5
	tr := newTrainer(delayedCopies(9, 20, 100), 2, s)
	want := make([]float64, len(tr.weights.all))
	halves := 0
	for range s.Epochs {
		tr.tape.wind(tr.rng, s.Warm)
		for tr.tape.done < tr.tape.length {
			tr.batch(min(s.Segment, tr.tape.length-tr.tape.done))
			if 2*tr.updates > tr.total {
				halves++
				for i, w := range tr.weights.all {
					want[i] += float64(w)
				}
			}
		}
	}
	if tr.updates != tr.total || halves == 0 || tr.average.count != float64(halves) {
		t.Fatalf("%d of %d updates, %v averaged; want all, and %d", tr.updates, tr.total, tr.average.count, halves)
	}
	tr.average.write(tr.weights.all)
	for i, w := range tr.weights.all {
		if math.Abs(float64(w)-want[i]/float64(halves)) > 1e-6 {
			t.Fatalf("weight %d is %v; want the mean, %v", i, w, want[i]/float64(halves))
		}
	}
}
