package speech

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// dictionary returns the pronunciations of words: from the dictionary file of the
// model, whose format is that of the CMU dictionary
// (http://www.speech.cs.cmu.edu/cgi-bin/cmudict), else by flite's letter-to-sound
// rules. A dictionary cut to the words makes a decoder start in a sixth of the
// time and a quarter of the memory. The error names the words that nobody can
// pronounce, one in a line.
func dictionary(ctx context.Context, path string, words []string) ([]WordForm, error) {
	wanted := map[string]bool{} // true once it was found
	for _, word := range words {
		wanted[word] = false
	}
	forms, err := readDictionary(path, wanted)
	if err != nil {
		return nil, err
	}
	missing := slices.DeleteFunc(slices.Sorted(maps.Keys(wanted)), func(word string) bool { return wanted[word] })
	if len(missing) == 0 {
		return forms, nil
	}
	if _, err := exec.LookPath("flite"); err != nil {
		return nil, fmt.Errorf("pronounce %q, in no dictionary, without flite: %w", missing, err)
	}
	var unknown []error
	for _, word := range missing {
		phones, err := letterToSound(ctx, word)
		if err != nil {
			unknown = append(unknown, fmt.Errorf("pronounce %q: %w", word, err))
			continue
		}
		forms = append(forms, WordForm{word, phones})
	}
	return forms, errors.Join(unknown...)
}

// countWords counts the words in forms, each with all its pronunciations as one.
func countWords(forms []WordForm) int {
	words := map[string]bool{}
	for _, form := range forms {
		base, _, _ := strings.Cut(form.Word, "(")
		words[base] = true
	}
	return len(words)
}

// readDictionary returns the lines of the file whose words are wanted.
func readDictionary(path string, wanted map[string]bool) ([]WordForm, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the pronouncing dictionary: %w", err)
	}
	defer file.Close()
	var forms []WordForm
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		word, phones, _ := strings.Cut(lines.Text(), " ")
		base, _, _ := strings.Cut(word, "(")
		if _, ok := wanted[base]; ok {
			wanted[base] = true
			forms = append(forms, WordForm{word, strings.TrimSpace(phones)})
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read the pronouncing dictionary %s: %w", path, err)
	}
	return forms, nil
}

// maxSpelling bounds a word that flite is asked about.
const maxSpelling = 60

// letterToSound asks flite how a word is pronounced. Its phones are those of the
// model in small letters, but for the schwa and the pauses.
func letterToSound(ctx context.Context, word string) (string, error) {
	if len(word) > maxSpelling {
		return "", fmt.Errorf("word of %d letters", len(word))
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "flite", "-ps", "-t", word, "-o", "none").Output()
	if err != nil {
		return "", fmt.Errorf("it is in no dictionary, and flite: %w", err)
	}
	var sounds []string
	for sound := range strings.FieldsSeq(strings.ToUpper(string(out))) {
		switch {
		case sound == "PAU":
		case sound == "AX":
			sounds = append(sounds, "AH")
		case slices.Contains(phones, sound):
			sounds = append(sounds, sound)
		default:
			return "", fmt.Errorf("it is in no dictionary, and the model has no sound %s", sound)
		}
	}
	if len(sounds) == 0 {
		return "", errors.New("it is in no dictionary and has no sound")
	}
	return strings.Join(sounds, " "), nil
}
