package lexlocal

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"lexline/internal/botdef"
)

// What an import does with what is there already.
const (
	mergeOverwrite = "Overwrite"
	mergeFail      = "FailOnConflict"
	mergeAppend    = "Append"
)

var (
	mergeStrategies = []string{mergeOverwrite, mergeFail, mergeAppend}
	rolePattern     = regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$`)
)

// importResource says what an import makes: one of its fields is set.
// https://docs.aws.amazon.com/lexv2/latest/APIReference/API_ImportResourceSpecification.html
type importResource struct {
	Bot    *botImport    `json:"botImportSpecification,omitempty"`
	Locale *localeImport `json:"botLocaleImportSpecification,omitempty"`
}

// botImport is an import of a whole bot. Tags and error logs have no effect.
type botImport struct {
	Name        string `json:"botName"`
	RoleARN     string `json:"roleArn"`
	DataPrivacy *struct {
		ChildDirected *bool `json:"childDirected"`
	} `json:"dataPrivacy"`
	SessionTTL *int `json:"idleSessionTTLInSeconds,omitempty"`
}

// localeImport is an import of one locale into the draft of a bot.
type localeImport struct {
	BotID     string   `json:"botId"`
	Version   string   `json:"botVersion"`
	LocaleID  string   `json:"localeId"`
	Threshold *float64 `json:"nluIntentConfidenceThreshold,omitempty"`
	Voice     *struct {
		ID     string `json:"voiceId"`
		Engine string `json:"engine,omitempty"`
	} `json:"voiceSettings,omitempty"`
}

func (r importResource) check() error {
	switch {
	case (r.Bot == nil) == (r.Locale == nil):
		return invalid("resourceSpecification: this local Lex imports one botImportSpecification or one botLocaleImportSpecification")
	case r.Bot != nil:
		return r.Bot.check()
	}
	return r.Locale.check()
}

func (i *botImport) check() error {
	switch {
	case !aliasPattern.MatchString(i.Name):
		return invalid("botName %q: %s", i.Name, aliasRule)
	case !rolePattern.MatchString(i.RoleARN):
		return invalid("roleArn %q is not the ARN of an IAM role", i.RoleARN)
	case i.DataPrivacy == nil || i.DataPrivacy.ChildDirected == nil:
		return invalid("dataPrivacy.childDirected is missing")
	case i.SessionTTL != nil && (*i.SessionTTL < 60 || *i.SessionTTL > 86400):
		return invalid("idleSessionTTLInSeconds is %d, allowed are 60 to 86400", *i.SessionTTL)
	}
	return nil
}

func (i *localeImport) check() error {
	switch {
	case !idPattern.MatchString(i.BotID):
		return invalid("botId %q is not 10 letters or digits", i.BotID)
	case i.Version != draftVersion:
		return invalid("botVersion is %q, an import goes to DRAFT", i.Version)
	case !localePattern.MatchString(i.LocaleID):
		return invalid("localeId %q is not a locale such as en_US", i.LocaleID)
	case i.Threshold != nil && !(*i.Threshold >= 0 && *i.Threshold <= 1):
		return invalid("nluIntentConfidenceThreshold is %v, allowed are 0 to 1", *i.Threshold)
	}
	return nil
}

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

// mergeLocales puts imported locales among those that are there. Overwrite
// replaces a locale as a whole; Append adds the intents and slot types that it
// lacks. fresh are the ids of the locales that are not what they were.
func mergeLocales(old, imported []*botdef.Locale, strategy string) (merged []*botdef.Locale, fresh []string) {
	merged = slices.Clone(old)
	for _, l := range imported {
		fresh = append(fresh, l.ID)
		i := slices.IndexFunc(merged, func(o *botdef.Locale) bool { return o.ID == l.ID })
		switch {
		case i < 0:
			merged = append(merged, l)
		case strategy == mergeAppend:
			merged[i] = appended(merged[i], l)
		default:
			merged[i] = l
		}
	}
	slices.SortFunc(merged, func(a, b *botdef.Locale) int { return strings.Compare(a.ID, b.ID) })
	return merged, fresh
}

// appended returns a locale with what another one has and it lacks. The fallback
// intent stays its own, and the last.
func appended(old, other *botdef.Locale) *botdef.Locale {
	both := *old
	both.Intents = nil
	for _, in := range slices.Concat(old.Intents, other.Intents) {
		if both.Intent(in.Name) == nil && (in.Parent != botdef.FallbackSignature || in == old.Fallback() || old.Fallback() == nil) {
			both.Intents = append(both.Intents, in)
		}
	}
	slices.SortStableFunc(both.Intents, func(a, b *botdef.Intent) int {
		if fa, fb := a.Parent == botdef.FallbackSignature, b.Parent == botdef.FallbackSignature; fa != fb {
			if fa {
				return 1
			}
			return -1
		}
		return strings.Compare(a.Name, b.Name)
	})
	both.SlotTypes = slices.Clone(old.SlotTypes)
	for _, t := range other.SlotTypes {
		if both.SlotType(t.Name) == nil {
			both.SlotTypes = append(both.SlotTypes, t)
		}
	}
	return &both
}

// runImport imports a zip. The error is one of the request; reasons are those for
// which the import fails.
func (s *Server) runImport(r importResource, zip []byte, strategy string, now, ready time.Time) (*servedBot, []string, error) {
	def, err := botdef.ReadZip(zip)
	switch {
	case err != nil:
		return nil, []string{err.Error()}, nil
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
