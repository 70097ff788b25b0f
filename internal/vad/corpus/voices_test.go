package corpus

import (
	"context"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func isDebian() bool {
	_, err := exec.LookPath("dpkg-query")
	return err == nil
}

// fewTalkers returns one talker of each engine saying few things. It skips the
// test where they are not installed; under CI it fails.
func fewTalkers(t *testing.T) []Talker {
	t.Helper()
	var few []Talker
	for _, talker := range Talkers() {
		sameEngine := func(o Talker) bool { return o.Engine == talker.Engine }
		if talker.Human || slices.ContainsFunc(few, sameEngine) {
			continue
		}
		talker.Clips = 4
		few = append(few, talker)
	}
	_, err := installed(t.Context(), packagesOf(few))
	var missing *MissingError
	if errors.As(err, &missing) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return few
}

func TestOpenVoices(t *testing.T) {
	few := fewTalkers(t)
	cache := filepath.Join(t.TempDir(), "deep", "cache")
	open := func(want string) *Voices {
		t.Helper()
		var progress strings.Builder
		v, err := openVoices(t.Context(), cache, few, &progress)
		if err != nil {
			t.Fatal(err)
		}
		if got := progress.String(); !strings.HasSuffix(got, want) || want == "" && got != "" {
			t.Errorf("progress %q, want %q at its end", got, want)
		}
		return v
	}
	const all = "voices: 3 of 3 talkers\n"
	first := open(all)
	checkUtterances(t, first.Utterances(Training), 12)
	if n := len(first.Utterances(Development)); n != 0 {
		t.Errorf("%d utterances for development of talkers for training", n)
	}
	files := cacheFiles(t, cache)
	if len(files) != 3 {
		t.Fatalf("cache has %q, want a file for each talker", files)
	}

	if err := os.WriteFile(files[0], []byte("lexline voice 1\nnot that"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(files[1]); err != nil {
		t.Fatal(err)
	}
	old, _, _ := strings.Cut(filepath.Base(files[0]), ".")
	stale := filepath.Join(cache, old+".0123456789abcdef")
	if err := os.WriteFile(stale, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	second := open(all)
	if diff := cmp.Diff(first.utterances, second.utterances); diff != "" || first.Digest() != second.Digest() {
		t.Errorf("what was made anew differs:\n%s%s, then %s", diff, first.Digest(), second.Digest())
	}
	if _, _, err := readCache(files[0]); err != nil {
		t.Errorf("the damaged file is not mended: %v", err)
	}
	open("") // everything is in the cache

	few[0].Speed += 20
	third, err := openVoices(t.Context(), cache, few, nil)
	if err != nil {
		t.Fatal(err)
	}
	if third.Digest() == first.Digest() {
		t.Error("another speed leaves the digest as it was")
	}
	if got := cacheFiles(t, cache); len(got) != 3 || slices.Contains(got, files[0]) {
		t.Errorf("cache has %q; want the file of the other speed in place of %q", got, files[0])
	}
}

func cacheFiles(t *testing.T, cache string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(cache, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func checkUtterances(t *testing.T, utterances []Utterance, want int) {
	t.Helper()
	if len(utterances) != want {
		t.Errorf("%d utterances, want %d", len(utterances), want)
	}
	for _, u := range utterances {
		name := u.Talker.Name + " saying " + u.Text
		if level := ActiveLevel(u.PCM); math.Abs(level-speechLevel) > 0.5 {
			t.Errorf("%s: active level %.2f dBov, want %.1f", name, level, speechLevel)
		}
		if len(u.PCM)%FrameSamples != 0 || len(u.Labels) != len(u.PCM)/FrameSamples {
			t.Errorf("%s: %d samples and %d labels", name, len(u.PCM), len(u.Labels))
		}
		if u.First > marginFrames+1 || u.End < len(u.Labels)-marginFrames-1 || u.End <= u.First {
			t.Errorf("%s: speech is frames %d to %d of %d", name, u.First, u.End, len(u.Labels))
		}
	}
}

func TestOpenVoicesEndsWithItsContext(t *testing.T) {
	few := fewTalkers(t)
	ctx, cancel := context.WithCancel(t.Context())
	cache := t.TempDir()
	_, err := openVoices(ctx, cache, few, writerFunc(func(p []byte) (int, error) {
		cancel() // after the first talker
		return len(p), nil
	}))
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want context.Canceled", err)
	}
	files, err := os.ReadDir(cache)
	if err != nil || len(files) == 0 {
		t.Fatalf("cache has %v, %v; want what was done", files, err)
	}
	for _, f := range files {
		if _, _, err := readCache(filepath.Join(cache, f.Name())); err != nil {
			t.Errorf("%s is left in the cache: %v", f.Name(), err)
		}
	}
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestOpenVoicesNamesTheTalkerThatFails(t *testing.T) {
	few := fewTalkers(t)
	i := slices.IndexFunc(few, func(o Talker) bool { return o.Engine == Festival })
	few[i].Voice = "nobody_at_all"
	_, err := openVoices(t.Context(), t.TempDir(), few, nil)
	if err == nil || !strings.Contains(err.Error(), few[i].Name) {
		t.Fatalf("error %v, want one that names %s", err, few[i].Name)
	}
}

func TestNewVoicesDigest(t *testing.T) {
	pcm := sketch("...######...", 0)
	one := NewUtterance(Talker{Name: "a"}, "yes", pcm)
	other := NewUtterance(Talker{Name: "a"}, "no", pcm)
	digest := func(u ...Utterance) string { return NewVoices(u).Digest() }
	again := NewUtterance(Talker{Name: "a"}, "yes", slices.Clone(pcm))
	if digest(one) != digest(again) {
		t.Error("the same utterances have two digests")
	}
	if digest(one) == digest(other) || digest(one, other) == digest(other, one) {
		t.Error("other texts, or another order, have the same digest")
	}
}

// TestSpeakIsTheSameEachTime has the voices of espeak-ng that are made of noise
// say their first words in a home that no program knows yet.
func TestSpeakIsTheSameEachTime(t *testing.T) {
	for _, talker := range fewTalkers(t) {
		if talker.Engine == EspeakNG {
			talker.Voice = "en-us+whisper"
		}
		var first []int16
		for range 3 {
			clips, err := talker.speak(t.Context(), []string{"Sixteen shops."})
			if err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = clips[0].Samples
			}
			if !slices.Equal(first, clips[0].Samples) {
				t.Errorf("%s %s says the same thing in two ways", talker.Engine, talker.Voice)
				break
			}
		}
	}
}
