package train

import (
	"bytes"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"lexline/internal/vad"
)

// delayedCopies are sequences whose label is what a first feature was two frames
// ago; a second one is noise, on a scale of its own.
func delayedCopies(seed uint64, sequences, frames int) []Sequence {
	rng := rand.New(rand.NewPCG(seed, 0))
	all := make([]Sequence, sequences)
	for i := range all {
		s := Sequence{Labels: make([]int8, frames)}
		for frame := range frames {
			bit := float32(rng.IntN(2))
			s.Features = append(s.Features, 7+0.5*bit, float32(100*rng.NormFloat64()))
			s.Labels[frame] = -1
			if frame >= 2 {
				s.Labels[frame] = int8((s.Features[2*(frame-2)] - 7) * 2)
			}
		}
		all[i] = s
	}
	return all
}

func quick() Settings {
	s := Defaults
	s.Dense, s.Hidden, s.Epochs, s.Segment, s.Warm, s.Rate = 6, 7, 20, 25, 5, 0.03
	return s
}

func mustTrain(t *testing.T, sequences []Sequence, inputs int, s Settings) *vad.Network {
	t.Helper()
	n, _, err := Train(t.Context(), sequences, inputs, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A network without memory is right in half of these frames.
func TestTrainLearnsToRemember(t *testing.T) {
	losses := []float64{}
	n, last, err := Train(t.Context(), delayedCopies(1, 60, 200), 2, quick(), func(e Epoch) { losses = append(losses, e.Loss) })
	if err != nil {
		t.Fatal(err)
	}
	if got := F1(n, 2, delayedCopies(2, 10, 100)); got < 0.99 {
		t.Errorf("F1 = %.3f on sequences that were not trained on; want at least 0.99; losses %.3f", got, losses)
	}
	if len(losses) != quick().Epochs || last != losses[len(losses)-1] || losses[0] < 0.3 || last > 0.05 {
		t.Errorf("losses %.3f, returned %.3f; want %d of them, from about 0.7 to almost none", losses, last, quick().Epochs)
	}
}

func TestTrainIsTheSameOnAnyNumberOfCores(t *testing.T) {
	s := quick()
	s.Epochs, s.Decay, s.Smoothing = 3, 0.01, 0.02
	sequences := delayedCopies(3, 20, 150)
	var files [][]byte
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	for _, cores := range []int{1, 4, 4} {
		runtime.GOMAXPROCS(cores)
		files = append(files, mustTrain(t, sequences, 2, s).Append(nil))
	}
	if !bytes.Equal(files[0], files[1]) || !bytes.Equal(files[1], files[2]) {
		t.Error("trainings on 1, 4 and 4 cores give different weights")
	}
	s.Seed++
	if other := mustTrain(t, sequences, 2, s).Append(nil); bytes.Equal(files[0], other) {
		t.Error("another seed gives the same weights")
	}
}

// What was trained must be what runs: the trainer's own probabilities are those of
// the network that it returns, on features as they are.
func TestTheNetworkIsTheModel(t *testing.T) {
	s := quick()
	s.Epochs, s.Average = 5, 0
	sequences := delayedCopies(4, 40, 100)
	tr := newTrainer(sequences, 2, s)
	for range s.Epochs {
		if _, err := tr.epoch(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	tr.tape.wind(tr.rng, s.Warm)
	r := tr.tape.lanes[0] // it starts at the beginning of a sequence
	sequence := sequences[tr.tape.order[r.place]]
	sh := tr.shards[0]
	tr.tape.fill(0, sh, s.Segment)
	sh.run(s.Segment)
	n, state := tr.network().Compile(), new(vad.State)
	lowest, highest := float32(1), float32(0)
	for frame := range s.Segment {
		got, want := n.Step(state, sequence.Features[2*frame:]), sigmoid(sh.steps[frame].logit[0][0][0])
		if math.Abs(float64(got-want)) > 1e-3 {
			t.Fatalf("frame %d: the network gives %v; the trainer had %v", frame, got, want)
		}
		lowest, highest = min(lowest, got), max(highest, got)
	}
	if lowest > 0.4 || highest < 0.6 {
		t.Errorf("probabilities from %v to %v; want both sides of a half, or nothing was compared", lowest, highest)
	}
}

func TestTrainEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := quick()
	s.Epochs = 1000
	epochs := 0
	_, _, err := Train(ctx, delayedCopies(5, 20, 100), 2, s, func(Epoch) {
		if epochs++; epochs == 2 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || epochs != 2 {
		t.Errorf("error %v after %d epochs; want that of the context after 2", err, epochs)
	}
}

func TestTrainChecksWhatItIsGiven(t *testing.T) {
	good := delayedCopies(6, 2, 50)
	tests := []struct {
		name      string
		sequences []Sequence
		settings  func(*Settings)
	}{
		{"no sequence", nil, func(*Settings) {}},
		{"an empty sequence", append(delayedCopies(6, 2, 50), Sequence{}), func(*Settings) {}},
		{"a feature short", []Sequence{{Features: make([]float32, 99), Labels: make([]int8, 50)}}, func(*Settings) {}},
		{"weights short", []Sequence{{Features: make([]float32, 100), Labels: make([]int8, 50), Weights: make([]float32, 49)}}, func(*Settings) {}},
		{"no epoch", good, func(s *Settings) { s.Epochs = 0 }},
		{"no rate", good, func(s *Settings) { s.Rate = math.NaN() }},
		{"no weight", good, func(s *Settings) { s.PositiveWeight = 0 }},
		{"all smoothed", good, func(s *Settings) { s.Smoothing = 1 }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := quick()
			test.settings(&s)
			if _, _, err := Train(t.Context(), test.sequences, 2, s, nil); err == nil {
				t.Error("trained without an error")
			}
		})
	}
}

// Frames without weight, or unscored, must not be learnt from.
func TestTrainLeavesOutWhatIsUnscored(t *testing.T) {
	sequences := delayedCopies(7, 20, 150)
	spoilt := delayedCopies(7, 20, 150)
	for i := range sequences {
		weights, scored := make([]float32, 150), make([]float32, 150)
		for frame := range weights {
			scored[frame], weights[frame] = 1, 1
			switch frame % 10 {
			case 3: // unscored in one, of the wrong label without weight in the other
				sequences[i].Labels[frame] = -1
				spoilt[i].Labels[frame] = 1 - max(spoilt[i].Labels[frame], 0)
				weights[frame] = 0
			case 6: // both count twice
				scored[frame], weights[frame] = 2, 2
			}
		}
		sequences[i].Weights, spoilt[i].Weights = scored, weights
	}
	s := quick()
	s.Epochs = 2
	got, want := mustTrain(t, spoilt, 2, s).Append(nil), mustTrain(t, sequences, 2, s).Append(nil)
	if !bytes.Equal(got, want) {
		t.Error("a wrong label of weight 0 gives other weights than an unscored frame")
	}
}

func BenchmarkTrain(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	sequences := make([]Sequence, 64)
	for i := range sequences {
		s := Sequence{Features: make([]float32, 1000*vad.Features), Labels: make([]int8, 1000)}
		for j := range s.Features {
			s.Features[j] = rng.Float32()
		}
		for j := range s.Labels {
			s.Labels[j] = int8(rng.IntN(2))
		}
		sequences[i] = s
	}
	t := newTrainer(sequences, vad.Features, Defaults)
	frames := 0
	for b.Loop() {
		if _, err := t.epoch(b.Context()); err != nil {
			b.Fatal(err)
		}
		frames += t.tape.length * lanes * shards
	}
	b.ReportMetric(float64(frames)/b.Elapsed().Seconds(), "frames/s")
}
