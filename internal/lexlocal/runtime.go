package lexlocal

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"lexline/internal/speech"
)

func (q *request) recognizeText() error {
	t, err := q.target()
	if err != nil {
		return err
	}
	var body recognizeTextRequest
	if err := q.json(&body); err != nil {
		return err
	}
	q.record.came(body.SessionState, body.RequestAttributes)
	if err := q.arrived(); err != nil {
		return err
	}
	if err := errors.Join(checkText(body.Text), checkState(body.SessionState)); err != nil {
		return err
	}
	q.record.Mode, q.record.Transcript = modeText, body.Text
	in := input{
		sessionID: t.key.sessionID, mode: modeText, text: body.Text,
		state: body.SessionState, attributes: body.RequestAttributes,
	}
	a, err := q.turn(t, q.withHooks(t, textPlain, &body.RequestAttributes, func(before *session) (*answer, error) {
		return t.dialog.Step(before, in, q.now)
	}))
	if err != nil {
		return err
	}
	return q.answerJSON(recognizeTextResponse{
		Messages: a.messages, SessionState: a.session.state(q.now, q.id), Interpretations: a.interpretations,
		RequestAttributes: body.RequestAttributes, SessionID: t.key.sessionID,
	})
}

func (q *request) recognizeUtterance() error {
	t, err := q.target()
	if err != nil {
		return err
	}
	u, err := q.utterance()
	if err != nil {
		return err
	}
	q.record.came(u.state, u.attributes)
	body, err := q.body(u.kind.maxBytes())
	if !u.kind.text {
		q.listen(u.kind.samples(body))
	}
	if err == nil {
		err = q.arrived()
	}
	if err != nil {
		return err
	}
	in := input{sessionID: t.key.sessionID, state: u.state, attributes: u.attributes}
	a, err := q.turn(t, q.withHooks(t, u.voice.contentType, &u.attributes, func(before *session) (*answer, error) {
		if err := q.understand(t, &in, before, u.kind, body); err != nil {
			return nil, err
		}
		q.record.Mode, q.record.Transcript = in.mode, in.text
		return t.dialog.Step(before, in, q.now)
	}))
	if err != nil {
		return err
	}
	h := q.w.Header()
	h.Set(headerInputMode, in.mode)
	if err := errors.Join(
		setPacked(h, headerTranscript, in.text),
		setPacked(h, headerInterpretations, a.interpretations),
	); err != nil {
		return err
	}
	return q.answerVoice(t, a, u.attributes, u.voice)
}

// utterance is what the headers of a RecognizeUtterance request say.
type utterance struct {
	state      *sessionState
	attributes map[string]string
	kind       utteranceType
	voice      voiceFormat
}

// utterance reads the headers. All that can be refused is refused here, before
// the caller has spoken to the end.
func (q *request) utterance() (u utterance, err error) {
	if u.state, u.attributes, err = readLexHeaders(q.r.Header); err != nil {
		return u, err
	}
	if u.kind, err = parseUtteranceType(q.r.Header.Get("Content-Type")); err != nil {
		return u, err
	}
	if u.voice, err = parseVoiceFormat(q.r.Header.Get("Response-Content-Type")); err != nil {
		return u, err
	}
	if !u.kind.text && q.s.cfg.Recognizer == nil {
		return u, dependency("there is no speech recognition here, send text/plain or the keys that the caller pressed")
	}
	return u, checkState(u.state)
}

// listen takes the speech that arrived, all of it or not.
func (q *request) listen(pcm []int16) {
	q.pcm = pcm
	q.record.AudioMillis = millisOf(len(pcm))
	if s, ok := q.s.cfg.Recognizer.(*Scripted); ok {
		q.known, q.record.Clips = s.identify(pcm)
	}
}

// understand puts the words of an utterance into the input of a turn.
func (q *request) understand(t *target, in *input, before *session, kind utteranceType, body []byte) error {
	if kind.text {
		in.mode, in.text = modeText, string(body)
		if _, ok := keysOf(in.text); ok {
			in.mode = modeDTMF
		}
		if utf8.RuneCountInString(in.text) > maxText || !utf8.ValidString(in.text) {
			return invalid("the body of the request is not UTF-8 text of at most %d characters", maxText)
		}
		return nil
	}
	in.mode = modeSpeech
	if _, ok := q.s.cfg.Recognizer.(*Scripted); ok {
		in.text = q.known
		return nil
	}
	if len(q.pcm) == 0 {
		return nil
	}
	expected, err := t.dialog.Expects(before, *in, q.now)
	if err != nil {
		return err
	}
	jsgf, _ := t.dialog.model.Grammar(expected)
	grammar := speech.Grammar{Name: t.grammarName(), JSGF: jsgf}
	heard, err := q.s.cfg.Recognizer.Recognize(q.r.Context(), grammar, q.pcm)
	switch {
	case q.r.Context().Err() != nil:
		return q.r.Context().Err()
	case err != nil:
		q.s.cfg.Logger.Warn("speech not recognised", "session", t.key.sessionID, "error", err)
		return dependency("speech recognition did not answer")
	}
	in.text = strings.TrimSpace(heard.Words)
	return nil
}

