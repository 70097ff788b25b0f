package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// errDiffers says that the weights are not what their recipe makes.
var errDiffers = errors.New("the weights are not what their recipe makes now; train anew, or undo what changed it")

// verify makes the weights of a card anew and compares the bytes.
func verify(ctx context.Context, o options, out io.Writer, tell teller) error {
	want, err := readCard(o.out)
	if err != nil {
		return err
	}
	file, err := os.ReadFile(filepath.Join(o.out, weightsFile))
	if err != nil {
		return fmt.Errorf("weights: %w", err)
	}
	o.recipe, o.date = want.Recipe, want.Date
	n, got, err := all(ctx, o, tell)
	if err != nil {
		return err
	}
	same := bytes.Equal(n.Append(nil), file)
	for _, d := range differences(want.Digests, got.Digests) {
		same = false
		fmt.Fprintln(out, d)
	}
	if !same {
		return errDiffers
	}
	fmt.Fprintf(out, "%s/%s: made again from %d files, the same %d bytes\n", o.out, weightsFile, got.Files, len(file))
	return nil
}

// differences are lines about every digest that is not what the card says.
func differences(want, got digests) (lines []string) {
	for _, d := range []struct{ what, want, got string }{
		{"the voices", want.Voices, got.Voices},
		{"the front end", want.FrontEnd, got.FrontEnd},
		{"the slice", want.Slice, got.Slice},
		{"the first files", want.First, got.First},
		{"the files", want.Corpus, got.Corpus},
		{"the weights", want.Weights, got.Weights},
	} {
		if d.want != d.got {
			lines = append(lines, fmt.Sprintf("%s: SHA-256 %s; the card says %s", d.what, d.got, d.want))
		}
	}
	return lines
}

// verifySlice trains the small slice by the recipe of a card and compares.
func verifySlice(ctx context.Context, o options, out io.Writer) error {
	c, err := readCard(o.out)
	if err != nil {
		return err
	}
	slice, err := c.Recipe.slice(ctx)
	if err != nil {
		return err
	}
	got := c.Digests
	if got.Slice, err = c.Recipe.sliceDigest(ctx, slice); err != nil {
		return err
	}
	got.FrontEnd = frontEndDigest()
	lines := differences(c.Digests, got)
	for _, line := range lines {
		fmt.Fprintln(out, line)
	}
	if len(lines) > 0 {
		return errDiffers
	}
	fmt.Fprintln(out, "the slice is what the card says: mixer, front end, trainer and recipe are those of the weights")
	return nil
}
