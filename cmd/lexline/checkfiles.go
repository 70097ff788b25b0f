package main

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"lexline/internal/certs"
)

// settings looks at what can be set so, and mostly should not be.
func (c *checker) settings(f *findings) {
	for i, line := range c.cfg.Lines {
		for _, p := range line.Regions {
			if isTestAlias(p.Alias) {
				f.warn(fmt.Sprintf("lines[%d].alias", i), "line "+line.Name+" uses "+defaultLine.Alias+" in "+p.Name+", which is for trying out: it serves the draft, under a small quota",
					"make an alias on a version: lexline bot deploy does")
				break
			}
		}
	}
	if len(c.cfg.Regions) == 1 {
		f.warn("regions", "there is one region, so there is no failover", "put the bot into a second one: docs/2-operate.md tells how")
	}
	if c.cfg.Store.File == "" && c.cfg.Store.DynamoDB.Name == "" {
		f.warn("store", "there is none: no records of calls are kept, and several gateways behind one public_url cannot leave each other notes", "set store.file, or store.dynamodb.name for several machines")
	}
}

// files reads the files that the configuration names, as a gateway does when it starts.
func (c *checker) files(f *findings) {
	if len(c.cfg.Sounds) > 0 {
		if _, err := loadSounds(c.cfg.Sounds); err != nil {
			f.fail("sounds", err.Error(), "files are found from where the configuration is")
		} else {
			f.ok("sounds", "of %s", count(int64(len(c.cfg.Sounds)), "locale", "locales"))
		}
	}
	for i, line := range c.cfg.Lines {
		if line.Export == "" {
			continue
		}
		key := fmt.Sprintf("lines[%d].export", i)
		if answers, err := line.expectedAnswers(); err != nil {
			f.fail(key, err.Error(), "it is the export of the line's bot, with its locale; lexline bot check reads one")
		} else {
			f.ok(key, "%s knows %s", line.Export, count(int64(len(answers)), "slot", "slots"))
		}
	}
	if token := c.cfg.Control.TokenFile; token != "" {
		if _, err := c.cfg.Control.readToken(); err != nil {
			f.fail("control.token_file", err.Error(), "openssl rand -hex 16 makes a token")
		} else {
			f.ok("control.token_file", "%s", token)
		}
	}
	c.certificate(f)
	if folder := c.cfg.Recording.Folder; folder != "" {
		f.writable("recording.folder", folder, true)
	}
}

// certificate looks at the pair of a TLS listener.
func (c *checker) certificate(f *findings) {
	if c.cfg.TLS == (tlsConfig{}) {
		return
	}
	pair, err := certs.Load(c.cfg.TLS.Cert, c.cfg.TLS.Key, slog.New(slog.DiscardHandler))
	if err != nil {
		f.fail("tls.cert", err.Error(), "tls.cert is the certificate with its chain, tls.key its private key, both PEM")
		return
	}
	s := pair.Status()
	cert, err := pair.Config().GetCertificate(&tls.ClientHelloInfo{})
	switch left := time.Until(s.NotAfter); {
	case err == nil && cert.Leaf.VerifyHostname(hostOfURL(c.cfg.PublicURL)) != nil:
		f.fail("tls.cert", fmt.Sprintf("it is for %v, and not for %s of public_url", s.Names, hostOfURL(c.cfg.PublicURL)), "Twilio refuses a certificate of another name")
	case left < certSoon:
		f.warn("tls.cert", "it ends in "+span(left), "renew it; the running gateway takes the new one by itself")
	default:
		f.ok("tls.cert", "of %v, ends in %s", s.Names, span(left))
	}
}

// writable looks whether something can be made in a folder. made: a gateway makes the
// folder if it is missing, so the one that it is made in is looked at.
func (f *findings) writable(key, folder string, made bool) bool {
	place := folder
	for made && isMissing(place) && place != filepath.Dir(place) {
		place = filepath.Dir(place)
	}
	test, err := os.CreateTemp(place, ".lexline-check-")
	if err != nil {
		f.fail(key, fmt.Sprintf("nothing can be written in %s: %v", place, err), "make the folder, and give it to the user that the gateway runs as")
		return false
	}
	_ = test.Close()
	_ = os.Remove(test.Name()) // it is empty, and begins with a dot
	if made {
		f.ok(key, "%s can be written", folder)
	}
	return true
}
