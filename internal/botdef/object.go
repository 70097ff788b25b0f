package botdef

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// document is one JSON file while it is read. The first fault is kept; after
// it the readers return zero values, so that callers check err once.
type document struct {
	file     string
	err      error
	warnings *[]string
}

// object is a JSON object at a known place. Its readers take a key and the
// older spellings of it; an absent key and null mean the same. The zero object
// stands for an absent one: all its readers return their defaults.
type object struct {
	doc    *document
	at     string // "promptSpecification.messageGroupsList[0].", "" at the top
	fields map[string]any
	known  map[string]bool
}

// parse reads the file's top-level object.
func (f *sourceFile) parse(warnings *[]string) (object, error) {
	f.used = true
	data := bytes.TrimPrefix(f.data, []byte("\ufeff")) // editors on Windows
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var fields map[string]any
	err := dec.Decode(&fields)
	if err == nil {
		if _, err = dec.Token(); err == nil {
			err = errors.New("text after the closing brace")
		} else if errors.Is(err, io.EOF) {
			err = nil
		}
	}
	var syntax *json.SyntaxError
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return object{}, fmt.Errorf("%s: line %d: %w", f.name, line(data, syntax.Offset), err)
	case errors.As(err, &wrong):
		return object{}, fmt.Errorf("%s: holds a JSON %s, want an object", f.name, wrong.Value)
	case errors.Is(err, io.EOF):
		return object{}, fmt.Errorf("%s: is empty", f.name)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return object{}, fmt.Errorf("%s: line %d: %w", f.name, line(data, int64(len(data))), err)
	case err != nil:
		return object{}, fmt.Errorf("%s: line %d: %w", f.name, line(data, dec.InputOffset()), err)
	case fields == nil:
		return object{}, fmt.Errorf("%s: holds null, want an object", f.name)
	}
	doc := &document{file: f.name, warnings: warnings}
	return object{doc: doc, fields: fields, known: map[string]bool{}}, nil
}

func line(data []byte, offset int64) int {
	return 1 + bytes.Count(data[:min(max(offset, 0), int64(len(data)))], []byte("\n"))
}

// present says whether the object was in the file.
func (o object) present() bool { return o.fields != nil }

// faultf records the first fault of the document; at is relative to o.
func (o object) faultf(at, format string, args ...any) {
	if o.doc != nil && o.doc.err == nil {
		o.doc.err = fmt.Errorf("%s: %s: %s", o.doc.file, o.at+at, fmt.Sprintf(format, args...))
	}
}

// get returns the first of the keys that has a value, and that key.
func (o object) get(keys []string) (key string, value any) {
	for _, k := range keys {
		if o.known != nil {
			o.known[k] = true
		}
		if v := o.fields[k]; v != nil && value == nil {
			key, value = k, v
		}
	}
	return key, value
}

func (o object) text(keys ...string) string {
	key, v := o.get(keys)
	s, ok := v.(string)
	if v != nil && !ok {
		o.faultf(key, "is %s, want a string", kind(v))
	}
	return s
}

// name is a text that must be there.
func (o object) name(keys ...string) string {
	s := o.text(keys...)
	if s == "" && o.present() {
		o.faultf(keys[0], "is missing")
	}
	return s
}

func (o object) flag(absent bool, keys ...string) bool {
	key, v := o.get(keys)
	if v == nil {
		return absent
	}
	b, ok := v.(bool)
	if !ok {
		o.faultf(key, "is %s, want true or false", kind(v))
	}
	return b
}

func (o object) number(absent float64, keys ...string) float64 {
	key, v := o.get(keys)
	if v == nil {
		return absent
	}
	n, ok := v.(json.Number)
	if !ok {
		o.faultf(key, "is %s, want a number", kind(v))
		return 0
	}
	f, err := n.Float64()
	if err != nil {
		o.faultf(key, "%s is out of range", n)
	}
	return f
}

