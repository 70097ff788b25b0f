// Package internal holds no code, only the tests that keep the house in order:
// who may import whom, and documents that tell the truth.
package internal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// row is what one package may import, as words.
type row struct {
	own    string // packages of this module, without internal/
	others string // third parties by the start of their path
	tests  string // third parties that only its tests import
}

// Third parties by the names used in mayImport.
const (
	awsCore    = "github.com/aws/aws-sdk-go-v2/aws github.com/aws/smithy-go"
	awsConfig  = "github.com/aws/aws-sdk-go-v2/config github.com/aws/aws-sdk-go-v2/credentials"
	awsLambda  = "github.com/aws/aws-lambda-go"
	awsLex     = "github.com/aws/aws-sdk-go-v2/service/lexruntimev2 github.com/aws/aws-sdk-go-v2/service/lexmodelsv2"
	awsDynamo  = "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	cmp        = "github.com/google/go-cmp"
	coder      = "github.com/coder/websocket"
	gobwas     = "github.com/gobwas/ws"
	prometheus = "github.com/prometheus/client_golang"
	purego     = "github.com/ebitengine/purego"
	script     = "github.com/rogpeppe/go-internal"
	sqlite     = "modernc.org/sqlite"
	yaml       = "go.yaml.in/yaml/v3"
)

