package vad

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"lexline/internal/audio"
)

// guarded runs a guard over audio as a line carries it, each frame being tonal.
func guarded(pcm []int16) (tones []Tone, digits []byte) {
	var guard ToneGuard
	pcm = audio.DecodeMuLaw(nil, audio.EncodeMuLaw(nil, pcm))
	for ; len(pcm) >= FrameSamples; pcm = pcm[FrameSamples:] {
		tones = append(tones, guard.Frame((*[FrameSamples]int16)(pcm), true))
		digits = append(digits, guard.Digit())
	}
	return tones, digits
}

// sines is d of sines at a level of all together in dBov, over white noise so many dB
// below; not clipped softly but as a line clips.
func sines(rng *rand.Rand, level, snr float64, d time.Duration, hertz ...float64) []int16 {
	pcm := noise(rng, level-snr, d)
	peak := 32768 * math.Sqrt(2/float64(len(hertz))) * math.Pow(10, level/20)
	for i := range pcm {
		x := float64(pcm[i])
		for k, f := range hertz {
			x += peak * math.Sin(2*math.Pi*f*float64(i)/audio.SampleRate+float64(k))
		}
		pcm[i] = int16(min(max(x, -32768), 32767))
	}
	return pcm
}

func TestTonesHaveNames(t *testing.T) {
	for tone, want := range map[Tone]string{NoTone: "none", DTMF: "dtmf", Progress: "progress", Fax: "fax", Fax + 1: "none"} {
		if got := tone.String(); got != want {
			t.Errorf("tone %d is called %q; want %q", uint8(tone), got, want)
		}
	}
}

func count(tones []Tone, tone Tone) (n int) {
	for _, t := range tones {
		if t == tone {
			n++
		}
	}
	return n
}

func TestToneGuardHearsTones(t *testing.T) {
	tests := []struct {
		name  string
		hertz []float64
		want  Tone
	}{
		{"dial tone", []float64{350, 440}, Progress},
		{"ring-back, North America", []float64{440, 480}, Progress},
		{"ring-back, Britain", []float64{400, 450}, Progress},
		{"busy", []float64{480, 620}, Progress},
		{"Europe", []float64{425}, Progress},
		{"Japan", []float64{400}, Progress},
		{"China", []float64{450}, Progress},
		{"special information, first", []float64{950}, Progress},
		{"special information, second", []float64{1400}, Progress},
		{"special information, third", []float64{1800}, Progress},
		{"fax, calling", []float64{1100}, Fax},
		{"fax, answering", []float64{2100}, Fax},
		{"key 1", []float64{697, 1209}, DTMF},
		{"key D", []float64{941, 1633}, DTMF},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, detune := range []float64{0.993, 1, 1.007} {
				var hertz []float64
				for _, f := range test.hertz {
					hertz = append(hertz, f*detune)
				}
				hearsTone(t, test.want, hertz)
			}
		})
	}
}

// hearsTone plays 400 ms of a tone at all levels up to the loudest: two sines reach full
// scale at -6 dBov. In noise it may take 240 ms to know it.
func hearsTone(t *testing.T, want Tone, hertz []float64) {
	rng := rand.New(rand.NewPCG(11, 1))
	for _, level := range []float64{-40, -25, -10, -3 * float64(len(hertz))} {
		for _, snr := range []float64{10, 20, 60} {
			least := 15
			if snr == 10 {
				least = 8
			}
			tones, _ := guarded(join(noise(rng, level-snr, 100*time.Millisecond), sines(rng, level, snr, 400*time.Millisecond, hertz...)))
			if got := count(tones[5:], want); got < least {
				t.Errorf("%v Hz at %v dBov, noise %v dB below: %d of 20 frames = %v; want %d or more: %v", hertz, level, snr, got, want, least, tones)
			}
			if got := count(tones, NoTone) + count(tones, want); got != len(tones) {
				t.Errorf("%v Hz at %v dBov, noise %v dB below: %v; want no other tone than %v", hertz, level, snr, tones, want)
			}
		}
	}
}

func TestToneGuardTellsKeys(t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 1))
	for i, s := range dtmfSignals {
		for _, snr := range []float64{10, 60} {
			for _, offset := range []int{0, 40, 80, 120} {
				want := dtmfKeys[i]
				_, digits := guarded(join(make([]int16, 800+offset),
					sines(rng, -15, snr, 60*time.Millisecond, toneHertz[s.at[0]], toneHertz[s.at[1]]), make([]int16, 1600-offset)))
				told := bytes.Count(digits, []byte{want})
				if other := len(digits) - told - bytes.Count(digits, []byte{0}); told == 0 || told > 6 || other > 0 {
					t.Errorf("key %c for 60 ms, noise %v dB below, %d samples into a frame: told %q; want it in 1 to 6 frames",
						want, snr, offset, digits)
				}
			}
		}
	}
}

func TestToneGuardWantsBothOfAKey(t *testing.T) {
	rng := rand.New(rand.NewPCG(16, 1))
	for name, pcm := range map[string][]int16{
		"a row alone":    sines(rng, -15, 40, time.Second, 770),
		"a column alone": sines(rng, -15, 40, time.Second, 1336),
		"20 ms":          join(make([]int16, 1600), sines(rng, -15, 40, 20*time.Millisecond, 770, 1336), make([]int16, 1600)),
		"not a column":   sines(rng, -15, 40, time.Second, 770, 1000),
		"white noise":    noise(rng, -15, time.Second),
	} {
		if tones, _ := guarded(pcm); count(tones, NoTone) != len(tones) {
			t.Errorf("%s: %v; want no tone", name, tones)
		}
	}
}

