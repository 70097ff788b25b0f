package nlu

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// wednesday is the day of the examples in Amazon's guide, a quarter past nine
// in the morning.
var wednesday = time.Date(2020, 11, 25, 9, 15, 0, 0, time.FixedZone("EST", -5*3600))

func resolved(t *testing.T, kind, text string, env environment) Value {
	t.Helper()
	v, ok := builtinTypes[kind].closed(tokenize(text), env)
	if !ok {
		return Value{}
	}
	if len(v.Resolved) == 0 || v.Interpreted != "" && v.Resolved[0] != v.Interpreted {
		t.Errorf("%s of %q: interpreted %q, resolved %q do not agree", kind, text, v.Interpreted, v.Resolved)
	}
	return v
}

func TestDate(t *testing.T) {
	tests := []struct{ text, want string }{
		// https://docs.aws.amazon.com/lexv2/latest/dg/built-in-slot-date.html
		{"today", "2020-11-25"},
		{"now", "2020-11-25"},
		{"November twenty-fifth", "2020-11-25"},
		{"next week", "2020-11-29"},
		{"last week", "2020-11-16"},
		{"next month", "2020-12-31"},
		{"this month", "2020-11-01"},
		{"next year", "2021-12-31"},
		{"this year", "2020-01-01"},
		{"last year", "2019-01-01"},

		{"tomorrow", "2020-11-26"},
		{"tomorrow morning", "2020-11-26"},
		{"tonight", "2020-11-25"},
		{"the day after tomorrow", "2020-11-27"},
		{"yesterday", "2020-11-24"},
		{"wednesday", "2020-11-25"},
		{"on friday", "2020-11-27"},
		{"Tuesday", "2020-12-01"},
		{"this friday", "2020-11-27"},
		{"next friday", "2020-12-04"},
		{"friday next week", "2020-12-04"},
		{"last monday", "2020-11-16"},
		{"friday morning", "2020-11-27"},

		{"december third", "2020-12-03"},
		{"december the third", "2020-12-03"},
		{"the third of december", "2020-12-03"},
		{"third of december", "2020-12-03"},
		{"december three", "2020-12-03"},
		{"December 3rd", "2020-12-03"},
		{"Dec. 3", "2020-12-03"},
		{"3 December", "2020-12-03"},
		{"december thirty first", "2020-12-31"},
		{"november twenty fourth", "2021-11-24"},
		{"january first twenty twenty two", "2022-01-01"},
		{"May 5, 1984", "1984-05-05"},
		{"may fifth nineteen eighty four", "1984-05-05"},
		{"march second two thousand and five", "2005-03-02"},
		{"december third next year", "2021-12-03"},
		{"thursday december third", "2020-12-03"},
		{"thursday the third", "2020-12-03"},
		{"the third", "2020-12-03"},
		{"the twenty fifth", "2020-11-25"},
		{"the thirty first", "2020-12-31"},
		{"3rd", "2020-12-03"},
		{"the second of next month", "2020-12-02"},
		{"february twenty ninth", "2024-02-29"},
		{"december", "2020-12-31"},
		{"november", "2020-11-01"},
		{"march 2021", "2021-03-31"},

		{"2020-12-03", "2020-12-03"},
		{"12/3", "2020-12-03"},
		{"12/3/2021", "2021-12-03"},
		{"12/3/21", "2021-12-03"},
		{"25/12", "2020-12-25"},
		{"3.12.2020", "2020-12-03"},
		{"1/1", "2021-01-01"},

		{"in three days", "2020-11-28"},
		{"in a week", "2020-12-02"},
		{"in 2 weeks", "2020-12-09"},
		{"in a month", "2020-12-25"},
		{"two weeks from today", "2020-12-09"},
		{"a week from friday", "2020-12-04"},
		{"three days later", "2020-11-28"},
		{"next weekend", "2020-12-05"},

		{"", ""},
		{"three", ""},
		{"two weeks", ""},
		{"february thirtieth", ""},
		{"2020-13-01", ""},
		{"31/31", ""},
		{"the fortieth", ""},
		{"roses", ""},
		{"december third roses", ""},
		{"five p m", ""},
		{"99999999999999999999 days later", ""},
	}
	for _, test := range tests {
		if got := resolved(t, "AMAZON.Date", test.text, environment{now: wednesday}); got.Interpreted != test.want {
			t.Errorf("date %q on Wednesday 2020-11-25 = %q, want %q", test.text, got.Interpreted, test.want)
		}
	}
}

