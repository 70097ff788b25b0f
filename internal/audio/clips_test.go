package audio

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// babble is n bytes that no other seed gives, as loud as speech.
func babble(seed uint64, n int) []byte {
	rng := rand.New(rand.NewPCG(seed, 1))
	pcm := make([]int16, n)
	level := 0
	for i := range pcm {
		level += rng.IntN(4001) - 2000 - level/8
		pcm[i] = int16(level)
	}
	return EncodeMuLaw(nil, pcm)
}

func quiet(n int) []byte { return EncodeMuLaw(nil, make([]int16, n)) }

func joined(parts ...[]byte) []byte { return slices.Concat(parts...) }

var (
	roses     = joined(quiet(240), babble(1, 4000), quiet(800), babble(2, 4000), quiet(160))
	lilies    = joined(quiet(160), babble(3, 6400))
	order     = babble(4, 8000)
	orderLong = joined(order[:4000], babble(5, 8000)) // begins as order does
)

func testFinder(t testing.TB) *Finder {
	t.Helper()
	f, err := NewFinder(map[string][]byte{"roses": roses, "lilies": lilies, "order": order, "order-long": orderLong})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFind(t *testing.T) {
	f := testFinder(t)
	for _, test := range []struct {
		name  string
		audio []byte
		want  []Found
	}{
		{"nothing", nil, nil},
		{"silence", quiet(16000), nil},
		{"an unknown clip", babble(99, 16000), nil},
		{"one clip", joined(quiet(333), lilies), []Found{{"lilies", 493, 6893, 6400, 6400}}},
		{"over linear samples", EncodeMuLaw(nil, DecodeMuLaw(nil, lilies)), []Found{{"lilies", 160, 6560, 6400, 6400}}},
		{"a pause inside counts as nothing", joined(quiet(100), roses), []Found{{"roses", 340, 9140, 8000, 8000}}},
		{"two clips", joined(lilies, quiet(99), order), []Found{{"lilies", 160, 6560, 6400, 6400}, {"order", 6659, 14659, 8000, 8000}}},
		{"the same clip twice", joined(lilies, lilies), []Found{{"lilies", 160, 6560, 6400, 6400}, {"lilies", 6720, 13120, 6400, 6400}}},
		{
			"a clip begun anew", joined(lilies[:3360], quiet(80), lilies),
			[]Found{{"lilies", 160, 3360, 3200, 6400}, {"lilies", 3600, 10000, 6400, 6400}},
		},
		{"cut at the end", lilies[:3360], []Found{{"lilies", 160, 3360, 3200, 6400}}},
		{"cut at the start", lilies[3360:], []Found{{"lilies", 0, 3200, 3200, 6400}}},
		{"frames lost in the middle", joined(lilies[:1760], lilies[1920:4000], lilies[4320:]), []Found{{"lilies", 160, 6080, 5920, 6400}}},
		{
			"frames replaced by silence", joined(lilies[:1760], quiet(160), lilies[1920:]),
			[]Found{{"lilies", 160, 6560, 6240, 6400}},
		},
		{"a frame twice", joined(lilies[:1920], lilies[1760:]), []Found{{"lilies", 160, 6720, 6400, 6400}}},
		{"every other frame", everyOther(order, 160), []Found{{"order", 0, 4000, 4000, 8000}}},
		{"a common beginning, then one of them", orderLong, []Found{{"order-long", 0, 12000, 12000, 12000}}},
		{"a common beginning, then the other", order, []Found{{"order", 0, 8000, 8000, 8000}}},
		{"only the common beginning", order[:4000], []Found{{"order", 0, 4000, 4000, 8000}}},
		{"too little", lilies[160:230], nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, f.Find(test.audio)); diff != "" {
				t.Errorf("found (-want +got):\n%s", diff)
			}
		})
	}
}

// everyOther drops every second frame.
func everyOther(clip []byte, frame int) []byte {
	var kept []byte
	for i := 0; i < len(clip); i += 2 * frame {
		kept = append(kept, clip[i:min(i+frame, len(clip))]...)
	}
	return kept
}

