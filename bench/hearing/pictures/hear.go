package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
)

// document is what `lexline hear --json` prints, as far as it counts here.
type document struct {
	Files []struct {
		Turns    []turn     `json:"turns"`
		TurnsSet []turn     `json:"turns_set"`
		Tones    []struct{} `json:"tones"`
	} `json:"files"`
}

type turn struct {
	BargeIn bool `json:"barge_in"`
}

// hear has lexline hear a recording and draw it.
func hear(ctx context.Context, lexline, call, picture, set string) (heard, error) {
	args := []string{"hear", "--json", "--plot", picture}
	if set != "" {
		args = append(args, "--set", set)
	}
	out, err := exec.CommandContext(ctx, lexline, append(args, call)...).Output()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		return heard{}, fmt.Errorf("%s hear: %w: %s", lexline, err, strings.TrimSpace(string(exit.Stderr)))
	case err != nil:
		return heard{}, fmt.Errorf("hear: %w", err)
	}
	return read(out)
}

// read counts what a document tells of one recording.
func read(text []byte) (heard, error) {
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		return heard{}, fmt.Errorf("what lexline hear printed: %w", err)
	}
	if len(d.Files) != 1 {
		return heard{}, fmt.Errorf("lexline hear printed %d recordings; want 1", len(d.Files))
	}
	file := d.Files[0]
	h := heard{turns: len(file.Turns), tones: len(file.Tones), turnsSet: len(file.TurnsSet)}
	for _, t := range file.Turns {
		if t.BargeIn {
			h.bargeIns++
		}
	}
	return h, nil
}
