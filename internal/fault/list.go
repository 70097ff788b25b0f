package fault

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"
)

// maxFaults bounds a set of faults.
const maxFaults = 32

// Duration is written as in Go: "400ms".
type Duration time.Duration

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) {
	return []byte(time.Duration(d).String()), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = Duration(parsed)
	return err
}

// ParseList reads a JSON list of at most 32 faults, each by parse. The error names
// the fault.
func ParseList[F any](text []byte, parse func(f *F, text []byte) error) ([]F, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	var list []json.RawMessage
	if err := decoder.Decode(&list); err != nil {
		return nil, fmt.Errorf("faults are not a JSON list: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one JSON value")
	}
	if len(list) > maxFaults {
		return nil, fmt.Errorf("%d faults, at most %d are allowed", len(list), maxFaults)
	}
	faults := make([]F, len(list))
	for i, one := range list {
		if err := parse(&faults[i], one); err != nil {
			return nil, fmt.Errorf("faults[%d]: %w", i, err)
		}
	}
	return faults, nil
}

// common are the keys that every kind of fault has.
var common = []string{"kind", "operations", "rate", "applied"}

// Decode reads the JSON object of one fault into f, a pointer. kinds has the keys of each kind
// besides those that all have; any other kind, or key, is an error.
func Decode(text []byte, f interface{ Name() string }, kinds map[string][]string) error {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(text, &keys); err != nil {
		return errors.New("is not a JSON object")
	}
	if err := json.Unmarshal(text, f); err != nil {
		return err
	}
	kind := f.Name()
	own, ok := kinds[kind]
	if !ok {
		return fmt.Errorf("kind is %q, known are %q", kind, slices.Sorted(maps.Keys(kinds)))
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if !slices.Contains(common, key) && !slices.Contains(own, key) {
			return fmt.Errorf("%s: a fault of kind %s has no such key", key, kind)
		}
	}
	return nil
}

// Describe writes faults for people.
func Describe[F any](list []F) string {
	if len(list) == 0 {
		return "none"
	}
	text, err := json.Marshal(list)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
