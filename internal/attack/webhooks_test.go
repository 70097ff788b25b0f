package attack

import (
	"bytes"
	"compress/gzip"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// kind is one thing that nobody but an attacker, or a broken peer, would do, and what
// must come of it.
type kind struct {
	name string
	want string
	try  func(a *attacker) string
	slow bool // it waits for a time-out of the door, or moves much data
}

// spoiled is a kind that is a webhook of an incoming call with something wrong.
func spoiled(name, want string, spoil func(w *webhook)) kind {
	return kind{name: name, want: want, try: func(a *attacker) string {
		w := newWebhook("/twiml", a.sid)
		spoil(w)
		return a.post(w)
	}}
}

// signatureKinds are webhooks whose signature is not Twilio's.
func signatureKinds() []kind {
	header := func(lines ...string) func(string) []string { return func(string) []string { return lines } }
	as := func(change func(s string) string) func(string) []string {
		return func(s string) []string { return []string{signature + ": " + change(s)} }
	}
	mac := func(w *webhook) []byte {
		sum := hmac.New(sha1.New, []byte(authToken))
		sum.Write(signedText(publicURL+w.target, w.form))
		return sum.Sum(nil)
	}
	return []kind{
		spoiled("no signature", "403", func(w *webhook) { w.signed = header() }),
		spoiled("empty signature", "403", func(w *webhook) { w.signed = header(signature + ":") }),
		spoiled("signed with a guessed key", "403", func(w *webhook) { w.key = "guessed" }),
		spoiled("signed with no key", "403", func(w *webhook) { w.key = "" }),
		spoiled("signed with the account's id", "403", func(w *webhook) { w.key = account }),
		spoiled("signed with a key that was rotated out", "403", func(w *webhook) { w.key = "00000000000000000000000000000000" }),
		spoiled("signed for another scheme", "403", func(w *webhook) { w.address = "http://voice.example.com/twiml" }),
		spoiled("signed for a websocket", "403", func(w *webhook) { w.address = "wss://voice.example.com/twiml" }),
		spoiled("signed for another host", "403", func(w *webhook) { w.address = "https://evil.example.com/twiml" }),
		spoiled("signed for a host that begins like ours", "403", func(w *webhook) { w.address = "https://voice.example.com.evil.example/twiml" }),
		spoiled("signed for another port", "403", func(w *webhook) { w.address = "https://voice.example.com:8443/twiml" }),
		spoiled("signed for another path", "403", func(w *webhook) { w.address = publicURL + "/resume" }),
		spoiled("signed for a longer path", "403", func(w *webhook) { w.address = publicURL + "/pbx/twiml" }),
		spoiled("signed for a path in capitals", "403", func(w *webhook) { w.address = publicURL + "/TWIML" }),
		spoiled("signed for a query that is not there", "403", func(w *webhook) { w.address = publicURL + "/twiml?a=b" }),
		spoiled("signed without the query that is there", "403", func(w *webhook) { w.target, w.address = "/twiml?a=b", publicURL+"/twiml" }),
		spoiled("signed for a user's name", "403", func(w *webhook) { w.address = "https://user@voice.example.com/twiml" }),
		spoiled("signed as a GET, without the form", "403", func(w *webhook) { w.signs = []param{} }),
		spoiled("signed in the order that the form has", "403", func(w *webhook) {
			w.form = append([]param{{"Z", "first"}}, w.form...)
			text := publicURL + "/twiml"
			for _, p := range w.form {
				text += p.name + p.value
			}
			sum := hmac.New(sha1.New, []byte(authToken))
			sum.Write([]byte(text))
			w.signed = header(signature + ": " + base64.StdEncoding.EncodeToString(sum.Sum(nil)))
		}),
		spoiled("a parameter more than signed", "403", func(w *webhook) { w.setAfterSigning("Digits", "1") }),
		spoiled("a parameter without a value more than signed", "403", func(w *webhook) { w.setAfterSigning("Digits", "") }),
		spoiled("a parameter less than signed", "403", func(w *webhook) { w.signs = w.form; w.drop("From") }),
		spoiled("another caller than signed", "403", func(w *webhook) { w.setAfterSigning("From", "+15550666") }),
		spoiled("another number called than signed", "403", func(w *webhook) { w.setAfterSigning("To", "+15550101") }),
		spoiled("another call than signed", "403", func(w *webhook) { w.setAfterSigning("CallSid", "CA66666666666666666666666666666666") }),
		spoiled("another account than signed", "403", func(w *webhook) { w.signs = w.form; w.set("AccountSid", otherAccount) }),
		spoiled("two values changed for one another", "403", func(w *webhook) {
			w.signs = w.form
			w.set("From", lineNumber)
			w.set("To", "+15550120001")
		}),
		spoiled("a parameter twice with another value", "403", func(w *webhook) {
			w.signs = w.form
			w.form = append(append([]param{}, w.form...), param{"From", "+15550666"})
		}),
		spoiled("a parameter in lower case", "403", func(w *webhook) {
			w.signs = w.form
			w.drop("From")
			w.set("from", "+15550120001")
		}),
		// Name and value are signed without anything between them, so that this is signed
		// rightly: there is no such call then.
		spoiled("the end of a name moved into its value", "400", func(w *webhook) {
			w.signs = w.form
			sid := w.form[2].value
			w.drop("CallSid")
			w.set("CallSi", "d"+sid)
		}),
		spoiled("signature in capitals", "403", func(w *webhook) { w.signed = as(strings.ToUpper) }),
		spoiled("signature in URL-safe base64", "403", func(w *webhook) {
			w.signed = func(string) []string {
				sum := mac(w)
				return []string{signature + ": " + base64.RawURLEncoding.EncodeToString(sum)}
			}
		}),
		spoiled("signature without its padding", "403", func(w *webhook) { w.signed = as(func(s string) string { return strings.TrimRight(s, "=") }) }),
		spoiled("signature with padding in excess", "403", func(w *webhook) { w.signed = as(func(s string) string { return s + "=" }) }),
		spoiled("signature with bits set that base64 leaves unused", "403", func(w *webhook) { w.signed = as(looseBits) }),
		spoiled("signature with a space in it", "403", func(w *webhook) { w.signed = as(func(s string) string { return s[:9] + " " + s[9:] }) }),
		spoiled("signature in quotes", "403", func(w *webhook) { w.signed = as(func(s string) string { return `"` + s + `"` }) }),
		spoiled("signature in hexadecimal", "403", func(w *webhook) {
			w.signed = func(string) []string { return []string{signature + ": " + hex.EncodeToString(mac(w))} }
		}),
		spoiled("signature cut", "403", func(w *webhook) {
			w.signed = func(string) []string {
				return []string{signature + ": " + base64.StdEncoding.EncodeToString(mac(w)[:10])}
			}
		}),
		spoiled("signature with bytes behind it", "403", func(w *webhook) {
			w.signed = func(string) []string {
				return []string{signature + ": " + base64.StdEncoding.EncodeToString(append(mac(w), 0, 0))}
			}
		}),
		spoiled("signature of SHA-256", "403", func(w *webhook) {
			sum := hmac.New(sha256.New, []byte(authToken))
			sum.Write(signedText(publicURL+w.target, w.form))
			w.signed = header(signature + ": " + base64.StdEncoding.EncodeToString(sum.Sum(nil)))
		}),
		spoiled("signature of 15 KiB", "403", func(w *webhook) { w.signed = header(signature + ": " + strings.Repeat("A", 15<<10)) }),
		spoiled("two signatures, the right one first", "403", func(w *webhook) {
			w.signed = func(s string) []string { return []string{signature + ": " + s, signature + ": AAAA"} }
		}),
		spoiled("two signatures, the right one last", "403", func(w *webhook) {
			w.signed = func(s string) []string { return []string{signature + ": AAAA", signature + ": " + s} }
		}),
		spoiled("two signatures in one header", "403", func(w *webhook) { w.signed = as(func(s string) string { return s + ", " + s }) }),
		spoiled("signature in a header with underscores", "403", func(w *webhook) {
			w.signed = func(s string) []string { return []string{"X_Twilio_Signature: " + s} }
		}),
		spoiled("signature in the query", "403", func(w *webhook) {
			w.signed = header()
			w.target = "/twiml?" + signature + "=" + sign(authToken, publicURL+"/twiml", w.form)
		}),
		spoiled("signature in the form", "403", func(w *webhook) { w.signed = header(); w.set(signature, "AAAA") }),
		spoiled("signed for the host of X-Forwarded-Host", "403", func(w *webhook) {
			w.address = "https://evil.example.com/twiml"
			w.host = "evil.example.com"
			w.headers = []string{"X-Forwarded-Host: evil.example.com", "X-Forwarded-Proto: https", "Forwarded: host=evil.example.com;proto=https"}
		}),
		spoiled("signed for the path of X-Original-URL", "403", func(w *webhook) {
			w.address = publicURL + "/resume"
			w.headers = []string{"X-Original-URL: /resume", "X-Rewrite-URL: /resume"}
		}),
	}
}

// looseBits sets the bits of the last digit that stand for nothing.
func looseBits(signature string) string {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	b := []byte(signature)
	last := len(b) - 2 // before the one =
	b[last] = digits[strings.IndexByte(digits, b[last])|3]
	return string(b)
}

// formKinds are webhooks with Twilio's signature that are refused for what they say, or
// how: what comes with the account's key may still be a broken proxy's doing.
func formKinds() []kind {
	body := func(kind, text string) func(*webhook) {
		return func(w *webhook) { w.kind, w.body, w.raw = kind, text, true }
	}
	const form = "application/x-www-form-urlencoded"
	sid := func(value string) func(*webhook) { return func(w *webhook) { w.set("CallSid", value) } }
	return []kind{
		spoiled("no CallSid", "400", func(w *webhook) { w.drop("CallSid") }),
		spoiled("empty CallSid", "400", sid("")),
		spoiled("CallSid of one letter", "400", sid("C")),
		spoiled("CallSid of 65 letters", "400", sid(strings.Repeat("C", 65))),
		spoiled("CallSid of 60,000 letters", "400", sid(strings.Repeat("C", 60_000))),
		spoiled("CallSid with a line break", "400", sid("CA1\nlevel=ERROR msg=forged")),
		spoiled("CallSid with a zero byte", "400", sid("CA1\x00")),
		spoiled("CallSid with an escape sequence", "400", sid("CA1\x1b[2J")),
		spoiled("CallSid that is a path", "400", sid("../../session")),
		spoiled("CallSid with letters beyond ASCII", "400", sid("CAé1")),
		spoiled("CallSid that is no UTF-8", "400", sid("CA\xff\xfe")),
		spoiled("CallSid of a probe", "400", sid("lexline-probe-1")),
		spoiled("no AccountSid", "400", func(w *webhook) { w.drop("AccountSid") }),
		spoiled("another account, signed rightly", "403", func(w *webhook) { w.set("AccountSid", otherAccount) }),
		spoiled("the account in lower case", "403", func(w *webhook) { w.set("AccountSid", strings.ToLower(account)) }),
		spoiled("a number that no line has", "200 hangup", func(w *webhook) { w.set("To", "+15550999") }),
		spoiled("no number called", "200 hangup", func(w *webhook) { w.drop("To") }),
		spoiled("a number that is markup", "200 hangup", func(w *webhook) { w.set("To", `</Say><Stream url="wss://evil.example.com/"/>`) }),
		spoiled("a number of 60,000 digits", "200 hangup", func(w *webhook) { w.set("To", strings.Repeat("5", 60_000)) }),
		spoiled("no body", "400", func(w *webhook) { w.form = nil }),
		spoiled("the form in the query", "400", func(w *webhook) {
			w.target, w.body, w.raw = "/twiml?"+encode(w.form), "", true
			w.signs, w.address = []param{}, publicURL+"/twiml?"+encode(w.form)
		}),
		spoiled("a form of 64 KiB and a byte", "413", body(form, "a="+strings.Repeat("b", 64<<10-1))),
		spoiled("a form of 64 KiB and a byte in chunks", "413", func(w *webhook) {
			w.headers = []string{"Transfer-Encoding: chunked"}
			body(form, "10001\r\n"+strings.Repeat("b", 64<<10+1)+"\r\n0\r\n\r\n")(w)
		}),
		spoiled("a form of a gigabyte announced", "413", func(w *webhook) {
			w.headers = []string{"Content-Length: 1073741824"}
			body(form, "a=b")(w)
		}),
		spoiled("a gzipped form", "415", func(w *webhook) {
			w.headers = []string{"Content-Encoding: gzip"}
			body(form, gzipped(encode(w.form)))(w)
		}),
		spoiled("a gzipped form that says it is another account's", "415", func(w *webhook) {
			w.headers = []string{"Content-Encoding: x-gzip"}
			body(form, gzipped("AccountSid="+otherAccount))(w)
		}),
		spoiled("a multipart form", "415", func(w *webhook) {
			body("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"CallSid\"\r\n\r\nCA1\r\n--b--\r\n")(w)
		}),
		spoiled("JSON", "415", body("application/json", `{"CallSid":"CA1"}`)),
		spoiled("JSON that says it is a form", "403", body(form, `{"CallSid":"CA1"}`)),
		spoiled("plain text", "415", func(w *webhook) { w.kind = "text/plain" }),
		spoiled("no content type", "415", func(w *webhook) { w.kind = "" }),
		spoiled("a content type that is none", "415", func(w *webhook) { w.kind = ";;;" }),
		spoiled("a form in UTF-16", "400", func(w *webhook) {
			wide := ""
			for _, c := range encode(w.form) {
				wide += string(c) + "\x00"
			}
			body(form+"; charset=utf-16le", wide)(w)
		}),
		spoiled("parameters between semicolons", "400", func(w *webhook) { body(form, strings.ReplaceAll(encode(w.form), "&", ";"))(w) }),
		spoiled("an incomplete percent sign", "400", body(form, "CallSid=CA1%4")),
		spoiled("a percent sign before no number", "400", body(form, "CallSid=CA1%zz")),
		spoiled("10,000 parameters", "403", body(form, strings.Repeat("a=1&", 9_999)+"a=2")),
		spoiled("20,000 parameters", "400", body(form, strings.Repeat("a=&", 19_999)+"a=")),
	}
}

func gzipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text)) // a buffer takes everything
	_ = w.Close()                // as above
	return b.String()
}
