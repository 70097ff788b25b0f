package main

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/signal"
	"regexp"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// scriptPatience is how long scripts wait for what must come, on a machine that is busy
// with other things.
const scriptPatience = time.Minute

// awaitCommand is "await FILE REGEXP" in scripts: it waits until a file that a program
// writes matches, and sets the variables that the expression's named groups are called.
func awaitCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: await FILE REGEXP")
	}
	expression, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	deadline := time.Now().Add(scriptPatience)
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for ; ; <-look.C {
		text, _ := os.ReadFile(ts.MkAbs(args[0])) // it may not be there yet
		if found := expression.FindSubmatch(text); found != nil {
			for i, name := range expression.SubexpNames() {
				if name != "" {
					ts.Setenv(name, string(found[i]))
				}
			}
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s does not say %s within %v:\n%s", args[0], args[1], scriptPatience, text)
		}
	}
}

// fillCommand is "fill FILE" in scripts: it puts the values of variables in place of
// $NAME in a file.
func fillCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: fill FILE")
	}
	path := ts.MkAbs(args[0])
	text, err := os.ReadFile(path)
	ts.Check(err)
	ts.Check(os.WriteFile(path, []byte(os.Expand(string(text), ts.Getenv)), 0o600))
}

// cutLine is a program for scripts: a wire to the address that is its argument. On
// SIGUSR1 it resets the media streams on it, so that nobody gets to say goodbye.
func cutLine() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("address=%s pid=%d\n", listener.Addr(), os.Getpid())
	w := wire{streams: map[net.Conn]bool{}}
	cuts := make(chan os.Signal, 1)
	signal.Notify(cuts, syscall.SIGUSR1)
	go func() {
		for range cuts {
			fmt.Printf("cut=%d\n", w.cut())
		}
	}()
	for {
		near, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		far, err := net.Dial("tcp", os.Args[1])
		if err != nil {
			log.Fatal(err)
		}
		go w.join(near, far)
	}
}

// wire has the media streams of a cutLine.
type wire struct {
	mu      sync.Mutex
	streams map[net.Conn]bool
}

// join passes on what comes, both ways, until one end is closed.
func (w *wire) join(near, far net.Conn) {
	first := bufio.NewReader(near)
	if method, _ := first.Peek(len("GET /stream/")); string(method) == "GET /stream/" {
		w.set(near, true)
		defer w.set(near, false)
	}
	go func() {
		_, _ = io.Copy(near, far) // how it ends is the affair of those who talk
		_ = near.Close()
	}()
	_, _ = io.Copy(far, first) // as above
	_ = far.Close()
}

func (w *wire) set(stream net.Conn, open bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if open {
		w.streams[stream] = true
	} else {
		delete(w.streams, stream)
	}
}

// cut resets the caller's end of all streams, and closes the other one in consequence.
// It tells how many there were.
func (w *wire) cut() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	for stream := range w.streams {
		_ = stream.(*net.TCPConn).SetLinger(0) // or it is closed already
		_ = stream.Close()
	}
	return len(w.streams)
}
