package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
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

// spoken is what a caller says, as it arrives by telephone: with steady noise of the line
// under it, and some of it alone before and behind.
func spoken(t *testing.T, a answerOf, rng *rand.Rand) (mulaw []byte) {
	t.Helper()
	var pcm []int16
	for _, file := range a.files {
		clip, err := audio.ReadWAVFile(filepath.Join(soundsDirs[1], file+".wav"))
		if err != nil {
			missing(t, err)
		}
		pcm = append(pcm, clip.At(audio.SampleRate).Samples...)
	}
	line := func(samples int) []int16 { return make([]int16, samples) }
	pcm = append(append(line(audio.SampleRate), pcm...), line(2*audio.SampleRate)...)
	for i := range pcm {
		pcm[i] = int16(min(max(float64(pcm[i])*0.7+rng.NormFloat64()*12, -32768), 32767))
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

func (*talker) Close() error { return nil }

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
	recognizer := realRecognizer(t, model.Words())
	rng := rand.New(rand.NewPCG(5, 8))
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	whole, heard, all := 0, 0, recordedAnswers()
	for _, a := range all {
		understood := func(mulaw []byte) string {
			grammar, _ := model.Grammar(nlu.State{Elicit: nlu.ElicitSlot, Intent: "OrderFlowers", Slot: a.slot})
			got, err := recognizer.Recognize(t.Context(), speech.Grammar{Name: a.slot, JSGF: grammar}, audio.DecodeMuLaw(nil, mulaw))
			if err != nil {
				t.Fatal(err)
			}
			value, _ := model.Resolve(locale.Intent("OrderFlowers").Slot(a.slot), got.Words, now)
			return value.Interpreted
		}
		want, _ := model.Resolve(locale.Intent("OrderFlowers").Slot(a.slot), a.words, now)
		mulaw := spoken(t, a, rng)
		turns := utterancesOf(t, mulaw)
		file := mulaw[700*8 : len(mulaw)-1200*8] // with as much silence as an utterance has
		if understood(file) == want.Interpreted {
			whole++
		} else {
			t.Logf("%q was not understood of the whole", a.words)
		}
		switch {
		case len(turns) != 1:
			t.Logf("%q made %d turns", a.words, len(turns))
		case understood(turns[0]) == want.Interpreted:
			heard++
		default:
			t.Logf("%q was not understood of its %d ms", a.words, len(turns[0])/8)
		}
	}
	t.Logf("of %d answers %d were understood of the whole, %d of what the call sent", len(all), whole, heard)
	if heard < whole || whole < len(all)*8/10 {
		t.Errorf("of %d answers %d were understood through a call, and %d of the whole; want no fewer", len(all), heard, whole)
	}
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
