package drill

import (
	"fmt"
	"io"
	"slices"
	"time"
)

// verdicts are what a gateway thinks of a region, with the colours of its band.
var verdicts = []struct{ state, colour string }{
	{"healthy", "#009e73"},
	{"suspect", "#f0e442"},
	{"down", "#d55e00"},
	{"recovering", "#56b4e9"},
	{"pinned", "#cc79a7"},
}

// WriteTimeline draws a run as SVG: the faults as bars over everything, what the
// gateway thought of each region, each caller's turns in the colour of the region
// that answered, and how much later than without a fault each answer came.
func WriteTimeline(w io.Writer, h *History, r *Report, paired []Call) error {
	p := &picture{canvas: canvas{began: h.Began, ended: h.Ended}, h: h, r: r, base: newBaseline(h.Calls, firstFault(h).Add(-windowBefore), paired)}
	p.byRegion = answeringRegions(h)
	p.draw()
	if _, err := io.WriteString(w, p.b.String()); err != nil {
		return fmt.Errorf("write the timeline: %w", err)
	}
	return nil
}

func firstFault(h *History) time.Time {
	o := oracle{h: h}
	return o.firstFault()
}

// picture is one timeline being drawn.
type picture struct {
	canvas
	h        *History
	r        *Report
	base     *baseline
	byRegion map[place]string
}

func (p *picture) draw() {
	lanes := p.lanes()
	top := 58.0
	height := top + 16*float64(len(p.h.Regions)) + 10 + laneStep*float64(len(lanes)) + 20 + delayHigh + 40
	p.begin(height)
	p.heading()
	p.faultBars(p.h.Faults, top-4, height-24)
	p.grid(top-4, height-24)
	p.y = top
	p.bands()
	p.callLanes(lanes)
	p.delays()
	p.f("</svg>\n")
}

// heading says in words what is to be seen.
func (p *picture) heading() {
	r := p.r
	p.text(10, 16, `font-size="14" font-weight="bold"`, fmt.Sprintf("lexline region drill, policy %s, seed %d: %d calls, %d utterances", r.Policy, r.Seed, r.Calls, r.Utterances))
	p.text(10, 32, "", fmt.Sprintf("dropped %d, lost %d, answered twice %d, orders missing %d, twice %d, wrong %d; longest silence %.1f s",
		r.Dropped+r.GaveUp, r.Lost, r.AnsweredTwice, r.Missing, r.Twice, r.Wrong, r.Silence))
	x := keyEdge
	p.keyRow = 24
	p.text(x-6, p.keyRow+9, `text-anchor="end"`, "turns:")
	for i, region := range p.h.Regions {
		p.key(&x, regionColours[i%len(regionColours)], "answered by "+region)
	}
	p.key(&x, colourLost, "not answered")
	p.key(&x, colourFault, "fault")
	x = keyEdge
	p.keyRow = 8
	p.text(x-6, p.keyRow+9, `text-anchor="end"`, "the gateway's verdict on a region:")
	for _, v := range verdicts {
		p.key(&x, v.colour, v.state)
	}
}

// bands draws what the gateway thought of each region.
func (p *picture) bands() {
	for _, region := range p.h.Regions {
		p.text(leftEdge-6, p.y+10, `text-anchor="end"`, region)
		at, state := p.h.Began, "healthy"
		until := func(end time.Time) {
			if x := p.x(at); p.x(end) > x {
				p.f(`<rect class="verdict" x="%.1f" y="%.1f" width="%.1f" height="12" fill="%s"><title>%s: %s</title></rect>`+"\n",
					x, p.y, p.x(end)-x, verdictColour(state), region, state)
				if p.x(end)-x > 10+letter*float64(len(state)) {
					p.text(x+4, p.y+10, `font-size="10"`, state) // colours are not all that tells
				}
			}
		}
		for _, v := range p.h.Verdicts {
			if v.Region == region {
				until(v.Time)
				at, state = v.Time, v.State
			}
		}
		until(p.h.Ended)
		p.y += 16
	}
	p.y += 10
}

func verdictColour(state string) string {
	for _, v := range verdicts {
		if v.state == state {
			return v.colour
		}
	}
	return colourUnknown
}

