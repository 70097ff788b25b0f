package attack

import (
	"cmp"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/url"
	"slices"
	"strings"
	"time"
)

// What the gateway under attack is configured with. The attacker knows all of it but
// the secrets; tables use those where what is wrong must be something else.
const (
	publicURL    = "https://voice.example.com"
	streamURL    = "wss://voice.example.com/stream/"
	authToken    = "0123456789abcdef0123456789abcdef"
	nextToken    = "fedcba9876543210fedcba9876543210"
	tokenKey     = "the key of stream tokens"
	account      = "AC00000000000000000000000000000001"
	otherAccount = "AC00000000000000000000000000000002"
	lineName     = "flowers"
	lineNumber   = "+15550100"
	signature    = "X-Twilio-Signature"
)

// param is one parameter of a form.
type param struct{ name, value string }

// encode writes a form as a body.
func encode(form []param) string {
	parts := make([]string, len(form))
	for i, p := range form {
		parts[i] = url.QueryEscape(p.name) + "=" + url.QueryEscape(p.value)
	}
	return strings.Join(parts, "&")
}

// sign is Twilio's signature of an address and a form
// (https://www.twilio.com/docs/usage/security#validating-requests).
func sign(key, address string, form []param) string {
	mac := hmac.New(sha1.New, []byte(key))
	mac.Write(signedText(address, form))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func signedText(address string, form []param) []byte {
	form = slices.Clone(form)
	slices.SortFunc(form, func(a, b param) int {
		return cmp.Or(strings.Compare(a.name, b.name), strings.Compare(a.value, b.value))
	})
	text := []byte(address)
	for _, p := range slices.Compact(form) {
		text = append(append(text, p.name...), p.value...)
	}
	return text
}

// request is an HTTP request as it goes over the wire: nothing is put right.
type request struct {
	method, target, version string
	host                    string   // empty: no header Host
	headers                 []string // "Name: value"
	body                    string   // with its length in a header, unless one is there
}

func (r request) bytes() []byte {
	var b strings.Builder
	b.WriteString(r.method + " " + r.target + " " + r.version + "\r\n")
	if r.host != "" {
		b.WriteString("Host: " + r.host + "\r\n")
	}
	framed := r.body == "" && r.method == "GET"
	for _, h := range r.headers {
		b.WriteString(h + "\r\n")
		name, _, _ := strings.Cut(strings.ToLower(h), ":")
		name = strings.TrimSpace(name)
		framed = framed || name == "content-length" || name == "transfer-encoding"
	}
	if !framed {
		b.WriteString("Content-Length: " + itoa(len(r.body)) + "\r\n")
	}
	b.WriteString("\r\n" + r.body)
	return []byte(b.String())
}

// webhook is a request of Twilio's about a call, to be spoiled.
type webhook struct {
	request
	form    []param
	signs   []param // what is signed in place of form, if not nil
	address string  // that is signed; empty: that of the target
	key     string  // it is signed with
	kind    string  // Content-Type; empty: none
	raw     bool    // body stands already, in place of form
	// signed makes header lines of the signature; nil: the right one.
	signed func(signature string) []string
}

// newWebhook is a request as Twilio makes it.
func newWebhook(path, sid string) *webhook {
	return &webhook{
		request: request{method: "POST", target: path, version: "HTTP/1.1", host: "voice.example.com"},
		key:     authToken, kind: "application/x-www-form-urlencoded; charset=UTF-8",
		form: []param{
			{"AccountSid", account},
			{"ApiVersion", "2010-04-01"},
			{"CallSid", sid},
			{"CallStatus", "ringing"},
			{"Direction", "inbound"},
			{"From", "+15550120001"},
			{"To", lineNumber},
		},
	}
}

// build makes the request that is sent.
func (w *webhook) build() request {
	r := w.request
	r.headers = slices.Clone(w.headers)
	if w.kind != "" {
		r.headers = append(r.headers, "Content-Type: "+w.kind)
	}
	if !w.raw {
		r.body = encode(w.form)
	}
	signs := w.form
	if w.signs != nil {
		signs = w.signs
	}
	value := sign(w.key, cmp.Or(w.address, publicURL+w.target), signs)
	if w.signed == nil {
		r.headers = append(r.headers, signature+": "+value)
	} else {
		r.headers = append(r.headers, w.signed(value)...)
	}
	return r
}

// set gives a parameter another value, or adds it.
func (w *webhook) set(name, value string) {
	w.form = slices.Clone(w.form)
	for i := range w.form {
		if w.form[i].name == name {
			w.form[i].value = value
			return
		}
	}
	w.form = append(w.form, param{name, value})
}

// drop takes a parameter out.
func (w *webhook) drop(name string) {
	w.form = slices.DeleteFunc(slices.Clone(w.form), func(p param) bool { return p.name == name })
}

// setAfterSigning gives a parameter another value than the one that was signed.
func (w *webhook) setAfterSigning(name, value string) {
	w.signs = w.form
	w.set(name, value)
}

// handshake is the opening of a media stream, to be spoiled.
type handshake struct {
	request
	token   string // in the path that is signed
	address string // that is signed; empty: that of the token
	key     string
	signed  func(signature string) []string
	// without are headers of a websocket handshake that are left out, by lower-case name.
	without []string
}

func newHandshake(token string) *handshake {
	return &handshake{
		request: request{method: "GET", target: "/stream/" + token, version: "HTTP/1.1", host: "voice.example.com"},
		token:   token, key: authToken,
	}
}

func (h *handshake) build() request {
	r := h.request
	r.headers = nil
	for _, header := range []string{
		"Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
	} {
		name, _, _ := strings.Cut(strings.ToLower(header), ":")
		if !slices.Contains(h.without, name) {
			r.headers = append(r.headers, header)
		}
	}
	r.headers = append(r.headers, h.headers...)
	value := sign(h.key, cmp.Or(h.address, streamURL+h.token), nil)
	if h.signed == nil {
		r.headers = append(r.headers, signature+": "+value)
	} else {
		r.headers = append(r.headers, h.signed(value)...)
	}
	return r
}

// What the gateway's sealed texts are for.
const (
	streamPurpose = "lexline stream token, version 1"
	ticketPurpose = "lexline dial ticket, version 1"
)

// claims is what a stream token says.
type claims struct {
	call, account, line string
	to                  string
	expires             time.Time
	version, flags      byte
	more                string // behind the rest
}

// validClaims are those of a token that opens a stream.
func validClaims(sid string) claims {
	return claims{call: sid, account: account, line: lineName, to: lineNumber, expires: time.Now().Add(time.Minute), version: 3}
}

// plain is what is sealed: version, flags, expiry, when the call began (0: now), how
// many targets were dialled, and texts with their lengths before them: six, and two for
// each of four hand-overs that came to nothing.
func (c claims) plain() []byte {
	plain := binary.BigEndian.AppendUint64([]byte{c.version, c.flags}, uint64(c.expires.Unix()))
	plain = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint64(plain, 0), 0)
	texts := []string{c.call, c.account, c.line, "+15550120001", c.to, ""}
	for _, text := range append(texts, make([]string, 8)...) {
		plain = append(append(plain, byte(len(text))), text...)
	}
	return append(plain, c.more...)
}

// seal encrypts as the gateway does: AES-256-GCM with a key derived for the purpose, and
// its nonce before it.
func seal(key, purpose string, plain []byte) string {
	derived, err := hkdf.Key(sha256.New, []byte(key), nil, purpose, 32)
	if err != nil {
		panic(err)
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(aead.Seal(nil, nil, plain, nil))
}
