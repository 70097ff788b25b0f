package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"lexline/bench/process"
)

// settle is what a server gets to finish what was sent, before its CPU time is
// read; breath is what the other one gets to fall silent.
const settle = 50 * time.Millisecond

// system is a server under measurement and the lanes into it.
type system struct {
	name  string
	pid   int
	lanes []*lane
}

// sample is one measured window of one system.
type sample struct {
	messages int64
	cpu      time.Duration
	late     []time.Duration
}

// perMessage returns the CPU time per message in nanoseconds.
func (s sample) perMessage() float64 { return float64(s.cpu) / float64(s.messages) }

// run sends to the system for d and measures what that costs it.
func (s *system) run(ctx context.Context, d time.Duration) (sample, error) {
	before, err := process.CPUTime(s.pid)
	if err != nil {
		return sample{}, fmt.Errorf("%s: %w", s.name, err)
	}
	w, err := send(ctx, s.lanes, d)
	if err != nil {
		return sample{}, fmt.Errorf("%s: %w", s.name, err)
	}
	time.Sleep(settle)
	after, err := process.CPUTime(s.pid)
	if err != nil {
		return sample{}, fmt.Errorf("%s: %w", s.name, err)
	}
	return sample{messages: w.messages, cpu: after - before, late: w.late}, nil
}

// sent returns how many messages and bytes went to the system so far.
func (s *system) sent() (messages, bytes int64) {
	for _, l := range s.lanes {
		messages += l.sent
		bytes += l.bytes
	}
	return messages, bytes
}

// interleaved holds windows in the order in which they were measured: one of
// the floor, one of the gateway, and so on, and a last one of the floor.
type interleaved struct {
	floor, gateway []sample
}

// ratios returns the gateway's cost over the floor's for each of its windows.
// The floor is the mean of the windows before and after, so that a machine that
// slowly becomes faster or slower does not matter.
func (m interleaved) ratios() []float64 {
	ratios := make([]float64, len(m.gateway))
	for i, g := range m.gateway {
		ratios[i] = g.perMessage() / ((m.floor[i].perMessage() + m.floor[i+1].perMessage()) / 2)
	}
	return ratios
}

// check refuses windows in which the clock of CPU time did not even tick.
func (m interleaved) check() error {
	for _, s := range slices.Concat(m.floor, m.gateway) {
		if s.messages == 0 || s.cpu == 0 {
			return fmt.Errorf("%v of CPU time for %d messages: too little to measure, use more calls or longer windows", s.cpu, s.messages)
		}
	}
	return nil
}

// interleave measures both systems in turns, after a warm-up of each.
func interleave(ctx context.Context, floor, gateway *system, d time.Duration, rounds int, progress func(round int, m interleaved)) (interleaved, error) {
	var m interleaved
	for _, s := range []*system{gateway, floor, gateway} {
		if _, err := s.run(ctx, d); err != nil {
			return m, err
		}
	}
	for round := range rounds + 1 {
		f, err := floor.run(ctx, d)
		if err != nil {
			return m, err
		}
		m.floor = append(m.floor, f)
		if round == rounds {
			return m, nil
		}
		g, err := gateway.run(ctx, d)
		if err != nil {
			return m, err
		}
		m.gateway = append(m.gateway, g)
		progress(round, m)
	}
	return m, nil
}

func costs(samples []sample) []float64 {
	all := make([]float64, len(samples))
	for i, s := range samples {
		all[i] = s.perMessage()
	}
	return all
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	half := len(sorted) / 2
	if len(sorted)%2 == 0 {
		return (sorted[half-1] + sorted[half]) / 2
	}
	return sorted[half]
}
