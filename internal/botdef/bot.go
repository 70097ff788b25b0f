package botdef

import (
	"strings"
	"time"
)

// FallbackSignature is the Intent.Parent of the intent that Lex takes when no
// other one fits. Every locale that Lex has built has exactly one.
const FallbackSignature = "AMAZON.FallbackIntent"

// Bot is one bot as Load found it. It is never changed after Load and may be
// read from several goroutines.
type Bot struct {
	Name        string
	ID          string // 10 letters or digits, "" when the export has none
	Version     string // mostly "DRAFT"
	Description string

	// ChildDirected is the bot's declaration under the COPPA rule.
	ChildDirected bool
	// SessionTTL is how long a session is kept after its last turn, 1 minute
	// to 24 hours.
	SessionTTL time.Duration

	Locales []*Locale // in the order of their ids, at least one

	// LocaleOnly says that the export was of a single locale, which knows nothing
	// of its bot.
	LocaleOnly bool

	// Warnings are keys and files that Load did not use, one sentence each.
	Warnings []string
}

// Locale returns the locale with the given id, such as "en_US", or nil.
func (b *Bot) Locale(id string) *Locale {
	for _, l := range b.Locales {
		if l.ID == id {
			return l
		}
	}
	return nil
}

// Locale is a bot in one language: the unit that understands and speaks.
type Locale struct {
	ID          string // "en_US"
	Name        string // "English (US)"
	Description string

	VoiceID     string // Polly voice such as "Joanna", "" when the bot has none
	VoiceEngine string // "standard", "neural" or ""

	// Threshold is the lowest score, 0 to 1, that makes an interpretation an
	// intent rather than the fallback.
	Threshold float64

	Intents   []*Intent   // by name, the fallback intent last
	SlotTypes []*SlotType // by name
}

// Intent returns the intent with the given name, or nil.
func (l *Locale) Intent(name string) *Intent {
	for _, in := range l.Intents {
		if in.Name == name {
			return in
		}
	}
	return nil
}

// Fallback returns the intent that derives from AMAZON.FallbackIntent, or nil
// in an incomplete export.
func (l *Locale) Fallback() *Intent {
	for _, in := range l.Intents {
		if in.Parent == FallbackSignature {
			return in
		}
	}
	return nil
}

// SlotType returns the custom slot type with the given name, or nil. Built-in
// types (AMAZON.Date) are not listed in a bot.
func (l *Locale) SlotType(name string) *SlotType {
	for _, t := range l.SlotTypes {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// Intent is something a caller may want.
type Intent struct {
	Name        string
	ID          string // 10 letters or digits, "FALLBCKINT" for the fallback
	DisplayName string
	Description string
	Parent      string // "AMAZON.HelpIntent" and the like, "" for the bot's own

	// Utterances are the sample sentences; {FlowerType} stands for a slot.
	Utterances []string
	Slots      []*Slot // in the order in which Lex elicits them

	// InputContexts must all be active for the intent to be recognised;
	// OutputContexts become active when it is fulfilled.
	InputContexts  []string
	OutputContexts []Context

	Initial      Initial
	Confirmation *Confirmation // nil when the caller is not asked
	Fulfillment  Fulfillment
	Closing      *Closing // nil when nothing is said at the end

	// DialogHook says that a Lambda function may be asked on each turn
	// (the 2021 switch; newer bots say it per step with a CodeHook).
	DialogHook bool
}

// Slot returns the slot with the given name, or nil.
func (in *Intent) Slot(name string) *Slot {
	for _, s := range in.Slots {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// Builtin says whether Lex itself defines what the intent understands.
func (in *Intent) Builtin() bool { return strings.HasPrefix(in.Parent, "AMAZON.") }

// Context is an output context: a mark that an intent has just been fulfilled.
type Context struct {
	Name       string
	TimeToLive time.Duration // 5 s to 24 h
	Turns      int           // 1 to 20
}

// Slot is one piece of information that an intent needs.
type Slot struct {
	Name        string
	ID          string
	Description string
	Type        string // a SlotType's name or a built-in such as "AMAZON.Date"

	Required   bool
	Obfuscated bool     // the value must not appear in logs
	Multiple   bool     // several values may be given at once
	Prompt     *Prompt  // nil when the slot is never asked for
	Utterances []string // sample answers, with {Slot} placeholders
	Defaults   []string // values taken without asking: "#context.slot", "[attribute]" or a constant

	// Capture follows a usable answer, Failure follows the last useless one.
	Capture Outcome
	Failure Outcome

	Hook            *CodeHook // asked when a value was captured
	ElicitationHook *CodeHook // asked when the answer was no value

	// Subslots are the parts of a composite slot, nil for all others.
	Subslots []*Slot
}

// Resolution is how a slot type turns the caller's words into a value.
type Resolution string

// The two strategies of a custom slot type, and the one of composite types.
const (
	OriginalValue Resolution = "ORIGINAL_VALUE" // the caller's own words, known or not
	TopResolution Resolution = "TOP_RESOLUTION" // the listed value that they mean, else none
	Concatenation Resolution = "CONCATENATION"
)

// SlotType is a custom list of values.
type SlotType struct {
	Name        string
	ID          string
	Description string
	// Parent is a built-in type that this one extends, such as
	// "AMAZON.AlphaNumeric" with Pattern, or "".
	Parent     string
	Values     []Value
	Resolution Resolution
	Pattern    string // regular expression for AMAZON.AlphaNumeric, or ""
}

// Value is one entry of a slot type.
type Value struct {
	Value    string
	Synonyms []string
}
