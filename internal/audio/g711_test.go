package audio

import (
	"bytes"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The values of G.711 tables 1a to 2b, in the 16-bit scale used here: the first
// magnitude that gets the code, and what the code decodes to. (The tables count
// in steps of 8 for A-law and of 4 for mu-law.)
func TestMuLawTables(t *testing.T) {
	cases := []struct {
		from, value int
		code        byte
	}{
		{0, 0, 0xFF},
		{1 * 4, 2 * 4, 0xFE},
		{3 * 4, 4 * 4, 0xFD},
		{31 * 4, 33 * 4, 0xEF},
		{95 * 4, 99 * 4, 0xDF},
		{223 * 4, 231 * 4, 0xCF},
		{479 * 4, 495 * 4, 0xBF},
		{991 * 4, 1023 * 4, 0xAF},
		{2015 * 4, 2079 * 4, 0x9F},
		{4063 * 4, 4191 * 4, 0x8F},
		{7903 * 4, 8031 * 4, 0x80},
		{math.MaxInt16, 8031 * 4, 0x80},
	}
	for _, c := range cases {
		got := EncodeMuLaw(nil, []int16{int16(c.from), int16(^c.from)})
		want := []byte{c.code, c.code &^ 0x80}
		if !bytes.Equal(got, want) {
			t.Errorf("encode %d and its mirror: got % x, want % x", c.from, got, want)
		}
		linear := DecodeMuLaw(nil, want)
		if diff := cmp.Diff([]int16{int16(c.value), int16(-c.value)}, linear); diff != "" {
			t.Errorf("decode % x (-want +got):\n%s", want, diff)
		}
		if c.from == 0 {
			continue
		}
		if below := EncodeMuLaw(nil, []int16{int16(c.from - 1)}); c.from < math.MaxInt16 && below[0] != c.code+1 {
			t.Errorf("encode %d: got %x, want %x: the code begins too early", c.from-1, below[0], c.code+1)
		}
	}
}

func TestALawTables(t *testing.T) {
	cases := []struct {
		from, value int
		code        byte // before every second bit is inverted
	}{
		{0, 1 * 8, 0x80},
		{2 * 8, 3 * 8, 0x81},
		{32 * 8, 33 * 8, 0x90},
		{64 * 8, 66 * 8, 0xA0},
		{128 * 8, 132 * 8, 0xB0},
		{256 * 8, 264 * 8, 0xC0},
		{512 * 8, 528 * 8, 0xD0},
		{1024 * 8, 1056 * 8, 0xE0},
		{2048 * 8, 2112 * 8, 0xF0},
		{3968 * 8, 4032 * 8, 0xFF},
		{math.MaxInt16, 4032 * 8, 0xFF},
	}
	for _, c := range cases {
		got := EncodeALaw(nil, []int16{int16(c.from), int16(^c.from)})
		want := []byte{c.code ^ 0x55, (c.code &^ 0x80) ^ 0x55}
		if !bytes.Equal(got, want) {
			t.Errorf("encode %d and its mirror: got % x, want % x", c.from, got, want)
		}
		linear := DecodeALaw(nil, want)
		if diff := cmp.Diff([]int16{int16(c.value), int16(-c.value)}, linear); diff != "" {
			t.Errorf("decode % x (-want +got):\n%s", want, diff)
		}
		if c.from == 0 {
			continue
		}
		if below := EncodeALaw(nil, []int16{int16(c.from - 1)}); c.from < math.MaxInt16 && below[0]^0x55 != c.code-1 {
			t.Errorf("encode %d: got %x, want %x: the code begins too early", c.from-1, below[0]^0x55, c.code-1)
		}
	}
}

func allCodes() []byte {
	codes := make([]byte, 256)
	for i := range codes {
		codes[i] = byte(i)
	}
	return codes
}

func TestEveryCodeSurvivesARoundTrip(t *testing.T) {
	wantMu := allCodes()
	wantMu[0x7F] = 0xFF // G.711 has a negative zero, linear samples have not
	if diff := cmp.Diff(wantMu, EncodeMuLaw(nil, DecodeMuLaw(nil, allCodes()))); diff != "" {
		t.Errorf("mu-law (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(allCodes(), EncodeALaw(nil, DecodeALaw(nil, allCodes()))); diff != "" {
		t.Errorf("A-law (-want +got):\n%s", diff)
	}
}

// Every sample must come back with its sign, in order, and no further off than
// half the largest step of its segment.
func TestEverySampleIsCodedClosely(t *testing.T) {
	laws := []struct {
		name   string
		encode func([]byte, []int16) []byte
		decode func([]int16, []byte) []int16
		clip   int
	}{
		{"mu-law", EncodeMuLaw, DecodeMuLaw, 32635},
		{"A-law", EncodeALaw, DecodeALaw, 32767},
	}
	for _, law := range laws {
		last := int16(math.MinInt16)
		for s := math.MinInt16; s <= math.MaxInt16; s++ {
			got := law.decode(nil, law.encode(nil, []int16{int16(s)}))[0]
			magnitude := min(max(s, -s), law.clip)
			if off, limit := max(int(got)-s, s-int(got)), max(8, (magnitude+muLawBias)/32)+max(max(s, -s)-law.clip, 0); off > limit {
				t.Fatalf("%s of %d: got %d, want within %d", law.name, s, got, limit)
			}
			if got < last {
				t.Fatalf("%s of %d: got %d after %d, want a growing function", law.name, s, got, last)
			}
			last = got
		}
	}
}

func TestG711AppendsWithoutAllocating(t *testing.T) {
	pcm, codes := make([]int16, 0, 512), make([]byte, 0, 512)
	given := allCodes()
	allocations := testing.AllocsPerRun(100, func() {
		pcm = DecodeMuLaw(DecodeALaw(pcm[:0], given), given)
		codes = EncodeALaw(EncodeMuLaw(codes[:0], pcm[:256]), pcm[256:])
	})
	if allocations != 0 {
		t.Errorf("got %v allocations with room in the slice, want none", allocations)
	}
	if got, want := DecodeMuLaw([]int16{7}, []byte{MuLawSilence}), []int16{7, 0}; !cmp.Equal(got, want) {
		t.Errorf("append to a full slice: got %v, want %v", got, want)
	}
}

func FuzzMuLawRoundTrip(f *testing.F) {
	f.Add([]byte{0x00, 0x7F, 0x80, 0xFF})
	f.Add(bytes.Repeat([]byte{MuLawSilence}, FrameSamples))
	f.Fuzz(func(t *testing.T, codes []byte) {
		want := bytes.ReplaceAll(codes, []byte{0x7F}, []byte{0xFF})
		if got := EncodeMuLaw(nil, DecodeMuLaw(nil, codes)); !bytes.Equal(got, want) {
			t.Errorf("round trip of % x: got % x", codes, got)
		}
	})
}

func BenchmarkDecodeMuLawFrame(b *testing.B) {
	frame, pcm := make([]byte, FrameSamples), make([]int16, 0, FrameSamples)
	b.ReportAllocs()
	for b.Loop() {
		pcm = DecodeMuLaw(pcm[:0], frame)
	}
}

func BenchmarkEncodeMuLawFrame(b *testing.B) {
	pcm, frame := Tone(SampleRate, FrameDuration, 0.5, 440), make([]byte, 0, FrameSamples)
	b.ReportAllocs()
	for b.Loop() {
		frame = EncodeMuLaw(frame[:0], pcm)
	}
}
