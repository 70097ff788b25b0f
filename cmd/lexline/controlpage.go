package main

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"sync"
	"time"

	"lexline/internal/region"
)

//go:embed statuspage.html
var statusPage string

//go:embed statuspage.js
var statusScript string

// pagePolicy lets nothing of the page be from elsewhere, and nothing in it run but its
// own script, which asks this gateway (https://www.w3.org/TR/CSP3/#external-hash).
var pagePolicy = sync.OnceValue(func() string {
	hash := sha256.Sum256([]byte(statusScript))
	return "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) +
		"'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
})

// statusTemplate is parsed when somebody looks at the page for the first time.
var statusTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("status").Funcs(template.FuncMap{
		"span":   span,
		"script": func() template.JS { return template.JS(statusScript) }, // as it is, as its hash is in the policy
		"secs":   func(s float64) string { return span(secondsLong(s)) },
		"clock":  clockTime,
		"ago":    ago,
		"words":  botWords,
		"sum":    failedSum,
		"first":  func(calls []liveCallStatus) []liveCallStatus { return calls[:min(len(calls), pageCalls)] },
	}).Parse(statusPage))
})

// pageCalls is how many live calls the page lists; the JSON has all of them.
const pageCalls = 200

// serveStatus answers GET /status: with a page for browsers, else with JSON.
func (g *gateway) serveStatus(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Vary", "Accept")
	if !wantsPage(r.Header.Get("Accept")) {
		answerJSON(w, g.status())
		return
	}
	var page bytes.Buffer
	if err := statusTemplate().Execute(&page, pageOf(g.status())); err != nil {
		refuseControl(w, http.StatusInternalServerError, fmt.Sprintf("write the page: %v", err))
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", pagePolicy())
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Referrer-Policy", "no-referrer")
	_, _ = w.Write(page.Bytes()) // the asker has gone
}

// wantsPage reports whether who asks is a browser: they name HTML before anything
// else, programs that take all there is get JSON.
func wantsPage(accept string) bool {
	first, _, _ := strings.Cut(accept, ",")
	kind, _, _ := strings.Cut(first, ";")
	return strings.EqualFold(strings.TrimSpace(kind), "text/html")
}

// page is a status with what its words need.
type page struct {
	statusAnswer
	Up   time.Duration
	More int // live calls that are not listed
}

func pageOf(s statusAnswer) page {
	return page{statusAnswer: s, Up: s.Now.Sub(s.Started), More: max(len(s.LiveCalls)-pageCalls, 0)}
}

// CertLeft is how long the certificate is still good.
func (p page) CertLeft() time.Duration { return p.TLS.NotAfter.Sub(p.Now) }

// Kept is what the door kept out or lost.
func (p page) Kept() []keptOut { return doorKept(p.statusAnswer) }

// Strange counts what came to the door and was not Twilio's, or not as it must be.
func (p page) Strange() int64 {
	return p.Door.RejectedSignatures + p.Door.RejectedTokens + p.Door.RejectedAccounts + p.Door.RejectedRequests
}

// StoreFault is what is wrong with the store of records.
func (p page) StoreFault() string { return storeFault(p.statusAnswer) }

// certSoon is how long before a certificate ends people are told to renew it.
const certSoon = 14 * 24 * time.Hour

// CertSoon reports whether it has to be renewed.
func (p page) CertSoon() bool { return p.CertLeft() < certSoon }

// failedSum is how many attempts failed in a region.
func failedSum(failed map[region.Class]uint64) (n uint64) {
	for _, k := range failed {
		n += k
	}
	return n
}
