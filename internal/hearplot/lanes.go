package hearplot

import (
	"fmt"
	"math"
	"slices"
	"time"

	"lexline/internal/hearing"
)

// waveLane draws a waveform, as high as it is loud, within limits.
func (d *drawing) waveLane(name string, r role, high float64, waves *hearing.Series[hearing.Wave]) {
	top, bottom := d.lane(name, "waveform", high)
	mid := (top + bottom) / 2
	d.line(grid, 1, point{plotLeft, mid}, point{plotRight, mid})
	columns := perPixel(d, waves)
	if len(columns) == 0 {
		return
	}
	scale := (high / 2) / fullWave(columns)
	var edge []point
	for _, c := range columns { // a silent line is still a line
		edge = append(edge, point{c.x, mid - max(0.4, float64(c.value.High)*scale)})
	}
	for _, c := range slices.Backward(columns) {
		edge = append(edge, point{c.x, mid + max(0.4, -float64(c.value.Low)*scale)})
	}
	d.area(r, 1, edge...)
}

// fullWave is the amplitude that fills a lane: that of the loudest, but never so
// little that the noise of a silent line does.
func fullWave(columns []column[hearing.Wave]) float64 {
	most := 2000.0
	for _, c := range columns {
		most = max(most, float64(c.value.High), -float64(c.value.Low))
	}
	return most
}

// column is a value with its place.
type column[T any] struct {
	x     float64
	value T
}

// perPixel makes one value of all that would be within a pixel.
func perPixel[T interface{ With(next T) T }](d *drawing, s *hearing.Series[T]) []column[T] {
	var columns []column[T]
	for i, value := range s.Values {
		x := d.x(d.trace.From + time.Duration(i)*s.Step + s.Step/2)
		if last := len(columns) - 1; last >= 0 && math.Floor(x) == math.Floor(columns[last].x) {
			columns[last].value = columns[last].value.With(value)
			continue
		}
		columns = append(columns, column[T]{x, value})
	}
	return columns
}

// The levels that are shown, in dBov.
const (
	loudest  = 0.0
	quietest = -80.0
)

// levels draws level, noise floor, and of the bot its level and its echo.
func (d *drawing) levels() {
	top, bottom := d.lane("level", "dBov", levelHigh)
	y := func(level float32) float64 {
		share := (float64(level) - quietest) / (loudest - quietest)
		return bottom - (bottom-top)*min(1, max(0, share))
	}
	for level := quietest; level <= loudest; level += 20 {
		d.scale(y(float32(level)), fmt.Sprintf("%.0f", level))
	}
	points := perPixel(d, &d.trace.Points)
	draw := func(r role, width, dash float64, value func(hearing.Point) float32) {
		for _, piece := range pieces(points, value, y) {
			d.line(r, width, piece...).dash = dash
		}
	}
	if d.plot.HasBot {
		draw(bot, 1.2, 0, func(p hearing.Point) float32 { return p.Bot })
	}
	draw(caller, 1.2, 0, func(p hearing.Point) float32 { return p.Level })
	draw(floor, 1.5, 3, func(p hearing.Point) float32 { return p.Floor })
	if d.plot.HasBot {
		draw(echo, 1.5, 3, func(p hearing.Point) float32 { return p.Echo })
	}
}

// pieces are the stretches of a curve that are in the picture at all.
func pieces(points []column[hearing.Point], value func(hearing.Point) float32, y func(float32) float64) (all [][]point) {
	open := false
	for _, c := range points {
		v := value(c.value)
		if !(v > quietest) {
			open = false
			continue
		}
		if !open {
			all = append(all, nil)
		}
		open = true
		all[len(all)-1] = append(all[len(all)-1], point{c.x, y(v)})
	}
	return all
}

// scale draws a line of a lane's scale, and what it stands for.
func (d *drawing) scale(y float64, label string) {
	d.line(grid, 1, point{plotLeft, y}, point{plotRight, y})
	d.write(muted, 9.5, plotLeft-7, y+3.4, end, label)
}

// chances draws the probability that the caller speaks, and the thresholds.
func (d *drawing) chances() {
	top, bottom := d.lane("probability", "of speech", chanceHigh)
	y := func(p float32) float64 { return bottom - (bottom-top)*float64(p) }
	d.scale(top, "1")
	d.scale(bottom, "0")
	var curve []point
	for _, c := range perPixel(d, &d.trace.Points) {
		curve = append(curve, point{c.x, y(c.value.Probability)})
	}
	if len(curve) > 1 {
		area := append([]point{{curve[0].x, bottom}}, curve...)
		d.area(chance, 0.22, append(area, point{curve[len(curve)-1].x, bottom})...)
		d.line(chance, 1.3, curve...)
	}
	thresholds := d.plot.Hearings[:1]
	if d.twoThresholds() {
		thresholds = d.plot.Hearings
	}
	for i, h := range thresholds {
		d.line(limit, 1, point{plotLeft, y(h.Threshold)}, point{plotRight, y(h.Threshold)}).dash = limitDash[i]
		if i == 0 || math.Abs(y(h.Threshold)-y(thresholds[0].Threshold)) > 10 { // the legend has both
			d.write(muted, 9.5, plotLeft-7, y(h.Threshold)+3.4, end, fmt.Sprintf("%.3g", h.Threshold))
		}
	}
}

// limitDash tells the thresholds of two hearings apart.
var limitDash = [2]float64{4, 1.5}

// twoThresholds reports whether the recording was heard with two thresholds.
func (d *drawing) twoThresholds() bool {
	return len(d.plot.Hearings) > 1 && d.plot.Hearings[0].Threshold != d.plot.Hearings[1].Threshold
}
