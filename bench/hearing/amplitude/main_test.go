package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// raw is frames of audio in which each sample has the frame's value.
func raw(values ...int16) []byte {
	var out []byte
	for _, value := range values {
		for range frameSamples {
			out = binary.LittleEndian.AppendUint16(out, uint16(value))
		}
	}
	return out
}

func TestLines(t *testing.T) {
	var values []int16
	for range 12 {
		values = append(values, -1500)
	}
	values = append(values, 0, 500)
	in := append(raw(values...), 1, 2, 3) // and a piece of a frame

	var out bytes.Buffer
	if err := run(iotest.OneByteReader(bytes.NewReader(in)), &out); err != nil {
		t.Fatal(err)
	}
	want := strings.Repeat("0.750 1 0\n", 9) + strings.Repeat("0.750 1 1\n", 3) + "0.000 0 1\n0.500 0 1\n"
	if out.String() != want {
		t.Errorf("lines:\n%swant:\n%s", out.String(), want)
	}
}

func TestErrorsAreTold(t *testing.T) {
	broken := errors.New("broken")
	if err := run(iotest.ErrReader(broken), io.Discard); !errors.Is(err, broken) {
		t.Errorf("from a broken input: %v; want its error", err)
	}
	read, write := io.Pipe()
	if err := read.CloseWithError(broken); err != nil {
		t.Fatal(err)
	}
	if err := run(bytes.NewReader(raw(0)), write); !errors.Is(err, broken) {
		t.Errorf("to a broken output: %v; want its error", err)
	}
}

func TestAppendLine(t *testing.T) {
	for probability, want := range map[float32]string{0: "0.000", .0049: "0.005", .985: "0.985", .9996: "1.000", 1: "1.000"} {
		if got := string(appendLine(nil, probability, true, false)); got != want+" 1 0\n" {
			t.Errorf("appendLine(%v) = %q; want %s", probability, got, want)
		}
	}
}
