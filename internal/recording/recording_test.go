package recording

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lexline/internal/audio"
)

// frame is 20 ms of one code, by which a test knows it again.
func frame(code byte) []byte { return bytes.Repeat([]byte{code}, frameBytes) }

// sides reads a recording: the codes of each side's frames, one letter each.
func sides(t *testing.T, wav []byte) (left, right string) {
	t.Helper()
	r, err := audio.NewWAVReader(bytes.NewReader(wav))
	if err != nil {
		t.Fatal(err)
	}
	if r.Rate() != audio.SampleRate || r.Channels() != 2 {
		t.Fatalf("%d channels at %d Hz; want 2 at 8000 Hz", r.Channels(), r.Rate())
	}
	var pcm []int16
	for err == nil {
		pcm, err = r.Next(pcm)
	}
	if !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	codes := audio.EncodeMuLaw(nil, pcm)
	for ; len(codes) >= pairBytes; codes = codes[pairBytes:] {
		for i, side := range []*string{&left, &right} {
			code := codes[i]
			for j := i; j < pairBytes; j += 2 {
				if codes[j] != code {
					t.Fatalf("frame %d of side %d is torn", len(*side), i)
				}
			}
			if code == silence {
				code = '.'
			}
			*side += string(code)
		}
	}
	return left, right
}

// disk is a file in memory that can be full, or keep still.
type disk struct {
	mu     sync.Mutex
	data   []byte
	room   int           // bytes; 0: enough
	gate   chan struct{} // waited for before each write; nil: at once
	closed bool
}

var errFull = errors.New("no space left")

func (d *disk) Write(p []byte) (int, error) {
	if d.gate != nil {
		<-d.gate
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.room > 0 && len(d.data)+len(p) > d.room {
		return 0, errFull
	}
	d.data = append(d.data, p...)
	return len(p), nil
}

func (d *disk) WriteAt(p []byte, at int64) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return copy(d.data[at:], p), nil
}

func (d *disk) Close() error {
	d.closed = true
	return nil
}

// onDisk is a folder whose only file is d.
func onDisk(d *disk) (*Folder, *bytes.Buffer) {
	var log bytes.Buffer
	return &Folder{log: slog.New(slog.NewTextHandler(&log, nil)), create: func(string) (file, error) { return d, nil }}, &log
}

func TestBothSidesAreOnOneClock(t *testing.T) {
	folder, err := Open(filepath.Join(t.TempDir(), "calls", "today"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 1, 12, 30, 5, 7e6, time.FixedZone("CET", 3600))
	r := folder.Begin("CA../12", at)
	var left, right string
	for i := range 3*blockFrames + 7 {
		near, far := byte('a'+i%26), byte('A'+i%25)
		if i%4 == 3 {
			r.Frame(frame(near), nil)
			right += "."
		} else {
			r.Frame(frame(near), frame(far))
			right += string(far)
		}
		left += string(near)
	}
	if err := r.Close(); err != nil {
		t.Errorf("Close = %v", err)
	}
	folder.Close()
	path := filepath.Join(folder.path, "20260301T113005.007Z-CA___12.wav")
	wav, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if gotLeft, gotRight := sides(t, wav); gotLeft != left || gotRight != right {
		t.Errorf("recorded %s and %s; want %s and %s", gotLeft, gotRight, left, right)
	}
	for path, want := range map[string]os.FileMode{path: 0o600, folder.path: 0o700 | os.ModeDir} {
		if info, err := os.Stat(path); err != nil || info.Mode() != want {
			t.Errorf("%s: mode %v, %v; want %v", path, info.Mode(), err, want)
		}
	}
	if got := folder.Counters(); got != (Counters{Begun: 1}) {
		t.Errorf("counters = %+v; want 1 recording and nothing else", got)
	}
	if entries, err := os.ReadDir(folder.path); err != nil || len(entries) != 1 {
		t.Errorf("%d files in the folder, %v; want the recording alone", len(entries), err)
	}
}

// TestSlowDiskLosesSoundAndNoTime has the disk keep still for so long that frames are
// dropped, in the middle and at the end.
func TestSlowDiskLosesSoundAndNoTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{gate: make(chan struct{}, 1<<16)}
		folder, log := onDisk(d)
		r := folder.Begin("CA1", time.Now())
		open := func(writes int) {
			for range writes {
				d.gate <- struct{}{}
			}
			synctest.Wait()
		}
		record := func(frames int) {
			for range frames {
				r.Frame(frame('n'), frame('f'))
			}
		}
		room := blocks * blockFrames
		record(room + 30) // 30 frames more than there is room for
		open(1 + blocks)
		record(room + 5)
		closed := r.Close()
		open(1000)
		folder.Close()
		want := strings.Repeat("n", room) + strings.Repeat(".", 30) + strings.Repeat("n", room) + "....."
		if left, right := sides(t, d.data); left != want || strings.ReplaceAll(right, "f", "n") != want {
			t.Errorf("recorded\n%s\n%s; want\n%s", left, right, want)
		}
		if closed == nil || !strings.Contains(closed.Error(), "35 frames of 20 ms are missing") {
			t.Errorf("Close = %v; want it to say that 35 frames are missing", closed)
		}
		if got := folder.Counters(); got.Dropped != 35 || got.Failed != 0 || log.Len() > 0 {
			t.Errorf("counters = %+v, log %q; want 35 frames and no word", got, log)
		}
	})
}

