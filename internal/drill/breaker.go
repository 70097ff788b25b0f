package drill

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"syscall"
	"time"
)

// breaker breaks and restores regions. It belongs to one goroutine.
type breaker struct {
	cfg     *Config
	regions []*region // none for a staging pair
	client  *http.Client
}

// adminTimeout is for one request to a region, which may be broken.
const adminTimeout = 5 * time.Second

func newBreaker(cfg *Config, regions []*region) *breaker {
	return &breaker{cfg: cfg, regions: regions, client: &http.Client{Timeout: adminTimeout}}
}

func (b *breaker) close() { b.client.CloseIdleConnections() }

// injected is one fault as a region's admin listener takes it.
type injected map[string]any

// injections are the faults that a kind is made of. Operations are left out: all
// are struck.
func (b *breaker) injections(kind Kind) []injected {
	switch kind {
	case ServerErrors, Flap:
		return []injected{{"kind": "error", "type": "InternalServerException"}}
	case Throttle:
		// Lex allows so many conversations at a time: a request goes on while its
		// caller talks, so that few are enough to refuse most.
		return []injected{{"kind": "throttle", "quota": max(1, b.cfg.Calls/25)}}
	case Slow:
		return []injected{{"kind": "latency", "factor": 5, "base": b.cfg.Latency.String()}}
	case Both:
		return []injected{{"kind": "hang"}}
	}
	return []injected{{"kind": string(kind)}} // reset, hang, blackhole, drip, truncate, refuse
}

// hurt makes a fault begin.
func (b *breaker) hurt(ctx context.Context, f Fault) error {
	return b.each(ctx, f, func(r *region) error {
		switch f.Kind {
		case Stop:
			return r.Signal(syscall.SIGSTOP)
		case AliasDeleted:
			return b.ask(ctx, http.MethodDelete, r.endpoint+"/bots/"+r.bot+"/botaliases/"+fmt.Sprint(r.alias.Load())+"/", nil, nil)
		}
		return b.ask(ctx, http.MethodPut, r.admin+"/faults", b.injections(f.Kind), nil)
	}, func(s *Staging) string { return s.Break })
}

// heal makes it end.
func (b *breaker) heal(ctx context.Context, f Fault) error {
	return b.each(ctx, f, func(r *region) error {
		switch f.Kind {
		case Stop:
			return r.Signal(syscall.SIGCONT)
		case AliasDeleted:
			var made struct {
				ID string `json:"botAliasId"`
			}
			again := map[string]string{"botAliasName": botAlias, "botVersion": r.version}
			err := b.ask(ctx, http.MethodPut, r.endpoint+"/bots/"+r.bot+"/botaliases/", again, &made)
			if err == nil {
				r.alias.Store(made.ID)
			}
			return err
		}
		return b.ask(ctx, http.MethodDelete, r.admin+"/faults", nil, nil)
	}, func(s *Staging) string { return s.Restore })
}

// each does something to all regions of a fault; a staging pair has a command for it.
func (b *breaker) each(ctx context.Context, f Fault, do func(*region) error, command func(*Staging) string) error {
	if s := b.cfg.Staging; s != nil {
		out, err := exec.CommandContext(ctx, "sh", "-c", command(s)).CombinedOutput()
		if err != nil {
			return fmt.Errorf("run %q: %w: %s", command(s), err, bytes.TrimSpace(out))
		}
		return nil
	}
	for _, name := range f.Regions {
		for _, r := range b.regions {
			if r.name != name {
				continue
			}
			if err := do(r); err != nil {
				return fmt.Errorf("%s in %s: %w", f.Kind, name, err)
			}
		}
	}
	return nil
}

// maxAnswer bounds what is read of an answer.
const maxAnswer = 1 << 20

// ask sends one request to a region and reads its answer into answer, if that is
// not nil.
func (b *breaker) ask(ctx context.Context, method, url string, body, answer any) error {
	return askJSON(ctx, b.client, method, url, body, answer)
}

// askJSON sends body as JSON, unless it is nil, and reads the answer as JSON into
// answer, unless that is nil. The status must be one of success.
func askJSON(ctx context.Context, client *http.Client, method, url string, body, answer any) error {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("write %s %s: %w", method, url, err)
		}
		content = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, url, content)
	if err != nil {
		return fmt.Errorf("write %s %s: %w", method, url, err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return err // names method and URL
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	switch {
	case err != nil:
		return fmt.Errorf("read the answer to %s %s: %w", method, url, err)
	case response.StatusCode/100 != 2:
		return fmt.Errorf("%s %s: %s: %.200s", method, url, response.Status, bytes.TrimSpace(text))
	case answer != nil:
		if err := json.Unmarshal(text, answer); err != nil {
			return fmt.Errorf("read the answer to %s %s: %w", method, url, err)
		}
	}
	return nil
}
