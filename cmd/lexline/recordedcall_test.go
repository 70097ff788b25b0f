package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"lexline/internal/audio"
	"lexline/internal/call"
)

// heardAgain is what `lexline hear --json` says of one recording.
func heardAgain(t *testing.T, path string) fileJSON {
	t.Helper()
	var stdout, stderr bytes.Buffer
	env := &environment{stdout: &stdout, stderr: &stderr, getenv: func(string) string { return "" }}
	if code := run(t.Context(), env, []string{"hear", "--json", path}); code != 0 {
		t.Fatalf("hear: exit code %d: %s", code, stderr.String())
	}
	var document struct{ Files []fileJSON }
	if err := json.Unmarshal(stdout.Bytes(), &document); err != nil || len(document.Files) != 1 {
		t.Fatalf("hear: %d files, %v; want one:\n%s", len(document.Files), err, stdout.String())
	}
	return document.Files[0]
}

// TestRecordedCallIsHeardAgain has a caller talk to a bot that understands keys only, and
// hears the recording of that call: the caller's words are on the left, the apology on
// the right, and the turn lies where the words do.
func TestRecordedCallIsHeardAgain(t *testing.T) {
	folder := t.TempDir()
	words := audio.EncodeMuLaw(nil, channelOf("still_checking"))
	caller := filepath.Join(folder, "caller.wav")
	var file bytes.Buffer
	if err := audio.WriteWAV(&file, audio.SampleRate, audio.DecodeMuLaw(nil, words)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(caller, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	r := newRigWith(t, func(lex string) string { return lex }, func(cfg *config) { cfg.Recording.Folder = folder })
	record := r.call(t.Context(), "wait\npause 1s\nplay "+caller+"\nwait\nhangup", "secret", nil)
	if !record.OK() {
		t.Errorf("the phone saw %s: %s", record.Reason, record.Text)
	}
	r.stop()
	if err := <-r.ended; err != nil {
		t.Errorf("run = %v", err)
	}
	r.ended = nil
	files, err := filepath.Glob(filepath.Join(folder, "*Z-"+record.Call+".wav"))
	if err != nil || len(files) != 1 {
		t.Fatalf("recordings %q of call %s, %v; want one", files, record.Call, err)
	}

	left, right := stereo(t, files[0])
	said := orderedFrames(t, "the caller's words", left, words)
	played := orderedFrames(t, "the apology", right, builtinSounds()["apology"])
	if played < said {
		t.Errorf("the apology ends at byte %d, and the words at %d; want it behind them", played, said)
	}
	heard := heardAgain(t, files[0])
	if !heard.Bot || heard.MissingMS != 0 || heard.LengthMS != int64(len(left)*1000/audio.SampleRate) {
		t.Errorf("heard %d ms, %d missing, bot %t; want all %d bytes of both sides", heard.LengthMS, heard.MissingMS, heard.Bot, len(left))
	}
	if len(heard.Turns) != 1 || heard.Turns[0].BargeIn {
		t.Fatalf("heard the turns %+v; want one, and no barge-in", heard.Turns)
	}
	end := int64(said * 1000 / audio.SampleRate)
	if last := heard.Turns[0].LastMS; last < end-300 || last > end+100 {
		t.Errorf("the turn's last word ends at %d ms, the caller's words on the left at %d; want them together", last, end)
	}
}

// orderedFrames returns where on a side of a call the last frame of a sound ends. All of
// them must be there in order; on a busy machine there may be holes between them.
func orderedFrames(t *testing.T, what string, side, sound []byte) (end int) {
	t.Helper()
	// Mu-law has two zeros, and a recording that was decoded knows one.
	sound = audio.EncodeMuLaw(nil, audio.DecodeMuLaw(nil, sound))
	end, frames := findFrames(side, sound)
	if whole := len(sound) / call.FrameBytes; frames < whole {
		t.Errorf("%d of %d frames of %s are there in order, in %d bytes", frames, whole, what, len(side))
	}
	return end
}
