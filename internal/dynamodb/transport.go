package dynamodb

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// Within the deadline of a call a connection may take this long at most. The
// default deadline is shorter: these are for those who set a longer one.
const (
	dialTime = 500 * time.Millisecond
	tlsTime  = 700 * time.Millisecond
)

// maxAnswerBytes is what an answer may weigh: an item of 400 KB, each letter of
// which may take six in JSON.
const maxAnswerBytes = 4 << 20

// newTransport returns the connection pool of one Table. A nil dial means a
// net.Dialer. HTTP/1 only: a connection that hangs takes no other call with it.
func newTransport(dial func(ctx context.Context, network, address string) (net.Conn, error)) *http.Transport {
	if dial == nil {
		dial = (&net.Dialer{Timeout: dialTime}).DialContext
	}
	http1 := new(http.Protocols)
	http1.SetHTTP1(true)
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dial,
		TLSHandshakeTimeout:    tlsTime,
		Protocols:              http1,
		MaxIdleConnsPerHost:    4,
		IdleConnTimeout:        50 * time.Second, // the table is read every few seconds; servers commonly close after a minute
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true, // the checksum is of what is sent
	}
}

// exchange sends one request for the SDK. Redirects are not followed.
type exchange struct{ transport http.RoundTripper }

// Do sends the request and returns the answer, whole, with the checksum that it
// says, and in JSON. The SDK itself only logs a wrong checksum, and panics at some
// answers that are no JSON; of an error with such a body it learns the status.
func (e exchange) Do(req *http.Request) (*http.Response, error) {
	resp, err := e.transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswerBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	if err := checkBody(body, resp.Header.Get("X-Amz-Crc32")); err != nil {
		return nil, err
	}
	if len(body) > 0 && !json.Valid(body) {
		if resp.StatusCode == http.StatusOK {
			return nil, errors.New("an answer that is no JSON")
		}
		body = nil
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

func checkBody(body []byte, checksum string) error {
	if len(body) > maxAnswerBytes {
		return fmt.Errorf("an answer of more than %d bytes", maxAnswerBytes)
	}
	if checksum != "" && checksum != strconv.FormatUint(uint64(crc32.ChecksumIEEE(body)), 10) {
		return errors.New("an answer whose checksum is wrong")
	}
	return nil
}