// sungVowel is a voice: harmonics of a pitch that drifts, through two formants.
func sungVowel(pitch, drift, f1, f2 float64, d time.Duration) []int16 {
	pcm := make([]int16, int(d.Seconds()*audio.SampleRate))
	resonance := func(f, at, width float64) float64 { return 1 / (1 + math.Pow((f-at)/width, 2)) }
	phase := 0.0
	for i := range pcm {
		f0 := pitch * (1 + drift*math.Sin(2*math.Pi*3*float64(i)/audio.SampleRate))
		phase += 2 * math.Pi * f0 / audio.SampleRate
		x := 0.0
		for h := 1.0; h*f0 < 3600; h++ {
			f := h * f0
			line := 1 / (1 + math.Pow(260/f, 8)) // the telephone's high-pass
			x += line / h * (resonance(f, f1, 60) + 0.4*resonance(f, f2, 100)) * math.Sin(h*phase)
		}
		pcm[i] = int16(6000 * x)
	}
	return pcm
}

func TestToneGuardTellsVowelsFromTones(t *testing.T) {
	heard, all := 0, 0
	for _, pitch := range []float64{90, 110, 140, 175, 200, 212, 220, 240, 300} {
		for _, formants := range [][2]float64{{300, 870}, {270, 2290}, {730, 1090}, {530, 1840}, {440, 1020}, {660, 1720}} {
			for _, drift := range []float64{0.01, 0.05} {
				tones, _ := guarded(sungVowel(pitch, drift, formants[0], formants[1], 300*time.Millisecond))
				heard += len(tones) - count(tones, NoTone)
				all += len(tones)
			}
		}
	}
	if heard > all/100 {
		t.Errorf("%d of %d frames of vowels are tones; want at most one in 100", heard, all)
	}
}

// TestToneGuardTellsSpeechFromTones has a speech synthesizer talk, whose vowels are
// steadier than anybody's.
func TestToneGuardTellsSpeechFromTones(t *testing.T) {
	flite, err := exec.LookPath("flite")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("flite is not installed; CI must have it (apt-get install flite)")
		}
		t.Skip("flite is not installed (apt-get install flite)")
	}
	for _, voice := range []string{"kal", "awb", "rms"} {
		file := filepath.Join(t.TempDir(), voice+".wav")
		text := "You and me are moving to the new blue room soon. Who knew that two of you would choose the moon? Please leave me alone, we agree."
		if out, err := exec.CommandContext(t.Context(), flite, "-voice", voice, "-t", text, "-o", file).CombinedOutput(); err != nil {
			t.Fatalf("flite: %v\n%s", err, out)
		}
		clip, err := audio.ReadWAVFile(file)
		if err != nil {
			t.Fatal(err)
		}
		tones, _ := guarded(clip.At(audio.SampleRate).Samples)
		if got := len(tones) - count(tones, NoTone); len(tones) < 200 || got > 0 {
			t.Errorf("voice %s: %d of %d frames are tones; want none of 200 or more", voice, got, len(tones))
		}
	}
}

func TestToneGuardStopsAfterATone(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 1))
	for _, hertz := range [][]float64{{425}, {697, 1209}} {
		tones, _ := guarded(join(sines(rng, -15, 40, 400*time.Millisecond, hertz...), noise(rng, -50, 200*time.Millisecond)))
		if got := count(tones[25:], NoTone); got != 5 {
			t.Errorf("%v Hz: 100 ms after the end %v; want no tone", hertz, tones[25:])
		}
	}
}

func TestToneGuardIgnoresFramesThatAreNotTonal(t *testing.T) {
	rng := rand.New(rand.NewPCG(14, 1))
	var guard ToneGuard
	pcm := sines(rng, -15, 40, 400*time.Millisecond, 425)
	for ; len(pcm) >= FrameSamples; pcm = pcm[FrameSamples:] {
		if got := guard.Frame((*[FrameSamples]int16)(pcm), false); got != NoTone {
			t.Fatalf("tone %v; want none", got)
		}
	}
}

func TestToneGuardDoesNotAllocate(t *testing.T) {
	var guard ToneGuard
	frame := (*[FrameSamples]int16)(sines(rand.New(rand.NewPCG(17, 1)), -15, 40, 20*time.Millisecond, 440, 480))
	if got := testing.AllocsPerRun(100, func() { guard.Frame(frame, true) }); got != 0 {
		t.Errorf("%v allocations a frame; want 0", got)
	}
}

func BenchmarkToneGuard(b *testing.B) {
	rng := rand.New(rand.NewPCG(15, 1))
	for name, pcm := range map[string][]int16{
		"noise": noise(rng, -20, 20*time.Millisecond),
		"tone":  sines(rng, -20, 40, 20*time.Millisecond, 425),
	} {
		for _, tonal := range []bool{false, true} {
			b.Run(fmt.Sprintf("%s, tonal %v", name, tonal), func(b *testing.B) {
				var guard ToneGuard
				for b.Loop() {
					guard.Frame((*[FrameSamples]int16)(pcm), tonal)
				}
			})
		}
	}
}
