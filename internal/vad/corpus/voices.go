package corpus

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
)

// DefaultCache is where the programs of this repository keep what was said, seen
// from its top folder.
const DefaultCache = "bin/hearing/voices"

// makerVersion is part of the key of every cached clip. Whoever changes what
// becomes of a clip between an engine and the cache raises it.
const makerVersion = 3

// NewUtterance returns pcm, whole frames of clean telephone speech, with its
// labels. pcm is kept, and not changed.
func NewUtterance(t Talker, text string, pcm []int16) Utterance {
	labels, said := labelSpeech(pcm)
	return Utterance{Talker: t, Text: text, PCM: pcm, Labels: labels, First: said.first, End: said.end}
}

// Voices is everything that all talkers say. It does not change, and may be used
// by several goroutines.
type Voices struct {
	utterances []Utterance
	digest     string
}

// NewVoices returns voices of given utterances, for tests that have no engines.
// Its digest depends on talkers' names, texts and samples.
func NewVoices(utterances []Utterance) *Voices {
	h := sha256.New()
	for _, u := range utterances {
		sum := sha256.Sum256(encodeClips([][]int16{u.PCM}))
		fmt.Fprintf(h, "%q %q %x\n", u.Talker.Name, u.Text, sum)
	}
	return &Voices{utterances: utterances, digest: hex.EncodeToString(h.Sum(nil))}
}

// Utterances returns what the talkers of a split say, always in the same order.
func (v *Voices) Utterances(split Split) []Utterance {
	var out []Utterance
	for _, u := range v.utterances {
		if u.Talker.Split == split {
			out = append(out, u)
		}
	}
	return out
}

// Digest returns the SHA-256, in hexadecimal, of the chain over all talkers with
// the versions of their engines, their texts and their samples.
func (v *Voices) Digest() string { return v.digest }

// OpenVoices has all talkers say their texts, or finds in the folder cache what
// they said before; the folder is made where it is missing. It takes minutes the
// first time and seconds later, and writes to progress, which may be nil, how far
// it is. When ctx ends it returns an error of ctx, and what is in the cache by
// then is whole. What Debian packages are missing is a *MissingError.
func OpenVoices(ctx context.Context, cache string, progress io.Writer) (*Voices, error) {
	return openVoices(ctx, cache, Talkers(), progress)
}

func openVoices(ctx context.Context, cache string, talkers []Talker, progress io.Writer) (*Voices, error) {
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return nil, fmt.Errorf("voices: %w", err)
	}
	jobs, err := plan(ctx, cache, talkers)
	if err != nil {
		return nil, fmt.Errorf("voices: %w", err)
	}
	if err := doAll(ctx, jobs, progress); err != nil {
		return nil, fmt.Errorf("voices: %w", err)
	}
	v := new(Voices)
	chain := sha256.New()
	for _, j := range jobs {
		v.utterances = append(v.utterances, j.said...)
		fmt.Fprintf(chain, "%s %x\n", j.key, j.sum)
	}
	v.digest = hex.EncodeToString(chain.Sum(nil))
	return v, nil
}

// job is one talker's part of the corpus.
type job struct {
	talker Talker
	texts  []string
	key    string // hash of all that the clips depend on
	cache  string // folder

	said []Utterance
	sum  [sha256.Size]byte
}

// plan returns a job for each talker.
func plan(ctx context.Context, cache string, talkers []Talker) ([]*job, error) {
	versions, err := installed(ctx, packagesOf(talkers))
	if err != nil {
		return nil, err
	}
	all, err := readTexts(textsFile)
	if err != nil {
		return nil, err
	}
	var jobs []*job
	for _, t := range talkers {
		said := texts(t, all)
		if t.Engine == Asterisk {
			if said, err = promptTexts(filepath.Join(promptsFolder, t.Voice)); err != nil {
				return nil, err
			}
		}
		key, err := key(t, versions, said)
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, &job{talker: t, texts: said, key: key, cache: cache})
	}
	return jobs, nil
}

// key returns a hash of all that the clips of t depend on.
func key(t Talker, versions map[string]string, texts []string) (string, error) {
	asked, err := t.asked(texts)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	fmt.Fprintf(h, "%d %q %q %d\n", makerVersion, t.Engine, t.Voice, t.size())
	for _, name := range t.packages() {
		fmt.Fprintf(h, "%s %s\n", name, versions[name])
	}
	fmt.Fprintf(h, "%s\n%q\n", asked, texts)
	return hex.EncodeToString(h.Sum(nil)), nil
}

// doAll does all jobs, as many at a time as there are processors. The first error
// ends the rest.
func doAll(ctx context.Context, jobs []*job, progress io.Writer) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	todo := make(chan *job)
	var workers sync.WaitGroup
	counter := &counter{of: len(jobs), to: progress}
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for j := range todo {
				if ctx.Err() != nil {
					continue
				}
				made, err := j.do(ctx)
				if err != nil {
					cancel(fmt.Errorf("%s: %w", j.talker.Name, err))
					continue
				}
				counter.add(made)
			}
		})
	}
	for _, j := range jobs {
		todo <- j
	}
	close(todo)
	workers.Wait()
	return context.Cause(ctx)
}

// do fills in said and sum, from the cache if they are there; else they are made.
func (j *job) do(ctx context.Context) (made bool, err error) {
	clips, sum, err := readCache(filepath.Join(j.cache, cacheName(j.talker.Name, j.key)))
	if made = err != nil; made {
		if clips, sum, err = j.make(ctx); err != nil {
			return made, err
		}
	}
	if len(clips) != len(j.texts) {
		return made, fmt.Errorf("%d clips of %d texts", len(clips), len(j.texts))
	}
	j.sum = sum
	for i, pcm := range clips {
		j.said = append(j.said, NewUtterance(j.talker, j.texts[i], pcm))
	}
	return made, nil
}

// make has the talker speak, and puts what it said into the cache.
func (j *job) make(ctx context.Context) ([][]int16, [sha256.Size]byte, error) {
	spoken, err := j.talker.speak(ctx, j.texts)
	if err != nil {
		return nil, [sha256.Size]byte{}, err
	}
	var clips [][]int16
	for i, c := range spoken {
		pcm := telephone(c)
		if len(pcm) == 0 {
			return nil, [sha256.Size]byte{}, fmt.Errorf("nothing is heard of %q", j.texts[i])
		}
		clips = append(clips, pcm)
	}
	file := encodeClips(clips)
	if err := writeCache(j.cache, j.talker.Name, j.key, file); err != nil {
		return nil, [sha256.Size]byte{}, err
	}
	return clips, [sha256.Size]byte(file[len(file)-sha256.Size:]), nil
}

// counter tells how many talkers are done, when one had to speak: those in the
// cache take no time.
type counter struct {
	mu       sync.Mutex
	done, of int
	slow     bool // one had to speak
	to       io.Writer
}

func (c *counter) add(made bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done++
	c.slow = c.slow || made
	if c.to != nil && (made || c.slow && c.done == c.of) {
		fmt.Fprintf(c.to, "voices: %d of %d talkers\n", c.done, c.of)
	}
}
