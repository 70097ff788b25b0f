package drill

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"lexline/internal/audio"
)

// Synthesize makes speech of text in a voice. It keeps its own deadline.
type Synthesize func(ctx context.Context, voice, text string) (audio.Clip, error)

// scriptFile is what the local Lex's scripted recognizer reads.
type scriptFile struct {
	Clips []scriptClip `json:"clips"`
}

type scriptClip struct {
	ID    string `json:"id"`
	File  string `json:"file"` // relative to the script
	Words string `json:"words"`
}

// scriptName is the file among the recordings that lists them.
const scriptName = "clips.json"

// record makes the recordings of everything that callers say in the folder dir,
// with a list of them for the scripted recognizer, whose path it returns. What is
// there already is kept: a synthesizer says the same each time.
func record(ctx context.Context, dir string, say Synthesize) (script string, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("make the folder for the callers' recordings: %w", err)
	}
	list := scriptFile{}
	for _, s := range repertoire() {
		file := filepath.Join(dir, s.Clip+".wav")
		list.Clips = append(list.Clips, scriptClip{s.Clip, s.Clip + ".wav", s.Text})
		if _, err := os.Stat(file); err == nil {
			continue
		}
		clip, err := say(ctx, s.voice(), s.Text)
		if err != nil {
			return "", fmt.Errorf("make the recording %s: %w", s.Clip, err)
		}
		if err := writeClip(file, clip); err != nil {
			return "", fmt.Errorf("keep the recording %s: %w", s.Clip, err)
		}
	}
	script = filepath.Join(dir, scriptName)
	content, err := json.MarshalIndent(list, "", "  ")
	if err == nil {
		err = os.WriteFile(script, content, 0o644)
	}
	if err != nil {
		return "", fmt.Errorf("list the callers' recordings: %w", err)
	}
	return script, nil
}

// writeClip writes a recording as it is heard over the telephone: what comes out
// of mu-law goes back into it without a change, so that it can be known by its
// bytes on the other side. Silence at its ends is left out.
func writeClip(file string, clip audio.Clip) error {
	mulaw := trim(clip.MuLaw())
	f, err := os.Create(file + ".part")
	if err != nil {
		return err
	}
	err = audio.WriteWAV(f, audio.SampleRate, audio.DecodeMuLaw(nil, mulaw))
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(file+".part", file)
}

// spokenPower is the power of a frame of speech: -45 dBov.
const spokenPower = 3.16e-5

// trim cuts silent frames off both ends.
func trim(mulaw []byte) []byte {
	frames := len(mulaw) / audio.FrameSamples
	speaks := func(n int) bool {
		return audio.PowerMuLaw(mulaw[n*audio.FrameSamples:(n+1)*audio.FrameSamples]) >= spokenPower
	}
	first, last := 0, frames-1
	for first < last && !speaks(first) {
		first++
	}
	for last > first && !speaks(last) {
		last--
	}
	if last < first {
		return mulaw
	}
	return mulaw[first*audio.FrameSamples : (last+1)*audio.FrameSamples]
}
