package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"lexline/internal/vad"
	"lexline/internal/vad/train"
)

// cacheKey is what features depend on. A cache of another key is made anew.
type cacheKey struct {
	Seed     uint64  `json:"seed"`
	Hours    float64 `json:"hours"`
	Watch    int     `json:"watch"`
	Voices   string  `json:"voices"`
	FrontEnd string  `json:"front_end"`
	Mixer    string  `json:"mixer"` // digest of what it makes of made up voices
}

// cacheHead is the first line of a cache. The features and labels of each file follow.
type cacheHead struct {
	Key     cacheKey    `json:"key"`
	Digests [2][]string `json:"digests"` // of training and development files
	Frames  [2][]int    `json:"frames"`
}

// errOther says that a cache is of another key.
var errOther = errors.New("made of other voices, files or features")

// readCache returns the features of training and watched development files.
func readCache(name string, key cacheKey) (sets [2]heard, err error) {
	file, err := os.Open(name)
	if err != nil {
		return sets, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return sets, err
	}
	return decodeCache(file, info.Size(), key)
}

// decodeCache reads a cache of size bytes.
func decodeCache(file io.Reader, size int64, key cacheKey) (sets [2]heard, err error) {
	in := bufio.NewReaderSize(file, 1<<20)
	line, err := in.ReadBytes('\n')
	if err != nil {
		return sets, err
	}
	var head cacheHead
	if err := json.Unmarshal(line, &head); err != nil {
		return sets, err
	}
	if head.Key != key {
		return sets, errOther
	}
	if want, ok := head.bytes(); !ok || want != size-int64(len(line)) {
		return sets, errors.New("not as long as its head says")
	}
	for i := range sets {
		sets[i].Digests = head.Digests[i]
		for _, frames := range head.Frames[i] {
			s := train.Sequence{Features: make([]float32, frames*vad.Features), Labels: make([]int8, frames)}
			if err := errors.Join(binary.Read(in, binary.LittleEndian, s.Features), binary.Read(in, binary.LittleEndian, s.Labels)); err != nil {
				return sets, err
			}
			sets[i].Sequences = append(sets[i].Sequences, s)
		}
	}
	return sets, nil
}

// bytes are those of all features and labels; ok tells whether the counts can be true.
func (h cacheHead) bytes() (sum int64, ok bool) {
	for i, files := range h.Frames {
		if len(files) != len(h.Digests[i]) {
			return 0, false
		}
		for _, frames := range files {
			if frames < 1 || frames > 1<<24 {
				return 0, false
			}
			sum += int64(frames) * (4*vad.Features + 1)
		}
	}
	return sum, true
}

// writeCache keeps the features of training and watched development files.
func writeCache(name string, key cacheKey, sets [2]heard) (err error) {
	part := name + ".part"
	file, err := os.Create(part)
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, file.Close()); err == nil {
			err = os.Rename(part, name)
		} else {
			os.Remove(part)
		}
	}()
	head := cacheHead{Key: key}
	for i, set := range sets {
		head.Digests[i] = set.Digests
		for _, s := range set.Sequences {
			head.Frames[i] = append(head.Frames[i], len(s.Labels))
		}
	}
	line, err := json.Marshal(head)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(file, 1<<20)
	fmt.Fprintf(out, "%s\n", line) // an error stays with out until Flush
	for _, set := range sets {
		for _, s := range set.Sequences {
			for _, part := range []any{s.Features, s.Labels} {
				if err := binary.Write(out, binary.LittleEndian, part); err != nil {
					return err
				}
			}
		}
	}
	return out.Flush()
}
