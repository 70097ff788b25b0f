// Demopicture draws what `lexline demo` printed, from the moment its second act begins
// to the table of orders, as a picture of a terminal: for the README, where people look
// before they read. It reads the output on standard input and writes SVG to standard
// output. A demo that lost no region, or whose orders were not all placed, is an error:
// the picture shows a run as it was.
//
//	make pictures-demo
package main

import (
	"bufio"
	"errors"
	"fmt"
	"html"
	"io"
	"os"
	"regexp"
	"strings"
	"unicode/utf8"
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "demopicture:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	lines, err := read(in)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(out, draw(lines)); err != nil {
		return fmt.Errorf("write the picture: %w", err)
	}
	return nil
}

// Where the part that is drawn begins, and what comes behind it.
const (
	beginning = "Act two:"
	behind    = "Listen ("
)

// orders are those of the demo's callers.
const orders = 3

// read returns the lines that are drawn, without the blank ones at the end.
func read(in io.Reader) (lines []string, err error) {
	scanner := bufio.NewScanner(in)
	lost, placed, ended := false, 0, false
	for scanner.Scan() {
		line := strings.TrimRight(scanner.Text(), " ")
		switch {
		case strings.HasPrefix(line, beginning):
			lines = []string{line}
			continue
		case strings.HasPrefix(line, behind):
			ended = true
		case len(lines) == 0 || ended:
			continue
		}
		if ended {
			continue
		}
		lost = lost || strings.Contains(line, "REGION")
		if strings.Contains(line, "  as placed: ") {
			placed++
		}
		lines = append(lines, line)
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("read the demo's output: %w", err)
	}
	switch {
	case len(lines) == 0:
		return nil, fmt.Errorf("the input has no line that begins with %q: it is not what lexline demo prints", beginning)
	case !lost:
		return nil, errors.New("no region was lost in this demo")
	case placed != orders:
		return nil, fmt.Errorf("%d of %d orders were fulfilled as placed; run the demo again on a machine with less to do", placed, orders)
	}
	for lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines, nil
}

// The measures of the picture, in pixels.
const (
	letter = 7.8 // of a letter of 13 pixels in most monospaced types
	row    = 19
	margin = 18
)

// event finds the time, the caller and what happens in a line of the demo.
var event = regexp.MustCompile(`^( *\d+\.\d s {2})(\w* *?)( {1,8})(calls|says|hears|bot|times|gateway|ended|REGION)( +)(.*)$`)

// colours are those of what happens, on the picture's dark ground.
var colours = map[string]string{
	"says": "#7ee787", "hears": "#79c0ff", "bot": "#d2a8ff", "times": "#8b949e", "gateway": "#ffa657", "REGION": "#ff7b72",
}

// draw returns the SVG of the lines.
func draw(lines []string) string {
	widest := 0
	for _, line := range lines {
		widest = max(widest, utf8.RuneCountInString(line))
	}
	width, height := 2*margin+int(letter*float64(widest)), 2*margin+row*len(lines)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="The second act of lexline demo in a terminal">`+"\n", width, height, width, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" rx="8" fill="#0d1117"/>`+"\n", width, height)
	b.WriteString(`<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="13" fill="#c9d1d9">` + "\n")
	for i, line := range lines {
		if line == "" {
			continue
		}
		fmt.Fprintf(&b, `<text x="%d" y="%d" textLength="%.1f">%s</text>`+"\n", margin, margin+row*i+14, letter*float64(utf8.RuneCountInString(line)), coloured(line))
	}
	b.WriteString("</g>\n</svg>\n")
	return b.String()
}

// coloured returns a line as SVG text, with the colour of what happens in it.
func coloured(line string) string {
	if parts := event.FindStringSubmatch(line); parts != nil && colours[parts[4]] != "" {
		return span("#8b949e", parts[1]) + escape(parts[2]+parts[3]) + span(colours[parts[4]], parts[4]+parts[5]+parts[6])
	}
	if before, after, found := strings.Cut(line, "as placed: "); found {
		return escape(before) + span("#7ee787", "as placed: "+after)
	}
	return escape(line)
}

func span(colour, text string) string {
	return `<tspan fill="` + colour + `">` + escape(text) + `</tspan>`
}

// escape returns a text for SVG. Its spaces do not break and do not run together, which
// browsers do to others in spite of xml:space.
func escape(text string) string {
	return strings.ReplaceAll(html.EscapeString(text), " ", "\u00a0")
}
