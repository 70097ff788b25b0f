package lex

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/call"
	"lexline/internal/region"
)

// probe makes one probe of a region as a keeper does, and returns how long it took.
func (w *world) probe(t *testing.T, name string, deep bool) (region.Class, time.Duration, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	begun := time.Now()
	class, err := w.client.Probe(ctx, name, deep)
	return class, time.Since(begun), err
}

// texting answers text in the given state and everything else well.
func texting(state object) reply {
	return func(p *place, w http.ResponseWriter, r *request) {
		r.hear(0)
		answerWell(p, w, r, state)
	}
}

func TestProbe(t *testing.T) {
	orders := object{"intent": object{"name": "OrderFlowers"}, "dialogAction": object{"type": "ElicitSlot", "slotToElicit": "FlowerType"}}
	all := func(status int) reply {
		return func(_ *place, w http.ResponseWriter, r *request) {
			r.hear(0)
			fail(w, status, "")
		}
	}
	tests := []struct {
		name  string
		deep  bool
		asks  Probe
		reply reply
		want  region.Class
		took  time.Duration
		ops   []string
	}{
		{"cheap", false, Probe{}, nil, "", 0, []string{"put", "delete"}},
		{"deep", true, Probe{}, nil, "", 0, []string{"text", "delete"}},
		{"deep, intent and slot", true, Probe{Intent: "OrderFlowers", Slot: "FlowerType"}, texting(orders), "", 0, []string{"text", "delete"}},
		{"other intent", true, Probe{Intent: "BookTrip"}, texting(orders), region.Soft, 0, []string{"text", "delete"}},
		{"other slot", true, Probe{Slot: "PickupDate"}, texting(orders), region.Soft, 0, []string{"text", "delete"}},
		{"no dialog", true, Probe{Intent: "OrderFlowers"}, texting(object{}), region.Soft, 0, []string{"text", "delete"}},
		{"asks without a word", true, Probe{}, func(p *place, w http.ResponseWriter, r *request) {
			r.hear(0)
			json.NewEncoder(w).Encode(object{"sessionState": orders})
		}, region.Soft, 0, []string{"text", "delete"}},
		{"closes without a word", true, Probe{}, func(p *place, w http.ResponseWriter, r *request) {
			r.hear(0)
			if r.Op == "delete" {
				well(p, w, r)
				return
			}
			json.NewEncoder(w).Encode(object{"sessionState": object{"dialogAction": object{"type": "Close"}}})
		}, "", 0, []string{"text", "delete"}},
		{"not Lex", true, Probe{}, func(_ *place, w http.ResponseWriter, r *request) {
			r.hear(0)
			io.WriteString(w, "{}")
		}, region.Soft, 0, []string{"text", "delete"}},
		{"error", true, Probe{}, all(500), region.Soft, 0, []string{"text", "delete"}},
		{"cheap error", false, Probe{}, all(500), region.Soft, 0, []string{"put", "delete"}},
		{"throttled", false, Probe{}, all(429), region.Load, 0, []string{"put"}},
		{"gone", true, Probe{}, all(404), region.Hard, 0, []string{"text"}},
		{"hangs", true, Probe{}, dead, region.Soft, time.Second, []string{"text", "delete"}},
		{"cheap hangs", false, Probe{}, dead, region.Soft, time.Second, []string{"put", "delete"}},
		{"may not delete", false, Probe{}, func(p *place, w http.ResponseWriter, r *request) {
			if r.Op == "delete" {
				fail(w, 403, "AccessDeniedException")
				return
			}
			well(p, w, r)
		}, "", 0, []string{"put", "delete"}},
		{"deletion hangs", true, Probe{}, func(p *place, w http.ResponseWriter, r *request) {
			if r.Op == "delete" {
				p.hang(r)
				return
			}
			well(p, w, r)
		}, "", 0, []string{"text", "delete"}},
	}
	for _, tt := range tests {
		bubble(t, tt.name, func(t *testing.T) {
			w := newWorld(t, Config{Probe: tt.asks}, east, west)
			w.at(west).tell(tt.reply)
			class, took, err := w.probe(t, west, tt.deep)
			if class != tt.want || (err != nil) != (tt.want != "") || took != tt.took {
				t.Errorf("Probe = %q, %v after %v; want %q after %v", class, err, took, tt.want, tt.took)
			}
			if diff := cmp.Diff(tt.ops, w.at(west).asked()); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
			for _, r := range w.at(west).seen() {
				if !strings.Contains(r.Path, "/sessions/lexline-probe-"+w.client.prober.observer) {
					t.Errorf("request %s, want one on a session of the observer's own", r.Path)
				}
			}
			if asked := w.at(east).asked(); asked != nil || w.client.Counters().Probes != 1 {
				t.Errorf("%s was asked %v, %d probes counted; want nothing, 1", east, asked, w.client.Counters().Probes)
			}
			begun := time.Now()
			w.client.Close()
			if waited := time.Since(begun); waited > time.Second {
				t.Errorf("Close waited %v for a deletion, want at most 1s", waited)
			}
		})
	}
}

