package lexlocal

import (
	"cmp"
	"slices"
	"strings"

	"lexline/internal/botdef"
)

// mergeLocales puts imported locales among those that are there. Overwrite
// replaces a locale as a whole; Append adds the intents and slot types that it
// lacks. fresh are the ids of the locales that are not what they were.
func mergeLocales(old, imported []*botdef.Locale, strategy string) (merged []*botdef.Locale, fresh []string) {
	merged = slices.Clone(old)
	for _, l := range imported {
		fresh = append(fresh, l.ID)
		i := slices.IndexFunc(merged, func(o *botdef.Locale) bool { return o.ID == l.ID })
		switch {
		case i < 0:
			merged = append(merged, l)
		case strategy == mergeAppend:
			merged[i] = appended(merged[i], l)
		default:
			merged[i] = l
		}
	}
	slices.SortFunc(merged, func(a, b *botdef.Locale) int { return strings.Compare(a.ID, b.ID) })
	return merged, fresh
}

// appended returns a locale with what another one has and it lacks. The fallback
// intent stays its own, and the last.
func appended(old, other *botdef.Locale) *botdef.Locale {
	both := *old
	both.Intents = nil
	for _, in := range slices.Concat(old.Intents, other.Intents) {
		if both.Intent(in.Name) == nil && (in.Parent != botdef.FallbackSignature || in == old.Fallback() || old.Fallback() == nil) {
			both.Intents = append(both.Intents, in)
		}
	}
	last := func(in *botdef.Intent) int {
		if in.Parent == botdef.FallbackSignature {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(both.Intents, func(a, b *botdef.Intent) int {
		return cmp.Or(last(a)-last(b), strings.Compare(a.Name, b.Name))
	})
	both.SlotTypes = slices.Clone(old.SlotTypes)
	for _, t := range other.SlotTypes {
		if both.SlotType(t.Name) == nil {
			both.SlotTypes = append(both.SlotTypes, t)
		}
	}
	return &both
}
