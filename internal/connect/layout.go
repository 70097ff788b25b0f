package connect

import (
	"encoding/json"
	"slices"
)

// Distances in the editor, so that blocks with some branches stay clear of each
// other.
const (
	columnWidth = 280
	rowHeight   = 240
)

// position is where the editor draws a block, in its own units from the top left.
type position struct {
	X int `json:"x"`
	Y int `json:"y"`
}

// placement is what the editor knows of one block.
type placement struct {
	Position       position `json:"position"`
	IsFriendlyName bool     `json:"isFriendlyName"` // the identifier is for people
}

// layOut draws a flow from left to right: every way but those that lead back goes
// to a column further right.
func layOut(f *Flow) json.RawMessage {
	columns := map[int][]int{}
	for i, column := range newGraph(f).layers() {
		columns[column] = append(columns[column], i)
	}
	places := map[string]placement{}
	for column, ids := range columns {
		for row, i := range ids {
			places[f.Actions[i].Identifier] = placement{position{columnWidth * (column + 1), rowHeight*row + 40}, true}
		}
	}
	text, err := json.Marshal(struct {
		Entry  position             `json:"entryPointPosition"`
		Places map[string]placement `json:"ActionMetadata"`
	}{position{40, 40}, places})
	if err != nil {
		panic(err) // numbers and strings only
	}
	return text
}

// layers returns for each action the length of the longest way to it from the start
// that never leads back; actions that cannot be reached stand behind all others.
// Of the ways out of an action those of errors are followed first, so that what
// takes over from a failed one stands to its right.
func (g *graph) layers() []int {
	order := g.forward()
	layer := make([]int, len(g.out))
	for i := range layer {
		layer[i] = len(g.out)
	}
	place := make([]int, len(g.out)) // in order, from 1
	for n, i := range order {
		place[i] = n + 1
	}
	for n, i := range order {
		if n == 0 {
			layer[i] = 0
		}
		for _, w := range g.out[i] {
			if place[w.to] <= place[i] {
				continue // it leads back
			}
			if next := layer[i] + 1; layer[w.to] == len(g.out) || next > layer[w.to] {
				layer[w.to] = next
			}
		}
	}
	return layer
}

// forward are the actions that can be reached, each before those that it leads on
// to.
func (g *graph) forward() []int {
	var order []int // the end first
	seen := make([]bool, len(g.out))
	var visit func(i int)
	visit = func(i int) {
		seen[i] = true
		for _, w := range slices.Backward(g.out[i]) { // errors stand last
			if !seen[w.to] {
				visit(w.to)
			}
		}
		order = append(order, i)
	}
	for _, i := range g.start() {
		visit(i)
	}
	slices.Reverse(order)
	return order
}
