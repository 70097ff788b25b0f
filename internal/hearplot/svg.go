package hearplot

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

// svg writes the sheet as SVG. Its colours are those of the day, and those of the
// night for a reader who prefers them.
func (s *sheet) svg(to io.Writer) error {
	w := bufio.NewWriter(to)
	fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" role="img" aria-labelledby="title desc" font-family="system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif">`+"\n",
		s.width, s.height, s.width, s.height)
	fmt.Fprintf(w, "<title id=\"title\">%s</title>\n<desc id=\"desc\">%s</desc>\n", escaped(s.title), escaped(s.about))
	fmt.Fprint(w, "<style>@media (prefers-color-scheme: dark) {")
	for r := range roles {
		fmt.Fprintf(w, " .a%d{fill:#%06x} .l%d{stroke:#%06x}", r, dark[r], r, dark[r])
	}
	fmt.Fprint(w, " }</style>\n")
	for i := range s.shapes {
		s.shapes[i].svg(w)
	}
	fmt.Fprint(w, "</svg>\n")
	return w.Flush()
}

func (s *shape) svg(w io.Writer) {
	switch {
	case s.text != "":
		fmt.Fprintf(w, `<text class="a%d" fill="#%06x" x="%.1f" y="%.1f" font-size="%g"`, s.role, light[s.role], s.points[0].x, s.points[0].y, s.size)
		if s.anchor != start {
			fmt.Fprintf(w, ` text-anchor="%s"`, [...]string{"start", "middle", "end"}[s.anchor])
		}
		if s.bold {
			fmt.Fprint(w, ` font-weight="600"`)
		}
		fmt.Fprintf(w, ">%s</text>\n", escaped(s.text))
		return
	case s.width > 0:
		fmt.Fprintf(w, `<path class="l%d" fill="none" stroke="#%06x" stroke-width="%g" stroke-linejoin="round" d="%s"`, s.role, light[s.role], s.width, course(s.points))
		if s.dash > 0 {
			fmt.Fprintf(w, ` stroke-dasharray="%g"`, s.dash)
		}
	default:
		fmt.Fprintf(w, `<path class="a%d" fill="#%06x" d="%sz"`, s.role, light[s.role], course(s.points))
	}
	if s.opacity < 1 {
		fmt.Fprintf(w, ` opacity="%g"`, s.opacity)
	}
	if s.note != "" {
		fmt.Fprintf(w, "><title>%s</title></path>\n", escaped(s.note))
		return
	}
	fmt.Fprint(w, "/>\n")
}

// course is a path through the points.
func course(points []point) string {
	var b strings.Builder
	for i, p := range points {
		command := byte('L')
		if i == 0 {
			command = 'M'
		}
		fmt.Fprintf(&b, "%c%.1f %.1f", command, p.x, p.y)
	}
	return b.String()
}

func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder takes everything
	return b.String()
}
