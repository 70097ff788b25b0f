package simulate

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// Long is a run of hours or days, of which only the end counts.
type Long struct {
	Name    string
	Most    int // changes of the region where new calls go
	length  time.Duration
	every   time.Duration // a new call comes, about so often; 0 for none
	noise   float64
	flap    time.Duration // up so long, then down so long; 0 for not
	kind    FaultKind
	healthy int // deep probes that must be made, of regions without a fault
}

// Longs returns the long runs.
func Longs() []Long {
	all := []Long{
		{Name: "10 days at 1 % errors", length: 240 * time.Hour, every: 4 * time.Second, noise: 0.01},
		// With hardly any calls probes are all there is, and of a million threes in a
		// row one fails by chance alone: there and back are two changes.
		{Name: "10 days at 1 % errors, few calls", Most: 4, length: 240 * time.Hour, every: 40 * time.Second, noise: 0.01},
		{Name: "200 healthy checks of a bot with prompt variants", length: 40 * time.Minute, healthy: 200},
	}
	for _, flapping := range []struct {
		period time.Duration
		most   int
	}{{15 * time.Second, 2}, {60 * time.Second, 2}, {300 * time.Second, 8}} {
		period := flapping.period
		for _, kind := range []FaultKind{Errors, Hang, BlackHole, Gone} {
			name := fmt.Sprintf("an hour of flapping every %v (%s)", period, kind)
			all = append(all, Long{Name: name, Most: flapping.most, length: time.Hour, every: 20 * time.Second, noise: 0.002, flap: period, kind: kind})
		}
	}
	return all
}

// Took is what came of a long run.
type Took struct {
	Result
	Changes int // of the region where new calls go
	Deep    int // probes that asked the bot
	Fault   string
}

// Run plays it, or only a part of its length.
func (l Long) Run(seed uint64, part float64) Took {
	random := rand.New(rand.NewPCG(seed, 0x6c6f6e67))
	s := Schedule{
		Seed: seed, Shape: l.Name, Length: time.Duration(part * float64(l.length)),
		Gateways: 1, Regions: 2, Hook: true, Picky: -1, Noise: l.noise,
	}
	if l.flap > 0 {
		for at := l.flap; at < s.Length; at += 2 * l.flap {
			s.Faults = append(s.Faults, Fault{Kind: l.kind, Share: 1, From: at, To: at + l.flap})
		}
	}
	if l.every > 0 {
		for at := between(random, 0, l.every); at < s.Length; at += between(random, l.every/2, l.every*3/2) {
			s.addCall(random)
			c := &s.Calls[len(s.Calls)-1]
			c.At, c.Poison = at, -1
		}
	}
	r := prepare(s, random, Options{})
	r.finish()
	took := Took{Result: r.result(), Changes: r.moves, Deep: r.deep}
	switch {
	case len(took.Violations) > 0:
		took.Fault = took.Violations[0].String()
	case took.Changes > l.Most:
		took.Fault = fmt.Sprintf("%d changes; want at most %d", took.Changes, l.Most)
	case took.Stats.Lost > 0:
		took.Fault = fmt.Sprintf("%d turns were given up", took.Stats.Lost)
	case float64(took.Deep) < part*float64(l.healthy):
		took.Fault = fmt.Sprintf("%d checks; want %d", took.Deep, l.healthy)
	}
	return took
}
