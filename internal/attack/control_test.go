package attack

import (
	"encoding/base64"
	"strings"
)

// controlToken is that of the gateway whose control listener has one.
const controlToken = "a-token-that-nobody-guesses"

// toControl is a request to the control listener, to be spoiled.
func toControl(method, target string, headers ...string) request {
	r := request{method: method, target: target, version: "HTTP/1.1", host: "127.0.0.1", headers: headers}
	if method == "POST" {
		r.headers = append(r.headers, "Content-Type: application/json")
		r.body = `{"region":"us-east-1"}`
	}
	return r
}

// controlKinds are requests to the control listeners: to the one with a token from who
// does not have it, and to the one without from web pages.
func controlKinds() []kind {
	var all []kind
	add := func(name, want string, open bool, r request) {
		all = append(all, kind{name: name, want: want, try: func(a *attacker) string {
			address := a.control
			if open {
				address = a.local
			}
			return a.exchangeWith(address, r.method, r.bytes())
		}})
	}
	bearer := "Authorization: Bearer " + controlToken
	for _, at := range []struct{ method, target string }{
		{"GET", "/status"},
		{"GET", "/metrics"},
		{"GET", "/history"},
		{"GET", "/debug/pprof/"},
		{"GET", "/debug/pprof/heap"},
		{"GET", "/debug/pprof/profile?seconds=30"},
		{"GET", "/debug/pprof/cmdline"},
		{"POST", "/pin"},
		{"POST", "/unpin"},
		{"GET", "/"},
		{"GET", "/nothing"},
	} {
		add(at.method+" "+at.target+" without the token", "401", false, toControl(at.method, at.target))
	}
	for _, wrong := range []struct{ name, header string }{
		{"a guessed token", "Authorization: Bearer guessed"},
		{"an empty token", "Authorization: Bearer "},
		{"no scheme", "Authorization: " + controlToken},
		{"the token with a letter more", bearer + "x"},
		{"the token with a letter less", bearer[:len(bearer)-1]},
		{"the token in capitals", "Authorization: Bearer " + strings.ToUpper(controlToken)},
		{"the token in another scheme", "Authorization: Digest " + controlToken},
		{"the token as somebody's name", "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(controlToken+":"))},
		{"the auth token of Twilio", "Authorization: Bearer " + authToken},
		{"the token in a cookie", "Cookie: token=" + controlToken},
		{"the token in another header", "X-Auth-Token: " + controlToken},
	} {
		add("status with "+wrong.name, "401", false, toControl("GET", "/status", wrong.header))
		add("a pin with "+wrong.name, "401", false, toControl("POST", "/pin", wrong.header))
	}
	add("status with the token in the query", "401", false, toControl("GET", "/status?token="+controlToken))
	add("status by a path that begins with one that asks no token", "401", false, toControl("GET", "/healthz/../status"))
	add("status with two slashes", "401", false, toControl("GET", "//status"))
	add("a web page that has the token", "403", false, toControl("POST", "/pin", bearer, "Origin: https://evil.example.com"))
	add("a frame of another site that has the token", "403", false, toControl("GET", "/status", bearer, "Sec-Fetch-Site: cross-site"))

	page := func(name, want string, spoil func(r *request)) {
		for _, method := range []string{"GET", "POST"} {
			r := toControl(method, map[string]string{"GET": "/status", "POST": "/pin"}[method])
			spoil(&r)
			add("without a token, "+name+", by "+method, want, true, r)
		}
	}
	page("under another name", "403", func(r *request) { r.host = "evil.example.com" })
	page("under a name that begins like ours", "403", func(r *request) { r.host = "127.0.0.1.evil.example.com:8471" })
	page("under an address of the network", "403", func(r *request) { r.host = "192.0.2.1:8471" })
	page("under the name of every address", "403", func(r *request) { r.host = "0.0.0.0:8471" })
	page("from a web page", "403", func(r *request) { r.headers = append(r.headers, "Origin: https://evil.example.com") })
	page("from a page that is a file", "403", func(r *request) { r.headers = append(r.headers, "Origin: null") })
	page("from a page of this machine", "403", func(r *request) { r.headers = append(r.headers, "Origin: http://127.0.0.1:3000") })

	order := func(name, want, body string) {
		r := toControl("POST", "/pin")
		r.body = body
		add("an order that "+name, want, true, r)
	}
	order("is empty", "400", "")
	order("is no JSON", "400", "{")
	order("is a list", "400", "[]")
	order("names no region", "400", "{}")
	order("names a region that there is not", "400", `{"region":"mars-1"}`)
	order("is 100,000 lists in each other", "400", strings.Repeat("[", 16<<10))
	order("is of 16 KiB and a byte", "400", `{"region":"us-east-1","why":"`+strings.Repeat("a", 16<<10)+`"}`)
	for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"} {
		r := toControl("POST", "/pin")
		r.headers = []string{"Content-Type: " + kind}
		add("an order as "+kind, "415", true, r)
	}
	r := toControl("POST", "/pin")
	r.headers = nil
	add("an order of no type", "415", true, r)
	add("a pin by GET", "405", true, toControl("GET", "/pin"))
	add("a pin by DELETE", "405", true, toControl("DELETE", "/pin"))
	slow := func(name, want string, try func(a *attacker) string) {
		all = append(all, kind{name: name, want: want, slow: true, try: try})
	}
	status := "GET /status HTTP/1.1\r\nHost: 127.0.0.1\r\n"
	slow("twenty connections that say nothing", "cut", func(a *attacker) string { return a.silent(a.control, 20) })
	slow("half a header", "cut", func(a *attacker) string { return a.exchangeWith(a.control, "GET", []byte(status+"A: b")) })
	slow("a header without an end, letter by letter", "cut", func(a *attacker) string { return a.drip(a.control, status+strings.Repeat("A", 400)) })
	slow("an order without the token that never comes", "401", func(a *attacker) string {
		raw := toControl("POST", "/pin").bytes()
		return a.exchangeWith(a.control, "POST", raw[:len(raw)-1])
	})
	slow("an order of which the last letter never comes", "400", func(a *attacker) string {
		raw := toControl("POST", "/pin").bytes()
		return a.exchangeWith(a.local, "POST", raw[:len(raw)-1])
	})
	add("a webhook at the control listener", "404", true, toControl("POST", "/twiml"))
	add("a stream at the control listener", "404", true, toControl("GET", "/stream/AAAA", "Upgrade: websocket", "Connection: Upgrade"))
	return all
}
