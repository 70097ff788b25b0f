package connect

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
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
	Session       map[string]string // session attributes for the bot of every region, static or $. paths; nil: caller_number and called_number
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
	Apology string // no region can serve the caller, or they were not understood
}

// DefaultTexts are words for any bot in English. More is empty: a bot must have an
// intent for "no, thank you" before callers are asked for more.
func DefaultTexts() Texts {
	return Texts{
		Welcome: "Welcome. How can I help you?",
		Moved:   "One moment please. How can I help you?",
		Again:   "Sorry, I did not understand that. How can I help you?",
		Goodbye: "Thank you. Goodbye.",
		Apology: "I am sorry, I can not help you at the moment.",
	}
}

// Contact attributes that the flow keeps its state in. Behind failedPrefix stands
// a region's name with underscores, as a path with a hyphen in it needs brackets.
const (
	attrRegion   = "lexRegion" // where the contact's bot is
	attrPrompt   = "lexPrompt" // what the bot's block asks
	attrNote     = "lexNote"   // why the region is not the one that was answered
	failedPrefix = "lexFailed_"
	marked       = "yes"
	unmarked     = "no"
)

// regionCode is what lexDRGetRegion answers with.
const regionCode = "$.External.primaryCode"

// attempts is how often a caller who was not understood is asked once more.
const attempts = 2

// NewFlow writes the flow that leads a contact to the bot of the active region.
//
// lexDRGetRegion says which region that is; where it fails, or names a region that
// the flow has no bot in, it is the home region. Where a bot's block fails, the
// contact goes on to the next region's block, the regions standing in a ring. A
// failed region is marked in a contact attribute before its neighbour is tried, and
// a marked region is not tried: so every region is tried once at most until a bot
// has talked with the caller, which takes the marks away, and a later dialog can
// change regions again. When all are marked there is the apology, then the queue or
// the end. As $.External belongs to the latest function only, the answer is copied
// to an attribute.
//
// Amazon Connect lets a flow hand over session attributes to a bot, and no slots:
// the caller answers the questions of a dialog that was cut off once more.
//
// Identifiers are names such as bot-us-east-1: the flow language takes any unique
// string, and these are what the flow's log and the editor show. The same config
// makes the same flow.
func NewFlow(cfg FlowConfig) (*Flow, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("write flow: %w", err)
	}
	w := &flowWriter{cfg: cfg.withDefaults()}
	w.opening()
	w.choosing()
	for i := range w.cfg.Bots {
		w.region(i)
	}
	w.rounds()
	w.endings()
	f := &Flow{Version: FlowVersion, StartAction: w.actions[0].Identifier, Actions: w.actions}
	f.Metadata = layOut(f)
	return f, nil
}

func (cfg *FlowConfig) check() error {
	switch n := len(cfg.Bots); {
	case n < 2:
		return fmt.Errorf("it needs the bots of two regions, and has %d: with fewer there is nowhere to go on", n)
	case !staticLambda.MatchString(cfg.Lambda):
		return fmt.Errorf("the Lambda function %q is no ARN of a function: %s", cfg.Lambda, lambdaForm)
	case cfg.Queue != "" && !queueARN.MatchString(cfg.Queue):
		return fmt.Errorf("the queue %q is no ARN of a queue: %s", cfg.Queue, queueForm)
	case cfg.LambdaSeconds < 0 || cfg.LambdaSeconds > maxLambdaSeconds:
		return fmt.Errorf("a Lambda function is waited for 1 to %d seconds, not %d", maxLambdaSeconds, cfg.LambdaSeconds)
	case cfg.ListenSeconds < 0 || cfg.ListenSeconds > 60:
		return fmt.Errorf("a bot waits 1 to 60 seconds for a word, not %d", cfg.ListenSeconds)
	case cfg.Key != "" && cfg.Key != "$.AwsRegion" && !regionName.MatchString(cfg.Key):
		return fmt.Errorf("the key %q is neither a region nor $.AwsRegion", cfg.Key)
	case cfg.Locale != "" && !localeID.MatchString(cfg.Locale):
		return fmt.Errorf("the locale %q is not written as Lex does, such as en_US", cfg.Locale)
	case cfg.Texts.More != "" && len(cfg.EndIntents) == 0:
		return errors.New("callers who are asked for more need an intent to say no with")
	}
	return errors.Join(cfg.checkBots(), cfg.checkIntents())
}

func (cfg *FlowConfig) checkBots() error {
	seen := map[string]bool{}
	for _, b := range cfg.Bots {
		m := aliasARN.FindStringSubmatch(b.Alias)
		switch {
		case !regionName.MatchString(b.Region):
			return fmt.Errorf("%q is no name of a region", b.Region)
		case seen[b.Region]:
			return fmt.Errorf("the region %s is there twice", b.Region)
		case m == nil:
			return fmt.Errorf("the bot of %s, %q, is no ARN of an alias: %s", b.Region, b.Alias, aliasForm)
		case m[1] != b.Region:
			return fmt.Errorf("the bot of %s is in %s: %s", b.Region, m[1], b.Alias)
		}
		seen[b.Region] = true
	}
	return nil
}

