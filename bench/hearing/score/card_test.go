package main

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lexline/internal/vad/corpus"
)

func TestCardIsFilled(t *testing.T) {
	name := filepath.Join(t.TempDir(), "weights.json")
	if err := os.WriteFile(name, []byte(`{"version": 1, "recipe": {"hours": 20}, "scores": null, "after": [1, 2]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	o := parsed(t, "-detector", "amplitude", "-card", name, "-seed", "3")
	files := []file{tone("a", corpus.Clean), tone("b", corpus.Clean)}
	for range 2 { // filling it again changes nothing more
		if err := compare(t.Context(), o, opened(t, o), files, "abc", io.Discard, io.Discard); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Version int
		Recipe  struct{ Hours int }
		Scores  scores
		After   []int
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatalf("%v in:\n%s", err, text)
	}
	want := set{Seed: 3, Files: 2, Hours: 12. / 3600, Voices: "abc"}
	if got.Scores.Set != want || got.Scores.Figures["F1 clean"] != 1 || got.Scores.Figures["onset p50"] != 180 {
		t.Errorf("scores %+v; want those of %v, an F1 of 1 and 180 ms", got.Scores, want)
	}
	if _, ok := got.Scores.Figures["F1 babble"]; ok || got.Version != 1 || got.Recipe.Hours != 20 || len(got.After) != 2 {
		t.Errorf("card %+v; want the rest of it as it was, and no figure for babble", got)
	}
	order := strings.Index(string(text), `"recipe"`) < strings.Index(string(text), `"scores"`) && strings.Index(string(text), `"scores"`) < strings.Index(string(text), `"after"`)
	if !order || !strings.HasPrefix(string(text), "{\n  \"version\": 1,\n") || !strings.HasSuffix(string(text), "}\n") {
		t.Errorf("card:\n%s\nwant its keys in their order, indented", text)
	}
}

func TestWhatIsNoCard(t *testing.T) {
	for text, want := range map[string]string{
		``:                    "end of JSON input",
		`[]`:                  "cannot unmarshal array",
		`null`:                `no key "scores"`,
		`{"version": 1}`:      `no key "scores"`,
		`{"scores": null`:     "end of JSON input",
		`{"scores": {]}`:      "invalid character",
		`{"a": 1 "scores":1}`: "invalid character",
	} {
		if got, err := replaceScores([]byte(text), scores{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("replaceScores(%s) = %s, error %v; want %q", text, got, err, want)
		}
	}
}