// mayImport has a row for every package of this module. The domain (call) is in
// the middle and knows no technology, the edges are named after the technology
// they speak, and cmd/lexline puts them together.
var mayImport = map[string]row{
	"internal":                  {},
	"internal/audio":            {tests: cmp},
	"internal/histogram":        {tests: cmp},
	"internal/connect":          {own: "spelling", tests: cmp},
	"internal/spelling":         {},
	"internal/cfncheck":         {others: yaml, tests: cmp},
	"internal/connectsim":       {own: "audio connect", others: awsCore + " " + awsLex, tests: cmp},
	"internal/botdef":           {tests: cmp},
	"internal/vad":              {own: "audio", tests: cmp},
	"internal/vad/corpus":       {own: "audio", tests: cmp},
	"internal/vad/score":        {own: "vad/corpus", tests: cmp},
	"internal/vad/train":        {own: "vad"},
	"internal/hearing":          {own: "audio vad", tests: cmp},
	"internal/hearplot":         {own: "hearing vad", tests: "internal/audio"},
	"internal/speech":           {own: "audio", tests: cmp},
	"internal/nlu":              {own: "botdef", tests: cmp},
	"internal/parity":           {own: "botdef", tests: cmp},
	"internal/call":             {own: "audio histogram secret vad", tests: cmp},
	"internal/secret":           {},
	"internal/recording":        {own: "audio"},
	"internal/region":           {tests: cmp + " internal/region/tabletest"},
	"internal/region/tabletest": {own: "region"},
	"internal/outbound":         {own: "twilio", tests: cmp},
	"internal/simulate":         {own: "region", tests: cmp},
	"internal/record":           {own: "call secret", tests: cmp + " internal/record/storetest"},
	"internal/record/storetest": {own: "record"},
	"internal/sqlite":           {own: "record region", others: sqlite, tests: cmp + " internal/record/storetest internal/region/tabletest"},
	"internal/twilio":           {own: "audio call histogram", others: gobwas, tests: cmp + " " + coder},
	"internal/lex":              {own: "audio call region vad", others: awsCore + " " + awsConfig + " " + awsLex, tests: cmp},
	"internal/certs":            {},
	"internal/gate":             {tests: cmp},
	"internal/fault":            {own: "gate"},
	"internal/quotas":           {others: awsCore, tests: cmp},
	"internal/dynamolocal":      {own: "fault gate", tests: cmp + " internal/dynamodb/dynalite " + awsCore + " " + awsConfig + " " + awsDynamo},
	"internal/lexmodels":        {own: "botdef parity", others: awsCore + " " + awsLex, tests: cmp + " " + awsConfig},
	"internal/lexlocal":         {own: "audio botdef fault gate nlu speech vad", others: awsCore, tests: cmp + " " + awsConfig + " " + awsLex},
	"internal/twiliosim":        {own: "audio", others: coder, tests: cmp},
	"internal/dynamodb": {
		own: "record region", others: awsCore + " " + awsConfig + " " + awsDynamo,
		tests: cmp + " internal/dynamodb/dynalite internal/dynamolocal internal/record/storetest internal/region/tabletest",
	},
	"internal/drill": {own: "audio connect connectsim twiliosim", tests: cmp + " internal/botdef"},
	"internal/dynamodb/dynalite": { // imported by tests only
		own: "",
	},
	"internal/attack":     {}, // it attacks from outside
	"internal/wholestack": {tests: cmp + " internal/audio internal/botdef internal/call internal/lex internal/lexlocal internal/region internal/vad"},
	"cmd/lexline": {
		own:    "audio botdef call certs connect connectsim drill dynamodb dynamolocal hearing hearplot histogram lex lexhook lexlocal lexmodels nlu outbound parity quotas record recording region secret speech spelling sqlite twilio twiliosim vad",
		others: awsCore + " " + awsConfig + " " + prometheus + " " + sqlite + " " + yaml,
		tests:  cmp + " " + script + " " + awsLex + " internal/cfncheck internal/dynamodb/dynalite",
	},
	"cmd/lexline-lambda": {own: "connect dynamodb lex region", others: awsLambda, tests: cmp + " internal/cfncheck"},
	"lexhook":            {tests: cmp + " " + sqlite + " lexhook/keytest"},
	"lexhook/keytest":    {own: "lexhook"},
	"lexhook/dynamokeys": {
		own: "lexhook", others: awsCore + " " + awsDynamo,
		tests: "internal/dynamodb/dynalite lexhook/keytest",
	},
	"cmd/lexline-speech":      {own: "speech", others: purego, tests: cmp},
	"bench/discard":           {tests: cmp},
	"bench/drill":             {tests: cmp},
	"bench/hearing/amplitude": {others: "bench/hearing/baseline"},
	"bench/hearing/baseline":  {},
	"bench/hearing/cost":      {own: "audio", tests: cmp},
	"bench/hearing/pictures":  {own: "audio vad/corpus", tests: "internal/hearing internal/vad"},
	"bench/hearing/score":     {own: "audio vad vad/corpus vad/score", others: "bench/hearing/baseline", tests: cmp},
	"bench/hearing/train":     {own: "audio vad vad/corpus vad/train"},
	"bench/lambda":            {own: "connectsim", tests: cmp + " internal/dynamodb/dynalite"},
	"bench/mediapath":         {own: "audio", others: "bench/process", tests: cmp},
	"bench/operate":           {others: "bench/process", tests: cmp},
	"bench/process":           {},
	"bench/simulate":          {own: "region simulate", tests: cmp},
	"bench/speech":            {own: "audio botdef hearing nlu speech vad vad/corpus", tests: cmp},
	"bench/table":             {own: "drill region speech sqlite", tests: cmp},
	"scripts/demopicture":     {},
	"scripts/lambdazip":       {},
	"scripts/imagearchive":    {tests: cmp},
	"scripts/sbom":            {tests: cmp},
	"scripts/newcomer":        {},
	"bench/speech/adapt":      {own: "audio speech", tests: cmp},
}

