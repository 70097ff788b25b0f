package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
)

// controlClient asks a gateway's control listener.
type controlClient struct {
	base    string // http://HOST:PORT
	address string // the same, for people
	token   string // empty: none is known
	tables  bool   // who asks may ask a table instead, with --table
	client  http.Client
}

// newControlClient asks at address, HOST:PORT or with https:// in front, and shows
// token if there is one. The certificate must be one of serverName, or of the
// address where that is empty.
func newControlClient(address, token, serverName string) *controlClient {
	base := address
	if !strings.Contains(address, "://") {
		base = "http://" + address
	}
	// No proxy: the listener is on this machine, or at the end of a tunnel that
	// looks as if it were.
	return &controlClient{base: base, address: address, token: token, client: http.Client{
		Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{ServerName: serverName}},
		// The token is for who was asked.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// status asks for GET /status. raw is the answer as it came.
func (c *controlClient) status(ctx context.Context) (s statusAnswer, raw []byte, err error) {
	raw, err = c.ask(ctx, http.MethodGet, "/status", nil, &s)
	s.Now = s.Now.Local() // people are told times where they are
	return s, raw, err
}

// maxAnswer bounds what is read of an answer.
const maxAnswer = 16 << 20

// ask sends a request, with order as its body unless that is nil, and reads the
// JSON of the answer into answer.
func (c *controlClient) ask(ctx context.Context, method, path string, order, answer any) (raw []byte, err error) {
	got, err := c.exchange(ctx, method, path, order)
	switch {
	case err != nil:
		return nil, err
	case got.code == http.StatusUnauthorized:
		return nil, c.unknown()
	case got.code != http.StatusOK:
		return nil, c.refused(got.status, got.raw)
	}
	if err := json.Unmarshal(got.raw, answer); err != nil {
		return nil, c.stranger()
	}
	return got.raw, nil
}

// controlAnswer is what came back for a request, whatever it says.
type controlAnswer struct {
	code   int
	status string // the code in words
	raw    []byte
}

// exchange sends a request, with order as its body unless that is nil, and reads
// the answer, within askTime.
func (c *controlClient) exchange(ctx context.Context, method, path string, order any) (controlAnswer, error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	var body io.Reader
	if order != nil {
		text, err := json.Marshal(order)
		if err != nil {
			return controlAnswer{}, fmt.Errorf("write the order: %w", err)
		}
		body = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return controlAnswer{}, fmt.Errorf("ask %s: %w", c.address, err)
	}
	if order != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	request.Header.Set("Accept", "application/json")
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := c.client.Do(request)
	if err != nil {
		return controlAnswer{}, c.noAnswer(err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return controlAnswer{}, fmt.Errorf("read the answer of %s: %w", c.address, err)
	}
	return controlAnswer{response.StatusCode, response.Status, raw}, nil
}

// noAnswer says what to do about a gateway that does not answer.
func (c *controlClient) noAnswer(err error) error {
	hint := "the gateway's log says at its start where it listens (control); give that address with --control"
	if errors.Is(err, syscall.ECONNREFUSED) {
		hint = "is `lexline serve` running on this machine? " + hint
		if c.tables {
			hint += ". If none runs, --table FILE asks its table instead"
		}
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		hint = "something takes connections there and says nothing; " + hint
	}
	// The URL is ours and tells nobody anything.
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	return &hintError{fmt.Errorf("%w at %s: %w", errNoGateway, c.address, err), hint}
}

// errNoGateway says that nothing answered at all: a gateway may yet come up there.
var errNoGateway = errors.New("no answer from a gateway")

// refused is the error of an answer that is not 200.
func (c *controlClient) refused(status string, raw []byte) error {
	if strings.HasPrefix(c.base, "http://") && bytes.Contains(raw, []byte("HTTP request to an HTTPS server")) { // as Go's server has it
		return &hintError{fmt.Errorf("%s answered %s", c.address, status), "this listener speaks TLS: give its address as https://" + c.address}
	}
	var fault controlFault
	if json.Unmarshal(raw, &fault) != nil || fault.Error == "" {
		return &hintError{fmt.Errorf("%s answered %s", c.address, status), "is that the control listener of a gateway, and of this version?"}
	}
	return errors.New(strings.TrimSpace(fault.Error))
}

// unknown says what to do about a gateway that wants to know who asks.
func (c *controlClient) unknown() error {
	if c.token == "" {
		return &hintError{
			fmt.Errorf("the gateway at %s asks for its control token", c.address),
			"name its configuration with --config, or set LEXLINE_CONTROL_TOKEN or LEXLINE_CONTROL_TOKEN_FILE",
		}
	}
	return &hintError{fmt.Errorf("the gateway at %s has another control token", c.address), "it took control.token, or what control.token_file held, when it started or last had SIGHUP"}
}

func (c *controlClient) stranger() error {
	return &hintError{
		fmt.Errorf("what answers at %s is no gateway's control listener", c.address),
		"the gateway's log says at its start where that is; give it with --control",
	}
}
