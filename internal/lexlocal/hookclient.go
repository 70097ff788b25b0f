package lexlocal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// Limits of a Lambda function behind a bot:
// https://docs.aws.amazon.com/lexv2/latest/dg/quotas.html.
const (
	hookTimeout   = 30 * time.Second
	maxHookAnswer = 25 << 10
)

// regionHeader tells a function which region asks. Amazon's has no such
// header: there the function itself runs in a region.
const regionHeader = "X-Lexline-Region"

// hookClient invokes functions. It keeps no connections, so that nothing is
// left to be closed.
var hookClient = &http.Client{
	Transport:     &http.Transport{DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// checkHooks checks the addresses of the functions.
func (cfg *Config) checkHooks() error {
	for bot, address := range cfg.Hooks {
		u, err := url.Parse(address)
		switch {
		case err != nil:
			return fmt.Errorf("hook of bot %s: %w", bot, err)
		case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
			return fmt.Errorf("hook of bot %s: %q is not an http or https URL", bot, address)
		}
		served := false
		for _, def := range cfg.Bots {
			served = served || def.Name == bot
		}
		if !served && len(cfg.Bots) > 0 { // an empty account waits for its bots
			return fmt.Errorf("hook of bot %s: that bot is not served", bot)
		}
	}
	return nil
}

// withHooks returns work with the bot's function at its code hooks. contentType
// is the form of answer that the client asked for; attributes are those of the
// request, which a function may replace.
func (q *request) withHooks(t *target, contentType string, attributes *map[string]string, work func(*session) (*answer, error)) func(*session) (*answer, error) {
	return func(before *session) (*answer, error) {
		a, err := work(before)
		for calls := 1; err == nil && a.call != nil; calls++ {
			if calls > maxHookCalls {
				return nil, dependency("the Lambda function of bot %s was called %d times in one turn", t.bot.name, maxHookCalls)
			}
			var response *hookResponse
			if response, err = q.invokeHook(t, contentType, a.call.event()); err != nil {
				return nil, err
			}
			if response.RequestAttributes != nil {
				*attributes = response.RequestAttributes
			}
			if a, err = a.call.Resume(response); err != nil {
				return nil, badHook(t, fmt.Errorf("its answer does not fit the bot: %w", err))
			}
		}
		return a, err
	}
}

// invokeHook asks the bot's function. It is asked to the end even if the
// client goes away meanwhile, as Lex has no way to stop a function either.
func (q *request) invokeHook(t *target, contentType string, e *hookEvent) (*hookResponse, error) {
	e.SessionID, e.ResponseContentType, e.SessionState.RequestID = t.key.sessionID, contentType, q.id
	e.Bot = hookBot{t.bot.id, t.bot.name, t.key.aliasID, t.alias.Name, t.key.localeID, t.alias.Version}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(q.r.Context()), hookTimeout)
	defer cancel()
	response, err := invokeFunction(ctx, q.s.cfg.Hooks[t.bot.name], q.s.cfg.Region, e)
	_ = q.rc.SetWriteDeadline(time.Now().Add(writeTimeout)) // the answer has its whole time still; not known to test doubles
	if err != nil {
		return nil, badHook(t, err)
	}
	return response, nil
}

// badHook is what Lex tells its client about a function that failed.
func badHook(t *target, err error) *apiError {
	return dependency("the Lambda function of bot %s: %v", t.bot.name, err)
}

// invokeFunction invokes the Lambda function at address with an event:
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html.
func invokeFunction(ctx context.Context, address, region string, e *hookEvent) (*hookResponse, error) {
	event, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("write its event: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(event))
	if err != nil {
		return nil, fmt.Errorf("invoke it: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Amz-Invocation-Type", "RequestResponse")
	r.Header.Set(regionHeader, region)
	answer, err := hookClient.Do(r)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return nil, fmt.Errorf("it did not answer within %v", hookTimeout)
	case err != nil:
		return nil, fmt.Errorf("invoke it: %w", err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxHookAnswer+1))
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return nil, fmt.Errorf("it did not answer within %v", hookTimeout)
	case err != nil:
		return nil, fmt.Errorf("read its answer: %w", err)
	case answer.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("it cannot be invoked: status %d%s", answer.StatusCode, saidBy(body))
	case answer.Header.Get("X-Amz-Function-Error") != "":
		return nil, fmt.Errorf("it failed (%s)%s", answer.Header.Get("X-Amz-Function-Error"), saidBy(body))
	case len(body) > maxHookAnswer:
		return nil, fmt.Errorf("its answer is longer than %d bytes", maxHookAnswer)
	}
	return parseHookResponse(body)
}

// saidBy returns the message of an error answer, ": " before it, if there is one.
func saidBy(body []byte) string {
	var said struct {
		Function string `json:"errorMessage"` // of the function
		Service  string `json:"message"`      // of Lambda itself
	}
	if json.Unmarshal(body, &said) != nil {
		return ""
	}
	for _, text := range slices.Compact([]string{said.Function, said.Service}) {
		if text != "" {
			return ": " + shorten(text)
		}
	}
	return ""
}
