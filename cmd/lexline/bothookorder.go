package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"lexline/lexhook"
)

// flowerShop is what the example bot's function works for: it places orders.
type flowerShop struct {
	delay  time.Duration // how long it takes
	orders *ledger
}

// placedOrder is a line of the ledger. Fields are added, never renamed.
type placedOrder struct {
	Time      time.Time `json:"time"`
	Key       string    `json:"key"` // of the turn; the same key twice is an order placed twice
	Execution int       `json:"execution"`
	Session   string    `json:"session"` // of Lex, the CallSid
	Intent    string    `json:"intent"`
	// Order has what was ordered by the names of the intent's slots.
	Order  map[string]string `json:"order"`
	Region string            `json:"region,omitempty"` // of the Lex that asked
	Bot    string            `json:"bot"`
	Alias  string            `json:"alias"` // name, else id
}

// place puts an order into the ledger and answers with its confirmation. An
// execution before may have done so and died before it could say it: then the
// order is there already, under the same key.
func (s *flowerShop) place(ctx context.Context, x lexhook.Execution, e lexhook.Event, region string) (lexhook.Response, error) {
	select {
	case <-ctx.Done():
		return lexhook.Response{}, fmt.Errorf("place order: %w", ctx.Err())
	case <-time.After(s.delay):
	}
	placed := placedOrder{
		Time: time.Now(), Key: x.Key, Execution: x.Number, Session: e.SessionID,
		Intent: e.SessionState.Intent.Name, Order: slotTexts(e), Region: region, Bot: e.Bot.Name, Alias: aliasOf(e),
	}
	there, err := false, error(nil)
	if x.Number > 1 {
		there, err = s.orders.has(x.Key)
	}
	if err == nil && !there {
		err = s.orders.append(placed)
	}
	if err != nil {
		return lexhook.Response{}, err
	}
	what := placed.Order["FlowerType"]
	if what == "" {
		what = "flowers"
	}
	return lexhook.Close(e, "Fulfilled", "Thank you, your "+what+" have been ordered.", "Goodbye."), nil
}

// slotTexts returns the filled slots of the intent in force.
func slotTexts(e lexhook.Event) map[string]string {
	texts := make(map[string]string)
	for name := range e.SessionState.Intent.Slots {
		if text := e.SlotText(name); text != "" {
			texts[name] = text
		}
	}
	return texts
}

func aliasOf(e lexhook.Event) string {
	if e.Bot.AliasName != "" {
		return e.Bot.AliasName
	}
	return e.Bot.AliasID
}

// ledger is a file that grows by a line for each order. It is safe for several
// goroutines, and several processes may append to one file.
type ledger struct {
	path string // "": nothing is written

	mu   sync.Mutex
	file *os.File // guarded by mu
}

func openLedger(path string) (*ledger, error) {
	if path == "" {
		return &ledger{}, nil
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	return &ledger{path: path, file: file}, nil
}

// append writes a line in one piece, and returns when it is on the disk.
func (l *ledger) append(o placedOrder) error {
	line, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("write ledger: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	_, err = l.file.Write(append(line, '\n'))
	if err = errors.Join(err, l.file.Sync()); err != nil {
		return fmt.Errorf("write ledger: %w", err)
	}
	return nil
}

// has says whether there is an order with a key. It reads the whole file; what
// is no file, such as a pipe, has none.
func (l *ledger) has(key string) (bool, error) {
	if info, err := os.Stat(l.path); l.path == "" || err == nil && !info.Mode().IsRegular() {
		return false, nil
	}
	text, err := os.ReadFile(l.path)
	if err != nil {
		return false, fmt.Errorf("read ledger: %w", err)
	}
	for line := range bytes.Lines(text) {
		var o placedOrder
		if json.Unmarshal(line, &o) == nil && o.Key == key {
			return true, nil
		}
	}
	return false, nil
}

func (l *ledger) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}
