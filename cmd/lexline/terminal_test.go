package main

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// twentyFive is a status with as many live calls.
func twentyFive() statusAnswer {
	s := busyStatus()
	s.LiveCalls = nil
	for i := range 25 {
		s.LiveCalls = append(s.LiveCalls, liveCallStatus{Call: fmt.Sprintf("CA%032d", i), Line: "flowers", From: "***01", State: "listening"})
	}
	return s
}

// TestStatusFitsTheScreen draws on screens of several sizes: the first line and the last
// one are always there, and what is left out is said.
func TestStatusFitsTheScreen(t *testing.T) {
	clear := strings.NewReplacer("\x1b[2J", "", "\x1b[H", "", "\x1b[K", "", "\x1b[J", "")
	for _, tt := range []struct {
		name          string
		rows, columns int
		says          string
	}{
		{"large", 60, 200, "and 5 more\n"},
		{"as many terminals", 24, 80, "more\n"},
		{"small", 12, 200, "more\n"},
		{"tiny", 5, 80, "...\n"},
		{"unknown", 0, 0, "and 5 more\n"},
	} {
		size := screenSize{tt.rows, tt.columns}
		var screen bytes.Buffer
		w := watcher{out: &screen, redraw: true, tell: gatewayWords, shorten: shortWords, size: func() screenSize { return size }}
		s := twentyFive()
		if err := w.show(s, nil, nil); err != nil {
			t.Fatal(err)
		}
		text := clear.Replace(screen.String())
		if !size.fits(text, 0) || strings.HasSuffix(text, "\n") {
			t.Errorf("%s: on %d rows of %d columns is drawn what scrolls:\n%s", tt.name, tt.rows, tt.columns, text)
		}
		if !strings.HasPrefix(text, s.Node+", lexline") || !strings.HasSuffix(text, ", Ctrl-C ends") || !strings.Contains(text, tt.says) {
			t.Errorf("%s: on %d rows of %d columns is drawn, without first or last line or %q:\n%s", tt.name, tt.rows, tt.columns, tt.says, text)
		}
	}
}

// TestStatusWatchedInAPipe: blocks below each other have their times.
func TestStatusWatchedInAPipe(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	code, stdout, stderr := lexlineSays(ctx, "status", "--watch", "--every", "100ms", "--control", statuses(t, threeStatuses(), cancel))
	if heads := regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d  \S+, lexline `).FindAllString(stdout, -1); code != 0 || len(heads) != 3 {
		t.Errorf("status --watch = %d with %d times; want one before each of three:\n%s%s", code, len(heads), stdout, stderr)
	}
}

// TestHintsNameFlagsThatThereAre: of those who ask a gateway only some can ask a table.
func TestHintsNameFlagsThatThereAre(t *testing.T) {
	for _, tt := range []struct {
		args  []string
		table bool
	}{{[]string{"status"}, false}, {[]string{"region", "status"}, true}} {
		_, _, stderr := lexlineSays(t.Context(), append(tt.args, "--control", "127.0.0.1:1")...)
		if got := strings.Contains(stderr, "--table"); got != tt.table || !strings.Contains(stderr, "hint: is `lexline serve` running") {
			t.Errorf("%v without a gateway speaks of --table: %t; want %t: %s", tt.args, got, tt.table, stderr)
		}
	}
}
