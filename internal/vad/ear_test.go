package vad

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/audio"
)

// hearAll runs a new ear over audio of both sides, cut into frames of 160 samples.
func hearAll(near, far []byte) (all []Heard) {
	ear := NewEar(new(Energy), Settings{})
	for len(near) > 0 {
		n, m := min(FrameSamples, len(near)), min(FrameSamples, len(far))
		all = append(all, ear.Frame(near[:n], far[:m]))
		near, far = near[n:], far[m:]
	}
	return all
}

// dialogue is 20 s of a caller and of a bot, as mu-law.
func dialogue() (near, far []byte) {
	rng := rand.New(rand.NewPCG(41, 1))
	pause := func() []int16 { return noise(rng, -60, 1500*time.Millisecond) }
	words := func() []int16 { return tone(rng, -20, -60, time.Second) }
	near = audio.EncodeMuLaw(nil, join(pause(), words(), pause(), words(), pause(), words(), pause(), words(), pause(), pause()))
	far = audio.EncodeMuLaw(nil, join(make([]int16, 32000), noise(rng, -25, 8*time.Second)))
	return near, far
}

func TestEarIsCausal(t *testing.T) {
	near, far := dialogue()
	whole := hearAll(near, far)
	for _, frames := range []int{1, 77, 100, 333, 500} {
		got := hearAll(near[:frames*FrameSamples], far)
		if diff := cmp.Diff(whole[:frames], got); diff != "" {
			t.Errorf("the first %d frames, heard alone (-whole +alone):\n%s", frames, diff)
		}
	}
}

func TestEarHearsTheSameAgain(t *testing.T) {
	near, far := dialogue()
	first := hearAll(near, far)
	if diff := cmp.Diff(first, hearAll(near, far)); diff != "" {
		t.Errorf("heard again (-first +second):\n%s", diff)
	}
	changes := 0
	for _, h := range first {
		if h.Change != NoChange {
			changes++
		}
	}
	if changes < 6 {
		t.Errorf("%d changes; the dialogue has more turns", changes)
	}
}

// TestSamplesAreFrames gives an ear linear audio that mu-law holds exactly.
func TestSamplesAreFrames(t *testing.T) {
	near, far := dialogue()
	coded, linear := NewEar(new(Energy), Settings{}), NewEar(new(Energy), Settings{})
	for i := 0; i+FrameSamples <= len(near); i += FrameSamples {
		n := near[i : i+FrameSamples]
		f := far[min(i, len(far)):min(i+FrameSamples, len(far))]
		want := coded.Frame(n, f)
		got := linear.Samples(audio.DecodeMuLaw(nil, n), audio.DecodeMuLaw(nil, f))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("frame %d (-mu-law +linear):\n%s", i/FrameSamples, diff)
		}
	}
}

// linearJudge takes linear samples, too, and then is sure of itself.
type linearJudge struct{ scripted }

func (*linearJudge) Samples(_, _ []int16) Decision { return Decision{Probability: 1} }

func TestSamplesOfALinearDetector(t *testing.T) {
	ear := NewEar(new(linearJudge), Settings{})
	if got := ear.Samples(nil, nil).Probability; got != 1 {
		t.Errorf("probability %v; want 1, which only its Samples gives", got)
	}
}

func TestEarHoldsTheFirstDecisions(t *testing.T) {
	decisions := make([]Decision, 20)
	for i := range decisions {
		decisions[i] = Decision{Probability: 1, Speech: true}
	}
	ear := NewEar(&scripted{decisions: decisions}, Settings{})
	for i := range decisions {
		if got, want := ear.Frame(nil, nil).Speech, i >= settleFrames; got != want {
			t.Errorf("frame %d: speech %v; want %v", i, got, want)
		}
	}
}

func TestEarTellsWhatItWeighed(t *testing.T) {
	ear := NewEar(&scripted{decisions: talk(100, 50, 100, -25, -45)}, Settings{})
	ear.Expect(ShortAnswer)
	var h Heard
	for range 56 {
		h = ear.Frame(nil, nil)
	}
	want := Heard{
		Decision: Decision{Probability: 0.95, Level: -25, Floor: -70, Echo: -45}, Change: Started,
		Evidence: h.Evidence, Demand: plainDemand.Evidence, Stop: 440 * time.Millisecond,
	}
	if diff := cmp.Diff(want, h); diff != "" || math.Abs(float64(h.Evidence)-5.7) > 1e-5 {
		t.Errorf("evidence %v; want 5.7; (-want +got):\n%s", h.Evidence, diff)
	}
}

