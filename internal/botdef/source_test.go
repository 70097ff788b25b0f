package botdef

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// zipOf makes a zip of files, each with the given header.
func zipOf(t testing.TB, data []byte, headers ...*zip.FileHeader) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for _, h := range headers {
		f, err := w.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func deflated(names ...string) []*zip.FileHeader {
	var list []*zip.FileHeader
	for _, name := range names {
		list = append(list, &zip.FileHeader{Name: name, Method: zip.Deflate})
	}
	return list
}

func TestReadHostileZip(t *testing.T) {
	small := limits{files: 20, file: 1000, total: 3000}
	full := bytes.Repeat([]byte(" "), 1000)
	var many []string
	for i := range small.files + 1 {
		many = append(many, fmt.Sprintf("Bot/%d.txt", i))
	}
	encrypted := zipOf(t, []byte("{}"), deflated("Bot/Bot.json")...)
	for _, sig := range []string{"PK\x03\x04", "PK\x01\x02"} { // local header, central directory
		i := bytes.Index(encrypted, []byte(sig))
		encrypted[i+len(sig)+2*(1+strings.Count(sig, "\x01"))] |= 1
	}
	// The directory claims 2 bytes, the file inflates to much more.
	liar := zipOf(t, append(full, full...), deflated("Bot/Bot.json")...)
	directory := bytes.Index(liar, []byte("PK\x01\x02"))
	copy(liar[directory+24:], []byte{2, 0, 0, 0})

	tests := []struct {
		name string
		zip  []byte
		want string
	}{
		{"path traversal", zipOf(t, []byte("{}"), deflated("../Bot.json")...), `"../Bot.json" leads out of the zip`},
		{"path traversal inside", zipOf(t, []byte("{}"), deflated("Bot/../../Bot.json")...), "leads out of the zip"},
		{"path traversal of Windows", zipOf(t, []byte("{}"), deflated(`Bot\..\..\Bot.json`)...), "leads out of the zip"},
		{"absolute path", zipOf(t, []byte("{}"), deflated("/Bot.json")...), "leads out of the zip"},
		{"same file twice", zipOf(t, []byte("{}"), deflated("Bot/Bot.json", "Bot/Bot.json")...), "differ only in case"},
		{"one huge file", zipOf(t, append(full, ' '), deflated("Bot/Bot.json")...), "Bot/Bot.json is larger than 1000 bytes"},
		{"huge in sum", zipOf(t, full, deflated("a.json", "b.json", "c.json", "d.json")...), "more than 3000 bytes of definitions"},
		{"many files", zipOf(t, nil, deflated(many...)...), "more than 20 files"},
		{"false size", liar, "read Bot/Bot.json: zip: not a valid zip file"},
		{"encrypted", encrypted, "Bot/Bot.json is encrypted: export the bot without a password"},
		{"huge zip", make([]byte, small.total+1), "is larger than 3000 bytes"},
		{"no zip", []byte("PK but no more"), "not a valid zip file"},
		{"empty file", nil, "not a valid zip file"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := readSource(writeFile(t, "bot.zip", test.zip), small)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("readSource = %v, want an error with %q", err, test.want)
			}
		})
	}
}

func TestLoadHostileFolder(t *testing.T) {
	outside := writeFile(t, "secret.json", []byte(`{"name":"secret"}`))
	tests := []struct {
		name string
		make func(dir string) error
		want string
	}{
		{"link out of the folder", func(dir string) error { return os.Symlink(outside, dir+"/Bot.json") }, "Bot.json: path escapes"},
		{"named pipe", func(dir string) error { return syscall.Mkfifo(dir+"/Bot.json", 0o600) }, "Bot.json is not a regular file"},
		{"empty", func(string) error { return nil }, "holds no JSON file"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := test.make(dir); err != nil {
				t.Fatal(err)
			}
			_, err := Load(dir)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Load = %v, want an error with %q", err, test.want)
			}
		})
	}
}

func TestLoadNothing(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none")
	if _, err := Load(missing); err == nil || !strings.Contains(err.Error(), missing) {
		t.Errorf("Load of a missing path = %v, want an error that names it", err)
	}
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(pipe); err == nil || !strings.Contains(err.Error(), "neither a folder nor a file") {
		t.Errorf("Load of a pipe = %v, want an error", err)
	}
}

func TestLoadIgnoresHiddenFolders(t *testing.T) {
	e := readExport(t, flowers)
	e[".git/Bot.json"] = "not JSON"
	if _, err := Load(e.folder(t)); err != nil {
		t.Errorf("Load = %v, want the bot", err)
	}
}
