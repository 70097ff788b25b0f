package twilio

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// RESTError is a refusal by Twilio's API
// (https://www.twilio.com/docs/usage/twilios-response#response-formats-exceptions).
type RESTError struct {
	Status   int    // of HTTP
	Code     int    // Twilio's own (https://www.twilio.com/docs/api/errors); 0 if it told none
	Message  string // Twilio's words, without telephone numbers; may be empty
	MoreInfo string // a page about the code; may be empty
}

// Error words the refusal for a person and for the log.
func (e *RESTError) Error() string {
	text := fmt.Sprintf("twilio answered %d %s", e.Status, http.StatusText(e.Status))
	if e.Code != 0 {
		text += fmt.Sprintf(", error %d", e.Code)
	}
	if e.Message != "" {
		text += ": " + e.Message
	}
	return text
}

// The codes of Twilio's that a caller of REST tells apart.
const (
	codeUnauthorized  = 20003 // https://www.twilio.com/docs/api/errors/20003
	codeNotFound      = 20404 // https://www.twilio.com/docs/api/errors/20404
	codeNotInProgress = 21220 // https://www.twilio.com/docs/api/errors/21220
)

// IsNotInProgress reports whether err says that the call cannot be changed as it
// has ended, or was not answered yet: Twilio's 21220.
func IsNotInProgress(err error) bool { return hasCode(err, codeNotInProgress) }

// IsNotFound reports whether err says that there is no such call: Twilio's 20404.
func IsNotFound(err error) bool { return hasCode(err, codeNotFound) }

// IsUnauthorized reports whether err says that Twilio does not take the
// credentials: its 20003, or status 401.
func IsUnauthorized(err error) bool {
	refusal, ok := errors.AsType[*RESTError](err)
	return ok && (refusal.Code == codeUnauthorized || refusal.Status == http.StatusUnauthorized)
}

func hasCode(err error, code int) bool {
	refusal, ok := errors.AsType[*RESTError](err)
	return ok && refusal.Code == code
}

// errUncertain marks errors after which what was asked for may have been done.
var errUncertain = errors.New("it may have been done all the same")

// IsUncertain reports whether what was asked for may have been done in spite of
// err: the request was sent, and no answer told what became of it.
func IsUncertain(err error) bool { return errors.Is(err, errUncertain) }

// parseRESTError reads the JSON of a refusal. What is no such JSON, a proxy's page,
// leaves only the status. secrets are taken out of Twilio's words, should they be in
// there, and so are telephone numbers.
func parseRESTError(status int, body []byte, secrets []string) *RESTError {
	e := &RESTError{Status: status}
	var wire struct {
		Code     int    `json:"code"`
		Message  string `json:"message"`
		MoreInfo string `json:"more_info"`
	}
	if json.Unmarshal(body, &wire) != nil {
		return e
	}
	clean := func(text string, most int) string {
		for _, secret := range secrets {
			text = strings.ReplaceAll(text, secret, "***")
		}
		return plainText(text, most)
	}
	e.Code = max(wire.Code, 0)
	e.Message = maskNumbers(clean(wire.Message, 300))
	if strings.HasPrefix(wire.MoreInfo, "https://") {
		e.MoreInfo = clean(wire.MoreInfo, 200)
	}
	return e
}

// maskNumbers puts *** and its last two digits in the place of each telephone
// number: seven digits or more, perhaps with + or marks for reading in them, that
// are not part of a word.
func maskNumbers(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		end, digits := numberAt(text, i)
		if digits >= 7 && !isWordByte(before(text, i)) && (end == len(text) || !isWordByte(text[end])) {
			b.WriteString("***" + text[end-2:end])
			i = end
			continue
		}
		end = max(end, i+1)
		b.WriteString(text[i:end])
		i = end
	}
	return b.String()
}

// numberAt returns where a run of digits, with at most two marks between them, that
// begins at i ends, and how many digits it has.
func numberAt(text string, i int) (end, digits int) {
	end = i
	if i < len(text) && text[i] == '+' {
		i++
	}
	for marks := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c >= '0' && c <= '9':
			digits++
			end, marks = i+1, 0
		case digits > 0 && marks < 2 && strings.IndexByte(" -.()/", c) >= 0:
			marks++
		default:
			return end, digits
		}
	}
	return end, digits
}

func before(text string, i int) byte {
	if i == 0 {
		return ' '
	}
	return text[i-1]
}

func isWordByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}
