package audio

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// stereo is a WAV file of two channels in 16 bits: left counts up, right down.
func stereo(t *testing.T, samples int) []byte {
	t.Helper()
	left, right := make([]int16, samples), make([]int16, samples)
	for i := range samples {
		left[i], right[i] = int16(i), int16(-i)
	}
	var file bytes.Buffer
	if err := WriteWAV(&file, 8000, left, right); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func readAll(w *WAVReader) (samples []int16, err error) {
	for {
		if samples, err = w.Next(samples); err != nil {
			return samples, err
		}
	}
}

func TestWAVReaderKeepsChannelsApart(t *testing.T) {
	const samples = 3*wavBlock + 17
	for name, source := range map[string]io.Reader{
		"whole":        bytes.NewReader(stereo(t, samples)),
		"byte by byte": iotest.OneByteReader(bytes.NewReader(stereo(t, samples))),
	} {
		w, err := NewWAVReader(source)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if w.Rate() != 8000 || w.Channels() != 2 || w.Samples() != samples {
			t.Errorf("%s: %d samples of %d channels at %d; want %d of 2 at 8000", name, w.Samples(), w.Channels(), w.Rate(), samples)
		}
		got, err := readAll(w)
		if !errors.Is(err, io.EOF) || len(got) != 2*samples || w.Missing() != 0 {
			t.Fatalf("%s: %d samples, %d missing, error %v; want %d, none, and the end", name, len(got), w.Missing(), err, 2*samples)
		}
		for i := range samples {
			if got[2*i] != int16(i) || got[2*i+1] != int16(-i) {
				t.Fatalf("%s: sample %d is %d and %d; want %d and %d", name, i, got[2*i], got[2*i+1], int16(i), int16(-i))
			}
		}
		if _, err := w.Next(nil); !errors.Is(err, io.EOF) {
			t.Errorf("%s: behind the end: %v; want the end again", name, err)
		}
	}
}

func TestWAVReaderReadsWhatReadWAVReads(t *testing.T) {
	for name, w := range map[string]wav{
		"mu-law":         {tag: wavMuLaw, channels: 1, rate: 8000, bits: 8, audio: []byte("\x00\x7f\x80\xff")},
		"A-law":          {tag: wavALaw, channels: 1, rate: 8000, bits: 8, audio: []byte("\x00\x55\xd5\xff")},
		"24 bits":        {tag: wavPCM, channels: 1, rate: 44100, bits: 24, audio: []byte("abcdef")},
		"length unknown": {tag: wavPCM, channels: 1, rate: 8000, bits: 16, riffSize: -1, dataSize: -1, audio: []byte("abcd")},
		"no audio":       {tag: wavPCM, channels: 1, rate: 8000, bits: 16},
	} {
		clip, err := ReadWAV(bytes.NewReader(w.file()))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		reader, err := NewWAVReader(bytes.NewReader(w.file()))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, _ := readAll(reader)
		if diff := cmp.Diff(clip.Samples, got); diff != "" || reader.Rate() != clip.Rate {
			t.Errorf("%s at %d (-ReadWAV +WAVReader):\n%s", name, reader.Rate(), diff)
		}
	}
}

func TestWAVReaderTellsWhatIsMissing(t *testing.T) {
	file := stereo(t, 1000)
	for cut, want := range map[int]int64{0: 0, 4: 1, 6: 1, 400: 100} { // a broken sample counts with what is there
		w, err := NewWAVReader(bytes.NewReader(file[:len(file)-cut]))
		if err != nil {
			t.Fatal(err)
		}
		got, err := readAll(w)
		if !errors.Is(err, io.EOF) || w.Missing() != want || len(got) != 2*(1000-(cut+3)/4) {
			t.Errorf("without %d bytes: %d samples, %d missing, error %v; want %d missing and the end", cut, len(got), w.Missing(), err, want)
		}
	}
}

func TestWAVReaderErrors(t *testing.T) {
	if _, err := NewWAVReader(strings.NewReader("ID3 and more")); err == nil || !strings.Contains(err.Error(), "read WAV: begins with") {
		t.Errorf("no WAV file: error %v; want what it begins with", err)
	}
	broken := errors.New("disk on fire")
	w, err := NewWAVReader(io.MultiReader(bytes.NewReader(stereo(t, 10)[:60]), iotest.ErrReader(broken)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := readAll(w); !errors.Is(err, broken) {
		t.Errorf("a broken disk: error %v; want %v", err, broken)
	}
}

func FuzzWAVReader(f *testing.F) {
	f.Add(wav{tag: wavPCM, channels: 1, rate: 8000, bits: 16, audio: []byte("abcdef")}.file())
	f.Add(wav{tag: wavALaw, channels: 2, rate: 8000, bits: 8, audio: []byte("abcde")}.file())
	f.Add(wav{tag: wavPCM, channels: 3, rate: 44100, bits: 24, dataSize: 90, audio: []byte("abcdefghijklm")}.file())
	f.Add(wav{tag: wavMuLaw, channels: 1, rate: 16000, bits: 8, dataSize: -1, riffSize: -1, audio: []byte("ab")}.file())
	f.Fuzz(func(t *testing.T, file []byte) {
		clip, wantErr := ReadWAV(bytes.NewReader(file))
		w, err := NewWAVReader(bytes.NewReader(file))
		if err != nil {
			if wantErr == nil {
				t.Fatalf("error %v; ReadWAV has none", err)
			}
			return
		}
		samples, err := readAll(w)
		if !errors.Is(err, io.EOF) || len(samples)%w.Channels() != 0 {
			t.Fatalf("%d samples of %d channels, error %v; want whole ones and the end", len(samples), w.Channels(), err)
		}
		got := mix(nil, samples, w.Channels())
		if diff := cmp.Diff(clip.Samples, got); diff != "" || clip.Rate != w.Rate() {
			t.Errorf("at %d and %d Hz, mixed (-ReadWAV +WAVReader):\n%s", clip.Rate, w.Rate(), diff)
		}
		if claimed := w.Samples(); claimed >= 0 && w.Missing() != claimed-int64(len(got)) && w.Missing() != claimed-int64(len(got))-1 {
			t.Errorf("%d samples claimed, %d there, %d missing", claimed, len(got), w.Missing())
		}
	})
}
