package twiliosim

import (
	"fmt"
	"math/rand/v2"
)

// newSID returns one of Twilio's identifiers: two letters that tell the kind of
// thing and 32 hex digits.
func newSID(kind string, from *rand.Rand) string {
	return fmt.Sprintf("%s%016x%016x", kind, from.Uint64(), from.Uint64())
}

// accountSID returns the account of all calls of one seed, and callSource the
// source of everything random in one of them, so that a call can be repeated
// whatever the calls beside it do.
func accountSID(seed uint64) string {
	return newSID("AC", rand.New(rand.NewPCG(seed, 0)))
}

func callSource(seed uint64, number int) *rand.Rand {
	return rand.New(rand.NewPCG(seed, uint64(number)+1))
}
