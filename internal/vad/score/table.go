package score

import (
	"bytes"
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

// Report is the table of all quantities, and results broken down by what the
// files have in common.
type Report struct {
	Columns []string `json:"columns"`
	Lines   []Line   `json:"lines"`
	By      []Groups `json:"by,omitempty"`
}

// NewReport compares detectors. The groupings, which are keys of Groupings, are of
// the first one.
func NewReport(columns []Column, groupings ...string) Report {
	var r Report
	for _, column := range columns {
		r.Columns = append(r.Columns, column.Name)
	}
	for _, q := range Quantities() {
		r.Lines = append(r.Lines, line(q, columns))
	}
	for _, by := range groupings {
		r.By = append(r.By, Groups{Grouping: by, Groups: group(columns[0].Results, Groupings[by])})
	}
	return r
}

func line(q Quantity, columns []Column) Line {
	l := Line{Name: q.Name, Unit: q.Unit}
	if q.HasBar() {
		l.Must = &q.Must
	}
	if q.Aim != 0 {
		l.Aim = &q.Aim
	}
	for _, column := range columns {
		value, ok := q.Measure(column.Results)
		if !ok {
			l.Values, l.Missed = append(l.Values, nil), append(l.Missed, false)
			continue
		}
		l.Values = append(l.Values, &value)
		l.Missed = append(l.Missed, column.Barred && q.Misses(value))
	}
	return l
}

// WriteText writes the report for people: of each grouping at most limit groups,
// all if limit is 0. A value behind its bar is marked with "!".
func (r Report) WriteText(w io.Writer, limit int) error {
	var text strings.Builder
	var t grid
	head := []string{"quantity", "must", "stretch"}
	for _, name := range r.Columns {
		head = append(head, name+" ")
	}
	t.row(head...)
	missed := 0
	for _, line := range r.Lines {
		cells, marks := line.cells()
		missed += marks
		t.row(cells...)
	}
	t.write(&text)
	if missed == 0 {
		text.WriteString("bars missed: none\n")
	} else {
		fmt.Fprintf(&text, "bars missed (!): %d\n", missed)
	}
	for _, groups := range r.By {
		fmt.Fprintf(&text, "\n%s by %s, worst first:\n", r.Columns[0], groups.Grouping)
		groups.grid(limit).write(&text)
	}
	if _, err := io.WriteString(w, text.String()); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// cells are the texts of a line, and how many values in it are marked.
func (l Line) cells() (cells []string, marks int) {
	name := l.Name
	if l.Unit != "" {
		name += ", " + l.Unit
	}
	cells = []string{name, figure(l.Must, l.Unit), figure(l.Aim, l.Unit)}
	for i, value := range l.Values {
		mark := " "
		if l.Missed[i] {
			mark = "!"
			marks++
		}
		cells = append(cells, figure(value, l.Unit)+mark)
	}
	return cells, marks
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

func (g grid) write(text *strings.Builder) {
	var widths []int
	for _, row := range g.rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], len(cell))
		}
	}
	for _, row := range g.rows {
		line := fmt.Appendf(nil, "%-*s", widths[0], row[0])
		for i, cell := range row[1:] {
			line = fmt.Appendf(line, "  %*s", widths[i+1], cell)
		}
		text.Write(append(bytes.TrimRight(line, " "), '\n'))
	}
}
