package connectsim

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/connect"
)

// TestManyContacts takes 200 contacts at once through two regions on the network,
// of which one fails every third turn, and looks for goroutines that stayed.
func TestManyContacts(t *testing.T) {
	before := runtime.NumGoroutine()
	var asked atomic.Int64
	server := func(region string, fails bool) *httptest.Server {
		return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var in struct{ Text string }
			if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
				t.Error(err)
			}
			if fails && asked.Add(1)%3 == 0 {
				w.WriteHeader(http.StatusInternalServerError)
				return
			}
			_ = json.NewEncoder(w).Encode(florist(region, in.Text).body())
		}))
	}
	east, west := server("us-east-1", true), server("us-west-2", false)
	n, err := New(Config{
		Flow: drFlow(), Region: "us-east-1", Lex: map[string]string{"us-east-1": east.URL, "us-west-2": west.URL},
		Functions: map[string]Invoker{"": constant(`{"primaryCode":"us-east-1"}`)}, Limits: Limits{Lex: time.Minute},
	})
	if err != nil {
		t.Fatal(err)
	}
	contacts := make([]Contact, 200)
	for i := range contacts {
		contacts[i] = Contact{ID: fmt.Sprintf("contact-%d", i), Caller: order()}
	}
	moved := 0
	for i, r := range n.RunAll(t.Context(), contacts, 200) {
		if r.Contact != contacts[i].ID || !r.Served() {
			t.Errorf("contact %s: %s, %s, served %v", r.Contact, r.End, r.Fault, r.Served())
		}
		if r.Region == "us-west-2" {
			moved++
		}
	}
	if moved == 0 || moved == 200 {
		t.Errorf("%d of 200 contacts moved; want some of them", moved)
	}
	n.Close()
	east.Close()
	west.Close()
	deadline := time.Now().Add(time.Minute)
	for runtime.NumGoroutine() > before && time.Now().Before(deadline) {
		runtime.Gosched()
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines before, %d after", before, after)
	}
}

func TestAtOnce(t *testing.T) {
	var now, most atomic.Int64
	function := &invoker{answer: func(context.Context, []byte) (string, error) {
		if n := now.Add(1); n > most.Load() {
			most.Store(n)
		}
		runtime.Gosched()
		now.Add(-1)
		return `{}`, nil
	}}
	contacts := make([]Contact, 100)
	for i := range contacts {
		contacts[i].Caller = order()
	}
	n := start(t, Config{Flow: lambdaFlow(2, ends()), Functions: map[string]Invoker{"": function}})
	results := n.RunAll(t.Context(), contacts, 3)
	if len(results) != 100 || most.Load() > 3 || results[0].Contact == results[99].Contact {
		t.Errorf("%d results, %d contacts at once; want 100, at most 3, and an id for each", len(results), most.Load())
	}
}

func TestConfig(t *testing.T) {
	f := drFlow()
	tests := []struct {
		name string
		cfg  Config
		want string
	}{
		{"no flow", Config{Region: "us-east-1"}, "there is no flow"},
		{"no region", Config{Flow: f}, "no region is named for the instance"},
		{"no URL", Config{Flow: f, Region: "us-east-1", Lex: map[string]string{"us-east-1": "127.0.0.1:1"}}, `the Lex endpoint of us-east-1, "127.0.0.1:1", is not an http or https URL`},
		{"backwards", Config{Flow: f, Region: "us-east-1", Pace: -1}, "the pace -1 is below 0"},
	}
	for _, tt := range tests {
		if n, err := New(tt.cfg); err == nil || err.Error() != "simulate Amazon Connect: "+tt.want {
			t.Errorf("%s: New = %v, %v; want %s", tt.name, n, err, tt.want)
		}
	}
}

