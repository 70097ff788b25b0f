package outbound

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// maxNumbers bounds a list of numbers: a day's work at one call a second.
const maxNumbers = 86_400

// ParseNumber brings a telephone number into the form of E.164: + and country code.
// Spaces, dots, hyphens and brackets that make it readable are taken out
// (https://www.twilio.com/docs/glossary/what-e164).
func ParseNumber(text string) (string, error) {
	number := strings.NewReplacer(" ", "", "-", "", ".", "", "(", "", ")", "").Replace(text)
	digits, plus := strings.CutPrefix(number, "+")
	switch {
	case strings.Trim(digits, "0123456789") != "" || digits == "":
		return "", fmt.Errorf("%.40q is no telephone number", text)
	case !plus || digits[0] == '0':
		return "", fmt.Errorf("%.40q does not begin with + and a country code", text)
	case len(digits) < 7 || len(digits) > 15:
		return "", fmt.Errorf("%.40q has %d digits; numbers with their country code have 7 to 15", text, len(digits))
	}
	return number, nil
}

// ReadNumbers reads a list, one number on a line. What follows a # is a remark. An
// error names the line, and name, where the list is from.
func ReadNumbers(name string, r io.Reader) (numbers []string, err error) {
	lines := bufio.NewScanner(r)
	row := 0
	for lines.Scan() {
		row++
		text, _, _ := strings.Cut(lines.Text(), "#")
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		number, err := ParseNumber(text)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, row, err)
		}
		if numbers = append(numbers, number); len(numbers) > maxNumbers {
			return nil, fmt.Errorf("%s:%d: more than %d numbers; split the list", name, row, maxNumbers)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s:%d: %w", name, row+1, err)
	}
	return numbers, nil
}

// Rate is how many calls may be placed in a time.
type Rate struct {
	Calls float64
	Per   time.Duration
}

// String is the rate as ParseRate reads it.
func (r Rate) String() string {
	unit := map[time.Duration]string{time.Second: "s", time.Minute: "min", time.Hour: "h"}[r.Per]
	return strconv.FormatFloat(r.Calls, 'g', -1, 64) + "/" + unit
}

// perSecond bounds a Rate: what an account of Twilio's may be allowed at all.
const perSecond = 100

// ParseRate reads a rate: 1/s, 0.5/s, 30/min or 100/h.
func ParseRate(text string) (Rate, error) {
	count, unit, _ := strings.Cut(text, "/")
	per := map[string]time.Duration{"s": time.Second, "min": time.Minute, "h": time.Hour}[unit]
	calls, err := strconv.ParseFloat(count, 64)
	r := Rate{calls, per}
	switch {
	case err != nil || per == 0:
		return Rate{}, fmt.Errorf("%q is no rate; write 1/s, 30/min or 100/h", text)
	case !(r.interval() <= 24*time.Hour): // also of what is no number
		return Rate{}, fmt.Errorf("%q is less than a call a day", text)
	case r.interval() < time.Second/perSecond:
		return Rate{}, fmt.Errorf("%q is more than %d calls a second", text, perSecond)
	}
	return r, nil
}

// interval is the time from one call to the next. Calls come evenly: a burst would be
// queued by the carrier, where it cannot be stopped any more.
func (r Rate) interval() time.Duration {
	if !(r.Calls > 0) {
		return 1<<63 - 1
	}
	return time.Duration(min(float64(r.Per)/r.Calls, 1<<62))
}

// Unique drops numbers that were there before.
func Unique(numbers []string) []string {
	seen, once := map[string]bool{}, make([]string, 0, len(numbers))
	for _, number := range numbers {
		if !seen[number] {
			seen[number] = true
			once = append(once, number)
		}
	}
	return once
}

// errNoNumbers says that there is nobody to call.
var errNoNumbers = errors.New("there is no number to call")
