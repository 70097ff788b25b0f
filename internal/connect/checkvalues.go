package connect

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// valueCheck says what is wrong with the value of the parameter of that name.
type valueCheck func(name string, v any) []Problem

func wrong(code, hint, format string, args ...any) []Problem {
	return []Problem{{Code: code, Hint: hint, What: fmt.Sprintf(format, args...)}}
}

// text returns the value as a string that is not empty.
func text(name string, v any) (string, []Problem) {
	switch s, ok := v.(string); {
	case ok && s == "":
		return "", wrong("value", "", "%s is empty", name)
	case ok:
		return s, nil
	}
	switch v.(type) {
	case float64, bool:
		return "", wrong("value", fmt.Sprintf("write it as a string: %q", fmt.Sprint(v)), "%s is the number or truth value %v", name, v)
	}
	return "", wrong("value", "", "%s is no string", name)
}

func checkText(name string, v any) []Problem {
	s, found := text(name, v)
	if found != nil {
		return found
	}
	return checkRoots(name, s)
}

// checkRoots looks at the paths that text has in it.
func checkRoots(name, text string) []Problem {
	if root, unknown := unknownRoot(text); unknown {
		return wrong("path", "paths begin with $.External, $.Attributes, $.Lex, $.StoredCustomerInput or another word of Amazon Connect's list of attributes",
			"%s has the path $.%s in it, which leads to nothing", name, root)
	}
	return nil
}

func checkPath(name string, v any) []Problem {
	s, found := text(name, v)
	switch {
	case found != nil:
		return found
	case !isDynamic(s):
		return wrong("path", "such as $.External.primaryCode", "%s is %q, and must be one path", name, s)
	}
	return checkRoots(name, s)
}

func oneOf(values ...string) valueCheck {
	return func(name string, v any) []Problem {
		if s, found := text(name, v); found != nil || slices.Contains(values, s) {
			return found
		}
		return wrong("value", "it is one of "+strings.Join(values, ", "), "%s is %q", name, v)
	}
}

func oneOfOrPath(values ...string) valueCheck { return orPath(oneOf(values...)) }

func number(low, high int) valueCheck {
	return func(name string, v any) []Problem {
		s, found := text(name, v)
		if found != nil {
			return found
		}
		if n, err := strconv.Atoi(s); err != nil || n < low || n > high {
			return wrong("value", fmt.Sprintf("a whole number from %d to %d, as a string", low, high), "%s is %q", name, s)
		}
		return nil
	}
}

func numberOrPath(low, high int) valueCheck { return orPath(number(low, high)) }

// orPath takes a path as well.
func orPath(static valueCheck) valueCheck {
	return func(name string, v any) []Problem {
		if s, ok := v.(string); ok && isDynamic(s) {
			return checkRoots(name, s)
		}
		return static(name, v)
	}
}

// checkLambdaARN and its like take static ARNs, which may have $.AwsRegion for their
// region, and paths to ARNs.
var (
	checkLambdaARN = orPath(arn(func(s string) bool { return staticLambda().MatchString(s) }, lambdaForm))
	checkAliasARN  = orPath(arn(func(s string) bool { return aliasARN().MatchString(s) }, aliasForm))
	checkQueue     = orPath(arn(func(s string) bool { return queueARN().MatchString(s) || uuid().MatchString(s) }, queueForm+" or its id"))
	checkLanguage  = orPath(language)
)

func arn(good func(string) bool, form string) valueCheck {
	return func(name string, v any) []Problem {
		if s, found := text(name, v); found != nil || good(s) {
			return found
		}
		return wrong("arn", "it looks like "+form, "%s is %q", name, v)
	}
}

func language(name string, v any) []Problem {
	if s, found := text(name, v); found != nil || localeID().MatchString(strings.Replace(s, "-", "_", 1)) && strings.Contains(s, "-") {
		return found
	}
	return wrong("value", "such as en-US", "%s is %q", name, v)
}

func object(name string, v any) (map[string]any, []Problem) {
	if m, ok := v.(map[string]any); ok {
		return m, nil
	}
	return nil, wrong("value", "", "%s is no object", name)
}

func checkObject(name string, v any) []Problem {
	_, found := object(name, v)
	return found
}

// fields checks an object of which all fields are known, and must be there.
func fields(name string, v any, checks map[string]valueCheck) (found []Problem) {
	m, found := object(name, v)
	if found != nil {
		return found
	}
	for _, key := range sortedKeys(checks) {
		if value, there := m[key]; there {
			found = append(found, checks[key](name+"."+key, value)...)
		} else {
			found = append(found, wrong("missing-parameter", "", "%s.%s is missing", name, key)...)
		}
	}
	for _, key := range sortedKeys(m) {
		if checks[key] == nil {
			found = append(found, wrong("unknown-parameter", "", "%s has no field %s", name, key)...)
		}
	}
	return found
}

func checkMedia(name string, v any) []Problem {
	return fields(name, v, map[string]valueCheck{"Uri": textOrPath, "SourceType": oneOf("S3"), "MediaType": oneOf("Audio")})
}

func checkLexV2Bot(name string, v any) []Problem {
	return fields(name, v, map[string]valueCheck{"AliasArn": checkAliasARN})
}

func checkLexV1Bot(name string, _ any) []Problem {
	return wrong("lex-v1", "move the bot to Lex V2, and put LexV2Bot with the ARN of its alias here",
		"%s is a bot of Amazon Lex V1, which was switched off on 15 September 2025", name)
}

func checkResponseValidation(name string, v any) []Problem {
	return fields(name, v, map[string]valueCheck{"ResponseType": oneOf("STRING_MAP", "JSON")})
}

// checkStrings takes an object of strings, which may be empty or paths.
func checkStrings(name string, v any) (found []Problem) {
	m, found := object(name, v)
	for _, key := range sortedKeys(m) {
		if s, ok := m[key].(string); ok {
			found = append(found, checkRoots(name+"."+key, s)...)
		} else {
			found = append(found, wrong("value", "write it as a string", "%s.%s is no string", name, key)...)
		}
	}
	return found
}

func checkAttributes(name string, v any) []Problem {
	if m, ok := v.(map[string]any); ok && len(m) == 0 {
		return wrong("value", "name an attribute, or take the action out", "%s is empty: it sets nothing", name)
	}
	return checkStrings(name, v)
}
