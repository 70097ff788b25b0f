package lexlocal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"lexline/internal/audio"
	"lexline/internal/speech"
)

// mostOf is which part of a clip must have arrived for its words to be heard.
const mostOf = 0.5

// Scripted is a recognizer for load and fault tests, which understands nothing
// but the clips that it was given: it finds their very samples in the audio that
// it received and knows the words that belong to them. It knows nothing of turns
// or callers. It costs next to nothing, so that hundreds of calls fit on one
// machine, and it says how much of each clip arrived. It is safe for several
// goroutines.
type Scripted struct {
	finder *audio.Finder
	words  map[string]string // by clip id
}

// HeardClip is a known clip in what the caller said, and which part of it
// arrived, from 0 to 1; see audio.Found.
type HeardClip struct {
	ID      string  `json:"id"`
	Arrived float64 `json:"arrived"`
}

// clipScript is the file of a Scripted.
type clipScript struct {
	Clips []struct {
		ID    string `json:"id"`
		File  string `json:"file"` // .ulaw or .wav, at 8 kHz, relative to the script
		Words string `json:"words"`
	} `json:"clips"`
}

// LoadScript reads a script: a JSON object whose clips are a list of
// {"id":"roses-rms","file":"roses-rms.ulaw","words":"roses"}. Files are relative
// to the script: raw mu-law or WAV, both at 8 kHz.
func LoadScript(path string) (*Scripted, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read clips: %w", err)
	}
	s, err := parseScript(text, func(name string) ([]byte, error) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(filepath.Dir(path), name)
		}
		return readClip(name)
	})
	if err != nil {
		return nil, fmt.Errorf("clips in %s: %w", path, err)
	}
	return s, nil
}

func parseScript(text []byte, read func(name string) ([]byte, error)) (*Scripted, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var script clipScript
	if err := decoder.Decode(&script); err != nil {
		return nil, fmt.Errorf("is not the expected JSON: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one JSON value")
	}
	if len(script.Clips) == 0 {
		return nil, errors.New("clips: there is none")
	}
	s := &Scripted{words: make(map[string]string)}
	clips := make(map[string][]byte)
	for i, c := range script.Clips {
		switch _, twice := s.words[c.ID]; {
		case c.ID == "":
			return nil, fmt.Errorf("clips[%d].id is missing", i)
		case twice:
			return nil, fmt.Errorf("clips[%d].id: %q is there already", i, c.ID)
		case strings.TrimSpace(c.Words) == "":
			return nil, fmt.Errorf("clips[%d].words is missing", i)
		}
		mulaw, err := read(c.File)
		if err != nil {
			return nil, fmt.Errorf("clips[%d].file: %w", i, err)
		}
		s.words[c.ID], clips[c.ID] = strings.TrimSpace(c.Words), mulaw
	}
	var err error
	s.finder, err = audio.NewFinder(clips)
	return s, err
}

// maxClip bounds a file of mu-law: 5 minutes.
const maxClip = 300 * audio.SampleRate

// readClip returns the audio of a file as mu-law.
func readClip(name string) ([]byte, error) {
	switch ext := filepath.Ext(name); ext {
	case ".wav":
		clip, err := audio.ReadWAVFile(name)
		if err == nil && clip.Rate != audio.SampleRate {
			err = fmt.Errorf("%s has %d samples a second: a clip is known by its very samples, so they must be the 8000 that the caller sends", name, clip.Rate)
		}
		return clip.MuLaw(), err
	case ".ulaw":
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close() // was only read
		mulaw, err := io.ReadAll(io.LimitReader(f, maxClip+1))
		if err == nil && len(mulaw) > maxClip {
			err = fmt.Errorf("%s is longer than 5 minutes", name)
		}
		return mulaw, err
	default:
		return nil, fmt.Errorf("%q is neither .ulaw nor .wav", name)
	}
}

// Len returns how many clips are known.
func (s *Scripted) Len() int { return len(s.words) }

// Recognize returns the words of the known clips in pcm, in the order in which
// they were said. Words that the grammar does not allow are returned as well.
func (s *Scripted) Recognize(_ context.Context, _ speech.Grammar, pcm []int16) (speech.Hypothesis, error) {
	words, _ := s.identify(pcm)
	return speech.Hypothesis{Words: words}, nil
}

// identify returns the words of the clips of which enough arrived, and all clips
// of which something did.
func (s *Scripted) identify(pcm []int16) (words string, clips []HeardClip) {
	var said []string
	for _, found := range s.finder.Find(audio.EncodeMuLaw(nil, pcm)) {
		clips = append(clips, HeardClip{found.Clip, found.Arrived()})
		if found.Arrived() >= mostOf {
			said = append(said, s.words[found.Clip])
		}
	}
	return strings.Join(said, " "), clips
}
