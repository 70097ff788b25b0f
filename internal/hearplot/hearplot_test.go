package hearplot

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"lexline/internal/audio"
	"lexline/internal/hearing"
	"lexline/internal/vad"
)

// scripted is a detector that finds speech where it is told to.
type scripted struct {
	frame  int
	speech func(frame int) bool
	tone   func(frame int) bool
}

func (s *scripted) Frame([]byte, []byte) vad.Decision {
	d := vad.Decision{Probability: 0.1, Level: -20, Floor: -60, Echo: -45}
	if s.speech(s.frame) {
		d.Probability, d.Speech = 0.95, true
	}
	if s.tone(s.frame) {
		d = vad.Decision{Tone: vad.DTMF, Key: '5', Level: -10, Floor: -60, Echo: -100}
	}
	s.frame++
	return d
}

// call is a recording of 10 s: the bot until 4 s, the caller from 3 s to 5 s and
// from 7 s to 8 s, and a key at 9 s, heard by as many listeners as there are names.
func call(t *testing.T, from, to time.Duration, names ...string) *Plot {
	t.Helper()
	p := &Plot{Title: "call <1>.wav", About: "2 turns & a key", HasBot: true}
	for _, name := range names {
		trace := hearing.NewTrace(from, to, Points)
		l := hearing.NewListener(&scripted{
			speech: func(f int) bool { return f >= 150 && f < 250 || f >= 350 && f < 400 },
			tone:   func(f int) bool { return f >= 450 && f < 460 },
		}, vad.Settings{}, vad.AnyAnswer, trace)
		for frame := range 500 {
			near, far := make([]int16, audio.FrameSamples), make([]int16, audio.FrameSamples)
			if frame >= 450 && frame < 460 {
				copy(near, audio.DTMF(audio.SampleRate, '5', audio.FrameDuration))
			}
			for i := range far {
				if frame < 200 {
					far[i] = int16(8000 * math.Sin(float64(i)))
				}
				near[i] += int16((frame % 250) * 20 * (i%2*2 - 1))
			}
			l.Frame(near, far)
		}
		p.Hearings = append(p.Hearings, Hearing{Name: name, Threshold: 0.5, Trace: trace, Heard: l.End()})
	}
	return p
}

// svgElement is what the tests look at in an SVG.
type svgElement struct {
	name, text string
	attr       map[string]string
}

func parse(t *testing.T, file []byte) (all []svgElement) {
	t.Helper()
	for d := xml.NewDecoder(bytes.NewReader(file)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("the SVG is no XML: %v", err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := svgElement{name: token.Name.Local, attr: map[string]string{}}
			for _, a := range token.Attr {
				e.attr[a.Name.Local] = a.Value
			}
			all = append(all, e)
		case xml.CharData:
			if len(all) > 0 {
				all[len(all)-1].text += string(token)
			}
		}
	}
}

func TestSVGShowsWhatWasHeard(t *testing.T) {
	var file bytes.Buffer
	if err := WriteSVG(&file, call(t, 0, 0, "defaults", "max_turn=5s")); err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for _, e := range parse(t, file.Bytes()) {
		found[strings.TrimSpace(e.text)]++
		for name, value := range e.attr {
			if strings.Contains(value, "NaN") || strings.Contains(value, "Inf") {
				t.Errorf("%s %s=%q; want numbers", e.name, name, value)
			}
		}
	}
	for text, times := range map[string]int{
		"call <1>.wav": 2, "2 turns & a key": 2, // a title for readers and one to see
		"caller": 1, "bot": 1, "level": 2, "probability": 1, "turns": 2, "tones": 1, "defaults": 1, "max_turn=5s": 1,
		"2.00 s": 2, "1.00 s": 2, "5": 1, "0 s": 1, "10 s": 1, "barge-in": 1, "echo expected": 1,
		"turn 1: 3.00 s to 5.00 s, noticed at 3.16 s, ended by silence at 5.64 s": 6, // three parts, twice
	} {
		if found[text] != times {
			t.Errorf("%q is there %d times; want %d", text, found[text], times)
		}
	}
}

