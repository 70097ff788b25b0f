package main

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// configChange is what taking a new configuration comes to.
type configChange struct {
	taken   []string // keys whose new values are in force
	waiting []string // keys whose new values need a restart
}

// take returns the configuration that is in force once the gateway has read next in place
// of cfg: that of cfg, with those of next's values that may change while calls are live,
// which are tagged so. A line is taken whole or not at all, and so is the list of lines:
// half of a change to them may be worse than none of it.
func (cfg config) take(next config) (config, configChange) {
	merged, change := cfg, configChange{}
	change.walk("", reflect.ValueOf(&merged).Elem(), reflect.ValueOf(next), false)
	lines := slices.Clone(cfg.Lines)
	merged.Lines = lines
	var inLines configChange
	switch {
	case !slices.EqualFunc(lines, next.Lines, func(a, b lineConfig) bool { return a.Name == b.Name }):
		inLines.waiting = []string{"lines"}
	default:
		for i := range lines {
			inLines.walk(fmt.Sprintf("lines[%d].", i), reflect.ValueOf(&lines[i]).Elem(), reflect.ValueOf(withPlaces(next.Lines[i], lines[i])), false)
		}
	}
	if len(inLines.waiting) > 0 {
		merged.Lines = cfg.Lines
		inLines = configChange{waiting: append(inLines.waiting, inLines.taken...)}
	}
	change.taken, change.waiting = append(change.taken, inLines.taken...), append(change.waiting, inLines.waiting...)
	slices.Sort(change.taken)
	slices.Sort(change.waiting)
	return merged, change
}

// withPlaces gives a line the regions of another one where they differ by nothing but what
// each has from its own bot, alias, locale and the list of all regions: those keys tell it.
func withPlaces(line, other lineConfig) lineConfig {
	if line.Bot == other.Bot && line.Alias == other.Alias && line.Locale == other.Locale || len(line.Regions) != len(other.Regions) {
		return line
	}
	for i, p := range line.Regions {
		o := other.Regions[i]
		if p.Name != o.Name || (p.Bot == line.Bot) != (o.Bot == other.Bot) || (p.Alias == line.Alias) != (o.Alias == other.Alias) || (p.Locale == line.Locale) != (o.Locale == other.Locale) {
			return line
		}
	}
	line.Regions = other.Regions
	return line
}

// walk takes over into to, which is a struct, what of next may change, and notes what has.
// live: all of it may.
func (c *configChange) walk(prefix string, to, next reflect.Value, live bool) {
	for i := range to.NumField() {
		tag := to.Type().Field(i).Tag
		key, live := prefix+tag.Get("key"), live || tag.Get("live") != ""
		mine, theirs := to.Field(i), next.Field(i)
		switch {
		case key == "lines":
		case mine.Kind() == reflect.Struct:
			c.walk(key+".", mine, theirs, live)
		case sameSetting(mine, theirs):
		case live:
			mine.Set(theirs)
			c.taken = append(c.taken, key)
		default:
			c.waiting = append(c.waiting, key)
		}
	}
}

// sameSetting reports whether two values of a key come to the same.
func sameSetting(a, b reflect.Value) bool {
	switch a.Kind() {
	case reflect.Slice, reflect.Map:
		if a.Len() == 0 && b.Len() == 0 {
			return true
		}
	}
	return reflect.DeepEqual(a.Interface(), b.Interface())
}

// keyList is keys for people and for the log.
func keyList(keys []string) string { return strings.Join(keys, " ") }
