package lexmodels

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lexmodelsv2"
	"github.com/aws/aws-sdk-go-v2/service/lexruntimev2"
)

// Config says which region is asked, and how.
type Config struct {
	Region      string // "us-east-1"
	RuntimeURL  string // of the runtime API; "": AWS's own
	ModelsURL   string // of the models API; "": AWS's own
	Credentials aws.CredentialsProvider

	// Progress is told of each step that takes a while, in a few words: "build en_US:
	// Building". Methods call it on their own goroutine and wait for it. Nil: nobody
	// is told.
	Progress func(text string)

	// Transport carries the requests; nil: a pool of its own.
	Transport http.RoundTripper
}

// Client asks one region. It is safe for several goroutines.
type Client struct {
	cfg     Config
	models  *lexmodelsv2.Client
	runtime *lexruntimev2.Client
	http    *http.Client
}

// requestTime bounds one request; a turn may wait 30 s for a Lambda function.
// https://docs.aws.amazon.com/lexv2/latest/dg/quotas.html
const (
	requestTime = 15 * time.Second
	turnTime    = 40 * time.Second
	uploadTime  = 5 * time.Minute
)

// New returns a client, which asks for nothing yet.
func New(cfg Config) *Client {
	if cfg.Progress == nil {
		cfg.Progress = func(string) {}
	}
	if cfg.Transport == nil {
		cfg.Transport = &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
			TLSHandshakeTimeout: 5 * time.Second,
			MaxIdleConnsPerHost: 16,
			IdleConnTimeout:     30 * time.Second,
		}
	}
	// A redirect would carry the request, with its signature, to another host.
	c := &Client{cfg: cfg, http: &http.Client{Transport: cfg.Transport, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}}
	shared := aws.Config{Region: cfg.Region, Credentials: cfg.Credentials, HTTPClient: sender{c.http}, Retryer: func() aws.Retryer { return aws.NopRetryer{} }}
	c.models = lexmodelsv2.NewFromConfig(shared, func(o *lexmodelsv2.Options) { o.BaseEndpoint = address(cfg.ModelsURL) })
	c.runtime = lexruntimev2.NewFromConfig(shared, func(o *lexruntimev2.Options) { o.BaseEndpoint = address(cfg.RuntimeURL) })
	return c
}

// sender sends requests for the SDK. The SDK closes a request's body as soon as there
// is an answer; if that is before the transport has looked for the body's end, the
// transport takes it for a body that failed, and breaks the connection with the answer
// on it. So the transport gets a body of its own.
type sender struct{ client *http.Client }

func (s sender) Do(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, fmt.Errorf("read the request's body: %w", err)
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
	}
	return s.client.Do(req)
}

func address(url string) *string {
	if url == "" {
		return nil
	}
	return &url
}

// Close ends connections that nobody uses.
func (c *Client) Close() { c.http.CloseIdleConnections() }
