package drill

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"lexline/internal/audio"
	"lexline/internal/connect"
	"lexline/internal/connectsim"
)

// setUp starts everything that the contacts need.
func (d *connectDrill) setUp(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, fmt.Errorf("the drill's processes were not ready within %v", startTimeout))
	defer cancel()
	if err := d.startHook(ctx); err != nil {
		return err
	}
	script, err := d.silentScript()
	if err != nil {
		return err
	}
	for _, name := range regionNames {
		r, err := d.startRegion(ctx, name, script)
		if err != nil {
			return err
		}
		d.regions = append(d.regions, r)
	}
	d.breaker = newBreaker(d.cfg, d.regions)
	if d.c.Policy == PolicyArticle {
		d.checker = &checker{regions: d.regions, client: &http.Client{}, heard: &d.heard, table: regionNames[0]}
		d.told = articleTell{d.checker}
		return d.publish()
	}
	if err := d.startTable(ctx); err != nil {
		return err
	}
	if err := d.startFunctions(); err != nil {
		return err
	}
	if d.c.Gateway {
		if _, err := d.stage.beginGateway(ctx, "gateway", d.gatewayConfig(), d.heard.gateway); err != nil {
			return err
		}
	}
	return d.publish()
}

// silentScript is a script for the regions' recogniser, which starts no processes
// so: contacts type, and nobody plays its only clip.
func (d *connectDrill) silentScript() (string, error) {
	tone := audio.Clip{Rate: audio.SampleRate, Samples: audio.DTMF(audio.SampleRate, '1', time.Second)}
	content, err := json.Marshal(scriptFile{[]scriptClip{{ID: "one", File: "one.wav", Words: "one"}}})
	script := filepath.Join(d.c.Out, scriptName)
	if err == nil {
		err = errors.Join(writeClip(filepath.Join(d.c.Out, "one.wav"), tone), os.WriteFile(script, content, 0o600))
	}
	if err != nil {
		return "", fmt.Errorf("write the recogniser's script: %w", err)
	}
	return script, nil
}

// tableName is that of the article's table, and tableKey the item that it keeps for
// the primary region.
const (
	tableName = "lexDR"
	tableKey  = "us-east-1"
)

// startTable starts the stand-in for DynamoDB.
func (d *connectDrill) startTable(ctx context.Context) error {
	// The table is as the article's functions leave it: ours go on from there.
	args := []string{"table", "serve", "--listen", "127.0.0.1:0", "--seed", tableKey, "--log-format", "json"}
	var err error
	d.table, err = d.stage.begin(ctx, "table", args, func(text []byte) bool {
		d.where = hookEndpoint(text)
		return d.where != ""
	}, nil)
	return err
}

// startFunctions prepares the two Lambda functions. They run where the regions'
// Lex does not: what is broken is Lex, not Lambda.
func (d *connectDrill) startFunctions() error {
	both := []string{
		"TABLE_NAME=" + tableName, "PRIMARY_REGION=" + regionNames[0], "SECONDARY_REGION=" + regionNames[1],
		"AWS_ACCESS_KEY_ID=drill", "AWS_SECRET_ACCESS_KEY=drill", "AWS_ENDPOINT_URL_DYNAMODB=" + d.where,
	}
	told, err := d.startFunction("lexDRGetRegion", 3*time.Second, both)
	if err != nil {
		return err
	}
	test := append([]string{
		"BOTNAME=OrderFlowers", "BOT_ALIAS=" + botAlias, "TEST_METHOD=send_message", "TEST_USER=drill",
		"SAMPLE_UTTERANCE=I would like to order some flowers.", "EXPECTED_RESPONSE=What type of flowers would you like to order?",
		"HOLD=" + d.c.hold().String(),
	}, both...)
	for _, r := range d.regions {
		name := strings.ToUpper(strings.ReplaceAll(r.name, "-", "_"))
		test = append(test, "LEX_RUNTIME_ENDPOINT_"+name+"="+r.endpoint, "LEX_MODELS_ENDPOINT_"+name+"="+r.endpoint)
	}
	check, err := d.startFunction("lexDRTest", articleLimit, test)
	if err != nil {
		return err
	}
	d.told, d.test = told, check
	return nil
}

