package connect

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// FlowConfig is what a flow that changes regions is made of.
type FlowConfig struct {
	Lambda        string      // ARN of lexDRGetRegion; $.AwsRegion may stand in it for the region
	LambdaSeconds int         // how long it is waited for, at most 8; 0: 3
	Key           string      // what it is asked with as "region"; a name or $.AwsRegion; empty: the home region
	Bots          []RegionBot // home first; at least two
	Locale        string      // of the bots, as Lex writes it; empty: en_US
	Voice, Engine string      // of Amazon Polly; empty: Joanna, Neural
	Queue         string      // ARN of the queue for callers whom no bot can serve; empty: they hear the apology and are hung up on

	// Intents are those with which a caller has been served once the bot has closed
	// the dialog. Empty: all but FallbackIntent.
	Intents []string
	// EndIntents are those after which the caller wants nothing more, where
	// Texts.More asks.
	EndIntents []string

	ListenSeconds int               // how long the bot waits for a word; 0: 5
	Session       map[string]string // session attributes for the bot of every region, static or $. paths, besides caller_number and called_number
	Texts         Texts
}

// RegionBot is the bot in one region.
type RegionBot struct {
	Region string // such as us-east-1
	Alias  string // ARN of the bot's alias there
}

// Texts is what callers hear from the flow itself. Empty ones are those of
// DefaultTexts.
type Texts struct {
	Welcome string // the first question, asked by the bot's block
	Moved   string // the first question to a caller whose region failed
	Again   string // the question to a caller who said nothing, or nothing that the bot understood
	More    string // the question to a caller who has been served; empty: Goodbye
	Goodbye string
	Apology string // no region can serve the caller, or they were not understood; the usual one tells of the queue, if there is one
}

// DefaultTexts are words for any bot in English. More is empty: a bot must have an
// intent for "no, thank you" before callers are asked for more.
func DefaultTexts() Texts {
	return Texts{
		Welcome: "Welcome. How can I help you?",
		Moved:   "One moment please. How can I help you?",
		Again:   "Sorry, I did not understand that. How can I help you?",
		Goodbye: "Thank you for calling.",
		Apology: "I am sorry, I can not help you at the moment.",
	}
}

// The voice that Amazon Connect has where a flow names none.
const (
	usualLocale = "en_US"
	usualVoice  = "Joanna"
)

// check returns everything that is wrong, a line for each.
func (cfg *FlowConfig) check() error {
	var found []error
	refuse := func(isWrong bool, format string, args ...any) {
		if isWrong {
			found = append(found, fmt.Errorf(format, args...))
		}
	}
	refuse(len(cfg.Bots) < 2, "it needs the bots of two regions, and has %d: with fewer there is nowhere to go on", len(cfg.Bots))
	refuse(!staticLambda().MatchString(cfg.Lambda), "the Lambda function %q is no ARN of a function: %s", cfg.Lambda, lambdaForm)
	refuse(cfg.Queue != "" && !queueARN().MatchString(cfg.Queue), "the queue %q is no ARN of a queue: %s", cfg.Queue, queueForm)
	refuse(cfg.LambdaSeconds < 0 || cfg.LambdaSeconds > maxLambdaSeconds, "a Lambda function is waited for 1 to %d seconds, not %d", maxLambdaSeconds, cfg.LambdaSeconds)
	refuse(cfg.ListenSeconds < 0 || cfg.ListenSeconds > 60, "a bot waits 1 to 60 seconds for a word, not %d", cfg.ListenSeconds)
	refuse(cfg.Key != "" && cfg.Key != "$.AwsRegion" && !regionName().MatchString(cfg.Key), "the key %q is neither a region nor $.AwsRegion", cfg.Key)
	refuse(cfg.Texts.More != "" && len(cfg.EndIntents) == 0, "callers who are asked for more need an intent to say no with")
	if isWrong := cfg.Locale != "" && !localeID().MatchString(cfg.Locale); isWrong {
		refuse(isWrong, "the locale %q is not written as Lex does, such as en_US", cfg.Locale)
	} else {
		found = append(found, cfg.checkLanguage())
	}
	return errors.Join(append(found, cfg.checkBots(), cfg.checkIntents())...)
}

