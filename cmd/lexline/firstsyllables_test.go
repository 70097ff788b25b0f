package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lexline/internal/audio"
	"lexline/internal/botdef"
	"lexline/internal/call"
	"lexline/internal/nlu"
	"lexline/internal/speech"
	"lexline/internal/vad"
)

// answerOf is something that the human recordings have, and the slot of OrderFlowers
// that it answers.
type answerOf struct {
	slot, words string
	files       []string
}

// recordedAnswers are the days, dates and times of the human recordings.
func recordedAnswers() (all []answerOf) {
	for day := time.Sunday; day <= time.Saturday; day++ {
		all = append(all, answerOf{"PickupDate", strings.ToLower(day.String()), []string{fmt.Sprintf("digits/day-%d", day)}})
	}
	ordinals := strings.Fields("first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth")
	for i, ordinal := range ordinals {
		month := time.Month(1 + i%12)
		files := []string{fmt.Sprintf("digits/mon-%d", month-1), fmt.Sprintf("digits/h-%d", i+1)}
		all = append(all, answerOf{"PickupDate", strings.ToLower(month.String()) + " " + ordinal, files})
	}
	for i, hour := range strings.Fields("one two three four five six seven eight nine ten eleven twelve") {
		half := string("ap"[i%2])
		files := []string{fmt.Sprintf("digits/%d", i+1), "digits/" + half + "-m"}
		all = append(all, answerOf{"PickupTime", hour + " " + half + " m", files})
	}
	return all
}

// missing fails a test for which something is not installed where CI is set, and skips
// it elsewhere.
func missing(t *testing.T, err error) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(err)
	}
	t.Skip(err)
}

// spokenOver is how far a caller's speech is above the noise of their room, in dB.
const spokenOver = 20

// noiseAt returns noise of a level in dBov, sample by sample, its power falling with the
// frequency as that of rooms does.
func noiseAt(level float64, rng *rand.Rand) (sample func() float64) {
	const pole = 0.9
	scale := math.Pow(10, level/20) * (1 << 15) * math.Sqrt(1-pole*pole)
	state := 0.0
	return func() float64 {
		state = pole*state + rng.NormFloat64()*scale
		return state
	}
}

// spoken is what a caller says, as it arrives by telephone: with noise under it, and some
// of that alone before and behind.
func spoken(t *testing.T, a answerOf, room bool) (mulaw []byte) {
	t.Helper()
	var pcm []int16
	for _, file := range a.files {
		clip, err := audio.ReadWAVFile(filepath.Join(soundsDirs[1], file+".wav"))
		if err != nil {
			missing(t, err)
		}
		pcm = append(pcm, clip.At(audio.SampleRate).Samples...)
	}
	for i := range pcm {
		pcm[i] = int16(float64(pcm[i]) * 0.7)
	}
	level := -68.0 // of a good line
	if room {
		level = audio.Level(pcm) - spokenOver
	}
	sample := noiseAt(level, rand.New(rand.NewPCG(5, 8)))
	line := func(samples int) []int16 { return make([]int16, samples) }
	pcm = append(append(line(audio.SampleRate), pcm...), line(2*audio.SampleRate)...)
	for i := range pcm {
		pcm[i] = int16(min(max(float64(pcm[i])+sample(), -32768), 32767))
	}
	return audio.EncodeMuLaw(nil, pcm[:len(pcm)-len(pcm)%call.FrameBytes])
}

// talker is the leg of a caller who says something and hangs up. It lives in a bubble.
type talker struct{ mulaw []byte }

func (l *talker) Next(ctx context.Context) (call.Event, error) {
	time.Sleep(20 * time.Millisecond)
	if len(l.mulaw) == 0 {
		return call.Event{Kind: call.HungUp}, ctx.Err()
	}
	frame := l.mulaw[:call.FrameBytes]
	l.mulaw = l.mulaw[call.FrameBytes:]
	return call.Event{Kind: call.Frame, Audio: frame}, ctx.Err()
}

func (*talker) Send(call.Output) error { return nil }

func (*talker) Close(call.Termination) error { return nil }

// taker is a bot that keeps what it is asked, and says nothing to it.
type taker struct{ utterances [][]byte }

func (b *taker) Ask(ctx context.Context, turn call.Turn, answered func(*call.Answer)) error {
	reader := turn.Speech.Reader(ctx)
	defer reader.Close()
	utterance, err := io.ReadAll(reader)
	if err != nil {
		return err
	}
	b.utterances = append(b.utterances, utterance)
	answered(&call.Answer{Speech: call.NewFinishedSpeech(nil)})
	return nil
}

