package twiliosim

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"time"

	"lexline/internal/audio"
)

// Synthesize makes speech of text. An empty voice is the default one. It is
// called by several goroutines at once and keeps its own deadline; cancelling
// ctx makes it return.
type Synthesize func(ctx context.Context, voice, text string) (audio.Clip, error)

// utterance is the sound of a say or play, ready to be sent: whole frames of
// mu-law. Frames first to last hold the speech; what is quieter than -45 dBov
// before and behind it is sent too.
type utterance struct {
	mulaw       []byte
	first, last int
}

// newUtterance brings clips onto the telephone, one behind the other.
func newUtterance(clips []audio.Clip, gap time.Duration, gain float64) (*utterance, error) {
	var pcm []int16
	for i, clip := range clips {
		if i > 0 {
			pcm = append(pcm, make([]int16, gap*audio.SampleRate/time.Second)...)
		}
		pcm = append(pcm, clip.At(audio.SampleRate).Samples...)
	}
	if len(pcm) == 0 {
		return nil, errors.New("there is no sound in it")
	}
	amplify(pcm, gain)
	u := &utterance{mulaw: audio.EncodeMuLaw(nil, pcm)}
	for len(u.mulaw)%audio.FrameSamples != 0 {
		u.mulaw = append(u.mulaw, audio.MuLawSilence)
	}
	u.findSpeech()
	return u, nil
}

// findSpeech sets first and last; a recording that is too soft throughout counts
// as speech from end to end.
func (u *utterance) findSpeech() {
	u.first, u.last = -1, u.frames()-1
	for n := range u.frames() {
		if audio.PowerMuLaw(u.frame(n)) >= spoken {
			if u.first < 0 {
				u.first = n
			}
			u.last = n
		}
	}
	u.first = max(u.first, 0)
}

func (u *utterance) frames() int { return len(u.mulaw) / audio.FrameSamples }

func (u *utterance) frame(n int) []byte {
	return u.mulaw[n*audio.FrameSamples : (n+1)*audio.FrameSamples]
}

func amplify(pcm []int16, gain float64) {
	if gain == 0 {
		return
	}
	factor := math.Pow(10, gain/20)
	for i, sample := range pcm {
		pcm[i] = int16(max(math.MinInt16, min(math.MaxInt16, math.Round(float64(sample)*factor))))
	}
}

// prepare makes the sound of every say and play before the call, so that no
// caller has to wait for a synthesizer or a file. The result is parallel to the
// steps, nil where there is no sound. Errors name the script and the line.
func (s *Script) prepare(ctx context.Context, synthesize Synthesize, voice string) ([]*utterance, error) {
	sounds := make([]*utterance, len(s.steps))
	for i := range s.steps {
		st := &s.steps[i]
		var clips []audio.Clip
		var err error
		switch st.kind {
		case stepSay:
			clips, err = st.synthesize(ctx, synthesize, voice)
		case stepPlay:
			clips, err = st.read(s.dir)
		default:
			continue
		}
		if err == nil {
			sounds[i], err = newUtterance(clips, st.gap, st.gain)
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %s: %w", s.Name, st.line, st, err)
		}
	}
	return sounds, nil
}

// ErrNoSynthesizer is wrapped by the error of New when a script has words to say
// and there is nothing to make speech of them.
var ErrNoSynthesizer = errors.New("there is no speech synthesizer")

func (s *step) synthesize(ctx context.Context, synthesize Synthesize, voice string) ([]audio.Clip, error) {
	if synthesize == nil {
		return nil, ErrNoSynthesizer
	}
	if s.voice != "" {
		voice = s.voice
	}
	clip, err := synthesize(ctx, voice, s.text)
	return []audio.Clip{clip}, err
}

func (s *step) read(dir string) ([]audio.Clip, error) {
	clips := make([]audio.Clip, 0, len(s.files))
	for _, name := range s.files {
		if !filepath.IsAbs(name) {
			name = filepath.Join(dir, name)
		}
		clip, err := audio.ReadWAVFile(name)
		if err != nil {
			return nil, err
		}
		clips = append(clips, clip)
	}
	return clips, nil
}
