package main

import (
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// initTrace is a line of GODEBUG=inittrace=1: package, and bytes allocated
// (https://pkg.go.dev/runtime#hdr-Environment_Variables).
var initTrace = regexp.MustCompile(`(?m)^init (\S+) @.* clock, (\d+) bytes, \d+ allocs$`)

// TestStart holds down what every command pays before it does anything: tables and
// large expressions are made when they are first needed. Bytes stand for the time,
// which a test cannot measure.
func TestStart(t *testing.T) {
	const most = 128 << 10 // of a package; the largest expression alone was 229 kB
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("start: %v\n%s", err, out)
	}
	own := 0
	for _, line := range initTrace.FindAllStringSubmatch(string(out), -1) {
		if !strings.HasPrefix(line[1], "lexline/") {
			continue
		}
		own++
		if bytes, _ := strconv.Atoi(line[2]); bytes > most {
			t.Errorf("package %s allocates %d bytes at the start of every command, wanted at most %d", line[1], bytes, most)
		}
	}
	if own < 10 {
		t.Errorf("found %d packages of our own in the trace, wanted 10 at least:\n%s", own, out)
	}
}
