package cfncheck

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// templates are the names of ours.
var templates = []string{"bot", "core", "lexdr", "service"}

const folder = "../../deploy/cloudformation"

// readTemplates reads ours by name.
func readTemplates(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, name := range templates {
		text, err := os.ReadFile(filepath.Join(folder, name+".yml"))
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = string(text)
	}
	return texts
}

// parsed parses templates, in the order of their names.
func parsed(t *testing.T, texts map[string]string) (found []*Template) {
	t.Helper()
	for _, name := range templates {
		p, err := Parse(name, []byte(texts[name]))
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, p)
	}
	return found
}

// dump asks Node for the resource types of AWS once, for all tests.
var dump = struct {
	sync.Once
	spec *Spec
	skip string
	err  error
}{}

// awsTypes are the resource types that our templates and the planted ones use. Where
// Node or its module is missing the test is skipped, but fails when CI is set.
func awsTypes(t *testing.T) *Spec {
	t.Helper()
	dump.Do(func() {
		node, err := exec.LookPath("node")
		if err != nil {
			dump.skip = "no node to read the resource types of AWS with"
			return
		}
		if _, err := os.Stat("testdata/node_modules/@aws-cdk/aws-service-spec/package.json"); err != nil {
			dump.skip = "the resource types of AWS are not installed; run make setup-test"
			return
		}
		types := []string{"dump.js", "AWS::Nothing::AtAll"}
		for _, p := range parsed(t, readTemplates(t)) {
			types = append(types, p.Types()...)
		}
		command := exec.Command(node, types...)
		command.Dir = "testdata"
		var complaints bytes.Buffer
		command.Stderr = &complaints
		var text []byte
		if text, dump.err = command.Output(); dump.err != nil {
			t.Logf("%s", &complaints)
			return
		}
		dump.spec, dump.err = ParseSpec(text)
	})
	switch {
	case dump.skip != "" && os.Getenv("CI") != "":
		t.Fatal(dump.skip)
	case dump.skip != "":
		t.Skip(dump.skip)
	case dump.err != nil:
		t.Fatal(dump.err)
	}
	return dump.spec
}

// ours are the exceptions that our templates need, with why.
var ours = Rules{
	Wildcards: map[string]string{
		"core ExecutionRole ecr:GetAuthorizationToken": "AWS knows no resource for it: it logs in to the registry",
		"bot Role polly:SynthesizeSpeech":              "AWS knows only lexicons as resources; it is what AWS's own policy for bots has",
		"service TaskRole lex:ListBots":                "AWS knows no resource for it; and only where lexline.yml has names",
		"service TaskRole lex:ListBotAliases":          "the id of a bot that is given by name is not known; and only where lexline.yml has names",
	},
	Open: map[string]string{
		"core LoadBalancerGroup in 443": "Twilio's addresses are not fixed; every request is signed",
		"core LoadBalancerGroup in 80":  "is only sent on to HTTPS",
		"core GatewayGroup out 443":     "Lex of another region, DynamoDB and Twilio's API have no fixed addresses",
	},
}

// TestTemplates checks our templates.
func TestTemplates(t *testing.T) {
	for _, p := range Check(parsed(t, readTemplates(t)), awsTypes(t), ours) {
		t.Errorf("deploy/cloudformation/%s", p)
	}
}
