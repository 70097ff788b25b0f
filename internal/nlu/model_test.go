package nlu

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/botdef"
)

func loadLocale(t testing.TB, bot string) *botdef.Locale {
	t.Helper()
	b, err := botdef.Load("../../bots/" + bot)
	if err != nil {
		t.Fatal(err)
	}
	return b.Locale("en_US")
}

// values writes slots as "FlowerType=roses PickupTime=10:00|22:00".
func values(slots map[string]Value, order []*botdef.Slot) string {
	var list []string
	for _, s := range order {
		if v, ok := slots[s.Name]; ok {
			text := v.Interpreted
			if text == "" {
				text = strings.Join(v.Resolved, "|")
			}
			list = append(list, s.Name+"="+text)
		}
	}
	return strings.Join(list, " ")
}

func TestRankOrderFlowers(t *testing.T) {
	tests := []struct {
		text   string
		intent string
		slots  string
	}{
		{"I would like to order some flowers.", "OrderFlowers", ""},
		{"i would like to pick up flowers", "OrderFlowers", ""},
		{"Can I order flowers?", "OrderFlowers", ""},
		{"may i order flowers", "OrderFlowers", ""},
		{"um hello i want to order some flowers please", "OrderFlowers", ""},
		{"order flwers", "OrderFlowers", ""},
		{"ordering a flower", "OrderFlowers", ""},
		{"flowers for my wife", "OrderFlowers", ""},
		{"i want to buy tulips", "OrderFlowers", "FlowerType=tulips"},
		{"roses", "OrderFlowers", "FlowerType=roses"},
		{"order a lily", "OrderFlowers", "FlowerType=lilies"},
		{"order roses for tomorrow", "OrderFlowers", "FlowerType=roses PickupDate=2020-11-26"},
		{"order roses for tomorrow at five p m", "OrderFlowers", "FlowerType=roses PickupDate=2020-11-26 PickupTime=17:00"},
		{"I'd like lilies on the third of December at half past six in the evening", "OrderFlowers", "FlowerType=lilies PickupDate=2020-12-03 PickupTime=18:30"},
		{"i want roses for next friday at 10", "OrderFlowers", "FlowerType=roses PickupDate=2020-12-04 PickupTime=10:00|22:00"},
		{"i want to pick up tulips on 12/3 at 5:30pm", "OrderFlowers", "FlowerType=tulips PickupDate=2020-12-03 PickupTime=17:30"},
		{"i need flowers for the twenty fourth", "OrderFlowers", "PickupDate=2020-12-24"},
		{"i want flowers now", "OrderFlowers", "PickupDate=2020-11-25"},
		{"i want two flowers", "OrderFlowers", ""},

		{"help", "HelpIntent", ""},
		{"can you help me please", "HelpIntent", ""},
		{"cancel", "CancelIntent", ""},
		{"never mind", "CancelIntent", ""},
		{"cancel my order", "CancelIntent", ""},
		{"goodbye", "GoodbyeIntent", ""},
		{"that is all, thanks", "GoodbyeIntent", ""},

		{"i would like to order a pizza", "FallbackIntent", ""},
		{"i do not want to order flowers", "FallbackIntent", ""},
		{"i would like to", "FallbackIntent", ""},
		{"what is the weather like tomorrow", "FallbackIntent", ""},
		{"december third", "FallbackIntent", ""},
		{"yes", "FallbackIntent", ""},
		{"", "FallbackIntent", ""},
		{"!?", "FallbackIntent", ""},
	}
	l := loadLocale(t, "OrderFlowers")
	m := NewModel(l)
	for _, test := range tests {
		got := m.Rank(test.text, State{}, wednesday)[0]
		if slots := values(got.Slots, got.Intent.Slots); got.Intent.Name != test.intent || slots != test.slots {
			t.Errorf("Rank(%q) = %s %.2f [%s], want %s [%s]", test.text, got.Intent.Name, got.Score, slots, test.intent, test.slots)
		}
	}
}

