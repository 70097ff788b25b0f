package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"reflect"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"lexline/internal/spelling"
)

// maxConfigSize bounds a configuration file.
const maxConfigSize = 1 << 20

// readConfigFile lays the file at path over cfg and returns where its keys stand.
// Every error names the file and the line; an unknown key also names the nearest
// one that exists.
func readConfigFile(path string, cfg *config) (keyLines, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	defer file.Close()
	return readConfig(path, file, cfg)
}

// readConfigOf lays over cfg the file at path or, if path is empty, the text that the
// environment may hold in its place. where is what faults are said to stand in.
func readConfigOf(path string, getenv func(string) string, cfg *config) (where string, lines keyLines, err error) {
	switch text := getenv(configText); {
	case path != "":
		lines, err = readConfigFile(path, cfg)
		return path, lines, err
	case text != "":
		lines, err = readConfig(configText, strings.NewReader(text), cfg)
		return configText, lines, err
	}
	return "", nil, nil
}

func readConfig(name string, r io.Reader, cfg *config) (keyLines, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxConfigSize+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(text) > maxConfigSize {
		return nil, fmt.Errorf("%s: larger than %d bytes", name, maxConfigSize)
	}
	documents := yaml.NewDecoder(strings.NewReader(string(text)))
	var document yaml.Node
	switch err := documents.Decode(&document); {
	case errors.Is(err, io.EOF):
		return nil, nil // an empty file: all defaults
	case err != nil:
		return nil, fmt.Errorf("%s: %w", name, yamlError(err))
	}
	var second yaml.Node
	if err := documents.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s:%d: a second document; one file holds one configuration", name, max(second.Line, 1))
	}
	f := configFile{name, keyLines{}}
	return f.lines, f.decode(document.Content[0], "", reflect.ValueOf(cfg).Elem())
}

// keyLines has the line of each key that stands in a file: "call.max_turn",
// "lines[0].bot", and the sections and list items around them.
type keyLines map[string]int

// of returns the line of a key, or of the innermost section around it that stands
// in the file, for keys that are missing there; 0 if there is none.
func (l keyLines) of(key string) int {
	for key != "" {
		if line := l[key]; line > 0 {
			return line
		}
		key = key[:max(strings.LastIndexAny(key, ".["), 0)]
	}
	return 0
}

// locate puts in front of each fault, which begins with its key, where that has its
// value from: the environment, as far as it overrides the file, or a line of it.
func locate(faults []error, file string, lines keyLines, getenv func(string) string) error {
	located := make([]error, len(faults))
	for i, fault := range faults {
		key, _, _ := strings.Cut(fault.Error(), ": ")
		variable := "LEXLINE_" + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
		switch line := lines.of(key); {
		case getenv(variable) != "":
			located[i] = fmt.Errorf("environment variable %s: %w", variable, fault)
		case line > 0:
			located[i] = fmt.Errorf("%s:%d: %w", file, line, fault)
		default:
			located[i] = fault
		}
	}
	return errors.Join(located...)
}

// yamlError drops the library's own name from a syntax error, which says its line.
func yamlError(err error) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	if strings.Contains(text, "cannot start any token") {
		text += "; YAML is indented with spaces, not tabs"
	}
	return errors.New(text)
}

// configFile decodes YAML nodes into the config structs by their `key` tags.
type configFile struct {
	name  string
	lines keyLines // of what was decoded
}

func (f configFile) errorf(node *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %w", f.name, node.Line, fmt.Errorf(format, args...))
}

// decode sets to from node; path names the key for errors.
func (f configFile) decode(node *yaml.Node, path string, to reflect.Value) error {
	if node.Kind == yaml.AliasNode {
		return f.errorf(node, "%s: YAML aliases are not used here; write the value out", path)
	}
	if node.Tag == "!!null" {
		return nil // a key without a value keeps its default
	}
	switch to.Kind() {
	case reflect.Struct:
		return f.decodeStruct(node, path, to)
	case reflect.Slice:
		return f.decodeList(node, path, to)
	case reflect.Map:
		return f.decodeMap(node, path, to)
	}
	if node.Kind != yaml.ScalarNode {
		return f.errorf(node, "%s: one value is wanted here, not a list or section", path)
	}
	if err := setScalar(to, node.Value); err != nil {
		return f.errorf(node, "%s: %w", path, err)
	}
	return nil
}

