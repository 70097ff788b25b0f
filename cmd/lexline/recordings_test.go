package main

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"lexline/internal/audio"
)

// stereo reads a recording as mu-law, side by side.
func stereo(t *testing.T, path string) (left, right []byte) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	wav, err := audio.NewWAVReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var pcm []int16
	for err == nil {
		pcm, err = wav.Next(pcm)
	}
	if !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	for i, code := range audio.EncodeMuLaw(nil, pcm) {
		if i%2 == 0 {
			left = append(left, code)
		} else {
			right = append(right, code)
		}
	}
	return left, right
}

// TestCallIsRecorded has a caller wait for the bot, and looks for what they heard
// meanwhile on the right of the recording.
func TestCallIsRecorded(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "calls")
	r := newRigWith(t, lateThenDown(t, new(atomic.Bool)), func(cfg *config) { cfg.Recording.Folder = folder })
	record := r.call(t.Context(), "wait\npress 1#\npause 4s\nhangup", "secret", nil)
	if !record.OK() {
		t.Errorf("the phone saw %s: %s", record.Reason, record.Text)
	}
	r.stop()
	if err := <-r.ended; err != nil {
		t.Errorf("run = %v", err)
	}
	r.ended = nil
	files, err := filepath.Glob(folder + "/*-" + record.Call + ".wav")
	if err != nil || len(files) != 1 {
		t.Fatalf("recordings %q of call %s, %v; want one", files, record.Call, err)
	}
	left, right := stereo(t, files[0])
	sound := audio.EncodeMuLaw(nil, audio.DecodeMuLaw(nil, builtinSounds()["one_moment"])) // mu-law has two zeros
	if at := bytes.Index(right, sound); at < 0 {
		t.Errorf("the words of waiting are not on the right, in %d bytes", len(right))
	} else if seconds := at / audio.SampleRate; seconds < 1 || seconds > 4 {
		t.Errorf("the words of waiting begin after %d s; want them 1.5 s after the key", seconds)
	}
	if bytes.Contains(left, sound) {
		t.Error("what the caller heard is on their own side")
	}
	if got := r.gateway.status().Recordings; got.Begun != 1 || got.Failed != 0 {
		t.Errorf("status: recordings = %+v; want one that did not fail", got)
	}
	if log := r.log.String(); !strings.Contains(log, `level=WARN msg="calls are recorded" folder=`+folder) {
		t.Errorf("log does not say that calls are recorded:\n%s", log)
	}
}

func TestNoFolderForRecordings(t *testing.T) {
	g := &gateway{log: slog.New(slog.DiscardHandler)}
	if err := g.openRecordings(); err != nil || g.kept != nil || g.calls.NewRecorder != nil {
		t.Errorf("without a folder configured: %v, recorded %t; want neither", err, g.calls.NewRecorder != nil)
	}
	g.closeRecordings()
	g.cfg.Recording.Folder = filepath.Join(t.TempDir(), "file", "below")
	if err := os.WriteFile(filepath.Dir(g.cfg.Recording.Folder), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := g.openRecordings(); err == nil || !strings.Contains(err.Error(), "recording.folder: make the folder for recordings") {
		t.Errorf("a folder that cannot be made: %v; want the key and why", err)
	}
}
