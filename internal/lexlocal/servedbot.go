package lexlocal

import (
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"lexline/internal/botdef"
)

// draftVersion is the name of the version that imports and builds change.
const draftVersion = "DRAFT"

// maxVersions is how many numbered versions a bot has at most:
// https://docs.aws.amazon.com/lexv2/latest/dg/quotas.html.
const maxVersions = 100

// servedBot is one bot: a draft, which imports and builds change; numbered
// versions, which nothing changes; and aliases, which point at them. What takes
// time in Lex has happened here at once, and is told by the clock: the bot needs
// no goroutine. It is safe for several goroutines.
type servedBot struct {
	name, id string
	created  time.Time
	aliases  *aliases
	roleArn  string // as the import said; nobody takes the role

	mu       sync.Mutex
	draft    working // replaced whole, never changed
	versions []*version
	count    int // numbers that were ever given out
}

// working is the draft, the definition at work. It is never changed.
type working struct {
	def      *botdef.Bot
	changed  time.Time
	imported time.Time        // until then it is being imported
	builds   map[string]build // by locale id
}

// version is a numbered version. It is never changed.
type version struct {
	number, description string

	def     *botdef.Bot
	dialogs map[string]*dialog // by locale id
	created time.Time
	ready   time.Time // until then it is being created
}

// view is what one version of a bot is at one moment.
type view struct {
	number   string
	def      *botdef.Bot
	created  time.Time
	changed  time.Time
	numbered *version // nil for the draft
	draft    *working // nil for a numbered version
}

// at returns a version of the bot, if there is one with that name.
func (b *servedBot) at(number string) (view, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if number == draftVersion {
		d := b.draft
		return view{number: number, def: d.def, created: b.created, changed: d.changed, draft: &d}, true
	}
	for _, v := range b.versions {
		if v.number == number {
			return view{number: number, def: v.def, created: v.created, changed: v.created, numbered: v}, true
		}
	}
	return view{}, false
}

// dialog returns what answers in a locale, nil for nothing: of the draft, what
// was built last.
func (v view) dialog(locale string, now time.Time) *dialog {
	if v.numbered != nil {
		return v.numbered.dialogs[locale]
	}
	return v.draft.builds[locale].dialog(now)
}

// locales lists what languages a version has.
func (v view) locales() []*botdef.Locale {
	if v.def == nil {
		return nil
	}
	return v.def.Locales
}

// numbers lists the numbered versions, the oldest first.
func (b *servedBot) numbers() []*version {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.versions)
}

// latest returns the newest numbered version, "" for none.
func (b *servedBot) latest() string {
	list := b.numbers()
	if len(list) == 0 {
		return ""
	}
	return list[len(list)-1].number
}

// status is the botStatus of the whole bot.
func (b *servedBot) status(now time.Time) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.statusLocked(now)
}

func (b *servedBot) statusLocked(now time.Time) string {
	switch {
	case now.Before(b.draft.imported):
		return "Importing"
	case len(b.versions) > 0 && now.Before(b.versions[len(b.versions)-1].ready):
		return "Versioning"
	}
	return "Available"
}

// freeLocked returns an error while the bot is imported, built or made a version
// of.
func (b *servedBot) freeLocked(now time.Time) error {
	if status := b.statusLocked(now); status != "Available" {
		return conflict("bot %s is %s", b.name, status)
	}
	for locale, built := range b.draft.builds {
		if built.building(now) {
			return conflict("locale %s of bot %s is %s", locale, b.name, built.status(now))
		}
	}
	return nil
}

// replace gives the draft another definition, which is being imported until
// ready. The locales in fresh have to be built before they answer; until then the
// ones of before do. A bot that another request works on is left as it is.
func (b *servedBot) replace(now, ready time.Time, change func(*botdef.Bot) (def *botdef.Bot, fresh []string, err error)) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.freeLocked(now); err != nil {
		return err
	}
	def, fresh, err := change(b.draft.def)
	if err != nil {
		return err
	}
	builds := maps.Clone(b.draft.builds)
	for _, id := range fresh {
		builds[id] = build{before: builds[id].dialog(now)}
	}
	b.draft = working{def: def, changed: now, imported: ready, builds: builds}
	return nil
}

// createVersion makes a numbered version of locales of other versions.
func (b *servedBot) createVersion(now, ready time.Time, description string, sources map[string]string) (*version, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.freeLocked(now); err != nil {
		return nil, err
	}
	if len(b.versions) == maxVersions {
		return nil, exceeded("the bot has %d versions already", maxVersions)
	}
	def := *b.draft.def
	def.Locales = nil
	v := &version{description: description, dialogs: make(map[string]*dialog), created: now, ready: ready}
	for _, id := range slices.Sorted(maps.Keys(sources)) {
		locale, d, err := b.sourceLocked(sources[id], id, now)
		if err != nil {
			return nil, err
		}
		def.Locales = append(def.Locales, locale)
		v.dialogs[id] = d
	}
	b.count++
	v.number = strconv.Itoa(b.count)
	def.Version = v.number
	v.def = &def
	b.versions = append(b.versions, v)
	return v, nil
}

// sourceLocked returns a locale that a new version is to have.
func (b *servedBot) sourceLocked(number, id string, now time.Time) (*botdef.Locale, *dialog, error) {
	if number == draftVersion {
		locale, built := b.draft.def.Locale(id), b.draft.builds[id]
		switch {
		case locale == nil:
			return nil, nil, precondition("bot %s has no locale %s", b.name, id)
		case built.status(now) != localeBuilt:
			return nil, nil, precondition("locale %s of bot %s is %s, a version takes what is Built", id, b.name, built.status(now))
		}
		return locale, built.next, nil
	}
	for _, v := range b.versions {
		if v.number == number && v.dialogs[id] != nil {
			return v.def.Locale(id), v.dialogs[id], nil
		}
	}
	return nil, nil, precondition("bot %s has no version %s with a locale %s", b.name, number, id)
}

// removeVersion forgets a numbered version.
func (b *servedBot) removeVersion(number string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, v := range b.versions {
		if v.number == number {
			b.versions = slices.Delete(b.versions, i, i+1)
			return nil
		}
	}
	return precondition("bot %s has no version %s", b.name, number)
}
