package main

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// built is a program with a module in it, built once for all tests: a test's own
// program does not tell its modules.
var built struct {
	once sync.Once
	path string
	err  error
}

func self(t *testing.T) string {
	t.Helper()
	built.once.Do(func() {
		var dir string
		if dir, built.err = os.MkdirTemp("", "lexline-sbom-"); built.err != nil {
			return
		}
		built.path = filepath.Join(dir, "lexline-speech")
		build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", built.path, "lexline/cmd/lexline-speech")
		build.Env = append(os.Environ(), "CGO_ENABLED=0") // as make build, so that its cache serves
		var out []byte
		if out, built.err = build.CombinedOutput(); built.err != nil {
			t.Logf("%s", out)
		}
	})
	if built.err != nil {
		t.Fatalf("build a program: %v", built.err)
	}
	return built.path
}

func TestMain(m *testing.M) {
	code := m.Run()
	if built.path != "" {
		os.RemoveAll(filepath.Dir(built.path))
	}
	os.Exit(code)
}

// write runs the program with args and returns the document, as it came and read.
func write(t *testing.T, args ...string) (text []byte, d document) {
	t.Helper()
	var out bytes.Buffer
	if err := run(t.Context(), args, &out, io.Discard); err != nil {
		t.Fatalf("run(%q) = %v", args, err)
	}
	decoder := json.NewDecoder(bytes.NewReader(out.Bytes()))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&d); err != nil {
		t.Fatalf("read %s: %v", out.Bytes(), err)
	}
	return out.Bytes(), d
}

