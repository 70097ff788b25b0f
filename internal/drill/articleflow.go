package drill

import (
	"context"
	"encoding/json"

	"lexline/internal/connect"
)

// articleFlow is the flow of AWS's article, as a model: it asks the function, and
// talks with the bot of the secondary region if that is what it is told, else with
// the primary one's. Where anything fails, the bot's block included, it says so and
// hangs up.
func articleFlow(primary, secondary connect.RegionBot, lambda string) *connect.Flow {
	on := func(next, failed string) connect.Transitions {
		return connect.Transitions{NextAction: next, Errors: []connect.ErrorTransition{{NextAction: failed, ErrorType: connect.NoMatchingError}}}
	}
	bot := func(id string, to connect.RegionBot) connect.Action {
		t := on("goodbye", "sorry")
		t.Errors = append(t.Errors,
			connect.ErrorTransition{NextAction: "sorry", ErrorType: connect.InputTimeLimitExceeded},
			connect.ErrorTransition{NextAction: "goodbye", ErrorType: connect.NoMatchingCondition})
		return connect.Action{
			Identifier: id, Type: connect.ConnectParticipantWithLexBot, Transitions: t,
			Parameters: map[string]any{"Text": "Welcome. How can I help you?", "LexV2Bot": map[string]any{"AliasArn": to.Alias}},
		}
	}
	return &connect.Flow{
		Version: connect.FlowVersion, StartAction: "ask",
		Actions: []connect.Action{
			{
				Identifier: "ask", Type: connect.InvokeLambdaFunction, Transitions: on("compare", "sorry"),
				Parameters: map[string]any{
					"LambdaFunctionARN": lambda, "InvocationTimeLimitSeconds": "3",
					"LambdaInvocationAttributes": map[string]any{"region": primary.Region},
					"ResponseValidation":         map[string]any{"ResponseType": "STRING_MAP"},
				},
			},
			{
				Identifier: "compare", Type: connect.Compare,
				Parameters: map[string]any{"ComparisonValue": "$.External.primaryCode"},
				Transitions: connect.Transitions{
					NextAction: "primary",
					Conditions: []connect.Conditional{{NextAction: "secondary", Condition: connect.Condition{Operator: "Equals", Operands: []string{secondary.Region}}}},
					Errors:     []connect.ErrorTransition{{NextAction: "primary", ErrorType: connect.NoMatchingCondition}},
				},
			},
			bot("primary", primary),
			bot("secondary", secondary),
			{Identifier: "goodbye", Type: connect.MessageParticipant, Parameters: map[string]any{"Text": "Goodbye."}, Transitions: on("end", "end")},
			{Identifier: "sorry", Type: connect.MessageParticipant, Parameters: map[string]any{"Text": "Sorry, an error occurred. Goodbye."}, Transitions: on("end", "end")},
			{Identifier: "end", Type: connect.DisconnectParticipant},
		},
	}
}

// articleTell is the article's lexDRGetRegion: it answers with what the table says,
// a region's name or not. The status code is a text, as Connect wants it; the
// article's is a number.
type articleTell struct{ checker *checker }

// Invoke implements connectsim.Invoker.
func (a articleTell) Invoke(context.Context, []byte) ([]byte, error) {
	return json.Marshal(map[string]string{"statusCode": "200", "primaryCode": a.checker.active()})
}
