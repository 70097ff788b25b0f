package lexlocal

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// zipped returns text as a header value.
func zipped(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	if _, err := zip.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

func TestHeaderRoundTrip(t *testing.T) {
	want := halfOrdered(dialogAction{Type: actionElicitSlot, SlotToElicit: "PickupTime"})
	packed, err := packHeader(want)
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{headerSessionState: {packed}, headerRequestAttributes: {zipped(t, `{"a":"b"}`)}}
	state, attributes, err := readLexHeaders(h)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, state); diff != "" {
		t.Errorf("state (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"a": "b"}, attributes); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
}

func TestBadHeaders(t *testing.T) {
	good := zipped(t, `{}`)
	for _, test := range []struct {
		name, header, value, want string
	}{
		{"not base64", headerSessionState, "{}", "is not base64"},
		{"not gzip", headerSessionState, base64.StdEncoding.EncodeToString([]byte("{}")), "is not gzip"},
		{"cut gzip", headerSessionState, good[:len(good)/2/4*4], "is not gzip"},
		{"not JSON", headerSessionState, zipped(t, `{"intent":`), "is not the expected JSON"},
		{"wrong type", headerRequestAttributes, zipped(t, `{"a":1}`), "is not the expected JSON"},
		{"a bomb", headerSessionState, zipped(t, strings.Repeat(" ", 8<<20)), "unpacks to more than"},
		{"too much for Lex", headerRequestAttributes, strings.Repeat("A", maxLexHeaders+1), "at most 12288 are allowed"},
		{"too much in all", "X-Other", strings.Repeat("A", maxHeaders), "at most 16384 are allowed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, _, err := readLexHeaders(http.Header{test.header: {test.value}})
			if kindOf(err) != "ValidationException" || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want a ValidationException with %q", err, test.want)
			}
		})
	}
}

func FuzzHeader(f *testing.F) {
	f.Add("{}")
	f.Add("")
	f.Add(zipped(f, `{"dialogAction":{"type":"ElicitSlot","slotToElicit":"PickupTime"},"intent":{"name":"OrderFlowers","slots":{"FlowerType":null}}}`))
	f.Add(zipped(f, `{"sessionAttributes":{"a":"b"},"activeContexts":[{"name":"c","timeToLive":{"timeToLiveInSeconds":5,"turnsToLive":1}}]}`))
	f.Add(zipped(f, strings.Repeat("[", 100000)))
	f.Fuzz(func(t *testing.T, value string) {
		state, _, err := readLexHeaders(http.Header{headerSessionState: {value}})
		if err != nil {
			if kindOf(err) != "ValidationException" {
				t.Errorf("header %q: %v, want a ValidationException", value, err)
			}
			return
		}
		// What was read can be written and read again.
		packed, err := packHeader(state)
		if err != nil {
			t.Fatalf("state of header %q: %v", value, err)
		}
		var again *sessionState
		if err := unpackHeader(packed, &again); err != nil {
			t.Errorf("state of header %q, packed again: %v", value, err)
		}
	})
}