// faults tells what is wrong with the form of a document.
func faults(d document) (found []string) {
	add := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	if d.Format != "CycloneDX" || d.SpecVersion != "1.6" || d.Version != 1 {
		add("it is of the form %s %s, version %d", d.Format, d.SpecVersion, d.Version)
	}
	if !regexp.MustCompile(`^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(d.Serial) {
		add("its serial number is %q", d.Serial)
	}
	if _, err := time.Parse(time.RFC3339, d.Metadata.Timestamp); err != nil {
		add("its time: %v", err)
	}
	refs := map[string]bool{d.Metadata.Component.Ref: true}
	for _, c := range d.Components {
		if c.Ref == "" || c.Name == "" || c.Version == "" || refs[c.Ref] {
			add("component %+v has no name of its own, or no version", c)
		}
		refs[c.Ref] = true
		for _, h := range c.Hashes {
			if h.Algorithm != "SHA-256" || len(h.Content) != 2*sha256.Size {
				add("%s has the hash %+v", c.Name, h)
			}
		}
		if c.Type == "library" && !regexp.MustCompile(`^pkg:[a-z]+/[^@ +]+@[^@ +/]+$`).MatchString(c.PURL) {
			add("%s has the package URL %q", c.Name, c.PURL)
		}
	}
	depend := map[string]bool{}
	for _, dep := range d.Dependencies {
		if !refs[dep.Ref] || depend[dep.Ref] {
			add("what %s depends on is told without it, or twice", dep.Ref)
		}
		depend[dep.Ref] = true
		for _, ref := range dep.DependsOn {
			if !refs[ref] {
				add("%s depends on %s, which is not there", dep.Ref, ref)
			}
		}
	}
	return found
}

// TestFaults plants faults, so that faults is known to find them.
func TestFaults(t *testing.T) {
	good := compose("whole", "v1", time.Unix(1, 0), []program{{"p", strings.Repeat("0", 64), "go1.26", "linux/amd64", nil}}, nil)
	if got := faults(good); len(got) > 0 {
		t.Errorf("of a good one: %q", got)
	}
	for name, plant := range map[string]func(*document){
		"version":    func(d *document) { d.SpecVersion = "1.7" },
		"serial":     func(d *document) { d.Serial = "urn:uuid:1" },
		"time":       func(d *document) { d.Metadata.Timestamp = "yesterday" },
		"twice":      func(d *document) { d.Components = append(d.Components, d.Components[0]) },
		"nameless":   func(d *document) { d.Components[1].Name = "" },
		"hash":       func(d *document) { d.Components[0].Hashes[0].Content = "f00d" },
		"purl":       func(d *document) { d.Components[1].PURL = "pkg:golang/std lib" },
		"stranger":   func(d *document) { d.Dependencies[0].DependsOn = []string{"stranger"} },
		"dependency": func(d *document) { d.Dependencies = append(d.Dependencies, dependency{Ref: "stranger"}) },
	} {
		bad := compose("whole", "v1", time.Unix(1, 0), []program{{"p", strings.Repeat("0", 64), "go1.26", "linux/amd64", nil}}, nil)
		if plant(&bad); len(faults(bad)) == 0 {
			t.Errorf("%s: no fault found", name)
		}
	}
}

func TestDocument(t *testing.T) {
	args := []string{"-version", "v1.2.3", "-time", "1700000000", self(t)}
	text, d := write(t, args...)
	if again, _ := write(t, args...); !bytes.Equal(text, again) {
		t.Error("the same program gives two documents")
	}
	if other, o := write(t, append([]string{"-name", "other"}, args...)...); bytes.Equal(text, other) || o.Serial == d.Serial {
		t.Error("two documents have one serial number")
	}
	for _, fault := range faults(d) {
		t.Error(fault)
	}
	if d.Metadata.Timestamp != "2023-11-14T22:13:20Z" || d.Metadata.Component.Version != "v1.2.3" {
		t.Errorf("it is of %s and %+v", d.Metadata.Timestamp, d.Metadata.Component)
	}
	content, err := os.ReadFile(self(t))
	if err != nil {
		t.Fatal(err)
	}
	p := d.Components[0]
	if p.Name != filepath.Base(self(t)) || p.Hashes[0].Content != fmt.Sprintf("%x", sha256.Sum256(content)) || p.Properties[0].Value != runtime.GOOS+"/"+runtime.GOARCH {
		t.Errorf("the program is %+v", p)
	}
	// What is linked in is told by go, too.
	out, err := exec.CommandContext(t.Context(), "go", "version", "-m", self(t)).Output()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"stdlib " + strings.TrimPrefix(runtime.Version(), "go") + " "}
	for _, dep := range regexp.MustCompile(`(?m)^\tdep\t(\S+)\t(\S+)\t(\S+)`).FindAllStringSubmatch(string(out), -1) {
		want = append(want, strings.Join(dep[1:], " "))
	}
	var got []string
	for _, c := range d.Components[1:] {
		sum := ""
		if len(c.Properties) > 0 {
			sum = c.Properties[0].Value
		}
		got = append(got, c.Name+" "+c.Version+" "+sum)
	}
	if diff := cmp.Diff(want, got); diff != "" || len(got) < 2 {
		t.Errorf("modules (-want +got):\n%s", diff)
	}
}

// judgement is what CycloneDX's and the package URL project's own programs make of a
// document.
type judgement struct {
	Faults []struct{ InstancePath, Message string }
	PURLs  []struct{ Type, Namespace, Name, Version string }
}

// judge asks them. Where they are missing the test is skipped, except in CI.
func judge(t *testing.T, text []byte) (j judgement) {
	t.Helper()
	missing := t.Skipf
	if os.Getenv("CI") != "" {
		missing = t.Fatalf
	}
	node, err := exec.LookPath("node")
	if err != nil {
		missing("no node to run CycloneDX's library with: %v", err)
	}
	if _, err := os.Stat(filepath.Join("testdata", "node_modules", "packageurl-js", "package.json")); err != nil {
		missing("CycloneDX's library is not installed; run npm install in scripts/sbom/testdata: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, node, "judge.js")
	command.Dir, command.Stdin = "testdata", bytes.NewReader(text)
	var complaints bytes.Buffer
	command.Stderr = &complaints
	output, err := command.Output()
	if err != nil {
		t.Fatalf("run judge.js: %v\n%s", err, complaints.Bytes())
	}
	if err := json.Unmarshal(output, &j); err != nil {
		t.Fatalf("read the answer of judge.js: %v", err)
	}
	return j
}

const status = `Package: libstdc++6
Status: install ok installed
Architecture: amd64
Version: 12.2.0-14+deb12u1
Description: GNU Standard C++ Library v3
 Version: of a library

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1

Package: ca-certificates
Status: install ok installed
Architecture: all
Version: 1:20230311~deb12u1
`

func TestJudgesSchema(t *testing.T) {
	file := filepath.Join(t.TempDir(), "status")
	if err := os.WriteFile(file, []byte(status), 0o600); err != nil {
		t.Fatal(err)
	}
	text, d := write(t, "-version", "v1.2.3", "-time", "1700000000", "-debian", file, self(t))
	for _, fault := range faults(d) {
		t.Error(fault)
	}
	j := judge(t, text)
	if len(j.Faults) > 0 {
		t.Errorf("CycloneDX's schema has against it: %+v", j.Faults)
	}
	var want, got []string
	for _, c := range d.Components {
		if c.PURL != "" {
			want = append(want, c.Name+" "+c.Version)
		}
	}
	for _, p := range j.PURLs {
		name := p.Name
		if p.Type == "golang" && p.Namespace != "" {
			name = p.Namespace + "/" + p.Name
		}
		got = append(got, name+" "+p.Version)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("package URLs, as they are read (-want +got):\n%s", diff)
	}
	if tail := want[len(want)-2:]; tail[0] != "ca-certificates 1:20230311~deb12u1" || tail[1] != "libstdc++6 12.2.0-14+deb12u1" {
		t.Errorf("the Debian packages are %q", tail)
	}
	// And it bites.
	bad := judge(t, bytes.ReplaceAll(text, []byte(`"SHA-256"`), []byte(`"SHA-25"`)))
	if len(bad.Faults) == 0 {
		t.Error("the schema has nothing against a hash of no kind")
	}
}

func TestZip(t *testing.T) {
	content, err := os.ReadFile(self(t))
	if err != nil {
		t.Fatal(err)
	}
	pack := func(names ...string) string {
		file := filepath.Join(t.TempDir(), "function.zip")
		var bundle bytes.Buffer
		w := zip.NewWriter(&bundle)
		for _, name := range names {
			e, err := w.Create(name)
			if err == nil {
				_, err = e.Write(content)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, bundle.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	_, d := write(t, "-version", "v1", pack("bootstrap"))
	if p := d.Components[0]; p.Name != "bootstrap" || p.Hashes[0].Content != fmt.Sprintf("%x", sha256.Sum256(content)) {
		t.Errorf("the program in the zip is %+v", p)
	}
	if err := run(t.Context(), []string{"-version", "v1", pack("a", "b")}, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "2 files") {
		t.Errorf("of a zip with two files: %v", err)
	}
}

func TestNotices(t *testing.T) {
	file := filepath.Join(t.TempDir(), "NOTICES")
	_, d := write(t, "-version", "v1", "-notices", file, self(t))
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range d.Components[2:] {
		if heading := "\n" + c.Name + "@" + c.Version + ", LICENSE"; !strings.Contains(string(text), heading) {
			t.Errorf("the licence of %s is not there", c.Name)
		}
	}
	for _, want := range []string{"The Go standard library and runtime, LICENSE\n", "The Go Authors", "Redistribution and use"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is not there", want)
		}
	}
}

func TestRefuses(t *testing.T) {
	noProgram := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(noProgram, []byte("no program"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		args []string
		want string
	}{
		{"no program", []string{"-version", "v1"}, "name at least one program"},
		{"no version", []string{"x"}, "-version is missing"},
		{"before time", []string{"-version", "v1", "-time", "-1", "x"}, "-time -1"},
		{"missing", []string{"-version", "v1", "/nowhere/lexline"}, "read the program"},
		{"text", []string{"-version", "v1", noProgram}, "built from"},
		{"no status", []string{"-version", "v1", "-debian", "/nowhere/status", self(t)}, "Debian packages"},
		{"status of nothing", []string{"-version", "v1", "-debian", noProgram, self(t)}, "no package is installed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := run(t.Context(), tt.args, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("run(%q) = %v; want an error with %q", tt.args, err, tt.want)
			}
		})
	}
}

func TestPackages(t *testing.T) {
	all, err := parsePackages(status)
	if err != nil || len(all) != 2 {
		t.Fatalf("parsePackages = %+v, %v; want two", all, err)
	}
	if got, err := choose(all, "ca-certificates"); err != nil || len(got) != 1 || got[0].purl() != "pkg:deb/debian/ca-certificates@1:20230311~deb12u1?arch=all" {
		t.Errorf("choose = %+v, %v", got, err)
	}
	if _, err := choose(all, "gone"); err == nil {
		t.Error("a package that is not installed is chosen")
	}
	if _, err := parsePackages("Package: a\nStatus: install ok installed\n"); err == nil {
		t.Error("a package without a version is taken")
	}
	if got := (module{"github.com/Upper/Case", "v1.0.0+incompatible", ""}).purl(); got != "pkg:golang/github.com/upper/case@v1.0.0%2Bincompatible" {
		t.Errorf("purl = %s", got)
	}
}
