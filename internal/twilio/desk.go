package twilio

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	maxGathered = 8           // times that keys are noted until a leg must have taken them
	maxKeys     = 64          // of one time
	fetchKept   = time.Minute // nobody needs to know longer what was fetched, and keys are secrets
)

// desk is what the two sides of a call whose words Twilio says have in common: the
// instance with its stream, and whichever instance Twilio asks. They meet in the notes.
type desk struct {
	calls   CallUpdater
	notes   Notes
	links   links
	sealer  *sealer
	tickets *sealer // of calls that we placed
	tally   *tally
	log     *slog.Logger
	now     func() time.Time
}

func newDesk(d *Door) *desk {
	return &desk{
		calls: d.config.Calls, notes: d.notes, links: d.links, sealer: d.sealer, tickets: d.tickets,
		tally: &d.tally, log: d.log, now: func() time.Time { return d.now() },
	}
}

// fetch is the note of what Twilio was told and told us in a call. It is left by the
// instance that Twilio asks, one question at a time.
type fetch struct {
	Token    string     `json:"token,omitempty"`    // of the latest words that were given out, hashed
	Retry    string     `json:"retry,omitempty"`    // of the question they were given out to
	Gathered []gathered `json:"gathered,omitempty"` // the latest keys of the caller's, oldest first
}

// gathered is what the caller pressed in one go.
type gathered struct {
	ID   string `json:"id"` // of the question that brought the keys
	Keys string `json:"keys"`
}

// since returns the keys behind those with this id: all that are known if they are
// known no more.
func (f fetch) since(id string) (keys []gathered) {
	at := slices.IndexFunc(f.Gathered, func(g gathered) bool { return g.ID == id })
	return f.Gathered[at+1:]
}

// latest is the id of the latest keys, empty without any.
func (f fetch) latest() string {
	if len(f.Gathered) == 0 {
		return ""
	}
	return f.Gathered[len(f.Gathered)-1].ID
}

func leaseKey(sid string) string { return "live/" + sid }
func fetchKey(sid string) string { return "fetched/" + sid }

// wordsKey hides the token: who reads the notes cannot fetch anything with it.
func wordsKey(token string) string {
	sum := sha256.Sum256([]byte(token))
	return "words/" + hex.EncodeToString(sum[:16])
}

// update has Twilio say words, or be silent if there are none.
func (d *desk) update(ctx context.Context, facts claims, words string) error {
	ctx, cancel := context.WithTimeout(ctx, updateTime)
	defer cancel()
	token, links := "", d.linksOf(facts)
	if words != "" {
		expires := d.now().Add(wordsKept)
		facts.words, facts.expires = true, expires
		token = d.sealer.seal(facts)
		if err := d.notes.PutNote(ctx, wordsKey(token), []byte(words), expires); err != nil {
			return err
		}
	}
	return d.send(ctx, facts, links.updateFor(token))
}

// sendOn has Twilio ask what to do now that the call's stream is over.
func (d *desk) sendOn(ctx context.Context, facts claims) error {
	return d.send(ctx, facts, d.linksOf(facts).resume)
}

// send has the call go on with the instructions at an address.
func (d *desk) send(ctx context.Context, facts claims, address string) error {
	d.tally.add(Counters{Updates: 1})
	err := d.calls.UpdateCall(ctx, facts.callSID, CallUpdate{URL: address, Method: http.MethodPost})
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
	f := d.fetched(ctx, sid)
	if f.Token == key && (retry == "" || f.Retry != retry) {
		d.tally.add(Counters{RejectedTokens: 1})
		return ""
	}
	words := d.note(ctx, key)
	if len(words) == 0 {
		return ""
	}
	f.Token, f.Retry = key, retry
	d.leave(ctx, sid, f)
	return string(words)
}

// press notes keys that Twilio has gathered, unless this question brought them before.
func (d *desk) press(ctx context.Context, sid, keys, retry string) {
	f := d.fetched(ctx, sid)
	id := cmp.Or(retry, rand.Text())
	if slices.ContainsFunc(f.Gathered, func(g gathered) bool { return g.ID == id }) {
		return
	}
	keys = strings.Map(func(key rune) rune {
		if strings.ContainsRune("0123456789ABCD*#", key) {
			return key
		}
		return -1
	}, keys)
	f.Gathered = append(f.Gathered, gathered{id, keys[:min(len(keys), maxKeys)]})
	f.Gathered = f.Gathered[max(0, len(f.Gathered)-maxGathered):]
	d.leave(ctx, sid, f)
}

// renew says that the call is being listened to.
func (d *desk) renew(ctx context.Context, sid string) {
	ctx, cancel := context.WithTimeout(ctx, noteTime)
	defer cancel()
	if err := d.notes.PutNote(ctx, leaseKey(sid), []byte("1"), d.now().Add(leaseTime)); err != nil && ctx.Err() == nil {
		d.log.Warn("call's lease not renewed", slog.String("call", sid), slog.Any("err", err))
	}
}

// isLive reports whether some instance said lately that it listens to the call.
func (d *desk) isLive(ctx context.Context, sid string) bool {
	return len(d.note(ctx, leaseKey(sid))) > 0
}

// fetched returns the call's fetch note.
func (d *desk) fetched(ctx context.Context, sid string) (f fetch) {
	if text := d.note(ctx, fetchKey(sid)); text != nil && json.Unmarshal(text, &f) != nil {
		d.log.Warn("call's note is not one of ours", slog.String("call", sid))
	}
	return f
}

func (d *desk) leave(ctx context.Context, sid string, f fetch) {
	text, err := json.Marshal(f)
	if err == nil {
		ctx, cancel := context.WithTimeout(ctx, noteTime)
		defer cancel()
		err = d.notes.PutNote(ctx, fetchKey(sid), text, d.now().Add(fetchKept))
	}
	if err != nil {
		d.log.Warn("call's note not written", slog.String("call", sid), slog.Any("err", err))
	}
}

// note reads a note; one that cannot be read counts as none.
func (d *desk) note(ctx context.Context, key string) []byte {
	ctx, cancel := context.WithTimeout(ctx, noteTime)
	defer cancel()
	text, err := d.notes.Note(ctx, key)
	if err != nil && ctx.Err() == nil {
		d.log.Warn("note not read", slog.Any("err", err))
	}
	return text
}
