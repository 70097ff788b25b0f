package dynamodb

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"lexline/internal/record"
)

// The attributes of the table of calls. Its hash key says what an item is and of which
// day or call; its range key puts the items under it in order.
//
//	pk               sk
//	day#2026-11-29   2026-11-29T09:15:02.123Z#CA12…   the record of a call that began on that day (UTC)
//	call#CA12…       2026-11-29T09:15:02.123Z         where its record is
//	note#KEY         note                             a note about a call
//
// So the calls of a time are found by queries of its days, and never by a scan, and a
// call by its id in two questions. All items go when the time in until is over, which
// is the attribute of the table's time to live.
const (
	hashName  = "pk"
	rangeName = "sk"
	untilName = "until"
)

const (
	dayForm   = "2006-01-02"
	startForm = "2006-01-02T15:04:05.000Z" // as long for every time, so that texts are in the order of times
	noteRange = "note"
)

// listTime is what a List may take at most: it may have to ask for many days.
const listTime = 20 * time.Second

// CallsConfig says how long back List looks where its filter does not say it, which a
// reader may know less well than those who write; the rest is as of a table of regions.
type CallsConfig struct {
	Config
	Retention time.Duration
}

// Calls keeps the records of calls, and notes about calls that go on, in a table of
// DynamoDB. It implements [record.Store], and twilio.Notes with PutNote and Note. It is
// safe for use by many goroutines. Put, Get and the notes keep the deadline of their
// Config; List may take 20 s.
type Calls struct {
	name, region string
	client       *dynamodb.Client
	transport    *http.Transport
	deadline     time.Duration
	retention    time.Duration
	now          func() time.Time
}

var _ record.Store = (*Calls)(nil)

// OpenCalls returns the store, asking nobody, as Open does.
func OpenCalls(ctx context.Context, c CallsConfig) (*Calls, error) {
	client, transport, err := c.connect(ctx)
	if err != nil {
		return nil, err
	}
	return &Calls{
		name: c.Name, region: c.Region, client: client, transport: transport,
		deadline: cmp.Or(max(c.Deadline, 0), DefaultDeadline), retention: c.Retention, now: time.Now,
	}, nil
}

// Close drops idle connections. Calls under way go on.
func (c *Calls) Close() error {
	c.transport.CloseIdleConnections()
	return nil
}

// String names the table for people.
func (c *Calls) String() string { return fmt.Sprintf("DynamoDB table %s in %s", c.name, c.region) }

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

// newItem is an item with its key and the end of its time.
func newItem(hash, sortBy string, until time.Time) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{hashName: text(hash), rangeName: text(sortBy), untilName: number(until.Unix())}
}

// Put implements record.Store with two PutItems: the record, and then where it is. If
// only the first is done the call is listed, and put again by who was told of an error.
func (c *Calls) Put(ctx context.Context, e record.Entry) error {
	err := c.within(ctx, c.deadline, func(ctx context.Context) error {
		start := e.Started.UTC()
		item := newItem("day#"+start.Format(dayForm), start.Format(startForm)+"#"+e.Call, e.Until)
		for name, value := range map[string]string{"line": e.Line, "result": e.Result, "reason": e.Reason, "number": e.Number} {
			item[name] = text(value)
		}
		item["record"] = text(string(e.Record))
		if err := c.put(ctx, item); err != nil {
			return err
		}
		return c.put(ctx, newItem("call#"+e.Call, start.Format(startForm), e.Until))
	})
	if err != nil {
		return fmt.Errorf("put the record of call %q into %v: %w", e.Call, c, refused(err))
	}
	return nil
}

// refused marks an error as the item's own fault: that it, or its key, is too large. A
// table that has another key than it must have is no fault of the item.
func refused(err error) error {
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorCode() == codeValidation && strings.Contains(api.ErrorMessage(), "maximum") {
		return fmt.Errorf("%w: %w", record.ErrRefused, err)
	}
	return err
}

func (c *Calls) put(ctx context.Context, item map[string]types.AttributeValue) error {
	_, err := c.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &c.name, Item: item})
	return err
}

