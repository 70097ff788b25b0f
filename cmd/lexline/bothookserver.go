package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"lexline/lexhook"
)

// functionName is the name of the one function that is served.
const functionName = "OrderFlowers"

// Limits of the function: the time that Lex gives one, and an event's length,
// well above what Lex sends.
const (
	functionTimeout = 30 * time.Second
	maxEvent        = 256 << 10
	hookGrace       = 10 * time.Second // for running invocations at the end
)

// hookServer serves the function in the form of
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html.
type hookServer struct {
	once *lexhook.Once
	shop *flowerShop
	log  *hookLog
}

// serve answers until ctx is done; running invocations are then given some
// seconds to end. It closes l.
func (h *hookServer) serve(ctx context.Context, l net.Listener, logger *slog.Logger) error {
	server := &http.Server{
		Handler: h.routes(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: functionTimeout + 10*time.Second, IdleTimeout: time.Minute,
		ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), hookGrace)
		defer cancel()
		err := server.Shutdown(deadline)
		if err != nil {
			err = errors.Join(fmt.Errorf("finish running invocations: %w", err), server.Close())
		}
		stopped <- err
	})
	err := server.Serve(l)
	if !stop() {
		return <-stopped
	}
	return errors.Join(fmt.Errorf("serve: %w", err), server.Close())
}

func (h *hookServer) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /2015-03-31/functions/{name}/invocations", h.invoke)
	return mux
}

// invoke runs the function once. It runs on when the caller has gone: Lambda
// does not stop either.
func (h *hookServer) invoke(w http.ResponseWriter, r *http.Request) {
	name, _, _ := strings.Cut(r.PathValue("name"), ":") // a version or alias may follow
	if name != functionName {
		refuseInvocation(w, http.StatusNotFound, "ResourceNotFoundException", "there is no function "+name+" here, only "+functionName)
		return
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxEvent))
	switch {
	case err != nil:
		refuseInvocation(w, http.StatusBadRequest, "InvalidRequestContentException", "read the event: "+err.Error())
		return
	case !json.Valid(text):
		refuseInvocation(w, http.StatusBadRequest, "InvalidRequestContentException", "the event is not JSON")
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), functionTimeout)
	defer cancel()
	began := time.Now()
	done := hookInvocation{Time: began, Op: "Invoke", Region: r.Header.Get("X-Lexline-Region")}
	response, err := h.run(ctx, text, &done)
	done.Millis = float64(time.Since(began).Microseconds()) / 1000
	if err != nil {
		done.Error = err.Error()
	}
	h.log.invoked(done)
	w.Header().Set("X-Amz-Executed-Version", "$LATEST")
	if err != nil {
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
		writeObject(w, http.StatusOK, map[string]string{"errorMessage": err.Error(), "errorType": "Error"})
		return
	}
	writeObject(w, http.StatusOK, response)
}

// run answers one event and fills in what there is to say about it.
func (h *hookServer) run(ctx context.Context, text []byte, done *hookInvocation) (lexhook.Response, error) {
	e, err := lexhook.ParseEvent(text)
	if err != nil {
		return lexhook.Response{}, err
	}
	done.Source, done.Session, done.Intent = e.InvocationSource, e.SessionID, e.SessionState.Intent.Name
	done.Bot, done.Alias, done.Order = e.Bot.Name, aliasOf(e), slotTexts(e)
	if e.InvocationSource == lexhook.DialogCodeHook {
		return lexhook.Delegate(e), nil
	}
	result, err := h.once.Do(ctx, e, func(ctx context.Context, x lexhook.Execution, e lexhook.Event) (lexhook.Response, error) {
		return h.shop.place(ctx, x, e, done.Region)
	})
	done.Key, done.Replayed, done.Execution = result.Key, result.Replayed, result.Execution
	return result.Response, err
}

// refuseInvocation answers with an error of Lambda itself.
func refuseInvocation(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("X-Amzn-Errortype", kind)
	writeObject(w, status, map[string]string{"Type": "User", "message": message})
}

func writeObject(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // a caller that has gone cannot be told anything
}

// hookStart is the first line of `lexline bot hook --log-format json`. Fields
// are added, never renamed.
type hookStart struct {
	Time     time.Time `json:"time"`
	Op       string    `json:"op"` // Start
	Function string    `json:"function"`
	Endpoint string    `json:"endpoint"` // what `lexline bot serve --hook` takes
	Keys     string    `json:"keys"`     // memory, or the file
	Ledger   string    `json:"ledger,omitempty"`
}

// hookInvocation is a line about one invocation. Fields are added, never renamed.
type hookInvocation struct {
	Time    time.Time         `json:"time"`
	Op      string            `json:"op"` // Invoke
	Source  string            `json:"source,omitempty"`
	Key     string            `json:"key,omitempty"`
	Session string            `json:"session,omitempty"`
	Intent  string            `json:"intent,omitempty"`
	Order   map[string]string `json:"order,omitempty"`
	Region  string            `json:"region,omitempty"`
	Bot     string            `json:"bot,omitempty"`
	Alias   string            `json:"alias,omitempty"`
	// Replayed says that the answer is that of another invocation, and that this
	// one placed no order.
	Replayed  bool    `json:"replayed"`
	Execution int     `json:"execution,omitempty"` // of the key; more than 1 after one that failed or died
	Error     string  `json:"error,omitempty"`
	Millis    float64 `json:"ms"`
}

// hookLog writes the log of `lexline bot hook`. It is safe for several
// goroutines.
type hookLog struct{ botLog }

func (l *hookLog) begin(start hookStart) {
	if l.json {
		l.object(start)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(l.w, "Lambda function %s\n  keys      %s\n", start.Function, start.Keys)
	if start.Ledger != "" {
		fmt.Fprintf(l.w, "  ledger    %s\n", start.Ledger)
	}
	fmt.Fprintf(l.w, "  endpoint  %s\n\n", start.Endpoint)
}

func (l *hookLog) invoked(i hookInvocation) {
	if l.json {
		l.object(i)
		return
	}
	outcome := "order placed"
	switch {
	case i.Error != "":
		outcome = i.Error
	case i.Source == lexhook.DialogCodeHook:
		outcome = "left to the bot"
	case i.Replayed:
		outcome = "answered as before"
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(l.w, "%s %s %s %s%s, %s (%.0f ms)\n", i.Time.Format("15:04:05.000"), i.Source, i.Key, i.Session, orderText(i.Order), outcome, i.Millis)
}

// orderText writes an order by the names of its values: " [FlowerType:roses]".
func orderText(values map[string]string) string {
	if len(values) == 0 {
		return ""
	}
	return " " + strings.TrimPrefix(fmt.Sprint(values), "map") // fmt sorts by key
}
