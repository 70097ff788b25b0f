package drill

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

// longestCall bounds a call; an order takes some 35 s.
const longestCall = 3 * time.Minute

// startTimeout is for all processes to say that they are ready.
const startTimeout = 30 * time.Second

// Run holds a drill and returns what happened. When ctx ends, the callers hang up
// and what is known so far is returned without an error; errors are those of
// processes that did not start or ended by themselves, and of faults that could
// not be injected. Everything that it started has ended when it returns.
func Run(ctx context.Context, cfg *Config) (history *History, err error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	d := &drill{cfg: cfg, stage: stage{start: cfg.Start, dir: cfg.Out}}
	if d.ears, err = newEar(cfg.Sounds); err != nil {
		return nil, fmt.Errorf("know the gateway's sounds: %w", err)
	}
	if err := os.MkdirAll(cfg.Out, 0o755); err != nil {
		return nil, fmt.Errorf("make the folder for the drill's logs: %w", err)
	}
	defer d.stage.close()
	if err := d.setUp(ctx); err != nil {
		return nil, err
	}
	defer d.breaker.close()
	return d.hold(ctx)
}

// drill is one run.
type drill struct {
	cfg     *Config
	ears    *ear
	stage   stage
	heard   collector
	clips   string // folder of the callers' recordings
	regions []*region
	hook    string // its address
	where   func() door
	control []*gateway // whose status is watched
	breaker *breaker
	checker *checker // of the article's policy
	faults  []Fault
}

// setUp starts everything that the callers need.
func (d *drill) setUp(ctx context.Context) error {
	cfg := d.cfg
	d.clips = cfg.Cache
	if d.clips == "" {
		d.clips = filepath.Join(cfg.Out, "clips")
	}
	script, err := record(ctx, d.clips, cfg.Say)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, fmt.Errorf("the drill's processes were not ready within %v", startTimeout))
	defer cancel()
	d.breaker = newBreaker(cfg, nil)
	if s := cfg.Staging; s != nil {
		to := door{url: s.URL, token: s.Token, number: s.Number, routes: s.Routes}
		d.where = func() door { return to }
		return nil
	}
	if err := d.startHook(ctx); err != nil {
		return err
	}
	for _, name := range regionNames {
		r, err := d.startRegion(ctx, name, script)
		if err != nil {
			return err
		}
		d.regions = append(d.regions, r)
	}
	d.breaker.regions = d.regions
	token := strconv.FormatUint(rand.Uint64(), 36) + strconv.FormatUint(rand.Uint64(), 36)
	if cfg.Policy == PolicyArticle {
		return d.startArticle(ctx, token)
	}
	g, err := d.stage.beginGateway(ctx, "gateway", cfg.gatewayConfig(token, d.regions), d.heard.gateway)
	if err != nil {
		return err
	}
	to := g.door(token, "")
	d.where = func() door { return to }
	d.control = []*gateway{g}
	return nil
}

// ledgerFile is where the hook writes the orders that it carries out.
func (d *drill) ledgerFile() string { return filepath.Join(d.cfg.Out, "ledger.jsonl") }

func (d *drill) startHook(ctx context.Context) error {
	for _, old := range []string{d.ledgerFile(), d.keysFile()} {
		if err := os.Remove(old); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove what an earlier drill left: %w", err)
		}
	}
	args := []string{"bot", "hook", "--listen", "127.0.0.1:0", "--keys", d.keysFile(), "--ledger", d.ledgerFile(), "--log-format", "json"}
	_, err := d.stage.begin(ctx, "hook", args, func(text []byte) bool {
		d.hook = hookEndpoint(text)
		return d.hook != ""
	}, nil)
	return err
}

func (d *drill) keysFile() string { return filepath.Join(d.cfg.Out, "keys.db") }

func (d *drill) startRegion(ctx context.Context, name, script string) (*region, error) {
	args := []string{
		"bot", "serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--region", name, "--bot", d.cfg.Bot,
		"--alias", botAlias, "--hook", "OrderFlowers=" + d.hook, "--latency", d.cfg.Latency.String(), "--log-format", "json",
	}
	if !d.cfg.Speech {
		args = append(args, "--recognizer", "script:"+script, "--voice", "none")
	}
	r := &region{name: name}
	var err error
	r.service, err = d.stage.begin(ctx, name, args, r.read, d.heard.region)
	return r, err
}

// hold has the callers call while the schedule is followed.
func (d *drill) hold(ctx context.Context) (*History, error) {
	cfg := d.cfg
	lines := &callers{
		seed: cfg.Seed, lanes: cfg.Calls, ramp: cfg.Ramp, clips: d.clips, today: time.Now(),
		ears: d.ears, where: d.where, longest: longestCall,
	}
	calling, hangUp := context.WithCancel(ctx)
	defer hangUp()
	stop, done := make(chan struct{}), make(chan struct{})
	began := time.Now()
	go func() {
		defer close(done)
		lines.run(calling, stop)
	}()
	watching, endWatch := context.WithCancel(ctx)
	watched := d.watch(watching)
	var checked sync.WaitGroup
	if d.checker != nil {
		checked.Go(func() { d.checker.run(watching, time.Duration(float64(articleEvery)*cfg.Scale), cfg.Seed) })
	}
	err := d.follow(ctx, d.plan(lines, began), began, done)
	close(stop)
	if err != nil {
		hangUp()
	}
	d.wait(lines, began, done)
	endWatch()
	<-watched
	checked.Wait()
	h, fault := d.history(lines, began)
	h.Interrupted = ctx.Err() != nil
	switch {
	case err != nil && ctx.Err() == nil:
		return nil, err
	case fault != nil:
		return nil, fault
	}
	return h, nil
}

// plan is what is done to the regions while lines of callers call.
func (d *drill) plan(lines *callers, began time.Time) plan {
	return plan{d.cfg.schedule(), d.act, func(what string) { d.progress(lines, began, what) }}
}

// wait waits for the calls under way and says how many are left.
func (d *drill) wait(lines *callers, began time.Time, done <-chan struct{}) {
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			d.progress(lines, began, "waiting for the last calls")
		}
	}
}

// progressEvery is how often the drill says how it stands.
const progressEvery = 5 * time.Second

func (d *drill) progress(lines *callers, began time.Time, what string) {
	d.cfg.Tell("%4.0f s  %-34s  %3d calls up, %3d over, %4d turns", time.Since(began).Seconds(), what, lines.up.Load(), lines.done.Load(), lines.spoken.Load())
}

// history collects what everybody saw.
func (d *drill) history(lines *callers, began time.Time) (*History, error) {
	h := &History{Seed: d.cfg.Seed, Began: began, Ended: time.Now(), Planned: d.cfg.Expected(), Faults: d.faults, Regions: regionNames, HasClips: !d.cfg.Speech}
	if d.cfg.Staging != nil {
		h.HasClips = false
		h.Regions = []string{d.cfg.Region, "the other one"}
	}
	var fault error
	h.Calls, fault = lines.history()
	sortCalls(h.Calls)
	lost := d.heard.collected(h)
	if fault == nil && lost > 0 {
		fault = fmt.Errorf("the regions wrote %d lines more than are kept: the drill was too long to be judged", lost)
	}
	if d.cfg.Staging != nil || fault != nil {
		return h, fault
	}
	h.HasLedger = true
	h.Ledger, fault = readLedger(d.ledgerFile())
	return h, fault
}
