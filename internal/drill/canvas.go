package drill

import (
	"encoding/xml"
	"fmt"
	"strings"
	"time"
)

// Sizes of the picture, in pixels.
const (
	leftEdge  = 110.0 // room for names
	rightEdge = 20.0
	plotWidth = 1250.0
	laneStep  = 11.0
	delayHigh = 120.0 // of the part with delays
	mostDelay = 6.0   // seconds: what is longer is drawn there
	keyEdge   = 840.0 // of the legend, behind its names
	letter    = 6.2   // width of one, about
)

// Colours of the first region and the second. All colours that mean something are
// of the set by Okabe and Ito, which people who see fewer colours tell apart
// (https://jfly.uni-koeln.de/color/), and each means one thing only.
var regionColours = []string{"#0072b2", "#e69f00"}

const (
	colourLost    = "#000000" // a turn without an answer
	colourGone    = "#d55e00" // a contact that nobody served
	colourWork    = "#666666" // a health check
	colourSilent  = "#999999" // a contact while no bot talks
	colourUnknown = "#8a8a8a"
	colourFault   = "#e4dff1"
	colourGrid    = "#dddddd"
)

// canvas is a picture under way whose horizontal axis is the time of a run.
type canvas struct {
	began, ended time.Time
	b            strings.Builder
	y            float64 // next free line
	keyRow       float64 // top of the legend's row
}

func (p *canvas) f(format string, args ...any) { fmt.Fprintf(&p.b, format, args...) }

// begin begins a picture of that height.
func (p *canvas) begin(height float64) {
	width := leftEdge + plotWidth + rightEdge
	p.f(`<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" font-family="sans-serif" font-size="11">`+"\n",
		width, height, width, height)
	p.f(`<rect width="100%%" height="100%%" fill="white"/>` + "\n")
}

// x is where a time is.
func (p *canvas) x(at time.Time) float64 {
	whole := max(p.ended.Sub(p.began), time.Second)
	return leftEdge + plotWidth*min(1, max(0, float64(at.Sub(p.began))/float64(whole)))
}

func (p *canvas) text(x, y float64, attributes, text string) {
	var safe strings.Builder
	_ = xml.EscapeText(&safe, []byte(text)) // a Builder takes everything
	p.f(`<text x="%.1f" y="%.1f" %s>%s</text>`+"\n", x, y, attributes, safe.String())
}

func (p *canvas) key(x *float64, colour, text string) {
	p.keyed(x, fmt.Sprintf(`<rect x="%.1f" y="%.0f" width="10" height="10" fill="%s"/>`, *x, p.keyRow, colour), text)
}

// keyPath is key for a mark that is drawn in ten pixels, from its top left corner.
func (p *canvas) keyPath(x *float64, d, colour, width, text string) {
	p.keyed(x, fmt.Sprintf(`<path transform="translate(%.1f %.0f)" d="%s" fill="none" stroke="%s" stroke-width="%s"/>`, *x, p.keyRow, d, colour, width), text)
}

func (p *canvas) keyed(x *float64, mark, text string) {
	p.f("%s\n", mark)
	p.text(*x+14, p.keyRow+9, `class="key"`, text)
	*x += 30 + letter*float64(len(text))
}

func (p *canvas) faultBars(faults []Fault, from, to float64) {
	for _, f := range faults {
		end := f.To
		if end.IsZero() {
			end = p.ended
		}
		x := p.x(f.From)
		p.f(`<rect class="fault" x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`+"\n", x, from, max(1, p.x(end)-x), to-from, colourFault)
		p.text(x+3, from-4, fmt.Sprintf(`fill="%s"`, colourLost), fmt.Sprintf("%s in %s", f.Kind, strings.Join(f.Regions, ", ")))
	}
}

// grid draws a line every ten seconds, with the time at the bottom.
func (p *canvas) grid(from, to float64) {
	for at := time.Duration(0); at <= p.ended.Sub(p.began); at += 10 * time.Second {
		x := p.x(p.began.Add(at))
		p.f(`<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s"/>`+"\n", x, from, x, to, colourGrid)
		p.text(x, to+14, `text-anchor="middle"`, fmt.Sprintf("%.0f s", at.Seconds()))
	}
}
