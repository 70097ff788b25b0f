//go:build ignore

// Command generate makes the sounds that are part of the program, with flite:
//
//	go run cmd/lexline/sounds/generate.go
//
// Each file NAME.ulaw beside it is 8 kHz mu-law without a header. The silence that
// flite puts around its words is taken off: what fills a silence should not add to it.
package main

import (
	"bytes"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"

	"lexline/internal/audio"
)

const voice = "slt"

var sounds = map[string]string{
	// The first words of a wait take no longer than 1.2 s, so that the answer is not held up.
	"one_moment": "One moment please.",
	"let_me_see": "Let me see.",
	// Those of a longer wait say so.
	"still_checking": "Still checking, just a second.",
	"little_longer":  "It takes a little longer.",
	// The bot's last question follows this one, if it has asked any.
	"apology": "I am sorry, that did not work. Could you say that again?",
	// And this one, when the caller has said nothing.
	"still_there": "Are you still there?",
	"goodbye":     "I am sorry, I cannot go on with this call. Please call again later. Goodbye.",
}

func main() {
	for name, text := range sounds {
		if err := generate(name, text); err != nil {
			log.Fatal(err)
		}
	}
}

func generate(name, text string) error {
	wav, err := exec.Command("flite", "-voice", voice, "-t", text, "-o", "/dev/stdout").Output()
	if err != nil {
		return fmt.Errorf("speak %q: %w", text, err)
	}
	clip, err := audio.ReadWAV(bytes.NewReader(wav))
	if err != nil {
		return fmt.Errorf("read flite's voice: %w", err)
	}
	clip = clip.At(audio.SampleRate) // much of an s is beyond what a telephone carries
	clip.Samples = trim(clip.Samples, clip.Rate/50)
	path := filepath.Join("cmd", "lexline", "sounds", name+".ulaw")
	return os.WriteFile(path, clip.MuLaw(), 0o644)
}

// trim takes the silence off both ends of pcm but for a margin of so many samples.
func trim(pcm []int16, margin int) []int16 {
	const quiet = 150 // of 32768: below it there is only flite's own noise
	loud := func(i int) bool { return pcm[i] > quiet || pcm[i] < -quiet }
	first, last := 0, len(pcm)-1
	for first < last && !loud(first) {
		first++
	}
	for last > first && !loud(last) {
		last--
	}
	return pcm[max(0, first-margin):min(len(pcm), last+margin)]
}
