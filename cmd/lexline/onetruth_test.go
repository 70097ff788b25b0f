package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lexline/internal/connect"
	"lexline/internal/connectsim"
	"lexline/internal/dynamolocal"
)

// bootstrap is the Lambda program, built once for all tests of a run.
var bootstrap struct {
	once sync.Once
	path string
	err  error
}

// lambdaProgram returns the path of the Lambda program.
func lambdaProgram(t *testing.T) string {
	t.Helper()
	bootstrap.once.Do(func() {
		dir, err := os.MkdirTemp("", "lexline-lambda-")
		if err != nil {
			bootstrap.err = err
			return
		}
		bootstrap.path = filepath.Join(dir, "bootstrap")
		out, err := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-tags", "lambda.norpc", "-o", bootstrap.path, "../lexline-lambda").CombinedOutput()
		if err != nil {
			bootstrap.err = fmt.Errorf("build lexline-lambda: %w: %s", err, out)
		}
	})
	if bootstrap.err != nil {
		t.Fatal(bootstrap.err)
	}
	return bootstrap.path
}

// connected is an account with both channels: a gateway for calls, the two Lambda
// functions and a contact flow, on one table.
type connected struct {
	*controlled
	table     string // address of the local DynamoDB
	east      string // address of the local Lex of us-east-1
	told      *connectsim.Function
	test      *connectsim.Function
	contacts  *connectsim.Instance
	lexChange func(*config)
}

// connectedHold is how long a region must be well to come back.
const connectedHold = 2 * time.Second

func startConnected(t *testing.T) *connected {
	t.Helper()
	c := &connected{table: startLocalTable(t)}
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", c.table)
	t.Setenv("AWS_ACCESS_KEY_ID", "a")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "b")
	var regions []regionConfig
	c.lexChange = func(cfg *config) {
		if regions == nil {
			regions = cfg.Regions
		}
		cfg.Regions = regions // those of the first gateway, when another one starts
		cfg.Table.DynamoDB = dynamoConfig{Name: "lexDR", Endpoint: c.table}
		cfg.Table.Observer, cfg.Table.Refresh = "gw-1", time.Second
		cfg.Failover.ProbeEvery, cfg.Failover.Hold = 500*time.Millisecond, connectedHold
		cfg.Lines[0].Probe = probeConfig{Text: "I would like to order some flowers", Intent: "OrderFlowers", Slot: "FlowerType"}
	}
	c.controlled = startControlled(t, c.lexChange)
	c.east = regions[0].RuntimeEndpoint
	env := []string{
		"TABLE_NAME=lexDR", "PRIMARY_REGION=us-east-1", "SECONDARY_REGION=us-west-2", "AWS_ENDPOINT_URL_DYNAMODB=" + c.table,
		"AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=b", "BOTNAME=OrderFlowers", "BOT_ALIAS=ver_one", "HOLD=" + connectedHold.String(),
		"TEST_METHOD=send_message", "TEST_USER=test", "SAMPLE_UTTERANCE=I would like to order some flowers.",
	}
	for _, r := range regions {
		name := strings.ToUpper(strings.ReplaceAll(r.Name, "-", "_"))
		env = append(env, "LEX_RUNTIME_ENDPOINT_"+name+"="+r.RuntimeEndpoint, "LEX_MODELS_ENDPOINT_"+name+"="+r.ModelsEndpoint)
	}
	c.told = startLambda(t, "lexDRGetRegion", env)
	c.test = startLambda(t, "lexDRTest", env)
	c.contacts = c.startContacts(regions)
	return c
}

func startLambda(t *testing.T, handler string, env []string) *connectsim.Function {
	t.Helper()
	f, err := connectsim.StartFunction(context.Background(), connectsim.FunctionConfig{
		Bootstrap: lambdaProgram(t), Handler: handler, Env: env, Timeout: 15 * time.Second, InitTimeout: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// startLocalTable serves a table as the article's functions left it, and returns
// its address.
func startLocalTable(t *testing.T) string {
	t.Helper()
	server := dynamolocal.New(dynamolocal.Config{})
	if err := server.CreateTable("lexDR", "connectRegion", "S"); err != nil {
		t.Fatal(err)
	}
	if err := server.PutItem("lexDR", []byte(`{"connectRegion":{"S":"us-east-1"},"lexRegion":{"S":"us-east-1"}}`)); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, listener) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Errorf("serve the table: %v", err)
		}
	})
	return "http://" + listener.Addr().String()
}

