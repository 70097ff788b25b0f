package connect

import (
	"encoding/json"
	"maps"
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

// layOut draws a flow from left to right: an action stands in the column of its
// distance from the start, the end of the contact behind all others.
func layOut(f *Flow) json.RawMessage {
	g := newGraph(f)
	columns := map[int][]int{}
	depth := g.distances()
	last := slices.Max(slices.Collect(maps.Values(depth)))
	for i := range f.Actions {
		column, ok := depth[i]
		if !ok || kinds[f.Actions[i].Type].ends {
			column = last + 1
		}
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
