package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// demoURL is the public address of the demo's gateway. It exists nowhere: the
// phones map it to loopback, as a load balancer would, so that signatures are
// made and checked over the address that a real deployment has.
const demoURL = "https://voice.example.com"

// demoLimit bounds the whole demo.
const demoLimit = 4 * time.Minute

// demoRegions are the regions of the demo, home first.
var demoRegions = []string{"us-east-1", "us-west-2"}

func demoCommand() command {
	return command{"demo", "order flowers by telephone, and lose a region in mid-sentence, all on this machine", runDemo}
}

func runDemo(ctx context.Context, env *environment, args []string) error {
	flags := newFlags(env, "demo", "", `Starts two local Lex regions with the bot OrderFlowers and a gateway in front of them,
each as a process of its own. In the first act two simulated phones order flowers; in
the second the region of a running call is stopped in the middle of a sentence, and the
caller orders on. Shows what is said, understood and heard, and how long it takes.
Succeeds only when the bots' own logs show all orders fulfilled with the values that
were drawn from the seed.

Nothing of it leaves this machine. It needs the folder bots/OrderFlowers of lexline's source;
pocketsphinx and flite (make setup-demo installs them) let the callers speak, without them
they press keys. Exit code 0: all orders were fulfilled as they were placed. 1: one was not.

environment:
  NO_COLOR   set to anything: no colours on a terminal

examples:
  lexline demo
  lexline demo --seed 7 --out calls
  lexline demo --json > demo.json`)
	d := demo{lines: make(chan said, 256), deaf: make(chan struct{})}
	flags.Uint64Var(&d.seed, "seed", 0, "draws the orders; 0 draws a `seed` too")
	flags.StringVar(&d.out, "out", "demo-calls", "`folder` for the recordings and logs")
	flags.StringVar(&d.bot, "bot", filepath.Join("bots", "OrderFlowers"), "the bot's export, a `folder` or zip")
	flags.BoolVar(&d.json, "json", false, "print one JSON document at the end instead of lines")
	flags.BoolVar(&d.keys, "keys", false, "press keys instead of speaking")
	if err := parseFlags(flags, args); err != nil {
		return err
	}
	if d.seed == 0 {
		d.seed = 1 + rand.Uint64N(999_999)
	}
	if _, err := os.Stat(d.bot); err != nil {
		return &hintError{fmt.Errorf("find the demo's bot: %w", err), "run the demo in lexline's own folder, or name the bot with --bot"}
	}
	d.stage = newStage(env.stdout, d.json)
	ctx, cancel := context.WithTimeoutCause(ctx, demoLimit, fmt.Errorf("the demo took longer than %v", demoLimit))
	defer cancel()
	return d.run(ctx)
}

// demo is one run of the demo.
type demo struct {
	seed uint64
	out  string
	bot  string
	json bool
	keys bool

	// owned by run
	stage   *stage
	story   *story
	self    string // our own program
	token   string // auth token of the demo's account
	engines engines
	// children run beside us; what they say comes in lines until deaf is closed.
	children []*child
	logs     []*os.File
	lines    chan said
	deaf     chan struct{}
}

// engines says which speech engines the demo found.
type engines struct {
	Recognizer  string `json:"recognizer"`  // or "none: " and why
	Synthesizer string `json:"synthesizer"` // as above
	Recordings  string `json:"recordings"`  // folder of the human voice; empty when there is none
}

// said is one line of output of one of the demo's processes.
type said struct {
	take func([]byte) []line
	text []byte
}

