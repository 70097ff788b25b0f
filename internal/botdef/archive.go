package botdef

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Read makes a bot of the files of an export that is nowhere on disk: slash path,
// such as "Flowers/BotLocales/en_US/BotLocale.json", to content. name is for
// messages, and the bot's where the files do not say it. Keys may be spelled as
// in the answers of the models API.
func Read(name string, files map[string][]byte) (*Bot, error) {
	c := newCollector(exportLimits)
	for _, path := range slices.Sorted(maps.Keys(files)) {
		if err := c.add(path, bytes.NewReader(files[path])); err != nil {
			return nil, fmt.Errorf("read bot %s: %w", name, err)
		}
	}
	bot, err := c.files.bot(name)
	if err != nil {
		return nil, fmt.Errorf("read bot %s: %w", name, err)
	}
	return bot, nil
}

// Archive returns the export at name, a zip file or the folder it unpacks to, as
// a zip that Lex imports: Manifest.json at the top, definitions only. Equal
// exports give equal bytes.
func Archive(name string) ([]byte, error) {
	files, err := readSource(name, exportLimits)
	if err != nil {
		return nil, fmt.Errorf("read export %s: %w", name, err)
	}
	top, err := files.top()
	if err != nil {
		return nil, fmt.Errorf("read export %s: %w", name, err)
	}
	var packed bytes.Buffer
	w := zip.NewWriter(&packed)
	for _, key := range slices.Sorted(maps.Keys(files)) {
		path, inside := strings.CutPrefix(files[key].name, top)
		if !inside {
			continue
		}
		entry, err := w.CreateHeader(&zip.FileHeader{Name: path, Method: zip.Deflate})
		if err == nil {
			_, err = entry.Write(files[key].data)
		}
		if err != nil {
			return nil, fmt.Errorf("pack %s: %w", path, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("pack %s: %w", name, err)
	}
	return packed.Bytes(), nil
}

// top is the folder, "" or with a slash at its end, in which Manifest.json lies:
// many archivers wrap an export into a folder of its own.
func (files source) top() (string, error) {
	found := (&loader{files: files}).find("manifest.json")
	if len(found) == 0 {
		return "", errors.New("holds no Manifest.json: Lex would not import this")
	}
	name := files[found[0]].name
	return name[:len(name)-len("manifest.json")], nil
}