func TestDateDependsOnTheCallersDay(t *testing.T) {
	late := time.Date(2026, 1, 31, 23, 59, 0, 0, time.FixedZone("PST", -8*3600)) // already February in London
	tests := []struct{ text, want string }{
		{"today", "2026-01-31"},
		{"tomorrow", "2026-02-01"},
		{"in a month", "2026-02-28"},
		{"january thirty first", "2026-01-31"},
		{"january thirtieth", "2027-01-30"},
		{"the thirtieth", "2026-03-30"},
		{"next week", "2026-02-01"},
		{"next monday", "2026-02-02"},
	}
	for _, test := range tests {
		if got := resolved(t, "AMAZON.Date", test.text, environment{now: late}); got.Interpreted != test.want {
			t.Errorf("date %q on 2026-01-31 at 23:59 = %q, want %q", test.text, got.Interpreted, test.want)
		}
	}
	british := environment{now: wednesday, dayFirst: true}
	if got := resolved(t, "AMAZON.Date", "3/12", british); got.Interpreted != "2020-12-03" {
		t.Errorf("date 3/12 in en_GB = %q, want 2020-12-03", got.Interpreted)
	}
}

func TestTime(t *testing.T) {
	tests := []struct {
		text string
		want string // values with a space between them: ambiguous
	}{
		// https://docs.aws.amazon.com/lexv2/latest/dg/built-in-slot-time.html
		{"10 o'clock", "10:00 22:00"},
		{"10:00 AM", "10:00"},
		{"10 AM", "10:00"},
		{"morning", "MO"},
		{"in the afternoon", "AF"},
		{"evening", "EV"},
		{"at night", "NI"},
		{"pm", "PM"},

		{"five p m", "17:00"},
		{"five p.m.", "17:00"},
		{"5pm", "17:00"},
		{"5 P.M.", "17:00"},
		{"at five thirty p m", "17:30"},
		{"ten thirty", "10:30 22:30"},
		{"ten oh five a m", "10:05"},
		{"half past six", "06:30 18:30"},
		{"half past six in the evening", "18:30"},
		{"a quarter past seven a m", "07:15"},
		{"quarter to five p m", "16:45"},
		{"quarter to one", "00:45 12:45"},
		{"twenty minutes past ten p m", "22:20"},
		{"ten to twelve p m", "23:50"},
		{"twenty five past noon", "12:25"},
		{"quarter to midnight", "23:45"},
		{"five o'clock", "05:00 17:00"},
		{"5 o’clock", "05:00 17:00"},
		{"five o clock p m", "17:00"},
		{"noon", "12:00"},
		{"twelve noon", "12:00"},
		{"midnight", "00:00"},
		{"twelve thirty", "00:30 12:30"},
		{"twelve p m", "12:00"},
		{"twelve a m", "00:00"},
		{"eight in the morning", "08:00"},
		{"eight in the evening", "20:00"},
		{"nine at night", "21:00"},
		{"two at night", "02:00"},
		{"two in the afternoon", "14:00"},
		{"seven tonight", "19:00"},
		{"17:30", "17:30"},
		{"05:30", "05:30"},
		{"5:30", "05:30 17:30"},
		{"5.30 pm", "17:30"},
		{"1030", "10:30 22:30"},
		{"0930", "09:30"},
		{"17:30:00", "17:30"},
		{"fourteen thirty", "14:30"},
		{"twenty one fifteen", "21:15"},
		{"seventeen hundred hours", "17:00"},
		{"oh eight hundred", "08:00"},
		{"five", "05:00 17:00"},
		{"now", "09:15"},

		{"", ""},
		{"25:00", ""},
		{"10:75", ""},
		{"five sixty", ""},
		{"twenty five", ""},
		{"roses", ""},
		{"five p m roses", ""},
		{"half past", ""},
		{"december third", ""},
	}
	for _, test := range tests {
		v := resolved(t, "AMAZON.Time", test.text, environment{now: wednesday})
		if got := strings.Join(v.Resolved, " "); got != test.want {
			t.Errorf("time %q = %q, want %q", test.text, got, test.want)
		}
		if ambiguous := strings.Contains(test.want, " "); ambiguous == (v.Interpreted != "") && test.want != "" {
			t.Errorf("time %q: interpreted %q of %q", test.text, v.Interpreted, v.Resolved)
		}
	}
}

