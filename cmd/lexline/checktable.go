package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"lexline/internal/dynamodb"
	"lexline/internal/record"
	"lexline/internal/sqlite"
)

// tableTime is what one question to DynamoDB may take: a person waits, no gateway.
const tableTime = 5 * time.Second

// tableQuestions ask for the table of regions and that of calls.
func (c *checker) tableQuestions() (all []question) {
	ask := func(what string, here bool, ask func(ctx context.Context, f *findings)) {
		all = append(all, question{section: "Tables", what: what, here: here, ask: ask})
	}
	switch t := c.cfg.Table; {
	case t.DynamoDB.Name != "":
		ask("table.dynamodb", false, c.regionTable)
	case t.File != "":
		ask("table.file", true, func(ctx context.Context, f *findings) { f.database("table.file", t.File, openRegionFile(ctx)) })
	default:
		ask("table", true, func(_ context.Context, f *findings) {
			if len(c.cfg.Regions) > 1 {
				f.warn("table", "it is in memory: a pin ends with the gateway, and gateways do not know of each other", "set table.file, or table.dynamodb.name for several machines")
				return
			}
			f.ok("table", "in memory, which is enough for one region")
		})
	}
	switch s := c.cfg.Store; {
	case s.DynamoDB.Name != "":
		ask("store.dynamodb", false, c.callTable)
	case s.File != "":
		ask("store.file", true, func(ctx context.Context, f *findings) { f.database("store.file", s.File, openCallFile(ctx)) })
	}
	return all
}

// openRegionFile opens and reads a file with the table of regions.
func openRegionFile(ctx context.Context) func(path string) error {
	return func(path string) error {
		db, err := sqlite.Open(path)
		if err != nil {
			return err
		}
		_, err = db.Keys(ctx)
		return errors.Join(err, db.Close())
	}
}

// openCallFile opens and reads a file with records of calls.
func openCallFile(ctx context.Context) func(path string) error {
	return func(path string) error {
		calls, err := sqlite.OpenCalls(path)
		if err != nil {
			return err
		}
		_, err = calls.List(ctx, record.Filter{Limit: 1})
		return errors.Join(err, calls.Close())
	}
}

// database looks at an SQLite file, which need not be there yet.
func (f *findings) database(key, path string, open func(path string) error) {
	folder := filepath.Dir(path)
	if isMissing(folder) {
		f.fail(key, "the folder "+folder+" is missing", "the file is made where there is none, its folder is not: mkdir -p "+folder)
		return
	}
	if !f.writable(key, folder, false) {
		return
	}
	if isMissing(path) {
		f.ok(key, "%s is made when the gateway starts", path)
		return
	}
	if err := open(path); err != nil {
		f.fail(key, err.Error(), "move the file away, with its -wal and -shm files, and a new one is made")
		return
	}
	f.ok(key, "%s can be read and written", path)
}

// regionTable looks at the table of regions in DynamoDB.
func (c *checker) regionTable(ctx context.Context, f *findings) {
	cfg := c.cfg.dynamoDB()
	cfg.Deadline = tableTime
	c.dynamo(ctx, f, "table.dynamodb", cfg, dynamodb.Description.FitsRegions, func() error {
		table, err := dynamodb.Open(ctx, cfg)
		if err != nil {
			return err
		}
		return errors.Join(table.Check(ctx), table.Close())
	})
}

// callTable looks at the table of calls in DynamoDB.
func (c *checker) callTable(ctx context.Context, f *findings) {
	cfg := c.cfg.dynamoCalls()
	cfg.Deadline = tableTime
	c.dynamo(ctx, f, "store.dynamodb", cfg.Config, dynamodb.Description.FitsCalls, func() error {
		calls, err := dynamodb.OpenCalls(ctx, cfg)
		if err != nil {
			return err
		}
		_, err = calls.Get(ctx, "lexline-check")
		return errors.Join(err, calls.Close())
	})
}

// dynamo looks at a table: what it is, if that may be asked, and whether it can be read.
func (c *checker) dynamo(ctx context.Context, f *findings, key string, cfg dynamodb.Config, fits func(dynamodb.Description) error, read func() error) {
	what := key + " (" + cfg.Name + " in " + cfg.Region + ")"
	if err := read(); err != nil {
		f.fail(what, why(ctx, err), dynamoHint(err, key))
		return
	}
	d, err := dynamodb.Describe(ctx, cfg)
	switch {
	case dynamodb.IsDenied(err):
		f.warn(what, "it can be read; its description may not", "dynamodb:DescribeTable and DescribeTimeToLive would tell whether its key and its time to live are right; gateways do not need them")
		return
	case err != nil:
		f.warn(what, "it can be read; its description could not: "+why(ctx, err), "")
		return
	}
	err = fits(d)
	if _, ok := errors.AsType[*dynamodb.ExpiryError](err); ok {
		f.warn(what, err.Error(), fmt.Sprintf("records stay for ever: aws dynamodb update-time-to-live --table-name %s --time-to-live-specification Enabled=true,AttributeName=until", cfg.Name))
		return
	}
	if err != nil {
		f.fail(what, err.Error(), "make another table; lexline.yml says with which key")
		return
	}
	f.ok(what, "it is %s, its key is right, and it can be read", d.Status)
}

// dynamoHint is what to do about a table that cannot be read.
func dynamoHint(err error, key string) string {
	if hinted, ok := errors.AsType[*hintError](hintedDynamoDB(err)); ok && key == "table.dynamodb" {
		return hinted.hint
	}
	return "lexline.yml says what table " + key + " is, and with which rights"
}
