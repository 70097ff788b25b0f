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

func TestTable(t *testing.T) {
	h := goodRun()
	lexline, article := Judge(h, nil), Judge(smallRun(), nil)
	article.Policy = "article"
	var b strings.Builder
	if err := WriteTable(&b, lexline, article); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"lexline", "article", "stop in us-east-1", "at 60 s for 30 s", "was dropped", "orders confirmed / placed"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the table does not say %q:\n%s", want, b.String())
		}
	}
}
