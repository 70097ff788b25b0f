package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"lexline/internal/region"
	"lexline/internal/sqlite"
)

// savedTable is the table of gateways that do not run, or need not be asked.
type savedTable struct {
	store io.Closer
	region.Table
	file     string // where it is, if it is a file
	dynamodb string // NAME@REGION, if it is in DynamoDB
	key      string
	keys     []string // of the items that belong to the verdict, as far as they can be found
}

// inDynamoDB is how --table begins for a table in DynamoDB.
const inDynamoDB = "dynamodb:"

// openSavedTable opens a table, which must be there, and finds the verdict in it.
// The caller closes it.
func openSavedTable(ctx context.Context, opts regionOptions) (*savedTable, error) {
	if where, ok := strings.CutPrefix(opts.table, inDynamoDB); ok {
		return openDynamoDB(ctx, where, opts.key)
	}
	if _, err := os.Stat(opts.table); err != nil { // opening would make it
		return nil, &hintError{fmt.Errorf("--table: %w", err), "table.file in the gateway's configuration names it"}
	}
	db, err := sqlite.Open(opts.table)
	if err != nil {
		return nil, fmt.Errorf("--table: %w", err)
	}
	t := &savedTable{Table: db, store: db, file: opts.table, key: opts.key}
	if t.keys, err = db.Keys(ctx); err == nil {
		err = t.findKey()
	}
	if err != nil {
		t.close()
		return nil, err
	}
	return t, nil
}

func (t *savedTable) close() { _ = t.store.Close() } // everything was written when it was said to be

// findKey chooses the key in a file, if none was given.
func (t *savedTable) findKey() error {
	if t.key != "" {
		return nil
	}
	var verdicts []string
	for _, key := range t.keys {
		if name, _, _ := strings.Cut(key, "#"); !slices.Contains(verdicts, name) {
			verdicts = append(verdicts, name)
		}
	}
	switch len(verdicts) {
	case 1:
		t.key = verdicts[0]
		return nil
	case 0:
		return &hintError{fmt.Errorf("%s is empty: no gateway has written to it", t.file), keyHint}
	}
	return usageError{fmt.Errorf("%s has several verdicts; choose one with --key: %s", t.file, strings.Join(verdicts, ", "))}
}

const keyHint = "--key names the verdict that gateways use or are going to use, which is the name of the home region unless configured otherwise"

// tableStatus is what a table says, for people and as JSON.
type tableStatus struct {
	File     string            `json:"file,omitempty"`
	DynamoDB string            `json:"dynamodb,omitempty"` // NAME@REGION
	Key      string            `json:"key"`
	Region   string            `json:"region"` // where new calls go; empty if it says nothing that can be used
	State    region.TableState `json:"state"`
	Version  int64             `json:"version"`
	By       string            `json:"by,omitempty"`
	Why      string            `json:"why,omitempty"`
	At       time.Time         `json:"at,omitzero"`
	Pin      *region.PinStatus `json:"pin,omitempty"`
	Faults   []string          `json:"faults,omitempty"`
	Gateways []tableGateway    `json:"gateways"` // what each said last, however long ago
}

// tableGateway is what one gateway wrote into a table.
type tableGateway struct {
	Name  string    `json:"name"`
	From  string    `json:"from"` // the region that it writes from
	Down  []string  `json:"down"` // the regions that it holds down
	Panic bool      `json:"panic"`
	Doubt bool      `json:"doubt"`
	Check bool      `json:"check,omitempty"` // it is no gateway but the scheduled health check
	Since time.Time `json:"since,omitzero"`  // when it came to that, by its clock
	At    time.Time `json:"at,omitzero"`     // its last sign of life, by its clock
}

// status reads everything about the verdict.
func (t *savedTable) status(ctx context.Context) (s tableStatus, err error) {
	v, err := region.ReadVerdict(ctx, t, t.key)
	if err != nil && !errors.Is(err, region.ErrNotFound) {
		return s, err
	}
	s = tableStatus{
		File: t.file, DynamoDB: t.dynamodb, Key: t.key, Region: v.Region, State: v.State, Version: v.Version,
		By: v.By, Why: v.Why, At: v.At, Faults: v.Faults, Gateways: []tableGateway{},
	}
	if !v.Pin.IsZero() && v.Pin.Until.After(time.Now()) {
		s.Pin = &region.PinStatus{Region: v.Pin.Region, Until: v.Pin.Until, By: v.Pin.By, Why: v.Pin.Why}
	}
	err = t.eachOpinion(ctx, func(name, from string, e region.Evidence) {
		s.Gateways = append(s.Gateways, tableGateway{Name: name, From: from, Down: e.Down, Panic: e.Panic, Doubt: e.Doubt, Check: e.Once, Since: e.Since, At: e.At})
	})
	if err != nil {
		return s, err
	}
	slices.SortFunc(s.Gateways, func(a, b tableGateway) int { return strings.Compare(a.Name, b.Name) })
	return s, nil
}

