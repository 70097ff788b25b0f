package hearplot

import (
	"fmt"
	"time"

	"lexline/internal/hearing"
	"lexline/internal/vad"
)

// How much of its colour a part of a turn has.
const (
	preRollOpacity = 0.28
	stopOpacity    = 0.5
	shadeOpacity   = 0.07
)

// leastDetail is how wide a turn must be, in pixels, for its parts to be seen.
const leastDetail = 5.0

// shade marks the turns of the only hearing behind all lanes.
func (d *drawing) shade() {
	if len(d.plot.Hearings) > 1 {
		return
	}
	for _, t := range d.plot.Hearings[0].Heard.Turns {
		if d.seen(t.Start, t.End) {
			x := d.x(t.Onset)
			d.rect(colourOf(t), shadeOpacity, x, lanesTop-8, d.x(t.End)-x, d.end()-lanesTop+8)
		}
	}
}

func colourOf(t hearing.Turn) role {
	if t.BargeIn {
		return bargeIn
	}
	return turn
}

// turns draws the decisions of a hearing as a strip, and its turns as bars.
func (d *drawing) turns(h *Hearing) {
	top, _ := d.lane("turns", h.Name, stripHigh+barHigh)
	d.line(grid, 1, point{plotLeft, top + stripHigh/2}, point{plotRight, top + stripHigh/2})
	step := h.Trace.Points.Step
	for i := 0; i < len(h.Trace.Points.Values); i++ {
		first := i
		for i < len(h.Trace.Points.Values) && h.Trace.Points.Values[i].Speech {
			i++
		}
		if i > first {
			from := d.x(h.Trace.From + time.Duration(first)*step)
			d.rect(chance, 1, from, top, max(1, d.x(h.Trace.From+time.Duration(i)*step)-from), stripHigh-1)
		}
	}
	d.rect(grid, 0.5, plotLeft, top+stripHigh+3, plotRight-plotLeft, barHigh-3)
	for i, t := range h.Heard.Turns {
		if d.seen(t.Start, t.End) {
			d.bar(i+1, t, top+stripHigh+3, barHigh-3)
		}
	}
	for _, at := range h.Heard.Refused {
		if d.seen(at, at+1) {
			d.cross(d.x(at), top+stripHigh+3+(barHigh-3)/2).note = fmt.Sprintf("barge-in refused at %.2f s", at.Seconds())
		}
	}
}

// cross marks a refused barge-in.
func (d *drawing) cross(x, y float64) *shape {
	const arm = 4.0
	d.line(bargeIn, 2, point{x - arm, y + arm}, point{x + arm, y - arm})
	return d.line(bargeIn, 2, point{x - arm, y - arm}, point{x + arm, y + arm})
}

// bargesIn reports whether there are barge-ins in the picture, and refused ones.
func (d *drawing) bargesIn() (some, refused bool) {
	for _, h := range d.plot.Hearings {
		for _, t := range h.Heard.Turns {
			some = some || t.BargeIn && d.seen(t.Start, t.End)
		}
		for _, at := range h.Heard.Refused {
			refused = refused || d.seen(at, at+1)
		}
	}
	return some, refused
}

// bar draws one turn.
func (d *drawing) bar(number int, t hearing.Turn, top, high float64) {
	r := colourOf(t)
	note := fmt.Sprintf("turn %d: %.2f s to %.2f s, noticed at %.2f s, ended by %v at %.2f s", number,
		t.Onset.Seconds(), t.Last.Seconds(), t.Opened.Seconds(), t.Reason, t.End.Seconds())
	if d.x(t.End)-d.x(t.Onset) < leastDetail {
		d.rect(r, 1, d.x(t.Onset), top, max(0.5, d.x(t.End)-d.x(t.Onset)), high)
		return
	}
	part := func(opacity float64, from, to time.Duration) {
		if x := d.x(from); d.x(to) > x {
			d.rect(r, opacity, x, top, d.x(to)-x, high).note = note
		}
	}
	part(preRollOpacity, t.Start, t.Onset)
	part(1, t.Onset, t.Last)
	part(stopOpacity, t.Last, t.End)
	if t.Opened > d.trace.From && t.Opened < d.trace.To {
		d.line(ink, 1.6, point{d.x(t.Opened), top - 3}, point{d.x(t.Opened), top + high + 3})
	}
	if t.Reason == hearing.Cap {
		d.rect(ink, 1, d.x(t.End)-2.5, top, 2.5, high)
	}
	d.label(t, top+high/2+4)
}

// label says how long a turn is, where there is room for it behind the moment of notice.
func (d *drawing) label(t hearing.Turn, base float64) {
	x := max(d.x(t.Onset), d.x(t.Opened)) + 6
	for _, text := range []string{fmt.Sprintf("%.2f s", (t.Last - t.Onset).Seconds()), fmt.Sprintf("%.1f s", (t.Last - t.Onset).Seconds())} {
		if x+roomFor(text, small)+3 < d.x(t.Last) {
			d.write(onBar, small, x, base, start, text)
			return
		}
	}
}

// tones are those in the picture.
func (d *drawing) tones() (seen []hearing.Tone) {
	for _, t := range d.plot.Hearings[0].Heard.Tones {
		if d.seen(t.From, t.To) {
			seen = append(seen, t)
		}
	}
	return seen
}

// toneLane draws the tones, with their keys where they are keys.
func (d *drawing) toneLane() {
	top, _ := d.lane("tones", "", barHigh)
	d.rect(grid, 0.5, plotLeft, top, plotRight-plotLeft, barHigh)
	for _, t := range d.tones() {
		x, to := d.x(t.From), d.x(t.To)
		d.rect(tone, 1, x, top, max(1.5, to-x), barHigh)
		text := toneName(t)
		if roomFor(text, small)+2 < to-x {
			d.write(onBar, small, (x+to)/2, top+barHigh/2+4, middle, text)
		}
	}
}

func toneName(t hearing.Tone) string {
	if t.Kind == vad.DTMF {
		return string(t.Key)
	}
	return t.Kind.String()
}