func TestBuiltinValues(t *testing.T) {
	tests := []struct{ kind, text, want string }{
		// https://docs.aws.amazon.com/lexv2/latest/dg/built-in-slot-number.html
		{"AMAZON.Number", "one hundred twenty three point four five", "123.45"},
		{"AMAZON.Number", "one hundred twenty three dot four five", "123.45"},
		{"AMAZON.Number", "minus 15", "-15"},
		{"AMAZON.Number", "point four two", "0.42"},
		{"AMAZON.Number", "point forty two", "0.42"},
		{"AMAZON.Number", "232.998", "232.998"},
		{"AMAZON.Number", "50", "50"},
		{"AMAZON.Number", "1,250", "1250"},
		{"AMAZON.Number", "12,34", ""},
		{"AMAZON.Number", "-3.5", "-3.5"},
		{"AMAZON.Number", "zero", "0"},
		{"AMAZON.Number", "twenty five", "25"},
		{"AMAZON.Number", "twenty-five", "25"},
		{"AMAZON.Number", "a hundred", "100"},
		{"AMAZON.Number", "a dozen", "12"},
		{"AMAZON.Number", "two hundred and six", "206"},
		{"AMAZON.Number", "twelve hundred", "1200"},
		{"AMAZON.Number", "one hundred five thousand two hundred and one", "105201"},
		{"AMAZON.Number", "two million and one", "2000001"},
		{"AMAZON.Number", "5 thousand", "5000"},
		{"AMAZON.Number", "one two three four five", "12345"},
		{"AMAZON.Number", "double five oh seven", "5507"},
		{"AMAZON.Number", "nineteen eighty four", "1984"},
		{"AMAZON.Number", "007", "7"},
		{"AMAZON.Number", "9999999999999999", ""},
		{"AMAZON.Number", "hundred", ""},
		{"AMAZON.Number", "and", ""},
		{"AMAZON.Number", "minus", ""},
		{"AMAZON.Number", "two roses", ""},
		{"AMAZON.Number", "five point", ""},

		// https://docs.aws.amazon.com/lexv2/latest/dg/built-in-slot-percent.html
		{"AMAZON.Percentage", "50 percent", "50%"},
		{"AMAZON.Percentage", "0.4 percent", "0.4%"},
		{"AMAZON.Percentage", "23.5%", "23.5%"},
		{"AMAZON.Percentage", "twenty five percent", "25%"},
		{"AMAZON.Percentage", "ten", "10"},
		{"AMAZON.Percentage", "percent", ""},

		// https://docs.aws.amazon.com/lexv2/latest/dg/built-in-slot-duration.html
		{"AMAZON.Duration", "ten minutes", "PT10M"},
		{"AMAZON.Duration", "five hours", "PT5H"},
		{"AMAZON.Duration", "three days", "P3D"},
		{"AMAZON.Duration", "forty five seconds", "PT45S"},
		{"AMAZON.Duration", "eight weeks", "P8W"},
		{"AMAZON.Duration", "seven years", "P7Y"},
		{"AMAZON.Duration", "five hours ten minutes", "PT5H10M"},
		{"AMAZON.Duration", "two years three hours ten minutes", "P2YT3H10M"},
		{"AMAZON.Duration", "an hour and a half", "PT1H30M"},
		{"AMAZON.Duration", "two and a half hours", "PT2H30M"},
		{"AMAZON.Duration", "half an hour", "PT30M"},
		{"AMAZON.Duration", "for three months", "P3M"},
		{"AMAZON.Duration", "two weeks and three days", "P2W3D"},
		{"AMAZON.Duration", "ten", ""},
		{"AMAZON.Duration", "ten roses", ""},
		{"AMAZON.Duration", "two hours three hours", ""},

		// https://docs.aws.amazon.com/lexv2/latest/dg/built-in-slot-phone.html
		{"AMAZON.PhoneNumber", "+61 7 4445 1061", "+61744451061"},
		{"AMAZON.PhoneNumber", "+1 (509) 555-1212", "+15095551212"},
		{"AMAZON.PhoneNumber", "1 (509) 555-1212", "15095551212"},
		{"AMAZON.PhoneNumber", "(03) 5115 4444", "0351154444"},
		{"AMAZON.PhoneNumber", "555-1212", "5551212"},
		{"AMAZON.PhoneNumber", "five five five one two one two", "5551212"},
		{"AMAZON.PhoneNumber", "five oh nine triple five twelve twelve", "5095551212"},
		{"AMAZON.PhoneNumber", "plus one five oh nine five five five one two one two", "+15095551212"},
		{"AMAZON.PhoneNumber", "123456", ""},
		{"AMAZON.PhoneNumber", "1234567890123456", ""},
		{"AMAZON.PhoneNumber", "call me", ""},

		{"AMAZON.AlphaNumeric", "a b c one two three", "ABC123"},
		{"AMAZON.AlphaNumeric", "APQ123", "APQ123"},
		{"AMAZON.AlphaNumeric", "b as in boy seven", "B7"},
		{"AMAZON.AlphaNumeric", "a. b. double four", "AB44"},
		{"AMAZON.AlphaNumeric", "help me", ""},
		{"AMAZON.AlphaNumeric", strings.Repeat("7 ", 31), ""},
		{"AMAZON.UKPostalCode", "ec1a 1bb", "EC1A 1BB"},
		{"AMAZON.UKPostalCode", "e. c. one a. one b. b.", "EC1A 1BB"},
		{"AMAZON.UKPostalCode", "12345", ""},
		{"AMAZON.EmailAddress", "John.Smith@example.com", "john.smith@example.com"},
		{"AMAZON.EmailAddress", "john dot smith at example dot com", "john.smith@example.com"},
		{"AMAZON.EmailAddress", "jane underscore doe one two at example dot org", "jane_doe12@example.org"},
		{"AMAZON.EmailAddress", "john at example", ""},
		{"AMAZON.City", "new york", "New York"},
		{"AMAZON.City", "SEATTLE", "Seattle"},
		{"AMAZON.Country", "united states", "United States"},
		{"AMAZON.State", "new hampshire", "New Hampshire"},
		{"AMAZON.FirstName", "mary", "Mary"},
		{"AMAZON.LastName", "smith", "Smith"},

		// https://docs.aws.amazon.com/lexv2/latest/dg/built-in-slot-confirmation.html
		{"AMAZON.Confirmation", "yeah", "Yes"},
		{"AMAZON.Confirmation", "I have it", "Yes"},
		{"AMAZON.Confirmation", "I can agree", "Yes"},
		{"AMAZON.Confirmation", "Naw", "No"},
		{"AMAZON.Confirmation", "Forget it", "No"},
		{"AMAZON.Confirmation", "I'll decline", "No"},
		{"AMAZON.Confirmation", "It's possible", "Maybe"},
		{"AMAZON.Confirmation", "That could be right", "Maybe"},
		{"AMAZON.Confirmation", "Dunno", "Don't know"},
		{"AMAZON.Confirmation", "Not sure about it", "Don't know"},
		{"AMAZON.Confirmation", "roses", ""},
	}
	for _, test := range tests {
		if got := resolved(t, test.kind, test.text, environment{now: wednesday}); got.Interpreted != test.want {
			t.Errorf("%s %q = %q, want %q", test.kind, test.text, got.Interpreted, test.want)
		}
	}
}

