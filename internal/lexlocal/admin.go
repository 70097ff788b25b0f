package lexlocal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"lexline/internal/fault"
)

const adminHelp = `Faults of this local Lex, for drills.

GET /faults     the faults in force, and how many requests each has struck
PUT /faults     a JSON list of faults, in force instead of those before
DELETE /faults  no faults

A fault is an object with "kind". "operations" names those that it strikes, all of
the runtime API if it is left out; "rate" is which part of the requests, 1 if left out.

latency    "delay":"2s", or "factor":5 with "base":"400ms" for faster answers, or both
error      "type":"InternalServerException", or "status":503 with a page that is no JSON;
           "when":"answer" after the work is done
reset      TCP reset; "when":"accept", "body" or "answer"
hang       no answer until cleared; "when":"body" or "answer"
drip       the voice in pieces of "bytes":160 each "every":"300ms"
truncate   the answer breaks off after "fraction":0.5
empty      a good answer without words and voice
throttle   429 above "quota":0 requests at a time to an alias
blackhole  no packet gets in or out any more
refuse     connections are refused and those there are closed
`

// AdminHandler returns the handler by which drills set faults. It trusts
// whoever reaches it: it belongs on a loopback listener, as ServeAdmin checks.
func (s *Server) AdminHandler() http.Handler {
	return fault.Handler(s, adminHelp)
}

// ServeAdmin answers at l, whose address must be a loopback one, until ctx is
// done. It closes l. It goes on under every fault.
func (s *Server) ServeAdmin(ctx context.Context, l net.Listener) error {
	if tcp, ok := l.Addr().(*net.TCPAddr); !ok || !tcp.IP.IsLoopback() {
		return errors.Join(fmt.Errorf("serve admin on %s: only loopback addresses such as 127.0.0.1 are allowed", l.Addr()), l.Close())
	}
	server := &http.Server{
		Handler: s.AdminHandler(), ReadHeaderTimeout: headerTimeout, ReadTimeout: headerTimeout,
		// Long enough for a listener that has to wait for its port.
		WriteTimeout: bodyTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaders,
		ErrorLog: slog.NewLogLogger(s.cfg.Logger.Handler(), slog.LevelDebug),
	}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		stopped <- errors.Join(server.Shutdown(deadline), server.Close())
	})
	err := server.Serve(l)
	if !stop() {
		return <-stopped
	}
	return errors.Join(fmt.Errorf("serve admin: %w", err), server.Close())
}
