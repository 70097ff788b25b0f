package dynamolocal

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

const adminTimeout = 30 * time.Second // enough for a listener that waits for its port

const adminHelp = `Faults of this local DynamoDB, for drills.

GET /faults     the faults in force, and how many requests each has struck
PUT /faults     a JSON list of faults, in force instead of those before
DELETE /faults  no faults

A fault is an object with "kind". "operations" names those that it strikes, all if it
is left out; "rate" is which part of the requests, 1 if left out.

latency    "delay":"2s"
error      "type":"InternalServerError", or "status":503 with a page that is no JSON;
           "when":"answer" after the work is done
reset      TCP reset; "when":"accept", "body" or "answer"
hang       no answer until cleared; "when":"body" or "answer"
truncate   the answer breaks off after "fraction":0.5
throttle   ProvisionedThroughputExceededException above "quota":0 requests at a time
blackhole  no packet gets in or out any more
refuse     connections are refused and those there are closed
`

// AdminHandler returns the handler by which drills set faults. It trusts whoever
// reaches it: it belongs on a loopback listener, as ServeAdmin checks.
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
		Handler: s.AdminHandler(), ReadHeaderTimeout: headerTimeout, ReadTimeout: bodyTimeout,
		WriteTimeout: adminTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaders,
		ErrorLog: slog.NewLogLogger(s.cfg.Logger.Handler(), slog.LevelDebug),
	}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() { stopped <- shutdown(ctx, server, grace) })
	err := server.Serve(l)
	if !stop() {
		return <-stopped
	}
	return errors.Join(fmt.Errorf("serve admin: %w", err), server.Close())
}
