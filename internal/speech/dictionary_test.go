package speech

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// dictionaryFile writes a dictionary as the CMU's is written.
func dictionaryFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "cmudict-en-us.dict")
	content := strings.Join([]string{
		"a AH", "a(2) EY", "aa EY EY",
		"o'clock AH K L AA K",
		"tulip T UW L AH P", "tulips T UW L AH P S", "tulips(2) T Y UW L AH P S", "tulips(3) T UW L IH P S",
	}, "\n")
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDictionaryIsCutToTheWords(t *testing.T) {
	tests := []struct {
		name  string
		words []string
		want  []WordForm
		count int
	}{
		{"no words", nil, nil, 0},
		{"all pronunciations", []string{"tulips"}, []WordForm{{"tulips", "T UW L AH P S"}, {"tulips(2)", "T Y UW L AH P S"}, {"tulips(3)", "T UW L IH P S"}}, 1},
		{"only whole words", []string{"a", "tulip"}, []WordForm{{"a", "AH"}, {"a(2)", "EY"}, {"tulip", "T UW L AH P"}}, 2},
		{"an apostrophe", []string{"o'clock"}, []WordForm{{"o'clock", "AH K L AA K"}}, 1},
		{"a word twice", []string{"aa", "aa"}, []WordForm{{"aa", "EY EY"}}, 1},
	}
	path := dictionaryFile(t)
	t.Setenv("PATH", t.TempDir()) // there is nothing to ask flite
	for _, test := range tests {
		got, err := dictionary(t.Context(), path, test.words)
		if err != nil {
			t.Errorf("%s: dictionary of %q = %v", test.name, test.words, err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: dictionary of %q (-want +got):\n%s", test.name, test.words, diff)
		}
		if count := countWords(got); count != test.count {
			t.Errorf("%s: %d words counted; want %d", test.name, count, test.count)
		}
	}
	_, err := dictionary(t.Context(), path, []string{"zither", "a", "lexline"})
	if want := `pronounce ["lexline" "zither"], in no dictionary, without flite`; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("dictionary without flite = %v; want %q", err, want)
	}
}

// TestUnknownWordsAreSpelledOut has flite pronounce what the dictionary does not have.
func TestUnknownWordsAreSpelledOut(t *testing.T) {
	needs(t, "flite")
	path := dictionaryFile(t)
	got, err := dictionary(t.Context(), path, []string{"zither", "a", "-o"})
	want := []WordForm{{"a", "AH"}, {"a(2)", "EY"}, {"-o", "OW"}, {"zither", "Z IH DH ER"}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("dictionary, %v (-want +got):\n%s", err, diff)
	}
	long := strings.Repeat("la", 50)
	_, err = dictionary(t.Context(), path, []string{"zither", "§", "", long, "a"})
	if err == nil {
		t.Fatal("words without a sound = no error")
	}
	for _, word := range []string{`pronounce "§": it is in no dictionary and has no sound`, `pronounce "": `, `pronounce "` + long + `": word of 100 letters`} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("error %q; want %q in it", err, word)
		}
	}
	if strings.Contains(err.Error(), "zither") || strings.Contains(err.Error(), `"a"`) {
		t.Errorf("error %q names words that have a sound", err)
	}
}

// TestLetterToSoundFaults puts programs in flite's place.
func TestLetterToSoundFaults(t *testing.T) {
	tests := []struct{ name, program, want string }{
		{"fails", "exit 3", "flite: exit status 3"},
		{"foreign sounds", "echo pau x pau", "no sound X"},
	}
	for _, test := range tests {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "flite"), []byte("#!/bin/sh\n"+test.program+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		t.Setenv("PATH", dir)
		if sounds, err := letterToSound(t.Context(), "zither"); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: letterToSound = %q, %v; want %q", test.name, sounds, err, test.want)
		}
	}
}
