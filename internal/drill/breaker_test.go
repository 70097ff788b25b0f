package drill

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fakeProcess remembers the signals it got.
type fakeProcess struct {
	signals []os.Signal
	done    chan struct{}
}

func (p *fakeProcess) Signal(sig os.Signal) error {
	p.signals = append(p.signals, sig)
	return nil
}
func (p *fakeProcess) Stop()                 { close(p.done) }
func (p *fakeProcess) Done() <-chan struct{} { return p.done }

// brokenRegion is a region whose requests are written down.
func brokenRegion(t *testing.T, name string) (r *region, process *fakeProcess, asked func() []string) {
	t.Helper()
	var requests []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, err := io.ReadAll(q.Body)
		if err != nil {
			t.Errorf("read a request: %v", err)
		}
		requests = append(requests, strings.TrimSpace(q.Method+" "+q.URL.Path+" "+string(body)))
		if q.Method == http.MethodPut && strings.HasPrefix(q.URL.Path, "/bots/") {
			fmt.Fprint(w, `{"botAliasId":"NEWALIAS01"}`)
		}
	}))
	t.Cleanup(server.Close)
	process = &fakeProcess{done: make(chan struct{})}
	r = &region{service: &service{Process: process}, name: name, endpoint: server.URL, admin: server.URL, bot: "BOT1234567", version: "1"}
	r.alias.Store("OLDALIAS01")
	return r, process, func() []string { return requests }
}

func TestBreaker(t *testing.T) {
	tests := []struct {
		kind    Kind
		asked   []string
		signals []os.Signal
	}{
		{ServerErrors, []string{`PUT /faults [{"kind":"error","type":"InternalServerException"}]`, "DELETE /faults"}, nil},
		{Throttle, []string{`PUT /faults [{"kind":"throttle","quota":2}]`, "DELETE /faults"}, nil},
		{Slow, []string{`PUT /faults [{"base":"400ms","factor":5,"kind":"latency"}]`, "DELETE /faults"}, nil},
		{Blackhole, []string{`PUT /faults [{"kind":"blackhole"}]`, "DELETE /faults"}, nil},
		{AliasDeleted, []string{
			"DELETE /bots/BOT1234567/botaliases/OLDALIAS01/",
			`PUT /bots/BOT1234567/botaliases/ {"botAliasName":"ver_one","botVersion":"1"}`,
		}, nil},
		{Stop, nil, []os.Signal{syscall.SIGSTOP, syscall.SIGCONT}},
	}
	for _, tt := range tests {
		t.Run(string(tt.kind), func(t *testing.T) {
			broken, process, asked := brokenRegion(t, "us-east-1")
			well, other, askedOther := brokenRegion(t, "us-west-2")
			b := newBreaker(config(tt.kind), []*region{broken, well})
			defer b.close()
			f := Fault{Kind: tt.kind, Regions: []string{"us-east-1"}}
			if err := errors.Join(b.hurt(t.Context(), f), b.heal(t.Context(), f)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.asked, asked()); diff != "" {
				t.Errorf("requests to the region (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.signals, process.signals); diff != "" {
				t.Errorf("signals to its process (-want +got):\n%s", diff)
			}
			if len(askedOther()) > 0 || len(other.signals) > 0 {
				t.Errorf("the other region got %q and %v; want nothing", askedOther(), other.signals)
			}
			if want := "NEWALIAS01"; tt.kind == AliasDeleted && broken.alias.Load() != want {
				t.Errorf("the alias is now %v; want %s", broken.alias.Load(), want)
			}
		})
	}
}

func TestBreakerOfBoth(t *testing.T) {
	one, _, askedOne := brokenRegion(t, "us-east-1")
	two, _, askedTwo := brokenRegion(t, "us-west-2")
	b := newBreaker(config(Both), []*region{one, two})
	defer b.close()
	if err := b.hurt(t.Context(), Fault{Kind: Both, Regions: regionNames}); err != nil {
		t.Fatal(err)
	}
	if len(askedOne()) != 1 || len(askedTwo()) != 1 {
		t.Errorf("the regions were asked %q and %q; want a fault in each", askedOne(), askedTwo())
	}
}

func TestBreakerOfStaging(t *testing.T) {
	file := filepath.Join(t.TempDir(), "broken")
	cfg := config(Stop)
	cfg.Staging = &Staging{Break: "touch " + file, Restore: "false"}
	b := newBreaker(cfg, nil)
	defer b.close()
	f := Fault{Kind: Stop, Regions: []string{"us-east-1"}}
	if err := b.hurt(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file); err != nil {
		t.Errorf("the command that breaks the region was not run: %v", err)
	}
	if err := b.heal(t.Context(), f); err == nil || !strings.Contains(err.Error(), `"false"`) {
		t.Errorf("a command that fails: %v; want an error that names it", err)
	}
}

func TestBreakerIsRefused(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "faults[0]: no such kind", http.StatusBadRequest)
	}))
	defer server.Close()
	r := &region{name: "us-east-1", admin: server.URL}
	b := newBreaker(config(Hang), []*region{r})
	defer b.close()
	err := b.hurt(t.Context(), Fault{Kind: Hang, Regions: []string{"us-east-1"}})
	if err == nil || !strings.Contains(err.Error(), "no such kind") || !strings.Contains(err.Error(), "us-east-1") {
		t.Errorf("a refused fault: %v; want an error with the region and what it said", err)
	}
}
