package twilio

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/gobwas/ws"

	"lexline/internal/call"
)

const (
	// handshakeWrite limits the writing of the handshake's answer.
	handshakeWrite = 5 * time.Second
	// replaceWait is how long a new stream waits for the call's old one to end.
	replaceWait = 2 * time.Second
)

// pathForLog is a request's path as it may be logged: without the token.
func pathForLog(path string) string {
	for _, part := range []string{"/stream/", "/updatecall/", "/dialled/", "/whisper/"} {
		if before, _, found := strings.Cut(path, part); found {
			return before + part + "*"
		}
	}
	return path
}

// openStream answers a websocket handshake. Whatever is wrong with it is found
// before the upgrade; afterwards the connection belongs to a goroutine of its
// own, so that the HTTP server's goroutine and buffers are freed.
func (d *Door) openStream(w http.ResponseWriter, r *http.Request, path string) {
	select {
	case d.handshakes <- struct{}{}:
		defer func() { <-d.handshakes }()
	default:
		d.refuseRequest(w, http.StatusServiceUnavailable)
		return
	}
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", http.MethodGet)
		d.refuseRequest(w, http.StatusMethodNotAllowed)
		return
	}
	if r.ContentLength != 0 {
		// Behind the upgrade its bytes would be taken for frames.
		d.refuseRequest(w, http.StatusBadRequest)
		return
	}
	if d.refuseFlood(w, r) {
		return
	}
	if !d.isSigned(r, path, nil, true) {
		d.refuseSignature(w, r)
		return
	}
	now := d.now()
	token := strings.TrimRight(strings.TrimPrefix(path, "/stream/"), "/")
	facts, id, err := d.sealer.open(token, now)
	plan := d.planOf(facts.callSID)
	if err == nil && !d.isOurs(plan, facts) {
		err = errBadToken
	}
	if err != nil {
		d.refuseToken(w, err)
		return
	}
	if !d.enter(facts.callSID) {
		d.refuseRequest(w, http.StatusServiceUnavailable)
		return
	}
	if !d.spent.spend(id, facts.expires, now) {
		d.leave()
		d.refuseToken(w, errors.New("stream token was used before"))
		return
	}
	d.calls.opened(facts.callSID, now)
	d.calls.keepPlan(facts.callSID, plan, now)
	conn, early, err := upgrade(w, r)
	if err != nil {
		d.leave()
		d.tally.add(Counters{RejectedRequests: 1})
		d.log.Debug("websocket handshake failed", slog.String("call", facts.callSID), slog.Any("err", err))
		return
	}
	d.tally.add(Counters{Streams: 1})
	go d.runStream(conn, early, plan, facts)
}

// isOurs reports whether a token, though sealed with our key, fits this instance's
// configuration: another instance may have other lines or accounts. A token for words
// opens no stream.
func (d *Door) isOurs(p *plan, facts claims) bool {
	return p.lines.named(facts.line) != nil && !facts.words &&
		(d.config.AccountSID == "" || d.config.AccountSID == facts.accountSID)
}

func (d *Door) refuseToken(w http.ResponseWriter, err error) {
	d.tally.add(Counters{RejectedTokens: 1})
	if skipped, ok := d.badTokens.pass(d.now()); ok {
		d.log.Warn("stream refused", slog.Any("err", err), slog.Int("skipped", skipped))
	}
	w.WriteHeader(http.StatusForbidden)
}

// upgrade completes the websocket handshake, without extensions or
// subprotocols, and returns the connection with what the peer has sent already.
func upgrade(w http.ResponseWriter, r *http.Request) (net.Conn, []byte, error) {
	upgrader := ws.HTTPUpgrader{Timeout: handshakeWrite}
	conn, buffers, _, err := upgrader.Upgrade(r, w)
	if err != nil {
		if conn != nil {
			_ = conn.Close() // the handshake's error is the one that matters
		}
		return nil, nil, fmt.Errorf("upgrade to websocket: %w", err)
	}
	early, err := buffers.Reader.Peek(buffers.Reader.Buffered())
	if err != nil {
		_ = conn.Close() // as above
		return nil, nil, fmt.Errorf("take over the connection: %w", err)
	}
	return conn, slices.Clone(early), nil
}

