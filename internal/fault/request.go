package fault

import (
	"context"
	"net"
	"time"

	"lexline/internal/gate"
)

// Pause waits for a time, negative for ever, or until the channel is closed. Its error
// is that of a context that ended before.
func Pause(ctx context.Context, d time.Duration, cleared <-chan struct{}) error {
	var due <-chan time.Time
	if d >= 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-due:
	case <-cleared:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// connKey finds the connection of a request in its context.
type connKey struct{}

// WithConn is for http.Server.ConnContext: it keeps a request's connection for Reset.
func WithConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// Reset ends the connection of a request with a TCP reset, if it came through a gate.
func Reset(ctx context.Context) {
	if c, ok := ctx.Value(connKey{}).(*gate.Conn); ok {
		c.Reset()
	}
}
