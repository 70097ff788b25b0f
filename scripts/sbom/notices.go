package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// licenceFile is what files with licences and notices are called.
var licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents)([-_.].*)?$`)

// collectNotices returns the licences of Go and of all modules, as those who pass
// programs on must pass them on. A module without one is an error.
func collectNotices(ctx context.Context, programs []program) ([]byte, error) {
	root, err := ask(ctx, "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	var all bytes.Buffer
	if err := appendNotices(&all, "The Go standard library and runtime", root[0]); err != nil {
		return nil, err
	}
	modules := allModules(programs)
	args := []string{"list", "-m", "-f", "{{.Path}}@{{.Version}} {{.Dir}}"}
	for _, m := range modules {
		args = append(args, m.String())
	}
	if len(modules) == 0 {
		return all.Bytes(), nil
	}
	lines, err := ask(ctx, args...)
	if err != nil {
		return nil, err
	}
	for _, line := range lines {
		name, folder, _ := strings.Cut(line, " ")
		if folder == "" {
			return nil, fmt.Errorf("%s is not on this machine: go mod download fetches it", name)
		}
		if err := appendNotices(&all, name, folder); err != nil {
			return nil, err
		}
	}
	return all.Bytes(), nil
}

// ask runs go and returns the lines of its answer.
func ask(ctx context.Context, args ...string) ([]string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w: %s", args[0], err, strings.TrimSpace(complaints.String()))
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n"), nil
}

// appendNotices adds the files of a folder that have licences.
func appendNotices(to *bytes.Buffer, name, folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	entries = slices.DeleteFunc(entries, func(e os.DirEntry) bool { return e.IsDir() || !licenceFile.MatchString(e.Name()) })
	if len(entries) == 0 {
		return errors.New(name + " has no file with its licence")
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(to, "%s\n%s, %s\n%[1]s\n\n%[4]s\n\n", strings.Repeat("=", 80), name, e.Name(), bytes.TrimSpace(text))
	}
	return nil
}
