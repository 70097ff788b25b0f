package speech

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"

	"lexline/internal/audio"
)

// ErrNoEngine says that no speech synthesizer is installed.
var ErrNoEngine = errors.New("neither flite nor espeak-ng is installed")

// SynthConfig holds the settings of a Synthesizer. A zero field means its default.
type SynthConfig struct {
	Voice     string        // voice when none is asked for: "slt"
	Processes int           // run at a time: 2
	Deadline  time.Duration // for one sentence: 5 s
	CacheSize int           // bytes of audio kept for saying them again: 16 MiB
}

// Synthesizer makes speech of text, sentence by sentence, with flite or else
// espeak-ng. What was said once is kept and costs nothing the next time. It is
// safe for several goroutines and needs no closing.
type Synthesizer struct {
	cfg    SynthConfig
	engine *synthEngine // nil if none is installed
	places chan struct{}
	cache  *clipCache
}

// NewSynthesizer looks for an engine on the PATH.
func NewSynthesizer(cfg SynthConfig) *Synthesizer {
	if cfg.Voice == "" {
		cfg.Voice = "slt"
	}
	if cfg.Processes == 0 {
		cfg.Processes = 2
	}
	if cfg.Deadline == 0 {
		cfg.Deadline = 5 * time.Second
	}
	if cfg.CacheSize == 0 {
		cfg.CacheSize = 16 << 20
	}
	return &Synthesizer{
		cfg: cfg, engine: findSynthEngine(),
		places: make(chan struct{}, cfg.Processes), cache: newClipCache(cfg.CacheSize),
	}
}

// Engine returns the name of the engine in use, flite or espeak-ng, and nothing
// if there is none.
func (s *Synthesizer) Engine() string {
	if s.engine == nil {
		return ""
	}
	return s.engine.name
}

// Say returns the speech of a whole text. voice is one of the engine's; an empty
// one is the default, and one that the engine does not have falls back to its
// own. Without an engine the error is ErrNoEngine.
func (s *Synthesizer) Say(ctx context.Context, voice, text string) (audio.Clip, error) {
	var whole audio.Clip
	err := s.Sentences(ctx, voice, text, func(clip audio.Clip) error {
		if whole.Rate == 0 {
			whole.Rate = clip.Rate
		}
		whole.Samples = append(whole.Samples, clip.At(whole.Rate).Samples...)
		return nil
	})
	if err != nil {
		return audio.Clip{}, err
	}
	if whole.Rate == 0 {
		whole.Rate = audio.SampleRate // nothing to say
	}
	return whole, nil
}

// Sentences calls emit with the speech of each sentence of text in order, each as
// soon as it is made, so that the first is heard while the next is in the making.
// SSML is said without its marks. An error of emit ends it and is returned.
// Clips are shared: they must not be changed.
func (s *Synthesizer) Sentences(ctx context.Context, voice, text string, emit func(audio.Clip) error) error {
	if s.engine == nil {
		return ErrNoEngine
	}
	if voice == "" {
		voice = s.cfg.Voice
	}
	for _, sentence := range sentences(plainText(text)) {
		clip, err := s.sentence(ctx, voice, sentence)
		if err != nil {
			return fmt.Errorf("synthesize %q with %s: %w", sentence, s.engine.name, err)
		}
		if err := emit(clip); err != nil {
			return err
		}
	}
	return nil
}

// sentence returns the speech of one sentence, from the cache if it is there.
func (s *Synthesizer) sentence(ctx context.Context, voice, text string) (audio.Clip, error) {
	key := clipKey{s.engine.name, voice, text}
	return s.cache.get(ctx, key, func() (audio.Clip, error) {
		select {
		case s.places <- struct{}{}:
		case <-ctx.Done():
			return audio.Clip{}, context.Cause(ctx)
		}
		defer func() { <-s.places }()
		ctx, cancel := context.WithTimeoutCause(ctx, s.cfg.Deadline, fmt.Errorf("no speech within %v", s.cfg.Deadline))
		defer cancel()
		return s.engine.run(ctx, voice, text)
	})
}

// synthEngine is a program that writes speech as WAV to its standard output.
type synthEngine struct {
	name   string
	path   string
	voices []string // known voices, the engine's own choice first
	args   func(voice, text string) []string
}

// maxSpeech bounds what an engine may write for one sentence: 5 min at 22 kHz.
const maxSpeech = 16 << 20

// findSynthEngine returns the engine that is installed, the better one if both are.
func findSynthEngine() *synthEngine {
	engines := []*synthEngine{
		{name: "flite", voices: []string{"slt", "rms", "awb", "kal16", "kal"}, args: func(voice, text string) []string {
			return []string{"-voice", voice, "-t", text, "-o", "/dev/stdout"}
		}},
		{name: "espeak-ng", voices: []string{"en-us", "en-gb", "es", "fr"}, args: func(voice, text string) []string {
			return []string{"--stdout", "-v", voice, "--", text}
		}},
	}
	for _, engine := range engines {
		if path, err := exec.LookPath(engine.name); err == nil {
			engine.path = path
			return engine
		}
	}
	return nil
}

// run makes speech of one sentence.
func (e *synthEngine) run(ctx context.Context, voice, text string) (audio.Clip, error) {
	if !slices.Contains(e.voices, voice) {
		voice = e.voices[0]
	}
	var out, complaint boundedBuffer
	out.limit, complaint.limit = maxSpeech, 4<<10
	cmd := exec.CommandContext(ctx, e.path, e.args(voice, text)...)
	cmd.Stdout, cmd.Stderr = &out, &complaint
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if words := strings.TrimSpace(complaint.String()); words != "" {
			return audio.Clip{}, fmt.Errorf("%w: %s", err, words)
		}
		return audio.Clip{}, err
	}
	clip, err := audio.ReadWAV(&out)
	if err != nil {
		return audio.Clip{}, err
	}
	return trimmed(clip), nil
}

// Silence around a sentence: engines begin and end with a quarter of a second of
// it, which a caller who waits for an answer would have to sit through.
const (
	leadIn   = 30 * time.Millisecond
	leadOut  = 200 * time.Millisecond
	silentIn = 64 // samples below this are silence
)

// trimmed cuts the silence at both ends down to what speech needs around it.
func trimmed(clip audio.Clip) audio.Clip {
	loud := func(sample int16) bool { return sample > silentIn || sample < -silentIn }
	first := slices.IndexFunc(clip.Samples, loud)
	if first < 0 {
		return clip
	}
	last := len(clip.Samples) - 1
	for !loud(clip.Samples[last]) {
		last--
	}
	samples := func(d time.Duration) int { return int(d) * clip.Rate / int(time.Second) }
	from := max(0, first-samples(leadIn))
	to := min(len(clip.Samples), last+1+samples(leadOut))
	return audio.Clip{Rate: clip.Rate, Samples: clip.Samples[from:to:to]}
}

// boundedBuffer keeps what is written up to its limit and refuses more.
type boundedBuffer struct {
	bytes.Buffer
	limit int
}

func (b *boundedBuffer) Write(p []byte) (int, error) {
	if b.Len()+len(p) > b.limit {
		return 0, fmt.Errorf("more than %d bytes were written", b.limit)
	}
	return b.Buffer.Write(p)
}
