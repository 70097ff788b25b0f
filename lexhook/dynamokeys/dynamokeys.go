// Package dynamokeys is the key table of lexhook in Amazon DynamoDB, for the
// Lambda functions behind a bot in several regions.
//
// The table has the partition key "key" of type S, no sort key, and time to live
// on the attribute "expires", so that DynamoDB removes what is forgotten:
//
//	aws dynamodb create-table --table-name lexhook --billing-mode PAY_PER_REQUEST \
//	    --attribute-definitions AttributeName=key,AttributeType=S --key-schema AttributeName=key,KeyType=HASH
//	aws dynamodb update-time-to-live --table-name lexhook \
//	    --time-to-live-specification Enabled=true,AttributeName=expires
//
// The functions need dynamodb:GetItem and dynamodb:PutItem on it.
//
// All functions, in all regions, must use the table of one region, or a global
// table with multi-region strong consistency. A global table with eventual
// consistency does not do: two regions may each create the same key, both are
// told that they did, and both do the work
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html).
// With one region's table a function of the other region needs that region to be
// there; what it does not is refused, not done twice.
package dynamokeys

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lexline/lexhook"
)

// DefaultDeadline is the Deadline of a Table that has none.
const DefaultDeadline = time.Second

// Table is a lexhook.Table in Amazon DynamoDB. It is safe for use by many
// goroutines. Each call is one request, made once, under an own deadline: a
// caller waits for the function, and the SDK by itself tries three times without
// any limit for an answer.
type Table struct {
	Client *dynamodb.Client // for the region that the table is in; required
	Name   string           // of the table; required
	// Deadline is what one call may take; 0: DefaultDeadline. The context's own may
	// be shorter.
	Deadline time.Duration
}

var _ lexhook.Table = (*Table)(nil)

// The attributes of an item. Times are milliseconds since 1970, but for the one
// of DynamoDB's time to live, which takes seconds.
const (
	attrKey       = "key"
	attrVersion   = "version"
	attrOwner     = "owner"
	attrExecution = "execution"
	attrLease     = "lease_ms"
	attrDone      = "done"
	attrAnswer    = "answer"
	attrFault     = "fault"
	attrExpires   = "expires_ms"
	attrTTL       = "expires"
)

// Create implements lexhook.Table.
func (t *Table) Create(ctx context.Context, e lexhook.Entry, now time.Time) (bool, error) {
	return t.put(ctx, "create", e, "attribute_not_exists(#k) OR #e <= :now",
		map[string]string{"#k": attrKey, "#e": attrExpires}, map[string]types.AttributeValue{":now": number(now.UnixMilli())})
}

// Replace implements lexhook.Table.
func (t *Table) Replace(ctx context.Context, e lexhook.Entry) (bool, error) {
	return t.put(ctx, "replace", e, "#v = :before",
		map[string]string{"#v": attrVersion}, map[string]types.AttributeValue{":before": number(e.Version - 1)})
}

// put writes an entry on a condition and tells whether that held.
func (t *Table) put(ctx context.Context, what string, e lexhook.Entry, condition string, names map[string]string, values map[string]types.AttributeValue) (bool, error) {
	ctx, cancel := t.within(ctx)
	defer cancel()
	_, err := t.Client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &t.Name, Item: encode(e), ConditionExpression: &condition,
		ExpressionAttributeNames: names, ExpressionAttributeValues: values,
	}, once)
	var refused *types.ConditionalCheckFailedException
	switch {
	case errors.As(err, &refused):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("%s key in table %s: %w", what, t.Name, because(ctx, err))
	}
	return true, nil
}

// Get implements lexhook.Table with a strongly consistent read.
func (t *Table) Get(ctx context.Context, key string) (lexhook.Entry, error) {
	ctx, cancel := t.within(ctx)
	defer cancel()
	out, err := t.Client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &t.Name, ConsistentRead: aws.Bool(true),
		Key: map[string]types.AttributeValue{attrKey: &types.AttributeValueMemberS{Value: key}},
	}, once)
	switch {
	case err != nil:
		return lexhook.Entry{}, fmt.Errorf("get key from table %s: %w", t.Name, because(ctx, err))
	case out.Item == nil:
		return lexhook.Entry{}, lexhook.ErrNoEntry
	}
	e, err := decode(key, out.Item)
	if err != nil {
		return lexhook.Entry{}, fmt.Errorf("get key from table %s: %w", t.Name, err)
	}
	return e, nil
}

// within is a context with the deadline.
func (t *Table) within(ctx context.Context) (context.Context, context.CancelFunc) {
	limit := cmp.Or(max(t.Deadline, 0), DefaultDeadline)
	return context.WithTimeoutCause(ctx, limit, fmt.Errorf("no answer within %v: %w", limit, context.DeadlineExceeded))
}

// because is the end of the context, if that is what an error comes of.
func because(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// once has a request made once.
func once(o *dynamodb.Options) { o.Retryer, o.RetryMaxAttempts = aws.NopRetryer{}, 0 }

func encode(e lexhook.Entry) map[string]types.AttributeValue {
	text := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
	item := map[string]types.AttributeValue{
		attrKey: text(e.Key), attrVersion: number(e.Version), attrOwner: text(e.Owner), attrExecution: number(int64(e.Execution)),
		attrLease: number(e.Lease.UnixMilli()), attrDone: &types.AttributeValueMemberBOOL{Value: e.Done}, attrFault: text(e.Fault),
		attrExpires: number(e.Expires.UnixMilli()), attrTTL: number(e.Expires.Add(time.Second - time.Millisecond).Unix()),
	}
	if len(e.Answer) > 0 {
		item[attrAnswer] = &types.AttributeValueMemberB{Value: e.Answer}
	}
	return item
}

// decode reads an item. One that was not written by encode is an error: whether
// its work was done nobody can tell.
func decode(key string, item map[string]types.AttributeValue) (lexhook.Entry, error) {
	r := reader{item: item}
	e := lexhook.Entry{
		Key: key, Version: r.number(attrVersion), Owner: r.text(attrOwner), Execution: int(r.number(attrExecution)),
		Lease: time.UnixMilli(r.number(attrLease)), Fault: r.text(attrFault), Expires: time.UnixMilli(r.number(attrExpires)),
	}
	done, ok := item[attrDone].(*types.AttributeValueMemberBOOL)
	if !ok {
		r.fault(attrDone)
	} else {
		e.Done = done.Value
	}
	if answer, ok := item[attrAnswer].(*types.AttributeValueMemberB); ok {
		e.Answer = answer.Value
	} else if item[attrAnswer] != nil {
		r.fault(attrAnswer)
	}
	return e, r.err
}

// reader takes attributes out of an item and keeps the first fault.
type reader struct {
	item map[string]types.AttributeValue
	err  error
}

func (r *reader) fault(name string) {
	if r.err == nil {
		r.err = fmt.Errorf("its attribute %s is not as lexhook writes it", name)
	}
}

func (r *reader) text(name string) string {
	value, ok := r.item[name].(*types.AttributeValueMemberS)
	if !ok {
		r.fault(name)
		return ""
	}
	return value.Value
}

func (r *reader) number(name string) int64 {
	value, ok := r.item[name].(*types.AttributeValueMemberN)
	if !ok {
		r.fault(name)
		return 0
	}
	n, err := strconv.ParseInt(value.Value, 10, 64)
	if err != nil {
		r.fault(name)
	}
	return n
}

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}
