package main

import (
	"archive/zip"
	"bytes"
	"cmp"
	"crypto/sha256"
	"debug/buildinfo"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// program is one file that Go built.
type program struct {
	name    string // of the file
	sha256  string // of the file, in hexadecimal
	goes    string // version of Go, as in go1.26.8
	target  string // operating system and architecture, as in linux/amd64
	modules []module
}

// module is a Go module that is linked in.
type module struct {
	path, version string
	sum           string // as in go.sum, h1: and a SHA-256 of all its files; empty: unknown
}

func (m module) String() string { return m.path + "@" + m.version }

// readProgram reads a program: a file, or the only one in a zip, as Lambda takes it.
func readProgram(path string) (program, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return program{}, fmt.Errorf("read the program: %w", err)
	}
	name := filepath.Base(path)
	if filepath.Ext(path) == ".zip" {
		if name, content, err = unzip(content); err != nil {
			return program{}, fmt.Errorf("read the program in %s: %w", path, err)
		}
	}
	info, err := buildinfo.Read(bytes.NewReader(content))
	if err != nil {
		return program{}, fmt.Errorf("read what %s was built from: %w", path, err)
	}
	p := program{name: name, sha256: fmt.Sprintf("%x", sha256.Sum256(content)), goes: info.GoVersion}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	p.target = settings["GOOS"] + "/" + settings["GOARCH"]
	for _, dep := range info.Deps {
		if dep.Replace != nil {
			dep = dep.Replace // that is what was linked
		}
		p.modules = append(p.modules, module{dep.Path, dep.Version, dep.Sum})
	}
	return p, nil
}

// unzip returns the only file of a zip.
func unzip(bundle []byte) (name string, content []byte, err error) {
	r, err := zip.NewReader(bytes.NewReader(bundle), int64(len(bundle)))
	if err != nil {
		return "", nil, err
	}
	if len(r.File) != 1 {
		return "", nil, fmt.Errorf("it has %d files; want one", len(r.File))
	}
	file, err := r.File[0].Open()
	if err != nil {
		return "", nil, err
	}
	content, err = io.ReadAll(file)
	return r.File[0].Name, content, errors.Join(err, file.Close())
}

// allModules returns the modules of all programs, each once, in order.
func allModules(programs []program) []module {
	found := map[string]module{}
	for _, p := range programs {
		for _, m := range p.modules {
			found[m.String()] = m
		}
	}
	return slices.SortedFunc(maps.Values(found), func(a, b module) int { return cmp.Compare(a.String(), b.String()) })
}

// goVersions returns the versions of Go that programs were built with, each once.
func goVersions(programs []program) []string {
	var found []string
	for _, p := range programs {
		found = append(found, p.goes)
	}
	slices.Sort(found)
	return slices.Compact(found)
}
