package lexlocal

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"lexline/internal/audio"
)

// clipOf is half a second of noise that no other seed gives, as mu-law.
func clipOf(seed uint64) []byte {
	rng := rand.New(rand.NewPCG(seed, 2))
	pcm := make([]int16, audio.SampleRate/2)
	for i := range pcm {
		pcm[i] = int16(rng.IntN(20000) - 10000)
	}
	return audio.EncodeMuLaw(nil, pcm)
}

// lpcm is what a gateway makes of mu-law for a RecognizeUtterance request.
func lpcm(mulaw ...[]byte) []byte {
	var b bytes.Buffer
	for _, part := range mulaw {
		if err := writePCM(&b, audio.DecodeMuLaw(nil, part)); err != nil {
			panic(err)
		}
	}
	return b.Bytes()
}

// scriptDir writes a script of three clips: two files of mu-law and one WAV.
func scriptDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	var wav bytes.Buffer
	if err := audio.WriteWAV(&wav, audio.SampleRate, audio.DecodeMuLaw(nil, clipOf(3))); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"order.ulaw": clipOf(1), "roses.ulaw": clipOf(2), "please.wav": wav.Bytes(),
		"clips.json": []byte(`{"clips":[{"id":"order-a","file":"order.ulaw","words":"I would like to order some flowers"},
			{"id":"roses-a","file":"roses.ulaw","words":" roses "},{"id":"please-a","file":"please.wav","words":"please"}]}`),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "clips.json")
}

func TestScriptedRecognizerHearsWhatArrived(t *testing.T) {
	scripted, err := LoadScript(scriptDir(t))
	if err != nil {
		t.Fatal(err)
	}
	if scripted.Len() != 3 {
		t.Errorf("%d clips, want 3", scripted.Len())
	}
	ts := serve(t, func(cfg *Config) { cfg.Recognizer = scripted })
	pause := bytes.Repeat([]byte{audio.MuLawSilence}, 800)
	for _, test := range []struct {
		name, say  string
		audio      []byte
		clips      []HeardClip
		transcript string
		elicits    string
	}{
		{"a whole clip", "CA01", lpcm(pause, clipOf(1), pause), []HeardClip{{"order-a", 1}}, "I would like to order some flowers", "FlowerType"},
		{"the same caller, the next", "CA01", lpcm(clipOf(2)), []HeardClip{{"roses-a", 1}}, "roses", "PickupDate"},
		{"again, though it answers nothing", "CA01", lpcm(clipOf(2)), []HeardClip{{"roses-a", 1}}, "roses", "PickupDate"},
		{"three quarters", "CA02", lpcm(clipOf(1)[1000:]), []HeardClip{{"order-a", 0.75}}, "I would like to order some flowers", "FlowerType"},
		{"a quarter", "CA03", lpcm(clipOf(1)[3000:], pause), []HeardClip{{"order-a", 0.25}}, "", ""},
		{"two clips", "CA02", lpcm(clipOf(2), pause, clipOf(3)), []HeardClip{{"roses-a", 1}, {"please-a", 1}}, "roses please", "PickupDate"},
		{"an unknown clip", "CA03", lpcm(clipOf(9)), nil, "", ""},
		{"silence", "CA03", lpcm(pause), nil, "", ""},
	} {
		out, err := ts.runtime.RecognizeUtterance(t.Context(), utter(test.say, lpcm8k, bytes.NewReader(test.audio)))
		if err != nil {
			t.Fatal(err)
		}
		readAll(t, out.AudioStream)
		r := ts.records.last()
		if diff := cmp.Diff(test.clips, r.Clips); diff != "" || r.Transcript != test.transcript || r.Elicits != test.elicits {
			t.Errorf("%s: heard %q, elicits %q; want %q, %q; clips (-want +got):\n%s",
				test.name, r.Transcript, r.Elicits, test.transcript, test.elicits, diff)
		}
		if want := float64(len(test.audio)) / 16; r.AudioMillis != want {
			t.Errorf("%s: %v ms of audio, want %v", test.name, r.AudioMillis, want)
		}
	}
}

