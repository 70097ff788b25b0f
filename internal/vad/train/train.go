// Package train makes the weights of a vad.Network from labelled features: truncated
// backpropagation through time, in batches, with arithmetic of its own. From the same
// sequences and settings come the same weights, bit for bit, whatever the machine
// has of cores and however its goroutines are scheduled.
package train

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"lexline/internal/vad"
)

// Sequence is the frames of one piece of audio, in order. The network starts each
// one afresh.
type Sequence struct {
	Features []float32 // by row, a row a frame
	Labels   []int8    // one a frame: 1 speech, 0 silence, less for unscored
	Weights  []float32 // one a frame, in the loss; nil: all 1
}

// Settings are what the weights depend on beside the data.
type Settings struct {
	Seed           uint64  `json:"seed"`            // of the first weights and of the order of sequences
	Dense          int     `json:"dense"`           // units of the dense layer
	Hidden         int     `json:"hidden"`          // units of the recurrent layer
	Epochs         int     `json:"epochs"`          // times that every sequence is seen
	Segment        int     `json:"segment"`         // frames through which the gradient goes back
	Warm           int     `json:"warm"`            // unscored frames where a segment starts inside of a sequence with a state of zero
	Rate           float64 `json:"rate"`            // highest learning rate
	PositiveWeight float64 `json:"positive_weight"` // of a frame of speech over one of silence
	Decay          float64 `json:"decay"`           // of weights, by the learning rate
	Smoothing      float64 `json:"smoothing"`       // of labels: speech is 1 less half of it, silence is half of it
	Average        float64 `json:"average"`         // share of the updates, the last ones, over which weights are averaged
}

// Defaults are good settings for some hours of audio.
var Defaults = Settings{
	Seed: 1, Dense: 24, Hidden: 32, Epochs: 20, Segment: 250, Warm: 50,
	Rate: 0.006, PositiveWeight: 1.3, Average: 0.15,
}

// Epoch is what there is to tell after each.
type Epoch struct {
	Number, Of int           // the first is 1
	Loss       float64       // mean of the scored frames, over the epoch
	Rate       float64       // learning rate of the last update
	Took       time.Duration // of this epoch alone
	Network    *vad.Network  // as it is now, without averaging; to be tried, not changed
}

// clipNorm is the largest gradient that is taken as it is.
const clipNorm = 1

// Train returns a network, which takes features as they are in the sequences, and
// the loss of the last epoch. Every sequence has frames of inputs features. After
// each epoch it calls progress, which may be nil. It ends early, with the context's
// error, some milliseconds after ctx is done.
func Train(ctx context.Context, sequences []Sequence, inputs int, s Settings, progress func(Epoch)) (*vad.Network, float64, error) {
	if err := check(sequences, inputs, s); err != nil {
		return nil, 0, err
	}
	t := newTrainer(sequences, inputs, s)
	loss := 0.0
	for number := 1; number <= s.Epochs; number++ {
		started := time.Now()
		var err error
		if loss, err = t.epoch(ctx); err != nil {
			return nil, 0, fmt.Errorf("training, in epoch %d: %w", number, err)
		}
		if progress != nil {
			progress(Epoch{
				Number: number, Of: s.Epochs, Loss: loss, Rate: s.Rate * oneCycle(t.updates-1, t.total),
				Took: time.Since(started), Network: t.network(),
			})
		}
	}
	if t.average.count > 0 {
		t.average.write(t.weights.all)
	}
	return t.network(), loss, nil
}

func check(sequences []Sequence, inputs int, s Settings) error {
	if s.Epochs < 1 || s.Segment < 1 || s.Warm < 0 || !(s.Rate > 0) || !(s.PositiveWeight > 0) {
		return errors.New("training: epochs, segment, learning rate and positive weight must be above zero")
	}
	if !(s.Smoothing >= 0 && s.Smoothing < 1) || !(s.Average >= 0 && s.Average <= 1) || !(s.Decay >= 0) {
		return errors.New("training: smoothing must be from 0 to less than 1, averaging from 0 to 1, decay not less than 0")
	}
	frames := 0
	for i, sequence := range sequences {
		n := len(sequence.Labels)
		if n == 0 || len(sequence.Features) != n*inputs || sequence.Weights != nil && len(sequence.Weights) != n {
			return fmt.Errorf("training: sequence %d has %d labels, %d features of %d a frame and %d weights", i, n, len(sequence.Features), inputs, len(sequence.Weights))
		}
		frames += n
	}
	if frames < shards*lanes {
		return fmt.Errorf("training: %d frames; want at least %d", frames, shards*lanes)
	}
	return nil
}

type trainer struct {
	settings Settings
	rng      *rand.Rand
	tape     *tape
	weights  *model
	back     transposed
	shards   [shards]*shard
	adam     *adam
	average  average

	updates, total int
}

func newTrainer(sequences []Sequence, inputs int, s Settings) *trainer {
	t := &trainer{settings: s, rng: rand.New(rand.NewPCG(s.Seed, 0x7472)), weights: newModel(inputs, s.Dense, s.Hidden)}
	t.tape = newTape(sequences, inputs, normalise(sequences, inputs))
	first := vad.NewNetwork(inputs, s.Dense, s.Hidden)
	initialise(first, t.rng)
	t.weights.each(first, func(weight, here *float32) { *here = *weight })
	t.back = transposed{make([]float32, len(t.weights.inputW)), make([]float32, len(t.weights.stateW))}
	for i := range t.shards {
		t.shards[i] = newShard(t.weights, &t.back, min(s.Segment, t.tape.length), s)
	}
	t.adam = newAdam(len(t.weights.all))
	t.average.sum = make([]float64, len(t.weights.all))
	t.total = s.Epochs * ((t.tape.length + s.Segment - 1) / s.Segment)
	return t
}

func (t *trainer) network() *vad.Network {
	return t.weights.network(t.tape.norm, t.settings.Dense, t.settings.Hidden)
}

// epoch goes through the tape once and returns the mean loss.
func (t *trainer) epoch(ctx context.Context) (float64, error) {
	t.tape.wind(t.rng, t.settings.Warm)
	loss, weight := 0.0, 0.0
	for t.tape.done < t.tape.length {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		t.batch(min(t.settings.Segment, t.tape.length-t.tape.done))
		for _, sh := range t.shards {
			loss += sh.loss
			weight += sh.weight
		}
	}
	return loss / max(weight, 1), nil
}

// batch takes the next frames of every lane and changes the weights by them.
func (t *trainer) batch(frames int) {
	t.back.of(t.weights)
	var running sync.WaitGroup
	for i, sh := range t.shards {
		running.Go(func() {
			t.tape.fill(i, sh, frames)
			sh.run(frames)
		})
	}
	running.Wait()
	t.tape.done += frames
	gradient, weight := t.shards[0].gradient.all, 0.0
	for i, sh := range t.shards {
		weight += sh.weight
		if i > 0 {
			for j, g := range sh.gradient.all {
				gradient[j] += g
			}
		}
	}
	if weight > 0 {
		t.change(gradient, float32(1/weight))
	}
	t.updates++
	if float64(t.updates) > float64(t.total)*(1-t.settings.Average) {
		t.average.add(t.weights.all)
	}
}

// change makes one update of the weights, of a gradient that is to be scaled first.
func (t *trainer) change(gradient []float32, factor float32) {
	for i := range gradient {
		gradient[i] *= factor
	}
	clip(gradient, clipNorm)
	rate := t.settings.Rate * oneCycle(t.updates, t.total)
	t.adam.update(t.weights.all, gradient, rate, t.settings.Decay)
}
