package audio

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// wav describes a WAV file as another program might write it.
type wav struct {
	tag, channels, rate, bits int
	extensible                bool
	riffSize, dataSize        int64 // written as they are unless 0; -1 writes 0
	before                    string
	audio                     []byte
	after                     string
}

func (w wav) file() []byte {
	fmtChunk := binary.LittleEndian.AppendUint16(nil, uint16(w.tag))
	if w.extensible {
		binary.LittleEndian.PutUint16(fmtChunk, wavExtensible)
	}
	block := w.channels * w.bits / 8
	fmtChunk = binary.LittleEndian.AppendUint16(fmtChunk, uint16(w.channels))
	fmtChunk = binary.LittleEndian.AppendUint32(fmtChunk, uint32(w.rate))
	fmtChunk = binary.LittleEndian.AppendUint32(fmtChunk, uint32(w.rate*block))
	fmtChunk = binary.LittleEndian.AppendUint16(fmtChunk, uint16(block))
	fmtChunk = binary.LittleEndian.AppendUint16(fmtChunk, uint16(w.bits))
	if w.extensible {
		fmtChunk = append(fmtChunk, 22, 0, byte(w.bits), 0, 3, 0, 0, 0, byte(w.tag), byte(w.tag>>8))
		fmtChunk = append(fmtChunk, wavSubFormat...)
	}
	size := func(given int64, actual int) uint32 {
		switch given {
		case 0:
			return uint32(actual)
		case -1:
			return 0
		}
		return uint32(given)
	}
	body := chunk("fmt ", string(fmtChunk)) + w.before + "data"
	length := 4 + len(body) + 4 + len(w.audio) + len(w.after)
	out := binary.LittleEndian.AppendUint32([]byte("RIFF"), size(w.riffSize, length))
	out = append(out, "WAVE"+body...)
	out = binary.LittleEndian.AppendUint32(out, size(w.dataSize, len(w.audio)))
	return append(append(out, w.audio...), w.after...)
}

func chunk(id, body string) string {
	padding := strings.Repeat("\x00", len(body)%2)
	return id + string(binary.LittleEndian.AppendUint32(nil, uint32(len(body)))) + body + padding
}

