package call

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestResultsAndReasonsAreAllThereAre reads the constants from the source.
func TestResultsAndReasonsAreAllThereAre(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "termination.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	declared := map[string][]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); ok && len(spec.Values) == 1 {
			if value, ok := spec.Values[0].(*ast.BasicLit); ok {
				word, err := strconv.Unquote(value.Value)
				if err != nil {
					t.Fatal(err)
				}
				declared[kind.Name] = append(declared[kind.Name], word)
			}
		}
		return true
	})
	var results, reasons []string
	for _, r := range Results() {
		results = append(results, string(r))
	}
	for _, r := range Reasons() {
		reasons = append(reasons, string(r))
	}
	for name, got := range map[string][]string{"Result": results, "Reason": reasons} {
		if len(got) == 0 {
			t.Errorf("there is no %s", name)
		}
		if diff := cmp.Diff(slices.Sorted(slices.Values(declared[name])), slices.Sorted(slices.Values(got))); diff != "" {
			t.Errorf("constants of type %s, and those that are listed (-declared +listed):\n%s", name, diff)
		}
	}
}
