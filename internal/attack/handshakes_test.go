package attack

import (
	"strings"
	"time"
)

// opening is a kind that is a handshake, for a call that was greeted, with something wrong.
func opening(name, want string, spoil func(h *handshake)) kind {
	return kind{name: name, want: want, try: func(a *attacker) string {
		h := newHandshake(a.token(a.sid))
		spoil(h)
		return a.open(h)
	}}
}

// sealed is a kind that is a handshake with another token, signed for just that.
func sealed(name, want string, token func(a *attacker) string) kind {
	return kind{name: name, want: want, try: func(a *attacker) string { return a.open(newHandshake(token(a))) }}
}

// handshakeKinds are handshakes that are not Twilio's, or that are no handshakes.
func handshakeKinds() []kind {
	header := func(lines ...string) func(string) []string { return func(string) []string { return lines } }
	without := func(names ...string) func(*handshake) { return func(h *handshake) { h.without = names } }
	instead := func(name, line string) func(*handshake) {
		return func(h *handshake) { h.without, h.headers = []string{name}, []string{line} }
	}
	at := func(path func(token string) string) func(*handshake) {
		return func(h *handshake) {
			h.target = path(h.token)
			h.address = "wss://voice.example.com" + h.target // so that the path is what is wrong
		}
	}
	return []kind{
		opening("no signature", "403", func(h *handshake) { h.signed = header() }),
		opening("signed with a guessed key", "403", func(h *handshake) { h.key = "guessed" }),
		opening("signed with the key of stream tokens", "403", func(h *handshake) { h.key = tokenKey }),
		opening("signed for ws", "403", func(h *handshake) { h.address = "ws://voice.example.com/stream/" + h.token }),
		opening("signed for http", "403", func(h *handshake) { h.address = "http://voice.example.com/stream/" + h.token }),
		opening("signed for another host", "403", func(h *handshake) { h.address = "wss://evil.example.com/stream/" + h.token }),
		opening("signed for another port", "403", func(h *handshake) { h.address = "wss://voice.example.com:8443/stream/" + h.token }),
		opening("signed for the token of another call", "403", func(h *handshake) { h.address = streamURL + "x" + h.token }),
		opening("signed as a webhook", "403", func(h *handshake) {
			h.signed = header(signature + ": " + sign(authToken, publicURL+"/twiml", newWebhook("/twiml", "CA1").form))
		}),
		opening("two signatures, the right one first", "403", func(h *handshake) {
			h.signed = func(s string) []string { return []string{signature + ": " + s, signature + ": AAAA"} }
		}),
		opening("from a web page, without a signature", "403", func(h *handshake) {
			h.signed, h.headers = header(), []string{"Origin: https://evil.example.com"}
		}),

		opening("by POST", "405", func(h *handshake) { h.method = "POST" }),
		opening("by HEAD", "405", func(h *handshake) { h.method = "HEAD" }),
		opening("by CONNECT", "405", func(h *handshake) { h.method = "CONNECT" }),
		opening("by HTTP/1.0", "505", func(h *handshake) { h.version = "HTTP/1.0" }),
		opening("without Upgrade", "400", without("upgrade")),
		opening("an upgrade to something else", "400", instead("upgrade", "Upgrade: h2c")),
		opening("without Connection", "400", without("connection")),
		opening("a connection that is to be closed", "400", instead("connection", "Connection: close")),
		opening("without a version", "400", without("sec-websocket-version")),
		opening("version 8", "426", instead("sec-websocket-version", "Sec-WebSocket-Version: 8")),
		opening("version 130", "426", instead("sec-websocket-version", "Sec-WebSocket-Version: 130")),
		opening("without a key", "400", without("sec-websocket-key")),
		opening("a key of 15 bytes", "400", instead("sec-websocket-key", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAA")),
		opening("a key of 10 KiB", "400", instead("sec-websocket-key", "Sec-WebSocket-Key: "+strings.Repeat("A", 10<<10))),
		opening("a body", "400", func(h *handshake) { h.body = "\x81\x80\x00\x00\x00\x00" }),
		opening("a body in chunks", "400", func(h *handshake) {
			h.headers, h.body = []string{"Transfer-Encoding: chunked"}, "6\r\n\x81\x80\x00\x00\x00\x00\r\n0\r\n\r\n"
		}),
		opening("a query that was not signed", "403", func(h *handshake) { h.target += "?a=b" }),
		opening("a path with two slashes", "403", at(func(token string) string { return "/stream//" + token })),
		opening("a path that leaves and comes back", "403", at(func(token string) string { return "/stream/../stream/" + token })),
		opening("a path in capitals", "404", at(func(token string) string { return "/STREAM/" + token })),
		opening("a path below the token", "403", at(func(token string) string { return "/stream/" + token + "/more" })),
		opening("a letter of the token percent-encoded", "403", at(func(token string) string { return "/stream/%41" + token[1:] })),
		opening("a zero byte behind the token", "403", at(func(token string) string { return "/stream/" + token + "%00" })),
		opening("a line break behind the token", "403", at(func(token string) string { return "/stream/" + token + "%0a" })),
		opening("the token in the query", "404", at(func(token string) string { return "/stream?token=" + token })),
		opening("no token", "404", at(func(string) string { return "/stream/" })),
		opening("at the webhook", "405", at(func(string) string { return "/twiml" })),
		opening("at the resume webhook", "405", at(func(string) string { return "/resume" })),
		opening("at the life sign", "200", at(func(string) string { return "/ping" })),
	}
}

// tokenKinds are handshakes with Twilio's signature for tokens that are not ours, not
// for now, or not for this gateway.
func tokenKinds() []kind {
	made := func(name, key, purpose string, change func(c *claims)) kind {
		return sealed(name, "403", func(a *attacker) string {
			c := validClaims(a.sid)
			change(&c)
			return seal(key, purpose, c.plain())
		})
	}
	as := func(name string, change func(c *claims)) kind { return made(name, tokenKey, streamPurpose, change) }
	spoil := func(name string, change func(token string) string) kind {
		return sealed(name, "403", func(a *attacker) string { return change(a.token(a.sid)) })
	}
	all := []kind{
		made("sealed with another key", "another key of stream tokens", streamPurpose, func(*claims) {}),
		made("sealed with the auth token", authToken, streamPurpose, func(*claims) {}),
		made("sealed for another purpose", tokenKey, ticketPurpose, func(*claims) {}),
		as("expired two minutes ago", func(c *claims) { c.expires = time.Now().Add(-2 * time.Minute) }),
		as("expired in 1970", func(c *claims) { c.expires = time.Unix(0, 0) }),
		as("of another account", func(c *claims) { c.account = otherAccount }),
		as("of a line that there is not", func(c *claims) { c.line = "trips" }),
		as("of another version", func(c *claims) { c.version = 2 }),
		as("that stands for words", func(c *claims) { c.flags = 4 }),
		as("that goes on behind its end", func(c *claims) { c.more = "\x00" }),
		as("that is for a hand-over", func(c *claims) { c.version = 'd' }),
		sealed("that is empty", "403", func(*attacker) string { return seal(tokenKey, streamPurpose, nil) }),
		sealed("that ends within a text", "403", func(a *attacker) string {
			plain := validClaims(a.sid).plain()
			return seal(tokenKey, streamPurpose, plain[:len(plain)-5])
		}),
		spoil("cut by a letter", func(token string) string { return token[:len(token)-1] }),
		spoil("cut to half", func(token string) string { return token[:len(token)/2] }),
		spoil("cut to its nonce", func(token string) string { return token[:16] }),
		spoil("with a letter more", func(token string) string { return token + "A" }),
		spoil("twice", func(token string) string { return token + token }),
		spoil("in capitals", strings.ToUpper),
		spoil("padded", func(token string) string { return token + "=" }),
		spoil("of zeroes", func(token string) string { return strings.Repeat("A", len(token)) }),
		spoil("of 12 KiB", func(string) string { return strings.Repeat("A", 12<<10) }),
	}
	for _, at := range []struct {
		name  string
		place func(n int) int
	}{
		{"first", func(int) int { return 0 }}, {"middle", func(n int) int { return n / 2 }}, {"last but one", func(n int) int { return n - 2 }},
	} {
		all = append(all, spoil("with another "+at.name+" letter", func(token string) string {
			b := []byte(token)
			i := at.place(len(b))
			b[i] = map[bool]byte{true: 'A', false: 'B'}[b[i] != 'A']
			return string(b)
		}))
	}
	return all
}

// replayKinds send again what was Twilio's once.
func replayKinds() []kind {
	return []kind{
		{name: "a token that has opened a stream", want: "403", try: func(a *attacker) string {
			token := a.token(a.sid)
			s, answer := a.upgrade(newHandshake(token))
			if s == nil {
				return "not played: " + answer
			}
			defer s.conn.Close()
			return a.open(newHandshake(token))
		}},
		{name: "a token whose stream is over", want: "403", try: func(a *attacker) string {
			token := a.token(a.sid)
			s, answer := a.upgrade(newHandshake(token))
			if s == nil {
				return "not played: " + answer
			}
			s.fate()
			return a.open(newHandshake(token))
		}},
		{name: "a token whose handshake broke off", want: "403", try: func(a *attacker) string {
			token := a.token(a.sid)
			h := newHandshake(token)
			h.without, h.headers = []string{"sec-websocket-version"}, []string{"Sec-WebSocket-Version: 8"}
			if first := a.open(h); first != "426" {
				return "not played: " + first
			}
			return a.open(newHandshake(token))
		}},
		{name: "the webhook of a call that is on the line", want: "200 redirect", try: func(a *attacker) string {
			s := a.started()
			defer s.end(text(`{"event":"stop"}`))
			return a.post(newWebhook("/twiml", a.sid))
		}},
		{name: "the webhook of a call that has ended", want: "200 redirect", try: func(a *attacker) string {
			a.started().end(text(`{"event":"stop"}`))
			return a.post(newWebhook("/twiml", a.sid))
		}},
		{name: "the resume of a call that has ended", want: "200 hangup", try: func(a *attacker) string {
			a.started().end(text(`{"event":"stop"}`))
			return a.post(newWebhook("/resume", a.sid))
		}},
		{name: "the resume of another's call", want: "403", try: func(a *attacker) string {
			w := newWebhook("/resume", a.sid)
			w.setAfterSigning("CallSid", "CA66666666666666666666666666666666")
			return a.post(w)
		}},
		{name: "a webhook as a resume", want: "403", try: func(a *attacker) string {
			w := newWebhook("/resume", a.sid)
			w.address = publicURL + "/twiml"
			return a.post(w)
		}},
		{name: "a resume as a webhook", want: "403", try: func(a *attacker) string {
			w := newWebhook("/twiml", a.sid)
			w.address = publicURL + "/resume"
			return a.post(w)
		}},
		{name: "the token of another's call for one's own", want: "closed 1008", try: func(a *attacker) string {
			return a.stream().end(text(startMessage(a.newSID(), account)))
		}},
		{name: "resumes without an end", want: "200 hangup", try: func(a *attacker) string {
			got := ""
			for range 4 {
				got = a.post(newWebhook("/resume", a.sid))
			}
			return got
		}},
	}
}
