package twilio

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"lexline/internal/call"
)

// sendOnTime is how long Twilio may take to be told that a call's stream is over.
const sendOnTime = 5 * time.Second

// answerUpdate answers Twilio's question what to say in a call, or how to go on
// waiting, on a line with Update. It may be asked of an instance that has not got the
// call's stream. Where nobody has, the call is reconnected or ended as by /resume.
func (d *Door) answerUpdate(r *http.Request, form url.Values) []byte {
	sid, retry := form.Get("CallSid"), r.Header.Get(retryHeader)
	if callHasEnded(form.Get("CallStatus")) {
		d.hungUp(sid, d.now())
		return hangUp(nil, "")
	}
	line, err := d.lineOf(d.planOf(sid).lines, r, form)
	if err != nil || !line.Update {
		return d.answerResume(r, form)
	}
	if keys := form.Get("Digits"); keys != "" {
		// Twilio names the key that has ended the gathering, if one has.
		d.desk.press(r.Context(), sid, keys, form.Get("FinishedOnKey") != "", retry)
		d.calls.poke(sid)
	}
	words := ""
	if _, token, found := strings.Cut(r.URL.EscapedPath(), "/updatecall/"); found {
		words = d.desk.words(r.Context(), sid, strings.TrimRight(token, "/"), retry)
	}
	switch {
	case words != "":
		d.tally.add(Counters{WordsFetched: 1})
	case d.calls.liveStream(sid) == nil && !d.desk.isLive(r.Context(), sid):
		return d.answerResume(r, form)
	}
	return d.linksOf(r, sid).listening(line, words)
}

// sendOn has Twilio ask what to do now that the stream of a call is over: on a line with
// Update it would go on waiting for words. If it cannot be told it asks by itself, at the
// end of its wait, and learns then that nobody listens.
func (d *Door) sendOn(l *leg, u *updater, facts claims, end call.Termination) {
	if l.stopped || end.Reason == call.Replaced {
		return // nobody is on the line, or another stream has the call
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(d.ctx), sendOnTime)
	defer cancel()
	u.release(ctx)
	if err := d.desk.sendOn(ctx, facts); err != nil && !IsNotInProgress(err) && !IsNotFound(err) {
		l.log.Error("call not sent on", slog.Any("err", err))
	}
}
