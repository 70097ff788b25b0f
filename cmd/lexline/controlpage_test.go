package main

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestPageRunsItsOwnScriptOnly: a browser runs a script whose hash the policy has, and
// no other (https://www.w3.org/TR/CSP3/#match-element-to-source-list).
func TestPageRunsItsOwnScriptOnly(t *testing.T) {
	c := startControlled(t, nil)
	r := httptest.NewRequest("GET", "/status", nil)
	r.Header.Set("Accept", "text/html")
	w := httptest.NewRecorder()
	c.gateway.serveStatus(w, r)
	scripts := regexp.MustCompile(`(?s)<script[^>]*>(.*?)</script>`).FindAllStringSubmatch(w.Body.String(), -1)
	if len(scripts) != 1 {
		t.Fatalf("the page has %d scripts; want one", len(scripts))
	}
	hash := sha256.Sum256([]byte(scripts[0][1]))
	policy := w.Header().Get("Content-Security-Policy")
	if want := "script-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "';"; !strings.Contains(policy, want) {
		t.Errorf("Content-Security-Policy: %s; want %s", policy, want)
	}
	for _, want := range []string{"default-src 'none'", "connect-src 'self'", "form-action 'none'", "frame-ancestors 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("Content-Security-Policy: %s; want it with %s", policy, want)
		}
	}
}

// TestPageScript runs the page's script with a browser's objects around it.
func TestPageScript(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("no node to run the page's script with: %v", err)
		}
		t.Skipf("no node to run the page's script with: %v", err)
	}
	out, err := exec.CommandContext(t.Context(), node, "testdata/page/browser.mjs", "statuspage.js").CombinedOutput()
	if err != nil || !regexp.MustCompile(`^looked at \d+ things\n$`).Match(out) {
		t.Errorf("statuspage.js: %v\n%s", err, out)
	}
}

// TestPageTellsWhyOnItsOwnRow: why a region is out is read on every screen, beside
// nothing else.
func TestPageTellsWhyOnItsOwnRow(t *testing.T) {
	s := busyStatus()
	page := pageFor(t, s)
	for _, r := range s.Bots[0].Regions {
		if want := `<tr class="why"><td></td><td colspan="8" class="text">` + r.Why + `</td></tr>`; !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}