// TestEarOfHardAudio has an ear hear what lines do when they are broken.
func TestEarOfHardAudio(t *testing.T) {
	rng := rand.New(rand.NewPCG(42, 1))
	square := make([]int16, audio.SampleRate)
	for i := range square {
		square[i] = math.MaxInt16
		if i/20%2 == 0 {
			square[i] = math.MinInt16
		}
	}
	offset := noise(rng, -60, 10*time.Second)
	for i := range offset {
		offset[i] += 3000
	}
	quiet := noise(rng, -60, 2*time.Second)
	for name, pcm := range map[string][]int16{
		"zeros": make([]int16, 80000), "a second of full scale": join(quiet, square, quiet), "offset": offset,
	} {
		t.Run(name, func(t *testing.T) {
			checkHeard(t, hearAll(audio.EncodeMuLaw(nil, pcm), nil), Settings{})
		})
	}
	if got := hearAll(make([]byte, 80000), nil); got[len(got)-1].Change != NoChange {
		t.Error("a line of zero bytes ends in a change; want none")
	}
}

// checkHeard checks what holds whatever an ear hears.
func checkHeard(t *testing.T, all []Heard, s Settings) {
	t.Helper()
	open, length := false, 0
	for i, h := range all {
		numbers := []float32{h.Probability, h.Level, h.Floor, h.Echo, h.Evidence, h.Demand, h.Refused}
		if slices.ContainsFunc(numbers, func(x float32) bool { return x-x != 0 }) || h.Probability < 0 || h.Probability > 1 {
			t.Fatalf("frame %d: %+v has a number out of range", i, h)
		}
		length++
		switch h.Change {
		case Started:
			if open {
				t.Fatalf("frame %d: a turn started within a turn", i)
			}
			open, length = true, 0
		case Ended:
			if !open {
				t.Fatalf("frame %d: a turn ended that was not open", i)
			}
			open = false
		}
		if open && length >= int(s.WithDefaults().MaxTurn/frameTime) {
			t.Fatalf("frame %d: a turn is open for %d frames", i, length)
		}
		if h.BargeIn && (h.Change != Started || !h.Audible) || h.Refused > 0 && open {
			t.Fatalf("frame %d: %+v contradicts itself", i, h)
		}
	}
}

func TestEarDoesNotAllocate(t *testing.T) {
	near, far := dialogue()
	ear := NewEar(new(Energy), Settings{})
	samples := audio.DecodeMuLaw(nil, near[:FrameSamples])
	if got := testing.AllocsPerRun(100, func() {
		ear.Frame(near[:FrameSamples], far[:FrameSamples])
		ear.Samples(samples, samples)
	}); got != 0 {
		t.Errorf("%v allocations a frame; want 0", got)
	}
}

func TestEarIsSmall(t *testing.T) {
	if got := unsafe.Sizeof(Ear{}); got > 1024 {
		t.Errorf("an ear without its detector is of %d bytes; want 1024 at most", got)
	}
}

// FuzzEar gives an ear arbitrary frames of arbitrary length, each of which has its
// length before it.
func FuzzEar(f *testing.F) {
	near, far := dialogue()
	f.Add(uint8(1), false, pack(near[9000:12000]), pack(far))
	f.Add(uint8(16), true, pack(near[11000:13000]), pack(far[15000:17000]))
	f.Add(uint8(255), true, []byte{}, []byte{})
	f.Add(uint8(40), false, make([]byte, 500), make([]byte, 3))
	f.Fuzz(func(t *testing.T, setting uint8, linear bool, near, far []byte) {
		s := Settings{
			EndOfSpeech: 200*time.Millisecond + time.Duration(setting&3)*time.Second, MaxTurn: time.Duration(1+setting>>2&7) * time.Second,
			Threshold: 0.05 + float32(setting>>5)/8,
		}
		if setting&16 != 0 {
			s.BargeIn = Never
		}
		if err := s.Validate(); err != nil {
			t.Fatal(err)
		}
		ear := NewEar(new(Energy), s)
		var all []Heard
		for len(near) > 0 {
			var frame, played []byte
			frame, near = chop(near)
			played, far = chop(far)
			ear.Expect(Answer(len(near) % 3))
			if linear {
				all = append(all, ear.Samples(audio.DecodeMuLaw(nil, frame), audio.DecodeMuLaw(nil, played)))
			} else {
				all = append(all, ear.Frame(frame, played))
			}
			if all[len(all)-1].Change == Started && (ear.Onset() < 0 || ear.Onset() > MaxOnset) {
				t.Fatalf("onset %d", ear.Onset())
			}
			if ear.Silence() < 0 || ear.Silence() > s.MaxTurn+time.Second {
				t.Fatalf("silence %v", ear.Silence())
			}
		}
		checkHeard(t, all, s)
	})
}

// chop takes a frame off, and its length.
func chop(all []byte) (frame, rest []byte) {
	if len(all) == 0 {
		return nil, nil
	}
	n := min(int(all[0]), len(all)-1)
	return all[1 : 1+n], all[1+n:]
}

// pack cuts audio into frames that chop takes off: short ones, so that little of it
// makes many.
func pack(mulaw []byte) (all []byte) {
	const short = 8
	for ; len(mulaw) >= short; mulaw = mulaw[short:] {
		all = append(append(all, short), mulaw[:short]...)
	}
	return all[:min(len(all), 4000)]
}
