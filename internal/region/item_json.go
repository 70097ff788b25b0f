package region

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"
)

// maxItemBytes is what an item may take at most: DynamoDB's limit.
const maxItemBytes = 400 << 10

// EncodeAttributes writes attributes as one JSON object with sorted names. Local
// stores keep items so.
func EncodeAttributes(attributes map[string]any) ([]byte, error) {
	if err := CheckAttributes(attributes); err != nil {
		return nil, err
	}
	text, err := json.Marshal(cloneMap(attributes))
	if err != nil {
		return nil, fmt.Errorf("write attributes: %w", err)
	}
	if len(text) > maxItemBytes {
		return nil, fmt.Errorf("the item has %d bytes; a table holds at most %d", len(text), maxItemBytes)
	}
	return text, nil
}

// DecodeAttributes reads what EncodeAttributes wrote. Anything else is an error,
// also an object that is followed by something or that holds a null or a
// fraction, but never more than that.
func DecodeAttributes(text []byte) (map[string]any, error) {
	if len(text) > maxItemBytes {
		return nil, fmt.Errorf("the item has %d bytes; a table holds at most %d", len(text), maxItemBytes)
	}
	if !utf8.Valid(text) {
		return nil, errors.New("the item is not UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var read any
	if err := dec.Decode(&read); err != nil {
		return nil, fmt.Errorf("read attributes: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("read attributes: something follows the object")
	}
	object, ok := read.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("read attributes: a %T is no object", read)
	}
	for name, value := range object {
		whole, err := wholeNumbers(value)
		if err != nil {
			return nil, fmt.Errorf("attribute %s: %w", name, err)
		}
		object[name] = whole
	}
	return object, CheckAttributes(object)
}

// wholeNumbers turns the numbers in a decoded value into int64.
func wholeNumbers(value any) (any, error) {
	var err error
	switch value := value.(type) {
	case json.Number:
		whole, err := strconv.ParseInt(value.String(), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%s is not a whole number of 64 bits", value)
		}
		return whole, nil
	case map[string]any:
		for name := range value {
			if value[name], err = wholeNumbers(value[name]); err != nil {
				return nil, err
			}
		}
	case []any:
		for i := range value {
			if value[i], err = wholeNumbers(value[i]); err != nil {
				return nil, err
			}
		}
	}
	return value, nil
}
