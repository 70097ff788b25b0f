package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"strings"

	"lexline/internal/vad/corpus"
	"lexline/internal/vad/score"
)

// selection is which files of the development set are heard.
type selection struct {
	condition string // that the file's begins with
	talkers   string // human, synthetic or all
}

func (s selection) has(spec corpus.Spec) bool {
	if s.talkers != "all" && (!spec.Talks || spec.Human != (s.talkers == "human")) {
		return false
	}
	return strings.HasPrefix(spec.Condition, s.condition)
}

// openFiles readies the files of the development set that are selected, and tells
// the digest of the voices in them.
func openFiles(ctx context.Context, o options, progress io.Writer) (files []file, voices string, err error) {
	var specs []corpus.Spec
	for _, spec := range corpus.DevelopmentPlan(o.seed) {
		if o.selection.has(spec) {
			specs = append(specs, spec)
		}
	}
	if len(specs) == 0 {
		return nil, "", fmt.Errorf("%w: no file of the development set is selected", errUsage)
	}
	said, err := corpus.OpenVoices(ctx, o.cache, progress)
	if err != nil {
		return nil, "", err
	}
	mixer := corpus.NewMixer(said)
	files = make([]file, len(specs))
	for i, spec := range specs {
		files[i] = file{name: spec.Name, make: func() take { return newTake(mixer.Make(spec)) }}
	}
	return files, said.Digest(), nil
}

// newTake is a file of the corpus as detectors and scores see it.
func newTake(item corpus.Item) take {
	t := take{near: item.Near, far: item.Far}
	t.File = score.File{
		Name: item.Name, Talker: item.Talker, Condition: item.Condition, Noise: item.Noise, SNR: item.SNR,
		Labels: item.Labels, Audible: score.Audible(item.Far),
	}
	if item.Noise == "" {
		t.SNR = math.Inf(1)
		if item.Far != nil {
			t.Noise = score.Echo
		}
	}
	for _, turn := range item.Turns {
		t.Turns = append(t.Turns, score.Span(turn))
	}
	return t
}
