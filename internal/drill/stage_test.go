package drill

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// says starts processes that write some lines, and end by themselves if told to.
func says(lines []string, ends bool) Start {
	return func(_ string, _ []string, line func([]byte)) (Process, error) {
		p := &fakeProcess{done: make(chan struct{})}
		go func() {
			for _, text := range lines {
				line([]byte(text))
			}
			if ends {
				close(p.done)
			}
		}()
		return p, nil
	}
}

func TestStage(t *testing.T) {
	isReady := func(text []byte) bool { return string(text) == "ready" }
	tests := []struct {
		name  string
		start Start
		fault string
	}{
		{"gets ready", says([]string{"hello", "ready"}, false), ""},
		{"ends before", says([]string{"hello", "out of paper"}, true), "out of paper"},
		{"never does", says([]string{"hello"}, false), "patience"},
		{"cannot be started", func(string, []string, func([]byte)) (Process, error) { return nil, errors.New("no such file") }, "no such file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ctx := t.Context()
			if tt.fault == "patience" {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeoutCause(ctx, 10*time.Millisecond, errors.New("out of patience"))
				defer cancel()
			}
			s := &stage{start: tt.start, dir: t.TempDir()}
			svc, err := s.begin(ctx, "shop", nil, isReady, nil)
			if tt.fault != "" {
				if err == nil || !strings.Contains(err.Error(), tt.fault) {
					t.Errorf("begin: %v; want an error with %q", err, tt.fault)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if s.died() != nil {
				t.Errorf("%s has died; want it alive", svc.name)
			}
			s.close()
			log, err := os.ReadFile(filepath.Join(s.dir, "shop.log"))
			if err != nil || string(log) != "hello\nready\n" {
				t.Errorf("its log is %q, %v; want both lines", log, err)
			}
			select {
			case <-svc.Done():
			default:
				t.Error("the process was not stopped")
			}
		})
	}
}

func TestStageNoticesADeath(t *testing.T) {
	s := &stage{start: says([]string{"ready"}, false), dir: t.TempDir()}
	svc, err := s.begin(t.Context(), "shop", nil, func([]byte) bool { return true }, nil)
	if err != nil {
		t.Fatal(err)
	}
	svc.Stop()
	if s.died() != svc {
		t.Errorf("died() = %v; want the process that ended", s.died())
	}
	for _, file := range s.logs {
		file.Close()
	}
}

func TestFirstLines(t *testing.T) {
	r := &region{}
	line := `{"op":"Start","endpoint":"http://127.0.0.1:1","admin":"http://127.0.0.1:2","bots":[{"Name":"OrderFlowers","ID":"FLOWERSBOT",
		"Aliases":[{"Name":"ver_one","ID":"ALIASIDENT","Version":"1"},{"Name":"TestBotAlias","ID":"TSTALIASID","Version":"DRAFT"}]}]}`
	if r.read([]byte(`{"op":"ListBots"}`)) || !r.read([]byte(line)) {
		t.Error("the first line of a region is not known by its op")
	}
	if want := "http://127.0.0.1:1/bots/FLOWERSBOT/botAliases/ALIASIDENT/botLocales/en_US/sessions/me"; r.session("me") != want || r.admin != "http://127.0.0.1:2" || r.version != "1" {
		t.Errorf("a session is at %s, admin %s, version %s; want %s, port 2, 1", r.session("me"), r.admin, r.version, want)
	}
	g := &gateway{}
	if g.ready([]byte(`{"msg":"copy of the region table ignored"}`)) || !g.ready([]byte(`{"msg":"listening","address":"127.0.0.1:3","control":"127.0.0.1:4"}`)) || g.address != "127.0.0.1:3" || g.control != "127.0.0.1:4" {
		t.Errorf("the gateway is at %q, its control listener at %q; want ports 3 and 4", g.address, g.control)
	}
	if got := hookEndpoint([]byte(`{"op":"Start","endpoint":"http://127.0.0.1:5/x"}`)); got != "http://127.0.0.1:5/x" || hookEndpoint([]byte("time=now")) != "" {
		t.Errorf("the hook is at %q; want http://127.0.0.1:5/x, and nothing for another line", got)
	}
}

// TestCheckerAsks has a region answer, refuse, or keep silent.
func TestCheckerAsks(t *testing.T) {
	tests := []struct {
		name   string
		answer http.HandlerFunc
		want   probe
		asked  []string
	}{
		{"good", func(w http.ResponseWriter, _ *http.Request) {}, probeGood, []string{"POST", "DELETE"}},
		{"refused", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no such alias", http.StatusNotFound) }, probeRefused, []string{"POST"}},
		{"silent", func(_ http.ResponseWriter, q *http.Request) { <-q.Context().Done() }, probeSilent, []string{"POST"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var asked []string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
				asked = append(asked, q.Method)
				_, _ = io.Copy(io.Discard, q.Body) // only then a client that goes away is noticed
				tt.answer(w, q)
			}))
			defer server.Close()
			r := &region{name: "us-east-1", endpoint: server.URL, bot: "BOT1234567"}
			r.alias.Store("ALIASIDENT")
			c := &checker{regions: []*region{r}, client: server.Client()}
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			if tt.want == probeSilent {
				ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
			}
			defer cancel()
			if got := c.ask(ctx, "us-east-1", 1); got != tt.want {
				t.Errorf("ask = %d; want %d", got, tt.want)
			}
			server.Close()
			if !slices.Equal(asked, tt.asked) {
				t.Errorf("the region was asked %v; want %v", asked, tt.asked)
			}
		})
	}
}

// TestGatewayConfig looks for what the drill depends on.
func TestGatewayConfig(t *testing.T) {
	cfg := config(Stop)
	cfg.Hold = 7 * time.Second
	text := cfg.gatewayConfig("secret", []*region{{name: "us-east-1", endpoint: "http://127.0.0.1:1"}, {name: "us-west-2", endpoint: "http://127.0.0.1:2"}})
	for _, want := range []string{
		"regions: [{name: us-east-1}, {name: us-west-2}]", `runtime_endpoint: "http://127.0.0.1:2"`, "hold: 7s", "exactly_once: true", "quota: 50", "format: json",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the gateway's configuration does not have %q:\n%s", want, text)
		}
	}
}
