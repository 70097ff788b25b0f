package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"lexline/internal/vad/score"
)

// set says which files were heard.
type set struct {
	Seed   uint64  `json:"seed"`
	Files  int     `json:"files"`
	Hours  float64 `json:"hours"`
	Voices string  `json:"voices"` // digest of everything that the talkers say
}

func newSet(seed uint64, voices string, column score.Column) set {
	s := set{Seed: seed, Files: len(column.Results), Voices: voices}
	for _, r := range column.Results {
		s.Hours += float64(len(r.Labels)) / (50 * 3600)
	}
	return s
}

// String is the set in one line.
func (s set) String() string {
	return fmt.Sprintf("development set: %d files, %.2f h, seed %d, voices %.12s", s.Files, s.Hours, s.Seed, s.Voices)
}

// scores is what a score card says of the development set.
type scores struct {
	Set     set                `json:"set"`
	Figures map[string]float64 `json:"figures"` // by the names of quantities
}

// newScores takes the first column of a report.
func newScores(s set, report score.Report) scores {
	figures := make(map[string]float64)
	for _, line := range report.Lines {
		if value := line.Values[0]; value != nil {
			figures[line.Name] = *value
		}
	}
	return scores{s, figures}
}

// fillCard writes scores into a score card, where "scores" is a key of its one
// object. Everything else in the file stays, in its order.
func fillCard(name string, s scores) error {
	old, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("score card: %w", err)
	}
	filled, err := replaceScores(old, s)
	if err != nil {
		return fmt.Errorf("score card %s: %w", name, err)
	}
	if err := os.WriteFile(name, filled, 0o644); err != nil {
		return fmt.Errorf("score card: %w", err)
	}
	return nil
}

func replaceScores(card []byte, s scores) ([]byte, error) {
	var whole map[string]json.RawMessage
	if err := json.Unmarshal(card, &whole); err != nil {
		return nil, err
	}
	if whole["scores"] == nil {
		return nil, errors.New(`it has no key "scores"`)
	}
	decoder := json.NewDecoder(bytes.NewReader(card))
	if _, err := decoder.Token(); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	for separator := "{"; decoder.More(); separator = "," {
		key, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, err
		}
		if key == "scores" {
			if value, err = json.Marshal(s); err != nil {
				return nil, err
			}
		}
		fmt.Fprintf(&out, "%s%q:%s", separator, key, value)
	}
	out.WriteByte('}')
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, out.Bytes(), "", "  "); err != nil {
		return nil, err
	}
	return append(pretty.Bytes(), '\n'), nil
}
