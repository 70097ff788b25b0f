package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// debianPackage is a package that dpkg has installed.
type debianPackage struct{ name, version, architecture string }

// parsePackages reads dpkg's status file: paragraphs of "Field: value" lines
// (https://www.debian.org/doc/debian-policy/ch-controlfields.html).
func parsePackages(status string) ([]debianPackage, error) {
	var found []debianPackage
	for paragraph := range strings.SplitSeq(status, "\n\n") {
		fields := map[string]string{}
		for line := range strings.Lines(paragraph) {
			if name, value, ok := strings.Cut(line, ":"); ok && !strings.HasPrefix(line, " ") {
				fields[name] = strings.TrimSpace(value)
			}
		}
		if !strings.HasSuffix(fields["Status"], " installed") {
			continue
		}
		p := debianPackage{fields["Package"], fields["Version"], fields["Architecture"]}
		if p.name == "" || p.version == "" || p.architecture == "" {
			return nil, fmt.Errorf("a package lacks its name, version or architecture: %+v", p)
		}
		found = append(found, p)
	}
	if len(found) == 0 {
		return nil, errors.New("no package is installed")
	}
	slices.SortFunc(found, func(a, b debianPackage) int { return strings.Compare(a.purl(), b.purl()) })
	return found, nil
}

// choose returns the packages with these names, separated by commas; all if there
// are none.
func choose(packages []debianPackage, names string) ([]debianPackage, error) {
	if names == "" {
		return packages, nil
	}
	var chosen []debianPackage
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(packages, func(p debianPackage) bool { return p.name == name })
		if i < 0 {
			return nil, fmt.Errorf("the Debian package %s is not installed", name)
		}
		chosen = append(chosen, packages[i])
	}
	return chosen, nil
}

func (p debianPackage) purl() string {
	return "pkg:deb/debian/" + percent(p.name) + "@" + percent(p.version) + "?arch=" + percent(p.architecture)
}

func (p debianPackage) component() component {
	return component{Type: "library", Ref: p.purl(), Name: p.name, Version: p.version, PURL: p.purl()}
}
