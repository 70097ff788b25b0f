package lex

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lexline/internal/region"
)

// requests notes who was asked what, in order, without the ids of sessions.
type requests struct {
	mu   sync.Mutex
	list []string
}

func (q *requests) add(r *http.Request) {
	q.mu.Lock()
	defer q.mu.Unlock()
	path := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	if strings.HasPrefix(path, "tester-") {
		path = "session"
	}
	q.list = append(q.list, r.Host+" "+r.Method+" "+path)
}

func (q *requests) take() []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	list := slices.Sorted(slices.Values(q.list))
	q.list = nil
	return list
}

// newTestProber returns a Prober of two regions that handler answers for, in a bubble.
func newTestProber(t *testing.T, cfg ProberConfig, handler func(s *standIn, w http.ResponseWriter, r *http.Request)) *Prober {
	t.Helper()
	cfg.Credentials = Credentials{AccessKeyID: "AKIATEST", SecretAccessKey: "secret"}
	cfg.Dial = listening(t, handler)
	for _, name := range []string{"east", "west"} {
		cfg.Places = append(cfg.Places, Place{
			Region: name, Locale: "en_US", Bot: "BOTBOTBOT1", Alias: "ALIALIALI1", RuntimeURL: "http://" + name, ModelsURL: "http://" + name,
		})
	}
	p, err := NewProber(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Forget(context.Background()) })
	return p
}

func TestProberForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked requests
		var heard sync.Map
		cfg := ProberConfig{Sessions: "tester", Heard: func(name string, words []string) { heard.Store(name, strings.Join(words, "|")) }}
		p := newTestProber(t, cfg, func(s *standIn, w http.ResponseWriter, r *http.Request) {
			asked.add(r)
			switch {
			case r.Method == http.MethodDelete && r.Host == "east":
				fail(w, http.StatusForbidden, "AccessDeniedException")
			case r.Method == http.MethodDelete:
				s.hang()
			default:
				w.Header().Set("Content-Type", "application/json")
				_, _ = w.Write([]byte(`{"sessionState":{},"messages":[{"content":"A"},{"content":"B"}]}`))
			}
		})
		for _, deep := range []bool{true, false} {
			for _, name := range []string{"east", "west"} {
				if class, err := p.Probe(t.Context(), name, deep); class != region.None || err != nil {
					t.Errorf("Probe(%s, deep %v) = %q, %v; want a good one", name, deep, class, err)
				}
			}
		}
		want := []string{"east POST session", "east POST text", "west POST session", "west POST text"}
		if got := asked.take(); !slices.Equal(got, want) {
			t.Errorf("asked %q; want no session deleted yet: %q", got, want)
		}
		if words, _ := heard.Load("west"); words != "A|B" {
			t.Errorf("heard %v in the west; want A|B", words)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		begun := time.Now()
		err := p.Forget(ctx)
		if took := time.Since(begun); took != 2*time.Second {
			t.Errorf("Forget took %v; want the 2s of its context, for one region hangs", took)
		}
		if err == nil || strings.Count(err.Error(), "\n") != 3 || !strings.Contains(err.Error(), "AccessDenied") {
			t.Errorf("Forget = %v; want each of the four that were not deleted", err)
		}
		want = []string{"east DELETE session", "east DELETE session", "west DELETE session", "west DELETE session"}
		if got := asked.take(); !slices.Equal(got, want) {
			t.Errorf("asked %q; want %q", got, want)
		}
		if err := p.Forget(t.Context()); err != nil || len(asked.take()) != 0 {
			t.Errorf("second Forget = %v; want nothing done", err)
		}
	})
}

func TestProberRefuses(t *testing.T) {
	for _, places := range [][]Place{nil, {{Region: "us-east-1", Locale: "en_US", Bot: "B"}}} {
		if _, err := NewProber(t.Context(), ProberConfig{Places: places}); err == nil {
			t.Errorf("NewProber(%+v) = nil; want an error", places)
		}
	}
	well := []Place{{Region: "us-east-1", Locale: "en_US", Bot: "B", Alias: "A"}}
	for _, sessions := range []string{"a b", strings.Repeat("x", 41)} {
		if _, err := NewProber(t.Context(), ProberConfig{Places: well, Sessions: sessions}); err == nil {
			t.Errorf("NewProber(sessions %q) = nil; want an error", sessions)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		p := newTestProber(t, ProberConfig{}, func(*standIn, http.ResponseWriter, *http.Request) {})
		if class, err := p.Probe(t.Context(), "north", true); class != region.Ours || err == nil {
			t.Errorf("Probe of a region that is none = %q, %v; want %q and an error", class, err, region.Ours)
		}
	})
}

func TestProberLooksUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked requests
		p := newTestProber(t, ProberConfig{}, func(s *standIn, w http.ResponseWriter, r *http.Request) {
			asked.add(r)
			if r.Host == "west" {
				s.hang()
			}
			w.Header().Set("Content-Type", "application/json")
			if strings.Contains(r.URL.Path, "/botaliases") {
				_, _ = w.Write([]byte(`{"botAliasSummaries":[{"botAliasId":"ALIALIALI9","botAliasName":"ver_one"}]}`))
				return
			}
			_, _ = w.Write([]byte(`{"botSummaries":[{"botId":"BOTBOTBOT9","botName":"OrderFlowers"}]}`))
		})
		p.LookUp(t.Context()) // ids: nobody is asked
		if got := asked.take(); len(got) > 0 {
			t.Errorf("asked %q for ids that are known", got)
		}
		for _, a := range p.places {
			a.bot, a.name = "OrderFlowers", "ver_one"
			a.ids.Store(nil)
		}
		begun := time.Now()
		p.LookUp(t.Context())
		if took := time.Since(begun); took != 5*time.Second {
			t.Errorf("LookUp took %v; want the 5s of its deadline, for one region hangs", took)
		}
		if ids := p.places[0].ids.Load(); ids == nil || *ids != (aliasIDs{"BOTBOTBOT9", "ALIALIALI9"}) {
			t.Errorf("ids in the east = %+v; want those of its list", ids)
		}
		if ids := p.places[1].ids.Load(); ids != nil {
			t.Errorf("ids in the west = %+v; want none, it hangs", ids)
		}
	})
}