// startContacts makes an instance of Connect with the flow of both regions.
func (c *connected) startContacts(regions []regionConfig) *connectsim.Instance {
	c.t.Helper()
	flow := connect.FlowConfig{Lambda: "arn:aws:lambda:us-east-1:111122223333:function:lexDRGetRegion", Intents: []string{"OrderFlowers"}}
	endpoints := map[string]string{}
	for _, r := range regions {
		flow.Bots = append(flow.Bots, connect.RegionBot{
			Region: r.Name, Alias: "arn:aws:lex:" + r.Name + ":111122223333:bot-alias/FLOWERSBOT/" + aliasAt(c.t, r.ModelsEndpoint),
		})
		endpoints[r.Name] = r.RuntimeEndpoint
	}
	f, err := connect.NewFlow(flow)
	if err != nil {
		c.t.Fatal(err)
	}
	n, err := connectsim.New(connectsim.Config{
		Flow: f, Region: "us-east-1", Lex: endpoints, Functions: map[string]connectsim.Invoker{"lexDRGetRegion": c.told},
	})
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(n.Close)
	return n
}

// aliasAt returns the id of ver_one at a local Lex.
func aliasAt(t *testing.T, endpoint string) string {
	t.Helper()
	var answer struct {
		BotAliasSummaries []struct{ BotAliasID, BotAliasName string }
	}
	askLex(t, http.MethodPost, endpoint+"/bots/FLOWERSBOT/botaliases/", "{}", &answer)
	for _, a := range answer.BotAliasSummaries {
		if a.BotAliasName == "ver_one" {
			return a.BotAliasID
		}
	}
	t.Fatalf("%s has no alias ver_one: %+v", endpoint, answer)
	return ""
}

// askLex sends JSON and reads the answer into into.
func askLex(t *testing.T, method, url, body string, into any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil || answer.StatusCode/100 != 2 {
		t.Fatalf("%s %s = %s, %v", method, url, answer.Status, err)
	}
}

// toldRegion asks lexDRGetRegion.
func (c *connected) toldRegion() string {
	c.t.Helper()
	answer, err := c.told.Invoke(c.t.Context(), []byte(`{"Details":{"Parameters":{"region":"us-east-1"}}}`))
	var says connect.RegionAnswer
	if err == nil {
		err = json.Unmarshal(answer, &says)
	}
	if err != nil {
		c.t.Fatalf("lexDRGetRegion answered %s, %v", answer, err)
	}
	return says.PrimaryCode
}

// checks runs the scheduled health check once.
func (c *connected) checks() {
	c.t.Helper()
	answer, err := c.test.Invoke(c.t.Context(), []byte("{}"))
	if err != nil || !strings.Contains(string(answer), "Success") {
		c.t.Fatalf("lexDRTest answered %s, %v", answer, err)
	}
}

// contact orders flowers, and returns the region that served it, and how many
// error branches it took.
func (c *connected) contact() (served string, branches int) {
	c.t.Helper()
	var rules []connectsim.Rule
	for _, rule := range [][2]string{
		{"sound okay", "yes"}, {"yes", "yes"}, {"what time", "10 am"}, {"hour", "10 am"}, {"day", "tomorrow"}, {"flowers would", "roses"}, {"roses", "roses"},
	} {
		rules = append(rules, connectsim.Rule{Hears: rule[0], Says: connectsim.Utterance{Text: rule[1]}})
	}
	result := c.contacts.Run(c.t.Context(), connectsim.Contact{
		From: "+15550100001", To: "+15550100002",
		Caller: &connectsim.Script{Lines: connectsim.Say("I would like to order some flowers"), Rules: rules},
	})
	if !result.Fulfilled() {
		c.t.Fatalf("a contact was not served: %s %s; it went %v", result.End, result.Fault, result.Path)
	}
	return result.Region, result.ErrorBranches
}

// awaitTold asks lexDRGetRegion until it names a region.
func (c *connected) awaitTold(want string) {
	c.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for c.toldRegion() != want {
		if time.Now().After(deadline) {
			_, history, _ := lexlineSays(c.t.Context(), "region", "history", "--table", "dynamodb:lexDR@us-east-1")
			c.t.Fatalf("lexDRGetRegion does not name %s within a minute; the trail:\n%s", want, history)
		}
	}
}

