package twiliosim

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// RESTFault makes the REST API of a phone fail for a while, as Twilio's may.
type RESTFault struct {
	Status int  // of the answer, 429 or 5xx; 0 for no answer at all
	Lost   bool // the request is carried out, and the connection breaks before the answer
	Times  int  // requests that it strikes
}

// ParseRESTFault reads a fault as it is given on a command line: 429, 503x3, hangx2, lost.
func ParseRESTFault(text string) (RESTFault, error) {
	what, times, several := strings.Cut(text, "x")
	f := RESTFault{Times: 1}
	var err, timesErr error
	switch what {
	case "hang":
	case "lost":
		f.Lost = true
	default:
		f.Status, err = strconv.Atoi(what)
	}
	if several {
		f.Times, timesErr = strconv.Atoi(times)
	}
	isStatus := f.Status == http.StatusTooManyRequests || f.Status >= 500 && f.Status < 600
	if errors.Join(err, timesErr) != nil || f.Times < 1 || what != "hang" && !f.Lost && !isStatus {
		return RESTFault{}, fmt.Errorf("fault %q: it is 429, a status from 500 to 599, hang or lost, and x with a number for several requests: 503x3", text)
	}
	return f, nil
}

// restFaults are the faults still to strike, one behind the other.
type restFaults struct {
	mu    sync.Mutex
	queue []RESTFault
}

// FailREST has the next requests of the REST API fail, behind those that are to fail
// already.
func (p *Phone) FailREST(f RESTFault) {
	p.rest.faults.mu.Lock()
	defer p.rest.faults.mu.Unlock()
	p.rest.faults.queue = append(p.rest.faults.queue, f)
}

// next takes one strike off the queue.
func (fs *restFaults) next() (f RESTFault, ok bool) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if len(fs.queue) == 0 {
		return RESTFault{}, false
	}
	f = fs.queue[0]
	if fs.queue[0].Times--; fs.queue[0].Times <= 0 {
		fs.queue = fs.queue[1:]
	}
	return f, true
}

// strike returns the error that a request is to meet with, nil for none, and whether its
// answer is to be lost. When there is to be no answer it returns only after the client
// has given up.
func (fs *restFaults) strike(req *http.Request) (lost bool, failed *restError) {
	f, ok := fs.next()
	switch {
	case !ok || f.Lost:
		return f.Lost, nil
	case f.Status == http.StatusTooManyRequests:
		return false, &restError{f.Status, codeTooMany, "Too Many Requests"}
	case f.Status != 0:
		return false, &restError{f.Status, codeServerError, http.StatusText(f.Status)}
	}
	<-req.Context().Done()
	panic(http.ErrAbortHandler)
}

// unsent is a ResponseWriter for an answer that is lost.
type unsent struct{ header http.Header }

func (u unsent) Header() http.Header         { return u.header }
func (u unsent) Write(b []byte) (int, error) { return len(b), nil }
func (u unsent) WriteHeader(int)             {}
