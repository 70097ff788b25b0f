package twilio

import (
	"log/slog"
	"net/http"
	"time"
)

// Server is an HTTP server with the limits that a door on the internet needs: a TLS
// handshake and a request's header within 5 s, the header within 16 KiB, the whole
// request within 10 s, idle connections closed after 60 s, and not too many of
// them. Accepted websockets are beyond these limits and have their own.
type Server struct {
	http.Server
	crowd *crowd
}

// NewServer returns a server for handler with at most so many connections at a time
// that are no calls. One too many closes the one that has been waited for longest.
func NewServer(handler http.Handler, connections int, log *slog.Logger) *Server {
	s := &Server{crowd: newCrowd(connections), Server: http.Server{
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      15 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}}
	s.Handler = s.crowd.around(handler)
	s.ConnState, s.ConnContext = s.crowd.follow, s.crowd.introduce
	return s
}

// Crowded is how many connections were closed since the start to make room for
// others.
func (s *Server) Crowded() int64 { return s.crowd.closed.Load() }

// Limit changes how many connections there may be at a time that are no calls.
func (s *Server) Limit(connections int) { s.crowd.resize(connections) }