func TestOpenTypes(t *testing.T) {
	tests := []struct {
		kind, text string
		want       bool
	}{
		{"AMAZON.City", "Poughkeepsie", true},
		{"AMAZON.City", "help me", false},
		{"AMAZON.FirstName", "Zebulon", true},
		{"AMAZON.LastName", "it is my name", false},
		{"AMAZON.StreetName", "Elm Street", true},
		{"AMAZON.FreeFormInput", "the parcel is wet", true},
		{"AMAZON.FreeFormInput", "", false},
	}
	for _, test := range tests {
		v, ok := builtinTypes[test.kind].open(tokenize(test.text))
		if ok != test.want || ok && v.Interpreted != test.text {
			t.Errorf("%s %q = %q, %v; want %v", test.kind, test.text, v.Interpreted, ok, test.want)
		}
	}
}

func TestAlphaNumericPattern(t *testing.T) {
	resolve := resolveAlphaNumeric(regexp.MustCompile(`^(?:[A-Z]{2}[0-9]{3})$`))
	tests := []struct{ text, want string }{
		{"a b one two three", "AB123"},
		{"AB123", "AB123"},
		{"a b one two", ""},
		{"a b one two three four", ""},
	}
	for _, test := range tests {
		got, ok := resolve(tokenize(test.text), environment{})
		if !ok {
			got = Value{}
		}
		if got.Interpreted != test.want {
			t.Errorf("code %q = %q, want %q", test.text, got.Interpreted, test.want)
		}
	}
}

