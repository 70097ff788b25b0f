package lex

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
)

// carried is a session state on its way to another region, and what of it that
// region's bot has refused so far: it may be of another version.
type carried struct {
	state   []byte          // as the region gave it whose answer was the latest
	without map[string]bool // slots that were refused
	filled  bool            // slots without a value were refused
	bare    bool            // everything but attributes and contexts was refused
	mark    string          // key of the turn, to be found in the session once it was executed; empty: none
}

// markName is the session attribute that holds a mark.
const markName = "lexline_turn"

// stateJSON is a session state of which only the outermost parts are looked at.
type stateJSON map[string]json.RawMessage

// json returns the state to send; nil for none.
//
// A dialog that is closed is not carried on: only the session attributes and
// the active contexts outlive it, and the next words begin a new one. A slot
// that was not filled is left out once anything was refused: another version of
// the bot may not know it. When nothing but the attributes is taken, the caller
// is heard as if they began anew.
func (c *carried) json() ([]byte, error) {
	if len(c.state) == 0 {
		return nil, nil
	}
	var state stateJSON
	if err := json.Unmarshal(c.state, &state); err != nil {
		return nil, fmt.Errorf("read the session state to carry: %w", err)
	}
	if state == nil {
		state = stateJSON{}
	}
	delete(state, "originatingRequestId")
	if err := c.note(state); err != nil {
		return nil, err
	}
	var action struct {
		Type string `json:"type"`
		Slot string `json:"slotToElicit"`
	}
	if err := decodePart(state["dialogAction"], &action); err != nil {
		return nil, err
	}
	switch {
	case c.bare, action.Type == "Close":
		delete(state, "intent")
		delete(state, "runtimeHints")
		state["dialogAction"] = json.RawMessage(`{"type":"ElicitIntent"}`)
	case len(c.without) > 0, c.filled:
		delete(state, "runtimeHints")
		if c.without[action.Slot] {
			state["dialogAction"] = json.RawMessage(`{"type":"Delegate"}`)
		}
		if err := c.thin(state); err != nil {
			return nil, err
		}
	}
	return json.Marshal(state)
}

// note puts the mark among the session attributes.
func (c *carried) note(state stateJSON) (err error) {
	if c.mark == "" {
		return nil
	}
	attributes := map[string]string{}
	if err := decodePart(state["sessionAttributes"], &attributes); err != nil {
		return err
	}
	if attributes == nil {
		attributes = map[string]string{}
	}
	attributes[markName] = c.mark
	state["sessionAttributes"], err = json.Marshal(attributes)
	return err
}

// thin leaves out the slots that were refused, and those without a value.
func (c *carried) thin(state stateJSON) error {
	var intent, slots stateJSON
	if err := decodePart(state["intent"], &intent); err != nil || intent == nil {
		return err
	}
	if err := decodePart(intent["slots"], &slots); err != nil {
		return err
	}
	maps.DeleteFunc(slots, func(name string, value json.RawMessage) bool {
		return c.without[name] || len(value) == 0 || string(value) == "null"
	})
	var err error
	if intent["slots"], err = json.Marshal(slots); err == nil {
		state["intent"], err = json.Marshal(intent)
	}
	return err
}

func decodePart(part json.RawMessage, v any) error {
	if len(part) == 0 {
		return nil
	}
	if err := json.Unmarshal(part, v); err != nil {
		return fmt.Errorf("read the session state to carry: %w", err)
	}
	return nil
}

var slotName = regexp.MustCompile(`[0-9A-Za-z]+(?:[_-][0-9A-Za-z]+)*`)

// refused notes that the bot did not take the state, and for which reason. Next
// time the slots that the reason names stay behind, and those without a value.
// Should it name none, those without a value are tried; when there are none of
// these, or it is the intent that is not known, all but attributes and contexts
// stay behind.
func (c *carried) refused(reason string) {
	var state struct {
		Intent struct {
			Name  string                     `json:"name"`
			Slots map[string]json.RawMessage `json:"slots"`
		} `json:"intent"`
	}
	_ = json.Unmarshal(c.state, &state) // it was sent, so it can be read
	words := slotName.FindAllString(reason, -1)
	named, empty := false, false
	for name, value := range state.Intent.Slots {
		if slices.Contains(words, name) && !c.without[name] {
			c.leave(name)
			named = true
		}
		empty = empty || string(value) == "null"
	}
	switch {
	case named:
	case c.filled, len(c.without) > 0, !empty, slices.Contains(words, state.Intent.Name):
		c.bare = true
	}
	c.filled = true
}

func (c *carried) leave(name string) {
	if c.without == nil {
		c.without = map[string]bool{}
	}
	c.without[name] = true
}
