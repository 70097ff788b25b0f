package cfncheck

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	homeAlias  = "arn:aws:lex:us-east-1:111122223333:bot-alias/BOTIDEAST1/ALIASEAST1"
	otherAlias = "arn:aws:lex:us-west-2:111122223333:bot-alias/BOTIDWEST2/ALIASWEST2"
)

// deployed resolves our templates as one region has them, what one exports for the others.
func deployed(t *testing.T, region string, parameters map[string]map[string]string) map[string]*Resolved {
	t.Helper()
	byName, exports := map[string]*Template{}, map[string]string{}
	for _, p := range parsed(t, readTemplates(t)) {
		byName[p.Name] = p
	}
	stacks := map[string]*Resolved{}
	for _, name := range []string{"core", "bot", "lexdr", "service"} {
		r, err := byName[name].Resolve(Environment{Parameters: parameters[name], Imports: exports, Region: region, Account: "111122223333", Stack: "lexline-" + name})
		if err != nil {
			t.Fatal(err)
		}
		for export, value := range r.Exports {
			exports[export] = fmt.Sprint(value)
		}
		stacks[name] = r
	}
	return stacks
}

// usual are parameters for the home region, with everything that there is.
func usual() map[string]map[string]string {
	return map[string]map[string]string{
		"core":  {"DomainName": "voice.example.com", "HostedZoneId": "Z0123456789ABC"},
		"bot":   {"BotName": "OrderFlowers", "ExportKey": "bots/OrderFlowers-1.zip"},
		"lexdr": {"HomeAliasArn": homeAlias, "OtherAliasArn": otherAlias, "ReplicaRegion": "us-west-2", "ConnectInstanceArn": "arn:aws:connect:us-east-1:111122223333:instance/aaaabbbb"},
		"service": {
			"ImageUrl": "111122223333.dkr.ecr.us-east-1.amazonaws.com/lexline-lexline:1", "LexAliasArns": homeAlias + "," + otherAlias,
			"RegionTable": "lexDR", "RegionTableKeys": "us-east-1,us-east-1#*", "CallsTable": "lexline-calls",
		},
	}
}

// dig follows keys and indexes into a value.
func dig(t *testing.T, value any, way ...any) any {
	t.Helper()
	for _, step := range way {
		switch step := step.(type) {
		case string:
			fields, ok := value.(map[string]any)
			if !ok || fields[step] == nil {
				t.Fatalf("there is no %v of %v", step, value)
			}
			value = fields[step]
		case int:
			items, ok := value.([]any)
			if !ok || step >= len(items) {
				t.Fatalf("there is no item %d of %v", step, value)
			}
			value = items[step]
		}
	}
	return value
}

// attributes are the attributes of a load balancer or target group by their keys.
func attributes(t *testing.T, list any) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, item := range list.([]any) {
		found[dig(t, item, "Key").(string)] = dig(t, item, "Value").(string)
	}
	return found
}

// named are the items of a list of a container by their names.
func named(t *testing.T, list any, value string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, item := range list.([]any) {
		found[dig(t, item, "Name").(string)] = dig(t, item, value).(string)
	}
	return found
}

