package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"lexline/bench/process"
)

// openAtOnce is how many calls are being opened or ended at a time.
const openAtOnce = 20

// options is what the command line says.
type options struct {
	calls   int
	window  time.Duration
	rounds  int
	lexline string // program to measure; empty to build it
}

// outcome is everything that was measured in one run.
type outcome struct {
	options  options
	measured interleaved

	messages, bytes float64 // sent to the gateway in all
	allocations     float64 // of the gateway per message, setting up the calls included
	rss             [2]int64
	idleRSS         [2]int64 // of gateway and floor
}

// measure does the whole run. Anything that makes the figures worthless is an
// error: a lost message, a call that ended early, a question to the bot.
func measure(ctx context.Context, o options, log io.Writer) (result outcome, err error) {
	fmt.Fprintf(log, "building and starting the programs\n")
	r, err := newRig(ctx, o.lexline)
	defer r.close()
	if err != nil {
		return outcome{}, err
	}
	result = outcome{options: o, idleRSS: r.idleRSS}
	noise := lineNoise(noiseFrames)
	floor := &system{name: "discard", pid: r.floor.PID()}
	gateway := &system{name: "lexline", pid: r.gateway.PID()}

	fmt.Fprintf(log, "opening %d calls\n", o.calls)
	conns, err := dialFloor(ctx, r.floorAddress, o.calls)
	defer closeAll(conns)
	if err != nil {
		return outcome{}, err
	}
	callers, err := openCalls(ctx, r.carrier, o.calls)
	defer func() { err = errors.Join(err, hangUp(callers, gateway.lanes)) }()
	if err != nil {
		return outcome{}, err
	}
	for i := range o.calls {
		floor.lanes = append(floor.lanes, &lane{w: conns[i], media: newMediaStream(streamSID(i), uint64(i), noise)})
		gateway.lanes = append(gateway.lanes, &lane{w: callers[i].conn, media: newMediaStream(streamSID(i), uint64(i), noise)})
	}

	result.measured, err = interleave(ctx, floor, gateway, o.window, o.rounds, func(round int, m interleaved) {
		fmt.Fprintf(log, "round %d of %d: lexline %.2f us a message, R %.2f\n",
			round+1, o.rounds, m.gateway[round].perMessage()/1e3, m.floor[round].perMessage()/1e3)
	})
	if err != nil {
		return outcome{}, errors.Join(err, endedEarly(callers))
	}
	for i, s := range []*system{gateway, floor} {
		if result.rss[i], err = process.ResidentMemory(s.pid); err != nil {
			return outcome{}, err
		}
	}
	err = endedEarly(callers)
	err = errors.Join(err, hangUp(callers, gateway.lanes))
	callers = nil
	if err != nil {
		return outcome{}, err
	}
	if err := finishFloor(conns); err != nil {
		return outcome{}, err
	}
	return result, result.conclude(ctx, r, floor, gateway)
}

// conclude stops the programs and takes what they counted.
func (o *outcome) conclude(ctx context.Context, r *rig, floor, gateway *system) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	stopped, err := r.gateway.Stop(ctx)
	if err != nil {
		return err
	}
	discarded, err := r.floor.Stop(ctx)
	if err != nil {
		return err
	}
	received, err := stopped.Number("media_messages")
	if err != nil {
		return err
	}
	mallocs, err := stopped.Number("mallocs")
	if err != nil {
		return err
	}
	receivedBytes, err := discarded.Number("bytes")
	if err != nil {
		return err
	}
	messages, bytes := gateway.sent()
	_, floorBytes := floor.sent()
	o.messages, o.bytes = float64(messages), float64(bytes)
	o.allocations = (mallocs - r.idleMallocs) / o.messages
	var faults []error
	if received != o.messages {
		faults = append(faults, fmt.Errorf("lexline counted %.0f media messages of %d sent", received, messages))
	}
	if int64(receivedBytes) != floorBytes {
		faults = append(faults, fmt.Errorf("discard read %.0f bytes of %d sent", receivedBytes, floorBytes))
	}
	if asked := r.trap.requests.Load(); asked != 0 {
		faults = append(faults, fmt.Errorf("the bot was asked %d times: the noise was taken for speech", asked))
	}
	return errors.Join(faults...)
}

// rssPerCall returns what a call adds to the memory of the gateway (0) or the floor (1).
func (o *outcome) rssPerCall(system int) float64 {
	return float64(o.rss[system]-o.idleRSS[system]) / float64(o.options.calls)
}

func dialFloor(ctx context.Context, address string, n int) ([]net.Conn, error) {
	var conns []net.Conn
	var dialer net.Dialer
	for range n {
		conn, err := dialer.DialContext(ctx, "tcp", address)
		if err != nil {
			return conns, fmt.Errorf("connect to discard: %w", err)
		}
		conns = append(conns, conn)
	}
	return conns, nil
}

// finishFloor ends the connections to discard and waits until it has read them
// to their end.
func finishFloor(conns []net.Conn) error {
	for _, conn := range conns {
		if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
			return fmt.Errorf("end a connection to discard: %w", err)
		}
	}
	for _, conn := range conns {
		conn.SetReadDeadline(time.Now().Add(patience))
		if _, err := io.Copy(io.Discard, conn); err != nil {
			return fmt.Errorf("wait for the end of discard's side: %w", err)
		}
	}
	return nil
}

func closeAll(conns []net.Conn) {
	for _, conn := range conns {
		conn.Close()
	}
}

// openCalls places n calls. After an error, those that were opened are returned.
func openCalls(ctx context.Context, carrier *carrier, n int) ([]*caller, error) {
	callers, faults := make([]*caller, n), make([]error, n)
	inParallel(n, func(i int) { callers[i], faults[i] = carrier.open(ctx, i) })
	return callers, firstOf(faults)
}

// hangUp ends all calls; sequences come from the lanes, as far as there are any.
func hangUp(callers []*caller, lanes []*lane) error {
	faults := make([]error, len(callers))
	inParallel(len(callers), func(i int) {
		sequence := uint64(1)
		if i < len(lanes) {
			sequence += lanes[i].media.chunk
		}
		if callers[i] != nil {
			faults[i] = callers[i].hangUp(sequence)
		}
	})
	return firstOf(faults)
}

func endedEarly(callers []*caller) error {
	faults := make([]error, len(callers))
	for i, c := range callers {
		faults[i] = c.ended()
	}
	return firstOf(faults)
}

// inParallel does work 0 to n-1, openAtOnce at a time.
func inParallel(n int, work func(i int)) {
	var group sync.WaitGroup
	defer group.Wait()
	turns := make(chan struct{}, openAtOnce)
	for i := range n {
		turns <- struct{}{}
		group.Go(func() {
			defer func() { <-turns }()
			work(i)
		})
	}
}

// firstOf returns the first error with the number of all.
func firstOf(faults []error) error {
	var first error
	count := 0
	for _, err := range faults {
		if err != nil {
			if first == nil {
				first = err
			}
			count++
		}
	}
	if count > 1 {
		return fmt.Errorf("%d of %d calls failed, the first: %w", count, len(faults), first)
	}
	return first
}
