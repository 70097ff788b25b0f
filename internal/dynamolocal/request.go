package dynamolocal

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"lexline/internal/fault"
)

const (
	targetPrefix = "DynamoDB_20120810."
	contentType  = "application/x-amz-json-1.0"
)

// request is one request from its first byte to its record.
type request struct {
	s        *Server
	w        http.ResponseWriter
	r        *http.Request
	in       input
	record   Record
	read     time.Time // when its body was
	faultSet *fault.Set[Fault]
	faults   []*activeFault
}

// ServeHTTP answers one request of the DynamoDB API.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		// As DynamoDB does: whoever looks with a browser sees that it is there.
		_, _ = io.WriteString(w, "healthy: local DynamoDB\n")
		return
	}
	target := r.Header.Get("X-Amz-Target")
	name, _ := strings.CutPrefix(target, targetPrefix)
	q := &request{s: s, w: w, r: r, read: time.Now(), record: Record{Time: s.cfg.Now(), Op: name, Agent: agent(r)}}
	op := operations[name]
	if op == nil || !strings.HasPrefix(target, targetPrefix) {
		q.record.Op = "Unknown"
		q.fail(unknownOperation(target))
		return
	}
	end, err := q.begin()
	defer end()
	if err == nil {
		err = q.answer(op)
	}
	if err != nil {
		q.fail(err)
	}
}

// agent is the first word of User-Agent: the kind of client.
func agent(r *http.Request) string {
	name, _, _ := strings.Cut(r.UserAgent(), " ")
	return name[:min(len(name), 80)]
}

// answer reads the request, carries it out, and writes what came of it. What it
// returns is still to be answered.
func (q *request) answer(op operation) error {
	body, err := io.ReadAll(http.MaxBytesReader(q.w, q.r.Body, maxBody))
	q.read = time.Now()
	if err != nil {
		return fmt.Errorf("read request: %w", err)
	}
	if err := q.strike(whenBody); err != nil {
		return err
	}
	answer, refused := q.carryOut(op, body)
	if err := q.linger(); err != nil {
		return err
	}
	if err := q.strike(whenAnswer); err != nil {
		return err
	}
	if refused != nil {
		return refused
	}
	text, err := json.Marshal(answer)
	if err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	q.done(http.StatusOK)
	q.send(http.StatusOK, text)
	return nil
}

func (q *request) carryOut(op operation, body []byte) (any, *apiError) {
	if !strings.HasPrefix(q.r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ") {
		return nil, noSignature()
	}
	if err := json.Unmarshal(body, &q.in); err != nil {
		return nil, unreadable("the request cannot be read: %v", err)
	}
	q.record.came(&q.in)
	return op(q.s, q)
}

// fail answers with an error, if there is still somebody to answer to.
func (q *request) fail(err error) {
	told, ok := errors.AsType[*apiError](err)
	_, isTooLong := errors.AsType[*http.MaxBytesError](err)
	switch {
	case ok:
	case isTooLong:
		told = &apiError{status: http.StatusRequestEntityTooLarge, message: err.Error()}
	default: // the client has gone away
		q.record.ClientGone, q.record.Error = true, err.Error()
		q.done(0)
		panic(http.ErrAbortHandler) // the way to end an exchange without an answer
	}
	q.record.Error = told.Error()
	q.done(told.status)
	if told.kind == "" {
		q.w.Header().Set("Content-Type", "text/html")
		q.w.WriteHeader(told.status)
		// A client that has gone away cannot be told anything.
		_, _ = fmt.Fprintf(q.w, "<html><body><h1>%d %s</h1></body></html>\n", told.status, http.StatusText(told.status))
		return
	}
	text, err := json.Marshal(told.body())
	if err != nil {
		text = fmt.Appendf(nil, `{"__type":%q}`, told.namespace+told.kind)
	}
	q.send(told.status, text)
}

// send writes a body with its checksum, which SDKs compare, see
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html.
func (q *request) send(status int, body []byte) {
	h := q.w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(body)), 10))
	h.Set("X-Amzn-Requestid", fmt.Sprintf("local-%d", q.record.Time.UnixNano()))
	q.w.WriteHeader(status)
	if f := q.fault(faultTruncate); f != nil {
		// A client that has gone away cannot be told anything.
		_, _ = q.w.Write(body[:int(float64(len(body))*f.Fault.Fraction)])
		_ = http.NewResponseController(q.w).Flush()
		panic(http.ErrAbortHandler)
	}
	_, _ = q.w.Write(body)
}

// done writes the record of the request.
func (q *request) done(status int) {
	if f := q.fault(faultTruncate); f != nil && status != 0 {
		q.struck(f)
	}
	q.record.Status = status
	q.record.Millis = float64(time.Since(q.read).Microseconds()) / 1000
	q.s.cfg.Record(q.record)
}
