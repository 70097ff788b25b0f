package lex

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lexline/internal/audio"
	"lexline/internal/call"
	"lexline/internal/region"
)

// The regions of the tests, home first.
const east, west, europe = "us-east-1", "us-west-2", "eu-west-1"

// world is a Client and the regions that it talks to, in one bubble.
type world struct {
	client *Client
	begun  time.Time // what times count from
	places []*place
}

// place is one region. It notes what it is asked, and answers as it is told:
// without a word, well and at once.
type place struct {
	t     *testing.T
	world *world
	name  string
	far   *standIn

	mu       sync.Mutex
	reaching func(ctx context.Context) error // what befalls new connections; nil: nothing
	reply    func(p *place, w http.ResponseWriter, r *request)
	requests []*request
	dials    int
}

// request is one request as a region saw it.
type request struct {
	Op         string // utterance, put, get, delete, text
	Path       string
	Key, State string
	At         time.Duration // when its head was there
	Gone       time.Duration // when the asker went away; 0: never noticed
	body       []byte
	in         *http.Request
}

func newWorld(t *testing.T, cfg Config, names ...string) *world {
	t.Helper()
	return newWorldOf(t, cfg, nil, names...)
}

// newWorldOf is newWorld with regions that answer in their own way from the
// beginning.
func newWorldOf(t *testing.T, cfg Config, replies map[string]reply, names ...string) *world {
	t.Helper()
	w := &world{begun: time.Now()}
	byAddress := map[string]*place{}
	for i, name := range names {
		p := &place{t: t, world: w, name: name, reply: replies[name]}
		w.places = append(w.places, p)
		byAddress[fmt.Sprintf("127.0.0.1:%d", i+1)] = p
		if len(cfg.Places) <= i {
			cfg.Places = append(cfg.Places, Place{})
		}
		cfg.Places[i].Region, cfg.Places[i].RuntimeURL = name, fmt.Sprintf("http://127.0.0.1:%d", i+1)
		cfg.Places[i].ModelsURL = cfg.Places[i].RuntimeURL
		listening(t, func(s *standIn, w http.ResponseWriter, r *http.Request) { p.serve(w, r) }, func(s *standIn) { p.far = s })
	}
	cfg.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		p := byAddress[address]
		p.mu.Lock()
		reaching := p.reaching
		p.dials++
		p.mu.Unlock()
		if reaching != nil {
			if err := reaching(ctx); err != nil {
				return nil, err
			}
		}
		return p.far.dial(ctx, network, address)
	}
	if cfg.Limits.Attempts == 0 {
		cfg.Limits.Attempts = 4
	}
	w.client = newClient(t, cfg)
	// The bot has been seen to ask for both of its values before.
	w.client.learn(sessionState{DialogAction: dialogAction{Type: "ElicitSlot", SlotToElicit: "FlowerType"}, Intent: &intent{Name: "OrderFlowers"}})
	w.client.learn(sessionState{DialogAction: dialogAction{Type: "ElicitSlot", SlotToElicit: "PickupDate"}, Intent: &intent{Name: "OrderFlowers"}})
	if !cfg.Once { // and to ask for a confirmation, so that a value may be hedged
		w.client.learn(sessionState{DialogAction: dialogAction{Type: "ConfirmIntent"}, Intent: &intent{Name: "OrderFlowers"}})
	}
	t.Cleanup(func() {
		w.client.Close()
		for _, p := range w.places {
			if room := w.client.Room(p.name); room.Held != 0 {
				t.Errorf("%s: %d requests hold room after the end of all, want 0", p.name, room.Held)
			}
		}
	})
	return w
}

// at returns the region of that name.
func (w *world) at(name string) *place {
	return w.places[slices.IndexFunc(w.places, func(p *place) bool { return p.name == name })]
}

// now is the time since the world, or the latest mark, began.
func (w *world) now() time.Duration { return time.Since(w.begun) }

// mark makes times count from now on, and forgets what the regions saw.
func (w *world) mark() {
	synctest.Wait()
	w.begun = time.Now()
	for _, p := range w.places {
		p.mu.Lock()
		p.requests, p.dials = nil, 0
		p.mu.Unlock()
	}
}

// tell makes a region answer in another way from now on.
func (p *place) tell(reply func(p *place, w http.ResponseWriter, r *request)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reply = reply
}

