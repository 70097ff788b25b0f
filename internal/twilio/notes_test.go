package twilio

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestMemoryNotes(t *testing.T) {
	now := time.Unix(1000, 0)
	notes := NewNotes()
	notes.now = func() time.Time { return now }
	put := func(key, value string, until time.Time) {
		t.Helper()
		if err := notes.PutNote(t.Context(), key, []byte(value), until); err != nil {
			t.Fatalf("PutNote(%s) = %v", key, err)
		}
	}
	check := func(key, want string) {
		t.Helper()
		got, err := notes.Note(t.Context(), key)
		if err != nil || string(got) != want || (got == nil) != (want == "") {
			t.Errorf("Note(%s) = %q, %v; want %q", key, got, err, want)
		}
	}
	check("a", "")
	put("a", "one", now.Add(time.Minute))
	check("a", "one")
	put("a", "two", now.Add(time.Second))
	check("a", "two")
	now = now.Add(time.Second)
	check("a", "") // it holds until then, not any longer
	if err := notes.PutNote(t.Context(), "long", make([]byte, maxNoteBytes+1), now.Add(time.Minute)); !errors.Is(err, errNoteTooLong) {
		t.Errorf("PutNote of %d bytes = %v; want %v", maxNoteBytes+1, err, errNoteTooLong)
	}
}

func TestMemoryNotesAreBounded(t *testing.T) {
	now := time.Unix(1000, 0)
	notes := NewNotes()
	notes.now, notes.limit = func() time.Time { return now }, 3
	for i := range 5 {
		if err := notes.PutNote(t.Context(), fmt.Sprint(i), []byte("x"), now.Add(time.Duration(10-i)*time.Second)); err != nil {
			t.Fatalf("PutNote(%d) = %v", i, err)
		}
	}
	for i, want := range []bool{true, true, false, false, true} { // each time the one that would have gone first went
		if got, _ := notes.Note(t.Context(), fmt.Sprint(i)); (got != nil) != want {
			t.Errorf("note %d is there: %v; want %v", i, got != nil, want)
		}
	}
	now = now.Add(7 * time.Second) // 4 is over
	if err := notes.PutNote(t.Context(), "5", []byte("x"), now.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if got, _ := notes.Note(t.Context(), "1"); got == nil {
		t.Error("a note that holds was dropped while one was over")
	}
}