func (o object) integer(absent int, keys ...string) int {
	key, _ := o.get(keys)
	f := o.number(float64(absent), keys...)
	const limit = 1e9 // no figure of a bot comes near it, and it fits an int
	if f < -limit || f > limit || f != float64(int64(f)) {
		o.faultf(key, "%v is not a whole number of usable size", f)
		return absent
	}
	return int(f)
}

// duration reads a whole number of units.
func (o object) duration(absent, unit time.Duration, keys ...string) time.Duration {
	return time.Duration(o.integer(int(absent/unit), keys...)) * unit
}

func (o object) object(keys ...string) object {
	key, v := o.get(keys)
	if v == nil {
		return object{doc: o.doc, at: o.at + keys[0] + "."}
	}
	return o.child(key, v)
}

func (o object) child(at string, v any) object {
	fields, ok := v.(map[string]any)
	if !ok {
		o.faultf(at, "is %s, want an object", kind(v))
	}
	return object{doc: o.doc, at: o.at + at + ".", fields: fields, known: map[string]bool{}}
}

func (o object) list(keys []string) (key string, items []any) {
	key, v := o.get(keys)
	items, ok := v.([]any)
	if v != nil && !ok {
		o.faultf(key, "is %s, want a list", kind(v))
	}
	return key, items
}

// objects reads a list of objects.
func (o object) objects(keys ...string) []object {
	key, items := o.list(keys)
	list := make([]object, 0, len(items))
	for i, item := range items {
		list = append(list, o.child(key+"["+strconv.Itoa(i)+"]", item))
	}
	return list
}

// texts reads a list of objects that hold one string each, the usual form of
// string lists in exports, or a list of strings.
func (o object) texts(inner string, keys ...string) []string {
	key, items := o.list(keys)
	var list []string
	for i, item := range items {
		if s, ok := item.(string); ok {
			list = append(list, s)
			continue
		}
		entry := o.child(key+"["+strconv.Itoa(i)+"]", item)
		list = append(list, entry.text(inner))
		entry.done()
	}
	return list
}

// members reads an object used as a map, in the order of its keys.
func (o object) members(keys ...string) []member {
	m := o.object(keys...)
	var list []member
	for k, v := range m.fields {
		if v != nil {
			list = append(list, member{k, m, v})
		}
	}
	slices.SortFunc(list, func(a, b member) int { return strings.Compare(a.key, b.key) })
	return list
}

type member struct {
	key   string
	owner object
	value any
}

func (m member) object() object { return m.owner.child(m.key, m.value) }

func (m member) text() string {
	m.owner.known[m.key] = true
	return m.owner.text(m.key)
}

// ignore names keys that carry nothing this program needs.
func (o object) ignore(keys ...string) {
	if o.present() {
		o.get(keys)
	}
}

// unsupported names keys that would matter if they were set.
func (o object) unsupported(keys ...string) {
	for _, k := range keys {
		_, v := o.get([]string{k})
		if items, ok := v.([]any); v != nil && !(ok && len(items) == 0) {
			o.warnf(k, "is not supported and has no effect")
		}
	}
}

// done reports the keys that nobody asked for.
func (o object) done() {
	var unknown []string
	for k, v := range o.fields {
		if !o.known[k] && v != nil {
			unknown = append(unknown, k)
		}
	}
	slices.Sort(unknown)
	for _, k := range unknown {
		o.warnf(k, "is an unknown key and has no effect")
	}
}

func (o object) warnf(at, text string) {
	*o.doc.warnings = append(*o.doc.warnings, fmt.Sprintf("%s: %s%s %s", o.doc.file, o.at, at, text))
}

// kind says what a JSON value is, for messages.
func kind(v any) string {
	switch v := v.(type) {
	case string:
		return "a string"
	case json.Number:
		return "the number " + v.String()
	case bool:
		return strconv.FormatBool(v)
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	}
	return fmt.Sprintf("a %T", v)
}
