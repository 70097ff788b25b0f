package nlu

import (
	"slices"
	"strconv"
	"time"
)

var months = map[string]time.Month{
	"january": 1, "february": 2, "march": 3, "april": 4, "may": 5, "june": 6, "july": 7, "august": 8,
	"september": 9, "october": 10, "november": 11, "december": 12,
	"jan": 1, "feb": 2, "mar": 3, "apr": 4, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "sept": 9, "oct": 10,
	"nov": 11, "dec": 12,
}

var weekdays = map[string]time.Weekday{
	"sunday": 0, "monday": 1, "tuesday": 2, "wednesday": 3, "thursday": 4, "friday": 5, "saturday": 6,
	"sun": 0, "mon": 1, "tue": 2, "tues": 2, "wed": 3, "thu": 4, "thur": 4, "thurs": 4, "fri": 5, "sat": 6,
}

var ordinals = map[string]int{
	"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8,
	"ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14,
	"fifteenth": 15, "sixteenth": 16, "seventeenth": 17, "eighteenth": 18, "nineteenth": 19,
	"twentieth": 20, "thirtieth": 30,
}

// dates reads dates as AMAZON.Date resolves them: dates without a year lie on
// or after today, "next week" is its last day as Amazon counts it.
// https://docs.aws.amazon.com/lexv2/latest/dg/built-in-slot-date.html
type dates struct {
	parser
	today    time.Time // midnight UTC of the caller's day
	dayFirst bool      // 3/12 is the third of December
	in       bool      // the phrase begins with "in"
}

// resolveDate reads a phrase that is a date and nothing else.
func resolveDate(p phrase, env environment) (Value, bool) {
	p = p.without([]string{"on", "for", "by", "from", "starting"}, nil)
	y, m, d := env.now.Date()
	s := &dates{parser: parser{tokens: p.tokens}, today: time.Date(y, m, d, 0, 0, 0, 0, time.UTC), dayFirst: env.dayFirst}
	for _, read := range []func() (time.Time, bool){s.relative, s.distance, s.numeric, s.named, s.period} {
		s.at = 0
		s.in = s.acceptAny("in", "within")
		if date, ok := read(); ok && s.done() && date.Year() > 0 && date.Year() < 10000 {
			return single(p, date.Format(time.DateOnly)), true
		}
	}
	return Value{}, false
}

// day returns a date, false if the month has no such day.
func day(y int, m time.Month, d int) (time.Time, bool) {
	t := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	return t, t.Day() == d && t.Month() == m
}

// relative reads "today", "tomorrow", "friday", "next friday", "friday next
// week", "friday december third".
func (s *dates) relative() (time.Time, bool) {
	switch {
	case s.acceptAny("today", "now", "tonight"), s.accept("right", "now"), s.accept("this", "morning"),
		s.accept("this", "afternoon"), s.accept("this", "evening"):
		return s.today, true
	case s.acceptAny("tomorrow", "tommorow", "tomorow"):
		s.partOfDay()
		return s.today.AddDate(0, 0, 1), true
	case s.accept("yesterday"):
		return s.today.AddDate(0, 0, -1), true
	case s.accept("the", "day", "after", "tomorrow"), s.accept("day", "after", "tomorrow"):
		return s.today.AddDate(0, 0, 2), true
	}
	which := ""
	if w := s.peek(0); s.acceptAny("this", "next", "last", "coming") {
		which = w
		s.accept("coming")
	} else if s.accept("the", "coming") {
		which = "coming"
	}
	weekday, ok := weekdays[s.peek(0)]
	if !ok {
		return time.Time{}, false
	}
	s.at++
	if which == "" && s.accept("next", "week") || s.accept("of", "next", "week") {
		which = "next"
	}
	s.partOfDay()
	if which == "" && !s.done() {
		s.accept(",")
		return s.named() // the date after the weekday says more
	}
	return s.weekday(weekday, which), true
}

// partOfDay takes what is often said after a day and does not change it.
func (s *dates) partOfDay() { s.acceptAny("morning", "afternoon", "evening", "night") }

// weekday returns the day on or after today, that of the next or that of the
// last ISO week.
func (s *dates) weekday(want time.Weekday, which string) time.Time {
	switch which {
	case "next":
		return s.monday().AddDate(0, 0, 7+(int(want)+6)%7)
	case "last":
		return s.monday().AddDate(0, 0, -7+(int(want)+6)%7)
	}
	return s.today.AddDate(0, 0, (int(want)-int(s.today.Weekday())+7)%7)
}

