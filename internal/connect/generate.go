package connect

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

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
