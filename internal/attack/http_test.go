package attack

import (
	"bytes"
	"io"
	"net"
	"strings"
	"time"
)

// wire is a kind that is bytes, sent as they are.
func wire(name, want, method string, raw func(a *attacker) string) kind {
	return kind{name: name, want: want, try: func(a *attacker) string { return a.exchange(method, []byte(raw(a))) }}
}

// asking is a kind that is a request for a target of the door, without a signature.
func asking(name, want, method, target string) kind {
	return wire(name, want, method, func(*attacker) string {
		return method + " " + target + " HTTP/1.1\r\nHost: voice.example.com\r\nContent-Length: 0\r\n\r\n"
	})
}

// signedFor is a kind that is a webhook to another target, signed for just that.
func signedFor(name, want, target string) kind {
	return spoiled(name, want, func(w *webhook) { w.target = target })
}

// methodKinds are requests by another method than the path has, and paths that look
// like ours.
func methodKinds() []kind {
	var all []kind
	for _, method := range []string{"GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "post", "PROPFIND"} {
		all = append(all, asking(method+" of the webhook", "405", method, "/twiml"))
	}
	for _, method := range []string{"GET", "PUT"} {
		all = append(all, asking(method+" of the resume webhook", "405", method, "/resume"))
	}
	return append(all,
		asking("CONNECT to somewhere else", "404", "CONNECT", "evil.example.com:443"),
		asking("OPTIONS of everything", "200", "OPTIONS", "*"), // Go's server answers this by itself, with nothing
		asking("the control listener's status", "404", "GET", "/status"),
		asking("the control listener's metrics", "404", "GET", "/metrics"),
		asking("the control listener's pins", "404", "POST", "/pin"),
		asking("the profiler", "404", "GET", "/debug/pprof/"),
		asking("the root", "404", "GET", "/"),
		asking("a file", "404", "GET", "/../../../../etc/passwd"),
		signedFor("a path in capitals", "404", "/TWIML"),
		signedFor("a path with two slashes", "404", "//twiml"),
		signedFor("a path with a dot", "404", "/./twiml"),
		signedFor("a path that leaves and comes back", "404", "/ping/../twiml"),
		signedFor("a path with a letter percent-encoded", "404", "/%74wiml"),
		signedFor("a path with a percent-encoded slash", "404", "/twiml%2f"),
		signedFor("a path with a zero byte", "404", "/twiml%00"),
		signedFor("a path with a parameter", "404", "/twiml;a=b"),
		signedFor("a path below the webhook", "404", "/twiml/more"),
		signedFor("a path with a backslash", "404", `/\twiml`),
		signedFor("a path with a bad percent sign", "400", "/twiml%zz"),
	)
}

