// Command discard is R, the floor that the media path is measured against: a
// TCP server with one goroutine for each connection, which reads and throws
// away what it reads. A Go program that receives the same bytes on the same
// number of connections cannot do less.
//
// It writes a JSON log: "listening" with its address, and "stopped" with the
// bytes that it received. It ends when its standard input ends, so that it never
// outlives whoever started it, or at an interrupt.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
)

// readSize is room for ten messages of a media stream.
const readSize = 4 << 10

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ctx, cancel := context.WithCancel(ctx)
	go func() { // ends with the process
		io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	err := run(ctx, slog.New(slog.NewJSONHandler(os.Stdout, nil)))
	cancel()
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "discard:", err)
		os.Exit(1)
	}
}

// run serves on a free loopback port until ctx ends.
func run(ctx context.Context, log *slog.Logger) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	log.Info("listening", "address", listener.Addr().String())
	total, err := serve(ctx, listener)
	if err != nil {
		return err
	}
	log.Info("stopped", "bytes", total)
	return nil
}

// serve reads from every connection of listener until ctx ends, closes them all
// and returns the number of bytes received.
func serve(ctx context.Context, listener net.Listener) (int64, error) {
	var total atomic.Int64
	var readers sync.WaitGroup
	ctx, cancel := context.WithCancel(ctx)
	defer readers.Wait()
	defer cancel()
	stop := context.AfterFunc(ctx, func() { listener.Close() })
	defer stop()
	for {
		conn, err := listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			readers.Wait()
			return total.Load(), nil
		}
		if err != nil {
			return 0, fmt.Errorf("accept: %w", err)
		}
		readers.Go(func() {
			defer context.AfterFunc(ctx, func() { conn.Close() })()
			total.Add(discard(conn))
		})
	}
}

// discard reads until the connection ends and returns how much it read.
func discard(conn net.Conn) (n int64) {
	defer conn.Close()
	buf := make([]byte, readSize)
	for {
		got, err := conn.Read(buf)
		n += int64(got)
		if err != nil {
			return n
		}
	}
}
