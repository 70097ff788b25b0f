package lex

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/lexmodelsv2"
	"github.com/aws/aws-sdk-go-v2/service/lexruntimev2"
	"github.com/aws/aws-sdk-go-v2/service/lexruntimev2/types"

	"lexline/internal/call"
)

const (
	textType        = "text/plain; charset=utf-8"
	answerVoiceType = "audio/pcm"
)

// alias is a bot's alias in one region: everything of a Client that another
// region would have of its own.
type alias struct {
	region    string
	botID     string
	aliasID   string
	locale    string
	runtime   *lexruntimev2.Client
	transport http.RoundTripper
}

// newAlias finds the bot and its alias; it asks the models API for names only.
func newAlias(ctx context.Context, cfg Config, limits Deadlines, transport http.RoundTripper) (*alias, error) {
	identity, err := cfg.Credentials.provider(ctx, cfg.Region)
	if err != nil {
		return nil, err
	}
	models := lexmodelsv2.New(lexmodelsv2.Options{
		Region:       cfg.Region,
		BaseEndpoint: optional(cfg.ModelsURL),
		Credentials:  identity,
		HTTPClient:   exchange{transport: transport},
		Retryer:      aws.NopRetryer{},
	})
	lookup, cancel := context.WithTimeoutCause(ctx, limits.Lookup, &overdueError{"no answer", limits.Lookup})
	defer cancel()
	botID, aliasID, err := resolve(lookup, models, cfg.Bot, cfg.Alias)
	if err != nil {
		return nil, fmt.Errorf("region %s: %w", cfg.Region, because(lookup, err))
	}
	return &alias{
		region:  cfg.Region,
		botID:   botID,
		aliasID: aliasID,
		locale:  cfg.Locale,
		runtime: lexruntimev2.New(lexruntimev2.Options{
			Region:       cfg.Region,
			BaseEndpoint: optional(cfg.RuntimeURL),
			Credentials:  identity,
			HTTPClient:   exchange{transport: transport},
			Retryer:      aws.NopRetryer{},
		}),
		transport: transport,
	}, nil
}

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
	state      any               // session state to set, as JSON; nil: none
	attributes map[string]string // request attributes
	sent       *atomic.Int64     // counts what was sent of it
}

// ask sends a question and returns the answer's head with its voice still to
// be read. Cancelling ctx ends the voice too.
func (a *alias) ask(ctx context.Context, q question) (*lexruntimev2.RecognizeUtteranceOutput, error) {
	input := &lexruntimev2.RecognizeUtteranceInput{
		BotId:               &a.botID,
		BotAliasId:          &a.aliasID,
		LocaleId:            &a.locale,
		SessionId:           &q.sessionID,
		ResponseContentType: aws.String(answerVoiceType),
	}
	var err error
	if input.RequestAttributes, err = pack(q.attributes); err != nil {
		return nil, err
	}
	if q.state != nil {
		if input.SessionState, err = pack(q.state); err != nil {
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

// open makes a session of that id.
func (a *alias) open(ctx context.Context, session string) error {
	out, err := a.runtime.PutSession(ctx, &lexruntimev2.PutSessionInput{
		BotId:               &a.botID,
		BotAliasId:          &a.aliasID,
		LocaleId:            &a.locale,
		SessionId:           &session,
		SessionState:        &types.SessionState{DialogAction: &types.DialogAction{Type: types.DialogActionTypeElicitIntent}},
		ResponseContentType: aws.String(textType),
	})
	if err != nil {
		return fmt.Errorf("open a session: %w", err)
	}
	_, err = io.Copy(io.Discard, io.LimitReader(out.AudioStream, maxErrorBytes))
	if err = errors.Join(err, out.AudioStream.Close()); err != nil {
		return fmt.Errorf("open a session: %w", &answerError{err})
	}
	return nil
}

// forget deletes the session of that id.
func (a *alias) forget(ctx context.Context, session string) error {
	_, err := a.runtime.DeleteSession(ctx, &lexruntimev2.DeleteSessionInput{
		BotId:      &a.botID,
		BotAliasId: &a.aliasID,
		LocaleId:   &a.locale,
		SessionId:  &session,
	})
	return err
}

// requestID returns the id under which AWS knows the request, for the log.
func requestID(out *lexruntimev2.RecognizeUtteranceOutput) string {
	id, _ := awsmiddleware.GetRequestIDMetadata(out.ResultMetadata)
	return id
}
