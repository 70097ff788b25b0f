package wholestack

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lexline/internal/audio"
	"lexline/internal/botdef"
	"lexline/internal/call"
	"lexline/internal/lex"
	"lexline/internal/lexlocal"
	"lexline/internal/region"
	"lexline/internal/vad"
)

const (
	east, west = "us-east-1", "us-west-2"
	think      = 400 * ms // of the bot, for every turn
	way        = 20 * ms  // to a region
)

// parts are what all stacks share: made once, outside of any bubble.
type parts struct {
	bot   *botdef.Bot
	heard *lexlocal.Scripted
}

var loaded = sync.OnceValues(func() (p parts, err error) {
	dir, err := os.MkdirTemp("", "wholestack")
	if err != nil {
		return p, err
	}
	defer os.RemoveAll(dir)
	type clip struct {
		ID    string `json:"id"`
		File  string `json:"file"`
		Words string `json:"words"`
	}
	var script struct {
		Clips []clip `json:"clips"`
	}
	for id, words := range sayings {
		if err := os.WriteFile(filepath.Join(dir, id+".ulaw"), clips[id], 0o600); err != nil {
			return p, err
		}
		script.Clips = append(script.Clips, clip{id, id + ".ulaw", words})
	}
	text, err := json.Marshal(script)
	if err != nil {
		return p, err
	}
	if err := os.WriteFile(filepath.Join(dir, "script.json"), text, 0o600); err != nil {
		return p, err
	}
	if p.heard, err = lexlocal.LoadScript(filepath.Join(dir, "script.json")); err != nil {
		return p, err
	}
	p.bot, err = botdef.Load("../../bots/OrderFlowers")
	return p, err
})

// voice makes 16 ms of sound of every letter, the same for the same words.
type voice struct{}

func (voice) Sentences(_ context.Context, _, text string, emit func(audio.Clip) error) error {
	var pcm []int16
	for i, c := range text {
		for n := range 16 * 16 {
			pcm = append(pcm, int16((n*(int(c)+i)*37)%12000-6000))
		}
	}
	return emit(audio.Clip{Rate: 16000, Samples: pcm})
}

// place is one region of a stack.
type place struct {
	t      *testing.T
	name   string
	host   *Host
	server *lexlocal.Server

	mu      sync.Mutex
	records []lexlocal.Record
}

// faults puts the local Lex's own faults in force.
func (p *place) faults(list string) {
	if _, err := p.server.SetFaults([]byte(list)); err != nil {
		p.t.Errorf("%s: %v", p.name, err)
	}
}

// kill is the death of all processes: connections break, new ones are refused.
func (p *place) kill() {
	p.host.Set(Refusing)
	p.host.ResetAll()
}

// heal ends every fault.
func (p *place) heal() {
	p.host.Set(Clear)
	p.faults("[]")
}

// aliasGone deletes the alias, as somebody might in the console.
func (p *place) aliasGone() {
	bot := p.server.Bots()[0]
	alias := bot.Aliases[slices.IndexFunc(bot.Aliases, func(a lexlocal.AliasInfo) bool { return a.Name == "live" })]
	w := httptest.NewRecorder()
	p.server.ServeHTTP(w, httptest.NewRequest(http.MethodDelete, "/bots/"+bot.ID+"/botaliases/"+alias.ID, nil))
	if w.Code >= 300 {
		p.t.Errorf("delete the alias: %d %s", w.Code, w.Body)
	}
}

// seen returns the region's records of caller's turns.
func (p *place) seen() (list []lexlocal.Record) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.records {
		if r.Op == "RecognizeUtterance" {
			list = append(list, r)
		}
	}
	return list
}

// stack is the whole of it, in one bubble.
type stack struct {
	t      *testing.T
	began  time.Time
	east   *place
	west   *place
	client *lex.Client
	cfg    call.Config

	calls   sync.WaitGroup
	mu      sync.Mutex
	callers []*caller
	ends    map[*caller]call.Termination
	starts  map[*caller]time.Duration
	stop    context.CancelFunc // of the calls: the gateway shuts down
	ctx     context.Context
	broken  []string // promises
}

// settings are what scenarios vary of a stack.
type settings struct {
	once  bool
	quota int
	table region.Table
	rules region.Broken // to be broken, to see that it is noticed
}

