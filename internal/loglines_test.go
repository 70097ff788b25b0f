package internal

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestReferenceNamesEveryLogLine holds the reference's table of log lines to the
// messages of the gateway's code, both ways.
func TestReferenceNamesEveryLogLine(t *testing.T) {
	said := map[string]string{} // file by message
	for _, folder := range []string{"call", "certs", "lex", "record", "recording", "region", "sqlite", "twilio", "../cmd/lexline"} {
		files, err := filepath.Glob(folder + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", folder, len(files), err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") || strings.HasPrefix(filepath.Base(file), "bot") && !strings.HasSuffix(file, "bots.go") {
				continue // `lexline bot` is another program
			}
			for _, message := range messages(t, file) {
				said[message] = file
			}
		}
	}
	if len(said) < 40 {
		t.Fatalf("found %d messages in the code; want all", len(said))
	}
	text, err := os.ReadFile("../docs/4-reference.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "## Log lines\n")
	table, _, _ = strings.Cut(table, "\n## ")
	var written []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(table, -1) {
		written = append(written, row[1])
		if said[row[1]] == "" {
			t.Errorf("docs/4-reference.md explains the log line %q, which no code writes", row[1])
		}
	}
	for message, file := range said {
		if !slices.Contains(written, message) {
			t.Errorf("%s writes the log line %q; docs/4-reference.md does not explain it", file, message)
		}
	}
}

// messages returns the messages that a file logs: the constant that a method of a
// logger is given, or that stands behind a level.
func messages(t *testing.T, file string) (found []string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	take := func(list []ast.Expr, place int) {
		if place >= len(list) {
			return
		}
		if text, ok := list[place].(*ast.BasicLit); ok && text.Kind == token.STRING {
			message, err := strconv.Unquote(text.Value)
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, message)
		}
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			method, ok := n.Fun.(*ast.SelectorExpr)
			if !ok || !isLogger(method.X) {
				return true
			}
			switch method.Sel.Name {
			case "Debug", "Info", "Warn", "Error":
				take(n.Args, 0)
			case "Log", "LogAttrs":
				take(n.Args, 2)
			}
		case *ast.ReturnStmt:
			if len(n.Results) == 2 && isLevel(n.Results[0]) {
				take(n.Results, 1)
			}
		}
		return true
	})
	return found
}

// isLogger tells by its name whether something is a logger.
func isLogger(x ast.Expr) bool {
	name := ""
	switch x := x.(type) {
	case *ast.Ident:
		name = x.Name
	case *ast.SelectorExpr:
		name = x.Sel.Name
	}
	return name == "log" || name == "logger"
}

func isLevel(x ast.Expr) bool {
	selector, ok := x.(*ast.SelectorExpr)
	return ok && strings.HasPrefix(selector.Sel.Name, "Level")
}
