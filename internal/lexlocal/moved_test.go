package lexlocal

import (
	"slices"
	"testing"

	"lexline/internal/botdef"
)

// TestSessionOfAnotherVersion goes on with a session after the definition under it
// has lost the slot that was asked for, or the intent.
func TestSessionOfAnotherVersion(t *testing.T) {
	step := func(d *dialog, s *session, text string) *session {
		t.Helper()
		a, err := d.Step(s, input{sessionID: "CA0123", mode: modeText, text: text}, friday)
		if err != nil {
			t.Fatal(err)
		}
		return a.session
	}
	for _, test := range []struct {
		name string
		edit func(l *botdef.Locale)
	}{
		{"the slot", func(l *botdef.Locale) {
			in := order(l)
			in.Slots = slices.DeleteFunc(in.Slots, func(s *botdef.Slot) bool { return s.Name == "FlowerType" })
		}},
		{"the intent", func(l *botdef.Locale) {
			l.Intents = slices.DeleteFunc(l.Intents, func(in *botdef.Intent) bool { return in.Name == "OrderFlowers" })
		}},
	} {
		asked := step(newDialog(loadBot(t, "OrderFlowers")), nil, flowersText)
		asked.attributes["kept"] = "yes"
		if asked.action.SlotToElicit != "FlowerType" {
			t.Fatalf("%s: asked for %q, want FlowerType", test.name, asked.action.SlotToElicit)
		}
		got := step(flowers(t, test.edit), asked, "roses")
		if got.action.SlotToElicit == "FlowerType" || got.intent != nil && (got.intent.Name == "OrderFlowers" || got.intent.Slots["FlowerType"] != nil) {
			t.Errorf("%s is gone: goes on with %+v of %+v, want a fresh start", test.name, got.action, got.intent)
		}
		if got.attributes["kept"] != "yes" {
			t.Errorf("%s is gone: attributes %v, want those of before", test.name, got.attributes)
		}
	}
}
