package main

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// environmentPrefix begins the names of our settings in the environment.
const environmentPrefix = "LEXLINE_"

// configText is the variable that holds the whole text of a configuration file, for
// containers that are given no file.
const configText = environmentPrefix + "CONFIG_TEXT"

// serviceLinks are the variables that Kubernetes gives all containers for a service
// named lexline, or lexline and more words:
// https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
var serviceLinks = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^LEXLINE_([A-Z0-9_]+_)?(SERVICE_HOST=|SERVICE_PORT(_[A-Z0-9_]+)?=|PORT(_[0-9]+_[A-Z]+)?=[a-z]+://|PORT_[0-9]+_[A-Z]+_(PROTO|PORT|ADDR)=)`)
})

// checkEnvironment refuses settings in the environment that no key has. environ
// has the form of os.Environ.
func checkEnvironment(environ []string) error {
	names, lists := map[string]reflect.Value{environmentPrefix + "CONFIG": {}, configText: {}}, map[string]bool{}
	environmentNames("LEXLINE", reflect.ValueOf(config{}), names, lists)
	for _, variable := range slices.Sorted(slices.Values(environ)) { // the same one first each time
		name, _, _ := strings.Cut(variable, "=")
		if _, ok := names[name]; ok || !strings.HasPrefix(name, environmentPrefix) || serviceLinks().MatchString(variable) {
			continue
		}
		for _, list := range slices.Sorted(maps.Keys(lists)) {
			if name == list || strings.HasPrefix(name, list+"_") {
				return &hintError{
					fmt.Errorf("environment variable %s: lists can only be set in the configuration file", name),
					fmt.Sprintf("write the key %s into a file, and name it with --config or LEXLINE_CONFIG", strings.ToLower(strings.TrimPrefix(list, environmentPrefix))),
				}
			}
		}
		return &hintError{
			fmt.Errorf("environment variable %s: there is no such setting", name),
			fmt.Sprintf("the nearest one is %s; lexline.yml explains them all", nearest(name, names)),
		}
	}
	return nil
}

// environmentNames adds the names of all keys below v: those of single values to
// names, and those of lists to lists.
func environmentNames(prefix string, v reflect.Value, names map[string]reflect.Value, lists map[string]bool) {
	for key, field := range keyedFields(v) {
		name := prefix + "_" + strings.ToUpper(key)
		switch field.Kind() {
		case reflect.Slice:
			lists[name] = true
		case reflect.Struct:
			environmentNames(name, field, names, lists)
		default:
			names[name] = field
		}
	}
}
