package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"lexline/internal/hearplot"
)

// pictureWriter is what draws a picture with that name; nil: the name's ending says nothing.
func pictureWriter(name string) func(io.Writer, *hearplot.Plot) error {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".svg":
		return hearplot.WriteSVG
	case ".png":
		return hearplot.WritePNG
	}
	return nil
}

// draw draws the picture of a file, and returns its name.
func (h *hearRun) draw(number int, file *heardFile, plot *hearplot.Plot) (name string, err error) {
	name = h.o.picture(number)
	plot.Hearings[0].Heard = file.was
	trace := plot.Hearings[0].Trace
	was, is := file.was.Between(trace.From, trace.To), file.is.Between(trace.From, trace.To)
	if h.o.from > 0 || h.o.to > 0 {
		plot.Title += fmt.Sprintf(", %s to %s", inSeconds(trace.From), inSeconds(trace.To))
	}
	plot.About = summary(&was)
	if len(plot.Hearings) > 1 {
		plot.Hearings[1].Heard = file.is
		plot.About = "with " + strings.Join(h.o.set, ", ") + " instead of " + plot.Hearings[0].Name + ": " + differenceSummary(&was, &is)
	}
	picture, err := os.Create(name)
	if err != nil {
		return "", &hintError{fmt.Errorf("draw %s: %w", file.name, err), "--plot names a file in a folder that is there"}
	}
	defer func() { err = errors.Join(err, picture.Close()) }()
	return name, pictureWriter(name)(picture, plot)
}

// picture names the picture of a recording.
func (o *hearOptions) picture(number int) string {
	if len(o.files) == 1 {
		return o.plot
	}
	ending := filepath.Ext(o.plot)
	return fmt.Sprintf("%s-%d%s", strings.TrimSuffix(o.plot, ending), number+1, ending)
}

// sparesInput returns an error if the picture of a recording would be drawn over a file
// that is read, whatever name that has: recordings cannot be made again.
func (o *hearOptions) sparesInput(number int) error {
	if o.plot == "" {
		return nil
	}
	picture := o.picture(number)
	there, _ := os.Stat(picture) // nil: nothing is there, or making it says what is wrong
	for _, input := range append([]string{o.far, o.config}, o.files...) {
		if info, err := os.Stat(input); err == nil && there != nil && os.SameFile(there, info) {
			return &hintError{fmt.Errorf("--plot %s would overwrite %s, which is read", picture, input), "give the picture another name"}
		}
	}
	return nil
}
