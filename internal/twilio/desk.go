package twilio

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	maxGathered = 8  // times that keys are noted until a stream must have taken them
	maxKeys     = 64 // of one time
	// keysKept is how long keys wait to be taken. Like everything that one instance
	// notes and another one reads, it allows for clocks that are apart.
	keysKept = time.Minute + clockSkew
	// unreadTime is how long a call is taken to be listened to by somebody while nobody
	// can be asked.
	unreadTime = time.Minute
)

// desk is what the two sides of a call whose words Twilio says have in common: the
// instance with its stream, and whichever instance Twilio asks. They meet in the notes.
type desk struct {
	calls   CallUpdater
	notes   *deskNotes
	beats   *MemoryNotes // what was seen last of a call's lease, and when
	links   links
	sealer  *sealer
	tickets *sealer // of calls that we placed
	tally   *tally
	log     *slog.Logger
	now     func() time.Time
}

func newDesk(d *Door, vault *sealer) *desk {
	now := func() time.Time { return d.now() }
	memory := func() *MemoryNotes {
		notes := NewNotes()
		notes.limit, notes.now = deskNotesFor(d.limits.Calls), now
		return notes
	}
	return &desk{
		calls: d.config.Calls, links: d.links, sealer: d.sealer, tickets: d.tickets,
		notes: &deskNotes{shared: d.config.Notes, own: memory(), sealer: vault, tally: &d.tally, log: d.log, now: now},
		beats: memory(), tally: &d.tally, log: d.log, now: now,
	}
}

// deskNotesFor is how many notes a desk keeps in memory for that many calls at a time.
func deskNotesFor(calls int) int { return maxNotes + 20*calls }

// resize changes for how many calls at a time there is memory.
func (d *desk) resize(calls int) {
	d.notes.own.resize(deskNotesFor(calls))
	d.beats.resize(deskNotesFor(calls))
}

// update has Twilio say words, or be silent if there are none.
func (d *desk) update(ctx context.Context, facts claims, words string) error {
	ctx, cancel := context.WithTimeout(ctx, updateTime)
	defer cancel()
	links := d.linksOf(facts)
	if words == "" {
		return d.send(ctx, facts, CallUpdate{URL: links.updateFor("")})
	}
	token, err := d.leaveWords(ctx, facts, words)
	if err != nil {
		return err
	}
	return d.send(ctx, facts, CallUpdate{
		URL: links.updateFor(token),
		// Where the answer to an update was lost, Twilio has come for its words: it comes
		// for those of the repetition by another question, which no token serves twice.
		Again: func(ctx context.Context) string {
			token, err := d.leaveWords(ctx, facts, words)
			if err != nil {
				return ""
			}
			return links.updateFor(token)
		},
	})
}

// leaveWords notes words, and returns the token that Twilio gets them for.
func (d *desk) leaveWords(ctx context.Context, facts claims, words string) (token string, err error) {
	facts.words, facts.expires = true, d.now().Add(wordsKept)
	token = d.sealer.seal(facts)
	return token, d.notes.put(ctx, wordsKey(token), wording{Words: words}, facts.expires.Add(clockSkew))
}

// sendOn has Twilio ask what to do now that the call's stream is over.
func (d *desk) sendOn(ctx context.Context, facts claims) error {
	return d.send(ctx, facts, CallUpdate{URL: d.linksOf(facts).resume})
}

// send has the call go on with other instructions.
func (d *desk) send(ctx context.Context, facts claims, update CallUpdate) error {
	d.tally.add(Counters{Updates: 1})
	update.Method = http.MethodPost
	err := d.calls.UpdateCall(ctx, facts.callSID, update)
	if err != nil {
		d.tally.add(Counters{UpdatesFailed: 1})
	}
	return err
}

// linksOf returns the addresses for the instructions of a call: those of a call that
// we placed name its line.
func (d *desk) linksOf(facts claims) links {
	if !facts.outbound {
		return d.links
	}
	return d.links.with(dialParam + "=" + d.tickets.seal(claims{
		accountSID: facts.accountSID, line: facts.line, to: normalizeNumber(facts.to), expires: d.now().Add(ticketTime),
	}))
}

// words returns what a token stands for, and nothing for a token that is wrong, old or
// another call's, or whose words were given out to another question.
func (d *desk) words(ctx context.Context, sid, token, retry string) string {
	facts, _, err := d.sealer.open(token, d.now())
	if err != nil || !facts.words || facts.callSID != sid {
		d.tally.add(Counters{RejectedTokens: 1})
		return ""
	}
	key := wordsKey(token)
	var is wording
	found, err := d.notes.get(ctx, key, &is)
	switch {
	case err != nil || !found:
		return ""
	case !is.Given:
		is.Given, is.To = true, retry
		if err := d.notes.put(ctx, key, is, facts.expires.Add(clockSkew)); err != nil {
			d.log.Warn("words may be given out again", slog.String("call", sid), slog.Any("err", err))
		}
	case retry == "" || is.To != retry:
		d.tally.add(Counters{RejectedTokens: 1})
		return ""
	}
	return is.Words
}