// forbidden tells why, for the edges that someone will want one day. Third
// parties stand here by the start of their path as well.
var forbidden = map[string]map[string]string{
	"internal/call": {
		"internal/twilio":              "a call knows no carrier; call.Leg is the wall",
		"internal/lex":                 "a call knows no bot service; call.Bot is the wall",
		"internal/recording":           "a call knows no files; call.Recorder is the wall",
		prometheus:                     "a call counts; cmd/lexline exports what was counted",
		"internal/speech":              "the gateway neither recognises nor speaks; the bot does",
		"github.com/aws/aws-sdk-go-v2": "a call knows no cloud; lex speaks to AWS",
		gobwas:                         "a call knows no websocket; twilio speaks to the carrier",
	},
	"internal/hearing": {
		"internal/call":     "a recording is heard by vad.Ear, as a call is; what a turn then does to a bot is not heard",
		"internal/hearplot": "what was heard is told; hearplot draws it",
	},
	"internal/hearplot": {
		"golang.org/x/image": "letters of a few strokes and areas of one colour need no module",
	},
	"internal/parity": {
		"internal/lexmodels":           "differences are found in what was read, not while it is read; lexmodels asks",
		"github.com/aws/aws-sdk-go-v2": "a comparison knows no cloud; lexmodels speaks to AWS",
	},
	"internal/vad/score": {
		"internal/vad": "it judges what any detector put out; one that it knew could be favoured",
	},
	"internal/vad/train": {
		"internal/vad/corpus": "it learns from features and labels, wherever they are from; bench/hearing/train brings both together",
	},
	"internal/simulate": {
		"internal/call": "what is simulated is the pure core of region; calls are modelled, so that a million schedules take an hour",
		"internal/lex":  "it has goroutines and sockets; the simulation carries out plans itself, in virtual time",
	},
	"internal/region": {
		"internal/call":                "regions are judged by evidence from anywhere; lex brings that of calls",
		"internal/lex":                 "the judge knows no bot service; who asks Lex tells it by events",
		"internal/sqlite":              "region.Table is the wall; cmd/lexline chooses the store",
		"github.com/aws/aws-sdk-go-v2": "the judge knows no cloud; region.Table and region.Prober are the walls",
		sqlite:                         "region.Table is the wall; sqlite stores the items",
	},
	"internal/record": {
		"internal/sqlite":              "record.Store is the wall; cmd/lexline chooses the store",
		"internal/dynamodb":            "record.Store is the wall; cmd/lexline chooses the store",
		"internal/twilio":              "records are of calls, whoever carries them",
		"internal/botdef":              "which slots are masked is told by name; cmd/lexline reads it from exports",
		"github.com/aws/aws-sdk-go-v2": "a record knows no cloud; record.Store is the wall",
	},
	"internal/record/storetest": {
		"internal/sqlite":   "it tests any store; each one's own test calls it",
		"internal/dynamodb": "it tests any store; each one's own test calls it",
	},
	"internal/region/tabletest": {
		"internal/sqlite":   "it tests any table; each one's own test calls it",
		"internal/dynamodb": "it tests any table; each one's own test calls it",
	},
	"internal/sqlite": {
		"internal/lex": "a store knows what an item is, not what it is for",
	},
	"internal/dynamodb": {
		"internal/dynamolocal": "dynamolocal stands in for what dynamodb talks to; a fault in shared code would not show",
		"internal/lex":         "a store knows what an item is, not what it is for",
	},
	"internal/dynamodb/dynalite": {
		"internal/dynamodb": "it judges dynamodb from outside",
		awsDynamo:           "a stranger's table is reached without the SDK, so that a fault of it is not on both sides",
	},
	"internal/twilio": {
		"internal/twiliosim": "twiliosim judges twilio from outside; cmd/lexline brings them together",
		"internal/lex":       "a telephone door knows no bot service; call.Bot is the wall",
		coder:                "the phone uses this library; a fault of it must not be on both sides",
	},
	"internal/lex": {
		"internal/lexlocal": "lexlocal judges lex from outside; cmd/lexline brings them together",
		"internal/twilio":   "a bot client knows no carrier; call.Leg is the wall",
	},
	"internal/lexmodels": {
		"internal/lex":      "lex answers callers and repeats nothing; what nobody waits for is asked here",
		"internal/lexlocal": "lexlocal judges lexmodels from outside; cmd/lexline brings them together",
	},
	"internal/lexlocal": {
		"internal/lex":  "lexlocal stands in for what lex talks to; a fault in shared code would not show",
		"internal/call": "lexlocal is Amazon's side of the wire and knows no telephone call",
		"lexhook":       "lexlocal is Amazon's side of a hook; shared types would agree where Amazon differs",
	},
	"internal/dynamolocal": {
		"internal/dynamodb": "dynamolocal stands in for what dynamodb talks to; a fault in shared code would not show",
		"internal/region":   "dynamolocal is Amazon's side of the wire and knows no verdict",
		"lexhook":           "dynamolocal is Amazon's side of the wire and knows no keys of turns",
	},
	"internal/attack": {
		"internal/twilio":    "who forges, signs and frames by the standards; the door's own code would agree with itself",
		"internal/twiliosim": "a carrier cannot send what no carrier sends",
		gobwas:               "frames that are wrong are made by hand",
	},
	"internal/twiliosim": {
		"internal/twilio":   "twiliosim stands in for what twilio talks to; a fault in shared code would not show",
		"internal/call":     "twiliosim is the carrier's side of the wire and knows no gateway",
		"internal/lexlocal": "a caller knows no bot",
		"internal/speech":   "the caller's voice comes in as a function, so that a phone needs no speech engine",
		gobwas:              "the gateway uses this library; a fault of it must not be on both sides",
	},
	"internal/connect": {
		"internal/connectsim":          "connectsim runs flows; a check that runs them would find what the simulator does, not what Amazon Connect documents",
		"internal/region":              "a flow and its events know names of regions, and nothing of which one is well",
		"github.com/aws/aws-sdk-go-v2": "flows, events and answers are documents; who sends them is none of its business",
	},
	"internal/fault": {
		"internal/lexlocal":    "it knows no kind of fault but those of the network; each stand-in has its own",
		"internal/dynamolocal": "it knows no kind of fault but those of the network; each stand-in has its own",
	},
	"internal/cfncheck": {
		"github.com/aws/aws-sdk-go-v2": "templates are read, not deployed; AWS's resource types come as JSON",
		"internal/connect":             "a flow in a template is a text; a test compares it with the one that connect wrote",
	},
	"internal/connectsim": {
		"internal/lex":      "connectsim is Amazon Connect's side of the wire; a fault in shared code would not show",
		"internal/lexlocal": "Connect knows no bot's inside; cmd/lexline brings them together",
		"internal/region":   "Connect knows one answer of a Lambda function, and no region table",
		"internal/dynamodb": "the table is behind the Lambda function",
	},
	"lexhook": {
		awsDynamo: "a function whose keys are elsewhere links no SDK; lexhook/dynamokeys does",
		sqlite:    "the driver is the choice of the program that opens the file; a Lambda function may want none",
	},
	"lexhook/dynamokeys": {
		"internal/dynamodb":                   "a region table may be read late; a key of a fulfilled turn may not",
		"github.com/aws/aws-sdk-go-v2/config": "the client comes from the function that uses it, with its credentials",
	},
	"internal/speech": {
		purego: "only the worker program loads foreign libraries: it alone may crash of them",
	},
	"cmd/lexline-lambda": {
		"internal/connectsim":          "connectsim runs this program from outside; bench/lambda brings them together",
		"internal/sqlite":              "functions share no disk; their table is in DynamoDB",
		"github.com/aws/aws-sdk-go-v2": "what is said to AWS is the business of lex and dynamodb; this is settings and waits",
	},
	"cmd/lexline": {
		purego: "lexline is statically linked; the worker program loads foreign libraries",
	},
}

