package main

import (
	"slices"

	"lexline/internal/botdef"
	"lexline/internal/lexmodels"
	"lexline/internal/parity"
)

// deployState is what a region has of a bot before a deploy.
type deployState struct {
	bot   lexmodels.Bot // no ID: it is not there
	alias parity.Alias  // as it is
	// aliasID is "" where there is no such alias.
	aliasID string

	served  *botdef.Bot // what the alias serves; nil without an alias
	newest  *botdef.Bot // the newest numbered version; nil if there is none, or no need to know
	version string      // its number
	draft   *botdef.Bot // with the export's locales; nil if it lacks one, or there is no need to know
	built   []string    // those locales of the draft that are built as they stand
}

// deployPlan is what is to be done in a region, in this order.
type deployPlan struct {
	importing bool
	build     []string // locales
	version   bool     // a new one is made
	existing  string   // else: the version that is to be served
	alias     aliasChange
}

type aliasChange int

const (
	aliasStays aliasChange = iota
	aliasMoves             // to another version, or gets other settings
	aliasIsMade
)

// nothing reports whether the region has all that was asked for.
func (p deployPlan) nothing() bool { return p.alias == aliasStays }

// planDeploy decides what has to be done so that the alias serves the export, with
// the function hook behind it unless that is "". Whatever an earlier deploy got done
// is taken up where that stopped.
func planDeploy(export *botdef.Bot, s deployState, hook string) deployPlan {
	p := deployPlan{alias: aliasMoves}
	if s.aliasID == "" {
		p.alias = aliasIsMade
	}
	switch {
	case same(export, s.served):
		p.existing = s.alias.Version
		if aliasFits(s.alias, export, hook) {
			p.alias = aliasStays
		}
	case same(export, s.newest):
		p.existing = s.version
	default:
		p.version = true
		p.importing = !same(export, s.draft)
		for _, l := range export.Locales {
			if p.importing || !slices.Contains(s.built, l.ID) {
				p.build = append(p.build, l.ID)
			}
		}
	}
	return p
}

// same reports whether a definition is the export's.
func same(export, other *botdef.Bot) bool {
	return other != nil && len(parity.Definitions(parity.Definition{Bot: other}, parity.Definition{Bot: export})) == 0
}

// aliasFits reports whether an alias serves the export's locales with the function
// that was asked for.
func aliasFits(a parity.Alias, export *botdef.Bot, hook string) bool {
	return !slices.ContainsFunc(export.Locales, func(l *botdef.Locale) bool {
		settings, ok := a.Locale(l.ID)
		return !ok || !settings.Enabled || hook != "" && settings.Hook != hook
	})
}

// steps are the plan in words.
func (p deployPlan) steps(alias string) (list []string) {
	if p.importing {
		list = append(list, "import the export")
	}
	for _, l := range p.build {
		list = append(list, "build "+l)
	}
	version := "version " + p.existing
	if p.version {
		list = append(list, "make a version")
		version = "the new version"
	}
	switch p.alias {
	case aliasIsMade:
		list = append(list, "create alias "+alias+" on "+version)
	case aliasMoves:
		list = append(list, "point alias "+alias+" at "+version)
	case aliasStays:
	}
	return list
}
