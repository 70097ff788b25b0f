package record

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// HashNumber returns what stands for a telephone number in records: by it, and by
// nothing else that is kept, calls of the same number are found. It is keyed, as all
// telephone numbers there are can be tried in an afternoon.
func HashNumber(key []byte, number string) string {
	if number == "" {
		return ""
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("lexline number\x00" + number)) // a hash never returns an error
	return hex.EncodeToString(mac.Sum(nil)[:8])
}

// newNumber is a number as it is kept.
func newNumber(key []byte, number string, full bool) Number {
	n := Number{Hash: HashNumber(key, number), Ends: lastDigits(number)}
	if full {
		n.Full = number
	}
	return n
}

// lastDigits returns the last two digits of a telephone number of five or more. Of
// another address, such as one of SIP, it returns nothing: it may be a name.
func lastDigits(number string) string {
	const shown, least = 2, 5
	digits := strings.TrimPrefix(number, "+")
	if len(digits) < least || strings.Trim(digits, "0123456789") != "" {
		return ""
	}
	return digits[len(digits)-shown:]
}

// String shows a number to people, as far as it was kept.
func (n Number) String() string {
	switch {
	case n.Full != "":
		return n.Full
	case n.Ends != "":
		return "***" + n.Ends
	case n.Hash != "":
		return "***"
	}
	return "unknown"
}
