package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"lexline/internal/vad"
	"lexline/internal/vad/corpus"
)

// ownFolder is where the program's weights are.
const ownFolder = "internal/vad"

// makeWeights trains and writes weights and card.
func makeWeights(ctx context.Context, o options, out io.Writer, tell teller) error {
	if err := canWrite(o.out); err != nil {
		return err
	}
	n, c, err := all(ctx, o, tell)
	if err != nil {
		return err
	}
	if err := c.write(o.out, n); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s/%s: %d weights of %d files, loss %.4f, SHA-256 %s\n", o.out, weightsFile, c.Network.Weights, c.Files, c.Loss, c.Digests.Weights)
	fmt.Fprintf(out, "how well it hears: make vad-score%s\n", scoring(o.out))
	return nil
}

// canWrite finds out whether files can be made in a folder, rather than after half an
// hour of training.
func canWrite(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("folder for the weights: %w", err)
	}
	trial, err := os.CreateTemp(folder, ".trial-*")
	if err != nil {
		return fmt.Errorf("folder for the weights: %w", err)
	}
	return errors.Join(trial.Close(), os.Remove(trial.Name()))
}

// scoring is what make vad-score needs to hear with the weights in a folder: nothing
// where the program takes its own from.
func scoring(folder string) string {
	if filepath.Clean(folder) == ownFolder {
		return ""
	}
	return fmt.Sprintf(` ARGS="-weights %s"`, filepath.Join(folder, weightsFile))
}

// all goes through the recipe.
func all(ctx context.Context, o options, tell teller) (*vad.Network, card, error) {
	slice, err := o.recipe.slice(ctx)
	if err != nil {
		return nil, card{}, err
	}
	voices, err := o.speak(ctx, o.voices, tell.out)
	if err != nil {
		return nil, card{}, err
	}
	if err := onlySynthetic(voices); err != nil {
		return nil, card{}, err
	}
	sets, err := features(ctx, o, o.key(voices, slice), voices, tell)
	if err != nil {
		return nil, card{}, err
	}
	n, loss, err := o.recipe.train(ctx, sets[0], sets[1], tell)
	if err != nil {
		return nil, card{}, err
	}
	c := newCard(o.recipe, o.date, n, loss, sets[0], voices.Digest())
	if c.Digests.Slice, err = o.recipe.sliceDigest(ctx, slice); err != nil {
		return nil, card{}, err
	}
	return n, c, nil
}

// key is that of a cache of features.
func (o options) key(voices *corpus.Voices, slice heard) cacheKey {
	return cacheKey{
		Seed: o.recipe.Seed, Hours: o.recipe.Hours, Watch: o.watch,
		Voices: voices.Digest(), FrontEnd: frontEndDigest(), Mixer: slice.digest(len(slice.Digests)),
	}
}

// features are those of the files to train on and of the development files that are
// watched, out of the cache if they are in there.
func features(ctx context.Context, o options, key cacheKey, voices *corpus.Voices, tell teller) (sets [2]heard, err error) {
	if o.cache != "" {
		sets, err = readCache(o.cache, key)
		if err == nil {
			tell.always("features of %d files are in %s", len(sets[0].Sequences), o.cache)
			return sets, nil
		}
		if !errors.Is(err, os.ErrNotExist) {
			tell.always("%s: %v; it is made anew", o.cache, err)
		}
	}
	mixer := corpus.NewMixer(voices)
	if sets[0], err = hear(ctx, "training", mixer, o.recipe.plan(), tell); err != nil {
		return sets, err
	}
	if sets[1], err = hear(ctx, "development", mixer, every(o.watch, corpus.DevelopmentPlan(watchSeed)), tell); err != nil {
		return sets, err
	}
	if o.cache != "" {
		if err := writeCache(o.cache, key, sets); err != nil {
			return sets, fmt.Errorf("keeping features in %s: %w", o.cache, err)
		}
	}
	return sets, nil
}

// onlySynthetic refuses recordings of people among the voices to train on: who
// they were did not agree to it, and licences of recordings would reach the weights.
func onlySynthetic(voices *corpus.Voices) error {
	for _, u := range voices.Utterances(corpus.Training) {
		if u.Talker.Human {
			return fmt.Errorf("talker %s is a recording; weights are trained on synthetic voices only", u.Talker.Name)
		}
	}
	return nil
}
