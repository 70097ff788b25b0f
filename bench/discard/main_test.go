package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"testing"
)

// firstLine hands the first write of a log to whoever waits for it, and keeps the rest.
type firstLine struct {
	first chan []byte
	rest  bytes.Buffer
}

func (f *firstLine) Write(p []byte) (int, error) {
	select {
	case f.first <- bytes.Clone(p):
		return len(p), nil
	default:
		return f.rest.Write(p)
	}
}

func TestDiscardCountsWhatItReads(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out := &firstLine{first: make(chan []byte, 1)}
	done := make(chan error, 1)
	go func() { done <- run(ctx, slog.New(slog.NewJSONHandler(out, nil))) }()

	var listening struct{ Msg, Address string }
	if err := json.Unmarshal(<-out.first, &listening); err != nil || listening.Msg != "listening" {
		t.Fatalf("first log line: got %+v, error %v; want listening", listening, err)
	}
	out.first <- nil // from here on all lines go to rest
	const connections, size = 3, 10_000
	for range connections {
		conn, err := net.Dial("tcp", listening.Address)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write(make([]byte, size)); err != nil {
			t.Fatal(err)
		}
		// The server answers our end with its own once it has read everything.
		if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, conn); n != 0 || err != nil {
			t.Errorf("read from the server: got %d bytes, error %v; want its end", n, err)
		}
		conn.Close()
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	var stopped struct {
		Msg   string
		Bytes int
	}
	if err := json.Unmarshal(out.rest.Bytes(), &stopped); err != nil || stopped.Msg != "stopped" || stopped.Bytes != connections*size {
		t.Errorf("last log line: got %s, want stopped with %d bytes", out.rest.Bytes(), connections*size)
	}
}

func TestDiscardEndsWithOpenConnections(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := serve(ctx, listener)
		done <- err
	}()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	cancel()
	if err := <-done; err != nil {
		t.Errorf("got error %v, want a regular end", err)
	}
}
