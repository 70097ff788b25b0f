package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/cfncheck"
)

// printed is what `lexline iam` prints.
func printed(t *testing.T, config string, args ...string) (out []byte) {
	t.Helper()
	args = append([]string{"iam", "--account", "111122223333", "--config", writeConfig(t, config)}, args...)
	code, stdout, stderr := lexlineSays(t.Context(), args...)
	if code != 0 {
		t.Fatalf("lexline %v: exit code %d, %s", args, code, stderr)
	}
	return []byte(stdout)
}

// allowed is what a policy allows: for each action and resource its condition.
func allowed(t *testing.T, document []byte) map[string]string {
	t.Helper()
	var p struct {
		Version   string
		Statement []struct {
			Effect           string
			Action, Resource any
			Condition        any
		}
	}
	if err := json.Unmarshal(document, &p); err != nil {
		t.Fatalf("%v in %s", err, document)
	}
	if p.Version != "2012-10-17" {
		t.Errorf("the policy has the version %q", p.Version)
	}
	texts := func(v any) (list []string) {
		if text, ok := v.(string); ok {
			return []string{text}
		}
		for _, item := range v.([]any) {
			list = append(list, item.(string))
		}
		return list
	}
	found := map[string]string{}
	for _, s := range p.Statement {
		condition, err := json.Marshal(s.Condition)
		if err != nil || s.Effect != "Allow" {
			t.Fatalf("a statement that does not allow: %v, %v", s, err)
		}
		for _, action := range texts(s.Action) {
			for _, resource := range texts(s.Resource) {
				found[action+" on "+resource] = string(condition)
			}
		}
	}
	return found
}

