package botdef

import "strings"

// builtinTypes maps the lower-case name of a built-in slot type to its V2 name.
// https://docs.aws.amazon.com/lexv2/latest/dg/built-in-slots.html
var builtinTypes = func() map[string]string {
	names := map[string]string{
		// Spellings of Lex V1, found in bots that were migrated by hand.
		"amazon.us_city":           "AMAZON.City",
		"amazon.europe_city":       "AMAZON.City",
		"amazon.us_state":          "AMAZON.State",
		"amazon.us_first_name":     "AMAZON.FirstName",
		"amazon.us_last_name":      "AMAZON.LastName",
		"amazon.four_digit_number": "AMAZON.Number",
	}
	for _, n := range []string{
		"AlphaNumeric", "City", "Confirmation", "Country", "Date", "Duration", "EmailAddress",
		"FirstName", "FreeFormInput", "LastName", "Number", "Percentage", "PhoneNumber",
		"State", "StreetName", "Time", "UKPostalCode",
	} {
		names["amazon."+strings.ToLower(n)] = "AMAZON." + n
	}
	return names
}()

// BuiltinType returns the Lex V2 name of a built-in slot type: "AMAZON.Date"
// also for the older "AMAZON.DATE", "AMAZON.City" for "AMAZON.US_CITY". ok is
// false for custom types and for names that Lex does not know.
func BuiltinType(name string) (canonical string, ok bool) {
	canonical, ok = builtinTypes[strings.ToLower(name)]
	return canonical, ok
}

// builtinIntents are the signatures that an intent can derive from.
// https://docs.aws.amazon.com/lexv2/latest/dg/built-in-intents.html
var builtinIntents = map[string]bool{
	"AMAZON.BedrockAgentIntent": true,
	"AMAZON.CancelIntent":       true,
	FallbackSignature:           true,
	"AMAZON.HelpIntent":         true,
	"AMAZON.KendraSearchIntent": true,
	"AMAZON.PauseIntent":        true,
	"AMAZON.QInConnectIntent":   true,
	"AMAZON.QnAIntent":          true,
	"AMAZON.RepeatIntent":       true,
	"AMAZON.ResumeIntent":       true,
	"AMAZON.StartOverIntent":    true,
	"AMAZON.StopIntent":         true,
}
