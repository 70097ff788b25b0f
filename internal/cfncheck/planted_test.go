package cfncheck

import (
	"strings"
	"testing"
)

// TestPlantedMistakes plants one mistake at a time into our templates, each of a kind
// that somebody makes, and asks that it is found where it is.
func TestPlantedMistakes(t *testing.T) {
	spec := awsTypes(t)
	tests := []struct {
		name     string
		file     string
		old, new string
		at, want string // of a problem: in its place and its words
	}{
		{"resource type misspelt", "core", "AWS::EC2::NatGateway\n", "AWS::EC2::NATGateway\n", "Resources.NatA", `no type "AWS::EC2::NATGateway"`},
		{"property misspelt", "service", "DeploymentConfiguration:", "DeploymentConfig:", "Resources.Service.Properties", "no property DeploymentConfig"},
		{"property in the wrong place", "service", "        Essential: true", "        StopTimeouts: 3", "ContainerDefinitions[0]", "no property StopTimeouts"},
		{"required property left out", "bot", "      IdleSessionTTLInSeconds: !Ref IdleSessionSeconds\n", "", "Resources.Bot.Properties", "IdleSessionTTLInSeconds is missing"},
		{"required property of a part left out", "service", "{Type: forward, TargetGroupArn", "{TargetGroupArn", "Rule.Properties.Actions[0]", "Type is missing"},
		{"text for a number", "lexdr", "Timeout: 15", "Timeout: 15s", "lexDRTest.Properties.Timeout", `"15s" is no whole number`},
		{"text for a truth", "service", "ReadonlyRootFilesystem: true", "ReadonlyRootFilesystem: yes", "ReadonlyRootFilesystem", "neither true nor false"},
		{"one value for a list", "service", "RequiresCompatibilities: [FARGATE]", "RequiresCompatibilities: FARGATE", "RequiresCompatibilities", "must be a list"},
		{"list for one value", "lexdr", "Handler: lexDRTest", "Handler: [lexDRTest]", "lexDRTest.Properties.Handler", "must be one value"},
		{"list parameter for one value", "service", "Value: !Ref LogLevel", "Value: !Ref LexAliasArns", "Environment", "gives a list"},
		{"one value of several", "lexdr", "IntegrationType: LAMBDA_FUNCTION", "IntegrationType: LAMBDA", "ConnectFunction", `"LAMBDA" is none of`},
		{"Ref to nothing", "core", "VpcId: !Ref Vpc\n      InternetGatewayId", "VpcId: !Ref VPC\n      InternetGatewayId", "InternetAttachment", "no parameter or resource VPC"},
		{"GetAtt of nothing", "core", "!GetAtt NatAddressA.AllocationId", "!GetAtt NatAddressC.AllocationId", "NatA", "no resource NatAddressC"},
		{"GetAtt of no attribute", "bot", "!GetAtt Alias.BotAliasId", "!GetAtt Alias.Id", "Outputs.AliasId", "no attribute Id"},
		{"Sub of nothing", "core", "${EnvironmentName} public a", "${Environment} public a", "PublicSubnetA", "no parameter or resource Environment"},
		{"Sub of no attribute", "lexdr", "${lexDRGetRegion.Arn}", "${lexDRGetRegion.ARN}", "Flow", "no attribute ARN"},
		{"import that nobody exports", "service", "${EnvironmentName}-GatewayGroup", "${EnvironmentName}-TaskGroup", "Service", "no template exports ${EnvironmentName}-TaskGroup"},
		{"export twice", "core", "-ConfigSecret\"}", "-TwilioSecret\"}", "Outputs", "exports ${EnvironmentName}-TwilioSecret as well"},
		{"condition that is not there", "lexdr", "Condition: TellsMail", "Condition: WantsMail", "Subscription", "no condition WantsMail"},
		{"condition in Fn::If that is not there", "lexdr", "!If [HasReplica,", "!If [Replicated,", "Table", "no condition Replicated"},
		{"resource that may be missing", "lexdr", "FlowArn:\n    Description: The contact flow, for a telephone number\n    Condition: ChecksForConnect\n", "FlowArn:\n    Description: The contact flow, for a telephone number\n", "Outputs.FlowArn", "Flow is made only where ChecksForConnect is true"},
		{"the wrong branch", "bot", "!If [InSlotA, !GetAtt VersionA.BotVersion, !GetAtt VersionB.BotVersion]", "!If [InSlotA, !GetAtt VersionB.BotVersion, !GetAtt VersionA.BotVersion]", "Alias", "VersionB is made only where InSlotB is true"},
		{"parameter that nothing uses", "service", "Priority: !Ref RulePriority", "Priority: 10", "Parameters.RulePriority", "nothing uses it"},
		{"default that is not allowed", "service", "Default: medium", "Default: middle", "Parameters.Size", `"middle" is none of its values`},
		{"default of another form", "lexdr", "Default: rate(1 minute)", "Default: every minute", "Parameters.Schedule", "does not fit its pattern"},
		{"mapping without an entry", "service", "[small, medium, large]", "[small, medium, large, huge]", "TaskDefinition", "no Cpu of huge"},
		{"wildcard action", "lexdr", "[dynamodb:GetItem, dynamodb:UpdateItem]", "dynamodb:*", "lexDRRole", `"dynamodb:*" is not one action`},
		{"wildcard resource", "service", "Resource: !Ref LexAliasArns", `Resource: "*"`, "TaskRole", "lex:RecognizeUtterance is allowed on *"},
		{"wildcard in an ARN", "lexdr", ":table/${TableName}\n                  - Region: !If [TableIsHere, !Ref AWS::Region, !Ref TableRegion]\n                Condition:\n                  ForAllValues:StringLike", ":table/*\n                  - Region: !If [TableIsHere, !Ref AWS::Region, !Ref TableRegion]\n                Condition:\n                  ForAllValues:StringLike", "lexDRRole", "dynamodb:GetItem is allowed on arn:"},
		{"anybody may take a role", "bot", "Principal: {Service: lexv2.amazonaws.com}", `Principal: {AWS: "*"}`, "Role", "anybody is allowed to"},
		{"all but some actions", "core", "Action: secretsmanager:GetSecretValue", "NotAction: secretsmanager:DeleteSecret", "ExecutionRole", "no NotAction"},
		{"policy of AWS", "core", "      Policies:\n        - PolicyName: start", "      ManagedPolicyArns: [\"arn:aws:iam::aws:policy/AdministratorAccess\"]\n      Policies:\n        - PolicyName: start", "ExecutionRole", "allows more than is needed"},
		{"port open for everybody", "core", "SourceSecurityGroupId: !GetAtt LoadBalancerGroup.GroupId", "CidrIp: 0.0.0.0/0", "GatewayFromLoadBalancer", "port 8080 is open for: 0.0.0.0/0"},
		{"more ports than one", "core", "FromPort: 8080, ToPort: 8080,", "FromPort: 8000, ToPort: 8999,", "LoadBalancerGroup", "more than one port"},
		{"everything let out", "core", "      SecurityGroupEgress:\n        - {IpProtocol: tcp, FromPort: 443", "      SecurityGroupIngress:\n        - {IpProtocol: tcp, FromPort: 443", "GatewayGroup", "lets everything out"},
		{"protocol left open", "core", "IpProtocol: tcp\n", "IpProtocol: \"-1\"\n", "GatewayFromLoadBalancer", `protocol "-1", not tcp`},
		{"secret in the open", "service", "{Name: LEXLINE_LOG_FORMAT, Value: json}", "{Name: TWILIO_AUTH_TOKEN, Value: json}", "TaskDefinition", "belongs into Secrets"},
		{"resources in a ring", "core", "    Type: AWS::EC2::InternetGateway\n", "    Type: AWS::EC2::InternetGateway\n    DependsOn: LoadBalancer\n", "Resources.Internet", "depends on itself"},
		{"DependsOn on nothing", "service", "DependsOn: Rule", "DependsOn: ListenerRule", "Service", "depends on ListenerRule, which is not there"},
		{"section misspelt", "bot", "\nOutputs:", "\nOutput:", "Output", "no such section"},
		{"function misspelt in its place", "bot", "Description: !Ref ExportKey", "Description: {Fn::Ref: ExportKey}", "", "there is no function Fn::Ref"},
	}
	planted := 0
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			texts := readTemplates(t)
			if !strings.Contains(texts[test.file], test.old) {
				t.Fatalf("%s.yml has no %q to plant a mistake in", test.file, test.old)
			}
			texts[test.file] = strings.Replace(texts[test.file], test.old, test.new, 1)
			if _, err := Parse(test.file, []byte(texts[test.file])); err != nil {
				if test.at != "" || !strings.Contains(err.Error(), test.want) {
					t.Errorf("reading it failed with %v; want a problem at %s: %s", err, test.at, test.want)
				}
				return
			}
			problems := Check(parsed(t, texts), spec, ours)
			for _, p := range problems {
				if p.File == test.file && strings.Contains(p.At, test.at) && strings.Contains(p.What, test.want) && p.Line > 0 {
					return
				}
			}
			t.Errorf("the mistake was not found; want a problem of %s at %s: %s; found %d:\n%v", test.file, test.at, test.want, len(problems), problems)
		})
		planted++
	}
	if planted < 20 {
		t.Errorf("%d mistakes were planted; want 20 or more", planted)
	}
}

// TestUnusedException asks that an exception which nothing needs is told.
func TestUnusedException(t *testing.T) {
	rules := ours
	rules.Wildcards = map[string]string{"service TaskRole dynamodb:Scan": "once"}
	for what, why := range ours.Wildcards {
		rules.Wildcards[what] = why
	}
	problems := Check(parsed(t, readTemplates(t)), awsTypes(t), rules)
	if len(problems) != 1 || !strings.Contains(problems[0].What, "dynamodb:Scan") {
		t.Errorf("an exception that nothing needs gave %v; want it to be named", problems)
	}
}
