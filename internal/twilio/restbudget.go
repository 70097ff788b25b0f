package twilio

import "time"

const (
	// budgetSize is how many attempts may be repeated in one go.
	budgetSize = 10
	// budgetRefill is how long it takes until one more may be.
	budgetRefill = 2 * time.Second
)

// retryBudget is what all requests of a client together may spend on being
// repeated: a bucket of tokens that fills slowly. A single fault is repeated at once;
// while Twilio fails for everything, repetitions add one request every two seconds,
// however many calls there are. It is a state machine that is told the time.
type retryBudget struct {
	tokens float64
	filled time.Time // when tokens was right
}

func newRetryBudget() retryBudget { return retryBudget{tokens: budgetSize} }

// take spends one repetition, and reports false if there is none to spend. A clock
// that was set back fills nothing.
func (b *retryBudget) take(now time.Time) bool {
	if passed := now.Sub(b.filled); passed > 0 {
		b.tokens = min(budgetSize, b.tokens+float64(passed)/float64(budgetRefill))
	}
	b.filled = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
