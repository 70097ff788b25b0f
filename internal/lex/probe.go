package lex

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lexruntimev2"
	"github.com/aws/aws-sdk-go-v2/service/lexruntimev2/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"lexline/internal/region"
)

// Probe is what a deep probe asks the bot, and what shows that the bot
// understood. What the bot says is never looked at: prompts have variants.
type Probe struct {
	Text   string // "hello" if empty
	Intent string // in force after it; empty: any
	Slot   string // that is asked for after it; empty: any
}

func (p Probe) withDefaults() Probe {
	if p.Text == "" {
		p.Text = "hello"
	}
	return p
}

var _ region.Prober = (*Client)(nil)

// forgetTime bounds the deletion of a probe's session.
const forgetTime = time.Second

// Probe implements region.Prober: a cheap probe opens a session, a deep one puts
// a text to the bot in a new session and looks at intent and slot. The session
// is deleted afterwards, on nobody's time; it does not matter whether that
// succeeds. A probe also looks up the ids of a region where they are not known,
// or where the bot or its alias is gone and has perhaps been made anew.
func (c *Client) Probe(ctx context.Context, name string, deep bool) (region.Class, error) {
	return c.prober.probe(ctx, c.alias(name), deep)
}

// prober makes probes.
type prober struct {
	asks     Probe
	prefix   string // of the sessions' names
	observer string // names them
	log      *slog.Logger
	count    atomic.Int64
	// forget is given every session that may have come about. It does not block.
	forget func(ctx context.Context, a *alias, session string)
	heard  func(region string, words []string) // what a bot says to deep probes; nil: nobody asks
}

func newProber(asks Probe, log *slog.Logger) *prober {
	return &prober{asks: asks.withDefaults(), prefix: "lexline-probe", observer: rand.Text(), log: log}
}

func (p *prober) probe(ctx context.Context, a *alias, deep bool) (region.Class, error) {
	n := p.count.Add(1)
	if a.ids.Load() == nil {
		if err := a.find(ctx); err != nil {
			return Class(err), err
		}
	}
	// A session of its own for each probe: what an earlier one left behind, because
	// its answer or its deletion failed, must not speak for the region.
	session := fmt.Sprintf("%s-%s-%d", p.prefix, p.observer, n)
	err := p.ask(ctx, a, session, deep)
	if isGone(err) && a.named() && a.find(ctx) == nil {
		err = p.ask(ctx, a, session, deep)
	}
	if !refusedUnread(err) {
		p.forget(ctx, a, session)
	}
	if err != nil {
		p.tellMisunderstood(a, err)
		err = because(ctx, err)
		return Class(err), plain(err)
	}
	return region.None, nil
}

// misunderstoodError says that a bot answered a deep probe, and not as it was said
// that it would: a region in trouble, or a probe that asks the wrong thing.
type misunderstoodError struct{ text string }

func (e *misunderstoodError) Error() string { return e.text }

// Misunderstood reports whether a deep probe failed though the bot answered: with another
// intent, or for another slot, than it was said that it would.
func Misunderstood(err error) bool {
	_, ok := errors.AsType[*misunderstoodError](err)
	return ok
}

// tellMisunderstood warns once for each region: while the configuration is wrong
// nothing but this tells it from a region in trouble.
func (p *prober) tellMisunderstood(a *alias, err error) {
	if wrong, ok := errors.AsType[*misunderstoodError](err); ok {
		a.misunderstood.Do(func() {
			p.log.Warn("probe answered, but not as configured", "region", a.region, "err", wrong, "key", "probe")
		})
	}
}

// forgetLater deletes a probe's session on nobody's time.
func (c *Client) forgetLater(ctx context.Context, a *alias, session string) {
	c.background.Go(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), forgetTime)
		defer cancel()
		if err := a.forget(ctx, session); err != nil {
			c.log.Debug("session of a probe not deleted", "region", a.region, "err", err)
		}
	})
}

func (p *prober) ask(ctx context.Context, a *alias, session string, deep bool) error {
	if !deep && !a.noPut.Load() {
		err := a.open(ctx, session)
		if !isDenied(err) {
			return err
		}
		// The region is there. Whether the bot may be asked a deep probe tells.
		a.noPut.Store(true)
		p.log.Warn("probes may not open sessions, each one will ask the bot", "region", a.region, "permission", "lex:PutSession")
	}
	out, err := a.recognize(ctx, session, p.asks.Text)
	if err != nil {
		return fmt.Errorf("put a text to the bot: %w", err)
	}
	if p.heard != nil {
		words := make([]string, len(out.Messages))
		for i, m := range out.Messages {
			words[i] = deref(m.Content)
		}
		p.heard(a.region, words)
	}
	return p.asks.judge(out)
}

// judge reports whether the bot understood.
func (p Probe) judge(out *lexruntimev2.RecognizeTextOutput) error {
	var intent, slot string
	asks := false
	if st := out.SessionState; st != nil {
		if st.Intent != nil {
			intent = deref(st.Intent.Name)
		}
		if st.DialogAction != nil {
			slot = deref(st.DialogAction.SlotToElicit)
			asks = st.DialogAction.Type == types.DialogActionTypeElicitSlot || st.DialogAction.Type == types.DialogActionTypeConfirmIntent
		}
	}
	switch {
	case out.SessionState == nil:
		return &answerError{errors.New("answer has no session state: it is not from Lex")}
	case asks && len(out.Messages) == 0:
		return &answerError{errNoWords} // to callers this would be no answer
	case p.Intent != "" && intent != p.Intent:
		return &answerError{&misunderstoodError{fmt.Sprintf("%q was taken for intent %q, not %q", p.Text, intent, p.Intent)}}
	case p.Slot != "" && slot != p.Slot:
		return &answerError{&misunderstoodError{fmt.Sprintf("%q was followed by a question for slot %q, not %q", p.Text, slot, p.Slot)}}
	}
	return nil
}

// isDenied reports whether a region says that we may not do this.
func isDenied(err error) bool {
	var denied *types.AccessDeniedException
	return errors.As(err, &denied)
}

// isGone reports whether a region says that bot or alias do not exist.
func isGone(err error) bool {
	var status *smithyhttp.ResponseError
	return errors.As(err, &status) && status.HTTPStatusCode() == http.StatusNotFound
}
