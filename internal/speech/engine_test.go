package speech

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"lexline/internal/audio"
)

// flowers is a small grammar like that of a bot.
var flowers = Grammar{Name: "flowers", JSGF: `#JSGF V1.0;
grammar flowers;
public <utterance> = <yesno> | <flower> | <day> | <time>;
<yesno> = yes | no;
<flower> = roses | tulips | lilies;
<day> = monday | tuesday | wednesday | thursday | friday | saturday | sunday;
<time> = <hour> (a m | p m) | <hour> o'clock;
<hour> = one | two | three | four | five | six | seven | eight | nine | ten | eleven | twelve;
`}

var flowerWords = strings.Fields(`yes no roses tulips lilies monday tuesday wednesday thursday friday saturday sunday
	a m p o'clock one two three four five six seven eight nine ten eleven twelve`)

// buildWorker builds the worker once, as it is shipped.
var buildWorker = sync.OnceValues(func() (string, error) {
	path := filepath.Join(filepath.Dir(fakeWorkerProgram), "lexline-speech") // is removed with it
	build := exec.Command("go", "build", "-o", path, "lexline/cmd/lexline-speech")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the worker: %w: %s", err, out)
	}
	return path, nil
})

// ears returns a Recognizer with the real engine. Where it is not installed, the
// test is skipped, except in CI.
func ears(t *testing.T) *Recognizer {
	t.Helper()
	worker, err := buildWorker()
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewRecognizer(RecognizerConfig{Worker: worker, Words: flowerWords, Workers: 1})
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// phoned returns a clip as it arrives at the other end of a telephone line,
// with silence around it.
func phoned(clip audio.Clip) []int16 {
	silence := make([]int16, 2400)
	narrow := slices.Concat(silence, clip.At(audio.SampleRate).Samples, silence)
	return audio.DecodeMuLaw(nil, audio.EncodeMuLaw(nil, narrow))
}

func say(t *testing.T, text string) []int16 {
	t.Helper()
	clip, err := needs(t, "flite").Say(t.Context(), "rms", text)
	if err != nil {
		t.Fatal(err)
	}
	return phoned(clip)
}

func recording(t *testing.T, name string) []int16 {
	t.Helper()
	path := "/usr/share/asterisk/sounds/en_US_f_Allison/" + name // Debian's asterisk-core-sounds-en-wav
	clip, err := audio.ReadWAVFile(path)
	if err != nil {
		if os.IsNotExist(err) && os.Getenv("CI") == "" {
			t.Skip(err)
		}
		t.Fatal(err)
	}
	return phoned(clip)
}

func understand(t *testing.T, r *Recognizer, pcm []int16) Hypothesis {
	t.Helper()
	heard, err := r.Recognize(t.Context(), flowers, pcm)
	if err != nil {
		t.Errorf("Recognize = %v", err)
	}
	return heard
}

func TestEngineUnderstandsTheTelephone(t *testing.T) {
	r := ears(t)
	for text, want := range map[string]string{
		"tulips": "tulips", "friday": "friday", "five p m": "five p m", "yes": "yes", "no": "no", "seven o'clock": "seven o'clock",
	} {
		if heard := understand(t, r, say(t, text)); heard.Words != want || heard.Score >= 0 {
			t.Errorf("said %q, heard %+v; want the words and a log score", text, heard)
		}
	}
	if heard := understand(t, r, recording(t, "digits/day-5.wav")); heard.Words != "friday" {
		t.Errorf("recording of a woman who says friday, heard %+v", heard)
	}
}

// TestEngineRejects plays what is no speech.
func TestEngineRejects(t *testing.T) {
	r := ears(t)
	noise := make([]int16, audio.SampleRate)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range noise {
		noise[i] = int16(random.NormFloat64() * 500)
	}
	sounds := map[string][]int16{
		"noise":   noise,
		"silence": make([]int16, audio.SampleRate),
		"a tone":  audio.Tone(audio.SampleRate, time.Second, 0.3, 440),
		"nothing": nil,
	}
	for name, pcm := range sounds {
		if heard := understand(t, r, pcm); heard.Words != "" {
			t.Errorf("%s: heard %+v; want no words", name, heard)
		}
	}
}

// TestEngineRejectsWhatIsNotInTheGrammar says other things. That some of them are
// taken for words is the price of understanding people who speak badly; without
// the rejection alternative all of them are.
func TestEngineRejectsWhatIsNotInTheGrammar(t *testing.T) {
	r := ears(t)
	phrases := []string{
		"what is the weather like", "i would like to order a pizza", "my telephone is broken", "where is the nearest airport",
		"hello is anybody there", "good morning", "insurance", "computer", "elephant", "i need to speak to a manager",
		"thank you very much", "please transfer my insurance to the accounting department",
	}
	var taken []string
	for _, phrase := range phrases {
		if heard := understand(t, r, say(t, phrase)); heard.Words != "" {
			taken = append(taken, fmt.Sprintf("%q for %q", phrase, heard.Words))
		}
	}
	if len(taken) > len(phrases)/3 {
		t.Errorf("%d of %d phrases are taken for words, %s; want at most a third", len(taken), len(phrases), strings.Join(taken, ", "))
	}
}

// TestEngineForgets checks that an utterance is heard the same after whatever
// came before: the next one is of another call.
func TestEngineForgets(t *testing.T) {
	r := ears(t)
	quiet, loud := say(t, "friday"), say(t, "five p m")
	for i := range quiet {
		quiet[i] /= 4
	}
	want := understand(t, r, quiet)
	if want.Words != "friday" {
		t.Errorf("heard %+v; want friday", want)
	}
	for range 3 {
		understand(t, r, loud)
		if got := understand(t, r, quiet); got != want {
			t.Errorf("after another utterance heard %+v; want %+v again", got, want)
		}
	}
}

// TestEngineKeepsGrammars uses more grammars than a decoder keeps, and some that
// it refuses, which must not harm those that follow.
func TestEngineKeepsGrammars(t *testing.T) {
	r := ears(t)
	tulips := say(t, "tulips")
	for i := range 70 {
		grammar := Grammar{Name: "numbered", JSGF: fmt.Sprintf("#JSGF V1.0;\ngrammar g;\npublic <rule%d> = yes;\n", i)}
		if _, err := r.Recognize(t.Context(), grammar, nil); err != nil {
			t.Fatalf("grammar %d: %v", i, err)
		}
	}
	for name, jsgf := range map[string]string{
		"a word that is not in the dictionary": "#JSGF V1.0;\ngrammar g;\npublic <a> = orchids;\n",
		"no grammar":                           "public <a> = (;",
	} {
		if heard, err := r.Recognize(t.Context(), Grammar{"wrong", jsgf}, tulips); err == nil {
			t.Errorf("%s: heard %+v; want an error", name, heard)
		}
	}
	if heard := understand(t, r, tulips); heard.Words != "tulips" {
		t.Errorf("heard %+v; want tulips", heard)
	}
	if crashes := r.Status().Crashes; crashes != 0 {
		t.Errorf("%d crashes; want none", crashes)
	}
}

// TestEngineFaultCostsOneAnswer sends the worker what the kernel sends after a
// fault in C.
func TestEngineFaultCostsOneAnswer(t *testing.T) {
	r := ears(t)
	var logged bytes.Buffer
	r.log = slog.New(slog.NewTextHandler(&logged, nil))
	tulips := say(t, "tulips")
	if err := syscall.Kill(workerOf(r), syscall.SIGSEGV); err != nil {
		t.Fatal(err)
	}
	if heard, err := r.Recognize(t.Context(), flowers, tulips); !errors.Is(err, ErrWorkerLost) {
		t.Errorf("Recognize = %+v, %v; want %v", heard, err, ErrWorkerLost)
	}
	if !strings.Contains(logged.String(), `complaint="SIGSEGV: segmentation violation`) {
		t.Errorf("log %q; want the fault named", logged.String())
	}
	if heard := understand(t, r, tulips); heard.Words != "tulips" {
		t.Errorf("heard %+v; want tulips", heard)
	}
}

// workerOf returns the process of the only worker, which must be free.
func workerOf(r *Recognizer) (pid int) {
	w := <-r.idle
	defer func() { r.idle <- w }()
	return w.cmd.Process.Pid
}

// TestEngineOutlivesItsMastersSignals sends the worker what a terminal and a
// service manager send to all processes of the program.
func TestEngineOutlivesItsMastersSignals(t *testing.T) {
	r := ears(t)
	pid := workerOf(r)
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		if err := syscall.Kill(pid, signal); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Recognize(t.Context(), flowers, nil); err != nil {
			t.Errorf("after %v: Recognize = %v", signal, err)
		}
	}
}
