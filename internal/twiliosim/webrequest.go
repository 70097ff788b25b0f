package twiliosim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

type dialer func(ctx context.Context, network, address string) (net.Conn, error)

// patience is the key of a context's value: how long a connection may take.
type patience struct{}

// patient gives up connecting after the time that the request allows for it.
func patient(dial dialer) dialer {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		limit, ok := ctx.Value(patience{}).(time.Duration)
		if !ok {
			limit = connectTimeout
		}
		ctx, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		conn, err := dial(ctx, network, address)
		if err != nil && errors.Is(err, context.DeadlineExceeded) {
			err = &net.OpError{Op: "dial", Net: network, Err: err}
		}
		return conn, err
	}
}

// persist performs a request as the fragment of its URL has it, again where it failed
// in a way in which it is to be tried again.
func (w *web) persist(ctx context.Context, method, address, idempotency string, form url.Values, limit int64) (body []byte, contentType string, flt *Fault) {
	_, fragment, _ := strings.Cut(address, "#")
	o := parseOverrides(fragment)
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, patience{}, o.connect), o.total)
	defer cancel()
	for attempt := 0; ; attempt++ {
		req, wrong := w.request(ctx, method, address, form)
		if wrong != nil {
			return nil, "", wrong
		}
		if idempotency != "" {
			req.Header.Set("I-Twilio-Idempotency-Token", idempotency)
		}
		a := w.do(req, method+" "+address, limit, o.read)
		if a.fault == nil || ctx.Err() != nil || !o.again(a.failure, attempt) {
			return a.body, a.contentType, a.fault
		}
	}
}

// request makes a signed request. The parameters of a GET go into its URL.
func (w *web) request(ctx context.Context, method, address string, form url.Values) (*http.Request, *Fault) {
	public, err := url.Parse(address)
	if err != nil || public.Scheme != "http" && public.Scheme != "https" || public.Host == "" {
		return nil, fault(codeConnection, "%q is not an http or https URL", address)
	}
	public.Fragment, public.RawFragment = "", "" // settings for Twilio, not for the server
	var body io.Reader
	if method == http.MethodPost {
		body = strings.NewReader(form.Encode())
	} else if len(form) > 0 {
		query := form.Encode()
		if public.RawQuery != "" {
			query = public.RawQuery + "&" + query
		}
		public.RawQuery, form = query, nil
	}
	target, host := w.routes.apply(public)
	req, err := http.NewRequestWithContext(ctx, method, target.String(), body)
	if err != nil {
		return nil, fault(codeConnection, "%s %s: %v", method, address, err)
	}
	req.Host = host
	req.Header.Set("User-Agent", "TwilioProxy/1.1")
	req.Header.Set("Accept", "*/*")
	req.Header.Set("X-Twilio-Signature", sign(w.token, public.String(), form))
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
	}
	return req, nil
}

// webAnswer is what came of a request.
type webAnswer struct {
	body        []byte
	contentType string
	fault       *Fault // nil for a 2xx answer
	failure     string // what kind of fault, as rp has it; empty for none that is tried again
}

// do performs a request. Anything but a 2xx answer of at most limit bytes within the
// time-out is a fault; what names the request in its text.
func (w *web) do(req *http.Request, what string, limit int64, timeout time.Duration) webAnswer {
	ctx, cancel := context.WithTimeout(req.Context(), timeout)
	defer cancel()
	resp, err := w.client.Do(req.WithContext(ctx))
	if err != nil {
		code, failure := requestFailure(err)
		return webAnswer{fault: fault(code, "%s: %s", what, reason(err)), failure: failure}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	failure := ""
	if class := resp.StatusCode / 100; class == 4 || class == 5 {
		failure = strconv.Itoa(class) + "xx"
	}
	bad := func(code int, format string, args ...any) webAnswer {
		return webAnswer{fault: fault(code, "%s: %s", what, fmt.Sprintf(format, args...)), failure: failure}
	}
	switch {
	case err != nil:
		failure = "rt"
		return bad(codeRetrieval, "read the answer: %s", reason(err))
	case resp.StatusCode/100 == 3:
		return bad(codeRetrieval, "%s to %q; redirects are not followed", resp.Status, resp.Header.Get("Location"))
	case resp.StatusCode/100 != 2:
		return bad(codeRetrieval, "%s %s", resp.Status, beginning(body))
	case int64(len(body)) > limit:
		return bad(codeTooLarge, "the answer is longer than %d bytes", limit)
	}
	contentType, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil {
		return bad(codeContentType, "Content-Type %q: %v", resp.Header.Get("Content-Type"), err)
	}
	return webAnswer{body: body, contentType: contentType}
}

// requestFailure tells a connection that could not be made from one that broke or was
// silent.
func requestFailure(err error) (code int, failure string) {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return codeConnection, "ct"
	}
	return codeRetrieval, "rt"
}

// reason words what went wrong without repeating method and URL.
func reason(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "no answer in time"
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	return err.Error()
}

// beginning quotes what a page of an error says first.
func beginning(body []byte) string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(body)), "\n")
	if line == "" {
		return "without a word"
	}
	return fmt.Sprintf("%.200q", line)
}
