package process

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// UserTick is the unit of CPU times under /proc, the same on every Linux that Go
// runs on, https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html.
const UserTick = 10 * time.Millisecond

// CPUTime returns the CPU time, user and system, that a process has used.
func CPUTime(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(procFile(pid, "stat"))
	if err != nil {
		return 0, fmt.Errorf("read CPU time: %w", err)
	}
	return parseStat(stat)
}

func parseStat(stat []byte) (time.Duration, error) {
	// The second field is the program's name in parentheses, and may hold anything.
	_, rest, found := bytes.Cut(stat[max(bytes.LastIndexByte(stat, ')'), 0):], []byte(") "))
	fields := strings.Fields(string(rest))
	const utime, stime = 14 - 3, 15 - 3 // numbered from 1 in the manual; the rest begins with field 3
	if !found || len(fields) <= stime {
		return 0, fmt.Errorf("read CPU time: too few fields in %.80q", stat)
	}
	var ticks uint64
	for _, field := range []string{fields[utime], fields[stime]} {
		n, err := strconv.ParseUint(field, 10, 62)
		if err != nil {
			return 0, fmt.Errorf("read CPU time: %w", err)
		}
		ticks += n
	}
	return time.Duration(ticks) * UserTick, nil
}

// ResidentMemory returns the bytes of memory that a process has in use.
func ResidentMemory(pid int) (int64, error) {
	status, err := os.ReadFile(procFile(pid, "status"))
	if err != nil {
		return 0, fmt.Errorf("read resident memory: %w", err)
	}
	return parseStatus(status)
}

func parseStatus(status []byte) (int64, error) {
	for line := range strings.Lines(string(status)) {
		value, found := strings.CutPrefix(line, "VmRSS:")
		if !found {
			continue
		}
		kilobytes, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 40)
		if err != nil {
			return 0, fmt.Errorf("read resident memory: %w", err)
		}
		return kilobytes << 10, nil
	}
	return 0, fmt.Errorf("read resident memory: no VmRSS in %.80q", status)
}

func procFile(pid int, name string) string {
	return filepath.Join("/proc", strconv.Itoa(pid), name)
}
