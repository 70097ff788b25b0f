package twilio

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"lexline/internal/call"
)

const (
	// concludeTime is how long the end of a stream waits for its note to be left, and
	// the question what comes next for it to be read.
	concludeTime = 700 * time.Millisecond
	// concludeKept is how long it is known elsewhere what becomes of a call.
	concludeKept = 10 * time.Minute
)

func endKey(sid string) string { return "end/" + sid }

// conclude makes known, before a call's stream is closed, what becomes of the caller:
// Twilio asks as soon as it is, and not always this instance.
func (d *Door) conclude(facts claims, s *stream, end call.Termination) {
	now := d.now()
	began := d.calls.conclude(facts.callSID, s, end, now)
	if began.IsZero() || !end.Over() || end.Reason == call.CallerLeft {
		return // a newer stream goes on, or nobody will ask
	}
	d.note(pass{
		callSID: facts.callSID, line: facts.line, target: end.Next.Target, next: end.Next.Kind, told: spoke(end),
		intent: end.Next.Intent, context: end.Next.Context, began: began, expires: now.Add(concludeKept),
		returned: facts.returned, handovers: facts.handovers,
	})
}

// spoke reports whether the caller of a call that ended so has just heard from the bot
// what comes: who is handed over then needs no further words.
func spoke(end call.Termination) bool { return end.Reason == call.Transferred }

// note leaves a call's end for other instances.
func (d *Door) note(p pass) {
	ctx, cancel := context.WithTimeout(d.ctx, concludeTime)
	defer cancel()
	if err := d.notes.PutNote(ctx, endKey(p.callSID), []byte(d.sealer.sealPass(endNote, p)), p.expires); err != nil {
		d.tally.add(Counters{NotesFailed: 1})
		d.log.Warn("other instances are not told what becomes of a call", slog.String("call", p.callSID), slog.Any("err", err))
	}
}

// recall asks the notes for the end of a call that another instance may have known,
// and takes it over.
func (d *Door) recall(ctx context.Context, sid string) {
	ctx, cancel := context.WithTimeout(ctx, concludeTime)
	defer cancel()
	text, err := d.notes.Note(ctx, endKey(sid))
	if err != nil {
		d.tally.add(Counters{NotesFailed: 1})
		d.log.Warn("other instances were not heard on what becomes of a call", slog.String("call", sid), slog.Any("err", err))
		return
	}
	if len(text) == 0 {
		return
	}
	p, err := d.sealer.openPass(endNote, string(text), d.now())
	if err != nil || p.callSID != sid {
		d.log.Warn("note on the end of a call is not one of ours", slog.String("call", sid))
		return
	}
	d.calls.recall(p, d.now())
}

// goBack makes known that a call goes on with the bot after all. p is what a stream of
// it begins with.
func (d *Door) goBack(p pass) {
	now := d.now()
	d.calls.goBack(p, now)
	d.note(pass{callSID: p.callSID, began: p.began, returned: p.returned, handovers: p.handovers, expires: now.Add(concludeKept)})
}

// carryOn answers what becomes of a call that is over. p is how it ended.
func (d *Door) carryOn(links links, line *preparedLine, p pass) []byte {
	switch p.next {
	case call.NextTransfer:
		if target := d.planOf(p.callSID).onward.targets[p.target]; target != nil {
			d.tally.add(Counters{Transfers: 1})
			d.log.Info("call handed over", slog.String("call", p.callSID), slog.String("line", line.Name), slog.String("target", p.target))
			return d.handOver(links, line, target, p, "")
		}
	case call.NextRedirect:
		if redirect := d.planOf(p.callSID).onward.redirects[p.target]; redirect != nil {
			d.tally.add(Counters{Redirects: 1})
			d.log.Info("call sent on", slog.String("call", p.callSID), slog.String("line", line.Name), slog.String("redirect", p.target))
			return redirect.document()
		}
	default:
		return hangUp(nil, "")
	}
	// It was decided by an instance with another configuration.
	d.log.Error("call given up, its target is not configured here",
		slog.String("call", p.callSID), slog.String("line", line.Name), slog.String("target", p.target))
	return hangUp(line, line.Apology)
}