func seconds(t *testing.T, text any) int {
	t.Helper()
	n, err := strconv.Atoi(text.(string))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestStopTimes holds the times of a stop against each other: calls may go on for 100 s
// (call.drain_time), Fargate kills after 120 s at most, and nothing in front is sooner.
func TestStopTimes(t *testing.T) {
	const drain = 100
	stacks := deployed(t, "us-east-1", usual())
	container := dig(t, stacks["service"].Resources["TaskDefinition"].Properties, "ContainerDefinitions", 0)
	if stop := seconds(t, dig(t, container, "StopTimeout")); stop <= drain || stop > 120 {
		t.Errorf("a task is killed after %d s; want more than %d and 120 at most", stop, drain)
	}
	target := attributes(t, stacks["service"].Resources["TargetGroup"].Properties["TargetGroupAttributes"])
	if delay := seconds(t, target["deregistration_delay.timeout_seconds"]); delay < drain {
		t.Errorf("the load balancer closes streams after %d s; want %d or more", delay, drain)
	}
	if target["stickiness.enabled"] != "true" {
		t.Error("the target group is not sticky")
	}
	front := attributes(t, stacks["core"].Resources["LoadBalancer"].Properties["LoadBalancerAttributes"])
	if idle := seconds(t, front["idle_timeout.timeout_seconds"]); idle <= 10 {
		t.Errorf("the load balancer closes idle streams after %d s; want more than 10, as gateways do it after 5", idle)
	}
}

// TestTaskIsHardened looks at what a gateway runs as.
func TestTaskIsHardened(t *testing.T) {
	container := dig(t, deployed(t, "us-east-1", usual())["service"].Resources["TaskDefinition"].Properties, "ContainerDefinitions", 0)
	if user := dig(t, container, "User").(string); strings.HasPrefix(user, "0") || strings.HasPrefix(user, "root") {
		t.Errorf("it runs as %s", user)
	}
	if dig(t, container, "ReadonlyRootFilesystem") != "true" || dig(t, container, "LinuxParameters", "Capabilities", "Drop", 0) != "ALL" {
		t.Errorf("its disk can be written to, or it has capabilities: %v", container)
	}
	variables := named(t, dig(t, container, "Environment"), "Value")
	want := map[string]string{
		"AWS_REGION": "us-east-1", "GOMEMLIMIT": "1640MiB", "LEXLINE_LISTEN": ":8080", "LEXLINE_BEHIND_PROXY": "true", "LEXLINE_PUBLIC_URL": "https://voice.example.com",
		"LEXLINE_CONTROL_LISTEN": "127.0.0.1:8471", "LEXLINE_LIMITS_CALLS": "400", "LEXLINE_LOG_FORMAT": "json", "LEXLINE_LOG_LEVEL": "info", "LEXLINE_LOG_LOAD_EVERY": "1m",
		"LEXLINE_TABLE_REGION": "us-east-1", "LEXLINE_STORE_DYNAMODB_REGION": "us-east-1",
	}
	if diff := cmp.Diff(want, variables); diff != "" {
		t.Errorf("its variables (-want +got):\n%s", diff)
	}
	secrets := named(t, dig(t, container, "Secrets"), "ValueFrom")
	if diff := cmp.Diff(map[string]string{"TWILIO_AUTH_TOKEN": "<TwilioSecret>", "LEXLINE_CONFIG_TEXT": "<ConfigSecret>"}, secrets); diff != "" {
		t.Errorf("its secrets (-want +got):\n%s", diff)
	}
}

// TestSampleServersNames has a task without a lexline.yml, told its bot as AWS's sample
// server was.
func TestSampleServersNames(t *testing.T) {
	with := usual()
	with["service"] = map[string]string{"ImageUrl": "i", "LexAliasArns": homeAlias, "LooksUpNames": "true", "LexBotName": "OrderFlowers", "LexBotAlias": "ver_one"}
	service := deployed(t, "us-east-1", with)["service"]
	container := dig(t, service.Resources["TaskDefinition"].Properties, "ContainerDefinitions", 0)
	variables := named(t, dig(t, container, "Environment"), "Value")
	if variables["LEX_BOT_NAME"] != "OrderFlowers" || variables["LEX_BOT_ALIAS"] != "ver_one" {
		t.Errorf("its variables are %v; want the bot among them", variables)
	}
	if secrets := named(t, dig(t, container, "Secrets"), "ValueFrom"); len(secrets) != 1 {
		t.Errorf("its secrets are %v; want the token alone", secrets)
	}
	if _, made := service.Resources["Calls"]; made {
		t.Error("a table for records is made that nobody asked for")
	}
	statements := dig(t, service.Resources["TaskRole"].Properties, "Policies", 0, "PolicyDocument", "Statement").([]any)
	if len(statements) != 2 {
		t.Errorf("it may do %v; want to ask the alias and to look up names, and nothing else", statements)
	}
}

// TestOtherRegion resolves the stacks of the region that takes over: it uses the table's
// replica, makes no table and has no contact flow.
func TestOtherRegion(t *testing.T) {
	with := usual()
	with["core"]["DomainName"] = "voice-us-west-2.example.com"
	with["lexdr"] = map[string]string{"HomeAliasArn": homeAlias, "OtherAliasArn": otherAlias, "MakesTable": "false"}
	stacks := deployed(t, "us-west-2", with)
	for _, name := range []string{"Table", "Flow", "ConnectHomeBot", "ConnectPermission"} {
		if _, made := stacks["lexdr"].Resources[name]; made {
			t.Errorf("the other region makes %s", name)
		}
	}
	variables := dig(t, stacks["lexdr"].Resources["lexDRTest"].Properties, "Environment", "Variables")
	if dig(t, variables, "TABLE_REGION") != "us-west-2" || dig(t, variables, "PRIMARY_REGION") != "us-east-1" {
		t.Errorf("its health check is told %v; want its own replica, and the home region", variables)
	}
	if url := stacks["core"].Outputs["ExternalUrl"]; url != "https://voice-us-west-2.example.com" {
		t.Errorf("its address is %v", url)
	}
}

// TestFlow holds the flow in lexdr.yml to the one in deploy/connect.
func TestFlow(t *testing.T) {
	byName := map[string]*Template{}
	for _, p := range parsed(t, readTemplates(t)) {
		byName[p.Name] = p
	}
	r, err := byName["lexdr"].Resolve(Environment{
		Parameters: usual()["lexdr"], Imports: map[string]string{"lexline-Bucket": "b"}, Region: "us-east-1", Account: "111122223333",
		Attributes: map[string]string{"lexDRGetRegion.Arn": "arn:aws:lambda:us-east-1:111122223333:function:lexDRGetRegion"},
	})
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile("../../deploy/connect/flower-dr-flow.json")
	if err != nil {
		t.Fatal(err)
	}
	var want, got any
	if err := json.Unmarshal(file, &want); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(r.Resources["Flow"].Properties["Content"].(string)), &got); err != nil {
		t.Fatalf("the flow in lexdr.yml is no JSON: %v", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the flow in lexdr.yml is not deploy/connect/flower-dr-flow.json (-want +got):\n%s", diff)
	}
}

// TestDashboards reads the dashboards, and asks that what they show of ours is what some
// metric filter of the same stack makes.
func TestDashboards(t *testing.T) {
	stacks := deployed(t, "us-east-1", usual())
	for _, name := range []string{"service", "lexdr"} {
		var body struct {
			Widgets []struct {
				Properties struct{ Metrics [][]any }
			}
		}
		if err := json.Unmarshal([]byte(stacks[name].Resources["Dashboard"].Properties["DashboardBody"].(string)), &body); err != nil {
			t.Fatalf("the dashboard of %s: %v", name, err)
		}
		made := map[string]bool{}
		for _, r := range stacks[name].Resources {
			if r.Type == "AWS::Logs::MetricFilter" {
				m := dig(t, r.Properties, "MetricTransformations", 0)
				made[dig(t, m, "MetricNamespace").(string)+" "+dig(t, m, "MetricName").(string)] = true
			}
		}
		shown := map[string]bool{}
		for _, w := range body.Widgets {
			for _, m := range w.Properties.Metrics {
				if space, ok := m[0].(string); ok && strings.HasPrefix(space, "lexline/") {
					shown[space+" "+m[1].(string)] = true
				}
			}
		}
		if diff := cmp.Diff(made, shown); diff != "" {
			t.Errorf("the dashboard of %s shows other metrics than its filters make (-made +shown):\n%s", name, diff)
		}
		for id, r := range stacks[name].Resources {
			if metric, ok := r.Properties["MetricName"].(string); ok && r.Type == "AWS::CloudWatch::Alarm" && strings.HasPrefix(r.Properties["Namespace"].(string), "lexline/") {
				if !made[r.Properties["Namespace"].(string)+" "+metric] {
					t.Errorf("the alarm %s is about %s, which no filter makes", id, metric)
				}
			}
		}
	}
}

// TestResolveRefuses gives parameters that CloudFormation would not take.
func TestResolveRefuses(t *testing.T) {
	tests := []struct {
		name, template string
		parameters     map[string]string
		want           string
	}{
		{"missing", "bot", map[string]string{"BotName": "a"}, "parameter ExportKey has no value"},
		{"unknown", "bot", map[string]string{"BotName": "a", "ExportKey": "k", "Bot": "b"}, "there is no parameter Bot"},
		{"none of the values", "bot", map[string]string{"BotName": "a", "ExportKey": "k", "VersionSlot": "c"}, `VersionSlot cannot be "c"`},
		{"no number", "bot", map[string]string{"BotName": "a", "ExportKey": "k", "IdleSessionSeconds": "5m"}, "is no number"},
		{"another form", "core", map[string]string{"DomainName": "https://voice.example.com"}, "DomainName does not fit"},
		{"nothing to import", "bot", map[string]string{"BotName": "a", "ExportKey": "k"}, "nothing is exported as lexline-Bucket"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, p := range parsed(t, readTemplates(t)) {
				if p.Name != test.template {
					continue
				}
				if _, err := p.Resolve(Environment{Parameters: test.parameters, Region: "us-east-1"}); err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("%v: %v; want %q", test.parameters, err, test.want)
				}
			}
		})
	}
}

