package main

import (
	"embed"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lexline/internal/audio"
	"lexline/internal/call"
)

// What a caller hears when the bot is late or fails: 8 kHz mu-law, in English.
// `make sounds` makes them.
//
//go:embed sounds/*.ulaw
var soundFiles embed.FS

// builtinLocale is the locale that the built-in sounds are spoken in.
const builtinLocale = "en_US"

// builtinFillers names the built-in words of waiting in the order of their rotation.
var builtinFillers = []string{"one_moment", "let_me_see", "still_checking", "little_longer"}

// Limits of what can be configured.
const (
	maxFiller  = 3 * time.Second
	maxApology = 15 * time.Second
	maxSilence = 4 * time.Second // while the bot owes an answer
)

// soundsConfig replaces the built-in sounds for one locale.
type soundsConfig struct {
	Locale     string   `key:"locale"`
	Fillers    []string `key:"fillers"`
	Apology    string   `key:"apology"`
	StillThere string   `key:"still_there"`
	Goodbye    string   `key:"goodbye"`

	Words wordsConfig `key:"words"`
}

// builtinSounds returns every sound in the program by its name: the fillers, the
// apology, the reminder and the goodbye, each whole, as it is sent to a caller.
func builtinSounds() map[string][]byte {
	sounds := map[string][]byte{}
	for _, name := range append([]string{"apology", "still_there", "goodbye"}, builtinFillers...) {
		mulaw, err := soundFiles.ReadFile("sounds/" + name + ".ulaw")
		if err != nil {
			panic(fmt.Sprintf("built-in sound %s: %v", name, err)) // cannot happen in a program that was built
		}
		sounds[name] = mulaw
	}
	return sounds
}

// soundSet holds the sounds and the words of one locale.
type soundSet struct {
	locale string
	call.Sounds
	words call.Words
}

// loadSounds reads the configured sounds, the built-in ones behind them.
func loadSounds(configured []soundsConfig) ([]soundSet, error) {
	var sets []soundSet
	for i, c := range configured {
		set := soundSet{locale: c.Locale, words: call.Words(c.Words)}
		for j, path := range c.Fillers {
			filler, err := readSound(path, maxFiller)
			if err != nil {
				return nil, fmt.Errorf("sounds[%d].fillers[%d]: %w", i, j, err)
			}
			set.Fillers = append(set.Fillers, filler)
		}
		var err error
		if set.Apology, err = readSound(c.Apology, maxApology); err != nil {
			return nil, fmt.Errorf("sounds[%d].apology: %w", i, err)
		}
		if set.StillThere, err = readSound(c.StillThere, maxApology); err != nil {
			return nil, fmt.Errorf("sounds[%d].still_there: %w", i, err)
		}
		if set.Goodbye, err = readSound(c.Goodbye, maxApology); err != nil {
			return nil, fmt.Errorf("sounds[%d].goodbye: %w", i, err)
		}
		sets = append(sets, set)
	}
	builtin := builtinSounds()
	set := soundSet{locale: builtinLocale, words: builtinWords, Sounds: call.Sounds{Apology: builtin["apology"], StillThere: builtin["still_there"], Goodbye: builtin["goodbye"]}}
	for _, name := range builtinFillers {
		set.Fillers = append(set.Fillers, builtin[name])
	}
	return append(sets, set), nil
}

// readSound reads a WAV file, or a .ulaw file of bare 8 kHz mu-law, as telephone
// audio. Without a path there is no sound, and no error.
func readSound(path string, longest time.Duration) (mulaw []byte, err error) {
	if path == "" {
		return nil, nil
	}
	if strings.EqualFold(filepath.Ext(path), ".ulaw") {
		mulaw, err = os.ReadFile(path)
	} else {
		var clip audio.Clip
		clip, err = audio.ReadWAVFile(path)
		mulaw = clip.MuLaw()
	}
	length := time.Duration(len(mulaw)) * time.Second / audio.SampleRate
	switch {
	case err != nil:
		return nil, fmt.Errorf("read a sound: %w", err)
	case len(mulaw) == 0:
		return nil, fmt.Errorf("%s holds no sound", path)
	case length > longest:
		return nil, fmt.Errorf("%s lasts %v; this sound may last %v", path, length.Round(100*time.Millisecond), longest)
	}
	return mulaw, nil
}

// soundsFor picks what callers of a bot's locale hear, sound by sound: the locale's
// own, else its language's, else English, which is reported as foreign to others.
func soundsFor(locale string, sets []soundSet) (sounds call.Sounds, foreign bool) {
	language, _, _ := strings.Cut(locale, "_")
	nearest := slices.Clone(sets)
	slices.SortStableFunc(nearest, func(a, b soundSet) int {
		return distance(a.locale, locale, language) - distance(b.locale, locale, language)
	})
	for _, set := range nearest {
		taken := false
		if len(sounds.Fillers) == 0 && len(set.Fillers) > 0 {
			sounds.Fillers, taken = set.Fillers, true
		}
		if sounds.Apology == nil && set.Apology != nil {
			sounds.Apology, taken = set.Apology, true
		}
		if sounds.StillThere == nil && set.StillThere != nil {
			sounds.StillThere, taken = set.StillThere, true
		}
		if sounds.Goodbye == nil && set.Goodbye != nil {
			sounds.Goodbye, taken = set.Goodbye, true
		}
		foreign = foreign || taken && !strings.HasPrefix(set.locale, language+"_")
	}
	return sounds, foreign
}

// distance says how far the sounds of a locale are from those that are wanted.
func distance(of, wanted, language string) int {
	switch {
	case of == wanted:
		return 0
	case strings.HasPrefix(of, language+"_"):
		return 1
	case of == builtinLocale:
		return 2
	}
	return 3 // another foreign language: the built-in sounds leave nothing to be taken from it
}

// locateSounds makes the paths of the sounds, which are relative to the
// configuration file, relative to where the program runs.
func locateSounds(configured []soundsConfig, dir string) {
	locate := func(path *string) {
		if *path != "" && !filepath.IsAbs(*path) {
			*path = filepath.Join(dir, *path)
		}
	}
	for i := range configured {
		c := &configured[i]
		for j := range c.Fillers {
			locate(&c.Fillers[j])
		}
		locate(&c.Apology)
		locate(&c.StillThere)
		locate(&c.Goodbye)
	}
}

// checkSounds reports what is wrong with the list of sounds before a file is read.
func checkSounds(configured []soundsConfig) (faults []error) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	var locales []string
	for i, c := range configured {
		language, country, _ := strings.Cut(c.Locale, "_")
		switch {
		case c.Locale == "":
			fault("sounds[%d].locale: is missing", i)
		case language == "" || country == "":
			fault("sounds[%d].locale: %q is no locale; write de_DE", i, c.Locale)
		case slices.Contains(locales, c.Locale):
			fault("sounds[%d].locale: %q is there twice", i, c.Locale)
		}
		locales = append(locales, c.Locale)
		if slices.Contains(c.Fillers, "") {
			fault("sounds[%d].fillers: one of the names is empty", i)
		}
	}
	return faults
}
