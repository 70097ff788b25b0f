// Command imagearchive makes an archive of a container image that is the same each
// time. It reads what `podman save --format docker-archive` wrote, leaves out what
// names the build and not the image (ids of the containers it was built in, host
// names, notes on its cache), and writes an archive that podman load and docker load
// take. The layers are kept as they are, and checked.
//
// usage: go run ./scripts/imagearchive -in saved.tar -out image.tar.gz
package main

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	err := run(os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "imagearchive:", err)
		os.Exit(1)
	}
}

func run(args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("imagearchive", flag.ContinueOnError)
	flags.SetOutput(stderr)
	in := flags.String("in", "", "`file` that podman saved")
	out := flags.String("out", "", "`file` for the archive; compressed if its name ends in .gz")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *in == "" || *out == "" || flags.NArg() > 0 {
		return errors.New("usage: imagearchive -in FILE -out FILE")
	}
	from, err := os.Open(*in)
	if err != nil {
		return fmt.Errorf("read the image: %w", err)
	}
	defer from.Close()
	img, err := readImage(from)
	if err != nil {
		return fmt.Errorf("read the image in %s: %w", *in, err)
	}
	if err := os.MkdirAll(filepath.Dir(*out), 0o755); err != nil {
		return fmt.Errorf("keep the archive: %w", err)
	}
	to, err := os.Create(*out)
	if err != nil {
		return fmt.Errorf("keep the archive: %w", err)
	}
	defer to.Close() // checked below where it matters
	told, err := writeArchive(to, from, img, strings.HasSuffix(*out, ".gz"))
	if err = errors.Join(err, to.Close()); err != nil {
		_ = os.Remove(*out) // a part of an archive is worse than none
		return fmt.Errorf("write %s: %w", *out, err)
	}
	_, err = fmt.Fprintf(stdout, "%s  %d bytes, image %d bytes\nsha256 %s, image %s\n", *out, told.compressed, told.layers, told.sum, img.id())
	return err
}

// sizes is what an archive came to.
type sizes struct {
	compressed, layers int64  // bytes: of the archive, and of all layers as they unpack
	sum                string // SHA-256 of the archive
}

// counter passes on what is written, and counts it.
type counter struct {
	to io.Writer
	n  int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	c.n += int64(n)
	return n, err
}

// writeArchive writes the image with its layers from an archive that has them.
func writeArchive(to io.Writer, from io.ReadSeeker, img *image, compress bool) (s sizes, err error) {
	sum := sha256.New()
	counted := &counter{to: io.MultiWriter(to, sum)}
	var packed io.Writer = counted
	finish := func() error { return nil }
	if compress {
		zip := gzip.NewWriter(counted) // its header has no name and no time
		packed, finish = zip, zip.Close
	}
	archive := tar.NewWriter(packed)
	for i := range img.layers {
		n, err := img.copyLayer(archive, from, i)
		if err != nil {
			return s, err
		}
		s.layers += n
	}
	for _, file := range img.documents() {
		if err := archive.WriteHeader(header(file.name, int64(len(file.content)))); err != nil {
			return s, err
		}
		if _, err := archive.Write(file.content); err != nil {
			return s, err
		}
	}
	if err := errors.Join(archive.Close(), finish()); err != nil {
		return s, err
	}
	s.compressed, s.sum = counted.n, fmt.Sprintf("%x", sum.Sum(nil))
	return s, nil
}

// header is that of a file of the archive: nobody's, of no time.
func header(name string, size int64) *tar.Header {
	return &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o444, Size: size, Format: tar.FormatUSTAR}
}
