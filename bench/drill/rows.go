package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"
)

// file is where a report may be kept, and of which drill.
type file struct {
	name string // without .json
	unit
}

// row is one line of the table.
type row[R any] struct {
	unit
	report R
}

// readRows reads those of the reports that are kept in a folder.
func readRows[R any](dir string, files []file) ([]row[R], error) {
	var rows []row[R]
	for _, f := range files {
		content, err := os.ReadFile(filepath.Join(dir, f.name+".json"))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		r := row[R]{unit: f.unit}
		if err == nil {
			err = json.Unmarshal(content, &r.report)
		}
		if err != nil {
			return nil, fmt.Errorf("read the report of %s: %w", f.name, err)
		}
		rows = append(rows, r)
	}
	return rows, nil
}

func lines[R any](rows []row[R], line func(row[R]) string) []string {
	all := make([]string, len(rows))
	for i, r := range rows {
		all[i] = line(r)
	}
	return all
}

// page is a table with what must be known to read it. Cells end with tabs.
type page struct {
	setting, about, header string
	lines                  []string
}

func (p page) text() (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d CPUs, %s; %s\n%s\n\n", time.Now().Format(time.DateOnly), runtime.NumCPU(), runtime.Version(), p.setting, p.about)
	table := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
	for _, line := range append([]string{p.header}, p.lines...) {
		fmt.Fprintln(table, line)
	}
	if err := table.Flush(); err != nil {
		return "", fmt.Errorf("write the table: %w", err)
	}
	return b.String(), nil
}

// ofPolicy is the name of a drill's files under a policy.
func ofPolicy(name, policy string) string {
	if policy == "lexline" {
		return name
	}
	return name + "-" + policy
}

// counted writes a number that may not be known, and since a time in seconds that
// is negative when the thing did not happen.
func counted(n *int) string {
	if n == nil {
		return "-"
	}
	return fmt.Sprint(*n)
}

func since(s float64) string {
	if s < 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f", s)
}
