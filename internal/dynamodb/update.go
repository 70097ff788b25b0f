package dynamodb

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"lexline/internal/region"
)

// Update implements region.Table with one UpdateItem, mostly.
func (t *Table) Update(ctx context.Context, key string, c region.Change) error {
	return t.within(ctx, "update", key, func(ctx context.Context) error {
		if err := checkKey(key, c.Set); err != nil {
			return err
		}
		if err := c.Check(); err != nil {
			return err
		}
		err := t.change(ctx, key, c, nil)
		if !errors.Is(err, region.ErrConflict) || c.Where.Is != 0 || len(c.Where.Path) == 0 {
			return err
		}
		// DynamoDB may hold a number there that is none for region, and that
		// whoever read the item was not told of.
		raw, getErr := t.get(ctx, key, true)
		if odd := oddNumber(raw, c.Where.Path); getErr == nil && odd != nil {
			return t.change(ctx, key, c, odd)
		}
		return err
	})
}

// change makes a change of an item. A path into a map that is not there is
// refused by DynamoDB
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html),
// so then the map is written as a whole, on the condition that there is still
// none; if somebody made it meanwhile, the first way is open.
func (t *Table) change(ctx context.Context, key string, c region.Change, odd types.AttributeValue) error {
	const rounds = 3 // a map that comes and goes between any two requests
	for range rounds {
		err := t.ask(ctx, key, newExpression(c, false, odd))
		if c.Entry.Map == "" || !isNoPath(err) {
			return err
		}
		if err = t.ask(ctx, key, newExpression(c, true, odd)); !errors.Is(err, region.ErrConflict) {
			return err
		}
	}
	return region.ErrConflict
}

// ask makes one UpdateItem.
func (t *Table) ask(ctx context.Context, key string, e expression) error {
	in := &dynamodb.UpdateItemInput{
		TableName: &t.name, Key: keyOf(key),
		UpdateExpression: optional(e.update), ConditionExpression: optional(e.condition),
	}
	if len(e.names) > 0 { // DynamoDB refuses empty ones
		in.ExpressionAttributeNames = e.names
	}
	if len(e.values) > 0 {
		in.ExpressionAttributeValues = e.values
	}
	_, err := t.client.UpdateItem(ctx, in)
	if isConflict(err) {
		return region.ErrConflict
	}
	return err
}

// isConflict tells whether an update was refused for somebody else's sake and
// nothing was written. The second and third come of transactions, and of writes
// in another region to a table that is strongly consistent in all
// (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html).
func isConflict(err error) bool {
	var condition *types.ConditionalCheckFailedException
	var transaction *types.TransactionConflictException
	var replicated *types.ReplicatedWriteConflictException
	return errors.As(err, &condition) || errors.As(err, &transaction) || errors.As(err, &replicated)
}

// isNoPath tells whether an update was refused because it goes into a map that is
// not there.
func isNoPath(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == codeValidation && strings.Contains(api.ErrorMessage(), "document path")
}

// oddNumber returns the number in that place of an item if region takes it for
// none: a fraction, or one of more than 64 bits.
func oddNumber(raw map[string]types.AttributeValue, path []string) types.AttributeValue {
	for i, name := range path {
		value := raw[name]
		if i < len(path)-1 {
			inner, _ := value.(*types.AttributeValueMemberM)
			if inner == nil {
				return nil
			}
			raw = inner.Value
			continue
		}
		if n, ok := value.(*types.AttributeValueMemberN); ok {
			if _, isWhole := whole(n.Value); !isWhole {
				return n
			}
		}
	}
	return nil
}
