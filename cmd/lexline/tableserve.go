package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"lexline/internal/dynamolocal"
)

func tableServeCommand() command {
	return command{"table serve", "serve the region table as a local DynamoDB", runTableServe}
}

// The table of the article and its attributes.
const (
	articleTable = "lexDR"
	articleKey   = "connectRegion"
	articleValue = "lexRegion"
)

// tableDefinition is a table to make at the start. One with a sort key, of texts, has
// a time to live, too.
type tableDefinition struct{ name, key, kind, sort, ttl string }

// makeOn makes the table on a server.
func (t tableDefinition) makeOn(server *dynamolocal.Server) error {
	if t.sort == "" {
		return server.CreateTable(t.name, t.key, t.kind)
	}
	if err := server.CreateSortedTable(t.name, t.key, t.kind, t.sort, "S"); err != nil {
		return err
	}
	return server.SetTimeToLive(t.name, t.ttl)
}

// tableOptions are the flags of `lexline table serve`.
type tableOptions struct {
	listen, admin string
	tables, calls []tableDefinition
	items         []json.RawMessage // for the first table
	faults        []string          // JSON
	latency       time.Duration
	seed          uint64
	expire, json  bool
}

func parseTableOptions(env *environment, args []string) (*tableOptions, error) {
	flags := newFlags(env, "table serve", "", `Serves tables with a hash key over the API of Amazon DynamoDB, from memory, for any AWS
SDK (set AWS_ENDPOINT_URL_DYNAMODB to the printed address) and the AWS CLI, with any
credentials and region. At first there is the region table, lexDR with the key
connectRegion. Every request is written out. Nothing is kept when it ends.

examples:
  lexline table serve --seed us-east-1
  lexline table serve --item items.json --fault '{"kind":"latency","delay":"300ms"}'
  AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local aws dynamodb scan \
      --endpoint-url http://127.0.0.1:8490 --region us-east-1 --table-name lexDR`)
	o := &tableOptions{}
	flags.StringVar(&o.listen, "listen", "127.0.0.1:8490", "`address` to listen on; port 0 takes a free one")
	flags.StringVar(&o.admin, "admin", "", "loopback `address` on which drills set faults, such as 127.0.0.1:0 (default none)")
	flags.Func("table", "`NAME[=KEY[:TYPE]]` of a table to make, TYPE is S, N or B; may be given several times (default lexDR=connectRegion:S)", o.addTable)
	flags.Func("calls", "`NAME` of a table to make for records of calls, as store.dynamodb needs it", o.addCallsTable)
	flags.Func("seed", "`HOME[=REGION]` puts an item as AWS's article has it: calls from HOME go to REGION, or to HOME; may be given several times", o.addSeed)
	flags.Func("item", "`file` with items for the first table, as aws dynamodb scan or get-item print them; may be given several times", o.addItems)
	flags.Func("fault", "`fault` to begin with: its kind, or an object as the admin listener takes it; may be given several times", o.addFault)
	flags.Uint64Var(&o.seed, "fault-seed", 1, "`number` that decides which requests faults with a rate strike")
	flags.DurationVar(&o.latency, "latency", 0, "`duration` that an answer takes at least")
	flags.BoolVar(&o.expire, "expire", false, "let items go when the time in their time-to-live attribute is over")
	logFormatFlag(flags, &o.json)
	if err := parseFlags(flags, args); err != nil {
		return nil, err
	}
	if o.latency < 0 {
		return nil, usageError{errors.New("--latency cannot be negative")}
	}
	if len(o.tables) == 0 {
		o.tables = []tableDefinition{{name: articleTable, key: articleKey, kind: "S"}}
	}
	o.tables = append(o.tables, o.calls...)
	return o, nil
}

// addTable takes a value of --table.
func (o *tableOptions) addTable(text string) error {
	name, key, _ := strings.Cut(text, "=")
	key, kind, _ := strings.Cut(key, ":")
	if key == "" {
		key = articleKey
	}
	if kind == "" {
		kind = "S"
	}
	o.tables = append(o.tables, tableDefinition{name: name, key: key, kind: kind})
	return nil
}

// addCallsTable takes a value of --calls.
func (o *tableOptions) addCallsTable(name string) error {
	o.calls = append(o.calls, tableDefinition{name: name, key: "pk", kind: "S", sort: "sk", ttl: "until"})
	return nil
}