// press notes keys that Twilio has gathered for the stream of a call, unless this question
// brought them before. ended says that the caller pressed the key that ends them. Twilio
// asks its next question behind our answer to this one, so gatherings have an order.
func (d *desk) press(ctx context.Context, sid, keys string, ended bool, retry string) {
	to, found, err := d.lease(ctx, sid)
	if err != nil || !found || to.Over {
		d.log.Warn("keys given up, as no stream of the call is known", slog.String("call", sid))
		return
	}
	g := gathered{ID: cmp.Or(retry, rand.Text()), Keys: onlyKeys(keys), Ended: ended}
	for n := max(0, to.Next-1); n < to.Next+maxGathered; n++ { // from the one that was taken last
		key := keysKey(to.By, n)
		var there gathered
		// One that cannot be read was not noted here, and cannot be noted elsewhere now.
		if found, _ := d.notes.get(ctx, key, &there); found || n < to.Next {
			if found && there.ID == g.ID {
				return
			}
			continue
		}
		if err := d.notes.put(ctx, key, g, d.now().Add(keysKept)); err != nil {
			d.log.Warn("keys given up", slog.String("call", sid), slog.Any("err", err))
		}
		return
	}
	d.log.Warn("keys given up, as the call's stream takes none", slog.String("call", sid))
}

// onlyKeys is what of a text are keys, if they are not too many.
func onlyKeys(text string) string {
	keys := strings.Map(func(key rune) rune {
		if strings.ContainsRune("0123456789ABCD*#", key) {
			return key
		}
		return -1
	}, text)
	return keys[:min(len(keys), maxKeys)]
}

// take returns the gathering that a stream waits for, and takes the keys out of its note.
func (d *desk) take(ctx context.Context, of lease) (g gathered, found bool) {
	key := keysKey(of.By, of.Next)
	if found, err := d.notes.get(ctx, key, &g); err != nil || !found {
		return gathered{}, false
	}
	if err := d.notes.put(ctx, key, gathered{ID: g.ID}, d.now().Add(keysKept)); err != nil {
		d.log.Warn("keys stay noted", slog.Any("err", err))
	}
	return g, true
}

// lease returns the latest lease of a call. One of which nobody but this instance knows is
// the latest unless another stream has left one since.
func (d *desk) lease(ctx context.Context, sid string) (l lease, found bool, err error) {
	var newer lease
	isNewer, err := d.notes.newer(leaseKey(sid), &newer)
	if err != nil {
		return lease{}, false, err
	}
	found, err = d.notes.told(ctx, leaseKey(sid), &l)
	if isNewer && (err != nil || !found || l.By == newer.By) {
		return newer, true, nil
	}
	return l, found, err
}

// renew says that the call is listened to. A lease that another stream has by now is not
// taken from it, unless this one begins.
func (d *desk) renew(ctx context.Context, sid string, l *lease) {
	if now, found, err := d.lease(ctx, sid); l.Beat > 0 && err == nil && found && now.By != l.By {
		return
	}
	l.Beat++
	if err := d.notes.put(ctx, leaseKey(sid), l, d.now().Add(leaseKept)); err != nil {
		d.log.Warn("call's lease not renewed", slog.String("call", sid), slog.Any("err", err))
	}
}

// release says that the call is not listened to any more, unless another stream has it.
func (d *desk) release(ctx context.Context, sid string, l lease) {
	l.Over = true
	d.renew(ctx, sid, &l)
}

// isLive reports whether some instance listens to the call: it has said so, and goes on
// saying it. The clock of this instance tells how long it has not, if it is asked often
// enough; else the time of the lease does. Where nobody can be asked the call is not
// taken for dead, but for a while: most often its stream is well.
func (d *desk) isLive(ctx context.Context, sid string) bool {
	l, found, err := d.lease(ctx, sid)
	switch {
	case err != nil:
		if d.unchanged(ctx, sid, lease{}) < unreadTime {
			return true
		}
		_ = d.beats.PutNote(ctx, sid, nil, time.Time{}) // memory never fails; this begins anew
		return false
	case !found || l.Over:
		return false
	}
	return d.unchanged(ctx, sid, l) < leaseTime
}

// unchanged returns for how long this has been seen of a call's lease here, and nothing else.
func (d *desk) unchanged(ctx context.Context, sid string, l lease) time.Duration {
	seen, now := []byte(l.By+" "+strconv.Itoa(l.Beat)+" "), d.now()
	before, _ := d.beats.Note(ctx, sid) // memory never fails
	if rest, same := bytes.CutPrefix(before, seen); same {
		since, err := strconv.ParseInt(string(rest), 10, 64)
		if err == nil {
			return now.Sub(time.UnixMilli(since))
		}
	}
	_ = d.beats.PutNote(ctx, sid, strconv.AppendInt(seen, now.UnixMilli(), 10), now.Add(2*leaseKept)) // as above
	return 0
}