func (f configFile) decodeStruct(node *yaml.Node, path string, to reflect.Value) error {
	if node.Kind != yaml.MappingNode {
		return f.errorf(node, "%s: a section of keys is wanted here", path)
	}
	fields := keyedFields(to)
	seen := map[string]bool{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := node.Content[i]
		full := strings.TrimPrefix(path+"."+key.Value, ".")
		field, ok := fields[key.Value]
		if !ok {
			return &hintError{
				f.errorf(key, "unknown key %q", full),
				fmt.Sprintf("the nearest key is %q; lexline.yml explains them all", nearest(key.Value, fields)),
			}
		}
		if seen[key.Value] {
			return f.errorf(key, "%s: the key is there twice", full)
		}
		seen[key.Value] = true
		f.lines[full] = key.Line
		if err := f.decode(node.Content[i+1], full, field); err != nil {
			return err
		}
	}
	return nil
}

func (f configFile) decodeList(node *yaml.Node, path string, to reflect.Value) error {
	if node.Kind != yaml.SequenceNode {
		return f.errorf(node, "%s: a list is wanted here", path)
	}
	list := reflect.MakeSlice(to.Type(), len(node.Content), len(node.Content))
	for i, item := range node.Content {
		full := fmt.Sprintf("%s[%d]", path, i)
		f.lines[full] = item.Line
		if line, ok := reflect.TypeAssert[*lineConfig](list.Index(i).Addr()); ok {
			line.Quota = defaultLine.Quota // a 0 that somebody wrote is another thing than none
		}
		if err := f.decode(item, full, list.Index(i)); err != nil {
			return err
		}
	}
	to.Set(list)
	return nil
}

// decodeMap decodes values by keys that are the user's own.
func (f configFile) decodeMap(node *yaml.Node, path string, to reflect.Value) error {
	if node.Kind != yaml.MappingNode {
		return f.errorf(node, "%s: a section of keys is wanted here", path)
	}
	to.Set(reflect.MakeMap(to.Type()))
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := node.Content[i]
		full := path + "." + key.Value
		if to.MapIndex(reflect.ValueOf(key.Value)).IsValid() {
			return f.errorf(key, "%s: the key is there twice", full)
		}
		f.lines[full] = key.Line
		value := reflect.New(to.Type().Elem()).Elem()
		if err := f.decode(node.Content[i+1], full, value); err != nil {
			return err
		}
		to.SetMapIndex(reflect.ValueOf(key.Value), value)
	}
	return nil
}

// keyedFields maps the keys of a config struct to its fields.
func keyedFields(v reflect.Value) map[string]reflect.Value {
	fields := map[string]reflect.Value{}
	for i := range v.NumField() {
		if key := v.Type().Field(i).Tag.Get("key"); key != "" {
			fields[key] = v.Field(i)
		}
	}
	return fields
}

// setScalar parses text into a string, bool, number or duration.
func setScalar(to reflect.Value, text string) error {
	if to.Type() == reflect.TypeFor[orOff]() {
		if text == "off" {
			to.SetInt(int64(off))
			return nil
		}
		d, err := time.ParseDuration(text)
		if err != nil || d < 0 {
			return fmt.Errorf("%q is neither a duration, such as 200ms or 8s, nor off", text)
		}
		to.SetInt(int64(d))
		return nil
	}
	if to.Type() == reflect.TypeFor[retention]() {
		d, err := parseRetention(text)
		to.SetInt(int64(d))
		return err
	}
	if to.Type() == reflect.TypeFor[time.Duration]() {
		d, err := time.ParseDuration(text)
		if err != nil || d < 0 {
			return fmt.Errorf("%q is no duration; write 800ms, 3s or 2m", text)
		}
		to.SetInt(int64(d))
		return nil
	}
	switch to.Kind() {
	case reflect.String:
		to.SetString(text)
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("%q is neither true nor false", text)
		}
		to.SetBool(b)
	case reflect.Float64:
		x, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return fmt.Errorf("%q is no number", text)
		}
		to.SetFloat(x)
	case reflect.Int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("%q is no whole number", text)
		}
		to.SetInt(int64(n))
	}
	return nil
}

// nearest returns the key that may have been meant by word.
func nearest(word string, fields map[string]reflect.Value) string {
	key, _ := spelling.Nearest(word, maps.Keys(fields))
	return key
}
