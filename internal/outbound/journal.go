package outbound

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// Journal is a file that tells whom calls were placed to, also if the program that
// placed them dies: before a request to place a call, and behind its answer, a line of
// it is on the disk. It is for one program at a time, and one goroutine.
type Journal struct {
	file *os.File
	path string
}

// journalLine is a line of a journal: State is placing or placed, or else Outcome is the
// number's result.
type journalLine struct {
	Time    time.Time `json:"time"`
	Number  string    `json:"number"`
	State   string    `json:"state,omitempty"`
	Call    string    `json:"call,omitempty"`
	Outcome Outcome   `json:"outcome,omitempty"`
}

// Called is what journals tell of numbers that must not be called again: true of those
// whose call was placed, false where nobody knows whether it was.
type Called map[string]bool

// errJournalInUse says that another program writes the journal.
var errJournalInUse = errors.New("another program has it open, and may call the same people")

// OpenJournal opens a journal, making it for its owner only if there is none, and returns
// what it tells so far.
func OpenJournal(path string) (*Journal, Called, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, nil, fmt.Errorf("open the journal: %w", err)
	}
	j := &Journal{file, path}
	called, err := j.begin()
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("open the journal %s: %w", path, err), file.Close())
	}
	return j, called, nil
}

// begin locks the journal, reads it and cuts off a last line that was not written whole:
// what it was about was not done.
func (j *Journal) begin() (Called, error) {
	if err := syscall.Flock(int(j.file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = errJournalInUse
		}
		return nil, err
	}
	called, whole, err := readJournal(j.file)
	if err != nil {
		return nil, err
	}
	if err := j.file.Truncate(whole); err != nil {
		return nil, err
	}
	folder, err := os.Open(filepath.Dir(j.path)) // that the file is there must last, too
	if err != nil {
		return nil, err
	}
	return called, errors.Join(folder.Sync(), folder.Close())
}

// ReadJournal returns what a journal tells, which is nothing if there is none.
func ReadJournal(path string) (Called, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Called{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	defer file.Close()
	called, _, err := readJournal(file)
	if err != nil {
		return nil, fmt.Errorf("read the journal %s: %w", path, err)
	}
	return called, nil
}

// readJournal also returns the length of the lines that are whole.
func readJournal(r io.Reader) (called Called, whole int64, err error) {
	called = Called{}
	lines := bufio.NewReader(r)
	for row := 1; ; row++ {
		text, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return called, whole, nil
		}
		if err != nil {
			return nil, 0, err
		}
		var line journalLine
		if err := json.Unmarshal(bytes.TrimSpace(text), &line); err != nil || line.Number == "" {
			return nil, 0, fmt.Errorf("line %d is none of a journal's", row)
		}
		whole += int64(len(text))
		called.add(line)
	}
}

func (c Called) add(line journalLine) {
	switch {
	case line.Outcome == Refused || line.Outcome == NotTried:
		delete(c, line.Number) // certainly not called
	case line.Call != "":
		c[line.Number] = true
	case line.State != "" || line.Outcome != "":
		if _, known := c[line.Number]; !known {
			c[line.Number] = false
		}
	}
}

// Placing has it on the disk that a call to a number is going to be asked for.
func (j *Journal) Placing(number string) error {
	return j.write(journalLine{Number: number, State: "placing"})
}

// Placed has it on the disk that the carrier has taken the call.
func (j *Journal) Placed(number, sid string) error {
	return j.write(journalLine{Number: number, State: "placed", Call: sid})
}

// Result has the result of a number on the disk.
func (j *Journal) Result(r Result) error {
	return j.write(journalLine{Number: r.Number, Call: r.SID, Outcome: r.Outcome})
}

func (j *Journal) write(line journalLine) error {
	line.Time = time.Now().UTC().Truncate(time.Millisecond)
	text, err := json.Marshal(line)
	if err == nil {
		_, err = j.file.Write(append(text, '\n'))
	}
	if err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		return fmt.Errorf("write the journal %s: %w", j.path, err)
	}
	return nil
}

// Close closes the file, which lets others open it.
func (j *Journal) Close() error { return j.file.Close() }