func TestReadWAV(t *testing.T) {
	pcm16 := []byte{0x00, 0x80, 0xFF, 0xFF, 0x00, 0x00, 0xFF, 0x7F}
	want16 := []int16{-32768, -1, 0, 32767}
	mono := wav{tag: wavPCM, channels: 1, rate: 8000, bits: 16, audio: pcm16}
	with := func(change func(*wav)) []byte {
		w := mono
		change(&w)
		return w.file()
	}
	cases := []struct {
		name string
		file []byte
		want Clip
	}{
		{"16 bits", mono.file(), Clip{8000, want16}},
		{"8 bits, 16 kHz", wav{tag: 1, channels: 1, rate: 16000, bits: 8, audio: []byte{0, 127, 128, 255}}.file(), Clip{16000, []int16{-32768, -256, 0, 32512}}},
		{
			"24 bits, 44.1 kHz",
			wav{tag: 1, channels: 1, rate: 44100, bits: 24, audio: []byte{0, 0, 0x80, 0x80, 0, 0, 0x7F, 0, 0, 0xFF, 0xFF, 0x7F}}.file(),
			Clip{44100, []int16{-32768, 1, 0, 32767}},
		},
		{"mu-law", wav{tag: 7, channels: 1, rate: 8000, bits: 8, audio: []byte{0x00, 0xFF, 0x80}}.file(), Clip{8000, []int16{-32124, 0, 32124}}},
		{"A-law, 48 kHz", wav{tag: 6, channels: 1, rate: 48000, bits: 8, audio: []byte{0x2A, 0xD5, 0xAA}}.file(), Clip{48000, []int16{-32256, 8, 32256}}},
		{"stereo is mixed", with(func(w *wav) { w.channels = 2 }), Clip{8000, []int16{-16384, 16383}}},
		{"extensible", with(func(w *wav) { w.extensible = true }), Clip{8000, want16}},
		{"other chunks, odd ones too", with(func(w *wav) { w.before = chunk("LIST", "odd") + chunk("bext", "") }), Clip{8000, want16}},
		{"chunks after the audio", with(func(w *wav) { w.after = chunk("LIST", "INFO") }), Clip{8000, want16}},
		{"stream: sizes 0", with(func(w *wav) { w.riffSize, w.dataSize = -1, -1 }), Clip{8000, want16}},
		{"stream: data size 0, RIFF size of a header", with(func(w *wav) { w.riffSize, w.dataSize = 36, -1 }), Clip{8000, want16}},
		{"stream: sizes 0xFFFFFFFF", with(func(w *wav) { w.riffSize, w.dataSize = 0xFFFFFFFF, 0xFFFFFFFF }), Clip{8000, want16}},
		{"stream: sizes 0x7FFFF000", with(func(w *wav) { w.riffSize, w.dataSize = 0x7FFFF024, 0x7FFFF000 }), Clip{8000, want16}},
		{"claims more than there is", with(func(w *wav) { w.dataSize = 1000 }), Clip{8000, want16}},
		{"half a sample at the end", with(func(w *wav) { w.audio = pcm16[:7]; w.dataSize = 8 }), Clip{8000, want16[:3]}},
		{"truly empty, with a chunk after it", with(func(w *wav) { w.audio = nil; w.after = chunk("LIST", "INFO") }), Clip{8000, nil}},
		{"empty", with(func(w *wav) { w.audio = nil }), Clip{8000, nil}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for _, r := range []io.Reader{bytes.NewReader(c.file), iotest.OneByteReader(bytes.NewReader(c.file))} {
				got, err := ReadWAV(r)
				if err != nil {
					t.Fatalf("got error %v, want %v", err, c.want)
				}
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestReadWAVErrors(t *testing.T) {
	good := wav{tag: 1, channels: 1, rate: 8000, bits: 16, audio: []byte{1, 2}}
	with := func(change func(*wav)) string {
		w := good
		change(&w)
		return string(w.file())
	}
	header := string(good.file()[:12])
	cases := []struct {
		name, file, want string
	}{
		{"empty file", "", "header: the file ends after 0 bytes"},
		{"cut in the header", "RIFF1234", "header: the file ends after 8 bytes"},
		{"another kind of file", "OggS............", `begins with "OggS"`},
		{"big-endian", "RIFX\x00\x00\x00\x00WAVE", `begins with "RIFX"`},
		{"nothing but a header", header, "no data chunk: the file ends"},
		{"audio before its format", header + chunk("data", "12"), "data chunk comes before the fmt chunk"},
		{"short format", header + chunk("fmt ", "123"), "fmt chunk: 3 bytes long, want at least 16"},
		{"cut in the format", header + chunk("fmt ", strings.Repeat("x", 16))[:20], "fmt chunk: the file ends after 12 bytes"},
		{"no channels", with(func(w *wav) { w.channels = 0 }), "0 channels, want 1 to 8"},
		{"too many channels", with(func(w *wav) { w.channels = 9 }), "9 channels, want 1 to 8"},
		{"too slow", with(func(w *wav) { w.rate = 3999 }), "3999 samples a second, want 4000 to 192000"},
		{"too fast", with(func(w *wav) { w.rate = 1 << 31 }), "2147483648 samples a second"},
		{"32 bits", with(func(w *wav) { w.bits = 32 }), "PCM of 32 bits, want 8, 16 or 24"},
		{"wide mu-law", with(func(w *wav) { w.tag = 7 }), "G.711 of 16 bits, want 8"},
		{"floating point", with(func(w *wav) { w.tag = 3 }), "encoding 0x0003, want PCM (1), A-law (6) or mu-law (7)"},
		{"extensible of another kind", strings.Replace(with(func(w *wav) { w.extensible = true }), "\x00\xAA\x00", "\x00\xAB\x00", 1), "extensible format of an unknown kind"},
		{"wrong blocks", string(append(append([]byte{}, good.file()[:32]...), append([]byte{4}, good.file()[33:]...)...)), "blocks of 4 bytes, want 2 for 1 channels of 16 bits"},
		{"huge chunk", header + "junk\xFF\xFF\xFF\xFF", `chunk "junk" is 4294967295 bytes long`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := ReadWAV(strings.NewReader(c.file))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestReadWAVPassesOnReadErrors(t *testing.T) {
	cause := errors.New("line cut")
	file := wav{tag: 1, channels: 1, rate: 8000, bits: 16, audio: make([]byte, 100), before: chunk("LIST", "abcd")}.file()
	for _, cut := range []int{0, 15, 30, 47, len(file) - 10} {
		r := io.MultiReader(bytes.NewReader(file[:cut]), iotest.ErrReader(cause))
		if _, err := ReadWAV(r); !errors.Is(err, cause) {
			t.Errorf("cut after %d bytes: got error %v, want %v", cut, err, cause)
		}
	}
}

// endless never ends; a reader of it must stop by itself.
type endless struct{ read int64 }

func (e *endless) Read(p []byte) (int, error) {
	e.read += int64(len(p))
	return len(p), nil
}

func TestReadWAVMemoryIsBounded(t *testing.T) {
	claims := wav{tag: 1, channels: 8, rate: 192000, bits: 24, dataSize: 0x7FFFEFFF, audio: []byte{1, 2, 3}}.file()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := ReadWAV(bytes.NewReader(claims)); err != nil {
		t.Fatalf("header that claims 2 GiB: %v", err)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
		t.Errorf("header that claims 2 GiB: got %d bytes allocated, want under 1 MiB", used)
	}

	source := &endless{}
	const limit = 1 << 20
	samples, err := readWAVSamples(source, wavFormat{tag: wavMuLaw, channels: 1, rate: 8000, bytes: 1}, limit)
	if err == nil || samples != nil || !strings.Contains(err.Error(), "longer than 1048576 samples") {
		t.Errorf("endless audio: got %d samples, error %v; want an error that names the limit", len(samples), err)
	}
	if most := int64(limit + 1<<16); source.read > most {
		t.Errorf("endless audio: got %d bytes read, want at most %d", source.read, most)
	}

	chunks := strings.NewReader("RIFF\x00\x00\x00\x00WAVE" + strings.Repeat(chunk("junk", ""), 2*maxWAVChunks))
	_, err = ReadWAV(chunks)
	if err == nil || !strings.Contains(err.Error(), "no data chunk among the first 1000") || chunks.Len() < 1000*8 {
		t.Errorf("endless chunks: got error %v with %d bytes left, want one that names the limit, half way", err, chunks.Len())
	}
}

func TestReadWAVFileNamesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "greeting.wav")
	if _, err := ReadWAVFile(path); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), path) {
		t.Errorf("missing file: got error %v, want one that names %s", err, path)
	}
	if err := os.WriteFile(path, []byte("hello, this is text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadWAVFile(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("text file: got error %v, want one that names %s", err, path)
	}
	if err := os.WriteFile(path, wav{tag: 1, channels: 1, rate: 8000, bits: 16, audio: []byte{1, 0}}.file(), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := ReadWAVFile(path)
	if diff := cmp.Diff(Clip{8000, []int16{1}}, got); err != nil || diff != "" {
		t.Errorf("good file: error %v (-want +got):\n%s", err, diff)
	}
}

func TestWriteWAV(t *testing.T) {
	var out bytes.Buffer
	if err := WriteWAV(&out, 8000, []int16{1, 2, 3}, []int16{-1}); err != nil {
		t.Fatal(err)
	}
	audio := []byte{1, 0, 0xFF, 0xFF, 2, 0, 0, 0, 3, 0, 0, 0}
	want := wav{tag: 1, channels: 2, rate: 8000, bits: 16, audio: audio}.file()
	if diff := cmp.Diff(want, out.Bytes()); diff != "" {
		t.Errorf("two channels, one shorter (-want +got):\n%s", diff)
	}
	cases := []struct {
		name     string
		rate     int
		channels [][]int16
		w        io.Writer
		want     string
	}{
		{"no channels", 8000, nil, io.Discard, "0 channels, want 1 to 8"},
		{"no rate", 0, [][]int16{{1}}, io.Discard, "0 samples a second"},
		{"a full disk", 8000, [][]int16{{1}}, brokenWriter{}, "disk full"},
	}
	for _, c := range cases {
		if err := WriteWAV(c.w, c.rate, c.channels...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got error %v, want one with %q", c.name, err, c.want)
		}
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func FuzzReadWAV(f *testing.F) {
	audio := make([]byte, 48)
	seeds := []wav{
		{tag: 1, channels: 1, rate: 8000, bits: 16, audio: audio},
		{tag: 1, channels: 2, rate: 44100, bits: 24, audio: audio, before: chunk("LIST", "odd")},
		{tag: 1, channels: 1, rate: 16000, bits: 8, audio: audio, dataSize: 0xFFFFFFFF},
		{tag: 7, channels: 1, rate: 8000, bits: 8, audio: audio, riffSize: -1, dataSize: -1},
		{tag: 6, channels: 8, rate: 192000, bits: 8, audio: audio, extensible: true},
		{tag: 3, channels: 1, rate: 8000, bits: 32, audio: audio},
	}
	for _, s := range seeds {
		f.Add(s.file())
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		clip, err := ReadWAV(bytes.NewReader(file))
		if err != nil {
			if len(clip.Samples) != 0 || clip.Rate != 0 {
				t.Errorf("got an error (%v) and a clip of %d samples", err, len(clip.Samples))
			}
			return
		}
		if clip.Rate < minWAVRate || clip.Rate > maxWAVRate || len(clip.Samples) > len(file) {
			t.Fatalf("got %d samples at %d from %d bytes", len(clip.Samples), clip.Rate, len(file))
		}
		var out bytes.Buffer
		if err := WriteWAV(&out, clip.Rate, clip.Samples); err != nil {
			t.Fatalf("write what was read: %v", err)
		}
		again, err := ReadWAV(&out)
		if diff := cmp.Diff(clip, again); err != nil || diff != "" {
			t.Errorf("read, write, read: error %v (-want +got):\n%s", err, diff)
		}
	})
}

func BenchmarkReadWAV(b *testing.B) {
	var file bytes.Buffer
	if err := WriteWAV(&file, 16000, Tone(16000, 5*time.Second, 0.5, 440)); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(file.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ReadWAV(bytes.NewReader(file.Bytes())); err != nil {
			b.Fatal(err)
		}
	}
}

func TestReadWAVFileRefusesWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe.wav")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, pipe} {
		if _, err := ReadWAVFile(path); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("ReadWAVFile(%s) = %v; want it refused by name", path, err)
		}
	}
}

// TestMuLawWAVHeader reads back what stands behind it, finished and not.
func TestMuLawWAVHeader(t *testing.T) {
	mulaw := EncodeMuLaw(nil, []int16{0, 1000, -1000, 8000, 32000, -32000})
	want := DecodeMuLaw(nil, mulaw)
	for name, size := range map[string]int{"finished": len(mulaw), "unfinished": 0, "finished later": 4} {
		t.Run(name, func(t *testing.T) {
			r, err := NewWAVReader(bytes.NewReader(append(MuLawWAVHeader(2, size), mulaw...)))
			if err != nil {
				t.Fatal(err)
			}
			var got []int16
			for err == nil {
				got, err = r.Next(got)
			}
			want := want
			if size > 0 {
				want = want[:size]
			}
			if r.Rate() != SampleRate || r.Channels() != 2 || !slices.Equal(got, want) {
				t.Errorf("%d Hz, %d channels, samples %v; want %d Hz, 2 channels, %v", r.Rate(), r.Channels(), got, SampleRate, want)
			}
		})
	}
}
