package hearplot

// point is a place on a sheet, in pixels from the top left corner.
type point struct{ x, y float64 }

// shape is one thing on a sheet: an area, a line, or a text.
type shape struct {
	role    role
	opacity float64
	points  []point // of an area its edge, of a line its course, of a text where it stands
	width   float64 // of a line; 0: it is no line
	dash    float64 // length of dashes and of gaps; 0: none
	text    string  // empty: it is no text
	size    float64 // of a text
	bold    bool
	anchor  anchor
	note    string // what a reader is told who points at it; SVG only
}

// anchor is which part of a text stands at its point.
type anchor uint8

const (
	start anchor = iota
	middle
	end
)

// sheet is a picture as a list of shapes, the later ones over the earlier ones.
type sheet struct {
	width, height float64
	title, about  string
	shapes        []shape
}

func (s *sheet) area(r role, opacity float64, points ...point) *shape {
	s.shapes = append(s.shapes, shape{role: r, opacity: opacity, points: points})
	return &s.shapes[len(s.shapes)-1]
}

func (s *sheet) rect(r role, opacity, x, y, width, height float64) *shape {
	return s.area(r, opacity, point{x, y}, point{x + width, y}, point{x + width, y + height}, point{x, y + height})
}

func (s *sheet) line(r role, width float64, points ...point) *shape {
	s.shapes = append(s.shapes, shape{role: r, opacity: 1, points: points, width: width})
	return &s.shapes[len(s.shapes)-1]
}

func (s *sheet) write(r role, size, x, y float64, a anchor, text string) *shape {
	s.shapes = append(s.shapes, shape{role: r, opacity: 1, points: []point{{x, y}}, text: text, size: size, anchor: a})
	return &s.shapes[len(s.shapes)-1]
}
