package dynamolocal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"lexline/internal/fault"
	"lexline/internal/gate"
)

// Config says how a Server behaves. Its zero value is a server without tables
// that tells nobody what it does.
type Config struct {
	// Latency is how long each answer takes at least, from the end of the request.
	Latency time.Duration
	// Expire makes items go when the time in their table's time-to-live attribute
	// is over. Without it they stay, as they may in DynamoDB for days.
	Expire bool
	// Seed decides which requests are struck by faults with a rate.
	Seed uint64
	Now  func() time.Time // the clock; nil is time.Now

	// Record is called once for each request, when its answer is known and on
	// the request's goroutine, and once for each change of the faults. nil keeps
	// no records.
	Record func(Record)
	Logger *slog.Logger // nil: none
}

// Server is a local DynamoDB. It is an http.Handler; Serve adds a server with the
// right limits around it. It starts no goroutines of its own.
type Server struct {
	cfg    Config
	tables tables
	faults *fault.Board[Fault]
}

// New returns a server without tables.
func New(cfg Config) *Server {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Record == nil {
		cfg.Record = func(Record) {}
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &Server{cfg: cfg, tables: tables{byName: make(map[string]*table)}, faults: fault.NewBoard[Fault](cfg.Seed)}
}

// CreateTable makes an empty table, as the operation of that name does. keyType is
// S, N or B. It is an error if there is a table of that name.
func (s *Server) CreateTable(name, key, keyType string) error {
	return s.makeTable(input{
		TableName: name, BillingMode: payPerRequest,
		KeySchema: []keyElement{{key, "HASH"}}, AttributeDefinitions: []attributeDefinition{{key, kind(keyType)}},
	})
}

// CreateSortedTable makes an empty table with a range key, too, as CreateTable does.
func (s *Server) CreateSortedTable(name, key, keyType, sortBy, sortType string) error {
	return s.makeTable(input{
		TableName: name, BillingMode: payPerRequest,
		KeySchema:            []keyElement{{key, "HASH"}, {sortBy, "RANGE"}},
		AttributeDefinitions: []attributeDefinition{{key, kind(keyType)}, {sortBy, kind(sortType)}},
	})
}

// SetTimeToLive has the items of a table expire by an attribute, as UpdateTimeToLive
// does.
func (s *Server) SetTimeToLive(table, attribute string) error {
	q := &request{in: input{TableName: table, TimeToLiveSpecification: &timeToLive{AttributeName: attribute, Enabled: true}}}
	if _, err := s.updateTimeToLive(q); err != nil {
		return fmt.Errorf("set the time to live of table %s: %w", table, err)
	}
	return nil
}

func (s *Server) makeTable(in input) error {
	name := in.TableName
	if err := in.checkCreate(); err != nil {
		return fmt.Errorf("create table %s: %w", name, err)
	}
	if !s.tables.add(s.newTable(&in)) {
		return fmt.Errorf("create table %s: %w", name, tableExists(name))
	}
	return nil
}

// PutItem puts an item into a table, as the operation of that name does. text is
// the attributes as they stand in a request: {"connectRegion":{"S":"us-east-1"}}.
func (s *Server) PutItem(tableName string, text []byte) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		return fmt.Errorf("put item into %s: %w", tableName, err)
	}
	q := &request{record: Record{Op: "PutItem"}, in: input{TableName: tableName, Item: raw}}
	if _, err := s.putItem(q); err != nil {
		return fmt.Errorf("put item into %s: %w", tableName, err)
	}
	return nil
}

// operation carries out a request. Its answer is written as JSON.
type operation func(*Server, *request) (any, *apiError)

// operations is all operations by name.
var operations = map[string]operation{
	"CreateTable":        (*Server).createTable,
	"DeleteItem":         (*Server).deleteItem,
	"DeleteTable":        (*Server).deleteTable,
	"DescribeTable":      (*Server).describeTable,
	"DescribeTimeToLive": (*Server).describeTimeToLive,
	"GetItem":            (*Server).getItem,
	"ListTables":         (*Server).listTables,
	"PutItem":            (*Server).putItem,
	"Query":              (*Server).query,
	"Scan":               (*Server).scan,
	"UpdateItem":         (*Server).updateItem,
	"UpdateTimeToLive":   (*Server).updateTimeToLive,
}

// Limits of the HTTP server.
const (
	headerTimeout = 5 * time.Second
	bodyTimeout   = 10 * time.Second
	idleTimeout   = time.Minute
	grace         = 5 * time.Second // for running requests at the end
	maxHeaders    = 64 << 10
	maxBody       = 2 << 20
)

// Serve answers requests that arrive at l until ctx is done. Then faults are
// cleared, and running requests are given 5 s to finish. It closes l. An error
// means that serving ended before ctx did, or that requests had to be cut off.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler: s, ReadHeaderTimeout: headerTimeout, ReadTimeout: bodyTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaders,
		ErrorLog:    slog.NewLogLogger(s.cfg.Logger.Handler(), slog.LevelDebug),
		ConnContext: fault.WithConn,
	}
	g := gate.New(l)
	if err := s.faults.Open(g); err != nil {
		return errors.Join(err, l.Close())
	}
	defer s.faults.Close()
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		if err := s.clear(); err != nil {
			s.cfg.Logger.Warn("faults are not cleared", "error", err)
		}
		stopped <- shutdown(ctx, server, grace)
	})
	err := server.Serve(g)
	if !stop() {
		return <-stopped
	}
	return errors.Join(fmt.Errorf("serve: %w", err), server.Close())
}

// shutdown ends a server. Requests that take longer than the grace are cut off,
// which is an error.
func shutdown(ctx context.Context, server *http.Server, grace time.Duration) error {
	deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if err := server.Shutdown(deadline); err != nil {
		return errors.Join(fmt.Errorf("finish running requests: %w", err), server.Close())
	}
	return nil
}
