package speech

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMessagesComeBackAsTheyWere(t *testing.T) {
	var wire bytes.Buffer
	bodies := [][]byte{[]byte("first"), {}, bytes.Repeat([]byte{0, 255}, 1000)}
	for _, body := range bodies {
		if err := writeMessage(&wire, utteranceMessage, body); err != nil {
			t.Fatalf("write a message of %d bytes = %v", len(body), err)
		}
	}
	for i, want := range bodies {
		got, err := readMessage(&wire, utteranceMessage)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("message %d = %d bytes, %v; want the %d written", i, len(got), err, len(want))
		}
	}
	if _, err := readMessage(&wire, utteranceMessage); !errors.Is(err, io.EOF) {
		t.Errorf("after the last message = %v; want %v", err, io.EOF)
	}
}

func TestReadMessageRefuses(t *testing.T) {
	tests := []struct{ name, wire, want string }{
		{"half a head", "u\x00\x00", "unexpected EOF"},
		{"half a body", "u\x00\x00\x00\x05abc", "read a message of 5 bytes: unexpected EOF"},
		{"no body", "u\x00\x00\x00\x05", "read a message of 5 bytes: unexpected EOF"},
		{"another kind", "h\x00\x00\x00\x00", `kind 'h'; want 'u'`},
		{"text", "INFO: loading", `kind 'I'; want 'u'`},
		{"a length out of bounds", "u\xff\xff\xff\xff", "4294967295 bytes is longer than 4194304"},
	}
	for _, test := range tests {
		_, err := readMessage(strings.NewReader(test.wire), utteranceMessage)
		if err == nil || !strings.Contains(err.Error(), test.want) || errors.Is(err, io.EOF) {
			t.Errorf("%s, %q: error %v; want %q, and not a regular end", test.name, test.wire, err, test.want)
		}
	}
	if err := writeMessage(io.Discard, utteranceMessage, make([]byte, maxMessage+1)); err == nil {
		t.Error("a message longer than is read was written")
	}
}

func TestUtterancesComeBackAsTheyWere(t *testing.T) {
	tests := []struct {
		jsgf string
		pcm  []int16
	}{
		{"public <a> = yes;", []int16{0, 1, -1, 32767, -32768}},
		{"", []int16{5}},
		{"public <a> = été;", nil},
	}
	for _, test := range tests {
		jsgf, pcm, err := getUtterance(putUtterance(test.jsgf, test.pcm))
		if err != nil || jsgf != test.jsgf || !slices.Equal(pcm, test.pcm) {
			t.Errorf("utterance %+v came back as %q, %v, %v", test, jsgf, pcm, err)
		}
	}
	for _, body := range []string{"", "\x00\x00\x00", "\x00\x00\x00\x02a", "\xff\xff\xff\xffab", "\x00\x00\x00\x01abc" + "d"} {
		if jsgf, pcm, err := getUtterance([]byte(body)); err == nil {
			t.Errorf("getUtterance(%q) = %q, %v; want an error", body, jsgf, pcm)
		}
	}
}

// FuzzGetUtterance checks that whatever is understood is what was packed.
func FuzzGetUtterance(f *testing.F) {
	f.Add(putUtterance("public <a> = yes;", []int16{1, -2, 3}))
	f.Add(putUtterance("", nil))
	f.Add([]byte("\x00\x00\x00\x02a"))
	f.Add([]byte("\xff\xff\xff\xff\x00\x00"))
	f.Fuzz(func(t *testing.T, body []byte) {
		jsgf, pcm, err := getUtterance(body)
		if err != nil {
			return
		}
		if again := putUtterance(jsgf, pcm); !bytes.Equal(again, body) {
			t.Errorf("getUtterance(%q) = %q, %v, which packs to %q", body, jsgf, pcm, again)
		}
	})
}

// FuzzReadMessage checks that what is read is what was written, and no more.
func FuzzReadMessage(f *testing.F) {
	f.Add([]byte("u\x00\x00\x00\x03abcu\x00\x00\x00\x00"))
	f.Add([]byte("u\x00\x00\x00\x05abc"))
	f.Add([]byte("u\xff\xff\xff\xff"))
	f.Add([]byte("INFO: cmd_ln.c(697)"))
	f.Fuzz(func(t *testing.T, wire []byte) {
		in := bytes.NewReader(wire)
		body, err := readMessage(in, utteranceMessage)
		if err != nil {
			return
		}
		var again bytes.Buffer
		if err := writeMessage(&again, utteranceMessage, body); err != nil {
			t.Errorf("%d bytes were read and cannot be written: %v", len(body), err)
		}
		if diff := cmp.Diff(wire[:len(wire)-in.Len()], again.Bytes()); diff != "" {
			t.Errorf("read and written again (-read +written):\n%s", diff)
		}
	})
}
