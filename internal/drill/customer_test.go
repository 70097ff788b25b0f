package drill

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/botdef"
	"lexline/internal/connectsim"
)

// TestCustomerAnswersTheBot has a customer hear every question that the example
// bot's slots and its confirmation have.
func TestCustomerAnswersTheBot(t *testing.T) {
	bot, err := botdef.Load("../../bots/OrderFlowers")
	if err != nil {
		t.Fatal(err)
	}
	intent := bot.Locales[0].Intent("OrderFlowers")
	who := draw(1, 1, time.Now())
	heard := func(prompt *botdef.Prompt, want Question) {
		t.Helper()
		for _, group := range prompt.Groups {
			for _, message := range group {
				if got := who.answer([]string{"Welcome.", message.Text}); got.Kind != want {
					t.Errorf("to %q the customer says %q, which answers %s; want %s", message.Text, got.Text, got.Kind, want)
				}
			}
		}
	}
	for _, slot := range intent.Slots {
		heard(slot.Prompt, map[string]Question{"FlowerType": AskFlower, "PickupDate": AskDay, "PickupTime": AskTime}[slot.Name])
	}
	heard(intent.Confirmation.Prompt, AskConfirm)
}

// hear has a customer take one turn, and returns what they said.
func hear(t *testing.T, c *customer, heard connectsim.Heard) connectsim.Utterance {
	t.Helper()
	said, err := c.Next(t.Context(), heard)
	if err != nil {
		t.Fatal(err)
	}
	return said
}

func TestCustomerGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &customer{who: draw(1, 1, time.Now())}
		begin := connectsim.Heard{Prompts: []string{"Welcome. How can I help you?"}, Begins: true}
		first := hear(t, c, begin)
		begin.Again = true
		for n := range mostAgain {
			if again := hear(t, c, begin); again != first {
				t.Errorf("after %d broken conversations the customer says %v; want %v once more", n+1, again, first)
			}
		}
		if last := hear(t, c, begin); !last.HangUp {
			t.Errorf("after %d broken conversations the customer says %v; want to hang up", mostAgain+1, last)
		}
		if c.said != 1+mostAgain {
			t.Errorf("the customer said %d things; want %d", c.said, 1+mostAgain)
		}
	})
}

func TestCustomerIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, err := (&customer{who: draw(1, 1, time.Now())}).Next(ctx, connectsim.Heard{}); !errors.Is(err, ctx.Err()) || err == nil {
			t.Errorf("Next = %v; want the end of its context", err)
		}
	})
}

// TestContactOf makes a contact of what a flow recorded: a block that failed, and
// one that served.
func TestContactOf(t *testing.T) {
	alias := func(region string) map[string]any {
		return map[string]any{"LexV2Bot": map[string]any{"AliasArn": "arn:aws:lex:" + region + ":111122223333:bot-alias/FLOWERSBOT/VERONE0000"}}
	}
	who := &customer{who: draw(1, 1, dawn), thought: time.Second, said: 6}
	result := connectsim.Result{
		Contact: "c1", End: connectsim.Disconnected, Length: 9 * time.Second, Intent: "OrderFlowers", State: "Fulfilled", Repeated: 1, Silence: 2 * time.Second,
		Events: []connectsim.Event{
			{Time: at(1), Event: connectsim.KindAction, Type: "InvokeLambdaFunction", TookMS: 30, External: map[string]string{"primaryCode": "us-east-1"}},
			{Time: at(4), Event: connectsim.KindAction, Type: "ConnectParticipantWithLexBot", TookMS: 3000, Error: "NoMatchingError", Parameters: alias("us-east-1")},
			{Time: at(9), Event: connectsim.KindAction, Type: "ConnectParticipantWithLexBot", TookMS: 5000, Parameters: alias("us-west-2")},
		},
	}
	got := contactOf(result, who, 7, 3, dawn)
	want := Contact{
		Number: 7, Lane: 3, ID: "c1", Order: who.who.Order, Began: dawn, Ended: at(9), End: ContactServed,
		Led: "us-east-1", LedIn: 30 * time.Millisecond,
		Blocks:  []BotBlock{{"us-east-1", at(1), at(4), true}, {"us-west-2", at(4), at(9), false}},
		Sayings: len(who.who.Sayings), Said: 6, Repeats: 1, Waited: 8 * time.Second, Silence: 2 * time.Second,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("contactOf (-want +got):\n%s", diff)
	}
	if !got.branched() {
		t.Error("a contact that another region served after its block had failed is not told to have moved")
	}
}

func TestEndOfContact(t *testing.T) {
	tests := map[string]struct {
		result connectsim.Result
		want   ContactEnd
	}{
		"served":                 {connectsim.Result{End: connectsim.Disconnected, Intent: "OrderFlowers", State: "Fulfilled"}, ContactServed},
		"the bot failed it":      {connectsim.Result{End: connectsim.Disconnected, Intent: "OrderFlowers", State: "Failed"}, ContactApologised},
		"an apology":             {connectsim.Result{End: connectsim.Disconnected}, ContactApologised},
		"a queue":                {connectsim.Result{End: connectsim.Queued}, ContactApologised},
		"hung up":                {connectsim.Result{End: connectsim.HungUp}, ContactGaveUp},
		"the flow has a fault":   {connectsim.Result{End: connectsim.Failed, Fault: "nothing follows"}, ContactCut},
		"the end of the drill":   {connectsim.Result{End: connectsim.Cancelled}, ContactStopped},
		"served, then cut short": {connectsim.Result{End: connectsim.Cancelled, Intent: "OrderFlowers", State: "Fulfilled"}, ContactServed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := endOfContact(tt.result); got != tt.want {
				t.Errorf("endOfContact(%+v) = %s; want %s", tt.result, got, tt.want)
			}
		})
	}
}
