package lexlocal

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"

	"lexline/internal/fault"
)

// maxJSON bounds the body of the JSON operations.
const maxJSON = 256 << 10

// statusClientGone is recorded when the client went away before its answer was
// known. Nobody receives it.
const statusClientGone = 499

// operation is one operation of the API. run answers the request, or returns
// an error before it has written anything.
type operation struct {
	name string
	run  func(*request) error
}

// request is one request at work. It lives on the handler's goroutine.
type request struct {
	s    *Server
	w    http.ResponseWriter
	r    *http.Request
	rc   *http.ResponseController
	id   string
	now  time.Time // by the server's clock, for the dialog
	read time.Time // by the system's clock, when the body had arrived

	record Record

	faultSet *fault.Set[Fault] // in force when the request began
	faults   []*activeFault    // those that strike it
	lingered bool              // the answer is late enough

	pcm   []int16 // what the caller said, of a speech request
	known string  // the words of the known clips in it, with a Scripted recognizer
}

func (s *Server) handler(op operation) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := &request{
			s: s, w: w, r: r, rc: http.NewResponseController(w),
			id: rand.Text(), now: s.cfg.Now(), read: time.Now(),
		}
		q.record = Record{Time: q.now, Op: op.name, Region: s.cfg.Region}
		if id := r.PathValue("sessionId"); sessionIDPattern().MatchString(id) {
			q.record.Session = id
		}
		w.Header().Set("X-Amzn-Requestid", q.id)
		end, err := q.begin(op.name)
		defer end()
		if err == nil && (r.Method == http.MethodGet || r.Method == http.MethodDelete) {
			err = q.arrived() // there is no body to wait for
		}
		if err == nil {
			err = op.run(q)
		}
		if err != nil {
			q.refuse(err)
		}
	})
}

// refuse answers with an error.
func (q *request) refuse(err error) {
	told, fault := asAPIError(err)
	if fault && q.r.Context().Err() != nil {
		q.record.Error, q.record.ClientGone = "the client went away", true
		q.done(statusClientGone)
		panic(http.ErrAbortHandler) // returning would send an empty answer that looks good
	}
	if fault {
		q.s.cfg.Logger.Error("request not answered", "op", q.record.Op, "request", q.id, "error", err)
	}
	q.record.Error = told.Error()
	q.done(told.status)
	told.write(q.w)
}

// done hands out the record of the request. It is called once, just before the
// answer is written.
func (q *request) done(status int) {
	q.record.Status = status
	q.record.Millis = float64(time.Since(q.read).Microseconds()) / 1000
	for _, f := range q.s.faults.Current().Faults {
		if f.Fault.process() {
			q.struck(f) // this answer does not get out
		}
	}
	q.s.cfg.Record(q.record)
}

// answerJSON writes a good answer.
func (q *request) answerJSON(body any) error {
	return q.answerStatus(http.StatusOK, body)
}

// answerStatus writes a good answer with another status than 200.
func (q *request) answerStatus(status int, body any) error {
	if err := q.ready(); err != nil {
		return err
	}
	f := q.fault(faultTruncate, "")
	if f == nil {
		q.done(status)
		writeJSON(q.w, status, body)
		return nil
	}
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	q.struck(f)
	q.done(status)
	q.w.Header().Set("Content-Type", "application/json")
	q.w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	q.w.WriteHeader(status)
	q.breakOff(f.Fault.cut(text))
	return nil
}

// breakOff writes the beginning of an answer and ends its connection.
func (q *request) breakOff(beginning []byte) {
	if _, err := q.w.Write(beginning); err == nil {
		_ = q.rc.Flush() // else the client has gone, which is no worse
	}
	panic(http.ErrAbortHandler)
}

func (q *request) unknown() error { return unknownOperation(q.r) }

