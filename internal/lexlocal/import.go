package lexlocal

import (
	"errors"
	"time"

	"lexline/internal/botdef"
)

// errNotImported is a reason for which an import fails, rather than the request
// that began it.
type errNotImported struct{ reasons []string }

func (e *errNotImported) Error() string { return e.reasons[0] }

func notImported(reasons ...string) error { return &errNotImported{reasons} }

// importBot makes a bot of a definition, or gives one of that name another draft.
func (s *Server) importBot(i *botImport, def *botdef.Bot, strategy string, now, ready time.Time) (*servedBot, error) {
	def.Name, def.ChildDirected, def.Version = i.Name, *i.DataPrivacy.ChildDirected, draftVersion
	if i.SessionTTL != nil {
		def.SessionTTL = time.Duration(*i.SessionTTL) * time.Second
	}
	if reasons := problemsOf(def, "Bot"); len(reasons) > 0 {
		return nil, notImported(reasons...)
	}
	if b := s.account.named(i.Name); b != nil {
		def.ID = b.id
		return b, b.replace(now, ready, func(old *botdef.Bot) (*botdef.Bot, []string, error) {
			if strategy == mergeFail {
				return nil, nil, notImported("bot " + i.Name + " exists already, and mergeStrategy is " + mergeFail)
			}
			locales, fresh := mergeLocales(old.Locales, def.Locales, strategy)
			merged := *def
			if strategy == mergeAppend {
				merged = *old
			}
			merged.Locales = locales
			return &merged, fresh, nil
		})
	}
	def.ID = s.account.id(def.ID, i.Name)
	b := &servedBot{name: i.Name, id: def.ID, roleArn: i.RoleARN, created: now}
	b.draft = working{def: def, changed: now, imported: ready, builds: make(map[string]build)}
	var err error
	if b.aliases, err = newAliases(b.id, nil, now); err != nil {
		return nil, err
	}
	return b, s.account.add(b)
}

// importLocale gives the draft of a bot another locale.
func (s *Server) importLocale(b *servedBot, i *localeImport, locale *botdef.Locale, strategy string, now, ready time.Time) error {
	locale.ID = i.LocaleID
	if i.Threshold != nil {
		locale.Threshold = *i.Threshold
	}
	if i.Voice != nil {
		locale.VoiceID, locale.VoiceEngine = i.Voice.ID, i.Voice.Engine
	}
	return b.replace(now, ready, func(old *botdef.Bot) (*botdef.Bot, []string, error) {
		if strategy == mergeFail && old.Locale(locale.ID) != nil {
			return nil, nil, notImported("locale " + locale.ID + " of bot " + b.name + " exists already, and mergeStrategy is " + mergeFail)
		}
		locales, fresh := mergeLocales(old.Locales, []*botdef.Locale{locale}, strategy)
		merged := *old
		merged.Locales = locales
		return &merged, fresh, nil
	})
}

// runImport imports a zip. The error is one of the request; reasons are those for
// which the import fails.
func (s *Server) runImport(r importResource, zip []byte, strategy string, now, ready time.Time) (*servedBot, []string, error) {
	def, err := botdef.ReadZip(zip)
	switch {
	case err != nil:
		return nil, []string{err.Error()}, nil //nolint:nilerr // the import fails by it, and not the request
	case r.Bot != nil && def.LocaleOnly:
		return nil, []string{"the zip holds a single locale: import it with botLocaleImportSpecification"}, nil
	case r.Locale != nil && !def.LocaleOnly:
		return nil, []string{"the zip holds a whole bot: import it with botImportSpecification"}, nil
	case r.Locale != nil && len(def.Locales) != 1:
		return nil, []string{"the zip holds several locales"}, nil
	}
	var b *servedBot
	if r.Bot != nil {
		b, err = s.importBot(r.Bot, def, strategy, now, ready)
	} else if b = s.account.find(r.Locale.BotID); b == nil {
		err = notFound("there is no bot %s here", r.Locale.BotID)
	} else {
		err = s.importLocale(b, r.Locale, def.Locales[0], strategy, now, ready)
	}
	if failed, ok := errors.AsType[*errNotImported](err); ok {
		return b, failed.reasons, nil
	}
	return b, nil, err
}