// checkLanguage reports words and a voice of another language than the bots': Amazon
// Polly would read them all the same, and nobody would understand.
func (cfg *FlowConfig) checkLanguage() error {
	locale, texts := cmp.Or(cfg.Locale, usualLocale), DefaultTexts()
	if voice := cmp.Or(cfg.Voice, usualVoice); voice == usualVoice && locale != usualLocale {
		return fmt.Errorf("the voice %s speaks %s: name one for %s", voice, usualLocale, locale)
	}
	if strings.HasPrefix(locale, "en_") {
		return nil
	}
	for _, t := range []struct{ name, text, usual string }{
		{"welcome", cfg.Texts.Welcome, texts.Welcome},
		{"moved", cfg.Texts.Moved, texts.Moved},
		{"again", cfg.Texts.Again, texts.Again},
		{"goodbye", cfg.Texts.Goodbye, texts.Goodbye},
		{"apology", cfg.Texts.Apology, texts.Apology},
	} {
		if cmp.Or(t.text, t.usual) == t.usual {
			return fmt.Errorf("the text %q of %s is English: write one for %s", t.usual, t.name, locale)
		}
	}
	return nil
}

func (cfg *FlowConfig) checkBots() error {
	var found []error
	seen := map[string]bool{}
	for _, b := range cfg.Bots {
		m := aliasARN().FindStringSubmatch(b.Alias)
		switch {
		case !regionName().MatchString(b.Region):
			found = append(found, fmt.Errorf("%q is no name of a region", b.Region))
		case seen[b.Region]:
			found = append(found, fmt.Errorf("the region %s is there twice", b.Region))
		case m == nil:
			found = append(found, fmt.Errorf("the bot of %s, %q, is no ARN of an alias: %s", b.Region, b.Alias, aliasForm))
		case m[1] != b.Region:
			found = append(found, fmt.Errorf("the bot of %s is in %s: %s", b.Region, m[1], b.Alias))
		}
		seen[b.Region] = true
	}
	return errors.Join(found...)
}

func (cfg *FlowConfig) checkIntents() error {
	var found []error
	seen := map[string]bool{}
	for _, name := range slices.Concat(cfg.Intents, cfg.EndIntents) {
		switch {
		case !intentName().MatchString(name):
			found = append(found, fmt.Errorf("%q is no name of an intent", name))
		case name == fallbackIntent:
			found = append(found, fmt.Errorf("%s is what a bot answers with when it has not understood; it serves nobody", name))
		case seen[name]:
			found = append(found, fmt.Errorf("the intent %s is there twice", name))
		}
		seen[name] = true
	}
	return errors.Join(found...)
}

func (cfg FlowConfig) withDefaults() FlowConfig {
	texts := DefaultTexts()
	cfg.LambdaSeconds = cmp.Or(cfg.LambdaSeconds, 3) // ours answers within 1.5 s, a cold start included in 3
	cfg.ListenSeconds = cmp.Or(cfg.ListenSeconds, 5)
	cfg.Key = cmp.Or(cfg.Key, cfg.Bots[0].Region)
	cfg.Locale = cmp.Or(cfg.Locale, usualLocale)
	cfg.Voice = cmp.Or(cfg.Voice, usualVoice)
	cfg.Engine = cmp.Or(cfg.Engine, "Neural")
	cfg.Texts.Welcome = cmp.Or(cfg.Texts.Welcome, texts.Welcome)
	cfg.Texts.Moved = cmp.Or(cfg.Texts.Moved, texts.Moved)
	cfg.Texts.Again = cmp.Or(cfg.Texts.Again, texts.Again)
	cfg.Texts.Goodbye = cmp.Or(cfg.Texts.Goodbye, texts.Goodbye)
	cfg.Texts.Apology = cmp.Or(cfg.Texts.Apology, texts.Apology)
	if cfg.Queue != "" && cfg.Texts.Apology == texts.Apology {
		cfg.Texts.Apology += " Please hold the line for one of us."
	}
	session := map[string]string{"caller_number": "$.CustomerEndpoint.Address", "called_number": "$.SystemEndpoint.Address"} // as the gateway tells its bots
	maps.Copy(session, cfg.Session)
	cfg.Session = session
	return cfg
}
