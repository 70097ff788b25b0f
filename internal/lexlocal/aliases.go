package lexlocal

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"
)

// firstVersion is the numbered version of a bot that was there at the start.
const firstVersion = "1"

// aliasPattern is compiled when it is first needed: its bounded repetition is large.
var aliasPattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^([0-9a-zA-Z][_-]?){1,100}$`)
})

const aliasRule = "allowed are up to 100 letters and digits with single - and _ between them"

// alias is one alias of a bot. It is never changed.
type alias struct {
	AliasInfo
	description      string
	locales          map[string]localeSettings // by id; nil: all locales are enabled
	created, changed time.Time
}

// enabled says whether the alias answers in a locale.
func (a alias) enabled(locale string) bool {
	return a.locales == nil || a.locales[locale].Enabled
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
		list: []alias{{AliasInfo: AliasInfo{Name: DraftAlias, ID: "TSTALIASID", Version: draftVersion}, created: now, changed: now}},
	}
	for _, name := range names {
		if !aliasPattern().MatchString(name) {
			return nil, fmt.Errorf("alias %q: %s", name, aliasRule)
		}
		_, _ = a.create(alias{AliasInfo: AliasInfo{Name: name, Version: firstVersion}, created: now, changed: now}) // one that is there already is what was asked for
	}
	return a, nil
}

// create adds an alias, and gives it its id. The first one of a name has an id that follows from bot
// and name; one that is created again after it was deleted gets another, as in
// Lex, where clients that kept the old id have to look the new one up.
func (a *aliases) create(made alias) (alias, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.freeLocked(made.Name, ""); err != nil {
		return alias{}, err
	}
	words := []string{a.botID, made.Name}
	if n := a.born[made.Name]; n > 0 {
		words = append(words, strconv.Itoa(n+1))
	}
	a.born[made.Name]++
	made.ID = makeID(words...)
	a.list = slices.Insert(a.list, len(a.list)-1, made)
	return made, nil
}

// freeLocked returns an error if another alias than that with an id has a name.
func (a *aliases) freeLocked(name, id string) error {
	if slices.ContainsFunc(a.list, func(b alias) bool { return b.Name == name && b.ID != id }) {
		return precondition("the bot has an alias %s already", name)
	}
	return nil
}

// update replaces the alias with the id of changed, and keeps when it was made.
func (a *aliases) update(changed alias) (alias, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	i := slices.IndexFunc(a.list, func(b alias) bool { return b.ID == changed.ID })
	switch {
	case i < 0:
		return alias{}, precondition("the bot has no alias %s", changed.ID)
	case a.list[i].Name == DraftAlias && (changed.Name != DraftAlias || changed.Version != draftVersion):
		return alias{}, precondition("the alias %s stays what it is", DraftAlias)
	}
	if err := a.freeLocked(changed.Name, changed.ID); err != nil {
		return alias{}, err
	}
	changed.created = a.list[i].created
	a.list[i] = changed
	return changed, nil
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

// of returns the name of an alias that points at a version, "" if none does.
func (a *aliases) of(version string) string {
	for _, b := range a.all() {
		if b.Version == version {
			return b.Name
		}
	}
	return ""
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
