package hearplot

import (
	"math"
	"strings"
)

// The letters of PNG pictures are drawn with a pen: each is a few strokes, divided by
// commas, and each stroke a row of places, x and y as two digits. Capitals
// reach from y 0 to the base line at 6, small letters begin at 2, tails end at 8.
var glyphs = map[rune]string{
	' ': "", '!': "00 04,06 06", '"': "00 02,20 22", '#': "10 16,30 36,02 42,04 44", '%': "40 06,00 10 11 01 00,35 45 46 36 35",
	'&': "46 11 10 20 21 04 05 16 26 44", '\'': "00 02", '(': "20 11 15 26", ')': "00 11 15 06", '*': "11 35,31 15,21 25",
	'+': "04 44,22 26", ',': "16 07", '-': "04 24", '.': "06 06", '/': "30 06", ':': "03 03,06 06", ';': "13 13,16 07",
	'<': "32 04 36", '=': "03 33,05 35", '>': "02 34 06", '?': "01 10 20 31 32 14,16 16", '@': "34 33 13 15 35 31 20 10 01 05 16 36",
	'[': "20 00 06 26", '\\': "00 36", ']': "00 20 26 06", '^': "02 20 42", '_': "07 47", '|': "00 07", '~': "04 13 24 33", '·': "04 04",
	'0': "10 20 31 35 26 16 05 01 10", '1': "02 20 26", '2': "01 10 20 31 32 06 36", '3': "01 10 20 31 32 23 13,23 34 35 26 16 05",
	'4': "26 20 04 34", '5': "30 00 02 22 33 35 26 16 05", '6': "30 20 02 05 16 26 35 34 23 13 04", '7': "00 30 16",
	'8': "10 20 31 32 23 13 02 01 10,13 04 05 16 26 35 34 23", '9': "06 16 34 31 20 10 01 02 13 23 32",
	'A': "06 20 46,14 34", 'B': "06 00 30 41 42 33 03,33 44 45 36 06", 'C': "41 30 10 01 05 16 36 45", 'D': "00 06 26 44 42 20 00",
	'E': "40 00 06 46,03 33", 'F': "40 00 06,03 33", 'G': "41 30 10 01 05 16 36 45 43 23", 'H': "00 06,40 46,03 43", 'I': "00 06",
	'J': "30 35 26 16 05", 'K': "00 06,40 03 46", 'L': "00 06 36", 'M': "06 00 23 40 46", 'N': "06 00 46 40",
	'O': "10 30 41 45 36 16 05 01 10", 'P': "06 00 30 41 42 33 03", 'Q': "10 30 41 45 36 16 05 01 10,34 46",
	'R': "06 00 30 41 42 33 03,23 46", 'S': "41 30 10 01 02 13 33 44 45 36 16 05", 'T': "00 40,20 26", 'U': "00 05 16 36 45 40",
	'V': "00 26 40", 'W': "00 16 22 36 40", 'X': "00 46,40 06", 'Y': "00 23 40,23 26", 'Z': "00 40 06 46",
	'a': "02 22 33 36,34 14 05 16 26 35", 'b': "00 06,03 12 22 33 35 26 16 05", 'c': "33 22 12 03 05 16 26 35",
	'd': "30 36,33 22 12 03 05 16 26 35", 'e': "04 34 33 22 12 03 05 16 26 35", 'f': "20 11 16,02 22",
	'g': "32 37 28 18 07,33 22 12 03 05 16 26 35", 'h': "00 06,03 12 22 33 36", 'i': "02 06,00 00", 'j': "12 17 08,10 10",
	'k': "00 06,32 04 36", 'l': "00 06", 'm': "02 06,03 12 23 26,23 32 43 46", 'n': "02 06,03 12 22 33 36",
	'o': "12 22 33 35 26 16 05 03 12", 'p': "02 08,03 12 22 33 35 26 16 05", 'q': "32 38,33 22 12 03 05 16 26 35",
	'r': "02 06,03 12 22", 's': "32 12 03 14 24 35 26 06", 't': "10 15 26,02 22", 'u': "02 05 16 26 35,32 36", 'v': "02 26 42",
	'w': "02 16 23 36 42", 'x': "02 36,32 06", 'y': "02 26,42 18", 'z': "02 32 06 36",
}

// unknownGlyph stands for what the pen does not know.
const unknownGlyph = "00 30 36 06 00"

const (
	penUnit    = 0.118 // of the size: the distance of two places
	penNarrow  = 0.86  // by which letters are narrower than the places make them
	penGap     = 1.75  // between letters, in places
	penSpace   = 1.6   // width of a space, in places
	penBase    = 6     // the base line
	penWidth   = 0.095 // of the size
	penBold    = 0.15
	gentleTurn = math.Pi / 3 // a turn of the pen up to this is part of a curve
)

// glyph returns the strokes of a letter and its width, in places.
func glyph(letter rune) (strokes [][]point, width float64) {
	if letter == ' ' {
		return nil, penSpace
	}
	code, ok := glyphs[letter]
	if !ok {
		code = unknownGlyph
	}
	for stroke := range strings.SplitSeq(code, ",") {
		var points []point
		for place := range strings.FieldsSeq(stroke) {
			p := point{float64(place[0] - '0'), float64(place[1] - '0')}
			points = append(points, p)
			width = max(width, p.x)
		}
		strokes = append(strokes, rounded(points))
	}
	return strokes, width
}

// rounded cuts the corners of a stroke's curves, so that they look round.
func rounded(points []point) []point {
	if len(points) < 3 {
		return points
	}
	out := points[:1:1]
	for i := 1; i+1 < len(points); i++ {
		a, b, c := points[i-1], points[i], points[i+1]
		bend := math.Abs(math.Remainder(math.Atan2(c.y-b.y, c.x-b.x)-math.Atan2(b.y-a.y, b.x-a.x), 2*math.Pi))
		if bend < 0.01 || bend > gentleTurn {
			out = append(out, b)
			continue
		}
		out = append(out, between(b, a, 0.3), between(b, c, 0.3))
	}
	return append(out, points[len(points)-1])
}

// between is the point that lies that share of the way from a to b.
func between(a, b point, share float64) point {
	return point{a.x + (b.x-a.x)*share, a.y + (b.y-a.y)*share}
}

// textWidth is the width of a text in pixels, written with the pen.
func textWidth(text string, size float64) float64 {
	width := 0.0
	for _, letter := range text {
		_, w := glyph(letter)
		width += w + penGap
	}
	return max(0, width-penGap) * penUnit * penNarrow * size
}

// roomFor is the room that a text needs in pixels, whatever a reader's font is.
func roomFor(text string, size float64) float64 { return 1.16 * textWidth(text, size) }

// shortened is as much of a text as there is room for.
func shortened(text string, size, room float64) string {
	short := text
	for letters := []rune(text); roomFor(short, size) > room && len(letters) > 0; {
		letters = letters[:len(letters)-1]
		short = string(letters) + "..."
	}
	return short
}

// penned returns the strokes of a text whose base line begins at a place.
func penned(text string, size float64, at point) (strokes [][]point) {
	x := at.x
	for _, letter := range text {
		lines, width := glyph(letter)
		for _, line := range lines {
			moved := make([]point, len(line))
			for i, p := range line {
				moved[i] = point{x + p.x*penUnit*penNarrow*size, at.y + (p.y-penBase)*penUnit*size}
			}
			strokes = append(strokes, moved)
		}
		x += (width + penGap) * penUnit * penNarrow * size
	}
	return strokes
}