// reach makes something befall new connections; the idle ones are gone.
func (p *place) reach(reaching func(ctx context.Context) error) {
	p.mu.Lock()
	p.reaching = reaching
	p.mu.Unlock()
	p.world.client.transport.CloseIdleConnections()
}

func (p *place) serve(w http.ResponseWriter, in *http.Request) {
	r := &request{
		Path: in.URL.Path, At: p.world.now(), in: in,
		State: unpacked(p.t, in.Header.Get("X-Amz-Lex-Session-State")),
	}
	var attributes map[string]string
	json.Unmarshal([]byte(unpacked(p.t, in.Header.Get("X-Amz-Lex-Request-Attributes"))), &attributes)
	r.Key = attributes["x-lexline-turn"]
	switch last := in.URL.Path[strings.LastIndexByte(in.URL.Path, '/')+1:]; {
	case last == "utterance", last == "text":
		r.Op = last
	case in.Method == http.MethodGet:
		r.Op = "get"
	case in.Method == http.MethodDelete:
		r.Op = "delete"
	case strings.HasSuffix(in.URL.Path, "/bots/"), strings.HasSuffix(in.URL.Path, "/botaliases/"), strings.HasSuffix(in.URL.Path, "/botaliases"), in.URL.Path == "/bots":
		r.Op = "list"
	default:
		r.Op = "put"
	}
	p.mu.Lock()
	p.requests = append(p.requests, r)
	answer := p.reply
	p.mu.Unlock()
	if answer == nil {
		answer = well
	}
	answer(p, w, r)
}

// seen returns what the region was asked since the latest mark.
func (p *place) seen() []*request {
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.requests)
}

// asked returns the operations that the region was asked for, in order.
func (p *place) asked() (ops []string) {
	for _, r := range p.seen() {
		ops = append(ops, r.Op)
	}
	return ops
}

// hear reads so many bytes of the request's body, all of it if n is 0.
func (r *request) hear(n int) {
	body := io.Reader(r.in.Body)
	if n > 0 {
		body = io.LimitReader(body, int64(n))
	}
	heard, _ := io.ReadAll(body)
	r.body = append(r.body, heard...)
}

// hang keeps a request without an answer until its asker goes away.
func (p *place) hang(r *request) {
	select {
	case <-r.in.Context().Done():
		p.mu.Lock()
		r.Gone = p.world.now()
		p.mu.Unlock()
	case <-p.far.closed:
	}
}

// reset breaks the connection of a request.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	conn.Close()
}

// heardIn is the state after a turn, with the turn and the region in its
// attributes.
func heardIn(p *place, r *request) object {
	return object{
		"dialogAction":      object{"type": "ElicitSlot", "slotToElicit": "FlowerType"},
		"intent":            object{"name": "OrderFlowers", "state": "InProgress", "slots": object{"FlowerType": nil, "PickupDate": nil}},
		"sessionAttributes": object{"turn": r.Key, "in": p.name},
	}
}

// confirming is the state of a bot that asks whether all is right.
func confirming(p *place, r *request) object {
	state := heardIn(p, r)
	state["dialogAction"] = object{"type": "ConfirmIntent"}
	return state
}

// voice is 300 ms of a sweep: no two parts of it are alike.
var sweep = func() []byte {
	pcm := make([]int16, 4800)
	for i := range pcm {
		pcm[i] = int16((i*i/7)%20000 - 10000)
	}
	return littleEndian(pcm)
}()

// sweepHeard is what the caller hears of it.
var sweepHeard = func() []byte {
	pcm := make([]int16, len(sweep)/2)
	for i := range pcm {
		pcm[i] = int16((i*i/7)%20000 - 10000)
	}
	resampler := audio.NewResampler(16000, 8000)
	phone := resampler.Process(nil, pcm)
	return audio.EncodeMuLaw(nil, resampler.Flush(phone))
}()

// well answers everything as a healthy region does.
func well(p *place, w http.ResponseWriter, r *request) {
	r.hear(0)
	answerWell(p, w, r, heardIn(p, r))
}

