package lexlocal

import (
	"strings"
	"time"

	"lexline/internal/botdef"
	"lexline/internal/nlu"
)

// The botLocaleStatus of a locale, in the order in which it goes through them.
const (
	localeImporting = "Importing"
	localeNotBuilt  = "NotBuilt"
	localeBuilding  = "Building"
	localeTesting   = "ReadyExpressTesting"
	localeBuilt     = "Built"
	localeFailed    = "Failed"
)

// build is how far a locale of the draft is on the way from a definition to
// something that answers. The zero value has not been built. It is never changed.
type build struct {
	submitted, done time.Time
	failures        []string
	next            *dialog // nil if the build fails
	before          *dialog // answers until the build is done, nil if nothing does
}

func (b build) building(now time.Time) bool {
	return now.Before(b.done)
}

func (b build) status(now time.Time) string {
	// Lex understands the very words of the definition a while before it
	// understands others.
	tested := b.done.Add(-b.done.Sub(b.submitted) / 3)
	failed := len(b.failures) > 0
	switch {
	case b.submitted.IsZero():
		return localeNotBuilt
	case b.building(now) && (failed || now.Before(tested)):
		return localeBuilding
	case b.building(now):
		return localeTesting
	case failed:
		return localeFailed
	}
	return localeBuilt
}

// dialog returns what answers at a moment.
func (b build) dialog(now time.Time) *dialog {
	if b.next == nil || b.building(now) {
		return b.before
	}
	return b.next
}

// shortTime is how long an import, an export or a new version takes.
func (s *Server) shortTime() time.Duration { return s.cfg.BuildTime / 3 }

// newDialog returns what a locale of a bot answers with.
func (s *Server) newDialog(bot string, locale *botdef.Locale) *dialog {
	return &dialog{
		locale: locale, model: nlu.NewModel(locale), keys: s.cfg.Recognizer == nil, seed: s.cfg.Seed,
		hooks: s.cfg.Hooks[bot] != "",
	}
}

// build begins to build a locale of the draft.
func (s *Server) build(b *servedBot, id string, now time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.freeLocked(now); err != nil {
		return err
	}
	locale := b.draft.def.Locale(id)
	if locale == nil {
		return precondition("bot %s has no locale %s", b.name, id)
	}
	next := build{submitted: now, done: now.Add(s.cfg.BuildTime), before: b.draft.builds[id].dialog(now)}
	if next.failures = problemsOf(b.draft.def, id); len(next.failures) == 0 {
		next.next = s.newDialog(b.name, locale)
	}
	b.draft = b.draft.with(id, next)
	return nil
}

// with returns the draft with another build of a locale.
func (d working) with(id string, next build) working {
	builds := map[string]build{id: next}
	for other, b := range d.builds {
		if other != id {
			builds[other] = b
		}
	}
	d.builds = builds
	return d
}

// maxReasons is how many reasons of a failure are told.
const maxReasons = 50

// problemsOf lists what keeps a locale from being built, or with "Bot" the bot
// from being imported.
func problemsOf(def *botdef.Bot, where string) []string {
	var list []string
	for _, p := range def.Check() {
		if p.Where != where && !strings.HasPrefix(p.Where, where+"/") {
			continue
		}
		if list = append(list, p.String()); len(list) == maxReasons {
			break
		}
	}
	return list
}
