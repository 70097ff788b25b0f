package main

import (
	"errors"
	"io"
	"os"
	"testing"

	"lexline/internal/vad/corpus"
)

const (
	shippedFolder = "../../../internal/vad"
	voicesFolder  = "../../../" + corpus.DefaultCache
)

func shippedCard(t *testing.T) (weights []byte, c card) {
	t.Helper()
	return mustRead(t, shippedFolder)
}

// Whoever changes the recipe trains anew.
func TestShippedWeightsAreOfTheRecipe(t *testing.T) {
	weights, c := shippedCard(t)
	o, err := parse(nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if c.Recipe != o.recipe {
		t.Errorf("the card's recipe is %+v; make vad-train follows %+v", c.Recipe, o.recipe)
	}
	if got := digest(weights); got != c.Digests.Weights {
		t.Errorf("SHA-256 of the weights is %s; the card says %s", got, c.Digests.Weights)
	}
}

// fuses reports whether a product and a sum are computed without rounding between
// them, as for arm64, and for amd64 from level v3 on. The square of x is -y, but for a
// digit that does not fit.
//
//go:noinline
func fuses(x, y float64) bool { return x*x+y != 0 }

// Whoever changes mixer, noises, front end or trainer trains anew. This needs no
// engine: it trains for a second on made up voices.
func TestShippedWeightsAreOfThisCode(t *testing.T) {
	_, c := shippedCard(t)
	if fuses(1+1.0/(1<<30), -1-1.0/(1<<29)) {
		t.Skip("for this processor the compiler fuses multiplications with additions, and rounding differs")
	}
	got := c.Digests
	slice, err := c.Recipe.slice(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got.Slice, err = c.Recipe.sliceDigest(t.Context(), slice); err != nil {
		t.Fatal(err)
	}
	got.FrontEnd = frontEndDigest()
	for _, line := range differences(c.Digests, got) {
		t.Error(line)
	}
}

// What the talkers say, and the first files of it, must be what was trained on.
func TestShippedWeightsAreOfTheseVoices(t *testing.T) {
	_, c := shippedCard(t)
	if fuses(1+1.0/(1<<30), -1-1.0/(1<<29)) {
		t.Skip("for this processor the compiler fuses multiplications with additions, and rounding differs")
	}
	voices, err := corpus.OpenVoices(t.Context(), voicesFolder, io.Discard)
	var missing *corpus.MissingError
	if errors.As(err, &missing) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	first, err := hear(t.Context(), "training", corpus.NewMixer(voices), c.Recipe.plan()[:firstFiles], newTeller(io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	got := c.Digests
	got.Voices, got.First = voices.Digest(), first.digest(firstFiles)
	for _, line := range differences(c.Digests, got) {
		t.Error(line)
	}
}
