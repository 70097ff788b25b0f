package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lexline/internal/dynamodb/dynalite"
)

// standIn is a region of Lex in this process.
type standIn struct {
	region string
	server *httptest.Server

	mu    sync.Mutex
	fault lexFault
	ended chan struct{}
}

func newStandIn(t *testing.T, region string) *standIn {
	t.Helper()
	s := &standIn{region: region, ended: make(chan struct{})}
	s.server = httptest.NewServer(s)
	t.Cleanup(func() {
		_ = s.set(context.Background(), lexFine)
		s.server.CloseClientConnections()
		s.server.Close()
	})
	return s
}

func (s *standIn) name() string      { return s.region }
func (s *standIn) client() lexClient { return lexClient{s.server.URL, "BOTBOTBOT1", "ALIALIALI1"} }

func (s *standIn) set(_ context.Context, fault lexFault) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.ended)
	s.fault, s.ended = fault, make(chan struct{})
	return nil
}

const standInWords = "What type of flowers would you like to order?"

func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	fault, ended := s.fault, s.ended
	s.mu.Unlock()
	refuse := func(status int, kind string) {
		w.Header().Set("X-Amzn-Errortype", kind)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(`{"message":"no"}`))
	}
	w.Header().Set("Content-Type", "application/json")
	switch deletes := r.Method == http.MethodDelete; {
	case strings.Contains(r.URL.Path, "/botaliases"):
		_ = json.NewEncoder(w).Encode(object{"botAliasSummaries": []any{object{"botAliasId": "ALIALIALI1", "botAliasName": aliasName}}})
	case !strings.Contains(r.URL.Path, "/sessions/"):
		_ = json.NewEncoder(w).Encode(object{"botSummaries": []any{object{"botId": "BOTBOTBOT1", "botName": botName}}})
	case fault == lexErrors && !deletes, fault == lexNoDelete && deletes:
		refuse(http.StatusInternalServerError, "InternalServerException")
	case fault == lexGone:
		refuse(http.StatusNotFound, "ResourceNotFoundException")
	case fault == lexThrottled:
		refuse(http.StatusTooManyRequests, "ThrottlingException")
	case fault == lexHole:
		select {
		case <-ended:
		case <-r.Context().Done():
		}
		panic(http.ErrAbortHandler)
	default:
		_ = json.NewEncoder(w).Encode(object{
			"messages":     []any{object{"content": standInWords, "contentType": "PlainText"}},
			"sessionState": object{"dialogAction": object{"type": "ElicitSlot", "slotToElicit": "FlowerType"}, "intent": object{"name": "OrderFlowers"}},
		})
	}
}

// bootstrap builds the functions once for all tests.
var bootstrap = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "lexline-lambda-test-")
	if err != nil {
		return "", err
	}
	file := filepath.Join(folder, "bootstrap")
	cmd := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", file, "lexline/cmd/lexline-lambda")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	return file, cmd.Run()
})

func TestMain(m *testing.M) {
	status := m.Run()
	if file, err := bootstrap(); err == nil {
		_ = os.RemoveAll(filepath.Dir(file))
	}
	os.Exit(status)
}

// testWorld is a world in this process, but for the functions and DynamoDB.
func testWorld(t *testing.T, database string) *world {
	t.Helper()
	file, err := bootstrap()
	if err != nil {
		t.Fatalf("build the functions: %v", err)
	}
	proxy, err := newTableProxy(database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proxy.close)
	return &world{
		bootstrap: file, regions: []lexSide{newStandIn(t, home), newStandIn(t, other)}, table: proxy,
		words: standInWords, limit: 2 * time.Second,
	}
}

func TestCases(t *testing.T) {
	for _, c := range testCases {
		t.Run("lexDRTest/"+c.name, func(t *testing.T) {
			t.Parallel()
			check(t, func(w *world) (result, error) { return w.runTest(t.Context(), c) })
		})
	}
	for _, c := range regionCases {
		t.Run("lexDRGetRegion/"+c.name, func(t *testing.T) {
			t.Parallel()
			check(t, func(w *world) (result, error) { return w.runRegion(t.Context(), c) })
		})
	}
}

// attempts is how often a case may come out wrong: the functions' deadlines are real
// here, and a machine that stands still for longer than they last looks like a table
// or a region that does.
const attempts = 3

// check runs one case in a world of its own.
func check(t *testing.T, run func(*world) (result, error)) {
	t.Helper()
	database := dynalite.Start(t)
	dynalite.CreateTable(t, database, tableName)
	w := testWorld(t, database)
	for n := 1; ; n++ {
		r, err := run(w)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("ours %s in %v, the article's %s in %v", r.ours, r.took.Round(time.Millisecond), r.article, r.theirs.Round(time.Millisecond))
		if r.wrong == "" {
			return
		}
		if n == attempts {
			t.Fatal(r.wrong)
		}
		t.Logf("attempt %d: %s", n, r.wrong)
	}
}
