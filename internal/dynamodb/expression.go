package dynamodb

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lexline/internal/region"
)

// expression is what one UpdateItem is asked. Every attribute is named by a
// placeholder: DynamoDB reserves hundreds of words, region and state among them
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html).
type expression struct {
	update, condition string
	names             map[string]string               // by placeholder
	values            map[string]types.AttributeValue // by placeholder
}

// newExpression is a change that was checked. With makeMap the entry's map is
// written as a whole, on the condition that there is none.
func newExpression(c region.Change, makeMap bool, odd types.AttributeValue) expression {
	e := expression{names: map[string]string{}, values: map[string]types.AttributeValue{}}
	var set, remove, conditions []string
	for _, name := range slices.Sorted(maps.Keys(c.Set)) {
		if !slices.Contains(c.Remove, name) { // as Change.Apply has it: what is removed is gone
			set = append(set, e.path(name)+" = "+e.value(encode(c.Set[name])))
		}
	}
	for _, name := range slices.Compact(slices.Sorted(slices.Values(c.Remove))) {
		remove = append(remove, e.path(name))
	}
	switch entry := c.Entry; {
	case entry.Map == "":
	case makeMap:
		there := e.path(entry.Map)
		made := map[string]any{}
		if entry.Value != nil {
			made[entry.Name] = entry.Value
		}
		set = append(set, there+" = "+e.value(encode(made)))
		conditions = append(conditions, fmt.Sprintf("NOT attribute_type(%s, %s)", there, e.text("M")))
	case entry.Value == nil:
		remove = append(remove, e.path(entry.Map, entry.Name))
	default:
		set = append(set, e.path(entry.Map, entry.Name)+" = "+e.value(encode(entry.Value)))
	}
	if holds := e.where(c.Where, odd); holds != "" {
		conditions = append(conditions, "("+holds+")")
	}
	e.update = strings.TrimSpace(clause("SET", set) + " " + clause("REMOVE", remove))
	e.condition = strings.Join(conditions, " AND ")
	return e
}

func clause(verb string, parts []string) string {
	if len(parts) == 0 {
		return ""
	}
	return verb + " " + strings.Join(parts, ", ")
}

// where is the condition. odd, if there is one, is a number in that place that is
// none for region.
func (e *expression) where(w region.Where, odd types.AttributeValue) string {
	if len(w.Path) == 0 {
		return ""
	}
	path := e.path(w.Path...)
	switch {
	case odd != nil:
		return path + " = " + e.value(odd)
	case w.Is != 0:
		return path + " = " + e.value(number(w.Is))
	}
	return fmt.Sprintf("attribute_not_exists(%s) OR NOT attribute_type(%s, %s) OR %s = %s",
		path, path, e.text("N"), path, e.value(number(0)))
}

// path names an attribute, or one inside it.
func (e *expression) path(names ...string) string {
	placeholders := make([]string, len(names))
	for i, name := range names {
		placeholders[i] = e.name(name)
	}
	return strings.Join(placeholders, ".")
}

func (e *expression) name(name string) string {
	for placeholder, known := range e.names {
		if known == name {
			return placeholder
		}
	}
	placeholder := fmt.Sprint("#n", len(e.names))
	e.names[placeholder] = name
	return placeholder
}

func (e *expression) text(text string) string {
	return e.value(&types.AttributeValueMemberS{Value: text})
}

func (e *expression) value(value types.AttributeValue) string {
	placeholder := fmt.Sprint(":v", len(e.values))
	e.values[placeholder] = value
	return placeholder
}
