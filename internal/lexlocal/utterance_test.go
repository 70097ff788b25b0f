package lexlocal

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lexruntimev2"
	"github.com/aws/aws-sdk-go-v2/service/lexruntimev2/types"
)

const lpcm8k = "audio/lpcm; sample-rate=8000; sample-size-bits=16; channel-count=1; is-big-endian=false"

func readAll(t *testing.T, r io.ReadCloser) []byte {
	t.Helper()
	body, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return body
}

// utter is a RecognizeUtterance request with the usual ids. Its body has no
// known length, as that of a gateway has none: with one, net/http asks the body
// for more at its end, and when the answer was faster than that, the SDK has
// closed the body and the connection breaks.
func utter(session, contentType string, body io.Reader) *lexruntimev2.RecognizeUtteranceInput {
	return &lexruntimev2.RecognizeUtteranceInput{
		BotId: flowersBot, BotAliasId: draft, LocaleId: english, SessionId: &session,
		RequestContentType: &contentType, ResponseContentType: aws.String("audio/pcm; sample-rate=8000"),
		InputStream: struct{ io.Reader }{body},
	}
}

func TestSpeechInAndOut(t *testing.T) {
	heardSamples := make(chan int, 1)
	recognizer := &fakeRecognizer{hear: func(_ context.Context, pcm []int16) (string, error) {
		heardSamples <- len(pcm)
		return "roses", nil
	}}
	ts := serve(t, func(cfg *Config) { cfg.Recognizer = recognizer })
	ts.say(t, "CA0123", "I would like to order some flowers.")

	body, caller := io.Pipe() // the caller is still talking when the request begins
	spoke := make(chan error, 1)
	go func() {
		for range 50 {
			if _, err := caller.Write(make([]byte, 320)); err != nil {
				spoke <- err
				return
			}
		}
		spoke <- caller.Close()
	}()
	out, err := ts.runtime.RecognizeUtterance(t.Context(), utter("CA0123", lpcm8k, body))
	if err != nil {
		t.Fatal(err)
	}
	if err := <-spoke; err != nil {
		t.Fatal(err)
	}
	voice := readAll(t, out.AudioStream)
	if got := <-heardSamples; got != 50*160 {
		t.Errorf("recognizer got %d samples, want %d", got, 50*160)
	}
	var words []message
	var transcript string
	var state sessionState
	var readings []interpretation
	for _, header := range []struct {
		value *string
		into  any
	}{{out.Messages, &words}, {out.InputTranscript, &transcript}, {out.SessionState, &state}, {out.Interpretations, &readings}} {
		if err := unpackHeader(aws.ToString(header.value), header.into); err != nil {
			t.Fatal(err)
		}
	}
	if transcript != "roses" || *out.InputMode != "Speech" || *out.SessionId != "CA0123" {
		t.Errorf("transcript %q in mode %s of session %s, want roses in Speech of CA0123", transcript, *out.InputMode, *out.SessionId)
	}
	if state.DialogAction.SlotToElicit != "PickupDate" || state.Intent.Slots["FlowerType"].interpreted() != "roses" || len(readings) == 0 {
		t.Errorf("state %+v, want PickupDate elicited and roses", state)
	}
	if want := 2 * 80 * len(words[0].Content); *out.ContentType != "audio/pcm; sample-rate=8000" || len(voice) != want {
		t.Errorf("%d bytes of %s, want %d of audio/pcm; sample-rate=8000", len(voice), *out.ContentType, want)
	}
	if g := recognizer.last(); !strings.Contains(g.JSGF, "roses") || g.Name == "" {
		t.Errorf("grammar %+v, want the flowers", g)
	}
}

