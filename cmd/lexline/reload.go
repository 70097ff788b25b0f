package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

// configSource is where a configuration comes from.
type configSource struct {
	path   string // empty: the environment is all
	getenv func(string) string
	dev    bool
}

// load reads the configuration. lines says where its keys stand.
func (s configSource) load() (cfg config, lines keyLines, err error) {
	return readWholeConfig(s.path, s.getenv, s.dev)
}

// name is the source for people.
func (s configSource) name() string { return cmp.Or(s.path, "environment") }

// reloads is what became of the requests to read the configuration again. It is safe for
// several goroutines; the zero value is ready.
type reloads struct {
	mu     sync.Mutex
	status configStatus
}

// configStatus is how the configuration stands.
type configStatus struct {
	File    string    `json:"file,omitempty"`  // empty: the environment is all
	Since   time.Time `json:"since"`           // when what is in force was read
	Reloads int64     `json:"reloads"`         // times that it was read again and taken
	Refused int64     `json:"refused"`         // times that it was read again and not taken
	Fault   string    `json:"fault,omitempty"` // why it was not, if that was the last time
	Restart []string  `json:"restart"`         // keys that were changed and need a restart
}

func (r *reloads) list() configStatus {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.status
	s.Restart = append([]string{}, s.Restart...) // an empty list in JSON, not null
	return s
}

func (r *reloads) note(change func(*configStatus)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.status)
}

// watchHangups reads the configuration again at each signal until the returned function is
// called, which waits.
func (g *gateway) watchHangups(hangups <-chan os.Signal) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var watching sync.WaitGroup
	watching.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-hangups:
				g.reload()
			}
		}
	})
	return func() {
		cancel()
		watching.Wait()
	}
}

// reload reads the configuration again. What may change is in force then, for calls that
// begin from now on; what is wrong changes nothing. It is called on one goroutine.
func (g *gateway) reload() {
	if g.cert != nil {
		g.cert.Look() // whatever becomes of the rest
	}
	change, err := g.takeConfig()
	if err != nil {
		g.log.Error("configuration not reloaded, the old one goes on", "file", g.source.name(), "err", oneLine(err))
		g.reloaded.note(func(s *configStatus) { s.Refused, s.Fault = s.Refused+1, err.Error() })
		return
	}
	g.log.Info("configuration reloaded", "file", g.source.name(), "changed", keyList(change.taken))
	if len(change.waiting) > 0 {
		g.log.Warn("configuration waits for a restart", "file", g.source.name(), "keys", keyList(change.waiting))
	}
	g.reloaded.note(func(s *configStatus) {
		s.Since, s.Reloads, s.Fault, s.Restart = time.Now(), s.Reloads+1, "", change.waiting
	})
}

// oneLine joins the faults in an error for a line of a log.
func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

// takeConfig reads the configuration and takes what may change. With an error nothing has.
func (g *gateway) takeConfig() (change configChange, err error) {
	next, lines, err := g.source.load()
	if err != nil {
		return change, err
	}
	cfg, change := g.now().cfg.take(next)
	if faults := cfg.check(g.source.dev); len(faults) > 0 {
		// The whole is right; what of it can be taken without a restart is not.
		return change, fmt.Errorf("without what needs a restart (%s): %w", keyList(change.waiting), locate(faults, cmp.Or(g.source.path, configText), lines, g.source.getenv))
	}
	token, err := cfg.Control.readToken()
	if err != nil {
		return change, err
	}
	if g.guard != nil && token == "" && !g.guard.opens {
		return change, errors.New("control.token: others than this machine reach control.listen, so it cannot be taken away")
	}
	s, err := g.newSettings(cfg)
	if err != nil {
		return change, err
	}
	if err := g.door.Reload(doorConfig(cfg, g.source.dev, g.log, s.answer)); err != nil {
		return change, err
	}
	// Nothing is wrong from here on.
	g.settings.Store(s)
	g.server.Limit(cfg.Limits.Connections)
	g.overload.setMaxLate(cfg.Limits.MaxLate.duration(0))
	if g.guard != nil {
		g.guard.setToken(token)
	}
	if level, err := logLevel(cfg.Log.Level); err == nil && g.level != nil {
		g.level.Set(level)
	}
	return change, nil
}

// now are the settings of calls that begin now.
func (g *gateway) now() *settings { return g.settings.Load() }

// configWords tells people how the configuration stands, if there is something to tell.
func (s configStatus) words(now time.Time) string {
	var w strings.Builder
	if s.Reloads > 0 {
		fmt.Fprintf(&w, "Configuration: read again %s.\n", ago(s.Since, now))
	}
	if s.Fault != "" {
		fmt.Fprintf(&w, "THE CONFIGURATION WAS READ AGAIN, AND IS WRONG; the old one goes on:\n  %s\n", strings.ReplaceAll(s.Fault, "\n", "\n  "))
	}
	if len(s.Restart) > 0 {
		fmt.Fprintf(&w, "CHANGED KEYS THAT NEED A RESTART: %s.\n", strings.Join(s.Restart, ", "))
	}
	return w.String()
}