func TestRankBookTrip(t *testing.T) {
	tests := []struct{ text, intent, slots string }{
		{"book a hotel", "BookHotel", ""},
		{"book a car", "BookCar", ""},
		{"I want to make hotel reservations", "BookHotel", ""},
		{"make a car reservation", "BookCar", ""},
		{"book a two night stay in seattle", "BookHotel", "Location=Seattle Nights=2"},
		{"Book a 3 night stay in New York", "BookHotel", "Location=New York Nights=3"},
		{"i need a hotel in poughkeepsie", "BookHotel", "Location=poughkeepsie"},
		{"i need a hotel in salt lake city from friday", "BookHotel", "Location=Salt Lake City CheckInDate=2020-11-27"},
		{"i would like to rent a full-size car in chicago", "BookCar", "PickUpCity=Chicago CarType=full size"},
		{"rent a minivan", "BookCar", "CarType=minivan"},
		{"what can you do", "HelpIntent", ""},
	}
	m := NewModel(loadLocale(t, "BookTrip"))
	for _, test := range tests {
		got := m.Rank(test.text, State{}, wednesday)[0]
		if slots := values(got.Slots, got.Intent.Slots); got.Intent.Name != test.intent || slots != test.slots {
			t.Errorf("Rank(%q) = %s %.2f [%s], want %s [%s]", test.text, got.Intent.Name, got.Score, slots, test.intent, test.slots)
		}
	}
}

func TestRankWhileASlotIsElicited(t *testing.T) {
	elicit := func(slot string) State { return State{Elicit: ElicitSlot, Intent: "OrderFlowers", Slot: slot} }
	tests := []struct {
		state               State
		text, intent, slots string
	}{
		{elicit("FlowerType"), "roses", "OrderFlowers", "FlowerType=roses"},
		{elicit("FlowerType"), "roses for tomorrow at five p m", "OrderFlowers", "FlowerType=roses PickupDate=2020-11-26 PickupTime=17:00"},
		{elicit("PickupDate"), "i will pick them up on friday at noon", "OrderFlowers", "PickupDate=2020-11-27 PickupTime=12:00"},
		{elicit("PickupTime"), "ten o'clock", "OrderFlowers", "PickupTime=10:00|22:00"},
		{elicit("FlowerType"), "help", "HelpIntent", ""},
		{elicit("PickupTime"), "never mind", "CancelIntent", ""},
		{elicit("PickupTime"), "goodbye", "GoodbyeIntent", ""},
		{elicit("Nothing"), "friday", "FallbackIntent", ""},
	}
	m := NewModel(loadLocale(t, "OrderFlowers"))
	for _, test := range tests {
		got := m.Rank(test.text, test.state, wednesday)[0]
		if slots := values(got.Slots, got.Intent.Slots); got.Intent.Name != test.intent || slots != test.slots {
			t.Errorf("Rank(%q) while %s is elicited = %s %.2f [%s], want %s [%s]", test.text, test.state.Slot, got.Intent.Name, got.Score, slots, test.intent, test.slots)
		}
	}
}