// runStream owns one accepted websocket until its start message, then hands it to
// runCall. enter has counted the stream.
func (d *Door) runStream(conn net.Conn, early []byte, p *plan, facts claims) {
	ctx, cancel := context.WithCancelCause(d.ctx)
	log := d.log.With(slog.String("call", facts.callSID), slog.String("line", facts.line))
	l := newLeg(conn, early, legConfig{limits: d.limits, wheel: d.wheel, tally: &d.tally, log: log})
	if err := l.awaitStart(ctx, facts); err != nil {
		d.tally.add(Counters{StartFailures: 1})
		log.Warn("stream ended before its start message was accepted", slog.Any("err", err))
		l.release()
		cancel(nil)
		d.leave()
		return
	}
	// A goroutine keeps the stack that it has needed once, and reading the start
	// message needs four times the stack of the call.
	go d.runCall(ctx, cancel, l, p, facts)
}

// runCall owns a started stream until its end. It is the call's goroutine.
func (d *Door) runCall(ctx context.Context, cancel context.CancelCauseFunc, l *leg, p *plan, facts claims) {
	defer d.leave()
	defer cancel(nil)
	defer l.release()
	s := &stream{cancel: cancel, done: make(chan struct{})}
	var side call.Leg = l
	var updater *updater // of a line with Update
	if p.lines.named(facts.line).Update {
		updater = newUpdater(ctx, d.desk, facts, l.log)
		side, s.poke = newWordsLeg(l, updater, p.keys.end), updater.poke
		defer updater.stop()
	}
	old := d.calls.attach(facts, s, d.now())
	l.conclude = func(end call.Termination) { d.conclude(facts, s, end) }
	end := call.Termination{Result: call.PeerFault, Reason: call.LegLost}
	if err := d.replace(ctx, old); err != nil {
		l.shut(ws.StatusInternalServerError)
		l.log.Error("stream ended because the call's old one does not end", slog.Any("err", err))
	} else {
		end = d.serve(ctx, p.serve, l, side, facts)
	}
	d.calls.detach(facts.callSID, s, end, d.now())
	if updater != nil {
		d.sendOn(l, updater, facts, end)
	}
}

// replace ends the stream that the call had before, so that the caller never
// hears two voices.
func (d *Door) replace(ctx context.Context, old *stream) error {
	if old == nil {
		return nil
	}
	d.tally.add(Counters{Replaced: 1})
	old.cancel(call.ErrReplaced)
	patience := time.NewTimer(replaceWait)
	defer patience.Stop()
	select {
	case <-old.done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-patience.C:
		return fmt.Errorf("wait for the old stream: still running after %v", replaceWait)
	}
}

// serve runs the call on an accepted stream, which side makes a leg of, and closes it. A panic ends this
// call only, and is reported with its stack.
func (d *Door) serve(ctx context.Context, serve ServeFunc, l *leg, side call.Leg, facts claims) (end call.Termination) {
	defer func() {
		if fault := recover(); fault != nil {
			d.tally.add(Counters{Panics: 1})
			end = call.Termination{Result: call.ServerFault, Reason: call.Panicked, Err: fmt.Errorf("panic: %v", fault)}
			l.log.Error("call panicked", slog.Any("panic", fault), slog.String("stack", string(debug.Stack())))
			l.shut(ws.StatusInternalServerError)
		}
	}()
	_, words := side.(*wordsLeg)
	end = serve(ctx, side, call.Info{
		ID: facts.callSID, Account: facts.accountSID, From: facts.from, To: facts.to,
		Line: facts.line, Resumed: facts.resumed, Outbound: facts.outbound, AnsweredBy: facts.answeredBy,
		Words: words, Began: facts.began, Returned: facts.returned,
	})
	_ = side.Close(end) // what went wrong on the leg is in end
	return end
}
