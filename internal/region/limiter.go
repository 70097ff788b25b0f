package region

import "sync"

// Limiter keeps the requests at a time to one alias within what Lex grants it.
// Lex has a quota of concurrent conversations for each alias
// (https://docs.aws.amazon.com/lexv2/latest/dg/quotas.html); what is above it is
// refused with 429. It is safe for several goroutines.
type Limiter struct {
	limit int

	mu      sync.Mutex
	held    int
	most    int
	refused int64
}

// NewLimiter returns a limiter for limit requests at a time; 0 means no limit.
func NewLimiter(limit int) *Limiter { return &Limiter{limit: limit} }

// Acquire takes room for one request and reports whether there was some. nearly
// is true when the request brought the limiter to four fifths of its limit: a
// person should know. Room that was taken must be given back by Release.
func (l *Limiter) Acquire() (ok, nearly bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.limit > 0 && l.held >= l.limit {
		l.refused++
		return false, false
	}
	l.held++
	l.most = max(l.most, l.held)
	return true, l.limit > 0 && l.held == l.warnAt()
}

// warnAt is the number of requests at which a person should know: 80 % of the
// limit, rounded up.
func (l *Limiter) warnAt() int { return (l.limit*4 + 4) / 5 }

// Release gives room back.
func (l *Limiter) Release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held--
}

// Full reports whether there is no room.
func (l *Limiter) Full() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.limit > 0 && l.held >= l.limit
}

// Room is the state of a Limiter.
type Room struct {
	Held    int   `json:"in_flight"` // requests under way
	Limit   int   `json:"limit"`     // 0: none
	Most    int   `json:"peak"`      // the most at a time so far
	Refused int64 `json:"refused"`   // requests for which there was no room
}

// Room returns the state.
func (l *Limiter) Room() Room {
	l.mu.Lock()
	defer l.mu.Unlock()
	return Room{Held: l.held, Limit: l.limit, Most: l.most, Refused: l.refused}
}
