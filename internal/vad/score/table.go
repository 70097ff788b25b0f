package score

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Column is one detector in the table.
type Column struct {
	Name    string
	Results []Result
	Barred  bool // whether its values are held against the bars
}

// Line is one quantity with its bars and one value for each column.
type Line struct {
	Name   string     `json:"name"`
	Unit   string     `json:"unit,omitempty"`
	Must   *float64   `json:"must,omitempty"`
	Aim    *float64   `json:"stretch,omitempty"`
	Values []*float64 `json:"values"` // nil where nothing was there to measure
	Missed []bool     `json:"missed"` // the bar is missed; false in columns that are not barred
}

// Table returns all quantities of the columns.
func Table(columns []Column) []Line {
	var lines []Line
	for _, q := range Quantities() {
		line := Line{Name: q.Name, Unit: q.Unit}
		if q.HasBar() {
			line.Must = &q.Must
		}
		if q.Aim != 0 {
			line.Aim = &q.Aim
		}
		for _, column := range columns {
			value, ok := q.Measure(column.Results)
			if !ok {
				line.Values, line.Missed = append(line.Values, nil), append(line.Missed, false)
				continue
			}
			line.Values = append(line.Values, &value)
			line.Missed = append(line.Missed, column.Barred && q.Misses(value))
		}
		lines = append(lines, line)
	}
	return lines
}

// WriteJSON writes the table as one JSON object.
func WriteJSON(w io.Writer, columns []Column) error {
	names := make([]string, len(columns))
	for i, column := range columns {
		names[i] = column.Name
	}
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	err := out.Encode(struct {
		Columns []string `json:"columns"`
		Lines   []Line   `json:"lines"`
	}{names, Table(columns)})
	if err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}

// WriteText writes the table for people. A value behind its bar is marked with
// "!", and the last line counts them.
func WriteText(w io.Writer, columns []Column) error {
	var t grid
	head := []string{"quantity", "must", "stretch"}
	for _, column := range columns {
		head = append(head, column.Name+" ")
	}
	t.row(head...)
	missed := 0
	for _, line := range Table(columns) {
		name := line.Name
		if line.Unit != "" {
			name += ", " + line.Unit
		}
		cells := []string{name, figure(line.Must, line.Unit), figure(line.Aim, line.Unit)}
		for i, value := range line.Values {
			mark := " "
			if line.Missed[i] {
				mark = "!"
				missed++
			}
			cells = append(cells, figure(value, line.Unit)+mark)
		}
		t.row(cells...)
	}
	if err := t.write(w); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "bars missed (!): %d\n", missed); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}

// figure prints a value in the digits of its unit.
func figure(value *float64, unit string) string {
	if value == nil {
		return "-"
	}
	digits := map[string]int{"": 3, "%": 1, "/h": 1, "ms": 0}[unit]
	return strconv.FormatFloat(*value, 'f', digits, 64)
}

// grid prints aligned columns: the first one to the left, the others to the right.
type grid struct{ rows [][]string }

func (g *grid) row(cells ...string) { g.rows = append(g.rows, cells) }

func (g *grid) write(w io.Writer) error {
	var widths []int
	for _, row := range g.rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], len(cell))
		}
	}
	var text strings.Builder
	for _, row := range g.rows {
		fmt.Fprintf(&text, "%-*s", widths[0], row[0])
		for i, cell := range row[1:] {
			fmt.Fprintf(&text, "  %*s", widths[i+1], cell)
		}
		text.WriteByte('\n')
	}
	if _, err := io.WriteString(w, text.String()); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}
