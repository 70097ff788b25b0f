package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"lexline/internal/dynamodb"
	"lexline/internal/lex"
	"lexline/internal/region"
)

// bot is one bot that the gateway talks to, with what keeps its regions: lines
// that name the same bot share it, and so what is known of the regions.
type bot struct {
	name   string   // as configured, for people
	lines  []string // names
	client *lex.Client
	table  region.Table // what the client's keeper shares
	key    string       // of the verdict in it
}

// findBots makes a client for every bot of the lines, looking names up where ids
// are not given.
func (g *gateway) findBots(ctx context.Context) error {
	table, err := g.openTable(ctx)
	if err != nil {
		return err
	}
	same := map[string]*bot{}
	for _, line := range g.cfg.Lines {
		key := line.botKey()
		if b := same[key]; b != nil {
			b.lines = append(b.lines, line.Name)
			continue
		}
		b, err := g.findBot(ctx, line, table)
		if err != nil {
			return fmt.Errorf("line %s: %w", line.Name, err)
		}
		same[key] = b
		g.bots = append(g.bots, b)
	}
	return nil
}

// botKey is the same for lines that can share a client.
func (line lineConfig) botKey() string {
	return fmt.Sprint(line.Regions, line.Quota, line.ExactlyOnce, line.Hedge, line.Probe, line.Export, line.Answers)
}

// severalBots reports whether the lines need more than one client.
func (cfg *config) severalBots() bool {
	return slices.ContainsFunc(cfg.Lines, func(l lineConfig) bool { return l.botKey() != cfg.Lines[0].botKey() })
}

// openTable opens the table of the regions: one in DynamoDB, a file, or memory
// without either. DynamoDB is not asked: who cannot reach it starts all the same.
func (g *gateway) openTable(ctx context.Context) (region.Table, error) {
	switch {
	case g.cfg.Table.DynamoDB.Name != "":
		table, err := dynamodb.Open(ctx, g.cfg.dynamoDB())
		if err != nil {
			return nil, fmt.Errorf("open the region table: %w", err)
		}
		g.table = table
		return table, nil
	case g.cfg.Table.File == "":
		return new(region.Memory), nil
	}
	if dir := filepath.Dir(g.cfg.Table.File); isMissing(dir) {
		return nil, &hintError{
			fmt.Errorf("open the region table: table.file: the folder %s is missing", dir),
			"the table is made anew where there is none, its folder is not: mkdir -p " + dir,
		}
	}
	table := &lateTable{path: g.cfg.Table.File}
	if _, err := table.use(); err != nil {
		// The table is advice: a full disk must not keep a gateway from answering calls.
		g.log.Error("region table not opened, going on without it", "file", g.cfg.Table.File, "err", err)
	}
	g.table = table
	return table, nil
}

func isMissing(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}

func (g *gateway) findBot(ctx context.Context, line lineConfig, table region.Table) (*bot, error) {
	answers, err := line.expectedAnswers()
	if err != nil {
		return nil, err
	}
	cfg := g.clientConfig(line)
	cfg.Table, cfg.Answers = table, answers
	client, err := lex.NewClient(ctx, cfg)
	if err != nil {
		err = fmt.Errorf("find bot %q: %w", line.Bot, err)
		if hint := botHint(cfg.Places, err); hint != "" {
			err = &hintError{err, hint}
		}
		return nil, err
	}
	return &bot{name: line.Bot, lines: []string{line.Name}, client: client, table: table, key: cfg.Sync.Observer.Key}, nil
}

