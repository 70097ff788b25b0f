package twiliosim

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/coder/websocket"

	"lexline/internal/audio"
)

// Time-outs of the carrier. The first two are Twilio's defaults
// (https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides);
// for the third it documents none.
const (
	connectTimeout   = 5 * time.Second
	webhookTimeout   = 15 * time.Second
	handshakeTimeout = 5 * time.Second
)

const maxSound = 32 << 20 // bytes of a file to play

// web is the carrier's way to the application. It is safe for several
// goroutines.
type web struct {
	client *http.Client
	token  string
	routes Routes
}

func newWeb(cfg *Config) *web {
	dial := cfg.Dial
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	return &web{
		token:  cfg.AuthToken,
		routes: cfg.Routes,
		client: &http.Client{
			Transport: &http.Transport{DialContext: patient(dial), TLSHandshakeTimeout: connectTimeout, MaxIdleConnsPerHost: 4},
			CheckRedirect: func(*http.Request, []*http.Request) error {
				return http.ErrUseLastResponse // the signature would no longer fit the URL
			},
		},
	}
}

func (w *web) close() { w.client.CloseIdleConnections() }

// document asks a webhook for TwiML.
func (w *web) document(ctx context.Context, method, address, idempotency string, form url.Values) ([]verb, *Fault) {
	body, contentType, flt := w.persist(ctx, method, address, idempotency, form, maxDocument)
	if flt != nil {
		return nil, flt
	}
	switch contentType {
	case "text/xml", "application/xml", "text/html":
	default:
		return nil, fault(codeContentType, "%s %s: Content-Type %q is not that of TwiML, text/xml", method, address, contentType)
	}
	return parseTwiML(body)
}

// notify tells a webhook something. It returns the status of the answer.
func (w *web) notify(ctx context.Context, method, address string, form url.Values) (status string, flt *Fault) {
	_, _, flt = w.persist(ctx, method, address, "", form, maxDocument)
	switch {
	case flt == nil, flt.Code == codeContentType: // whatever is answered is not read
		return "ok", nil
	}
	return "failed", flt
}

// sound fetches a WAV file.
func (w *web) sound(ctx context.Context, address string) (audio.Clip, *Fault) {
	req, flt := w.request(ctx, http.MethodGet, address, nil)
	if flt != nil {
		return audio.Clip{}, flt
	}
	a := w.do(req, "play "+address, maxSound, webhookTimeout)
	if a.fault != nil {
		return audio.Clip{}, a.fault
	}
	switch a.contentType {
	case "audio/wav", "audio/wave", "audio/x-wav", "audio/vnd.wave":
	default:
		return audio.Clip{}, fault(codeContentType, "play %s: Content-Type %q is not that of a WAV file, audio/wav", address, a.contentType)
	}
	clip, err := audio.ReadWAV(bytes.NewReader(a.body))
	if err != nil {
		return audio.Clip{}, fault(codeContentType, "play %s: %v", address, err)
	}
	return clip, nil
}

// websocket opens the connection of a stream. The handshake is signed like a
// GET of the wss URL; the header's name is in lower case, as Twilio writes it.
func (w *web) websocket(ctx context.Context, address string) (*websocket.Conn, *Fault) {
	public, err := url.Parse(address)
	if err != nil {
		return nil, fault(codeStreamHandshake, "url of <Stream>: %v", err)
	}
	target, host := w.routes.apply(public)
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	conn, resp, err := websocket.Dial(ctx, target.String(), &websocket.DialOptions{
		HTTPClient: w.client,
		Host:       host,
		HTTPHeader: http.Header{
			"User-Agent":         {"Twilio.TmeWs/1.0"},
			"x-twilio-signature": {sign(w.token, address, nil)},
		},
	})
	if err == nil {
		return conn, nil
	}
	var unknown x509.UnknownAuthorityError
	var hostname x509.HostnameError
	var record tls.RecordHeaderError
	switch {
	case resp != nil && resp.StatusCode != http.StatusSwitchingProtocols:
		body, _ := io.ReadAll(resp.Body) // the library kept its beginning
		return nil, fault(codeStreamHandshake, "%s: the handshake was answered with %s %s", address, resp.Status, beginning(body))
	case resp != nil:
		return nil, fault(codeStreamHandshake, "%s: %v", address, err)
	case errors.As(err, &unknown), errors.As(err, &hostname), errors.As(err, &record):
		return nil, fault(codeStreamTLS, "%s: %v", address, err)
	}
	return nil, fault(codeStreamTimeout, "%s: %s", address, reason(err))
}
