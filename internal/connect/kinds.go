package connect

import "slices"

// need says whether something must be there.
type need int

const (
	forbidden need = iota
	optional
	advised // left out in older exports: a warning
	required
)

// kind is what the flow language says of one type of action, on the page of its
// name below
// https://docs.aws.amazon.com/connect/latest/APIReference/flow-language-actions.html.
type kind struct {
	ends       bool // the flow is over behind it; TransferContactToQueue has transitions all the same
	asks       bool // it waits for the caller
	speaks     bool // the caller hears its prompt: one of Text, SSML, PromptId, Media
	next       need
	params     []param
	errors     []errorNeed
	operators  []string // of its conditions; none: it has no conditions
	conditions int      // at least
}

// param is one parameter of an action.
type param struct {
	name  string
	need  need
	check valueCheck
}

// errorNeed is one type of error that an action has.
type errorNeed struct {
	name string
	need need
}

var (
	onlyEquals   = []string{"Equals"}
	allOperators = []string{
		"Equals", "TextStartsWith", "TextEndsWith", "TextContains",
		"NumberGreaterThan", "NumberGreaterOrEqualTo", "NumberLessThan", "NumberLessOrEqualTo",
	}
	anyError     = []errorNeed{{NoMatchingError, required}}
	anyErrorNow  = []errorNeed{{NoMatchingError, advised}}
	booleans     = oneOf("True", "False")
	textOrPath   = valueCheck(checkText)
	promptParams = []param{{"Text", optional, textOrPath}, {"SSML", optional, textOrPath}, {"PromptId", optional, textOrPath}, {"Media", optional, checkMedia}}
)

// kinds are the actions that this package knows.
var kinds = map[string]kind{
	MessageParticipant: {speaks: true, next: required, params: promptParams, errors: anyErrorNow},
	GetParticipantInput: {
		speaks: true, asks: true, next: optional, operators: onlyEquals,
		params: slices.Concat(promptParams, []param{
			{"InputTimeLimitSeconds", required, number(1, 180)},
			{"StoreInput", optional, booleans},
			{"InputValidation", optional, checkObject},
			{"InputEncryption", optional, checkObject},
			{"DTMFConfiguration", optional, checkObject},
		}),
		errors: []errorNeed{{NoMatchingError, required}, {NoMatchingCondition, optional}, {InputTimeLimitExceeded, optional}, {InvalidPhoneNumber, optional}},
	},
	ConnectParticipantWithLexBot: {
		speaks: true, asks: true, next: optional, operators: onlyEquals,
		params: slices.Concat(promptParams, []param{
			{"LexV2Bot", optional, checkLexV2Bot}, // required, unless there is the other
			{"LexBot", optional, checkLexV1Bot},
			{"LexSessionAttributes", optional, checkStrings},
			{"LexInitializationData", optional, checkObject},
			{"LexTimeoutSeconds", optional, checkObject},
		}),
		errors: []errorNeed{{NoMatchingError, required}, {NoMatchingCondition, required}, {InputTimeLimitExceeded, advised}},
	},
	InvokeLambdaFunction: {
		next: required,
		params: []param{
			{"LambdaFunctionARN", required, checkLambdaARN},
			{"InvocationTimeLimitSeconds", required, number(1, maxLambdaSeconds)},
			{"InvocationType", optional, oneOf("SYNCHRONOUS", "ASYNCHRONOUS")},
			{"LambdaInvocationAttributes", optional, checkStrings},
			{"ResponseValidation", optional, checkResponseValidation},
		},
		errors: anyError,
	},
	Compare: {
		next: optional, operators: allOperators, conditions: 1,
		params: []param{{"ComparisonValue", required, checkPath}},
		errors: []errorNeed{{NoMatchingCondition, required}},
	},
	Loop: {
		next: optional, operators: onlyEquals, conditions: 2,
		params: []param{{"LoopCount", required, numberOrPath(0, 100)}},
	},
	UpdateContactAttributes: {
		next:   required,
		params: []param{{"Attributes", required, checkAttributes}, {"TargetContact", optional, oneOf("Current", "Related")}},
		errors: anyError,
	},
	UpdateContactData: {
		next: required,
		params: []param{
			{"LanguageCode", optional, checkLanguage},
			{"Name", optional, textOrPath},
			{"Description", optional, textOrPath},
			{"CustomerId", optional, textOrPath},
			{"References", optional, checkObject}, // of objects with Value and Type
			{"WisdomSessionArn", optional, textOrPath},
			{"SegmentAttributes", optional, checkObject},
			{"TargetContact", optional, oneOf("Current", "Related")},
		},
		errors: anyError,
	},
	UpdateContactTargetQueue: {
		next:   required,
		params: []param{{"QueueId", optional, checkQueue}, {"AgentId", optional, textOrPath}},
		errors: anyError,
	},
	TransferContactToQueue: {
		ends: true, next: optional,
		errors: []errorNeed{{NoMatchingError, required}, {QueueAtCapacity, required}},
	},
	UpdateContactTextToSpeechVoice: {
		next: required,
		params: []param{
			{"TextToSpeechVoice", required, checkVoice},
			{"TextToSpeechEngine", optional, oneOfOrPath("Standard", "Neural", "Generative", "Long-form", "standard", "neural", "generative", "long-form")},
			{"TextToSpeechStyle", optional, textOrPath},
		},
		errors: anyErrorNow,
	},
	UpdateFlowLoggingBehavior: {next: required, params: []param{{"FlowLoggingBehavior", required, oneOf("Enabled", "Disabled")}}},
	DisconnectParticipant:     {ends: true},
	EndFlowExecution:          {ends: true},
}

// knownKinds are the types of actions that are checked, in order.
func knownKinds() []string { return sortedKeys(kinds) }
