package parity

import (
	"slices"
	"strings"
)

// Missing stands in a Difference for what is not there.
const Missing = "(missing)"

// Difference is one thing that is not the same in two regions.
type Difference struct {
	// Path leads to it: "intent OrderFlowers / slot PickupDate / prompt".
	Path string `json:"path"`
	// Here and There are what stands in the one and in the other region: a text in
	// quotes, a figure or a word, or Missing.
	Here  string `json:"here"`
	There string `json:"there"`
	// ExplainedBy leads, for an answer, to the prompt or response whose definitions
	// differ and of which both regions said a wording; empty: that is not the cause.
	ExplainedBy string `json:"explained_by,omitempty"`
}

func (d Difference) String() string { return d.Path + ": " + d.Here + " | " + d.There }

// Definitions returns every difference between two definitions, in the order of
// the bot: its own settings, locales, intents, slot types, the alias. The order of
// utterances, synonyms and random variations is none, that of slots is.
func Definitions(here, there Definition) []Difference {
	var c comparison
	a, b := definitionNode(here), definitionNode(there)
	if here.Alias == nil || there.Alias == nil {
		a.drop(aliasLabel)
		b.drop(aliasLabel)
	}
	if len(here.Bot.Locales) == 1 && len(there.Bot.Locales) == 1 {
		a.lift(here.Bot.Locales[0].ID)
		b.lift(there.Bot.Locales[0].ID)
	}
	c.compare(nil, a, b)
	return c.found
}

// node is one place of a definition: a value, and places inside it. Its label is
// unique among its siblings.
type node struct {
	label    string
	value    string
	children []*node

	// ordered: that common children stand in the same order matters.
	ordered bool
	// common: a child that only one side has is no difference of its own.
	common bool
}

// leaf is a place with nothing inside.
func leaf(label, value string) *node { return &node{label: label, value: value} }

// add appends places; nil stands for none.
func (n *node) add(children ...*node) *node {
	for _, c := range children {
		if c != nil {
			n.children = append(n.children, c)
		}
	}
	return n
}

func (n *node) child(label string) *node {
	for _, c := range n.children {
		if c.label == label {
			return c
		}
	}
	return nil
}

func (n *node) drop(label string) {
	n.children = slices.DeleteFunc(n.children, func(c *node) bool { return c.label == label })
}

// lift puts what a node's only locale holds in the place of the locale.
func (n *node) lift(locale string) {
	only := n.child(localeLabel(locale))
	i := slices.Index(n.children, only)
	n.children = slices.Replace(n.children, i, i+1, append([]*node{leaf("locale", locale)}, only.children...)...)
}

// shown is how a node stands in a difference.
func (n *node) shown() string {
	switch {
	case n == nil:
		return Missing
	case n.value == "":
		return "there"
	}
	return n.value
}

type comparison struct{ found []Difference }

func (c *comparison) differ(path []string, here, there string) {
	c.found = append(c.found, Difference{Path: strings.Join(path, " / "), Here: here, There: there})
}

// compare compares two nodes that stand at the same path.
func (c *comparison) compare(path []string, here, there *node) {
	if here.value != there.value {
		c.differ(path, here.shown(), there.shown())
		if len(here.children) == 0 || len(there.children) == 0 {
			return // one of them is off, with all that belongs to it
		}
	}
	for _, label := range labels(here, there) {
		a, b := here.child(label), there.child(label)
		inside := append(slices.Clone(path), label)
		switch {
		case a != nil && b != nil:
			c.compare(inside, a, b)
		case !here.common:
			c.differ(inside, a.shown(), b.shown())
		}
	}
	if !here.ordered {
		return
	}
	if a, b := order(here, there), order(there, here); a != b {
		c.differ(append(slices.Clone(path), "order"), a, b)
	}
}

// labels are those of both nodes: those of the first in their order, then what
// only the other has.
func labels(here, there *node) []string {
	var list []string
	for _, c := range here.children {
		list = append(list, c.label)
	}
	for _, c := range there.children {
		if here.child(c.label) == nil {
			list = append(list, c.label)
		}
	}
	return list
}

// order lists the children of n that other has as well.
func order(n, other *node) string {
	var list []string
	for _, c := range n.children {
		if other.child(c.label) != nil {
			list = append(list, c.label)
		}
	}
	return strings.Join(list, ", ")
}
