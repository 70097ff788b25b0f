package outbound

import (
	"errors"
	"net/http"
	"time"

	"lexline/internal/twilio"
)

const (
	placesAtOnce = 10              // requests to place a call under way
	looksAtOnce  = 4               // requests to look at a call under way
	lookEvery    = 2 * time.Second // at each call, while there are few
	looksASecond = 4               // in all: an account's requests are limited, and calls need them
	// maxBlindLooks is how many looks in a row may fail until a call counts as unknown.
	maxBlindLooks = 10
	// maxMisses is how many calls in a row may fail to be placed, for reasons that are
	// not the number's, until no further one is tried.
	maxMisses = 5
)

// campaign decides what is done next for a list of numbers. It has no clock and no
// goroutine: it is told the time, and what became of its orders.
type campaign struct {
	every   time.Duration // from one call to the next
	entries []entry
	next    int       // the first number that was not tried
	nextAt  time.Time // when it may be
	lookAt  time.Time // when the next look may be
	cursor  int       // looks go round from here, so that each call gets its turn
	placing int
	looking int
	misses  int   // in a row
	stopped error // why no further call is placed; nil: they are
	left    int   // entries without a result
}

// entry is one number.
type entry struct {
	result Result
	live   bool      // placed, and not known to be over
	busy   bool      // an order for it is under way
	due    time.Time // for the next look
	blind  int       // looks in a row that failed
}

// order is one thing to be done.
type order struct {
	look   bool // at the call; else it is to be placed
	index  int
	number string
	sid    string
}

func newCampaign(numbers []string, rate Rate) *campaign {
	c := &campaign{every: rate.interval(), left: len(numbers)}
	for _, number := range numbers {
		c.entries = append(c.entries, entry{result: Result{Number: number}})
	}
	return c
}

// order returns what to do now, if there is anything.
func (c *campaign) order(now time.Time) (order, bool) {
	if c.stopped == nil && c.next < len(c.entries) && c.placing < placesAtOnce && !now.Before(c.nextAt) {
		i := c.next
		c.next++
		c.placing++
		c.nextAt = now.Add(c.every)
		c.entries[i].busy = true
		return order{index: i, number: c.entries[i].result.Number}, true
	}
	if c.looking >= looksAtOnce || now.Before(c.lookAt) {
		return order{}, false
	}
	return c.look(now)
}

// look orders a look at the next call whose turn it is.
func (c *campaign) look(now time.Time) (order, bool) {
	for range c.next {
		c.cursor = (c.cursor + 1) % c.next
		if e := &c.entries[c.cursor]; e.live && !e.busy && !now.Before(e.due) {
			c.looking++
			c.lookAt = now.Add(time.Second / looksASecond)
			e.busy = true
			return order{look: true, index: c.cursor, sid: e.result.SID}, true
		}
	}
	return order{}, false
}

// wake is when order may have something that it does not have at now.
func (c *campaign) wake(now time.Time) time.Time {
	at := now.Add(lookEvery)
	if c.stopped == nil && c.next < len(c.entries) && c.nextAt.After(now) && c.nextAt.Before(at) {
		at = c.nextAt
	}
	if c.lookAt.After(now) && c.lookAt.Before(at) {
		at = c.lookAt
	}
	return at
}

// placed takes note of the end of an order to place a call. It returns the result of
// a number whose call was not placed.
func (c *campaign) placed(i int, call twilio.CallResource, err error, now time.Time) *Result {
	e := &c.entries[i]
	c.placing--
	e.busy = false
	if err == nil {
		c.misses = 0
		e.result.SID, e.live, e.due = call.SID, true, now.Add(lookEvery)
		return c.seen(e, call)
	}
	e.result.Outcome, e.result.Err = Refused, err
	if twilio.IsUncertain(err) {
		e.result.Outcome = Uncertain
	}
	c.missed(err)
	return c.finish(e)
}

// withheld takes note that an order to place a call was not carried out, which stops the
// campaign. It returns the number's result.
func (c *campaign) withheld(i int, why error) *Result {
	e := &c.entries[i]
	c.placing--
	e.busy = false
	e.result.Outcome = NotTried
	c.stop(why)
	return c.finish(e)
}

// missed stops the campaign after a failure that the next numbers would meet, too: at
// once where Twilio says so, else after some in a row.
func (c *campaign) missed(err error) {
	refusal, refused := errors.AsType[*twilio.RESTError](err)
	switch {
	case refused && (twilio.IsUnauthorized(err) || concernsAll(refusal.Code)):
		c.stop(err)
	case refused && concernsNumber(refusal):
		c.misses = 0
	default:
		if c.misses++; c.misses >= maxMisses {
			c.stop(err)
		}
	}
}

// concernsNumber reports whether a refusal may be about the number that was called.
// One without a code is nobody knows whose, a proxy's or a wrong address's; and that
// there is no such resource is said of the account or its region, as none is named but
// that (https://www.twilio.com/docs/api/errors/20404).
func concernsNumber(r *twilio.RESTError) bool {
	return r.Status >= 400 && r.Status < 500 && r.Status != http.StatusTooManyRequests && r.Code != 0 && !twilio.IsNotFound(r)
}

// concernsAll reports whether Twilio's code is about the account, the calling number
// or our address: not about the number that was called
// (https://www.twilio.com/docs/api/errors).
func concernsAll(code int) bool {
	switch code {
	case 20005, 20008, 21205, 21210, 21212:
		return true
	}
	return false
}

// looked takes note of the end of an order to look at a call. It returns the result
// of a call that is over.
func (c *campaign) looked(i int, call twilio.CallResource, err error, now time.Time) *Result {
	e := &c.entries[i]
	c.looking--
	e.busy = false
	e.due = now.Add(lookEvery)
	if err == nil {
		e.blind = 0
		return c.seen(e, call)
	}
	if e.blind++; e.blind < maxBlindLooks {
		return nil
	}
	e.result.Outcome, e.result.Err = Unknown, err
	return c.finish(e)
}

// seen takes note of how a call stands.
func (c *campaign) seen(e *entry, call twilio.CallResource) *Result {
	e.result.AnsweredBy = call.AnsweredBy
	if !call.IsOver() {
		return nil
	}
	e.result.Outcome, e.result.Talked = outcomeOf(call), call.Duration
	return c.finish(e)
}

func (c *campaign) finish(e *entry) *Result {
	e.live = false
	c.left--
	return &e.result
}

// stop places no further call, for a reason. Those that were placed are still
// watched.
func (c *campaign) stop(why error) {
	if c.stopped == nil {
		c.stopped = why
	}
}

// untried returns the results of the numbers that are not tried any more; nil while
// they may be.
func (c *campaign) untried() (results []*Result) {
	if c.stopped == nil {
		return nil
	}
	for ; c.next < len(c.entries); c.next++ {
		e := &c.entries[c.next]
		e.result.Outcome = NotTried
		results = append(results, c.finish(e))
	}
	return results
}

// abandon returns the results of the calls that are not watched any more.
func (c *campaign) abandon(why error) (results []*Result) {
	for i := range c.entries {
		if e := &c.entries[i]; e.live {
			e.result.Outcome, e.result.Err = Unknown, why
			results = append(results, c.finish(e))
		}
	}
	return results
}

// done reports whether every number has its result.
func (c *campaign) done() bool { return c.left == 0 }

// progress counts how the numbers stand.
func (c *campaign) progress() Progress {
	p := Progress{Numbers: len(c.entries), Waiting: len(c.entries) - c.next, Done: len(c.entries) - c.left}
	for i := range c.entries {
		if c.entries[i].live {
			p.Live++
		}
	}
	return p
}