// Get implements record.Store with a Query for where the call's records are, and a
// GetItem for each.
func (c *Calls) Get(ctx context.Context, call string) (entries []record.Entry, err error) {
	err = c.within(ctx, c.deadline, func(ctx context.Context) error {
		entries = nil
		query := c.query("call#" + call)
		return c.each(ctx, query, func(where map[string]types.AttributeValue) (bool, error) {
			started := textOf(where[rangeName])
			e, err := c.at(ctx, started, call)
			if err == nil && e != nil {
				entries = append(entries, *e)
			}
			return true, err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("get the records of call %q of %v: %w", call, c, err)
	}
	return entries, nil
}

// at reads the record of a call that began then, nil if there is none.
func (c *Calls) at(ctx context.Context, started, call string) (*record.Entry, error) {
	if len(started) < len(dayForm) {
		return nil, nil
	}
	out, err := c.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &c.name, ConsistentRead: aws.Bool(true),
		Key: map[string]types.AttributeValue{hashName: text("day#" + started[:len(dayForm)]), rangeName: text(started + "#" + call)},
	})
	if err != nil {
		return nil, err
	}
	if e, ok := c.entry(out.Item); ok {
		return &e, nil
	}
	return nil, nil
}

// entry reads an item. It is false for one that is over, which DynamoDB may keep for
// days, and for one of another kind.
func (c *Calls) entry(item map[string]types.AttributeValue) (record.Entry, bool) {
	sortBy, until := textOf(item[rangeName]), secondsOf(item[untilName])
	if len(sortBy) <= len(startForm) || !c.now().Before(until) {
		return record.Entry{}, false
	}
	started, err := time.Parse(startForm, sortBy[:len(startForm)])
	if err != nil {
		return record.Entry{}, false
	}
	return record.Entry{
		Call: sortBy[len(startForm)+1:], Started: started, Until: until,
		Line: textOf(item["line"]), Result: textOf(item["result"]), Reason: textOf(item["reason"]), Number: textOf(item["number"]),
		Record: []byte(textOf(item["record"])),
	}, true
}

func textOf(v types.AttributeValue) string {
	s, _ := v.(*types.AttributeValueMemberS)
	if s == nil {
		return ""
	}
	return s.Value
}

func secondsOf(v types.AttributeValue) time.Time {
	n, _ := v.(*types.AttributeValueMemberN)
	if n == nil {
		return time.Time{}
	}
	seconds, err := strconv.ParseInt(n.Value, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// List implements record.Store with a Query for each day of the time that is wanted,
// the latest first; without an end that is tomorrow, without a beginning the retention
// time ago. Only items of the time that is wanted are read. By what else they are
// filtered is looked at here: a rare reason costs as much as all calls of that time.
func (c *Calls) List(ctx context.Context, f record.Filter) (entries []record.Entry, err error) {
	err = c.within(ctx, listTime, func(ctx context.Context) error {
		entries = nil
		first, last := c.listed(f)
		for day := dayOf(last); !day.Before(dayOf(first)); day = day.Add(-24 * time.Hour) {
			full, err := c.listDay(ctx, day, f, &entries)
			if full || err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list the records of %v: %w", c, err)
	}
	return entries, nil
}

// listed is the time in which there may be calls that a filter wants.
func (c *Calls) listed(f record.Filter) (first, last time.Time) {
	last = c.now().Add(24 * time.Hour) // of a clock that is ahead of ours
	if !f.Until.IsZero() && f.Until.Before(last) {
		last = f.Until
	}
	if first = f.Since; first.IsZero() {
		first = c.now().Add(-c.retention)
	}
	return first, last
}

func dayOf(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// listDay adds the entries of one day, and reports whether there are as many as are
// wanted.
func (c *Calls) listDay(ctx context.Context, day time.Time, f record.Filter, entries *[]record.Entry) (full bool, err error) {
	query := c.query("day#" + day.Format(dayForm))
	query.ScanIndexForward = aws.Bool(false)
	from, to := day, day.Add(24*time.Hour)
	if f.Since.After(from) {
		from = f.Since
	}
	if !f.Until.IsZero() && f.Until.Before(to) {
		to = f.Until.Add(time.Millisecond) // what began in its very millisecond, the filter tells apart
	}
	if from.After(to) {
		return false, nil // the end is before the beginning, which DynamoDB calls an error
	}
	query.KeyConditionExpression = aws.String(*query.KeyConditionExpression + " AND #s BETWEEN :from AND :to")
	query.ExpressionAttributeNames["#s"] = rangeName
	query.ExpressionAttributeValues[":from"] = text(from.UTC().Format(startForm))
	query.ExpressionAttributeValues[":to"] = text(to.UTC().Format(startForm))
	err = c.each(ctx, query, func(item map[string]types.AttributeValue) (more bool, err error) {
		if e, ok := c.entry(item); ok && f.Matches(e) {
			*entries = append(*entries, e)
		}
		full = f.Limit > 0 && len(*entries) >= f.Limit
		return !full, nil
	})
	return full, err
}

// query asks for the items under a hash key.
func (c *Calls) query(hash string) *dynamodb.QueryInput {
	return &dynamodb.QueryInput{
		TableName: &c.name, ConsistentRead: aws.Bool(true),
		KeyConditionExpression:    aws.String("#k = :k"),
		ExpressionAttributeNames:  map[string]string{"#k": hashName},
		ExpressionAttributeValues: map[string]types.AttributeValue{":k": text(hash)},
	}
}

// each hands over the items of a query, page after page, until take wants no more.
func (c *Calls) each(ctx context.Context, query *dynamodb.QueryInput, take func(map[string]types.AttributeValue) (more bool, err error)) error {
	for {
		out, err := c.client.Query(ctx, query)
		if err != nil {
			return err
		}
		for _, item := range out.Items {
			if more, err := take(item); !more || err != nil {
				return err
			}
		}
		if len(out.LastEvaluatedKey) == 0 {
			return nil
		}
		query.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// DeleteExpired implements record.Store. It does nothing: DynamoDB deletes by the
// table's time to live, which has to be set to the attribute until.
func (c *Calls) DeleteExpired(context.Context, time.Time) (int, error) { return 0, nil }

// PutNote leaves a note about a call, in place of the one that was under key; it holds
// until the time given, to the second.
func (c *Calls) PutNote(ctx context.Context, key string, value []byte, until time.Time) error {
	err := c.within(ctx, c.deadline, func(ctx context.Context) error {
		item := newItem("note#"+key, noteRange, until)
		if value == nil {
			value = []byte{}
		}
		item["value"] = &types.AttributeValueMemberB{Value: value}
		return c.put(ctx, item)
	})
	if err != nil {
		return fmt.Errorf("leave a note in %v: %w", c, err)
	}
	return nil
}

// Note returns the note under key, or nil if there is none.
func (c *Calls) Note(ctx context.Context, key string) (note []byte, err error) {
	err = c.within(ctx, c.deadline, func(ctx context.Context) error {
		out, err := c.client.GetItem(ctx, &dynamodb.GetItemInput{
			TableName: &c.name, ConsistentRead: aws.Bool(true),
			Key: map[string]types.AttributeValue{hashName: text("note#" + key), rangeName: text(noteRange)},
		})
		if err != nil || !c.now().Before(secondsOf(out.Item[untilName])) {
			return err
		}
		if value, ok := out.Item["value"].(*types.AttributeValueMemberB); ok {
			note = value.Value
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read a note of %v: %w", c, err)
	}
	return note, nil
}

// within does something under a deadline and words what went wrong.
func (c *Calls) within(ctx context.Context, limit time.Duration, do func(context.Context) error) error {
	return within(ctx, limit, explainCalls, do)
}

// explainCalls words what went wrong with the table of calls, for whoever has to mend
// it.
func explainCalls(ctx context.Context, err error) error {
	var api smithy.APIError
	if errors.As(err, &api) {
		switch api.ErrorCode() {
		case "AccessDeniedException":
			return fmt.Errorf("the credentials may not: they need dynamodb:GetItem, PutItem and Query on the table: %w", shortened{err, api})
		case codeValidation:
			if strings.Contains(api.ErrorMessage(), "maximum") {
				break
			}
			return fmt.Errorf("its key must be %s and %s, both of type S: %w", hashName, rangeName, shortened{err, api})
		}
	}
	return explain(ctx, err)
}
