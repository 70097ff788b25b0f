package dynamodb

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lexline/internal/region"
)

// keyName is the attribute that is the key of the article's table.
const keyName = "connectRegion"

// longestKey is what DynamoDB takes as a key at most, in bytes
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html).
const longestKey = 2048

// Table is a region.Table in Amazon DynamoDB. It is safe for use by many
// goroutines. Each of its methods returns within the deadline of its Config.
type Table struct {
	name, region string
	client       *dynamodb.Client
	transport    *http.Transport
	deadline     time.Duration
	eventual     bool
}

var _ region.Table = (*Table)(nil)

// Close drops idle connections. Calls under way go on.
func (t *Table) Close() error {
	t.transport.CloseIdleConnections()
	return nil
}

// String names the table for people.
func (t *Table) String() string { return fmt.Sprintf("DynamoDB table %s in %s", t.name, t.region) }

// Get implements region.Table with one GetItem.
func (t *Table) Get(ctx context.Context, key string) (item region.Item, err error) {
	err = t.within(ctx, "get", key, func(ctx context.Context) error {
		raw, err := t.get(ctx, key, !t.eventual)
		item = region.Item{Key: key, Attributes: decodeItem(raw)}
		return err
	})
	if err != nil {
		return region.Item{}, err
	}
	return item, nil
}

// get returns an item as DynamoDB has it.
func (t *Table) get(ctx context.Context, key string, consistent bool) (map[string]types.AttributeValue, error) {
	if key == "" || len(key) > longestKey {
		return nil, region.ErrNotFound // DynamoDB has no such keys, and calls asking for one invalid
	}
	out, err := t.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &t.name, Key: keyOf(key), ConsistentRead: &consistent,
	})
	switch {
	case err != nil:
		return nil, err
	case out.Item == nil:
		return nil, region.ErrNotFound
	}
	return out.Item, nil
}

// Put implements region.Table with one PutItem.
func (t *Table) Put(ctx context.Context, item region.Item) error {
	return t.within(ctx, "put", item.Key, func(ctx context.Context) error {
		if err := checkKey(item.Key, item.Attributes); err != nil {
			return err
		}
		if err := region.CheckAttributes(item.Attributes); err != nil {
			return err
		}
		raw := encodeMap(item.Attributes)
		raw[keyName] = &types.AttributeValueMemberS{Value: item.Key}
		_, err := t.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &t.name, Item: raw})
		return err
	})
}

// Check tells whether the table can be asked: that it is there, has the key that
// it must have, and may be read. It is one GetItem; the permission to describe a
// table is not needed. What is wrong is said with a hint.
func (t *Table) Check(ctx context.Context) error {
	_, err := t.Get(ctx, "lexline-check")
	if errors.Is(err, region.ErrNotFound) {
		return nil
	}
	return err
}

func keyOf(key string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{keyName: &types.AttributeValueMemberS{Value: key}}
}

// checkKey returns why an item cannot be written under a key.
func checkKey(key string, attributes map[string]any) error {
	if key == "" || len(key) > longestKey {
		return fmt.Errorf("a key of %d bytes; it may have 1 to %d", len(key), longestKey)
	}
	if _, ok := attributes[keyName]; ok {
		return fmt.Errorf("attribute %s is the key", keyName)
	}
	return nil
}

// within does something under the deadline and words what went wrong.
func (t *Table) within(ctx context.Context, what, key string, do func(context.Context) error) error {
	if err := within(ctx, t.deadline, explain, do); err != nil {
		return fmt.Errorf("%s item %q of %v: %w", what, key, t, err)
	}
	return nil
}

// within does something under a deadline; explain words what went wrong, from the context
// that do had.
func within(ctx context.Context, limit time.Duration, explain func(context.Context, error) error, do func(context.Context) error) error {
	limited, cancel := context.WithTimeoutCause(ctx, limit, &overdueError{limit})
	defer cancel()
	err := limited.Err()
	if err == nil {
		err = do(limited)
	}
	if err == nil {
		return nil
	}
	return explain(limited, err)
}

// optional is an expression of the SDK: nil for none.
func optional(expression string) *string {
	if expression == "" {
		return nil
	}
	return aws.String(expression)
}
