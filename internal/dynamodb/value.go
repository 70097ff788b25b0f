package dynamodb

import (
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// maxDepth is how deep the attributes of a region.Item may be nested.
const maxDepth = 8

// decodeItem returns the attributes of an item without its key, and without what
// region.Item has no type for.
func decodeItem(raw map[string]types.AttributeValue) map[string]any {
	attributes := decodeMap(raw, 1)
	delete(attributes, keyName)
	return attributes
}

func decodeMap(raw map[string]types.AttributeValue, depth int) map[string]any {
	decoded := make(map[string]any, len(raw))
	for name, value := range raw {
		if value, ok := decode(value, depth); ok && name != "" {
			decoded[name] = value
		}
	}
	return decoded
}

// decode returns a value, and false for one that region.Item has no type for.
func decode(raw types.AttributeValue, depth int) (any, bool) {
	if depth > maxDepth {
		return nil, false
	}
	switch raw := raw.(type) {
	case *types.AttributeValueMemberS:
		return raw.Value, true
	case *types.AttributeValueMemberBOOL:
		return raw.Value, true
	case *types.AttributeValueMemberN:
		return whole(raw.Value)
	case *types.AttributeValueMemberM:
		return decodeMap(raw.Value, depth+1), true
	case *types.AttributeValueMemberL:
		list := make([]any, 0, len(raw.Value))
		for _, inner := range raw.Value {
			if inner, ok := decode(inner, depth+1); ok {
				list = append(list, inner)
			}
		}
		return list, true
	}
	return nil, false
}

// whole reads a number that DynamoDB wrote: in digits, without needless zeros.
func whole(text string) (any, bool) {
	number, err := strconv.ParseInt(text, 10, 64)
	return number, err == nil
}

// encodeMap writes attributes that region.CheckAttributes accepts.
func encodeMap(attributes map[string]any) map[string]types.AttributeValue {
	raw := make(map[string]types.AttributeValue, len(attributes))
	for name, value := range attributes {
		raw[name] = encode(value)
	}
	return raw
}

func encode(value any) types.AttributeValue {
	switch value := value.(type) {
	case string:
		return &types.AttributeValueMemberS{Value: value}
	case bool:
		return &types.AttributeValueMemberBOOL{Value: value}
	case int64:
		return number(value)
	case map[string]any:
		return &types.AttributeValueMemberM{Value: encodeMap(value)}
	case []any:
		list := make([]types.AttributeValue, len(value))
		for i := range value {
			list[i] = encode(value[i])
		}
		return &types.AttributeValueMemberL{Value: list}
	}
	return nil // it was checked before
}

func number(value int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(value, 10)}
}
