package main

import (
	"fmt"
	"net/url"
	"strings"
)

// environment looks a variable up; one that is not set is empty.
type environment func(name string) string

// variable is one name of the environment that the functions look at.
type variable struct {
	name string
	in   string // the functions that look at it: test, region or both
}

// The functions of a variable.
const (
	inTest   = "test"
	inRegion = "region"
	inBoth   = "both"
)

// variables are all that there are. A name that ends with REGION in angle brackets
// stands for one of each region, in capitals and with underscores.
var variables = []variable{
	{"BOTNAME", inTest},
	{"BOT_ALIAS", inTest},
	{"SAMPLE_UTTERANCE", inTest},
	{"EXPECTED_RESPONSE", inTest},
	{"PRIMARY_REGION", inBoth},
	{"SECONDARY_REGION", inBoth},
	{"TABLE_NAME", inBoth},
	{"TEST_METHOD", inTest},
	{"TEST_USER", inTest},
	{"BOTS", inTest},
	{"LOCALE", inTest},
	{"REGIONS", inBoth},
	{"EXPECTED_INTENT", inTest},
	{"EXPECTED_SLOT", inTest},
	{"HOLD", inTest},
	{"DEFAULT_REGION", inRegion},
	{"TABLE_KEY", inBoth},
	{"TABLE_REGION", inBoth},
	{"AWS_ENDPOINT_URL_DYNAMODB", inBoth},
	{"LEX_RUNTIME_ENDPOINT_<REGION>", inTest},
	{"LEX_MODELS_ENDPOINT_<REGION>", inTest},
}

// get returns a variable without blanks around it.
func (e environment) get(name string) string { return strings.TrimSpace(e(name)) }

// of returns the variable that there is one of for each region.
func (e environment) of(name, region string) (full, value string) {
	full = name + strings.ToUpper(strings.ReplaceAll(region, "-", "_"))
	return full, e.get(full)
}

// list returns the parts of a variable that are separated by commas or blanks.
func (e environment) list(name string) []string {
	return strings.FieldsFunc(e(name), func(c rune) bool { return c == ',' || c == ' ' || c == '\n' || c == '\t' || c == '\r' })
}

// checkEndpoint returns an error unless the value is empty or an address.
func checkEndpoint(name, value string) error {
	if value == "" {
		return nil
	}
	u, err := url.Parse(value)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return fmt.Errorf("%s: %q is not an http or https URL", name, value)
	}
	return nil
}
