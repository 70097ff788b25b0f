package dynamolocal

import (
	"maps"
	"slices"
)

// projection reads a ProjectionExpression.
func (p *parser) projection() []path {
	paths := []path{p.path()}
	for p.skip(",") {
		paths = append(paths, p.path())
	}
	for i, one := range paths {
		for _, two := range paths[:i] {
			if p.err == nil {
				p.fail(overlap(two, one))
			}
		}
	}
	return paths
}

// branch is what of a value is wanted: all of it, or what its branches want.
type branch struct {
	all      bool
	branches map[step]*branch
}

// project returns what of an item stands at the ends of paths, in as much of maps
// and lists as leads there. Lists close up.
func project(paths []path, it item) item {
	tree := &branch{}
	for _, p := range paths {
		if _, ok := p.find(it); ok {
			tree.grow(p)
		}
	}
	if len(tree.branches) == 0 {
		return nil
	}
	return tree.cut(value{kind: kindM, m: it}).m
}

func (b *branch) grow(p path) {
	if len(p) == 0 {
		b.all = true
		return
	}
	if b.branches == nil {
		b.branches = make(map[step]*branch)
	}
	next := b.branches[p[0]]
	if next == nil {
		next = &branch{}
		b.branches[p[0]] = next
	}
	next.grow(p[1:])
}

// cut returns what is wanted of a value that has all of it.
func (b *branch) cut(v value) value {
	if b.all {
		return v
	}
	cut := value{kind: v.kind}
	if v.kind == kindM {
		cut.m = make(item, len(b.branches))
		for s, next := range b.branches {
			cut.m[s.name] = next.cut(v.m[s.name])
		}
		return cut
	}
	indexes := slices.SortedFunc(maps.Keys(b.branches), func(a, b step) int { return a.index - b.index })
	for _, s := range indexes {
		cut.list = append(cut.list, b.branches[s].cut(v.list[s.index]))
	}
	return cut
}