// everything is a call with all that a legend can have.
func everything(t *testing.T) *Plot {
	p := call(t, 0, 0, "defaults", "with --set")
	p.Hearings[1].Threshold = 0.55
	p.Hearings[1].Heard.Refused = []time.Duration{6 * time.Second}
	return p
}

func TestRefusedBargeInsAndThresholdsAreMarked(t *testing.T) {
	for name, want := range map[string]int{"all": 1, "elsewhere": 0} {
		p := everything(t)
		if name == "elsewhere" {
			p.Hearings[1].Heard.Refused[0] = time.Minute
			p.Hearings[1].Threshold = p.Hearings[0].Threshold
		}
		found := map[string]int{}
		dashes := map[float64]int{}
		for _, s := range layOut(p).shapes {
			found[s.text]++
			found[s.note]++
			if s.role == limit && s.width > 0 {
				dashes[s.dash]++
			}
		}
		for _, text := range []string{"refused barge-in", "barge-in refused at 6.00 s", "threshold 0.5", "threshold 0.55"} {
			if found[text] != want {
				t.Errorf("%s: %q is there %d times; want %d", name, text, found[text], want)
			}
		}
		if len(dashes) != 1+want {
			t.Errorf("%s: lines of thresholds by their dashes: %v; want %d kinds", name, dashes, 1+want)
		}
	}
}

func TestTextsDoNotOverlap(t *testing.T) {
	for name, p := range map[string]*Plot{
		"all":    everything(t),
		"one":    call(t, 0, 0, ""),
		"two":    call(t, 0, 0, "defaults", strings.Repeat("a long name ", 9)),
		"window": call(t, 2900*time.Millisecond, 3500*time.Millisecond, ""),
	} {
		s := layOut(p)
		type box struct {
			left, right, top, bottom float64
			text                     string
		}
		var boxes []box
		for _, shape := range s.shapes {
			if shape.text == "" {
				continue
			}
			width := roomFor(shape.text, shape.size)
			left := shape.points[0].x - width*[...]float64{0, 0.5, 1}[shape.anchor]
			b := box{left, left + width, shape.points[0].y - 0.75*shape.size, shape.points[0].y + 0.1*shape.size, shape.text}
			if b.left < 0 || b.right > s.width || b.top < 0 || b.bottom > s.height {
				t.Errorf("%s: %q is beyond the edge: %v", name, b.text, b)
			}
			for _, other := range boxes {
				if b.left < other.right && other.left < b.right && b.top < other.bottom && other.top < b.bottom {
					t.Errorf("%s: %q is over %q", name, b.text, other.text)
				}
			}
			boxes = append(boxes, b)
		}
	}
}

func TestPNGHasTheSamePlaces(t *testing.T) {
	p := call(t, 0, 0, "")
	var file bytes.Buffer
	if err := WritePNG(&file, p); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&file)
	if err != nil {
		t.Fatal(err)
	}
	s := layOut(p)
	if got, want := img.Bounds(), image.Rect(0, 0, pngScale*sheetWidth, int(pngScale*s.height)); got != want {
		t.Fatalf("the picture is %v; want %v", got, want)
	}
	d := drawing{plot: p, trace: p.Hearings[0].Trace}
	bar := s.height - 44 - barHigh - laneGap - barHigh/2 // the middle of the turns
	for _, place := range []struct {
		what string
		at   time.Duration
		want role
	}{{"barge-in", 4900 * time.Millisecond, bargeIn}, {"turn", 7900 * time.Millisecond, turn}} {
		got := color.NRGBAModel.Convert(img.At(int(pngScale*d.x(place.at)), int(pngScale*bar))).(color.NRGBA)
		if want := place.want.rgb(); got != want {
			t.Errorf("%s at %v is %v; want %v", place.what, place.at, got, want)
		}
	}
}

