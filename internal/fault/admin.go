package fault

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// maxList bounds the body of PUT /faults.
const maxList = 64 << 10

// ListError says that a list of faults is wrong, and nothing was changed.
type ListError struct{ Err error }

func (e *ListError) Error() string { return e.Err.Error() }

// Unwrap returns what is wrong.
func (e *ListError) Unwrap() error { return e.Err }

// Breakable is a server that faults can be set on.
type Breakable[F any] interface {
	// Faults returns the faults in force, with what they have struck.
	Faults() []F
	// SetFaults puts a JSON list of faults in force. An error that is a *ListError
	// has changed nothing.
	SetFaults(list []byte) ([]F, error)
}

// Handler returns the handler by which drills set faults: GET, PUT and DELETE
// /faults, and help at /. It trusts whoever reaches it.
func Handler[F any](s Breakable[F], help string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		// A client that has gone away cannot be told anything.
		_, _ = io.WriteString(w, help)
	})
	mux.HandleFunc("GET /faults", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, s.Faults(), nil)
	})
	mux.HandleFunc("PUT /faults", func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxList))
		if err != nil {
			answer[F](w, nil, &ListError{fmt.Errorf("read faults: %w", err)})
			return
		}
		list, err := s.SetFaults(text)
		answer(w, list, err)
	})
	mux.HandleFunc("DELETE /faults", func(w http.ResponseWriter, _ *http.Request) {
		list, err := s.SetFaults([]byte("[]"))
		answer(w, list, err)
	})
	return mux
}

// answer writes the faults in force, or why they are not.
func answer[F any](w http.ResponseWriter, list []F, err error) {
	status, body := http.StatusOK, any(list)
	if err != nil {
		status = http.StatusInternalServerError
		if _, ok := errors.AsType[*ListError](err); ok {
			status = http.StatusBadRequest
		}
		body = map[string]string{"message": err.Error()}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// A client that has gone away cannot be told anything.
	_ = json.NewEncoder(w).Encode(body)
}
