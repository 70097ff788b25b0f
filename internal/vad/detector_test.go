package vad

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
	"unsafe"

	"lexline/internal/audio"
)

var update = flag.Bool("update", false, "write testdata/golden.txt anew")

// scene is 24 s of everything, near and far: noise, a caller, a bot with its echo, keys.
func scene() (near, far []int16) {
	rng := rand.New(rand.NewPCG(7, 7))
	const d = 24 * time.Second
	far = make([]int16, int(d.Seconds()*8000))
	copy(far[8*8000:], prompt(5, -18, 6*time.Second))
	near = mixed(noise(rng, -52, d), delayed(far, 1900, 14))
	add := func(at float64, pcm []int16) {
		from := int(at * 8000)
		copy(near[from:], mixed(near[from:from+len(pcm)], pcm))
	}
	add(3, prompt(6, -22, 2*time.Second))
	add(12, prompt(7, -20, 1500*time.Millisecond))
	add(16, audio.DTMF(8000, '5', 200*time.Millisecond))
	add(18, noise(rng, -25, time.Second))
	add(20, vowel(130, -30, 400*time.Millisecond))
	return near, far
}

// judged is what a new detector makes of audio, from frame to frame.
func judged(near, far []int16) (decisions []Decision) {
	detector := NewDetector()
	for i := 0; i+FrameSamples <= len(near); i += FrameSamples {
		decisions = append(decisions, detector.Samples(near[i:i+FrameSamples], far[i:i+FrameSamples]))
	}
	return decisions
}

// The golden file holds the probabilities of scene, so that a change of front end
// or weights that nobody meant is seen. Only the last digits may differ: arm64
// joins a product and a sum without rounding between them, amd64 does not.
func TestGolden(t *testing.T) {
	const path = "testdata/golden.txt"
	got := judged(scene())
	if *update {
		var lines strings.Builder
		for _, d := range got {
			fmt.Fprintf(&lines, "%.4f\n", d.Probability)
		}
		if err := os.WriteFile(path, []byte(lines.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Fields(string(file))
	if len(want) != len(got) {
		t.Fatalf("%d decisions; %s has %d (go test -run Golden -update, if that is meant)", len(got), path, len(want))
	}
	for i, text := range want {
		p, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatalf("%s:%d: %v", path, i+1, err)
		}
		if math.Abs(p-float64(got[i].Probability)) > 0.002 {
			t.Fatalf("frame %d: probability %.4f; want %s (go test -run Golden -update, if that is meant)", i, got[i].Probability, text)
		}
	}
}

func TestDetectorIsCausal(t *testing.T) {
	near, far := scene()
	whole := judged(near, far)
	for _, frames := range []int{1, 17, 400, 601, 1100} {
		cut := judged(near[:frames*FrameSamples], far[:frames*FrameSamples])
		for i := range cut {
			if cut[i] != whole[i] {
				t.Fatalf("cut after %d frames: frame %d = %+v; of the whole it is %+v", frames, i, cut[i], whole[i])
			}
		}
	}
	for run := range 3 {
		for i, d := range judged(near, far) {
			if d != whole[i] {
				t.Fatalf("run %d: frame %d = %+v; before it was %+v", run, i, d, whole[i])
			}
		}
	}
}

func TestMuLawIsHeardLikeLinear(t *testing.T) {
	near, far := scene()
	coded, played := audio.EncodeMuLaw(nil, near), audio.EncodeMuLaw(nil, far)
	near, far = audio.DecodeMuLaw(nil, coded), audio.DecodeMuLaw(nil, played)
	want := judged(near, far)
	detector := NewDetector()
	for i := range want {
		at := i * FrameSamples
		if got := detector.Frame(coded[at:at+FrameSamples], played[at:at+FrameSamples]); got != want[i] {
			t.Fatalf("frame %d: mu-law %+v, linear %+v", i, got, want[i])
		}
	}
}

func TestDetectorIsSmall(t *testing.T) {
	size := unsafe.Sizeof(Detector{}) + unsafe.Sizeof(echo{})
	if size > 12<<10 {
		t.Errorf("a detector takes %d bytes; want at most 12 kB", size)
	}
	detector := NewDetector()
	frame := audio.EncodeMuLaw(nil, vowel(120, -20, 20*time.Millisecond))
	for _, far := range [][]byte{nil, frame} {
		if got := testing.AllocsPerRun(100, func() { detector.Frame(frame, far) }); got != 0 {
			t.Errorf("%v allocations a frame, far end of %d bytes; want 0", got, len(far))
		}
	}
}

// TestWhatIsNotSpeech plays for 20 s each what a telephone line brings besides callers.
func TestWhatIsNotSpeech(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 11))
	const d = 20 * time.Second
	n := int(d.Seconds() * 8000)
	cadence := func(on, off time.Duration, frequencies ...float64) (pcm []int16) {
		for len(pcm) < n {
			pcm = append(pcm, audio.Tone(8000, on, 0.3, frequencies...)...)
			pcm = append(pcm, make([]int16, int(off.Seconds()*8000))...)
		}
		return pcm[:n]
	}
	clipped := make([]int16, 8000)
	for i := range clipped {
		clipped[i] = 32767
		if rng.IntN(2) == 0 {
			clipped[i] = -32768
		}
	}
	offset := noise(rng, -60, d)
	for i := range offset {
		offset[i] += 2500
	}
	var keys []int16
	for len(keys) < n {
		keys = append(keys, audio.DTMF(8000, "0123456789*#"[rng.IntN(12)], 90*time.Millisecond)...)
		keys = append(keys, make([]int16, 800)...)
	}
	for name, pcm := range map[string][]int16{
		"zeros":                   make([]int16, n),
		"comfort noise":           noise(rng, -55, d),
		"loud noise":              noise(rng, -22, d),
		"full-scale clipping":     join(noise(rng, -60, 5*time.Second), clipped, noise(rng, -60, 14*time.Second)),
		"an offset":               offset,
		"keys":                    keys[:n],
		"ring-back":               cadence(2*time.Second, 4*time.Second, 440, 480),
		"European ring-back":      cadence(time.Second, 4*time.Second, 425),
		"busy":                    cadence(500*time.Millisecond, 500*time.Millisecond, 480, 620),
		"calling tone of a fax":   cadence(500*time.Millisecond, 3*time.Second, 1100),
		"answering tone of a fax": cadence(3*time.Second, 200*time.Millisecond, 2100),
	} {
		t.Run(name, func(t *testing.T) {
			ear := NewEar(NewDetector(), Settings{})
			turns := 0
			for _, frame := range framesOf(audio.DecodeMuLaw(nil, audio.EncodeMuLaw(nil, pcm))) {
				if heard := ear.Samples(frame[:], nil); heard.Change == Started {
					turns++
				}
			}
			if turns > 0 {
				t.Errorf("%d turns in 20 s; want none", turns)
			}
		})
	}
}

