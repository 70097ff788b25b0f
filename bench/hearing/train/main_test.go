package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lexline/internal/vad"
	"lexline/internal/vad/corpus"
	"lexline/internal/vad/train"
)

// trial are options for a training of seconds on made up voices.
func trial(t *testing.T) options {
	t.Helper()
	o, err := parse([]string{"--hours", "0.03", "--epochs", "2", "--out", t.TempDir(), "--date", "2026-01-31", "--segment", "40"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	o.speak = func(context.Context, string, io.Writer) (*corpus.Voices, error) { return madeUpVoices(), nil }
	return o
}

// mustDo runs a command that must succeed and returns what it wrote to both outputs.
func mustDo(t *testing.T, o options) (out, errs string) {
	t.Helper()
	var stdout, stderr strings.Builder
	if code := do(t.Context(), o, &stdout, &stderr); code != 0 {
		t.Fatalf("exit code %d; want 0; it wrote:\n%s%s", code, &stdout, &stderr)
	}
	return stdout.String(), stderr.String()
}

func mustRead(t *testing.T, folder string) (weights []byte, c card) {
	t.Helper()
	weights, err := os.ReadFile(filepath.Join(folder, weightsFile))
	if err != nil {
		t.Fatal(err)
	}
	if c, err = readCard(folder); err != nil {
		t.Fatal(err)
	}
	return weights, c
}

func TestWeightsAndCard(t *testing.T) {
	o := trial(t)
	_, errs := mustDo(t, o)
	if !strings.Contains(errs, "epoch 2 of 2: loss 0.") {
		t.Errorf("progress:\n%s\nwant a line for epoch 2 of 2", errs)
	}
	weights, c := mustRead(t, o.out)
	n, err := vad.ReadNetwork(weights)
	if err != nil {
		t.Fatal(err)
	}
	if n.Inputs != vad.Features || n.Hidden != o.recipe.Settings.Hidden || c.Network.Weights*4+11 != len(weights) {
		t.Errorf("a network of %d inputs and %d hidden units, %d weights in %d bytes; want %d and %d, and 4 bytes for each weight", n.Inputs, n.Hidden, c.Network.Weights, len(weights), vad.Features, o.recipe.Settings.Hidden)
	}
	if c.Digests.Weights != digest(weights) || c.Date != "2026-01-31" || c.Recipe != o.recipe || c.Files != len(o.recipe.plan()) || string(c.Scores) != "null" {
		t.Errorf("card %+v; want one of these weights, of 2026-01-31, of %+v, without scores", c, o.recipe)
	}
	for name, d := range map[string]string{
		"voices": c.Digests.Voices, "corpus": c.Digests.Corpus, "first": c.Digests.First, "front end": c.Digests.FrontEnd, "slice": c.Digests.Slice,
	} {
		if len(d) != 64 {
			t.Errorf("digest of %s is %q; want 64 digits", name, d)
		}
	}
	if c.Digests.First != c.Digests.Corpus && c.Files <= firstFiles {
		t.Errorf("%d files: first %s, all %s; want the same", c.Files, c.Digests.First, c.Digests.Corpus)
	}
}

func TestFeaturesCacheChangesNothing(t *testing.T) {
	o := trial(t)
	o.cache = filepath.Join(t.TempDir(), "features")
	mustDo(t, o)
	want, wantCard := mustRead(t, o.out)
	_, errs := mustDo(t, o)
	got, gotCard := mustRead(t, o.out)
	if digest(got) != digest(want) || gotCard.Digests != wantCard.Digests {
		t.Errorf("out of the cache come %+v; want %+v", gotCard.Digests, wantCard.Digests)
	}
	if want := fmt.Sprintf("features of %d files are in %s", wantCard.Files, o.cache); !strings.Contains(errs, want) {
		t.Errorf("the second time it wrote:\n%s\nwant %q", errs, want)
	}
	o.recipe.Seed = 2
	if _, errs = mustDo(t, o); !strings.Contains(errs, errOther.Error()) {
		t.Errorf("of another seed it wrote:\n%s\nwant %q", errs, errOther)
	}
}

// FuzzDecodeCache: whatever a file holds, it is refused or is what is written anew.
func FuzzDecodeCache(f *testing.F) {
	key := cacheKey{Seed: 1}
	file := filepath.Join(f.TempDir(), "features")
	set := heard{Digests: []string{"a"}, Sequences: []train.Sequence{{Features: make([]float32, 2*vad.Features), Labels: []int8{1, -1}}}}
	if err := writeCache(file, key, [2]heard{set, {}}); err != nil {
		f.Fatal(err)
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		f.Fatal(err)
	}
	if _, err := readCache(file, key); err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:len(whole)-1])
	f.Add(append(slices.Clip(whole), 0))
	f.Add(bytes.Replace(whole, []byte("[[2]"), []byte("[[-2]"), 1))
	f.Add([]byte("features\n"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		sets, err := decodeCache(bytes.NewReader(data), int64(len(data)), key)
		if err != nil {
			return
		}
		_, body, _ := bytes.Cut(data, []byte("\n"))
		if want := sets[0].frames() + sets[1].frames(); len(body) != want*(4*vad.Features+1) {
			t.Errorf("%d frames of %d bytes", want, len(body))
		}
	})
}

