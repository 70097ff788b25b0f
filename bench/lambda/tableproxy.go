package main

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
)

// tableFault is what is wrong with the table.
type tableFault string

// The faults of a table.
const (
	tableFine      tableFault = ""
	tableDown      tableFault = "down"        // connections end without an answer
	tableHung      tableFault = "hung"        // no answer comes
	tableErrors    tableFault = "errors"      // 500
	tableThrottled tableFault = "throttled"   // ProvisionedThroughputExceededException
	tableOneWrite  tableFault = "first write" // the first UpdateItem is answered 500
)

// tableProxy stands before DynamoDB and breaks.
type tableProxy struct {
	server *httptest.Server
	direct string // what it stands before

	mu    sync.Mutex
	fault tableFault    // guarded by mu
	ended chan struct{} // guarded by mu: closed when the fault ends
}

func newTableProxy(direct string) (*tableProxy, error) {
	target, err := url.Parse(direct)
	if err != nil {
		return nil, err
	}
	p := &tableProxy{direct: direct, ended: make(chan struct{})}
	through := httputil.NewSingleHostReverseProxy(target)
	p.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.serve(w, r, through) }))
	return p, nil
}

// set makes a fault begin and the one before end.
func (p *tableProxy) set(fault tableFault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.ended)
	p.fault, p.ended = fault, make(chan struct{})
}

func (p *tableProxy) serve(w http.ResponseWriter, r *http.Request, through http.Handler) {
	p.mu.Lock()
	fault, ended := p.fault, p.ended
	if fault == tableOneWrite {
		if r.Header.Get("X-Amz-Target") != "DynamoDB_20120810.UpdateItem" {
			fault = tableFine
		} else {
			fault, p.fault = tableErrors, tableFine
		}
	}
	p.mu.Unlock()
	switch fault {
	case tableDown:
		panic(http.ErrAbortHandler)
	case tableHung:
		select {
		case <-r.Context().Done():
		case <-ended:
		}
		panic(http.ErrAbortHandler)
	case tableErrors:
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = w.Write([]byte(`{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError","message":"no"}`))
	case tableThrottled:
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"no"}`))
	default:
		through.ServeHTTP(w, r)
	}
}

func (p *tableProxy) close() {
	p.set(tableFine)
	p.server.CloseClientConnections()
	p.server.Close()
}
