package process

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	const fields = "S 1 2 3 0 -1 4194560 9 8 7 6 123 45 11 12 20 0 9 0 555 1 2"
	cases := []struct {
		name, stat string
		want       time.Duration
		err        string
	}{
		{"plain", "42 (lexline) " + fields, 1680 * time.Millisecond, ""},
		{"a name like a line of its own", "42 (a) R 1 (b c) " + fields, 1680 * time.Millisecond, ""},
		{"cut short", "42 (lexline) S 1 2 3", 0, "too few fields"},
		{"no name", "42 lexline " + fields, 0, "too few fields"},
		{"empty", "", 0, "too few fields"},
		{"no number", "42 (lexline) " + strings.Replace(fields, "123", "12x", 1), 0, "invalid syntax"},
	}
	for _, c := range cases {
		got, err := parseStat([]byte(c.stat))
		if got != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: got %v, error %v; want %v, error %q", c.name, got, err, c.want, c.err)
		}
	}
}

func TestParseStatus(t *testing.T) {
	cases := []struct {
		name, status string
		want         int64
		err          string
	}{
		{"plain", "Name:\tlexline\nVmHWM:\t  900 kB\nVmRSS:\t    12345 kB\nThreads:\t9\n", 12345 << 10, ""},
		{"a dead process has none", "Name:\tlexline\n", 0, "no VmRSS"},
		{"no number", "VmRSS:\tmuch\n", 0, "invalid syntax"},
	}
	for _, c := range cases {
		got, err := parseStatus([]byte(c.status))
		if got != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: got %d, error %v; want %d, error %q", c.name, got, err, c.want, c.err)
		}
	}
}

func TestOwnProcessAgreesWithTheKernel(t *testing.T) {
	used := func() time.Duration {
		var usage syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
			t.Fatal(err)
		}
		return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	}
	before := used()
	for sum := 1; used() < before+5*UserTick; sum++ { // use some, so that there is something to see
		_ = sum
	}
	low := used()
	got, err := CPUTime(os.Getpid())
	high := used()
	if err != nil || got < low-2*UserTick || got > high+2*UserTick {
		t.Errorf("CPU time: got %v, error %v; want between %v and %v", got, err, low, high)
	}
	rss, err := ResidentMemory(os.Getpid())
	if err != nil || rss < 1<<20 || rss > 10<<30 {
		t.Errorf("resident memory: got %d, error %v; want what a Go program has", rss, err)
	}
	const nobody = 1 << 30
	if _, err := CPUTime(nobody); err == nil {
		t.Error("CPU time of no process: got no error")
	}
	if _, err := ResidentMemory(nobody); err == nil {
		t.Error("memory of no process: got no error")
	}
}
