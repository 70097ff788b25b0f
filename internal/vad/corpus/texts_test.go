package corpus

import (
	"slices"
	"strings"
	"testing"
)

func TestTexts(t *testing.T) {
	all, err := readTexts(textsFile)
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]map[Split]bool{} // texts of the languages of both splits
	for _, talker := range Talkers() {
		if talker.Human {
			continue
		}
		mine := texts(talker, all)
		if len(mine) < 10 || len(mine) > talker.Clips {
			t.Errorf("%s says %d texts, want 10 to %d", talker.Name, len(mine), talker.Clips)
		}
		if !slices.Equal(mine, texts(talker, all)) {
			t.Errorf("%s says something else each time", talker.Name)
		}
		for _, text := range mine {
			if said[text] == nil {
				said[text] = map[Split]bool{}
			}
			said[text][talker.Split] = true
		}
	}
	for text, splits := range said {
		// "No." is a word of several languages.
		if len(splits) > 1 && !slices.Contains([]string{"No.", "Sí."}, text) {
			t.Errorf("%q is said in training and in development", text)
		}
	}
}

func TestReadTexts(t *testing.T) {
	got, err := readTexts("# said\n\nen\tYes.\nes\tSí.\nen\tNo, \"never\".\n")
	if err != nil || !slices.Equal(got["en"], []string{"Yes.", `No, "never".`}) || !slices.Equal(got["es"], []string{"Sí."}) {
		t.Errorf("texts are %q, %v", got, err)
	}
	for _, bad := range []string{"en\tYes.\nno tab\n", "en\tYes.\nenglish\tYes.\n", "en\tYes.\nen\t \n", "en\tYes.\nen\tYes.\n"} {
		if _, err := readTexts(bad); err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("texts %q: error %v, want one of line 2", bad, err)
		}
	}
}

func FuzzReadTexts(f *testing.F) {
	f.Add("en\tYes.\n# no\nes\tNo.\n")
	f.Add("\t\n")
	f.Fuzz(func(t *testing.T, file string) {
		all, err := readTexts(file)
		if err != nil {
			return
		}
		for language, texts := range all {
			if len(language) != 2 || slices.Contains(texts, "") {
				t.Errorf("%q was read as %q in %q", file, texts, language)
			}
		}
	})
}