// body reads the whole body of the request, at most limit bytes. With an error
// it returns what has arrived.
func (q *request) body(limit int64) ([]byte, error) {
	// A connection that knows no deadlines is a test's; it cannot hang.
	_ = q.rc.SetReadDeadline(time.Now().Add(q.s.bodyTimeout))
	body, err := io.ReadAll(io.LimitReader(q.r.Body, limit+1))
	q.read = time.Now()
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		q.w.Header().Set("Connection", "close")
		return body, tooSlow(q.s.bodyTimeout)
	case err != nil:
		q.record.ClientGone = true
		return body, invalid("the body of the request is not complete: %v", err)
	case int64(len(body)) > limit:
		return nil, invalid("the body of the request is longer than %d bytes", limit)
	}
	// The deadline must not end the request while it is being answered.
	_ = q.rc.SetReadDeadline(time.Time{})
	return body, nil
}

// json reads a JSON body into v. An empty body is an empty object.
func (q *request) json(v any) error {
	body, err := q.body(maxJSON)
	if err != nil || len(body) == 0 {
		return err
	}
	if err := json.Unmarshal(body, v); err != nil {
		return invalid("the body of the request is not the expected JSON: %v", err)
	}
	return nil
}

// target is what the path of a runtime request names.
type target struct {
	bot    *servedBot
	alias  alias
	ttl    time.Duration // of its sessions
	dialog *dialog
	key    sessionKey
}

func (q *request) target() (*target, error) {
	key := sessionKey{q.r.PathValue("botId"), q.r.PathValue("aliasId"), q.r.PathValue("localeId"), q.r.PathValue("sessionId")}
	switch {
	case !idPattern.MatchString(key.botID):
		return nil, invalid("botId %q is not 10 letters or digits", key.botID)
	case !idPattern.MatchString(key.aliasID):
		return nil, invalid("botAliasId %q is not 10 letters or digits", key.aliasID)
	case !localePattern.MatchString(key.localeID):
		return nil, invalid("localeId %q is not a locale such as en_US", key.localeID)
	case !sessionIDPattern().MatchString(key.sessionID):
		return nil, invalid("sessionId %q is not 2 to 100 letters, digits, dots, colons, hyphens or underscores", key.sessionID)
	}
	bot := q.s.account.find(key.botID)
	if bot == nil {
		return nil, notFound("there is no bot %s here", key.botID)
	}
	q.record.Bot = bot.name
	a, ok := bot.aliases.find(key.aliasID)
	if !ok {
		return nil, notFound("bot %s has no alias %s", bot.name, key.aliasID)
	}
	v, ok := bot.at(a.Version)
	if !ok || v.def.Locale(key.localeID) == nil {
		return nil, notFound("alias %s of bot %s has no locale %s", a.Name, bot.name, key.localeID)
	}
	if !a.enabled(key.localeID) {
		return nil, invalid("locale %s is not enabled in alias %s of bot %s", key.localeID, a.Name, bot.name)
	}
	d := v.dialog(key.localeID, q.now)
	if d == nil {
		return nil, invalid("locale %s of bot %s has not been built", key.localeID, bot.name)
	}
	return &target{bot, a, v.def.SessionTTL, d, key}, nil
}

// turn lets work make one turn of a session, which no other request can use
// meanwhile. The session changes only if work succeeds and the client is still
// there: a client that asks again after it gave up asks the same turn.
func (q *request) turn(t *target, work func(*session) (*answer, error)) (*answer, error) {
	before, err := q.s.sessions.claim(t.key, q.now)
	if err != nil {
		return nil, err
	}
	var after *session
	defer func() { q.s.sessions.settle(t.key, after, q.now.Add(t.ttl)) }()
	a, err := work(before)
	if err == nil {
		err = q.linger(q.usual()) // a slow answer keeps its session busy
	}
	if err == nil {
		err = q.r.Context().Err()
	}
	if err != nil {
		return nil, err
	}
	after = a.session
	if f := q.fault(faultEmpty, ""); f != nil {
		q.struck(f)
		wordless := *a
		wordless.messages = nil
		a = &wordless
	}
	q.record.took(a)
	return a, nil
}
