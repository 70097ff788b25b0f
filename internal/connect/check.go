package connect

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"lexline/internal/spelling"
)

// Problem is something wrong with a flow.
type Problem struct {
	Level  Level  `json:"level"`
	Code   string `json:"code"`             // what kind of problem, the same in every version: docs/4-reference.md lists them
	Action string `json:"action,omitempty"` // identifier; empty: the flow as a whole
	What   string `json:"what"`
	Hint   string `json:"hint,omitempty"` // how to mend it
}

func (p Problem) String() string {
	text := p.What
	if p.Action != "" {
		text = p.Action + ": " + text
	}
	return fmt.Sprintf("%s: %s (%s)", p.Level, text, p.Code)
}

// Level says whether a flow can be used with a problem.
type Level string

// The levels. Amazon Connect refuses a flow with an error, or a contact comes to
// harm in it; a warning is good advice.
const (
	Error   Level = "error"
	Warning Level = "warning"
)

// codes are the codes of problems, with what each means.
var codes = map[string]string{
	"version":           "not the version of the flow language that lexline knows",
	"too-large":         "more than Amazon Connect takes",
	"start":             "the flow begins nowhere",
	"identifier":        "an identifier that Amazon Connect does not take",
	"duplicate":         "two actions have the same identifier",
	"unknown-action":    "a type of action that lexline does not check, or that there is not",
	"unchecked-action":  "an action that was allowed unchecked: only its transitions are followed",
	"missing-parameter": "a parameter that the action needs is not there",
	"unknown-parameter": "a parameter that the action does not have",
	"exclusive":         "parameters that exclude each other, or none of those of which there must be one",
	"value":             "a parameter's value that Amazon Connect does not take",
	"arn":               "no ARN of the right kind",
	"path":              "a path that leads to nothing",
	"lex-v1":            "a bot of Amazon Lex V1, which is switched off",
	"missing-next":      "the action goes on nowhere",
	"missing-error":     "an error that the action must lead on from",
	"transition":        "a transition that the action does not have",
	"operator":          "an operator that the action's conditions do not have",
	"operands":          "not the number or the kind of operands that the operator takes",
	"never-true":        "a condition that an earlier one takes all cases of",
	"no-default":        "a comparison without a way for all other values",
	"dangling":          "a transition to an action that is not there",
	"unreachable":       "no contact ever comes to this action",
	"no-end":            "a contact that comes here never ends",
	"silent-loop":       "a contact can go round for ever and hear nothing",
	"endless-loop":      "a contact can go round for ever, hear prompts, and be asked nothing",
	"lambda-chain":      "Lambda functions that may take longer in a row than Amazon Connect allows",
	"no-answer-yet":     "the answer of a Lambda function is used where none was asked",
	"failover-self":     "where the bot's region fails, the contact is sent to the same bot",
	"failover-none":     "where the bot's region fails, no other region takes over",
	"account":           "a bot in another AWS account than the Lambda functions",
	"test-alias":        "a bot by its test alias, which has the draft and takes few callers",
	"voice":             "a voice that Amazon Polly does not have",
}

// maxFlowText is what Amazon Connect takes
// (https://docs.aws.amazon.com/connect/latest/APIReference/API_UpdateContactFlowContent.html).
const maxFlowText = 256000

// Check returns what is wrong with the flow, in the order of its actions; nothing
// means that it can be imported, and that a contact in it comes to an end. Where
// contacts can go is looked at when every transition leads somewhere.
//
// Of the types of actions that are allowed, and that Check does not know, it takes
// for granted what they do: they may say something, and go on by any of their
// transitions.
func (f *Flow) Check(allowed ...string) []Problem {
	c := &checker{flow: f, graph: newGraph(f, allowed...)}
	c.document()
	for i := range f.Actions {
		c.action(i)
	}
	if !c.broken {
		c.ways()
		c.loops()
		c.lambdas()
		c.failover()
		c.bots()
	}
	place := func(p Problem) int {
		if i, ok := c.graph.at[p.Action]; ok {
			return i
		}
		return -1
	}
	slices.SortStableFunc(c.problems, func(a, b Problem) int { return cmp.Compare(place(a), place(b)) })
	return c.problems
}

// checker collects the problems of one flow.
type checker struct {
	flow     *Flow
	graph    *graph
	problems []Problem
	broken   bool // the ways of contacts cannot be told
}

// say adds a problem of the action at i; none has -1.
func (c *checker) say(i int, level Level, code, hint, format string, args ...any) {
	p := Problem{Level: level, Code: code, What: fmt.Sprintf(format, args...), Hint: hint}
	if i >= 0 {
		p.Action = c.flow.Actions[i].Identifier
	}
	c.problems = append(c.problems, p)
}

// breaks is say for an error with which the ways of contacts cannot be told.
func (c *checker) breaks(i int, code, hint, format string, args ...any) {
	c.broken = true
	c.say(i, Error, code, hint, format, args...)
}

func (c *checker) document() {
	f := c.flow
	if f.Version != FlowVersion {
		c.say(-1, Error, "version", "export the flow anew, with the editor of today", "the version is %q, lexline knows %s", f.Version, FlowVersion)
	}
	if text, err := json.Marshal(f); err == nil && len(text) > maxFlowText {
		c.breaks(-1, "too-large", "move a part of it to a module", "the flow has %d bytes, Amazon Connect takes %d", len(text), maxFlowText)
	}
	switch {
	case len(f.Actions) == 0:
		c.breaks(-1, "start", "this may be no flow at all: look at its Actions", "it has no actions")
	case f.StartAction == "":
		c.breaks(-1, "start", "StartAction must be an action's identifier", "StartAction is missing")
	case c.graph.start() == nil:
		c.breaks(-1, "start", "StartAction must be an action's identifier", "StartAction is %q, and there is no such action", f.StartAction)
	}
}