// TestFullDiskEndsTheRecordingOnce goes on taking frames and says it once.
func TestFullDiskEndsTheRecordingOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{room: 58 + 2*blockBytes + 10}
		folder, log := onDisk(d)
		r := folder.Begin("CA1", time.Now())
		for range 20 * blockFrames {
			r.Frame(frame('n'), nil)
			synctest.Wait()
		}
		if err := r.Close(); err != nil {
			t.Errorf("Close = %v; want nothing more to be said", err)
		}
		folder.Close()
		if left, _ := sides(t, d.data); left != strings.Repeat("n", 2*blockFrames) {
			t.Errorf("recorded %d frames; want the %d that there was room for", len(left), 2*blockFrames)
		}
		if n := strings.Count(log.String(), "\n"); n != 1 || !strings.Contains(log.String(), `level=WARN msg="recording ended before its call" call=CA1`) || !strings.Contains(log.String(), errFull.Error()) {
			t.Errorf("log = %q; want one warning", log)
		}
		if got, want := folder.Counters(), (Counters{Begun: 1, Failed: 1, Dropped: 18 * blockFrames}); got != want {
			t.Errorf("counters = %+v; want %+v", got, want)
		}
		if !d.closed {
			t.Error("the file was not closed")
		}
	})
}

// TestUnfinishedRecordingCanBeRead looks at the file as a crash would leave it.
func TestUnfinishedRecordingCanBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := new(disk)
		folder, _ := onDisk(d)
		r := folder.Begin("CA1", time.Now())
		for _, n := range []int{3, headerEvery - 1, headerEvery, headerEvery + 4, 3 * headerEvery} {
			for range n*blockFrames - d.frames() {
				r.Frame(frame('n'), frame('f'))
				synctest.Wait()
			}
			d.mu.Lock()
			left, _ := sides(t, bytes.Clone(d.data))
			d.mu.Unlock()
			if late := n*blockFrames - len(left); late < 0 || late >= headerEvery*blockFrames {
				t.Errorf("after %d blocks %d frames can be read; want all but those of the last 5 s", n, len(left))
			}
			if n < headerEvery && len(left) != n*blockFrames {
				t.Errorf("after %d blocks %d frames can be read; want all", n, len(left))
			}
		}
		_ = r.Close()
		folder.Close()
	})
}

// frames is how many frames have been written.
func (d *disk) frames() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return max(0, len(d.data)-len(audio.MuLawWAVHeader(2, 0))) / pairBytes
}

func TestFolderThatCannotBe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{path, filepath.Join(path, "below")} {
		if _, err := Open(bad, nil); err == nil || !strings.Contains(err.Error(), "folder for recordings") {
			t.Errorf("Open(%s) = %v; want an error about the folder", bad, err)
		}
	}
}

// TestFileThatCannotBeMade has another file of the same name.
func TestFileThatCannotBeMade(t *testing.T) {
	var log bytes.Buffer
	folder, err := Open(t.TempDir(), slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now()
	for range 2 {
		r := folder.Begin("CA1", at)
		r.Frame(frame('n'), nil)
		if err := r.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
		folder.Close()
	}
	if got := folder.Counters(); got.Failed != 1 || strings.Count(log.String(), "\n") != 1 {
		t.Errorf("counters %+v, log %q; want one that failed, and one line", got, log.String())
	}
}

// TestFullDiskGetsNoEmptyFile has no room for a header, and is told of that once.
func TestFullDiskGetsNoEmptyFile(t *testing.T) {
	var log bytes.Buffer
	folder, err := Open(t.TempDir(), slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	folder.create = func(path string) (file, error) {
		made, err := createFile(path)
		return unwritable{made}, err
	}
	r := folder.Begin("CA1", time.Now())
	r.Frame(frame('n'), nil)
	if err := r.Close(); err != nil {
		t.Errorf("Close = %v", err)
	}
	folder.Close()
	if entries, err := os.ReadDir(folder.path); err != nil || len(entries) != 0 {
		t.Errorf("%d files in the folder, %v; want none", len(entries), err)
	}
	if got := folder.Counters(); got.Failed != 1 || strings.Count(log.String(), "\n") != 1 || !strings.Contains(log.String(), errFull.Error()) {
		t.Errorf("counters %+v, log %q; want one that failed, and one line", got, log.String())
	}
}

// unwritable is a file on a full disk.
type unwritable struct{ file }

func (unwritable) Write([]byte) (int, error) { return 0, errFull }

func TestFrameAllocatesNothing(t *testing.T) {
	d := new(disk)
	d.data = make([]byte, 0, 1<<22)
	folder, _ := onDisk(d)
	r := folder.Begin("CA1", time.Now())
	near, far := frame('n'), frame('f')
	if got := testing.AllocsPerRun(2000, func() { r.Frame(near, far) }); got != 0 {
		t.Errorf("%v allocations a frame; want none", got)
	}
	_ = r.Close()
	folder.Close()
}
