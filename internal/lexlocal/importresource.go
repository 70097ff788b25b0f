package lexlocal

import (
	"regexp"
	"sync"
)

// What an import does with what is there already.
const (
	mergeOverwrite = "Overwrite"
	mergeFail      = "FailOnConflict"
	mergeAppend    = "Append"
)

var mergeStrategies = []string{mergeOverwrite, mergeFail, mergeAppend}

var rolePattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$`)
})

// importResource says what an import makes: one of its fields is set.
// https://docs.aws.amazon.com/lexv2/latest/APIReference/API_ImportResourceSpecification.html
type importResource struct {
	Bot    *botImport    `json:"botImportSpecification,omitempty"`
	Locale *localeImport `json:"botLocaleImportSpecification,omitempty"`
}

// botImport is an import of a whole bot. Tags and error logs have no effect.
type botImport struct {
	Name        string `json:"botName"`
	RoleARN     string `json:"roleArn"`
	DataPrivacy *struct {
		ChildDirected *bool `json:"childDirected"`
	} `json:"dataPrivacy"`
	SessionTTL *int `json:"idleSessionTTLInSeconds,omitempty"`
}

// localeImport is an import of one locale into the draft of a bot.
type localeImport struct {
	BotID     string   `json:"botId"`
	Version   string   `json:"botVersion"`
	LocaleID  string   `json:"localeId"`
	Threshold *float64 `json:"nluIntentConfidenceThreshold,omitempty"`
	Voice     *struct {
		ID     string `json:"voiceId"`
		Engine string `json:"engine,omitempty"`
	} `json:"voiceSettings,omitempty"`
}

func (r importResource) check() error {
	switch {
	case (r.Bot == nil) == (r.Locale == nil):
		return invalid("resourceSpecification: this local Lex imports one botImportSpecification or one botLocaleImportSpecification")
	case r.Bot != nil:
		return r.Bot.check()
	}
	return r.Locale.check()
}

func (i *botImport) check() error {
	switch {
	case !aliasPattern().MatchString(i.Name):
		return invalid("botName %q: %s", i.Name, aliasRule)
	case !rolePattern().MatchString(i.RoleARN):
		return invalid("roleArn %q is not the ARN of an IAM role", i.RoleARN)
	case i.DataPrivacy == nil || i.DataPrivacy.ChildDirected == nil:
		return invalid("dataPrivacy.childDirected is missing")
	case i.SessionTTL != nil && (*i.SessionTTL < 60 || *i.SessionTTL > 86400):
		return invalid("idleSessionTTLInSeconds is %d, allowed are 60 to 86400", *i.SessionTTL)
	}
	return nil
}

func (i *localeImport) check() error {
	switch {
	case !idPattern.MatchString(i.BotID):
		return invalid("botId %q is not 10 letters or digits", i.BotID)
	case i.Version != draftVersion:
		return invalid("botVersion is %q, an import goes to DRAFT", i.Version)
	case !localePattern.MatchString(i.LocaleID):
		return invalid("localeId %q is not a locale such as en_US", i.LocaleID)
	case i.Threshold != nil && !(*i.Threshold >= 0 && *i.Threshold <= 1):
		return invalid("nluIntentConfidenceThreshold is %v, allowed are 0 to 1", *i.Threshold)
	}
	return nil
}
