package internal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// root is the top of the repository, seen from this package.
const root = ".."

// document is one Markdown file.
type document struct {
	name  string   // path from the top of the repository
	prose string   // everything outside fenced blocks
	code  []string // lines of fenced and of indented blocks, continued ones in one, then each inline code span
	json  []string // fenced blocks of JSON
}

var (
	fence    = regexp.MustCompile("(?ms)^ *```[a-z]*\n(.*?)^ *```$")
	indented = regexp.MustCompile(`(?m)^ {4,}(\S.*)$`)
	jsonText = regexp.MustCompile("(?ms)^ *```json\n(.*?)^ *```$")
	codeSpan = regexp.MustCompile("`([^`\n]+)`")
	goesOn   = regexp.MustCompile(`\\\n\s*`)
	link     = regexp.MustCompile(`\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"`)
	heading  = regexp.MustCompile(`(?m)^#+ +(.*)$`)
	notSlug  = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// notOurs names the folders that git, make and runs of the program leave behind.
var notOurs = []string{".git", "bin", "calls", "demo-calls", "drill-run", "node_modules"}

// textFiles lists the text files of the repository by their path from its top.
func textFiles(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains(notOurs, entry.Name()):
			return fs.SkipDir
		case !entry.Type().IsRegular():
			return nil
		}
		content, err := os.ReadFile(path)
		if err == nil && !bytes.ContainsRune(content, 0) {
			files[filepath.ToSlash(strings.TrimPrefix(path, root+string(filepath.Separator)))] = string(content)
		}
		return err
	})
	if err != nil {
		t.Fatalf("read the files of the repository: %v", err)
	}
	return files
}

func documents(t *testing.T) []document {
	t.Helper()
	var found []document
	for name, content := range textFiles(t) {
		if !strings.HasSuffix(name, ".md") {
			continue
		}
		doc := document{name: name, prose: fence.ReplaceAllString(content, "")}
		for _, block := range fence.FindAllStringSubmatch(content, -1) {
			doc.code = append(doc.code, strings.Split(goesOn.ReplaceAllString(block[1], ""), "\n")...)
		}
		for _, block := range jsonText.FindAllStringSubmatch(content, -1) {
			doc.json = append(doc.json, block[1])
		}
		for _, code := range slices.Concat(indented.FindAllStringSubmatch(doc.prose, -1), codeSpan.FindAllStringSubmatch(doc.prose, -1)) {
			doc.code = append(doc.code, code[1])
		}
		found = append(found, doc)
	}
	if len(found) < 10 {
		t.Fatalf("found %d documents; want the README and its companions", len(found))
	}
	return found
}

// slug is the anchor that a heading gets when Markdown is shown as a page.
func slug(heading string) string {
	return strings.ReplaceAll(notSlug.ReplaceAllString(strings.ToLower(heading), ""), " ", "-")
}

func TestLinks(t *testing.T) {
	for _, doc := range documents(t) {
		for _, found := range link.FindAllStringSubmatch(doc.prose, -1) {
			target := found[1] + found[2]
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue // the network is not asked
			}
			path, anchor, _ := strings.Cut(target, "#")
			file := filepath.Join(root, filepath.Dir(doc.name), path)
			if path == "" {
				file = filepath.Join(root, doc.name)
			}
			content, err := os.ReadFile(file)
			if info, statErr := os.Stat(file); statErr == nil && info.IsDir() {
				err = nil
			}
			if err != nil {
				t.Errorf("%s links to %s, which is not there", doc.name, target)
				continue
			}
			anchors := heading.FindAllStringSubmatch(string(content), -1)
			if anchor != "" && !slices.ContainsFunc(anchors, func(h []string) bool { return slug(h[1]) == anchor }) {
				t.Errorf("%s links to %s, but no heading there has that anchor", doc.name, target)
			}
		}
	}
}

// TestTables: rows without a head, as behind a blank line in the middle of a table, are
// shown as they are typed (https://github.github.com/gfm/#tables-extension-).
func TestTables(t *testing.T) {
	head := regexp.MustCompile(`^\|( *:?-+:? *\|)+$`)
	tables := 0
	for _, doc := range documents(t) {
		before := ""
		lines := strings.Split(doc.prose, "\n")
		for i, line := range lines {
			if strings.HasPrefix(line, "|") && !strings.HasPrefix(before, "|") {
				tables++
				if i+1 == len(lines) || !head.MatchString(lines[i+1]) {
					t.Errorf("%s: no table begins with %q, as no line of dashes follows", doc.name, line)
				}
			}
			before = line
		}
	}
	if tables < 20 {
		t.Errorf("there are %d tables; want those of the reference", tables)
	}
}

