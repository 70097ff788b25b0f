package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/botdef"
	"lexline/internal/record"
)

func TestRetention(t *testing.T) {
	for text, want := range map[string]time.Duration{"30d": 30 * 24 * time.Hour, "1h": time.Hour, "0d": 0, "90m": 90 * time.Minute} {
		if got, err := parseRetention(text); err != nil || time.Duration(got) != want {
			t.Errorf("parseRetention(%q) = %v, %v; want %v", text, time.Duration(got), err, want)
		}
	}
	for _, text := range []string{"", "d", "-1d", "-1h", "1.5d", "1w", "99999999d"} {
		if got, err := parseRetention(text); err == nil {
			t.Errorf("parseRetention(%q) = %v; want an error", text, time.Duration(got))
		}
	}
}

func TestBadStores(t *testing.T) {
	for text, want := range map[string]string{
		"store: {retention: 5m}":                                                "lexline.yml:7: store.retention: 5m0s is not between 1h and 3660d",
		"store: {retention: monthly}":                                           `"monthly" is no duration; write 30d`,
		"store: {file: t.db}\ntable: {file: t.db}":                              "store.file: is the same as table.file",
		"store: {file: t.db, dynamodb: {name: calls}}":                          "store.dynamodb.name: is there beside store.file",
		"store: {dynamodb: {name: lexDR}}\ntable: {dynamodb: {name: lexDR}}":    "store.dynamodb.name: is the same as table.dynamodb.name",
		"store: {dynamodb: {region: us-east-1}}":                                "store.dynamodb.region: is there without store.dynamodb.name",
		"records: {mask: ['']}":                                                 "records.mask[0]: is empty",
		"records: {number_key: short}":                                          "records.number_key: is shorter than 16 characters",
		"records: {transcripts: perhaps}":                                       "neither true nor false",
		"store: {dynamodb: {name: lexline-calls, endpoint: nowhere}}":           "not an http or https URL",
		"records: {mask: Pin}":                                                  "a list is wanted here",
		"store: {dynamodb: {name: 'a b', region: us-east-1}, retention: '30d'}": "is no name of a table",
	} {
		path := filepath.Join(t.TempDir(), "lexline.yml")
		if err := os.WriteFile(path, []byte(goodConfig+text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := loadConfig(path, func(string) string { return "" }, true)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want an error with %q", text, err, want)
		}
	}
}

func TestObfuscatedSlots(t *testing.T) {
	locale := &botdef.Locale{Intents: []*botdef.Intent{{Slots: []*botdef.Slot{
		{Name: "Color"},
		{Name: "Pin", Obfuscated: true},
		{Name: "Address", Subslots: []*botdef.Slot{{Name: "City"}, {Name: "Street", Obfuscated: true}}},
	}}}}
	if diff := cmp.Diff([]string{"Pin", "Address.Street"}, obfuscated(locale)); diff != "" {
		t.Errorf("obfuscated slots (-want +got):\n%s", diff)
	}
	cfg := config{Records: recordsConfig{Mask: []string{"Card"}}, Lines: []lineConfig{{Name: "a"}, {Name: "b", Export: "../../bots/OrderFlowers", Locale: "en_US"}}}
	got, err := cfg.maskedSlots()
	if diff := cmp.Diff(map[string][]string{"a": {"Card"}, "b": {"Card"}}, got); err != nil || diff != "" {
		t.Errorf("maskedSlots: %v (-want +got):\n%s", err, diff)
	}
}

func TestNumberKey(t *testing.T) {
	a, b, own := config{}, config{}, config{Records: recordsConfig{NumberKey: "0123456789abcdef"}}
	a.Twilio.AuthToken, b.Twilio.AuthToken, own.Twilio.AuthToken = "one", "two", "one"
	if bytes.Equal(a.numberKey(), b.numberKey()) || bytes.Contains(a.numberKey(), []byte("one")) || string(own.numberKey()) != "0123456789abcdef" {
		t.Error("the key of numbers does not come from the token, or from number_key where that is set")
	}
}

// TestStoreThatCannotBeOpened starts without its store, and has it later.
func TestStoreThatCannotBeOpened(t *testing.T) {
	path := filepath.Join(t.TempDir(), "calls.db")
	if err := os.Mkdir(path, 0o700); err != nil { // a folder in its place
		t.Fatal(err)
	}
	var log bytes.Buffer
	g := &gateway{log: slog.New(slog.NewTextHandler(&log, nil)), cfg: config{Store: storeConfig{File: path, Retention: retention(time.Hour)}}}
	if err := g.openRecords(t.Context()); err != nil || !strings.Contains(log.String(), "store not opened") {
		t.Fatalf("openRecords = %v, log %s; want it to go on, and say so", err, &log)
	}
	entry := record.Entry{Call: "CA1", Started: time.Now(), Until: time.Now().Add(time.Hour)}
	if err := g.store.Put(t.Context(), entry); err == nil {
		t.Error("Put into a folder: no error")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	<-g.store.(*lateCalls).opened
	if err := g.store.Put(t.Context(), entry); err != nil {
		t.Errorf("Put once the folder is gone: %v", err)
	}
	if err := g.store.PutNote(t.Context(), "k", []byte("v"), time.Now().Add(time.Hour)); err != nil {
		t.Errorf("PutNote: %v", err)
	}
	if note, err := g.notes().Note(t.Context(), "k"); err != nil || string(note) != "v" {
		t.Errorf("Note = %q, %v; want v", note, err)
	}
	g.closeRecords()
	if strings.Contains(log.String(), "not closed") || strings.Contains(log.String(), "missing") {
		t.Errorf("closing: %s", &log)
	}

	g.cfg.Store.File = filepath.Join(t.TempDir(), "none", "calls.db")
	if err := g.openRecords(t.Context()); err == nil || !strings.Contains(err.Error(), "is missing") {
		t.Errorf("openRecords in a folder that is missing = %v; want an error that says so", err)
	}
	g.cfg.Store.File, g.store, g.records = "", nil, nil
	if err := g.openRecords(t.Context()); err != nil || g.store != nil || g.notes() != nil {
		t.Errorf("openRecords without a store = %v, %v; want none, and no notes", err, g.store)
	}
	g.closeRecords()
}