func TestParseYesNo(t *testing.T) {
	tests := []struct {
		text string
		want YesNo
	}{
		{"yes", Yes},
		{"Yes.", Yes},
		{"yes please", Yes},
		{"okay", Yes},
		{"um yeah sure", Yes},
		{"yes that sounds okay", Yes},
		{"that's right", Yes},
		{"no problem", Yes},
		{"no", No},
		{"no thank you", No},
		{"no it does not", No},
		{"that's not right", No},
		{"not really", No},
		{"yes no", Neither},
		{"no yes", Neither},
		{"yes but change the day", Neither},
		{"no i would like lilies", Neither},
		{"maybe", Neither},
		{"i don't know", Neither},
		{"roses", Neither},
		{"", Neither},
		{"?!", Neither},
	}
	for _, test := range tests {
		if got := ParseYesNo(test.text); got != test.want {
			t.Errorf("ParseYesNo(%q) = %v, want %v", test.text, got, test.want)
		}
	}
}

func TestOriginal(t *testing.T) {
	v := resolved(t, "AMAZON.Date", "on December 3rd, please", environment{now: wednesday})
	if v.Interpreted != "" {
		t.Errorf("date with a politeness = %+v, want none: Resolve drops it", v)
	}
	v = resolved(t, "AMAZON.Date", " On December 3rd. ", environment{now: wednesday})
	want := Value{Original: "December 3rd", Interpreted: "2020-12-03", Resolved: []string{"2020-12-03"}}
	if diff := cmp.Diff(want, v); diff != "" {
		t.Errorf("value (-want +got):\n%s", diff)
	}
}