// TestResolveFunctions works out the functions one by one.
func TestResolveFunctions(t *testing.T) {
	const text = `
Parameters: {Block: {Type: String, Default: 10.0.4.0/22}, Many: {Type: CommaDelimitedList, Default: "a, b"}}
Mappings: {Sizes: {small: {Cpu: "512"}}}
Conditions:
  Yes: !Equals [!Ref AWS::Region, eu-west-2]
  No: !Not [!Condition Yes]
  Both: !And [!Condition Yes, !Condition No]
  Either: !Or [!Condition Yes, !Condition No]
Resources:
  R:
    Type: T
    Properties:
      Select: !Select [1, !Cidr [!Ref Block, 4, 8]]
      Join: !Join ["-", !Ref Many]
      Split: !Split ["/", a/b]
      Map: !FindInMap [Sizes, small, Cpu]
      Sub: !Sub ["${A}:${AWS::AccountId}:${!Literal}:${Other.Arn}", {A: !If [Either, x, y]}]
      Gone: !If [Both, x, !Ref AWS::NoValue]
      List: [!If [No, x, !Ref AWS::NoValue], z]
      Import: !ImportValue {Fn::Sub: "${AWS::StackName}-X"}
      Attribute: !GetAtt Other.Arn
      Zone: !Select [0, !GetAZs ""]
      Code: {Fn::Base64: abc}
`
	p, err := Parse("t", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	r, err := p.Resolve(Environment{Region: "eu-west-2", Account: "1", Stack: "s", Imports: map[string]string{"s-X": "imported"}, Attributes: map[string]string{"Other.Arn": "arn"}})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"Select": "10.0.5.0/24", "Join": "a-b", "Split": []any{"a", "b"}, "Map": "512", "Sub": "x:1:${Literal}:arn", "List": []any{"z"},
		"Import": "imported", "Attribute": "arn", "Zone": "eu-west-2a", "Code": "abc",
	}
	if diff := cmp.Diff(want, r.Resources["R"].Properties); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestParseRefuses gives what is no template.
func TestParseRefuses(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", "it is empty"},
		{"- a", "no map of sections"},
		{"A: !Reff x", "no function !Reff"},
		{"A: {Fn::Nope: x}", "no function Fn::Nope"},
		{"A: 1\nA: 2", "A is there twice"},
		{"A: &x 1\nB: *x", "aliases"},
		{"A: !If [x, y]", "Fn::If has 2 arguments"},
		{"A: [", "read template t"},
	} {
		if _, err := Parse("t", []byte(test.text)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: %v; want %q", test.text, err, test.want)
		}
	}
}

// FuzzParse asks that no text makes reading, checking or resolving panic.
func FuzzParse(f *testing.F) {
	text, err := os.ReadFile(folder + "/bot.yml") // a larger one is slow to mutate
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	f.Add("Resources: {A: {Type: T, Properties: {B: !If [C, !Select [9, x], !Sub [a]]}}}\nConditions: {C: !Not [!Condition C]}")
	spec := &Spec{Types: map[string]resourceType{"T": {Properties: map[string]property{"B": {Type: valueType{Kind: "array", Element: &valueType{Kind: "string"}}}}}}}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Parse("t", []byte(text))
		if err != nil {
			return
		}
		Check([]*Template{p}, spec, Rules{})
		_, _ = p.Resolve(Environment{Region: "us-east-1"}) // it may refuse
	})
}
