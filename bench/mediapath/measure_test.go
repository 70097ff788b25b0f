package main

import (
	"context"
	"errors"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func samples(perMessage ...time.Duration) []sample {
	var all []sample
	for _, d := range perMessage {
		all = append(all, sample{messages: 1000, cpu: 1000 * d})
	}
	return all
}

func TestRatiosFollowADriftingMachine(t *testing.T) {
	// Everything becomes slower by a tenth from window to window; the gateway
	// costs one and a half times the floor throughout.
	m := interleaved{floor: samples(1000, 1200, 1400), gateway: samples(1650, 1950)}
	if diff := cmp.Diff([]float64{1.5, 1.5}, m.ratios(), cmpopts.EquateApprox(0, 1e-9)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMedian(t *testing.T) {
	cases := []struct {
		given []float64
		want  float64
	}{
		{nil, 0},
		{[]float64{3}, 3},
		{[]float64{9, 1, 2}, 2},
		{[]float64{4, 1, 3, 100}, 3.5},
	}
	for _, c := range cases {
		if got := median(c.given); got != c.want {
			t.Errorf("median of %v: got %v, want %v", c.given, got, c.want)
		}
	}
}

func TestCheckRefusesEmptyWindows(t *testing.T) {
	good := interleaved{floor: samples(5, 5), gateway: samples(7)}
	if err := good.check(); err != nil {
		t.Errorf("good windows: %v", err)
	}
	for name, bad := range map[string]interleaved{
		"no CPU time": {floor: samples(5, 5), gateway: samples(0)},
		"no messages": {floor: []sample{{cpu: 1}, {cpu: 1}}, gateway: samples(7)},
	} {
		if err := bad.check(); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
}

// Both systems are this test's own process here; what is shown is who is sent
// what, and in which order.
func TestInterleaveTakesTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		floorLanes, floorTimes := clockedLanes(1)
		gatewayLanes, gatewayTimes := clockedLanes(1)
		floor := &system{name: "floor", pid: os.Getpid(), lanes: floorLanes}
		gateway := &system{name: "gateway", pid: os.Getpid(), lanes: gatewayLanes}
		rounds := 0
		m, err := interleave(t.Context(), floor, gateway, time.Second, 2, func(int, interleaved) { rounds++ })
		if err != nil {
			t.Fatal(err)
		}
		if len(m.floor) != 3 || len(m.gateway) != 2 || rounds != 2 {
			t.Errorf("got %d windows of the floor, %d of the gateway, %d reports; want 3, 2, 2", len(m.floor), len(m.gateway), rounds)
		}
		if m.gateway[0].messages != 50 || m.floor[0].messages != 50 {
			t.Errorf("messages of a window: got %d and %d, want 50", m.gateway[0].messages, m.floor[0].messages)
		}
		const turn = time.Second + settle
		for name, c := range map[string]struct {
			times []time.Duration
			turns []int
		}{
			"gateway": {gatewayTimes[0].times, []int{0, 2, 4, 6}},
			"floor":   {floorTimes[0].times, []int{1, 3, 5, 7}},
		} {
			var began []time.Duration
			for i := 0; i < len(c.times); i += 50 {
				began = append(began, c.times[i])
			}
			var want []time.Duration
			for _, n := range c.turns {
				want = append(want, time.Duration(n)*turn)
			}
			if diff := cmp.Diff(want, began); diff != "" {
				t.Errorf("windows of the %s (-want +got):\n%s", name, diff)
			}
		}
	})
}

func TestInterleaveReportsWhoFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lanes, _ := clockedLanes(1)
		broken, writers := clockedLanes(1)
		writers[0].err = errors.New("cut")
		none := func(int, interleaved) {}
		good := &system{name: "good", pid: os.Getpid(), lanes: lanes}
		if _, err := interleave(t.Context(), good, &system{name: "bad", pid: os.Getpid(), lanes: broken}, time.Second, 1, none); err == nil {
			t.Error("a gateway that breaks: got no error")
		}
		if _, err := interleave(t.Context(), &system{name: "gone", pid: 1 << 30, lanes: lanes}, good, time.Second, 1, none); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("a floor without a process: got error %v, want that it is not there", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := interleave(ctx, good, good, time.Second, 1, none); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: got error %v", err)
		}
	})
}