func TestRecordTellsWhatAnOracleAsks(t *testing.T) {
	ts := serve(t, nil)
	in := utter("CA0123", lpcm8k, bytes.NewReader(make([]byte, 3200)))
	attributes, err := packHeader(map[string]string{attributeTurn: "CA0123/7"})
	if err != nil {
		t.Fatal(err)
	}
	state, err := packHeader(sessionState{DialogAction: &dialogAction{Type: actionElicitSlot, SlotToElicit: "FlowerType"}, Intent: &intentState{Name: "OrderFlowers"}})
	if err != nil {
		t.Fatal(err)
	}
	in.RequestAttributes, in.SessionState = aws.String(attributes), aws.String(state)
	out, err := ts.runtime.RecognizeUtterance(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	readAll(t, out.AudioStream)
	if r := ts.records.last(); r.Turn != "CA0123/7" || !r.StateSent || r.AudioMillis != 200 {
		t.Errorf("record %+v, want turn CA0123/7 with a state and 200 ms of audio", r)
	}
	state, err = packHeader(sessionState{SessionAttributes: map[string]string{"caller": "1"}})
	if err != nil {
		t.Fatal(err)
	}
	in = utter("CA0123", "text/plain; charset=utf-8", strings.NewReader("tomorrow"))
	in.SessionState = aws.String(state)
	if out, err = ts.runtime.RecognizeUtterance(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	readAll(t, out.AudioStream)
	if r := ts.records.last(); r.Turn != "" || r.StateSent || r.AudioMillis != 0 {
		t.Errorf("record %+v, want no turn, no dialog and no audio", r)
	}
}

func TestScriptsThatAreRefused(t *testing.T) {
	read := func(name string) ([]byte, error) {
		switch name {
		case "a.ulaw":
			return clipOf(1), nil
		case "quiet.ulaw":
			return bytes.Repeat([]byte{audio.MuLawSilence}, 8000), nil
		}
		return nil, errors.New("no such file")
	}
	for _, test := range []struct{ name, script, want string }{
		{"nothing", ``, "expected JSON"},
		{"no clips", `{"clips":[]}`, "clips: there is none"},
		{"two values", `{"clips":[{"id":"a","file":"a.ulaw","words":"a"}]} {}`, "more than one JSON value"},
		{"an unknown key", `{"clips":[{"id":"a","file":"a.ulaw","text":"a"}]}`, `"text"`},
		{"no id", `{"clips":[{"file":"a.ulaw","words":"a"}]}`, "clips[0].id is missing"},
		{"an id twice", `{"clips":[{"id":"a","file":"a.ulaw","words":"a"},{"id":"a","file":"a.ulaw","words":"a"}]}`, `clips[1].id: "a" is there already`},
		{"no words", `{"clips":[{"id":"a","file":"a.ulaw","words":" "}]}`, "clips[0].words is missing"},
		{"no file", `{"clips":[{"id":"a","file":"b.ulaw","words":"a"}]}`, "clips[0].file: no such file"},
		{"a quiet clip", `{"clips":[{"id":"a","file":"quiet.ulaw","words":"a"}]}`, `clip "a" holds nothing`},
	} {
		if _, err := parseScript([]byte(test.script), read); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %q", test.name, err, test.want)
		}
	}
	if _, err := LoadScript(filepath.Join(t.TempDir(), "none.json")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a script that is not there: %v", err)
	}
	var wav bytes.Buffer
	if err := audio.WriteWAV(&wav, 16000, make([]int16, 16000)); err != nil {
		t.Fatal(err)
	}
	wide := filepath.Join(t.TempDir(), "wide.wav")
	if err := os.WriteFile(wide, wav.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readClip(wide); err == nil || !strings.Contains(err.Error(), "16000 samples a second") {
		t.Errorf("a clip at 16 kHz: %v, want it refused", err)
	}
	for _, name := range []string{"x.mp3", filepath.Join(t.TempDir(), "x.ulaw"), filepath.Join(t.TempDir(), "x.wav")} {
		if _, err := readClip(name); err == nil {
			t.Errorf("%s was read", filepath.Base(name))
		}
	}
}

// FuzzScript wants an error or a recognizer that knows what it says it knows.
func FuzzScript(f *testing.F) {
	f.Add([]byte(`{"clips":[{"id":"a","file":"a.ulaw","words":"a"}]}`))
	f.Add([]byte(`{"clips":[{"id":"","file":"a.ulaw"}]}`))
	f.Add([]byte(`{"clips":null}`))
	seed := uint64(0)
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := parseScript(text, func(string) ([]byte, error) { seed++; return clipOf(seed), nil })
		if err != nil {
			return
		}
		var script clipScript
		if err := json.Unmarshal(text, &script); err != nil || len(script.Clips) != s.Len() || s.Len() == 0 {
			t.Errorf("%q: %d clips of %d, %v", text, s.Len(), len(script.Clips), err)
		}
	})
}
