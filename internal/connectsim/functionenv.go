package connectsim

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// environment is what Lambda calls an execution environment: one process of a
// function with a Runtime API of its own. While it is idle its process has asked
// for the next event and is stopped: Lambda freezes it then.
//
// One goroutine at a time uses it. Those of its server speak to that one over the
// channels, which are never closed.
type environment struct {
	cfg    FunctionConfig
	proc   *process
	server *http.Server
	cancel context.CancelFunc // ends the requests of server
	served chan struct{}      // closed when server has ended
	init   time.Duration      // from the start of the process until it asked for work

	polled chan struct{}   // the process asks for the next event
	events chan invocation // the event for it
	posted chan handled    // what it says of the event, or that it cannot start

	mu      sync.Mutex
	current string // guarded by mu: id of the event that it handles; empty for none
}

// invocation is one event on its way to a process.
type invocation struct {
	id       string
	payload  []byte
	deadline time.Time
}

// newEnvironment starts a process and returns when it has asked for work.
func (f *Function) newEnvironment() (*environment, error) {
	listener, err := (&net.ListenConfig{}).Listen(f.ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for function %s: %w", f.cfg.Name, err)
	}
	e := serveRuntime(f.ctx, f.cfg, listener)
	begun := time.Now()
	if e.proc, err = startProcess(f.ctx, f.cfg, listener.Addr().String()); err != nil {
		e.close()
		return nil, err
	}
	if err := e.awaitFirst(f.ctx); err != nil {
		e.close()
		return nil, err
	}
	e.init = time.Since(begun)
	return e, nil
}

// serveRuntime returns an environment without a process, whose Runtime API is
// served until close.
func serveRuntime(ctx context.Context, cfg FunctionConfig, listener net.Listener) *environment {
	e := &environment{
		cfg: cfg, served: make(chan struct{}),
		polled: make(chan struct{}), events: make(chan invocation), posted: make(chan handled),
	}
	ctx, e.cancel = context.WithCancel(ctx)
	e.server = &http.Server{
		Handler: e.routes(), ReadHeaderTimeout: time.Minute,
		// A request whose body was not read to its end is not told that its connection
		// has closed, so close has to end it.
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	go func() {
		defer close(e.served)
		_ = e.server.Serve(listener) // until close
	}()
	return e
}

// awaitFirst waits until the process has asked for work.
func (e *environment) awaitFirst(ctx context.Context) error {
	limit := time.NewTimer(e.cfg.InitTimeout)
	defer limit.Stop()
	select {
	case <-e.polled:
		return nil
	case got := <-e.posted:
		return got.err
	case <-e.proc.done:
		return e.exited(ctx, "")
	case <-limit.C:
		return &FunctionError{TypeTimeout, fmt.Sprintf("the program did not ask for work within %v", e.cfg.InitTimeout)}
	}
}

// exited is the failure of an event whose process has ended.
func (e *environment) exited(ctx context.Context, id string) error {
	if ctx.Err() != nil {
		return errClosed
	}
	return &FunctionError{TypeExit, requestPrefix(id) + "Runtime exited " + e.proc.ending()}
}

func requestPrefix(id string) string {
	if id == "" {
		return ""
	}
	return "RequestId: " + id + " Error: "
}

// handle gives an event to the process and returns when the process asks for the
// next one, which is when Lambda holds an event to be done, or has been killed.
func (e *environment) handle(in invocation) handled {
	limit := time.NewTimer(time.Until(in.deadline))
	defer limit.Stop()
	e.setCurrent(in.id)
	defer e.setCurrent("")
	e.proc.signal(syscall.SIGCONT)
	events := e.events // nil once it was taken
	var got *handled
	for {
		select {
		case events <- in:
			events = nil
		case posted := <-e.posted:
			got = &posted
		case <-e.polled:
			if got != nil {
				e.proc.signal(syscall.SIGSTOP)
				return *got
			} // else it had hung up while it waited for an event, and asks again
		case <-e.proc.done:
			if got != nil { // it answered, and will do no more
				return *got
			}
			return handled{err: e.exited(e.proc.ctx, in.id)}
		case <-limit.C:
			e.proc.kill()
			return handled{err: &FunctionError{
				TypeTimeout, requestPrefix(in.id) + fmt.Sprintf("Task timed out after %.2f seconds", e.cfg.Timeout.Seconds()),
			}}
		}
	}
}

func (e *environment) setCurrent(id string) {
	e.mu.Lock()
	e.current = id
	e.mu.Unlock()
}

// alive reports whether the process can handle another event.
func (e *environment) alive() bool {
	select {
	case <-e.proc.done:
		return false
	default:
		return true
	}
}

// close kills the process and ends its Runtime API.
func (e *environment) close() {
	if e.proc != nil {
		e.proc.kill()
	}
	e.cancel()
	_ = e.server.Close() // it only drops connections
	<-e.served
}

// runtimePath is where the Runtime API is.
const runtimePath = "/2018-06-01/runtime/"

// maxResponse is what a function may answer
// (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
const maxResponse = 6 << 20

func (e *environment) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+runtimePath+"invocation/next", e.serveNext)
	mux.HandleFunc("POST "+runtimePath+"invocation/{id}/response", e.serveResponse)
	mux.HandleFunc("POST "+runtimePath+"invocation/{id}/error", e.serveError)
	mux.HandleFunc("POST "+runtimePath+"init/error", e.serveInitError)
	return mux
}

func (e *environment) serveNext(w http.ResponseWriter, r *http.Request) {
	select {
	case e.polled <- struct{}{}:
	case <-r.Context().Done():
		return
	}
	select {
	case in := <-e.events:
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Lambda-Runtime-Aws-Request-Id", in.id)
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(in.deadline.UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:"+e.cfg.Region+":123456789012:function:"+e.cfg.Name)
		_, _ = w.Write(in.payload) // a process that has gone is noticed elsewhere
	case <-r.Context().Done():
	}
}

func (e *environment) serveResponse(w http.ResponseWriter, r *http.Request) {
	body, err := readBody(r)
	switch {
	case !e.handles(r.PathValue("id")):
		refuse(w, http.StatusBadRequest, "InvalidRequestID")
	case errors.Is(err, errTooBig):
		e.post(w, r, http.StatusRequestEntityTooLarge, handled{err: &FunctionError{
			TypeTooBig, fmt.Sprintf("Response payload size exceeded maximum allowed payload size (%d bytes).", maxResponse),
		}})
	case err != nil:
		refuse(w, http.StatusBadRequest, "InvalidBody")
	default:
		e.post(w, r, http.StatusAccepted, handled{answer: body})
	}
}

func (e *environment) serveError(w http.ResponseWriter, r *http.Request) {
	if !e.handles(r.PathValue("id")) {
		refuse(w, http.StatusBadRequest, "InvalidRequestID")
		return
	}
	e.post(w, r, http.StatusAccepted, handled{err: readFunctionError(r)})
}

func (e *environment) serveInitError(w http.ResponseWriter, r *http.Request) {
	e.post(w, r, http.StatusAccepted, handled{err: readFunctionError(r)})
}

// handles reports whether an id is that of the event being handled.
func (e *environment) handles(id string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return id != "" && id == e.current
}

// post hands over what the process said of its event, and answers it. If nobody
// waits for that any more, the process is about to be killed.
func (e *environment) post(w http.ResponseWriter, r *http.Request, status int, got handled) {
	select {
	case e.posted <- got:
	case <-r.Context().Done():
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(`{"status":"OK"}`))
}

func refuse(w http.ResponseWriter, status int, kind string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"errorMessage":%q,"errorType":%q}`, kind, kind)
}