// bank is a locale with what the example bots lack.
func bank() *botdef.Locale {
	account := &botdef.Slot{Name: "Account", Type: "Accounts"}
	name := &botdef.Slot{Name: "Name", Type: "AMAZON.FirstName", Utterances: []string{"my name is {Name}"}}
	code := &botdef.Slot{Name: "Code", Type: "Codes"}
	lost := &botdef.Slot{Name: "What", Type: "AMAZON.FreeFormInput"}
	unit := &botdef.Slot{Name: "Unit", Type: "Units"}
	ghost := &botdef.Slot{Name: "Ghost", Type: "AMAZON.Ghost"}
	day := &botdef.Slot{Name: "Day", Type: "AMAZON.DATE"} // as Lex V1 spelled it
	return &botdef.Locale{
		ID: "en_GB", Threshold: 0.4,
		Intents: []*botdef.Intent{
			{Name: "Balance", Utterances: []string{"what is my balance", "balance of my {Account} account"}, Slots: []*botdef.Slot{account}},
			{Name: "Close", Utterances: []string{"close it", "close the account"}, InputContexts: []string{"chosen"}},
			{Name: "Introduce", Utterances: []string{"my name is {Name}", "{Name}"}, Slots: []*botdef.Slot{name}},
			{Name: "Report", Utterances: []string{"report {What}"}, Slots: []*botdef.Slot{lost, code, unit, ghost, day}},
			{Name: "FallbackIntent", Parent: botdef.FallbackSignature},
		},
		SlotTypes: []*botdef.SlotType{
			{Name: "Accounts", Resolution: botdef.OriginalValue, Values: []botdef.Value{{Value: "savings", Synonyms: []string{"nest egg"}}, {Value: "checking"}}},
			{Name: "Codes", Parent: "AMAZON.AlphaNumeric", Pattern: "[A-Z]{2}[0-9]{3}", Resolution: botdef.OriginalValue},
			{Name: "Units", Resolution: botdef.TopResolution, Values: []botdef.Value{
				{Value: "737 MAX", Synonyms: []string{"seven three seven"}},
				{Value: "A-320"},
				{Value: "Café"},
				{Value: "plan b+"},
				{Value: "mercury", Synonyms: []string{"planet"}},
				{Value: "venus", Synonyms: []string{"planet"}},
			}},
		},
	}
}

func TestRankOpenSlotsAndContexts(t *testing.T) {
	m := NewModel(bank())
	tests := []struct {
		text     string
		contexts []string
		intent   string
		slots    string
	}{
		{"what is my balance", nil, "Balance", ""},
		{"balance of my savings account", nil, "Balance", "Account=savings"},
		{"balance of my nest egg account", nil, "Balance", "Account=nest egg"},
		{"balance of my holiday account", nil, "Balance", "Account=holiday"},
		{"my name is Mary", nil, "Introduce", "Name=Mary"},
		{"my name is Zebulon", nil, "Introduce", "Name=Zebulon"},
		{"Mary", nil, "Introduce", "Name=Mary"},
		{"Zebulon", nil, "FallbackIntent", ""},
		{"report the parcel is wet", nil, "Report", "What=the parcel is wet"},
		{"close the account", nil, "FallbackIntent", ""},
		{"close the account", []string{"other", "chosen"}, "Close", ""},
	}
	for _, test := range tests {
		got := m.Rank(test.text, State{Contexts: test.contexts}, wednesday)[0]
		if slots := values(got.Slots, got.Intent.Slots); got.Intent.Name != test.intent || slots != test.slots {
			t.Errorf("Rank(%q, contexts %v) = %s %.2f [%s], want %s [%s]", test.text, test.contexts, got.Intent.Name, got.Score, slots, test.intent, test.slots)
		}
	}
}

