package connectsim

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lexruntimev2"
	"github.com/aws/aws-sdk-go-v2/service/lexruntimev2/types"
)

// lexClients are clients of the Lex V2 runtime, one for each region.
type lexClients struct {
	transport   http.RoundTripper
	endpoints   map[string]string // of those that are not at AWS
	credentials aws.CredentialsProvider

	mu      sync.Mutex
	clients map[string]*lexruntimev2.Client // guarded by mu
}

// madeUp signs requests to a Lex that does not look at who asks.
var madeUp = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "connectsim", SecretAccessKey: "connectsim"}, nil
})

func (l *lexClients) in(region string) *lexruntimev2.Client {
	l.mu.Lock()
	defer l.mu.Unlock()
	if client, ok := l.clients[region]; ok {
		return client
	}
	options := lexruntimev2.Options{
		Region: region, Credentials: l.credentials, HTTPClient: exchange{l.transport},
		Retryer: aws.NopRetryer{}, // a caller waits
	}
	if options.Credentials == nil {
		options.Credentials = madeUp
	}
	if url, ok := l.endpoints[region]; ok {
		options.BaseEndpoint = aws.String(url)
	}
	if l.clients == nil {
		l.clients = map[string]*lexruntimev2.Client{}
	}
	l.clients[region] = lexruntimev2.New(options)
	return l.clients[region]
}

// lexAnswer is what of a bot's answer matters to a flow.
type lexAnswer struct {
	messages      []string // those that are spoken, markup removed
	asks          bool     // it is the caller's turn again
	intent, state string
	slots         map[string]string // those filled
	attributes    map[string]string
}

// ask takes an utterance to a bot, and waits at most limit for its answer.
func (l *lexClients) ask(ctx context.Context, limit time.Duration, talk *conversation, said Utterance) (lexAnswer, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	client := l.in(talk.place.region)
	var answer lexAnswer
	var err error
	if said.Keys == "" && said.Speech == nil {
		answer, err = recognizeText(ctx, client, talk, said.Text)
	} else {
		answer, err = recognizeUtterance(ctx, client, talk, said)
	}
	switch {
	case ctx.Err() != nil && err != nil:
		return lexAnswer{}, fmt.Errorf("ask Lex in %s: no answer within %s", talk.place.region, limit)
	case err != nil:
		return lexAnswer{}, fmt.Errorf("ask Lex in %s: %w", talk.place.region, err)
	}
	return answer, nil
}

func recognizeText(ctx context.Context, client *lexruntimev2.Client, talk *conversation, text string) (lexAnswer, error) {
	p := talk.place
	in := &lexruntimev2.RecognizeTextInput{BotId: &p.bot, BotAliasId: &p.alias, LocaleId: &p.locale, SessionId: &p.session, Text: &text}
	if len(talk.attributes) > 0 {
		in.SessionState = &types.SessionState{SessionAttributes: talk.attributes}
	}
	out, err := client.RecognizeText(ctx, in)
	if err != nil {
		return lexAnswer{}, err
	}
	return newLexAnswer(out.SessionState, out.Messages)
}

// speechType is that of a telephone's sound, one of those that Lex takes
// (https://docs.aws.amazon.com/lexv2/latest/APIReference/API_runtime_RecognizeUtterance.html).
const speechType = "audio/lpcm; sample-rate=8000; sample-size-bits=16; channel-count=1; is-big-endian=false"

const textType = "text/plain; charset=utf-8"

func recognizeUtterance(ctx context.Context, client *lexruntimev2.Client, talk *conversation, said Utterance) (lexAnswer, error) {
	p := talk.place
	in := &lexruntimev2.RecognizeUtteranceInput{
		BotId: &p.bot, BotAliasId: &p.alias, LocaleId: &p.locale, SessionId: &p.session,
		RequestContentType: aws.String(textType), ResponseContentType: aws.String(textType),
		InputStream: strings.NewReader(said.Keys),
	}
	if said.Keys == "" {
		in.RequestContentType = aws.String(speechType)
		in.InputStream = bytes.NewReader(littleEndian(said.Speech.At(8000).Samples))
	}
	if len(talk.attributes) > 0 {
		packed, err := pack(map[string]any{"sessionAttributes": talk.attributes})
		if err != nil {
			return lexAnswer{}, err
		}
		in.SessionState = &packed
	}
	out, err := client.RecognizeUtterance(ctx, in)
	if err != nil {
		return lexAnswer{}, err
	}
	defer out.AudioStream.Close()
	var state *types.SessionState
	var messages []types.Message
	if err := unpack(out.SessionState, &state); err != nil {
		return lexAnswer{}, fmt.Errorf("header x-amz-lex-session-state: %w", err)
	}
	if err := unpack(out.Messages, &messages); err != nil {
		return lexAnswer{}, fmt.Errorf("header x-amz-lex-messages: %w", err)
	}
	return newLexAnswer(state, messages)
}

func littleEndian(pcm []int16) []byte {
	raw := make([]byte, 0, 2*len(pcm))
	for _, sample := range pcm {
		raw = binary.LittleEndian.AppendUint16(raw, uint16(sample))
	}
	return raw
}

// newLexAnswer reads an answer. Connect leaves the block when the bot asks for
// nothing more.
func newLexAnswer(state *types.SessionState, messages []types.Message) (lexAnswer, error) {
	if state == nil {
		return lexAnswer{}, fmt.Errorf("the answer has no session state")
	}
	answer := lexAnswer{attributes: state.SessionAttributes, slots: map[string]string{}}
	if action := state.DialogAction; action != nil {
		switch action.Type {
		case types.DialogActionTypeElicitSlot, types.DialogActionTypeElicitIntent, types.DialogActionTypeConfirmIntent:
			answer.asks = true
		}
	}
	if intent := state.Intent; intent != nil {
		answer.intent, answer.state = aws.ToString(intent.Name), string(intent.State)
		for _, name := range slices.Sorted(maps.Keys(intent.Slots)) {
			if value := slotValue(intent.Slots[name]); value != "" {
				answer.slots[name] = value
			}
		}
	}
	for _, m := range messages {
		switch text := aws.ToString(m.Content); m.ContentType {
		case types.MessageContentTypePlainText:
			answer.messages = append(answer.messages, text)
		case types.MessageContentTypeSsml:
			answer.messages = append(answer.messages, stripSSML(text))
		} // cards and payloads are not spoken
	}
	return answer, nil
}

// slotValue returns a slot's value, of a list all of them.
func slotValue(slot types.Slot) string {
	if slot.Value != nil {
		return aws.ToString(slot.Value.InterpretedValue)
	}
	var values []string
	for _, one := range slot.Values {
		if value := slotValue(one); value != "" {
			values = append(values, value)
		}
	}
	return strings.Join(values, ", ")
}

// newPool returns the connections of an instance.
func newPool() *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment, // never on loopback
		MaxIdleConnsPerHost: 256,
		IdleConnTimeout:     30 * time.Second,
		DisableCompression:  true,
	}
}

// maxBody bounds what is read of an answer.
const maxBody = 4 << 20

// exchange sends requests for the SDK. Redirects are not followed.
type exchange struct{ transport http.RoundTripper }

// Do sends a request with its body in memory: the SDK closes the body once it has
// an answer, which breaks the connection if the transport has not seen the
// body's end by then.
func (e exchange) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, fmt.Errorf("read the request's body: %w", err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	response, err := e.transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	response.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(response.Body, maxBody), response.Body}
	return response, nil
}
