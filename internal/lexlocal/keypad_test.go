package lexlocal

import (
	"testing"
	"time"

	"lexline/internal/botdef"
)

func TestKeyedDate(t *testing.T) {
	for _, test := range []struct{ keys, now, want string }{
		{"1203", "2026-11-20", "2026-12-03"},
		{"1120", "2026-11-20", "2026-11-20"},
		{"1119", "2026-11-20", "2027-11-19"},
		{"0229", "2026-11-20", "2028-02-29"},
		{"0229", "2096-03-01", "2104-02-29"},
		{"0230", "2026-11-20", ""},
		{"1301", "2026-11-20", ""},
		{"0000", "2026-11-20", ""},
		{"123", "2026-11-20", ""},
		{"12031", "2026-11-20", ""},
		{"*203", "2026-11-20", ""},
	} {
		now, err := time.Parse(time.DateOnly, test.now)
		if err != nil {
			t.Fatal(err)
		}
		if got := keyedDate(test.keys, now.Add(23*time.Hour)); got != test.want {
			t.Errorf("%s on %s = %q, want %q", test.keys, test.now, got, test.want)
		}
	}
}

func TestKeyedTime(t *testing.T) {
	for _, test := range []struct{ keys, want string }{
		{"1730", "17:30"},
		{"0000", "00:00"},
		{"930", "09:30"},
		{"2359", "23:59"},
		{"2400", ""},
		{"1260", ""},
		{"17", ""},
		{"17300", ""},
		{"1*30", ""},
	} {
		if got := keyedTime(test.keys); got != test.want {
			t.Errorf("%s = %q, want %q", test.keys, got, test.want)
		}
	}
}

func TestKeyedValue(t *testing.T) {
	locale := &botdef.Locale{ID: "en_US", SlotTypes: []*botdef.SlotType{
		{Name: "Flowers", Values: []botdef.Value{{Value: "roses"}, {Value: "lilies"}}},
		{Name: "Nights", Values: []botdef.Value{{Value: "seven", Synonyms: []string{"1"}}, {Value: "2"}}},
	}}
	for _, test := range []struct{ kind, text, want string }{
		{"Flowers", "1", "roses"},
		{"Flowers", "02#", "lilies"},
		{"Flowers", "3", ""},
		{"Flowers", "0", ""},
		{"Flowers", "one", ""},
		{"Flowers", "1*", ""},
		{"Nights", "1", ""}, // the key is a value of the type: left to its resolution
		{"Nights", "2", ""},
		{"AMAZON.Confirmation", "1", "Yes"},
		{"AMAZON.Confirmation", "2", "No"},
		{"AMAZON.Confirmation", "3", ""},
		{"AMAZON.DATE", "1203", "2026-12-03"},
		{"AMAZON.Time", "1730", "17:30"},
		{"AMAZON.Number", "12", ""},
	} {
		x := &turn{d: &dialog{locale: locale}, now: friday}
		got, ok := x.keyedValue(&botdef.Slot{Name: "S", Type: test.kind}, test.text)
		if got.Interpreted != test.want || ok != (test.want != "") {
			t.Errorf("%s keyed %q = %q, %v; want %q", test.kind, test.text, got.Interpreted, ok, test.want)
		}
	}
}

func TestMenusOfBuiltinTypes(t *testing.T) {
	x := &turn{d: &dialog{locale: &botdef.Locale{}}}
	for kind, want := range map[string]string{
		"AMAZON.Confirmation": "Press 1 for yes, 2 for no.",
		"AMAZON.Number":       "Key the number, then the hash key.",
		"AMAZON.City":         "",
	} {
		if got := x.slotMenu(&botdef.Slot{Type: kind}); got != want {
			t.Errorf("menu of %s %q, want %q", kind, got, want)
		}
	}
}

func TestLongMenusAreNotRead(t *testing.T) {
	if got := menu(make([]string, longestMenu+1)); got != "" {
		t.Errorf("menu of %d choices %q, want none", longestMenu+1, got)
	}
}

func TestSpokenName(t *testing.T) {
	for _, test := range []struct {
		in   botdef.Intent
		want string
	}{
		{botdef.Intent{Name: "OrderFlowers"}, "order flowers"},
		{botdef.Intent{Name: "GoodbyeIntent"}, "goodbye"},
		{botdef.Intent{Name: "book_a-CarNow"}, "book a car now"},
		{botdef.Intent{Name: "X", DisplayName: "Order Flowers"}, "order flowers"},
	} {
		if got := spokenName(&test.in); got != test.want {
			t.Errorf("%s is spoken %q, want %q", test.in.Name, got, test.want)
		}
	}
}
