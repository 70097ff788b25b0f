package drill

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files anew")

// smallRun is a run of two callers, one of whom is not answered, and dropped.
func smallRun() *History {
	h := goodRun()
	whole := h.Calls
	h.Calls = nil
	for _, c := range whole {
		if c.Lane < 2 && c.Began.Before(at(80)) {
			h.Calls = append(h.Calls, c)
		}
	}
	last := &h.Calls[len(h.Calls)-1]
	last.Turns = last.Turns[:2]
	last.Turns[1].Answer = time.Time{}
	last.End, last.Ended = EndDropped, last.Turns[1].Said.Add(4*time.Second)
	return h
}

func TestTimeline(t *testing.T) {
	h := smallRun()
	var got bytes.Buffer
	if err := WriteTimeline(&got, h, Judge(h, nil), nil); err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "timeline.svg")
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("the picture differs from %s; look at both, and write it anew with -update", golden)
	}
}

// TestTimelineColours has no colour mean two things.
func TestTimelineColours(t *testing.T) {
	means := map[string]string{colourLost: "lost", colourUnknown: "unknown", colourFault: "fault", colourGrid: "grid"}
	is := func(colour, what string) {
		if means[colour] != "" {
			t.Errorf("%s is the colour of %s and of %s; want one of them", colour, means[colour], what)
		}
		means[colour] = what
	}
	for i, colour := range regionColours {
		is(colour, regionNames[i])
	}
	for _, v := range verdicts {
		is(v.colour, v.state)
	}
}

// TestTimelineShows counts what must be in a picture, and reads it as XML.
func TestTimelineShows(t *testing.T) {
	h := smallRun()
	var b bytes.Buffer
	if err := WriteTimeline(&b, h, Judge(h, nil), nil); err != nil {
		t.Fatal(err)
	}
	turns, answers := 0, 0
	for _, c := range h.Calls {
		for _, turn := range c.Turns {
			turns++
			if !turn.Answer.IsZero() {
				answers++
			}
		}
	}
	picture := b.String()
	for what, want := range map[string]int{
		`class="turn"`: turns, `class="delay"`: answers, `class="fault"`: 1, `class="dropped"`: 1,
		`class="verdict"`: 5, // us-east-1: healthy, down, recovering, healthy; us-west-2: healthy
	} {
		if got := strings.Count(picture, what); got != want {
			t.Errorf("the picture has %s %d times; want %d", what, got, want)
		}
	}
	for decoder := xml.NewDecoder(&b); ; {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("the picture is no XML: %v", err)
		}
	}
}

// TestAnsweringRegions has a region give half an answer, with which the gateway
// made do, or did not.
func TestAnsweringRegions(t *testing.T) {
	for _, tt := range []struct {
		name     string
		attempts bool
		want     string
	}{{"the gateway took it", true, "us-east-1"}, {"nobody says so", false, ""}} {
		h := goodRun()
		h.Requests[0].Fault = "truncate" // the first turn of call 1
		if !tt.attempts {
			h.Attempts = nil
		}
		if got := answeringRegions(h)[place{1, 1}]; got != tt.want {
			t.Errorf("%s: half an answer is drawn as that of %q; want %q", tt.name, got, tt.want)
		}
	}
}

func TestTable(t *testing.T) {
	h := goodRun()
	lexline, article := Judge(h, nil), Judge(smallRun(), nil)
	article.Policy = "article"
	lexline.Before = Quantiles{N: 9, P50: 10.01, P99: 12.3, Max: 12.34} // the widest cell
	var b strings.Builder
	if err := WriteTable(&b, lexline, article); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"lexline", "article", "stop in us-east-1", "at 60 s for 30 s", "was dropped", "orders confirmed to the caller"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the table does not say %q:\n%s", want, b.String())
		}
	}
	rows, _, _ := strings.Cut(b.String(), "\n\n")
	for line := range strings.SplitSeq(rows, "\n") {
		if len(line) > 80 {
			t.Errorf("%q is %d columns wide; want 80 at most", line, len(line))
		}
		if len(line) > 36 && (line[34:36] != "  " || line[36] == ' ') {
			t.Errorf("the cells of %q do not begin in column 37", line)
		}
		if len(line) > 59 && (line[57:59] != "  " || line[59] == ' ') {
			t.Errorf("the second cell of %q does not begin in column 60", line)
		}
	}
}

func TestTableOfAnInterruptedRun(t *testing.T) {
	h := smallRun()
	h.Interrupted, h.Planned, h.Ended = true, 300*time.Second, at(26)
	var b strings.Builder
	if err := WriteTable(&b, Judge(h, nil)); err != nil {
		t.Fatal(err)
	}
	if got, _, _ := strings.Cut(b.String(), "\n"); got != "INTERRUPTED after 26 s of about 300 s: lexline is judged by what there is" {
		t.Errorf("the first line is %q; want that it was interrupted", got)
	}
}
