package lex

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lexruntimev2"
	"github.com/aws/aws-sdk-go-v2/service/lexruntimev2/types"
)

// put sets a session's state and returns the answer that Lex makes of it: the
// given messages, spoken. It executes nothing as long as the state's dialog
// action is not Delegate
// (https://docs.aws.amazon.com/lexv2/latest/APIReference/API_runtime_PutSession.html).
func (a *alias) put(ctx context.Context, session string, state *types.SessionState, messages []types.Message, voice string) (*lexruntimev2.PutSessionOutput, error) {
	ids := a.ids.Load()
	if ids == nil {
		return nil, &unreachableError{errNotFound}
	}
	return a.runtime.PutSession(ctx, &lexruntimev2.PutSessionInput{
		BotId:               &ids.bot,
		BotAliasId:          &ids.alias,
		LocaleId:            &a.locale,
		SessionId:           &session,
		SessionState:        state,
		Messages:            messages,
		ResponseContentType: aws.String(voice),
	})
}

// open makes a session of that id.
func (a *alias) open(ctx context.Context, session string) error {
	state := &types.SessionState{DialogAction: &types.DialogAction{Type: types.DialogActionTypeElicitIntent}}
	out, err := a.put(ctx, session, state, nil, textType)
	if err != nil {
		return fmt.Errorf("open a session: %w", err)
	}
	_, err = io.Copy(io.Discard, io.LimitReader(out.AudioStream, maxErrorBytes))
	if err = errors.Join(err, out.AudioStream.Close()); err != nil {
		return fmt.Errorf("open a session: %w", &answerError{err})
	}
	return nil
}

// get returns what a region knows of a session.
func (a *alias) get(ctx context.Context, session string) (*lexruntimev2.GetSessionOutput, error) {
	ids := a.ids.Load()
	if ids == nil {
		return nil, &unreachableError{errNotFound}
	}
	return a.runtime.GetSession(ctx, &lexruntimev2.GetSessionInput{
		BotId: &ids.bot, BotAliasId: &ids.alias, LocaleId: &a.locale, SessionId: &session,
	})
}

// recognize puts a text to the bot, without voice.
func (a *alias) recognize(ctx context.Context, session, text string) (*lexruntimev2.RecognizeTextOutput, error) {
	ids := a.ids.Load()
	if ids == nil {
		return nil, &unreachableError{errNotFound}
	}
	return a.runtime.RecognizeText(ctx, &lexruntimev2.RecognizeTextInput{
		BotId: &ids.bot, BotAliasId: &ids.alias, LocaleId: &a.locale, SessionId: &session, Text: &text,
	})
}

// forget deletes the session of that id.
func (a *alias) forget(ctx context.Context, session string) error {
	ids := a.ids.Load()
	if ids == nil {
		return &unreachableError{errNotFound}
	}
	_, err := a.runtime.DeleteSession(ctx, &lexruntimev2.DeleteSessionInput{
		BotId: &ids.bot, BotAliasId: &ids.alias, LocaleId: &a.locale, SessionId: &session,
	})
	return err
}

// sdkState returns a session state, as Lex sent it, in the SDK's types.
// encoding/json matches their field names whatever the case.
func sdkState(state []byte) (*types.SessionState, error) {
	if len(state) == 0 {
		return &types.SessionState{DialogAction: &types.DialogAction{Type: types.DialogActionTypeElicitIntent}}, nil
	}
	var s types.SessionState
	if err := json.Unmarshal(state, &s); err != nil {
		return nil, fmt.Errorf("read the session state: %w", err)
	}
	return cleaned(&s), nil
}

// cleaned returns a session state as it can be sent: without the id of the
// request that made it, and without the slots that are not filled: a null would go
// out as a slot that is there and has no value.
func cleaned(s *types.SessionState) *types.SessionState {
	state := *s
	state.OriginatingRequestId = nil
	if s.Intent != nil {
		intent := *s.Intent
		intent.Slots = maps.Clone(s.Intent.Slots)
		maps.DeleteFunc(intent.Slots, func(_ string, slot types.Slot) bool {
			return slot.Value == nil && len(slot.Values) == 0 && len(slot.SubSlots) == 0
		})
		state.Intent = &intent
	}
	return &state
}

// rawState returns a session state as Lex's JSON: what of it a conversation, and a
// request that carries it, need.
func rawState(s *types.SessionState) []byte {
	state := map[string]any{"sessionAttributes": s.SessionAttributes}
	if a := s.DialogAction; a != nil {
		action := map[string]any{"type": a.Type}
		if a.SlotToElicit != nil {
			action["slotToElicit"] = *a.SlotToElicit
		}
		state["dialogAction"] = action
	}
	if in := s.Intent; in != nil {
		intent := map[string]any{"name": deref(in.Name), "slots": rawSlots(in.Slots)}
		if in.State != "" {
			intent["state"] = in.State
		}
		if in.ConfirmationState != "" {
			intent["confirmationState"] = in.ConfirmationState
		}
		state["intent"] = intent
	}
	raw, err := json.Marshal(state)
	if err != nil {
		return []byte("{}") // texts, and maps and lists of them, can always be written
	}
	return raw
}

func rawSlots(slots map[string]types.Slot) map[string]any {
	raw := map[string]any{}
	for name, slot := range slots {
		raw[name] = rawSlot(slot)
	}
	return raw
}

func rawSlot(s types.Slot) map[string]any {
	slot := map[string]any{}
	if s.Shape != "" {
		slot["shape"] = s.Shape
	}
	if v := s.Value; v != nil {
		slot["value"] = map[string]any{
			"originalValue": deref(v.OriginalValue), "interpretedValue": deref(v.InterpretedValue), "resolvedValues": v.ResolvedValues,
		}
	}
	if len(s.Values) > 0 {
		var values []any
		for _, v := range s.Values {
			values = append(values, rawSlot(v))
		}
		slot["values"] = values
	}
	if len(s.SubSlots) > 0 {
		slot["subSlots"] = rawSlots(s.SubSlots)
	}
	return slot
}
