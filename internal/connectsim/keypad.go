package connectsim

import (
	"context"
	"regexp"
	"strconv"
	"time"

	"lexline/internal/connect"
)

// getInput plays a menu and waits for keys
// (https://docs.aws.amazon.com/connect/latest/APIReference/participant-actions-getparticipantinput.html).
func (c *run) getInput(ctx context.Context, a *connect.Action) outcome {
	prompt, ok := c.prompt(a)
	if !ok {
		return failed("there is nothing to play")
	}
	limit, err := strconv.Atoi(resolve(text(a, "InputTimeLimitSeconds"), c.data))
	if err != nil || limit < 1 {
		return failed("InputTimeLimitSeconds is no number of seconds")
	}
	c.play(ctx, a, prompt)
	said, on := c.listen(ctx, a, Heard{Keypad: true, Begins: true}, time.Duration(limit)*time.Second)
	switch {
	case !on:
		return outcome{end: HungUp}
	case said.Keys == "":
		return outcome{failed: connect.InputTimeLimitExceeded, why: "the caller pressed no key"}
	}
	keys := said.Keys
	if stores(a) {
		keys = keys[:min(len(keys), maximum(a))]
		if wantsNumber(a) && !numberForm.MatchString(keys) {
			return outcome{failed: connect.InvalidPhoneNumber, why: keys + " is not a telephone number"}
		}
		c.data["StoredCustomerInput"] = keys
	} else {
		keys = keys[:min(len(keys), longest(a.Transitions.Conditions))]
	}
	return outcome{results: keys}
}

// stores reports whether what the caller presses is kept, and not a choice.
func stores(a *connect.Action) bool { return text(a, "StoreInput") == "True" }

// maxKeys is how many keys are stored at most.
const maxKeys = 20

// maximum returns how many keys an action stores.
func maximum(a *connect.Action) int {
	validation, _ := a.Parameters["InputValidation"].(map[string]any)
	custom, _ := validation["CustomValidation"].(map[string]any)
	n, err := strconv.Atoi(words(custom["MaximumLength"]))
	if err != nil || n < 1 {
		return maxKeys
	}
	return n
}

// numberForm is that of a telephone number as it is dialled.
var numberForm = regexp.MustCompile(`^[0-9]{7,15}$`)

func wantsNumber(a *connect.Action) bool {
	validation, _ := a.Parameters["InputValidation"].(map[string]any)
	return validation["PhoneNumberValidation"] != nil
}

// longest returns how many keys the longest choice has.
func longest(choices []connect.Conditional) int {
	most := 1
	for _, choice := range choices {
		for _, operand := range choice.Condition.Operands {
			most = max(most, len(operand))
		}
	}
	return most
}