// TestMisunderstoodProbeIsToldOnce asks for what the bot never does.
func TestMisunderstoodProbeIsToldOnce(t *testing.T) {
	orders := object{"intent": object{"name": "OrderFlowers"}, "dialogAction": object{"type": "ElicitSlot", "slotToElicit": "FlowerType"}}
	for _, c := range []struct {
		name  string
		asks  Probe
		reply reply
		want  string // of the warning; empty: none
	}{
		{"another intent", Probe{Text: "a trip", Intent: "BookTrip"}, texting(orders), `\"a trip\" was taken for intent \"OrderFlowers\", not \"BookTrip\"`},
		{"another slot", Probe{Text: "flowers", Slot: "PickupDate"}, texting(orders), `was followed by a question for slot \"FlowerType\", not \"PickupDate\"`},
		{"as configured", Probe{Text: "flowers", Intent: "OrderFlowers", Slot: "FlowerType"}, texting(orders), ""},
		{"an error", Probe{Text: "a trip", Intent: "BookTrip"}, func(_ *place, w http.ResponseWriter, r *request) {
			r.hear(0)
			fail(w, 500, "")
		}, ""},
	} {
		bubble(t, c.name, func(t *testing.T) {
			var log bytes.Buffer
			w := newWorld(t, Config{Probe: c.asks, Logger: slog.New(slog.NewTextHandler(&log, nil))}, east, west)
			w.at(west).tell(c.reply)
			for range 3 {
				w.probe(t, west, true)
			}
			w.client.Close()
			times := strings.Count(log.String(), "probe answered, but not as configured")
			if wanted := map[bool]int{true: 0, false: 1}[c.want == ""]; times != wanted || !strings.Contains(log.String(), c.want) {
				t.Errorf("told %d times; want %d, with %s:\n%s", times, wanted, c.want, log.String())
			}
		})
	}
}

func TestObserversHaveSessionsOfTheirOwn(t *testing.T) {
	a, b := newClient(t, Config{}), newClient(t, Config{})
	if a.prober.observer == b.prober.observer || len(a.prober.observer) < 20 {
		t.Errorf("observers %s and %s, want two that differ", a.prober.observer, b.prober.observer)
	}
}

// aliases is a region whose aliases can be deleted and made anew.
type aliases struct {
	mu    sync.Mutex
	named map[string]string // id by name
	down  bool              // the models API fails
}

func (a *aliases) set(name, id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.named = map[string]string{}
	if id != "" {
		a.named[name] = id
	}
}

func (a *aliases) serve(p *place, w http.ResponseWriter, r *request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	r.hear(0)
	if r.Op == "list" {
		if a.down {
			fail(w, 500, "x")
			return
		}
		var list []object
		for name, id := range a.named {
			list = append(list, object{"botAliasId": id, "botAliasName": name})
		}
		json.NewEncoder(w).Encode(object{"botAliasSummaries": list})
		return
	}
	for _, id := range a.named {
		if strings.Contains(r.Path, "/botAliases/"+id+"/") {
			answerWell(p, w, r, heardIn(p, r))
			return
		}
	}
	fail(w, 404, "ResourceNotFoundException")
}

// An alias that was deleted and made anew has another id. Probes find it, where
// the alias is known by its name; turns then go there.
func TestAliasIsFoundAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		held := &aliases{}
		held.set("prod", "FIRSTALIAS")
		w := &world{begun: time.Now()}
		p := &place{t: t, world: w, name: east, reply: held.serve}
		w.places = []*place{p}
		client, err := NewClient(t.Context(), Config{
			Places: []Place{{
				Region: east, Locale: "en_US", Bot: "BOTBOTBOT1", Alias: "prod",
				RuntimeURL: "http://127.0.0.1:1", ModelsURL: "http://127.0.0.1:1",
			}},
			Credentials: Credentials{AccessKeyID: "a", SecretAccessKey: "s"},
			Dial: listening(t, func(s *standIn, hw http.ResponseWriter, r *http.Request) { p.serve(hw, r) },
				func(s *standIn) { p.far = s }),
		})
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		w.client = client
		steps := []struct {
			name  string
			alias string
			want  region.Class
			asked []string
		}{
			{"well", "FIRSTALIAS", "", []string{"put", "delete"}},
			{"deleted", "", region.Hard, []string{"put", "list"}},
			{"made anew", "OTHERALIAS", "", []string{"put", "list", "put", "delete"}},
			{"and stays", "OTHERALIAS", "", []string{"put", "delete"}},
		}
		for _, step := range steps {
			held.set("prod", step.alias)
			w.mark()
			class, _, err := w.probe(t, east, false)
			if class != step.want {
				t.Errorf("%s: Probe = %q, %v; want %q", step.name, class, err, step.want)
			}
			if diff := cmp.Diff(step.asked, p.asked()); diff != "" {
				t.Errorf("%s: requests (-want +got):\n%s", step.name, diff)
			}
		}
		if a := ask(t.Context(), client.Session(caller), spokenTurn(1)); a.err != nil {
			t.Errorf("a turn after all that: %v, want an answer", a.err)
		}
	})
}

