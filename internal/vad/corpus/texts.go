package corpus

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
)

// textsFile is what talkers say: a language, a tab and one utterance a line.
// Lines that begin with # are comments.
//
//go:embed texts.txt
var textsFile string

// developmentShare is the part of the texts of a language of both splits that
// only development has: one in so many.
const developmentShare = 4

// texts returns what t says: texts of its language in an order of its own.
func texts(t Talker, all map[string][]string) []string {
	var mine []string
	for i, text := range all[t.Language] {
		inDevelopment := i%developmentShare == developmentShare-1
		if !isShared(t.Language) || inDevelopment == (t.Split == Development) {
			mine = append(mine, text)
		}
	}
	roll(0, "texts of "+t.Name).Shuffle(len(mine), func(i, j int) { mine[i], mine[j] = mine[j], mine[i] })
	return mine[:min(len(mine), t.Clips)]
}

// isShared reports whether both splits have talkers of language.
func isShared(language string) bool {
	return language == "en" || language == "es" || language == "fr"
}

// readTexts reads a file of texts into a list for each language.
func readTexts(file string) (map[string][]string, error) {
	all := make(map[string][]string)
	n := 0
	for line := range strings.Lines(file) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		language, text, ok := strings.Cut(line, "\t")
		if !ok || len(language) != 2 || text == "" {
			return nil, fmt.Errorf("texts: line %d: %q is not a language, a tab and a text", n, line)
		}
		if slices.Contains(all[language], text) {
			return nil, fmt.Errorf("texts: line %d: %q is there twice", n, text)
		}
		all[language] = append(all[language], text)
	}
	return all, nil
}