func TestRankPlacesTheFallbackAtTheThreshold(t *testing.T) {
	l := &botdef.Locale{ID: "en_US", Threshold: 0.8, Intents: []*botdef.Intent{
		{Name: "A", Utterances: []string{"pay the red bill"}},
		{Name: "B", Utterances: []string{"pay the red bill slowly"}},
		{Name: "C", Utterances: []string{"pay the green bill"}},
		{Name: "D", Utterances: []string{"pay the blue bill"}},
		{Name: "E", Utterances: []string{"pay the black bill"}},
		{Name: "F", Utterances: []string{"pay the white bill"}},
		{Name: "FallbackIntent", Parent: botdef.FallbackSignature},
	}}
	names := func(text string) (list []string) {
		for _, r := range NewModel(l).Rank(text, State{}, wednesday) {
			list = append(list, r.Intent.Name)
		}
		return list
	}
	if diff := cmp.Diff([]string{"A", "FallbackIntent", "B", "C", "D"}, names("pay the red bill")); diff != "" {
		t.Errorf("one intent above the threshold (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"FallbackIntent", "A", "C", "D", "E"}, names("pay the bill")); diff != "" {
		t.Errorf("none above the threshold (-want +got):\n%s", diff)
	}
	l.Threshold = 0
	if got := names("pay the bill"); got[len(got)-1] != "FallbackIntent" || len(got) != 5 {
		t.Errorf("all above the threshold: %v, want the fallback last of five", got)
	}
	l.Intents = l.Intents[:6]
	if got := names("hello"); got != nil {
		t.Errorf("bot without fallback, nothing understood: %v, want none", got)
	}
}

func TestResolve(t *testing.T) {
	flowers, trip, other := loadLocale(t, "OrderFlowers"), loadLocale(t, "BookTrip"), bank()
	tests := []struct {
		locale       *botdef.Locale
		intent, slot string
		text         string
		original     string
		want         string
	}{
		{flowers, "OrderFlowers", "FlowerType", "roses", "roses", "roses"},
		{flowers, "OrderFlowers", "FlowerType", "Rose", "Rose", "roses"},
		{flowers, "OrderFlowers", "FlowerType", "some lilies please", "lilies", "lilies"},
		{flowers, "OrderFlowers", "FlowerType", "I think I would like tulips, please", "tulips", "tulips"},
		{flowers, "OrderFlowers", "FlowerType", "tulip's", "tulip's", "tulips"},
		{flowers, "OrderFlowers", "FlowerType", "orchids", "", ""},
		{flowers, "OrderFlowers", "FlowerType", "roses or tulips", "", ""},
		{flowers, "OrderFlowers", "FlowerType", "not roses", "", ""},
		{flowers, "OrderFlowers", "FlowerType", "i had tulips last year do you sell bonsai trees", "", ""},
		{flowers, "OrderFlowers", "FlowerType", "", "", ""},
		{flowers, "OrderFlowers", "PickupDate", "on december third please", "december third", "2020-12-03"},
		{flowers, "OrderFlowers", "PickupDate", "i will pick them up on friday", "friday", "2020-11-27"},
		{flowers, "OrderFlowers", "PickupDate", "I guess tomorrow", "tomorrow", "2020-11-26"},
		{flowers, "OrderFlowers", "PickupDate", "monday or tuesday", "", ""},
		{flowers, "OrderFlowers", "PickupTime", "at five thirty p m please", "five thirty p m", "17:30"},
		{flowers, "OrderFlowers", "PickupTime", "ten o'clock", "ten o'clock", "10:00|22:00"},
		{flowers, "OrderFlowers", "PickupTime", "tomorrow at five p m", "five p m", "17:00"},
		{trip, "BookHotel", "Nights", "two nights", "two", "2"},
		{trip, "BookHotel", "Nights", "for three nights please", "three", "3"},
		{trip, "BookHotel", "Location", "in new york", "new york", "New York"},
		{trip, "BookHotel", "Location", "in Poughkeepsie", "Poughkeepsie", "Poughkeepsie"},
		{trip, "BookHotel", "Location", "help me", "", ""},
		{trip, "BookHotel", "RoomType", "a king size bed please", "king size", "king"},
		{trip, "BookCar", "DriverAge", "twenty five years old", "twenty five", "25"},
		{trip, "BookCar", "DriverAge", "one two three oh", "one two three oh", "1230"},
		{other, "Balance", "Account", "my nest egg", "nest egg", "nest egg"},
		{other, "Balance", "Account", "holiday fund", "holiday fund", "holiday fund"},
		{other, "Introduce", "Name", "my name is mary", "mary", "Mary"},
		{other, "Introduce", "Name", "my name is zebulon", "zebulon", "zebulon"},
		{other, "Report", "Code", "a b one two three", "a b one two three", "AB123"},
		{other, "Report", "Code", "a b one two", "", ""},
		{other, "Report", "What", "it is all wet", "it is all wet", "it is all wet"},
		{other, "Report", "Unit", "seven thirty seven max", "", ""},
		{other, "Report", "Unit", "seven hundred thirty seven max", "seven hundred thirty seven max", "737 MAX"},
		{other, "Report", "Unit", "seven three seven max", "seven three seven max", "737 MAX"},
		{other, "Report", "Unit", "737", "737", ""},
		{other, "Report", "Unit", "the a three hundred twenty", "a three hundred twenty", "A-320"},
		{other, "Report", "Unit", "cafe", "cafe", "Café"},
		{other, "Report", "Unit", "CAFÉ", "CAFÉ", "Café"},
		{other, "Report", "Unit", "plan b plus", "plan b plus", "plan b+"},
		{other, "Report", "Unit", "planet", "planet", "mercury"},
		{other, "Report", "Ghost", "anything", "", ""},
		{other, "Report", "Day", "3/12", "3/12", "2020-12-03"},
	}
	models := map[*botdef.Locale]*Model{flowers: NewModel(flowers), trip: NewModel(trip), other: NewModel(other)}
	for _, test := range tests {
		v, ok := models[test.locale].Resolve(test.locale.Intent(test.intent).Slot(test.slot), test.text, wednesday)
		got := v.Interpreted
		if got == "" {
			got = strings.Join(v.Resolved, "|")
		}
		if got != test.want || ok != (test.want != "") || ok && v.Original != test.original {
			t.Errorf("Resolve(%s, %q) = %q from %q, %v; want %q from %q", test.slot, test.text, got, v.Original, ok, test.want, test.original)
		}
	}
}

func TestResolvedValuesOfASharedSynonym(t *testing.T) {
	l := bank()
	v, ok := NewModel(l).Resolve(l.Intent("Report").Slot("Unit"), "planet", wednesday)
	want := Value{Original: "planet", Interpreted: "mercury", Resolved: []string{"mercury", "venus"}}
	if diff := cmp.Diff(want, v); !ok || diff != "" {
		t.Errorf("Resolve(planet) ok %v (-want +got):\n%s", ok, diff)
	}
}

// A text of any length and a bot of any size must be answered in the time of a
// turn.
func TestRankIsBounded(t *testing.T) {
	l := loadLocale(t, "OrderFlowers")
	m := NewModel(l)
	long := strings.Repeat("order roses for tomorrow at five p m and ", 200)
	if got := m.Rank(long, State{}, wednesday)[0]; got.Intent == nil {
		t.Errorf("Rank of %d characters gives nothing", len(long))
	}
	if x := m.newMatch(long, wednesday); len(x.words) > maxWords || len(x.phrase.tokens) > maxTokens {
		t.Errorf("%d words and %d tokens are looked at, want at most %d and %d", len(x.words), len(x.phrase.tokens), maxWords, maxTokens)
	}
}

func TestOneSlip(t *testing.T) {
	tests := []struct {
		a, b string
		want bool
	}{
		{"flowers", "flwers", true},
		{"flowers", "flowerss", true},
		{"flowers", "flawers", true},
		{"flowers", "folwers", true},
		{"flowers", "flower", true},
		{"flowers", "powers", false},
		{"flowers", "flows", false},
		{"flowers", "lowers", false}, // the first letter must be right
	}
	for _, test := range tests {
		if got := oneSlip(test.a, test.b); got != test.want {
			t.Errorf("oneSlip(%q, %q) = %v, want %v", test.a, test.b, got, test.want)
		}
	}
}

func TestStem(t *testing.T) {
	for _, pair := range [][2]string{
		{"rose", "roses"},
		{"lily", "lilies"},
		{"tulip", "tulips"},
		{"box", "boxes"},
		{"house", "houses"},
		{"shoe", "shoes"},
		{"bus", "buses"},
		{"church", "churches"},
		{"rose", "rose's"},
	} {
		if a, b := stem(pair[0]), stem(pair[1]); a != b {
			t.Errorf("stem(%q) = %q, stem(%q) = %q; want the same", pair[0], a, pair[1], b)
		}
	}
	if stem("glass") == stem("glas") {
		t.Error("glass is taken for a plural")
	}
}

var benchmarkTexts = []string{"i would like to order some flowers", "order roses for the third of december at half past six in the evening", "what is the weather like"}

func BenchmarkRank(b *testing.B) {
	m := NewModel(loadLocale(b, "OrderFlowers"))
	for i := 0; b.Loop(); i++ {
		m.Rank(benchmarkTexts[i%len(benchmarkTexts)], State{}, time.Time{})
	}
}
