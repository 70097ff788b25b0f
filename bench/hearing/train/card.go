package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"lexline/internal/vad"
)

const (
	weightsFile = "weights.bin"
	cardFile    = "weights.json"
	cardVersion = 1
	firstFiles  = 6 // whose digest can be checked in seconds
)

// card is the score card beside the weights: where they are from, and how good
// they are.
type card struct {
	Version int    `json:"version"` // of this format
	Date    string `json:"date"`
	Recipe  recipe `json:"recipe"`

	Network struct {
		Features int `json:"features"`
		Dense    int `json:"dense"`
		Hidden   int `json:"hidden"`
		Weights  int `json:"weights"`
	} `json:"network"`
	Files  int     `json:"files"`
	Frames int     `json:"frames"`
	Loss   float64 `json:"loss"` // of the last epoch, before the averaging of weights

	Digests digests `json:"digests"`
	// Scores are those of the development set; whoever measures them fills them in.
	Scores json.RawMessage `json:"scores"`
}

// digests are SHA-256 in hexadecimal.
type digests struct {
	Weights  string `json:"weights"`   // of the file
	Voices   string `json:"voices"`    // of everything that the talkers say
	Corpus   string `json:"corpus"`    // of all files trained on
	First    string `json:"first"`     // of the first six of them
	FrontEnd string `json:"front_end"` // of the features of made up audio
	Slice    string `json:"slice"`     // of a network trained on made up audio
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// newCard describes a network; its scores are null.
func newCard(r recipe, date string, n *vad.Network, loss float64, h heard, voices string) card {
	c := card{Version: cardVersion, Date: date, Recipe: r, Files: len(h.Digests), Frames: h.frames(), Loss: loss}
	c.Network.Features, c.Network.Dense, c.Network.Hidden = n.Inputs, n.Dense, n.Hidden
	for _, weights := range n.Tensors() {
		c.Network.Weights += len(weights)
	}
	c.Digests = digests{
		Weights: digest(n.Append(nil)), Voices: voices,
		Corpus: h.digest(len(h.Digests)), First: h.digest(firstFiles),
		FrontEnd: frontEndDigest(),
	}
	return c
}

func readCard(folder string) (card, error) {
	name := filepath.Join(folder, cardFile)
	data, err := os.ReadFile(name)
	if err != nil {
		return card{}, fmt.Errorf("score card: %w", err)
	}
	var c card
	keys := json.NewDecoder(bytes.NewReader(data))
	keys.DisallowUnknownFields() // a setting of another name would silently be zero
	if err := keys.Decode(&c); err != nil {
		return card{}, fmt.Errorf("score card %s: %w", name, err)
	}
	if c.Version != cardVersion {
		return card{}, fmt.Errorf("score card %s: version %d; want %d", name, c.Version, cardVersion)
	}
	return c, nil
}

// write puts weights and card into a folder, each of them whole or not at all.
func (c card) write(folder string, n *vad.Network) error {
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return fmt.Errorf("score card: %w", err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("weights: %w", err)
	}
	weights, card := filepath.Join(folder, weightsFile), filepath.Join(folder, cardFile)
	if err := writeWhole(weights, n.Append(nil)); err != nil {
		return fmt.Errorf("weights: %w", err)
	}
	if err := writeWhole(card, append(text, '\n')); err != nil {
		return fmt.Errorf("score card: %w", err)
	}
	return nil
}

// writeWhole replaces a file only once the new one is whole.
func writeWhole(name string, data []byte) error {
	part := name + ".part"
	defer os.Remove(part)
	if err := os.WriteFile(part, data, 0o644); err != nil {
		return err
	}
	return os.Rename(part, name)
}
