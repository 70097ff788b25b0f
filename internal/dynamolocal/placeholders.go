package dynamolocal

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// placeholders are ExpressionAttributeNames and ExpressionAttributeValues, and
// which of them the expressions of a request have used.
type placeholders struct {
	names  map[string]string
	values item
	used   map[string]bool
}

// newPlaceholders reads the placeholders of a request, nil for none.
func newPlaceholders(names map[string]string, values map[string]json.RawMessage) (*placeholders, *apiError) {
	ph := &placeholders{names: names, used: make(map[string]bool)}
	if names != nil && len(names) == 0 {
		return nil, invalid("ExpressionAttributeNames must not be empty")
	}
	for key, name := range names {
		if !isPlaceholder(key, tokenName) {
			return nil, invalid("ExpressionAttributeNames contains invalid key: Syntax error; key: %q", key)
		}
		if name == "" {
			return nil, invalid("ExpressionAttributeNames contains invalid value: the name of an attribute is empty for key %s", key)
		}
	}
	if values != nil && len(values) == 0 {
		return nil, invalid("ExpressionAttributeValues must not be empty")
	}
	for key := range values {
		if !isPlaceholder(key, tokenValue) {
			return nil, invalid("ExpressionAttributeValues contains invalid key: Syntax error; key: %q", key)
		}
	}
	var err *apiError
	if ph.values, err = decodeItem(values); err != nil && err.kind == "ValidationException" {
		return nil, invalid("ExpressionAttributeValues contains invalid value: %s", err.message)
	}
	return ph, err
}

func isPlaceholder(key string, kind tokenKind) bool {
	if key == "" {
		return false
	}
	t := nextToken(key)
	return t.kind == kind && t.text == key
}

// name returns the attribute's name that #n stands for.
func (ph *placeholders) name(key string) (string, *apiError) {
	name, ok := ph.names[key]
	if !ok {
		return "", invalid("An expression attribute name used in the document path is not defined; attribute name: %s", key)
	}
	ph.used[key] = true
	return name, nil
}

// value returns the value that :v stands for.
func (ph *placeholders) value(key string) (value, *apiError) {
	v, ok := ph.values[key]
	if !ok {
		return value{}, invalid("An expression attribute value used in expression is not defined; attribute value: %s", key)
	}
	ph.used[key] = true
	return v, nil
}

// check returns an error if something was given that no expression uses.
func (ph *placeholders) check() *apiError {
	if unused := ph.unused(slices.Sorted(maps.Keys(ph.names))); unused != "" {
		return invalid("Value provided in ExpressionAttributeNames unused in expressions: keys: {%s}", unused)
	}
	if unused := ph.unused(slices.Sorted(maps.Keys(ph.values))); unused != "" {
		return invalid("Value provided in ExpressionAttributeValues unused in expressions: keys: {%s}", unused)
	}
	return nil
}

func (ph *placeholders) unused(keys []string) string {
	return strings.Join(slices.DeleteFunc(keys, func(key string) bool { return ph.used[key] }), ", ")
}