// Identifiers that are names in the language of the editor, and characters that
// it does not take.
const badCharacters = `%:(\/)=$,;[]{}`

var badIdentifiers = strings.Fields("__proto__ constructor __defineGetter__ __defineSetter__ toString hasOwnProperty isPrototypeOf propertyIsEnumerable toLocaleString valueOf")

const maxIdentifier = 50

func (c *checker) identifier(i int) {
	id := c.flow.Actions[i].Identifier
	const hint = "any other name up to 50 characters will do"
	switch {
	case id == "":
		c.breaks(i, "identifier", hint, "action %d of the flow, a %s, has no identifier", i+1, c.flow.Actions[i].Type)
	case c.graph.at[id] != i:
		c.breaks(i, "duplicate", "give one of them another name, and look which one the transitions mean", "two actions have this identifier")
	case len([]rune(id)) > maxIdentifier:
		c.say(i, Error, "identifier", hint, "the identifier has more than %d characters", maxIdentifier)
	case strings.ContainsAny(id, badCharacters):
		c.say(i, Error, "identifier", hint, "the identifier has one of the characters %s in it", badCharacters)
	case slices.Contains(badIdentifiers, id):
		c.say(i, Error, "identifier", hint, "the identifier is one of the names that Amazon Connect refuses")
	}
}

func (c *checker) action(i int) {
	c.identifier(i)
	a := &c.flow.Actions[i]
	switch k, known := kinds[a.Type]; {
	case known:
		c.parameters(i, a, k)
		c.transitions(i, a, k)
	case c.graph.allowed[a.Type]:
		c.say(i, Warning, "unchecked-action", "look at its parameters yourself", "%s is allowed, and not checked: only its transitions are followed", a.Type)
	default:
		c.unknown(i, a.Type)
	}
	c.dangling(i)
}

// unknown refuses an action of a type that is not checked.
func (c *checker) unknown(i int, name string) {
	hint := "lexline checks " + strings.Join(knownKinds(), ", ") + " only"
	slip, isSlip := spelling.Slip(name, slices.Values(slices.Concat(knownKinds(), otherTypes)))
	switch {
	case name == "":
		c.breaks(i, "unknown-action", hint, "it has no type")
	case slices.Contains(otherTypes, name):
		c.breaks(i, "unknown-action", "--allow "+name+" takes it as it is, and follows its transitions", "%s is an action of Amazon Connect that lexline does not check", name)
	case isSlip:
		c.breaks(i, "unknown-action", "did you mean "+slip+"?", "%s is not an action of Amazon Connect", name)
	default:
		c.breaks(i, "unknown-action", hint, "%s is not an action that lexline knows", name)
	}
}

func (c *checker) parameters(i int, a *Action, k kind) {
	known := map[string]bool{}
	for _, p := range k.params {
		known[p.name] = true
		switch v, there := a.Parameters[p.name]; {
		case there:
			c.add(i, p.check(p.name, v))
		case p.need == required:
			c.say(i, Error, "missing-parameter", "", "the parameter %s is missing", p.name)
		}
	}
	for _, name := range sortedKeys(a.Parameters) {
		if !known[name] {
			c.say(i, Error, "unknown-parameter", "its parameters are "+paramNames(k), "%s has no parameter %s", a.Type, name)
		}
	}
	c.together(i, a, k)
}

func paramNames(k kind) string {
	var names []string
	for _, p := range k.params {
		names = append(names, p.name)
	}
	return cmp.Or(strings.Join(names, ", "), "none")
}

// together checks parameters of which there must be exactly one, or at least one.
func (c *checker) together(i int, a *Action, k kind) {
	if k.speaks {
		c.exactlyOne(i, a, "a prompt is needed, if only a text of one space", "Text", "SSML", "PromptId", "Media")
	}
	switch a.Type {
	case ConnectParticipantWithLexBot:
		c.exactlyOne(i, a, "LexV2Bot with the ARN of an alias", "LexV2Bot", "LexBot")
	case UpdateContactTargetQueue:
		c.exactlyOne(i, a, "", "QueueId", "AgentId")
	case UpdateContactData:
		if len(a.Parameters) == 0 {
			c.say(i, Error, "missing-parameter", "its parameters are "+paramNames(k), "it updates nothing")
		}
	case GetParticipantInput:
		_, validated := a.Parameters["InputValidation"]
		if stores := a.Parameters["StoreInput"] == "True"; stores != validated {
			c.say(i, Error, "exclusive", "", "InputValidation belongs to StoreInput True, and only there")
		}
	}
}

func (c *checker) exactlyOne(i int, a *Action, hint string, names ...string) {
	var there []string
	for _, name := range names {
		if _, ok := a.Parameters[name]; ok {
			there = append(there, name)
		}
	}
	switch {
	case len(there) == 0:
		c.say(i, Error, "exclusive", hint, "one of %s must be there", strings.Join(names, ", "))
	case len(there) > 1:
		c.say(i, Error, "exclusive", hint, "%s exclude each other", strings.Join(there, " and "))
	}
}

// add adds what a value's check found.
func (c *checker) add(i int, found []Problem) {
	for _, p := range found {
		c.say(i, cmp.Or(p.Level, Error), p.Code, p.Hint, "%s", p.What)
	}
}

func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}
