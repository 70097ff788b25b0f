package lex

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"
)

// What an answer may weigh before we look at it. Lex sends up to 16 KB of
// headers (https://docs.aws.amazon.com/lexv2/latest/dg/quotas.html).
const (
	maxHeaderBytes = 256 << 10
	maxErrorBytes  = 64 << 10
	maxJSONBytes   = 4 << 20 // a page of a listing, a session; voices have bounds of their own
)

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// newTransport returns the connection pool of one Client. A nil dial means a
// net.Dialer. Proxies of the environment are used, but never on loopback.
func newTransport(limits Deadlines, dial dialFunc, log *slog.Logger) *http.Transport {
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	http1 := new(http.Protocols)
	http1.SetHTTP1(true)
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         newAddressBook(dial, limits.Dial, log).connect,
		TLSHandshakeTimeout: limits.TLS,
		Protocols:           http1,
		MaxIdleConnsPerHost: 512, // more are closed when their turn ends
		// Shorter than servers commonly keep an idle connection, so that a turn
		// is not sent into one that is being closed: it could not be repeated.
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: maxHeaderBytes,
		DisableCompression:     true, // answers are signed off as they are
	}
}

// exchange sends one request for the SDK. When the answer is there before the
// utterance is over, it ends the utterance first: the SDK takes a lock on the
// body before it hands the answer on, and that lock is held while a read waits
// for the caller to go on speaking.
type exchange struct {
	transport http.RoundTripper
	utterance *utterance // the body; nil: text or nothing
}

// Do sends the request and returns the answer's head. Redirects are not followed.
func (e exchange) Do(req *http.Request) (*http.Response, error) {
	if e.utterance == nil && req.Body != nil {
		// The SDK closes the body as soon as there is an answer. If that is before
		// the transport has looked for the body's end, the transport takes it for a
		// body that failed and breaks the connection with the answer on it.
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, fmt.Errorf("read the request's body: %w", err)
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
	}
	resp, err := e.transport.RoundTrip(req)
	if err != nil {
		return nil, unquoted(err)
	}
	if e.utterance != nil {
		e.utterance.finish()
	}
	switch {
	case resp.StatusCode >= http.StatusMultipleChoices:
		resp.Body = cappedBody{io.LimitReader(resp.Body, maxErrorBytes), resp.Body}
	case strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json"):
		resp.Body = cappedBody{io.LimitReader(resp.Body, maxJSONBytes), resp.Body}
	}
	return resp, nil
}

// cappedBody is a body of which only the beginning is read.
type cappedBody struct {
	io.Reader
	io.Closer
}
