package corpus

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDecodeClips(t *testing.T) {
	want := [][]int16{{1, -2, 32767, -32768}, {}, {7}}
	file := encodeClips(want)
	got, sum, err := decodeClips(file)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("clips came back with error %v and differ:\n%s", err, diff)
	}
	if sum != sha256.Sum256(file[:len(file)-sha256.Size]) {
		t.Error("the sum is not that of the file")
	}
	for i := range file {
		damaged := slices.Clone(file)
		damaged[i] ^= 0x10
		if _, _, err := decodeClips(damaged); !errors.Is(err, errDamaged) {
			t.Errorf("byte %d changed: error %v, want errDamaged", i, err)
		}
		if _, _, err := decodeClips(file[:i]); !errors.Is(err, errDamaged) {
			t.Errorf("cut after %d bytes: error %v, want errDamaged", i, err)
		}
	}
}

// FuzzDecodeClips gives each file its right sum, so that what is behind the sum
// is tried as well.
func FuzzDecodeClips(f *testing.F) {
	for _, clips := range [][][]int16{nil, {{1, 2, 3}}, {{}, {-1}}} {
		file := encodeClips(clips)
		f.Add(file[:len(file)-sha256.Size])
	}
	f.Add([]byte(cacheMagic + "\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, body []byte) {
		sum := sha256.Sum256(body)
		file := append(slices.Clone(body), sum[:]...)
		clips, _, err := decodeClips(file)
		if err == nil && !bytes.Equal(encodeClips(clips), file) {
			t.Errorf("%q was read as %v, which is written differently", body, clips)
		}
	})
}