// utterancesOf runs a call in which mulaw is said, and returns what the bot was sent.
func utterancesOf(t *testing.T, mulaw []byte) [][]byte {
	bot := new(taker)
	synctest.Test(t, func(t *testing.T) {
		cfg := call.Config{
			Logger:  slog.New(slog.DiscardHandler),
			Hearing: defaultConfig().Call.hearing(),
		}
		call.New(cfg, call.Info{ID: "CA1"}, &talker{mulaw}, bot).Run(t.Context())
	})
	return bot.utterances
}

// TestFirstSyllablesAreNotLost has a human voice answer the bot through the engine of a
// call, and holds what the bot understands against what it understands of the whole.
func TestFirstSyllablesAreNotLost(t *testing.T) {
	bot, err := botdef.Load("../../bots/OrderFlowers")
	if err != nil {
		t.Fatal(err)
	}
	locale := bot.Locale("en_US")
	model := nlu.NewModel(locale)
	u := &understanding{t, model, locale.Intent("OrderFlowers"), realRecognizer(t, model.Words())}
	for _, test := range []struct {
		name  string
		room  bool
		least int // in a hundred that must be understood of the whole
	}{
		{"on a good line", false, 80},
		{"in a room", true, 50},
	} {
		whole, heard, all := 0, 0, recordedAnswers()
		for _, a := range all {
			inWhole, inCall := u.compare(a, spoken(t, a, test.room))
			if inWhole {
				whole++
			}
			if inCall {
				heard++
			}
		}
		t.Logf("%s: of %d answers %d were understood of the whole, %d of what the call sent", test.name, len(all), whole, heard)
		if heard < whole || whole < len(all)*test.least/100 {
			t.Errorf("%s: of %d answers %d were understood through a call, and %d of the whole; want no fewer", test.name, len(all), heard, whole)
		}
	}
}

// understanding is that of the bot.
type understanding struct {
	t          *testing.T
	model      *nlu.Model
	intent     *botdef.Intent
	recognizer *speech.Recognizer
}

// compare reports whether an answer is understood of the whole of what was said, and of
// what a call makes of it.
func (u *understanding) compare(a answerOf, mulaw []byte) (inWhole, inCall bool) {
	before, behind := time.Second-vad.PreRoll, 2*time.Second-vad.DefaultSettings.EndOfSpeech
	file := mulaw[before.Milliseconds()*8 : len(mulaw)-int(behind.Milliseconds())*8] // with as much silence as an utterance has
	if inWhole = u.right(a, file); !inWhole {
		u.t.Logf("%q was not understood of the whole", a.words)
	}
	words := mulaw[audio.SampleRate : len(mulaw)-2*audio.SampleRate]
	turns := utterancesOf(u.t, mulaw)
	switch {
	case len(turns) != 1:
		u.t.Logf("%q made %d turns", a.words, len(turns))
	case u.right(a, turns[0]):
		inCall = true
	case bytes.Contains(turns[0], words):
		// Nothing was cut off, and it is understood otherwise for the silence around it: a
		// guess of the recogniser, as may be what it makes of the whole.
		inCall = inWhole
	default:
		u.t.Logf("%q was not understood of its %d ms, cut out of %d ms", a.words, len(turns[0])/8, len(words)/8)
	}
	return inWhole, inCall
}

// right reports whether the bot makes of sound what it makes of the answer's words.
func (u *understanding) right(a answerOf, mulaw []byte) bool {
	grammar, _ := u.model.Grammar(nlu.State{Elicit: nlu.ElicitSlot, Intent: u.intent.Name, Slot: a.slot})
	got, err := u.recognizer.Recognize(u.t.Context(), speech.Grammar{Name: a.slot, JSGF: grammar}, audio.DecodeMuLaw(nil, mulaw))
	if err != nil {
		u.t.Fatal(err)
	}
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	value, _ := u.model.Resolve(u.intent.Slot(a.slot), got.Words, now)
	want, _ := u.model.Resolve(u.intent.Slot(a.slot), a.words, now)
	return value.Interpreted == want.Interpreted
}

// realRecognizer is the one that a local Lex hears with.
func realRecognizer(t *testing.T, words []string) *speech.Recognizer {
	t.Helper()
	worker := filepath.Join(t.TempDir(), "lexline-speech")
	build := exec.Command("go", "build", "-o", worker, "lexline/cmd/lexline-speech")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the worker: %v: %s", err, out)
	}
	recognizer, err := speech.NewRecognizer(speech.RecognizerConfig{Worker: worker, Words: words, Workers: 1})
	if err != nil {
		missing(t, err)
	}
	t.Cleanup(func() { _ = recognizer.Close() })
	return recognizer
}
