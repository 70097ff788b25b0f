package connectsim

import (
	"slices"
	"strconv"
	"strings"

	"lexline/internal/connect"
)

// comparisons are the operators of conditions
// (https://docs.aws.amazon.com/connect/latest/APIReference/flow-language-actions.html).
var comparisons = map[string]func(value, operand string) bool{
	"Equals":                 func(v, o string) bool { return v == o },
	"TextContains":           strings.Contains,
	"TextStartsWith":         strings.HasPrefix,
	"TextEndsWith":           strings.HasSuffix,
	"NumberGreaterThan":      numeric(func(v, o float64) bool { return v > o }),
	"NumberLessThan":         numeric(func(v, o float64) bool { return v < o }),
	"NumberGreaterOrEqualTo": numeric(func(v, o float64) bool { return v >= o }),
	"NumberLessOrEqualTo":    numeric(func(v, o float64) bool { return v <= o }),
}

// numeric compares numbers. What is no number fits no condition.
func numeric(compare func(value, operand float64) bool) func(value, operand string) bool {
	return func(value, operand string) bool {
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return false
		}
		o, err := strconv.ParseFloat(operand, 64)
		return err == nil && compare(v, o)
	}
}

// holds reports whether a condition holds for a value. One without operands, or
// with an operator that does not exist, never does.
func holds(c connect.Condition, value string, data map[string]any) bool {
	compare, ok := comparisons[c.Operator]
	return ok && slices.ContainsFunc(c.Operands, func(operand string) bool {
		return compare(value, resolve(operand, data))
	})
}
