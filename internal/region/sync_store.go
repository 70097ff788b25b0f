package region

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// storeWorker makes reads and writes one after the other, each with the
// deadline. It has at most queueLength waiting, and what comes on top is not taken.
type storeWorker struct {
	table    Table
	deadline time.Duration
	path     string
	key      string
	clock    func() time.Time
	queue    chan ObserverAction
	answers  chan storeAnswer
}

// storeAnswer is what an action came to.
type storeAnswer struct {
	event     ObserverEvent // for the observer; only that time has passed if it waits for no answer
	fault     error         // why the table could not be asked or told
	isCopied  bool          // the copy on disk was written
	copyFault error         // why it could not be
}

// queueLength is what can wait at a time: a read, the own entry, a verdict, its
// line of history and its copy on disk, and some for the last two.
const queueLength = 8

func newStoreWorker(c SyncConfig, key string, clock func() time.Time) *storeWorker {
	return &storeWorker{
		table: c.Table, deadline: c.Deadline, path: c.Copy, key: key, clock: clock,
		queue: make(chan ObserverAction, queueLength), answers: make(chan storeAnswer),
	}
}

// take gives the worker something to do and returns false if too much waits.
func (w *storeWorker) take(a ObserverAction) bool {
	select {
	case w.queue <- a:
		return true
	default:
		return false
	}
}

var errBusy = errors.New("the table is still busy")

// refusal is the answer to an action that was not taken, if it needs one.
func (w *storeWorker) refusal(a ObserverAction) (ObserverEvent, bool) {
	switch a.Kind {
	case ReadItems:
		ev := ObserverEvent{Kind: ReadDone, Request: a.Request}
		for _, key := range a.Keys {
			ev.Items = append(ev.Items, Got{Key: key, Err: errBusy})
		}
		return ev, true
	case WriteItem:
		return ObserverEvent{Kind: WriteDone, Request: a.Request, Err: errBusy}, true
	}
	return ObserverEvent{}, false
}

// run works until the context ends.
func (w *storeWorker) run(ctx context.Context) {
	for {
		var a ObserverAction
		select {
		case <-ctx.Done():
			return
		case a = <-w.queue:
		}
		answer := w.do(ctx, a)
		select {
		case <-ctx.Done():
			return
		case w.answers <- answer:
		}
	}
}

// appendTries is how often a line of the audit trail is tried: nobody writes it
// again later.
const appendTries = 3

// append adds a line to the audit trail. Each try has the deadline.
func (w *storeWorker) append(ctx context.Context, entry HistoryEntry) (err error) {
	for range appendTries {
		try, cancel := context.WithTimeout(ctx, w.deadline)
		err = AppendHistory(try, w.table, w.key, entry)
		cancel()
		if err == nil || ctx.Err() != nil {
			break
		}
	}
	return err
}

// do does one action.
func (w *storeWorker) do(ctx context.Context, a ObserverAction) storeAnswer {
	if a.Kind == AppendEntry {
		// The verdict is written; that its line of history is not is seen by the
		// gap between versions, and changes nothing.
		return storeAnswer{fault: unlessConflict(w.append(ctx, a.Entry))}
	}
	ctx, cancel := context.WithTimeout(ctx, w.deadline)
	defer cancel()
	switch a.Kind {
	case ReadItems:
		answer := storeAnswer{event: ObserverEvent{Kind: ReadDone, Request: a.Request}}
		for _, key := range a.Keys {
			item, err := w.table.Get(ctx, key)
			answer.event.Items = append(answer.event.Items, Got{Key: key, Item: item, Err: err})
			if err != nil && !errors.Is(err, ErrNotFound) {
				answer.fault = err
			}
		}
		return answer
	case WriteItem:
		err := w.table.Update(ctx, a.Key, a.Change)
		return storeAnswer{event: ObserverEvent{Kind: WriteDone, Request: a.Request, Err: err}, fault: unlessConflict(err)}
	case KeepCopy:
		if w.path != "" {
			err := writeCopy(w.path, a.Item, w.clock())
			return storeAnswer{isCopied: err == nil, copyFault: err}
		}
	}
	return storeAnswer{}
}

func unlessConflict(err error) error {
	if errors.Is(err, ErrConflict) {
		return nil
	}
	return err
}

// diskCopy is the file's second line; the first is its SHA-256 in hexadecimal.
type diskCopy struct {
	Saved int64           `json:"saved"` // seconds since 1970
	Key   string          `json:"key"`
	Item  json.RawMessage `json:"item"`
}

// copyAge is how old a copy may be: a verdict of yesterday says nothing of today.
const copyAge = 24 * time.Hour

// writeCopy puts the item into the file in one step: a reader, or a start after
// a crash, finds the old copy or the new one.
func writeCopy(path string, item Item, now time.Time) error {
	attributes, err := EncodeAttributes(item.Attributes)
	if err != nil {
		return fmt.Errorf("copy the region table: %w", err)
	}
	line, err := json.Marshal(diskCopy{Saved: now.Unix(), Key: item.Key, Item: attributes})
	if err != nil {
		return fmt.Errorf("copy the region table: %w", err)
	}
	sum := sha256.Sum256(line)
	text := hex.EncodeToString(sum[:]) + "\n" + string(line) + "\n"
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("copy the region table: %w", err)
	}
	_, err = file.WriteString(text)
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name()) // what is left is a stranger to everybody
		return fmt.Errorf("copy the region table: %w", err)
	}
	return nil
}

// readCopy reads the file that writeCopy wrote, unless it is damaged, of another
// key, or too old to be of use.
func readCopy(path, key string, now time.Time) (Item, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Item{}, fmt.Errorf("read the copy of the region table: %w", err)
	}
	item, saved, err := decodeCopy(text)
	switch age := now.Sub(saved); {
	case err != nil:
		return Item{}, fmt.Errorf("read the copy of the region table %s: %w", path, err)
	case item.Key != key:
		return Item{}, fmt.Errorf("the copy of the region table %s is of %q, not of %q", path, item.Key, key)
	case age > copyAge || age < -time.Minute:
		return Item{}, fmt.Errorf("the copy of the region table %s is %v old", path, age.Round(time.Second))
	}
	return item, nil
}

func decodeCopy(text []byte) (item Item, saved time.Time, err error) {
	const sumLength = 2 * sha256.Size
	if len(text) < sumLength+2 || text[sumLength] != '\n' || text[len(text)-1] != '\n' {
		return item, saved, errors.New("it is cut short")
	}
	line := text[sumLength+1 : len(text)-1]
	if sum := sha256.Sum256(line); hex.EncodeToString(sum[:]) != string(text[:sumLength]) {
		return item, saved, errors.New("its checksum is wrong")
	}
	var c diskCopy
	if err := json.Unmarshal(line, &c); err != nil {
		return item, saved, err
	}
	attributes, err := DecodeAttributes(c.Item)
	return Item{Key: c.Key, Attributes: attributes}, time.Unix(c.Saved, 0), err
}