func (q *request) putSession() error {
	t, err := q.target()
	if err != nil {
		return err
	}
	voice, err := parseVoiceFormat(q.r.Header.Get("ResponseContentType"))
	if err != nil {
		return err
	}
	var body putSessionRequest
	if err := q.json(&body); err != nil {
		return err
	}
	q.record.came(body.SessionState, body.RequestAttributes)
	if err := q.arrived(); err != nil {
		return err
	}
	if body.SessionState == nil {
		return invalid("sessionState is missing")
	}
	if err := errors.Join(checkState(body.SessionState), checkMessages(body.Messages)); err != nil {
		return err
	}
	a, err := q.turn(t, q.withHooks(t, voice.contentType, &body.RequestAttributes, func(before *session) (*answer, error) {
		return t.dialog.Put(before, t.key.sessionID, body.SessionState, body.Messages, q.now)
	}))
	if err != nil {
		return err
	}
	return q.answerVoice(t, a, body.RequestAttributes, voice)
}

// answerVoice writes an answer in headers, and then the bot's voice, or its
// words, as the body.
func (q *request) answerVoice(t *target, a *answer, attributes map[string]string, voice voiceFormat) error {
	h := q.w.Header()
	h.Set("Content-Type", voice.contentType)
	h.Set(headerSessionID, t.key.sessionID)
	err := setPacked(h, headerSessionState, a.session.state(q.now, q.id))
	if len(a.messages) > 0 {
		err = errors.Join(err, setPacked(h, headerMessages, a.messages))
	}
	if len(attributes) > 0 {
		err = errors.Join(err, setPacked(h, headerRequestAttributes, attributes))
	}
	if err != nil {
		return err
	}
	if err := q.ready(); err != nil {
		return err
	}
	var whole *bytes.Buffer
	truncate := q.fault(faultTruncate, "")
	if truncate != nil || q.s.cfg.Synthesizer == nil {
		whole = &bytes.Buffer{}
		if err := q.speak(t, whole, a, voice); err != nil {
			return err
		}
		if voice.rate > 0 {
			q.record.AudioOutMillis = float64(whole.Len()/2) * 1000 / float64(voice.rate)
		}
	}
	if truncate != nil {
		q.struck(truncate)
	}
	drip := q.fault(faultDrip, "")
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
		body = &dripper{ctx: q.r.Context(), w: out, bytes: drip.Bytes, every: time.Duration(drip.Every), cleared: q.faultSet.cleared}
	}
	switch {
	case truncate != nil:
		_, _ = body.Write(truncate.cut(whole.Bytes())) // it breaks off in any case
		panic(http.ErrAbortHandler)
	case whole != nil:
		_, err = body.Write(whole.Bytes())
	default:
		err = q.speak(t, body, a, voice)
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		q.s.cfg.Logger.Debug("voice not delivered", "session", t.key.sessionID, "error", err)
	}
	return nil
}

// speak writes the voice of an answer.
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

func (q *request) getSession() error {
	t, err := q.target()
	if err != nil {
		return err
	}
	s := q.s.sessions.peek(t.key, q.now)
	if s == nil {
		return notFound("there is no session %s", t.key.sessionID)
	}
	q.record.took(&answer{session: s, messages: s.messages})
	return q.answerJSON(getSessionResponse{
		SessionID: t.key.sessionID, Messages: s.messages, Interpretations: s.interpretations,
		SessionState: s.state(q.now, q.id),
	})
}

func (q *request) deleteSession() error {
	t, err := q.target()
	if err != nil {
		return err
	}
	existed, err := q.s.sessions.remove(t.key, q.now)
	if err != nil {
		return err
	}
	if !existed {
		return notFound("there is no session %s", t.key.sessionID)
	}
	return q.answerJSON(deleteSessionResponse{t.key.botID, t.key.aliasID, t.key.localeID, t.key.sessionID})
}

// grammarName names the grammars of a bot's locale in the recognizer's log.
func (t *target) grammarName() string {
	return t.bot.id + "_" + t.key.localeID
}
