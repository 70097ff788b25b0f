package gate

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"
)

// echo serves a gate whose connections send back what they get, until the test
// ends.
func echo(t *testing.T) *Gate {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := New(l)
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := g.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				_, _ = io.Copy(conn, conn)
				_ = conn.Close()
			})
		}
	})
	t.Cleanup(func() {
		if err := g.Set(Open); err != nil {
			t.Errorf("Set(Open) = %v", err)
		}
		if err := g.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
		serving.Wait()
	})
	return g
}

func dial(t *testing.T, g *Gate) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", g.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// exchange sends a word and returns what comes back within a time.
func exchange(t *testing.T, conn net.Conn, word string, within time.Duration) (string, error) {
	t.Helper()
	if _, err := io.WriteString(conn, word); err != nil {
		return "", err
	}
	return receive(t, conn, len(word), within)
}

func receive(t *testing.T, conn net.Conn, n int, within time.Duration) (string, error) {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(within)); err != nil {
		t.Fatal(err)
	}
	back := make([]byte, n)
	_, err := io.ReadFull(conn, back)
	return string(back), err
}

func expectEcho(t *testing.T, conn net.Conn, word string) {
	t.Helper()
	if got, err := exchange(t, conn, word, 10*time.Second); got != word || err != nil {
		t.Fatalf("sent %q, got %q, %v; want it back", word, got, err)
	}
}

func TestFrozenConnectionsGoOnWhenTheGateOpens(t *testing.T) {
	g := echo(t)
	conn := dial(t, g)
	expectEcho(t, conn, "before")
	if err := g.Set(Frozen); err != nil {
		t.Fatal(err)
	}
	if got, err := exchange(t, conn, "during", 200*time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("frozen, sent %q, got %q, %v; want no answer", "during", got, err)
	}
	dialer := net.Dialer{Timeout: 200 * time.Millisecond}
	if c, err := dialer.Dial("tcp", g.Addr().String()); err == nil {
		c.Close()
		t.Error("frozen, a new connection was made; want a time-out")
	}
	if err := g.Set(Open); err != nil {
		t.Fatal(err)
	}
	if got, err := receive(t, conn, len("during"), 10*time.Second); got != "during" || err != nil {
		t.Errorf("opened, got %q, %v; want what was sent while frozen", got, err)
	}
	expectEcho(t, dial(t, g), "after")
}

func TestRefusingEndsConnectionsAndListensAgain(t *testing.T) {
	g := echo(t)
	conn := dial(t, g)
	expectEcho(t, conn, "before")
	if err := g.Set(Refusing); err != nil {
		t.Fatal(err)
	}
	if got, err := receive(t, conn, 1, 10*time.Second); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("refusing, got %q, %v; want the connection ended", got, err)
	}
	if c, err := net.Dial("tcp", g.Addr().String()); !errors.Is(err, syscall.ECONNREFUSED) {
		if err == nil {
			c.Close()
		}
		t.Errorf("refusing, a new connection: %v; want it refused", err)
	}
	if err := g.Set(Open); err != nil {
		t.Fatal(err)
	}
	expectEcho(t, dial(t, g), "after")
}

func TestResetReachesThePeer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := New(l)
	defer g.Close()
	client := dial(t, g)
	server, err := g.Accept()
	if err != nil {
		t.Fatal(err)
	}
	server.(*Conn).Reset()
	if got, err := receive(t, client, 1, 10*time.Second); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("after a reset: %q, %v; want a reset", got, err)
	}
}

func TestAClosedGateStaysClosed(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := New(l)
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if err := g.Set(Refusing); err != nil {
		t.Errorf("Set on a closed gate = %v, want nothing done", err)
	}
	if _, err := g.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept on a closed gate = %v, want %v", err, net.ErrClosed)
	}
}

// TestHalfClose wants what the HTTP server looks for on a connection, to end an
// exchange of which it has not read everything.
func TestHalfClose(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := New(listener)
	defer g.Close()
	client, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	server, err := g.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	half, ok := server.(interface{ CloseWrite() error })
	if !ok {
		t.Fatalf("%T has no CloseWrite", server)
	}
	if err := half.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if n, err := client.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("the client reads %d bytes, %v; want the end", n, err)
	}
	if _, err := client.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if n, err := server.Read(make([]byte, 1)); n != 1 || err != nil {
		t.Errorf("the server reads %d bytes, %v; want what the client still sends", n, err)
	}
}
