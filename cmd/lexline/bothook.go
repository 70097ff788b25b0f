package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"time"

	_ "modernc.org/sqlite" // the driver of --keys

	"lexline/lexhook"
)

func botHookCommand() command {
	return command{"bot hook", "be the Lambda function of the example bot", runBotHook}
}

// hookOptions are the flags of `lexline bot hook`.
type hookOptions struct {
	listen, keys, ledger string
	delay, lease         time.Duration
	json                 bool
}

func parseHookOptions(env *environment, args []string) (*hookOptions, error) {
	flags := newFlags(env, "bot hook", "", `Is the Lambda function behind bots/OrderFlowers: books what callers ordered, each order
once, however often and from however many regions it is asked to. It takes the Invoke
form of the Lambda API; give the printed address to "lexline bot serve --hook". Every
invocation is written out; callers' orders are in it, so this is for development.

examples:
  lexline bot hook --keys keys.db --ledger orders.jsonl
  lexline bot serve --bot bots/OrderFlowers \
      --hook OrderFlowers=http://127.0.0.1:8480/2015-03-31/functions/OrderFlowers/invocations`)
	o := &hookOptions{}
	flags.StringVar(&o.listen, "listen", "127.0.0.1:8480", "`address` to listen on; port 0 takes a free one")
	flags.StringVar(&o.keys, "keys", "", "SQLite `file` of the turns that were fulfilled; several hooks may share it (default in memory)")
	flags.StringVar(&o.ledger, "ledger", "", "`file` that gets a line of JSON for each order placed")
	flags.DurationVar(&o.delay, "delay", 0, "how long it takes to place an order")
	flags.DurationVar(&o.lease, "lease", lexhook.DefaultLease, "how long an execution may take before another one takes its place")
	logFormatFlag(flags, &o.json)
	if err := parseFlags(flags, args); err != nil {
		return nil, err
	}
	switch {
	case o.delay < 0:
		return nil, usageError{errors.New("--delay must not be negative")}
	case o.lease < time.Second:
		return nil, usageError{errors.New("--lease must be 1s or more")}
	case o.delay >= o.lease*4/5:
		return nil, usageError{&hintError{
			fmt.Errorf("a --delay of %v is not over before the --lease of %v is", o.delay, o.lease),
			"orders would be stopped half-way: give a longer --lease",
		}}
	}
	return o, nil
}

func runBotHook(ctx context.Context, env *environment, args []string) (err error) {
	o, err := parseHookOptions(env, args)
	if err != nil {
		return err
	}
	logger := slog.New(slog.NewTextHandler(env.stderr, nil))
	keys, err := openKeys(ctx, o.keys)
	if err != nil {
		return err
	}
	defer keys.close()
	orders, err := openLedger(o.ledger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, orders.close()) }()
	listener, err := listen(o.listen)
	if err != nil {
		return err
	}
	defer listener.Close() // the server closes it as well, if it comes to that
	h := &hookServer{
		once: &lexhook.Once{Table: keys.table, Namespace: "lexline", Lease: o.lease, Logger: logger},
		shop: &flowerShop{delay: o.delay, orders: orders},
		log:  &hookLog{botLog{w: env.stdout, json: o.json}},
	}
	h.log.begin(hookStart{
		Time: time.Now(), Op: "Start", Function: functionName, Endpoint: functionURL(listener),
		Keys: keys.name, Ledger: o.ledger,
	})
	return h.serve(ctx, listener, logger)
}

// functionURL is what a local Lex is given to invoke the function.
func functionURL(l net.Listener) string {
	return "http://" + l.Addr().String() + "/2015-03-31/functions/" + functionName + "/invocations"
}

// hookKeys is the key table of a hook.
type hookKeys struct {
	table lexhook.Table
	name  string // for people
	db    *sql.DB
}

// keyConnections is how many connections to the file work at a time; SQLite
// has one writer anyway.
const keyConnections = 4

// openKeys opens the key table in a SQLite file, or in memory without one.
func openKeys(ctx context.Context, file string) (*hookKeys, error) {
	if file == "" {
		return &hookKeys{table: lexhook.NewMemory(), name: "memory"}, nil
	}
	// SQLite would let everybody read what callers ordered.
	created, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open keys: %w", err)
	}
	if err := created.Close(); err != nil {
		return nil, fmt.Errorf("open keys: %w", err)
	}
	path := url.URL{Path: file}
	db, err := sql.Open("sqlite", "file:"+path.EscapedPath()+"?_pragma=busy_timeout(5000)")
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", file, err)
	}
	db.SetMaxOpenConns(keyConnections)
	table, err := lexhook.OpenSQLite(ctx, db)
	if err != nil {
		return nil, &hintError{
			fmt.Errorf("--keys %s: %w", file, errors.Join(err, db.Close())),
			"if the file is damaged, move it away; turns that were fulfilled before could then be fulfilled again",
		}
	}
	return &hookKeys{table: table, name: file, db: db}, nil
}

func (k *hookKeys) close() {
	if k.db != nil {
		_ = k.db.Close() // every write was synced when it was made
	}
}
