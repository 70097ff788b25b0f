package lexlocal

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/botdef"
)

func TestCaveats(t *testing.T) {
	bot := loadBot(t, "OrderFlowers")
	want := []string{"en_US/OrderFlowers: fulfillment: there is no Lambda function here (--hook), it is taken to succeed"}
	if diff := cmp.Diff(want, Caveats(bot)); diff != "" {
		t.Errorf("caveats of OrderFlowers (-want +got):\n%s", diff)
	}
	in := order(bot.Locales[0])
	in.Initial.Hook = &botdef.CodeHook{Active: true, Invoke: true}
	in.Confirmation.Hook = &botdef.CodeHook{Active: true} // a step that calls nothing
	in.DialogHook = true
	in.Slot("PickupDate").ElicitationHook = &botdef.CodeHook{Active: true, Invoke: true}
	in.Slot("FlowerType").Subslots = []*botdef.Slot{{Name: "Colour"}}
	in.Slot("PickupDate").Capture.Conditional = &botdef.Conditional{Active: true, Branches: []botdef.Branch{
		{Name: "good", Expression: `{PickupDate} > "2026"`}, {Name: "bad", Expression: "{PickupDate} >"},
	}}
	want = []string{
		"en_US/OrderFlowers: initial response: there is no Lambda function here (--hook), it is taken to succeed and to change nothing",
		"en_US/OrderFlowers: fulfillment: there is no Lambda function here (--hook), it is taken to succeed",
		"en_US/OrderFlowers/FlowerType: the parts of a composite slot are not asked for one by one",
		"en_US/OrderFlowers/PickupDate: slot capture, branch bad: its condition is never true here: condition: ends too early",
	}
	if diff := cmp.Diff(want, Caveats(bot)); diff != "" {
		t.Errorf("caveats (-want +got):\n%s", diff)
	}
	s, err := New(Config{Bots: []*botdef.Bot{bot}, Hooks: map[string]string{"OrderFlowers": "http://127.0.0.1:1/"}})
	if err != nil {
		t.Fatal(err)
	}
	want = []string{
		"OrderFlowers/en_US/OrderFlowers/FlowerType: the parts of a composite slot are not asked for one by one",
		"OrderFlowers/en_US/OrderFlowers/PickupDate: slot capture, branch bad: its condition is never true here: condition: ends too early",
		"OrderFlowers/en_US/OrderFlowers/PickupDate: the Lambda function is not asked when an answer was no value",
	}
	if diff := cmp.Diff(want, s.Caveats()); diff != "" {
		t.Errorf("caveats with a function (-want +got):\n%s", diff)
	}
}
