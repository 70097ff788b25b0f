package corpus

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lexline/internal/audio"
)

// promptsFolder is where Debian's packages put the prompts of Asterisk.
const promptsFolder = "/usr/share/asterisk/sounds"

// What is taken of a set of prompts: whole ones, and single words put together
// as a caller says digits, dates and letters.
const (
	shortestPrompt = 0.6  // seconds
	longestPrompt  = 12.0 // seconds: more than that is no answer of a caller
	promptSeconds  = 12 * 60
	wordPhrases    = 70
	shortestGap    = audio.SampleRate * 80 / 1000
	longestGap     = audio.SampleRate * 200 / 1000
	wordMargin     = 2 // frames before and after a word that belong to the gaps
)

// notSpeech are the prompts that are no plain speech: tones, monkeys, and a
// conference that begins with a fanfare.
var notSpeech = []string{
	"beep", "beeperr", "ascending-2tone", "descending-2tone", "tt-monkeys",
	"confbridge-begin-glorious-a", "confbridge-begin-glorious-b", "confbridge-begin-glorious-c",
}

// wordFolders hold single words, and silence.
var wordFolders = []string{"digits/", "letters/", "phonetic/", "silence/"}

// promptTexts chooses what a set of prompts says. A text is the names of
// recordings, separated by spaces.
func promptTexts(folder string) ([]string, error) {
	seconds, err := promptSizes(folder)
	if err != nil {
		return nil, err
	}
	var names []string
	for name, s := range seconds {
		isWord := slices.ContainsFunc(wordFolders, func(f string) bool { return strings.HasPrefix(name, f) })
		if !isWord && !slices.Contains(notSpeech, name) && s >= shortestPrompt && s <= longestPrompt {
			names = append(names, name)
		}
	}
	slices.Sort(names) // maps have no order
	rng := roll(0, "prompts of "+filepath.Base(folder))
	rng.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	var texts []string
	for left := float64(promptSeconds); len(names) > 0 && left > 0; names = names[1:] {
		texts = append(texts, names[0])
		left -= seconds[names[0]]
	}
	for range wordPhrases {
		texts = append(texts, wordPhrase(rng.IntN))
	}
	return texts, nil
}

// promptSizes returns the seconds of each recording in folder, by its name
// without the ending.
func promptSizes(folder string) (map[string]float64, error) {
	const wavHeader, bytesPerSecond = 44, 2 * audio.SampleRate
	seconds := make(map[string]float64)
	err := fs.WalkDir(os.DirFS(folder), ".", func(path string, d fs.DirEntry, err error) error {
		name, isWAV := strings.CutSuffix(path, ".wav")
		if err != nil || d.IsDir() || !isWAV {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		seconds[name] = float64(info.Size()-wavHeader) / bytesPerSecond
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("prompts: %w", err)
	}
	return seconds, nil
}

// wordPhrase returns the names of the words of something that callers say.
// intN returns a random number below n.
func wordPhrase(intN func(n int) int) string {
	var words []string
	say := func(format string, args ...any) { words = append(words, fmt.Sprintf(format, args...)) }
	switch intN(5) {
	case 0, 1: // a number of a card, a table, a customer
		for range 2 + intN(7) {
			say("digits/%d", intN(10))
		}
	case 2: // Wednesday, March, third
		say("digits/day-%d", intN(7))
		say("digits/mon-%d", intN(12))
		say("digits/h-%d", 1+intN(19))
	case 3: // seven, thirty, p.m.
		say("digits/%d", 1+intN(12))
		say("digits/%d", 10*(2+intN(4)))
		say("digits/%c-m", "ap"[intN(2)])
	case 4: // a name spelt
		folder, ending := "letters", ""
		if intN(2) == 0 {
			folder, ending = "phonetic", "_p"
		}
		for range 3 + intN(4) {
			say("%s/%c%s", folder, 'a'+intN(26), ending)
		}
	}
	return strings.Join(words, " ")
}

// promptClips returns a clip for each of texts.
func promptClips(folder string, texts []string) ([]audio.Clip, error) {
	var clips []audio.Clip
	for _, text := range texts {
		clip, err := promptClip(folder, text)
		if err != nil {
			return nil, err
		}
		clips = append(clips, clip)
	}
	return clips, nil
}

// promptClip returns the recordings that text names, one after the other, with
// gaps as between spoken words. The gaps are what the recordings have before and
// after their words, as far as that goes.
func promptClip(folder, text string) (audio.Clip, error) {
	clip := audio.Clip{Rate: audio.SampleRate}
	rng := roll(0, "gaps of "+text)
	words := strings.Fields(text)
	for i, word := range words {
		c, err := audio.ReadWAVFile(filepath.Join(folder, word+".wav"))
		if err != nil {
			return audio.Clip{}, err
		}
		samples := c.At(audio.SampleRate).Samples
		if len(words) > 1 {
			if samples = trim(samples, wordMargin); len(samples) == 0 {
				return audio.Clip{}, fmt.Errorf("prompts: nothing is heard of %q", word)
			}
		}
		if i > 0 {
			gap := shortestGap + rng.IntN(longestGap-shortestGap)
			gap -= 2 * wordMargin * FrameSamples // trim leaves that
			clip.Samples = append(clip.Samples, make([]int16, max(gap, 0))...)
		}
		clip.Samples = append(clip.Samples, samples...)
	}
	return clip, nil
}