// run runs f with a stack in a bubble, and ends everything.
func run(t *testing.T, set settings, f func(s *stack)) {
	t.Helper()
	common, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		network := new(Network)
		s := &stack{
			t: t, began: time.Now(), ends: map[*caller]call.Termination{}, starts: map[*caller]time.Duration{},
			cfg: call.Config{
				Logger: slog.New(slog.DiscardHandler), Sounds: sounds,
				// What callers say here is noise that is known by its bytes, and no speech.
				NewDetector: func() vad.FrameJudge { return new(vad.Energy) },
				Hearing:     vad.Settings{EndOfSpeech: 800 * ms},
			},
		}
		s.ctx, s.stop = context.WithCancel(t.Context())
		defer s.stop()
		serving, down := context.WithCancel(t.Context())
		var running sync.WaitGroup
		defer running.Wait()
		defer down()
		var places []lex.Place
		for i, name := range []string{east, west} {
			p := &place{t: t, name: name}
			address := fmt.Sprintf("127.0.0.1:%d", i+1)
			p.host = network.Listen(address, way/2)
			p.server, err = lexlocal.New(lexlocal.Config{
				Region: name, Bots: []*botdef.Bot{common.bot}, Aliases: []string{"live"}, Recognizer: common.heard,
				Synthesizer: voice{}, Seed: 1, Latency: think, Record: func(r lexlocal.Record) {
					p.mu.Lock()
					defer p.mu.Unlock()
					p.records = append(p.records, r)
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			running.Go(func() {
				if err := p.server.Serve(serving, p.host); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			})
			bot := p.server.Bots()[0]
			alias := bot.Aliases[slices.IndexFunc(bot.Aliases, func(a lexlocal.AliasInfo) bool { return a.Name == "live" })]
			places = append(places, lex.Place{
				Region: name, Locale: "en_US", Bot: bot.ID, Alias: alias.ID, RuntimeURL: "http://" + address, Quota: set.quota,
			})
			if i == 0 {
				s.east = p
			} else {
				s.west = p
			}
		}
		s.client, err = lex.NewClient(t.Context(), lex.Config{
			Places: places, Credentials: lex.Credentials{AccessKeyID: "AKIATEST", SecretAccessKey: "secret"},
			Once: set.once, Dial: network.Dial, Probe: lex.Probe{Text: "I would like to order some flowers", Intent: "OrderFlowers", Slot: "FlowerType"},
			Table: set.table, Sync: region.SyncConfig{Observer: region.ObserverSettings{ID: "gateway-1", Region: east, Epoch: 1, Seed: 7}},
			Judge: region.Settings{Seed: 7, Broken: set.rules}, Limits: region.Limits{Broken: set.rules},
		})
		if err != nil {
			t.Fatal(err)
		}
		watching, unwatch := context.WithCancel(t.Context())
		var keeping sync.WaitGroup
		keeping.Go(func() { s.client.Run(watching) })
		f(s)
		s.calls.Wait()
		unwatch()
		keeping.Wait()
		s.east.heal()
		s.west.heal()
		for _, p := range []*place{s.east, s.west} {
			if room := s.client.Room(p.name); room.Held != 0 {
				t.Errorf("%s: %d requests under way after the last call, want 0", p.name, room.Held)
			}
		}
		s.client.Close()
		s.east.host.ResetAll() // hosts know nothing of clients that went away in a black hole
		s.west.host.ResetAll()
	})
}

func callID(number int) string { return fmt.Sprintf("CA%04d", number) }

// now is the time since the stack began.
func (s *stack) now() time.Duration { return time.Since(s.began) }

// sleepUntil waits for that time, and a little, so that no two things happen at once.
func (s *stack) sleepUntil(at time.Duration) { time.Sleep(at - s.now() + 37*time.Microsecond) }

// dial begins calls, the first now and each one so much after the one before.
func (s *stack) dial(n int, apart time.Duration, tell func(utterance int, phase string)) (added []*caller) {
	for i := range n {
		s.mu.Lock()
		number := len(s.callers)
		id := callID(number)
		bot := &spy{turns: map[int]int{}}
		c := &caller{bot: bot, words: order(number), pause: 400*ms + time.Duration(number*37%200)*ms}
		if i == 0 {
			c.tell = tell
		}
		s.callers = append(s.callers, c)
		s.mu.Unlock()
		added = append(added, c)
		s.calls.Go(func() {
			time.Sleep(time.Duration(i)*apart + time.Duration(number)*1013*time.Nanosecond)
			c.began = time.Now()
			end := s.carry(c, bot, call.Info{ID: id, Line: "flowers", From: "+15550100", To: "+15550199"})
			s.mu.Lock()
			defer s.mu.Unlock()
			s.ends[c], s.starts[c] = end, c.began.Sub(s.began)
		})
	}
	return added
}

// carry runs a call on its stream, and on further ones while they break.
func (s *stack) carry(c *caller, bot *spy, info call.Info) call.Termination {
	for {
		session := s.client.Session(info)
		bot.mu.Lock()
		bot.Bot, bot.moved = session, session.Region
		bot.mu.Unlock()
		end := call.New(s.cfg, info, c, bot).Run(s.ctx)
		session.Leave()
		if end.Reason != call.LegLost || !c.lost {
			return end
		}
		time.Sleep(2 * time.Second)
		info.Resumed = true
		bot.mu.Lock()
		bot.stream++
		bot.mu.Unlock()
		c.resume()
	}
}
