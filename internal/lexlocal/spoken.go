package lexlocal

import (
	"fmt"
	"html"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var (
	markup  = regexp.MustCompile(`<[^<>]*>`)
	isoDate = regexp.MustCompile(`\b\d{4}-\d{2}-\d{2}\b`)
	hhmm    = regexp.MustCompile(`\b\d{2}:\d{2}\b`)
)

// spokenText returns a message as words for a synthesizer: without SSML
// markup, and with the dates and times of slot values as a person says them,
// which Amazon Polly does as well. It is "" for messages that are not spoken.
func spokenText(m message) string {
	text := m.Content
	switch m.ContentType {
	case plainText:
	case ssml:
		text = html.UnescapeString(markup.ReplaceAllString(text, " "))
	default:
		return ""
	}
	text = isoDate.ReplaceAllStringFunc(text, spokenDate)
	text = hhmm.ReplaceAllStringFunc(text, spokenTime)
	return strings.Join(strings.Fields(text), " ")
}

// spokenDate makes "December 3rd" of 2026-12-03. The year is left out: a
// caller who hears the date knows it.
func spokenDate(iso string) string {
	d, err := time.Parse(time.DateOnly, iso)
	if err != nil {
		return iso
	}
	return fmt.Sprintf("%s %s", d.Month(), ordinal(d.Day()))
}

func ordinal(n int) string {
	suffix := "th"
	switch {
	case n%100 >= 11 && n%100 <= 13:
	case n%10 == 1:
		suffix = "st"
	case n%10 == 2:
		suffix = "nd"
	case n%10 == 3:
		suffix = "rd"
	}
	return strconv.Itoa(n) + suffix
}

// spokenTime makes "5:30 PM" of 17:30 and "10 AM" of 10:00, which flite and
// espeak-ng read well.
func spokenTime(clock string) string {
	t, err := time.Parse("15:04", clock)
	if err != nil {
		return clock
	}
	if t.Minute() == 0 {
		return t.Format("3 PM")
	}
	return t.Format("3:04 PM")
}
