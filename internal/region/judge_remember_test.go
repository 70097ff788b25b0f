package region

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestJudgeRemembers tells two judges of the same probes: one that lives on, and one
// that is made anew of what it remembers now and then. They must hold the same.
func TestJudgeRemembers(t *testing.T) {
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 1))
		s := Settings{Regions: []string{east, west, "eu-west-1"}[:1+rng.IntN(3)]}
		one, other := NewJudge(s), NewJudge(s)
		one.driven, other.driven = true, true
		var offset time.Duration // the other's clock is behind by that
		now := time.Duration(0)
		pace := [...]int{200, 2000, 8000}[rng.IntN(3)]
		bad := [...]float64{0.05, 0.5, 0.95}[rng.IntN(3)]
		for step := range 250 {
			now += time.Duration(rng.IntN(pace)) * time.Millisecond
			if rng.IntN(40) == 0 {
				now += time.Duration(rng.IntN(30)) * time.Minute
				bad = [...]float64{0.02, 0.5, 0.95}[rng.IntN(3)]
			}
			if rng.IntN(10) == 0 {
				m := other.Remember(now - offset)
				offset = now - time.Duration(rng.IntN(100))*time.Second
				other = s.Restore(now-offset, m)
				other.driven = true
			}
			e := Event{Kind: Tick}
			if rng.IntN(20) > 0 {
				e = Event{Kind: Probed, Region: s.Regions[rng.IntN(len(s.Regions))], Deep: true}
				if rng.Float64() < bad {
					e.Class = Classes[rng.IntN(len(Classes))]
				}
			}
			e.Began = now
			want := append([]Action(nil), one.Step(now, e)...)
			e.Began = now - offset
			got := other.Step(now-offset, e)
			verdicts := other.Verdicts()
			for i := range verdicts {
				verdicts[i].Since += offset
			}
			diff := cmp.Diff(want, got, cmpopts.EquateEmpty()) + cmp.Diff(one.Verdicts(), verdicts) +
				cmp.Diff(one.Opinion(), other.Opinion()) + cmp.Diff(one.Active(), other.Active())
			if diff != "" {
				t.Fatalf("seed %d, step %d: after %+v the judge of what was remembered differs (-lives on +made anew):\n%s", seed, step, e, diff)
			}
		}
	}
}

func TestRestoreOfNothingIsNew(t *testing.T) {
	s := Settings{Regions: []string{east, west}}
	got := s.Restore(0, Recollection{Active: "mars", Regions: []Remembered{{Region: "mars", State: Down}}})
	if diff := cmp.Diff(NewJudge(s).Verdicts(), got.Verdicts()); diff != "" || got.Active() != east || got.Panic() {
		t.Errorf("it is not as a new one: active %s, panic %v\n%s", got.Active(), got.Panic(), diff)
	}
}
