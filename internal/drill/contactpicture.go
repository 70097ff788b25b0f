package drill

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// WriteContactTimeline draws a drill of contact flows as SVG: the faults as bars
// over everything, the health checks, what the table named, and each customer's
// contacts in the colours of the regions whose bots they talked with.
func WriteContactTimeline(w io.Writer, h *ConnectHistory, r *ConnectReport) error {
	p := &contactPicture{canvas: canvas{began: h.Began, ended: h.Ended}, h: h, r: r}
	p.draw()
	if _, err := io.WriteString(w, p.b.String()); err != nil {
		return fmt.Errorf("write the timeline: %w", err)
	}
	return nil
}

// contactPicture is one timeline of contacts being drawn.
type contactPicture struct {
	canvas
	h *ConnectHistory
	r *ConnectReport
}

func (p *contactPicture) draw() {
	lanes := 0
	for i := range p.h.Contacts {
		lanes = max(lanes, p.h.Contacts[i].Lane+1)
	}
	top := 58.0
	height := top + 2*16 + 10 + laneStep*float64(lanes) + 44
	p.begin(height)
	p.heading()
	p.faultBars(p.h.Faults, top-4, height-24)
	p.grid(top-4, height-24)
	p.y = top
	p.checks()
	p.table()
	p.lanes(lanes)
	p.f("</svg>\n")
}

// heading says in words what is to be seen.
func (p *contactPicture) heading() {
	r := p.r
	p.text(10, 16, `font-size="14" font-weight="bold"`, fmt.Sprintf("lexline region drill, Amazon Connect, policy %s, seed %d: %d contacts", r.Policy, r.Seed, r.Contacts))
	p.text(10, 32, "", fmt.Sprintf("lost %d, moved by an error branch %d, utterances said once more %d, orders missing %d, twice %d, wrong %d; longest silence %.1f s",
		r.Lost+r.GaveUp, r.Branched, r.Repeats, r.Missing, r.Twice, r.Wrong, r.Silence))
	x := keyEdge
	p.keyRow = 24
	p.text(x-6, p.keyRow+9, `text-anchor="end"`, "contacts:")
	for _, region := range p.h.Regions {
		p.key(&x, p.colour(region), "bot of "+region)
	}
	p.key(&x, colourLost, "its block failed, or lost")
	p.key(&x, colourFault, "fault")
}

// colour is that of a region.
func (p *contactPicture) colour(region string) string {
	i := slices.Index(p.h.Regions, region)
	if i < 0 {
		return colourUnknown
	}
	return regionColours[i%len(regionColours)]
}

// checks draws each health check from its beginning to its end.
func (p *contactPicture) checks() {
	p.text(leftEdge-6, p.y+10, `text-anchor="end"`, "checks")
	for _, c := range p.h.Checks {
		x, says := p.x(c.Began), c.Fault
		if says == "" {
			says = fmt.Sprintf("%.1f s", c.Took.Seconds())
		}
		p.f(`<rect class="check" x="%.1f" y="%.1f" width="%.1f" height="12" fill="#666666"/>`+"\n", x, p.y, max(2, p.x(c.Began.Add(c.Took))-x))
		p.text(x, p.y-2, `font-size="8" class="took"`, says)
	}
	p.y += 16
}

// table draws what the table named.
func (p *contactPicture) table() {
	p.text(leftEdge-6, p.y+10, `text-anchor="end"`, "table says")
	for i, word := range p.h.Table {
		end := p.h.Ended
		if i+1 < len(p.h.Table) {
			end = p.h.Table[i+1].Time
		}
		x := p.x(word.Time)
		p.f(`<rect class="table" x="%.1f" y="%.1f" width="%.1f" height="12" fill="%s"/>`+"\n", x, p.y, max(1, p.x(end)-x), p.colour(word.Says))
		if p.x(end)-x > 10+letter*float64(len(word.Says)) {
			p.text(x+4, p.y+10, `font-size="10" fill="white"`, word.Says)
		}
	}
	p.y += 26
}

// lanes draws the contacts of each customer.
func (p *contactPicture) lanes(n int) {
	for lane := range n {
		if lane%5 == 0 {
			p.text(leftEdge-6, p.y+9+laneStep*float64(lane), `text-anchor="end"`, fmt.Sprintf("customer %d", lane+1))
		}
	}
	for i := range p.h.Contacts {
		c := &p.h.Contacts[i]
		y := p.y + laneStep*float64(c.Lane)
		p.f(`<path d="M%.1f %.0fH%.1f" stroke="#999"/>`+"\n", p.x(c.Began), y+5, p.x(c.Ended))
		for _, b := range c.Blocks {
			p.block(c, b, y)
		}
		if c.End != ContactServed && c.End != ContactStopped {
			x := p.x(c.Ended)
			p.f(`<path class="lost" d="M%.1f %.1f l6 6 m0 -6 l-6 6" stroke="%s" stroke-width="2"><title>%s</title></path>`+"\n",
				x-3, y+2, colourLost, fmt.Sprintf("contact %d: %s", c.Number, c.End))
		}
	}
}

// block draws one bot's part of a contact. At the end of one that failed is a mark.
func (p *contactPicture) block(c *Contact, b BotBlock, y float64) {
	x, end := p.x(b.Began), p.x(b.Ended)
	what := "talked"
	if b.Failed {
		what = "failed"
	}
	p.f(`<rect class="bot" x="%.1f" y="%.0f" width="%.1f" height="8" fill="%s"><title>%s</title></rect>`+"\n", x, y+1, max(1, end-x), p.colour(b.Region),
		strings.Join([]string{fmt.Sprint(c.Number), b.Region, what, b.Ended.Sub(b.Began).Round(10 * time.Millisecond).String()}, " "))
	if b.Failed {
		p.f(`<rect class="failed" x="%.1f" y="%.0f" width="2" height="10" fill="%s"/>`+"\n", end-2, y, colourLost)
	}
}