func (d *demo) run(ctx context.Context) (err error) {
	if d.self, err = os.Executable(); err != nil {
		return fmt.Errorf("find our own program: %w", err)
	}
	if d.out, err = filepath.Abs(d.out); err != nil {
		return fmt.Errorf("find the folder for the recordings: %w", err)
	}
	if err := os.MkdirAll(d.out, 0o755); err != nil {
		return fmt.Errorf("make the folder for the recordings: %w", err)
	}
	d.token = strconv.FormatUint(rand.Uint64(), 36) + strconv.FormatUint(rand.Uint64(), 36)
	begun := time.Now()
	defer d.stopAll()

	var services []*service // the regions, home first
	for _, region := range demoRegions {
		bot, err := d.startBot(ctx, region)
		if err != nil {
			return err
		}
		services = append(services, bot)
	}
	actors := cast(d.seed, begun, d.whyKeys(), d.engines.Recordings)
	d.story = newStory(actors)
	d.stage.opening(d, actors[:2])
	gateway, err := d.startGateway(ctx, services)
	if err != nil {
		return err
	}
	home := services[0]
	dead := d.watch(append(services, gateway))
	if err := d.calls(ctx, dead, gateway, 0, 1); err != nil {
		return err
	}
	d.stage.secondAct(actors[2])
	d.story.cue = func() []line { return d.stopRegion(home) }
	defer func() { _ = home.cmd.Process.Signal(syscall.SIGCONT) }() // so that it can end like the others
	if err := d.calls(ctx, dead, gateway, 2); err != nil {
		return err
	}
	return d.stage.closing(d, time.Since(begun))
}

// stopRegion stops the process of a region: its connections stay open, new ones
// are accepted by the kernel, and nothing answers. No failure is harder to tell
// from a slow answer.
func (d *demo) stopRegion(bot *service) []line {
	if err := bot.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		return []line{{"", "fault", fmt.Sprintf("the region could not be stopped: %v", err)}}
	}
	hit := d.story.scenes[cueScene]
	hit.lost = &lostRegion{Region: bot.name, Turn: hit.began}
	return []line{{"", "REGION", bot.name + " is stopped in mid-sentence: it accepts connections and answers nothing"}}
}

// start starts one of our own commands. Its output goes to take, in d.follow,
// from the moment that somebody follows it.
func (d *demo) start(name string, args, environ []string, hear func([]byte)) (*child, error) {
	// Ending ctx must not end the children all at once: stopAll has an order.
	c, err := startChild(context.Background(), name, d.self, args, environ, hear)
	if err == nil {
		d.children = append(d.children, c)
	}
	return c, err
}

// stopAll ends the children, the latest first: phones hang up before their
// gateway goes, and the gateway goes before its bot.
func (d *demo) stopAll() {
	close(d.deaf)
	for _, c := range slices.Backward(d.children) {
		c.stop()
	}
	for _, file := range d.logs {
		file.Close()
	}
}

// tell passes a line of a child on, until nobody listens any more.
func (d *demo) tell(take func([]byte) []line, text []byte) {
	select {
	case d.lines <- said{take, append([]byte(nil), text...)}:
	case <-d.deaf:
	}
}

// service is a process of the demo that listens.
type service struct {
	*child
	address string
	last    []byte // the latest line it said; read after done
}

