// Command sbom writes the bill of materials of programs that Go built: which modules
// at which versions are in them, read from the programs themselves
// (https://pkg.go.dev/debug/buildinfo). The form is CycloneDX 1.6 in JSON
// (https://cyclonedx.org/docs/1.6/json/). The same programs give the same document,
// byte for byte. With -notices it also collects the licences of those modules.
//
// usage: go run ./scripts/sbom -version v1.2.3 -time 1700000000 [flags] PROGRAM...
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	name, version string
	seconds       int64 // since 1970
	out, notices  string
	packages      string // STATUS or STATUS:NAME,NAME
	programs      []string
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("sbom", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.name, "name", "lexline", "`name` of the whole that the programs are part of")
	flags.StringVar(&o.version, "version", "", "its `version`")
	flags.Int64Var(&o.seconds, "time", 0, "when it was made, in `seconds` since 1970: SOURCE_DATE_EPOCH")
	flags.StringVar(&o.out, "out", "", "`file` for the document (default the standard output)")
	flags.StringVar(&o.notices, "notices", "", "`file` for the licences of all modules (default none)")
	flags.StringVar(&o.packages, "debian", "", "dpkg's status `FILE` with the Debian packages beside the programs; FILE:NAME,NAME takes those only")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	o.programs = flags.Args()
	switch {
	case len(o.programs) == 0:
		return o, errors.New("name at least one program")
	case o.version == "":
		return o, errors.New("-version is missing")
	case o.seconds < 0:
		return o, fmt.Errorf("-time %d: from 0", o.seconds)
	}
	return o, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	var programs []program
	for _, path := range o.programs {
		p, err := readProgram(path)
		if err != nil {
			return err
		}
		programs = append(programs, p)
	}
	packages, err := readPackages(o.packages)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := compose(o.name, o.version, time.Unix(o.seconds, 0), programs, packages).write(&text); err != nil {
		return fmt.Errorf("write the document: %w", err)
	}
	if o.notices != "" {
		licences, err := collectNotices(ctx, programs)
		if err == nil {
			err = keep(o.notices, licences)
		}
		if err != nil {
			return fmt.Errorf("collect licences: %w", err)
		}
	}
	if o.out != "" {
		return keep(o.out, text.Bytes())
	}
	_, err = stdout.Write(text.Bytes())
	return err
}

// keep writes a file, and makes its folder.
func keep(file string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("keep the document: %w", err)
	}
	if err := os.WriteFile(file, content, 0o644); err != nil {
		return fmt.Errorf("keep the document: %w", err)
	}
	return nil
}

// readPackages reads what -debian names.
func readPackages(what string) ([]debianPackage, error) {
	if what == "" {
		return nil, nil
	}
	file, names, _ := strings.Cut(what, ":")
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the Debian packages: %w", err)
	}
	packages, err := parsePackages(string(text))
	if err != nil {
		return nil, fmt.Errorf("read the Debian packages in %s: %w", file, err)
	}
	return choose(packages, names)
}
