package lexmodels

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// standIn is a region in the same process, without a network, so that clocks can be
// fake: patterns of http.ServeMux and the JSON that is answered.
type standIn struct {
	mux *http.ServeMux

	mu   sync.Mutex
	seen []string          // "GET /bots/BOTBOTBOT1"
	body map[string][]byte // the last of each of them
	told []string          // progress
}

func newStandIn() *standIn { return &standIn{mux: http.NewServeMux(), body: map[string][]byte{}} }

// answer adds the answers of one operation, one after the other; the last one stays.
func (s *standIn) answer(pattern string, bodies ...string) {
	n := 0
	s.handle(pattern, func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		body := bodies[min(n, len(bodies)-1)]
		n++
		s.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, body)
	})
}

func (s *standIn) handle(pattern string, f http.HandlerFunc) { s.mux.HandleFunc(pattern, f) }

// refuse answers with an error of the API.
func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-Errortype", code)
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"message": "because"}`)
}

// RoundTrip answers a request as a server would.
func (s *standIn) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	line := r.Method + " " + r.URL.Path
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body.Close()
	}
	s.mu.Lock()
	s.seen, s.body[line] = append(s.seen, line), body
	s.mu.Unlock()
	w := httptest.NewRecorder()
	s.mux.ServeHTTP(w, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return w.Result(), nil
}

// requests counts those of one method and path.
func (s *standIn) requests(line string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, seen := range s.seen {
		if seen == line {
			n++
		}
	}
	return n
}

// bodyOf is the JSON of the last request with that method and path.
func (s *standIn) bodyOf(t *testing.T, line string) (body map[string]any) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := json.Unmarshal(s.body[line], &body); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return body
}

func (s *standIn) client(t *testing.T) *Client {
	t.Helper()
	c := New(Config{
		Region: "us-east-1", RuntimeURL: "http://lex.test", ModelsURL: "http://lex.test", Transport: s,
		Credentials: aws.CredentialsProvider(credentials.NewStaticCredentialsProvider("local", "local", "")),
		Progress: func(text string) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.told = append(s.told, text)
		},
	})
	t.Cleanup(c.Close)
	return c
}
