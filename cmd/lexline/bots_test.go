package main

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestBotsShareATable gives each bot of a gateway a key and a copy of its own,
// whatever the order of the lines.
func TestBotsShareATable(t *testing.T) {
	place := []placeConfig{{Name: "us-east-1"}}
	line := func(name, bot string, quota int) lineConfig {
		p := append([]placeConfig(nil), place...)
		p[0].Bot = bot
		return lineConfig{Name: name, Bot: bot, Quota: quota, Regions: p}
	}
	tests := []struct {
		name  string
		lines []lineConfig
		want  []string // key and copy of each bot
	}{
		{"one bot", []lineConfig{line("a", "Flowers", 5), line("b", "Flowers", 5)}, []string{"us-east-1 last.json"}},
		{
			"two bots",
			[]lineConfig{line("a", "Flowers", 5), line("b", "Trips", 5)},
			[]string{"us-east-1/Flowers last.json.Flowers", "us-east-1/Trips last.json.Trips"},
		},
		{
			"one bot with two quotas",
			[]lineConfig{line("a", "Flowers", 5), line("b", "Flowers", 6)},
			[]string{"us-east-1/Flowers last.json.Flowers", "us-east-1/Flowers/b last.json.Flowers.b"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := &gateway{cfg: config{Lines: tt.lines, Table: tableConfig{Copy: "last.json"}}}
			var got []string
			seen := map[string]bool{}
			for _, l := range tt.lines {
				if seen[l.botKey()] {
					continue
				}
				seen[l.botKey()] = true
				s := g.shared(l)
				got = append(got, s.Observer.Key+" "+s.Copy)
				g.bots = append(g.bots, &bot{name: l.Bot})
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("keys and copies (-want +got):\n%s", diff)
			}
		})
	}
}

// TestTableInAMissingFolder: SQLite itself only says that it cannot open the file.
func TestTableInAMissingFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "var")
	g := &gateway{cfg: config{Table: tableConfig{File: filepath.Join(dir, "table.db")}}}
	_, err := g.openTable(t.Context())
	hint, ok := errors.AsType[*hintError](err)
	if want := "table.file: the folder " + dir + " is missing"; !ok || !strings.Contains(err.Error(), want) || !strings.Contains(hint.hint, "mkdir -p "+dir) {
		t.Errorf("openTable = %v; want %q and how to make it", err, want)
	}
}
