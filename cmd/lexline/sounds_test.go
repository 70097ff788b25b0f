package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lexline/internal/audio"
	"lexline/internal/call"
)

func soundLength(mulaw []byte) time.Duration {
	return time.Duration(len(mulaw)) * time.Second / audio.SampleRate
}

func TestBuiltinSoundsAreSpeechOfTheRightLength(t *testing.T) {
	tests := map[string]struct{ shortest, longest time.Duration }{
		"one_moment":     {500 * time.Millisecond, 1200 * time.Millisecond}, // the first of a wait
		"let_me_see":     {500 * time.Millisecond, 1200 * time.Millisecond},
		"still_checking": {1200 * time.Millisecond, 2 * time.Second},
		"little_longer":  {1200 * time.Millisecond, 2 * time.Second},
		"apology":        {time.Second, 5 * time.Second},
		"still_there":    {500 * time.Millisecond, 2 * time.Second},
		"goodbye":        {time.Second, 6 * time.Second},
	}
	sounds := builtinSounds()
	if len(sounds) != len(tests) {
		t.Errorf("%d built-in sounds; want %d", len(sounds), len(tests))
	}
	for name, mulaw := range sounds {
		want, ok := tests[name]
		if got := soundLength(mulaw); !ok || got < want.shortest || got > want.longest {
			t.Errorf("%s lasts %v; want %v to %v", name, got, want.shortest, want.longest)
		}
		if level := audio.LevelMuLaw(mulaw); level < -30 || level > -10 {
			t.Errorf("%s has a level of %.0f dBov; want that of speech", name, level)
		}
		if lead := audio.LevelMuLaw(mulaw[:800]); lead < -50 {
			t.Errorf("%s begins with 100 ms of %.0f dBov; want words at once", name, lead)
		}
		for other, its := range sounds {
			if other != name && bytes.Contains(mulaw, its) {
				t.Errorf("%s contains %s; want sounds that can be told apart", name, other)
			}
		}
	}
}

// writeSound writes a tone of that length as a file of the kind its name says.
func writeSound(t *testing.T, path string, d time.Duration) {
	t.Helper()
	pcm := audio.Tone(audio.SampleRate, d, 0.3, 440)
	content := audio.EncodeMuLaw(nil, pcm)
	if strings.HasSuffix(path, ".wav") {
		var wav bytes.Buffer
		if err := audio.WriteWAV(&wav, audio.SampleRate, pcm); err != nil {
			t.Fatal(err)
		}
		content = wav.Bytes()
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestSoundsAreReadFromBesideTheConfiguration(t *testing.T) {
	dir := t.TempDir()
	writeSound(t, filepath.Join(dir, "moment.wav"), time.Second)
	writeSound(t, filepath.Join(dir, "geduld.ulaw"), 2*time.Second)
	writeSound(t, filepath.Join(dir, "tschuess.wav"), 10*time.Second)
	config := goodConfig + "sounds: [{locale: de_DE, fillers: [moment.wav, geduld.ulaw], goodbye: tschuess.wav}]"
	path := filepath.Join(dir, "lexline.yml")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := loadConfig(path, func(string) string { return "" }, false)
	if err != nil {
		t.Fatal(err)
	}
	sets, err := loadSounds(cfg.Sounds)
	if err != nil {
		t.Fatal(err)
	}
	sounds, foreign := soundsFor("de_DE", sets)
	if !foreign {
		t.Error("the missing apology was filled in with English, and that is not said")
	}
	if len(sounds.Fillers) != 2 || soundLength(sounds.Fillers[0]) != time.Second || soundLength(sounds.Fillers[1]) != 2*time.Second {
		t.Errorf("%d fillers; want the two of 1 s and 2 s", len(sounds.Fillers))
	}
	if soundLength(sounds.Goodbye) != 10*time.Second || !bytes.Equal(sounds.Apology, builtinSounds()["apology"]) {
		t.Error("want the goodbye of the file and the built-in apology")
	}
}

func TestLocaleFindsItsSounds(t *testing.T) {
	own := func(locale string, tag byte) soundSet {
		return soundSet{locale: locale, Sounds: call.Sounds{Fillers: [][]byte{{tag}}, Apology: []byte{tag}, StillThere: []byte{tag}, Goodbye: []byte{tag}}}
	}
	builtin, err := loadSounds(nil)
	if err != nil {
		t.Fatal(err)
	}
	english := builtin[0]
	english.Fillers, english.Apology, english.StillThere, english.Goodbye = [][]byte{{'e'}}, []byte{'e'}, []byte{'e'}, []byte{'e'}
	partial := soundSet{locale: "de_DE", Sounds: call.Sounds{Apology: []byte{'p'}}}
	tests := []struct {
		name    string
		locale  string
		sets    []soundSet
		want    string // tags of filler, apology, reminder and goodbye
		foreign bool
	}{
		{"built in", "en_US", nil, "eeee", false},
		{"another English", "en_GB", nil, "eeee", false},
		{"replaced", "en_US", []soundSet{own("en_US", 'o')}, "oooo", false},
		{"English of its own", "en_GB", []soundSet{own("en_GB", 'o')}, "oooo", false},
		{"nothing of its own", "de_DE", nil, "eeee", true},
		{"its own", "de_DE", []soundSet{own("fr_FR", 'f'), own("de_DE", 'd')}, "dddd", false},
		{"its language's", "de_AT", []soundSet{own("fr_FR", 'f'), own("de_DE", 'd')}, "dddd", false},
		{"another language's only", "de_AT", []soundSet{own("fr_FR", 'f')}, "eeee", true},
		{"partly its own", "de_DE", []soundSet{partial}, "epee", true},
		{"the rest of its language's", "de_DE", []soundSet{own("de_AT", 'a'), partial}, "apaa", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, foreign := soundsFor(test.locale, append(test.sets, english))
			if tags := string(got.Fillers[0]) + string(got.Apology) + string(got.StillThere) + string(got.Goodbye); tags != test.want || foreign != test.foreign {
				t.Errorf("sounds for %s = %s, foreign %t; want %s, %t", test.locale, tags, foreign, test.want, test.foreign)
			}
		})
	}
}

func TestBadSounds(t *testing.T) {
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	writeSound(t, file("long.wav"), 4*time.Second)
	writeSound(t, file("endless.ulaw"), 16*time.Second)
	for name, content := range map[string]string{"empty.ulaw": "", "song.wav": "not a WAV file"} {
		if err := os.WriteFile(file(name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name   string
		sounds soundsConfig
		want   []string
	}{
		{"no file", soundsConfig{Fillers: []string{file("none.wav")}}, []string{"sounds[0].fillers[0]: ", "none.wav"}},
		{"no file of mu-law", soundsConfig{Apology: file("none.ulaw")}, []string{"sounds[0].apology: ", "none.ulaw"}},
		{"no WAV", soundsConfig{Goodbye: file("song.wav")}, []string{"sounds[0].goodbye: ", "song.wav"}},
		{"nothing in it", soundsConfig{Goodbye: file("empty.ulaw")}, []string{"sounds[0].goodbye: ", "empty.ulaw holds no sound"}},
		{"filler too long", soundsConfig{Fillers: []string{file("long.wav")}}, []string{"sounds[0].fillers[0]: ", "long.wav lasts 4s; this sound may last 3s"}},
		{"apology too long", soundsConfig{Apology: file("endless.ulaw")}, []string{"sounds[0].apology: ", "may last 15s"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := loadSounds([]soundsConfig{test.sounds})
			for _, want := range test.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("loadSounds = %v; want an error with %q", err, want)
				}
			}
		})
	}
}