// eachOpinion hands over what each gateway said last.
func (t *savedTable) eachOpinion(ctx context.Context, take func(name, from string, e region.Evidence)) error {
	before := region.EvidenceKey(t.key, "")
	for _, key := range t.keys {
		from, ok := strings.CutPrefix(key, before)
		if !ok {
			continue
		}
		said, err := region.ReadEvidence(ctx, t, t.key, from)
		if err != nil {
			return err
		}
		for name, e := range said {
			take(name, from, e)
		}
	}
	return nil
}

// checkRegion reports a region that the gateways of this table do not know: they
// would not heed a pin to it. unknown takes it all the same.
func (t *savedTable) checkRegion(ctx context.Context, name string, unknown bool) error {
	v, err := region.ReadVerdict(ctx, t, t.key)
	if err != nil && !errors.Is(err, region.ErrNotFound) {
		return err
	}
	var said []region.Evidence
	if err := t.eachOpinion(ctx, func(_, _ string, e region.Evidence) { said = append(said, e) }); err != nil {
		return err
	}
	known := region.KnownRegions(v, said)
	switch {
	case unknown, slices.Contains(known, name):
		return nil
	case len(known) == 0:
		return &hintError{
			fmt.Errorf("no gateway has written under the key %s which regions it has, so nobody can tell whether %q is one", t.key, name),
			"if it is, say --unknown",
		}
	}
	return &hintError{
		fmt.Errorf("region: the gateways of the key %s have no region %q; there are: %s", t.key, name, strings.Join(known, ", ")),
		"if they are going to have it, say --unknown",
	}
}

// words says it to people.
func (s tableStatus) words(now time.Time) string {
	var w strings.Builder
	fmt.Fprintf(&w, "What %s says under the key %s; no gateway was asked.\n", s.File+s.DynamoDB, s.Key)
	switch {
	case s.Region == "":
		fmt.Fprintf(&w, "It names no region: gateways go by what they see themselves.\n")
	default:
		fmt.Fprintf(&w, "New calls go to %s.\n", s.Region)
	}
	if s.State == region.TableDegraded {
		fmt.Fprintf(&w, "No region is held up by most gateways: that is where calls went before.\n")
	}
	if s.Version > 0 {
		fmt.Fprintf(&w, "Version %d, by %s at %s%s\n", s.Version, s.By, clockTime(s.At, now), because(s.Why))
	}
	w.WriteString(pinWords(s.Pin, now))
	for _, g := range s.Gateways {
		w.WriteString(g.words(now))
		if g.Panic {
			fmt.Fprintf(&w, "  To it every region looked dead: it may have been its own network.\n")
		}
		if g.Doubt {
			fmt.Fprintf(&w, "  It alone saw that.\n")
		}
	}
	for _, fault := range s.Faults {
		fmt.Fprintf(&w, "Not understood: %s\n", fault)
	}
	return w.String()
}

// words say who wrote an entry, when, and what it held.
func (g *tableGateway) words(now time.Time) string {
	sign, since := "at a time that it did not write down", ""
	if !g.At.IsZero() {
		sign = ago(g.At, now)
	}
	if !g.Since.IsZero() {
		since = ", since " + clockTime(g.Since, now)
	}
	if g.Check {
		return fmt.Sprintf("Health check %s in %s ran last %s; then it held %s%s.\n", g.Name, g.From, sign, downWords(g.Down), since)
	}
	return fmt.Sprintf("Gateway %s in %s gave its last sign of life %s; then it held %s%s.\n", g.Name, g.From, sign, downWords(g.Down), since)
}

func downWords(down []string) string {
	if len(down) == 0 {
		return "every region up"
	}
	return strings.Join(down, " and ") + " down"
}

// sick returns why not all is well, or nothing.
func (s tableStatus) sick() error {
	if s.State == region.TableDegraded {
		return errors.New("no region is held up by most gateways")
	}
	for _, g := range s.Gateways {
		if len(g.Down) > 0 {
			return fmt.Errorf("%s holds %s", g.Name, downWords(g.Down))
		}
	}
	return nil
}