// protocolKinds are requests that are at odds with HTTP, among them those with which
// a second request is smuggled past a proxy. Where there is one answer too many, the
// door has taken what was smuggled.
func protocolKinds() []kind {
	const head = "POST /twiml HTTP/1.1\r\nHost: voice.example.com\r\n"
	const form = "Content-Type: application/x-www-form-urlencoded\r\n"
	const smuggled = "POST /resume HTTP/1.1\r\nHost: voice.example.com\r\nContent-Length: 0\r\n\r\n"
	plain := func(text string) func(*attacker) string { return func(*attacker) string { return text } }
	return []kind{
		wire("a webhook by HTTP/1.0 without a signature", "403", "POST", plain("POST /twiml HTTP/1.0\r\n"+form+"Content-Length: 3\r\n\r\na=b")),
		wire("HTTP/0.9", "400", "GET", plain("GET /twiml\r\n\r\n")),
		wire("HTTP/2 without TLS", "404", "PRI", plain("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")),
		wire("HTTP/3.0", "505", "POST", plain("POST /twiml HTTP/3.0\r\nHost: a\r\n\r\n")),
		wire("an upgrade to HTTP/2", "403", "POST", plain(head+form+"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk\r\nContent-Length: 0\r\n\r\n")),
		wire("TLS on a plain port", "400", "GET", plain("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"+strings.Repeat("\x00", 32)+"\r\n\r\n")),
		wire("SSH", "400", "GET", plain("SSH-2.0-OpenSSH_9.2\r\n\r\n")),
		wire("the address of another server, signed for it", "403", "POST", func(a *attacker) string {
			w := newWebhook("/twiml", a.sid)
			w.target, w.address = "http://evil.example.com/twiml", "http://evil.example.com/twiml"
			return string(w.build().bytes())
		}),
		wire("the name of another server, signed for it", "403", "POST", func(a *attacker) string {
			w := newWebhook("/twiml", a.sid)
			w.host, w.address = "evil.example.com", "https://evil.example.com/twiml"
			return string(w.build().bytes())
		}),
		wire("no name of a server", "400", "POST", plain("POST /twiml HTTP/1.1\r\nContent-Length: 0\r\n\r\n")),
		wire("two names of servers", "400", "POST", plain(head+"Host: evil.example.com\r\nContent-Length: 0\r\n\r\n")),
		wire("a server's name with a slash", "400", "POST", plain("POST /twiml HTTP/1.1\r\nHost: voice.example.com/evil\r\nContent-Length: 0\r\n\r\n")),
		wire("a header of 24 KiB", "431", "POST", plain(head+"A: "+strings.Repeat("b", 24<<10)+"\r\n\r\n")),
		wire("5,000 headers", "431", "POST", plain(head+strings.Repeat("A: b\r\n", 5000)+"\r\n")),
		wire("a path of 24 KiB", "431", "POST", plain("POST /"+strings.Repeat("a", 24<<10)+" HTTP/1.1\r\nHost: a\r\n\r\n")),
		wire("a header that has no name", "400", "POST", plain(head+": b\r\n\r\n")),
		wire("a header's name with a space", "400", "POST", plain(head+"Content-Length : 0\r\n\r\n")),
		wire("a header with a zero byte", "400", "POST", plain(head+"A: b\x00c\r\n\r\n")),
		wire("a header that goes on in the next line", "403", "POST", plain(head+form+"A: b\r\n c\r\nContent-Length: 0\r\n\r\n")),
		wire("a first header that begins with a space", "400", "POST", plain("POST /twiml HTTP/1.1\r\n Host: a\r\n\r\n")),
		wire("a method with a line break in it", "400", "POST", plain("PO\rST /twiml HTTP/1.1\r\nHost: a\r\n\r\n")),
		wire("a hope for another answer than 100", "417", "POST", plain(head+form+"Expect: 200-maybe\r\nContent-Length: 0\r\n\r\n")),

		wire("two lengths", "400", "POST", plain(head+form+"Content-Length: 0\r\nContent-Length: 5\r\n\r\na=b&c"+smuggled)),
		wire("two lengths in one header", "400", "POST", plain(head+form+"Content-Length: 0, 5\r\n\r\n"+smuggled)),
		wire("a length with a sign", "400", "POST", plain(head+form+"Content-Length: +3\r\n\r\na=b"+smuggled)),
		wire("a length in hexadecimal", "400", "POST", plain(head+form+"Content-Length: 0x3\r\n\r\na=b"+smuggled)),
		wire("a length below zero", "400", "POST", plain(head+form+"Content-Length: -1\r\n\r\n"+smuggled)),
		wire("a length of 30 digits", "400", "POST", plain(head+form+"Content-Length: 999999999999999999999999999999\r\n\r\n"+smuggled)),
		wire("a length and chunks", "403", "POST", plain(head+form+"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"+smuggled)),
		wire("chunks that are also something else", "501", "POST", plain(head+form+"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"+smuggled)),
		wire("chunks named twice", "501", "POST", plain(head+form+"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"+smuggled)),
		wire("chunks named with a vertical tab", "400", "POST", plain(head+form+"Transfer-Encoding: \x0bchunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"+smuggled)),
		wire("chunks by HTTP/1.0", "403", "POST", plain("POST /twiml HTTP/1.0\r\n"+form+"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"+smuggled)),
		wire("a chunk of a negative length", "400", "POST", plain(head+form+"Transfer-Encoding: chunked\r\n\r\n-1\r\n"+smuggled)),
		wire("a chunk of a length beyond 64 bits", "400", "POST", plain(head+form+"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n"+smuggled)),
		wire("a chunk that ends in a bare line feed", "400", "POST", plain(head+form+"Transfer-Encoding: chunked\r\n\r\n3\na=b\r\n0\r\n\r\n"+smuggled)),
		wire("a chunk longer than it says", "400", "POST", plain(head+form+"Transfer-Encoding: chunked\r\n\r\n3\r\na=b&c=d\r\n0\r\n\r\n"+smuggled)),
		wire("a chunk's extension of 70 KiB", "400", "POST", plain(head+form+"Transfer-Encoding: chunked\r\n\r\n3;"+strings.Repeat("a", 70<<10)+"\r\na=b\r\n0\r\n\r\n"+smuggled)),
		wire("a trailer of 24 KiB", "400", "POST", plain(head+form+"Transfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n0\r\nA: "+strings.Repeat("b", 24<<10)+"\r\n\r\n"+smuggled)),
		wire("a hundred requests in one go", "403", "POST", plain(strings.Repeat(head+form+"Content-Length: 3\r\n\r\na=b", 100))),
		wire("half a body", "400", "POST", plain(head+form+"Content-Length: 10\r\n\r\na=b")),

		{name: "a hundred connections that say nothing", want: "cut", slow: true, try: func(a *attacker) string { return a.silent(a.address, 100) }},
		{name: "webhooks without a signature, more than ten in a second", want: "429, then 200 stream", try: (*attacker).flood},
		{name: "half a header", want: "cut", slow: true, try: func(a *attacker) string { return a.exchange("POST", []byte(head+"A: b")) }},
		{name: "a header without an end, letter by letter", want: "cut", slow: true, try: func(a *attacker) string { return a.drip(a.address, head+strings.Repeat("A", 400)) }},
	}
}

