package main

import (
	"context"
	"fmt"

	"lexline/internal/vad"
	"lexline/internal/vad/corpus"
	"lexline/internal/vad/train"
)

// recipe is all that the weights depend on beside the programs: this one, the
// engines that speak, and their voices.
type recipe struct {
	Seed     uint64         `json:"seed"` // of the plan
	Hours    float64        `json:"hours"`
	Settings train.Settings `json:"settings"`
}

// shipped is how the weights of internal/vad are made.
var shipped = recipe{Seed: 1, Hours: 60, Settings: train.Defaults}

// watchSeed is that of the development files that are watched: the same in every
// trial, and files that make vad-score measures.
const watchSeed = 1

// plan lists the files to train on.
func (r recipe) plan() []corpus.Spec { return corpus.TrainingPlan(r.Seed, r.Hours) }

// every is the n-th part of specs, spread over all of them; none if n is 0.
func every(n int, specs []corpus.Spec) (some []corpus.Spec) {
	for i := n - 1; n > 0 && i < len(specs); i += n {
		some = append(some, specs[i])
	}
	return some
}

// train makes a network of what was heard.
func (r recipe) train(ctx context.Context, training, watched heard, tell teller) (*vad.Network, float64, error) {
	left := newClock(r.Settings.Epochs)
	return train.Train(ctx, training.Sequences, vad.Features, r.Settings, func(e train.Epoch) {
		line := fmt.Sprintf("epoch %d of %d: loss %.4f, rate %.5f, %.1f s", e.Number, e.Of, e.Loss, e.Rate, e.Took.Seconds())
		if len(watched.Sequences) > 0 {
			line += fmt.Sprintf(", F1 of %d development files %.4f", len(watched.Sequences), train.F1(e.Network, vad.Features, watched.Sequences))
		}
		tell.always("%s; %s left", line, left.after(e.Number))
	})
}