func TestWritersPassOnErrors(t *testing.T) {
	broken := errors.New("disk full")
	for name, write := range map[string]func(io.Writer, *Plot) error{"SVG": WriteSVG, "PNG": WritePNG} {
		if err := write(brokenWriter{broken}, call(t, 0, time.Second, "")); !errors.Is(err, broken) {
			t.Errorf("%s on a broken writer: %v; want %v", name, err, broken)
		}
	}
}

type brokenWriter struct{ err error }

func (b brokenWriter) Write([]byte) (int, error) { return 0, b.err }

func TestEveryLetterHasAGlyph(t *testing.T) {
	for letter := rune(' '); letter <= '~'; letter++ {
		if _, ok := glyphs[letter]; !ok && !strings.ContainsRune("$`{}", letter) {
			t.Errorf("%q has no glyph", letter)
		}
		for _, stroke := range must(glyph(letter)) {
			for _, p := range stroke {
				if p.x < 0 || p.x > 4 || p.y < 0 || p.y > 8 {
					t.Errorf("%q reaches to %v; want 0 to 4 and 0 to 8", letter, p)
				}
			}
		}
	}
}

func must(strokes [][]point, _ float64) [][]point { return strokes }

func TestPainterCoversAreas(t *testing.T) {
	for _, tt := range []struct {
		name string
		edge []point
		want float64 // pixels of the PNG
	}{
		{"rectangle", []point{{1, 1}, {3, 1}, {3, 4}, {1, 4}}, 24},
		{"the other way around", []point{{1, 1}, {1, 4}, {3, 4}, {3, 1}}, 24},
		{"parts of pixels", []point{{1.25, 1}, {1.5, 1}, {1.5, 2}, {1.25, 2}}, 1},
		{"triangle", []point{{0, 0}, {4, 0}, {0, 4}}, 32},
		{"beyond the edges", []point{{-3, -3}, {20, -3}, {20, 2}, {-3, 2}}, 80},
	} {
		img := image.NewNRGBA(image.Rect(0, 0, 20, 20)) // black, without opacity
		p := painter{img: img, colour: color.NRGBA{255, 255, 255, 255}, opacity: 1}
		p.edge(tt.edge)
		p.fill()
		covered := 0.0
		for i := 0; i < len(img.Pix); i += 4 {
			covered += float64(img.Pix[i]) / 255
		}
		if math.Abs(covered-tt.want) > 0.1 {
			t.Errorf("%s covers %.2f pixels; want %.2f", tt.name, covered, tt.want)
		}
	}
}

func TestDashes(t *testing.T) {
	got := fmt.Sprint(dashes([]point{{0, 0}, {10, 0}, {10, 3}}, 4))
	if want := "[[{0 0} {4 0}] [{8 0} {10 0} {10 2}]]"; got != want {
		t.Errorf("dashes of 4 = %s; want %s", got, want)
	}
}

func TestTicks(t *testing.T) {
	for whole, want := range map[time.Duration]time.Duration{
		200 * time.Millisecond: 20 * time.Millisecond, time.Second: 100 * time.Millisecond, 16 * time.Second: 2 * time.Second,
		5 * time.Minute: 30 * time.Second, 3 * time.Hour: 20 * time.Minute, 100 * time.Hour: 8 * time.Hour,
	} {
		if got := tickStep(whole); got != want {
			t.Errorf("ticks of %v: every %v; want %v", whole, got, want)
		}
	}
	for _, tt := range []struct {
		at, step time.Duration
		want     string
	}{
		{3 * time.Second, time.Second, "3 s"},
		{3500 * time.Millisecond, 100 * time.Millisecond, "3.5 s"},
		{15 * time.Millisecond, 10 * time.Millisecond, "0.01 s"},
		{75 * time.Second, 5 * time.Second, "1:15"},
		{3675 * time.Second, time.Minute, "1:01:15"},
	} {
		if got := tickLabel(tt.at, tt.step); got != tt.want {
			t.Errorf("%v is labelled %q; want %q", tt.at, got, tt.want)
		}
	}
}