// refusal returns why the package called from may not import path, or nothing.
func refusal(from, path string, inTest bool) string {
	name, isOwn := strings.CutPrefix(path, modulePath+"/")
	host, _, _ := strings.Cut(path, "/")
	switch {
	case path == "C":
		return "this project is built without cgo"
	case !isOwn && !strings.Contains(host, "."):
		return "" // the standard library
	}
	r := mayImport[from]
	allowed := strings.Fields(r.others)
	if inTest {
		allowed = append(allowed, strings.Fields(r.tests)...)
	}
	for own := range strings.FieldsSeq(r.own) {
		if !strings.HasPrefix(own, "lexhook") { // what others may use stands outside
			own = "internal/" + own
		}
		allowed = append(allowed, own)
	}
	under := func(top string) bool { return name == top || !isOwn && strings.HasPrefix(name, top+"/") }
	if slices.ContainsFunc(allowed, under) {
		return ""
	}
	for to, why := range forbidden[from] {
		if under(to) {
			return why
		}
	}
	return fmt.Sprintf("its row of mayImport has only %v", allowed)
}

func TestImports(t *testing.T) {
	found := packages(t)
	for _, p := range found {
		if _, ok := mayImport[p.name()]; !ok {
			t.Errorf("%s has no row in mayImport: say there what it may import", p.name())
			continue
		}
		for _, path := range p.Imports {
			if why := refusal(p.name(), path, false); why != "" {
				t.Errorf("%s imports %s: %s", p.name(), path, why)
			}
		}
		for _, path := range slices.Concat(p.TestImports, p.XTestImports) {
			if why := refusal(p.name(), path, true); why != "" && path != p.ImportPath {
				t.Errorf("tests of %s import %s: %s", p.name(), path, why)
			}
		}
	}
	for name := range mayImport {
		if !slices.ContainsFunc(found, func(p goPackage) bool { return p.name() == name }) {
			t.Errorf("mayImport has a row for %s, but there is no such package", name)
		}
	}
}