// monday returns the first day of the current ISO week.
func (s *dates) monday() time.Time {
	return s.today.AddDate(0, 0, -(int(s.today.Weekday())+6)%7)
}

// distance reads "in three days", "two weeks from today", "a week from friday".
func (s *dates) distance() (time.Time, bool) {
	n, ok := s.integer()
	if !ok && s.acceptAny("a", "one") {
		n, ok = 1, true
	}
	if !ok || n > 10_000 {
		return time.Time{}, false
	}
	unit := s.peek(0)
	s.at++
	from := s.today
	if s.acceptAny("from", "after") {
		date, ok := s.relative()
		if !ok {
			return time.Time{}, false
		}
		from = date
	} else if !s.accept("later") && !s.in {
		return time.Time{}, false // "two weeks" is no date
	}
	switch stem(unit) {
	case "day":
		return from.AddDate(0, 0, int(n)), true
	case "week":
		return from.AddDate(0, 0, 7*int(n)), true
	case "month":
		return addMonths(from, int(n)), true
	case "year":
		return addMonths(from, 12*int(n)), true
	}
	return time.Time{}, false
}

// addMonths returns the same day n months later, or the last of that month.
func addMonths(t time.Time, n int) time.Time {
	first := time.Date(t.Year(), t.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	return first.AddDate(0, 0, min(t.Day(), first.AddDate(0, 1, -1).Day())-1)
}

// numeric reads 2026-12-03, 12/3, 12/3/2026, 3.12.2026.
func (s *dates) numeric() (time.Time, bool) {
	if y, ok := s.run(4, 4); ok {
		m, d, full := "", "", false
		if s.acceptAny("-", "/") {
			if m, ok = s.run(1, 2); ok && s.acceptAny("-", "/") {
				d, full = s.run(1, 2)
			}
		}
		if !full {
			return time.Time{}, false
		}
		return day(number(y), time.Month(number(m)), number(d))
	}
	first, ok := s.run(1, 2)
	mark := s.peek(0)
	if !ok || !slices.Contains([]string{"/", "-", "."}, mark) {
		return time.Time{}, false
	}
	s.at++
	second, ok := s.run(1, 2)
	if !ok {
		return time.Time{}, false
	}
	m, d := number(first), number(second)
	if s.dayFirst || mark == "." || m > 12 {
		m, d = d, m
	}
	if !s.accept(mark) {
		return s.next(time.Month(m), d)
	}
	if y, ok := s.run(2, 2); ok {
		return day(2000+number(y), time.Month(m), d)
	}
	y, ok := s.run(4, 4)
	if !ok {
		return time.Time{}, false
	}
	return day(number(y), time.Month(m), d)
}

// number converts digits that a parser took; they are few enough to fit.
func number(text string) int {
	n, _ := strconv.Atoi(text)
	return n
}

// named reads "december third", "the third of december", "third december
// twenty twenty seven", "december", "the third".
func (s *dates) named() (time.Time, bool) {
	s.accept("the")
	if month, ok := months[s.peek(0)]; ok {
		s.at++
		s.acceptAny(".", ",")
		s.accept("the")
		if d, _, ok := s.dayOfMonth(); ok {
			return s.withYear(month, d)
		}
		return s.wholeMonth(month)
	}
	d, ordinal, ok := s.dayOfMonth()
	if !ok {
		return time.Time{}, false
	}
	s.accept("of")
	if month, ok := months[s.peek(0)]; ok {
		s.at++
		s.accept(".")
		return s.withYear(month, d)
	}
	if s.accept("this", "month") || s.accept("the", "month") || s.done() && ordinal {
		return s.nextDay(d)
	}
	if s.accept("next", "month") {
		first := time.Date(s.today.Year(), s.today.Month()+1, 1, 0, 0, 0, 0, time.UTC)
		return day(first.Year(), first.Month(), d)
	}
	return time.Time{}, false
}

// dayOfMonth reads "third", "twenty third", "3rd", and "3" or "three", which
// are no ordinals and mean a day only together with a month.
func (s *dates) dayOfMonth() (d int, ordinal, ok bool) {
	start := s.at
	if text, ok := s.run(1, 2); ok {
		ordinal = s.acceptAny("st", "nd", "rd", "th")
		d = number(text)
		return d, ordinal, d >= 1 && d <= 31
	}
	base := 0
	if n := tens[s.peek(0)]; n == 20 || n == 30 {
		if o := ordinals[s.peek(1)]; o >= 1 && o <= 9 {
			base = n
			s.at++
		}
	}
	if o, ok := ordinals[s.peek(0)]; ok && base+o <= 31 {
		s.at++
		return base + o, true, true
	}
	s.at = start
	if n, ok := s.belowHundred(); ok && n >= 1 && n <= 31 {
		return int(n), false, true
	}
	s.at = start
	return 0, false, false
}

// year reads "2027", "twenty twenty seven", "nineteen eighty four", "two
// thousand and five".
func (s *dates) year() (int, bool) {
	if s.done() {
		return 0, false
	}
	start := s.at
	if text, ok := s.run(4, 4); ok {
		return number(text), true
	}
	if n, ok := s.integer(); ok && n >= 1900 && n <= 2100 {
		return int(n), true
	}
	s.at = start
	century, ok := s.belowHundred()
	if ok && (century == 19 || century == 20) {
		if n, ok := s.belowHundred(); ok && n >= 10 && n < 100 {
			return int(100*century + n), true
		}
		if s.acceptAny("oh", "o") {
			if n, ok := s.belowHundred(); ok && n < 10 {
				return int(100*century + n), true
			}
		}
	}
	s.at = start
	return 0, false
}

// withYear returns the day in the year that follows, or the next such day.
func (s *dates) withYear(m time.Month, d int) (time.Time, bool) {
	s.acceptAny(",", "in", "of")
	if y, ok := s.year(); ok {
		return day(y, m, d)
	}
	if s.accept("next", "year") {
		return day(s.today.Year()+1, m, d)
	}
	s.accept("this", "year")
	return s.next(m, d)
}

// next returns the first such date on or after today.
func (s *dates) next(m time.Month, d int) (time.Time, bool) {
	for y := s.today.Year(); y <= s.today.Year()+8; y++ { // 29 February: up to eight years
		if date, ok := day(y, m, d); ok && !date.Before(s.today) {
			return date, true
		}
	}
	return time.Time{}, false
}

// nextDay returns the first such day of a month on or after today.
func (s *dates) nextDay(d int) (time.Time, bool) {
	for i := range 12 {
		first := time.Date(s.today.Year(), s.today.Month()+time.Month(i), 1, 0, 0, 0, 0, time.UTC)
		if date, ok := day(first.Year(), first.Month(), d); ok && !date.Before(s.today) {
			return date, true
		}
	}
	return time.Time{}, false
}

// wholeMonth returns the last day of a future month and the first of any other.
func (s *dates) wholeMonth(m time.Month) (time.Time, bool) {
	y, ok := s.year()
	if !ok {
		if y = s.today.Year(); m < s.today.Month() {
			y++
		}
	}
	return s.edge(time.Date(y, m, 1, 0, 0, 0, 0, time.UTC), time.Date(y, m+1, 0, 0, 0, 0, 0, time.UTC))
}

// edge returns the last day of a period that is to come, the first of the
// current or of a past one, as Amazon documents it.
func (s *dates) edge(first, last time.Time) (time.Time, bool) {
	if first.After(s.today) {
		return last, true
	}
	return first, true
}

// period reads "this week", "next month", "last year", "next weekend", "2027".
//
// Amazon's guide gives 2020-11-29, a Sunday, for "next week" said on
// Wednesday, 2020-11-25: it is the last day of the week that is running.
func (s *dates) period() (time.Time, bool) {
	shift := 0
	switch {
	case s.accept("next"):
		shift = 1
	case s.accept("last"), s.accept("previous"):
		shift = -1
	case s.accept("this"), s.accept("the", "current"):
	default:
		y, ok := s.year()
		return s.edgeOfYear(y), ok
	}
	y, m := s.today.Year(), s.today.Month()
	switch {
	case s.accept("week"):
		if shift == 1 {
			return s.monday().AddDate(0, 0, 6), true
		}
		return s.monday().AddDate(0, 0, 7*shift), true
	case s.accept("weekend"):
		return s.weekday(time.Saturday, map[int]string{1: "next", -1: "last"}[shift]), true
	case s.accept("month"):
		first := time.Date(y, m+time.Month(shift), 1, 0, 0, 0, 0, time.UTC)
		return s.edge(first, first.AddDate(0, 1, -1))
	case s.accept("year"):
		return s.edgeOfYear(y + shift), true
	}
	return time.Time{}, false
}

func (s *dates) edgeOfYear(y int) time.Time {
	if y > s.today.Year() {
		return time.Date(y, 12, 31, 0, 0, 0, 0, time.UTC)
	}
	return time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC)
}