func (cfg *FlowConfig) checkIntents() error {
	seen := map[string]bool{}
	for _, name := range slices.Concat(cfg.Intents, cfg.EndIntents) {
		switch {
		case !intentName.MatchString(name):
			return fmt.Errorf("%q is no name of an intent", name)
		case name == fallbackIntent:
			return fmt.Errorf("%s is what a bot answers with when it has not understood; it serves nobody", name)
		case seen[name]:
			return fmt.Errorf("the intent %s is there twice", name)
		}
		seen[name] = true
	}
	return nil
}

func (cfg FlowConfig) withDefaults() FlowConfig {
	texts := DefaultTexts()
	cfg.LambdaSeconds = cmp.Or(cfg.LambdaSeconds, 3) // ours answers within 1.5 s, a cold start included in 3
	cfg.ListenSeconds = cmp.Or(cfg.ListenSeconds, 5)
	cfg.Key = cmp.Or(cfg.Key, cfg.Bots[0].Region)
	cfg.Locale = cmp.Or(cfg.Locale, "en_US")
	cfg.Voice = cmp.Or(cfg.Voice, "Joanna")
	cfg.Engine = cmp.Or(cfg.Engine, "Neural")
	cfg.Texts.Welcome = cmp.Or(cfg.Texts.Welcome, texts.Welcome)
	cfg.Texts.Moved = cmp.Or(cfg.Texts.Moved, texts.Moved)
	cfg.Texts.Again = cmp.Or(cfg.Texts.Again, texts.Again)
	cfg.Texts.Goodbye = cmp.Or(cfg.Texts.Goodbye, texts.Goodbye)
	cfg.Texts.Apology = cmp.Or(cfg.Texts.Apology, texts.Apology)
	if cfg.Session == nil { // as the gateway tells its bots
		cfg.Session = map[string]string{"caller_number": "$.CustomerEndpoint.Address", "called_number": "$.SystemEndpoint.Address"}
	}
	return cfg
}

// flowWriter collects a flow's actions.
type flowWriter struct {
	cfg     FlowConfig
	actions []Action
}

// params are an action's parameters, in the types that a decoded flow has.
type params = map[string]any

func (w *flowWriter) add(id, kind string, p params, t Transitions) {
	w.actions = append(w.actions, Action{Identifier: id, Type: kind, Parameters: p, Transitions: t})
}

// onward are the transitions of an action that goes on to next, and in case of an
// error to failed.
func onward(next, failed string) Transitions {
	return Transitions{NextAction: next, Errors: []ErrorTransition{{failed, NoMatchingError}}}
}

// opening sets up the contact. Nothing in it is worth a lost call: its errors go
// on as well.
func (w *flowWriter) opening() {
	w.add("logging-on", UpdateFlowLoggingBehavior, params{"FlowLoggingBehavior": "Enabled"}, Transitions{NextAction: "set-voice"})
	w.add("set-voice", UpdateContactTextToSpeechVoice,
		params{"TextToSpeechVoice": w.cfg.Voice, "TextToSpeechEngine": w.cfg.Engine}, onward("set-language", "set-language"))
	// A Lex V2 bot is asked in the contact's language, which must be one that it has
	// (https://docs.aws.amazon.com/connect/latest/adminguide/get-customer-input.html).
	w.add("set-language", UpdateContactData,
		params{"LanguageCode": strings.ReplaceAll(w.cfg.Locale, "_", "-")}, onward("start-values", "start-values"))
	w.add("start-values", UpdateContactAttributes,
		attributes(w.cleared(attrRegion, w.cfg.Bots[0].Region, attrPrompt, w.cfg.Texts.Welcome)), onward("ask-region", "ask-region"))
}

// choosing asks which region is active, and goes there.
func (w *flowWriter) choosing() {
	home := botAction(w.cfg.Bots[0].Region)
	w.add("ask-region", InvokeLambdaFunction, params{
		"LambdaFunctionARN":          w.cfg.Lambda,
		"InvocationTimeLimitSeconds": strconv.Itoa(w.cfg.LambdaSeconds),
		"InvocationType":             "SYNCHRONOUS",
		"LambdaInvocationAttributes": params{"region": w.cfg.Key},
		"ResponseValidation":         params{"ResponseType": "STRING_MAP"},
	}, onward("keep-region", home))
	w.add("keep-region", UpdateContactAttributes, attributes(params{attrRegion: regionCode}), onward("choose-region", "choose-region"))
	w.add("choose-region", Compare, params{"ComparisonValue": regionCode}, w.toRegion("no-region"))
	w.add("no-region", UpdateContactAttributes,
		attributes(params{attrRegion: w.cfg.Bots[0].Region, attrNote: "lexDRGetRegion named no region of this flow"}), onward(home, home))
}

