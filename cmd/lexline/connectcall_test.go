package main

import (
	"slices"
	"strings"
	"testing"

	"lexline/internal/connect"
	"lexline/internal/connectsim"
)

func TestTyped(t *testing.T) {
	tests := []struct {
		line string
		want connectsim.Utterance
	}{
		{"roses", connectsim.Utterance{Text: "roses"}},
		{" at 10 ", connectsim.Utterance{Text: "at 10"}},
		{"12#", connectsim.Utterance{Keys: "12#"}},
		{"*", connectsim.Utterance{Keys: "*"}},
		{"", connectsim.Utterance{}},
	}
	for _, tt := range tests {
		if got := typed(tt.line); got != tt.want {
			t.Errorf("typed(%q) = %+v; want %+v", tt.line, got, tt.want)
		}
	}
}

func TestWhatAFlowReaches(t *testing.T) {
	lambda := func(arn string) connect.Action {
		return connect.Action{Type: connect.InvokeLambdaFunction, Parameters: map[string]any{"LambdaFunctionARN": arn}}
	}
	bot := func(arn string) connect.Action {
		return connect.Action{Type: connect.ConnectParticipantWithLexBot, Parameters: map[string]any{"LexV2Bot": map[string]any{"AliasArn": arn}}}
	}
	flow := &connect.Flow{Actions: []connect.Action{
		lambda("arn:aws:lambda:us-east-1:111122223333:function:second"),
		lambda("arn:aws:lambda:$.AwsRegion:111122223333:function:first:live"),
		lambda("$.Attributes.function"), lambda("arn:aws:lambda:us-east-1:111122223333:function:second"),
		bot("arn:aws:lex:us-west-2:111122223333:bot-alias/B/A"), bot("arn:aws:lex:us-east-1:111122223333:bot-alias/B/A"), bot("$.Attributes.alias"),
		{Type: connect.Compare},
		{Type: connect.ConnectParticipantWithLexBot},
	}}
	if got := lambdaNames(flow); !slices.Equal(got, []string{"$.Attributes.function", "first", "second"}) {
		t.Errorf("lambdaNames = %q", got)
	}
	regions := lexRegions(flow)
	if !slices.Equal(regions, []string{"$.Attributes.alias", "us-east-1", "us-west-2"}) {
		t.Errorf("lexRegions = %q", regions)
	}
	if allIn(regions, map[string]string{"us-east-1": "http://a", "us-west-2": "http://b"}) {
		t.Error("a bot whose region nobody knows yet is taken for a local one")
	}
}

func TestConstantAnswer(t *testing.T) {
	for said, want := range map[string]string{
		"us-west-2":             `{"statusCode":"200","primaryCode":"us-west-2"}`,
		`{"primaryCode":"err"}`: `{"primaryCode":"err"}`,
	} {
		got, err := (&connectCallOptions{lambdaAnswer: said}).constantAnswer()
		if err != nil || string(got) != want {
			t.Errorf("--lambda-answer %s answers %s, %v; want %s", said, got, err, want)
		}
	}
	if got, err := (&connectCallOptions{lambdaAnswer: "err"}).constantAnswer(); err == nil || !strings.Contains(err.Error(), "no region") {
		t.Errorf("--lambda-answer err answers %s, %v; want an error", got, err)
	}
}