// TestRefusal plants edges, so that the table test above is known to bite.
func TestRefusal(t *testing.T) {
	tests := []struct {
		from, path string
		inTest     bool
		refused    bool
	}{
		{"internal/call", "net/http", false, false},
		{"internal/call", "lexline/internal/audio", false, false},
		{"internal/call", "lexline/internal/twilio", false, true},
		{"internal/call", "lexline/internal/audio/deeper", false, true},
		{"internal/call", "github.com/gobwas/ws/wsutil", false, true},
		{"internal/call", "github.com/google/go-cmp/cmp", false, true},
		{"internal/call", "github.com/google/go-cmp/cmp", true, false},
		{"internal/audio", "C", false, true},
		{"internal/twilio", "github.com/gobwas/ws", false, false},
		{"internal/twilio", "github.com/gobwas/wsother", false, true},
		{"internal/twiliosim", "lexline/internal/twilio", true, true},
		{"internal/lexlocal", "lexline/internal/lex", true, true},
		{"internal/lexlocal", "lexline/lexhook", true, true},
		{"cmd/lexline", "lexline/lexhook", false, false},
		{"lexhook", "modernc.org/sqlite", false, true},
		{"lexhook", awsDynamo, false, true},
		{"lexhook/dynamokeys", "lexline/lexhook", false, false},
		{"lexhook/dynamokeys", "github.com/aws/aws-sdk-go-v2/config", false, true},
		{"internal/connect", "github.com/aws/aws-sdk-go-v2/service/lexruntimev2", false, true},
		{"cmd/lexline", "github.com/ebitengine/purego", false, true},
	}
	for _, tt := range tests {
		why := refusal(tt.from, tt.path, tt.inTest)
		if (why != "") != tt.refused {
			t.Errorf("refusal(%s, %s, in a test %v) = %q; want refused %v", tt.from, tt.path, tt.inTest, why, tt.refused)
		}
	}
}

const modulePath = "lexline"

// goPackage is what `go list -json` tells of a package of this module.
type goPackage struct {
	ImportPath   string
	Dir          string
	Name         string
	Doc          string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

// name is the package's path inside the module, like internal/call.
func (p goPackage) name() string { return strings.TrimPrefix(p.ImportPath, modulePath+"/") }

// packages lists the packages of this module.
func packages(t *testing.T) []goPackage {
	t.Helper()
	list := exec.Command("go", "list", "-e", "-json=ImportPath,Dir,Name,Doc,Imports,TestImports,XTestImports", "./...")
	list.Dir = ".."
	out, err := list.Output()
	if err != nil {
		t.Fatalf("list the packages of this module: %v", err)
	}
	var found []goPackage
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatalf("read the list of packages: %v", err)
		}
		found = append(found, p)
	}
}
