package hearplot

import (
	"image"
	"image/png"
	"io"
	"math"
)

// pngScale is how many pixels of a PNG picture are one of the sheet.
const pngScale = 2

// png writes the sheet as PNG, in the colours of the day.
func (s *sheet) png(w io.Writer) error {
	img := image.NewNRGBA(image.Rect(0, 0, int(s.width*pngScale), int(s.height*pngScale)))
	for i := range img.Pix {
		img.Pix[i] = 0xff
	}
	for i := range s.shapes {
		s.shapes[i].paint(&painter{img: img, colour: s.shapes[i].role.rgb(), opacity: s.shapes[i].opacity})
	}
	return png.Encode(w, img)
}

// paint draws the shape with a painter that has its colour.
func (s *shape) paint(p *painter) {
	switch {
	case s.text != "":
		x := s.points[0].x - textWidth(s.text, s.size)*[...]float64{0, 0.5, 1}[s.anchor]
		width := penWidth
		if s.bold {
			width = penBold
		}
		for _, stroke := range penned(s.text, s.size, point{x, s.points[0].y}) {
			p.stroke(stroke, s.size*width)
		}
	case s.width > 0 && s.dash > 0:
		for _, piece := range dashes(s.points, s.dash) {
			p.stroke(piece, s.width)
		}
	case s.width > 0:
		p.stroke(s.points, s.width)
	default:
		p.edge(s.points)
	}
	p.fill()
}

// dashes cuts a line into dashes with gaps of the same length.
func dashes(points []point, length float64) (pieces [][]point) {
	left, drawn := length, true
	piece := []point{points[0]}
	for i := 1; i < len(points); i++ {
		for from := points[i-1]; ; {
			to := points[i]
			rest := math.Hypot(to.x-from.x, to.y-from.y)
			if rest <= left {
				left -= rest
				piece = append(piece, to)
				break
			}
			from = between(from, to, left/rest)
			if drawn {
				pieces = append(pieces, append(piece, from))
			}
			piece, left, drawn = []point{from}, length, !drawn
		}
	}
	if drawn && len(piece) > 1 {
		pieces = append(pieces, piece)
	}
	return pieces
}
