package lexlocal

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

// say writes the body of an answer, the bot's voice or its words. Faults may
// delay it or break it off.
func (q *request) say(t *target, a *answer, voice voiceFormat) error {
	truncate, drip := q.fault(faultTruncate, ""), q.fault(faultDrip, "")
	whole, err := q.rendered(t, a, voice, truncate)
	if err != nil {
		return err
	}
	if drip != nil {
		q.struck(drip)
	}
	q.done(http.StatusOK)
	q.w.WriteHeader(http.StatusOK)
	out := &flushed{q.w, q.rc}
	if out.flush() != nil {
		return nil //nolint:nilerr // the client has gone, or has heard enough
	}
	var body io.Writer = out
	if drip != nil {
		body = &dripper{ctx: q.r.Context(), w: out, bytes: drip.Fault.Bytes, every: time.Duration(drip.Fault.Every), cleared: q.faultSet.Cleared}
	}
	switch {
	case truncate != nil:
		_, _ = body.Write(truncate.Fault.cut(whole)) // it breaks off in any case
		panic(http.ErrAbortHandler)
	case whole != nil:
		_, err = body.Write(whole)
	default:
		err = q.speak(t, body, a, voice)
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		q.s.cfg.Logger.Debug("voice not delivered", "session", t.key.sessionID, "error", err)
	}
	return nil
}

// rendered returns the whole voice of an answer in advance where that costs
// nothing, or where only a part of it is to be heard; nil otherwise.
func (q *request) rendered(t *target, a *answer, voice voiceFormat, truncate *activeFault) ([]byte, error) {
	if truncate == nil && q.s.cfg.Synthesizer != nil {
		return nil, nil
	}
	var whole bytes.Buffer
	if err := q.speak(t, &whole, a, voice); err != nil {
		return nil, err
	}
	if voice.rate > 0 {
		q.record.AudioOutMillis = float64(whole.Len()/2) * 1000 / float64(voice.rate)
	}
	if truncate != nil {
		q.struck(truncate)
	}
	return whole.Bytes(), nil
}

// speak writes the voice of an answer to w.
func (q *request) speak(t *target, w io.Writer, a *answer, voice voiceFormat) error {
	trouble, err := speak(q.r.Context(), w, q.s.cfg.Voice, voice, q.s.cfg.Synthesizer, a.messages)
	if trouble != nil && !errors.Is(trouble, errNoSynthesizer) {
		q.s.cfg.Logger.Warn("bot speaks in tones", "session", t.key.sessionID, "error", trouble)
	}
	return err
}

// flushed sends every part of an answer at once, each within its own time.
type flushed struct {
	w  http.ResponseWriter
	rc *http.ResponseController
}

func (f *flushed) Write(p []byte) (int, error) {
	n, err := f.w.Write(p)
	if err == nil {
		err = f.flush()
	}
	return n, err
}

func (f *flushed) flush() error {
	_ = f.rc.SetWriteDeadline(time.Now().Add(writeTimeout)) // not known to test doubles
	return f.rc.Flush()
}
