package drill

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"hash/fnv"
	"os"
	"path/filepath"
	"testing"

	"lexline/internal/audio"
)

// speak is a voice that says every text differently, with silence around it.
func speak(_ context.Context, voice, text string) (audio.Clip, error) {
	hash := fnv.New64a()
	hash.Write([]byte(voice + text))
	mulaw := join(quiet(10), noise(hash.Sum64(), 20), quiet(10))
	return audio.Clip{Rate: audio.SampleRate, Samples: audio.DecodeMuLaw(nil, mulaw)}, nil
}

func TestRecord(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "clips")
	script, err := record(t.Context(), dir, speak)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	var list scriptFile
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	sounds := map[string][]byte{}
	for _, c := range list.Clips {
		clip, err := audio.ReadWAVFile(filepath.Join(dir, c.File))
		if err != nil {
			t.Fatal(err)
		}
		sounds[c.ID] = clip.MuLaw()
		original, _ := speak(t.Context(), c.ID[:3], c.Words)
		if !bytes.Equal(sounds[c.ID], trim(original.MuLaw())) || len(sounds[c.ID]) != 20*audio.FrameSamples {
			t.Errorf("the recording %s has %d bytes of mu-law; want the voice's own 20 frames, without the silence around them", c.ID, len(sounds[c.ID]))
		}
	}
	if len(list.Clips) != len(repertoire()) {
		t.Errorf("%d recordings are listed; want %d", len(list.Clips), len(repertoire()))
	}
	if _, err := audio.NewFinder(sounds); err != nil {
		t.Errorf("the recordings cannot be told apart: %v", err)
	}
	dumb := func(context.Context, string, string) (audio.Clip, error) { return audio.Clip{}, errors.New("no voice") }
	if _, err := record(t.Context(), dir, dumb); err != nil {
		t.Errorf("recordings that are there were made again: %v", err)
	}
	if _, err := record(t.Context(), filepath.Join(dir, "new"), dumb); err == nil {
		t.Error("without a voice there is no error")
	}
}

func TestTrim(t *testing.T) {
	tests := []struct {
		name        string
		given, want []byte
	}{
		{"silence around", join(quiet(3), answer, quiet(2)), answer},
		{"silence inside", join(answer, quiet(9), other), join(answer, quiet(9), other)},
		{"nothing but speech", answer, answer},
		{"nothing", nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := trim(tt.given); !bytes.Equal(got, tt.want) {
				t.Errorf("%d bytes are left of %d; want %d", len(got), len(tt.given), len(tt.want))
			}
		})
	}
}