// handOver has a target dialled, for a call of line, behind a word to the caller if
// there is one.
func (d *Door) handOver(links links, line *preparedLine, target *Target, p pass, before string) []byte {
	p.line, p.target, p.expires = line.Name, target.Name, d.now().Add(passTime)
	dialled := links.dialled + d.sealer.sealPass(dialledPass, pass{
		callSID: p.callSID, line: line.Name, target: target.Name, intent: p.intent, context: p.context, began: p.began, expires: p.expires,
		returned: p.returned, handovers: p.handovers,
	}) + links.query
	whisper := ""
	if target.Kind == TargetNumber && target.Whisper != WhisperOff {
		p.expires = d.now().Add(time.Hour)
		whisper = links.whisper + d.sealer.sealPass(whisperPass, p)
	}
	doc := newDocument()
	doc.say(line, before)
	if !p.told {
		doc.say(line, target.Say)
	}
	target.dial(doc, p, dialled, whisper)
	return doc.bytes()
}

// answerDialled answers the question what to do after a target was dialled.
func (d *Door) answerDialled(token string) func(*http.Request, url.Values) []byte {
	return func(r *http.Request, form url.Values) []byte {
		sid := form.Get("CallSid")
		p, err := d.sealer.openPass(dialledPass, token, d.now())
		if callHasEnded(form.Get("CallStatus")) {
			d.dialled(p, form)
			d.hungUp(sid, d.now())
			return hangUp(nil, "")
		}
		if again := d.calls.retried(sid, r.Header.Get(retryHeader)); again != nil {
			return again
		}
		line := d.planOf(p.callSID).lines.named(p.line)
		if line == nil {
			line, _ = d.lineOf(d.planOf(sid).lines, r, form)
		}
		if err != nil || p.callSID != sid || line == nil {
			d.tally.add(Counters{RejectedTokens: 1})
			d.log.Warn("what follows a hand-over is not known", slog.String("call", sid), slog.Any("err", err))
			return hangUp(line, "")
		}
		answer := d.afterDial(d.linksOf(r, sid), line, p, form)
		if answer != nil {
			d.dialled(p, form)
			d.calls.remember(sid, r.Header.Get(retryHeader), answer)
		}
		return answer
	}
}

// dialled counts what became of a target, and tells it if the pass says whose it was.
func (d *Door) dialled(p pass, form url.Values) {
	outcome := dialOutcome(form)
	d.tally.add(outcome.counted())
	if tell := d.config.Dialled; tell != nil && p.target != "" && p.callSID == form.Get("CallSid") {
		tell(Dialled{Call: p.callSID, Target: p.target, Outcome: outcome, Talked: talked(form)})
	}
}

// afterDial decides what follows: nothing for who was talked to, and what the target's
// configuration says for others. It returns nil if another instance should be asked.
func (d *Door) afterDial(links links, line *preparedLine, p pass, form url.Values) []byte {
	onward := d.planOf(p.callSID).onward
	target := onward.targets[p.target]
	if target == nil || wasAnswered(form) {
		return hangUp(nil, "")
	}
	d.log.Warn("hand-over came to nothing", slog.String("call", p.callSID), slog.String("line", line.Name),
		slog.String("target", p.target), slog.String("status", dialStatus(form)))
	p.returned, p.handovers = p.returned.With(call.Returned{Target: p.target, Intent: p.intent}), p.handovers+1
	then := target.Unanswered
	switch {
	case then.Bot && d.isClosing():
		return nil
	case then.Bot:
		d.tally.add(Counters{Returned: 1})
		d.goBack(p)
		length, now := sayTime(then.Say), d.now()
		d.expect(p.callSID, length, now)
		facts := claimsOf(form, line, true, now.Add(length+30*time.Second))
		facts.began, facts.returned, facts.handovers = p.began, p.returned, p.handovers
		return links.connectAgain(line, then.Say, d.sealer.seal(facts))
	case then.Next != "":
		return d.handOver(links, line, onward.targets[then.Next], p, then.Say)
	}
	return hangUp(line, then.Say)
}

// answerWhisper answers what a target is told before it is connected. Whatever is
// wrong with the question, it is answered: else Twilio would not connect them.
func (d *Door) answerWhisper(token string) func(*http.Request, url.Values) []byte {
	return func(_ *http.Request, form url.Values) []byte {
		doc := newDocument()
		p, err := d.sealer.openPass(whisperPass, token, d.now())
		parent := form.Get("ParentCallSid")
		plan := d.planOf(p.callSID)
		line, target := plan.lines.named(p.line), plan.onward.targets[p.target]
		if err != nil || parent != "" && parent != p.callSID || line == nil || target == nil {
			d.tally.add(Counters{RejectedTokens: 1})
			return doc.bytes()
		}
		d.tally.add(Counters{Whispers: 1})
		doc.say(line, target.whisper(line.Name, p.context))
		return doc.bytes()
	}
}
