package main

import (
	"fmt"
	"log/slog"
	"slices"

	"lexline/internal/connect"
)

// regionSettings is the environment of lexDRGetRegion.
type regionSettings struct {
	hasTable bool
	table    tableSettings
	key      string   // of the verdict item; empty: the one that the event names, then primary
	regions  []string // the only ones that are answered; empty: any
	fallback string   // DEFAULT_REGION
	primary  string
	own      string // where the function runs
}

// readRegionSettings reads what can be used, and logs what cannot. It never fails.
func readRegionSettings(env environment, logger *slog.Logger) regionSettings {
	warn := func(err error) { logger.Warn("setting not used", "err", err) }
	s := regionSettings{key: env.get("TABLE_KEY")}
	var err error
	if s.table, err = readTableSettings(env); err != nil {
		warn(err)
	}
	s.hasTable = err == nil
	for _, name := range regionNames(env) {
		if err := checkRegion(name.from, name.region); err != nil {
			warn(err)
			continue
		}
		if !slices.Contains(s.regions, name.region) {
			s.regions = append(s.regions, name.region)
		}
	}
	if len(s.regions) == 1 {
		s.regions = nil // one region is no choice: PRIMARY_REGION alone only says where home is
	}
	one := func(name string) string {
		value := env.get(name)
		switch {
		case value == "":
		case !connect.IsRegion(value):
			warn(fmt.Errorf("%s: %.50q is no AWS region", name, value))
			value = ""
		case s.regions != nil && !slices.Contains(s.regions, value):
			warn(fmt.Errorf("%s: %s is none of the regions %v", name, value, s.regions))
			value = ""
		}
		return value
	}
	s.fallback, s.primary = one("DEFAULT_REGION"), one("PRIMARY_REGION")
	if own := env.get("AWS_REGION"); connect.IsRegion(own) {
		s.own = own
	}
	return s
}

// known are the regions that an item may name; nil: any.
func (s regionSettings) known() []string { return s.regions }

// keys are the keys of the items that may say which region to use, the best first:
// the one that is configured alone, or else the one that the flow names, as in the
// article, and that of the home region. A flow that names none means that of its
// Connect instance.
func (s regionSettings) keys(event connect.Event) (keys []string) {
	if s.key != "" {
		return []string{s.key}
	}
	asked, ok := event.Region()
	if !ok {
		asked, ok = event.Contact.Region()
	}
	if ok {
		keys = append(keys, asked)
	}
	home := s.primary
	if home == "" && len(s.regions) > 0 {
		home = s.regions[0]
	}
	if home != "" && home != asked {
		keys = append(keys, home)
	}
	return keys
}
