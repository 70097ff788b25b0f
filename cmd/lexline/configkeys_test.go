package main

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// configurationPage is the document with the table of all keys. `go test ./cmd/lexline
// -run TestEveryKeyIsDocumented -update` writes the table anew.
const configurationPage = "../../docs/2-operate/configuration.md"

// Between these lines of the page is the table.
const (
	keyTableBegins = "<!-- keys: written by go test ./cmd/lexline -run TestEveryKeyIsDocumented -update -->\n"
	keyTableEnds   = "<!-- end of keys -->"
)

// TestEveryKeyIsDocumented holds the page's table to the struct: every key with the name
// that the environment has for it.
func TestEveryKeyIsDocumented(t *testing.T) {
	text, err := os.ReadFile(configurationPage)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(text), keyTableBegins)
	got, after, ends := strings.Cut(rest, keyTableEnds)
	if !begins || !ends {
		t.Fatalf("%s has no table of keys between %q and %q", configurationPage, keyTableBegins, keyTableEnds)
	}
	want := keyTable()
	if *updateGolden {
		if err := os.WriteFile(configurationPage, []byte(before+keyTableBegins+want+keyTableEnds+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("the table of keys in %s (-struct +page):\n%s", configurationPage, diff)
	}
}

// keyTable is the table of all keys as Markdown.
func keyTable() string {
	var w strings.Builder
	fmt.Fprintf(&w, "\n| key | in the environment | on SIGHUP |\n|---|---|---|\n")
	for _, key := range configKeys("", reflect.TypeFor[config](), configKey{live: "restart"}) {
		name := "-"
		if !key.inList {
			name = "`" + environmentName(key.path) + "`"
		}
		fmt.Fprintf(&w, "| `%s` | %s | %s |\n", key.path, name, key.live)
	}
	return w.String() + "\n"
}

// configKey is a key with a value of its own.
type configKey struct {
	path   string // lines[].bot
	inList bool   // it is a list, or an entry of one: the environment cannot hold it
	live   string // when a new value is in force: the tag live in words
}

// configKeys returns the keys of a struct in its order; around is what it stands in.
func configKeys(prefix string, of reflect.Type, around configKey) (keys []configKey) {
	words := map[string]string{"": around.live, "calls": "new calls", "now": "at once"}
	for field := range of.Fields() {
		kind := field.Type
		key := configKey{prefix + field.Tag.Get("key"), around.inList, words[field.Tag.Get("live")]}
		switch {
		case kind.Kind() == reflect.Struct:
			keys = append(keys, configKeys(key.path+".", kind, key)...)
		case kind.Kind() == reflect.Slice && kind.Elem().Kind() == reflect.Struct:
			key.inList = true
			keys = append(keys, configKeys(key.path+"[].", kind.Elem(), key)...)
		default:
			key.inList = key.inList || kind.Kind() == reflect.Slice || kind.Kind() == reflect.Map
			keys = append(keys, key)
		}
	}
	return keys
}

// environmentName is the rule of lexline.yml for names in the environment.
func environmentName(path string) string {
	return environmentPrefix + strings.ToUpper(strings.ReplaceAll(path, ".", "_"))
}

// TestEveryNameInTheEnvironmentSets gives each key that is no list a value by its name in
// the environment, finds that one field changed, and that no other name is taken.
func TestEveryNameInTheEnvironmentSets(t *testing.T) {
	values := map[reflect.Type]string{
		reflect.TypeFor[string](): "changed", reflect.TypeFor[bool](): "true", reflect.TypeFor[int](): "77", reflect.TypeFor[float64](): "0.77",
		reflect.TypeFor[orOff](): "77s", reflect.TypeFor[retention](): "77d",
	}
	known, lists := map[string]reflect.Value{}, map[string]bool{}
	environmentNames("LEXLINE", reflect.ValueOf(config{}), known, lists)
	tried := 0
	for _, key := range configKeys("", reflect.TypeFor[config](), configKey{}) {
		name := environmentName(key.path)
		list, _, _ := strings.Cut(name, "[]")
		if key.inList {
			if !lists[list] {
				t.Errorf("%s is a list, and %s is not told to be one", key.path, list)
			}
			continue
		}
		tried++
		if _, ok := known[name]; !ok {
			t.Errorf("%s: the name %s is refused in the environment", key.path, name)
		}
		cfg := config{}
		value := cmp.Or(values[fieldOf(reflect.ValueOf(&cfg).Elem(), key.path).Type()], "77s")
		if err := cfg.takeEnvironment(func(n string) string { return map[string]string{name: value}[n] }); err != nil {
			t.Errorf("%s=%s: %v", name, value, err)
			continue
		}
		if fieldOf(reflect.ValueOf(&cfg).Elem(), key.path).IsZero() {
			t.Errorf("%s=%s did not set %s", name, value, key.path)
		}
		fieldOf(reflect.ValueOf(&cfg).Elem(), key.path).SetZero()
		if !reflect.ValueOf(cfg).IsZero() {
			t.Errorf("%s=%s set another key as well: %+v", name, value, cfg)
		}
		delete(known, name)
	}
	if tried < 50 {
		t.Errorf("tried %d names; want all of them", tried)
	}
	if len(known) > 0 {
		t.Errorf("names in the environment without a key: %v", slices.Sorted(maps.Keys(known)))
	}
}

// fieldOf finds the field of a key that is in no list.
func fieldOf(v reflect.Value, path string) reflect.Value {
	for key := range strings.SplitSeq(path, ".") {
		v = keyedFields(v)[key]
	}
	return v
}

// TestSampleServersNamesAreDocumented holds the names of the AWS sample server in the code,
// in lexline.yml and on the page together.
func TestSampleServersNamesAreDocumented(t *testing.T) {
	asked := map[string]bool{}
	cfg := config{}
	cfg.takeSampleEnvironment(func(name string) string { asked[name] = true; return "1" })
	if len(asked) != 8 {
		t.Errorf("asked for %v; want the eight names of the sample server", slices.Sorted(maps.Keys(asked)))
	}
	for _, file := range []string{"../../lexline.yml", configurationPage} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for name := range asked {
			if !regexp.MustCompile(`\b` + name + `\b`).Match(text) {
				t.Errorf("%s does not name %s", file, name)
			}
		}
	}
}