// region is the block of one region's bot, and what leads on from it to the next
// region's.
func (w *flowWriter) region(i int) {
	bot, next := w.cfg.Bots[i], w.cfg.Bots[(i+1)%len(w.cfg.Bots)]
	failed, after := bot.Region+"-failed", "after-"+bot.Region
	session := params{
		"x-amz-lex:audio:start-timeout-ms:*:*": strconv.Itoa(w.cfg.ListenSeconds * 1000),
		attrRegion:                             bot.Region,
	}
	for name, value := range w.cfg.Session {
		session[name] = value
	}
	w.add(botAction(bot.Region), ConnectParticipantWithLexBot, params{
		"Text":                 "$.Attributes." + attrPrompt,
		"LexV2Bot":             params{"AliasArn": bot.Alias},
		"LexSessionAttributes": session,
	}, w.dialogOver(failed))
	w.add(failed, UpdateContactAttributes,
		attributes(params{failedMark(bot.Region): marked, attrRegion: next.Region, attrPrompt: w.cfg.Texts.Moved}), onward(after, "apology"))
	w.add(after, Compare, params{"ComparisonValue": "$.Attributes." + failedMark(next.Region)}, Transitions{
		NextAction: botAction(next.Region),
		Conditions: []Conditional{equals(marked, "apology")},
		Errors:     []ErrorTransition{{botAction(next.Region), NoMatchingCondition}},
	})
}

// dialogOver says where a contact goes from a bot's block.
func (w *flowWriter) dialogOver(failed string) Transitions {
	served, other := "goodbye", "not-understood"
	if w.cfg.Texts.More != "" {
		served = "served"
	}
	var t Transitions
	for _, name := range w.cfg.Intents {
		t.Conditions = append(t.Conditions, equals(name, served))
	}
	for _, name := range w.cfg.EndIntents {
		t.Conditions = append(t.Conditions, equals(name, "goodbye"))
	}
	if len(w.cfg.Intents) == 0 {
		t.Conditions = append(t.Conditions, equals(fallbackIntent, other))
		other = served
	}
	t.NextAction = other
	t.Errors = []ErrorTransition{{"not-understood", InputTimeLimitExceeded}, {other, NoMatchingCondition}, {failed, NoMatchingError}}
	return t
}

// rounds are what leads from one dialog to another, in the region where the contact
// is. A region that has talked with the caller takes the marks away.
func (w *flowWriter) rounds() {
	if w.cfg.Texts.More != "" {
		w.add("served", UpdateContactAttributes, attributes(w.cleared(attrPrompt, w.cfg.Texts.More)), onward("same-region", "goodbye"))
	}
	w.add("not-understood", UpdateContactAttributes, attributes(w.cleared(attrPrompt, w.cfg.Texts.Again)), onward("ask-again", "ask-again"))
	w.add("ask-again", Loop, params{"LoopCount": strconv.Itoa(attempts)}, Transitions{
		NextAction: "apology",
		Conditions: []Conditional{equals(ContinueLooping, "same-region"), equals(DoneLooping, "apology")},
	})
	w.add("same-region", Compare, params{"ComparisonValue": "$.Attributes." + attrRegion}, w.toRegion(botAction(w.cfg.Bots[0].Region)))
}

func (w *flowWriter) endings() {
	w.add("goodbye", MessageParticipant, params{"Text": w.cfg.Texts.Goodbye}, onward("hang-up", "hang-up"))
	if w.cfg.Queue == "" {
		w.add("apology", MessageParticipant, params{"Text": w.cfg.Texts.Apology}, onward("hang-up", "hang-up"))
	} else {
		w.add("apology", MessageParticipant, params{"Text": w.cfg.Texts.Apology}, onward("set-queue", "set-queue"))
		w.add("set-queue", UpdateContactTargetQueue, params{"QueueId": w.cfg.Queue}, onward("to-queue", "hang-up"))
		w.add("to-queue", TransferContactToQueue, params{}, Transitions{
			NextAction: "hang-up",
			Errors:     []ErrorTransition{{"hang-up", QueueAtCapacity}, {"hang-up", NoMatchingError}},
		})
	}
	w.add("hang-up", DisconnectParticipant, params{}, Transitions{})
}

// toRegion are the transitions of a Compare on a region's name.
func (w *flowWriter) toRegion(otherwise string) Transitions {
	t := Transitions{NextAction: otherwise, Errors: []ErrorTransition{{otherwise, NoMatchingCondition}}}
	for _, b := range w.cfg.Bots {
		t.Conditions = append(t.Conditions, equals(b.Region, botAction(b.Region)))
	}
	return t
}

// cleared are attributes, with the mark of every region taken away.
func (w *flowWriter) cleared(namesAndValues ...string) params {
	p := params{}
	for pair := range slices.Chunk(namesAndValues, 2) {
		p[pair[0]] = pair[1]
	}
	for _, b := range w.cfg.Bots {
		p[failedMark(b.Region)] = unmarked
	}
	return p
}

func attributes(p params) params { return params{"Attributes": p, "TargetContact": "Current"} }

func equals(value, next string) Conditional {
	return Conditional{NextAction: next, Condition: Condition{Operator: "Equals", Operands: []string{value}}}
}

func botAction(region string) string { return "bot-" + region }

func failedMark(region string) string { return failedPrefix + strings.ReplaceAll(region, "-", "_") }