// TestPaths looks up the paths of this repository that documents name as code.
func TestPaths(t *testing.T) {
	ours := regexp.MustCompile(`^(internal|cmd|bench|bots|docs|scripts|\.ci)/[\w./-]+$|^[A-Z]+\.md$|^lexline\.yml$`)
	for _, doc := range documents(t) {
		for _, span := range codeSpan.FindAllStringSubmatch(doc.prose, -1) {
			if _, err := os.Stat(filepath.Join(root, span[1])); ours.MatchString(span[1]) && err != nil {
				t.Errorf("%s names %s, which is not there", doc.name, span[1])
			}
		}
	}
}

// TestJSON reads the JSON that documents tell a reader to use.
func TestJSON(t *testing.T) {
	for _, doc := range documents(t) {
		for _, text := range doc.json {
			if !json.Valid([]byte(text)) {
				t.Errorf("%s has a block that is no JSON:\n%s", doc.name, text)
			}
		}
	}
}

// lexline is the program, built once for all tests.
var lexline struct {
	once sync.Once
	path string
	err  error
}

// runLexline runs the program and returns all that it printed.
func runLexline(t *testing.T, args ...string) string {
	t.Helper()
	lexline.once.Do(func() {
		var dir string
		if dir, lexline.err = os.MkdirTemp("", "lexline-docs-"); lexline.err != nil {
			return
		}
		lexline.path = filepath.Join(dir, "lexline")
		build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", lexline.path, "./cmd/lexline")
		build.Dir = root
		build.Env = append(os.Environ(), "CGO_ENABLED=0") // as make build, so that its cache serves
		var out []byte
		if out, lexline.err = build.CombinedOutput(); lexline.err != nil {
			t.Logf("%s", out)
		}
	})
	if lexline.err != nil {
		t.Fatalf("build lexline: %v", lexline.err)
	}
	out, err := exec.Command(lexline.path, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("lexline %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func TestMain(m *testing.M) {
	code := m.Run()
	if lexline.path != "" {
		os.RemoveAll(filepath.Dir(lexline.path))
	}
	os.Exit(code)
}

// TestCommands looks up every make target, lexline command and flag that the
// documents tell a reader to type.
func TestCommands(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, row := range regexp.MustCompile(`(?m)^  ([a-z]+(?: [a-z]+)?)  `).FindAllStringSubmatch(runLexline(t, "help"), -1) {
		names = append(names, row[1])
	}
	prompt := regexp.MustCompile(`^\s*(?:\$ )?(?:[A-Z_]+=\S+ +)*(?:\./)?(?:bin/)?(make|lexline) +(.*)`)
	for _, doc := range documents(t) {
		for _, line := range doc.code {
			typed := prompt.FindStringSubmatch(line)
			if typed == nil {
				continue
			}
			rest, _, _ := strings.Cut(typed[2], "#")
			words := strings.Fields(rest)
			switch {
			case len(words) == 0:
			case typed[1] == "make":
				if target := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(words[0]) + `:`); !target.Match(makefile) {
					t.Errorf("%s says %q, but the Makefile has no target %s", doc.name, line, words[0])
				}
			case words[0] != "help" && words[0] != "COMMAND":
				checkCommand(t, doc.name, line, names, words)
			}
		}
	}
}

// checkCommand finds words in the command table, and their flags in that
// command's help.
func checkCommand(t *testing.T, doc, line string, names, words []string) {
	t.Helper()
	command := words[0]
	if len(words) > 1 && slices.Contains(names, words[0]+" "+words[1]) {
		command += " " + words[1]
	}
	if !slices.Contains(names, command) {
		t.Errorf("%s says %q, but lexline has no command %s", doc, line, command)
		return
	}
	help := runLexline(t, append(strings.Fields(command), "--help")...)
	for _, word := range words {
		name, _, _ := strings.Cut(strings.TrimLeft(word, "-"), "=")
		known := regexp.MustCompile(`(?m)^\s+-{1,2}` + regexp.QuoteMeta(name) + `\b`)
		if strings.HasPrefix(word, "-") && name != "" && name != "help" && !known.MatchString(help) {
			t.Errorf("%s says %q, but the help of lexline %s has no flag %s", doc, line, command, word)
		}
	}
}

// TestEnvironment asks that every environment variable the documents name is read somewhere.
func TestEnvironment(t *testing.T) {
	files := textFiles(t)
	variable := regexp.MustCompile(`^([A-Z]+(_[A-Z]+)+|URL|CI)$`)
	for _, doc := range documents(t) {
		for _, span := range codeSpan.FindAllStringSubmatch(doc.prose, -1) {
			name := span[1]
			if doc.name == "docs/2-operate/configuration.md" && strings.HasPrefix(name, "LEXLINE_") {
				continue // the names of all keys, which cmd/lexline holds to the struct and tries
			}
			read := func() bool {
				for file, content := range files {
					if !strings.HasSuffix(file, ".md") && regexp.MustCompile(`\b`+name+`\b`).MatchString(content) {
						return true
					}
				}
				return false
			}
			if variable.MatchString(name) && !read() {
				t.Errorf("%s names the variable %s, but nothing in the repository reads it", doc.name, name)
			}
		}
	}
}

// TestReferenceIsComplete compares the tables of the reference with the source:
// every way a call ends is there, and every log line there is written.
func TestReferenceIsComplete(t *testing.T) {
	reference, err := os.ReadFile(filepath.Join(root, "docs", "4-reference.md"))
	if err != nil {
		t.Fatal(err)
	}
	source := textFiles(t)
	ends := regexp.MustCompile(`(?m)^\t\w+ +(?:Reason|Result) += "(\w+)"`).FindAllStringSubmatch(source["internal/call/termination.go"], -1)
	if len(ends) < 10 {
		t.Fatalf("found %d results and reasons in internal/call/termination.go; want all of them", len(ends))
	}
	for _, end := range ends {
		if !bytes.Contains(reference, []byte("`"+end[1]+"`")) {
			t.Errorf("docs/4-reference.md does not list %s, which internal/call/termination.go has", end[1])
		}
	}
	_, logLines, _ := strings.Cut(string(reference), "## Log lines")
	logLines, _, _ = strings.Cut(logLines, "\n## ")
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(logLines, -1) {
		written := func(message string) bool {
			for name, content := range source {
				if strings.HasSuffix(name, ".go") && strings.Contains(content, `"`+message+`"`) {
					return true
				}
			}
			return false
		}
		if !written(row[1]) {
			t.Errorf("docs/4-reference.md lists the log line %q, which nothing writes", row[1])
		}
	}
}

// TestFiguresOfHearing asks that the tables which make hearing-results puts into
// documents are those of its last results.
func TestFiguresOfHearing(t *testing.T) {
	results, err := os.ReadFile(filepath.Join(root, "bench", "results", "hearing.txt"))
	if err != nil {
		t.Fatal(err)
	}
	table := regexp.MustCompile(`(?s)<!-- hearing-results: (\w+) -->\n(.*?)<!-- end of hearing-results -->`)
	found := 0
	for name, content := range textFiles(t) {
		if !strings.HasSuffix(name, ".md") {
			continue
		}
		for _, shown := range table.FindAllStringSubmatch(content, -1) {
			found++
			text := strings.Trim(shown[2], "`\n")
			if text == "" || !strings.Contains(string(results), text) {
				t.Errorf("%s: the table of %s is not that of bench/results/hearing.txt; make hearing-results writes both", name, shown[1])
			}
		}
	}
	if found != 3 {
		t.Errorf("found %d tables of hearing in documents; want 3", found)
	}
}

// TestArchitectureNamesEveryPackage keeps the map of the house complete.
func TestArchitectureNamesEveryPackage(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(root, "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range packages(t) {
		if short := strings.TrimPrefix(p.name(), "internal/"); !bytes.Contains(content, []byte("`"+short+"`")) {
			t.Errorf("ARCHITECTURE.md does not mention `%s`", short)
		}
	}
}

// TestDecisionsAreListed asks for decisions numbered without a gap and each on the list.
func TestDecisionsAreListed(t *testing.T) {
	dir := filepath.Join(root, "docs", "decisions")
	list, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	next := 1
	for _, entry := range entries {
		if entry.Name() == "README.md" {
			continue
		}
		if want := fmt.Sprintf("%04d-", next); !strings.HasPrefix(entry.Name(), want) {
			t.Errorf("decision %s breaks the numbering; want %s", entry.Name(), want)
		}
		if !bytes.Contains(list, []byte("]("+entry.Name()+")")) {
			t.Errorf("docs/decisions/README.md does not list %s", entry.Name())
		}
		next++
	}
}
