package lexhook

import "maps"

// MaxAnswer is how long the JSON text of an answer may be, in bytes. Lex
// refuses more: https://docs.aws.amazon.com/lexv2/latest/dg/quotas.html.
const MaxAnswer = 25 << 10

// Response is what a Lambda function answers Lex with. Without messages Lex
// says what the bot's definition has for the occasion.
// https://docs.aws.amazon.com/lexv2/latest/dg/lambda-response-format.html
type Response struct {
	SessionState      SessionState      `json:"sessionState"`
	Messages          []Message         `json:"messages,omitempty"`
	RequestAttributes map[string]string `json:"requestAttributes,omitempty"`
}

// Message is something the bot says. ContentType is PlainText, SSML or
// CustomPayload.
type Message struct {
	ContentType string `json:"contentType"`
	Content     string `json:"content"`
}

// Close returns the answer that ends the dialog of an event: its intent in the
// given state, Fulfilled or Failed, its session attributes as they were, and
// the given texts as the last words.
func Close(e Event, state string, texts ...string) Response {
	r := answer(e, "Close")
	if r.SessionState.Intent != nil {
		r.SessionState.Intent.State = state
	}
	for _, text := range texts {
		r.Messages = append(r.Messages, Message{ContentType: "PlainText", Content: text})
	}
	return r
}

// Delegate returns the answer that leaves everything as it is and what comes
// next to Lex.
func Delegate(e Event) Response { return answer(e, "Delegate") }

func answer(e Event, action string) Response {
	st := SessionState{
		ActiveContexts:    e.SessionState.ActiveContexts,
		SessionAttributes: maps.Clone(e.SessionState.SessionAttributes),
		DialogAction:      &DialogAction{Type: action},
	}
	if e.SessionState.Intent != nil {
		intent := *e.SessionState.Intent
		st.Intent = &intent
	}
	return Response{SessionState: st}
}
