package dynamolocal

import (
	"cmp"
	"maps"
	"slices"
)

// kind is the type of a value, by the name that it has on the wire.
type kind string

// The kinds of values.
const (
	kindS    kind = "S"
	kindN    kind = "N"
	kindB    kind = "B"
	kindBOOL kind = "BOOL"
	kindNULL kind = "NULL"
	kindSS   kind = "SS"
	kindNS   kind = "NS"
	kindBS   kind = "BS"
	kindL    kind = "L"
	kindM    kind = "M"
)

var kinds = []kind{kindS, kindN, kindB, kindBOOL, kindNULL, kindSS, kindNS, kindBS, kindL, kindM}

// value is an attribute's value. A number is kept as text in its one form, so that
// equal ones have equal texts.
type value struct {
	kind kind
	text string   // S, N, and the bytes of B
	yes  bool     // BOOL
	set  []string // SS, NS, BS, each member as in text
	list []value
	m    map[string]value
}

// item is the attributes of an item by their names.
type item = map[string]value

// isSet says whether a kind is a set.
func (k kind) isSet() bool { return k == kindSS || k == kindNS || k == kindBS }

// hasOrder says whether values of a kind can be smaller than others.
func (k kind) hasOrder() bool { return k == kindS || k == kindN || k == kindB }

// number returns the number that a value of kindN has.
func (v value) number() number {
	n, err := parseNumber(v.text)
	if err != nil {
		panic("dynamolocal: a stored number cannot be read: " + v.text)
	}
	return n
}

func (v value) equal(w value) bool {
	switch {
	case v.kind != w.kind:
		return false
	case v.kind.isSet():
		return len(v.set) == len(w.set) && !slices.ContainsFunc(v.set, func(member string) bool { return !slices.Contains(w.set, member) })
	case v.kind == kindL:
		return slices.EqualFunc(v.list, w.list, value.equal)
	case v.kind == kindM:
		return maps.EqualFunc(v.m, w.m, value.equal)
	}
	return v.text == w.text && v.yes == w.yes
}

// compare orders two values of one kind that has an order.
func (v value) compare(w value) int {
	if v.kind == kindN {
		return v.number().compare(w.number())
	}
	return cmp.Compare(v.text, w.text)
}

// clone copies a value to its last leaf.
func (v value) clone() value {
	v.set = slices.Clone(v.set)
	v.list = slices.Clone(v.list)
	for i := range v.list {
		v.list[i] = v.list[i].clone()
	}
	if v.m != nil {
		v.m = cloneItem(v.m)
	}
	return v
}

func cloneItem(old item) item {
	copied := make(item, len(old))
	for name, v := range old {
		copied[name] = v.clone()
	}
	return copied
}

// itemSize is what an item counts against the limit, see
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html.
func itemSize(it item) int {
	size := 0
	for name, v := range it {
		size += len(name) + v.size()
	}
	return size
}

func (v value) size() int {
	const container, member = 3, 1
	size := 0
	switch v.kind {
	case kindS, kindB:
		return len(v.text)
	case kindN:
		return v.number().size()
	case kindNS:
		for _, text := range v.set {
			size += value{kind: kindN, text: text}.size()
		}
		return size
	case kindSS, kindBS:
		for _, text := range v.set {
			size += len(text)
		}
		return size
	case kindL:
		for _, inner := range v.list {
			size += member + inner.size()
		}
		return container + size
	case kindM:
		return container + member*len(v.m) + itemSize(v.m)
	default:
		return 1
	}
}
