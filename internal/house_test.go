package internal

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestPackageComments asks every package to introduce itself in at least two
// sentences or so.
func TestPackageComments(t *testing.T) {
	for _, p := range packages(t) {
		if p.name() == "internal" {
			continue // it has tests only
		}
		files, err := filepath.Glob(filepath.Join(p.Dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		var comments []string
		for _, file := range files {
			syntax, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.PackageClauseOnly|parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			if syntax.Doc != nil && !strings.HasSuffix(file, "_test.go") {
				comments = append(comments, syntax.Doc.Text())
			}
		}
		if len(comments) != 1 || len(comments[0]) < 120 {
			t.Errorf("%s has %d package comments %q; want one of at least 120 letters", p.name(), len(comments), comments)
		}
	}
}

// TestExportedNames asks for a comment on every exported name and method.
func TestExportedNames(t *testing.T) {
	for name, content := range textFiles(t) {
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		files := token.NewFileSet()
		syntax, err := parser.ParseFile(files, name, content, parser.ParseComments)
		if err != nil {
			t.Errorf("parse: %v", err)
			continue
		}
		for _, undocumented := range undocumentedNames(syntax) {
			t.Errorf("%s: %s has no comment", files.Position(undocumented.Pos()), undocumented.Name)
		}
	}
}

// undocumentedNames returns the exported names and methods of a file without a
// comment of their own or of their group.
func undocumentedNames(file *ast.File) []*ast.Ident {
	var found []*ast.Ident
	missing := func(name *ast.Ident, comments ...*ast.CommentGroup) {
		for _, comment := range comments {
			if comment != nil {
				return
			}
		}
		if name.IsExported() {
			found = append(found, name)
		}
	}
	for _, decl := range file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if onExportedType(decl) && !speaksForItself[decl.Name.Name] {
				missing(decl.Name, decl.Doc)
			}
		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					missing(spec.Name, decl.Doc, spec.Doc, spec.Comment)
				case *ast.ValueSpec:
					for _, name := range spec.Names {
						missing(name, decl.Doc, spec.Doc, spec.Comment)
					}
				}
			}
		}
	}
	return found
}

// speaksForItself has the methods whose contract is the standard library's.
var speaksForItself = map[string]bool{"Error": true, "Unwrap": true, "String": true, "ServeHTTP": true, "Is": true}

// onExportedType tells whether a function is none of an unexported type's methods.
func onExportedType(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return true
	}
	receiver := f.Recv.List[0].Type
	if pointer, ok := receiver.(*ast.StarExpr); ok {
		receiver = pointer.X
	}
	name, ok := receiver.(*ast.Ident)
	return !ok || name.IsExported()
}

// TestDependencies asks for a reason beside every direct dependency, and for
// exact versions of our own choosing: no replacement, no tool of others.
func TestDependencies(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	module := regexp.MustCompile(`^(?:require )?(\S+\.\S+/\S+) (v\S+)(?: // (.*))?$`)
	direct := 0
	for line := range strings.Lines(string(content)) {
		line = strings.TrimSpace(line)
		if regexp.MustCompile(`^(replace|exclude|tool)\b`).MatchString(line) {
			t.Errorf("go.mod says %q; want only requirements", line)
		}
		found := module.FindStringSubmatch(line)
		if found == nil || found[3] == "indirect" {
			continue
		}
		direct++
		if len(found[3]) < 10 {
			t.Errorf("go.mod: %s stands there for %q; want a reason in a remark on its line", found[1], found[3])
		}
	}
	if direct == 0 || direct > 16 {
		t.Errorf("go.mod has %d direct dependencies; want 1 to 16", direct)
	}
}

// TestDockerfile compares the Dockerfile, whose first stages are built where there is a
// registry, with what builds the same images elsewhere.
func TestDockerfile(t *testing.T) {
	files := textFiles(t)
	for _, tt := range []struct{ what, name, pattern, other, otherPattern string }{
		{"the version of Go", "Dockerfile", `(?m)^ARG GO_IMAGE=\S+/golang:([0-9]+\.[0-9]+)-`, "go.mod", `(?m)^go ([0-9]+\.[0-9]+)\b`},
		{"the speech packages", "Dockerfile", `apt-get install -y --no-install-recommends ([^&]*) &&`, "scripts/image", `scripts/debianroot "\S+" (.*)`},
	} {
		said := regexp.MustCompile(tt.pattern).FindStringSubmatch(files[tt.name])
		other := regexp.MustCompile(tt.otherPattern).FindStringSubmatch(files[tt.other])
		if said == nil || other == nil || said[1] != other[1] {
			t.Errorf("%s: %s says %q and %s %q; want the same", tt.what, tt.name, said, tt.other, other)
		}
	}
}

// TestNothingUnfinished looks for words that promise work later, and for paths
// that exist only on the machine of whoever wrote them.
func TestNothingUnfinished(t *testing.T) {
	top, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	home, err := os.UserHomeDir()
	if err != nil {
		home = "" // nothing to look for
	}
	promise := regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME)\b`)
	for name, content := range textFiles(t) {
		number := 0
		for line := range strings.Lines(content) {
			number++
			switch {
			case promise.MatchString(line):
				t.Errorf("%s:%d leaves work for later: %s", name, number, strings.TrimSpace(line))
			case strings.Count(top, "/") > 1 && strings.Contains(line, top), len(home) > 3 && strings.Contains(line, home+"/"):
				t.Errorf("%s:%d names a path of this machine: %s", name, number, strings.TrimSpace(line))
			}
		}
	}
}
