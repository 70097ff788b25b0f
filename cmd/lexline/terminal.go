package main

import (
	"io"
	"os"
	"strings"
	"syscall"
	"unicode/utf8"
	"unsafe"
)

// isTerminal reports whether w is a terminal, and not a pipe or a file.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// screenSize is how large a terminal is; 0 where it does not tell, or there is none.
type screenSize struct{ rows, columns int }

// sizeOf asks the terminal behind w for its size, which people change as they like
// (https://man7.org/linux/man-pages/man2/TIOCGWINSZ.2const.html).
func sizeOf(w io.Writer) (size screenSize) {
	file, ok := w.(*os.File)
	if !ok {
		return screenSize{}
	}
	var answer struct{ rows, columns, _, _ uint16 }
	raw, err := file.SyscallConn()
	if err != nil {
		return screenSize{}
	}
	_ = raw.Control(func(fd uintptr) { // closed: no size
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, fd, syscall.TIOCGWINSZ, uintptr(unsafe.Pointer(&answer))); errno == 0 {
			size = screenSize{int(answer.rows), int(answer.columns)}
		}
	})
	return size
}

// rowsOf is how many rows a line takes.
func (s screenSize) rowsOf(line string) int {
	if s.columns == 0 {
		return 1
	}
	return max(1, (utf8.RuneCountInString(line)+s.columns-1)/s.columns)
}

// fits reports whether a text, whose last line may be broken or not, and so many further
// rows fit on the screen.
func (s screenSize) fits(text string, further int) bool {
	rows := further
	for line := range strings.Lines(text) {
		rows += s.rowsOf(strings.TrimSuffix(line, "\n"))
	}
	return s.rows == 0 || rows <= s.rows
}

// crop leaves out the last lines of a text that does not fit with so many further rows,
// and says so.
func (s screenSize) crop(text string, further int) string {
	if s.fits(text, further) {
		return text
	}
	var kept strings.Builder
	for line := range strings.Lines(text) {
		if !s.fits(kept.String()+line, further+1) {
			break
		}
		kept.WriteString(line)
	}
	return kept.String() + "...\n"
}
