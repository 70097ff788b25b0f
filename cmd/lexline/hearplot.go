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
	name = h.o.plot
	if len(h.o.files) > 1 {
		ending := filepath.Ext(name)
		name = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(name, ending), number+1, ending)
	}
	plot.Hearings[0].Heard = file.was
	plot.About = summary(&file.was)
	if len(plot.Hearings) > 1 {
		plot.Hearings[1].Heard = file.is
		plot.About = "with " + strings.Join(h.o.set, ", ") + " instead of " + plot.Hearings[0].Name + ": " + differenceSummary(file)
	}
	picture, err := os.Create(name)
	if err != nil {
		return "", &hintError{fmt.Errorf("draw %s: %w", file.name, err), "--plot names a file in a folder that is there"}
	}
	defer func() { err = errors.Join(err, picture.Close()) }()
	return name, pictureWriter(name)(picture, plot)
}