// TestGeneratedFlow executes the flow that connect writes, and that connect has
// nothing to say against.
func TestGeneratedFlow(t *testing.T) {
	const alias = ":123456789012:bot-alias/BOTBOTBOT1/ALIASALIA1"
	f, err := connect.NewFlow(connect.FlowConfig{
		Lambda: "arn:aws:lambda:us-east-1:123456789012:function:lexDRGetRegion",
		Bots:   []connect.RegionBot{{Region: "us-east-1", Alias: "arn:aws:lex:us-east-1" + alias}, {Region: "us-west-2", Alias: "arn:aws:lex:us-west-2" + alias}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if problems := f.Check(); len(problems) > 0 {
		t.Fatalf("problems: %v", problems)
	}
	tests := []struct {
		name     string
		function Invoker
		bot      botDouble
		caller   *Script
		region   string // of the bot that served
		branches int
		hears    string // at last
	}{
		{"all is well", constant(`{"primaryCode":"us-west-2"}`), florist, order(), "us-west-2", 0, "Thank you for calling."},
		{"no word from the function", constant(`err`), florist, order(), "us-east-1", 1, "Thank you for calling."},
		{"a region that is none", constant(`{"primaryCode":"err"}`), florist, order(), "us-east-1", 0, "Thank you for calling."},
		{"the home region is down", constant(`{"primaryCode":"us-east-1"}`), down("us-east-1", florist), order(), "us-west-2", 1, "Thank you for calling."},
		{"the other is down, and the table says so of the home", constant(`{"primaryCode":"us-west-2"}`), down("us-west-2", florist), order(), "us-east-1", 1, "Thank you for calling."},
		{
			"both are down", constant(`{"primaryCode":"us-east-1"}`), down("us-east-1", down("us-west-2", florist)),
			&Script{Lines: Say("order")}, "", 2, "I am sorry, I can not help you at the moment.",
		},
		{
			"a caller who is not understood", constant(`{"primaryCode":"us-east-1"}`), florist,
			&Script{Lines: Say("what?", "how?", "why?")}, "", 0, "I am sorry, I can not help you at the moment.",
		},
	}
	for _, tt := range tests {
		n := start(t, Config{Flow: f, Transport: tt.bot, Functions: map[string]Invoker{"lexDRGetRegion": tt.function}})
		r := n.Run(t.Context(), Contact{From: "+15550100001", To: "+15550100002", Caller: tt.caller})
		region, heard := "", prompts(r)
		if r.Served() {
			region = r.Region
		}
		if last := heard[len(heard)-1]; region != tt.region || r.ErrorBranches != tt.branches || last != tt.hears || r.End != Disconnected {
			t.Errorf("%s: served by %q after %d error branches, the last words are %q, end %s %s; want %q, %d, %q, disconnected",
				tt.name, region, r.ErrorBranches, last, r.End, r.Fault, tt.region, tt.branches, tt.hears)
		}
	}
}

// TestKnowsEveryAction asks for every type of action that connect knows.
func TestKnowsEveryAction(t *testing.T) {
	for _, kind := range []string{
		connect.MessageParticipant, connect.GetParticipantInput, connect.ConnectParticipantWithLexBot, connect.InvokeLambdaFunction,
		connect.Compare, connect.Loop, connect.UpdateContactAttributes, connect.UpdateContactData, connect.UpdateContactTargetQueue,
		connect.TransferContactToQueue, connect.UpdateContactTextToSpeechVoice, connect.UpdateFlowLoggingBehavior,
		connect.DisconnectParticipant, connect.EndFlowExecution,
	} {
		r := start(t, Config{Flow: flowOf(act("a", kind, ends(), "b NoMatchingError:b"), act("b", connect.DisconnectParticipant, ends(), ""))}).
			Run(t.Context(), Contact{Caller: order()})
		if strings.Contains(r.Fault, "does not know") {
			t.Errorf("%s: %s", kind, r.Fault)
		}
	}
}

func TestLoop(t *testing.T) {
	f := flowOf(
		act("loop", connect.Loop, map[string]any{"LoopCount": "2"}, "=ContinueLooping:again =DoneLooping:done NoMatchingError:error"),
		act("again", connect.MessageParticipant, map[string]any{"Text": "again"}, "loop"),
		act("done", connect.Compare, map[string]any{"ComparisonValue": "$.Attributes.round"}, "=second:bye NoMatchingCondition:round"),
		act("round", connect.UpdateContactAttributes, map[string]any{"Attributes": map[string]any{"round": "second"}}, "loop"),
		act("bye", connect.DisconnectParticipant, ends(), ""),
	)
	r := start(t, Config{Flow: f}).Run(t.Context(), Contact{Caller: order()})
	if got := strings.Join(r.Path, " "); got != "loop again loop again loop done round loop again loop again loop done bye" {
		t.Errorf("path %q, fault %q; want two rounds of two", got, r.Fault)
	}
}

func TestFlowLog(t *testing.T) {
	f := flowOf(
		act("on", connect.UpdateFlowLoggingBehavior, map[string]any{"FlowLoggingBehavior": "Enabled"}, "ask"),
		act("ask", connect.InvokeLambdaFunction, map[string]any{"LambdaFunctionARN": "f", "LambdaInvocationAttributes": map[string]any{"region": "$.AwsRegion"}}, "which"),
		act("which", connect.Compare, map[string]any{"ComparisonValue": "$.External.primaryCode"}, "=us-east-1:off NoMatchingCondition:bye"),
		act("off", connect.UpdateFlowLoggingBehavior, map[string]any{"FlowLoggingBehavior": "Disabled"}, "say"),
		act("say", connect.MessageParticipant, map[string]any{"Text": "Hello."}, "bye"),
		act("bye", connect.DisconnectParticipant, ends(), ""),
	)
	n := start(t, Config{Flow: f, FlowName: "Flower DR Flow"})
	var lines []string
	n.Run(t.Context(), Contact{ID: "contact-1", Caller: order(), Events: func(e Event) {
		e.Time = time.Date(2026, 11, 28, 9, 0, 0, 5_000_000, time.UTC)
		line, err := n.FlowLog(e)
		if err != nil {
			t.Error(err)
		}
		if line != nil {
			lines = append(lines, string(line))
		}
	}})
	const frame = `{"ContactId":"contact-1","ContactFlowName":"Flower DR Flow","ContactFlowModuleType":"%s","Identifier":"%s","Timestamp":"2026-11-28T09:00:00.005Z","Parameters":%s%s}`
	want := []string{
		fmt.Sprintf(frame, "SetLoggingBehavior", "on", `{"FlowLoggingBehavior":"Enabled"}`, ""),
		fmt.Sprintf(frame, "InvokeExternalResource", "ask", `{"LambdaFunctionARN":"f","LambdaInvocationAttributes":{"region":"us-east-1"}}`,
			`,"ExternalResults":{"primaryCode":"us-east-1"},"Results":"Success"`),
		fmt.Sprintf(frame, "CheckAttribute", "which", `{"ComparisonValue":"us-east-1"}`, `,"Results":"us-east-1"`),
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("flow log (-want +got):\n%s", diff)
	}
}