// silent opens connections, says nothing, and tells what becomes of the last one.
func (a *attacker) silent(address string, n int) string {
	for range n - 1 {
		defer a.dialTo(address).Close()
	}
	return a.exchangeWith(address, "GET", nil)
}

// drip sends a text letter by letter until it is cut off, and tells whether it was.
func (a *attacker) drip(address, text string) string {
	conn := a.dialTo(address)
	defer conn.Close()
	ended := make(chan string, 1)
	go func() {
		_, err := io.Copy(io.Discard, conn)
		if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
			ended <- "hung"
			return
		}
		ended <- "cut"
	}()
	pace := time.NewTicker(50 * time.Millisecond)
	defer pace.Stop()
	for i := 0; ; i++ {
		select {
		case fate := <-ended:
			return fate
		case <-pace.C:
			_, _ = conn.Write([]byte{text[i%len(text)]}) // when it fails the reader ends, too
		}
	}
}

// flood sends webhooks without a signature until one is refused for being one too many
// from its address, and a genuine one behind them.
func (a *attacker) flood() string {
	forged := newWebhook("/twiml", a.sid)
	forged.signed = func(string) []string { return nil }
	for range 1000 {
		if got := a.post(forged); got != "403" {
			return got + ", then " + a.post(newWebhook("/twiml", a.sid))
		}
	}
	return "403 for ever"
}

// slowKinds are bodies that do not come.
func slowKinds() []kind {
	return []kind{
		{name: "a form that never comes", want: "400", slow: true, try: func(a *attacker) string {
			raw := newWebhook("/twiml", a.sid).build().bytes()
			return a.exchange("POST", raw[:bytes.Index(raw, []byte("\r\n\r\n"))+4])
		}},
		{name: "a signed form of which the last letter never comes", want: "400", slow: true, try: func(a *attacker) string {
			raw := newWebhook("/twiml", a.sid).build().bytes()
			return a.exchange("POST", raw[:len(raw)-1])
		}},
	}
}
