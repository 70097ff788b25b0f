package audio

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func decibel(ratio float64) float64 { return 20 * math.Log10(ratio) }

// middle drops a tenth at each end, where filters meet the edge of the signal.
func middle(pcm []int16) []int16 {
	return pcm[len(pcm)/10 : len(pcm)-len(pcm)/10]
}

func sine(rate int, hz float64) Clip {
	return Clip{rate, Tone(rate, 300*time.Millisecond, 0.5, hz)}
}

func TestResamplerPassesTheTelephoneBand(t *testing.T) {
	rates := [][2]int{
		{16000, 8000},
		{22050, 8000},
		{24000, 8000},
		{44100, 8000},
		{48000, 8000},
		{8000, 16000},
		{8000, 44100},
		{8000, 48000},
		{11025, 8000},
		{8001, 8000},
		{8000, 7993},
	}
	for _, r := range rates {
		for _, hz := range []float64{50, 300, 1000, 3000, 3400} {
			out := middle(sine(r[0], hz).At(r[1]).Samples)
			if got := decibel(strength(out, r[1], hz) / 0.5); math.Abs(got) > 0.2 {
				t.Errorf("%d to %d, %v Hz: got %.2f dB, want 0", r[0], r[1], hz, got)
			}
		}
	}
}

func TestResamplerRejectsAliases(t *testing.T) {
	cases := []struct {
		from, to int
		hz       float64
	}{
		{16000, 8000, 4050},
		{16000, 8000, 5000},
		{16000, 8000, 7900},
		{24000, 8000, 4400},
		{44100, 8000, 4100},
		{44100, 8000, 7000},
		{48000, 8000, 9000},
		{48000, 8000, 23000},
		{48000, 16000, 8100},
		{191999, 8000, 6000},
	}
	for _, c := range cases {
		out := middle(sine(c.from, c.hz).At(c.to).Samples)
		// Nothing may come through anywhere, so the level of everything is what counts.
		got := Level(out) - Level(sine(c.from, c.hz).Samples)
		if got > -75 {
			t.Errorf("%d to %d, %v Hz: %.1f dB came through, want under -75", c.from, c.to, c.hz, got)
		}
	}
}

// A telephone tone brought to a higher rate must not show its mirror images.
func TestResamplerRejectsImages(t *testing.T) {
	for _, to := range []int{16000, 44100, 48000, 8111} {
		for _, hz := range []float64{1000, 3300} {
			out := middle(sine(8000, hz).At(to).Samples)
			if got := Level(without(out, to, hz)) - Level(out); got > -70 {
				t.Errorf("8000 to %d, %v Hz: everything else is at %.1f dB, want under -70", to, hz, got)
			}
		}
	}
}

func noise(n int) []int16 {
	rng := rand.New(rand.NewPCG(1, 2))
	pcm := make([]int16, n)
	for i := range pcm {
		pcm[i] = int16(rng.IntN(20000) - 10000)
	}
	return pcm
}

func TestResamplerStreamEqualsOneShot(t *testing.T) {
	for _, rates := range [][2]int{{16000, 8000}, {8000, 16000}, {44100, 8000}, {8000, 8000}, {8000, 7993}, {192000, 4000}} {
		given := noise(5000)
		want := Clip{rates[0], given}.At(rates[1]).Samples
		if ideal := (len(given)*rates[1] + rates[0] - 1) / rates[0]; len(want) != ideal {
			t.Errorf("%d to %d: got %d samples of %d, want %d", rates[0], rates[1], len(want), len(given), ideal)
		}
		r := NewResampler(rates[0], rates[1])
		for round := range 2 { // Flush leaves it as new
			rng := rand.New(rand.NewPCG(uint64(round), 3))
			var got []int16
			for rest := given; len(rest) > 0; {
				n := min(len(rest), 1+rng.IntN(700))
				got = r.Process(got, rest[:n])
				rest = rest[n:]
			}
			got = r.Flush(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%d to %d, stream %d (-one shot +stream):\n%s", rates[0], rates[1], round, diff)
			}
		}
	}
}

func TestResamplerKeepsTimeAndConstants(t *testing.T) {
	constant := make([]int16, 4000)
	for i := range constant {
		constant[i] = 12345
	}
	for _, s := range middle(Clip{22050, constant}.At(8000).Samples) {
		if s != 12345 {
			t.Fatalf("constant 12345: got %d", s)
		}
	}
	// One click at 100 ms must stay at 100 ms.
	click := make([]int16, 4800)
	click[4800/2] = 30000
	out := Clip{48000, click}.At(8000).Samples
	loudest := 0
	for i, s := range out {
		if s > out[loudest] {
			loudest = i
		}
	}
	if loudest != 400 {
		t.Errorf("click at 50 ms of 48 kHz: got sample %d of 8 kHz, want 400", loudest)
	}
}

func TestResamplerSaturates(t *testing.T) {
	square := make([]int16, 1600)
	for i := range square {
		square[i] = math.MaxInt16
		if i/40%2 == 1 {
			square[i] = math.MinInt16
		}
	}
	for i, s := range (Clip{16000, square}).At(8000).Samples[100:700] {
		want := square[2*(i+100)]
		if (s > 0) != (want > 0) && (i+100)%20 > 2 && (i+100)%20 < 17 {
			t.Fatalf("square wave at sample %d: got %d, want the sign of %d: it wrapped", i+100, s, want)
		}
	}
}

func TestResamplerRefusesImpossibleRates(t *testing.T) {
	for _, rates := range [][2]int{{0, 8000}, {8000, 0}, {-1, 8000}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%d to %d: got a resampler, want a panic", rates[0], rates[1])
				}
			}()
			NewResampler(rates[0], rates[1])
		}()
	}
}

func TestResamplerDoesNotAllocate(t *testing.T) {
	r := NewResampler(16000, 8000)
	block, out := noise(1600), make([]int16, 0, 2000)
	if got := testing.AllocsPerRun(100, func() { out = r.Process(out[:0], block) }); got != 0 {
		t.Errorf("got %v allocations a block, want none", got)
	}
}

func BenchmarkResample(b *testing.B) {
	for _, rates := range [][2]int{{16000, 8000}, {24000, 8000}, {44100, 8000}, {8000, 16000}} {
		b.Run(fmt.Sprintf("%dto%d", rates[0], rates[1]), func(b *testing.B) {
			r := NewResampler(rates[0], rates[1])
			second, out := noise(rates[0]), make([]int16, 0, rates[1]+1)
			b.ReportAllocs()
			for b.Loop() { // one second of sound
				out = r.Process(out[:0], second)
			}
		})
	}
}
