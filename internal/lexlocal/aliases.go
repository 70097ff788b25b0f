package lexlocal

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"
)

// onlyVersion is the numbered version of a bot from an export. There are no
// others.
const onlyVersion = "1"

var aliasPattern = regexp.MustCompile(`^([0-9a-zA-Z][_-]?){1,100}$`)

const aliasRule = "allowed are up to 100 letters and digits with single - and _ between them"

// alias is one alias of a bot. It is never changed.
type alias struct {
	AliasInfo
	description string
	created     time.Time
}

// aliases are the aliases of a bot. They come and go while requests are served;
// it is safe for several goroutines.
type aliases struct {
	botID string

	mu   sync.Mutex
	list []alias // in the order of their creation, DraftAlias last
	born map[string]int
}

// newAliases returns the aliases with the given names, and DraftAlias.
func newAliases(botID string, names []string, now time.Time) (*aliases, error) {
	a := &aliases{
		botID: botID, born: make(map[string]int),
		list: []alias{{AliasInfo: AliasInfo{Name: DraftAlias, ID: "TSTALIASID", Version: "DRAFT"}, created: now}},
	}
	for _, name := range names {
		if !aliasPattern.MatchString(name) {
			return nil, fmt.Errorf("alias %q: %s", name, aliasRule)
		}
		_, _ = a.create(name, "", now) // one that is there already is what was asked for
	}
	return a, nil
}

// create adds an alias. The first one of a name has an id that follows from bot
// and name; one that is created again after it was deleted gets another, as in
// Lex, where clients that kept the old id have to look the new one up.
func (a *aliases) create(name, description string, now time.Time) (alias, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if slices.ContainsFunc(a.list, func(b alias) bool { return b.Name == name }) {
		return alias{}, precondition("the bot has an alias %s already", name)
	}
	words := []string{a.botID, name}
	if n := a.born[name]; n > 0 {
		words = append(words, strconv.Itoa(n+1))
	}
	a.born[name]++
	created := alias{AliasInfo{Name: name, ID: makeID(words...), Version: onlyVersion}, description, now}
	a.list = slices.Insert(a.list, len(a.list)-1, created)
	return created, nil
}

// remove deletes the alias with an id.
func (a *aliases) remove(id string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, b := range a.list {
		switch {
		case b.ID != id:
		case b.Name == DraftAlias:
			return precondition("the alias %s cannot be deleted", DraftAlias)
		default:
			a.list = slices.Delete(a.list, i, i+1)
			return nil
		}
	}
	return precondition("the bot has no alias %s", id)
}

// find returns the alias with an id.
func (a *aliases) find(id string) (alias, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, b := range a.list {
		if b.ID == id {
			return b, true
		}
	}
	return alias{}, false
}

// all returns the aliases in the order of lists.
func (a *aliases) all() []alias {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.list)
}
