package nlu

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"lexline/internal/botdef"
)

func seed(f *testing.F, texts ...string) {
	for _, text := range append(texts, "", " ", "'", "-", "1e9", "p.m.", "\xff", "ﬀ’s", "99999999999999999999", strings.Repeat("one ", 300)) {
		f.Add(text)
	}
}

func FuzzDate(f *testing.F) {
	seed(f, "december third", "the third of december", "12/3/2026", "2026-12-03", "next week", "in three days",
		"a week from friday", "february twenty ninth", "friday the thirteenth", "twenty twenty seven", "the day after tomorrow")
	f.Fuzz(func(t *testing.T, text string) {
		v, ok := resolveDate(tokenize(text), environment{now: wednesday})
		if !ok {
			return
		}
		if _, err := time.Parse(time.DateOnly, v.Interpreted); err != nil || len(v.Resolved) != 1 {
			t.Errorf("date %q = %+v: %v", text, v, err)
		}
		if again, _ := resolveDate(tokenize(v.Interpreted), environment{now: wednesday}); again.Interpreted != v.Interpreted {
			t.Errorf("date %q = %q, which is %q", text, v.Interpreted, again.Interpreted)
		}
	})
}

var clockForm = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$|^(AM|PM|MO|AF|EV|NI)$`)

func FuzzTime(f *testing.F) {
	seed(f, "five p m", "half past six", "ten thirty", "noon", "10:00", "quarter to midnight", "oh eight hundred",
		"twenty minutes past ten in the evening", "twelve thirty at night", "5.30 pm", "1730")
	f.Fuzz(func(t *testing.T, text string) {
		v, ok := resolveTime(tokenize(text), environment{now: wednesday})
		if !ok {
			return
		}
		want := 1
		if v.Interpreted == "" {
			want = 2
		}
		if len(v.Resolved) != want {
			t.Fatalf("time %q = %+v, want %d values", text, v, want)
		}
		for _, value := range v.Resolved {
			if !clockForm.MatchString(value) {
				t.Errorf("time %q = %q", text, value)
			}
		}
		if want == 2 {
			early, _ := time.Parse("15:04", v.Resolved[0])
			late, _ := time.Parse("15:04", v.Resolved[1])
			if late.Sub(early) != 12*time.Hour {
				t.Errorf("time %q = %q: not twelve hours apart", text, v.Resolved)
			}
		}
	})
}

var numberForm = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?$`)

func FuzzNumber(f *testing.F) {
	seed(f, "one hundred twenty three point four five", "minus 15", "1,250,000", "double oh seven", "a dozen",
		"nineteen eighty four", "two million and one", "point forty two", "five thousand thousand")
	f.Fuzz(func(t *testing.T, text string) {
		v, ok := resolveNumber(tokenize(text), environment{})
		if !ok {
			return
		}
		if !numberForm.MatchString(v.Interpreted) {
			t.Fatalf("number %q = %q", text, v.Interpreted)
		}
		if again, _ := resolveNumber(tokenize(v.Interpreted), environment{}); again.Interpreted != v.Interpreted {
			t.Errorf("number %q = %q, which is %q", text, v.Interpreted, again.Interpreted)
		}
	})
}

// FuzzText reads any text as any value and as any intent.
func FuzzText(f *testing.F) {
	seed(f, "i would like to order roses for the third of december at half past six", "my name is zebulon",
		"report the parcel is wet", "a b one two three", "five hours ten minutes", "john dot smith at example dot com",
		"plus one five oh nine five five five one two one two", "yes but no", "fifty percent")
	var models []*Model
	for _, l := range []*botdef.Locale{loadLocale(f, "OrderFlowers"), bank(), everyType()} {
		models = append(models, NewModel(l))
	}
	f.Fuzz(func(t *testing.T, text string) {
		ParseYesNo(text)
		for _, m := range models {
			list := m.Rank(text, State{Contexts: []string{"chosen"}}, wednesday)
			fallbacks := 0
			last := 1.0
			for _, r := range list {
				if r.Intent.Parent == botdef.FallbackSignature {
					fallbacks++
					continue
				}
				if r.Score <= 0 || r.Score > last {
					t.Errorf("Rank(%q): %s scores %v after %v", text, r.Intent.Name, r.Score, last)
				}
				last = r.Score
				for name, v := range r.Slots {
					if r.Intent.Slot(name) == nil || !strings.Contains(text, v.Original) {
						t.Errorf("Rank(%q): slot %s is %+v", text, name, v)
					}
				}
			}
			if fallbacks != 1 || len(list) > maxInterpretations {
				t.Errorf("Rank(%q) has %d fallbacks in %d interpretations", text, fallbacks, len(list))
			}
			for _, in := range m.locale.Intents {
				for _, s := range in.Slots {
					v, ok := m.Resolve(s, text, wednesday)
					if ok && v.Interpreted == "" && len(v.Resolved) < 2 || ok && !strings.Contains(text, v.Original) {
						t.Errorf("Resolve(%s, %q) = %+v", s.Name, text, v)
					}
				}
			}
		}
	})
}

func FuzzTokenize(f *testing.F) {
	seed(f, "5 P.M.", "twenty-one", "-3.5", "U.S.A.", "o’clock", "a.b.c", "café", "12:30,")
	f.Fuzz(func(t *testing.T, text string) {
		end := 0
		for _, token := range tokenize(text).tokens {
			if token.start < end || token.end <= token.start || token.end > len(text) || token.text == "" {
				t.Fatalf("tokenize(%q) gives %+v after %d", text, token, end)
			}
			end = token.end
		}
		if k := key(tokenize(text)); slices.Contains(strings.Split(k, " "), "") && k != "" {
			t.Errorf("key of %q is %q", text, k)
		}
	})
}
