package connectsim

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"lexline/internal/connect"
)

// lexBlock lets the caller talk to a bot until the bot closes the dialog
// (https://docs.aws.amazon.com/connect/latest/adminguide/get-customer-input.html).
// An utterance that a bot does not answer is lost: the error branch leads to a
// prompt, and the caller has to say it again.
func (c *run) lexBlock(ctx context.Context, a *connect.Action) outcome {
	prompt, ok := c.prompt(a)
	if !ok {
		return failed("there is nothing to play, and a Lex block has to begin with a prompt")
	}
	bot, err := c.bot(a)
	if err != nil {
		return failed("%v", err)
	}
	c.play(ctx, a, prompt)
	for begins := true; ; begins = false {
		out, over := c.turn(ctx, a, &bot, begins)
		if over {
			return out
		}
	}
}

// conversation is that of one Lex block with one bot.
type conversation struct {
	place      place
	attributes map[string]string // for the first turn
	silence    time.Duration     // how long it waits for a word
	turns      int
}

// turn takes one utterance to the bot, and plays what the bot says. It reports
// whether the block is over, and what it came to.
func (c *run) turn(ctx context.Context, a *connect.Action, talk *conversation, begins bool) (outcome, bool) {
	if !begins && !c.step() {
		return outcome{}, true
	}
	heard := Heard{Begins: begins, Again: begins && c.broken}
	said, on := c.listen(ctx, a, heard, talk.silence)
	switch {
	case !on:
		return outcome{end: HungUp}, true
	case said.Silent():
		return outcome{failed: connect.InputTimeLimitExceeded, why: "the caller said nothing"}, true
	}
	c.broken = false
	talk.turns++
	began := time.Now()
	answer, err := c.n.lex.ask(ctx, c.n.limits.Lex, talk, said)
	if err != nil {
		return c.unanswered(a, talk, began, err), true
	}
	talk.attributes = nil
	c.result.Answers[talk.place.region]++
	c.emit(Event{
		Event: KindAnswer, Action: a.Identifier, Type: a.Type, Region: talk.place.region, TookMS: time.Since(began).Milliseconds(),
		Intent: answer.intent, State: answer.state, Slots: answer.slots, Text: strings.Join(answer.messages, " "),
	})
	for _, message := range answer.messages {
		c.play(ctx, a, message)
	}
	if answer.asks {
		return outcome{}, false
	}
	c.closed(talk.place.region, answer)
	return outcome{results: answer.intent}, true
}

// unanswered accounts for an utterance that got no answer.
func (c *run) unanswered(a *connect.Action, talk *conversation, began time.Time, err error) outcome {
	c.broken = true
	c.result.Unanswered++
	c.result.Repeated += talk.turns
	c.emit(Event{
		Event: KindFault, Action: a.Identifier, Type: a.Type, Region: talk.place.region, Text: err.Error(),
		TookMS: time.Since(began).Milliseconds(),
	})
	return failed("%v", err)
}

// closed keeps what a bot came to: for the flow, and for the result.
func (c *run) closed(region string, answer lexAnswer) {
	c.data["Lex"] = map[string]any{
		"IntentName": answer.intent, "Slots": answer.slots, "SessionAttributes": answer.attributes,
		"DialogState": answer.state,
	}
	if c.result.Fulfilled() && !fulfilled(answer.intent, answer.state) {
		return // what was done for the caller stays done
	}
	c.result.Intent, c.result.State, c.result.Region, c.result.Slots = answer.intent, answer.state, region, answer.slots
}

// place is a bot's alias in a region, and what the contact is to it.
type place struct {
	region, bot, alias, locale string
	session                    string
}

// bot returns the conversation that a Lex block is about to begin.
func (c *run) bot(a *connect.Action) (conversation, error) {
	named, _ := a.Parameters["LexV2Bot"].(map[string]any)
	arn := fill(words(named["AliasArn"]), c.data)
	p, err := parseAliasARN(arn)
	if err != nil {
		return conversation{}, err
	}
	if other, ok := c.n.cfg.Bots[p.region]; ok {
		p.bot, p.alias = other.ID, other.Alias
	}
	p.locale = strings.ReplaceAll(words(c.data["LanguageCode"]), "-", "_")
	p.session = c.in.ID
	given, _ := a.Parameters["LexSessionAttributes"].(map[string]any)
	attributes := map[string]string{}
	for key, value := range given {
		attributes[key] = fill(words(value), c.data)
	}
	talk := conversation{place: p, attributes: attributes, silence: c.n.limits.Silence}
	if ms, err := strconv.Atoi(attributes[startTimeout]); err == nil && ms > 0 {
		talk.silence = time.Duration(ms) * time.Millisecond
	}
	return talk, nil
}

// startTimeout is the session attribute that says how long a bot waits for a word.
const startTimeout = "x-amz-lex:audio:start-timeout-ms:*:*"

// parseAliasARN reads arn:aws:lex:REGION:ACCOUNT:bot-alias/BOT/ALIAS.
func parseAliasARN(arn string) (place, error) {
	parts := strings.Split(arn, ":")
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "lex" || parts[3] == "" {
		return place{}, fmt.Errorf("%q is not the ARN of a Lex V2 bot's alias", arn)
	}
	ids := strings.Split(parts[5], "/")
	if len(ids) != 3 || ids[0] != "bot-alias" || ids[1] == "" || ids[2] == "" {
		return place{}, fmt.Errorf("%q is not the ARN of a Lex V2 bot's alias", arn)
	}
	return place{region: parts[3], bot: ids[1], alias: ids[2]}, nil
}
