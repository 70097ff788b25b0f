// Command lambdazip builds the AWS Lambda functions of cmd/lexline-lambda and puts
// them into the zip that Lambda takes for the runtime provided.al2023. The same
// source and toolchain give the same zip, byte for byte, on any machine.
//
// usage: go run ./scripts/lambdazip [-arch arm64] [-out bin/lexline-lambda-arm64.zip]
package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
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
		fmt.Fprintln(os.Stderr, "lambdazip:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("lambdazip", flag.ContinueOnError)
	flags.SetOutput(stderr)
	arch := flags.String("arch", "arm64", "the function's `architecture`: arm64, or amd64, which Lambda calls x86_64")
	out := flags.String("out", "", "`file` for the zip (default bin/lexline-lambda-ARCH.zip)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	switch {
	case flags.NArg() > 0:
		return fmt.Errorf("unexpected %q", flags.Args())
	case *arch != "arm64" && *arch != "amd64":
		return fmt.Errorf("-arch %s: Lambda has arm64 and amd64", *arch)
	case *out == "":
		*out = filepath.Join("bin", "lexline-lambda-"+*arch+".zip")
	}
	program, err := build(ctx, *arch, stderr)
	if err != nil {
		return err
	}
	bundle, err := pack(program)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(*out), 0o755); err != nil {
		return fmt.Errorf("keep the zip: %w", err)
	}
	if err := os.WriteFile(*out, bundle, 0o644); err != nil {
		return fmt.Errorf("keep the zip: %w", err)
	}
	_, err = fmt.Fprintf(stdout, "%s  %d bytes, bootstrap %d bytes, %s\nsha256 %x\n", *out, len(bundle), len(program), *arch, sha256.Sum256(bundle))
	return err
}

// build compiles the functions and returns the program.
func build(ctx context.Context, arch string, stderr io.Writer) ([]byte, error) {
	folder, err := os.MkdirTemp("", "lexline-lambda-")
	if err != nil {
		return nil, fmt.Errorf("build the functions: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }() // what is left is in the system's folder for that
	file := filepath.Join(folder, "bootstrap")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-tags", "lambda.norpc", "-ldflags", "-s -w",
		"-o", file, "lexline/cmd/lexline-lambda")
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+arch, "CGO_ENABLED=0", "GOFLAGS=", "GOAMD64=v1", "GOARM64=v8.0")
	cmd.Stderr = stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("build the functions: %w", err)
	}
	program, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("build the functions: %w", err)
	}
	return program, nil
}

// pack returns a zip with the program alone in it, as Lambda looks for it.
func pack(program []byte) ([]byte, error) {
	var bundle bytes.Buffer
	w := zip.NewWriter(&bundle)
	w.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) { return flate.NewWriter(out, flate.BestCompression) })
	header := &zip.FileHeader{
		Name: "bootstrap", Method: zip.Deflate,
		Modified: time.Date(1980, time.January, 1, 0, 0, 0, 0, time.UTC), // the first time that a zip can hold
	}
	header.SetMode(0o755)
	entry, err := w.CreateHeader(header)
	if err == nil {
		_, err = entry.Write(program)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		return nil, fmt.Errorf("pack the functions: %w", err)
	}
	return bundle.Bytes(), nil
}
