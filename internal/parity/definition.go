package parity

import (
	"strings"

	"lexline/internal/botdef"
)

// Definition is a bot as callers meet it in one region: the version that an
// alias serves, and what the alias adds to it.
type Definition struct {
	Bot   *botdef.Bot
	Alias *Alias // nil: not compared, as for an export, which has none
}

// Alias is what a bot's alias says about the version that it serves.
type Alias struct {
	Name    string
	Version string // "DRAFT" or a number; not compared, as regions count on their own
	Locales []AliasLocale
	// Sentiment is whether Lex also judges the caller's mood.
	Sentiment bool
}

// Locale returns the alias' settings of a locale; ok is false if it has none.
func (a *Alias) Locale(id string) (l AliasLocale, ok bool) {
	for _, l := range a.Locales {
		if l.ID == id {
			return l, true
		}
	}
	return AliasLocale{}, false
}

// AliasLocale is an alias' setting for one locale.
type AliasLocale struct {
	ID      string
	Enabled bool
	// Hook is the ARN of the Lambda function behind the bot, "" for none.
	Hook string
	// HookVersion is the version of the event that the function gets, "1.0".
	HookVersion string
}

// FunctionName is the part of a Lambda function's ARN that regions can have in
// common: its name, and behind a colon its version or alias, if the ARN has one.
// Other text is returned as it is.
// https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html
func FunctionName(arn string) string {
	parts := strings.Split(arn, ":")
	if len(parts) < 7 || parts[0] != "arn" || parts[2] != "lambda" || parts[5] != "function" {
		return arn
	}
	return strings.Join(parts[6:], ":")
}

// AccountOf is the account of an ARN such as a role's or a function's, "" if it
// names none.
func AccountOf(arn string) string {
	parts := strings.Split(arn, ":")
	if len(parts) < 6 || parts[0] != "arn" {
		return ""
	}
	return parts[4]
}
