package connect

import "slices"

// graph is a flow as actions and the ways between them. Ways to actions that there
// are not are left out, and those behind an end.
type graph struct {
	flow    *Flow
	allowed map[string]bool // types of actions that are taken unchecked
	at      map[string]int  // where an identifier's action stands
	out     [][]way         // by action
	in      [][]way         // by action
}

// way is one transition.
type way struct {
	from, to  int
	condition *Condition // that it is taken for; nil: no condition
	err       string     // the error that it is taken for; empty: none
}

func newGraph(f *Flow, allowed ...string) *graph {
	g := &graph{flow: f, allowed: map[string]bool{}, at: map[string]int{}, out: make([][]way, len(f.Actions)), in: make([][]way, len(f.Actions))}
	for _, name := range allowed {
		g.allowed[name] = true
	}
	for i, a := range f.Actions {
		if _, twice := g.at[a.Identifier]; !twice && a.Identifier != "" {
			g.at[a.Identifier] = i
		}
	}
	for i := range f.Actions {
		if k := g.kind(i); k.ends && k.next == forbidden {
			continue
		}
		t := &f.Actions[i].Transitions
		g.join(way{from: i}, t.NextAction)
		for k := range t.Conditions {
			g.join(way{from: i, condition: &t.Conditions[k].Condition}, t.Conditions[k].NextAction)
		}
		for _, e := range t.Errors {
			g.join(way{from: i, err: e.ErrorType}, e.NextAction)
		}
	}
	return g
}

func (g *graph) join(w way, id string) {
	if to, ok := g.at[id]; ok {
		w.to = to
		g.out[w.from] = append(g.out[w.from], w)
		g.in[to] = append(g.in[to], w)
	}
}

func (g *graph) kind(i int) kind {
	a := &g.flow.Actions[i]
	if k, known := kinds[a.Type]; known || !g.allowed[a.Type] {
		return k
	}
	t := &a.Transitions
	return kind{speaks: true, next: optional, ends: t.NextAction == "" && len(t.Errors) == 0 && len(t.Conditions) == 0}
}

// distances are the fewest steps from the start to each action that can be
// reached.
func (g *graph) distances() map[int]int {
	return g.reach(anyWay, g.start()...)
}

func (g *graph) start() []int {
	if i, ok := g.at[g.flow.StartAction]; ok {
		return []int{i}
	}
	return nil
}

// reach returns the fewest steps to every action that can be reached from some
// over ways that may be taken.
func (g *graph) reach(may func(way) bool, from ...int) map[int]int {
	steps := map[int]int{}
	for _, i := range from {
		steps[i] = 0
	}
	for queue := from; len(queue) > 0; queue = queue[1:] {
		for _, w := range g.out[queue[0]] {
			if _, seen := steps[w.to]; !seen && may(w) {
				steps[w.to] = steps[queue[0]] + 1
				queue = append(queue, w.to)
			}
		}
	}
	return steps
}

// leading are the actions from which one of some can be reached over ways that may
// be taken; those among them.
func (g *graph) leading(may func(way) bool, to ...int) map[int]bool {
	found := map[int]bool{}
	for _, i := range to {
		found[i] = true
	}
	for queue := to; len(queue) > 0; queue = queue[1:] {
		for _, w := range g.in[queue[0]] {
			if !found[w.from] && may(w) {
				found[w.from] = true
				queue = append(queue, w.from)
			}
		}
	}
	return found
}

// anyWay lets every way be taken.
func anyWay(way) bool { return true }

// isSilent reports whether a contact that takes this way may have heard nothing in
// the action behind it: a prompt that fails is not heard.
func (g *graph) isSilent(w way) bool {
	return !g.kind(w.from).speaks || w.err == NoMatchingError
}

// isUnasked reports whether a contact can take this way without having been asked
// anything in the action behind it: one that asks and fails does not ask.
func (g *graph) isUnasked(w way) bool {
	return !g.kind(w.from).asks || w.err == NoMatchingError
}

// cycles returns the sets of actions that can be gone round in over ways that may be
// taken, each in the order of the flow: Tarjan's strongly connected components with
// a way inside.
func (g *graph) cycles(may func(way) bool) [][]int {
	t := tarjan{g: g, may: may, index: make([]int, len(g.out)), low: make([]int, len(g.out)), on: make([]bool, len(g.out))}
	for i := range g.out {
		if t.index[i] == 0 {
			t.visit(i)
		}
	}
	return t.found
}

type tarjan struct {
	g          *graph
	may        func(way) bool
	index, low []int // from 1; 0: not visited
	on         []bool
	stack      []int
	count      int
	found      [][]int
}

func (t *tarjan) visit(i int) {
	t.count++
	t.index[i], t.low[i] = t.count, t.count
	t.stack, t.on[i] = append(t.stack, i), true
	loops := false
	for _, w := range t.g.out[i] {
		switch {
		case !t.may(w):
			continue
		case t.index[w.to] == 0:
			t.visit(w.to)
			t.low[i] = min(t.low[i], t.low[w.to])
		case t.on[w.to]:
			t.low[i] = min(t.low[i], t.index[w.to])
		}
		loops = loops || w.to == i
	}
	if t.low[i] != t.index[i] {
		return
	}
	cut := len(t.stack) - 1
	for t.stack[cut] != i {
		cut--
	}
	set := slices.Sorted(slices.Values(t.stack[cut:]))
	for _, k := range set {
		t.on[k] = false
	}
	if t.stack = t.stack[:cut]; len(set) > 1 || loops {
		t.found = append(t.found, set)
	}
}
