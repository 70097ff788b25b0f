package vad

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"lexline/internal/audio"
)

// noise is d of white noise at a level in dBov.
func noise(rng *rand.Rand, level float64, d time.Duration) []int16 {
	pcm := make([]int16, int(d.Seconds()*audio.SampleRate))
	for i := range pcm {
		pcm[i] = int16(rng.NormFloat64() * 32768 * math.Pow(10, level/20))
	}
	return pcm
}

// tone is d of a voice-like tone at a level in dBov, with noise under it.
func tone(rng *rand.Rand, level, under float64, d time.Duration) []int16 {
	pcm := noise(rng, under, d)
	peak := 32768 * math.Sqrt2 * math.Pow(10, level/20)
	for i := range pcm {
		pcm[i] += int16(peak * math.Sin(2*math.Pi*210*float64(i)/audio.SampleRate))
	}
	return pcm
}

// eightTenths ends a turn after 0.8 s.
var eightTenths = Settings{EndOfSpeech: 800 * time.Millisecond}

type turn struct{ start, onset, end int } // frames

// listen runs an ear over audio.
func listen(pcm []int16, s Settings) (turns []turn) {
	ear := NewEar(new(Energy), s)
	mulaw := audio.EncodeMuLaw(nil, pcm)
	for i := 0; i+audio.FrameSamples <= len(mulaw); i += audio.FrameSamples {
		frame := i / audio.FrameSamples
		switch ear.Frame(mulaw[i:i+audio.FrameSamples], nil).Change {
		case Started:
			turns = append(turns, turn{start: frame, onset: frame - ear.Onset()})
		case Ended:
			turns[len(turns)-1].end = frame
		}
	}
	return turns
}

func join(parts ...[]int16) (all []int16) {
	for _, part := range parts {
		all = append(all, part...)
	}
	return all
}

func TestTurnsAreFound(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const s = time.Second
	for _, line := range []struct{ speech, noise float64 }{{-20, -70}, {-20, -60}, {-30, -55}, {-15, -40}, {-38, -65}} {
		pcm := join(noise(rng, line.noise, 2*s), tone(rng, line.speech, line.noise, s), noise(rng, line.noise, 2*s))
		got := listen(pcm, eightTenths)
		if len(got) != 1 {
			t.Errorf("speech at %v dBov over %v: %d turns; want 1", line.speech, line.noise, len(got))
			continue
		}
		if got[0].onset < 98 || got[0].onset > 101 {
			t.Errorf("speech at %v dBov over %v: onset in frame %d; want 100", line.speech, line.noise, got[0].onset)
		}
		if late := got[0].start - 100; late > 8 {
			t.Errorf("turn opened %d frames after the onset; want at most 8", late)
		}
		if stop := got[0].end - 150; stop < 39 || stop > 43 {
			t.Errorf("turn ended %d frames after the speech; want 40", stop)
		}
	}
}

func TestWhatIsNoTurn(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	const s = time.Second
	tests := []struct {
		name string
		pcm  []int16
	}{
		{"digital silence", make([]int16, 80000)},
		{"line noise", noise(rng, -58, 20*s)},
		{"loud steady noise", noise(rng, -30, 20*s)},
		{"click", join(noise(rng, -60, s), tone(rng, -10, -60, 50*time.Millisecond), noise(rng, -60, s))},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := listen(test.pcm, eightTenths); len(got) != 0 {
				t.Errorf("turns = %v; want none", got)
			}
		})
	}
}

func TestPauseWithinATurn(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	pcm := join(noise(rng, -60, time.Second),
		tone(rng, -20, -60, 500*time.Millisecond), noise(rng, -60, 600*time.Millisecond),
		tone(rng, -20, -60, 500*time.Millisecond), noise(rng, -60, 2*time.Second))
	if got := listen(pcm, eightTenths); len(got) != 1 {
		t.Errorf("a pause of 600 ms made %d turns; want 1", len(got))
	}
	short := eightTenths
	short.EndOfSpeech = 400 * time.Millisecond
	if got := listen(pcm, short); len(got) != 2 {
		t.Errorf("with a stop time of 400 ms: %d turns; want 2", len(got))
	}
}

func TestEnergyOfAnEmptyFrame(t *testing.T) {
	var energy Energy
	want := Decision{Level: -100, Floor: -100, Echo: -100}
	if got := energy.Frame(nil, nil); got != want {
		t.Errorf("an empty frame = %+v; want no decision", got)
	}
}

func BenchmarkEnergy(b *testing.B) {
	var energy Energy
	rng := rand.New(rand.NewPCG(1, 1))
	frame := audio.EncodeMuLaw(nil, noise(rng, -40, 20*time.Millisecond))
	for b.Loop() {
		energy.Frame(frame, nil)
	}
}
