package hearplot

import (
	"fmt"
	"io"
	"time"

	"lexline/internal/hearing"
)

// Plot is what a picture shows: one recording, heard once or, with other settings,
// twice.
type Plot struct {
	Title    string // what was heard
	About    string // a sentence on what came of it
	HasBot   bool
	Hearings []Hearing // one or two, with traces of the same stretch
}

// Hearing is a recording as heard with some settings.
type Hearing struct {
	Name      string // of the settings
	Threshold float32
	Trace     *hearing.Trace
	Heard     hearing.Heard
}

// Points is how many points a trace should keep for a picture: more cannot be seen.
const Points = 2400

// WriteSVG writes the picture as SVG. It follows a reader's wish for dark pages.
func WriteSVG(w io.Writer, p *Plot) error {
	if err := layOut(p).svg(w); err != nil {
		return fmt.Errorf("write the picture: %w", err)
	}
	return nil
}

// WritePNG writes the picture as PNG, two pixels for each one of the SVG.
func WritePNG(w io.Writer, p *Plot) error {
	if err := layOut(p).png(w); err != nil {
		return fmt.Errorf("write the picture: %w", err)
	}
	return nil
}

// Sizes of the picture, in pixels.
const (
	sheetWidth = 1200.0
	edge       = 24.0
	plotLeft   = 138.0
	plotRight  = sheetWidth - edge
	laneGap    = 16.0
	nearHigh   = 100.0
	farHigh    = 64.0
	levelHigh  = 104.0
	chanceHigh = 84.0
	barHigh    = 26.0
	stripHigh  = 7.0
	small      = 11.0
	normal     = 12.5
)

// drawing is a plot being laid out.
type drawing struct {
	sheet
	plot  *Plot
	trace *hearing.Trace // of the first hearing
	y     float64        // top of the next lane
}

func layOut(p *Plot) *sheet {
	d := &drawing{plot: p, trace: p.Hearings[0].Trace}
	d.sheet = sheet{width: sheetWidth, title: p.Title, about: p.About}
	d.height = d.end() + 44
	d.rect(paper, 1, 0, 0, d.width, d.height)
	d.heading()
	d.shade()
	d.timeAxis()
	d.waveLane("caller", caller, nearHigh, &d.trace.Near)
	if p.HasBot {
		d.waveLane("bot", bot, farHigh, &d.trace.Far)
	}
	d.levels()
	d.chances()
	for i := range p.Hearings {
		d.turns(&p.Hearings[i])
	}
	if len(d.tones()) > 0 {
		d.toneLane()
	}
	return &d.sheet
}

const lanesTop = 112.0

// end is where the last lane ends.
func (d *drawing) end() float64 {
	y := lanesTop + nearHigh + laneGap + levelHigh + laneGap + chanceHigh + laneGap
	if d.plot.HasBot {
		y += farHigh + laneGap
	}
	y += float64(len(d.plot.Hearings)) * (stripHigh + barHigh + laneGap)
	if len(d.tones()) > 0 {
		y += barHigh + laneGap
	}
	return y - laneGap
}

// heading says what is to be seen, and explains each colour.
func (d *drawing) heading() {
	d.y = lanesTop
	d.write(ink, 18, edge, 38, start, d.plot.Title).bold = true
	d.write(muted, normal, edge, 60, start, d.plot.About)
	x := edge
	for _, k := range d.keys() {
		switch {
		case k.cross:
			d.cross(x+7, 80)
		case k.line:
			d.line(k.role, 2, point{x, 80}, point{x + 14, 80}).dash = k.dash
		default:
			d.rect(k.role, k.opacity, x, 75, 14, 10)
		}
		d.write(muted, small, x+19, 84, start, k.text)
		x += 19 + roomFor(k.text, small) + 16
	}
}

// key is an entry of the legend.
type key struct {
	role    role
	opacity float64
	line    bool
	cross   bool
	dash    float64
	text    string
}

func (d *drawing) keys() []key {
	keys := []key{
		{role: turn, opacity: 1, text: "turn"},
		{role: turn, opacity: preRollOpacity, text: "pre-roll"},
		{role: turn, opacity: stopOpacity, text: "stop time"},
		{role: ink, line: true, text: "noticed"},
		{role: chance, opacity: 1, text: "speech"},
		{role: caller, line: true, text: "level"},
		{role: floor, line: true, dash: 3, text: "noise floor"},
	}
	if d.plot.HasBot {
		keys = append(keys, key{role: bot, line: true, text: "bot's level"}, key{role: echo, line: true, dash: 3, text: "echo expected"})
	}
	some, refused := d.bargesIn()
	if some {
		keys = append(keys, key{role: bargeIn, opacity: 1, text: "barge-in"})
	}
	if refused {
		keys = append(keys, key{cross: true, text: "refused barge-in"})
	}
	if len(d.tones()) > 0 {
		keys = append(keys, key{role: tone, opacity: 1, text: "tone"})
	}
	if d.twoThresholds() {
		for i, h := range d.plot.Hearings {
			keys = append(keys, key{role: limit, line: true, dash: limitDash[i], text: fmt.Sprintf("threshold %.3g", h.Threshold)})
		}
	}
	return keys
}

// x is where a time is.
func (d *drawing) x(at time.Duration) float64 {
	whole := d.trace.To - d.trace.From
	if whole <= 0 {
		return plotLeft
	}
	share := float64(at-d.trace.From) / float64(whole)
	return plotLeft + (plotRight-plotLeft)*min(1, max(0, share))
}

// seen reports whether something from one time to another is in the picture.
func (d *drawing) seen(from, to time.Duration) bool { return to > d.trace.From && from < d.trace.To }

// lane begins a lane: its name, and what its numbers are.
func (d *drawing) lane(name, unit string, high float64) (top, bottom float64) {
	top = d.y
	middle := top + high/2
	if unit == "" {
		middle += normal / 2
	}
	d.write(ink, normal, edge, middle-2, start, name).bold = true
	if unit != "" {
		d.write(muted, small, edge, middle+small+2, start, shortened(unit, small, plotLeft-edge-22))
	}
	d.y += high + laneGap
	return top, top + high
}
