package main

import (
	"context"
	"crypto/tls"
	"sync"
	"time"

	"lexline/internal/certs"
)

// openTLS puts TLS in front of the listener, if it is to be ended here.
func (g *gateway) openTLS() (err error) {
	if g.cfg.TLS == (tlsConfig{}) {
		return nil
	}
	if g.cert, err = certs.Load(g.cfg.TLS.Cert, g.cfg.TLS.Key, g.log); err != nil {
		return &hintError{err, "tls.cert is the certificate with its chain, tls.key its private key, both PEM; lexline.yml explains them"}
	}
	g.listener = tls.NewListener(g.listener, g.cert.Config())
	return nil
}

// tlsWords says where TLS is ended, for the log.
func (g *gateway) tlsWords() string {
	switch {
	case g.cert != nil:
		return "here"
	case g.cfg.BehindProxy:
		return "in front (behind_proxy)"
	}
	return "none: reached from this machine only"
}

// watchItself looks after the certificate and the load of this process until the
// returned function is called, which waits for both.
func (g *gateway) watchItself() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var watching sync.WaitGroup
	watching.Go(func() { g.overload.run(ctx, g.door.Lateness, g.log) })
	if g.cert != nil {
		watching.Go(func() { g.cert.Run(ctx) })
	}
	if every := g.cfg.Log.LoadEvery; every != off {
		watching.Go(func() { g.tellLoad(ctx, time.Duration(every)) })
	}
	return func() {
		cancel()
		watching.Wait()
	}
}
