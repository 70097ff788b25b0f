package twilio

import (
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// resumeWait is how long /resume waits for the call's old stream to be over: Twilio
// may ask before we have seen the end of it, or before Serve has said whether the
// call is finished.
const resumeWait = time.Second

// retryHeader is the same in all attempts of Twilio's to ask one question
// (https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides).
const retryHeader = "I-Twilio-Idempotency-Token"

// unknownText is said when the called number belongs to no line.
const unknownText = "This number is not in service. Goodbye."

// webhook checks a request that Twilio makes about a call, and gives its form
// to answer, which returns TwiML, or nil to have Twilio try elsewhere.
func (d *Door) webhook(w http.ResponseWriter, r *http.Request, path string, answer func(*http.Request, url.Values) []byte) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		d.refuseRequest(w, http.StatusMethodNotAllowed)
		return
	}
	if d.refuseFlood(w, r) {
		return
	}
	form, status := d.readForm(w, r)
	if status != http.StatusOK {
		d.refuseRequest(w, status)
		return
	}
	if !d.isSigned(r, path, form, false) {
		d.refuseSignature(w, r)
		return
	}
	if !isSID(form.Get("CallSid")) || !isSID(form.Get("AccountSid")) {
		d.refuseRequest(w, http.StatusBadRequest)
		return
	}
	if want := d.config.AccountSID; want != "" && form.Get("AccountSid") != want {
		d.refuseAccount(w, r, form.Get("AccountSid"))
		return
	}
	twiml := answer(r, form)
	if twiml == nil {
		http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	// Of a chunked answer Twilio reads the first chunk
	// (https://www.twilio.com/docs/errors/12100).
	w.Header().Set("Content-Length", strconv.Itoa(len(twiml)))
	_, _ = w.Write(twiml) // nobody to tell if Twilio has left
}

// readForm returns the parameters of a webhook's body and 200, or the status that
// refuses it.
func (d *Door) readForm(w http.ResponseWriter, r *http.Request) (url.Values, int) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err != nil || kind != "application/x-www-form-urlencoded", r.Header.Get("Content-Encoding") != "":
		return nil, http.StatusUnsupportedMediaType
	case r.ContentLength > d.limits.Form:
		return nil, http.StatusRequestEntityTooLarge // before any of it is waited for
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, d.limits.Form))
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		return nil, http.StatusRequestEntityTooLarge
	case err != nil:
		return nil, http.StatusBadRequest
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, http.StatusBadRequest
	}
	return form, http.StatusOK
}

// refuseFlood answers a request without anything that could be a signature, from an
// address that sends many of them: nothing is read, nothing computed.
func (d *Door) refuseFlood(w http.ResponseWriter, r *http.Request) bool {
	if isSignature(r.Header.Get(signatureHeader)) || !d.failures.isOver(r.RemoteAddr, d.now()) {
		return false
	}
	d.tally.add(Counters{RejectedSignatures: 1})
	w.Header().Set("Connection", "close")
	w.WriteHeader(http.StatusTooManyRequests)
	return true
}

// isSigned reports whether a request carries Twilio's signature. From an address
// with too many wrong ones, only the most likely form of the URL is tried.
func (d *Door) isSigned(r *http.Request, path string, form url.Values, websocket bool) bool {
	addresses := d.verifier.addresses(path, r.URL.RawQuery, websocket)
	if d.failures.isOver(r.RemoteAddr, d.now()) {
		addresses = addresses[:1]
	}
	given := r.Header.Values(signatureHeader)
	// With two of them a proxy may have checked the other one.
	return len(given) == 1 && d.verifier.check(given[0], addresses, form)
}

// refuseSignature answers a request whose signature is wrong, without a word about
// what was expected.
func (d *Door) refuseSignature(w http.ResponseWriter, r *http.Request) {
	now := d.now()
	d.failures.failure(r.RemoteAddr, now)
	d.tally.add(Counters{RejectedSignatures: 1})
	if skipped, ok := d.badSignatures.pass(now); ok {
		d.log.Warn("request without Twilio's signature refused",
			slog.String("remote", r.RemoteAddr), slog.String("path", pathForLog(r.URL.Path)),
			slog.Bool("signed", r.Header.Get(signatureHeader) != ""), // else it is not even an attempt
			slog.String("checked_against", d.verifier.public.String()), slog.Int("skipped", skipped))
	}
	w.Header().Set("Connection", "close")
	w.WriteHeader(http.StatusForbidden)
}

// refuseAccount answers a request that Twilio signed for another account than the one
// that is configured: our own, if somebody has mistyped it.
func (d *Door) refuseAccount(w http.ResponseWriter, r *http.Request, account string) {
	d.tally.add(Counters{RejectedAccounts: 1})
	if skipped, ok := d.badAccounts.pass(d.now()); ok {
		d.log.Warn("request for another account refused", slog.String("path", pathForLog(r.URL.Path)),
			slog.String("account", account), slog.String("configured", d.config.AccountSID), slog.Int("skipped", skipped))
	}
	http.Error(w, http.StatusText(http.StatusForbidden), http.StatusForbidden)
}

// refuseRequest answers a request that is refused for what it is.
func (d *Door) refuseRequest(w http.ResponseWriter, status int) {
	d.tally.add(Counters{RejectedRequests: 1})
	http.Error(w, http.StatusText(status), status)
}

