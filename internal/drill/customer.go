package drill

import (
	"context"
	"strings"
	"time"

	"lexline/internal/connect"
	"lexline/internal/connectsim"
)

// customer is somebody who orders flowers in a contact. They answer what they are
// asked, so that they go along when they are asked once more.
type customer struct {
	who     role
	thought time.Duration // in all: the rest of the contact they waited
	began   int           // conversations that broke off
	said    int
	late    time.Duration // by which they spoke later than they would have, at the worst
}

// mostAgain is how often a customer says everything again.
const mostAgain = 2

// hurry is by how much customers think less than callers do: no recording has to
// be heard to its end, and a drill has more contacts so.
const hurry = 10

// Next implements connectsim.Caller.
func (c *customer) Next(ctx context.Context, heard connectsim.Heard) (connectsim.Utterance, error) {
	if heard.Again {
		if c.began++; c.began > mostAgain {
			return connectsim.Utterance{HangUp: true}, nil
		}
	}
	s := c.who.answer(heard.Prompts)
	think := s.Think / hurry
	began, timer := time.Now(), time.NewTimer(think)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return connectsim.Utterance{}, ctx.Err()
	}
	c.thought += think
	c.late = max(c.late, time.Since(began)-think)
	c.said++
	return connectsim.Utterance{Text: s.Text}, nil
}

// asks are words of the example bot's questions, with their variants; after anything
// else the customer says what they want.
var asks = []struct {
	words string
	kind  Question
}{
	{"sound okay", AskConfirm},
	{"yes or no", AskConfirm},
	{"at what time", AskTime},
	{"what day", AskDay},
	{"which day", AskDay},
	{"type of flowers", AskFlower},
	{"which would you like", AskFlower},
}

// answer returns what somebody says who heard the prompts.
func (r *role) answer(prompts []string) saying {
	kind := AskIntent
	if len(prompts) > 0 {
		prompt := strings.ToLower(prompts[len(prompts)-1])
		for _, ask := range asks {
			if strings.Contains(prompt, ask.words) {
				kind = ask.kind
				break
			}
		}
	}
	for _, s := range r.Sayings {
		if s.Kind == kind {
			return s
		}
	}
	// Only the flowers need not be said, when they were named at once; a bot that
	// asks all the same is told.
	return saying{Kind: AskFlower, Text: r.Order.Flower, Think: shortThink}
}

// contactOf makes a contact of what the flow and its customer saw.
func contactOf(result connectsim.Result, who *customer, number, lane int, began time.Time) Contact {
	c := Contact{
		Number: number, Lane: lane, ID: result.Contact, Order: who.who.Order, Began: began, Ended: began.Add(result.Length),
		Text: result.Fault, Sayings: len(who.who.Sayings), Said: who.said, Repeats: result.Repeated,
		Waited: result.Length - who.thought, Silence: result.Silence, Late: who.late,
	}
	var last connectsim.Event
	for _, e := range result.Events {
		if e.Event == connectsim.KindPrompt {
			last = e
		}
		if e.Event == connectsim.KindAction {
			c.took(e)
		}
	}
	c.End = endOfContact(result)
	if c.End != ContactServed && c.Text == "" {
		c.Text = strings.Trim(string(result.End)+` after "`+last.Text, ` `) + `"`
	}
	return c
}

// endOfContact says how a contact ended for its customer.
func endOfContact(result connectsim.Result) ContactEnd {
	switch {
	case result.Fulfilled():
		return ContactServed
	case result.End == connectsim.Cancelled:
		return ContactStopped
	case result.End == connectsim.HungUp:
		return ContactGaveUp
	case result.End == connectsim.Disconnected, result.End == connectsim.Queued:
		return ContactApologised
	}
	return ContactCut
}

// took takes in an action that was executed.
func (c *Contact) took(e connectsim.Event) {
	began := e.Time.Add(-time.Duration(e.TookMS) * time.Millisecond)
	switch e.Type {
	case connect.InvokeLambdaFunction:
		c.Led, c.LedIn = e.External["primaryCode"], time.Duration(e.TookMS)*time.Millisecond
	case connect.ConnectParticipantWithLexBot:
		c.Blocks = append(c.Blocks, BotBlock{regionOfAlias(e.Parameters), began, e.Time, e.Error == connect.NoMatchingError})
	}
}

// regionOfAlias reads the region out of the ARN in a Lex block's parameters.
func regionOfAlias(parameters map[string]any) string {
	bot, _ := parameters["LexV2Bot"].(map[string]any)
	arn, _ := bot["AliasArn"].(string)
	if parts := strings.Split(arn, ":"); len(parts) == 6 {
		return parts[3]
	}
	return ""
}
