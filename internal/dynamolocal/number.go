package dynamolocal

import (
	"math/big"
	"strconv"
	"strings"
)

// Limits of a number, see
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html.
const (
	maxDigits    = 38
	maxMagnitude = 125 // the exponent of the first digit
	minMagnitude = -130

	// maxNumberText bounds the work on a number that is mostly zeros.
	maxNumberText = 1000
)

// number is digits times ten to the power of exp. The digits do not end in a zero
// unless they are zero, so that equal numbers have equal fields.
type number struct {
	digits *big.Int
	exp    int
}

// parseNumber reads a number of any form that DynamoDB takes. It returns an error
// of the API.
func parseNumber(text string) (number, *apiError) {
	mantissa, exponent, scientific := strings.Cut(strings.ToLower(text), "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits, signed := unsigned(whole)
	exponentDigits, exponentSigned := unsigned(exponent)
	wrong := len(text) > maxNumberText || !signed || !exponentSigned || !allDigits(fraction) || digits+fraction == "" || scientific && exponentDigits == ""
	if wrong {
		if text == "" {
			return number{}, invalid("The parameter cannot be converted to a numeric value")
		}
		return number{}, invalid("The parameter cannot be converted to a numeric value: %.50s", text)
	}
	n := new(big.Int)
	n.SetString(digits+fraction, 10) // nothing but digits
	if strings.HasPrefix(whole, "-") {
		n.Neg(n)
	}
	exp, _ := strconv.Atoi(exponent) // out of range it is the nearest number
	return newNumber(n, max(min(exp, 1<<20), -1<<20)-len(fraction))
}

// unsigned returns the digits behind a sign, false if there is anything else.
func unsigned(text string) (digits string, ok bool) {
	digits = text
	if text != "" && (text[0] == '+' || text[0] == '-') {
		digits = text[1:]
	}
	return digits, allDigits(digits)
}

func allDigits(text string) bool {
	return strings.Trim(text, "0123456789") == ""
}

// newNumber returns a number in its one form, or why DynamoDB has none like it.
func newNumber(digits *big.Int, exp int) (number, *apiError) {
	if digits.Sign() == 0 {
		return number{digits: new(big.Int)}, nil
	}
	text := new(big.Int).Abs(digits).String()
	kept := strings.TrimRight(text, "0")
	magnitude := exp + len(text) - 1
	switch {
	case magnitude > maxMagnitude:
		return number{}, invalid("Number overflow. Attempting to store a number with magnitude larger than supported range")
	case magnitude < minMagnitude:
		return number{}, invalid("Number underflow. Attempting to store a number with magnitude smaller than supported range")
	case len(kept) > maxDigits:
		return number{}, invalid("Attempting to store more than %d significant digits in a Number", maxDigits)
	}
	n := new(big.Int)
	n.SetString(kept, 10)
	if digits.Sign() < 0 {
		n.Neg(n)
	}
	return number{n, exp + len(text) - len(kept)}, nil
}

// String returns the number without an exponent, as DynamoDB gives it back.
func (n number) String() string {
	sign, text := "", new(big.Int).Abs(n.digits).String()
	if n.digits.Sign() < 0 {
		sign = "-"
	}
	switch {
	case n.exp >= 0:
		if text != "0" {
			text += strings.Repeat("0", n.exp)
		}
	case len(text) > -n.exp:
		text = text[:len(text)+n.exp] + "." + text[len(text)+n.exp:]
	default:
		text = "0." + strings.Repeat("0", -n.exp-len(text)) + text
	}
	return sign + text
}

// size is what the number takes of an item: a byte for two digits, and one more,
// and one for a sign, as the guide estimates it.
func (n number) size() int {
	size := (len(new(big.Int).Abs(n.digits).String())+1)/2 + 1
	if n.digits.Sign() < 0 {
		size++
	}
	return size
}

// aligned returns the digits of both with the smaller exponent of them.
func (n number) aligned(m number) (a, b *big.Int, exp int) {
	exp = min(n.exp, m.exp)
	raise := func(x number) *big.Int {
		power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(x.exp-exp)), nil)
		return power.Mul(power, x.digits)
	}
	return raise(n), raise(m), exp
}

func (n number) compare(m number) int {
	a, b, _ := n.aligned(m)
	return a.Cmp(b)
}

func (n number) plus(m number) (number, *apiError) {
	a, b, exp := n.aligned(m)
	return newNumber(a.Add(a, b), exp)
}

func (n number) minus(m number) (number, *apiError) {
	return n.plus(number{new(big.Int).Neg(m.digits), m.exp})
}
