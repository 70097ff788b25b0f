package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSameTwice(t *testing.T) {
	var bundles [2][]byte
	for i := range bundles {
		file := filepath.Join(t.TempDir(), fmt.Sprint(i), "function.zip")
		var out, complaints bytes.Buffer
		if err := run(t.Context(), []string{"-out", file}, &out, &complaints); err != nil {
			t.Fatalf("%v\n%s", err, complaints.String())
		}
		var err error
		if bundles[i], err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{fmt.Sprintf("%d bytes", len(bundles[i])), fmt.Sprintf("%x", sha256.Sum256(bundles[i]))} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("printed %q; want %q in it", out.String(), want)
			}
		}
	}
	if !bytes.Equal(bundles[0], bundles[1]) {
		t.Error("two builds of the same source give different zips")
	}
	checkBundle(t, bundles[0])
}

// checkBundle looks at a zip as Lambda does.
func checkBundle(t *testing.T, bundle []byte) {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(bundle), int64(len(bundle)))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.File) != 1 || r.File[0].Name != "bootstrap" || r.File[0].Mode() != 0o755 {
		t.Fatalf("the zip has %d files, first %q with mode %v; want bootstrap alone, that can be executed", len(r.File), r.File[0].Name, r.File[0].Mode())
	}
	f, err := r.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	program, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	header, err := elf.NewFile(bytes.NewReader(program))
	if err != nil || header.Machine != elf.EM_AARCH64 {
		t.Fatalf("bootstrap is %+v, %v; want a program for arm64", header, err)
	}
	if libraries, _ := header.ImportedLibraries(); len(libraries) > 0 {
		t.Errorf("bootstrap needs the libraries %v; want none", libraries)
	}
	const most = 6 << 20 // a start downloads it
	if len(bundle) > most {
		t.Errorf("the zip has %d bytes; want at most %d", len(bundle), most)
	}
}

func TestRefuses(t *testing.T) {
	for _, args := range [][]string{{"-arch", "386"}, {"x"}, {"-x"}} {
		var out, complaints bytes.Buffer
		if err := run(t.Context(), args, &out, &complaints); err == nil {
			t.Errorf("run(%q) = nil; want an error", args)
		}
	}
}
