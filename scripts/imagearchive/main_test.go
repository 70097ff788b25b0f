package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// entry is one file of an archive to be made.
type entry struct {
	name, content string
	link          string // a symbolic link, not a file
}

// saved writes an archive as podman does: with times, links and a file for each layer.
func saved(t *testing.T, entries ...entry) string {
	t.Helper()
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Mode: 0o644, Size: int64(len(e.content)), ModTime: time.Now()}
		if e.link != "" {
			h.Typeflag, h.Linkname = tar.TypeSymlink, e.link
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, e.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "saved.tar")
	if err := os.WriteFile(file, archive.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

func digest(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }

// configOf is the configuration of an image with these layers, built in a container
// called build.
func configOf(build string, layers ...string) string {
	ids := []string{}
	for _, l := range layers {
		ids = append(ids, fmt.Sprintf("%q", "sha256:"+digest(l)))
	}
	return fmt.Sprintf(`{"created": "2026-11-01T10:00:00Z", "container": %[1]q, "parent": "sha256:%[1]s", "docker_version": "%[1]s",
		"container_config": {"Hostname": %[1]q, "User": "65532"}, "architecture": "arm64", "variant": "v8", "os": "linux",
		"config": {"Hostname": %[1]q, "User": "65532:65532", "Env": ["PATH=/bin"], "Entrypoint": ["/usr/bin/lexline"], "Cmd": ["serve"],
			"ExposedPorts": {"8080/tcp": {}}, "Healthcheck": {"Test": ["CMD", "/usr/bin/lexline", "health"], "Interval": 10000000000},
			"WorkingDir": "/var/lib/lexline", "Labels": {"b": "2", "a": "1"}, "StopSignal": "SIGTERM", "Image": %[1]q, "OnBuild": [], "Volumes": {}},
		"rootfs": {"type": "layers", "diff_ids": [%[2]s]},
		"history": [{"created": "2026-11-01T10:00:00Z", "created_by": "COPY", "comment": "FROM %[1]s"}, {"created": "2026-11-01T10:00:00Z", "empty_layer": true}]}`,
		build, strings.Join(ids, ", "))
}

const wantConfig = `{"created":"2026-11-01T10:00:00Z","architecture":"arm64","variant":"v8","os":"linux",` +
	`"config":{"User":"65532:65532","ExposedPorts":{"8080/tcp":{}},"Env":["PATH=/bin"],"Entrypoint":["/usr/bin/lexline"],"Cmd":["serve"],` +
	`"Healthcheck":{"Test":["CMD","/usr/bin/lexline","health"],"Interval":10000000000},"WorkingDir":"/var/lib/lexline","Labels":{"a":"1","b":"2"},"StopSignal":"SIGTERM"},` +
	`"rootfs":{"type":"layers","diff_ids":["sha256:%s","sha256:%s"]},` +
	`"history":[{"created":"2026-11-01T10:00:00Z","created_by":"COPY"},{"created":"2026-11-01T10:00:00Z","empty_layer":true}]}`

const one, two = "the first layer", "the second layer"

// imageBuilt is what podman saves of the same image when it was built in the
// container called build. The order of files is its own.
func imageBuilt(build string) []entry {
	config := configOf(build, one, two)
	return []entry{
		{name: "b.tar", content: two},
		{name: "a.tar", content: one},
		{name: digest(config) + ".json", content: config},
		{name: build + "/layer.tar", link: "../a.tar"},
		{name: build + "/VERSION", content: "1.0"},
		{name: "repositories", content: "{}"},
		{name: "manifest.json", content: fmt.Sprintf(`[{"Config": "%s.json", "RepoTags": ["localhost/lexline:v1"], "Layers": ["%s/layer.tar", "b.tar"]}]`, digest(config), build)},
	}
}

func archived(t *testing.T, in, name string) []byte {
	t.Helper()
	out := filepath.Join(t.TempDir(), "new", name)
	var told bytes.Buffer
	if err := run([]string{"-in", in, "-out", out}, &told, io.Discard); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	id := digest(fmt.Sprintf(wantConfig, digest(one), digest(two)))
	want := fmt.Sprintf("%s  %d bytes, image %d bytes\nsha256 %s, image sha256:%s\n", out, len(content), len(one)+len(two), digest(string(content)), id)
	if told.String() != want {
		t.Errorf("told %q; want %q", told.String(), want)
	}
	return content
}

// TestSameImage: two builds of one image come to the same archive.
func TestSameImage(t *testing.T) {
	first := archived(t, saved(t, imageBuilt("f00d")...), "image.tar.gz")
	if again := archived(t, saved(t, imageBuilt("beef")...), "image.tar.gz"); !bytes.Equal(first, again) {
		t.Error("two builds of the same image give different archives")
	}
	plain := archived(t, saved(t, imageBuilt("f00d")...), "image.tar")
	unpacked, err := gzip.NewReader(bytes.NewReader(first))
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(unpacked); err != nil || !bytes.Equal(text, plain) {
		t.Errorf("unpacked, the compressed archive is not the plain one: %v", err)
	}

	config := fmt.Sprintf(wantConfig, digest(one), digest(two))
	manifest := fmt.Sprintf(`[{"Config":"%s.json","RepoTags":["localhost/lexline:v1"],"Layers":["%s.tar","%s.tar"]}]`, digest(config), digest(one), digest(two))
	want := []entry{
		{name: digest(one) + ".tar", content: one},
		{name: digest(two) + ".tar", content: two},
		{name: digest(config) + ".json", content: config},
		{name: "manifest.json", content: manifest},
	}
	if diff := cmp.Diff(want, entries(t, plain), cmp.AllowUnexported(entry{})); diff != "" {
		t.Errorf("the archive (-want +got):\n%s", diff)
	}
	if !json.Valid([]byte(config)) {
		t.Error("the configuration that is wanted is no JSON")
	}
}

// entries reads an archive, and checks that it is of nobody and of no time.
func entries(t *testing.T, archive []byte) (found []entry) {
	t.Helper()
	for r := tar.NewReader(bytes.NewReader(archive)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Uid != 0 || h.Gid != 0 || h.Uname != "" || !h.ModTime.Equal(time.Unix(0, 0)) || h.Mode != 0o444 {
			t.Errorf("%s has the header %+v", h.Name, h)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, entry{name: h.Name, content: string(content)})
	}
}

func TestRefuses(t *testing.T) {
	config := configOf("f00d", one)
	manifestOf := func(config, layers string) entry {
		return entry{name: "manifest.json", content: fmt.Sprintf(`[{"Config": %q, "Layers": [%s]}]`, config, layers)}
	}
	for _, tt := range []struct {
		name    string
		entries []entry
		want    string
	}{
		{"nothing in it", nil, "manifest.json"},
		{"two images", []entry{{name: "manifest.json", content: `[{}, {}]`}}, "2 images"},
		{"without its configuration", []entry{manifestOf("c.json", `"a.tar"`)}, "configuration"},
		{"without a layer", []entry{{name: "c.json", content: config}, manifestOf("c.json", `"a.tar"`)}, "a.tar is not in the archive"},
		{"fewer layers than configured", []entry{{name: "c.json", content: config}, manifestOf("c.json", "")}, "1 layers and the manifest 0"},
		{"no layers", []entry{{name: "c.json", content: `{"rootfs": {"diff_ids": []}}`}, manifestOf("c.json", "")}, "0 layers"},
		{"a digest that is none", []entry{{name: "c.json", content: `{"rootfs": {"diff_ids": ["sha256:f00d"]}}`}, manifestOf("c.json", `"a.tar"`)}, `"sha256:f00d" is no digest`},
		{"a layer that is damaged", []entry{{name: "a.tar", content: two}, {name: "c.json", content: config}, manifestOf("c.json", `"a.tar"`)}, "its configuration says"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "image.tar")
			err := run([]string{"-in", saved(t, tt.entries...), "-out", out}, io.Discard, io.Discard)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("run = %v; want an error with %q", err, tt.want)
			}
			if _, err := os.Stat(out); err == nil {
				t.Error("part of an archive is left")
			}
		})
	}
	for _, args := range [][]string{nil, {"-in", "x"}, {"-in", "missing.tar", "-out", "x"}, {"-in", "x", "-out", "y", "z"}, {"-x"}} {
		if err := run(args, io.Discard, io.Discard); err == nil {
			t.Errorf("run(%q) = nil; want an error", args)
		}
	}
}
