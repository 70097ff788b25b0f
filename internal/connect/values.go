package connect

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// awsRegion stands for the region of the instance where one flow serves instances
// in several (https://docs.aws.amazon.com/connect/latest/adminguide/connect-global-resiliency.html).
const awsRegion = "$.AwsRegion"

const (
	maxLambdaSeconds = 8
	fallbackIntent   = "FallbackIntent" // the name that every Lex V2 bot has it under
)

// regionForm is that of an AWS region's name: short words for where, a direction and a
// number, as in us-east-1, us-gov-west-1 and eusc-de-east-1. It is narrow, so that no
// words of a caller pass for a region.
const regionForm = `[a-z]{2,4}(?:-[a-z]{2,4})?-(?:central|(?:north|south)?(?:east|west)|north|south)-[1-9][0-9]?`

// What AWS's names look like. Where a region may be $.AwsRegion the first group
// is the region. Names with blanks in paths stand as in $.Attributes.['user name']
// (https://docs.aws.amazon.com/connect/latest/adminguide/how-to-reference-attributes.html).
var (
	regionName   = lazily(`^` + regionForm + `$`)
	localeID     = lazily(`^[a-z]{2}_(?:[A-Z]{2}|419)$`)
	intentName   = lazily(`^[0-9a-zA-Z][0-9a-zA-Z_-]{0,99}$`)
	staticLambda = lazily(`^arn:aws[a-z-]*:lambda:(` + regionForm + `|\$\.AwsRegion):[0-9]{12}:function:[a-zA-Z0-9_-]{1,64}(?::[a-zA-Z0-9_$-]+)?$`)
	aliasARN     = lazily(`^arn:aws[a-z-]*:lex:(` + regionForm + `|\$\.AwsRegion):[0-9]{12}:bot-alias/[0-9A-Z]{10}/[0-9A-Z]{10}$`)
	queueARN     = lazily(`^arn:aws[a-z-]*:connect:` + regionForm + `:[0-9]{12}:instance/` + uuidForm + `/queue/(?:agent/)?` + uuidForm + `$`)
	uuid         = lazily(`^` + uuidForm + `$`)
	wholePath    = lazily(`^\$(?:\.[A-Za-z_][A-Za-z0-9_-]*|\.?\[['"][^'"]+['"]\]|\[[0-9]+\])+$`)
	pathRoot     = lazily(`\$\.([A-Za-z_][A-Za-z0-9_]*)|\$\.?\[['"]([^'"]+)['"]\]`)
)

const uuidForm = `[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}`

// lazily compiles an expression when it is first needed: those with bounded
// repetitions are large, and most commands need none.
func lazily(form string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(form) })
}

// How they are told to people.
const (
	lambdaForm = "arn:aws:lambda:REGION:ACCOUNT:function:NAME"
	aliasForm  = "arn:aws:lex:REGION:ACCOUNT:bot-alias/BOTID/ALIASID, both ids of ten capital letters and digits"
	queueForm  = "arn:aws:connect:REGION:ACCOUNT:instance/ID/queue/ID"
)

// pathRoots are the first words of paths that mean something in a flow
// (https://docs.aws.amazon.com/connect/latest/adminguide/connect-attrib-list.html).
var pathRoots = strings.Fields(`
	Agent Attributes AwsRegion Campaign Case Channel ContactFlow ContactId Customer CustomerCallbackNumber CustomerEndpoint CustomerId
	DataTables DataTableList Description EndpointDisplayName Email External FlowAttributes FlowModules InitialContactId InitiationMethod InstanceARN
	LanguageCode Lex Loop Media MediaStreams Metrics Modules Name PreviousContactId Queue References RelatedContactId RoutingCriteria
	SegmentAttributes StoredCustomerInput SystemEndpoint Tags Task TextToSpeechVoiceId TextToSpeechVoice Views Wisdom`)

// unknownRoot returns the first word of a path in text that no path begins with.
func unknownRoot(text string) (root string, unknown bool) {
	for _, m := range pathRoot().FindAllStringSubmatch(text, -1) {
		if root := m[1] + m[2]; !slices.Contains(pathRoots, root) {
			return root, true
		}
	}
	return "", false
}

// isDynamic reports whether text is one path, and nothing else.
func isDynamic(text string) bool { return wholePath().MatchString(text) }
