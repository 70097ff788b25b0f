package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestClientFrame(t *testing.T) {
	short := clientFrame(opText, []byte("Hello"))
	if len(short) != 6+5 || short[0] != 0x81 || short[1] != 0x85 {
		t.Errorf("short frame: got % x, want 81 85, a key and 5 bytes", short)
	}
	for i := range 5 {
		if got := short[6+i] ^ short[2+i%4]; got != "Hello"[i] {
			t.Errorf("short frame, byte %d: got %q", i, got)
		}
	}
	long := strings.Repeat("x", 300)
	if got := unmasked(t, clientFrame(opText, []byte(long))); string(got) != long {
		t.Errorf("long frame: got %q", got)
	}
}

func TestReadFrame(t *testing.T) {
	long := strings.Repeat("y", 300)
	cases := []struct {
		name, given string
		opcode      byte
		payload     string
		err         string
	}{
		{"text", "\x81\x05Hello", opText, "Hello", ""},
		{"empty ping", "\x89\x00", opPing, "", ""},
		{"16-bit length", "\x81\x7e\x01\x2c" + long, opText, long, ""},
		{"64-bit length", "\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 0, "", "more than 64 KiB"},
		{"masked", "\x81\x85\x00\x00\x00\x00Hello", 0, "", "masked frame from a server"},
		{"nothing", "", 0, "", "EOF"},
		{"half a length", "\x81\x7e\x01", 0, "", "unexpected EOF"},
		{"half a payload", "\x81\x05Hel", opText, "Hel\x00\x00", "unexpected EOF"},
	}
	for _, c := range cases {
		opcode, payload, err := readFrame(bufio.NewReader(strings.NewReader(c.given)))
		if opcode != c.opcode || string(payload) != c.payload {
			t.Errorf("%s: got opcode %x and %q, want %x and %q", c.name, opcode, payload, c.opcode, c.payload)
		}
		if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: got error %v, want %q", c.name, err, c.err)
		}
	}
}

func TestReadFrameReadsOneFrame(t *testing.T) {
	r := bufio.NewReader(bytes.NewReader([]byte("\x81\x01a\x8a\x01b")))
	for _, want := range []string{"a", "b"} {
		if _, payload, err := readFrame(r); err != nil || string(payload) != want {
			t.Errorf("got %q, error %v; want %q", payload, err, want)
		}
	}
	if _, _, err := readFrame(r); !errors.Is(err, io.EOF) {
		t.Errorf("after the last frame: got error %v, want EOF", err)
	}
}