func TestDetectorTellsKeys(t *testing.T) {
	for _, key := range []byte(dtmfKeys) {
		var told []byte
		for _, d := range judged(join(make([]int16, 4000), audio.DTMF(8000, key, 100*time.Millisecond), make([]int16, 2400)), make([]int16, 7200)) {
			if (d.Tone == DTMF) != (d.Key != 0) || d.Key != 0 && d.Speech {
				t.Errorf("key %c: %+v contradicts itself", key, d)
			}
			if d.Key != 0 {
				told = append(told, d.Key)
			}
		}
		if string(told) != strings.Repeat(string(key), len(told)) || len(told) < 3 {
			t.Errorf("key %c for 100 ms: told %q; want it in 3 frames or more", key, told)
		}
	}
}

func FuzzDetector(f *testing.F) {
	f.Add([]byte{}, []byte{})
	f.Add(make([]byte, 640), []byte{0xff, 0x7f})
	f.Add([]byte(strings.Repeat("\x80\x00", 400)), []byte(strings.Repeat("\x00\x80\xff\xff", 100)))
	f.Fuzz(func(t *testing.T, near, far []byte) {
		detector := NewDetector()
		for len(near) > 0 {
			n, m := min(len(near), FrameSamples), min(len(far), FrameSamples)
			d := detector.Frame(near[:n], far[:m])
			near, far = near[n:], far[m:]
			for name, value := range map[string]float32{"level": d.Level, "floor": d.Floor, "echo": d.Echo} {
				if !(value >= -120 && value <= 40) {
					t.Fatalf("%s = %v dBov", name, value)
				}
			}
			if !(d.Probability >= 0 && d.Probability <= 1) {
				t.Fatalf("probability = %v", d.Probability)
			}
		}
	})
}

func BenchmarkDetector(b *testing.B) {
	near, far := scene()
	mulaw, played := audio.EncodeMuLaw(nil, near), audio.EncodeMuLaw(nil, far)
	for _, bench := range []struct {
		name  string
		judge FrameJudge
		far   []byte
	}{{"energy", new(Energy), nil}, {"network", NewDetector(), nil}, {"network over the bot", NewDetector(), played}} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				if i += FrameSamples; i+FrameSamples > len(mulaw) {
					i = 0
				}
				if bench.far == nil {
					bench.judge.Frame(mulaw[i:i+FrameSamples], nil)
				} else {
					bench.judge.Frame(mulaw[i:i+FrameSamples], bench.far[i:i+FrameSamples])
				}
			}
		})
	}
}