func TestFindKnowsBothZeros(t *testing.T) {
	clip := babble(7, 1600)
	for i := 0; i < len(clip); i += 10 {
		clip[i] = 0x7F
	}
	f, err := NewFinder(map[string][]byte{"zeros": clip})
	if err != nil {
		t.Fatal(err)
	}
	arrived := EncodeMuLaw(nil, DecodeMuLaw(nil, clip))
	if arrived[0] == clip[0] {
		t.Fatalf("the linear way keeps code %#x; want it to become another", clip[0])
	}
	if got := f.Find(arrived); len(got) != 1 || got[0].Bytes != 1600 {
		t.Errorf("found %+v; want the whole clip", got)
	}
}

// TestFindRandomLosses drops frames of a clip at random and counts what is left
// by hand.
func TestFindRandomLosses(t *testing.T) {
	f := testFinder(t)
	rng := rand.New(rand.NewPCG(5, 5))
	for n := range 300 {
		heard, want := quiet(rng.IntN(500)), 0
		lost := rng.Float64() * 0.6
		for i := 0; i < len(order); i += FrameSamples {
			if rng.Float64() < lost {
				continue
			}
			heard = append(heard, order[i:i+FrameSamples]...)
			want += FrameSamples
		}
		heard = append(heard, quiet(rng.IntN(500))...)
		got := f.Find(heard)
		if len(got) != 1 || got[0].Clip != "order" || got[0].Of != len(order) {
			t.Fatalf("round %d: found %+v; want order once", n, got)
		}
		// Next to a gap some bytes can be equal by accident, and count.
		if got[0].Bytes < want || got[0].Bytes > want+want/50 {
			t.Errorf("round %d: %d bytes arrived; want %d", n, got[0].Bytes, want)
		}
	}
}

func TestNewFinderRefuses(t *testing.T) {
	for _, test := range []struct {
		name  string
		clips map[string][]byte
		want  string
	}{
		{"silence", map[string][]byte{"a": quiet(8000)}, `clip "a" holds nothing to know it by`},
		{"a click", map[string][]byte{"a": babble(1, 79)}, `clip "a" holds nothing to know it by`},
		{"a steady tone", map[string][]byte{"a": EncodeMuLaw(nil, Tone(8000, FrameDuration*50, 0.5, 400))[800:7200]}, `clip "a" holds nothing`},
		{"a clip twice", map[string][]byte{"a": lilies, "b": lilies}, `clips "a" and "b" are the same recording`},
	} {
		if _, err := NewFinder(test.clips); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v; want %q", test.name, err, test.want)
		}
	}
}

// FuzzFind cuts and repeats a known clip and mixes in other bytes. Whatever is
// found must lie in the audio and be in the clip.
func FuzzFind(f *testing.F) {
	f.Add(uint16(0), uint16(8000), uint16(80), []byte("noise"))
	f.Add(uint16(3999), uint16(4160), uint16(0), []byte{0xFF, 0x7F, 0})
	f.Add(uint16(100), uint16(260), uint16(9000), babble(1, 300))
	finder := testFinder(f)
	f.Fuzz(func(t *testing.T, from, to, again uint16, other []byte) {
		a, b := min(int(from), len(orderLong)), min(int(to), len(orderLong))
		piece := orderLong[min(a, b):max(a, b)]
		heard := joined(other, piece, quiet(int(again)%4096), lilies[min(len(lilies), int(again)):], other, piece)
		found := finder.Find(heard)
		last := -1
		for _, g := range found {
			if g.Bytes < clipWindow || g.Bytes > g.Of || g.From < last || g.To <= g.From || g.To > len(heard) || g.To-g.From < g.Bytes/2 {
				t.Errorf("%d bytes: found %+v", len(heard), found)
			}
			last = g.From
		}
		if len(piece) >= 2*clipWindow && len(found) == 0 {
			t.Errorf("nothing found of %d bytes of a clip", len(piece))
		}
	})
}

// BenchmarkFind looks for 40 clips of 2.5 s in 5 s of audio.
func BenchmarkFind(b *testing.B) {
	clips := make(map[string][]byte)
	for n := range 40 {
		clips[fmt.Sprint(n)] = joined(babble(200, 4000), babble(uint64(n), 16000))
	}
	f, err := NewFinder(clips)
	if err != nil {
		b.Fatal(err)
	}
	heard := joined(quiet(8000), clips["7"], quiet(12000))
	for b.Loop() {
		if got := f.Find(heard); len(got) != 1 || got[0].Clip != "7" {
			b.Fatalf("found %+v; want clip 7", got)
		}
	}
}