// addSeed takes a value of --seed.
func (o *tableOptions) addSeed(text string) error {
	home, region, ok := strings.Cut(text, "=")
	if !ok {
		region = home
	}
	if home == "" || region == "" {
		return errors.New("must be HOME or HOME=REGION, such as us-east-1=us-west-2")
	}
	item, err := json.Marshal(map[string]map[string]string{articleKey: {"S": home}, articleValue: {"S": region}})
	if err != nil {
		return fmt.Errorf("write item: %w", err)
	}
	o.items = append(o.items, item)
	return nil
}

// addItems takes a value of --item.
func (o *tableOptions) addItems(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read items: %w", err)
	}
	var found struct {
		Item  json.RawMessage
		Items []json.RawMessage
	}
	if err := json.Unmarshal(text, &found); err != nil {
		return fmt.Errorf("read items from %s: %w", path, err)
	}
	if found.Item != nil {
		found.Items = append(found.Items, found.Item)
	}
	if len(found.Items) == 0 {
		return fmt.Errorf("%s has neither Items nor Item, as aws dynamodb prints them", path)
	}
	o.items = append(o.items, found.Items...)
	return nil
}

// addFault takes a value of --fault.
func (o *tableOptions) addFault(text string) error {
	if !strings.HasPrefix(text, "{") {
		text = fmt.Sprintf(`{"kind":%q}`, text)
	}
	if !json.Valid([]byte(text)) {
		return errors.New(`must be a kind, such as hang, or an object, such as {"kind":"hang","operations":["GetItem"]}`)
	}
	o.faults = append(o.faults, text)
	return dynamolocal.CheckFaults(o.faultList())
}

// faultList is the faults to begin with, as the admin listener takes them.
func (o *tableOptions) faultList() []byte {
	return []byte("[" + strings.Join(o.faults, ",") + "]")
}

func runTableServe(ctx context.Context, env *environment, args []string) error {
	o, err := parseTableOptions(env, args)
	if err != nil {
		return err
	}
	listener, err := listen(o.listen)
	if err != nil {
		return err
	}
	defer listener.Close() // the server closes it as well, if it comes to that
	out := &tableLog{botLog{w: env.stdout, json: o.json, now: time.Now}}
	logger := slog.New(slog.NewTextHandler(env.stderr, nil))
	server := dynamolocal.New(dynamolocal.Config{
		Latency: o.latency, Expire: o.expire, Seed: o.seed, Record: out.record, Logger: logger,
	})
	if err := o.fill(server); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	admin, err := startAdmin(ctx, cancel, server, o.admin)
	if err != nil {
		return err
	}
	out.begin(o.start("http://"+listener.Addr().String(), admin.url))
	if len(o.faults) > 0 {
		_, err = server.SetFaults(o.faultList())
	}
	if err == nil {
		err = server.Serve(ctx, listener)
	}
	cancel()
	return errors.Join(err, <-admin.ended)
}

// fill makes the tables and puts the items into the first one.
func (o *tableOptions) fill(server *dynamolocal.Server) error {
	for _, t := range o.tables {
		if err := t.makeOn(server); err != nil {
			return &hintError{err, "--table NAME=KEY:TYPE, such as --table lexDR=connectRegion:S"}
		}
	}
	for _, item := range o.items {
		if err := server.PutItem(o.tables[0].name, item); err != nil {
			return err
		}
	}
	return nil
}

// tableStart is the first line of `lexline table serve --log-format json`; the
// others are dynamolocal.Records. Fields are added, never renamed.
type tableStart struct {
	Time     time.Time `json:"time"`
	Op       string    `json:"op"`              // Start
	Endpoint string    `json:"endpoint"`        // http://127.0.0.1:8490
	Admin    string    `json:"admin,omitempty"` // where faults are set, the same form
	Tables   []string  `json:"tables"`
	Items    int       `json:"items"` // in the first table
}

func (o *tableOptions) start(endpoint, admin string) tableStart {
	start := tableStart{Time: time.Now(), Op: "Start", Endpoint: endpoint, Admin: admin, Items: len(o.items)}
	for _, t := range o.tables {
		start.Tables = append(start.Tables, t.name)
	}
	return start
}

// tableLog writes the log of `lexline table serve`.
type tableLog struct{ botLog }

func (l *tableLog) begin(start tableStart) {
	if l.json {
		l.object(start)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(l.w, "local DynamoDB, tables %s, items %d\n", strings.Join(start.Tables, " "), start.Items)
	if start.Admin != "" {
		fmt.Fprintf(l.w, "  admin        %s, which can break this server on purpose\n", start.Admin)
	}
	fmt.Fprintf(l.w, "  endpoint     AWS_ENDPOINT_URL_DYNAMODB=%s\n\n", start.Endpoint)
}

func (l *tableLog) record(r dynamolocal.Record) {
	if l.json {
		l.object(r)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lineLocked(l.now(), r.String())
}
