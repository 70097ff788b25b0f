package corpus

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
)

// dice draws all that is random in a file. Each purpose of a file has dice of its
// own, so that a change to one (a noise, say) leaves the others as they were.
type dice struct{ *rand.Rand }

// roll returns the dice of a seed for one purpose.
func roll(seed uint64, purpose string) dice {
	h := fnv.New64a()
	h.Write([]byte(purpose))
	return dice{rand.New(rand.NewPCG(seed, h.Sum64()))}
}

// between draws evenly from lo to hi.
func (d dice) between(lo, hi float64) float64 { return lo + (hi-lo)*d.Float64() }

// ratio draws from lo to hi so that every octave is as likely as any other.
func (d dice) ratio(lo, hi float64) float64 { return lo * math.Pow(hi/lo, d.Float64()) }

// count draws a whole number from lo to hi, both included.
func (d dice) count(lo, hi int) int { return lo + d.IntN(hi-lo+1) }

// chance is true with probability p.
func (d dice) chance(p float64) bool { return d.Float64() < p }

// samples draws a time between two numbers of seconds, as a number of samples.
func (d dice) samples(lo, hi float64) int { return int(d.ratio(lo, hi) * rate) }

// pick draws one of the choices, each as likely as the others.
func pick[T any](d dice, choices ...T) T { return choices[d.IntN(len(choices))] }
