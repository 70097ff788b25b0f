package outbound

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseNumber(t *testing.T) {
	for _, test := range []struct{ text, want, err string }{
		{"+14155550100", "+14155550100", ""},
		{"+1 (415) 555-0100", "+14155550100", ""},
		{"+49.30.1234567", "+49301234567", ""},
		{"4155550100", "", "does not begin with + and a country code"},
		{"0014155550100", "", "does not begin with +"},
		{"+04155550100", "", "does not begin with +"},
		{"911", "", "does not begin with +"},
		{"+911", "", "has 3 digits"},
		{"+1234567890123456", "", "has 16 digits"},
		{"+1415555o100", "", "is no telephone number"},
		{"sip:a@b", "", "is no telephone number"},
		{"+", "", "is no telephone number"},
		{"", "", "is no telephone number"},
		{"+14155550100+14155550101", "", "is no telephone number"},
		{strings.Repeat("x", 1000), "", "is no telephone number"},
	} {
		got, err := ParseNumber(test.text)
		if got != test.want || (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%.50q: %q, error %v; want %q, error %q", test.text, got, err, test.want, test.err)
		}
	}
}

func TestReadNumbers(t *testing.T) {
	got, err := ReadNumbers("list.txt", strings.NewReader("# friends\n+1 415 555 0100 # Ann\r\n\n+14155550101"))
	if diff := cmp.Diff([]string{"+14155550100", "+14155550101"}, got); diff != "" || err != nil {
		t.Errorf("error %v, numbers (-want +got):\n%s", err, diff)
	}
	for text, want := range map[string]string{
		"+14155550100\nAnn":                            "list.txt:2: \"Ann\" is no telephone number",
		"+14155550100\n" + strings.Repeat("x", 70_000): "list.txt:2: ",
		strings.Repeat("+14155550100\n", maxNumbers+1): fmt.Sprintf("list.txt:%d: more than", maxNumbers+1),
	} {
		if _, err := ReadNumbers("list.txt", strings.NewReader(text)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.30q: error %.100v, want it to begin with %q", text, err, want)
		}
	}
}

func TestParseRate(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"1/s": time.Second, "0.5/s": 2 * time.Second, "30/min": 2 * time.Second, "100/h": 36 * time.Second, "100/s": 10 * time.Millisecond,
		"1": 0, "/s": 0, "0/s": 0, "-1/s": 0, "101/s": 0, "1e99/s": 0, "1e-99/s": 0, "0.01/h": 0, "NaN/s": 0, "Inf/s": 0, "1/day": 0, "": 0,
	} {
		got, err := ParseRate(text)
		if (err == nil) != (want != 0) || err == nil && (got.interval() != want || got.String() != text) {
			t.Errorf("rate %q: %v, every %v, error %v; want %v", text, got, got.interval(), err, want)
		}
	}
}

func FuzzParseNumber(f *testing.F) {
	for _, text := range []string{"+14155550100", "+1 (415) 555-0100", "911", "", "++1", "+1\n2"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		number, err := ParseNumber(text)
		if err != nil {
			return
		}
		if again, err := ParseNumber(number); again != number || err != nil || len(number) > 16 {
			t.Errorf("%q is the number %q, which is %q, error %v", text, number, again, err)
		}
	})
}
