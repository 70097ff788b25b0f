package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/pprof"
	"strings"

	"lexline/internal/region"
)

// readiness is the answer of GET /readyz, and part of the status.
type readiness struct {
	Ready bool     `json:"ready"`
	Why   []string `json:"why"` // not ready; empty if it is
}

// readiness tells whether new calls are welcome: the port is served, they would not
// be refused, and each bot has a region that may answer them.
func (g *gateway) readiness() readiness {
	r := readiness{Why: []string{}}
	if !g.serving.Load() {
		r.Why = append(r.Why, "not listening")
	}
	if why, ok := g.door.Welcome(); !ok {
		r.Why = append(r.Why, why)
	}
	for _, b := range g.bots {
		if s := b.client.Keeper().Status(); !isUsable(s) {
			r.Why = append(r.Why, fmt.Sprintf("no region of bot %s is well", g.nameOf(b)))
		}
	}
	r.Ready = len(r.Why) == 0
	return r
}

// isUsable reports whether some region may answer new calls.
func isUsable(s region.Status) bool {
	if s.Panic {
		return false
	}
	for _, r := range s.Regions {
		if r.State != region.Down {
			return true
		}
	}
	return false
}

// alive is what a gateway says to GET /healthz.
const alive = "ok\n"

// serveHealth answers GET /healthz: the process lives, whatever it is worth. Who
// restarts what fails here must not do so for a region's sake.
func serveHealth(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = io.WriteString(w, alive) // the asker has gone
}

// serveReady answers GET /readyz.
func (g *gateway) serveReady(w http.ResponseWriter, _ *http.Request) {
	r := g.readiness()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if !r.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(r) // the asker has gone
}

// isProbe tells the paths that load balancers and supervisors ask, who know no token
// and are told nothing that needs one.
func isProbe(path string) bool { return path == "/healthz" || path == "/readyz" }

// addProfiles adds Go's profiles, which are on this listener only
// (https://pkg.go.dev/net/http/pprof).
func addProfiles(mux *http.ServeMux) {
	mux.HandleFunc("GET /debug/pprof/", func(w http.ResponseWriter, r *http.Request) {
		if strings.TrimPrefix(r.URL.Path, "/debug/pprof/") == "cmdline" {
			http.NotFound(w, r) // arguments are nobody's business
			return
		}
		pprof.Index(w, r)
	})
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
}
