package drill

import (
	"fmt"
	"io"
	"slices"
	"strings"
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
	const top = 88.0
	height := top + 2*16 + 10 + laneStep*float64(lanes) + 44
	p.begin(height)
	p.heading()
	p.faultBars(p.h.Faults, top-14, height-24) // its name above the checks' times
	p.grid(top-14, height-24)
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
	p.legend()
}

// legend explains every mark.
func (p *contactPicture) legend() {
	x := leftEdge
	p.keyRow = 42
	for _, region := range p.h.Regions {
		p.key(&x, p.colour(region), "talks with the bot of "+region)
	}
	p.keyPath(&x, "M0 5h10", colourSilent, "1", "talks with no bot")
	p.keyPath(&x, "M5 0v10", colourLost, "2", "the bot's block failed")
	p.keyPath(&x, "M2 2l6 6m0 -6l-6 6", colourGone, "2", "contact lost")
	p.key(&x, colourWork, "health check, and how long it took")
	if slices.ContainsFunc(p.h.Table, func(w TableWord) bool { return p.colour(w.Says) == colourUnknown }) {
		p.key(&x, colourUnknown, "no region")
	}
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
		p.f(`<rect class="check" x="%.1f" y="%.1f" width="%.1f" height="12" fill="%s"/>`+"\n", x, p.y, max(2, p.x(c.Began.Add(c.Took))-x), colourWork)
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

// strokes are the lines of one kind, drawn as one path: a picture has thousands.
type strokes struct{ strings.Builder }

// across adds a line that is a pixel long at least.
func (s *strokes) across(x, y, end float64) {
	fmt.Fprintf(s, "M%.1f %.0fh%.1f", x, y, max(1, end-x))
}

// path draws the lines that are there.
func (p *contactPicture) path(class, look string, s *strokes) {
	if s.Len() > 0 {
		p.f(`<path class="%s" d="%s" fill="none" %s/>`+"\n", class, s, look)
	}
}

// lanes draws the contacts of each customer: a thin line for the whole of it, a bar
// for each bot, with a mark at the end of one that failed.
func (p *contactPicture) lanes(n int) {
	for lane := 0; lane < n; lane += 5 {
		p.text(leftEdge-6, p.y+9+laneStep*float64(lane), `text-anchor="end"`, fmt.Sprintf("customer %d", lane+1))
	}
	var whole, failed, lost strokes
	bots := make([]strokes, len(p.h.Regions))
	for i := range p.h.Contacts {
		c := &p.h.Contacts[i]
		y := p.y + laneStep*float64(c.Lane)
		whole.across(p.x(c.Began), y+5, p.x(c.Ended))
		for _, b := range c.Blocks {
			if region := slices.Index(p.h.Regions, b.Region); region >= 0 {
				bots[region].across(p.x(b.Began), y+5, p.x(b.Ended))
			}
			if b.Failed {
				fmt.Fprintf(&failed, "M%.1f %.0fv10", p.x(b.Ended), y)
			}
		}
		if c.End != ContactServed && c.End != ContactStopped {
			fmt.Fprintf(&lost, "M%.1f %.0fl6 6m0 -6l-6 6", p.x(c.Ended)-3, y+2)
		}
	}
	p.path("contact", fmt.Sprintf(`stroke="%s"`, colourSilent), &whole)
	for i, region := range p.h.Regions {
		p.path("bot", fmt.Sprintf(`stroke="%s" stroke-width="8"`, p.colour(region)), &bots[i])
	}
	p.path("failed", fmt.Sprintf(`stroke="%s" stroke-width="2"`, colourLost), &failed)
	p.path("lost", fmt.Sprintf(`stroke="%s" stroke-width="2"`, colourGone), &lost)
}