// lanes returns the calls of each caller.
func (p *picture) lanes() [][]*Call {
	var lanes [][]*Call
	for i := range p.h.Calls {
		c := &p.h.Calls[i]
		for len(lanes) <= c.Lane {
			lanes = append(lanes, nil)
		}
		lanes[c.Lane] = append(lanes[c.Lane], c)
	}
	return lanes
}

// callLanes draws the calls as thin lines and on them the turns, from the first
// word to the answer.
func (p *picture) callLanes(lanes [][]*Call) {
	for i, calls := range lanes {
		if i%5 == 0 {
			p.text(leftEdge-6, p.y+9, `text-anchor="end"`, fmt.Sprintf("caller %d", i+1))
		}
		for _, c := range calls {
			p.f(`<path d="M%.1f %.0fH%.1f" stroke="#999"/>`+"\n", p.x(c.Began), p.y+5, p.x(c.Ended))
			for j := range c.Turns {
				p.turn(c, &c.Turns[j])
			}
			if c.End == EndDropped || c.End == EndGaveUp {
				x := p.x(c.Ended)
				p.f(`<path class="dropped" d="M%.1f %.1f l6 6 m0 -6 l-6 6" stroke="%s" stroke-width="2"><title>call %d: %s</title></path>`+"\n", x-3, p.y+2, colourLost, c.Number, c.End)
			}
		}
		p.y += laneStep
	}
	p.y += 20
}

// turn draws a turn; its title has the call's number and the turn's, what was
// answered, and how much later than without a fault the answer came.
func (p *picture) turn(c *Call, t *Turn) {
	end, colour := t.Answer, p.colour(c, t)
	if end.IsZero() {
		end = t.Said.Add(time.Second)
	}
	x := p.x(t.Began)
	p.f(`<rect class="turn" x="%.1f" y="%.0f" width="%.1f" height="8" fill="%s"><title>%d/%d %s %s</title></rect>`+"\n",
		x, p.y+1, max(1, p.x(end)-x), colour, c.Number, t.Number, t.Kind, p.outcome(c, t))
}

func (p *picture) outcome(c *Call, t *Turn) string {
	if t.Answer.IsZero() {
		return "no answer"
	}
	return fmt.Sprintf("+%.2f s", p.base.extra(c, t).Seconds())
}

// colour is that of the region that answered a turn.
func (p *picture) colour(c *Call, t *Turn) string {
	if t.Answer.IsZero() {
		return colourLost
	}
	i := slices.Index(p.h.Regions, p.byRegion[place{c.Number, t.Number}])
	if i < 0 {
		return colourUnknown
	}
	return regionColours[i%len(regionColours)]
}

// delays draws a dot for each answer, as high as it came late.
func (p *picture) delays() {
	bottom := p.y + delayHigh
	for s := 0.0; s <= mostDelay; s += 2 {
		y := bottom - delayHigh*s/mostDelay
		p.f(`<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s"/>`+"\n", leftEdge, y, leftEdge+plotWidth, y, colourGrid)
		p.text(leftEdge-6, y+4, `text-anchor="end"`, fmt.Sprintf("%.0f s extra", s))
	}
	for i := range p.h.Calls {
		c := &p.h.Calls[i]
		for j := range c.Turns {
			t := &c.Turns[j]
			if t.Answer.IsZero() {
				continue
			}
			late := min(mostDelay, p.base.extra(c, t).Seconds())
			p.f(`<circle class="delay" cx="%.1f" cy="%.1f" r="2" fill="%s"/>`+"\n", p.x(t.Said), bottom-delayHigh*late/mostDelay, p.colour(c, t))
		}
	}
}

// answeringRegions finds which region answered each turn, by the regions' logs:
// the first good answer to what was said.
func answeringRegions(h *History) map[place]string {
	o := newOracle(h, nil)
	found := map[place]string{}
	for i := range h.Calls {
		c := &h.Calls[i]
		for j := range c.Turns {
			t := &c.Turns[j]
			for _, request := range o.asked(c, t) {
				winner := o.winners[turnKey{request.Session, request.Turn}]
				if request.Status == 200 && (winner == request.Region || winner == "" && request.Fault == "") { // a gateway may make do with a part
					found[place{c.Number, t.Number}] = request.Region
					break
				}
			}
			if c.Region != "" && found[place{c.Number, t.Number}] == "" {
				found[place{c.Number, t.Number}] = c.Region
			}
		}
	}
	return found
}