func TestVerify(t *testing.T) {
	o := trial(t)
	mustDo(t, o)
	weights, c := mustRead(t, o.out)
	n, err := vad.ReadNetwork(weights)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name        string
		verifySlice bool
		change      func(c *card, n *vad.Network)
		want        string // in the output; empty: all is well
	}{
		{"as made", false, func(*card, *vad.Network) {}, ""},
		{"slice as made", true, func(*card, *vad.Network) {}, ""},
		{"one weight and a digest changed", false, func(c *card, n *vad.Network) {
			n.OutB[0] += 1e-6
			c.Digests.Corpus = digest(nil)
		}, "the files: SHA-256"},
		{"made of other settings", true, func(c *card, _ *vad.Network) { c.Recipe.Settings.Rate *= 1.01 }, "the slice: SHA-256"},
		{"made of another plan", true, func(c *card, _ *vad.Network) { c.Recipe.Seed++ }, "the slice: SHA-256"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := o
			o.out, o.verify, o.verifySlice = t.TempDir(), !test.verifySlice, test.verifySlice
			card, network := c, vad.NewNetwork(n.Inputs, n.Dense, n.Hidden)
			for i, weights := range n.Tensors() {
				copy(network.Tensors()[i], weights)
			}
			test.change(&card, network)
			if err := card.write(o.out, network); err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			wantCode := 0
			if test.want != "" {
				wantCode = 1
			}
			if code := do(t.Context(), o, &out, &out); code != wantCode || !strings.Contains(out.String(), test.want) {
				t.Errorf("exit code %d and\n%s\nwant %d and %q", code, &out, wantCode, test.want)
			}
		})
	}
}

// cancelAt cancels as soon as a text is written.
type cancelAt struct {
	strings.Builder
	text   string
	cancel context.CancelFunc
}

func (c *cancelAt) Write(p []byte) (int, error) {
	if strings.Contains(string(p), c.text) {
		c.cancel()
	}
	return c.Builder.Write(p)
}

// One that is ended early must leave what is there as it is.
func TestInterrupt(t *testing.T) {
	o := trial(t)
	o.recipe.Settings.Epochs = 100000
	old := filepath.Join(o.out, weightsFile)
	if err := os.WriteFile(old, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	errs := &cancelAt{text: "epoch 1 ", cancel: cancel}
	if code := do(ctx, o, io.Discard, errs); code != 1 {
		t.Errorf("exit code %d; want 1", code)
	}
	entries, err := os.ReadDir(o.out)
	if err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(old); err != nil || string(data) != "old" || len(entries) != 1 {
		t.Errorf("the folder has %v, the weights are %q (%v); want them as they were, and nothing else; it wrote:\n%s", entries, data, err, &errs.Builder)
	}
}

// TestFolderIsTriedFirst names a folder that cannot be, and has no voice speak for it.
func TestFolderIsTriedFirst(t *testing.T) {
	o := trial(t)
	taken := filepath.Join(o.out, "taken")
	if err := os.WriteFile(taken, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	o.out = filepath.Join(taken, "weights")
	o.speak = func(context.Context, string, io.Writer) (*corpus.Voices, error) {
		t.Error("voices are asked to speak; want the folder to be tried first")
		return madeUpVoices(), nil
	}
	var errs strings.Builder
	if code := do(t.Context(), o, io.Discard, &errs); code != 1 || !strings.Contains(errs.String(), "folder for the weights: ") {
		t.Errorf("exit code %d, %q; want 1, and the folder", code, errs.String())
	}
}

func TestRecordingsAreRefused(t *testing.T) {
	o := trial(t)
	o.speak = func(context.Context, string, io.Writer) (*corpus.Voices, error) {
		u := madeUpVoices().Utterances(corpus.Training)
		u[20].Talker.Human, u[20].Talker.Name = true, "someone"
		return corpus.NewVoices(u), nil
	}
	var errs strings.Builder
	if code := do(t.Context(), o, io.Discard, &errs); code != 1 || !strings.Contains(errs.String(), "talker someone is a recording") {
		t.Errorf("exit code %d and\n%s\nwant 1 and the talker's name", code, &errs)
	}
}

func TestScoringNamesTheWeights(t *testing.T) {
	for folder, want := range map[string]string{"internal/vad/": "", "bin/trial": ` ARGS="-weights bin/trial/weights.bin"`} {
		if got := scoring(folder); got != want {
			t.Errorf("make vad-score%s of weights in %s; want %q", got, folder, want)
		}
	}
}

func TestUsage(t *testing.T) {
	for _, test := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--help"}, 0, "--features-cache"},
		{[]string{"--hours", "0"}, 2, "--hours"},
		{[]string{"--hidden", "65"}, 2, "--hidden"},
		{[]string{"--date", "today"}, 2, "--date"},
		{[]string{"all"}, 2, `"all"`},
		{[]string{"--verify-slice", "--out", "no/such/folder"}, 1, "no/such/folder/weights.json"},
	} {
		var errs strings.Builder
		if code := run(t.Context(), test.args, io.Discard, &errs); code != test.code || !strings.Contains(errs.String(), test.want) {
			t.Errorf("train %q: exit code %d and\n%s\nwant %d and %q", test.args, code, &errs, test.code, test.want)
		}
	}
}
