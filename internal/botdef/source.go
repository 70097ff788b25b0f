package botdef

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
)

// limits bound what an export may hold.
type limits struct {
	files int
	file  int64 // bytes of one file
	total int64 // bytes of all definitions, and of the zip itself
}

// exportLimits leave room for the largest locale that Lex allows: 1,000
// intents, 4,000 slots, slot types of 10,000 values.
// https://docs.aws.amazon.com/lexv2/latest/dg/quotas.html
var exportLimits = limits{files: 20_000, file: 16 << 20, total: 64 << 20}

// size writes a number of bytes for messages.
func size(n int64) string {
	if n >= 1<<20 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d bytes", n)
}

// source is every JSON file of an export: lower-case slash path to content.
type source map[string]*sourceFile

type sourceFile struct {
	name string // as written, for messages
	data []byte
	used bool
}

// collector gathers files and enforces the limits.
type collector struct {
	limits limits
	files  source
	seen   int
	bytes  int64
}

func newCollector(l limits) *collector { return &collector{limits: l, files: source{}} }

// wanted counts a file and says whether it may hold definitions.
func (c *collector) wanted(name string) (bool, error) {
	if c.seen++; c.seen > c.limits.files {
		return false, fmt.Errorf("holds more than %d files", c.limits.files)
	}
	if strings.HasPrefix(name, "__MACOSX/") || strings.HasPrefix(path.Base(name), ".") {
		return false, nil // left by other archivers
	}
	return strings.EqualFold(path.Ext(name), ".json"), nil
}

func (c *collector) add(name string, r io.Reader) error {
	data, err := io.ReadAll(io.LimitReader(r, c.limits.file+1))
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	if int64(len(data)) > c.limits.file {
		return fmt.Errorf("%s is larger than %s", name, size(c.limits.file))
	}
	if c.bytes += int64(len(data)); c.bytes > c.limits.total {
		return fmt.Errorf("holds more than %s of definitions", size(c.limits.total))
	}
	key := strings.ToLower(name)
	if other, ok := c.files[key]; ok {
		return fmt.Errorf("%s and %s differ only in case", other.name, name)
	}
	c.files[key] = &sourceFile{name: name, data: data}
	return nil
}

// readSource reads the folder or zip file at name.
func readSource(name string, l limits) (source, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		root, err := os.OpenRoot(name) // no link leads out of it
		if err != nil {
			return nil, err
		}
		defer root.Close()
		return readFolder(root.FS(), l)
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("is neither a folder nor a file")
	}
	if info.Size() > l.total {
		return nil, fmt.Errorf("is larger than %s", size(l.total))
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readZip(f, info.Size(), l)
}

func readFolder(dir fs.FS, l limits) (source, error) {
	c := newCollector(l)
	err := fs.WalkDir(dir, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			if name != "." && strings.HasPrefix(d.Name(), ".") {
				return fs.SkipDir // .git and the like
			}
			return nil
		}
		if ok, err := c.wanted(name); err != nil || !ok {
			return err
		}
		info, err := fs.Stat(dir, name)
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() {
			return fmt.Errorf("%s is not a regular file", name)
		}
		f, err := dir.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		return c.add(name, f)
	})
	return c.files, err
}

func readZip(r io.ReaderAt, length int64, l limits) (source, error) {
	z, err := zip.NewReader(r, length)
	if errors.Is(err, zip.ErrFormat) {
		return nil, fmt.Errorf("read as an export: %w", err)
	}
	// An insecure path is refused below, by name, if it matters.
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, fmt.Errorf("read zip directory: %w", err)
	}
	c := newCollector(l)
	for _, entry := range z.File {
		name := strings.ReplaceAll(entry.Name, `\`, "/") // zips made on Windows
		if strings.HasSuffix(name, "/") {
			continue
		}
		ok, err := c.wanted(name)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		if err := c.addEntry(name, entry); err != nil {
			return nil, err
		}
	}
	return c.files, nil
}

func (c *collector) addEntry(name string, entry *zip.File) error {
	const encrypted = 1 // general purpose bit 0, APPNOTE.TXT 4.4.4
	switch {
	case !fs.ValidPath(name):
		return fmt.Errorf("file name %q leads out of the zip", entry.Name)
	case entry.Flags&encrypted != 0:
		return fmt.Errorf("%s is encrypted: export the bot without a password", name)
	case entry.UncompressedSize64 > uint64(c.limits.file):
		return fmt.Errorf("%s is larger than %s", name, size(c.limits.file))
	}
	r, err := entry.Open()
	if err != nil {
		return fmt.Errorf("open %s: %w", name, err)
	}
	defer r.Close()
	return c.add(name, r)
}