func (d *connectDrill) startFunction(handler string, limit time.Duration, env []string) (*connectsim.Function, error) {
	file, err := os.Create(filepath.Join(d.c.Out, handler+".log"))
	if err != nil {
		return nil, fmt.Errorf("keep the log of %s: %w", handler, err)
	}
	d.stage.logs = append(d.stage.logs, file)
	f, err := connectsim.StartFunction(context.Background(), connectsim.FunctionConfig{
		Bootstrap: d.c.Bootstrap, Handler: handler, Env: env, Timeout: limit, Concurrency: max(10, d.c.Customers),
		Log: func(line []byte) { _, _ = file.Write(append(bytes.Clone(line), '\n')) }, // one write; for people to look at later
	})
	if err != nil {
		return nil, err
	}
	d.functions = append(d.functions, f)
	return f, nil
}

// gatewayConfig is the configuration of a gateway that shares the table.
func (d *connectDrill) gatewayConfig() string {
	return d.cfg.gatewayConfig("drill", d.regions) + fmt.Sprintf(`table:
  dynamodb: {name: %s, region: %s, endpoint: %q}
  region: %s
`, tableName, regionNames[0], d.where, regionNames[0])
}

// flow is the policy's contact flow for the aliases as they are now.
func (d *connectDrill) flow() (*connect.Flow, error) {
	const lambda = "arn:aws:lambda:us-east-1:111122223333:function:lexDRGetRegion"
	var bots []connect.RegionBot
	for _, r := range d.regions {
		bots = append(bots, connect.RegionBot{Region: r.name, Alias: fmt.Sprintf("arn:aws:lex:%s:111122223333:bot-alias/%s/%v", r.name, r.bot, r.alias.Load())})
	}
	if d.c.Policy == PolicyArticle {
		return articleFlow(bots[0], bots[1], lambda), nil
	}
	return connect.NewFlow(connect.FlowConfig{Lambda: lambda, Bots: bots, Intents: []string{"OrderFlowers"}})
}

// publish has the next contacts take the flow as it is now.
func (d *connectDrill) publish() error {
	flow, err := d.flow()
	if err != nil {
		return err
	}
	endpoints := map[string]string{}
	for _, r := range d.regions {
		endpoints[r.name] = r.endpoint
	}
	n, err := connectsim.New(connectsim.Config{
		Flow: flow, FlowName: "Flower DR Flow", Region: regionNames[0], Lex: endpoints,
		Functions: map[string]connectsim.Invoker{"": d.told},
	})
	if err != nil {
		return err
	}
	d.instances = append(d.instances, n)
	d.instance.Store(n)
	return nil
}

// tableEvery is how often the table is looked at.
const tableEvery = 100 * time.Millisecond

// watchTable notes what the table says until ctx ends.
func (d *connectDrill) watchTable(ctx context.Context) {
	client := &http.Client{Timeout: adminTimeout}
	defer client.CloseIdleConnections()
	tick := time.NewTicker(tableEvery)
	defer tick.Stop()
	for {
		if says, err := d.lookUp(ctx, client); err == nil {
			d.mu.Lock()
			if n := len(d.says); n == 0 || d.says[n-1].Says != says {
				d.says = append(d.says, TableWord{time.Now(), says})
			}
			d.mu.Unlock()
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// lookUp returns what the table names.
func (d *connectDrill) lookUp(ctx context.Context, client *http.Client) (string, error) {
	if d.checker != nil {
		return d.checker.active(), nil
	}
	body := fmt.Sprintf(`{"TableName":%q,"Key":{"connectRegion":{"S":%q}},"ConsistentRead":true}`, tableName, tableKey)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, d.where, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.0")
	request.Header.Set("X-Amz-Target", "DynamoDB_20120810.GetItem")
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=drill") // nobody looks at the signature, but at this
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	var answer struct {
		Item struct {
			LexRegion struct{ S string } `json:"lexRegion"`
		}
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return "", err
	}
	if answer.Item.LexRegion.S == "" {
		return "", errors.New("the table names no region yet")
	}
	return answer.Item.LexRegion.S, nil
}

// latestWord is what the table said last.
func (d *connectDrill) latestWord() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.says) == 0 {
		return "nothing yet"
	}
	return d.says[len(d.says)-1].Says
}
