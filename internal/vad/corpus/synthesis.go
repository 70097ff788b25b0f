package corpus

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"lexline/internal/audio"
)

// speak returns the clips of t saying each of texts. A voice of another size is
// spoken slower or faster and played faster or slower by as much.
func (t Talker) speak(ctx context.Context, texts []string) ([]audio.Clip, error) {
	clips, err := t.synthesize(ctx, texts)
	for i := range clips {
		clips[i].Rate = clips[i].Rate * 100 / t.size()
	}
	return clips, err
}

// size returns the percent of its own vocal tract that t speaks with.
func (t Talker) size() int { return cmp.Or(t.Size, 100) }

// stretch returns by how much its engine is to lengthen what t says.
func (t Talker) stretch() string {
	return strconv.FormatFloat(100/float64(t.size()), 'f', 3, 64)
}

// synthesize returns the clips of t in its voice's own size, at the rate of its
// engine.
func (t Talker) synthesize(ctx context.Context, texts []string) ([]audio.Clip, error) {
	home, err := os.MkdirTemp("", "lexline-voices-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(home) }()
	switch t.Engine {
	case EspeakNG, Flite:
		return t.speakEach(ctx, home, texts)
	case Festival:
		return t.speakFestival(ctx, home, texts)
	case Asterisk:
		return promptClips(filepath.Join(promptsFolder, t.Voice), texts)
	}
	return nil, fmt.Errorf("%q is no engine", t.Engine)
}

// asked returns everything that the engine of t is given to say texts: what it
// says depends on nothing else.
func (t Talker) asked(texts []string) (string, error) {
	switch t.Engine {
	case Festival:
		script, err := t.festivalScript(texts)
		return string(script), err
	case Asterisk:
		return strings.Join(texts, "\n"), nil
	}
	var b strings.Builder
	for _, text := range texts {
		fmt.Fprintf(&b, "%q\n", t.command(text))
	}
	return b.String(), nil
}

// speakEach runs a program for each text that writes a WAV to its output.
func (t Talker) speakEach(ctx context.Context, home string, texts []string) ([]audio.Clip, error) {
	var clips []audio.Clip
	for _, text := range texts {
		wav, err := run(ctx, home, t.command(text)...)
		if err != nil {
			return nil, err
		}
		clip, err := audio.ReadWAV(bytes.NewReader(wav))
		if err != nil {
			return nil, fmt.Errorf("%s saying %q: %w", t.Engine, text, err)
		}
		clips = append(clips, clip)
	}
	return clips, nil
}

func (t Talker) command(text string) []string {
	if t.Engine == Flite {
		command := []string{"flite", "-voice", t.Voice, "-t", text, "-o", "/dev/stdout"}
		if t.Size > 0 {
			command = append(command, "--setf", "duration_stretch="+t.stretch())
		}
		return command
	}
	return []string{
		"espeak-ng", "-v", t.Voice, "-p", strconv.Itoa(t.Pitch), "-s", strconv.Itoa(t.Speed),
		"-b", "1", "--stdout", "--", text,
	}
}

// speakFestival has one process say everything: it takes longer to start than
// to speak.
func (t Talker) speakFestival(ctx context.Context, home string, texts []string) ([]audio.Clip, error) {
	script, err := t.festivalScript(texts)
	if err != nil {
		return nil, err
	}
	const name = "say.scm"
	if err := os.WriteFile(filepath.Join(home, name), script, 0o600); err != nil {
		return nil, err
	}
	if _, err := run(ctx, home, "festival", "-b", name); err != nil {
		return nil, err
	}
	var clips []audio.Clip
	for i, text := range texts {
		clip, err := audio.ReadWAVFile(filepath.Join(home, strconv.Itoa(i)+".wav"))
		if err != nil {
			return nil, fmt.Errorf("festival saying %q: %w", text, err)
		}
		clips = append(clips, clip)
	}
	return clips, nil
}

// festivalScript returns a script that writes 0.wav, 1.wav and so on, in the
// encoding that the voice reads.
func (t Talker) festivalScript(texts []string) ([]byte, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "(voice_%s)\n", t.Voice)
	if t.Size > 0 {
		fmt.Fprintf(&b, "(Parameter.set 'Duration_Stretch (* %s (Parameter.get 'Duration_Stretch)))\n", t.stretch())
	}
	quote := strings.NewReplacer(`"`, `\"`, `\`, `\\`)
	for i, text := range texts {
		fmt.Fprintf(&b, "(utt.save.wave (utt.synth (Utterance Text \"%s\")) \"%d.wav\" 'riff)\n", quote.Replace(text), i)
	}
	script, err := encode(b.String(), t.Language)
	if err != nil {
		return nil, fmt.Errorf("script of festival for %s: %w", t.Name, err)
	}
	return script, nil
}

// run returns the output of a program. It runs in home, and sees nothing of the
// user's own settings: festival would read them. espeak-ng opens the client of
// PulseAudio, which seeds the random numbers that breath is made of where it has
// to make a folder for itself; so it is given one.
func run(ctx context.Context, home string, command ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Dir = home
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "PULSE_RUNTIME_PATH=" + home, "LC_ALL=C.UTF-8"}
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, exec.ErrNotFound):
		return nil, &MissingError{Packages: []string{command[0]}} // named as its package
	case err != nil:
		first, _, _ := strings.Cut(strings.TrimSpace(complaint.String()), "\n")
		return nil, fmt.Errorf("%s: %w: %s", strings.Join(command, " "), err, first)
	}
	return out, nil
}

// encode returns text in the 8-bit encoding that festival's voices of language
// read, or as it is where that is UTF-8.
func encode(text, language string) ([]byte, error) {
	var upper map[rune]byte // of letters beyond Latin-1
	switch language {
	case "cs":
		upper = latin2
	case "it", "ca", "en":
	default:
		return []byte(text), nil
	}
	var out []byte
	for _, r := range text {
		b, ok := upper[r]
		if !ok {
			if r > 0xFF {
				return nil, fmt.Errorf("%q is no letter of the encoding of %s", r, language)
			}
			b = byte(r)
		}
		out = append(out, b)
	}
	return out, nil
}

// latin2 has the Czech letters at which ISO 8859-2 differs from Latin-1.
var latin2 = map[rune]byte{
	'Č': 0xC8, 'č': 0xE8, 'Ď': 0xCF, 'ď': 0xEF, 'Ě': 0xCC, 'ě': 0xEC, 'Ň': 0xD2, 'ň': 0xF2, 'Ř': 0xD8, 'ř': 0xF8,
	'Š': 0xA9, 'š': 0xB9, 'Ť': 0xAB, 'ť': 0xBB, 'Ů': 0xD9, 'ů': 0xF9, 'Ž': 0xAE, 'ž': 0xBE,
}
