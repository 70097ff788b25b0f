package nlu

import (
	"fmt"
	"slices"
)

// halfDay is what was said about the part of the day.
type halfDay uint8

const (
	unsaid halfDay = iota
	am
	pm
	morning
	afternoon
	evening
	night
)

// dayRanges are the values of AMAZON.Time for a part of the day without an
// hour. https://docs.aws.amazon.com/lexv2/latest/dg/built-in-slot-time.html
var dayRanges = map[halfDay]string{am: "AM", pm: "PM", morning: "MO", afternoon: "AF", evening: "EV", night: "NI"}

// clock reads times of day as AMAZON.Time resolves them.
type clock struct {
	parser
	exact bool // said on the 24 hour clock, or "noon"
}

// resolveTime reads a phrase that is a time and nothing else. A time that can
// be before or after noon has no Interpreted value and two Resolved ones.
func resolveTime(p phrase, env environment) (Value, bool) {
	p = p.without([]string{"at", "by", "around", "about", "for", "from", "before", "after"}, nil)
	s := &clock{parser: parser{tokens: p.tokens}}
	if s.accept("now") || s.accept("right", "now") {
		return single(p, env.now.Format("15:04")), s.done()
	}
	s.at = 0
	if half := s.half(); half != unsaid && s.done() {
		return single(p, dayRanges[half]), true
	}
	for _, read := range []func() (int, bool){s.named, s.relative, s.digital, s.spoken} {
		s.at, s.exact = 0, false
		minutes, ok := read()
		if !ok {
			continue
		}
		half := s.half()
		if !s.done() {
			continue
		}
		return s.value(p, minutes, half)
	}
	return Value{}, false
}

// value applies the half of the day to minutes after midnight or after noon.
func (s *clock) value(p phrase, minutes int, half halfDay) (Value, bool) {
	format := func(m int) string {
		m = (m + 24*60) % (24 * 60)
		return fmt.Sprintf("%02d:%02d", m/60, m%60)
	}
	if s.exact || minutes >= 13*60 || minutes < 60 {
		return single(p, format(minutes)), true
	}
	hour := minutes / 60 // 1 to 12
	early := minutes
	if hour == 12 {
		early -= 12 * 60
	}
	late := early + 12*60
	switch half {
	case am, morning:
		return single(p, format(early)), true
	case pm, afternoon:
		return single(p, format(late)), true
	case evening:
		if hour == 12 {
			return single(p, format(early)), true // midnight comes after the evening
		}
		return single(p, format(late)), true
	case night:
		if hour == 12 || hour < 6 {
			return single(p, format(early)), true
		}
		return single(p, format(late)), true
	}
	return Value{Original: p.original(), Resolved: []string{format(early), format(late)}}, true
}

// half reads "p m", "in the evening", "tonight", "this morning".
func (s *clock) half() halfDay {
	switch {
	case s.acceptAny("pm", "p.m"), s.accept("p", "m"):
		return pm
	case s.acceptAny("am", "a.m"), s.accept("a", "m"):
		return am
	case s.accept("tonight"):
		return night
	}
	start := s.at
	switch {
	case s.accept("in", "the"), s.accept("at"), s.accept("this"), s.accept("on", "the"), s.accept("the"):
	}
	for word, half := range map[string]halfDay{"morning": morning, "afternoon": afternoon, "evening": evening, "night": night} {
		if s.accept(word) {
			return half
		}
	}
	s.at = start
	return unsaid
}

// named reads "noon", "twelve midnight".
func (s *clock) named() (int, bool) {
	s.exact = true
	if word := s.peek(0); word == "twelve" || word == "12" {
		s.at++
	}
	switch {
	case s.acceptAny("noon", "midday", "noontime"):
		return 12 * 60, true
	case s.accept("midnight"):
		return 0, true
	}
	return 0, false
}

// relative reads "half past six", "quarter to five", "twenty minutes past ten".
func (s *clock) relative() (int, bool) {
	s.accept("a")
	var minutes int64
	switch {
	case s.accept("half"):
		minutes = 30
	case s.accept("quarter"):
		minutes = 15
	default:
		n, ok := s.belowHundred()
		if !ok || n < 1 || n > 59 {
			return 0, false
		}
		minutes = n
		s.acceptAny("minutes", "minute")
	}
	switch {
	case s.acceptAny("past", "after"):
	case s.acceptAny("to", "till", "til", "of", "before") && minutes != 30:
		minutes = -minutes
	default:
		return 0, false
	}
	hour, ok := s.hour()
	if !ok {
		return 0, false
	}
	if hour == 60 && minutes < 0 {
		hour += 12 * 60 // quarter to one is 12:45, of whichever half
	}
	return hour + int(minutes), true
}

// hour reads "six", "six o'clock", "noon" and returns minutes.
func (s *clock) hour() (int, bool) {
	if s.acceptAny("noon", "midday") {
		s.exact = true
		return 12 * 60, true
	}
	if s.accept("midnight") {
		s.exact = true
		return 24 * 60, true
	}
	n, ok := s.belowHundred()
	if !ok || n > 23 {
		return 0, false
	}
	s.acceptAny("o'clock", "oclock")
	return int(n) * 60, true
}

// digital reads 10:30, 10.30, 1030, 05:00. A leading zero or an hour above 12
// says that it is the 24 hour clock.
func (s *clock) digital() (int, bool) {
	if text, ok := s.run(3, 4); ok {
		if h, m := number(text[:len(text)-2]), number(text[len(text)-2:]); h < 24 && m < 60 {
			s.exact = text[0] == '0'
			s.acceptAny("hours")
			return h*60 + m, true
		}
		return 0, false
	}
	text, ok := s.run(1, 2)
	if !ok || !s.acceptAny(":", ".", "h") {
		return 0, false
	}
	minutes, ok := s.run(2, 2)
	if h, m := number(text), number(minutes); ok && h < 24 && m < 60 {
		s.exact = text[0] == '0'
		if s.accept(":") { // seconds do not matter
			_, ok = s.run(2, 2)
		}
		return h*60 + m, ok
	}
	return 0, false
}

// spoken reads "ten", "ten o'clock", "ten thirty", "ten oh five", "fourteen
// hundred hours".
func (s *clock) spoken() (int, bool) {
	s.exact = s.acceptAny("zero", "oh", "o") // "oh eight hundred"
	n, ok := s.belowHundred()
	if !ok && s.exact {
		n, ok, s.at = 0, true, 1 // "zero hundred"
	}
	if !ok || n > 23 {
		return 0, false
	}
	minutes := int(n) * 60
	if s.acceptAny("o'clock", "oclock") || s.accept("o", "clock") {
		return minutes, true
	}
	if s.accept("hundred") {
		s.exact = true
		s.accept("hours")
		return minutes, true
	}
	if s.acceptAny("oh", "o", "zero") {
		m, ok := s.belowHundred()
		return minutes + int(m), ok && m < 10
	}
	if m, ok := s.belowHundred(); ok {
		s.acceptAny("hours")
		return minutes + int(m), m >= 10 && m < 60
	}
	return minutes, true
}

// spokenMarker says whether a phrase has a word that only a time has, so that
// it can be told from a number.
func spokenMarker(p phrase) bool {
	for _, t := range p.tokens {
		if slices.Contains([]string{
			":", "am", "pm", "m", "o'clock", "noon", "midday", "midnight", "past", "quarter",
			"morning", "afternoon", "evening", "night", "tonight",
		}, t.text) {
			return true
		}
	}
	return false
}
