package hearplot

import (
	"cmp"
	"image"
	"image/color"
	"math"
	"slices"
)

// linesPerPixel is how many lines through a row of pixels tell how much of each is
// covered; along a line that is exact.
const linesPerPixel = 4

// painter fills the area within edges, whichever way they run around it.
type painter struct {
	img     *image.NRGBA
	colour  color.NRGBA
	opacity float64

	crossings []crossing
	covered   []float64 // of each pixel in a row
}

// crossing is where an edge crosses a line, downwards (1) or upwards (-1).
type crossing struct {
	line int
	x    float64
	way  int
}

// edge adds a closed edge, in places of the sheet.
func (p *painter) edge(points []point) {
	for i, a := range points {
		b := points[(i+1)%len(points)]
		p.side(point{a.x * pngScale, a.y * pngScale}, point{b.x * pngScale, b.y * pngScale})
	}
}

// side adds the crossings of one side of an edge, in pixels.
func (p *painter) side(a, b point) {
	way := 1
	if a.y > b.y {
		a, b, way = b, a, -1
	}
	// Line n is at (n + 1/2) / linesPerPixel.
	first := int(math.Ceil(max(0, a.y)*linesPerPixel - 0.5))
	for n := max(0, first); ; n++ {
		y := (float64(n) + 0.5) / linesPerPixel
		if y >= b.y || n >= linesPerPixel*p.img.Rect.Dy() {
			return
		}
		p.crossings = append(p.crossings, crossing{n, a.x + (b.x-a.x)*(y-a.y)/(b.y-a.y), way})
	}
}

// stroke adds a line with round ends and corners, in places of the sheet.
func (p *painter) stroke(points []point, width float64) {
	r := width / 2
	for i, b := range points {
		p.dot(b, r)
		if i == 0 || points[i-1] == b {
			continue
		}
		a := points[i-1]
		length := math.Hypot(b.x-a.x, b.y-a.y)
		dx, dy := (b.x-a.x)/length*r, (b.y-a.y)/length*r
		p.edge([]point{{a.x - dy, a.y + dx}, {a.x + dy, a.y - dx}, {b.x + dy, b.y - dx}, {b.x - dy, b.y + dx}})
	}
}

// dot adds a round dot, the same way around as the sides of stroke.
func (p *painter) dot(at point, r float64) {
	const corners = 10
	var edge [corners]point
	for i := range edge {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / corners)
		edge[i] = point{at.x + r*cos, at.y + r*sin}
	}
	p.edge(edge[:])
}

// fill paints what the edges enclose, and forgets them.
func (p *painter) fill() {
	slices.SortFunc(p.crossings, func(a, b crossing) int {
		return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.x, b.x))
	})
	p.covered = make([]float64, p.img.Rect.Dx())
	row := -1
	left, right := len(p.covered), 0
	inside, from := 0, 0.0
	for _, c := range p.crossings {
		if y := c.line / linesPerPixel; y != row {
			p.blend(row, left, right)
			row, left, right = y, len(p.covered), 0
		}
		if inside == 0 {
			from = c.x
		}
		inside += c.way
		if inside == 0 {
			l, r := p.cover(from, c.x)
			left, right = min(left, l), max(right, r)
		}
	}
	p.blend(row, left, right)
	p.crossings = p.crossings[:0]
}

// cover adds a stretch of one line, and returns which pixels it touches.
func (p *painter) cover(from, to float64) (left, right int) {
	from, to = max(from, 0), min(to, float64(len(p.covered)))
	if from >= to {
		return len(p.covered), 0
	}
	left, right = int(from), int(math.Ceil(to))
	for x := left; x < right; x++ {
		p.covered[x] += (min(to, float64(x+1)) - max(from, float64(x))) / linesPerPixel
	}
	return left, right
}

// blend paints the covered pixels of a row, and clears them.
func (p *painter) blend(row, left, right int) {
	for x := left; x < right; x++ {
		share := min(1, p.covered[x]) * p.opacity
		p.covered[x] = 0
		pixel := p.img.Pix[p.img.PixOffset(x, row):]
		for i, c := range [3]uint8{p.colour.R, p.colour.G, p.colour.B} {
			pixel[i] = uint8(float64(pixel[i]) + (float64(c)-float64(pixel[i]))*share + 0.5)
		}
	}
}
