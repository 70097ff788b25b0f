package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

func healthCommand() command {
	return command{"health", "check that a gateway lives, for supervisors", runHealth}
}

const healthAbout = `Asks a running gateway whether it lives, GET /healthz of its control listener, or with
--ready whether new calls are welcome, GET /readyz. That is for supervisors in places
without a shell or curl, such as the health check of a container. It needs no token, and
finds the listener as the gateway does: by its configuration and the environment.

Exit code 0 if so, 1 if not.

examples:
  lexline health
  lexline health --ready --config /etc/lexline.yml`

func runHealth(ctx context.Context, env *environment, args []string) error {
	flags := newFlags(env, "health", "", healthAbout)
	var opts controlOptions
	opts.addFlags(env, flags)
	ready := flags.Bool("ready", false, "ask whether new calls are welcome")
	if err := parseFlags(flags, args); err != nil {
		return err
	}
	if err := opts.locate(); err != nil {
		return err
	}
	client := newControlClient(opts.control, "", opts.serverName)
	word, ask := "alive", client.lives
	if *ready {
		word, ask = "ready", client.isReady
	}
	err := ask(ctx)
	if errors.Is(err, errNoGateway) {
		return &hintError{err, "the gateway's log says at its start where it listens (control); give that address with --control"}
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(env.stdout, word)
	return err
}

// lives returns nil if the gateway answers GET /healthz as one does.
func (c *controlClient) lives(ctx context.Context) error {
	answer, err := c.exchange(ctx, http.MethodGet, "/healthz", nil)
	switch {
	case err != nil:
		return err
	case answer.code != http.StatusOK:
		return c.refused(answer.status, answer.raw)
	case string(answer.raw) != alive:
		return c.stranger()
	}
	return nil
}

// isReady returns nil if new calls are welcome, else why they are not.
func (c *controlClient) isReady(ctx context.Context) error {
	answer, err := c.exchange(ctx, http.MethodGet, "/readyz", nil)
	if err != nil {
		return err
	}
	var r readiness
	isOne := json.Unmarshal(answer.raw, &r) == nil && (r.Ready || len(r.Why) > 0)
	switch {
	case answer.code != http.StatusOK && answer.code != http.StatusServiceUnavailable:
		return c.refused(answer.status, answer.raw)
	case !isOne || r.Ready != (answer.code == http.StatusOK):
		return c.stranger()
	case !r.Ready:
		return errors.New("new calls are not welcome: " + printable(strings.Join(r.Why, "; ")))
	}
	return nil
}
