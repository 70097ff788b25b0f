package lexmodels

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lexruntimev2"
	"github.com/aws/aws-sdk-go-v2/service/lexruntimev2/types"

	"lexline/internal/parity"
)

// cleanupTime bounds the end of a session that nobody needs any more.
const cleanupTime = 5 * time.Second

// Converse says the turns of a conversation to an alias, one after the other, in a
// session of its own, which it deletes. It returns the answers so far at the first
// that is an error, with that as the last; the error it returns is that of a context
// that is done. A turn may have the bot's Lambda function do things: it is said a
// second time only if the region had no time for it.
func (c *Client) Converse(ctx context.Context, botID, aliasID, locale string, turns []string) ([]parity.Answer, error) {
	session := "parity-" + rand.Text()
	defer c.forget(ctx, botID, aliasID, locale, session)
	var answers []parity.Answer
	for _, text := range turns {
		out, err := do(ctx, request[*lexruntimev2.RecognizeTextOutput]{
			what: "recognize text", time: turnTime,
			send: func(ctx context.Context) (*lexruntimev2.RecognizeTextOutput, error) {
				return c.runtime.RecognizeText(ctx, &lexruntimev2.RecognizeTextInput{
					BotId: &botID, BotAliasId: &aliasID, LocaleId: &locale, SessionId: &session, Text: &text,
				})
			},
		})
		switch {
		case ctx.Err() != nil:
			return answers, context.Cause(ctx)
		case err != nil:
			return append(answers, parity.Answer{Error: reason(err)}), nil
		}
		answers = append(answers, answerOf(out))
	}
	return answers, nil
}

// reason is the text of an error of a turn: code, colon, text.
func reason(err error) string {
	text := err.Error()
	if short, ok := errors.AsType[*brief](err); ok {
		text = short.text
	}
	if statusOf(err) == 0 {
		return noAnswer + ": " + text
	}
	return text
}

// noAnswer stands in the place of an error's code where none came.
const noAnswer = "no answer"

// NoAnswer reports whether a turn was left without any answer, even an error.
func NoAnswer(a parity.Answer) bool { return strings.HasPrefix(a.Error, noAnswer+":") }

// forget deletes a session, also when there is no time left for anything else. Lex
// forgets it by itself after the bot's session time.
func (c *Client) forget(ctx context.Context, botID, aliasID, locale, session string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
	defer cancel()
	_, _ = c.runtime.DeleteSession(ctx, &lexruntimev2.DeleteSessionInput{
		BotId: &botID, BotAliasId: &aliasID, LocaleId: &locale, SessionId: &session,
	})
}

func answerOf(out *lexruntimev2.RecognizeTextOutput) parity.Answer {
	var a parity.Answer
	if len(out.Interpretations) > 0 && out.Interpretations[0].NluConfidence != nil {
		a.Confidence = out.Interpretations[0].NluConfidence.Score
	}
	for _, m := range out.Messages {
		a.Messages = append(a.Messages, messageOf(m))
	}
	state := out.SessionState
	if state == nil {
		return a
	}
	if in := state.Intent; in != nil {
		a.Intent, a.State, a.Confirmation = aws.ToString(in.Name), string(in.State), string(in.ConfirmationState)
		a.Slots = map[string]string{}
		addSlots(a.Slots, "", in.Slots)
	}
	if d := state.DialogAction; d != nil {
		a.Action, a.Slot = string(d.Type), aws.ToString(d.SlotToElicit)
		for part := d.SubSlotToElicit; part != nil; part = part.SubSlotToElicit {
			a.Slot += "." + aws.ToString(part.Name)
		}
	}
	for _, active := range state.ActiveContexts {
		a.Contexts = append(a.Contexts, aws.ToString(active.Name))
	}
	return a
}

func messageOf(m types.Message) parity.Message {
	text := aws.ToString(m.Content)
	if card := m.ImageResponseCard; card != nil {
		text = fmt.Sprintf("%s: %s", aws.ToString(card.Title), aws.ToString(card.Subtitle))
		for _, b := range card.Buttons {
			text += ", " + aws.ToString(b.Text)
		}
	}
	return parity.Message{Kind: string(m.ContentType), Text: text}
}

// addSlots writes the values that were understood, under their names.
func addSlots(to map[string]string, prefix string, slots map[string]types.Slot) {
	for name, s := range slots {
		if text := slotText(s); text != "" {
			to[prefix+name] = text
		}
		addSlots(to, prefix+name+".", s.SubSlots)
	}
}

func slotText(s types.Slot) string {
	if len(s.Values) > 0 {
		var list []string
		for _, v := range s.Values {
			list = append(list, slotText(v))
		}
		return strings.Join(list, ", ")
	}
	if s.Value == nil {
		return ""
	}
	// A time that may be in the morning or in the evening has no interpreted value.
	if s.Value.InterpretedValue == nil {
		return strings.Join(s.Value.ResolvedValues, " or ")
	}
	return *s.Value.InterpretedValue
}
