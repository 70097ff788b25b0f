package lexlocal

import (
	"slices"
	"strconv"
	"strings"
	"sync"
)

// maxBots is how many bots an account holds:
// https://docs.aws.amazon.com/lexv2/latest/dg/quotas.html.
const maxBots = 100

// account holds the bots of a server. They come and go while requests are
// served; it is safe for several goroutines.
type account struct {
	region string

	mu   sync.Mutex
	bots []*servedBot    // by name
	used map[string]bool // ids that were ever given out
}

func newAccount(region string) *account {
	return &account{region: region, used: make(map[string]bool)}
}

// id returns the identifier for a bot that is new here: the one that its
// definition brings, if no bot here ever had it, else one that follows from
// region and name. Bots without an identifier of their own differ between
// regions, as in Lex.
func (a *account) id(own, name string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if idPattern.MatchString(own) && !a.used[own] {
		return own
	}
	for n := 1; ; n++ {
		if id := makeID("bot", a.region, name, strconv.Itoa(n)); !a.used[id] {
			return id
		}
	}
}

// add takes a new bot in. Another one may have taken its name or id meanwhile.
func (a *account) add(b *servedBot) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, other := range a.bots {
		if other.id == b.id || other.name == b.name {
			return conflict("bot %s (%s) is served already", other.name, other.id)
		}
	}
	if len(a.bots) == maxBots {
		return exceeded("the account has %d bots already", maxBots)
	}
	a.used[b.id] = true
	a.bots = append(a.bots, b)
	slices.SortFunc(a.bots, func(a, b *servedBot) int { return strings.Compare(a.name, b.name) })
	return nil
}

// remove forgets a bot. Requests that have found it already are answered.
func (a *account) remove(b *servedBot) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.bots = slices.DeleteFunc(a.bots, func(other *servedBot) bool { return other == b })
}

// all returns the bots by name.
func (a *account) all() []*servedBot {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.bots)
}

// find returns the bot with an id, or nil.
func (a *account) find(id string) *servedBot {
	return a.first(func(b *servedBot) bool { return b.id == id })
}

// named returns the bot with a name, or nil.
func (a *account) named(name string) *servedBot {
	return a.first(func(b *servedBot) bool { return b.name == name })
}

func (a *account) first(is func(*servedBot) bool) *servedBot {
	a.mu.Lock()
	defer a.mu.Unlock()
	if i := slices.IndexFunc(a.bots, is); i >= 0 {
		return a.bots[i]
	}
	return nil
}
