package corpus

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A cache has one file for each talker. Its name holds the key, a hash of all
// that its clips depend on, so that what changes is made anew. The file is
//
//	magic, count of clips, and for each: count of samples, samples; SHA-256 of all that
//
// with numbers in little-endian order, counts in 4 bytes and samples in 2.
const cacheMagic = "lexline voice 1\n"

// errDamaged is the error of a cache file that is not whole.
var errDamaged = errors.New("damaged")

// encodeClips returns clips as a cache file.
func encodeClips(clips [][]int16) []byte {
	b := []byte(cacheMagic)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(clips)))
	for _, pcm := range clips {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(pcm)))
		for _, s := range pcm {
			b = binary.LittleEndian.AppendUint16(b, uint16(s))
		}
	}
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

// decodeClips returns the clips of a cache file and its sum; errDamaged where it
// is not what encodeClips made.
func decodeClips(file []byte) ([][]int16, [sha256.Size]byte, error) {
	var sum [sha256.Size]byte
	end := len(file) - len(sum)
	if end < 0 {
		return nil, sum, errDamaged
	}
	copy(sum[:], file[end:])
	b, ok := bytes.CutPrefix(file[:end], []byte(cacheMagic))
	if !ok || sha256.Sum256(file[:end]) != sum {
		return nil, sum, errDamaged
	}
	count, b, ok := cutUint32(b)
	if !ok || int64(count) > int64(len(b)) {
		return nil, sum, errDamaged
	}
	clips := make([][]int16, count)
	for i := range clips {
		var n uint32
		if n, b, ok = cutUint32(b); !ok || 2*int64(n) > int64(len(b)) {
			return nil, sum, errDamaged
		}
		clips[i] = make([]int16, n)
		for k := range clips[i] {
			clips[i][k] = int16(binary.LittleEndian.Uint16(b[2*k:]))
		}
		b = b[2*n:]
	}
	if len(b) > 0 {
		return nil, sum, errDamaged
	}
	return clips, sum, nil
}

// readCache returns the clips and the sum of a cache file.
func readCache(path string) ([][]int16, [sha256.Size]byte, error) {
	file, err := os.ReadFile(path)
	if err != nil {
		return nil, [sha256.Size]byte{}, err
	}
	return decodeClips(file)
}

// cutUint32 takes a number off the front of b.
func cutUint32(b []byte) (uint32, []byte, bool) {
	if len(b) < 4 {
		return 0, nil, false
	}
	return binary.LittleEndian.Uint32(b), b[4:], true
}

// cacheName returns the name of the file of a talker by its name and key.
func cacheName(talker, key string) string {
	return cachePrefix(talker) + key[:16]
}

func cachePrefix(talker string) string {
	return strings.NewReplacer("/", "_", " ", "_").Replace(talker) + "."
}

// writeCache puts a file into folder, whole or not at all, and removes those that
// the same talker had under other keys.
func writeCache(folder, talker, key string, file []byte) error {
	old, err := filepath.Glob(filepath.Join(folder, cachePrefix(talker)+"*"))
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(folder, ".new-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone already when all went well
	_, err = f.Write(file)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	name := filepath.Join(folder, cacheName(talker, key))
	if err := os.Rename(f.Name(), name); err != nil {
		return err
	}
	for _, o := range old {
		if o == name {
			continue
		}
		if err := os.Remove(o); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("old cache file: %w", err)
		}
	}
	return nil
}
