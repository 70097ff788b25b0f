package lexlocal

import (
	"errors"
	"strings"
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
	return q.say(t, a, voice)
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
