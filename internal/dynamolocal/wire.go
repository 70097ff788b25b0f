package dynamolocal

import (
	"encoding/base64"
	"encoding/json"
	"slices"
)

// maxNesting is how deep lists and maps may stand in one another, see
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html.
const maxNesting = 32

// decodeItem reads attributes as they stand in a request.
func decodeItem(raw map[string]json.RawMessage) (item, *apiError) {
	return decodeMap(raw, 0)
}

func decodeMap(raw map[string]json.RawMessage, depth int) (item, *apiError) {
	decoded := make(item, len(raw))
	for name, text := range raw {
		v, err := decodeValue(text, depth)
		if err != nil {
			return nil, err
		}
		decoded[name] = v
	}
	return decoded, nil
}

// decodeValue reads a value such as {"S":"us-east-1"}. depth is in how many lists
// and maps it stands.
func decodeValue(text json.RawMessage, depth int) (value, *apiError) {
	var typed map[string]json.RawMessage
	if err := json.Unmarshal(text, &typed); err != nil || typed == nil {
		return value{}, unreadable("a value is an object such as {\"S\":\"text\"}")
	}
	if len(typed) > 1 {
		return value{}, invalid("Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes")
	}
	for name, content := range typed {
		k := kind(name)
		if !slices.Contains(kinds, k) {
			break
		}
		if (k == kindL || k == kindM) && depth >= maxNesting {
			return value{}, invalid("Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit")
		}
		return decodeContent(k, content, depth)
	}
	return value{}, invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
}

func decodeContent(k kind, content json.RawMessage, depth int) (value, *apiError) {
	switch k {
	case kindBOOL, kindNULL:
		return decodeTruth(k, content)
	case kindL:
		return decodeList(content, depth)
	case kindM:
		var raw map[string]json.RawMessage
		if err := read(content, &raw); err != nil {
			return value{}, err
		}
		m, err := decodeMap(raw, depth+1)
		return value{kind: k, m: m}, err
	case kindSS, kindNS, kindBS:
		return decodeSet(k, content)
	default:
		var text string
		if err := read(content, &text); err != nil {
			return value{}, err
		}
		text, err := decodeText(k, text)
		return value{kind: k, text: text}, err
	}
}

// read reads JSON of a certain shape. null is none.
func read(content json.RawMessage, into any) *apiError {
	if err := json.Unmarshal(content, into); err != nil || string(content) == "null" {
		return unreadable("a value has the wrong JSON type")
	}
	return nil
}

func decodeTruth(k kind, content json.RawMessage) (value, *apiError) {
	var yes bool
	if err := read(content, &yes); err != nil {
		return value{}, err
	}
	if k == kindNULL && !yes {
		return value{}, invalid("One or more parameter values were invalid: Null attribute value types must have the value of true")
	}
	return value{kind: k, yes: yes}, nil
}

func decodeList(content json.RawMessage, depth int) (value, *apiError) {
	var raw []json.RawMessage
	if err := read(content, &raw); err != nil {
		return value{}, err
	}
	list := make([]value, len(raw))
	for i, text := range raw {
		var err *apiError
		if list[i], err = decodeValue(text, depth+1); err != nil {
			return value{}, err
		}
	}
	return value{kind: kindL, list: list}, nil
}

func decodeSet(k kind, content json.RawMessage) (value, *apiError) {
	var set []string
	if err := read(content, &set); err != nil {
		return value{}, err
	}
	if len(set) == 0 {
		return value{}, invalid("One or more parameter values were invalid: A set of type %s may not be empty", k)
	}
	seen := make(map[string]bool, len(set))
	for i, text := range set {
		member, err := decodeText(k[:1], text) // SS is of S
		switch {
		case err != nil:
			return value{}, err
		case seen[member]:
			return value{}, invalid("One or more parameter values were invalid: Input collection of type %s contains duplicates.", k)
		}
		set[i], seen[member] = member, true
	}
	return value{kind: k, set: set}, nil
}

// decodeText reads what S, N and B have on the wire.
func decodeText(k kind, text string) (string, *apiError) {
	switch k {
	case kindN:
		n, err := parseNumber(text)
		if err != nil {
			return "", err
		}
		return n.String(), nil
	case kindB:
		decoded, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return "", unreadable("binary data is not base64")
		}
		return string(decoded), nil
	}
	return text, nil
}

// MarshalJSON writes the value as it stands in an answer.
func (v value) MarshalJSON() ([]byte, error) {
	var content any
	switch v.kind {
	case kindB:
		content = []byte(v.text)
	case kindBOOL, kindNULL:
		content = v.yes
	case kindSS, kindNS:
		content = v.set
	case kindBS:
		members := make([][]byte, len(v.set))
		for i, member := range v.set {
			members[i] = []byte(member)
		}
		content = members
	case kindL:
		content = v.list
	case kindM:
		content = v.m
	default:
		content = v.text
	}
	return json.Marshal(map[kind]any{v.kind: content})
}