// Ids that were given as ids are never looked up.
func TestIDsAreNotLookedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Config{}, east, west)
		w.at(west).tell((&aliases{}).serve)
		for range 3 {
			if class, _, err := w.probe(t, west, true); class != region.Hard {
				t.Errorf("Probe = %q, %v; want hard", class, err)
			}
		}
		if diff := cmp.Diff([]string{"text", "text", "text"}, w.at(west).asked()); diff != "" {
			t.Errorf("requests (-want +got):\n%s", diff)
		}
	})
}

// A region whose ids could not be looked up at the start is none for turns, and
// probes look them up again.
func TestRegionIsFoundLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		held := &aliases{down: true}
		held.set("prod", "WESTALIAS1")
		places := []Place{{Alias: "EASTALIAS1"}, {Alias: "prod"}}
		w := newWorldOf(t, Config{Once: true, Places: places}, map[string]reply{west: held.serve}, east, west)
		if class, _, err := w.probe(t, west, true); class == "" || err == nil {
			t.Errorf("Probe = %q, %v; want an error while names cannot be looked up", class, err)
		}
		session := w.client.Session(caller)
		w.at(east).tell(failing(500, "x"))
		if a := ask(t.Context(), session, spokenTurn(1)); a.err == nil {
			t.Error("a turn was answered by a region whose ids are not known")
		}
		held.mu.Lock()
		held.down = false
		held.mu.Unlock()
		if class, _, err := w.probe(t, west, true); err != nil {
			t.Errorf("Probe = %q, %v; want none", class, err)
		}
		if a := ask(t.Context(), session, spokenTurn(2)); a.err != nil || session.Region() != west {
			t.Errorf("turn answered in %s, %v; want %s", session.Region(), a.err, west)
		}
	})
}

// Without a call, probes take a dead region out within ten seconds, new calls go
// elsewhere, and after a minute without fault they come back.
func TestProbesJudgeWithoutCalls(t *testing.T) {
	faults := map[string]func(p *place){
		"hang":         func(p *place) { p.tell(dead) },
		"alias gone":   func(p *place) { p.tell((&aliases{}).serve) },
		"black hole":   func(p *place) { p.reach(blackHole) },
		"dial refused": func(p *place) { p.reach(refusing) },
		"errors": func(p *place) {
			p.tell(func(_ *place, w http.ResponseWriter, r *request) {
				r.hear(0)
				fail(w, 503, "x")
			})
		},
	}
	for name, fault := range faults {
		bubble(t, name, func(t *testing.T) {
			w := newWorld(t, Config{}, east, west)
			ctx, stop := context.WithCancel(t.Context())
			var running sync.WaitGroup
			running.Go(func() { w.client.Run(ctx) })
			defer running.Wait()
			defer stop()
			time.Sleep(time.Minute)
			fault(w.at(east))
			begun := time.Now()
			for time.Since(begun) < time.Minute && !w.condition(east).Ejected {
				time.Sleep(100 * time.Millisecond)
			}
			if took := time.Since(begun); took > 10*time.Second {
				t.Errorf("taken out after %v, want 10s at most", took)
			}
			session := w.client.Session(call.Info{ID: "CA1"})
			if a := ask(t.Context(), session, spokenTurn(1)); a.err != nil || a.answered != 0 || session.Region() != west {
				t.Errorf("a new call was answered in %s after %v, %v; want %s at once", session.Region(), a.answered, a.err, west)
			}
			w.at(east).tell(nil)
			w.at(east).reach(nil)
			begun = time.Now()
			for time.Since(begun) < 5*time.Minute && w.condition(east).State != region.Healthy {
				time.Sleep(100 * time.Millisecond)
			}
			if took := time.Since(begun); took < time.Minute || took > 3*time.Minute {
				t.Errorf("back after %v, want a minute and what the ramp takes", took)
			}
			if a := ask(t.Context(), session, spokenTurn(2)); a.err != nil || session.Region() != west {
				t.Errorf("the call is in %s, %v; want it to stay in %s", session.Region(), a.err, west)
			}
			if a := ask(t.Context(), w.client.Session(call.Info{ID: "CA2"}), spokenTurn(1)); a.err != nil {
				t.Errorf("a new call: %v", a.err)
			}
		})
	}
}