// startService starts one of our own commands, keeps its log in a file and waits
// for the line that tells where it listens. take gets the lines after that one.
func (d *demo) startService(ctx context.Context, name string, args []string, ready func([]byte) string, take func([]byte) []line) (*service, error) {
	file, err := os.Create(filepath.Join(d.out, name+".log"))
	if err != nil {
		return nil, fmt.Errorf("keep the log of %s: %w", name, err)
	}
	s := &service{}
	address := make(chan string, 1)
	found := ""
	s.child, err = d.start(name, args, nil, func(text []byte) {
		s.last = append(s.last[:0], text...)
		_, _ = file.Write(append(s.last, '\n')) // the log is for people to look at later
		if found != "" {
			d.tell(take, text)
		} else if found = ready(text); found != "" {
			address <- found
		}
	})
	if err != nil {
		file.Close()
		return nil, err
	}
	d.logs = append(d.logs, file)
	select {
	case s.address = <-address:
		return s, nil
	case <-s.done:
		return nil, fmt.Errorf("%s ended before it was ready: %s", name, s.last)
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (d *demo) startGateway(ctx context.Context, bots []*service) (*service, error) {
	var regions strings.Builder
	for _, bot := range bots {
		fmt.Fprintf(&regions, "  - {name: %s, runtime_endpoint: \"http://%s\", models_endpoint: \"http://%[2]s\"}\n", bot.name, bot.address)
	}
	export, err := filepath.Abs(d.bot)
	if err != nil {
		return nil, fmt.Errorf("find the bot's export: %w", err)
	}
	config := fmt.Sprintf(`# What the demo's gateway ran with.
listen: 127.0.0.1:0
public_url: %s
log: {level: debug, format: json}
twilio: {auth_token: %s}
aws: {access_key_id: demo, secret_access_key: demo}
control: {listen: 127.0.0.1:0}
regions:
%slines:
  - name: flowers
    numbers: ["+15550100"]
    greeting: "Welcome to the flower shop. How can I help you?"
    bot: OrderFlowers
    alias: ver_one
    export: %s
`, demoURL, d.token, regions.String(), strconv.Quote(export))
	path := filepath.Join(d.out, "lexline.yml")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		return nil, fmt.Errorf("write the gateway's configuration: %w", err)
	}
	ready := func(text []byte) string {
		var line struct{ Msg, Address string }
		if json.Unmarshal(text, &line) == nil && line.Msg == "listening" {
			return line.Address
		}
		return ""
	}
	take := func(text []byte) []line { return d.story.gateway(text) }
	return d.startService(ctx, "gateway", []string{"serve", "--config", path}, ready, take)
}

// watch reports each of the services that ends while the demo is going on.
func (d *demo) watch(services []*service) <-chan *service {
	dead := make(chan *service, len(services))
	for _, s := range services {
		go func() {
			select {
			case <-s.done:
				dead <- s
			case <-d.deaf:
			}
		}()
	}
	return dead
}

// calls places the calls of some of the actors and follows all processes until
// their phones are done.
func (d *demo) calls(ctx context.Context, dead <-chan *service, gateway *service, numbers ...int) error {
	ended := make(chan struct{}, len(numbers))
	for _, i := range numbers {
		phone, err := d.startPhone(i, d.story.scenes[i].actor, gateway.address)
		if err != nil {
			return err
		}
		go func() {
			<-phone.done
			ended <- struct{}{}
		}()
	}
	for left := len(numbers); left > 0; {
		select {
		case l := <-d.lines:
			d.stage.show(l.take(l.text))
		case <-ended:
			left--
		case s := <-dead:
			return fmt.Errorf("%w in the middle of the demo: %s", s.ended(), s.last)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return d.rest(ctx)
}

// rest takes what the processes had said by the time the phones were done.
func (d *demo) rest(ctx context.Context) error {
	for {
		select {
		case l := <-d.lines:
			d.stage.show(l.take(l.text))
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(300 * time.Millisecond): // no process has anything more to say
			return nil
		}
	}
}

func (d *demo) startPhone(i int, a actor, gateway string) (*child, error) {
	script := filepath.Join(d.out, strings.ToLower(a.name)+".script")
	if err := os.WriteFile(script, []byte(a.script), 0o644); err != nil {
		return nil, fmt.Errorf("write the script of %s: %w", a.name, err)
	}
	args := []string{
		"phone", "call", "--json", "--script", script, "--out", d.out,
		"--map", strings.TrimPrefix(demoURL, "https://") + "=" + gateway,
		"--from", fmt.Sprintf("+1555012%04d", i+1), "--to", "+15550100",
		"--seed", strconv.FormatUint(d.seed*10+uint64(i), 10), demoURL + "/twiml",
	}
	take := func(text []byte) []line { return d.story.phone(i, text) }
	return d.start(a.name+"'s phone", args, []string{"TWILIO_AUTH_TOKEN=" + d.token}, func(text []byte) {
		d.tell(take, text)
	})
}
