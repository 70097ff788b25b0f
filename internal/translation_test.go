package internal

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
)

// translations are the documents that exist in Chinese, by the page they are of.
var translations = map[string]string{
	"README.md":       "README.zh-CN.md",
	"docs/1-start.md": "docs/1-start.zh-CN.md",
}

// headingLevel finds the marks of a heading, and of a row of a table.
var headingLevel = regexp.MustCompile(`(?m)^(#+) |^(\|) `)

// skeleton is what a translation has in common with its page: headings by their level
// and rows of tables, blocks of code, and where links lead.
func skeleton(content, translation string) (shape []string) {
	for _, block := range fence.FindAllStringSubmatch(content, -1) {
		shape = append(shape, block[1])
	}
	prose := fence.ReplaceAllString(content, "")
	for _, mark := range headingLevel.FindAllStringSubmatch(prose, -1) {
		shape = append(shape, mark[1]+mark[2])
	}
	for _, found := range link.FindAllStringSubmatch(prose, -1) {
		// A page and its translation link to each other, and a translation to others.
		if to := strings.Replace(found[1], ".zh-CN.md", ".md", 1); !strings.HasSuffix(translation, "/"+to) && translation != to {
			shape = append(shape, "link to "+to)
		}
	}
	return shape
}

// TestTranslationsFollow asks that a page and its translation have the same commands,
// parts and links: whoever changes one is told of the other.
func TestTranslationsFollow(t *testing.T) {
	files := textFiles(t)
	for page, translation := range translations {
		if files[page] == "" || files[translation] == "" {
			t.Errorf("%s or %s is not there", page, translation)
			continue
		}
		here, there := skeleton(files[page], page), skeleton(files[translation], page)
		for i := range max(len(here), len(there)) {
			if i >= len(here) || i >= len(there) || here[i] != there[i] {
				t.Errorf("%s is no translation of %s: from here on they differ:\n%q\n%q", translation, page, here[min(i, len(here)):], there[min(i, len(there)):])
				break
			}
		}
		if han := strings.Count(strings.Map(func(r rune) rune {
			if unicode.Is(unicode.Han, r) {
				return 'x'
			}
			return -1
		}, files[translation]), "x"); han < 500 {
			t.Errorf("%s has %d Chinese characters; want a translation", translation, han)
		}
	}
}
