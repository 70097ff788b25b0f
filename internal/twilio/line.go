package twilio

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxSay is the longest text that Twilio speaks in one Say, in characters
// (https://www.twilio.com/docs/voice/twiml/say).
const maxSay = 4096

// defaultApology is said before hanging up on a call that cannot go on.
const defaultApology = "We are sorry, but we cannot go on with this call. Please call again later. Goodbye."

// Line is one telephone line: the numbers that it answers and what the caller
// hears from Twilio before the bot takes over.
type Line struct {
	Name     string   // names the line in call.Info, in the configuration and in logs
	Outbound bool     // no call that comes in reaches it: it has no numbers and is not the default
	Numbers  []string // called numbers, E.164 (+14155550100) or as Twilio reports them
	Default  bool     // answers every number that no line names; at most one line
	Greeting string   // said before the stream opens; nothing if empty
	Resuming string   // said before a lost stream is opened again; nothing if empty
	Apology  string   // said before a call that cannot go on is hung up; has a default
	Voice    string   // voice attribute of Say; Twilio's default if empty
	Language string   // language attribute of Say; Twilio's default if empty
	// TalkToMachines has the bot talk to answering machines that answer calls of ours,
	// where Twilio was asked to tell them. Otherwise they are hung up on. Fax machines
	// always are.
	TalkToMachines bool
	// Update has Twilio say what the bot answers: the stream goes one way, and the
	// words come by updates of the call. It needs Config.Calls.
	Update bool
	// TwiML, if set, is a whole TwiML document that is used in place of Greeting.
	// {{stream}} must stand in it once, directly inside Response, where the
	// stream is to be opened.
	TwiML string
}

// lineBook finds the line of a called number.
type lineBook struct {
	byName   map[string]*preparedLine
	byNumber map[string]*preparedLine
	fallback *preparedLine // the default line; nil if there is none
}

// preparedLine is a Line that was checked.
type preparedLine struct {
	Line
	template *template // nil without TwiML
	refusal  []byte    // what a caller gets when all lines are busy
}

func newLineBook(lines []Line) (*lineBook, error) {
	if len(lines) == 0 {
		return nil, errors.New("no line is configured")
	}
	book := &lineBook{byName: map[string]*preparedLine{}, byNumber: map[string]*preparedLine{}}
	for i, line := range lines {
		if line.Name == "" || len(line.Name) > 64 || hasControl(line.Name) {
			return nil, fmt.Errorf("line %d: name %q: 1 to 64 printable characters are wanted", i+1, line.Name)
		}
		if book.named(line.Name) != nil {
			return nil, fmt.Errorf("line %q is there twice", line.Name)
		}
		if err := book.add(line); err != nil {
			return nil, fmt.Errorf("line %q: %w", line.Name, err)
		}
	}
	return book, nil
}

func (b *lineBook) add(line Line) error {
	prepared := &preparedLine{Line: line}
	if err := prepared.checkTexts(); err != nil {
		return err
	}
	if line.TwiML != "" {
		if line.Greeting != "" {
			return errors.New("greeting and twiml exclude each other")
		}
		parsed, err := parseTemplate(line.TwiML)
		if err != nil {
			return fmt.Errorf("twiml: %w", err)
		}
		prepared.template = parsed
	}
	b.byName[line.Name] = prepared
	if line.Outbound {
		if line.Default || len(line.Numbers) > 0 {
			return errors.New("it is for outbound calls, so it can have no numbers and not be the default line")
		}
		return nil
	}
	if line.Default {
		if b.fallback != nil {
			return fmt.Errorf("line %q is the default line already", b.fallback.Name)
		}
		b.fallback = prepared
	} else if len(line.Numbers) == 0 {
		return errors.New("it has no number and is not the default line, so no call can reach it")
	}
	for _, number := range line.Numbers {
		key := normalizeNumber(number)
		if key == "" {
			return fmt.Errorf("number %q is empty", number)
		}
		if other := b.byNumber[key]; other != nil {
			return fmt.Errorf("number %s belongs to line %q already", number, other.Name)
		}
		b.byNumber[key] = prepared
	}
	return nil
}

// refuseBy prepares what callers get when all lines are busy.
func (b *lineBook) refuseBy(r Refusal) {
	for _, line := range b.byName {
		line.refusal = r.document(line)
	}
}

func (l *preparedLine) checkTexts() error {
	if l.Apology == "" {
		l.Apology = defaultApology
	}
	for _, text := range []struct{ key, value string }{
		{"greeting", l.Greeting}, {"resuming", l.Resuming}, {"apology", l.Apology},
	} {
		if n := utf8.RuneCountInString(text.value); n > maxSay {
			return fmt.Errorf("%s has %d characters, Twilio says at most %d", text.key, n, maxSay)
		}
	}
	if hasControl(l.Voice) || hasControl(l.Language) {
		return errors.New("voice and language must not hold control characters")
	}
	return nil
}

// find returns the line of a called number, or nil.
func (b *lineBook) find(to string) *preparedLine {
	if line := b.byNumber[normalizeNumber(to)]; line != nil {
		return line
	}
	return b.fallback
}

// named returns the line with that name, or nil.
func (b *lineBook) named(name string) *preparedLine { return b.byName[name] }

// normalizeNumber drops what people put into telephone numbers to make them
// readable. Anything that is not a plain number (a SIP address, a client name) is
// kept as it is, but for the case of its letters.
func normalizeNumber(number string) string {
	number = strings.TrimSpace(number)
	digits := strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", ".", "").Replace(number)
	if strings.Trim(strings.TrimPrefix(digits, "+"), "0123456789") == "" {
		return digits
	}
	return strings.ToLower(number)
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == utf8.RuneError })
}

// lastDigits is how a telephone number appears in logs: not so that anybody could
// be called with it.
func lastDigits(number string) string {
	if len(number) <= 4 {
		return "***"
	}
	return "***" + strings.ToValidUTF8(number[len(number)-2:], "?")
}