func TestAudioForms(t *testing.T) {
	for _, test := range []struct {
		request, response string
		bytes             int // of the request
		samples           int // for the recognizer
		wantType          string
		perByte           int // bytes of voice for each byte of the first message
	}{
		{lpcm8k, "audio/pcm", 3200, 1600, "audio/pcm", 320},
		{"audio/l16; rate=16000; channels=1", "audio/pcm; sample-rate=16000", 3200, 800, "audio/pcm; sample-rate=16000", 320},
		{"audio/x-l16; sample-rate=16000; channel-count=1", "audio/pcm; rate=8000", 3201, 800, "audio/pcm; sample-rate=8000", 160},
		{"audio/l16", "text/plain;charset=utf-8", 3200, 800, "text/plain; charset=utf-8", 1},
		{lpcm8k, "", 3200, 1600, "text/plain; charset=utf-8", 1},
	} {
		t.Run(test.request+" "+test.response, func(t *testing.T) {
			var samples atomic.Int64
			ts := serve(t, func(cfg *Config) {
				cfg.Recognizer = &fakeRecognizer{hear: func(_ context.Context, pcm []int16) (string, error) {
					samples.Store(int64(len(pcm)))
					return "help", nil
				}}
			})
			in := utter("CA0123", test.request, strings.NewReader(strings.Repeat("x", test.bytes)))
			in.ResponseContentType = nil
			if test.response != "" {
				in.ResponseContentType = &test.response
			}
			out, err := ts.runtime.RecognizeUtterance(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			voice := readAll(t, out.AudioStream)
			if got := int(samples.Load()); got < test.samples-1 || got > test.samples+1 {
				t.Errorf("recognizer got %d samples, want %d", got, test.samples)
			}
			want := test.perByte * len(ts.records.last().Messages[0])
			if *out.ContentType != test.wantType || len(voice) != want {
				t.Errorf("%d bytes of %s, want %d of %s", len(voice), *out.ContentType, want, test.wantType)
			}
		})
	}
}

func TestKeysAsText(t *testing.T) {
	ts := serve(t, func(cfg *Config) { cfg.Recognizer = nil })
	for _, test := range []struct{ keys, mode, elicits string }{
		{"1", "DTMF", "FlowerType"}, {"2", "DTMF", "PickupDate"}, {"1203", "DTMF", "PickupTime"}, {"what", "Text", "PickupTime"},
	} {
		out, err := ts.runtime.RecognizeUtterance(t.Context(), utter("CA0123", "text/plain; charset=utf-8", strings.NewReader(test.keys)))
		if err != nil {
			t.Fatal(err)
		}
		voice := readAll(t, out.AudioStream)
		if r := ts.records.last(); r.Mode != test.mode || r.Elicits != test.elicits || r.Transcript != test.keys || len(voice) == 0 {
			t.Errorf("%q: record %+v and %d bytes of voice, want mode %s, %s elicited, a voice", test.keys, r, len(voice), test.mode, test.elicits)
		}
	}
}

func TestWithoutRecognizerAudioIsRefused(t *testing.T) {
	ts := serve(t, func(cfg *Config) { cfg.Recognizer = nil })
	_, err := ts.runtime.RecognizeUtterance(t.Context(), utter("CA0123", lpcm8k, strings.NewReader("xx")))
	var failed *types.DependencyFailedException
	if !errors.As(err, &failed) || !strings.Contains(failed.ErrorMessage(), "no speech recognition") {
		t.Errorf("RecognizeUtterance = %v, want a DependencyFailedException about speech recognition", err)
	}
}

func TestRecognizerFailureLosesOneAnswer(t *testing.T) {
	var fail atomic.Bool
	fail.Store(true)
	ts := serve(t, func(cfg *Config) {
		cfg.Recognizer = &fakeRecognizer{hear: func(context.Context, []int16) (string, error) {
			if fail.Load() {
				return "", errors.New("worker crashed")
			}
			return "roses", nil
		}}
	})
	ts.say(t, "CA0123", "I would like to order some flowers.")
	_, err := ts.runtime.RecognizeUtterance(t.Context(), utter("CA0123", lpcm8k, strings.NewReader("xx")))
	var failed *types.DependencyFailedException
	if !errors.As(err, &failed) || strings.Contains(err.Error(), "worker crashed") {
		t.Errorf("RecognizeUtterance = %v, want a DependencyFailedException without inner details", err)
	}
	fail.Store(false)
	out, err := ts.runtime.RecognizeUtterance(t.Context(), utter("CA0123", lpcm8k, strings.NewReader("xx")))
	if err != nil {
		t.Fatal(err)
	}
	readAll(t, out.AudioStream)
	if r := ts.records.last(); r.Elicits != "PickupDate" {
		t.Errorf("the same turn again: record %+v, want PickupDate elicited", r)
	}
}

func TestSilenceIsNoAnswer(t *testing.T) {
	ts := serve(t, func(cfg *Config) { cfg.Recognizer = hears("") })
	ts.say(t, "CA0123", "I would like to order some flowers.")
	for _, body := range []string{"", strings.Repeat("\x00", 16000)} {
		out, err := ts.runtime.RecognizeUtterance(t.Context(), utter("CA0123", lpcm8k, strings.NewReader(body)))
		if err != nil {
			t.Fatal(err)
		}
		readAll(t, out.AudioStream)
		if r := ts.records.last(); r.Elicits != "FlowerType" || r.Transcript != "" || len(r.Messages) != 1 {
			t.Errorf("%d bytes of silence: record %+v, want FlowerType asked again", len(body), r)
		}
	}
}

func TestTakeoverDecidesTheGrammar(t *testing.T) {
	recognizer := hears("five p m")
	ts := serve(t, func(cfg *Config) { cfg.Recognizer = recognizer })
	state, err := packHeader(halfOrdered(dialogAction{Type: actionElicitSlot, SlotToElicit: "PickupTime"}))
	if err != nil {
		t.Fatal(err)
	}
	attributes, err := packHeader(map[string]string{"x-lexline-turn": "CA0123/4"})
	if err != nil {
		t.Fatal(err)
	}
	in := utter("CA0123", lpcm8k, strings.NewReader("xxxx"))
	in.SessionState, in.RequestAttributes = &state, &attributes
	out, err := ts.runtime.RecognizeUtterance(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	readAll(t, out.AudioStream)
	r := ts.records.last()
	if r.Action != "ConfirmIntent" || r.Slots["PickupTime"] != "17:00" || r.Slots["FlowerType"] != "lilies" || r.Attributes["caller"] != "+15550123" {
		t.Errorf("record %+v, want the order of the other region at its confirmation", r)
	}
	var echoed map[string]string
	if err := unpackHeader(aws.ToString(out.RequestAttributes), &echoed); err != nil || echoed["x-lexline-turn"] != "CA0123/4" {
		t.Errorf("request attributes %v, %v; want those of the request", echoed, err)
	}
	fresh := newDialog(loadBot(t, "OrderFlowers"))
	st, err := fresh.Expects(nil, input{state: halfOrdered(dialogAction{Type: actionElicitSlot, SlotToElicit: "PickupTime"})}, friday)
	if err != nil {
		t.Fatal(err)
	}
	want, _ := fresh.model.Grammar(st)
	if got := recognizer.last().JSGF; got != want {
		t.Errorf("grammar %q, want that of PickupTime %q", got, want)
	}
}

func TestOneSessionAnswersOneRequestAtATime(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	ts := serve(t, func(cfg *Config) {
		cfg.Recognizer = &fakeRecognizer{hear: func(context.Context, []int16) (string, error) {
			close(entered)
			<-leave
			return "help", nil
		}}
	})
	first := make(chan error, 1)
	go func() {
		out, err := ts.runtime.RecognizeUtterance(context.Background(), utter("CA0123", lpcm8k, strings.NewReader("xx")))
		if err == nil {
			err = out.AudioStream.Close()
		}
		first <- err
	}()
	<-entered
	_, err := ts.runtime.RecognizeText(t.Context(), &lexruntimev2.RecognizeTextInput{
		BotId: flowersBot, BotAliasId: draft, LocaleId: english, SessionId: aws.String("CA0123"), Text: aws.String("help"),
	})
	if _, ok := errors.AsType[*types.ConflictException](err); !ok {
		t.Errorf("second request of the session: %v, want a ConflictException", err)
	}
	ts.say(t, "CA4567", "help") // another session is not in the way
	close(leave)
	if err := <-first; err != nil {
		t.Errorf("first request: %v", err)
	}
	ts.say(t, "CA0123", "help")
}

func TestClientThatGivesUpAsksTheSameTurnAgain(t *testing.T) {
	entered := make(chan struct{})
	var stuck atomic.Bool
	stuck.Store(true)
	ts := serve(t, func(cfg *Config) {
		cfg.Recognizer = &fakeRecognizer{hear: func(ctx context.Context, _ []int16) (string, error) {
			if stuck.CompareAndSwap(true, false) {
				close(entered)
				<-ctx.Done() // until the server has noticed
			}
			return "roses", nil
		}}
	})
	ts.say(t, "CA0123", "I would like to order some flowers.")
	ctx, giveUp := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	go func() {
		_, err := ts.runtime.RecognizeUtterance(ctx, utter("CA0123", lpcm8k, strings.NewReader("xx")))
		gone <- err
	}()
	<-entered
	giveUp()
	if err := <-gone; err == nil {
		t.Fatal("the request was answered, want it given up")
	}
	var out *lexruntimev2.RecognizeUtteranceOutput
	for begun := time.Now(); ; { // until the server has let the first one go
		var err error
		out, err = ts.runtime.RecognizeUtterance(t.Context(), utter("CA0123", lpcm8k, strings.NewReader("xx")))
		var busy *types.ConflictException
		if err == nil {
			break
		}
		if !errors.As(err, &busy) || time.Since(begun) > 5*time.Second {
			t.Fatal(err)
		}
	}
	readAll(t, out.AudioStream)
	if r := ts.records.last(); r.Elicits != "PickupDate" || r.Slots["FlowerType"] != "roses" {
		t.Errorf("record %+v, want the first answer to FlowerType", r)
	}
}

func TestServeFinishesRunningRequests(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	ts := serve(t, func(cfg *Config) {
		cfg.Recognizer = &fakeRecognizer{hear: func(context.Context, []int16) (string, error) {
			close(entered)
			<-leave
			return "help", nil
		}}
	})
	answered := make(chan error, 1)
	go func() {
		out, err := ts.runtime.RecognizeUtterance(context.Background(), utter("CA0123", lpcm8k, strings.NewReader("xx")))
		if err == nil {
			_, err = io.Copy(io.Discard, out.AudioStream)
			err = errors.Join(err, out.AudioStream.Close())
		}
		answered <- err
	}()
	<-entered
	stopped := make(chan struct{})
	go func() {
		ts.stop()
		close(stopped)
	}()
	for { // until the server takes no more connections
		c, err := net.Dial("tcp", strings.TrimPrefix(ts.url, "http://"))
		if err != nil {
			break
		}
		c.Close()
	}
	close(leave)
	if err := <-answered; err != nil {
		t.Errorf("running request: %v, want it answered", err)
	}
	<-stopped
}
