package attack

import (
	"fmt"
	"slices"
	"sync"
	"testing"
)

// group is one table of kinds.
type group struct {
	name  string
	kinds []kind
}

// groups are all tables.
func groups() []group {
	return []group{
		{"signature", signatureKinds()},
		{"form", formKinds()},
		{"method", methodKinds()},
		{"protocol", protocolKinds()},
		{"endpoint", endpointKinds()},
		{"ticket", ticketKinds()},
		{"handshake", handshakeKinds()},
		{"token", tokenKinds()},
		{"replay", replayKinds()},
		{"start", startKinds()},
		{"message", messageKinds()},
		{"frame", frameKinds()},
		{"flood", floodKinds()},
		{"slow", slowKinds()},
		{"control", controlKinds()},
	}
}

// play does one kind, and tells what came of it.
func (r *rig) play(k kind) (got string) {
	defer func() {
		if fault := recover(); fault != nil {
			why, ok := fault.(refusal)
			if !ok {
				panic(fault)
			}
			got = "not played: " + string(why)
		}
	}()
	return k.try(r.attacker())
}

// atOnce is how many of the kinds that take no time are played at once. Those that wait
// for the door are all played at once, beside them.
const atOnce = 8

// playAll does kinds, and returns what came of each.
func (r *rig) playAll(all []kind) []string {
	got := make([]string, len(all))
	room := make(chan struct{}, atOnce)
	var playing sync.WaitGroup
	for i, k := range all {
		if k.slow {
			playing.Go(func() { got[i] = r.play(k) })
		}
	}
	for i, k := range all {
		if k.slow {
			continue
		}
		room <- struct{}{}
		playing.Go(func() {
			defer func() { <-room }()
			got[i] = r.play(k)
		})
	}
	playing.Wait()
	return got
}

// TestKinds plays all kinds beside a call, and asks afterwards what they did.
func TestKinds(t *testing.T) {
	t.Parallel() // it waits most of the time
	r := newRig(t)
	r.genuine(t, "before anything is played")
	r.sealed(t)
	victim := r.victim(t)
	var all []kind
	var names []string
	for _, g := range groups() {
		for _, k := range g.kinds {
			all = append(all, k)
			names = append(names, g.name+": "+k.name)
		}
	}
	before := r.measure(t)
	got := r.playAll(all)
	came := map[int]int{}
	for i, k := range all {
		t.Run(names[i], func(t *testing.T) {
			if got[i] != k.want {
				t.Errorf("came to %q, want %q", got[i], k.want)
			}
		})
		came[outcome(got[i])]++
	}
	after := r.settle(t, before)
	// What is played for the first time fills caches and pools. Once more must not take more.
	r.playAll(slices.DeleteFunc(slices.Clone(all), func(k kind) bool { return k.slow }))
	again := r.settle(t, before)
	if grown := again.resident - after.resident; grown > margin {
		t.Errorf("memory grew by %d KiB when the kinds were played again, to %d KiB; want at most %d more", grown>>10, again.resident>>10, margin>>10)
	}
	victim.served(t)
	r.genuine(t, "after everything was played")
	right, wrong := r.asked()
	if wrong != 0 || right != 3 {
		t.Errorf("Lex was asked %d times for calls that were not genuine, and %d times for those that were; want 0 and 3", wrong, right)
	}
	if !r.gateway.runs() {
		t.Errorf("the gateway ended:\n%s", r.gateway.lastWords())
	}
	t.Logf("%d kinds: %d accepted, %d refused, %d streams closed, %d messages ignored, %d answered without a stream; %d Lex requests; memory %d KiB before, %d after, %d after once more",
		len(all), came[accepted], came[refused], came[closed], came[ignored], came[harmless], wrong, before.resident>>10, after.resident>>10, again.resident>>10)
}

// What can come of a kind.
const (
	accepted = iota
	refused
	closed
	ignored
	harmless // an answer that gives nothing away
)

// outcome sorts what came of a kind.
func outcome(got string) int {
	var status int
	n, _ := fmt.Sscan(got, &status)
	switch {
	case got == "200 stream", status == 101:
		return accepted
	case n == 1 && status >= 400:
		return refused
	case n == 1:
		return harmless
	case got == "open":
		return ignored
	}
	return closed
}