// TestIAM asks for the whole of what gateways are allowed, and nothing beside it.
func TestIAM(t *testing.T) {
	const (
		east   = " on arn:aws:lex:us-east-1:111122223333:bot-alias/BOTIDEAST1/ALIASEAST1"
		west   = " on arn:aws:lex:us-west-2:111122223333:bot-alias/BOTIDWEST2/ALIASWEST2"
		trip   = " on arn:aws:lex:us-east-1:111122223333:bot-alias/BOTIDTRIP1/ALIASTRIP1"
		table  = " on arn:aws:dynamodb:us-east-1:111122223333:table/lexDR"
		inWest = " on arn:aws:dynamodb:us-west-2:111122223333:table/lexDR"
		calls  = " on arn:aws:dynamodb:us-west-2:111122223333:table/lexline-calls"
	)
	onBots := func(arns ...string) map[string]string {
		all := map[string]string{}
		for _, arn := range arns {
			for _, action := range []string{"RecognizeUtterance", "RecognizeText", "PutSession", "GetSession", "DeleteSession"} {
				all["lex:"+action+arn] = "null"
			}
		}
		return all
	}
	byIDs := onBots(east, west, trip)
	keys := `{"ForAllValues:StringLike":{"dynamodb:LeadingKeys":["us-east-1/BOTIDEAST1","us-east-1/BOTIDEAST1#*","us-east-1/BOTIDTRIP1","us-east-1/BOTIDTRIP1#*"]}}`
	byIDs["dynamodb:GetItem"+table], byIDs["dynamodb:UpdateItem"+table] = keys, keys
	if diff := cmp.Diff(byIDs, allowed(t, printed(t, idsConfig, "--in", "us-west-2"))); diff != "" {
		t.Errorf("bots by ids (-want +got):\n%s", diff)
	}
	ids := []string{"--id", "us-east-1/OrderFlowers/ver_one=BOTIDEAST1/ALIASEAST1", "--id", "us-west-2/OrderFlowers/ver_one=BOTIDWEST2/ALIASWEST2"}
	byNames := onBots(east, west)
	byNames["lex:ListBots on *"], byNames["lex:ListBotAliases on *"] = "null", "null"
	keys = `{"ForAllValues:StringLike":{"dynamodb:LeadingKeys":["us-east-1","us-east-1#*"]}}`
	byNames["dynamodb:GetItem"+inWest], byNames["dynamodb:UpdateItem"+inWest] = keys, keys
	byNames["dynamodb:GetItem"+calls], byNames["dynamodb:PutItem"+calls], byNames["dynamodb:Query"+calls] = "null", "null", "null"
	if diff := cmp.Diff(byNames, allowed(t, printed(t, planConfig, append(ids, "--in", "us-west-2")...))); diff != "" {
		t.Errorf("bots by names (-want +got):\n%s", diff)
	}
	check := map[string]string{}
	for _, action := range []string{"RecognizeText", "PutSession", "DeleteSession"} {
		check["lex:"+action+east], check["lex:"+action+west] = "null", "null"
	}
	check["dynamodb:GetItem"+table], check["dynamodb:UpdateItem"+table] = keys, keys
	if diff := cmp.Diff(check, allowed(t, printed(t, planConfig, append(ids, "--for", "lexDRTest")...))); diff != "" {
		t.Errorf("lexDRTest (-want +got):\n%s", diff)
	}
	one := map[string]string{"dynamodb:GetItem" + table: `{"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":["us-east-1"]}}`}
	if diff := cmp.Diff(one, allowed(t, printed(t, planConfig, append(ids, "--for", "lexDRGetRegion")...))); diff != "" {
		t.Errorf("lexDRGetRegion (-want +got):\n%s", diff)
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(printed(t, planConfig, append(ids, "--for", "all")...), &all); err != nil {
		t.Fatal(err)
	}
	if len(all) != 5 || len(allowed(t, all["calls"])) != 2 || len(allowed(t, all["region"])) != 2 {
		t.Errorf("all of them are %s", all)
	}
}

// TestIAMIsTheTemplates holds what is printed to what the stacks allow with the parameters
// of a plan.
func TestIAMIsTheTemplates(t *testing.T) {
	p := planned(t, idsConfig, "--hosted-zone", "Z0123456789ABC", "--connect-instance", "aaaabbbb")
	imports := map[string]string{}
	for _, name := range []string{"LoadBalancerFullName", "DomainName", "VpcId", "PrivateSubnetA", "PrivateSubnetB", "GatewayGroup", "HttpsListener", "Cluster", "ExecutionRole", "TwilioSecret", "ConfigSecret", "Log", "Bucket"} {
		imports["lexline-"+name] = name
	}
	found := 0
	for _, s := range p.Steps {
		for _, tt := range []struct{ template, role, whose string }{{"service", "TaskRole", "gateway"}, {"lexdr", "lexDRRole", "lexDRTest"}, {"lexdr", "lexDRGetRegionRole", "lexDRGetRegion"}} {
			if !slices.Contains(s.Run, "deploy/cloudformation/"+tt.template+".yml") {
				continue
			}
			found++
			r, err := readTemplate(t, tt.template).Resolve(cfncheck.Environment{Parameters: parametersOf(s), Imports: imports, Region: s.Region, Account: "111122223333"})
			if err != nil {
				t.Fatal(err)
			}
			role := r.Resources[tt.role].Properties["Policies"].([]any)[0].(map[string]any)
			document, err := json.Marshal(role["PolicyDocument"])
			if err != nil {
				t.Fatal(err)
			}
			got := allowed(t, document)
			for what := range got {
				if strings.HasPrefix(what, "logs:") && strings.Contains(what, "Log.Arn>") {
					delete(got, what) // its own log, which a stack alone has
				}
			}
			want := allowed(t, printed(t, idsConfig, "--for", tt.whose, "--in", s.Region))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s in %s allows other than lexline iam prints (-printed +template):\n%s", tt.role, s.Region, diff)
			}
		}
	}
	if found != 6 {
		t.Errorf("compared %d roles; want 3 in each of two regions", found)
	}
}

// TestIAMRefuses gives what no policy can be made of.
func TestIAMRefuses(t *testing.T) {
	tests := []struct {
		name, config string
		args         []string
		code         int
		want         string
	}{
		{"names without ids", planConfig, nil, 2, "--id us-west-2/OrderFlowers/ver_one=BOTID/ALIASID is missing"},
		{"an id that is none", planConfig, []string{"--id", "us-east-1/OrderFlowers/ver_one=OrderFlowers/ver_one"}, 2, "not REGION/BOT/ALIAS=BOTID/ALIASID"},
		{"nobody", idsConfig, []string{"--for", "everybody"}, 2, "is none of gateway"},
		{"no table", idsConfig, []string{"--for", "calls"}, 1, "no store.dynamodb.name"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			args := append([]string{"iam", "--account", "111122223333", "--config", writeConfig(t, test.config)}, test.args...)
			if code, stdout, stderr := lexlineSays(t.Context(), args...); code != test.code || stdout != "" || !strings.Contains(stderr, test.want) {
				t.Errorf("exit code %d, %q; want %d and %q", code, stderr, test.code, test.want)
			}
		})
	}
	if code, _, stderr := lexlineSays(t.Context(), "iam", "--config", writeConfig(t, idsConfig)); code != 2 || !strings.Contains(stderr, "--account is missing") {
		t.Errorf("without an account: exit code %d, %q", code, stderr)
	}
}
