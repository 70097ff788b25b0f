//go:build ignore

// Command generate makes the sounds that are part of the program, with flite:
//
//	go run cmd/lexline/sounds/generate.go
//
// Each file NAME.ulaw beside it is 8 kHz mu-law without a header.
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
	"apology": "I am sorry, I could not do that. Please say it again.",
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
	path := filepath.Join("cmd", "lexline", "sounds", name+".ulaw")
	return os.WriteFile(path, clip.MuLaw(), 0o644)
}
