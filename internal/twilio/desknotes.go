package twilio

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"time"
)

// notePurpose is that of what desks note: see token.go for the others.
const notePurpose = "lexline note, version 1"

// What desks note about a call.
type (
	// lease says that a call's stream is listened to. It is left by the instance that
	// has the stream.
	lease struct {
		By   string `json:"by"`             // the stream, by a name drawn for it
		Beat int    `json:"beat"`           // grows with each renewal
		Next int    `json:"next"`           // the gathering that the stream waits for, counted from 0
		Over bool   `json:"over,omitempty"` // nobody listens any more
	}

	// wording is what a token stands for. It is left by the instance that has the
	// stream, and changed by the one that gives the words out.
	wording struct {
		Words string `json:"words"`
		Given bool   `json:"given,omitempty"` // they were given out ...
		To    string `json:"to,omitempty"`    // ... to the question with this id
	}

	// gathered is what the caller pressed in one go. It is left by the instance that
	// Twilio brings the keys to; that with the stream takes the keys out.
	gathered struct {
		ID    string `json:"id"` // of the question that brought the keys
		Keys  string `json:"keys,omitempty"`
		Ended bool   `json:"ended,omitempty"` // by the key for that
	}
)

func leaseKey(sid string) string { return "live/" + sid }

// keysKey is that of a gathering for a stream. Each has a note of its own, so that no two
// instances change one at a time.
func keysKey(by string, number int) string { return "keys/" + by + "/" + strconv.Itoa(number) }

// wordsKey hides the token: who reads the notes cannot fetch anything with it.
func wordsKey(token string) string {
	sum := sha256.Sum256([]byte(token))
	return "words/" + hex.EncodeToString(sum[:16])
}

// deskNotes are Notes as desks use them. Each note is sealed, as it holds a caller's keys
// or what they are told, and the store of notes may be read by others, and keeps what was
// deleted. Each is kept in this process, too: where the store fails an instance still
// knows what it has noted itself. They are safe for several goroutines.
type deskNotes struct {
	shared Notes        // nil: there are no others
	own    *MemoryNotes // sealed notes, each behind a byte that says whether it is shared
	sealer *sealer
	tally  *tally
	log    *slog.Logger
	now    func() time.Time

	failures logGate
}

const (
	isShared byte = iota
	unshared      // the note is newer than what others have
)

// put leaves a note. Where others cannot be told of it that is counted, and no error.
func (n *deskNotes) put(ctx context.Context, key string, note any, until time.Time) error {
	plain, err := json.Marshal(note)
	if err != nil {
		return fmt.Errorf("write a note: %w", err)
	}
	sealed := n.sealer.sealNote(key, plain)
	mine := append([]byte{unshared}, sealed...)
	if err := n.own.PutNote(ctx, key, mine, until); err != nil {
		return fmt.Errorf("keep a note: %w", err)
	}
	if n.share(ctx, key, sealed, until) {
		// Unless it was changed meanwhile.
		if now, _ := n.own.Note(ctx, key); bytes.Equal(now, mine) { // memory never fails
			now[0] = isShared
			_ = n.own.PutNote(ctx, key, now, until) // as above
		}
	}
	return nil
}

// share leaves a note for other instances, and reports whether they can have it.
func (n *deskNotes) share(ctx context.Context, key string, sealed []byte, until time.Time) bool {
	if n.shared == nil {
		return false
	}
	bounded, cancel := context.WithTimeout(ctx, noteTime)
	defer cancel()
	err := n.shared.PutNote(bounded, key, sealed, until)
	if skipped, told := n.failed(ctx, err); told {
		n.log.Warn("other instances are not told of a note on a call", slog.Any("err", err), slog.Int("skipped", skipped))
	}
	return err == nil
}

// get reads a note and reports whether there is one. An error says that nobody knows.
func (n *deskNotes) get(ctx context.Context, key string, note any) (found bool, err error) {
	if found, err = n.newer(key, note); found || err != nil {
		return found, err
	}
	return n.told(ctx, key, note)
}

// newer reads a note of which this process alone knows.
func (n *deskNotes) newer(key string, note any) (found bool, err error) {
	mine, _ := n.own.Note(context.Background(), key) // memory neither waits nor fails
	if len(mine) == 0 || mine[0] != unshared {
		return false, nil
	}
	return n.open(key, mine[1:], note)
}

// told reads a note as all instances know it, or as this one does where they cannot be
// asked.
func (n *deskNotes) told(ctx context.Context, key string, note any) (found bool, err error) {
	if n.shared == nil {
		return false, nil
	}
	sealed, err := n.ask(ctx, key)
	if mine, _ := n.own.Note(ctx, key); err != nil && len(mine) > 0 { // as above
		sealed, err = mine[1:], nil
	}
	if err != nil || len(sealed) == 0 {
		return false, err
	}
	return n.open(key, sealed, note)
}

func (n *deskNotes) open(key string, sealed []byte, note any) (found bool, err error) {
	plain, err := n.sealer.openNote(key, sealed)
	if err == nil {
		err = json.Unmarshal(plain, note)
	}
	if err != nil {
		n.log.Warn("note on a call is not one of ours", slog.Any("err", err))
		return false, fmt.Errorf("read a note: %w", err)
	}
	return true, nil
}

// ask reads what other instances may have noted.
func (n *deskNotes) ask(ctx context.Context, key string) ([]byte, error) {
	bounded, cancel := context.WithTimeout(ctx, noteTime)
	defer cancel()
	sealed, err := n.shared.Note(bounded, key)
	if skipped, told := n.failed(ctx, err); told {
		n.log.Warn("note on a call not read", slog.Any("err", err), slog.Int("skipped", skipped))
	}
	return sealed, err
}

// failed counts an error of the store, unless it is nil or the call's own end, and says
// whether the log is to have it: not each of many.
func (n *deskNotes) failed(ctx context.Context, err error) (skipped int, told bool) {
	if err == nil || ctx.Err() != nil {
		return 0, false
	}
	n.tally.add(Counters{NotesFailed: 1})
	return n.failures.pass(n.now())
}

// sealNote seals what is noted under a key. Nobody without our key reads it, and nobody
// has it taken for the note of another key.
func (s *sealer) sealNote(key string, plain []byte) []byte {
	return s.keys[0].Seal(nil, nil, plain, []byte(key))
}

// openNote returns what was sealed. The error is errBadToken.
func (s *sealer) openNote(key string, sealed []byte) ([]byte, error) {
	for _, with := range s.keys {
		if plain, err := with.Open(nil, nil, sealed, []byte(key)); err == nil {
			return plain, nil
		}
	}
	return nil, errBadToken
}
