package cfncheck

import (
	"encoding/json"
	"fmt"
)

// Spec holds resource types of AWS.
type Spec struct {
	Types       map[string]resourceType `json:"types"`
	Definitions map[string]definition   `json:"definitions"`
	Unknown     []string                `json:"unknown"` // asked for, and there is no such type
}

type resourceType struct {
	Properties map[string]property `json:"properties"`
	Attributes map[string]property `json:"attributes"`
}

// definition is the type of a property with properties of its own.
type definition struct {
	Name       string              `json:"name"`
	Properties map[string]property `json:"properties"`
}

type property struct {
	Type     valueType `json:"type"`
	Required bool      `json:"required"`
}

// valueType is what a value must be. Kind is string, integer, number, boolean, json,
// date-time, tag, null, array or map (of Element), union (of Types), or ref (to the
// definition Ref).
type valueType struct {
	Kind    string      `json:"kind"`
	Values  []string    `json:"values"` // the only ones, if there are any
	Element *valueType  `json:"element"`
	Types   []valueType `json:"types"`
	Ref     string      `json:"ref"`
}

// tagProperties are those of a tag in a list of tags.
var tagProperties = map[string]property{
	"Key":   {Type: valueType{Kind: "string"}, Required: true},
	"Value": {Type: valueType{Kind: "string"}, Required: true},
}

// ParseSpec reads resource types, in the JSON that testdata/dump.js writes.
func ParseSpec(text []byte) (*Spec, error) {
	var s Spec
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, fmt.Errorf("read the resource types: %w", err)
	}
	return &s, nil
}

// isList reports whether a value of the type is a list, and whether that is known.
func (t valueType) isList() (yes, known bool) {
	switch t.Kind {
	case "array":
		return true, true
	case "string", "integer", "number", "boolean", "date-time":
		return false, true
	}
	return false, false
}
