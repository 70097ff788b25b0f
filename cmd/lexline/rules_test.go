package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// The files that operators take for their Prometheus and Grafana.
const (
	rulesFolder   = "../../deploy/prometheus"
	dashboardFile = "../../deploy/grafana/lexline.json"
	runbooksFile  = "../../docs/2-operate/runbooks.md"
)

// debianTool returns a program of Debian's package prometheus. A machine without
// it skips the test, but for CI.
func debianTool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
	case os.Getenv("CI") != "":
		t.Fatalf("Debian's package prometheus is needed: %v", err)
	default:
		t.Skipf("Debian's package prometheus is not there: %v", err)
	}
	return path
}

// promtool runs it, with input, and wants it to be content.
func promtool(t *testing.T, input string, args ...string) {
	t.Helper()
	cmd := exec.Command(debianTool(t, "promtool"), args...)
	cmd.Stdin = strings.NewReader(input)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func TestPromtoolChecksMetrics(t *testing.T) {
	c := startControlled(t, nil)
	_, body := c.do(c.request("GET", "/metrics", ""))
	promtool(t, body, "check", "metrics")
}

func TestPromtoolChecksRules(t *testing.T) {
	promtool(t, "", "check", "config", filepath.Join(rulesFolder, "prometheus.yml"))
	promtool(t, "", "check", "rules", filepath.Join(rulesFolder, "alerts.yml"))
	promtool(t, "", "test", "rules", filepath.Join(rulesFolder, "alerts_test.yml"))
}

// alertRule is an alert of a file of rules.
type alertRule struct {
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for,omitempty"`
	Labels      map[string]string `yaml:"labels,omitempty"`
	Annotations map[string]string `yaml:"annotations,omitempty"`
}

// readYAML reads a file that has nothing but what into knows.
func readYAML(t *testing.T, path string, into any) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	decoder.KnownFields(true)
	if err := decoder.Decode(into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// alertRules are those that we give to operators.
func alertRules(t *testing.T) []alertRule {
	t.Helper()
	var file struct {
		Groups []struct {
			Name  string      `yaml:"name"`
			Rules []alertRule `yaml:"rules"`
		} `yaml:"groups"`
	}
	readYAML(t, filepath.Join(rulesFolder, "alerts.yml"), &file)
	var rules []alertRule
	for _, group := range file.Groups {
		rules = append(rules, group.Rules...)
	}
	if len(rules) < 20 {
		t.Fatalf("found %d alerts; want all of them", len(rules))
	}
	return rules
}

// seriesName finds what may be the name of a metric in an expression.
var seriesName = regexp.MustCompile(`\b(lexline|go|process)_\w+`)

// checkSeries asks that every series an expression reads is exported.
func checkSeries(t *testing.T, where, expr string, exported map[string]family) {
	t.Helper()
	names := seriesName.FindAllString(expr, -1)
	if len(names) == 0 && !strings.Contains(expr, "up{") {
		t.Errorf("%s reads no metric of ours: %s", where, expr)
	}
	for _, name := range names {
		base := name
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			if cut := strings.TrimSuffix(name, suffix); exported[cut].kind == "histogram" {
				base = cut
			}
		}
		if f, ok := exported[base]; !ok || f.kind == "histogram" && base == name {
			t.Errorf("%s reads %s, which no gateway exports", where, name)
		}
	}
}

// TestAlertsAreComplete asks of every alert that it reads what there is, says whom
// to wake and what to do, and is tested to fire and to be silent.
func TestAlertsAreComplete(t *testing.T) {
	runbooks, err := os.ReadFile(runbooksFile)
	if err != nil {
		t.Fatal(err)
	}
	fire, silent := testedAlerts(t)
	exported := families(t)
	led := map[string]bool{} // runbooks that an alert leads to
	for _, rule := range alertRules(t) {
		checkSeries(t, rule.Alert, rule.Expr, exported)
		if !slices.Contains([]string{"critical", "warning", "info"}, rule.Labels["severity"]) || rule.Annotations["summary"] == "" {
			t.Errorf("%s: severity %q, summary %q; want both", rule.Alert, rule.Labels["severity"], rule.Annotations["summary"])
		}
		anchor, ours := strings.CutPrefix(rule.Annotations["runbook"], "docs/2-operate/runbooks.md#")
		part := runbook(string(runbooks), anchor)
		led[anchor] = true
		if !ours || !strings.Contains(part, "`"+rule.Alert+"`") || !strings.Contains(strings.ToLower(part), "**callers") {
			t.Errorf("%s leads to %q, which does not name it and say what callers hear", rule.Alert, rule.Annotations["runbook"])
		}
		if !fire[rule.Alert] || !silent[rule.Alert] {
			t.Errorf("alerts_test.yml has %s fire: %v, be silent: %v; want both", rule.Alert, fire[rule.Alert], silent[rule.Alert])
		}
	}
	for _, title := range regexp.MustCompile(`(?m)^## (.+)$`).FindAllStringSubmatch(string(runbooks), -1) {
		if !led[anchorOf(title[1])] {
			t.Errorf("no alert leads to the runbook %q", title[1])
		}
	}
}

// anchorOf is the anchor of a heading that has no punctuation but apostrophes.
func anchorOf(title string) string {
	return strings.ReplaceAll(strings.ReplaceAll(strings.ToLower(title), "'", ""), " ", "-")
}

// runbook returns the text under the heading with an anchor; empty if there is none.
func runbook(text, anchor string) string {
	for part := range strings.SplitSeq(text, "\n## ") {
		title, rest, _ := strings.Cut(part, "\n")
		if anchorOf(title) == anchor {
			return rest
		}
	}
	return ""
}

// testedAlerts says which alerts alerts_test.yml wants to fire somewhere, and to be
// silent somewhere.
func testedAlerts(t *testing.T) (fire, silent map[string]bool) {
	t.Helper()
	var file struct {
		RuleFiles          []string `yaml:"rule_files"`
		EvaluationInterval string   `yaml:"evaluation_interval"`
		Tests              []struct {
			Name           string              `yaml:"name"`
			Interval       string              `yaml:"interval"`
			InputSeries    []map[string]string `yaml:"input_series"`
			AlertRuleTests []struct {
				AlertName string `yaml:"alertname"`
				EvalTime  string `yaml:"eval_time"`
				ExpAlerts []any  `yaml:"exp_alerts"`
			} `yaml:"alert_rule_test"`
		} `yaml:"tests"`
	}
	readYAML(t, filepath.Join(rulesFolder, "alerts_test.yml"), &file)
	fire, silent = map[string]bool{}, map[string]bool{}
	for _, test := range file.Tests {
		for _, wanted := range test.AlertRuleTests {
			if len(wanted.ExpAlerts) > 0 {
				fire[wanted.AlertName] = true
			} else {
				silent[wanted.AlertName] = true
			}
		}
	}
	return fire, silent
}