// clientConfig is what a line's client needs.
func (g *gateway) clientConfig(line lineConfig) lex.Config {
	endpoints := map[string]regionConfig{}
	for _, r := range g.cfg.Regions {
		endpoints[r.Name] = r
	}
	f := g.cfg.Failover
	cfg := lex.Config{
		Credentials: lex.Credentials{AccessKeyID: g.cfg.AWS.AccessKeyID, SecretAccessKey: g.cfg.AWS.SecretAccessKey},
		Deadlines:   lex.Deadlines{FirstByte: f.AttemptTime, Turn: g.cfg.turnLeft()},
		Judge: region.Settings{
			Hold: f.Hold, MaxHold: f.MaxHold, ProbeEvery: f.ProbeEvery, Seed: rand.Uint64(),
			// A region that is to come back must have answered some probes within the hold.
			ProbeDownEvery: min(max(f.Hold/6, time.Second), 10*time.Second),
		},
		Once:       line.ExactlyOnce,
		NeverHedge: line.Hedge == "never",
		Probe:      lex.Probe{Text: line.Probe.Text, Intent: line.Probe.Intent, Slot: line.Probe.Slot},
		Sync:       g.shared(line),
		Logger:     g.log.With("bot", line.Bot),
	}
	for _, p := range line.Regions {
		cfg.Places = append(cfg.Places, lex.Place{
			Region: p.Name, Locale: p.Locale, Bot: p.Bot, Alias: p.Alias, Quota: line.Quota,
			RuntimeURL: endpoints[p.Name].RuntimeEndpoint, ModelsURL: endpoints[p.Name].ModelsEndpoint,
		})
	}
	return cfg
}

// shared is what this gateway is among those that share the table. Several bots
// share one table, each under a key of its own and with a copy of its own.
func (g *gateway) shared(line lineConfig) region.SyncConfig {
	t := g.cfg.Table
	s := region.ObserverSettings{ID: t.Observer, Region: t.Region, Key: t.Key, Interval: t.Refresh}
	if s.ID == "" {
		s.ID = ownName()
	}
	if s.Key == "" {
		s.Key = line.Regions[0].Name
	}
	file := t.Copy
	if g.cfg.severalBots() {
		name := line.Bot
		if g.taken(name) {
			name += "/" + line.Name
		}
		s.Key += "/" + name
		if file != "" {
			file += "." + strings.ReplaceAll(name, "/", ".")
		}
	}
	return region.SyncConfig{Observer: s, Copy: file}
}

// taken reports whether there is a bot of that name already: the same one with
// other settings.
func (g *gateway) taken(name string) bool {
	return slices.ContainsFunc(g.bots, func(b *bot) bool { return b.name == name })
}

// ownName is the name of this gateway where the configuration gives none. In
// containers host and process number can be those of another gateway.
func ownName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "gateway"
	}
	return fmt.Sprintf("%.48s-%d-%04x", host, os.Getpid(), rand.Uint32()&0xffff)
}

// botHint is what to do about a bot that could not be found.
func botHint(places []lex.Place, err error) string {
	switch text := err.Error(); {
	case errors.Is(err, syscall.ECONNREFUSED) && places[0].ModelsURL != "":
		return "nothing answers at " + places[0].ModelsURL + "; is `lexline bot serve` running?"
	case strings.Contains(text, "credentials"):
		return "set ACCESS_KEY_ID and SECRET_ACCESS_KEY, or give the machine a role that may use Lex"
	}
	return ""
}

// botOf returns the bot of a line.
func (g *gateway) botOf(line string) *bot {
	for _, b := range g.bots {
		if slices.Contains(b.lines, line) {
			return b
		}
	}
	return nil
}

// watchBots keeps the regions of all bots until the returned function is called,
// which waits for all that was started.
func (g *gateway) watchBots() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var watching sync.WaitGroup
	for _, b := range g.bots {
		watching.Go(func() { b.client.Run(ctx) })
	}
	return func() {
		cancel()
		watching.Wait()
	}
}

func (g *gateway) closeBots() {
	for _, b := range g.bots {
		b.client.Close()
	}
	if g.table != nil {
		if err := g.table.Close(); err != nil {
			g.log.Warn("region table not closed", "err", err)
		}
	}
}
