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
	for i := range sets {
		sets[i].Digests = head.Digests[i]
		for _, frames := range head.Frames[i] {
			s := train.Sequence{Features: make([]float32, frames*vad.Features), Labels: make([]int8, frames)}
			if err := binary.Read(in, binary.LittleEndian, s.Features); err != nil {
				return sets, err
			}
			if err := binary.Read(in, binary.LittleEndian, s.Labels); err != nil {
				return sets, err
			}
			sets[i].Sequences = append(sets[i].Sequences, s)
		}
	}
	if _, err := in.ReadByte(); err != io.EOF {
		return sets, errors.New("more bytes than its head tells of")
	}
	return sets, nil
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
