package lex

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/lexmodelsv2"
	"github.com/aws/aws-sdk-go-v2/service/lexruntimev2"

	"lexline/internal/call"
	"lexline/internal/region"
)

const (
	textType        = "text/plain; charset=utf-8"
	answerVoiceType = "audio/pcm"
)

// alias is a bot's alias in one region: what a Client has of each region.
type alias struct {
	region        string
	bot, name     string // of the bot and of its alias, as configured: ids or names
	locale        string
	runtime       *lexruntimev2.Client
	models        *lexmodelsv2.Client
	transport     http.RoundTripper
	room          *region.Limiter
	warned        rarely                   // of its room running out
	misunderstood sync.Once                // a probe was answered otherwise than configured: told
	ids           atomic.Pointer[aliasIDs] // nil until they were found
	noPut         atomic.Bool              // we may not open sessions there: every probe is a deep one
}

// aliasIDs are the ids of a bot and of its alias. They differ from region to
// region, unless Lex replicates the bot, and an alias that was deleted and made
// anew has another one.
type aliasIDs struct{ bot, alias string }

var errNotFound = errors.New("the ids of bot and alias are not known yet")

// newAlias prepares an alias. It asks nobody.
func newAlias(ctx context.Context, cfg Config, place Place, transport http.RoundTripper) (*alias, error) {
	identity, err := cfg.Credentials.provider(ctx, place.Region)
	if err != nil {
		return nil, err
	}
	return &alias{
		region: place.Region,
		bot:    place.Bot,
		name:   place.Alias,
		locale: place.Locale,
		models: lexmodelsv2.New(lexmodelsv2.Options{
			Region:       place.Region,
			BaseEndpoint: optional(place.ModelsURL),
			Credentials:  identity,
			HTTPClient:   exchange{transport: transport},
			Retryer:      aws.NopRetryer{},
		}),
		runtime: lexruntimev2.New(lexruntimev2.Options{
			Region:       place.Region,
			BaseEndpoint: optional(place.RuntimeURL),
			Credentials:  identity,
			HTTPClient:   exchange{transport: transport},
			Retryer:      aws.NopRetryer{},
		}),
		transport: transport,
		room:      region.NewLimiter(place.Quota),
	}, nil
}

// find looks up the ids; it asks the models API for names only.
func (a *alias) find(ctx context.Context) error {
	botID, aliasID, err := resolve(ctx, a.models, a.bot, a.name)
	if err != nil {
		return fmt.Errorf("region %s: %w", a.region, because(ctx, err))
	}
	if !possiblyID.MatchString(botID) || !possiblyID.MatchString(aliasID) {
		return &unreachableError{fmt.Errorf("region %s: the models API gives the ids %.20q and %.20q, which are none", a.region, botID, aliasID)}
	}
	a.ids.Store(&aliasIDs{botID, aliasID})
	return nil
}

// named reports whether bot or alias were given by name, so that their ids can
// change.
func (a *alias) named() bool { return !surelyID.MatchString(a.bot) || !surelyID.MatchString(a.name) }

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// question is one turn as it is sent, to any region.
type question struct {
	sessionID  string
	speech     *call.Speech      // nil: text is asked
	text       string            // digits
	state      []byte            // session state to set, as JSON; nil: none
	attributes map[string]string // request attributes
	accepts    string            // content type of the answer
	sent       *atomic.Int64     // counts what was sent of it
}

// ask sends a question and returns the answer's head with its voice still to
// be read. Cancelling ctx ends the voice too.
func (a *alias) ask(ctx context.Context, q question) (*lexruntimev2.RecognizeUtteranceOutput, error) {
	ids := a.ids.Load()
	if ids == nil {
		return nil, &unreachableError{errNotFound}
	}
	input := &lexruntimev2.RecognizeUtteranceInput{
		BotId:               &ids.bot,
		BotAliasId:          &ids.alias,
		LocaleId:            &a.locale,
		SessionId:           &q.sessionID,
		ResponseContentType: &q.accepts,
	}
	var err error
	if input.RequestAttributes, err = pack(q.attributes); err != nil {
		return nil, err
	}
	if q.state != nil {
		if input.SessionState, err = packText(q.state); err != nil {
			return nil, err
		}
	}
	one := exchange{transport: a.transport}
	if q.speech == nil {
		input.RequestContentType = aws.String(textType)
		input.InputStream = strings.NewReader(q.text)
		q.sent.Add(int64(len(q.text)))
	} else {
		one.utterance = newUtterance(ctx, q.speech, q.sent)
		defer func() { _ = one.utterance.Close() }() // only frees what it holds
		input.RequestContentType = aws.String(utteranceType)
		input.InputStream = one.utterance
	}
	return a.runtime.RecognizeUtterance(ctx, input, func(o *lexruntimev2.Options) { o.HTTPClient = one })
}

// requestID returns the id under which AWS knows the request, for the log.
func requestID(out *lexruntimev2.RecognizeUtteranceOutput) string {
	id, _ := awsmiddleware.GetRequestIDMetadata(out.ResultMetadata)
	return id
}
