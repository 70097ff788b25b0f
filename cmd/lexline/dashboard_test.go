package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// dashboard is what Grafana reads of ours, as far as it can go wrong.
type dashboard struct {
	Title       string
	Panels      []panel
	Templating  struct{ List []struct{ Name string } }
	Annotations struct{ List []struct{ Name, Expr string } }
}

// panel is a picture of a dashboard, or the heading of a row.
type panel struct {
	ID                       int
	Type, Title, Description string
	GridPos                  struct{ H, W, X, Y int }
	FieldConfig              struct{ Defaults struct{ Unit string } }
	Targets                  []struct{ RefID, Expr, LegendFormat string }
}

func readDashboard(t *testing.T) (d dashboard) {
	t.Helper()
	content, err := os.ReadFile(dashboardFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, &d); err != nil {
		t.Fatalf("%s: %v", dashboardFile, err)
	}
	return d
}

// variables of Grafana, as a query has them when it is asked.
var variables = strings.NewReplacer("$__rate_interval", "1m", "$instance", ".*", "$line", ".*")

// queries are all that the dashboard asks of Prometheus, by where it does.
func (d dashboard) queries() map[string]string {
	queries := map[string]string{}
	for _, p := range d.Panels {
		for _, target := range p.Targets {
			queries[fmt.Sprintf("panel %d %q %s", p.ID, p.Title, target.RefID)] = variables.Replace(target.Expr)
		}
	}
	for _, a := range d.Annotations.List {
		queries["annotation "+a.Name] = variables.Replace(a.Expr)
	}
	return queries
}

func TestDashboardReadsWhatThereIs(t *testing.T) {
	queries := readDashboard(t).queries()
	if len(queries) < 50 {
		t.Errorf("the dashboard has %d queries; want all of them", len(queries))
	}
	exported := families(t)
	for where, expr := range queries {
		if strings.Contains(expr, "$") {
			t.Errorf("%s has a variable that nothing sets: %s", where, expr)
		}
		checkSeries(t, where, expr, exported)
	}
}

// TestPromtoolReadsDashboard has Prometheus's own parser read every query, each as
// the rule of an alert.
func TestPromtoolReadsDashboard(t *testing.T) {
	var rules []alertRule
	for where, expr := range readDashboard(t).queries() {
		rules = append(rules, alertRule{Alert: where, Expr: expr})
	}
	content, err := yaml.Marshal(map[string]any{"groups": []any{map[string]any{"name": "dashboard", "rules": rules}}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "dashboard.yml")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	promtool(t, "", "check", "rules", file)
}

// TestDashboardIsForPeople asks that each panel has a title, a unit and words that
// say what to look for, and a place of its own.
func TestDashboardIsForPeople(t *testing.T) {
	d := readDashboard(t)
	ids, rows := map[int]bool{}, []string{}
	taken := map[[2]int]string{}
	for _, p := range d.Panels {
		if ids[p.ID] || p.ID == 0 || p.Title == "" {
			t.Errorf("panel %q has the id %d; want a title and an id of its own", p.Title, p.ID)
		}
		ids[p.ID] = true
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := taken[[2]int{x, y}]; other != "" || x >= 24 {
					t.Fatalf("panel %q lies over %q, or outside, at %d, %d", p.Title, other, x, y)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
		if p.Type == "row" {
			rows = append(rows, p.Title)
			continue
		}
		if p.FieldConfig.Defaults.Unit == "" || p.Description == "" || len(p.Targets) == 0 {
			t.Errorf("panel %q: unit %q, description %q, %d queries; want all", p.Title, p.FieldConfig.Defaults.Unit, p.Description, len(p.Targets))
		}
		for _, target := range p.Targets {
			if len(p.Targets) > 1 && target.LegendFormat == "" {
				t.Errorf("panel %q has several queries, and %s has no legend", p.Title, target.RefID)
			}
		}
	}
	if got, want := strings.Join(rows, ", "), "Callers now, How long they wait, Regions, Lex, Carrier, Store, Process"; got != want {
		t.Errorf("rows are %s; want %s", got, want)
	}
}