// trail has the lines of the audit trail that name somebody.
func (c *connected) trail(by string) (lines []string) {
	c.t.Helper()
	code, stdout, stderr := 1, "", ""
	for range 5 { // each has a deadline of its own, which a busy machine may need more than once
		if code, stdout, stderr = lexlineSays(c.t.Context(), "region", "history", "--table", "dynamodb:lexDR@us-east-1"); code == 0 {
			break
		}
	}
	if code != 0 {
		c.t.Errorf("region history: exit code %d: %s", code, stderr)
	}
	for line := range strings.Lines(stdout) {
		if strings.Contains(line, by) {
			lines = append(lines, line)
		}
	}
	return lines
}

// TestOneTruth has calls and contacts follow the same table: what the gateway finds
// leads contacts, a pin moves both and no check overrules it, and the trail says who
// it was.
func TestOneTruth(t *testing.T) {
	c := startConnected(t)
	c.await("the gateway has a table", func(b botStatus) bool { return b.Table.Version > 0 && b.Active == "us-east-1" })
	if served, branches := c.contact(); served != "us-east-1" || branches != 0 {
		t.Errorf("while all is well a contact is served by %s, by %d error branches; want us-east-1 by none", served, branches)
	}

	expect(t, 0, []string{"pin", "us-west-2", "--for", "10m", "--by", "ann", "--why", "night work", "--table", "dynamodb:lexDR@us-east-1"}, "Wrote the pin")
	c.await("pinned by the table", pinned("us-west-2"))
	c.checks() // knows the pin, and leaves it
	if told := c.toldRegion(); told != "us-west-2" {
		t.Errorf("under a pin to us-west-2 contacts are led to %s", told)
	}
	if served, branches := c.contact(); served != "us-west-2" || branches != 0 {
		t.Errorf("under a pin a contact is served by %s, by %d error branches; want us-west-2 by none", served, branches)
	}
	expect(t, 0, []string{"unpin", "--by", "ann", "--table", "dynamodb:lexDR@us-east-1"}, "away")
	c.await("unpinned by the table", unpinned)
	c.awaitTold("us-east-1")
	if lines := c.trail("ann"); len(lines) != 2 {
		t.Errorf("of ann the trail says %q; want the pin and its end", lines)
	}

	// The bot of us-east-1 goes. No health check runs: the gateway's probes see it,
	// and contacts are led away by what it writes.
	var gone struct{ BotAliasStatus string }
	askLex(t, http.MethodDelete, c.east+"/bots/FLOWERSBOT/botaliases/"+aliasAt(t, c.east)+"/", "", &gone)
	if served, _ := c.contact(); served != "us-west-2" { // at once, by the table or by the error branch
		t.Errorf("when the bot of us-east-1 has just gone a contact is served by %s; want us-west-2", served)
	}
	c.awaitTold("us-west-2")
	if served, branches := c.contact(); served != "us-west-2" || branches != 0 {
		t.Errorf("once the gateway has told, a contact is served by %s, by %d error branches; want us-west-2 by none", served, branches)
	}
	if lines := c.trail("gw-1"); len(lines) == 0 || !strings.Contains(lines[len(lines)-1], "us-west-2") || !strings.Contains(lines[len(lines)-1], "us-east-1 up 0, down 1") {
		t.Errorf("of the gateway's move the trail says %q; want its evidence", lines)
	}

	// The gateway goes, and the bot comes back: now the check alone leads, and holds.
	c.stop()
	c.checks()
	if told := c.toldRegion(); told != "us-west-2" {
		t.Errorf("a check finds us-east-1 still without its alias, and contacts are led to %s", told)
	}
	var made struct{ BotAliasID string }
	askLex(t, http.MethodPut, c.east+"/bots/FLOWERSBOT/botaliases/", `{"botAliasName":"ver_one","botVersion":"1"}`, &made)
	back := time.Now()
	for c.toldRegion() != "us-east-1" {
		if time.Since(back) > time.Minute {
			t.Fatalf("us-east-1 does not come back; the trail:\n%s", strings.Join(c.trail("table"), ""))
		}
		c.checks()
	}
	if took := time.Since(back); took < connectedHold {
		t.Errorf("us-east-1 came back after %v; want its hold of %v first", took, connectedHold)
	}
	if lines := c.trail("lexDRTest"); len(lines) == 0 || !strings.Contains(lines[len(lines)-1], "from us-west-2 to us-east-1") {
		t.Errorf("of the check's move the trail says %q; want the way back", lines)
	}
}