// answerCall answers the webhook of an incoming call.
func (d *Door) answerCall(r *http.Request, form url.Values) []byte {
	if d.isClosing() {
		d.tally.add(Counters{TurnedAway: 1})
		return nil // Twilio's fallback URL is better than a call that we are about to leave
	}
	now := d.now()
	sid := form.Get("CallSid")
	plan := d.planOf(sid) // once: a reload may come in between
	line, err := d.lineOf(plan.lines, r, form)
	if err != nil {
		return d.refuseLine(form, err)
	}
	if answer := d.answerMachine(line, form); answer != nil {
		return answer
	}
	if refusal, refused := d.refuseCall(sid, line, now); refused {
		return refusal
	}
	d.tally.add(Counters{Webhooks: 1, Outbound: countIf(form.Get("Direction") == apiCall)})
	d.calls.keepPlan(sid, plan, now)
	links := d.linksOf(r, sid)
	answer := d.calls.greet(sid, now, func() ([]byte, time.Time) {
		expires := now.Add(greetingTime(line) + 30*time.Second)
		return links.greet(line, d.sealer.seal(claimsOf(form, line, false, expires))), expires
	})
	if answer == nil {
		return links.sendToResume()
	}
	return answer
}

// refuseCall answers a new call for which there is no room. Nothing is made here, so
// that it takes no time when there is none.
func (d *Door) refuseCall(sid string, line *preparedLine, now time.Time) (answer []byte, refused bool) {
	if d.calls.hadStream(sid) {
		return nil, false // a webhook sent again is no new call
	}
	why := d.overload()
	if why == "" {
		if d.admit(sid, greetingTime(line), now) {
			return nil, false
		}
		why = "limits.calls"
	}
	d.tally.add(Counters{RejectedCalls: 1, Busy: 1})
	if skipped, ok := d.busy.pass(now); ok {
		d.log.Warn("call refused, all lines are busy", slog.String("call", sid), slog.String("why", why),
			slog.Int("limit", d.callsLimit()), slog.Int("skipped", skipped))
	}
	return line.refusal, true
}

// refuseLine answers the webhook of a call that has no line. Who was called by us is
// told nothing: it is not they who dialled a wrong number.
func (d *Door) refuseLine(form url.Values, err error) []byte {
	d.tally.add(Counters{RejectedCalls: 1})
	d.log.Warn("call to a number of no line refused", slog.String("call", form.Get("CallSid")),
		slog.String("to", lastDigits(form.Get("To"))), slog.Any("err", err))
	if form.Get("Direction") == apiCall {
		return hangUp(nil, "")
	}
	return hangUp(nil, unknownText)
}

// answerResume answers the question what to do now that the stream has ended.
func (d *Door) answerResume(r *http.Request, form url.Values) []byte {
	sid := form.Get("CallSid")
	if callHasEnded(form.Get("CallStatus")) {
		d.hungUp(sid, d.now())
		return hangUp(nil, "")
	}
	if again := d.calls.retried(sid, r.Header.Get(retryHeader)); again != nil {
		return again
	}
	if !d.calls.isOver(sid) {
		d.awaitEnd(r, sid)
	}
	if d.calls.mayGoOn(sid) {
		d.recall(r.Context(), sid)
	}
	if d.isClosing() && !d.calls.isOver(sid) {
		return nil // another instance can go on with it
	}
	line, err := d.lineOf(d.planOf(sid).lines, r, form)
	if err != nil {
		return d.refuseLine(form, err)
	}
	answer := d.resume(d.linksOf(r, sid), line, form)
	d.calls.remember(sid, r.Header.Get(retryHeader), answer)
	return answer
}

// resume reconnects a call, unless it is over or keeps losing its stream.
func (d *Door) resume(links links, line *preparedLine, form url.Values) []byte {
	now, sid := d.now(), form.Get("CallSid")
	step, known := d.calls.resume(sid, now)
	switch step {
	case leaveCall:
		return d.carryOn(links, line, known)
	case giveUpCall:
		d.tally.add(Counters{GivenUp: 1})
		d.log.Error("call given up, its stream was lost again and again",
			slog.String("call", sid), slog.String("line", line.Name), slog.Int("reconnected", maxResumes))
		return hangUp(line, line.Apology)
	}
	d.tally.add(Counters{Resumes: 1})
	d.log.Info("call is reconnected", slog.String("call", sid), slog.String("line", line.Name))
	length := greetingTime(&preparedLine{Line: Line{Greeting: line.Resuming}})
	d.expect(sid, length, now)
	expires := now.Add(length + 30*time.Second)
	facts := claimsOf(form, line, true, expires)
	facts.began, facts.returned, facts.handovers = known.began, known.returned, known.handovers
	return links.reconnect(line, d.sealer.seal(facts))
}

// awaitEnd waits, not long, for a call's live stream to be over. If it stays live,
// its connection may be half open; it ends when the next stream of the call opens.
func (d *Door) awaitEnd(r *http.Request, sid string) {
	live := d.calls.liveStream(sid)
	if live == nil {
		return
	}
	patience := time.NewTimer(resumeWait)
	defer patience.Stop()
	select {
	case <-live.done:
	case <-patience.C:
	case <-r.Context().Done():
	}
}

func claimsOf(form url.Values, line *preparedLine, resumed bool, expires time.Time) claims {
	return claims{
		callSID: form.Get("CallSid"), accountSID: form.Get("AccountSid"), line: line.Name,
		from: form.Get("From"), to: form.Get("To"), resumed: resumed, expires: expires,
		outbound: form.Get("Direction") == apiCall, answeredBy: answeredBy(form),
	}
}

// callHasEnded reports whether Twilio's CallStatus says that nobody is on the
// line any more (https://www.twilio.com/docs/voice/api/call-resource#call-status-values).
func callHasEnded(status string) bool {
	switch status {
	case "completed", "busy", "failed", "no-answer", "canceled":
		return true
	}
	return false
}

// isSID reports whether s can be one of Twilio's ids, which also makes it fit for
// a Lex session id and for logs.
func isSID(s string) bool {
	if len(s) < 2 || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}