// answerWell answers a request whose body was read.
func answerWell(p *place, w http.ResponseWriter, r *request, state object) {
	switch r.Op {
	case "utterance":
		speakHead(w, state)
		w.Write(sweep)
	case "put":
		var in struct {
			SessionState json.RawMessage
			Messages     []object
		}
		if err := json.Unmarshal(r.body, &in); err != nil {
			p.t.Errorf("PutSession in %s: %v in %q", p.name, err, r.body)
		}
		p.mu.Lock()
		r.State = string(in.SessionState)
		p.mu.Unlock()
		w.Header().Set("Content-Type", "audio/pcm")
		w.Header().Set("X-Amz-Lex-Session-State", packedText(string(in.SessionState)))
		w.Header().Set("X-Amz-Lex-Messages", packed(in.Messages))
		if len(in.Messages) > 0 {
			w.Write(sweep)
		}
	case "get", "text":
		json.NewEncoder(w).Encode(object{
			"sessionId": "s", "sessionState": state,
			"messages": []object{{"contentType": "PlainText", "content": "Which flowers?"}},
		})
	case "delete":
		io.WriteString(w, "{}")
	}
}

// answering answers utterances in the given state and everything else well.
func answering(state func(p *place, r *request) object) func(p *place, w http.ResponseWriter, r *request) {
	return func(p *place, w http.ResponseWriter, r *request) {
		r.hear(0)
		answerWell(p, w, r, state(p, r))
	}
}

// onUtterance does something else with utterances and answers all the rest well.
func onUtterance(f func(p *place, w http.ResponseWriter, r *request)) func(p *place, w http.ResponseWriter, r *request) {
	return func(p *place, w http.ResponseWriter, r *request) {
		if r.Op == "utterance" {
			f(p, w, r)
			return
		}
		well(p, w, r)
	}
}

// failing answers utterances with an error once they were heard.
func failing(status int, kind string) func(p *place, w http.ResponseWriter, r *request) {
	return onUtterance(func(p *place, w http.ResponseWriter, r *request) {
		r.hear(0)
		fail(w, status, kind)
	})
}

// hanging hears utterances and then says nothing.
func hanging() func(p *place, w http.ResponseWriter, r *request) {
	return onUtterance(func(p *place, w http.ResponseWriter, r *request) {
		r.hear(0)
		p.hang(r)
	})
}

// dead answers nothing at all.
func dead(p *place, w http.ResponseWriter, r *request) {
	r.hear(0)
	p.hang(r)
}

// second is one second of an utterance, no two parts of which are alike.
var second = func() []byte {
	speech := make([]byte, audio.SampleRate)
	for i := range speech {
		speech[i] = byte(i * i / 3)
	}
	return speech
}()

// secondSent is what a region hears of it.
var secondSent = littleEndian(audio.DecodeMuLaw(nil, second))

// say puts a spoken turn of one second, spoken in real time from now on, and
// returns when Ask has. Its times count from the end of the utterance.
func (w *world) say(ctx context.Context, s *Session, number int) asked {
	speech := call.NewSpeech(1 << 20)
	var talking sync.WaitGroup
	talking.Go(func() {
		for frame := range slices.Chunk(second, audio.FrameSamples) {
			time.Sleep(audio.FrameDuration)
			speech.Append(frame)
		}
		speech.End(nil)
	})
	a := ask(ctx, s, call.Turn{Number: number, Speech: speech})
	talking.Wait()
	a.answered -= time.Second
	a.returned -= time.Second
	return a
}

// first has a call's first turn answered by its region, and begins to measure.
func (w *world) first(t *testing.T, s *Session) {
	t.Helper()
	if a := w.say(t.Context(), s, 1); a.err != nil {
		t.Fatalf("first turn: %v", a.err)
	}
	w.mark()
}

// wholeVoice fails unless the answer's voice is the sweep, all of it, once.
func wholeVoice(t *testing.T, a asked) {
	t.Helper()
	if a.answer == nil {
		t.Errorf("no answer: %v", a.err)
		return
	}
	if heard, ended := a.answer.Speech.From(0); !ended || !bytes.Equal(heard, sweepHeard) {
		t.Errorf("heard %d bytes of the answer, ended %v; want the same %d as without a fault", len(heard), ended, len(sweepHeard))
	}
}

// stateOf is what a client carries after the first turn in the given region.
func stateIn(name string) string {
	return `{"dialogAction":{"slotToElicit":"FlowerType","type":"ElicitSlot"},` +
		`"intent":{"name":"OrderFlowers","slots":{"FlowerType":null,"PickupDate":null},"state":"InProgress"},` +
		`"sessionAttributes":{"in":"` + name + `","turn":"` + caller.ID + `/1"}}`
}

// condition is what the client's judge says of a region.
func (w *world) condition(name string) region.Condition {
	c, _ := w.client.keeper.View().Of(name)
	return c
}
